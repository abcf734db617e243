//! Why the store did not do what it was asked, by kind: who reads this does not need to know which store it is.

use sqlx::error::ErrorKind;

/// Why the store did not do what it was asked. A transaction in which this happened has changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store's disk has no room.
    #[error("the disk is full")]
    Full(#[source] sqlx::Error),
    /// Another process holds the store, and has for seconds; or two transactions wanted the same rows.
    #[error("the store is busy with another program")]
    Locked(#[source] sqlx::Error),
    /// A row with the same identity is there already.
    #[error("the store has such a row already")]
    Conflict(#[source] sqlx::Error),
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
    /// A newer program has made the store.
    #[error("the store is of a newer version than this program")]
    Newer,
    /// The store is not there, or not for this user.
    #[error("the store cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// The address is neither SQLite's nor PostgreSQL's.
    #[error("the store's address must begin with sqlite: or postgres:")]
    Address,
    /// Anything else.
    #[error("the store failed: {0}")]
    Failed(#[source] sqlx::Error),
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Full(_) => "store-full",
            StoreError::Locked(_) => "store-locked",
            StoreError::Conflict(_) => "store-conflict",
            StoreError::Damaged { .. } => "store-damaged",
            StoreError::Newer => "store-newer",
            StoreError::Unreachable(_) => "store-unreachable",
            StoreError::Address => "store-address",
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
            StoreError::Newer => "Update this program.",
            StoreError::Unreachable(_) => {
                "Check the data directory or the database's address, and that this user may use it."
            }
            StoreError::Address => "Give an address such as sqlite:/var/lib/waybill/waybill.db.",
            StoreError::Failed(_) => "Try again; if it stays, look into the database's own log.",
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match &error {
            sqlx::Error::Database(inner) => match (inner.kind(), inner.code().as_deref()) {
                (ErrorKind::UniqueViolation, _) => StoreError::Conflict(error),
                (_, Some(code)) => by_code(code)(error),
                (_, None) => StoreError::Failed(error),
            },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed => {
                StoreError::Unreachable(error)
            }
            sqlx::Error::PoolTimedOut => StoreError::Locked(error),
            _ => StoreError::Failed(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> StoreError {
        use sqlx::migrate::MigrateError;
        match error {
            MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => StoreError::Newer,
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => StoreError::Failed(sqlx::Error::Migrate(Box::new(other))),
        }
    }
}

/// SQLite's extended result codes are numbers whose low byte is the kind; PostgreSQL's SQLSTATE has five characters.
fn by_code(code: &str) -> fn(sqlx::Error) -> StoreError {
    if code.len() == 5 {
        return match code {
            "53100" => StoreError::Full,
            // Serialization failure, deadlock, lock not available.
            "40001" | "40P01" | "55P03" => StoreError::Locked,
            _ if code.starts_with("08")
                || code.starts_with("28")
                || code.starts_with("57P")
                || code == "3D000" =>
            {
                StoreError::Unreachable
            }
            _ => StoreError::Failed,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // SQLITE_FULL; SQLITE_BUSY, SQLITE_LOCKED; SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN.
        Ok(13) => StoreError::Full,
        Ok(5 | 6) => StoreError::Locked,
        Ok(3 | 8 | 14) => StoreError::Unreachable,
        _ => StoreError::Failed,
    }
}
