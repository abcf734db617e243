//! Why a command did not do what it was asked: one code, one sentence, one next step, and the exit code.

use std::{io, path::PathBuf};

use license_format::FormatError;
use verifier::{
    VerifyError,
    installation::{ImportError, PrepareError},
};

/// Why the state, a file or the exchange said no, or could not tell.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The directory holds no installation.
    #[error("there is no installation in {}", .dir.display())]
    NotSetUp {
        /// The state directory.
        dir: PathBuf,
    },
    /// The directory holds another installation than the one to be set up.
    #[error("{} holds an installation already: {holds}", .dir.display())]
    AlreadySetUp {
        /// The state directory.
        dir: PathBuf,
        /// Its site and name.
        holds: String,
    },
    /// The directory to be set up holds something else.
    #[error("{} is not empty: it holds {found}", .dir.display())]
    DirectoryInUse {
        /// The state directory.
        dir: PathBuf,
        /// A file that is not ours.
        found: String,
    },
    /// A second process at the same state.
    #[error("another waybill-proxy is at work in {}", .dir.display())]
    Locked {
        /// The state directory.
        dir: PathBuf,
    },
    /// The state file is not what was written.
    #[error("the state file {} is damaged", .file.display())]
    StateDamaged {
        /// The state file.
        file: PathBuf,
    },
    /// The state file is of a later program.
    #[error("the state file {} was written by a newer waybill-proxy (version {found})", .file.display())]
    StateVersion {
        /// The state file.
        file: PathBuf,
        /// Its version.
        found: u64,
    },
    /// The installation's key is not there, or is another one.
    #[error("the key {} is {problem}", .file.display())]
    Key {
        /// The key file.
        file: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A file of the state could not be read.
    #[error("{} could not be read: {source}", .file.display())]
    StateUnreadable {
        /// The file or directory.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of the state could not be written.
    #[error("{} could not be written: {source}", .file.display())]
    StateNotSaved {
        /// The file or directory.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// A file that the command names could not be read.
    #[error("{} could not be read: {source}", .file.display())]
    FileUnreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The output would replace another file.
    #[error("{} exists and is another file", .file.display())]
    OutputExists {
        /// The file.
        file: PathBuf,
    },
    /// The output could not be written; the request is remembered.
    #[error("{} could not be written: {source}", .file.display())]
    OutputNotSaved {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },

    /// The file is no Waybill file.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The trust file is not believed.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// No request was prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The answer was not taken.
    #[error(transparent)]
    Import(#[from] ImportError),
}

impl ProxyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ProxyError::NotSetUp { .. } => "not-set-up",
            ProxyError::AlreadySetUp { .. } => "already-set-up",
            ProxyError::DirectoryInUse { .. } => "directory-in-use",
            ProxyError::Locked { .. } => "locked",
            ProxyError::StateDamaged { .. } => "state-damaged",
            ProxyError::StateVersion { .. } => "state-version",
            ProxyError::Key { .. } => "installation-key",
            ProxyError::StateUnreadable { .. } => "state-unreadable",
            ProxyError::StateNotSaved { .. } => "state-not-saved",
            ProxyError::FileUnreadable { .. } => "file-unreadable",
            ProxyError::OutputExists { .. } => "output-exists",
            ProxyError::OutputNotSaved { .. } => "output-not-saved",
            ProxyError::Format(error) => error.code(),
            ProxyError::Verify(error) => error.code(),
            ProxyError::Prepare(error) => error.code(),
            ProxyError::Import(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        let text = match self {
            ProxyError::NotSetUp { .. } => {
                "Run `waybill-proxy setup` first, or name the right directory with --state-dir."
            }
            ProxyError::AlreadySetUp { .. } => {
                "Run `waybill-proxy status` to see it, or name another directory with --state-dir."
            }
            ProxyError::DirectoryInUse { .. } => {
                "Name a directory of its own with --state-dir; it will be made."
            }
            ProxyError::Locked { .. } => "Wait until that one has ended, then run this again.",
            ProxyError::StateDamaged { .. } => {
                "Restore the whole state directory from a backup; the portal will see that it was put back, and ask. Without a \
                 backup, move the directory away and set up anew."
            }
            ProxyError::StateVersion { .. } => "Update this program.",
            ProxyError::Key { .. } => {
                "Restore the whole state directory from a backup. Without one, move it away and set up anew; the license key then \
                 moves as from a lost server."
            }
            ProxyError::StateUnreadable { .. } => "Run this as the account that the installation belongs to.",
            ProxyError::StateNotSaved { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    "Nothing was changed. Free some space, then run this again."
                }
                _ => "Nothing was changed. Run this as the account that the installation belongs to.",
            },
            ProxyError::FileUnreadable { .. } => "Check the path.",
            ProxyError::OutputExists { .. } => {
                "Nothing was changed. Name another file with --output, or move that one away."
            }
            ProxyError::OutputNotSaved { .. } => {
                "The request is made and kept. Run the same command again, and it saves the same file; --output names another place."
            }
            ProxyError::Format(error) => error.next_step(),
            ProxyError::Verify(error) => error.next_step(),
            ProxyError::Prepare(error) => return error.next_step(),
            ProxyError::Import(error) => error.next_step(),
        };
        text.to_owned()
    }

    /// Whether this is a correct no. Otherwise the program could not tell.
    pub fn is_refusal(&self) -> bool {
        match self {
            ProxyError::NotSetUp { .. }
            | ProxyError::AlreadySetUp { .. }
            | ProxyError::DirectoryInUse { .. }
            | ProxyError::OutputExists { .. }
            | ProxyError::Format(_)
            | ProxyError::Verify(_)
            | ProxyError::Prepare(_)
            | ProxyError::Import(_) => true,
            ProxyError::Locked { .. }
            | ProxyError::StateDamaged { .. }
            | ProxyError::StateVersion { .. }
            | ProxyError::Key { .. }
            | ProxyError::StateUnreadable { .. }
            | ProxyError::StateNotSaved { .. }
            | ProxyError::FileUnreadable { .. }
            | ProxyError::OutputNotSaved { .. } => false,
        }
    }
}
