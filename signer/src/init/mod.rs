//! Making a data directory: the first keys, the trust bundle that names them, and an empty record. The keys are made here, with one root key
//! among them, or a ceremony made them elsewhere and the root keys stay away.
//!
//! Everything is made in an order in which each part is whole before the next begins, and nothing is ever overwritten. The vendor's row in
//! the store comes last: with it the directory is one, without it `init` may be run again and goes on where it was interrupted. The store
//! may be a database that others could use too: then the same row says whose it is, and who comes second is refused.

mod error;
mod origin;
mod survey;

use std::{fs::File, io, path::Path};

use license_format::{Digest, Label, Timestamp};
use verifier::TrustState;

pub use self::error::InitError;
use self::{origin::Origin, survey::survey};
pub use crate::data_dir::DataDir;
use crate::{
    entropy::Entropy,
    files,
    ids::RecordId,
    keys::Passphrase,
    store::{Store, StoreError},
    witness::{Witness, WitnessError},
};

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
    /// The trust bundle, which names the vendor and the keys.
    pub trust: TrustState,
    /// Whether an interrupted `init` was brought to its end.
    pub continued: bool,
}

/// Makes a data directory and its keys. One that was interrupted is brought to its end, with the same vendor and passphrase; a complete one,
/// one with something else in it, and one that lost a part are refused and left as they are.
pub async fn init(
    dir: &DataDir,
    options: &InitOptions,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Initialized, InitError> {
    let vendor: Label = options.vendor.trim().parse().map_err(|_| InitError::VendorName)?;
    begin(dir, &Origin::Made { vendor, passphrase: &options.passphrase }, now, entropy).await
}

/// The same with what a ceremony made for the signer: a folder with `trust.waybill`, `keys`, and `keys.toml` where keys are on tokens. No
/// secret is opened. Refuses a folder without a key that may sign answers now, or the log (`key-none-usable`).
pub async fn init_from(
    dir: &DataDir,
    ceremony: &Path,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Initialized, InitError> {
    let origin = Origin::ceremony(&DataDir::new(ceremony), dir, now)?;
    begin(dir, &origin, now, entropy).await
}

async fn begin(
    dir: &DataDir,
    origin: &Origin<'_>,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Initialized, InitError> {
    // 1. The directory is there, for its owner alone, and nobody else makes it at the same time.
    files::create_dir(dir.path()).map_err(failed(dir.path()))?;
    let handle = File::open(dir.path()).map_err(failed(dir.path()))?;
    handle.try_lock().map_err(|_| InitError::Busy { path: dir.path().to_owned() })?;

    // 2. Nothing is in it but what an earlier run has made, whole and in order.
    let continued = survey(dir, &origin.files(dir)).await?;

    // 3. The keys, then the trust bundle, verified as a proxy will before it is believed here or written.
    files::create_dir(&dir.keys()).map_err(failed(&dir.keys()))?;
    let trust = origin.make(dir, now, entropy)?;

    // 4. The record, empty, and its witness. Whoever goes on with an interrupted run goes on with the same record.
    let store = Store::create(dir.store()).await?;
    let id = match Witness::read(&dir.witness()) {
        Ok(witness) => witness.id,
        Err(WitnessError::Missing(_) | WitnessError::Damaged(_)) => RecordId::new(now, entropy),
        Err(error) => return Err(error.into()),
    };
    Witness { id: id.clone(), record: 1, log_size: 0, log_root: Digest::of(b"") }.write(&dir.witness())?;
    files::sync_parent(&dir.witness()).map_err(failed(&dir.witness()))?;

    // 5. From here on it is a data directory. Of two that want one database, the second is refused.
    match store.claim(&id, &trust.bundle().vendor, now).await {
        Err(StoreError::Conflict(cause)) => {
            let vendor = store.vendor().await?.ok_or(StoreError::Conflict(cause))?.name;
            return Err(InitError::StoreClaimed { store: dir.store().to_string(), vendor });
        }
        claimed => claimed?,
    }
    store.close().await;
    Ok(Initialized { trust, continued })
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> InitError + use<> {
    let path = path.to_owned();
    move |source| InitError::File { path, source }
}
