//! Public keys: enrolling them, and the one place where a signature is checked.
//!
//! `verify_strict` alone is used. It refuses what RFC 8032 leaves open: signatures with a part of small order and those with a second
//! spelling; and since it does not look at how the key itself is spelled, enrolment does. This module does not know who may sign what.

use ed25519_dalek::{Signature, VerifyingKey};
use license_format::{PublicKey, Thumbprint, UnverifiedDocument};

use crate::error::VerifyError;

/// A public key fit to check signatures with: a point of the curve in its one spelling, and not of small order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledKey {
    thumbprint: Thumbprint,
    key: VerifyingKey,
}

impl EnrolledKey {
    /// Enrols a key. Refuses a weak one (`key-weak`), under which a signature fits many messages, so that its owner could deny
    /// what was signed; and one in another than the canonical spelling (`key-encoding`), since keys are compared as bytes.
    pub fn enrol(public_key: &PublicKey) -> Result<EnrolledKey, VerifyError> {
        let thumbprint = public_key.thumbprint();
        let key =
            VerifyingKey::from_bytes(&public_key.0).map_err(|_| VerifyError::KeyEncoding(thumbprint))?;
        if key.to_edwards().compress().as_bytes() != &public_key.0 {
            return Err(VerifyError::KeyEncoding(thumbprint));
        }
        if key.is_weak() {
            return Err(VerifyError::KeyWeak(thumbprint));
        }
        Ok(EnrolledKey { thumbprint, key })
    }

    /// The key's name.
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The key as it is written.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.key.to_bytes())
    }

    /// Checks a document's signature. Half a check, hence not public: whether the key may sign such a document is asked in `trust`
    /// and `verify`.
    pub(crate) fn check(&self, document: &UnverifiedDocument) -> Result<(), VerifyError> {
        let signature = Signature::from_bytes(document.signature());
        self.key
            .verify_strict(document.to_be_signed(), &signature)
            .map_err(|_| VerifyError::Signature { kind: document.kind(), kid: self.thumbprint })
    }
}
