//! Why a trust bundle cannot be proposed, signed, put together or put in place.

use std::{io, path::PathBuf};

use license_format::{FormatError, Thumbprint};
use verifier::VerifyError;

use crate::keys::KeyError;

/// Why a trust bundle cannot be proposed, signed, put together or put in place. What was trusted before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The text of a proposal says something that it should not, or not what it should.
    #[error("the proposal cannot be read: {0}")]
    Text(String),
    /// The bundle would contradict itself.
    #[error("such a bundle would be refused by everybody: {0}")]
    Rules(#[source] FormatError),
    /// The bundle has no place for another key.
    #[error("the bundle names {} keys, and has room for no other", license_format::limits::TRUSTED_KEYS)]
    Full,
    /// The bundle has the key already.
    #[error("key {} is in the bundle already", .0.short())]
    KeyKnown(Thumbprint),
    /// The bundle does not have the key.
    #[error("the bundle has no key {}", .0.short())]
    KeyUnknown(Thumbprint),
    /// The key is no root key of this bundle, nor of the one before.
    #[error("key {} is no root key of bundle {bundle}, nor of the one before", kid.short())]
    NotARoot {
        /// The key.
        kid: Thumbprint,
        /// Which bundle was to be signed.
        bundle: u64,
    },
    /// Two of the files are about different bundles.
    #[error("these files are not about one and the same bundle")]
    PartsDiffer,
    /// Holders of root keys have not signed yet.
    #[error("bundle {bundle} still needs {0}", super::Missing::sentence(*own, *before))]
    Unsigned {
        /// Which bundle.
        bundle: u64,
        /// Signatures of its own root keys that are missing.
        own: u64,
        /// Signatures of root keys of the bundle before that are missing.
        before: u64,
    },
    /// The verifier refuses it, as every proxy would.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The root key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file of the data directory is not a trust bundle.
    #[error("{} cannot be used: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// A file of the data directory cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl TrustError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            TrustError::Text(_) => "proposal-text",
            TrustError::Rules(_) => "proposal-rules",
            TrustError::Full => "bundle-full",
            TrustError::KeyKnown(_) => "proposal-key-known",
            TrustError::KeyUnknown(_) => "proposal-key-unknown",
            TrustError::NotARoot { .. } => "not-a-root-key",
            TrustError::PartsDiffer => "trust-parts-differ",
            TrustError::Unsigned { .. } => "trust-unsigned",
            TrustError::Verify(error) => error.code(),
            TrustError::Key(error) => error.code(),
            TrustError::Damaged { .. } => "trust-unusable",
            TrustError::File { .. } => "trust-file",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            TrustError::Text(_) => "Mend the text, or propose the change anew.".to_owned(),
            TrustError::Rules(_) => "Change what is proposed.".to_owned(),
            TrustError::Full => {
                "Use one that is there, with `waybill keys use`; `waybill keys list` shows them. A key makes room a year after its end, once no \
                 license of its time is in force."
                    .to_owned()
            }
            TrustError::KeyKnown(_) => "Propose nothing: it is trusted already.".to_owned(),
            TrustError::KeyUnknown(_) => "`waybill keys list` shows the keys of the bundle.".to_owned(),
            TrustError::NotARoot { .. } => {
                "Give the file of a root key; `waybill trust show` names the root keys.".to_owned()
            }
            TrustError::PartsDiffer => {
                "Give only the files that the holders made from one proposal.".to_owned()
            }
            TrustError::Unsigned { .. } => {
                "Have the other holders run `waybill trust sign`, then combine their files.".to_owned()
            }
            TrustError::Verify(error) => error.next_step().to_owned(),
            TrustError::Key(error) => error.next_step(),
            TrustError::Damaged { .. } => "Restore the file from a backup.".to_owned(),
            TrustError::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "Make room on the disk, then run the command again.".to_owned()
            }
            TrustError::File { .. } => "Check that this user may write there.".to_owned(),
        }
    }
}
