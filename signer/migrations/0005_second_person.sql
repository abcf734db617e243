-- Two people for what one alone could do harm with. required: whether staff's risky actions wait for a second of them.
CREATE TABLE second_person (
    one      BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    required BIGINT NOT NULL CHECK (required IN (0, 1))
);
INSERT INTO second_person (one, required) VALUES (1, 0);

-- proposal: open --confirmed by another person--> done; --declined--> declined; --past `expires`--> of no use, and kept.
-- action is CBOR (`RiskyAction`); says is what it does, as both people read it.
CREATE TABLE proposal (
    number      BIGINT NOT NULL PRIMARY KEY CHECK (number >= 1),
    action      BYTEA  NOT NULL,
    says        TEXT   NOT NULL,
    proposed_by TEXT   NOT NULL,
    proposed    BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('open', 'done', 'declined')),
    decided_by  TEXT,
    decided     BIGINT,
    CHECK ((state = 'open') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided IS NULL)),
    CHECK (state <> 'done' OR decided_by <> proposed_by)
);
CREATE INDEX proposal_open ON proposal (expires) WHERE state = 'open';
