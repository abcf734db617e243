//! Why a key could not be made, opened or used.

use std::{io, path::PathBuf};

use license_format::Kind;

use super::TokenError;

/// Why a key could not be made, opened or used. Nothing was signed, and no file was changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file is never overwritten.
    #[error("{} exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("there is no key file {}", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// Others on the machine can read or write the file.
    #[error("{} is open to others on this machine (mode {mode:03o})", path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is as it was written, and the passphrase is another.
    #[error("the passphrase does not open {}", path.display())]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The file says nothing that tells a wrong passphrase from damage, as after a passphrase change with OpenSSL.
    #[error("the passphrase does not open {}, or the file is damaged", path.display())]
    NotOpened {
        /// The file.
        path: PathBuf,
    },
    /// The file is not what was written.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: &'static str,
    },
    /// A well-formed key file of another sort.
    #[error("{} is not an encrypted Ed25519 key: {detail}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is.
        detail: &'static str,
    },
    /// No passphrase was given.
    #[error("the passphrase is empty")]
    PassphraseEmpty,
    /// The passphrase can be guessed.
    #[error("the passphrase is shorter than {least} bytes")]
    PassphraseShort {
        /// Bytes that it needs.
        least: usize,
    },
    /// The passphrase cannot be given to every program.
    #[error("the passphrase has control characters or more than {most} bytes")]
    PassphraseText {
        /// Bytes that it may have.
        most: usize,
    },
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file could not be written; nothing is left of it.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No key that is here may sign such a document now.
    #[error("no key here may sign {} by bundle {bundle} now{}", kind.with_article(), listed(reasons))]
    NoneUsable {
        /// The document.
        kind: Kind,
        /// The bundle's number.
        bundle: u64,
        /// Each key that it names for that, and why not.
        reasons: Vec<String>,
    },
    /// The file that says where keys are is malformed.
    #[error("{} cannot be read: {detail}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A key on a token.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl KeyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            KeyError::Exists { .. } => "key-exists",
            KeyError::NotFound { .. } => "key-not-found",
            KeyError::Permissions { .. } => "key-permissions",
            KeyError::WrongPassphrase { .. } => "key-wrong-passphrase",
            KeyError::NotOpened { .. } => "key-not-opened",
            KeyError::Damaged { .. } => "key-damaged",
            KeyError::Unsupported { .. } => "key-unsupported",
            KeyError::PassphraseEmpty => "passphrase-empty",
            KeyError::PassphraseShort { .. } => "passphrase-short",
            KeyError::PassphraseText { .. } => "passphrase-text",
            KeyError::Read { .. } => "key-read",
            KeyError::Write { .. } => "key-write",
            KeyError::NoneUsable { .. } => "key-none-usable",
            KeyError::Settings { .. } => "key-settings",
            KeyError::Token(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            KeyError::Exists { .. } => "Choose another name, or move the existing key away first.".to_owned(),
            KeyError::NotFound { .. } => {
                "Check the data directory's name; a new one is made by `waybill init`.".to_owned()
            }
            KeyError::Permissions { path, .. } => {
                format!("Run `chmod 600 {}`, and consider whether someone has read it.", path.display())
            }
            KeyError::WrongPassphrase { .. } | KeyError::NotOpened { .. } => {
                "Type the passphrase that was chosen when the key was made.".to_owned()
            }
            KeyError::Damaged { .. } => "Restore the key file from a backup.".to_owned(),
            KeyError::Unsupported { .. } => {
                "Give the file in PKCS #8 form: `openssl pkcs8 -topk8 -v2 aes-256-cbc -scrypt`.".to_owned()
            }
            KeyError::PassphraseEmpty | KeyError::PassphraseShort { .. } => {
                "Choose a passphrase of several words.".to_owned()
            }
            KeyError::PassphraseText { .. } => "Choose a shorter passphrase on one line.".to_owned(),
            KeyError::Read { .. } => "Check that this user may read the file.".to_owned(),
            KeyError::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "Make room on the disk, then run the command again.".to_owned()
            }
            KeyError::Write { .. } => "Check that this user may write to the directory.".to_owned(),
            KeyError::NoneUsable { .. } => {
                "`waybill keys list` shows what each may do; `waybill keys rotate` brings another.".to_owned()
            }
            KeyError::Settings { .. } => "Mend the file, or restore it from a backup.".to_owned(),
            KeyError::Token(error) => error.next_step(),
        }
    }
}

fn listed(reasons: &[String]) -> String {
    match reasons {
        [] => ": the bundle names none for that".to_owned(),
        reasons => format!(": {}", reasons.join("; ")),
    }
}
