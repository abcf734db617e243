//! Why a key on a token could not be made, opened or used.

use std::path::PathBuf;

use cryptoki::{error::Error, slot::TokenInfo};

use super::TokenAddress;

/// Why a key on a token could not be made, opened or used. Nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The module's library cannot be loaded or started.
    #[error("the PKCS #11 module {} cannot be used: {detail}", path.display())]
    Module {
        /// The library.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// No token has that label.
    #[error("{} shows no token {:?}{}", address.module.display(), address.token, others(found))]
    NoToken {
        /// Which was looked for.
        address: TokenAddress,
        /// Labels of the tokens that are there.
        found: Vec<String>,
    },
    /// The text cannot be a PIN. It was not tried.
    #[error("a PIN must be 1 to {most} bytes on one line")]
    PinText {
        /// Bytes that it may have.
        most: usize,
    },
    /// No PIN was given.
    #[error("token {:?} needs its PIN", address.token)]
    PinNeeded {
        /// Which key was wanted.
        address: TokenAddress,
    },
    /// The token does not take the PIN. It was tried once.
    #[error("token {:?} does not take this PIN; {tries}", address.token)]
    WrongPin {
        /// Which key was wanted.
        address: TokenAddress,
        /// What the token says of further tries.
        tries: Tries,
    },
    /// Too many wrong PINs were tried.
    #[error("token {:?} is locked after too many wrong PINs", address.token)]
    Locked {
        /// Which key was wanted.
        address: TokenAddress,
    },
    /// The token was initialized, and its user has no PIN yet.
    #[error("token {:?} has no user PIN yet", address.token)]
    NoPin {
        /// Which key was wanted.
        address: TokenAddress,
    },
    /// There is no key with that label, or only one half of it.
    #[error("there is no {address}, with both its halves")]
    NoKey {
        /// Which was looked for.
        address: TokenAddress,
    },
    /// More than one has that label, and which is meant cannot be told.
    #[error("there is more than one {address}")]
    SeveralKeys {
        /// Which was looked for.
        address: TokenAddress,
    },
    /// A key is never replaced.
    #[error("there is a {address} already")]
    KeyExists {
        /// Which.
        address: TokenAddress,
    },
    /// It is a key of another kind, or its public point has a form that is not known here.
    #[error("{address} is not an Ed25519 key")]
    NotEd25519 {
        /// Which.
        address: TokenAddress,
    },
    /// The session was lost, and the key that is there now is another.
    #[error("{address} is another key than the one that was opened")]
    AnotherKey {
        /// Which.
        address: TokenAddress,
    },
    /// The session was lost, and a new one too.
    #[error("token {:?} does not answer any more", address.token)]
    Gone {
        /// Which key was in use.
        address: TokenAddress,
    },
    /// What came back is no signature.
    #[error("{address} gave a signature of {found} bytes, not of 64")]
    Signature {
        /// Which.
        address: TokenAddress,
        /// Its length, in bytes.
        found: usize,
    },
    /// The module refused for a reason of its own.
    #[error("the module failed with {address}: {detail}")]
    Failed {
        /// Which key was wanted.
        address: TokenAddress,
        /// What it says.
        detail: String,
    },
}

impl TokenError {
    pub(super) fn failed(address: &TokenAddress, error: Error) -> TokenError {
        let address = address.clone();
        TokenError::Failed { address, detail: error.to_string() }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            TokenError::Module { .. } => "token-module",
            TokenError::NoToken { .. } => "token-not-found",
            TokenError::PinText { .. } => "pin-text",
            TokenError::PinNeeded { .. } => "pin-needed",
            TokenError::WrongPin { .. } => "token-wrong-pin",
            TokenError::Locked { .. } => "token-locked",
            TokenError::NoPin { .. } => "token-no-pin",
            TokenError::NoKey { .. } => "token-key-not-found",
            TokenError::SeveralKeys { .. } => "token-key-ambiguous",
            TokenError::KeyExists { .. } => "token-key-exists",
            TokenError::NotEd25519 { .. } => "token-key-unsupported",
            TokenError::AnotherKey { .. } => "token-key-changed",
            TokenError::Gone { .. } => "token-gone",
            TokenError::Signature { .. } => "token-signature",
            TokenError::Failed { .. } => "token-failed",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            TokenError::Module { .. } => {
                "Name the module's shared library, for the processor that this program is built for."
                    .to_owned()
            }
            TokenError::NoToken { .. } => "Put the token in, or name another by its label.".to_owned(),
            TokenError::PinNeeded { .. } => {
                "Give --pin-file FILE, or be at a terminal to be asked.".to_owned()
            }
            TokenError::PinText { .. } => "Give the PIN alone, in the file's first line.".to_owned(),
            TokenError::WrongPin { tries: Tries::One, .. } => {
                "Stop here unless the PIN is certain: one more wrong PIN locks the token.".to_owned()
            }
            TokenError::WrongPin { .. } => "Look the PIN up before the next try: tokens count.".to_owned(),
            TokenError::Locked { .. } => {
                "Have the token's security officer set a new user PIN. Waybill never tries by itself."
                    .to_owned()
            }
            TokenError::NoPin { .. } => "Set the user PIN with the token's own tool.".to_owned(),
            TokenError::NoKey { .. } => "Name the key's label, or make the key.".to_owned(),
            TokenError::SeveralKeys { .. } => {
                "Give the keys labels of their own with the token's own tool.".to_owned()
            }
            TokenError::KeyExists { .. } => "Choose another label, or use the key that is there.".to_owned(),
            TokenError::NotEd25519 { .. } => {
                "Name an Ed25519 key (CKK_EC_EDWARDS with a point of 32 bytes).".to_owned()
            }
            TokenError::AnotherKey { .. } => {
                "Put the right token back; if its key was replaced, restart the signer.".to_owned()
            }
            TokenError::Gone { .. } => {
                "Put the token back or restart its service; the same file may come again.".to_owned()
            }
            TokenError::Signature { .. } | TokenError::Failed { .. } => {
                "See the module's own log; nothing was issued.".to_owned()
            }
        }
    }
}

/// What a token says of further tries. PKCS #11 has no number for it, only three flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// The next wrong PIN locks it.
    One,
    /// It counts, and has counted one at least.
    Counted,
    /// It says nothing; it may count all the same.
    NotSaid,
}

impl Tries {
    pub(super) fn of(info: &TokenInfo) -> Tries {
        match (info.user_pin_final_try(), info.user_pin_count_low()) {
            (true, _) => Tries::One,
            (false, true) => Tries::Counted,
            (false, false) => Tries::NotSaid,
        }
    }
}

impl std::fmt::Display for Tries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Tries::One => "one try is left",
            Tries::Counted => "the token counts wrong PINs, and has more than one try left",
            Tries::NotSaid => "the token does not say how many tries are left",
        })
    }
}

fn others(found: &[String]) -> String {
    match found {
        [] => ", and no other".to_owned(),
        found => format!(
            ", only {}",
            found.iter().map(|label| format!("{label:?}")).collect::<Vec<_>>().join(", ")
        ),
    }
}
