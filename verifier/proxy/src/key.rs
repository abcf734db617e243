//! The installation's signing key: 32 bytes of seed (RFC 8032) in a file of its own, written before the state that names it.

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{Digest, FingerprintPart, PublicKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Bytes of the key file.
pub(crate) const SEED_BYTES: usize = 32;

/// The key; it wipes itself when dropped.
pub(crate) struct InstallationKey(SigningKey);

impl InstallationKey {
    /// From the key file's bytes; `None` if they are not 32.
    pub(crate) fn from_seed(seed: &[u8]) -> Option<InstallationKey> {
        let seed = Zeroizing::new(<[u8; SEED_BYTES]>::try_from(seed).ok()?);
        Some(InstallationKey(SigningKey::from_bytes(&seed)))
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }

    /// A keyed digest of a fact about the machine. Without the key nobody can try out which fact it was, and two installations on
    /// one machine show nothing in common.
    pub(crate) fn fingerprint(&self, name: &str, fact: &str) -> FingerprintPart {
        let seed = Zeroizing::new(self.0.to_bytes());
        let key = Digest::of(&[b"waybill/fingerprint/v1\0", seed.as_slice()].concat());
        let digest: [u8; 32] = Sha256::new()
            .chain_update(key.as_bytes())
            .chain_update(name)
            .chain_update([0])
            .chain_update(fact)
            .finalize()
            .into();
        FingerprintPart::from_slice(&digest[..16]).expect("16 bytes")
    }
}
