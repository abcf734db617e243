//! Making a data directory: the first root, issuing and log key, the trust bundle that names them, and an empty record.
//!
//! Everything is made in an order in which each part is whole before the next begins, and nothing is ever overwritten. The vendor's row in
//! the store comes last: with it the directory is one, without it `init` may be run again and goes on where it was interrupted. The store
//! may be a database that others could use too: then the same row says whose it is, and who comes second is refused.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use license_format::{
    DAY, Digest, Label, Thumbprint, Timestamp, UnverifiedDocument, UnverifiedFile,
    payload::{KeyEntry, TrustBundle, VERSION},
};
use verifier::{TrustState, VerifyError};

pub use crate::data_dir::DataDir;
use crate::{
    entropy::Entropy,
    files,
    ids::RecordId,
    keys::{FileKey, KeyError, Passphrase, SigningBackend as _},
    store::{Contents, Store, StoreError, StoreKind},
    trust::Role,
    witness::{Witness, WitnessError},
};

/// How long the first keys may sign: long enough that rotating them is planned, short enough that it is practised.
const KEY_LENGTH: u64 = 5 * 365 * DAY;

/// What is asked of whoever makes a data directory.
#[derive(Debug)]
pub struct InitOptions {
    /// The vendor's name, as it will stand in every answer.
    pub vendor: String,
    /// What the key files are encrypted with.
    pub passphrase: Passphrase,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initialized {
    /// The vendor's name.
    pub vendor: Label,
    /// The root key's name.
    pub root: Thumbprint,
    /// The issuing key's name.
    pub issuing: Thumbprint,
    /// The log key's name.
    pub log: Thumbprint,
    /// The root keys as proxies show them at setup, to be compared by people.
    pub root_fingerprint: String,
    /// Whether an interrupted `init` was brought to its end.
    pub continued: bool,
}

/// Why a data directory was not made. What was made before the error stays, and `init` may be run again.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// It is a data directory already.
    #[error("{} is a Waybill data directory already", path.display())]
    AlreadyInitialized {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds something else.
    #[error("{} holds something else: {found}", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
        /// The first foreign name.
        found: String,
    },
    /// Another `init` is at work on it.
    #[error("another program is making {} right now", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// A part is gone that was made before another that is there: that is loss, not interruption.
    #[error("{missing} is missing, though what was made after it is there")]
    Incomplete {
        /// What is gone.
        missing: String,
    },
    /// The database has a record already, which is not of this directory.
    #[error("{store} holds the record of {vendor} already")]
    StoreClaimed {
        /// Its address.
        store: String,
        /// Whose record.
        vendor: Label,
    },
    /// The vendor's name cannot stand in an answer.
    #[error("the vendor's name must be 1 to 200 ordinary characters")]
    VendorName,
    /// The interrupted `init` was for another vendor.
    #[error("{} was begun for the vendor {found}", path.display())]
    VendorDiffers {
        /// The directory.
        path: PathBuf,
        /// That vendor.
        found: Label,
    },
    /// The trust bundle that is there is not one of these keys.
    #[error("{} is not a trust bundle of the keys beside it", path.display())]
    TrustDiffers {
        /// The bundle.
        path: PathBuf,
    },
    /// What was just signed does not verify. Nothing of it was written.
    #[error("the new trust bundle does not verify: {0}")]
    SelfCheck(#[source] VerifyError),
    /// A file or directory could not be made or read.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The witness beside the store.
    #[error(transparent)]
    Witness(#[from] WitnessError),
}

impl InitError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            InitError::AlreadyInitialized { .. } => "already-initialized",
            InitError::NotEmpty { .. } => "data-dir-not-empty",
            InitError::Busy { .. } => "data-dir-busy",
            InitError::Incomplete { .. } => "data-dir-incomplete",
            InitError::StoreClaimed { .. } => "store-claimed",
            InitError::VendorName => "vendor-name",
            InitError::VendorDiffers { .. } => "vendor-differs",
            InitError::TrustDiffers { .. } => "trust-differs",
            InitError::SelfCheck(_) => "self-check",
            InitError::File { .. } => "data-dir-file",
            InitError::Key(error) => error.code(),
            InitError::Store(error) => error.code(),
            InitError::Witness(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            InitError::AlreadyInitialized { .. } => {
                "Use it as it is, or name another with --data-dir.".to_owned()
            }
            InitError::NotEmpty { .. } => {
                "Name an empty directory, or one that does not exist yet.".to_owned()
            }
            InitError::Busy { .. } => "Wait until it is done.".to_owned(),
            InitError::Incomplete { .. } => {
                "Restore the directory from a backup, or begin anew in another one.".to_owned()
            }
            InitError::StoreClaimed { .. } => {
                "Name the data directory that was made with it, or give this one a database of its own."
                    .to_owned()
            }
            InitError::VendorName => "Type the name that customers know.".to_owned(),
            InitError::VendorDiffers { found, .. } => {
                format!("Go on with --vendor {:?}, or begin anew in another directory.", found.as_str())
            }
            InitError::TrustDiffers { .. } => "Begin anew in another directory.".to_owned(),
            InitError::SelfCheck(_) => "Do not use this program; report the error.".to_owned(),
            InitError::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "Make room on the disk, then run the command again.".to_owned()
            }
            InitError::File { .. } => "Check that this user may write there.".to_owned(),
            InitError::Key(error) => error.next_step(),
            InitError::Store(error) => error.next_step().to_owned(),
            InitError::Witness(error) => error.next_step().to_owned(),
        }
    }
}

/// Makes a data directory. One that was interrupted is brought to its end, with the same vendor and passphrase; a complete one, one
/// with something else in it, and one that lost a part are refused and left as they are.
pub async fn init(
    dir: &DataDir,
    options: &InitOptions,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Initialized, InitError> {
    let vendor: Label = options.vendor.trim().parse().map_err(|_| InitError::VendorName)?;

    // 1. The directory is there, for its owner alone, and nobody else makes it at the same time.
    files::create_dir(dir.path()).map_err(failed(dir.path()))?;
    let handle = File::open(dir.path()).map_err(failed(dir.path()))?;
    handle.try_lock().map_err(|_| InitError::Busy { path: dir.path().to_owned() })?;

    // 2. Nothing is in it but what an earlier run has made, whole and in order.
    let continued = survey(dir).await?;

    // 3. The keys.
    files::create_dir(&dir.keys()).map_err(failed(&dir.keys()))?;
    let root = key(&dir.root_key(1), &options.passphrase, entropy)?;
    let issuing = key(&dir.issuing_key(1), &options.passphrase, entropy)?;
    let log = key(&dir.log_key(1), &options.passphrase, entropy)?;

    // 4. The trust bundle, verified as a proxy will before it is believed here or written.
    let trust = trust(dir, &vendor, [&root, &issuing, &log], now, entropy)?;

    // 5. The record, empty, and its witness. Whoever goes on with an interrupted run goes on with the same record.
    let store = Store::create(dir.store()).await?;
    let id = match Witness::read(&dir.witness()) {
        Ok(witness) => witness.id,
        Err(WitnessError::Missing(_) | WitnessError::Damaged(_)) => RecordId::new(now, entropy),
        Err(error) => return Err(error.into()),
    };
    Witness { id: id.clone(), record: 1, log_size: 0, log_root: Digest::of(b"") }.write(&dir.witness())?;
    files::sync_parent(&dir.witness()).map_err(failed(&dir.witness()))?;

    // 6. From here on it is a data directory. Of two that want one database, the second is refused.
    match store.claim(&id, &vendor, now).await {
        Err(StoreError::Conflict(cause)) => {
            let vendor = store.vendor().await?.ok_or(StoreError::Conflict(cause))?.name;
            return Err(InitError::StoreClaimed { store: dir.store().to_string(), vendor });
        }
        claimed => claimed?,
    }
    store.close().await;
    Ok(Initialized {
        vendor,
        root: root.thumbprint(),
        issuing: issuing.thumbprint(),
        log: log.thumbprint(),
        root_fingerprint: trust.root_fingerprint(),
        continued,
    })
}

/// Whether an earlier run has made something. Refuses what it cannot have made.
async fn survey(dir: &DataDir) -> Result<bool, InitError> {
    let mut names = vec!["keys", "trust.waybill", "witness"];
    if dir.store().kind() == StoreKind::Sqlite {
        names.extend(["waybill.db", "waybill.db-wal", "waybill.db-shm"]);
    }
    for (directory, names) in
        [(dir.path().to_owned(), names), (dir.keys(), vec!["root-1.key", "issuing-1.key", "log-1.key"])]
    {
        if !directory.exists() {
            continue;
        }
        files::remove_partials(&directory).map_err(failed(&directory))?;
        for entry in fs::read_dir(&directory).map_err(failed(&directory))? {
            let name = entry.map_err(failed(&directory))?.file_name();
            if !names.iter().any(|known| name == *known) {
                let found = name.to_string_lossy().into_owned();
                return Err(InitError::NotEmpty { path: directory, found });
            }
        }
    }
    let witness = match Witness::read(&dir.witness()) {
        Ok(witness) => Some(witness),
        // A crash while it was made: it is made again.
        Err(WitnessError::Missing(_) | WitnessError::Damaged(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let contents = Store::survey(dir.store()).await?;
    if let Contents::Record(vendor) = &contents {
        let ours = witness.as_ref().is_some_and(|witness| witness.id == vendor.id);
        return Err(match dir.store().kind() {
            StoreKind::Postgres if !ours => {
                InitError::StoreClaimed { store: dir.store().to_string(), vendor: vendor.name.clone() }
            }
            _ => InitError::AlreadyInitialized { path: dir.path().to_owned() },
        });
    }
    // A part is made only when those before it are whole, so a gap is loss; and so is an empty record that its witness has seen filled.
    // Tables in a database are no sign of this directory's past: somebody else may have made them.
    let lost = witness.is_some_and(|witness| (witness.record, witness.log_size) != (1, 0));
    let has_store = contents != Contents::Nothing && !lost;
    let file = |path: PathBuf| (path.exists(), path.display().to_string());
    let mut parts =
        vec![file(dir.root_key(1)), file(dir.issuing_key(1)), file(dir.log_key(1)), file(dir.trust())];
    if dir.store().kind() == StoreKind::Sqlite || dir.witness().exists() {
        parts.push((has_store, dir.store().to_string()));
    }
    parts.push(file(dir.witness()));
    match (0..parts.len()).find(|at| !parts[*at].0 && parts[at + 1..].iter().any(|(there, _)| *there)) {
        Some(gap) => Err(InitError::Incomplete { missing: parts[gap].1.clone() }),
        None => Ok(parts.iter().any(|(there, _)| *there)),
    }
}

fn key(path: &Path, passphrase: &Passphrase, entropy: &mut dyn Entropy) -> Result<FileKey, KeyError> {
    match FileKey::open(path, passphrase) {
        Err(KeyError::NotFound { .. }) => FileKey::create(path, passphrase, entropy),
        opened => opened,
    }
}

/// The trust bundle that is there, if it is of this vendor and these keys; otherwise a new one.
fn trust(
    dir: &DataDir,
    vendor: &Label,
    [root, issuing, log]: [&FileKey; 3],
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<TrustState, InitError> {
    let path = dir.trust();
    if path.exists() {
        let differs = || InitError::TrustDiffers { path: path.clone() };
        let bytes = fs::read(&path).map_err(failed(&path))?;
        let file = UnverifiedFile::read(&bytes).map_err(|_| differs())?;
        let trust = TrustState::pin(&file).map_err(|_| differs())?;
        let bundle = trust.bundle();
        let names = |key: &FileKey| bundle.key(&key.thumbprint()).is_some();
        if bundle.roots != [root.public_key()] || !names(issuing) || !names(log) {
            return Err(differs());
        }
        if bundle.vendor != *vendor {
            return Err(InitError::VendorDiffers {
                path: dir.path().to_owned(),
                found: bundle.vendor.clone(),
            });
        }
        return Ok(trust);
    }
    let entry = |key: &FileKey, role: Role| KeyEntry {
        from: now,
        signs: role.signs().to_vec(),
        until: now.plus(KEY_LENGTH),
        public_key: key.public_key(),
        distrusted_since: None,
    };
    let bundle = TrustBundle {
        keys: vec![entry(issuing, Role::Issuing), entry(log, Role::Log)],
        roots: vec![root.public_key()],
        issued: now,
        number: 1,
        vendor: vendor.clone(),
        version: VERSION,
        previous: None,
        threshold: 1,
    };
    let document = UnverifiedDocument::seal(&bundle, root.thumbprint(), |signed| root.sign(signed))?;
    let file = UnverifiedFile::of(document);
    let trust = TrustState::pin(&file).map_err(InitError::SelfCheck)?;
    files::create(&path, &file.encode(), entropy).map_err(failed(&path))?;
    Ok(trust)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> InitError + use<> {
    let path = path.to_owned();
    move |source| InitError::File { path, source }
}
