-- Invitations that are for an account of the organisation: what proves who logs in proves who comes. Same dialect as the first.

ALTER TABLE invitees ADD COLUMN account_id TEXT REFERENCES accounts (id);

-- Codes of the account's authenticator that may still be wrong at the door. Not the login's: whoever holds a PIN and guesses
-- must not keep its person from logging in.
ALTER TABLE invitees ADD COLUMN code_tries_left BIGINT NOT NULL DEFAULT 5;

-- Wrong codes at doors since the account's last right one, whatever the invitations: new invitations do not make more guesses.
ALTER TABLE authenticators ADD COLUMN door_wrong BIGINT NOT NULL DEFAULT 0;

-- Until now the login of any account made a moderator of any moderator's invitation. From now on only that of the account it is
-- for: where both have one name, that is meant.
UPDATE invitees SET account_id =
    (SELECT MIN(a.id) FROM accounts a WHERE a.organisation_id = invitees.organisation_id
        AND (a.name = invitees.name OR a.name_key = LOWER(TRIM(invitees.name))))
    WHERE role = 'moderator';
