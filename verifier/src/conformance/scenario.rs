//! The scenario part of the conformance protocol: an installation is told one step after the other, and answers each with an outcome
//! and all of its state that others can see. The functions that it calls are those that the proxy calls.
//!
//! Steps and answers are what `test-vectors/README.md` describes, and have a JSON form. A scenario names the installation's secret key,
//! which every scenario's reader knows; what to do with it is the caller's part, so that this room still signs nothing.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use license_format::{
    Digest, LicenseKey, LicenseType, Nonce, Timestamp, UnverifiedFile,
    payload::{ChainLink, InstallationFacts},
};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    error::VerifyError,
    installation::{
        ImportError, Installation, Moment, Outcome, PrepareError, Prepared, Saved, Slot, SlotState,
    },
    trust::TrustState,
};

/// What an installation is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Begin anew, with nothing asked.
    Setup {
        /// The clock.
        now: Timestamp,
        /// The trust file to pin.
        trust: Base64,
        /// The seed of the installation's key (RFC 8032's private key).
        secret: Secret,
        /// What it says of itself.
        facts: InstallationFacts,
    },
    /// Ask for a slot's first license.
    PrepareActivation {
        /// The clock.
        now: Timestamp,
        /// What a new request is told apart by.
        nonce: Nonce,
        /// The slot.
        license_type: LicenseType,
        /// The license key as it was typed.
        license_key: String,
    },
    /// Ask for the license that replaces the one in force.
    PrepareRefresh {
        /// The clock.
        now: Timestamp,
        /// What a new request is told apart by.
        nonce: Nonce,
        /// The slot.
        license_type: LicenseType,
    },
    /// Stop a slot.
    PrepareDeactivation {
        /// The clock.
        now: Timestamp,
        /// What a new request is told apart by.
        nonce: Nonce,
        /// The slot.
        license_type: LicenseType,
    },
    /// Take a file.
    Import {
        /// The clock.
        now: Timestamp,
        /// The file, in any spelling.
        file: Base64,
    },
    /// Take a count of what a slot uses.
    SetUsage {
        /// The clock.
        now: Timestamp,
        /// The slot.
        license_type: LicenseType,
        /// How many.
        used: u64,
    },
    /// Say something newer of the machine and the program.
    SetFacts {
        /// The clock.
        now: Timestamp,
        /// What it says of itself now; its key and its site stay.
        facts: InstallationFacts,
    },
    /// Look at the clock.
    Status {
        /// The clock.
        now: Timestamp,
    },
}

/// What came of a step.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// One word of a closed list, or an error code.
    pub outcome: &'static str,
    /// The request's file, where one was prepared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Base64>,
    /// The state after the step. `None` only where nothing was set up, or the trust that was stored cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Visible>,
}

/// The state that others can see: what the next request says, what is trusted, and what each slot permits.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Visible {
    counter: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<ChainLink>,
    open: Vec<Digest>,
    record: u64,
    bundle: u64,
    revocations: u64,
    high_water: Timestamp,
    steps_back: u64,
    slots: BTreeMap<LicenseType, VisibleSlot>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
struct VisibleSlot {
    state: SlotState,
    #[serde(skip_serializing_if = "Option::is_none")]
    holding: Option<ChainLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<bool>,
    permits: Permits,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Permits {
    /// What runs goes on, and one more may be added.
    More,
    /// What runs goes on.
    WhatRuns,
    Nothing,
}

/// An installation that is told steps. `sign` makes an Ed25519 signature with the seed of a key.
#[derive(Debug)]
pub struct Player<F> {
    sign: F,
    playing: Option<(Secret, Installation)>,
}

impl<F: Fn(&[u8; 32], &[u8]) -> [u8; 64]> Player<F> {
    /// Nothing is set up yet.
    pub fn new(sign: F) -> Player<F> {
        Player { sign, playing: None }
    }

    /// Takes a step. Whatever is refused leaves the state as it was; every step but `setup` is refused before there is one.
    pub fn answer(&mut self, step: &Step) -> Answer {
        let (outcome, file) = match self.take(step) {
            Ok(done) => done,
            Err(code) => (code, None),
        };
        let state = self.playing.as_ref().and_then(|(_, installation)| visible(installation, step.now()));
        Answer { outcome, file, state }
    }

    fn take(&mut self, step: &Step) -> Result<(&'static str, Option<Base64>), &'static str> {
        if let Step::Setup { now, trust, secret, facts } = step {
            let pinned = UnverifiedFile::read(&trust.0)
                .map_err(VerifyError::from)
                .and_then(|file| TrustState::pin(&file))
                .map_err(|error| error.code())?;
            self.playing = Some((secret.clone(), Installation::set_up(facts.clone(), &pinned, *now)));
            return Ok(("done", None));
        }
        let Player { sign, playing } = self;
        let (secret, installation) = playing.as_mut().ok_or("not-set-up")?;
        let sign = |message: &[u8]| sign(&secret.0, message);
        let moment = |now: &Timestamp, nonce: &Nonce| Moment { now: *now, nonce: *nonce };
        let done = match step {
            Step::Setup { .. } | Step::Status { .. } => {
                *installation = installation.observe_clock(step.now());
                return Ok(("done", None));
            }
            Step::SetFacts { now, facts } => {
                *installation = installation.with_facts(facts.clone()).observe_clock(*now);
                return Ok(("done", None));
            }
            Step::SetUsage { now, license_type, used } => {
                *installation = installation.set_usage(*license_type, *used, *now);
                return Ok(("done", None));
            }
            Step::Import { now, file } => {
                let (next, outcome) = import(installation, &file.0, *now).map_err(|error| error.code())?;
                *installation = next;
                return Ok((word(&outcome), None));
            }
            Step::PrepareActivation { now, nonce, license_type, license_key } => {
                let key = license_key.parse::<LicenseKey>().map_err(|error| error.code())?;
                installation.prepare_activation(*license_type, &key, moment(now, nonce), sign)
            }
            Step::PrepareRefresh { now, nonce, license_type } => {
                installation.prepare_refresh(*license_type, moment(now, nonce), sign)
            }
            Step::PrepareDeactivation { now, nonce, license_type } => {
                installation.prepare_deactivation(*license_type, moment(now, nonce), sign)
            }
        };
        let (next, Prepared { request, saved }) = done.map_err(|error: PrepareError| error.code())?;
        *installation = next;
        let outcome = match saved {
            Saved::New => "new",
            Saved::Again => "again",
            Saved::AgainSinceFull => "again-since-full",
        };
        Ok((outcome, Some(Base64(request.file().to_vec()))))
    }
}

impl Step {
    /// The clock.
    pub fn now(&self) -> Timestamp {
        match self {
            Step::Setup { now, .. }
            | Step::PrepareActivation { now, .. }
            | Step::PrepareRefresh { now, .. }
            | Step::PrepareDeactivation { now, .. }
            | Step::Import { now, .. }
            | Step::SetUsage { now, .. }
            | Step::SetFacts { now, .. }
            | Step::Status { now } => *now,
        }
    }
}

fn import(
    installation: &Installation,
    file: &[u8],
    now: Timestamp,
) -> Result<(Installation, Outcome), ImportError> {
    let file = UnverifiedFile::read(file).map_err(VerifyError::from)?;
    installation.import(&file, now)
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Installed(_) => "installed",
        Outcome::Confirmed(_) => "confirmed",
        Outcome::Refused(_) => "refused",
        Outcome::AlreadyInstalled { .. } => "already-installed",
        Outcome::Superseded { .. } => "superseded",
        Outcome::Ended { .. } => "ended",
        Outcome::AlreadyRead { .. } => "already-read",
    }
}

fn visible(installation: &Installation, now: Timestamp) -> Option<Visible> {
    let trust = installation.trust().ok()?;
    let slots = LicenseType::ALL
        .into_iter()
        .filter(|license_type| *installation.slot(*license_type) != Slot::Empty)
        .map(|license_type| (license_type, visible_slot(installation, license_type, now)))
        .collect();
    Some(Visible {
        counter: installation.counter(),
        since: installation.since(),
        open: installation.open().map(|own| own.digest()).collect(),
        record: installation.record(),
        bundle: trust.bundle().number,
        revocations: trust.revocations_number(),
        high_water: installation.high_water(),
        steps_back: installation.steps_back(),
        slots,
    })
}

fn visible_slot(installation: &Installation, license_type: LicenseType, now: Timestamp) -> VisibleSlot {
    let slot = installation.slot(license_type);
    let license = slot.license();
    let permits = if installation.check(license_type, 1, now).allowed {
        Permits::More
    } else if installation.check(license_type, 0, now).allowed {
        Permits::WhatRuns
    } else {
        Permits::Nothing
    };
    VisibleSlot {
        state: installation.status(license_type, now).state,
        holding: license.map(|license| ChainLink { digest: license.answers, counter: license.counter }),
        ended: Some(slot.ended()).filter(|ended| *ended > 0),
        confirmed: match slot {
            Slot::Released(released) => Some(released.confirmed.is_some()),
            _ => None,
        },
        standing: installation.verdict(license_type, now).map(|verdict| verdict.state.name()),
        revoked: license.map(|_| slot.revoked_by().is_some()),
        permits,
    }
}

/// Bytes that stand in base 64 in JSON.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Base64(pub Vec<u8>);

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;
    fn try_from(text: String) -> Result<Base64, base64::DecodeError> {
        BASE64_STANDARD.decode(text).map(Base64)
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

/// The seed of a key that everybody knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Secret([u8; 32]);

impl TryFrom<String> for Secret {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Secret, &'static str> {
        Digest::from_hex(&text).map(|bytes| Secret(bytes.0)).ok_or("a secret is 32 bytes in hexadecimal")
    }
}
