//! Why something that takes two people was refused.

use license_format::Timestamp;

use crate::{
    answer::AnswerError, catalog::CatalogError, revocation::RevokeError, store::StoreError, trust::TrustError,
};

/// Why something that takes two people was refused or failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SecondPersonError {
    /// There is no such proposal.
    #[error("there is no proposal {number}")]
    NotFound {
        /// What was asked for.
        number: u64,
    },
    /// The one who proposed it confirms it.
    #[error("whoever proposed something does not confirm it")]
    SamePerson,
    /// Nobody in particular proposes or confirms.
    #[error("a person has to answer for this, and it is not known who")]
    PersonNeeded,
    /// Somebody who is not of the vendor's staff.
    #[error("only the vendor's staff propose and confirm this")]
    NotStaff,
    /// It waited too long.
    #[error("the proposal was of use until {}", expires.rfc3339())]
    Expired {
        /// Until when it could be confirmed.
        expires: Timestamp,
    },
    /// Somebody has decided it.
    #[error("the proposal is {what} already")]
    Decided {
        /// How.
        what: &'static str,
    },
    /// The rule came between.
    #[error("a second person is required for this")]
    Required,
    /// Something is signed in it.
    #[error("this is signed, and so done where the signing keys are")]
    SignerNeeded,
    /// A portal's word is not enough.
    #[error("this is confirmed where the signer's data directory is, and not through a portal")]
    AtSigner {
        /// The proposal.
        number: u64,
    },
    /// Too few could confirm anything.
    #[error("{found} of the vendor's staff can sign in, and two are needed")]
    TooFew {
        /// How many there are.
        found: u64,
    },
    /// The action itself.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The action itself, where something is revoked.
    #[error(transparent)]
    Revoke(Box<RevokeError>),
    /// The action itself, where it is a trust bundle.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SecondPersonError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SecondPersonError::NotFound { .. } => "proposal-unknown",
            SecondPersonError::SamePerson => "second-person-same",
            SecondPersonError::PersonNeeded => "person-needed",
            SecondPersonError::NotStaff => "staff-only",
            SecondPersonError::Expired { .. } => "proposal-expired",
            SecondPersonError::Decided { .. } => "proposal-decided",
            SecondPersonError::Required => "second-person-required",
            SecondPersonError::SignerNeeded => "signer-needed",
            SecondPersonError::AtSigner { .. } => "confirm-at-signer",
            SecondPersonError::TooFew { .. } => "second-person-too-few",
            SecondPersonError::Trust(error) => error.code(),
            SecondPersonError::Catalog(error) => error.code(),
            SecondPersonError::Revoke(error) => error.code(),
            SecondPersonError::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        let says = match self {
            SecondPersonError::NotFound { .. } => "Look at the list of proposals.",
            SecondPersonError::SamePerson => {
                "Ask another of the vendor's staff to look at it and confirm it."
            }
            SecondPersonError::PersonNeeded => {
                "Say who you are with --as and your password, or do it on the portal's pages."
            }
            SecondPersonError::NotStaff => "Ask one of the vendor's staff.",
            SecondPersonError::Expired { .. } => "Propose it again if it is still needed.",
            SecondPersonError::Decided { .. } => {
                "Look at the list of proposals; propose it again if it is still needed."
            }
            SecondPersonError::Required => "Try again: it is proposed then.",
            SecondPersonError::SignerNeeded => {
                "Confirm it on the portal, or with `waybill second-person confirm` on the signer's machine."
            }
            SecondPersonError::AtSigner { number } => {
                return format!(
                    "Run `waybill second-person confirm {number} --as EMAIL` where the signer's data directory is."
                );
            }
            SecondPersonError::Trust(error) => return error.next_step(),
            SecondPersonError::TooFew { .. } => {
                "Invite another with `waybill user invite --staff`, and have them choose a password."
            }
            SecondPersonError::Catalog(error) => error.next_step(),
            SecondPersonError::Revoke(error) => return error.next_step(),
            SecondPersonError::Store(error) => error.next_step(),
        };
        says.to_owned()
    }
}

impl From<sqlx::Error> for SecondPersonError {
    fn from(error: sqlx::Error) -> SecondPersonError {
        SecondPersonError::Store(error.into())
    }
}

impl From<RevokeError> for SecondPersonError {
    fn from(error: RevokeError) -> SecondPersonError {
        match error {
            RevokeError::Answer(AnswerError::Store(error)) => SecondPersonError::Store(error),
            other => SecondPersonError::Revoke(Box::new(other)),
        }
    }
}
