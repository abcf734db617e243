//! What only a database server can do: be away, come back, hang up in the middle of a word, be put back to a backup under a signer at
//! work, be set in ways that a record must not depend on. Needs the server that `WAYBILL_TEST_DATABASE_URL` names.

mod common;
#[path = "common/line.rs"]
mod line;

use std::{fs, time::Duration};

use common::{Database, Proxy, dice, moment, passphrase};
use license_format::{DAY, LicenseKey, LicenseType, Timestamp, UnverifiedFile};
use line::{Line, Wire};
use signer::{
    Answer, AnswerError, Answered, Asker, Signer,
    catalog::SubscriptionDraft,
    init::{DataDir, InitOptions, init},
    people::{AccountDraft, AccountKind, Actor},
    store::{Store, StoreAddress, StoreError},
    witness::Witness,
};
use sqlx::{AssertSqlSafe, Row as _};
use tempfile::TempDir;

const DESKTOP: LicenseType = LicenseType::Desktop;

/// Longer than any of the signer's own limits, on a slow machine too.
const A_MINUTE: Duration = Duration::from_secs(60);

struct Desk {
    _folder: TempDir,
    database: Database,
    wire: Wire,
    dir: DataDir,
    signer: Signer,
    key: LicenseKey,
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T10:00:00Z").unwrap()
}

fn options() -> InitOptions {
    InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() }
}

fn address(url: &str) -> StoreAddress {
    StoreAddress::Postgres(url.parse().unwrap())
}

/// A signer whose line to its database the test holds.
async fn desk() -> Desk {
    let (folder, database) = (tempfile::tempdir().unwrap(), Database::new().await);
    let wire = Wire::to(&database.url()).await;
    let dir = DataDir::new(folder.path().join("data")).with_database(wire.url().parse().unwrap());
    init(&dir, &options(), now(), &mut dice(1)).await.unwrap();
    let signer = Signer::open(&dir, &passphrase(), now()).await.unwrap();
    let draft = AccountDraft {
        name: "Contoso".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@contoso.example".to_owned(),
    };
    let account = signer.people().create_account(draft, now(), &mut dice(2)).await.unwrap().account.id;
    let mut draft = SubscriptionDraft::new(account, DESKTOP, 10, now(), now().plus(365 * DAY));
    draft.offline_use = true;
    let sold =
        signer.catalog().create_subscription(draft, &Actor::Operator, now(), &mut dice(3)).await.unwrap();
    Desk { _folder: folder, database, wire, dir, signer, key: sold.1.key }
}

impl Desk {
    fn proxy(&self, number: u8) -> Proxy {
        Proxy::new(number, &self.signer.trust(), now())
    }

    async fn ask(&self, file: &[u8]) -> Result<Answered, AnswerError> {
        let asking = self.signer.answer(file, &Asker::Staff, now());
        tokio::time::timeout(A_MINUTE, asking).await.expect("nobody waits for ever")
    }

    async fn answer(&self, file: &[u8]) -> Answered {
        self.ask(file).await.unwrap()
    }

    /// Requests that are refused, and so add a leaf each time.
    fn strangers(&self, numbers: std::ops::Range<u8>) -> Vec<Vec<u8>> {
        let unknown = LicenseKey::from_random(DESKTOP, &[1; 18]);
        numbers
            .map(|number| self.proxy(number).activate(DESKTOP, &unknown, moment(now(), 1)).unwrap())
            .collect()
    }

    /// Asks with all of them at once.
    async fn ask_all(&self, files: &[Vec<u8>]) -> Vec<Result<Answered, AnswerError>> {
        let asked: Vec<_> = files
            .iter()
            .cloned()
            .map(|file| {
                let signer = self.signer.clone();
                tokio::spawn(async move { signer.answer(&file, &Asker::Staff, now()).await })
            })
            .collect();
        let mut answers = Vec::new();
        for asked in asked {
            answers
                .push(tokio::time::timeout(A_MINUTE, asked).await.expect("nobody waits for ever").unwrap());
        }
        answers
    }

    /// How many answers are on the log; the first leaf is the trust bundle by which they were given.
    async fn log_size(&self) -> i64 {
        let mut connection = self.database.connect().await;
        let sql = "SELECT (SELECT COUNT(*) FROM log_leaf WHERE kind <> 'trust-bundle') FROM log_head \
                   WHERE size = (SELECT COUNT(*) FROM log_leaf)";
        sqlx::query(sql).fetch_one(&mut connection).await.expect("head and leaves agree").get(0)
    }

    /// Runs a statement on this database, past the line.
    async fn run(&self, sql: &'static str) {
        let mut connection = self.database.connect().await;
        sqlx::raw_sql(sql).execute(&mut connection).await.expect(sql);
    }
}

fn code(answered: &Answered) -> &str {
    match &answered.answer {
        Answer::Refusal(refusal) => refusal.code.as_str(),
        Answer::License(_) => "license",
        Answer::Receipt(_) => "receipt",
    }
}

/// An answer is whole or not at all: whether the connection is lost just before the commit or just after it, the same file comes again and
/// finds the one or the other.
#[tokio::test]
async fn a_commit_that_is_cut_off_has_happened_whole_or_not_at_all() {
    let desk = desk().await;
    let mut proxy = desk.proxy(1);
    for (number, line) in [(1, Line::CutBeforeCommit), (2, Line::CutAfterCommit)] {
        proxy.use_seats(DESKTOP, number, now());
        let request = match number {
            1 => proxy.activate(DESKTOP, &desk.key, moment(now(), number)).unwrap(),
            _ => proxy.refresh(DESKTOP, moment(now(), number)).unwrap(),
        };
        let before = Witness::read(&desk.dir.witness()).unwrap();
        desk.wire.set(line);
        let error = desk.ask(&request).await.unwrap_err();
        assert_eq!(error.code(), "store-unsettled", "{error}");
        assert!(desk.wire.is(Line::Open), "it was cut there");
        assert_eq!(Witness::read(&desk.dir.witness()).unwrap(), before, "nothing has left");
        let happened = line == Line::CutAfterCommit;
        assert_eq!(desk.log_size().await, i64::from(number == 2) + i64::from(happened));

        let answered = desk.answer(&request).await;
        assert_eq!((code(&answered), answered.repeated), ("license", happened));
        assert_eq!(desk.log_size().await, number as i64, "and counts once");
        assert_eq!(Witness::read(&desk.dir.witness()).unwrap().log_size, number + 1);
        proxy.import(&UnverifiedFile::read(&answered.file).unwrap(), now());
    }
}

/// Those who wait together are all told, at once and not one after the other; and are all answered when it is back, by the same signer.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_to_everybody_and_service_goes_on_when_it_is_back() {
    let desk = desk().await;
    let files = desk.strangers(1..21);
    desk.wire.hang_up().await;
    for outcome in desk.ask_all(&files).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), "store-unreachable", "{error}");
        assert!(error.to_string().contains("refused"), "{error}");
        assert!(error.next_step().contains("address"));
    }
    assert_eq!(desk.signer.is_healthy().await.unwrap_err().code(), "store-unreachable");
    assert_eq!(desk.signer.people().accounts().await.unwrap_err().code(), "store-unreachable");
    assert_eq!(Store::open(&address(&desk.wire.url())).await.err().unwrap().code(), "store-unreachable");

    desk.wire.take_calls().await;
    for outcome in desk.ask_all(&files).await {
        assert_eq!(code(&outcome.unwrap()), "license-key-unknown");
    }
    assert_eq!((desk.log_size().await, desk.signer.people().accounts().await.unwrap().len()), (20, 1));
}

/// A server that restarts is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_while_the_database_restarts_is_answered_when_it_is_up() {
    let desk = desk().await;
    let request = desk.proxy(1).activate(DESKTOP, &desk.key, moment(now(), 1)).unwrap();
    desk.wire.hang_up().await;
    let signer = desk.signer.clone();
    let asked = tokio::spawn(async move { signer.answer(&request, &Asker::Staff, now()).await });
    desk.wire.take_calls().await;
    assert_eq!(code(&asked.await.unwrap().unwrap()), "license");
}

/// A network that swallows everything is not waited for until the operating system gives up.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_says_nothing_is_given_up() {
    let desk = desk().await;
    let files = desk.strangers(1..21);
    desk.wire.set(Line::Silent);
    for outcome in desk.ask_all(&files).await {
        assert_eq!(outcome.unwrap_err().code(), "store-unreachable");
    }
    desk.wire.set(Line::Open);
    for outcome in desk.ask_all(&files).await {
        assert_eq!(code(&outcome.unwrap()), "license-key-unknown");
    }
    // The same when it falls silent in the middle of an answer. The server ends the transaction, or nobody could write.
    desk.wire.set(Line::CutBeforeCommit);
    desk.ask(&files[0]).await.unwrap_err();
    assert_eq!(code(&desk.answer(&files[0]).await), "license-key-unknown");
}

/// What a restart does to open connections.
#[tokio::test]
async fn sessions_that_the_server_has_ended_are_made_anew() {
    let desk = desk().await;
    let request = desk.proxy(1).activate(DESKTOP, &desk.key, moment(now(), 1)).unwrap();
    desk.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    assert_eq!(code(&desk.answer(&request).await), "license");
}

/// A server that took over without having received everything, under a signer that goes on.
#[tokio::test]
async fn a_store_put_back_under_a_signer_at_work_is_seen_at_the_next_request() {
    let desk = desk().await;
    desk.wire.hang_up().await;
    let backup = desk.database.copy().await;
    desk.wire.take_calls().await;
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(now(), 1)).unwrap();
    let given = desk.answer(&request).await;
    proxy.import(&UnverifiedFile::read(&given.file).unwrap(), now());

    desk.database.put_back(&backup).await;
    let mut other = desk.proxy(2);
    let elsewhere = other.activate(DESKTOP, &desk.key, moment(now(), 1)).unwrap();
    assert_eq!(
        code(&desk.answer(&elsewhere).await),
        "record-restored",
        "nobody else is given what the proxy holds"
    );
    let witness = Witness::read(&desk.dir.witness()).unwrap();
    // The trust bundle is a leaf before the first answer of either record.
    assert_eq!((witness.record, witness.log_size), (2, 2));
    proxy.use_seats(DESKTOP, 3, now());
    let refused = desk.answer(&proxy.refresh(DESKTOP, moment(now(), 2)).unwrap()).await;
    assert_eq!(code(&refused), "record-restored");
    proxy.import(&UnverifiedFile::read(&refused.file).unwrap(), now());
    let answered = desk.answer(&proxy.refresh(DESKTOP, moment(now(), 3)).unwrap()).await;
    assert_eq!(code(&answered), "license");
    let witness = Witness::read(&desk.dir.witness()).unwrap();
    assert_eq!((witness.record, witness.log_size), (2, 4), "one recovery");
}

/// Another record in the place of the one that it serves, as a name that now leads elsewhere would have it.
#[tokio::test]
async fn another_record_under_a_signer_at_work_is_refused() {
    let (desk, theirs) = (desk().await, Database::new().await);
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path().join("data")).with_database(theirs.url().parse().unwrap());
    init(&dir, &options(), now(), &mut dice(9)).await.unwrap();
    let request = desk.proxy(1).activate(DESKTOP, &desk.key, moment(now(), 1)).unwrap();
    desk.database.put_back(&theirs).await;
    let error = desk.ask(&request).await.unwrap_err();
    assert_eq!(error.code(), "store-another-record", "{error}");
    assert_eq!(desk.log_size().await, 0);
}

/// How a server or a database is set makes no difference to what is promised.
#[tokio::test(flavor = "multi_thread")]
async fn settings_of_the_server_do_not_weaken_what_is_promised() {
    let desk = desk().await;
    desk.database
        .ask(&format!(
            "ALTER DATABASE {0} SET synchronous_commit = off; ALTER DATABASE {0} SET default_transaction_isolation = 'serializable'",
            desk.database.name()
        ))
        .await;
    let store = Store::open(&address(&desk.wire.url())).await.unwrap();
    let shown = async |setting: &'static str| -> String {
        let mut connection = store.read().await.unwrap();
        let sql = format!("SELECT current_setting('{setting}')");
        sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *connection).await.unwrap().get(0)
    };
    assert_eq!(shown("synchronous_commit").await, "on");
    assert_eq!(
        (shown("lock_timeout").await, shown("idle_in_transaction_session_timeout").await),
        ("10s".into(), "30s".into())
    );
    let mut transaction = store.begin().await.unwrap();
    let row = sqlx::query("SELECT current_setting('transaction_isolation')")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>(0), "read committed");
    drop(transaction);

    // Two signers at once, whose sessions would otherwise fail against each other.
    let other = Signer::open(&desk.dir, &passphrase(), now()).await.unwrap();
    let files = desk.strangers(1..11);
    let theirs: Vec<_> = files
        .iter()
        .cloned()
        .map(|file| {
            let other = other.clone();
            tokio::spawn(async move { other.answer(&file, &Asker::Staff, now()).await })
        })
        .collect();
    for outcome in desk.ask_all(&files).await {
        assert_eq!(code(&outcome.unwrap()), "license-key-unknown");
    }
    for outcome in theirs {
        assert_eq!(code(&outcome.await.unwrap().unwrap()), "license-key-unknown");
    }
    assert_eq!(desk.log_size().await, 20);
    // A stronger promise is left as it is.
    desk.database
        .ask(&format!("ALTER DATABASE {} SET synchronous_commit = 'remote_apply'", desk.database.name()))
        .await;
    let store = Store::open(&address(&desk.database.url())).await.unwrap();
    let mut connection = store.read().await.unwrap();
    let row = sqlx::query("SELECT current_setting('synchronous_commit')")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>(0), "remote_apply");
}

#[tokio::test]
async fn a_server_that_cannot_keep_a_record_is_refused() {
    let other = Database::with("TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'").await;
    let homeless = Database::new().await;
    homeless.ask(&format!("ALTER DATABASE {} SET search_path = nowhere", homeless.name())).await;
    for (database, says) in [(other, "its encoding is SQL_ASCII"), (homeless, "no schema")] {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::new(folder.path().join("data")).with_database(database.url().parse().unwrap());
        let error = init(&dir, &options(), now(), &mut dice(1)).await.unwrap_err();
        assert_eq!(error.code(), "store-unfit");
        assert!(error.to_string().contains(says), "{error}");
        assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "no key was made");
    }
}

/// A role that may do nothing but use its own schema is enough; one that may not even that is told so.
#[tokio::test]
async fn an_ordinary_role_is_enough() {
    let database = Database::new().await;
    let role = format!("{}_role", database.name());
    database.ask(&format!("CREATE ROLE {role} LOGIN PASSWORD 's3cret/+?'")).await;
    let url = |password: &str| {
        let address = database.url().replace("user=postgres", &format!("user={role}"));
        assert_ne!(address, database.url(), "the server's address must name user=postgres");
        address.parse::<signer::store::PostgresUrl>().unwrap().with_password(password).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let dir = |password: &str| DataDir::new(folder.path().join("data")).with_database(url(password));
    let refused = init(&dir("wrong"), &options(), now(), &mut dice(1)).await.unwrap_err();
    assert_eq!(refused.code(), "store-unreachable");
    assert!(refused.to_string().contains("password authentication failed"), "{refused}");
    let refused = init(&dir("s3cret/+?"), &options(), now(), &mut dice(1)).await.unwrap_err();
    assert_eq!(refused.code(), "store-unreachable");
    assert!(refused.to_string().contains("permission denied"), "{refused}");

    let mut connection = database.connect().await;
    let sql = format!("CREATE SCHEMA AUTHORIZATION {role}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    let made = init(&dir("s3cret/+?"), &options(), now(), &mut dice(1)).await.unwrap();
    assert!(made.continued, "with the keys that were made before");
    let signer = Signer::open(&dir("s3cret/+?"), &passphrase(), now()).await.unwrap();
    signer.people().create_staff("sam@example.com", now(), &mut dice(2)).await.unwrap();
    signer.close().await;
    drop(connection);
    database.ask(&format!("DROP DATABASE {} WITH (FORCE); ", database.name())).await;
    database.ask(&format!("DROP ROLE {role}")).await;
}

/// What the server says by number is said by name.
#[tokio::test]
async fn errors_of_the_server_are_named() {
    let database = Database::new().await;
    let store = Store::create(&address(&database.url())).await.unwrap();
    for (state, expected) in [
        ("53100", "store-full"),
        ("55P03", "store-locked"),
        ("40001", "store-locked"),
        ("40P01", "store-locked"),
        ("08006", "store-unreachable"),
        ("57P01", "store-unreachable"),
        ("25006", "store-unreachable"),
        ("42501", "store-unreachable"),
        ("23505", "store-conflict"),
        ("XX000", "store-failed"),
    ] {
        let mut connection = store.read().await.unwrap();
        let sql = format!("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$");
        let error = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap_err();
        assert_eq!(StoreError::from(error).code(), expected, "{state}");
    }
}

/// Lists for people follow the database's locale.
#[tokio::test]
async fn names_are_sorted_as_the_database_sorts() {
    let words = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8'";
    let database = Database::with(words).await;
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path().join("data")).with_database(database.url().parse().unwrap());
    init(&dir, &options(), now(), &mut dice(1)).await.unwrap();
    let signer = Signer::open(&dir, &passphrase(), now()).await.unwrap();
    for (seed, name) in (2..).zip(["Zürich", "zurich", "Ärzte", "Arzte"]) {
        let admin_email = format!("{seed}@example.com");
        let draft = AccountDraft { name: name.to_owned(), kind: AccountKind::Business, admin_email };
        signer.people().create_account(draft, now(), &mut dice(seed)).await.unwrap();
    }
    let listed = signer.people().accounts().await.unwrap();
    let listed: Vec<&str> = listed.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(listed, ["Arzte", "Ärzte", "zurich", "Zürich"]);
    signer.close().await;
}
