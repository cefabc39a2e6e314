-- What a meeting asks of whoever comes to its lobby. Same dialect as the first.

-- shared::meeting::DoorRules as JSON: the link alone, camera, confirmed identity, checklist.
ALTER TABLE meetings ADD COLUMN door_rules TEXT NOT NULL DEFAULT '{}';
