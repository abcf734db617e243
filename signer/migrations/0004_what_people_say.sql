-- What people say of things, which no file had to say before.

-- Extra facts of a grant, which licenses carry: a line NAME=VALUE for each, sorted by name.
ALTER TABLE subscription_grant ADD COLUMN features TEXT NOT NULL DEFAULT '';

-- What an installation is called by its people, and what they note of it: empty at first. edits goes up by one with each change; a change
-- names the one that it was decided on.
ALTER TABLE installation ADD COLUMN alias TEXT NOT NULL DEFAULT '';
ALTER TABLE installation ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE installation ADD COLUMN edits BIGINT NOT NULL DEFAULT 0;
