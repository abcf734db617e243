//! One variant for each reason not to believe a document, with a stable code. The codes are part of the specification.

use license_format::{Digest, FormatError, Kind, Label, LicenseId, Thumbprint, Timestamp};

/// Why a document is not believed. Nothing of it was accepted, and the trust state is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is not a document of the format, or not of the kind that belongs here.
    #[error(transparent)]
    Format(#[from] FormatError),

    /// A public key of small order: under it one signature fits many messages.
    #[error("the key {} is weak: under it a signature would fit many messages", .0.short())]
    KeyWeak(Thumbprint),
    /// A public key that is no point of the curve, or one of several spellings of a point.
    #[error("the key {} is not written in the one way that is allowed", .0.short())]
    KeyEncoding(Thumbprint),
    /// No bundle names the key that is said to have signed.
    #[error("the {kind} names the key {}, which the trust bundle number {bundle} does not have", .kid.short())]
    KeyUnknown {
        /// What it says it is.
        kind: Kind,
        /// The key that it says signed it.
        kid: Thumbprint,
        /// The bundle that was asked.
        bundle: u64,
    },
    /// The key may sign other kinds.
    #[error("the key {} may not sign a {kind}", .kid.short())]
    KeyNotForKind {
        /// What it says it is.
        kind: Kind,
        /// The key.
        kid: Thumbprint,
    },
    /// A request carries another key than the one that signed it.
    #[error("the request is said to be signed by {}, but carries the key {}", .kid.short(), .carried.short())]
    KeyMismatch {
        /// The key in the header.
        kid: Thumbprint,
        /// The key in the payload.
        carried: Thumbprint,
    },
    /// Issued before or after the time in which the key may sign.
    #[error(
        "issued {}, while the key {} may sign from {} to {}",
        .issued.minute(), .kid.short(), .from.date(), .until.date()
    )]
    KeyWindow {
        /// The key.
        kid: Thumbprint,
        /// When the document says it was signed.
        issued: Timestamp,
        /// From when the key may sign.
        from: Timestamp,
        /// Until when the key may sign.
        until: Timestamp,
    },
    /// Issued at or after the time since which the key is distrusted.
    #[error("issued {}, while the key {} is distrusted since {}", .issued.minute(), .kid.short(), .since.minute())]
    KeyDistrusted {
        /// The key.
        kid: Thumbprint,
        /// When the document says it was signed.
        issued: Timestamp,
        /// Since when the key is distrusted.
        since: Timestamp,
    },
    /// The revocation list names the key.
    #[error("the key {} is revoked by list number {list}", .kid.short())]
    KeyRevoked {
        /// The key.
        kid: Thumbprint,
        /// The list.
        list: u64,
    },
    /// The bytes were altered, or signed by another key than they say.
    #[error("the signature of the {kind} is not one of the key {}", .kid.short())]
    Signature {
        /// What it says it is.
        kind: Kind,
        /// The key that it says signed it.
        kid: Thumbprint,
    },

    /// Of another vendor than the trust bundle.
    #[error("this is of {found}, and the trust bundle of {expected}")]
    Vendor {
        /// The trust bundle's vendor.
        expected: Label,
        /// The document's.
        found: Label,
    },
    /// The trust bundle is older than the license allows.
    #[error("the license needs trust bundle number {needed}; the newest known is number {known}")]
    FloorBundle {
        /// The least number.
        needed: u64,
        /// The number of the newest.
        known: u64,
    },
    /// The revocation list is older than the license allows.
    #[error("the license needs revocation list number {needed}; the newest known is number {known}")]
    FloorRevocations {
        /// The least number.
        needed: u64,
        /// The number of the newest, 0 if none is known.
        known: u64,
    },
    /// The revocation list names the license.
    #[error("the license {id} is revoked by list number {list}")]
    LicenseRevoked {
        /// The license.
        id: LicenseId,
        /// The list.
        list: u64,
    },

    /// Not enough root keys signed a bundle. A key counts once, however often it signed.
    #[error(
        "trust bundle number {bundle} has {found} of the {needed} signatures it needs from the roots of number {roots_of}"
    )]
    TrustThreshold {
        /// The bundle.
        bundle: u64,
        /// The bundle whose root keys must sign: itself, or the one before.
        roots_of: u64,
        /// How many must sign.
        needed: u64,
        /// How many did.
        found: u64,
    },
    /// Two bundles with one number, or one that does not name the bundle before it.
    #[error("trust bundle number {bundle} is not of the history that is known: {} in place of {}", .found.short(), .expected.short())]
    TrustFork {
        /// The bundle.
        bundle: u64,
        /// Digest of the payload that is known, or should be named.
        expected: Digest,
        /// Digest of the payload that came, or is named.
        found: Digest,
    },
    /// A bundle came without those before it.
    #[error(
        "trust bundle number {found} came, but the newest known is number {known}, and those between are missing"
    )]
    TrustGap {
        /// The newest that is known.
        known: u64,
        /// The one that came.
        found: u64,
    },
    /// Two revocation lists with one number.
    #[error("there are two revocation lists with number {number}")]
    RevocationFork {
        /// Their number.
        number: u64,
    },

    /// An inclusion proof came without a checkpoint of the size that it speaks of.
    #[error(
        "the file says that the log of {size} entries has it, but no checkpoint of that size travels along"
    )]
    ProofWithoutCheckpoint {
        /// The size in the proof.
        size: u64,
    },
    /// The inclusion proof leads to another root than the checkpoint's.
    #[error("the log's checkpoint of {size} entries does not contain this answer at {index}")]
    ProofMismatch {
        /// The size in proof and checkpoint.
        size: u64,
        /// Where the answer should be, from 0.
        index: u64,
    },
}

impl VerifyError {
    /// The stable code of the reason, as in the specification's table.
    pub fn code(&self) -> &'static str {
        use VerifyError::*;
        match self {
            Format(error) => error.code(),
            KeyWeak(_) => "key-weak",
            KeyEncoding(_) => "key-encoding",
            KeyUnknown { .. } => "key-unknown",
            KeyNotForKind { .. } => "key-not-for-kind",
            KeyMismatch { .. } => "key-mismatch",
            KeyWindow { .. } => "key-window",
            KeyDistrusted { .. } => "key-distrusted",
            KeyRevoked { .. } => "key-revoked",
            Signature { .. } => "signature",
            Vendor { .. } => "vendor",
            FloorBundle { .. } => "floor-bundle",
            FloorRevocations { .. } => "floor-revocations",
            LicenseRevoked { .. } => "license-revoked",
            TrustThreshold { .. } => "trust-threshold",
            TrustFork { .. } => "trust-fork",
            TrustGap { .. } => "trust-gap",
            RevocationFork { .. } => "revocation-fork",
            ProofWithoutCheckpoint { .. } => "proof-without-checkpoint",
            ProofMismatch { .. } => "proof-mismatch",
        }
    }

    /// What the person with the file can do about it.
    pub fn next_step(&self) -> &'static str {
        use VerifyError::*;
        match self {
            Format(error) => error.next_step(),
            Signature { .. } | ProofMismatch { .. } | ProofWithoutCheckpoint { .. } => {
                "The file was damaged or altered on the way. Carry it again from where it was made."
            }
            KeyUnknown { .. } | Vendor { .. } => {
                "Check that the file comes from the vendor whose trust file this was set up with."
            }
            TrustGap { .. } | FloorBundle { .. } | FloorRevocations { .. } => {
                "Ask the vendor for the newest trust file and bring it along with the answer."
            }
            KeyDistrusted { .. } | KeyRevoked { .. } | KeyWindow { .. } => {
                "Bring a new request to the portal; its answer will be signed with a key that is good."
            }
            LicenseRevoked { .. } => "Ask the vendor why the license was revoked, then bring a new request.",
            KeyWeak(_) | KeyEncoding(_) | KeyMismatch { .. } | KeyNotForKind { .. } => {
                "Do not use this file, and report it to the vendor: no Waybill program makes such a one."
            }
            TrustThreshold { .. } | TrustFork { .. } | RevocationFork { .. } => {
                "Do not use this file. Compare the root fingerprint with the vendor's by telephone, and report what you see."
            }
        }
    }
}
