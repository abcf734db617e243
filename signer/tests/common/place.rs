//! A folder for one test, with a data directory whose store is SQLite in it, or a PostgreSQL database of its own where
//! `WAYBILL_TEST_DATABASE_URL` asks for that. The tests do not know which.

use std::{
    fs,
    path::{Path, PathBuf},
};

use signer::{init::DataDir, store::StoreAddress};
use tempfile::TempDir;

use super::Database;

/// Where one data directory is.
pub(crate) struct Place {
    folder: TempDir,
    database: Option<Database>,
}

/// A copy of a place's store.
pub(crate) enum Backup {
    File(PathBuf),
    Database(Database),
}

impl Place {
    pub(crate) async fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a folder"), database: Database::if_asked_for().await }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The data directory in it, which does not exist at first.
    pub(crate) fn data(&self) -> DataDir {
        let dir = DataDir::new(self.path().join("data"));
        match &self.database {
            Some(database) => dir.with_database(database.url().parse().expect("an address")),
            None => dir,
        }
    }

    /// A new place with the same keys and the store as it was copied.
    pub(crate) async fn like(&self, backup: &Backup) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let database = match backup {
            Backup::Database(copy) => Some(copy.copy().await),
            Backup::File(_) => None,
        };
        let place = Place { folder, database };
        copy_files(&self.data(), &place.data());
        if let (Backup::File(copy), StoreAddress::Sqlite(path)) = (backup, place.data().store()) {
            fs::copy(copy, path).expect("copied");
        }
        place
    }

    /// Where the store is, other than in the data directory.
    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// A second machine: another data directory with the same keys, and the witness as it is now, for the same store.
    pub(crate) fn second_machine(&self) -> DataDir {
        let first = self.data();
        let second = DataDir::new(self.path().join("second"));
        let second = match &self.database {
            Some(database) => second.with_database(database.url().parse().expect("an address")),
            None => second,
        };
        copy_files(&first, &second);
        // SQLite follows a link to the file and its journal, as a mounted disk would show them.
        if let (StoreAddress::Sqlite(store), StoreAddress::Sqlite(link)) = (first.store(), second.store()) {
            std::os::unix::fs::symlink(store, link).expect("linked");
        }
        second
    }

    /// Copies the store, which is closed.
    pub(crate) async fn back_up(&self) -> Backup {
        match (&self.database, self.data().store()) {
            (Some(database), _) => Backup::Database(database.copy().await),
            (None, StoreAddress::Sqlite(path)) => {
                let copy = self.path().join("backup.db");
                fs::copy(path, &copy).expect("copied");
                Backup::File(copy)
            }
            (None, other) => panic!("{other} is no file"),
        }
    }

    /// Puts the store back, which is closed.
    pub(crate) async fn put_back(&self, backup: &Backup) {
        match (backup, self.data().store()) {
            (Backup::Database(copy), _) => {
                self.database.as_ref().expect("a database").put_back(copy).await;
            }
            (Backup::File(copy), StoreAddress::Sqlite(path)) => {
                fs::copy(copy, path).expect("copied");
            }
            (Backup::File(_), other) => panic!("{other} is no file"),
        }
    }
}

/// Copies what a data directory has beside its store.
fn copy_files(from: &DataDir, to: &DataDir) {
    fs::create_dir_all(to.keys()).expect("made");
    for (from, to) in [
        (from.root_key(1), to.root_key(1)),
        (from.issuing_key(1), to.issuing_key(1)),
        (from.log_key(1), to.log_key(1)),
        (from.trust(), to.trust()),
        (from.witness(), to.witness()),
    ] {
        fs::copy(from, to).expect("copied");
    }
}
