//! What the steps need to know of each payload that a key of the bundle signs.

use license_format::{
    Label, Payload, Thumbprint, Timestamp,
    payload::{Checkpoint, DeactivationReceipt, License, Refusal, RevocationList},
};

/// A payload that a key of the trust bundle signs.
pub(crate) trait Signed: Payload {
    /// When it says it was signed.
    fn issued(&self) -> Timestamp;

    /// Whose it says it is. A checkpoint names its log instead.
    fn vendor(&self) -> Option<&Label>;

    /// The installation that it is for.
    fn installation(&self) -> Option<Thumbprint> {
        None
    }
}

impl Signed for License {
    fn issued(&self) -> Timestamp {
        self.issued
    }

    fn vendor(&self) -> Option<&Label> {
        Some(&self.vendor)
    }

    fn installation(&self) -> Option<Thumbprint> {
        Some(self.installation.thumbprint)
    }
}

impl Signed for DeactivationReceipt {
    fn issued(&self) -> Timestamp {
        self.issued
    }

    fn vendor(&self) -> Option<&Label> {
        Some(&self.vendor)
    }
}

impl Signed for Refusal {
    fn issued(&self) -> Timestamp {
        self.issued
    }

    fn vendor(&self) -> Option<&Label> {
        Some(&self.vendor)
    }
}

impl Signed for RevocationList {
    fn issued(&self) -> Timestamp {
        self.issued
    }

    fn vendor(&self) -> Option<&Label> {
        Some(&self.vendor)
    }
}

impl Signed for Checkpoint {
    fn issued(&self) -> Timestamp {
        self.issued
    }

    fn vendor(&self) -> Option<&Label> {
        None
    }
}
