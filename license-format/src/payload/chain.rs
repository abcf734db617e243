//! The chain fields that tie an installation's requests together, and what its slots and its clock report (design, section 4).

use serde::{Deserialize, Serialize};

use super::{LicenseType, all, is_integer};
use crate::{
    bytes::{Digest, Nonce},
    limits,
    timestamp::Timestamp,
};

/// One of the installation's own requests: its counter and its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainLink {
    /// The digest of the request document.
    pub digest: Digest,
    /// The request's counter.
    pub counter: u64,
}

/// What an installation has seen of the signer's log: the newest checkpoint that came with an answer it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenLog {
    /// The root of the Merkle tree.
    pub root: Digest,
    /// How many leaves it had.
    pub size: u64,
}

/// What a slot proves to the signer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotReport {
    /// Counter of the slot's last deactivation request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<u64>,
    /// The request that the license in force answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holding: Option<ChainLink>,
}

/// A report for every slot that was ever used, by license type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotReports {
    #[serde(skip_serializing_if = "Option::is_none")]
    farm: Option<SlotReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<SlotReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    desktop: Option<SlotReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    computers: Option<SlotReport>,
}

impl SlotReports {
    /// The report of a slot, if it was ever used.
    pub fn slot(&self, license_type: LicenseType) -> Option<SlotReport> {
        match license_type {
            LicenseType::Desktop => self.desktop,
            LicenseType::Mobile => self.mobile,
            LicenseType::Farm => self.farm,
            LicenseType::Computers => self.computers,
        }
    }

    /// Sets the report of a slot.
    pub fn set(&mut self, license_type: LicenseType, report: SlotReport) {
        *match license_type {
            LicenseType::Desktop => &mut self.desktop,
            LicenseType::Mobile => &mut self.mobile,
            LicenseType::Farm => &mut self.farm,
            LicenseType::Computers => &mut self.computers,
        } = Some(report);
    }

    /// Counters start at 1, and a license in force was asked for after the slot's last deactivation.
    pub(super) fn rules(&self) -> Result<(), &'static str> {
        let fits = |slot: SlotReport| {
            slot.ended.is_none_or(|ended| ended > 0)
                && slot.holding.is_none_or(|held| held.counter > slot.ended.unwrap_or(0))
        };
        all(&[(self.iter().all(|(_, slot)| fits(slot)), "a slot ended nothing, or holds what it ended")])
    }

    /// The slots that were ever used, with their reports.
    pub fn iter(&self) -> impl Iterator<Item = (LicenseType, SlotReport)> + '_ {
        LicenseType::ALL.into_iter().filter_map(|kind| Some((kind, self.slot(kind)?)))
    }
}

/// The chain fields that every request carries, whichever slot it is for (design, section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The newest checkpoint that was read of the log that the signer kept under `record`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<SeenLog>,
    /// Digests of all own requests after `since` and before this one, in order.
    pub open: Vec<Digest>,
    /// Makes requests of two copies differ.
    pub nonce: Nonce,
    /// The highest own request whose final answer was read, in any slot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<ChainLink>,
    /// What every slot proves.
    pub slots: SlotReports,
    /// The newest record number of the signer that was read, 0 at first.
    pub record: u64,
    /// Up by one for each request file of the installation, from 1.
    pub counter: u64,
}

impl Chain {
    /// The claims that the chain makes about earlier requests: `since`, then every open one with its counter.
    pub fn claims(&self) -> impl Iterator<Item = ChainLink> + '_ {
        let first_open = self.since.map_or(1, |since| since.counter + 1);
        let open = self
            .open
            .iter()
            .zip(first_open..)
            .map(|(digest, counter)| ChainLink { digest: *digest, counter });
        self.since.into_iter().chain(open)
    }

    pub(super) fn rules(&self) -> Result<(), &'static str> {
        let before = self.since.map_or(0, |since| since.counter);
        // A license in force answers an earlier request; a deactivation may be this one.
        let slots_fit = self.slots.iter().all(|(_, slot)| {
            slot.holding.is_none_or(|held| held.counter < self.counter)
                && slot.ended.is_none_or(|ended| ended <= self.counter)
        });
        self.slots.rules()?;
        all(&[
            (
                is_integer(self.counter) && is_integer(self.record) && self.counter > 0,
                "counters start at 1, and numbers end at 2^53-1",
            ),
            (
                before.checked_add(self.open.len() as u64 + 1) == Some(self.counter),
                "`open` must list every request after `since`",
            ),
            // A deactivation may always be made, and the last of the slots' lists those of the others beyond the cap.
            (self.open.len() < limits::OPEN_REQUESTS + LicenseType::ALL.len(), "too many open requests"),
            (self.since.is_none_or(|since| since.counter > 0), "counters start at 1"),
            (
                self.log.is_none_or(|log| log.size > 0 && is_integer(log.size)),
                "a log that was seen has at least one answer",
            ),
            (slots_fit, "a slot holds or ended something newer than this request"),
        ])
    }
}

/// What the installation's clock did. Never trusted as a time, only reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockReport {
    /// The clock when the request was made.
    pub now: Timestamp,
    /// The latest time ever seen, which effective time does not fall behind.
    #[serde(rename = "high-water")]
    pub high_water: Timestamp,
    /// How often the clock was found set back by more than the tolerance.
    #[serde(rename = "steps-back")]
    pub steps_back: u64,
}
