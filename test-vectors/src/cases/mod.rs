//! What the vectors are: a file for each area, a sentence for each fault.
//!
//! A case takes something from `good`, spoils one thing, and signs it with a key of `world`. The expected codes are those of the
//! specification's table.

mod again;
mod armour;
mod bounds;
mod container;
mod edwards;
mod envelope;
mod forged;
pub(crate) mod good;
mod key;
mod news;
mod payload;
mod qr;
mod rules;
mod scanner;
mod several;
mod signature;
pub(crate) mod trust;
mod valid;
pub(crate) mod world;

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
        edwards::vectors(),
        key::vectors(),
        trust::vectors(),
        news::vectors(),
        armour::vectors(),
        forged::vectors(),
        qr::vectors(),
        bounds::vectors(),
        again::vectors(),
        several::vectors(),
    ]
    .concat()
}
