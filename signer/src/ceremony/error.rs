//! Why a ceremony was not held.

use std::{io, path::PathBuf};

use license_format::PublicKey;

use crate::{keys::KeyError, trust::TrustError};

/// Why a ceremony was not held. Nothing is left of it: no key, no bundle.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The file does not say what it should, or says something else too.
    #[error("the plan cannot be read: {0}")]
    Text(String),
    /// It says what cannot be: every reason, one after the other.
    #[error("the plan contradicts itself: {}", .0.join("; "))]
    Plan(Vec<String>),
    /// Something is in the place where the folder is to be.
    #[error("{} is there already", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// Two holders typed one passphrase: then whoever knows it has both keys.
    #[error("the root keys {0:?} and {1:?} would have the same passphrase")]
    SamePassphrase(String, String),
    /// The token has another key under that label than the plan says.
    #[error("key {name:?} is {} on its token, and {} in the plan", found.thumbprint().short(), expected.thumbprint().short())]
    TokenKey {
        /// Its name in the plan.
        name: String,
        /// The plan's.
        expected: PublicKey,
        /// The token's.
        found: PublicKey,
    },
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The bundle.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A file or folder could not be made.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl CeremonyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            CeremonyError::Text(_) => "ceremony-text",
            CeremonyError::Plan(_) => "ceremony-plan",
            CeremonyError::Exists { .. } => "ceremony-exists",
            CeremonyError::SamePassphrase(..) => "ceremony-passphrase",
            CeremonyError::TokenKey { .. } => "ceremony-token-key",
            CeremonyError::Key(error) => error.code(),
            CeremonyError::Trust(error) => error.code(),
            CeremonyError::File { .. } => "ceremony-file",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            CeremonyError::Text(_) | CeremonyError::Plan(_) => {
                "Mend the file; `waybill keys ceremony FILE --check` tells what it would do.".to_owned()
            }
            CeremonyError::Exists { .. } => "Name a folder that does not exist yet.".to_owned(),
            CeremonyError::SamePassphrase(..) => "Let each holder choose a passphrase alone.".to_owned(),
            CeremonyError::TokenKey { found, .. } => {
                format!(
                    "If this is the right token, write `public-key = \"{found}\"` in the plan; otherwise put the right one in."
                )
            }
            CeremonyError::Key(error) => error.next_step(),
            CeremonyError::Trust(error) => error.next_step(),
            CeremonyError::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "Make room on the disk, then hold the ceremony again.".to_owned()
            }
            CeremonyError::File { .. } => "Check that this user may write there.".to_owned(),
        }
    }
}
