-- Accounts that may not log in any more. Same dialect as the first.

-- Since when; NULL: it may. Nothing of it is deleted: records name it, and it can be enabled again.
ALTER TABLE accounts ADD COLUMN disabled_at BIGINT;
-- The same, and it stays when it is enabled: whoever looks now and then misses none.
ALTER TABLE accounts ADD COLUMN last_disabled_at BIGINT;

CREATE INDEX invitees_by_account ON invitees (account_id);

-- Invitations at whose door the codes of an account's authenticator are taken, and how many may still be wrong: it is confirmed,
-- the account may log in, and not too many codes in a row were wrong at doors.
CREATE VIEW door_codes AS
    SELECT i.id AS invitee_id, a.account_id, a.sealed, i.code_tries_left AS tries_left
    FROM invitees i JOIN authenticators a ON a.account_id = i.account_id JOIN accounts n ON n.id = i.account_id
    WHERE a.confirmed_at IS NOT NULL AND a.door_wrong < 100 AND n.disabled_at IS NULL;
