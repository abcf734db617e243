//! What the vendor has sold in a world, and a book that says so. Whoever changes the shape of the book adapts this file, and no other.

use std::collections::BTreeMap;

use license_format::{
    DAY, Digest, LicenseId, LicenseKey, LicenseType, Metric, Thumbprint, Timestamp,
    payload::{Floor, OverLimit, Request},
};
use signer::{
    SubscriptionId,
    exchange::{
        ActivationCode, Bar, Book, Change, Draw, InstallationRecord, Overdraft, Reserve, SoldGrant, SoldKey,
        SubscriptionRecord, Tally, Terms,
    },
};

use crate::{papers::RequestPaper, world::World};

/// The slots of a model's proxies, by number.
pub const SLOTS: [LicenseType; 2] = [LicenseType::Desktop, LicenseType::Mobile];

/// The periods of every file.
pub const TERMS: Terms = Terms { file: 90 * DAY, report: 60 * DAY, grace: 14 * DAY, tolerance: DAY };

/// A subscription.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// The slot that it is for, by number.
    pub slot: usize,
    /// Seats bought of each metric.
    pub seats: Vec<(Metric, u64)>,
}

/// A license key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The subscription, by number.
    pub subscription: usize,
    /// At most so many seats.
    pub quota: Option<u64>,
    /// How many installations may use it at once.
    pub installations: u64,
    /// How it draws.
    pub draw: Draw,
}

impl Key {
    /// An open one of a subscription, for one installation.
    pub const fn new(subscription: usize) -> Key {
        Key { subscription, quota: None, installations: 1, draw: Draw::Open }
    }
}

/// An activation code.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// The key that it stands for, by number.
    pub key: u8,
    /// On which day it expires.
    pub until: u64,
}

/// When every world begins.
pub fn start() -> Timestamp {
    Timestamp::parse("2026-11-22").expect("a date")
}

/// The text of a key.
pub fn license_key(number: usize, subscription: &Subscription) -> LicenseKey {
    LicenseKey::from_random(SLOTS[subscription.slot], &[number as u8; 18])
}

/// The text of an activation code.
pub fn code(number: usize, slot: u8) -> LicenseKey {
    LicenseKey::from_random(SLOTS[usize::from(slot)], &[100 + number as u8; 18])
}

/// A subscription's identity.
pub fn subscription_id(number: usize) -> SubscriptionId {
    format!("0193f2a0-5c00-7d3e-8f10-00000000000{number}").parse().expect("an id")
}

/// The record before anybody has asked for anything.
pub fn book(world: &World) -> Book {
    let World { subscriptions, keys, .. } = world;
    let numbered = subscriptions.iter().enumerate();
    let sold_key = |(number, key): (usize, &Key)| {
        let text = license_key(number, &subscriptions[key.subscription]);
        let sold = SoldKey {
            id: format!("0193f2a0-5c00-7d3e-8f10-10000000000{number}").parse().expect("an id"),
            account: "0193f2a0-5c00-7d3e-8f10-200000000000".parse().expect("an id"),
            subscription: subscription_id(key.subscription),
            license_type: text.license_type(),
            last_group: text.last_group(),
            quota: key.quota,
            draw: key.draw,
            ends: None,
            blocked: false,
            installations: key.installations,
            moves: 0,
        };
        (text.digest(), sold)
    };
    let stands_for = |(number, sold): (usize, &Code)| {
        let text = code(number, world.slot(sold.key));
        let key = &keys[usize::from(sold.key)];
        let key = license_key(usize::from(sold.key), &subscriptions[key.subscription]).digest();
        let expires = start().plus(sold.until * DAY);
        let last_group = text.last_group();
        (text.digest(), ActivationCode { key, last_group, expires, used_by: None })
    };
    let mut book = Book {
        vendor: "Example Software".parse().expect("a label"),
        record: 1,
        recovery: None,
        floor: Floor { bundle: 1, revocations: 0 },
        installations: BTreeMap::new(),
        keys: keys.iter().enumerate().map(sold_key).collect(),
        subscriptions: numbered.map(|(number, sold)| (subscription_id(number), record(sold))).collect(),
        codes: world.codes.iter().enumerate().map(stands_for).collect(),
        tallies: BTreeMap::new(),
        changes: Vec::new(),
    };
    reserve(&mut book);
    book
}

/// What is withheld for keys follows from the keys.
fn reserve(book: &mut Book) {
    for (id, subscription) in &mut book.subscriptions {
        let reserved =
            book.keys.iter().filter(|(_, key)| key.subscription == *id && key.draw == Draw::Reserved);
        let reserve =
            |(key, sold): (&Digest, &SoldKey)| Some(Reserve { key: *key, seats: sold.quota?, ends: None });
        subscription.reserves = reserved.filter_map(reserve).collect();
    }
}

/// Staff change how a key draws.
pub fn set_draw(book: &mut Book, key: Digest, draw: Draw) {
    book.keys.get_mut(&key).expect("a key of this world").draw = draw;
    reserve(book);
}

/// An administrator bars a key at an installation that is known, or allows it again.
pub fn bar(book: &mut Book, installation: &Thumbprint, key: Digest, on: bool) {
    let Some(record) = book.installations.get_mut(installation) else { return };
    match on {
        true => record.barred.insert(key, Bar::Blocked),
        false => record.barred.remove(&key),
    };
}

/// What the store does when a proxy has shown that it let go: what was booked for it ends.
pub fn let_go(book: &mut Book) {
    let gone: Vec<LicenseId> = book
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::LetGo { license } => Some(*license),
            _ => None,
        })
        .collect();
    let booked = book.installations.values().flat_map(|record| &record.booked);
    let leases: Vec<_> = booked.filter(|lease| gone.contains(&lease.license)).cloned().collect();
    for lease in leases {
        let Some(subscription) = book.subscriptions.get_mut(&lease.subscription) else { continue };
        for (metric, seats) in &lease.seats {
            let is_its = |entry: &Overdraft| {
                !entry.granted
                    && entry.metric == *metric
                    && entry.seats == *seats
                    && (entry.ends == lease.ends || entry.ends == Timestamp::MAX)
            };
            if let Some(at) = subscription.overdraft.iter().position(is_its) {
                subscription.overdraft.remove(at);
            }
        }
    }
}

fn record(sold: &Subscription) -> SubscriptionRecord {
    let grant = |(metric, seats): &(Metric, u64)| SoldGrant {
        metric: *metric,
        seats: *seats,
        edition: "Standard".parse().expect("a label"),
        counted_as: *metric,
        over_limit: OverLimit::Notify,
        after_end_days: 0,
        features: Default::default(),
    };
    SubscriptionRecord {
        product: "Mac Management".parse().expect("a label"),
        license_type: SLOTS[sold.slot],
        start: start(),
        end: start().plus(3000 * DAY),
        trial: false,
        offline_use: true,
        suspended: false,
        grants: sold.seats.iter().map(grant).collect(),
        terms: TERMS,
        overdraft: Vec::new(),
        reserves: Vec::new(),
    }
}

/// What the store does when it reads a book at an instant: leases in the order of their counters, and the tallies from them alone.
pub fn reopen(book: &mut Book, now: Timestamp) {
    close(book);
    for record in book.installations.values_mut() {
        for leases in [&mut record.leases, &mut record.booked, &mut record.abandoned] {
            leases.sort_by_key(|lease| (lease.counter, lease.license));
        }
    }
    book.tally_anew(now);
}

/// Takes from a book what is only made from the rest of it.
pub fn close(book: &mut Book) {
    book.changes.clear();
    book.tallies.clear();
}

/// Whether two closed books of a world are the same.
pub fn same(one: &Book, other: &Book) -> bool {
    let Book { record, recovery, installations, keys, subscriptions, codes, .. } = one;
    (*record, *recovery) == (other.record, other.recovery)
        && *installations == other.installations
        && *keys == other.keys
        && *subscriptions == other.subscriptions
        && *codes == other.codes
}

/// The sums that a book keeps while it answers.
pub fn sums(book: &Book) -> impl PartialEq + std::fmt::Debug + use<> {
    let above = book.tallies.iter().filter(|(_, standing)| standing.now > 0);
    above.map(|(tally, standing)| (tally.clone(), standing.now)).collect::<Vec<_>>()
}

/// Forgets where keys are at home, as a variant wants it.
pub fn forget_homes(book: &mut Book) {
    book.tallies.retain(|tally, _| !matches!(tally, Tally::Homes(_)));
}

/// Forgets what others have, for the sake of a key that reserves seats, as a variant wants it.
pub fn forget_others(book: &mut Book, paper: &RequestPaper) {
    let Request::Activation(asked) = &paper.request else { return };
    if book.keys.get(&asked.license_key.digest).is_some_and(|key| key.draw == Draw::Reserved) {
        book.tallies.retain(|tally, _| !matches!(tally, Tally::Seats(..)));
    }
}

/// Staff change what a key may have.
pub fn set_quota(book: &mut Book, key: Digest, quota: Option<u64>) {
    book.keys.get_mut(&key).expect("a key of this world").quota = quota;
    reserve(book);
}

/// All seats that may be out at an instant: bought, and overdraft granted and booked.
pub fn limit(book: &Book, subscription: usize, metric: Metric, now: Timestamp) -> u64 {
    let record = &book.subscriptions[&subscription_id(subscription)];
    let bought = record.grants.iter().filter(|grant| grant.metric == metric).map(|grant| grant.seats);
    let over = record.overdraft.iter().filter(|entry| entry.metric == metric && now < entry.ends);
    bought.sum::<u64>() + over.map(|entry| entry.seats).sum::<u64>()
}

/// What is known of an installation.
pub fn known<'a>(book: &'a Book, installation: &Thumbprint) -> Option<&'a InstallationRecord> {
    book.installations.get(installation)
}
