//! The vendor's side of trust bundles: a change is proposed as a text that people can read, signed by holders of root keys on machines of
//! their own, put together, and put in place.
//!
//! ```text
//! Proposal ──sign──▶ Signing ──combine──▶ Signing ──finish──▶ TrustState ──History::install──▶ trust.waybill
//! ```
//!
//! Whether a bundle may follow another the verifier decides, here as on every proxy. Absent on purpose: where keys lie, and when to rotate.

mod error;
mod history;
mod over;
mod proposal;
mod risk;
mod signing;
#[cfg(test)]
mod tests;

pub use error::TrustError;
pub use history::{History, judged};
pub use over::Over;
pub use proposal::{Proposal, Role};
pub use risk::risk;
pub use signing::{Missing, Signing};
