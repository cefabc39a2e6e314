-- A second proof at login: an authenticator app (RFC 6238). Same dialect as the first.

-- The authenticator of an account, at most one.
CREATE TABLE authenticators (
    account_id      TEXT PRIMARY KEY REFERENCES accounts (id),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    -- The shared secret, sealed with a key that lives outside the database and its backups.
    sealed          TEXT NOT NULL,
    -- When a code of it was typed for the first time. Before that, NULL, the login asks for none.
    confirmed_at    BIGINT,
    -- The newest time step whose code was taken: it and those before are used up.
    last_step       BIGINT NOT NULL,
    -- Codes that were wrong since the last right one.
    wrong           BIGINT NOT NULL,
    -- When the next code is looked at.
    next_at         BIGINT NOT NULL
);

-- What stands in for a lost authenticator, each once: HMAC-SHA-256 under a key outside the database. Used ones are gone.
CREATE TABLE recovery_codes (
    account_id      TEXT NOT NULL REFERENCES accounts (id),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    mac             TEXT NOT NULL,
    PRIMARY KEY (account_id, mac)
);
