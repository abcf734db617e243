//! Requests as scenarios make them: of the state as it stands, written out from the specification.

use super::state::{Link, State};
use crate::{
    cases::{
        good::{license_key_ref_of, link},
        world::first_16,
    },
    kit::{Item, list, map},
};

/// A request that was made.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) link: Link,
    pub(crate) slot: &'static str,
    pub(crate) license: [u8; 16],
    pub(crate) file: Vec<u8>,
    pub(crate) typed: &'static str,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    /// With the license key as it is typed, and as it is meant.
    Activation(&'static str, &'static str),
    Refresh,
    Deactivation,
}

impl Ask {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Ask::Activation(..) => "activation-request",
            Ask::Refresh => "refresh-request",
            Ask::Deactivation => "deactivation-request",
        }
    }

    pub(crate) fn step(self) -> &'static str {
        match self {
            Ask::Activation(..) => "prepare-activation",
            Ask::Refresh => "prepare-refresh",
            Ask::Deactivation => "prepare-deactivation",
        }
    }
}

/// What a request says besides what the state says.
pub(crate) struct Asked<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) slot: &'static str,
    pub(crate) ask: Ask,
    pub(crate) now: u64,
    pub(crate) nonce: [u8; 16],
    /// The lines of the slot's use.
    pub(crate) usage: &'a [Item],
    /// What the installation says of itself.
    pub(crate) facts: &'a Item,
}

impl Asked<'_> {
    /// The payload of the request that makes the state what it is.
    pub(crate) fn payload(&self, state: &State) -> Item {
        let Asked { scenario, slot, ask, now, nonce, usage, facts } = *self;
        let State { counter, since, open, record, high_water, steps_back, slots, log, .. } = state;
        let reports = slots.iter().fold(map([]), |reports, (name, slot)| {
            let mut report = map([]);
            if let Some(ended) = slot.ended {
                report = report.with(&["ended"], ended);
            }
            if let Some(Link { counter, digest }) = slot.holding {
                report = report.with(&["holding"], link(counter, digest));
            }
            reports.with(&[name], report)
        });
        let mut chain = map([
            ("open", list(open.iter().map(|link| link.digest))),
            ("nonce", nonce.into()),
            ("slots", reports),
            ("record", (*record).into()),
            ("counter", (*counter).into()),
        ]);
        if let Some(Link { counter, digest }) = since {
            chain = chain.with(&["since"], link(*counter, *digest));
        }
        if let Some((root, size)) = log {
            chain = chain.with(&["log"], map([("root", (*root).into()), ("size", (*size).into())]));
        }
        let clock = map([
            ("now", now.into()),
            ("high-water", (*high_water).into()),
            ("steps-back", (*steps_back).into()),
        ]);
        let request = map([
            ("chain", chain),
            ("clock", clock),
            ("version", 1.into()),
            ("installation", facts.clone()),
            ("license-type", slot.into()),
        ]);
        match ask {
            Ask::Activation(_, meant) => request.with(&["license-key"], license_key_ref_of(meant)),
            Ask::Refresh | Ask::Deactivation => {
                let request = request.with(&["usage"], list(usage.iter().cloned()));
                let slot = &slots[slot];
                match slot.holding.map(|held| held.counter).or(slot.gave_back) {
                    Some(counter) => request.with(&["license"], license_id_of(scenario, counter)),
                    None => request,
                }
            }
        }
    }
}

/// The license key of the Desktop slot.
pub(crate) const DESKTOP_KEY: &str = "D0123-45678-9ABCD-EFGHY-CMBGD";

/// The license key of the Mobile slot.
pub(crate) const MOBILE_KEY: &str = "M0123-45678-9ABCD-EFGHA-NSC6T";
/// The license key of the Farm slot.
pub(crate) const FARM_KEY: &str = "F0123-45678-9ABCD-EFGHB-E323X";
/// The license key of the Computers slot.
pub(crate) const COMPUTERS_KEY: &str = "C0123-45678-9ABCD-EFGH0-DBVD5";
/// Another license key for the Desktop slot.
pub(crate) const OTHER_KEY: &str = "D1234-56789-ABCDE-FGHJF-WXGGJ";

/// The license key that a slot is activated with.
pub(crate) fn key_of(slot: &str) -> &'static str {
    match slot {
        "desktop" => DESKTOP_KEY,
        "mobile" => MOBILE_KEY,
        "computers" => COMPUTERS_KEY,
        _ => FARM_KEY,
    }
}

/// The identity of the license that answers a request.
pub(crate) fn license_id_of(scenario: &str, counter: u64) -> [u8; 16] {
    first_16(&format!("{scenario} license {counter}"))
}
