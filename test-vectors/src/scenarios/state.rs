//! What of an installation's state is visible, as it is expected after a step.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::Request;
use crate::kit::hex;

/// A request by its counter and digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) counter: u64,
    pub(crate) digest: [u8; 32],
}

/// Everything that two implementations must agree on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct State {
    pub(crate) counter: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Link>,
    #[serde(serialize_with = "digests")]
    pub(crate) open: Vec<Link>,
    pub(crate) record: u64,
    pub(crate) bundle: u64,
    pub(crate) revocations: u64,
    pub(crate) high_water: u64,
    pub(crate) steps_back: u64,
    pub(crate) slots: BTreeMap<&'static str, Slot>,
    /// The newest checkpoint that was read: root and size. Not visible by itself; the next request says it.
    #[serde(skip)]
    pub(crate) log: Option<([u8; 32], u64)>,
}

/// A slot that was ever used.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Slot {
    /// `requested`, `active` or `released`.
    pub(crate) state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) holding: Option<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<u64>,
    /// Of a released slot: whether its receipt was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed: Option<bool>,
    /// Of an active slot: how its license stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) standing: Option<&'static str>,
    /// Of an active slot: whether its license is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revoked: Option<bool>,
    /// `more`, `what-runs` or `nothing`.
    pub(crate) permits: &'static str,
    /// Of a released slot: counter of the license that ended, which every deactivation names. Not visible by itself.
    #[serde(skip)]
    pub(crate) gave_back: Option<u64>,
}

impl State {
    /// Nothing was asked yet.
    pub(crate) fn new(now: u64) -> State {
        State {
            counter: 0,
            since: None,
            open: Vec::new(),
            record: 0,
            bundle: 1,
            revocations: 0,
            high_water: now,
            steps_back: 0,
            slots: BTreeMap::new(),
            log: None,
        }
    }

    pub(crate) fn slot(&mut self, slot: &str) -> &mut Slot {
        self.slots.get_mut(slot).expect("a slot that was used")
    }

    pub(crate) fn ended(&self, slot: &str) -> Option<u64> {
        self.slots.get(slot).and_then(|slot| slot.ended)
    }

    /// A slot waits for its first license.
    pub(crate) fn request(&mut self, slot: &'static str) {
        let ended = self.ended(slot);
        let slot_then = Slot {
            state: "requested",
            holding: None,
            ended,
            confirmed: None,
            standing: None,
            revoked: None,
            permits: "nothing",
            gave_back: None,
        };
        self.slots.insert(slot, slot_then);
    }

    /// The license that answers this request is in force from here on, and all is well with it.
    pub(crate) fn install(&mut self, request: &Request) {
        let ended = self.ended(request.slot);
        let slot = Slot {
            state: "active",
            holding: Some(request.link),
            ended,
            confirmed: None,
            standing: Some("active"),
            revoked: Some(false),
            permits: "more",
            gave_back: None,
        };
        self.slots.insert(request.slot, slot);
        self.settle(request);
    }

    /// A slot has stopped with this counter.
    pub(crate) fn release(&mut self, slot: &'static str, counter: u64) {
        let before = &self.slots[slot];
        let gave_back = before.holding.map(|held| held.counter).or(before.gave_back);
        let released = Slot {
            state: "released",
            holding: None,
            ended: Some(counter),
            confirmed: Some(false),
            standing: None,
            revoked: None,
            permits: "nothing",
            gave_back,
        };
        self.slots.insert(slot, released);
    }

    /// The receipt of the deactivation that made the slot what it is was read.
    pub(crate) fn confirm(&mut self, request: &Request) {
        self.slot(request.slot).confirmed = Some(true);
        self.settle(request);
    }

    /// A final answer to this request was read.
    pub(crate) fn settle(&mut self, request: &Request) {
        if self.since.is_none_or(|since| since.counter < request.link.counter) {
            self.since = Some(request.link);
            self.open.retain(|open| open.counter > request.link.counter);
        }
    }

    /// How the license of a slot of managed devices stands by now.
    pub(crate) fn stands(&mut self, slot: &str, standing: &'static str) {
        let slot = self.slot(slot);
        slot.standing = Some(standing);
        let in_force = ["active", "expiring-soon", "report-overdue", "file-in-grace", "contract-ended"];
        slot.permits = if in_force.contains(&standing) { "more" } else { "what-runs" };
    }

    /// The list names the license of a slot of managed devices.
    pub(crate) fn revoke(&mut self, slot: &str) {
        let slot = self.slot(slot);
        slot.revoked = Some(true);
        slot.permits = "what-runs";
    }
}

impl Serialize for Link {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown {
            counter: u64,
            digest: String,
        }
        Shown { counter: self.counter, digest: hex(&self.digest) }.serialize(serializer)
    }
}

fn digests<S: Serializer>(links: &[Link], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(links.iter().map(|link| hex(&link.digest)))
}
