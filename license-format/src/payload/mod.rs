//! The payloads: what each kind of document says.
//!
//! Rules for changing them: fields are declared in the order of their encoded keys (shorter key first, then by bytes), which is
//! the order on the wire. A field is never renamed and its meaning never changes; a new field, a new value of a closed list or a new
//! rule is a new version of that kind. Unknown fields are refused, since a reader that skips one may grant what was not meant.

mod answer;
mod chain;
mod license;
mod license_type;
mod request;
mod support;
mod trust;

pub use answer::{DeactivationReceipt, Refusal};
pub use chain::{Chain, ChainLink, ClockReport, SeenLog, SlotReport, SlotReports};
pub use license::{FeatureValue, Floor, Grant, InstallationName, License, Metric, OverLimit};
pub use license_type::LicenseType;
pub use request::{
    ActivationRequest, DeactivationRequest, InstallationFacts, LicenseKeyRef, RefreshRequest, Request,
    UsageLine,
};
pub use support::SupportBundle;
pub use trust::{Checkpoint, KeyEntry, RevocationList, TrustBundle};

use serde::{Serialize, de::DeserializeOwned};

use crate::{error::FormatError, kind::Kind, limits};

/// A kind's payload as a type. Decoding goes through `UnverifiedDocument::decode_unverified` alone.
pub trait Payload: Serialize + DeserializeOwned {
    /// Which kind of document carries it.
    const KIND: Kind;

    /// The version that the payload says it has.
    fn version(&self) -> u64;

    /// The rules that the types of the fields cannot state.
    fn rules(&self) -> Result<(), &'static str>;

    /// The lines above the base 64, a function of the payload alone. Each is `Name: value`.
    fn readable(&self) -> Vec<String>;

    /// Version first, then the rules.
    fn check(&self) -> Result<(), FormatError> {
        if self.version() != VERSION {
            return Err(FormatError::PayloadVersion { kind: Self::KIND, found: self.version() });
        }
        self.rules().map_err(|rule| FormatError::PayloadRule { kind: Self::KIND, rule })
    }
}

/// The version of every kind so far.
pub const VERSION: u64 = 1;

fn all(rules: &[(bool, &'static str)]) -> Result<(), &'static str> {
    rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(*rule))
}

fn is_integer(value: u64) -> bool {
    value <= limits::INTEGER
}

/// `250 managed devices`, `1 computer`: a number and its noun.
pub(crate) fn counted(count: u64, singular: &str) -> String {
    if count == 1 { format!("1 {singular}") } else { format!("{count} {singular}s") }
}
