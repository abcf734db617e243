//! What was sold: subscriptions, their license keys, and the history of both.
//!
//! A draft is checked whole, with every problem at once, before anything is written; a change names the version on which it was
//! decided, and of two at once the later is told. Writing is for staff, which the caller has made sure of; reading takes an
//! [`Asker`](crate::people::Asker). What is
//! out in the field is the exchange's; the catalog shows it over time and says beforehand what a change would do to it (`outlook`).

mod activation_code;
mod affected;
mod draft;
mod error;
mod history;
mod key_use;
mod license_key;
mod license_keys;
mod outlook;
mod overdraft;
mod rules;
mod subscription;
mod subscriptions;
#[cfg(test)]
mod tests;

pub use crate::exchange::{Draw, Features};
pub use crate::ids::{LicenseKeyId, SubscriptionId};
pub use activation_code::{CodeRecord, CodeState};
pub use affected::Affected;
pub use draft::{GrantChange, GrantDraft, SubscriptionChange, SubscriptionDraft};
pub use error::CatalogError;
pub(crate) use history::record;
pub use history::{Change, Difference};
pub use key_use::KeyUse;
pub use license_key::{KeyChange, KeyDraft, KeyKind, KeyRecord};
pub use outlook::{Effect, Preview};
pub use overdraft::{OverdraftDraft, OverdraftEntry};
pub(crate) use overdraft::{describe_overdraft, enter_overdraft};
pub use subscription::{EXPIRING_SOON, Subscription, SubscriptionGrant, SubscriptionStatus};

use crate::store::Store;

type Result<T> = std::result::Result<T, CatalogError>;

/// The catalog of a store. Cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    store: Store,
}

impl Catalog {
    /// That of this store.
    pub fn new(store: Store) -> Catalog {
        Catalog { store }
    }
}
