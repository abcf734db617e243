//! A model checker of the exchange (design, sections 3 and 4), whose steps are the real transition functions.
//!
//! A state of a small world is what its proxies and its signer keep, and every file that was ever written: each may be brought at any
//! time, again and again, or never. A step is one act of somebody in it. A proxy is `verifier::installation::Installation`, the signer is
//! `signer::exchange::Book`, and the files between them are signed and verified as everywhere; no rule is written here a second time. All of
//! them are pure, so what they gave is kept by number, and a state is a few numbers ([`state`]).
//!
//! [`search`] goes through all states that a [`world`] can reach and asks each whether the [`promises`] hold, and from many of them whether
//! nobody is [`stuck`]. That it can find something out is shown by [`variant`]s, in each of which one rule is missing.
//!
//! Not covered: crashes between the writes of a transaction, the witness and the log (the signer's own tests force those); trust bundles
//! that change; keys that are blocked everywhere or end before their subscription; who may see what; overdraft that staff grant. A signer
//! that was put back unseen keeps no promise about seats, and is asked about none.

pub mod desks;
pub mod interned;
pub mod model;
pub mod papers;
pub mod play;
pub mod promises;
pub mod proxies;
pub mod search;
pub mod sold;
pub mod state;
mod steps;
pub mod stuck;
pub mod variant;
pub mod world;
