//! The enumerations of C, and the way from their numbers to our types. C may pass any number for them, so functions take a `u32`
//! and ask here; an enumeration of Rust must never hold a number that it does not have.

use license_format::Kind;

use crate::result::{Failure, WaybillResult};

/// What a file is.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaybillKind {
    /// Asks for a first license.
    ActivationRequest = 1,
    /// Asks for the license that replaces the one in force.
    RefreshRequest = 2,
    /// Gives a license back.
    DeactivationRequest = 3,
    /// A license.
    License = 4,
    /// The signed yes to a deactivation.
    DeactivationReceipt = 5,
    /// A signed no.
    Refusal = 6,
    /// Which keys may sign what: the vendor's trust file.
    TrustBundle = 7,
    /// Licenses and keys that are no longer honored.
    RevocationList = 8,
    /// Size and root of the vendor's log.
    Checkpoint = 9,
    /// Diagnostics for the vendor's support.
    SupportBundle = 10,
}

const KINDS: [(u32, Kind); 10] = [
    (WaybillKind::ActivationRequest as u32, Kind::ActivationRequest),
    (WaybillKind::RefreshRequest as u32, Kind::RefreshRequest),
    (WaybillKind::DeactivationRequest as u32, Kind::DeactivationRequest),
    (WaybillKind::License as u32, Kind::License),
    (WaybillKind::DeactivationReceipt as u32, Kind::DeactivationReceipt),
    (WaybillKind::Refusal as u32, Kind::Refusal),
    (WaybillKind::TrustBundle as u32, Kind::TrustBundle),
    (WaybillKind::RevocationList as u32, Kind::RevocationList),
    (WaybillKind::Checkpoint as u32, Kind::Checkpoint),
    (WaybillKind::SupportBundle as u32, Kind::SupportBundle),
];

/// The kind with a number of C.
pub(crate) fn kind(number: u32) -> Result<Kind, Failure> {
    from_number(&KINDS, number, "kind of file")
}

/// The number of a kind for C.
pub(crate) fn kind_number(kind: Kind) -> u32 {
    to_number(&KINDS, kind)
}

/// Ours for a number of C.
pub(crate) fn from_number<T: Copy>(pairs: &[(u32, T)], number: u32, what: &str) -> Result<T, Failure> {
    let known = pairs.iter().find(|(theirs, _)| *theirs == number).map(|(_, ours)| *ours);
    known.ok_or_else(|| Failure::misuse(WaybillResult::OutOfRange, format!("{number} is no {what}")))
}

/// The number for C of one of ours; 0, which stands for none, if it has none.
pub(crate) fn to_number<T: PartialEq>(pairs: &[(u32, T)], ours: T) -> u32 {
    pairs.iter().find(|(_, known)| *known == ours).map_or(0, |(number, _)| *number)
}
