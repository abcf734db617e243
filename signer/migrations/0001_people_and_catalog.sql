-- Who there is, and what was sold. Columns are TEXT, BIGINT, BYTEA or DOUBLE PRECISION, so that SQLite and PostgreSQL read the same:
-- an instant is BIGINT seconds since 1970, a flag is BIGINT 0 or 1, an identity is a UUID of version 7 as TEXT.

-- The vendor: one row. The record number goes up by one when the store was restored from a backup.
CREATE TABLE vendor (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    name TEXT NOT NULL,
    record BIGINT NOT NULL CHECK (record >= 1),
    created BIGINT NOT NULL
);

-- A customer.
CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('business', 'personal')),
    created BIGINT NOT NULL
);
CREATE INDEX account_by_name ON account (name, id);

-- A person who signs in: the vendor's when staff is 1, a customer's by membership, or both.
-- email_key is the address in lower case; no password_hash means that the invitation was not redeemed yet.
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    password_hash TEXT,
    staff BIGINT NOT NULL CHECK (staff IN (0, 1)),
    created BIGINT NOT NULL
);

CREATE TABLE membership (
    account TEXT NOT NULL REFERENCES account (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('administrator', 'member')),
    created BIGINT NOT NULL,
    PRIMARY KEY (account, user_id)
);
CREATE INDEX membership_by_user ON membership (user_id);

-- Secrets that people and programs show are kept as their SHA-256.

-- invitation: open --redeemed once, or passed `expires`, or replaced by a newer one--> gone
CREATE TABLE invitation (
    digest BYTEA NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE REFERENCES users (id),
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

-- session: open --signed out, idle too long, or past `ends`--> gone
CREATE TABLE session (
    digest BYTEA NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    ends BIGINT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);

-- api_token: usable --revoked--> gone; --past `expires`--> kept and shown, of no use
CREATE TABLE api_token (
    id TEXT NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (id),
    label TEXT NOT NULL,
    prefix TEXT NOT NULL,
    created BIGINT NOT NULL,
    used BIGINT,
    expires BIGINT,
    -- 0: it brings files. 1: it does what an administrator of the account does.
    manages BIGINT NOT NULL CHECK (manages IN (0, 1))
);
CREATE INDEX api_token_by_account ON api_token (account);

-- What a customer bought. version goes up by one with each change; a change names the version that it was decided on.
-- changes counts the rows of subscription_change.
CREATE TABLE subscription (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id),
    product TEXT NOT NULL,
    license_type TEXT NOT NULL CHECK (license_type IN ('desktop', 'mobile', 'farm', 'computers')),
    created BIGINT NOT NULL,
    starts BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    trial BIGINT NOT NULL CHECK (trial IN (0, 1)),
    offline_use BIGINT NOT NULL CHECK (offline_use IN (0, 1)),
    suspended BIGINT NOT NULL CHECK (suspended IN (0, 1)),
    file_days BIGINT NOT NULL CHECK (file_days >= 1),
    report_days BIGINT NOT NULL CHECK (report_days >= 1),
    grace_days BIGINT NOT NULL CHECK (grace_days >= 0),
    clock_tolerance_hours BIGINT NOT NULL CHECK (clock_tolerance_hours >= 0),
    version BIGINT NOT NULL CHECK (version >= 1),
    changes BIGINT NOT NULL CHECK (changes >= 0),
    CHECK (starts < ends),
    CHECK (report_days <= file_days)
);
CREATE INDEX subscription_by_account ON subscription (account);

-- So many seats of one metric, and their terms. counted_as: the metric that they were sold as at first.
CREATE TABLE subscription_grant (
    subscription TEXT NOT NULL REFERENCES subscription (id),
    metric TEXT NOT NULL CHECK (metric IN ('managed-device', 'concurrent-user', 'computer', 'user')),
    seats BIGINT NOT NULL CHECK (seats >= 0),
    edition TEXT NOT NULL,
    counted_as TEXT NOT NULL CHECK (counted_as IN ('managed-device', 'concurrent-user', 'computer', 'user')),
    over_limit TEXT NOT NULL CHECK (over_limit IN ('notify', 'suspend', 'refuse')),
    over_limit_days BIGINT,
    after_end_days BIGINT NOT NULL CHECK (after_end_days >= 0),
    PRIMARY KEY (subscription, metric),
    CHECK ((over_limit = 'suspend') = (over_limit_days IS NOT NULL))
);

-- What a customer types. quota NULL is the whole subscription; a key that is reserved withholds its quota from the others, a dynamic one
-- takes what is in use and headroom. ends NULL is with the subscription; deleted is when it was deleted.
CREATE TABLE license_key (
    id TEXT NOT NULL PRIMARY KEY,
    subscription TEXT NOT NULL REFERENCES subscription (id),
    kind TEXT NOT NULL CHECK (kind IN ('primary', 'sublicense')),
    key_text TEXT NOT NULL,
    digest BYTEA NOT NULL UNIQUE,
    name TEXT NOT NULL,
    quota BIGINT CHECK (quota >= 1),
    draw TEXT NOT NULL CHECK (draw IN ('open', 'reserved', 'dynamic')),
    headroom BIGINT CHECK (headroom >= 0),
    ends BIGINT,
    note TEXT NOT NULL,
    installations BIGINT NOT NULL CHECK (installations >= 1),
    blocked BIGINT NOT NULL CHECK (blocked IN (0, 1)),
    created BIGINT NOT NULL,
    deleted BIGINT,
    version BIGINT NOT NULL CHECK (version >= 1),
    CHECK ((draw = 'dynamic') = (headroom IS NOT NULL)),
    CHECK (draw <> 'reserved' OR quota IS NOT NULL)
);
CREATE INDEX license_key_by_subscription ON license_key (subscription, kind, created, id);
CREATE UNIQUE INDEX license_key_primary ON license_key (subscription) WHERE kind = 'primary';

-- Stands for a license key once. open --a license went to `used_by`--> used; --past `expires`--> of no use; --withdrawn--> gone
CREATE TABLE activation_code (
    digest BYTEA NOT NULL PRIMARY KEY,
    code_text TEXT NOT NULL,
    license_key BYTEA NOT NULL REFERENCES license_key (digest),
    email TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used_by BYTEA
);
CREATE INDEX activation_code_license_key ON activation_code (license_key, created, digest);
CREATE INDEX activation_code_used_by ON activation_code (used_by);

-- Who changed what of a subscription, or of one of its keys, numbered from 1 in order. Rows are only ever added.
CREATE TABLE subscription_change (
    subscription TEXT NOT NULL REFERENCES subscription (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    license_key TEXT REFERENCES license_key (id),
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    value_before TEXT,
    value_after TEXT,
    PRIMARY KEY (subscription, number)
);
