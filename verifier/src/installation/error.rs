//! Why a transition was refused. Nothing changed then: the old state is still the state.

use license_format::{Digest, Kind, LicenseKeyError, LicenseType};

use crate::error::VerifyError;

/// Why no request was prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// The typed text is no license key.
    #[error(transparent)]
    LicenseKey(#[from] LicenseKeyError),
    /// A key of one type for a slot of another.
    #[error("this is a {} license key, and the slot is {}", .key.title(), .slot.title())]
    WrongType {
        /// The key's.
        key: LicenseType,
        /// The slot's.
        slot: LicenseType,
    },
    /// An activation where a license is in force.
    #[error("{} is activated already", .slot.title())]
    AlreadyActive {
        /// The slot.
        slot: LicenseType,
    },
    /// A refresh where no license is in force.
    #[error("{} is not activated, so there is nothing to refresh", .slot.title())]
    NotActive {
        /// The slot.
        slot: LicenseType,
    },
    /// A deactivation where nothing was ever activated or asked for.
    #[error("{} is not activated, so there is nothing to deactivate", .slot.title())]
    NothingToDeactivate {
        /// The slot.
        slot: LicenseType,
    },
    /// A deactivation whose receipt was read.
    #[error("{} is deactivated, and the portal has confirmed it", .slot.title())]
    AlreadyReleased {
        /// The slot.
        slot: LicenseType,
    },
    /// As many requests as the format allows wait for an answer, none of them for this.
    #[error("{open} requests wait for their answers, and no more may")]
    TooManyOpen {
        /// How many.
        open: usize,
    },
}

impl PrepareError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            PrepareError::LicenseKey(error) => error.code(),
            PrepareError::WrongType { .. } => "license-key-wrong-type",
            PrepareError::AlreadyActive { .. } => "already-active",
            PrepareError::NotActive { .. } => "not-active",
            PrepareError::NothingToDeactivate { .. } => "nothing-to-deactivate",
            PrepareError::AlreadyReleased { .. } => "already-released",
            PrepareError::TooManyOpen { .. } => "too-many-open",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            PrepareError::LicenseKey(error) => error.next_step().to_owned(),
            PrepareError::WrongType { key, .. } => {
                format!("Type a key of the right type, or use this one with `--license-type {key}`.")
            }
            PrepareError::AlreadyActive { .. } => {
                "To get new seats or dates, prepare a refresh. To use another license key, prepare a deactivation first.".to_owned()
            }
            PrepareError::NotActive { .. } => "Prepare an activation with the license key.".to_owned(),
            PrepareError::NothingToDeactivate { .. } => "There is nothing to do.".to_owned(),
            PrepareError::AlreadyReleased { .. } => {
                "There is nothing to do. To use the slot again, prepare an activation.".to_owned()
            }
            PrepareError::TooManyOpen { .. } => {
                "Upload one of the files saved before and import its answer. If none can be answered, prepare a deactivation, \
                 which is always allowed, and import its receipt."
                    .to_owned()
            }
        }
    }
}

/// Why an answer was not taken. Answers that are merely late are no errors: see [`Outcome`](super::Outcome).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is not genuine, or not readable.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// It is a request, or something else that is no answer.
    #[error("this is a {found}, and only answers are imported")]
    NotAnAnswer {
        /// What it is.
        found: Kind,
    },
    /// It is for another installation.
    #[error("this answer is for the installation {theirs}, and this is {ours}")]
    OtherInstallation {
        /// Whom it is for.
        theirs: String,
        /// Who we are.
        ours: String,
    },
    /// Two checkpoints of one log, of the same size, with different roots: somebody was shown another history.
    #[error("the log had two roots at {size} entries: {ours}, and now {theirs}")]
    LogFork {
        /// Of both.
        size: u64,
        /// The one seen before.
        ours: Digest,
        /// The one that came.
        theirs: Digest,
    },
    /// It answers nothing that this installation, as it is now, asked.
    #[error("this answers request number {counter}, which this installation, as it is now, has not made")]
    NotAskedFor {
        /// The request's counter.
        counter: u64,
    },
}

impl ImportError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ImportError::Verify(error) => error.code(),
            ImportError::NotAnAnswer { .. } => "not-an-answer",
            ImportError::OtherInstallation { .. } => "other-installation",
            ImportError::LogFork { .. } => "log-fork",
            ImportError::NotAskedFor { .. } => "not-asked-for",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            ImportError::Verify(error) => error.next_step(),
            ImportError::NotAnAnswer { found } if found.is_request() => {
                "Upload this file to the portal, and import what it gives back."
            }
            ImportError::NotAnAnswer { .. } => "Import the file that the portal gave for your request.",
            ImportError::OtherInstallation { .. } => "Import it at the site that it names.",
            ImportError::LogFork { .. } => {
                "Keep this file and tell the vendor: its log was rewritten. What is in force stays; the next request says which log was seen."
            }
            ImportError::NotAskedFor { .. } => {
                "Prepare a new request and bring that to the portal. If this machine was restored from a backup, the portal will \
                 show both histories and ask which one lives."
            }
        }
    }
}
