-- The two roles of a record in PostgreSQL: `waybill_signer` owns it, `waybill_portal` reads all of it and writes people and what was sold.
-- What was issued (answers, leases, seats, chains, slots, the log) it cannot write, whatever happens to the portal.
--
--   waybill signer --print-roles | psql --set ON_ERROR_STOP=1 DATABASE
--
-- Run it as a superuser, in the record's database, after `waybill init` and again after each update; it may be run at any time. The roles
-- are made without passwords: give each one with \password, or let pg_hba.conf say how it signs in. If the record has a schema of its
-- own, set search_path to it first.

BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_signer') THEN
        CREATE ROLE waybill_signer LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_portal') THEN
        CREATE ROLE waybill_portal LOGIN;
    END IF;
END $$;

-- The signer owns every table, and makes those that come with an update. Nobody else has a right that was not given here.
DO $$
DECLARE
    home TEXT := current_schema();
    tablename TEXT;
BEGIN
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC, waybill_portal', home);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO waybill_signer', home);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO waybill_portal', home);
    FOR tablename IN SELECT t.tablename FROM pg_tables t WHERE t.schemaname = home LOOP
        EXECUTE format('ALTER TABLE %I OWNER TO waybill_signer', tablename);
        -- Rights to single columns go with it.
        EXECUTE format('REVOKE ALL ON %I FROM PUBLIC, waybill_portal', tablename);
        EXECUTE format('GRANT SELECT ON %I TO waybill_portal', tablename);
    END LOOP;
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE waybill_signer IN SCHEMA %I GRANT SELECT ON TABLES TO waybill_portal', home);
END $$;

-- Who there is.
GRANT INSERT ON account, membership TO waybill_portal;
GRANT INSERT, DELETE ON invitation, session TO waybill_portal;
GRANT UPDATE (digest, created, expires) ON invitation TO waybill_portal;
GRANT UPDATE (seen) ON session TO waybill_portal;
GRANT INSERT, DELETE ON api_token TO waybill_portal;
GRANT UPDATE (used) ON api_token TO waybill_portal;

-- It invites people and keeps their passwords. Whom the vendor calls staff is not for a portal to say.
GRANT INSERT ON users TO waybill_portal;
GRANT UPDATE (password_hash) ON users TO waybill_portal;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS portal_reads ON users;
DROP POLICY IF EXISTS portal_keeps_passwords ON users;
DROP POLICY IF EXISTS portal_invites ON users;
CREATE POLICY portal_reads ON users FOR SELECT TO waybill_portal USING (true);
CREATE POLICY portal_keeps_passwords ON users FOR UPDATE TO waybill_portal USING (true);
CREATE POLICY portal_invites ON users FOR INSERT TO waybill_portal WITH CHECK (staff = 0);

-- What was sold. A code is used by an answer, so by the signer alone; and histories are only ever added to.
GRANT INSERT, UPDATE ON subscription, license_key TO waybill_portal;
GRANT INSERT, DELETE ON subscription_grant TO waybill_portal;
GRANT INSERT (digest, code_text, license_key, email, created, expires), DELETE ON activation_code TO waybill_portal;
GRANT INSERT ON subscription_change TO waybill_portal;

-- What people call an installation and note of it. Of what the installation is and has sent, nothing.
GRANT UPDATE (alias, note, edits) ON installation TO waybill_portal;

-- Its place in the row of writers is a lock on the log's head, and PostgreSQL gives that lock to those alone who may update a column.
-- This one is its key, which a CHECK holds at 1: an update of it changes nothing.
GRANT UPDATE (one) ON log_head TO waybill_portal;

COMMIT;
