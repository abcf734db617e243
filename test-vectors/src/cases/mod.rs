//! What the vectors are: a file for each area, a sentence for each fault.
//!
//! A case takes something from `good`, spoils one thing, and signs it with a key of `world`. The expected codes are those of the
//! specification's table.

mod armour;
mod container;
mod envelope;
mod forged;
mod good;
mod key;
mod payload;
mod rules;
mod scanner;
mod signature;
mod trust;
mod valid;
mod world;

use crate::Vector;

/// Every vector, area by area.
pub fn all() -> Vec<Vector> {
    [
        valid::vectors(),
        scanner::vectors(),
        container::vectors(),
        envelope::vectors(),
        payload::vectors(),
        rules::vectors(),
        signature::vectors(),
        key::vectors(),
        trust::vectors(),
        armour::vectors(),
        forged::vectors(),
    ]
    .concat()
}
