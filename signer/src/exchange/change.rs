//! What a decision changes, in words that the store writes.

use license_format::{
    Digest, LicenseId, LicenseType, Thumbprint, Timestamp,
    payload::{License, UsageLine},
};

use super::{
    book::{Branch, Lease, SlotRecord},
    moves::Moved,
    resolve::Resolution,
    tally::Tally,
};
use crate::ids::AccountId;

/// What the store writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An installation was granted something for the first time.
    Installation {
        /// Which.
        installation: Thumbprint,
        /// Whose key it used; absent when its first request was a deactivation.
        account: Option<AccountId>,
    },
    /// An installation that was nobody's got its first license.
    Owner {
        /// Which.
        installation: Thumbprint,
        /// Whose key it used.
        account: AccountId,
    },
    /// What a received request says of the installation itself.
    Reported {
        /// Which.
        installation: Thumbprint,
        /// The request's counter.
        counter: u64,
        /// See `InstallationRecord::clock_behind`.
        clock_behind: bool,
    },
    /// A request of the first branch became known.
    Chain {
        /// Whose.
        installation: Thumbprint,
        /// Its counter.
        counter: u64,
        /// Its digest.
        digest: Digest,
    },
    /// A second branch was seen.
    Fork {
        /// Whose.
        installation: Thumbprint,
        /// Where it deviates.
        branch: Branch,
    },
    /// Marks of a slot rose.
    Slot {
        /// Whose.
        installation: Thumbprint,
        /// Which.
        license_type: LicenseType,
        /// To what.
        marks: SlotRecord,
    },
    /// A license goes out, or was taken back into the record.
    Lease {
        /// To whom.
        installation: Thumbprint,
        /// What of it counts.
        lease: Lease,
        /// The whole license, with the dates that people ask for.
        license: Box<License>,
    },
    /// A tally rose or fell.
    Tally {
        /// Which.
        tally: Tally,
        /// When it falls again by that much.
        ends: Timestamp,
        /// By how much, down if negative.
        amount: i64,
    },
    /// An activation code was used for the first time.
    Code {
        /// Which, by digest.
        code: Digest,
        /// By whom.
        installation: Thumbprint,
    },
    /// The proxy has let go of a license whose seats were booked.
    LetGo {
        /// Which.
        license: LicenseId,
    },
    /// Use was reported.
    Usage {
        /// By whom.
        installation: Thumbprint,
        /// For which slot.
        license_type: LicenseType,
        /// In the request with this counter.
        counter: u64,
        /// How much.
        line: UsageLine,
    },
    /// A fork was resolved.
    Resolved(Box<Resolution>),
    /// A key moved away from an installation.
    Moved(Box<Moved>),
    /// A genuine license came that the record lacks: the record was restored without anybody's noticing.
    RecoveryBegins {
        /// The new record number.
        record: u64,
        /// When the last file that the record may lack has ended.
        horizon: Timestamp,
    },
}
