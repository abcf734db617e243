//! What needs a second person, where that is required: what each action says before, and what it does.

use license_format::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use super::{
    Result, SecondPersonError, bundle,
    rule::{Rule, loosen, set_rule},
};
use crate::{
    catalog::{self, Difference, OverdraftDraft},
    people::Actor,
    reason::Reason,
    revocation::{self, Revoke},
};

/// An action of staff with which one person alone could do harm. Stored as CBOR until it is done: a variant may be added, and one that
/// proposals may name is never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RiskyAction {
    /// Seats beyond those bought.
    Overdraft(OverdraftDraft),
    /// Licenses or a key that are not honoured any more.
    Revoke {
        /// Which.
        what: Revoke,
        /// Why.
        reason: Reason,
    },
    /// From now on nobody needs a second person.
    RuleOff,
    /// A trust bundle that distrusts a key, or changes who signs bundles.
    Bundle {
        /// The file of the bundle that answers went by when it was proposed.
        before: Vec<u8>,
        /// Its own file.
        after: Vec<u8>,
    },
    /// From now on the second person may confirm through a portal.
    ConfirmAnywhere,
}

impl RiskyAction {
    /// Whether something is signed in it, so that only a signer does it.
    pub fn is_signed(&self) -> bool {
        matches!(self, RiskyAction::Revoke { .. })
    }

    /// Whether a trust bundle is put in place in it, which is done where the signer's data directory is.
    pub fn is_bundle(&self) -> bool {
        matches!(self, RiskyAction::Bundle { .. })
    }

    /// The bundle that it is about, by which that is found.
    pub(super) fn bundle(&self) -> Result<Option<Digest>> {
        match self {
            RiskyAction::Bundle { after, .. } => bundle::digest(after).map(Some),
            _ => Ok(None),
        }
    }

    /// What it would do, in a sentence. Refuses what could not be done.
    pub(super) async fn describe(&self, connection: &mut AnyConnection, now: Timestamp) -> Result<String> {
        match self {
            RiskyAction::Overdraft(draft) => Ok(catalog::describe_overdraft(connection, draft, now).await?),
            RiskyAction::Revoke { what, reason } => Ok(revocation::describe(connection, what, reason).await?),
            RiskyAction::RuleOff => Ok("no second person is required any more".to_owned()),
            RiskyAction::Bundle { before, after } => bundle::describe(before, after),
            RiskyAction::ConfirmAnywhere => {
                Ok("the second person may confirm through a portal, too".to_owned())
            }
        }
    }

    /// Does it, with all that follows.
    pub(super) async fn perform(
        &self,
        connection: &mut AnyConnection,
        by: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        match self {
            RiskyAction::Overdraft(draft) => {
                catalog::enter_overdraft(connection, draft, by, now).await?;
                Ok(())
            }
            RiskyAction::Revoke { .. } | RiskyAction::Bundle { .. } => Err(SecondPersonError::SignerNeeded),
            RiskyAction::RuleOff => set_rule(connection, Rule::Off).await,
            RiskyAction::ConfirmAnywhere => loosen(connection).await,
        }
    }

    /// Says in the history of what it is about that it was proposed, or declined, and by whom.
    pub(super) async fn note(
        &self,
        connection: &mut AnyConnection,
        what: &str,
        number: u64,
        says: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let noted = |says: &str| {
            [Difference { what: what.to_owned(), before: None, after: Some(format!("{number}: {says}")) }]
        };
        match self {
            RiskyAction::Overdraft(draft) => {
                Ok(catalog::record(connection, &draft.subscription, None, &noted(says), by, now).await?)
            }
            RiskyAction::Revoke { what, reason } => {
                for ((subscription, key), at) in revocation::histories(connection, what).await? {
                    let at: Vec<String> = at.into_iter().collect();
                    let noted = noted(&format!("{}: {reason}", at.join(", ")));
                    catalog::record(connection, &subscription, Some(&key), &noted, by, now).await?;
                }
                Ok(())
            }
            // The list of proposals is its history.
            RiskyAction::RuleOff | RiskyAction::ConfirmAnywhere | RiskyAction::Bundle { .. } => Ok(()),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(self, &mut bytes).expect("writing to memory does not fail");
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<RiskyAction> {
        ciborium::from_reader(bytes).ok()
    }
}
