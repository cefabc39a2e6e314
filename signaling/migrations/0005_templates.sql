-- What a kind of meeting that is made again and again begins with. Same dialect as the first.

CREATE TABLE meeting_templates (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    name            TEXT NOT NULL,
    -- shared::template::Settings as JSON.
    settings        TEXT NOT NULL,
    changed_at      BIGINT NOT NULL,
    UNIQUE (organisation_id, name)
);
