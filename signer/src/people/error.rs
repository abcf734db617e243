//! Why something about people was refused.

use crate::{
    problem::{Problem, sentences},
    store::StoreError,
};

/// Why something about people was refused or failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// What was filled in is wrong; every problem is listed.
    #[error("{}", sentences(.0))]
    Invalid(Vec<Problem>),
    /// There is no such account, person or token.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// The person is a member of the account already.
    #[error("{email} is a member of this account already")]
    AlreadyMember {
        /// Who.
        email: String,
    },
    /// The person belongs to staff already.
    #[error("{email} belongs to staff already")]
    AlreadyStaff {
        /// Who.
        email: String,
    },
    /// A link for one of the vendor's staff is made where the data directory is, and on no page.
    #[error("{email} is one of the vendor's staff, who get no link from a page")]
    StaffByCommand {
        /// Who.
        email: String,
    },
    /// The invitation is unknown, was used, has expired, or was replaced by a newer one. Which, is not told.
    #[error("this invitation is not valid any more")]
    InvitationUsed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PeopleError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            PeopleError::Invalid(_) => "invalid",
            PeopleError::NotFound { .. } => "not-found",
            PeopleError::AlreadyMember { .. } => "already-member",
            PeopleError::AlreadyStaff { .. } => "already-staff",
            PeopleError::StaffByCommand { .. } => "staff-by-command",
            PeopleError::InvitationUsed => "invitation-used",
            PeopleError::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &str {
        match self {
            PeopleError::Invalid(problems) => match problems.as_slice() {
                [only] => &only.next_step,
                _ => "Mend what is listed, then try again.",
            },
            PeopleError::NotFound { .. } => "Look it up in the list, then try again.",
            PeopleError::AlreadyMember { .. } | PeopleError::AlreadyStaff { .. } => {
                "There is nothing to do; they can sign in."
            }
            PeopleError::StaffByCommand { .. } => {
                "Where the signer's data directory is, `waybill user invite --email ADDRESS` makes one."
            }
            PeopleError::InvitationUsed => {
                "Sign in if you have set a password; otherwise ask for a new invitation."
            }
            PeopleError::Store(error) => error.next_step(),
        }
    }
}

impl From<sqlx::Error> for PeopleError {
    fn from(error: sqlx::Error) -> PeopleError {
        StoreError::from(error).into()
    }
}
