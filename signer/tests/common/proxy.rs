//! A proxy without a disk: the verifier's own state machine and a key.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    LicenseKey, LicenseType, Nonce, PublicKey, Thumbprint, Timestamp, UnverifiedFile,
    payload::InstallationFacts, payload::License,
};
use verifier::{
    TrustState,
    installation::{Installation, Moment, PrepareError, Prepared},
};

#[derive(Clone)]
pub(crate) struct Proxy {
    key: SigningKey,
    pub(crate) state: Installation,
}

impl Proxy {
    pub(crate) fn new(number: u8, trust: &TrustState, now: Timestamp) -> Proxy {
        let key = SigningKey::from_bytes(&[number; 32]);
        let facts = InstallationFacts {
            name: format!("PROXY{number}").parse().unwrap(),
            product: "waybill-proxy".parse().unwrap(),
            version: "1.0".parse().unwrap(),
            site_code: format!("P{number:02}").parse().unwrap(),
            public_key: PublicKey(key.verifying_key().to_bytes()),
            fingerprint: BTreeMap::new(),
            site_description: None,
        };
        Proxy { state: Installation::set_up(facts, trust, now), key }
    }

    pub(crate) fn name(&self) -> Thumbprint {
        self.state.thumbprint()
    }

    /// The request's file; the state moves on.
    pub(crate) fn activate(
        &mut self,
        slot: LicenseType,
        key: &LicenseKey,
        moment: Moment,
    ) -> Result<Vec<u8>, PrepareError> {
        let secret = self.key.clone();
        let made = self.state.prepare_activation(slot, key, moment, |bytes| secret.sign(bytes).to_bytes())?;
        Ok(self.take(made))
    }

    pub(crate) fn refresh(&mut self, slot: LicenseType, moment: Moment) -> Result<Vec<u8>, PrepareError> {
        let secret = self.key.clone();
        let made = self.state.prepare_refresh(slot, moment, |bytes| secret.sign(bytes).to_bytes())?;
        Ok(self.take(made))
    }

    pub(crate) fn deactivate(&mut self, slot: LicenseType, moment: Moment) -> Result<Vec<u8>, PrepareError> {
        let secret = self.key.clone();
        let made = self.state.prepare_deactivation(slot, moment, |bytes| secret.sign(bytes).to_bytes())?;
        Ok(self.take(made))
    }

    pub(crate) fn use_seats(&mut self, slot: LicenseType, seats: u64, now: Timestamp) {
        self.state = self.state.set_usage(slot, seats, now);
    }

    /// Imports a file; a refusal leaves the state as it was.
    pub(crate) fn import(&mut self, file: &UnverifiedFile, now: Timestamp) {
        if let Ok((state, _)) = self.state.import(file, now) {
            self.state = state;
        }
    }

    pub(crate) fn license(&self, slot: LicenseType) -> Option<&License> {
        self.state.slot(slot).license()
    }

    fn take(&mut self, (state, prepared): (Installation, Prepared)) -> Vec<u8> {
        self.state = state;
        prepared.request.file().to_vec()
    }
}

/// A moment with a nonce of its own.
pub(crate) fn moment(now: Timestamp, number: u64) -> Moment {
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&number.to_be_bytes());
    Moment { now, nonce: Nonce(nonce) }
}
