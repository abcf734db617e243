//! A key in memory: what an opened file becomes, and what tests use.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::PublicKey;
use zeroize::Zeroizing;

use super::{KeyError, SigningBackend};
use crate::entropy::Entropy;

/// A key that is wiped from memory when it is dropped.
pub struct MemoryKey(SigningKey);

impl MemoryKey {
    /// A new key.
    pub fn generate(entropy: &mut dyn Entropy) -> MemoryKey {
        let mut seed = Zeroizing::new([0; 32]);
        entropy.fill(seed.as_mut_slice());
        MemoryKey::from_seed(&seed)
    }

    /// The key of a seed (RFC 8032 §5.1.5 calls it the private key).
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> MemoryKey {
        MemoryKey(SigningKey::from_bytes(seed))
    }

    pub(super) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }
}

impl SigningBackend for MemoryKey {
    fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        Ok(self.0.sign(message).to_bytes())
    }
}

/// Logs see the public half only.
impl fmt::Debug for MemoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryKey({})", self.public_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032 §7.1, TEST 3: one that is published and that nobody here has computed.
    #[test]
    fn signs_as_published() {
        let hex = |text: &str| license_format::PublicKey::from_hex(text).expect("32 bytes").0;
        let seed = hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
        let key = MemoryKey::from_seed(&Zeroizing::new(seed));
        assert_eq!(
            key.public_key().to_string(),
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"
        );
        let signature = key.sign(&[0xaf, 0x82]).expect("a key in memory signs");
        assert_eq!(signature[..32], hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"));
        assert_eq!(signature[32..], hex("18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"));
    }

    #[test]
    fn shows_no_secret() {
        let key = MemoryKey::from_seed(&Zeroizing::new([7; 32]));
        let shown = format!("{key:?}");
        assert!(shown.contains(&key.public_key().to_string()));
        assert!(!shown.contains("0707"), "{shown}");
    }
}
