//! The byte-level kit: a hand of its own, which writes Waybill files and can write them wrong on purpose.
//!
//! It is written from the standards and `license-format/spec`, and shares no code with the implementation. It reads nothing, checks
//! nothing, and knows no clock and no randomness: the same calls give the same bytes.

mod armour;
mod cbor;
mod edwards;
mod file;
mod key;
mod license_key;
mod qr;
mod sign1;

pub use armour::{Utf16, armour, as_utf16, quoted, with_line_ends, wrapped};
pub use cbor::{Item, head, list, long_head, map, unsorted_map};
pub use edwards::{
    MixedKey, ORDER, SmallOrder, order_added, second_spelling, signature_with_identity_r,
    signature_with_mixed_order_r, small_orders,
};
pub use file::{File, inclusion_proof};
pub use key::{Key, thumbprint, verifies};
pub use license_key::{license_key, license_key_digest};
pub use qr::{base32, base32_after, qr_text};
pub use sign1::{Sign1, header};

use sha2::{Digest as _, Sha256};

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    crate::vector::to_hex(bytes)
}
