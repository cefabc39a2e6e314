-- The first schema. Dialect: what SQLite and PostgreSQL share. Ids are TEXT (32 hex digits), times are integer
-- milliseconds since 1970 (BIGINT), flags are BOOLEAN, and every durable row carries its organisation (one by default).
-- Nothing of a meeting's content has a column here, and none may get one (D32).

CREATE TABLE organisations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE accounts (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    name            TEXT NOT NULL,
    -- The name as it is compared: trimmed and lower case. Unique in the deployment, because the login asks for no organisation.
    name_key        TEXT NOT NULL UNIQUE,
    -- Argon2id in PHC string form.
    password_hash   TEXT NOT NULL,
    created_at      BIGINT NOT NULL
);

-- Console sessions. The cookie's 256-bit token is kept as its SHA-256 alone.
CREATE TABLE account_sessions (
    token_hash      TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    account_id      TEXT NOT NULL REFERENCES accounts (id),
    created_at      BIGINT NOT NULL,
    last_active_at  BIGINT NOT NULL
);
CREATE INDEX account_sessions_by_account ON account_sessions (account_id);

CREATE TABLE meetings (
    id               TEXT PRIMARY KEY,
    organisation_id  TEXT NOT NULL REFERENCES organisations (id),
    created_by       TEXT NOT NULL REFERENCES accounts (id),
    title            TEXT NOT NULL,
    -- 'nothing_kept' is the only kind offered now.
    kind             TEXT NOT NULL,
    starts_at        BIGINT NOT NULL,
    -- Scheduled end, moved by extensions.
    ends_at          BIGINT NOT NULL,
    -- How long after ends_at the room closes by itself, milliseconds.
    grace_ms         BIGINT NOT NULL,
    time_zone        TEXT NOT NULL,
    ask_password     BOOLEAN NOT NULL,
    created_at       BIGINT NOT NULL,
    -- Set once, when the meeting ends by hand or by the clock: over is over, whatever the clock does later (D13).
    ended_at         BIGINT,
    -- Set when the meeting is archived, which starts its PINs' cool-down (D14).
    archived_at      BIGINT
);
CREATE INDEX meetings_by_start ON meetings (organisation_id, starts_at);

CREATE TABLE invitees (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    meeting_id      TEXT NOT NULL REFERENCES meetings (id),
    -- Order of invitation.
    position        BIGINT NOT NULL,
    name            TEXT NOT NULL,
    phone           TEXT,
    email           TEXT,
    -- 'moderator', 'participant' or 'observer'.
    role            TEXT NOT NULL,
    -- SHA-256 of the invitation link's token, in hex; the token itself is derived from a key outside the database.
    link_hash       TEXT NOT NULL UNIQUE,
    created_at      BIGINT NOT NULL,
    UNIQUE (meeting_id, position)
);

-- Every PIN ever issued stays here, so that none is issued twice (D9, D10, D13). HMAC-SHA-256 under the key `key_id`,
-- which lives outside the database and its backups.
CREATE TABLE pins (
    mac             TEXT PRIMARY KEY,
    key_id          TEXT NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    meeting_id      TEXT NOT NULL REFERENCES meetings (id),
    invitee_id      TEXT NOT NULL REFERENCES invitees (id),
    issued_at       BIGINT NOT NULL,
    -- Set when the PIN was replaced or withdrawn.
    revoked_at      BIGINT
);
CREATE INDEX pins_by_invitee ON pins (invitee_id);

-- The SMS password of one invitee in one meeting (D25, D26); sending a new one replaces the row.
CREATE TABLE passwords (
    invitee_id      TEXT PRIMARY KEY REFERENCES invitees (id),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    -- Argon2id in PHC string form.
    password_hash   TEXT NOT NULL,
    sent_at         BIGINT NOT NULL,
    tries_left      BIGINT NOT NULL
);

-- Typed door events: who, on what evidence, when, by whom. Never a PIN, a password, a number or an address.
CREATE TABLE door_events (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    meeting_id      TEXT NOT NULL REFERENCES meetings (id),
    -- Whom it concerns; NULL when it concerns the whole meeting.
    invitee_id      TEXT REFERENCES invitees (id),
    at              BIGINT NOT NULL,
    -- A variant of meetings::events::DoorEvent.
    kind            TEXT NOT NULL,
    -- 'invitee:ID', 'account:ID' or 'clock'.
    actor           TEXT NOT NULL,
    -- The event's typed evidence, JSON.
    evidence        TEXT NOT NULL
);
CREATE INDEX door_events_by_meeting ON door_events (meeting_id, at);
