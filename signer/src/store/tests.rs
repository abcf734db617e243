//! The store as a file: who may read it, what every connection is told, and how errors are named.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use sqlx::Row as _;

use super::*;
use crate::testing::{at, store};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o777
}

async fn claimed() -> (tempfile::TempDir, Store) {
    let (dir, store) = store().await;
    store.claim(&"Example Software".parse().expect("a name"), at(0)).await.expect("claimed");
    (dir, store)
}

#[tokio::test]
async fn is_for_its_owner_alone_with_its_journal() {
    let (dir, store) = claimed().await;
    for name in ["waybill.db", "waybill.db-wal", "waybill.db-shm"] {
        assert_eq!(mode(&dir.path().join(name)), 0o600, "{name}");
    }
    drop(store);
}

#[tokio::test]
async fn opens_again_with_what_was_written() {
    let (dir, store) = claimed().await;
    store.close().await;
    let again = Store::open(&sqlite_url(&dir.path().join("waybill.db"))).await.expect("opened again");
    let vendor = again.vendor().await.expect("read").expect("claimed");
    assert_eq!((vendor.name.as_str(), vendor.record, vendor.created), ("Example Software", 1, at(0)));
}

#[tokio::test]
async fn every_connection_is_durable_and_checks_references() {
    let (_dir, store) = store().await;
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
    Store::open(&sqlite_url(&path)).await.expect("opened").close().await;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read_dir(dir.path()).expect("a list").count(), 1);
}

#[tokio::test]
async fn other_addresses_are_refused() {
    for url in ["", "waybill.db", "mysql://localhost/x", "sqlite::memory:", "sqlite:x.db?mode=memory"] {
        let refused = Store::open(url).await.err().map(|error| error.code());
        assert_eq!(refused, Some("store-address"), "{url:?}");
    }
    let nowhere = Store::open("sqlite:/nonexistent/waybill.db").await.err().map(|error| error.code());
    assert_eq!(nowhere, Some("store-unreachable"));
}

#[tokio::test]
async fn a_store_of_a_newer_program_is_refused() {
    let (dir, store) = store().await;
    let mut connection = store.read().await.expect("a connection");
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, $1, 0)",
    )
    .bind(vec![0_u8; 48])
    .execute(&mut *connection)
    .await
    .expect("inserted");
    drop(connection);
    store.close().await;
    let refused = Store::open(&sqlite_url(&dir.path().join("waybill.db"))).await.err();
    assert_eq!(refused.map(|error| error.code()), Some("store-newer"));
}

#[tokio::test]
async fn the_same_row_twice_is_a_conflict() {
    let (_dir, store) = claimed().await;
    let refused = store.claim(&"Another".parse().expect("a name"), at(1)).await.expect_err("refused");
    assert_eq!(refused.code(), "store-conflict");
    assert_eq!(store.vendor().await.expect("read").expect("claimed").name.as_str(), "Example Software");
}

#[tokio::test]
async fn a_dropped_transaction_has_changed_nothing() {
    let (_dir, store) = claimed().await;
    let mut transaction = store.begin().await.expect("begun");
    sqlx::query("UPDATE vendor SET record = 2").execute(&mut *transaction).await.expect("updated");
    drop(transaction);
    assert_eq!(store.vendor().await.expect("read").expect("claimed").record, 1);
}

#[tokio::test]
async fn a_full_disk_is_said_as_such() {
    let (_dir, store) = claimed().await;
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
    let (_dir, store) = claimed().await;
    let _writing = store.begin().await.expect("begun");
    let mut other = store.read().await.expect("a connection");
    sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *other).await.expect("set");
    let refused = sqlx::query("UPDATE vendor SET record = 2")
        .execute(&mut *other)
        .await
        .map_err(StoreError::from)
        .expect_err("refused");
    assert_eq!(refused.code(), "store-locked");
}

/// What this program never writes is damage with a place, not a panic and not a default.
#[tokio::test]
async fn a_damaged_row_is_named() {
    for (damage, column) in [
        ("UPDATE vendor SET name = ''", "name"),
        ("UPDATE vendor SET name = 'two\nlines'", "name"),
        ("UPDATE vendor SET created = -1", "created"),
        ("UPDATE vendor SET created = 9007199254740992", "created"),
        ("UPDATE vendor SET record = 'many'", "record"),
    ] {
        let (_dir, store) = claimed().await;
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

/// PostgreSQL and SQLite read these four alike through one driver, and no others.
#[test]
fn migrations_use_four_column_types() {
    for migration in MIGRATIONS.iter() {
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
