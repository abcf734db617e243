//! Where things lie in the data directory.

use std::path::{Path, PathBuf};

use crate::store::sqlite_url;

/// The directory of a `waybill` that keeps everything in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// The one at this path, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> DataDir {
        DataDir(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The store's file.
    pub fn store(&self) -> PathBuf {
        self.0.join("waybill.db")
    }

    /// The store's address.
    pub fn store_url(&self) -> String {
        sqlite_url(&self.store())
    }

    /// Where the keys are.
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// A root key's file, from 1.
    pub fn root_key(&self, number: u64) -> PathBuf {
        self.keys().join(format!("root-{number}.key"))
    }

    /// An issuing key's file, from 1.
    pub fn issuing_key(&self, number: u64) -> PathBuf {
        self.keys().join(format!("issuing-{number}.key"))
    }

    /// The newest trust bundle, which proxies are set up with.
    pub fn trust(&self) -> PathBuf {
        self.0.join("trust.waybill")
    }

    /// How far the record is, outside of the store.
    pub fn witness(&self) -> PathBuf {
        self.0.join("witness")
    }

    /// Whether everything that `init` makes is there. The store says itself whether `init` came to its end.
    pub fn is_initialized(&self) -> bool {
        [self.store(), self.issuing_key(1), self.trust(), self.witness()].iter().all(|path| path.exists())
    }
}
