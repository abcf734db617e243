//! The store: SQLite inside, or PostgreSQL, by one path (design, section 7).
//!
//! Any number of processes may share one, whichever it is. Those that write stand in a row: [`Store::begin`] takes the place before
//! anything is read, so what a transaction has read is still so when it commits. Nothing here knows what the rows mean; that is for
//! `people`, `catalog` and the exchange.

mod address;
pub(crate) mod audit_read;
pub(crate) mod custody;
mod error;
pub(crate) mod exchange_read;
pub(crate) mod exchange_write;
mod installations_read;
mod installations_write;
pub(crate) mod listed;
pub(crate) mod log_read;
pub(crate) mod log_write;
pub(crate) mod news;
mod open;
mod row;
pub(crate) mod rows;
mod sold_read;
pub(crate) mod tally;
#[cfg(test)]
mod tests;

pub use address::{AddressError, PostgresUrl, StoreAddress};
pub use error::{StoreError, Unfit};
pub(crate) use installations_read::Touched;
pub(crate) use open::Contents;
pub(crate) use row::{Columns, big, seconds};
pub(crate) use rows::write_rows;
pub(crate) use sold_read::{
    counted_moves, draw_columns, over_limit_columns, read_draw, read_over_limit, sold_as,
};

use std::ops::{Deref, DerefMut};

use license_format::{Label, Timestamp};
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, any::AnyRow, pool::PoolConnection};

use crate::ids::RecordId;

/// An open store. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    address: StoreAddress,
    #[cfg(test)]
    pub(crate) pause: crate::testing::Pause,
}

/// Which database it is. What depends on it: how it is opened, and how a transaction begins.
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
    /// Which record: the same in the store and in the witness outside of it.
    pub id: RecordId,
    /// The vendor's name, as it stands in every answer.
    pub name: Label,
    /// The record number (design, section 4, *signer restored*).
    pub record: u64,
    /// When the store was made.
    pub created: Timestamp,
}

impl StoreAddress {
    /// Which database it is.
    pub fn kind(&self) -> StoreKind {
        match self {
            StoreAddress::Sqlite(_) => StoreKind::Sqlite,
            StoreAddress::Postgres(_) => StoreKind::Postgres,
        }
    }
}

impl Store {
    /// Which database it is.
    pub fn kind(&self) -> StoreKind {
        self.address.kind()
    }

    /// Whose store it is; `None` until `init` has said.
    pub async fn vendor(&self) -> Result<Option<Vendor>, StoreError> {
        let mut connection = self.read().await?;
        let row = sqlx::query("SELECT id, name, record, created FROM vendor")
            .fetch_optional(&mut *connection)
            .await?;
        row.as_ref().map(read_vendor).transpose()
    }

    /// Says whose store it is, once, with record number 1. A second time is a `Conflict`.
    pub(crate) async fn claim(&self, id: &RecordId, name: &Label, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT INTO vendor (one, id, name, record, created) VALUES (1, $1, $2, 1, $3)")
            .bind(id.as_str())
            .bind(name.as_str())
            .bind(seconds(now))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    /// Begins a transaction that writes; it is rolled back when dropped. It waits for its place in the row first: nobody else writes
    /// until it ends, and what it reads is what the writers before it have left. In SQLite that is the write lock, in PostgreSQL a lock
    /// on the log's head row. (READ COMMITTED, whatever the server's default is: each statement after the lock sees what was committed
    /// before it was given; a snapshot from before the wait would not.)
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        #[cfg(test)]
        self.pause.knock();
        let inner = match self.kind() {
            StoreKind::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await,
            StoreKind::Postgres => self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await,
        };
        let mut transaction = Transaction {
            inner: self.reason(inner).await?,
            #[cfg(test)]
            pause: self.pause.clone(),
        };
        if self.kind() == StoreKind::Postgres {
            sqlx::query("SELECT one FROM log_head WHERE one = 1 FOR UPDATE")
                .fetch_one(&mut *transaction)
                .await?;
        }
        #[cfg(test)]
        self.pause.enter();
        Ok(transaction)
    }

    /// A connection for reading, outside of any transaction.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        let acquired = self.pool.acquire().await;
        self.reason(acquired).await
    }

    /// Begins a transaction that only reads: everything in it is of one instant, and nobody waits for it. Writers go on beside it.
    pub(crate) async fn snapshot(&self) -> Result<sqlx::Transaction<'static, Any>, StoreError> {
        let begun = match self.kind() {
            // In SQLite's write-ahead log, a transaction reads what was committed when it first did.
            StoreKind::Sqlite => self.pool.begin_with("BEGIN DEFERRED").await,
            StoreKind::Postgres => {
                self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
            }
        };
        self.reason(begun).await
    }

    /// Closes all connections, so that the files can be copied or removed.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// A pool that gave up does not say why. Trying once more, without it, tells a store that is away from one that is busy.
    async fn reason<T>(&self, outcome: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        if matches!(outcome, Err(sqlx::Error::PoolTimedOut)) {
            // How the attempt is taken leave of makes no difference.
            let _ = open::connect(&self.address).await?.close().await;
        }
        Ok(outcome?)
    }
}

/// A transaction that writes. Dropped, it has changed nothing.
pub struct Transaction {
    inner: sqlx::Transaction<'static, Any>,
    #[cfg(test)]
    pause: crate::testing::Pause,
}

impl Transaction {
    /// Makes it durable. Where the store does not say that it is, nor that it is not, the error is `Unsettled`.
    pub async fn commit(self) -> Result<(), StoreError> {
        #[cfg(test)]
        self.pause.pass().await;
        let committed = self.inner.commit().await;
        #[cfg(test)]
        let committed = self.pause.word(committed);
        committed.map_err(|error| StoreError::from(error).unsettled())
    }
}

impl Deref for Transaction {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// The vendor, from a row with the columns of that table.
fn read_vendor(row: &AnyRow) -> Result<Vendor, StoreError> {
    let columns = Columns::of("vendor", row);
    Ok(Vendor {
        id: columns.parsed("id")?,
        name: columns.parsed("name")?,
        record: columns.count("record")?,
        created: columns.time("created")?,
    })
}
