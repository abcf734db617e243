//! Whose eyes see: the one rule that keeps accounts apart, used by every list and by the exchange.

use serde::{Deserialize, Serialize};

use super::AccountId;

/// Who asks. What an account may not use does not exist for it: the answer is the same as for something unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asker {
    /// The vendor's people, who see everything.
    Staff,
    /// Somebody of an account, who sees what is the account's.
    Account(AccountId),
}

impl Asker {
    /// Whether what belongs to `account` exists for who asks.
    pub fn may_use(&self, account: &AccountId) -> bool {
        self.account().is_none_or(|own| own == account)
    }

    /// Whether what belongs to `owner` is shown to who asks. What is nobody's yet is staff's to look after.
    pub fn may_see(&self, owner: Option<&AccountId>) -> bool {
        owner.map_or(*self == Asker::Staff, |owner| self.may_use(owner))
    }

    /// The one account whose things exist for who asks, or `None` for all.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Asker::Staff => None,
            Asker::Account(own) => Some(own),
        }
    }
}
