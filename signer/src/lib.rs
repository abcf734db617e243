//! Who may have what: entitlements, seats, issuing rules, keys, log and store.
//!
//! [`Signer::answer`] is the one narrow call: a request goes in, a signed answer comes out. Behind it [`exchange`] decides, purely;
//! [`store`] makes the decision durable; [`keys`] signs. [`people`] and [`catalog`] are the rows around it: who there is, and what
//! was sold. Absent on purpose: HTTP, HTML, passwords' hashing, the system's clock and its randomness.

mod answer;
pub mod catalog;
pub mod ceremony;
mod data_dir;
pub mod doctor;
pub mod entropy;
pub mod exchange;
mod files;
pub mod ids;
pub mod init;
pub mod installations;
mod issuer;
pub mod keys;
pub mod link;
pub mod log;
mod lookout;
pub mod paging;
pub mod people;
pub mod problem;
mod queue;
#[cfg(test)]
mod races;
mod reason;
pub mod revocation;
pub mod second_person;
mod signer;
pub mod store;
#[cfg(test)]
mod testing;
pub mod trust;
mod watch;
pub mod witness;

pub use answer::{Answer, AnswerError, Answered, file_name as answer_file_name};
pub use ids::{AccountId, IdError, LicenseKeyId, SubscriptionId, TokenId, UserId};
pub use lookout::Trouble;
pub use people::Asker;
pub use reason::{NoReason, Reason};
pub use signer::{OpenError, Signer};
