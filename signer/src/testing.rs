//! What this crate's tests share: a fixed time, dice that always fall alike, a store of their own, and a way to stop a transaction
//! where another one is to run into it.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use license_format::{Digest, Timestamp};
use sqlx::{AssertSqlSafe, Row as _};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::{
    init::DataDir,
    store::{Store, StoreAddress, StoreKind},
};

#[allow(dead_code, reason = "the integration tests use all of it")]
#[path = "../tests/common/database.rs"]
mod database;
#[allow(dead_code, reason = "the integration tests use all of it")]
#[path = "../tests/common/proxy.rs"]
mod proxy;

use database::Database;
pub(crate) use proxy::{Proxy, moment};

/// 22 November 2026, 00:00 UTC.
pub(crate) const NOW: u64 = 1_795_305_600;

/// That instant, and so many seconds more.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(NOW + seconds).expect("before the year 9999")
}

/// Bytes that look random and depend on the seed alone.
pub(crate) fn dice(seed: u64) -> impl FnMut(&mut [u8]) + Send {
    let mut count = 0_u64;
    move |out: &mut [u8]| {
        for chunk in out.chunks_mut(32) {
            count += 1;
            let block = Digest::of(&[seed.to_be_bytes(), count.to_be_bytes()].concat());
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
    }
}

/// Where a test's store is: SQLite in a folder, or PostgreSQL where `WAYBILL_TEST_DATABASE_URL` names a server. It goes when it is
/// dropped.
pub(crate) struct Place {
    folder: TempDir,
    database: Option<Database>,
}

impl Place {
    pub(crate) async fn new() -> Place {
        Place { database: Database::if_asked_for().await, ..Place::with_file() }
    }

    /// One for SQLite, whatever is asked for.
    pub(crate) fn with_file() -> Place {
        Place { folder: tempfile::tempdir().expect("a folder"), database: None }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A data directory in the folder itself.
    pub(crate) fn data(&self) -> DataDir {
        let dir = DataDir::new(self.path());
        match &self.database {
            Some(database) => dir.with_database(database.url().parse().expect("an address")),
            None => dir,
        }
    }

    pub(crate) fn address(&self) -> StoreAddress {
        self.data().store().clone()
    }

    /// Does what the schema forbids, as a faulty disk would.
    pub(crate) async fn damage(&self, store: &Store, sql: &'static str) {
        let mut connection = store.read().await.expect("a connection");
        let unguarded = match store.kind() {
            StoreKind::Sqlite => "PRAGMA foreign_keys = OFF",
            StoreKind::Postgres => "SET session_replication_role = replica",
        };
        sqlx::query(unguarded).execute(&mut *connection).await.expect(unguarded);
        sqlx::query(sql).execute(&mut *connection).await.expect(sql);
    }

    /// Every byte that somebody finds who has stolen the store.
    pub(crate) async fn everything(&self) -> Vec<u8> {
        let Some(database) = &self.database else {
            return std::fs::read(self.path().join("waybill.db")).expect("read");
        };
        let mut connection = database.connect().await;
        sqlx::query("SET bytea_output = 'escape'").execute(&mut connection).await.expect("set");
        let sql = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'";
        let mut everything = Vec::new();
        for table in sqlx::query(sql).fetch_all(&mut connection).await.expect("a list") {
            let sql = format!("SELECT CAST(t AS TEXT) FROM {} AS t", table.get::<String, _>(0));
            let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.expect("read");
            rows.iter().for_each(|row| everything.extend(row.get::<String, _>(0).into_bytes()));
        }
        everything
    }
}

/// An empty store.
pub(crate) async fn store() -> (Place, Store) {
    let place = Place::new().await;
    let store = Store::create(&place.address()).await.expect("a store");
    (place, store)
}

/// Where a test stops a store's transactions. Every clone of a store has the same.
#[derive(Clone, Default)]
pub(crate) struct Pause {
    stop: Arc<Mutex<Option<Stop>>>,
    knocks: Arc<AtomicU64>,
    entries: Arc<AtomicU64>,
    is_mute: Arc<AtomicBool>,
}

struct Stop {
    reached: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

/// A transaction that will stop, or has.
pub(crate) struct Stopped {
    reached: oneshot::Receiver<()>,
    go_on: oneshot::Sender<()>,
}

impl Pause {
    /// The next transaction stops before it commits: it has read, decided and written, and nobody else can see it.
    pub(crate) fn before_next_commit(&self) -> Stopped {
        let ((reached, has_reached), (go, go_on)) = (oneshot::channel(), oneshot::channel());
        let before = self.stop.lock().expect("no panic").replace(Stop { reached, go_on });
        assert!(before.is_none(), "one stop at a time");
        Stopped { reached: has_reached, go_on: go }
    }

    /// The next transaction commits, and the store's word about it is lost on the way, as by a server whose connection breaks.
    pub(crate) fn lose_next_word(&self) {
        self.is_mute.store(true, Ordering::SeqCst);
    }

    /// What the store says of a commit.
    pub(crate) fn word(&self, committed: Result<(), sqlx::Error>) -> Result<(), sqlx::Error> {
        match self.is_mute.swap(false, Ordering::SeqCst) {
            true => committed.and(Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())),
            false => committed,
        }
    }

    /// A transaction is about to begin.
    pub(crate) fn knock(&self) {
        self.knocks.fetch_add(1, Ordering::SeqCst);
    }

    /// A transaction has its place in the row.
    pub(crate) fn enter(&self) {
        self.entries.fetch_add(1, Ordering::SeqCst);
    }

    /// A transaction is about to commit.
    pub(crate) async fn pass(&self) {
        let stop = self.stop.lock().expect("no panic").take();
        if let Some(Stop { reached, go_on }) = stop {
            reached.send(()).expect("the test waits");
            go_on.await.expect("the test lets it go on");
        }
    }
}

impl Stopped {
    pub(crate) async fn reached(&mut self) {
        (&mut self.reached).await.expect("it gets there");
    }

    pub(crate) fn go_on(self) {
        self.go_on.send(()).expect("it waits");
    }
}

/// Waits until a transaction in each of these stores waits for its place in the row: as far as it gets while another one is stopped.
/// PostgreSQL says so; SQLite does not, so there it is enough that it is about to ask. Each comes with its knocks from before. Panics
/// where one goes in past the one that is stopped.
pub(crate) async fn wait_in_the_row(stores: &[(&Store, u64)]) {
    for (store, before) in stores {
        while knocks(store) == *before {
            tokio::task::yield_now().await;
        }
        demand_closed(store);
    }
    let (store, _) = stores[0];
    if store.kind() == StoreKind::Postgres {
        let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let mut connection = store.read().await.expect("a connection");
        loop {
            stores.iter().for_each(|(store, _)| demand_closed(store));
            let row = sqlx::query(sql).fetch_one(&mut *connection).await.expect("counted");
            if row.get::<i64, _>(0) == stores.len() as i64 {
                return;
            }
        }
    }
}

fn demand_closed(store: &Store) {
    assert!(store.pause.entries.load(Ordering::SeqCst) < knocks(store), "it waits for its place in the row");
}

/// How many transactions of a store were about to begin.
pub(crate) fn knocks(store: &Store) -> u64 {
    store.pause.knocks.load(Ordering::SeqCst)
}
