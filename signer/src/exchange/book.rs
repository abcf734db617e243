//! The record as values: what the signer keeps (design, section 4), and how seats are counted.

use std::collections::{BTreeMap, BTreeSet};

use license_format::{
    Digest, Label, LicenseId, LicenseType, Metric, Thumbprint, Timestamp,
    license_key::LastGroup,
    payload::{Floor, OverLimit},
};

use super::{
    Features,
    change::Change,
    tally::{Standing, Tally},
};
use crate::ids::{AccountId, LicenseKeyId, SubscriptionId};

/// Seats by metric.
pub type Seats = BTreeMap<Metric, u64>;

/// The part of the record that some requests touch, and what is the same for all of them.
#[derive(Debug, Clone)]
pub struct Book {
    /// Who signs.
    pub vendor: Label,
    /// The record number, up by one with each restoration.
    pub record: u64,
    /// Whether the record is being recovered.
    pub recovery: Option<Recovery>,
    /// The oldest news with which new licenses may be used.
    pub floor: Floor,
    /// Installations that were ever granted something.
    pub installations: BTreeMap<Thumbprint, InstallationRecord>,
    /// License keys by digest.
    pub keys: BTreeMap<Digest, SoldKey>,
    /// Subscriptions of those keys.
    pub subscriptions: BTreeMap<SubscriptionId, SubscriptionRecord>,
    /// Temporary activation codes by digest.
    pub codes: BTreeMap<Digest, ActivationCode>,
    /// What is counted of those keys and subscriptions, by all installations together.
    pub tallies: BTreeMap<Tally, Standing>,
    /// What was changed since the book was opened, in order.
    pub changes: Vec<Change>,
}

/// After a restoration, and until the longest file life has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// When it was noticed. What the record may lack was answered before.
    pub began: Timestamp,
    /// When the last file that the record may lack has ended.
    pub horizon: Timestamp,
}

/// What is known of an installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstallationRecord {
    /// Whose it is: the account of its first key. Nobody's before that, whoever carried its files.
    pub account: Option<AccountId>,
    /// Counter to digest of the first branch, of requests received and claimed.
    pub chain: BTreeMap<u64, Digest>,
    /// The second branch, if the installation's state was copied or put back.
    pub fork: Option<Branch>,
    /// Requests that were answered and are not on the chain: of a branch that was refused or given up.
    pub strays: BTreeSet<Digest>,
    /// The slots that were ever used.
    pub slots: BTreeMap<LicenseType, SlotRecord>,
    /// Licenses that may still count.
    pub leases: Vec<Lease>,
    /// Whether the newest report came from a clock that is behind its own past, or behind the issue of the license that it shows. Such
    /// a clock may never reach a file's end, so its leases do not lapse by calendar.
    pub clock_behind: bool,
    /// Counter of the newest request received.
    pub newest: u64,
    /// Licenses that count no more although the proxy may still honour them, since their seats are booked as overdraft: of a key that has
    /// moved, or of a branch that was given up and taken back.
    pub booked: Vec<Lease>,
    /// The same, of a branch that was given up: only that branch can hold them, and it may be taken back.
    pub abandoned: Vec<Lease>,
    /// Keys that it may not use.
    pub barred: BTreeMap<Digest, Bar>,
    /// Keys that its next refresh exchanges: from one to another.
    pub exchanged: BTreeMap<Digest, Digest>,
    /// Whether a revocation list names it: no license for it would be believed.
    pub revoked: bool,
}

/// Why an installation may not use a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// An administrator has said so.
    Blocked,
    /// The key has moved away from it, by a counted move.
    Moved,
}

/// A branch that deviates from the chain: the first counter at which it differs, and the digest there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// Where it was seen to differ.
    pub counter: u64,
    /// The digest that the second branch has there.
    pub digest: Digest,
}

/// Marks of a slot. They only rise; 0 is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlotRecord {
    /// Counter of the last deactivation.
    pub ended: u64,
    /// Counter of the license that the proxy has shown to hold.
    pub held: u64,
    /// Highest counter that got a license.
    pub answered: u64,
}

/// A license in the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The slot.
    pub license_type: LicenseType,
    /// The license.
    pub license: LicenseId,
    /// The request that it answers.
    pub request: Digest,
    /// That request's counter.
    pub counter: u64,
    /// The license key, by digest.
    pub key: Digest,
    /// The key's subscription.
    pub subscription: SubscriptionId,
    /// Seats by the metric that they are counted as.
    pub seats: Seats,
    /// When it was issued.
    pub issued: Timestamp,
    /// Good until + grace + tolerance: from then on no proxy that keeps its clock honours it.
    pub ends: Timestamp,
}

/// A license key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldKey {
    /// Its row.
    pub id: LicenseKeyId,
    /// Whose it is.
    pub account: AccountId,
    /// What it draws on.
    pub subscription: SubscriptionId,
    /// Its license type.
    pub license_type: LicenseType,
    /// For people.
    pub last_group: LastGroup,
    /// At most so many seats at all its homes together; the whole subscription if absent.
    pub quota: Option<u64>,
    /// How much of that a license takes.
    pub draw: Draw,
    /// When it ends, exclusive, if that is before its subscription does.
    pub ends: Option<Timestamp>,
    /// No new licenses.
    pub blocked: bool,
    /// How many installations may use it at once.
    pub installations: u64,
    /// How many counted moves it has spent.
    pub moves: u64,
}

/// How many seats a license takes of what its key may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Draw {
    /// All that are free.
    Open,
    /// The same; and what the quota leaves unused is withheld from all other keys.
    Reserved,
    /// As many as were in use at most in the reported period, and some more: the rest goes back with each refresh.
    Dynamic {
        /// How many more, in seats.
        headroom: u64,
    },
}

/// Stands for a license key, once, until its date. Whoever has it never learns the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationCode {
    /// The key, by digest.
    pub key: Digest,
    /// For people: the last group of the code itself.
    pub last_group: LastGroup,
    /// From then on nobody can begin with it.
    pub expires: Timestamp,
    /// Who has begun with it, and may go on.
    pub used_by: Option<Thumbprint>,
}

/// What was bought, and what of it is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRecord {
    /// The vendor's product.
    pub product: Label,
    /// What is licensed.
    pub license_type: LicenseType,
    /// Inclusive.
    pub start: Timestamp,
    /// Exclusive.
    pub end: Timestamp,
    /// Whether it is a trial.
    pub trial: bool,
    /// Whether the vendor allows offline use.
    pub offline_use: bool,
    /// No new licenses.
    pub suspended: bool,
    /// One for each metric.
    pub grants: Vec<SoldGrant>,
    /// The periods of its files.
    pub terms: Terms,
    /// Seats beyond those bought, each entry until its date.
    pub overdraft: Vec<Overdraft>,
    /// What is withheld for keys.
    pub reserves: Vec<Reserve>,
}

/// Seats of each metric that are withheld for a key, whether it uses them or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserve {
    /// The key, by digest.
    pub key: Digest,
    /// How many.
    pub seats: u64,
    /// Until when, exclusive; as long as the subscription if absent.
    pub ends: Option<Timestamp>,
}

/// Seats sold, and their terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoldGrant {
    /// Of what.
    pub metric: Metric,
    /// How many.
    pub seats: u64,
    /// The edition.
    pub edition: Label,
    /// The metric that they were sold as at first. Leases and tallies say that one, so a slot whose licenses say both counts once.
    pub counted_as: Metric,
    /// Over the limit.
    pub over_limit: OverLimit,
    /// Days after the contract's end.
    pub after_end_days: u64,
    /// The vendor's extra facts.
    pub features: Features,
}

/// Periods of a subscription's files, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long a file is good.
    pub file: u64,
    /// When the report is due.
    pub report: u64,
    /// How long a file is honoured after it was good.
    pub grace: u64,
    /// How far a clock may be set back.
    pub tolerance: u64,
}

/// Seats beyond those bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdraft {
    /// Of what.
    pub metric: Metric,
    /// How many.
    pub seats: u64,
    /// Until when.
    pub ends: Timestamp,
    /// Whether staff granted it, so that it may be given out; otherwise it is booked for what an abandoned branch may still honour.
    pub granted: bool,
}

impl InstallationRecord {
    /// The marks of a slot.
    pub fn slot(&self, license_type: LicenseType) -> SlotRecord {
        self.slots.get(&license_type).copied().unwrap_or_default()
    }

    /// The licenses that count at an instant: not ended by a deactivation, not replaced by one that the proxy has shown to hold,
    /// and not past their end.
    pub fn counted(&self, now: Timestamp) -> impl Iterator<Item = &Lease> {
        let counts = move |lease: &&Lease| self.may_hold(lease) && (now < lease.ends || self.clock_behind);
        self.leases.iter().filter(counts)
    }

    /// Whether the proxy may still have a license in force, or take it, for all that it has shown.
    pub(super) fn may_hold(&self, lease: &Lease) -> bool {
        self.may_take(lease.license_type, lease.counter)
    }

    /// The same, of any license that answers a slot's request with a counter.
    pub(super) fn may_take(&self, license_type: LicenseType, counter: u64) -> bool {
        let slot = self.slot(license_type);
        counter > slot.ended && counter >= slot.held
    }

    /// Every license that the record knows of and that the proxy may still have.
    pub(super) fn known(&self) -> impl Iterator<Item = &Lease> {
        self.leases.iter().chain(&self.booked).chain(&self.abandoned)
    }

    /// The same installation with one slot only.
    pub(super) fn of_slot(&self, license_type: LicenseType) -> InstallationRecord {
        let leases = self.leases.iter().filter(|lease| lease.license_type == license_type).cloned().collect();
        InstallationRecord {
            leases,
            slots: self.slots.clone(),
            clock_behind: self.clock_behind,
            ..Self::default()
        }
    }
}

impl SubscriptionRecord {
    /// The metric under which seats of another are counted.
    pub fn counted_as(&self, metric: Metric) -> Metric {
        self.grants.iter().find(|grant| grant.metric == metric).map_or(metric, |grant| grant.counted_as)
    }

    /// The instants to come at which there is less to give out: where granted overdraft ends.
    pub fn falls(&self, now: Timestamp) -> BTreeSet<Timestamp> {
        let granted = self.overdraft.iter().filter(|entry| entry.granted && now < entry.ends);
        granted.map(|entry| entry.ends).collect()
    }

    /// Seats that may be given out: bought, and overdraft that staff granted and that has not ended.
    pub fn limit(&self, metric: Metric, now: Timestamp) -> u64 {
        let bought = self.grants.iter().find(|grant| grant.metric == metric).map_or(0, |grant| grant.seats);
        let over: u64 = self
            .overdraft
            .iter()
            .filter(|entry| entry.granted && entry.metric == metric && now < entry.ends)
            .map(|entry| entry.seats)
            .sum();
        bought.saturating_add(over)
    }
}
