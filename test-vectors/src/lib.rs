//! The judge: files good and bad, each with the verdict that every implementation must reach.
//!
//! Implementations read them with [`all`] or [`all_in`]. With the feature `make`, the program `make-vectors` writes them from `cases`
//! with the byte-level `kit`, which can also write what the format forbids. None of it knows the other crates of this workspace, so
//! that it may judge all of them.

#[cfg(feature = "make")]
pub mod cases;
#[cfg(feature = "make")]
mod index;
#[cfg(feature = "make")]
pub mod kit;
mod read;
mod scenario;
#[cfg(feature = "make")]
pub mod scenarios;
mod vector;

#[cfg(feature = "make")]
pub use index::index;
pub use read::{
    Unreadable, all, all_in, all_scenarios, folder, named, named_in, scenario_folder, scenarios_in,
};
pub use scenario::{Scenario, Step};
pub use vector::{Expect, Vector};
