//! Opening the data directory: its store alone, for commands that read or change rows, or with the signing keys, for those
//! that answer requests. The store may be a database elsewhere, whose password is never shown.

use std::{fmt, path::PathBuf, str::FromStr};

use license_format::Timestamp;
use signer::{
    Signer,
    init::DataDir,
    store::{AddressError, PostgresUrl, Store, StoreAddress, StoreError},
    witness::Witness,
};
use zeroize::Zeroizing;

use crate::{files, outcome::Failure, secret::SecretSource};

/// Where the vendor's side lives.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataDirArgs {
    /// Folder of the store, the signing keys and the trust bundle
    #[arg(long, global = true, value_name = "DIR", default_value = "waybill-data")]
    data_dir: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Where the store is, if not in the data directory.
#[derive(Debug, Clone, clap::Args)]
struct DatabaseArgs {
    /// PostgreSQL database that is the store, in place of a file in the data directory
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<UrlText>,
    /// File whose first line is that URL; `-` for standard input
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "database_url")]
    database_url_file: Option<PathBuf>,
    /// File whose first line is the database's password; `-` for standard input
    #[arg(long, global = true, value_name = "FILE")]
    database_password_file: Option<PathBuf>,
}

/// A URL as it was typed. It may hold a password, so complaints about it are made here and not by the parser of arguments, which
/// would repeat it.
#[derive(Clone)]
struct UrlText(Zeroizing<String>);

impl FromStr for UrlText {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<UrlText, Self::Err> {
        Ok(UrlText(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for UrlText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlText")
    }
}

impl DatabaseArgs {
    fn url(&self) -> Result<Option<PostgresUrl>, Failure> {
        let refused =
            |error: AddressError| Failure::misuse(error.code(), error.to_string(), error.next_step());
        let url = match (&self.database_url, &self.database_url_file) {
            (Some(UrlText(text)), _) => text.parse::<PostgresUrl>().map_err(refused)?,
            (None, Some(path)) => {
                let text = Zeroizing::new(files::read_text(path)?);
                text.lines().next().unwrap_or_default().parse::<PostgresUrl>().map_err(refused)?
            }
            (None, None) if self.database_password_file.is_some() => {
                return Err(Failure::misuse(
                    "database-url-needed",
                    "a password was given, and no database that it is for",
                    "Give --database-url or --database-url-file too.",
                ));
            }
            (None, None) => return Ok(None),
        };
        match &self.database_password_file {
            Some(path) => {
                let text = Zeroizing::new(files::read_text(path)?);
                url.with_password(text.lines().next().unwrap_or_default()).map(Some).map_err(refused)
            }
            None => Ok(Some(url)),
        }
    }
}

impl DataDirArgs {
    /// The directory, which may not exist yet.
    pub(crate) fn dir(&self) -> Result<DataDir, Failure> {
        let dir = DataDir::new(&self.data_dir);
        Ok(match self.database.url()? {
            Some(url) => dir.with_database(url),
            None => dir,
        })
    }

    /// The store of a directory that `waybill init` has made. The keys stay locked; a database can be used without any, from a machine
    /// that has none.
    pub(crate) async fn store(&self) -> Result<Store, Failure> {
        let dir = self.dir()?;
        if matches!(dir.store(), StoreAddress::Sqlite(_)) {
            self.demand_made(&dir)?;
        }
        let store = Store::open(dir.store()).await?;
        let Some(vendor) = store.vendor().await? else {
            return Err(match dir.store() {
                StoreAddress::Sqlite(_) => self.not_made(),
                StoreAddress::Postgres(url) => StoreError::Empty { store: url.to_string() }.into(),
            });
        };
        if dir.has_keys() && Witness::read(&dir.witness())?.id != vendor.id {
            return Err(StoreError::AnotherRecord { vendor: vendor.name.to_string() }.into());
        }
        Ok(store)
    }

    /// Where the store is, for a process that has nothing to do with the keys beside it.
    pub(crate) fn store_alone(&self) -> Result<StoreAddress, Failure> {
        match self.dir()?.store() {
            StoreAddress::Sqlite(path) if !path.exists() => Err(self.not_made()),
            store => Ok(store.clone()),
        }
    }

    /// The signer, with its keys unlocked.
    pub(crate) async fn signer(&self, secrets: &SecretSource, now: Timestamp) -> Result<Signer, Failure> {
        let dir = self.dir()?;
        self.demand_made(&dir)?;
        Ok(Signer::open(&dir, secrets.read(&dir)?, now).await?)
    }

    /// A directory that `waybill init` has made, for its files beside the store.
    pub(crate) fn made(&self) -> Result<DataDir, Failure> {
        let dir = DataDir::new(&self.data_dir);
        if dir.has_keys() { Ok(dir) } else { Err(self.not_made()) }
    }

    /// Refuses a directory that `waybill init` has not made, and one whose store is somewhere else.
    fn demand_made(&self, dir: &DataDir) -> Result<(), Failure> {
        match () {
            () if dir.is_initialized() => Ok(()),
            () if dir.has_keys() => Err(Failure::misuse(
                "store-missing",
                format!("{} has keys, and no store: {} is not there", dir.path().display(), dir.store()),
                "Give --database-url if the store is a database; otherwise restore the file from a backup.",
            )),
            () => Err(self.not_made()),
        }
    }

    fn not_made(&self) -> Failure {
        let dir = DataDir::new(&self.data_dir);
        // With its keys there it was one, and `init` is no help.
        let lost =
            [dir.trust(), dir.witness()].into_iter().find(|path| dir.keys().is_dir() && !path.exists());
        if let Some(lost) = lost {
            return Failure::misuse(
                "data-dir-incomplete",
                format!("{} has keys, and {} is not there", self.data_dir.display(), lost.display()),
                "Restore that file from a backup. If `waybill init` was interrupted here, run it again.",
            );
        }
        Failure::misuse(
            "not-initialized",
            format!("{} is not a Waybill data directory", self.data_dir.display()),
            "Make it with `waybill init`, or name another with --data-dir.",
        )
    }
}
