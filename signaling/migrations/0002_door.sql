-- What guarding the door against guesses needs. Same dialect as the first.

-- How many digits a PIN has: the deployment's setting may change while older ones still work.
ALTER TABLE pins ADD COLUMN digits BIGINT NOT NULL DEFAULT 16;

-- Tries at the PIN door in aggregate, a row for each minute in which any failed. The door is the deployment's, so these rows
-- belong to no organisation; they name nobody and hold no address.
CREATE TABLE door_minutes (
    ended_at    BIGINT PRIMARY KEY,
    -- PINs looked at that came without the link of an invitation.
    evaluated   BIGINT NOT NULL,
    -- PINs looked at that were not let through.
    failed      BIGINT NOT NULL,
    -- Tries that were not looked at.
    turned_away BIGINT NOT NULL,
    sources     BIGINT NOT NULL
);
