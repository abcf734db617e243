//! The roles of `roles.sql` on a real server: a portal's role does all that a portal does by itself, and whatever else it tries is refused
//! by the database, not by us. Needs the server that `WAYBILL_TEST_DATABASE_URL` names; `scripts/suites/postgres` starts one.

mod common;

use std::sync::Arc;

use common::{Database, Vendor, dice, moment};
use license_format::{DAY, LicenseType};
use signer::{
    Asker,
    catalog::{GrantChange, KeyChange, KeyDraft, OverdraftDraft, SubscriptionChange, SubscriptionDraft},
    installations::{Decider, RemarksChange},
    link::{Door, Link, PortalSide, PortalStore, SocketMode, serve},
    people::{AccountDraft, AccountKind, Actor, PasswordHash, Role, TokenRights},
    second_person::RiskyAction,
    store::StoreAddress,
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::sync::oneshot;

const ROLES: &str = include_str!("../roles.sql");

/// Tables that a portal writes in part. Every other one, and whichever is added, it does not write at all.
const WRITTEN: [&str; 13] = [
    "account",
    "activation_code",
    "api_token",
    "installation",
    "invitation",
    "license_key",
    "log_head",
    "membership",
    "session",
    "subscription",
    "subscription_change",
    "subscription_grant",
    "users",
];

/// A vendor whose database has the two roles.
struct Apart {
    vendor: Vendor,
}

impl Apart {
    async fn new() -> Apart {
        let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
        let apart = Apart { vendor };
        let mut owner = apart.database().connect().await;
        // Once more changes nothing.
        for _ in 0..2 {
            run(&mut owner, ROLES).await.expect("the roles are made");
        }
        for role in ["waybill_signer", "waybill_portal"] {
            run(&mut owner, &format!("ALTER ROLE {role} PASSWORD '{role}'")).await.expect("set");
        }
        apart
    }

    fn database(&self) -> &Database {
        self.vendor.place.database().expect("a server; scripts/test --only postgres starts one")
    }

    fn url(&self, role: &str) -> String {
        let url = self.database().url();
        assert!(url.contains("user=postgres"), "{url}");
        url.replace("user=postgres", &format!("user={role}&password={role}"))
    }

    async fn connect(&self, role: &str) -> PgConnection {
        PgConnection::connect(&self.url(role)).await.expect("the role may connect")
    }

    /// A portal with its role, whose signer has the other.
    async fn portal(&self, stop: oneshot::Receiver<()>) -> PortalSide {
        let address = StoreAddress::Postgres(self.url("waybill_portal").parse().expect("an address"));
        let data =
            self.vendor.place.data().with_database(self.url("waybill_signer").parse().expect("an address"));
        let now = self.vendor.now;
        let signer = signer::Signer::open(&data, &common::passphrase(), now).await.expect("the role will do");
        let door = Door::socket(self.vendor.place.path().join("s"), SocketMode::Owner).await.expect("a door");
        let link = Link::new(&door.address(), None).expect("an address");
        tokio::spawn(serve(door, signer, Arc::new(move || now), async move { drop(stop.await) }));
        PortalStore::open(&address).await.expect("the role will do").with_signer(link)
    }
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map(|_| ())
}

/// Demands that the database refuses a statement for want of a right.
#[track_caller]
fn demand_refused(sql: &str, outcome: Result<(), sqlx::Error>) {
    match outcome {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42501") => {}
        other => panic!("{sql}: {other:?}"),
    }
}

async fn tables(connection: &mut PgConnection) -> Vec<(String, String)> {
    let sql = "SELECT CAST(table_name AS TEXT), CAST(MIN(column_name) AS TEXT) FROM information_schema.columns \
               WHERE table_schema = 'public' GROUP BY table_name ORDER BY table_name";
    let rows = sqlx::query(sql).fetch_all(connection).await.expect("listed");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn the_database_keeps_a_portal_from_what_was_issued() {
    let mut apart = Apart::new().await;
    // There is something to change everywhere.
    let mut site = apart.vendor.site(1);
    let key = apart.vendor.primary.key.clone();
    apart.vendor.activate(&mut site, &key).await.expect("a license");
    let mut portal = apart.connect("waybill_portal").await;
    let tables = tables(&mut portal).await;
    for must in [
        "answer",
        "lease",
        "lease_seats",
        "chain",
        "slot",
        "tally",
        "tally_lapse",
        "overdraft",
        "installation",
        "listed",
        "bar",
        "counted_move",
        "usage_report",
        "vendor",
        "recovery",
        "second_person",
        "proposal",
        "log_leaf",
        "log_node",
        "log_checkpoint",
        "_sqlx_migrations",
    ] {
        assert!(tables.iter().any(|(table, _)| table == must), "{must} is gone from {tables:?}");
    }
    let mut tried = 0;
    for (table, column) in &tables {
        run(&mut portal, &format!("SELECT * FROM {table} LIMIT 1")).await.expect("it reads everything");
        let mut forbidden = vec![
            format!("TRUNCATE {table} CASCADE"),
            format!("DROP TABLE {table} CASCADE"),
            format!("ALTER TABLE {table} ADD COLUMN x BIGINT"),
            format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
            format!("CREATE RULE r AS ON INSERT TO {table} DO INSTEAD NOTHING"),
        ];
        if !WRITTEN.contains(&table.as_str()) {
            forbidden.extend([
                format!("INSERT INTO {table} DEFAULT VALUES"),
                format!("INSERT INTO {table} SELECT * FROM {table}"),
                format!("UPDATE {table} SET {column} = {column}"),
                format!("DELETE FROM {table}"),
                format!("SELECT * FROM {table} FOR UPDATE"),
                format!("COPY {table} FROM STDIN"),
            ]);
        }
        for sql in forbidden {
            demand_refused(&sql, run(&mut portal, &sql).await);
            tried += 1;
        }
    }
    assert!(tried > 200, "{tried}");
    for sql in [
        // What is not a portal's to say of what it does write.
        "UPDATE users SET staff = 1",
        "UPDATE users SET email = 'eve@example.com'",
        "DELETE FROM users",
        "INSERT INTO users (id, email, email_key, staff, created) VALUES ('x', 'x', 'x', 1, 0)",
        "UPDATE membership SET role = 'administrator'",
        "DELETE FROM membership",
        "UPDATE account SET name = 'x'",
        "DELETE FROM account",
        "UPDATE api_token SET manages = 1",
        "UPDATE api_token SET expires = NULL",
        "UPDATE session SET ends = 9",
        "UPDATE activation_code SET used_by = NULL",
        "UPDATE activation_code SET expires = 9",
        "INSERT INTO activation_code (digest, code_text, license_key, email, created, expires, used_by) SELECT digest, code_text, license_key, email, created, expires, used_by FROM activation_code",
        "UPDATE installation SET fork_counter = NULL",
        "UPDATE installation SET account = NULL, note = ''",
        "INSERT INTO installation SELECT * FROM installation",
        "DELETE FROM installation",
        "DELETE FROM subscription",
        "DELETE FROM license_key",
        "UPDATE subscription_grant SET seats = 9",
        "UPDATE subscription_change SET who = 'operator'",
        "DELETE FROM subscription_change",
        "UPDATE log_head SET size = 0",
        "UPDATE log_head SET one = 1, frontier = ''",
        "INSERT INTO log_head (one, size, frontier, issued) VALUES (1, 0, '', 0) ON CONFLICT (one) DO NOTHING",
        "DELETE FROM log_head",
        // Nor who confirms what, and where.
        "UPDATE second_person SET required = 0",
        "UPDATE second_person SET at_signer = 0",
        "UPDATE proposal SET state = 'done', decided_by = 'x', decided = 0",
        "UPDATE proposal SET bundle = NULL",
        // Nor does it come by other rights.
        "CREATE TABLE mine (x BIGINT)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION f() RETURNS BIGINT LANGUAGE SQL AS 'SELECT 1'",
        "SET ROLE waybill_signer",
        "GRANT waybill_signer TO waybill_portal",
        "ALTER ROLE waybill_portal SUPERUSER",
        "DROP POLICY portal_invites ON users",
        "ALTER DEFAULT PRIVILEGES FOR ROLE waybill_signer GRANT ALL ON TABLES TO waybill_portal",
    ] {
        demand_refused(sql, run(&mut portal, sql).await);
    }
    // The one column of the log that it may write holds what it holds.
    let other = run(&mut portal, "UPDATE log_head SET one = 2").await.expect_err("a CHECK forbids it");
    assert_eq!(other.as_database_error().and_then(|error| error.code()).as_deref(), Some("23514"));
    let before = "SELECT CAST(size AS TEXT) || issued FROM log_head";
    let head: String = sqlx::query_scalar(before).fetch_one(&mut portal).await.expect("read");
    run(&mut portal, "UPDATE log_head SET one = 1").await.expect("the lock that writers stand in a row by");
    assert_eq!(sqlx::query_scalar::<_, String>(before).fetch_one(&mut portal).await.expect("read"), head);

    // A table that an update brings is read, and not written, without the script's being run again.
    let mut signer = apart.connect("waybill_signer").await;
    run(&mut signer, "CREATE TABLE later (x BIGINT)").await.expect("made");
    run(&mut portal, "SELECT x FROM later").await.expect("read");
    demand_refused("later", run(&mut portal, "INSERT INTO later VALUES (1)").await);
}

/// All that pages and API write by themselves, and one life of a license through a portal and a signer with a role each.
#[tokio::test]
async fn a_portal_does_its_work_with_its_role() {
    let mut apart = Apart::new().await;
    let (stop, stopped) = oneshot::channel();
    let portal = apart.portal(stopped).await;
    let (people, catalog, now) = (portal.people(), portal.catalog(), apart.vendor.now);
    let mut dice = dice(500);
    let draft = AccountDraft {
        name: "Fabrikam".to_owned(),
        kind: AccountKind::Business,
        admin_email: "ben@fabrikam.example".to_owned(),
    };
    let created = people.create_account(draft, now, &mut dice).await.expect("an account");
    let (account, ben) = (created.account.id, created.administrator.user.id);
    people
        .add_member(&account, "cleo@fabrikam.example", Role::Member, now, &mut dice)
        .await
        .expect("a member");
    people.invite_again(&ben, now, &mut dice).await.expect("invited");
    let invitation = people.invite_again(&ben, now, &mut dice).await.expect("invited again").token;
    let hash = PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA".to_owned());
    people.invited(&invitation, now).await.expect("whose it is");
    people.redeem_invitation(&invitation, &hash, now).await.expect("redeemed");
    let (session, _) = people.start_session(&ben, now, &mut dice).await.expect("signed in");
    let later = now.plus(3600);
    people.signed_in(&session, later).await.expect("seen").expect("still signed in");
    people.end_session(&session).await.expect("signed out");
    people.set_password(&ben, &hash).await.expect("changed");
    let (token, row) = people
        .create_token(&account, "ci", TokenRights::Manage, None, now, &mut dice)
        .await
        .expect("a token");
    people.token(&token, later).await.expect("used").expect("good");
    people.revoke_token(&account, &row.id).await.expect("revoked");
    let refused =
        people.create_staff("eve@example.com", now, &mut dice).await.expect_err("not a portal's to say");
    assert_eq!(refused.code(), "store-unreachable");

    let by = Actor::User(ben);
    let draft = SubscriptionDraft::new(account.clone(), LicenseType::Mobile, 9, now, now.plus(365 * DAY));
    let (sold, primary) = catalog.create_subscription(draft, &by, now, &mut dice).await.expect("sold");
    let seats = GrantChange { seats: Some(12), ..GrantChange::default() };
    let change = SubscriptionChange::of_grant(sold.grants[0].metric, seats);
    catalog.update_subscription(&sold.id, sold.version, change, &by, now).await.expect("changed");
    let draft = KeyDraft::new(sold.id.clone(), "Branch");
    let key = catalog.create_license_key(draft, &by, now, &mut dice).await.expect("a key");
    let change = KeyChange { blocked: Some(true), ..KeyChange::default() };
    let key = catalog.update_license_key(&key.id, key.version, change, &by, now).await.expect("changed");
    catalog.delete_license_key(&key.id, key.version, &by, now).await.expect("deleted");
    let emails = ["dora@fabrikam.example".to_owned()];
    let who = (&Asker::Staff, &by);
    let codes = catalog.create_codes(&primary.id, &emails, now.plus(DAY), who, now, &mut dice).await;
    catalog.withdraw_code(&primary.id, &codes.expect("codes")[0].code, who, now).await.expect("withdrawn");
    // What its role may not, it does not by accident either: only a signer grants seats.
    let draft = OverdraftDraft {
        subscription: apart.vendor.subscription.id.clone(),
        metric: None,
        seats: 5,
        ends: now.plus(200 * DAY),
        reason: "burnt".parse().expect("a reason"),
    };
    let granted = portal.second_person().take(RiskyAction::Overdraft(draft), &by, now).await;
    assert_eq!(granted.expect_err("refused").code(), "store-unreachable");

    let mut site = apart.vendor.site(1);
    let (slot, key) = (LicenseType::Desktop, apart.vendor.primary.key.clone());
    let asker = Asker::Account(apart.vendor.account.clone());
    for turn in 0..3 {
        let moment = moment(now, turn);
        let request = match turn {
            0 => site.proxy.activate(slot, &key, moment),
            1 => site.proxy.refresh(slot, moment),
            _ => site.proxy.deactivate(slot, moment),
        };
        let answered = portal.answer(&request.unwrap(), &asker, now).await.expect("answered");
        assert!(!matches!(answered.answer, signer::Answer::Refusal(_)), "turn {turn}: {:?}", answered.answer);
        site.proxy.import(&license_format::UnverifiedFile::read(&answered.file).unwrap(), now);
    }
    let remark = RemarksChange { alias: Some("Head office".to_owned()), note: None };
    let by = Decider { asker: asker.clone(), actor: by };
    portal.installations().remark(&site.proxy.name(), 0, &remark, &by, now).await.expect("noted");
    let shown =
        portal.installations().show(&asker, &site.proxy.name(), now).await.unwrap().expect("it is there");
    assert_eq!(shown.slots[0].counted, []);
    drop(stop);
    apart.vendor.pass(1);
}
