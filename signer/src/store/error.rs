//! Why the store did not do what it was asked, by kind: who reads this does not need to know which store it is.

use std::{io, sync::Arc};

use sqlx::error::ErrorKind;

/// Why the store did not do what it was asked. A transaction in which this happened has changed nothing; [`StoreError::Unsettled`] alone
/// leaves that open.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The store's disk has no room.
    #[error("the disk is full")]
    Full(#[source] Arc<sqlx::Error>),
    /// Another process holds the store, and has for seconds; or two transactions wanted the same rows.
    #[error("the store is busy with another program")]
    Locked(#[source] Arc<sqlx::Error>),
    /// A row with the same identity is there already.
    #[error("the store has such a row already")]
    Conflict(#[source] Arc<sqlx::Error>),
    /// A row holds what this program never writes.
    #[error("the store is damaged: {table}.{column} {detail}")]
    Damaged {
        /// Where.
        table: &'static str,
        /// Where in the row.
        column: &'static str,
        /// What was found.
        detail: String,
    },
    /// The log of answers does not agree with itself: somebody changed it past this program, or a disk did.
    #[error("the log is damaged: {detail}")]
    LogDamaged {
        /// What was found.
        detail: String,
    },
    /// A newer program has made the store.
    #[error("the store is of a newer version than this program")]
    Newer,
    /// Nothing was ever made in it.
    #[error("{store} holds no record")]
    Empty {
        /// Its address.
        store: String,
    },
    /// Another program's tables are in it.
    #[error("{store} holds something else: the table {found}")]
    Foreign {
        /// Its address.
        store: String,
        /// One of the tables.
        found: String,
    },
    /// The database server cannot keep what it is given.
    #[error("the database is not fit for a record: {0}")]
    Unfit(Unfit),
    /// It is the record of another `init`: not the one whose keys and witness are beside this program.
    #[error("the store holds another record, {vendor}'s")]
    AnotherRecord {
        /// Whose.
        vendor: String,
    },
    /// It was told to keep something, and did not say whether it has: that has happened whole, or not at all.
    #[error("the store did not say whether it has kept this: {0}")]
    Unsettled(#[source] Arc<sqlx::Error>),
    /// The store is not there, or not for this user.
    #[error("the store cannot be reached: {0}")]
    Unreachable(#[source] Arc<sqlx::Error>),
    /// Anything else.
    #[error("the store failed: {0}")]
    Failed(#[source] Arc<sqlx::Error>),
}

/// What a PostgreSQL server lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is older than those on which this program was tried.
    #[error("it is PostgreSQL {0}, and 15 is the oldest that will do")]
    Version(u64),
    /// It answers before the disk has what it was given, so a power failure would take answers back that have left.
    #[error("it does not wait for its disk (fsync is off)")]
    NotDurable,
    /// Names would be refused or spoilt.
    #[error("its encoding is {0}, not UTF8")]
    Encoding(String),
    /// It only follows another server.
    #[error("it is a standby, which cannot be written")]
    Standby,
    /// Tables would have no place.
    #[error("it has no schema for this user's tables")]
    NoSchema,
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Full(_) => "store-full",
            StoreError::Locked(_) => "store-locked",
            StoreError::Conflict(_) => "store-conflict",
            StoreError::Damaged { .. } => "store-damaged",
            StoreError::LogDamaged { .. } => "log-damaged",
            StoreError::Newer => "store-newer",
            StoreError::Empty { .. } => "store-empty",
            StoreError::Foreign { .. } => "store-foreign",
            StoreError::Unfit(_) => "store-unfit",
            StoreError::AnotherRecord { .. } => "store-another-record",
            StoreError::Unsettled(_) => "store-unsettled",
            StoreError::Unreachable(_) => "store-unreachable",
            StoreError::Failed(_) => "store-failed",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            StoreError::Full(_) => "Make room on the disk, then try again; nothing was lost.",
            StoreError::Locked(_) => "Try again in a moment; stop other programs that have the store open.",
            StoreError::Conflict(_) => "Look whether it was done already, and try again if not.",
            StoreError::Damaged { .. } => "Restore the store from a backup.",
            StoreError::LogDamaged { .. } => {
                "Keep the store as it is for whoever looks into it: `waybill log verify` names what is wrong; then restore it from a backup."
            }
            StoreError::Newer => "Update this program.",
            StoreError::Empty { .. } => "Make a record with `waybill init`, or name the store that has one.",
            StoreError::Foreign { .. } => "Give the record a database, or a schema, of its own.",
            StoreError::Unfit(unfit) => match unfit {
                Unfit::Version(_) => "Name a newer server, or update this one.",
                Unfit::NotDurable => "Set fsync = on in postgresql.conf, then reload it.",
                Unfit::Encoding(_) => "Make the database with ENCODING 'UTF8'.",
                Unfit::Standby => "Name the primary server.",
                Unfit::NoSchema => "Make the schema that the role's search_path names, owned by that role.",
            },
            StoreError::AnotherRecord { .. } => "Name the data directory and the store that belong together.",
            StoreError::Unsettled(_) => "Look whether it was done, and do it again if it was not.",
            StoreError::Unreachable(_) => {
                "Check the data directory or the database's address, and that this user may use it."
            }
            StoreError::Failed(_) => "Try again; if it stays, look into the database's own log.",
        }
    }

    /// Whether it would have met anybody who asked at that moment, so that one by one fares no better than all together.
    pub(crate) fn is_everybodys(&self) -> bool {
        !matches!(self, StoreError::Damaged { .. } | StoreError::Conflict(_) | StoreError::Failed(_))
    }

    /// It did not answer in time.
    pub(crate) fn too_slow() -> StoreError {
        let error = io::Error::new(io::ErrorKind::TimedOut, "it does not answer");
        StoreError::Unreachable(Arc::new(sqlx::Error::Io(error)))
    }

    /// The writer went away with what it was to write.
    pub(crate) fn writer_lost() -> StoreError {
        StoreError::Unsettled(Arc::new(sqlx::Error::WorkerCrashed))
    }

    /// The same, where nobody knows whether it went on to commit.
    pub(crate) fn unsettled(self) -> StoreError {
        match self {
            StoreError::Unreachable(error) | StoreError::Failed(error) => StoreError::Unsettled(error),
            // These say no: there was no room, another had the place, a rule of the schema was broken.
            sure => sure,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        let kind = match &error {
            sqlx::Error::Database(inner) => match (inner.kind(), inner.code().as_deref()) {
                (ErrorKind::UniqueViolation, _) => StoreError::Conflict,
                (_, Some(code)) => by_code(code),
                (_, None) => StoreError::Failed,
            },
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::Configuration(_) => StoreError::Unreachable,
            sqlx::Error::PoolTimedOut => StoreError::Locked,
            _ => StoreError::Failed,
        };
        kind(Arc::new(error))
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> StoreError {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => StoreError::Newer,
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => sqlx::Error::Migrate(Box::new(other)).into(),
        }
    }
}

/// SQLite's extended result codes are numbers whose low byte is the kind; PostgreSQL's SQLSTATE has five characters.
fn by_code(code: &str) -> fn(Arc<sqlx::Error>) -> StoreError {
    if code.len() == 5 {
        return match code {
            "53100" => StoreError::Full,
            // Serialization failure, deadlock, lock not available.
            "40001" | "40P01" | "55P03" => StoreError::Locked,
            // Connection and authorization; shut down, or starting; too many connections; no such database, schema or right; closed to
            // new connections; a server that became a standby, or gave up a transaction that was idle.
            "53300" | "3D000" | "3F000" | "42501" | "25006" | "25P03" | "55000" => StoreError::Unreachable,
            _ if ["08", "28", "57P"].iter().any(|class| code.starts_with(class)) => StoreError::Unreachable,
            _ => StoreError::Failed,
        };
    }
    let Ok(code) = code.parse::<u32>() else { return StoreError::Failed };
    match code & 0xff {
        // SQLITE_IOERR_SHMSIZE: a disk without room for the index of the write-ahead log, which is the first thing that is written.
        _ if code == 4874 => StoreError::Full,
        // SQLITE_FULL; SQLITE_BUSY, SQLITE_LOCKED; SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN.
        13 => StoreError::Full,
        5 | 6 => StoreError::Locked,
        3 | 8 | 14 => StoreError::Unreachable,
        _ => StoreError::Failed,
    }
}
