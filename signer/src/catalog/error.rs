//! Why something about the catalog was refused.

use crate::{
    problem::{Problem, sentences},
    store::StoreError,
};

/// Why something about the catalog was refused or failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// What was filled in is wrong; every problem is listed.
    #[error("{}", sentences(.0))]
    Invalid(Vec<Problem>),
    /// There is no such account, subscription or license key, or it does not exist for who asks.
    #[error("there is no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// Somebody else changed it after it was shown.
    #[error("somebody else has changed this {what} meanwhile")]
    Changed {
        /// What was to be changed.
        what: &'static str,
    },
    /// The primary key is not deleted.
    #[error("the primary key ends with its subscription")]
    Primary,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CatalogError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            CatalogError::Invalid(_) => "invalid",
            CatalogError::NotFound { .. } => "not-found",
            CatalogError::Changed { .. } => "changed-meanwhile",
            CatalogError::Primary => "key-primary",
            CatalogError::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &str {
        match self {
            CatalogError::Invalid(problems) => match problems.as_slice() {
                [only] => &only.next_step,
                _ => "Mend what is listed, then try again.",
            },
            CatalogError::NotFound { .. } => "Look it up in the list, then try again.",
            CatalogError::Changed { .. } => "Look at it as it is now, then decide again.",
            CatalogError::Primary => "Block it, or end the subscription.",
            CatalogError::Store(error) => error.next_step(),
        }
    }
}

impl From<sqlx::Error> for CatalogError {
    fn from(error: sqlx::Error) -> CatalogError {
        StoreError::from(error).into()
    }
}
