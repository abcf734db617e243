//! Where the keys and the trust bundle of a new data directory come from: made in it, or brought from a ceremony.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use license_format::{DAY, Kind, Label, Timestamp, UnverifiedFile};
use verifier::TrustState;

use super::{InitError, failed};
use crate::{
    data_dir::DataDir,
    entropy::Entropy,
    files,
    keys::{FileKey, KeyError, KeyPlace, KeyRing, Passphrase, SigningBackend as _},
    trust::{History, Proposal, Role, Signing},
};

/// How long the first keys may sign: long enough that rotating them is planned, short enough that it is practised.
const KEY_LENGTH: u64 = 5 * 365 * DAY;

/// Where they come from.
pub(super) enum Origin<'a> {
    /// One root, issuing and log key are made, all under one passphrase.
    Made { vendor: Label, passphrase: &'a Passphrase },
    /// They are copied from a folder, and no root key is among them.
    Brought { trust: TrustState, files: Vec<Brought> },
}

/// A file of a ceremony, and where in the data directory it belongs.
pub(super) struct Brought {
    to: PathBuf,
    bytes: Vec<u8>,
}

impl<'a> Origin<'a> {
    /// What a ceremony made, read and checked before anything is written: the bundle and the keys in it. A key that signs answers and one
    /// that signs the log must be at hand. Root keys that lie there too stay there.
    pub(super) fn ceremony(source: &DataDir, dir: &DataDir, now: Timestamp) -> Result<Origin<'a>, InitError> {
        let trust = History::read(source)?.newest().clone();
        let ring = KeyRing::read(source)?;
        for kind in [Kind::License, Kind::Checkpoint] {
            ring.in_use(trust.bundle(), kind, now)?;
        }
        let mut files = Vec::new();
        for entry in &trust.bundle().keys {
            if let Some(KeyPlace::File(path)) = ring.place(&entry.public_key) {
                let to = dir.keys().join(path.file_name().unwrap_or_default());
                files.push(Brought { to, bytes: fs::read(path).map_err(failed(path))? });
            }
        }
        let settings = source.key_settings();
        if settings.exists() {
            files.push(Brought {
                to: dir.key_settings(),
                bytes: fs::read(&settings).map_err(failed(&settings))?,
            });
        }
        files.push(Brought { to: dir.trust(), bytes: trust.to_file().encode() });
        Ok(Origin::Brought { trust, files })
    }

    /// The files that it makes, in the order in which it makes them.
    pub(super) fn files(&self, dir: &DataDir) -> Vec<PathBuf> {
        match self {
            Origin::Made { .. } => vec![dir.root_key(1), dir.issuing_key(1), dir.log_key(1), dir.trust()],
            Origin::Brought { files, .. } => files.iter().map(|file| file.to.clone()).collect(),
        }
    }

    /// Makes those that are not there yet, each whole. What is there must be what would be made.
    pub(super) fn make(
        &self,
        dir: &DataDir,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<TrustState, InitError> {
        match self {
            Origin::Made { vendor, passphrase } => make(dir, vendor, passphrase, now, entropy),
            Origin::Brought { trust, files } => {
                files.iter().try_for_each(|file| file.copy(entropy))?;
                Ok(trust.clone())
            }
        }
    }
}

impl Brought {
    fn copy(&self, entropy: &mut dyn Entropy) -> Result<(), InitError> {
        let Brought { to, bytes } = self;
        match files::create(to, bytes, entropy) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let is_same = fs::read(to).map_err(failed(to))? == *bytes;
                if is_same { Ok(()) } else { Err(InitError::CeremonyDiffers { path: to.clone() }) }
            }
            created => created.map_err(failed(to)),
        }
    }
}

/// Three keys, and the bundle that the first signs for the others.
fn make(
    dir: &DataDir,
    vendor: &Label,
    passphrase: &Passphrase,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<TrustState, InitError> {
    let root = key(&dir.root_key(1), passphrase, entropy)?;
    let issuing = key(&dir.issuing_key(1), passphrase, entropy)?;
    let log = key(&dir.log_key(1), passphrase, entropy)?;
    let path = dir.trust();
    if path.exists() {
        return found(dir, vendor, [&root, &issuing, &log]);
    }
    let mut proposal = Proposal::first(vendor.clone(), vec![root.public_key()], 1, now);
    let window = (now, now.plus(KEY_LENGTH));
    for (key, role) in [(&issuing, Role::Issuing), (&log, Role::Log)] {
        proposal.trust_key(key.public_key(), role, window, false).map_err(InitError::SelfCheck)?;
    }
    let trust = Signing::first(&proposal, &[root]).map_err(InitError::SelfCheck)?;
    files::create(&path, &trust.to_file().encode(), entropy).map_err(failed(&path))?;
    Ok(trust)
}

fn key(path: &Path, passphrase: &Passphrase, entropy: &mut dyn Entropy) -> Result<FileKey, KeyError> {
    match FileKey::open(path, passphrase) {
        Err(KeyError::NotFound { .. }) => FileKey::create(path, passphrase, entropy),
        opened => opened,
    }
}

/// The trust bundle that is there, if it is of this vendor and these keys.
fn found(
    dir: &DataDir,
    vendor: &Label,
    [root, issuing, log]: [&FileKey; 3],
) -> Result<TrustState, InitError> {
    let path = dir.trust();
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
        let found = bundle.vendor.clone();
        return Err(InitError::VendorDiffers { path: dir.path().to_owned(), found });
    }
    Ok(trust)
}
