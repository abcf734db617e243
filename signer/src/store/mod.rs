//! The store: SQLite inside, or PostgreSQL, by one path (design, section 7).
//!
//! Opening it runs the migrations. Nothing here knows what the rows mean; that is for `people`, `catalog` and the exchange.

mod error;
pub(crate) mod exchange_read;
pub(crate) mod exchange_write;
pub(crate) mod resolution;
mod row;
mod rows;
mod sold_read;
#[cfg(test)]
mod tests;

pub use error::StoreError;
pub(crate) use row::{Columns, big, seconds};

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::Once,
};

use license_format::{Label, Timestamp};
use sqlx::{
    Any, AnyConnection, AnyPool, Executor as _, any::AnyPoolOptions, migrate::Migrator, pool::PoolConnection,
    sqlite::SqliteConnectOptions,
};

use crate::files;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// What every SQLite connection is told first. WAL lets readers go on beside the writer; FULL makes a commit durable before it
/// returns, which WAL alone does not; the time-out outlasts other processes' writes.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                               PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;";

/// Connections at once: SQLite has one writer anyway, and PostgreSQL's default ends at a hundred for all processes.
const CONNECTIONS: u32 = 8;

/// An open store. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    kind: StoreKind,
}

/// Which database it is. Only the beginning of a transaction depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// A file in the data directory.
    Sqlite,
    /// A server, with an address.
    Postgres,
}

/// Whose store it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// The vendor's name, as it stands in every answer.
    pub name: Label,
    /// The record number (design, section 4, *signer restored*).
    pub record: u64,
    /// When the store was made.
    pub created: Timestamp,
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`. A missing SQLite file is made, for its owner alone; missing tables are made.
    /// Refuses a store of a newer version (`Newer`) and other addresses (`Address`).
    pub async fn open(url: &str) -> Result<Store, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let kind = match url.split_once(':') {
            // Parameters could undo what every connection is told below, and a store in memory is none.
            Some(("sqlite", path)) if !path.contains('?') && !path.contains(":memory:") => {
                let options: SqliteConnectOptions = url.parse()?;
                // Made beforehand: SQLite would let the user's mask decide who else may read it. Its journal takes the same mode.
                files::create_empty(options.get_filename())
                    .map_err(|error| StoreError::Unreachable(sqlx::Error::Io(error)))?;
                StoreKind::Sqlite
            }
            Some(("postgres" | "postgresql", _)) => StoreKind::Postgres,
            _ => return Err(StoreError::Address),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if kind == StoreKind::Sqlite {
                        connection.execute(SQLITE_SETTINGS).await?;
                    }
                    Ok(())
                })
            })
            .connect(url)
            .await?;
        MIGRATIONS.run(&pool).await?;
        Ok(Store { pool, kind })
    }

    /// Which database it is.
    pub fn kind(&self) -> StoreKind {
        self.kind
    }

    /// Whose store it is; `None` until `init` has said.
    pub async fn vendor(&self) -> Result<Option<Vendor>, StoreError> {
        let row = sqlx::query("SELECT name, record, created FROM vendor").fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let columns = Columns::of("vendor", &row);
        Ok(Some(Vendor {
            name: columns.parsed("name")?,
            record: columns.count("record")?,
            created: columns.time("created")?,
        }))
    }

    /// Says whose store it is, once, with record number 1. A second time is a `Conflict`.
    pub(crate) async fn claim(&self, name: &Label, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT INTO vendor (one, name, record, created) VALUES (1, $1, 1, $2)")
            .bind(name.as_str())
            .bind(seconds(now))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Begins a transaction that writes. It is rolled back when dropped. In SQLite it takes the write lock at once: a
    /// transaction that first reads and then writes could otherwise fail half-way, however long it waits.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let inner = match self.kind {
            StoreKind::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            StoreKind::Postgres => self.pool.begin().await?,
        };
        Ok(Transaction(inner))
    }

    /// A connection for reading, outside of any transaction.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// Closes all connections, so that the files can be copied or removed.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction that writes. Dropped, it has changed nothing.
pub struct Transaction(sqlx::Transaction<'static, Any>);

impl Transaction {
    /// Makes it durable. An error means that it is not known to have happened.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.0.commit().await?)
    }
}

impl Deref for Transaction {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.0
    }
}

/// The address of an SQLite store in a file, whatever characters its path has.
pub fn sqlite_url(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let mut url = "sqlite:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match plain(*byte) {
            true => url.push(char::from(*byte)),
            false => url.push_str(&format!("%{byte:02X}")),
        }
    }
    url
}
