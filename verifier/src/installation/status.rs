//! What people and programs see of a slot: what it is, the license in force, and what to do next.

use license_format::{Kind, LicenseType, Metric, Timestamp};
use serde::Serialize;

use super::{Installation, Revocation, Slot};
use crate::evaluate::{EffectiveTime, Notice, State, Verdict, evaluate};

/// A slot's state without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlotState {
    /// Never used.
    Empty,
    /// A license key was typed; nothing is in force.
    Requested,
    /// A license is in force.
    Active,
    /// Deactivated.
    Released,
}

/// Something to be told, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Stable, for programs.
    pub code: String,
    /// In a sentence.
    pub says: String,
    /// What to do.
    pub next_step: String,
}

/// A slot at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotStatus {
    /// What it is.
    pub state: SlotState,
    /// How the license in force is doing.
    pub standing: Option<State>,
    /// The license key with all but its last group hidden.
    pub license_key: Option<String>,
    /// The slot.
    pub license_type: LicenseType,
    /// What is counted.
    pub metric: Metric,
    /// When the license in force was signed.
    pub issued: Option<Timestamp>,
    /// The contract's start.
    pub contract_start: Option<Timestamp>,
    /// The contract's end.
    pub contract_end: Option<Timestamp>,
    /// The license file's own end.
    pub good_until: Option<Timestamp>,
    /// By when the next request should reach the portal.
    pub report_due: Option<Timestamp>,
    /// Seats granted.
    pub seats: Option<u64>,
    /// Seats used, if that was ever counted.
    pub used: Option<u64>,
    /// Seats left, 0 at or over the limit.
    pub remaining: Option<u64>,
    /// Number of the request that made the slot what it is.
    pub counter: Option<u64>,
    /// What to tell, the most urgent first.
    pub notices: Vec<Note>,
}

/// Whether something may be done in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// Yes or no.
    pub allowed: bool,
    /// The slot.
    pub status: SlotStatus,
}

impl Installation {
    /// The time by which licenses are judged, given a reading of the clock.
    pub fn effective_time(&self, clock: Timestamp) -> EffectiveTime {
        EffectiveTime { clock, high_water: self.clock.floor() }
    }

    /// What the license in force in a slot allows.
    pub fn verdict(&self, license_type: LicenseType, clock: Timestamp) -> Option<Verdict> {
        let license = self.slot(license_type).license()?;
        Some(evaluate(license, &self.judged(license_type), self.effective_time(clock)))
    }

    /// A slot as people see it.
    pub fn status(&self, license_type: LicenseType, clock: Timestamp) -> SlotStatus {
        let verdict = self.verdict(license_type, clock);
        let notices = verdict.iter().flat_map(|verdict| &verdict.notices).map(Note::from).collect();
        self.status_with(license_type, verdict.as_ref(), notices)
    }

    /// Whether `add` more may be used in a slot; with 0, whether what uses it already may go on. A slot without a license allows
    /// nothing.
    pub fn check(&self, license_type: LicenseType, add: u64, clock: Timestamp) -> Permit {
        let verdict = self.verdict(license_type, clock);
        let metric = self.metric(license_type);
        let check = verdict.as_ref().map(|verdict| verdict.check(metric, add));
        let goes_on = verdict
            .as_ref()
            .and_then(|verdict| verdict.grant(metric))
            .is_some_and(|grant| grant.existing_go_on);
        let allowed = match &check {
            // Who asks to add may add nothing under a revoked license; what is managed already is not stopped by it.
            Some(check) if add > 0 => check.allowed && self.slot(license_type).revoked_by().is_none(),
            _ => goes_on,
        };
        let notices = check.iter().flat_map(|check| &check.notices).map(Note::from).collect();
        Permit { allowed, status: self.status_with(license_type, verdict.as_ref(), notices) }
    }

    fn status_with(
        &self,
        license_type: LicenseType,
        verdict: Option<&Verdict>,
        mut notices: Vec<Note>,
    ) -> SlotStatus {
        let slot = self.slot(license_type);
        let metric = self.metric(license_type);
        let license = slot.license();
        let (state, license_key, counter) = match slot {
            Slot::Empty => (SlotState::Empty, None, None),
            Slot::Requested(requested) => {
                (SlotState::Requested, Some(&requested.license_key), Some(requested.counter))
            }
            Slot::Active(active) => {
                let license = active.license.license();
                (SlotState::Active, Some(&license.license_key), Some(license.counter))
            }
            Slot::Released(released) => {
                (SlotState::Released, Some(&released.license_key), Some(released.ended))
            }
        };
        notices.extend(self.notes(license_type));
        let used = self.used(license_type);
        let seats = license.map(|license| license.seats(metric));
        SlotStatus {
            state,
            standing: verdict.map(|verdict| verdict.state),
            license_key: license_key.map(|key| key.last_group.masked()),
            license_type,
            metric,
            issued: license.map(|license| license.issued),
            contract_start: license.map(|license| license.contract_start()),
            contract_end: license.map(|license| license.contract_end()),
            good_until: license.map(|license| license.good_until),
            report_due: license.map(|license| license.report_due),
            seats,
            used,
            remaining: seats.map(|seats| seats.saturating_sub(used.unwrap_or(0))),
            counter,
            notices,
        }
    }

    /// What the exchange has to say of a slot, besides what the license says.
    fn notes(&self, license_type: LicenseType) -> Vec<Note> {
        let slot = self.slot(license_type);
        let mut notes = Vec::new();
        match slot.revoked_by() {
            None => {}
            Some(Revocation::List(list)) => notes.push(Note::new(
                "license-revoked",
                format!("the vendor has revoked this license (list number {list}); nothing new is added"),
                "Ask the vendor why, then prepare a refresh.",
            )),
            Some(Revocation::Bundle(bundle)) => notes.push(Note::new(
                "key-distrusted",
                format!(
                    "the key that signed this license was not the vendor's alone any more when it did (trust bundle {bundle}); nothing \
                     new is added"
                ),
                "Prepare a refresh: the new license is signed by another key.",
            )),
        }
        if let Some(refusal) = slot.refused() {
            notes.push(Note {
                code: refusal.code.to_string(),
                says: format!("request number {} was refused: {}", refusal.counter, refusal.says),
                next_step: refusal.next_step.to_string(),
            });
        } else if let Some(own) = self.waiting(license_type) {
            notes.push(match own.kind() {
                Kind::DeactivationRequest => Note::new(
                    "deactivation-unconfirmed",
                    format!(
                        "the license key is free only once the portal has request number {}",
                        own.counter()
                    ),
                    "Upload the deactivation request, and import the receipt.",
                ),
                kind => Note::new(
                    "request-open",
                    format!(
                        "the {kind} number {} of {} waits for its answer",
                        own.counter(),
                        own.made().date()
                    ),
                    "Upload it to the portal, and import the answer.",
                ),
            });
        }
        notes
    }
}

impl Note {
    fn new(code: &str, says: String, next_step: &str) -> Note {
        Note { code: code.to_owned(), says, next_step: next_step.to_owned() }
    }
}

impl From<&Notice> for Note {
    fn from(notice: &Notice) -> Note {
        Note::new(notice.code(), notice.to_string(), notice.next_step())
    }
}
