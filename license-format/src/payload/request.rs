//! What an installation says: the three requests. The chain that every one carries is in `chain`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Chain, ClockReport, InstallationName, LicenseType, Metric, Payload, SlotReport, all, counted, is_integer,
};
use crate::{
    bytes::{Digest, FingerprintPart, LicenseId, PublicKey},
    envelope::UnverifiedDocument,
    error::FormatError,
    kind::Kind,
    license_key, limits,
    text::{Label, SiteCode, Token},
    timestamp::Timestamp,
};

/// Which key was typed: enough to find it, not enough to type it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenseKeyRef {
    /// See `LicenseKey::digest`.
    pub digest: Digest,
    /// The last five characters, for people.
    #[serde(rename = "last-group")]
    pub last_group: license_key::LastGroup,
}

/// What an installation says of itself, in every request: so each request can be verified alone, by the key that it carries, also
/// by a signer whose record was restored from a time before the installation, and a renamed server is known at its next request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstallationFacts {
    /// The server's name.
    pub name: Label,
    /// The program beside the ConfigMgr proxy.
    pub product: Label,
    /// Its version.
    pub version: Label,
    /// The ConfigMgr site.
    #[serde(rename = "site-code")]
    pub site_code: SiteCode,
    /// The installation's key; the request is signed with it, which proves its possession.
    #[serde(rename = "public-key")]
    pub public_key: PublicKey,
    /// Keyed digests of facts about the machine; the key of the digests stays there.
    pub fingerprint: BTreeMap<Token, FingerprintPart>,
    /// The ConfigMgr site's description.
    #[serde(rename = "site-description", skip_serializing_if = "Option::is_none")]
    pub site_description: Option<Label>,
}

impl InstallationFacts {
    /// How answers name this installation.
    pub fn named(&self) -> InstallationName {
        InstallationName {
            name: self.name.clone(),
            site_code: self.site_code.clone(),
            thumbprint: self.public_key.thumbprint(),
            site_description: self.site_description.clone(),
        }
    }

    fn rules(&self) -> Result<(), &'static str> {
        all(&[(self.fingerprint.len() <= limits::FINGERPRINT_PARTS, "too many fingerprint parts")])
    }

    fn lines(&self) -> [String; 2] {
        [self.named().line(), format!("Server: {}, {} {}", self.name, self.product, self.version)]
    }
}

/// Use of one metric since the report before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageLine {
    /// When the period began.
    pub from: Timestamp,
    /// The highest use in the period, in seats.
    pub peak: u64,
    /// The use at its end, in seats.
    pub used: u64,
    /// When the period ended.
    pub until: Timestamp,
    /// What was counted.
    pub metric: Metric,
}

impl UsageLine {
    fn fits(&self) -> bool {
        self.from <= self.until && self.used <= self.peak && is_integer(self.peak)
    }
}

/// Asks for a first license of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivationRequest {
    /// The chain fields.
    pub chain: Chain,
    /// The clock.
    pub clock: ClockReport,
    /// 1.
    pub version: u64,
    /// The key that was typed.
    #[serde(rename = "license-key")]
    pub license_key: LicenseKeyRef,
    /// Who asks.
    pub installation: InstallationFacts,
    /// The slot.
    #[serde(rename = "license-type")]
    pub license_type: LicenseType,
}

/// Asks for the license that replaces the one in force, and reports use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// The chain fields.
    pub chain: Chain,
    /// The clock.
    pub clock: ClockReport,
    /// Use since the report before.
    pub usage: Vec<UsageLine>,
    /// The license in force.
    pub license: LicenseId,
    /// 1.
    pub version: u64,
    /// Who asks.
    pub installation: InstallationFacts,
    /// The slot.
    #[serde(rename = "license-type")]
    pub license_type: LicenseType,
}

/// Says that the slot stopped, and that everything answering an earlier request of it is dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeactivationRequest {
    /// The chain fields.
    pub chain: Chain,
    /// The clock.
    pub clock: ClockReport,
    /// Use since the report before.
    pub usage: Vec<UsageLine>,
    /// The license that was in force, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<LicenseId>,
    /// 1.
    pub version: u64,
    /// Who asks.
    pub installation: InstallationFacts,
    /// The slot.
    #[serde(rename = "license-type")]
    pub license_type: LicenseType,
}

impl Payload for ActivationRequest {
    const KIND: Kind = Kind::ActivationRequest;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        self.chain.rules()?;
        self.installation.rules()?;
        all(&[(
            self.chain.slots.slot(self.license_type).is_none_or(|slot| slot.holding.is_none()),
            "the slot is active already",
        )])
    }

    fn readable(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "Activation request: {}, license key ending in {}",
            self.license_type.title(),
            self.license_key.last_group
        )];
        lines.extend(self.installation.lines());
        lines.push(made_line(&self.chain, &self.clock));
        lines
    }
}

impl Payload for RefreshRequest {
    const KIND: Kind = Kind::RefreshRequest;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        self.chain.rules()?;
        self.installation.rules()?;
        usage_rules(&self.usage)?;
        let holds = self.chain.slots.slot(self.license_type).is_some_and(|slot| slot.holding.is_some());
        all(&[(holds, "a refresh needs a license in force")])
    }

    fn readable(&self) -> Vec<String> {
        let mut lines = vec![format!("Refresh request: {}", self.license_type.title())];
        lines.extend(self.installation.lines());
        lines.extend(usage_lines(&self.usage));
        lines.push(made_line(&self.chain, &self.clock));
        lines
    }
}

impl Payload for DeactivationRequest {
    const KIND: Kind = Kind::DeactivationRequest;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        self.chain.rules()?;
        self.installation.rules()?;
        usage_rules(&self.usage)?;
        let proof = SlotReport { ended: Some(self.chain.counter), holding: None };
        all(&[(
            self.chain.slots.slot(self.license_type) == Some(proof),
            "a deactivation must end its own slot",
        )])
    }

    fn readable(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "Deactivation request: {}, the site has stopped using its license",
            self.license_type.title()
        )];
        lines.extend(self.installation.lines());
        lines.extend(usage_lines(&self.usage));
        lines.push(made_line(&self.chain, &self.clock));
        lines
    }
}

/// Any of the three requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Asks for a first license.
    Activation(ActivationRequest),
    /// Asks for a newer license.
    Refresh(RefreshRequest),
    /// Gives a slot back.
    Deactivation(DeactivationRequest),
}

impl Request {
    /// Reads a request's payload without any claim that it is genuine. Refuses documents that are no request.
    pub fn decode_unverified(document: &UnverifiedDocument) -> Result<Request, FormatError> {
        match document.kind() {
            Kind::RefreshRequest => document.decode_unverified().map(Request::Refresh),
            Kind::DeactivationRequest => document.decode_unverified().map(Request::Deactivation),
            _ => document.decode_unverified().map(Request::Activation),
        }
    }

    /// Which of the three it is.
    pub fn kind(&self) -> Kind {
        match self {
            Request::Activation(_) => Kind::ActivationRequest,
            Request::Refresh(_) => Kind::RefreshRequest,
            Request::Deactivation(_) => Kind::DeactivationRequest,
        }
    }

    /// The chain fields.
    pub fn chain(&self) -> &Chain {
        match self {
            Request::Activation(request) => &request.chain,
            Request::Refresh(request) => &request.chain,
            Request::Deactivation(request) => &request.chain,
        }
    }

    /// The clock report.
    pub fn clock(&self) -> &ClockReport {
        match self {
            Request::Activation(request) => &request.clock,
            Request::Refresh(request) => &request.clock,
            Request::Deactivation(request) => &request.clock,
        }
    }

    /// The slot.
    pub fn license_type(&self) -> LicenseType {
        match self {
            Request::Activation(request) => request.license_type,
            Request::Refresh(request) => request.license_type,
            Request::Deactivation(request) => request.license_type,
        }
    }

    /// Who asks.
    pub fn installation(&self) -> &InstallationFacts {
        match self {
            Request::Activation(request) => &request.installation,
            Request::Refresh(request) => &request.installation,
            Request::Deactivation(request) => &request.installation,
        }
    }

    /// The usage report; an activation has none.
    pub fn usage(&self) -> &[UsageLine] {
        match self {
            Request::Activation(_) => &[],
            Request::Refresh(request) => &request.usage,
            Request::Deactivation(request) => &request.usage,
        }
    }

    /// The lines for people.
    pub fn readable(&self) -> Vec<String> {
        match self {
            Request::Activation(request) => request.readable(),
            Request::Refresh(request) => request.readable(),
            Request::Deactivation(request) => request.readable(),
        }
    }
}

fn usage_rules(usage: &[UsageLine]) -> Result<(), &'static str> {
    all(&[
        (usage.len() <= limits::USAGE_LINES, "too many usage lines"),
        (usage.iter().all(UsageLine::fits), "a usage line contradicts itself"),
    ])
}

fn usage_lines(usage: &[UsageLine]) -> impl Iterator<Item = String> + '_ {
    usage.iter().map(|line| {
        format!(
            "Usage: {}, at most {} from {} to {}",
            counted(line.used, line.metric.noun()),
            line.peak,
            line.from.date(),
            line.until.date()
        )
    })
}

fn made_line(chain: &Chain, clock: &ClockReport) -> String {
    format!("Request: number {}, made {}", chain.counter, clock.now.minute())
}
