//! Revocation: licenses and keys that are not honoured any more, before their time.
//!
//! Nobody can call a file back. A list says what is revoked and travels with every answer; a proxy knows of it from its next answer on, whatever
//! that says, and adds nothing new by a revoked license then (promise *safe*: what is managed stays managed). Until it proves that it
//! let go, or until its lease ends, a revoked license holds its seats like any other.
//!
//! A license that is revoked takes its license key from that installation, too (a bar, `blocked`): else the refresh that brings the list would
//! bring a new license with it, and nothing would have happened. Whoever wants just that, because a license says something wrong, says so
//! ([`Afterwards::Replaced`]). All licenses of that key there go with it, also one that a refresh brought since somebody looked. The vendor's
//! staff lift the bar at any time (`waybill installation allow`), and no customer does; what was revoked stays so.
//!
//! A revoked key is one of the vendor's, which then signs nothing and has signed nothing, whatever date it bears; or an installation's, which
//! gets no license any more. `list` makes lists, `order` is the one transaction in which something is revoked. What a list names it names
//! until a license has ended by itself, and a key for ever; so the 1,500 names that it has room for are of what could still be honored.

pub(crate) mod list;
mod order;
mod view;

use license_format::{LicenseId, LicenseType, Thumbprint, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use order::{Order, demand_possible, describe, histories, revoke, was_revoked};
pub use view::{Revocation, Revocations};

use crate::{answer::AnswerError, second_person::SecondPersonError, store::StoreError};

/// What is to be revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Revoke {
    /// Licenses in the field.
    Licenses {
        /// Which.
        ids: Vec<LicenseId>,
        /// What their installations get instead.
        then: Afterwards,
    },
    /// A key: an issuing or log key that leaked, or an installation's that was stolen.
    Key(Thumbprint),
}

/// What the installation of a revoked license gets at its next refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Afterwards {
    /// A refusal: it may not use the license key any more.
    Blocked,
    /// A new license, by the ordinary rules.
    Replaced,
}

/// What was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The number of the list that says so first.
    pub number: u64,
    /// The licenses, if it was these.
    pub licenses: Vec<RevokedLicense>,
}

/// A license that was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedLicense {
    /// Which.
    pub id: LicenseId,
    /// Where.
    pub installation: Thumbprint,
    /// Its slot.
    pub license_type: LicenseType,
    /// When it ends by itself. Until then it counts, unless its proxy proves sooner that it let go.
    pub ends: Timestamp,
}

/// Why something was not revoked. Nothing was changed, unless it says that it was (`Durable`), or that this is not known
/// ([`StoreError::Unsettled`]).
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// There is no such thing in the record.
    #[error("there is no {what} {name}")]
    Unknown {
        /// A license or a key.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It is revoked already.
    #[error("{name} was revoked before")]
    Known {
        /// Its name.
        name: String,
    },
    /// Root keys stand in no list.
    #[error("{name} is a root key, and lists name keys that root keys have named")]
    Root {
        /// Its name.
        name: String,
    },
    /// No list holds more.
    #[error(
        "a list names {} licenses and keys at most, and {left} more fit into the next one",
        license_format::limits::REVOKED
    )]
    Full {
        /// How many more.
        left: usize,
    },
    /// The rule of the second person.
    #[error(transparent)]
    SecondPerson(Box<SecondPersonError>),
    /// The store was put back while it was in use.
    #[error("the store was put back to an older state")]
    PutBack,
    /// It was revoked, and something after that failed.
    #[error("list {list} revokes it and is on the log, but {error}")]
    Durable {
        /// The list's number.
        list: u64,
        /// What.
        error: AnswerError,
    },
    /// What was not found out, or not done.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

impl From<StoreError> for RevokeError {
    fn from(error: StoreError) -> RevokeError {
        RevokeError::Answer(error.into())
    }
}

impl From<SecondPersonError> for RevokeError {
    fn from(error: SecondPersonError) -> RevokeError {
        match error {
            SecondPersonError::Store(error) => error.into(),
            SecondPersonError::Revoke(error) => *error,
            other => RevokeError::SecondPerson(Box::new(other)),
        }
    }
}

impl From<sqlx::Error> for RevokeError {
    fn from(error: sqlx::Error) -> RevokeError {
        StoreError::from(error).into()
    }
}

impl RevokeError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            RevokeError::Unknown { .. } => "revocation-unknown",
            RevokeError::Known { .. } => "revocation-known",
            RevokeError::Root { .. } => "key-is-root",
            RevokeError::Full { .. } => "revocation-full",
            RevokeError::SecondPerson(error) => error.code(),
            RevokeError::PutBack => "store-put-back",
            RevokeError::Durable { error, .. } | RevokeError::Answer(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            RevokeError::Unknown { .. } => {
                "`waybill installation show` names the licenses of an installation, `waybill keys list` the keys.".to_owned()
            }
            RevokeError::Known { .. } => "Do nothing: every answer brings the list already.".to_owned(),
            RevokeError::Root { .. } => "Replace it with `waybill trust propose --replace-root`.".to_owned(),
            RevokeError::Full { .. } => {
                "Block the license keys there instead: what was given ends by itself.".to_owned()
            }
            RevokeError::SecondPerson(error) => error.next_step().to_owned(),
            RevokeError::PutBack => {
                "Let the signer answer a request first: it begins the recovery. Then try again.".to_owned()
            }
            RevokeError::Durable { error, .. } => format!("Do not revoke it again. {}", error.next_step()),
            RevokeError::Answer(error) => error.next_step(),
        }
    }

    /// Whether it is a correct no, and not something that could not be found out.
    pub fn is_refusal(&self) -> bool {
        match self {
            RevokeError::Durable { .. } => false,
            RevokeError::Answer(error) => matches!(error, AnswerError::Key(_)),
            _ => true,
        }
    }
}
