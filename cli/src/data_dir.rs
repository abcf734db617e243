//! Opening the data directory: its store alone, for commands that read or change rows, or with the signing keys, for those
//! that answer requests.

use std::path::PathBuf;

use license_format::Timestamp;
use signer::{Signer, init::DataDir, store::Store};

use crate::{outcome::Failure, secret::PassphraseSource};

/// Where the vendor's side lives.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataDirArgs {
    /// Folder of the store, the signing keys and the trust bundle
    #[arg(long, global = true, value_name = "DIR", default_value = "waybill-data")]
    data_dir: PathBuf,
}

impl DataDirArgs {
    /// The directory, which may not exist yet.
    pub(crate) fn dir(&self) -> DataDir {
        DataDir::new(&self.data_dir)
    }

    /// The store of a directory that `waybill init` has made. The keys stay locked.
    pub(crate) async fn store(&self) -> Result<Store, Failure> {
        let store = Store::open(&self.made()?.store_url()).await?;
        match store.vendor().await? {
            Some(_) => Ok(store),
            None => Err(self.not_made()),
        }
    }

    /// The signer, with its keys unlocked.
    pub(crate) async fn signer(
        &self,
        passphrase: &PassphraseSource,
        now: Timestamp,
    ) -> Result<Signer, Failure> {
        let dir = self.made()?;
        Ok(Signer::open(&dir, &passphrase.read()?, now).await?)
    }

    /// A directory that `waybill init` has made. Refuses any other: opening the store would otherwise make one.
    pub(crate) fn made(&self) -> Result<DataDir, Failure> {
        let dir = self.dir();
        match dir.is_initialized() {
            true => Ok(dir),
            false => Err(self.not_made()),
        }
    }

    fn not_made(&self) -> Failure {
        Failure::misuse(
            "not-initialized",
            format!("{} is not a Waybill data directory", self.data_dir.display()),
            "Make it with `waybill init`, or name another with --data-dir.",
        )
    }
}
