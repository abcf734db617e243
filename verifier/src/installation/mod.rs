//! The proxy's side of the exchange (design, section 4): its whole state, and functions from an old state to a new one.
//!
//! A transition takes `&Installation` and gives a new one or a reason; who stores it does so in one atomic write, and a crash
//! before that write leaves the old state, which is as good as before. This room deliberately does not know files, the clock,
//! randomness and the secret key: time and nonce are parameters, and signing is a closure.
//!
//! - [`Installation::set_up`]
//! - [`Installation::prepare_activation`], [`prepare_refresh`](Installation::prepare_refresh),
//!   [`prepare_deactivation`](Installation::prepare_deactivation)
//! - [`Installation::review`] and [`Installation::import`]
//! - [`Installation::observe_clock`], [`Installation::set_usage`], [`Installation::status`]

mod blob;
mod clock;
mod error;
mod import;
mod prepare;
mod requests;
mod seen_log;
mod slot;
mod status;
#[cfg(test)]
mod tests;
mod usage;

use std::{borrow::Cow, collections::BTreeMap};

use license_format::{
    DAY, LicenseType, Metric, Nonce, Thumbprint, Timestamp, UnverifiedFile,
    payload::{ChainLink, InstallationFacts, License, SlotReports, TrustBundle},
};
use serde::{Deserialize, Serialize};

pub use error::{ImportError, PrepareError};
pub use import::{Installed, Outcome};
pub use prepare::{Prepared, Saved};
pub use requests::OwnRequest;
pub use slot::{Active, InForce, Released, Requested, Revocation, Slot};
pub use status::{Note, Permit, SlotState, SlotStatus};

use crate::{error::VerifyError, evaluate::Usage, trust::TrustState};
use blob::Blob;
use clock::Clock;
use requests::Requests;
use usage::SlotUsage;

/// What a request is made of besides the state: a clock reading, and what makes the requests of two copies differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The clock.
    pub now: Timestamp,
    /// 16 random bytes.
    pub nonce: Nonce,
}

/// One installation: its key's name, its counter and requests, and a slot for each license type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    facts: InstallationFacts,
    /// The file that `TrustState::pin` takes: pinned again where an answer is verified, so that showing a status costs no
    /// signature check.
    trust: Blob,
    requests: Requests,
    /// A slot that is not there is empty.
    slots: BTreeMap<LicenseType, Slot>,
    usage: BTreeMap<LicenseType, SlotUsage>,
    clock: Clock,
}

impl Installation {
    /// A new installation: all slots empty, nothing asked. The facts carry its public key, whose thumbprint is its name.
    pub fn set_up(facts: InstallationFacts, trust: &TrustState, now: Timestamp) -> Installation {
        Installation {
            facts,
            trust: Blob(trust.to_file().encode()),
            requests: Requests::default(),
            slots: BTreeMap::new(),
            usage: BTreeMap::new(),
            clock: Clock::start(now),
        }
    }

    /// Its name: the thumbprint of its key.
    pub fn thumbprint(&self) -> Thumbprint {
        self.facts.public_key.thumbprint()
    }

    /// What it says of itself when it activates.
    pub fn facts(&self) -> &InstallationFacts {
        &self.facts
    }

    /// Says something newer of the machine and the program. The key and the site stay what they are.
    #[must_use]
    pub fn with_facts(&self, facts: InstallationFacts) -> Installation {
        let facts = InstallationFacts {
            public_key: self.facts.public_key,
            site_code: self.facts.site_code.clone(),
            ..facts
        };
        Installation { facts, ..self.clone() }
    }

    /// The keys that it believes. Checks their signatures again; an error means that the state was made by other hands.
    pub fn trust(&self) -> Result<TrustState, VerifyError> {
        TrustState::pin(&UnverifiedFile::decode(&self.trust.0)?)
    }

    /// The number of the newest trust bundle that was taken: it was verified then, and is not again. Nothing where other hands made the state.
    pub fn trust_number(&self) -> Option<u64> {
        let file = UnverifiedFile::decode(&self.trust.0).ok()?;
        file.document.decode_unverified::<TrustBundle>().ok().map(|bundle| bundle.number)
    }

    /// The state of a slot.
    pub fn slot(&self, license_type: LicenseType) -> &Slot {
        static EMPTY: Slot = Slot::Empty;
        self.slots.get(&license_type).unwrap_or(&EMPTY)
    }

    /// How many seats a slot uses of what is counted in it, if that was ever counted.
    pub fn used(&self, license_type: LicenseType) -> Option<u64> {
        self.usage.get(&license_type)?.used(self.metric(license_type))
    }

    /// Counter of the newest request, 0 if none was made.
    pub fn counter(&self) -> u64 {
        self.requests.counter()
    }

    /// The highest own request whose final answer was read.
    pub fn since(&self) -> Option<ChainLink> {
        self.requests.since()
    }

    /// The newest record number of the signer that was read.
    pub fn record(&self) -> u64 {
        self.requests.record()
    }

    /// The requests that every new one lists: all after `since`.
    pub fn open(&self) -> impl Iterator<Item = &OwnRequest> {
        self.requests.open()
    }

    /// The newest request of a slot that waits for its final answer.
    pub fn waiting(&self, license_type: LicenseType) -> Option<&OwnRequest> {
        self.requests.newest(license_type)
    }

    /// The latest time ever seen. Only an answer's time reset puts it back.
    pub fn high_water(&self) -> Timestamp {
        self.clock.high_water()
    }

    /// How often the clock was found set back by more than the tolerance.
    pub fn steps_back(&self) -> u64 {
        self.clock.steps_back()
    }

    /// Takes a reading of the clock: the high-water mark rises with it, and a step back beyond the tolerance is counted.
    #[must_use]
    pub fn observe_clock(&self, now: Timestamp) -> Installation {
        let mut next = self.clone();
        next.clock.observe(now, self.tolerance());
        next
    }

    /// Takes a count of what the slot's product uses: of the metric that its license grants first, or that is usual for its type.
    #[must_use]
    pub fn set_usage(&self, license_type: LicenseType, used: u64, now: Timestamp) -> Installation {
        let mut next = self.observe_clock(now);
        let metric = self.metric(license_type);
        let at = next.clock.floor();
        let license = self.slot(license_type).license();
        next.usage.entry(license_type).or_default().set(metric, used, license, at);
        next
    }

    /// What is counted in a slot.
    pub fn metric(&self, license_type: LicenseType) -> Metric {
        let granted = self.slot(license_type).license().and_then(|license| license.grants.first());
        granted.map_or_else(|| usual_metric(license_type), |grant| grant.metric)
    }

    fn licenses(&self) -> impl Iterator<Item = &License> {
        self.slots.values().filter_map(Slot::license)
    }

    /// The strictest tolerance of the licenses in force, and a day where there is none.
    fn tolerance(&self) -> u64 {
        self.licenses().map(|license| license.clock_tolerance).min().unwrap_or(DAY)
    }

    fn reports(&self) -> SlotReports {
        let mut reports = SlotReports::default();
        for (license_type, slot) in &self.slots {
            if let Some(report) = slot.report() {
                reports.set(*license_type, report);
            }
        }
        reports
    }

    fn judged(&self, license_type: LicenseType) -> Cow<'_, Usage> {
        self.usage
            .get(&license_type)
            .map_or_else(|| Cow::Owned(Usage::none()), |usage| Cow::Borrowed(usage.judged()))
    }

    fn take_slot(&mut self, license_type: LicenseType) -> Slot {
        self.slots.remove(&license_type).unwrap_or_default()
    }

    fn put_slot(&mut self, license_type: LicenseType, slot: Slot) {
        if slot != Slot::Empty {
            self.slots.insert(license_type, slot);
        }
    }

    fn prune(&mut self) {
        let slots = &self.slots;
        self.requests.prune(|license_type| slots.get(&license_type).map_or(0, Slot::mark));
    }
}

fn usual_metric(license_type: LicenseType) -> Metric {
    match license_type {
        LicenseType::Desktop | LicenseType::Mobile => Metric::ManagedDevice,
        LicenseType::Farm => Metric::ConcurrentUser,
        LicenseType::Computers => Metric::Computer,
    }
}
