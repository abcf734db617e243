//! Keys for tests only, from fixed seeds, and the signatures at Ed25519's edges (RFC 8032).

use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest as _, Sha512};

use curve25519_dalek::{EdwardsPoint, Scalar, constants::EIGHT_TORSION};

use super::{Item, sha256, unsorted_map};

/// A key whose secret is public: it is made from its name.
#[derive(Debug, Clone)]
pub struct Key {
    signing: SigningKey,
}

impl Key {
    /// The key of a name. Its seed is the SHA-256 of `waybill test only: NAME`.
    pub fn test_only(name: &str) -> Key {
        Key { signing: SigningKey::from_bytes(&sha256(format!("waybill test only: {name}").as_bytes())) }
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    /// Its name: the SHA-256 of the COSE_Key `{1: 1, -1: 6, -2: x}` (RFC 9679).
    pub fn thumbprint(&self) -> [u8; 32] {
        thumbprint(self.public())
    }

    /// A signature as RFC 8032 makes it.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }

    /// Whether the signature is this key's, by the strict rule.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = ed25519_dalek::Signature::from_slice(signature);
        signature
            .is_ok_and(|signature| self.signing.verifying_key().verify_strict(message, &signature).is_ok())
    }
}

/// The thumbprint of a public key.
pub fn thumbprint(public: [u8; 32]) -> [u8; 32] {
    let cose_key = unsorted_map([
        (Item::Unsigned(1), Item::Unsigned(1)),
        (Item::Negative(0), Item::Unsigned(6)),
        (Item::Negative(1), public.into()),
    ]);
    sha256(&cose_key.encode())
}

/// The same signature with the group's order L added to S: verifiers that do not check `S < L` take it too.
pub fn order_added(mut signature: [u8; 64]) -> [u8; 64] {
    // 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 8032 §5.1)
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    signature
}

/// A signature whose R is the identity, a point of order 1, and for which `S·B = R + k·A` holds.
pub fn signature_with_low_order_r(key: &Key, message: &[u8]) -> [u8; 64] {
    signature_with_r(key, message, EIGHT_TORSION[0], Scalar::ZERO)
}

/// A signature whose R has a component of order 8: it verifies only where both sides are multiplied by the cofactor.
pub fn signature_with_mixed_order_r(key: &Key, message: &[u8]) -> [u8; 64] {
    let nonce = Scalar::from_bytes_mod_order_wide(&Sha512::digest(b"waybill test only: nonce").into());
    signature_with_r(key, message, EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[1], nonce)
}

/// A signature that the identity's encoding "verifies" for every message where small-order keys are let through: S·B = R.
pub fn signature_by_identity_key() -> [u8; 64] {
    let nonce = Scalar::from_bytes_mod_order_wide(&Sha512::digest(b"waybill test only: nonce").into());
    joined(EdwardsPoint::mul_base(&nonce).compress().to_bytes(), nonce)
}

/// `S = nonce + k·a` with the challenge k of an R of our choosing.
fn signature_with_r(key: &Key, message: &[u8], r: EdwardsPoint, nonce: Scalar) -> [u8; 64] {
    let r = r.compress().to_bytes();
    let challenge = Sha512::new().chain_update(r).chain_update(key.public()).chain_update(message).finalize();
    let challenge = Scalar::from_bytes_mod_order_wide(&challenge.into());
    joined(r, nonce + challenge * key.signing.to_scalar())
}

fn joined(r: [u8; 32], s: Scalar) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(s.as_bytes());
    signature
}
