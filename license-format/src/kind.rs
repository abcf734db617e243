//! The kinds of document. The kind is inside the signature (RFC 9596), so that no document can pass for another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a document is. An unknown kind is refused: whoever does not know a kind cannot know what it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Asks for a first license of a slot. Signed by the installation.
    ActivationRequest,
    /// Asks for the license that replaces the one in force. Signed by the installation.
    RefreshRequest,
    /// Gives a slot back. Signed by the installation.
    DeactivationRequest,
    /// The complete grant.
    License,
    /// The signed yes to a deactivation.
    DeactivationReceipt,
    /// A signed no.
    Refusal,
    /// Which keys may sign what. Signed by root keys.
    TrustBundle,
    /// Licenses and keys that are no longer honoured.
    RevocationList,
    /// Size and root of the log.
    Checkpoint,
    /// Diagnostics for the vendor's support. Signed by the installation.
    SupportBundle,
}

impl Kind {
    /// All kinds, in the order of the specification.
    pub const ALL: [Kind; 10] = [
        Kind::ActivationRequest,
        Kind::RefreshRequest,
        Kind::DeactivationRequest,
        Kind::License,
        Kind::DeactivationReceipt,
        Kind::Refusal,
        Kind::TrustBundle,
        Kind::RevocationList,
        Kind::Checkpoint,
        Kind::SupportBundle,
    ];

    /// The kind's name as written in payloads and media types.
    pub fn name(self) -> &'static str {
        match self {
            Kind::ActivationRequest => "activation-request",
            Kind::RefreshRequest => "refresh-request",
            Kind::DeactivationRequest => "deactivation-request",
            Kind::License => "license",
            Kind::DeactivationReceipt => "deactivation-receipt",
            Kind::Refusal => "refusal",
            Kind::TrustBundle => "trust-bundle",
            Kind::RevocationList => "revocation-list",
            Kind::Checkpoint => "checkpoint",
            Kind::SupportBundle => "support-bundle",
        }
    }

    /// The media type that stands in the signed header as `typ`.
    pub fn media_type(self) -> String {
        format!("application/vnd.waybill.{}+cose", self.name())
    }

    /// The kind of a media type, if it is one of ours.
    pub fn from_media_type(text: &str) -> Option<Kind> {
        let name = text.strip_prefix("application/vnd.waybill.")?.strip_suffix("+cose")?;
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What stands between `BEGIN WAYBILL ` and the dashes of an armoured block.
    pub fn armour_label(self) -> String {
        self.name().to_uppercase().replace('-', " ")
    }

    /// `a license`, `an activation request`: as a sentence needs it.
    pub fn with_article(self) -> String {
        let article = if self == Kind::ActivationRequest { "an" } else { "a" };
        format!("{article} {self}")
    }

    /// Whether an installation makes it and the signer answers it.
    pub fn is_request(self) -> bool {
        matches!(self, Kind::ActivationRequest | Kind::RefreshRequest | Kind::DeactivationRequest)
    }

    /// Whether the signer makes it for a request.
    pub fn is_answer(self) -> bool {
        matches!(self, Kind::License | Kind::DeactivationReceipt | Kind::Refusal)
    }

    /// Whether it may travel along with a document of the kind `with`: news of trust with answers; with a request the licenses in
    /// force, from which a signer restored from an old backup takes its record back (design, section 4).
    pub fn travels_with(self, with: Kind) -> bool {
        if with.is_request() { self == Kind::License } else { self.is_trust() }
    }

    /// Whether it is about which documents to believe.
    pub fn is_trust(self) -> bool {
        matches!(self, Kind::TrustBundle | Kind::RevocationList | Kind::Checkpoint)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('-', " "))
    }
}
