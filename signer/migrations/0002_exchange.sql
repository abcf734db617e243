-- The exchange (design, section 4): what the signer knows of installations, what it gave, and the log.
-- Only TEXT, BIGINT and BYTEA; times are seconds since 1970; flags are 0 or 1.

-- An installation that was ever granted something. fork_* is the second branch of a state that was copied or put back.
CREATE TABLE installation (
    thumbprint       BYTEA  NOT NULL PRIMARY KEY,
    account          TEXT   REFERENCES account (id),
    public_key       BYTEA  NOT NULL,
    name             TEXT   NOT NULL,
    site_code        TEXT   NOT NULL,
    site_description TEXT,
    product          TEXT   NOT NULL,
    version          TEXT   NOT NULL,
    first_seen       BIGINT NOT NULL,
    last_report      BIGINT NOT NULL,
    newest           BIGINT NOT NULL,
    clock_behind     BIGINT NOT NULL CHECK (clock_behind IN (0, 1)),
    fork_counter     BIGINT,
    fork_digest      BYTEA,
    fork_seen        BIGINT
);
CREATE INDEX installation_account ON installation (account);
CREATE INDEX installation_fork ON installation (account) WHERE fork_counter IS NOT NULL;
CREATE INDEX installation_clock_behind ON installation (thumbprint) WHERE clock_behind = 1;

-- Counter to digest, of requests received and claimed. A row never changes: a request that contradicts it is a fork.
CREATE TABLE chain (
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    counter      BIGINT NOT NULL CHECK (counter > 0),
    digest       BYTEA  NOT NULL,
    PRIMARY KEY (installation, counter)
);

-- Marks of a slot. Each only rises; the statement that writes them says so again.
CREATE TABLE slot (
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    license_type TEXT   NOT NULL CHECK (license_type IN ('desktop', 'mobile', 'farm', 'computers')),
    ended        BIGINT NOT NULL,
    held         BIGINT NOT NULL,
    answered     BIGINT NOT NULL,
    PRIMARY KEY (installation, license_type)
);

-- A license in the field. It counts while its counter is above its slot's `ended`, not below `held`, and `ends` has not come.
CREATE TABLE lease (
    license      BYTEA  NOT NULL PRIMARY KEY,
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    license_type TEXT   NOT NULL,
    counter      BIGINT NOT NULL,
    request      BYTEA  NOT NULL UNIQUE,
    license_key  BYTEA  NOT NULL REFERENCES license_key (digest),
    subscription TEXT   NOT NULL REFERENCES subscription (id),
    issued       BIGINT NOT NULL,
    ends         BIGINT NOT NULL,
    -- It counts no more, and its seats are booked as overdraft: only a branch that was given up can hold it, or its key has moved.
    given_up     TEXT CHECK (given_up IN ('branch', 'move'))
);
CREATE INDEX lease_slot ON lease (installation, license_type, counter);
CREATE INDEX lease_subscription ON lease (subscription, ends);
CREATE INDEX lease_license_key ON lease (license_key, ends);

CREATE TABLE lease_seats (
    license BYTEA  NOT NULL REFERENCES lease (license),
    metric  TEXT   NOT NULL,
    seats   BIGINT NOT NULL CHECK (seats >= 0),
    PRIMARY KEY (license, metric)
);

-- Sums of what leases count (`exchange::Tally`), so that an answer need not add them up: how much is out, and by how much that falls by
-- itself when. A `tally` is right for the instant up to which the rows of `tally_lapse` were taken off.
CREATE TABLE tally (
    what   TEXT   NOT NULL PRIMARY KEY,
    amount BIGINT NOT NULL
);
CREATE TABLE tally_lapse (
    what   TEXT   NOT NULL,
    ends   BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (what, ends)
);
CREATE INDEX tally_lapse_nothing ON tally_lapse (what) WHERE amount = 0;

-- Keys that an installation may not use: an administrator said so, or the key has moved away.
CREATE TABLE bar (
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    license_key  BYTEA  NOT NULL REFERENCES license_key (digest),
    why          TEXT   NOT NULL CHECK (why IN ('blocked', 'moved')),
    note         TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    PRIMARY KEY (installation, license_key)
);

-- Keys that an installation's next refresh exchanges, from one to another.
CREATE TABLE key_exchange (
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    from_key     BYTEA  NOT NULL REFERENCES license_key (digest),
    to_key       BYTEA  NOT NULL REFERENCES license_key (digest),
    created      BIGINT NOT NULL,
    PRIMARY KEY (installation, from_key)
);

-- What lists of installations are found, sorted and filtered by: each slot, with its newest license. It follows from the other tables and
-- is written with them. Site and name are in lower case and bytes, so that both databases sort them alike and find what begins so.
CREATE TABLE listed (
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    license_type TEXT   NOT NULL,
    account      TEXT,
    subscription TEXT,
    license_key  BYTEA,
    site         BYTEA  NOT NULL,
    name         BYTEA  NOT NULL,
    state        TEXT   NOT NULL CHECK (state IN ('used', 'deactivated', 'blocked', 'moved')),
    counter      BIGINT NOT NULL,
    metric       TEXT   NOT NULL,
    grants       TEXT   NOT NULL,
    contract_end BIGINT NOT NULL,
    good_until   BIGINT NOT NULL,
    report_due   BIGINT NOT NULL,
    ends         BIGINT NOT NULL,
    PRIMARY KEY (installation, license_type)
);
CREATE INDEX listed_site ON listed (site, name, installation, license_type);
CREATE INDEX listed_name ON listed (name, site, installation, license_type);
CREATE INDEX listed_state ON listed (state, good_until, installation, license_type);
CREATE INDEX listed_account_site ON listed (account, site, name, installation, license_type);
CREATE INDEX listed_account_name ON listed (account, name, site, installation, license_type);
CREATE INDEX listed_account_state ON listed (account, state, good_until, installation, license_type);
CREATE INDEX listed_subscription ON listed (subscription, site, name, installation, license_type);
CREATE INDEX listed_license_key ON listed (license_key, site, name, installation, license_type);

-- Final answers, byte for byte, and the request that each answers.
CREATE TABLE answer (
    request      BYTEA  NOT NULL PRIMARY KEY,
    installation BYTEA  NOT NULL,
    license_type TEXT   NOT NULL,
    counter      BIGINT NOT NULL,
    kind         TEXT   NOT NULL CHECK (kind IN ('license', 'deactivation-receipt', 'refusal')),
    account      TEXT,
    issued       BIGINT NOT NULL,
    file         BYTEA  NOT NULL,
    request_file BYTEA  NOT NULL
);
CREATE INDEX answer_slot ON answer (installation, license_type, counter);

CREATE TABLE usage_report (
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    license_type TEXT   NOT NULL,
    metric       TEXT   NOT NULL,
    counter      BIGINT NOT NULL,
    since        BIGINT NOT NULL,
    until        BIGINT NOT NULL,
    peak         BIGINT NOT NULL,
    used         BIGINT NOT NULL,
    PRIMARY KEY (installation, license_type, metric, counter)
);

-- Seats beyond those bought, each entry with the date on which it ends: granted by staff, or booked for a license that was given up, which
-- ends it sooner if the proxy proves that it let go.
CREATE TABLE overdraft (
    subscription TEXT   NOT NULL REFERENCES subscription (id),
    metric       TEXT   NOT NULL,
    seats        BIGINT NOT NULL CHECK (seats > 0),
    ends         BIGINT NOT NULL,
    granted      BIGINT NOT NULL CHECK (granted IN (0, 1)),
    license      BYTEA  REFERENCES lease (license),
    reason       TEXT   NOT NULL,
    who          TEXT   NOT NULL,
    created      BIGINT NOT NULL,
    CHECK ((granted = 1) = (license IS NULL))
);
CREATE INDEX overdraft_subscription ON overdraft (subscription, ends);
CREATE INDEX overdraft_license ON overdraft (license);

-- Counted moves that a license key has spent.
CREATE TABLE counted_move (
    license_key  BYTEA  NOT NULL REFERENCES license_key (digest),
    installation BYTEA  NOT NULL REFERENCES installation (thumbprint),
    reason       TEXT   NOT NULL,
    created      BIGINT NOT NULL
);
CREATE INDEX counted_move_license_key ON counted_move (license_key);

-- Recovery after a restoration: until when. The record number stands in `vendor`.
CREATE TABLE recovery (
    record  BIGINT NOT NULL PRIMARY KEY,
    began   BIGINT NOT NULL,
    horizon BIGINT NOT NULL
);

-- The log (RFC 9162): every answer is a leaf before it leaves. The head is written first in its transaction, so that writers
-- stand in a row; `frontier` holds the roots of the perfect subtrees, from which root and next head follow.
CREATE TABLE log_head (
    one      BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    size     BIGINT NOT NULL,
    frontier BYTEA  NOT NULL,
    issued   BIGINT NOT NULL,
    -- The newest checkpoint, as a file of ours and as a C2SP signed note: what it was when the newest answers left. Absent at first.
    checkpoint BYTEA,
    note       TEXT
);

CREATE TABLE log_leaf (
    position BIGINT NOT NULL PRIMARY KEY,
    digest   BYTEA  NOT NULL,
    kind     TEXT   NOT NULL,
    code     TEXT   NOT NULL,
    request  BYTEA  NOT NULL,
    issued   BIGINT NOT NULL
);
CREATE INDEX log_leaf_digest ON log_leaf (digest);

-- Roots of the log's perfect subtrees: of 16 leaves (level 4), 256 (level 8), … From these and at most 15 leaves follows every proof.
CREATE TABLE log_node (
    level    BIGINT NOT NULL CHECK (level > 0),
    position BIGINT NOT NULL,
    hash     BYTEA  NOT NULL,
    PRIMARY KEY (level, position)
);
