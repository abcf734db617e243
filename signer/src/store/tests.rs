//! The store by itself: who may read it, what every connection is told, how errors are named. What is said of a file, or of SQLite's own
//! settings, is about SQLite wherever these tests run; the rest runs on the store that is asked for.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use sqlx::Row as _;

use super::{open::CONNECTIONS, *};
use crate::{
    answer::AnswerError,
    link::CallError,
    testing::{Place, at, dice, store},
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o777
}

fn id() -> RecordId {
    RecordId::new(at(0), &mut dice(1))
}

async fn claim(store: &Store) {
    store.claim(&id(), &"Example Software".parse().expect("a name"), at(0)).await.expect("claimed");
}

async fn claimed() -> (Place, Store) {
    let (place, store) = store().await;
    claim(&store).await;
    (place, store)
}

/// The same in a file, whatever is asked for.
async fn claimed_file() -> (Place, Store) {
    let place = Place::with_file();
    let store = Store::create(&place.address()).await.expect("a store");
    claim(&store).await;
    (place, store)
}

fn refused(outcome: Result<Store, StoreError>) -> &'static str {
    outcome.err().expect("refused").code()
}

#[tokio::test]
async fn a_file_is_for_its_owner_alone_with_its_journal() {
    let (place, store) = claimed_file().await;
    for name in ["waybill.db", "waybill.db-wal", "waybill.db-shm"] {
        assert_eq!(mode(&place.path().join(name)), 0o600, "{name}");
    }
    drop(store);
}

#[tokio::test]
async fn opens_again_with_what_was_written() {
    let (place, store) = claimed().await;
    store.close().await;
    let again = Store::open(&place.address()).await.expect("opened again");
    let vendor = again.vendor().await.expect("read").expect("claimed");
    assert_eq!((&vendor.id, vendor.name.as_str()), (&id(), "Example Software"));
    assert_eq!((vendor.record, vendor.created), (1, at(0)));
}

#[tokio::test]
async fn every_connection_to_a_file_is_durable_and_checks_references() {
    let (_place, store) = claimed_file().await;
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(store.read().await.expect("a connection"));
    }
    for connection in &mut connections {
        for (pragma, expected) in
            [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA busy_timeout", 10_000)]
        {
            let row = sqlx::query(pragma).fetch_one(&mut **connection).await.expect(pragma);
            assert_eq!(row.get::<i64, _>(0), expected, "{pragma}");
        }
        let row = sqlx::query("PRAGMA journal_mode").fetch_one(&mut **connection).await.expect("a mode");
        assert_eq!(row.get::<String, _>(0), "wal");
    }
}

#[tokio::test]
async fn a_path_may_have_any_characters() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a b?c#d%e é.db");
    let address = StoreAddress::Sqlite(path.clone());
    Store::create(&address).await.expect("made").close().await;
    Store::open(&address).await.expect("opened").close().await;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read_dir(dir.path()).expect("a list").count(), 1);
}

/// Opening makes nothing: a mistyped name leaves nothing behind.
#[tokio::test]
async fn a_store_that_was_never_made_is_not_opened() {
    assert_eq!(
        refused(Store::open(&StoreAddress::Sqlite("/nonexistent/waybill.db".into())).await),
        "store-unreachable"
    );
    let place = Place::new().await;
    let expected = match place.address() {
        StoreAddress::Sqlite(path) => {
            assert_eq!(refused(Store::open(&place.address()).await), "store-unreachable");
            assert!(!path.exists());
            fs::write(path, "").expect("written");
            "store-empty"
        }
        StoreAddress::Postgres(_) => "store-empty",
    };
    assert_eq!(refused(Store::open(&place.address()).await), expected);
    assert_eq!(Store::survey(&place.address()).await.expect("looked"), Contents::Nothing);
    assert_eq!(refused(Store::open(&place.address()).await), expected, "still nothing is there");
    Store::create(&place.address()).await.expect("made");
    assert_eq!(Store::survey(&place.address()).await.expect("looked"), Contents::Begun);
    claim(&Store::open(&place.address()).await.expect("opened")).await;
    let Contents::Record(vendor) = Store::survey(&place.address()).await.expect("looked") else {
        panic!("a record");
    };
    assert_eq!(vendor.id, id());
}

#[tokio::test]
async fn another_programs_tables_are_left_alone() {
    let place = Place::new().await;
    if let StoreAddress::Sqlite(path) = place.address() {
        fs::write(path, "").expect("written");
    }
    let mut connection = open::connect(&place.address()).await.expect("a connection");
    sqlx::query("CREATE TABLE users (name TEXT)").execute(&mut connection).await.expect("made");
    for outcome in [Store::open(&place.address()).await, Store::create(&place.address()).await] {
        let error = outcome.err().expect("refused");
        assert_eq!(error.code(), "store-foreign");
        assert!(error.to_string().ends_with("the table users"), "{error}");
    }
    sqlx::query("CREATE TABLE vendor (name TEXT)").execute(&mut connection).await.expect("made");
    assert_eq!(
        refused(Store::create(&place.address()).await),
        "store-foreign",
        "a table of that name is not yet ours"
    );
}

#[tokio::test]
async fn a_store_of_a_newer_program_is_refused() {
    let (place, store) = store().await;
    let mut connection = store.read().await.expect("a connection");
    let success = match store.kind() {
        StoreKind::Sqlite => "1",
        StoreKind::Postgres => "TRUE",
    };
    let sql = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', {success}, $1, 0)"
    );
    let inserted = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(vec![0_u8; 48]).execute(&mut *connection).await;
    inserted.expect("inserted");
    drop(connection);
    store.close().await;
    for outcome in [Store::open(&place.address()).await, Store::create(&place.address()).await] {
        assert_eq!(refused(outcome), "store-newer");
    }
}

#[tokio::test]
async fn the_same_row_twice_is_a_conflict() {
    let (_place, store) = claimed().await;
    let refused = store.claim(&id(), &"Another".parse().expect("a name"), at(1)).await.expect_err("refused");
    assert_eq!(refused.code(), "store-conflict");
    assert_eq!(store.vendor().await.expect("read").expect("claimed").name.as_str(), "Example Software");
}

#[tokio::test]
async fn a_dropped_transaction_has_changed_nothing() {
    let (_place, store) = claimed().await;
    let mut transaction = store.begin().await.expect("begun");
    sqlx::query("UPDATE vendor SET record = 2").execute(&mut *transaction).await.expect("updated");
    drop(transaction);
    assert_eq!(store.vendor().await.expect("read").expect("claimed").record, 1);
}

#[tokio::test]
async fn a_snapshot_is_of_one_instant_and_holds_nobody_up() {
    let (_place, store) = claimed().await;
    let record = "SELECT record FROM vendor";
    let mut before = store.snapshot().await.expect("begun");
    let seen: i64 = sqlx::query_scalar(record).fetch_one(&mut *before).await.expect("read");
    let mut transaction = store.begin().await.expect("nobody is in front");
    sqlx::query("UPDATE vendor SET record = 2").execute(&mut *transaction).await.expect("written");
    transaction.commit().await.expect("committed");
    let still: i64 = sqlx::query_scalar(record).fetch_one(&mut *before).await.expect("read");
    assert_eq!((seen, still), (1, 1));
    drop(before);
    assert_eq!(store.vendor().await.expect("read").expect("claimed").record, 2);
}

#[tokio::test]
async fn a_full_disk_is_said_as_such() {
    let (_place, store) = claimed_file().await;
    let mut transaction = store.begin().await.expect("begun");
    // SQLite gives the same error for its own limit as for the disk's.
    sqlx::query("PRAGMA max_page_count = 1").execute(&mut *transaction).await.expect("limited");
    let refused = sqlx::query("UPDATE vendor SET name = $1")
        .bind("x".repeat(1_000_000))
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::from)
        .expect_err("refused");
    assert_eq!((refused.code(), refused.to_string().as_str()), ("store-full", "the disk is full"));
    drop(transaction);
    assert_eq!(store.vendor().await.expect("read").expect("claimed").name.as_str(), "Example Software");
}

#[tokio::test]
async fn a_store_in_use_elsewhere_is_said_as_such() {
    let (_place, store) = claimed().await;
    let hasty = store.hasty();
    let writing = store.begin().await.expect("begun");
    for _ in 0..20 {
        assert_eq!(hasty.begin().await.err().expect("refused").code(), "store-locked");
    }
    assert!(hasty.vendor().await.expect("read").is_some(), "readers go on beside the writer");
    // Ended, and not dropped: a dropped one tells the server some time later.
    writing.commit().await.expect("nothing was written");
    hasty.begin().await.expect("begun; those that were refused have left nothing behind");
}

/// What this program never writes is damage with a place, not a panic and not a default.
#[tokio::test]
async fn a_damaged_row_is_named() {
    for (damage, column) in [
        ("UPDATE vendor SET name = ''", "name"),
        ("UPDATE vendor SET name = 'two\nlines'", "name"),
        ("UPDATE vendor SET created = -1", "created"),
        ("UPDATE vendor SET created = 9007199254740992", "created"),
        ("UPDATE vendor SET id = ''", "id"),
    ] {
        let (_place, store) = claimed().await;
        let mut connection = store.read().await.expect("a connection");
        sqlx::query(damage).execute(&mut *connection).await.expect(damage);
        match store.vendor().await {
            Err(StoreError::Damaged { table: "vendor", column: found, .. }) => {
                assert_eq!(found, column, "{damage}")
            }
            other => panic!("{damage}: {other:?}"),
        }
    }
}

/// Only SQLite takes a text for a number.
#[tokio::test]
async fn a_number_that_is_none_is_damage() {
    let (place, store) = claimed_file().await;
    place.damage(&store, "UPDATE vendor SET record = 'many'").await;
    assert!(matches!(store.vendor().await, Err(StoreError::Damaged { column: "record", .. })));
}

/// PostgreSQL and SQLite read these four alike through one driver, and no others.
#[test]
fn migrations_use_four_column_types() {
    for migration in open::MIGRATIONS.iter() {
        let sql = migration.sql.as_str();
        let code: String = sql
            .lines()
            .map(|line| line.split("--").next().unwrap_or_default().to_uppercase() + "\n")
            .collect();
        let words: Vec<&str> = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        for other in [
            "BOOLEAN",
            "BOOL",
            "INTEGER",
            "INT",
            "SMALLINT",
            "SERIAL",
            "BIGSERIAL",
            "REAL",
            "FLOAT",
            "NUMERIC",
            "VARCHAR",
            "CHAR",
            "BLOB",
            "TIMESTAMP",
            "TIMESTAMPTZ",
            "DATE",
            "UUID",
            "JSON",
            "JSONB",
            "AUTOINCREMENT",
            "ROWID",
            "STRICT",
        ] {
            assert!(
                !words.contains(&other),
                "migration {} uses {other}: use TEXT, BIGINT, BYTEA or DOUBLE PRECISION",
                migration.version
            );
        }
    }
}

/// A commit whose word is lost may have been one: nobody is told that nothing was done, and whoever decides is sent to look.
#[tokio::test]
async fn a_commit_of_which_nothing_is_heard_is_not_called_undone() {
    let (_place, store) = store().await;
    store.pause.lose_next_word();
    let error = store.claim(&id(), &"Example Software".parse().expect("a name"), at(0)).await;
    let error = error.expect_err("the word is lost");
    assert_eq!(error.code(), "store-unsettled");
    assert!(store.vendor().await.expect("read").is_some(), "it was done");
    let decided = CallError::from(error.clone());
    assert_eq!(decided.code, "store-unsettled");
    assert!(decided.next_step.contains("not known"), "{}", decided.next_step);
    assert!(decided.next_step.contains("decide again if it was not"), "{}", decided.next_step);
    // The same file gets the same answer, whether or not this was one.
    let brought = CallError::from(AnswerError::from(error));
    assert!(brought.next_step.contains("same answer"), "{}", brought.next_step);
    // What the store has refused is no riddle: this is there already.
    let again = store.claim(&id(), &"Example Software".parse().expect("a name"), at(0)).await;
    assert_eq!(again.expect_err("a second time").code(), "store-conflict");
}
