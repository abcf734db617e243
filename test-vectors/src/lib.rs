//! The judge: files good and bad, each with the verdict that every implementation must reach.
//!
//! Implementations read them with [`all`]; the program `make-vectors` writes them from [`cases`] with the byte-level [`kit`], which can
//! also write what the format forbids. None of it knows the other crates of this workspace, so that it may judge all of them.

pub mod cases;
mod index;
pub mod kit;
mod vector;

pub use index::index;
pub use vector::{Expect, Vector, all, folder, named};
