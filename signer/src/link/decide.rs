//! Doing what was decided at a portal.

use license_format::Timestamp;

use super::{
    call::{AboutKey, Decided, Decision},
    error::CallError,
};
use crate::{
    installations::Decider,
    people::Asker,
    second_person::{RiskyAction, SecondPersonError, Taken},
    signer::Signer,
};

impl Signer {
    /// Does what somebody decided at a portal, with all that follows for seats and records, or says why not. What is risky is for the
    /// vendor's staff alone, whatever page let somebody through to it.
    pub async fn decide(
        &self,
        decision: Decision,
        by: &Decider,
        now: Timestamp,
    ) -> Result<Decided, CallError> {
        if decision.is_for_staff() && by.asker != Asker::Staff {
            return Err(SecondPersonError::NotStaff.into());
        }
        let rows = self.installations();
        match decision {
            Decision::ResolveFork { installation, lives } => {
                rows.resolve_fork(&installation, lives, by, now).await?;
            }
            Decision::MoveKey(AboutKey { installation, key, reason }) => {
                rows.move_key(&installation, &key, &reason, by, now).await?;
            }
            Decision::Block(AboutKey { installation, key, reason }) => {
                rows.block(&installation, &key, &reason, by, now).await?;
            }
            Decision::Allow(AboutKey { installation, key, reason }) => {
                rows.allow(&installation, &key, &reason, by, now).await?;
            }
            Decision::ExchangeKey { about: AboutKey { installation, key, reason }, to } => {
                rows.exchange_key(&installation, &key, &to, &reason, by, now).await?;
            }
            Decision::GrantOverdraft(draft) => {
                let action = RiskyAction::Overdraft(draft);
                if let Taken::Waits(proposal) = self.second_person().take(action, &by.actor, now).await? {
                    return Ok(Decided::Waits { proposal: proposal.number });
                }
            }
            Decision::Revoke { what, reason } => {
                if let Taken::Waits(proposal) = self.revoke(what, reason, &by.actor, now).await? {
                    return Ok(Decided::Waits { proposal: proposal.number });
                }
            }
            Decision::Confirm { number } => {
                // Decisions come through a portal, which says who sits before it.
                self.second_person().demand_anywhere(number).await?;
                self.confirm(number, &by.actor, now).await?;
            }
            Decision::Decline { number } => {
                self.second_person().decline(number, &by.actor, now).await?;
            }
        }
        Ok(Decided::Done)
    }
}
