//! The license: the complete grant. The later replaces the earlier whole, so there is one kind for activation and refresh.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{LicenseKeyRef, LicenseType, Payload, all, counted, is_integer};
use crate::{
    bytes::{Digest, LicenseId, Thumbprint},
    kind::Kind,
    limits,
    text::{Label, SiteCode, Token},
    timestamp::Timestamp,
};

/// What a seat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// A device under management.
    ManagedDevice,
    /// A user at work at the same time as others.
    ConcurrentUser,
    /// A computer.
    Computer,
    /// A named user.
    User,
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 4] =
        [Metric::ManagedDevice, Metric::ConcurrentUser, Metric::Computer, Metric::User];

    /// As written in payloads.
    pub fn name(self) -> &'static str {
        match self {
            Metric::ManagedDevice => "managed-device",
            Metric::ConcurrentUser => "concurrent-user",
            Metric::Computer => "computer",
            Metric::User => "user",
        }
    }

    /// One of them, for people.
    pub fn noun(self) -> &'static str {
        match self {
            Metric::ManagedDevice => "managed device",
            Metric::ConcurrentUser => "concurrent user",
            Metric::Computer => "computer",
            Metric::User => "user",
        }
    }

    /// From its name in payloads.
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// What happens while more seats are used than granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverLimit {
    /// It is said, and nothing stops. The managed-device terms.
    Notify,
    /// It is said, and after so many days over the limit the product is suspended until use is at or under it.
    SuspendAfterDays(u64),
    /// What would go over the limit is refused.
    Refuse,
}

/// A vendor's extra fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeatureValue {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(u64),
    /// A text.
    Text(Label),
}

/// So many seats of one metric, and their terms (design, section 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// How many.
    pub seats: u64,
    /// Whether this is a trial.
    pub trial: bool,
    /// Of what.
    pub metric: Metric,
    /// The product's edition.
    pub edition: Label,
    /// The vendor's extra facts.
    pub features: BTreeMap<Token, FeatureValue>,
    /// Days after the contract's end for which the grant still holds.
    #[serde(rename = "after-end")]
    pub after_end_days: u64,
    /// What happens over the limit.
    #[serde(rename = "over-limit")]
    pub over_limit: OverLimit,
    /// End of the contract, exclusive.
    #[serde(rename = "contract-end")]
    pub contract_end: Timestamp,
    /// Start of the contract, inclusive.
    #[serde(rename = "contract-start")]
    pub contract_start: Timestamp,
}

/// How an answer names the installation that it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstallationName {
    /// The server's name.
    pub name: Label,
    /// The ConfigMgr site.
    #[serde(rename = "site-code")]
    pub site_code: SiteCode,
    /// The thumbprint of its key: the only field that is compared.
    pub thumbprint: Thumbprint,
    /// The ConfigMgr site's description.
    #[serde(rename = "site-description", skip_serializing_if = "Option::is_none")]
    pub site_description: Option<Label>,
}

impl InstallationName {
    pub(super) fn line(&self) -> String {
        let InstallationName { site_code, thumbprint, site_description, .. } = self;
        match site_description {
            Some(description) => {
                format!("Site: {site_code} ({description}), installation {}", thumbprint.short())
            }
            None => format!("Site: {site_code}, installation {}", thumbprint.short()),
        }
    }
}

/// The oldest news with which a license may be used: a license never verifies against older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// Number of the trust bundle.
    pub bundle: u64,
    /// Number of the revocation list, 0 while there is none.
    pub revocations: u64,
}

/// The complete grant for one slot of one installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    /// Its identity.
    pub id: LicenseId,
    /// The oldest news with which it may be used.
    pub floor: Floor,
    /// Seconds after `good_until` for which it is still honoured.
    pub grace: u64,
    /// What is granted, one entry for each metric.
    pub grants: Vec<Grant>,
    /// When it was signed.
    pub issued: Timestamp,
    /// The signer's record number.
    pub record: u64,
    /// Who sold it.
    pub vendor: Label,
    /// Digest of the request that it answers.
    pub answers: Digest,
    /// Counter of that request: the order of licenses is the order of their requests.
    pub counter: u64,
    /// The vendor's product.
    pub product: Label,
    /// 1.
    pub version: u64,
    /// The file's own end, exclusive. Never past the contract's.
    #[serde(rename = "good-until")]
    pub good_until: Timestamp,
    /// By when the next request should reach the portal.
    #[serde(rename = "report-due")]
    pub report_due: Timestamp,
    /// The instant to which a high-water mark that ran ahead is put back. Only ever `issued`.
    #[serde(rename = "time-reset", skip_serializing_if = "Option::is_none")]
    pub time_reset: Option<Timestamp>,
    /// The license key under which it was issued.
    #[serde(rename = "license-key")]
    pub license_key: LicenseKeyRef,
    /// For whom.
    pub installation: InstallationName,
    /// The slot.
    #[serde(rename = "license-type")]
    pub license_type: LicenseType,
    /// Seconds by which a clock may be set back without consequence.
    #[serde(rename = "clock-tolerance")]
    pub clock_tolerance: u64,
}

impl License {
    /// The end of the contract: the latest of its grants'.
    pub fn contract_end(&self) -> Timestamp {
        self.grants.iter().map(|grant| grant.contract_end).max().unwrap_or(Timestamp::MIN)
    }

    /// The start of the contract: the earliest of its grants'.
    pub fn contract_start(&self) -> Timestamp {
        self.grants.iter().map(|grant| grant.contract_start).min().unwrap_or(Timestamp::MIN)
    }

    /// The end of the lease (design, section 4): from then on no proxy that keeps its clock honours the license.
    pub fn lease_end(&self) -> Timestamp {
        self.good_until.plus(self.grace).plus(self.clock_tolerance)
    }

    /// Seats of a metric, 0 if none are granted.
    pub fn seats(&self, metric: Metric) -> u64 {
        self.grants.iter().find(|grant| grant.metric == metric).map_or(0, |grant| grant.seats)
    }
}

impl Payload for License {
    const KIND: Kind = Kind::License;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        let distinct =
            |(at, grant): (usize, &Grant)| self.grants[..at].iter().all(|other| other.metric != grant.metric);
        let grant_fits = |grant: &Grant| {
            grant.contract_start < grant.contract_end
                && grant.features.len() <= limits::FEATURES
                && [grant.seats, grant.after_end_days].into_iter().all(is_integer)
        };
        all(&[
            ((1..=limits::GRANTS).contains(&self.grants.len()), "a license has 1 to 4 grants"),
            (self.grants.iter().enumerate().all(distinct), "a metric is granted twice"),
            (self.grants.iter().all(grant_fits), "a grant contradicts itself"),
            (self.issued < self.good_until, "the file ends before it begins"),
            (self.good_until <= self.contract_end(), "the file is good for longer than the contract"),
            (self.report_due <= self.good_until, "the report is due after the file's end"),
            (self.grace <= limits::PERIOD && self.clock_tolerance <= limits::PERIOD, "a period is too long"),
            (
                self.time_reset.is_none_or(|to| to == self.issued),
                "a time reset must lead to the time of issue",
            ),
            (
                self.counter > 0
                    && [self.counter, self.record, self.floor.bundle, self.floor.revocations]
                        .into_iter()
                        .all(is_integer),
                "counters start at 1, and numbers end at 2^53-1",
            ),
        ])
    }

    fn readable(&self) -> Vec<String> {
        let seats: Vec<String> =
            self.grants.iter().map(|grant| counted(grant.seats, grant.metric.noun())).collect();
        let trial = if self.grants.iter().any(|grant| grant.trial) { ", trial" } else { "" };
        let mut lines = vec![
            format!(
                "License: {}, {}, {}{trial}",
                self.product,
                self.license_type.title(),
                seats.join(" and ")
            ),
            self.installation.line(),
            format!("Contract: {} to {}", self.contract_start().date(), self.contract_end().date()),
            format!("File good until: {}", self.good_until.date()),
            format!("Report due by: {}", self.report_due.date()),
        ];
        lines.extend(self.time_reset.map(|to| format!("Time reset: to {}", to.minute())));
        lines.push(format!("Answers: request number {}, {}", self.counter, self.answers.short()));
        lines
    }
}
