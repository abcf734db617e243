//! Where things lie in the data directory, and where its store is.

use std::path::{Path, PathBuf};

use crate::store::{PostgresUrl, StoreAddress};

/// The directory with the keys, the trust bundle and the witness, and the store that belongs to them: a file in it, or a database
/// elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir {
    path: PathBuf,
    store: StoreAddress,
}

impl DataDir {
    /// The one at this path, which need not exist, with an SQLite store in it.
    pub fn new(path: impl Into<PathBuf>) -> DataDir {
        let path = path.into();
        let store = StoreAddress::Sqlite(path.join("waybill.db"));
        DataDir { path, store }
    }

    /// The same with its store in a PostgreSQL database.
    pub fn with_database(self, url: PostgresUrl) -> DataDir {
        DataDir { store: StoreAddress::Postgres(url), ..self }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the store is.
    pub fn store(&self) -> &StoreAddress {
        &self.store
    }

    /// Where the keys are.
    pub fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }

    /// Where it stands which keys are on tokens, and which are used before others. It need not exist.
    pub fn key_settings(&self) -> PathBuf {
        self.path.join("keys.toml")
    }

    /// A root key's file, from 1.
    pub fn root_key(&self, number: u64) -> PathBuf {
        self.keys().join(format!("root-{number}.key"))
    }

    /// An issuing key's file, from 1.
    pub fn issuing_key(&self, number: u64) -> PathBuf {
        self.keys().join(format!("issuing-{number}.key"))
    }

    /// A log key's file, from 1: it signs checkpoints of the log.
    pub fn log_key(&self, number: u64) -> PathBuf {
        self.keys().join(format!("log-{number}.key"))
    }

    /// The newest trust bundle, which proxies are set up with.
    pub fn trust(&self) -> PathBuf {
        self.path.join("trust.waybill")
    }

    /// A trust bundle that was put in place, from 1.
    pub fn trust_bundle(&self, number: u64) -> PathBuf {
        self.path.join("trust").join(format!("{number}.waybill"))
    }

    /// The newest revocation list, outside of the store: one that was put back does not forget it. It need not exist.
    pub fn revocations(&self) -> PathBuf {
        self.path.join("revocations.waybill")
    }

    /// How far the record is, outside of the store.
    pub fn witness(&self) -> PathBuf {
        self.path.join("witness")
    }

    /// Whether what `init` makes and nothing takes away is there, but for the store. Which keys there must be the trust bundle says.
    pub fn has_keys(&self) -> bool {
        [self.keys(), self.trust(), self.witness()].iter().all(|path| path.exists())
    }

    /// Whether everything that `init` makes is there, as far as it is files. The store says itself whether `init` came to its end.
    pub fn is_initialized(&self) -> bool {
        let store = match &self.store {
            StoreAddress::Sqlite(path) => path.exists(),
            StoreAddress::Postgres(_) => true,
        };
        store && self.has_keys()
    }
}
