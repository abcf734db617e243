-- What is in the log beside answers. Each is a leaf before anything that goes by it leaves.

-- News that travels with answers: trust bundles that were put in place, and revocation lists. What several root keys signed is several
-- documents.
CREATE TABLE news (
    digest   BYTEA  NOT NULL PRIMARY KEY,
    kind     TEXT   NOT NULL CHECK (kind IN ('trust-bundle', 'revocation-list')),
    number   BIGINT NOT NULL CHECK (number >= 1),
    document BYTEA  NOT NULL
);
CREATE INDEX news_number ON news (kind, number);

-- What the newest list names, with the reason and who gave it, which stand in no list: licenses by id, keys by thumbprint. Rows are only
-- ever added.
CREATE TABLE revocation (
    subject BYTEA  NOT NULL PRIMARY KEY,
    kind    TEXT   NOT NULL CHECK (kind IN ('license', 'key')),
    list    BIGINT NOT NULL CHECK (list >= 1),
    reason  TEXT   NOT NULL,
    who     TEXT   NOT NULL,
    created BIGINT NOT NULL
);

-- How forks were resolved. `digest` is of the whole decision, with who decided; it alone goes into the log, which others read.
-- made --the signer answers next--> logged: `leaf` is where
CREATE TABLE fork_decision (
    digest       BYTEA  NOT NULL PRIMARY KEY,
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    counter      BIGINT NOT NULL,
    first        BYTEA  NOT NULL,
    second       BYTEA  NOT NULL,
    lives        TEXT   NOT NULL CHECK (lives IN ('first', 'second')),
    who          TEXT   NOT NULL,
    decided      BIGINT NOT NULL,
    leaf         BIGINT
);
CREATE INDEX fork_decision_waiting ON fork_decision (decided) WHERE leaf IS NULL;
