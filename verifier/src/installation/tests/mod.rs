//! One site and one vendor, as small as they can be, and the tests by question. The vendor here answers whatever it is told to: its
//! rules are the signer's room; what must hold at the site must hold against any vendor.

mod clock;
mod import;
mod prepare;
mod promises;
mod status;
mod usage;

use license_format::{
    Digest, LicenseId, LicenseKey, LicenseType, Nonce, Timestamp, UnverifiedFile,
    payload::{DeactivationReceipt, License, Payload, Refusal, Request},
};

use super::{ImportError, Installation, Moment, Outcome, OwnRequest, PrepareError, Prepared};
use crate::testing::{self, TestKey};

pub(super) const DESKTOP: LicenseType = LicenseType::Desktop;
pub(super) const MOBILE: LicenseType = LicenseType::Mobile;

/// An installation with its key at hand. Every transition puts the new state in place, as the program does.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) key: TestKey,
    pub(super) state: Installation,
    pub(super) now: Timestamp,
    nonce: u128,
}

impl Site {
    pub(super) fn new() -> Site {
        Site::named("installation 1")
    }

    pub(super) fn named(name: &str) -> Site {
        let key = TestKey::named(name);
        let state = Installation::set_up(testing::facts(&key), &testing::trust(), testing::now());
        Site { key, state, now: testing::now(), nonce: 0 }
    }

    /// A site whose Desktop slot is active.
    pub(super) fn activated() -> Site {
        let mut site = Site::new();
        let request = site.activate(DESKTOP).unwrap();
        site.import(&grant(&request)).unwrap();
        site
    }

    fn moment(&mut self) -> Moment {
        self.nonce += 1;
        Moment { now: self.now, nonce: Nonce(self.nonce.to_be_bytes()) }
    }

    pub(super) fn activate(&mut self, slot: LicenseType) -> Result<OwnRequest, PrepareError> {
        self.activate_with(slot, &testing::license_key(slot)).map(|prepared| prepared.request)
    }

    pub(super) fn activate_with(
        &mut self,
        slot: LicenseType,
        key: &LicenseKey,
    ) -> Result<Prepared, PrepareError> {
        let (moment, signer) = (self.moment(), self.key.clone());
        let done = self.state.prepare_activation(slot, key, moment, |bytes| signer.sign(bytes));
        self.take(done)
    }

    pub(super) fn refresh(&mut self, slot: LicenseType) -> Result<Prepared, PrepareError> {
        let (moment, signer) = (self.moment(), self.key.clone());
        let done = self.state.prepare_refresh(slot, moment, |bytes| signer.sign(bytes));
        self.take(done)
    }

    /// A refresh that says something new, and so is a new request.
    pub(super) fn refresh_anew(&mut self, slot: LicenseType) -> OwnRequest {
        let used = 1_000 + u64::try_from(self.nonce).unwrap();
        self.state = self.state.set_usage(slot, used, self.now);
        self.refresh(slot).unwrap().request
    }

    pub(super) fn deactivate(&mut self, slot: LicenseType) -> Result<Prepared, PrepareError> {
        let (moment, signer) = (self.moment(), self.key.clone());
        let done = self.state.prepare_deactivation(slot, moment, |bytes| signer.sign(bytes));
        self.take(done)
    }

    fn take(
        &mut self,
        done: Result<(Installation, Prepared), PrepareError>,
    ) -> Result<Prepared, PrepareError> {
        let (state, prepared) = done?;
        self.state = state;
        Ok(prepared)
    }

    /// Imports as the program does: what was reviewed is what is done.
    pub(super) fn import(&mut self, file: &UnverifiedFile) -> Result<Outcome, ImportError> {
        let reviewed = self.state.review(file, self.now);
        let done = self.state.import(file, self.now);
        assert_eq!(reviewed, done.clone().map(|(_, outcome)| outcome));
        let (state, outcome) = done?;
        assert!(outcome.changes() || state == self.state, "{outcome:?}");
        self.state = state;
        Ok(outcome)
    }

    pub(super) fn license(&self, slot: LicenseType) -> Option<&License> {
        self.state.slot(slot).license()
    }

    pub(super) fn in_force(&self, slot: LicenseType) -> Option<u64> {
        self.license(slot).map(|license| license.counter)
    }
}

/// What a request says.
pub(super) fn read(request: &OwnRequest) -> Request {
    let file = UnverifiedFile::decode(request.file()).unwrap();
    let request = Request::decode_unverified(&file.document).unwrap();
    match &request {
        Request::Activation(request) => request.check().unwrap(),
        Request::Refresh(request) => request.check().unwrap(),
        Request::Deactivation(request) => request.check().unwrap(),
    }
    request
}

/// A license that answers a request.
pub(super) fn license_for(request: &OwnRequest) -> License {
    let said = read(request);
    let id: [u8; 16] = Digest::of(request.digest().as_bytes()).0[..16].try_into().unwrap();
    License {
        id: LicenseId(id),
        answers: request.digest(),
        counter: request.counter(),
        installation: said.installation().named(),
        ..testing::license(request.license_type())
    }
}

pub(super) fn grant(request: &OwnRequest) -> UnverifiedFile {
    testing::seal_answer(&license_for(request))
}

pub(super) fn receipt(request: &OwnRequest) -> UnverifiedFile {
    testing::seal_answer(&DeactivationReceipt {
        answers: request.digest(),
        counter: request.counter(),
        installation: read(request).installation().named(),
        ..testing::receipt(request.license_type())
    })
}

pub(super) fn refusal(request: &OwnRequest, change: impl FnOnce(&mut Refusal)) -> UnverifiedFile {
    let mut refusal = Refusal {
        answers: request.digest(),
        counter: request.counter(),
        installation: read(request).installation().public_key.thumbprint(),
        ..testing::refusal(request.license_type())
    };
    change(&mut refusal);
    testing::seal_answer(&refusal)
}
