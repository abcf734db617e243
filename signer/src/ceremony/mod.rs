//! A key ceremony: the first root keys, the keys that sign daily, and the bundle that names them, made in one sitting from one file that
//! everybody present has read.
//!
//! ```text
//! Plan ──hold──▶ FOLDER/protocol.txt     what happened, to be printed and signed
//!                FOLDER/plan.toml        the file itself
//!                FOLDER/roots/NAME.key   one for each holder, under the holder's own passphrase
//!                FOLDER/signer/          trust.waybill, keys/, keys.toml: what the signer's machine gets (`init_from`)
//! ```
//!
//! The folder appears when everything in it is done, and not before. Absent on purpose: who is let into the room.

mod error;
mod hold;
mod plan;
mod protocol;
#[cfg(test)]
mod tests;
mod tokens;

pub use error::CeremonyError;
pub use hold::{Held, Passphrases, hold};
pub use plan::{KeyPlan, Plan, RootPlan};
