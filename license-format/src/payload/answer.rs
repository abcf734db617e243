//! The two answers that are not a license: a signed yes to a deactivation, and a signed no.

use serde::{Deserialize, Serialize};

use super::{InstallationName, LicenseType, Payload, all, is_integer};
use crate::{
    bytes::{Digest, LicenseId, Thumbprint},
    kind::Kind,
    text::{Label, Token},
    timestamp::Timestamp,
};

/// The signed yes to a deactivation: the slot's earlier licenses no longer count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeactivationReceipt {
    /// When it was signed.
    pub issued: Timestamp,
    /// The signer's record number.
    pub record: u64,
    /// Who signs.
    pub vendor: Label,
    /// Digest of the request that it answers.
    pub answers: Digest,
    /// Counter of that request.
    pub counter: u64,
    /// The license that ended, if one was in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<LicenseId>,
    /// 1.
    pub version: u64,
    /// For whom.
    pub installation: InstallationName,
    /// The slot.
    #[serde(rename = "license-type")]
    pub license_type: LicenseType,
}

impl Payload for DeactivationReceipt {
    const KIND: Kind = Kind::DeactivationReceipt;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        all(&[(
            self.counter > 0 && is_integer(self.counter) && is_integer(self.record),
            "counters start at 1, and numbers end at 2^53-1",
        )])
    }

    fn readable(&self) -> Vec<String> {
        vec![
            format!("Deactivation receipt: {}, the license key is free again", self.license_type.title()),
            self.installation.line(),
            format!("Issued: {} by {}", self.issued.date(), self.vendor),
            format!("Answers: request number {}, {}", self.counter, self.answers.short()),
        ]
    }
}

/// A signed no, with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Stable, for programs.
    pub code: Token,
    /// The reason in a sentence.
    pub says: Label,
    /// Whether the same request can never get another answer.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// When the reason goes away by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When it was signed.
    pub issued: Timestamp,
    /// The signer's record number.
    pub record: u64,
    /// Who signs.
    pub vendor: Label,
    /// Digest of the request that it answers.
    pub answers: Digest,
    /// Counter of that request.
    pub counter: u64,
    /// 1.
    pub version: u64,
    /// What to do.
    #[serde(rename = "next-step")]
    pub next_step: Label,
    /// For whom: the thumbprint of the key that signed the request.
    pub installation: Thumbprint,
    /// The slot.
    #[serde(rename = "license-type")]
    pub license_type: LicenseType,
}

impl Payload for Refusal {
    const KIND: Kind = Kind::Refusal;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        all(&[
            (
                self.counter > 0 && is_integer(self.counter) && is_integer(self.record),
                "counters start at 1, and numbers end at 2^53-1",
            ),
            (!(self.is_final && self.until.is_some()), "a final refusal does not go away"),
        ])
    }

    fn readable(&self) -> Vec<String> {
        let again = if self.is_final {
            "this request is answered for good"
        } else {
            "the same file may be brought again"
        };
        let mut lines = vec![
            // In parentheses, since a code may begin as an armoured file's base 64 does.
            format!("Refused: {} ({}), {again}", self.license_type.title(), self.code),
            format!("Reason: {}", self.says),
            format!("Next step: {}", self.next_step),
        ];
        lines.extend(self.until.map(|until| format!("Changes by itself: {}", until.date())));
        lines.push(format!("Installation: {}", self.installation.short()));
        lines.push(format!("Answers: request number {}, {}", self.counter, self.answers.short()));
        lines
    }
}
