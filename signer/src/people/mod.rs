//! Who there is: accounts, the people in them, and how they prove who they are.
//!
//! This room hands out secrets once and keeps their digests. Absent on purpose: HTTP and cookies, how a password is hashed, what
//! anybody may do beyond the role that a row says, and what was sold to whom.

mod accounts;
mod actor;
mod asker;
mod email;
mod error;
mod secret;
mod sessions;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

pub use crate::ids::{AccountId, TokenId, UserId};
pub use accounts::{Account, AccountDraft, AccountKind, CreatedAccount, Member, Membership, Role};
pub use actor::{Actor, ActorError};
pub use asker::Asker;
pub use email::{Email, EmailError};
pub use error::PeopleError;
pub use secret::{PasswordHash, Token};
pub use sessions::{SESSION_IDLE, SESSION_LENGTH, SignedIn};
pub use tokens::{ApiToken, TokenRights};
pub use users::{INVITATION_LENGTH, Invitation, Invited, User};

use crate::store::Store;

type Result<T> = std::result::Result<T, PeopleError>;

/// The people of a store. Cheap to clone.
#[derive(Clone)]
pub struct People {
    store: Store,
}

impl People {
    /// Those of this store.
    pub fn new(store: Store) -> People {
        People { store }
    }
}
