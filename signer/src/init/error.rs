//! Why a data directory was not made.

use std::{io, path::PathBuf};

use license_format::Label;

use crate::{keys::KeyError, store::StoreError, trust::TrustError, witness::WitnessError};

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
    /// What was begun had other keys than the ceremony.
    #[error("{} is not what the ceremony made", path.display())]
    CeremonyDiffers {
        /// The file.
        path: PathBuf,
    },
    /// What was just signed does not verify. Nothing of it was written.
    #[error("the new trust bundle does not verify: {0}")]
    SelfCheck(#[source] TrustError),
    /// The trust bundle that a ceremony made cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
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
            InitError::CeremonyDiffers { .. } => "ceremony-differs",
            InitError::SelfCheck(_) => "self-check",
            InitError::Trust(error) => error.code(),
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
            InitError::TrustDiffers { .. } | InitError::CeremonyDiffers { .. } => {
                "Begin anew in another directory.".to_owned()
            }
            InitError::SelfCheck(_) => "Do not use this program; report the error.".to_owned(),
            InitError::Trust(_) => "Name the folder `signer` of a ceremony.".to_owned(),
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
