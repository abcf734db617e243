//! Keys for tests only, from fixed seeds (RFC 8032, RFC 9679).

use curve25519_dalek::Scalar;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

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

    /// The seed (RFC 8032's private key).
    pub fn seed(&self) -> [u8; 32] {
        self.signing.to_bytes()
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

    /// The scalar that the public key is a multiple by.
    pub(super) fn scalar(&self) -> Scalar {
        self.signing.to_scalar()
    }
}

/// Whether the signature is this key's, by the strict rule.
pub fn verifies(public: [u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::from_bytes(&public);
    let signature = Signature::from_slice(signature);
    key.is_ok_and(|key| signature.is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()))
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
