-- What is sent to people, and what is known of its way. Same dialect as the first.

-- So many minutes before its start a meeting's SMS passwords go out by themselves; 0: only when somebody asks for one.
ALTER TABLE meetings ADD COLUMN password_before_minutes BIGINT NOT NULL DEFAULT 0;

-- Whether the password was shown at the console to be read out, instead of sent.
ALTER TABLE passwords ADD COLUMN read_out BOOLEAN NOT NULL DEFAULT FALSE;

-- One row for each SMS and e-mail, written before it goes out, so that a restart neither forgets the day's budget nor sends
-- anything twice. Never what it said, nor to which number or address: that is in `invitees`.
CREATE TABLE letters (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    meeting_id      TEXT NOT NULL REFERENCES meetings (id),
    invitee_id      TEXT NOT NULL REFERENCES invitees (id),
    -- 'password' or 'invitation'.
    kind            TEXT NOT NULL,
    -- 'sms' or 'email'.
    way             TEXT NOT NULL,
    begun_at        BIGINT NOT NULL,
    -- A variant of shared::letter::DeliveryState.
    state           TEXT NOT NULL,
    -- Since when it is in that state.
    changed_at      BIGINT NOT NULL,
    -- What gateway or mail server said when it did not take it.
    said            TEXT,
    -- What the gateway calls it in its receipts.
    receipt         TEXT
);
CREATE INDEX letters_by_meeting ON letters (meeting_id, invitee_id, kind, begun_at);
CREATE INDEX letters_by_time ON letters (begun_at);
CREATE INDEX letters_by_receipt ON letters (receipt);
