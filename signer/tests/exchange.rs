//! The promises of the exchange, searched: the signer's pure decisions and the proxy's pure transitions, driven together through
//! random lives in which files are lost, late, repeated and brought in any order, and states are copied.
//!
//! Nothing here is a copy of a rule: a proxy is `verifier::installation::Installation`, the signer is `signer::exchange::Book`.

mod common;

use std::collections::BTreeMap;

use common::{Proxy, moment};
use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    DAY, Digest, Kind, LicenseKey, LicenseType, Metric, PublicKey, Thumbprint, Timestamp, UnverifiedDocument,
    UnverifiedFile,
    payload::{Floor, KeyEntry, License, OverLimit, TrustBundle, VERSION},
};
use proptest::prelude::*;
use signer::{
    Asker,
    exchange::{Book, Incoming, Outcome, RefusalCode, SoldGrant, SoldKey, SubscriptionRecord, Terms},
};
use verifier::{
    TrustState,
    installation::{Installation, Moment, PrepareError},
    verify_request,
};

const SEATS: u64 = 10;
const METRIC: Metric = Metric::ManagedDevice;
const TYPES: [LicenseType; 2] = [LicenseType::Desktop, LicenseType::Mobile];

/// What can happen.
#[derive(Debug, Clone, Copy)]
enum Op {
    Activate {
        proxy: usize,
        slot: usize,
        key: usize,
    },
    Refresh {
        proxy: usize,
        slot: usize,
    },
    Deactivate {
        proxy: usize,
        slot: usize,
    },
    /// Asks for whatever the slot needs, and uploads it; the answer is imported at once, or stays on the way.
    Trip {
        proxy: usize,
        slot: usize,
        key: usize,
        home: bool,
    },
    /// The request file with this place among all that were made, again perhaps.
    Upload {
        request: usize,
    },
    /// The newest request file.
    UploadNewest,
    /// The answer file with this place among all that were given.
    Import {
        answer: usize,
    },
    /// The newest answer file.
    ImportNewest,
    Use {
        proxy: usize,
        slot: usize,
        seats: u64,
    },
    Pass {
        days: u64,
    },
    Quota {
        key: usize,
        seats: Option<u64>,
    },
}

struct World {
    issuing: SigningKey,
    book: Book,
    keys: Vec<LicenseKey>,
    proxies: Vec<Proxy>,
    requests: Vec<Vec<u8>>,
    answers: Vec<UnverifiedFile>,
    finals: BTreeMap<Digest, UnverifiedFile>,
    now: Timestamp,
    nonces: u64,
    forks: u64,
    /// How often a file was prepared, saved again included.
    prepared: u64,
    /// How many different ones were made.
    made: u64,
}

impl World {
    /// Two proxies; a Desktop subscription of ten seats with two keys, and a Mobile one with one.
    fn new() -> World {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let (root, issuing) = (SigningKey::from_bytes(&[101; 32]), SigningKey::from_bytes(&[102; 32]));
        let bundle = TrustBundle {
            keys: vec![KeyEntry {
                from: now,
                signs: vec![Kind::License, Kind::DeactivationReceipt, Kind::Refusal],
                until: now.plus(4000 * DAY),
                public_key: PublicKey(issuing.verifying_key().to_bytes()),
                distrusted_since: None,
            }],
            roots: vec![PublicKey(root.verifying_key().to_bytes())],
            issued: now,
            number: 1,
            vendor: "Example Software".parse().unwrap(),
            version: VERSION,
            previous: None,
            threshold: 1,
        };
        let trust = TrustState::pin(&UnverifiedFile::of(seal(&bundle, &root))).unwrap();
        let mut book = Book {
            vendor: bundle.vendor.clone(),
            record: 1,
            recovery: None,
            floor: Floor { bundle: 1, revocations: 0 },
            installations: BTreeMap::new(),
            keys: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            changes: Vec::new(),
        };
        let mut keys = Vec::new();
        for (number, license_type) in
            [LicenseType::Desktop, LicenseType::Desktop, LicenseType::Mobile].into_iter().enumerate()
        {
            let key = LicenseKey::from_random(license_type, &[number as u8; 18]);
            book.keys.insert(key.digest(), sold_key(&key, number as u64));
            book.subscriptions
                .entry(subscription_id(license_type))
                .or_insert_with(|| subscription(license_type, now));
            keys.push(key);
        }
        let proxies = (1..=2).map(|number| Proxy::new(number, &trust, now)).collect();
        World {
            issuing,
            book,
            keys,
            proxies,
            requests: Vec::new(),
            answers: Vec::new(),
            finals: BTreeMap::new(),
            now,
            nonces: 0,
            forks: 0,
            prepared: 0,
            made: 0,
        }
    }

    fn moment(&mut self) -> Moment {
        self.nonces += 1;
        moment(self.now, self.nonces)
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Activate { proxy, slot, key } => {
                let (moment, key) = (self.moment(), self.keys[key].clone());
                self.keep(proxy, |proxy| proxy.activate(TYPES[slot], &key, moment));
            }
            Op::Refresh { proxy, slot } => {
                let moment = self.moment();
                self.keep(proxy, |proxy| proxy.refresh(TYPES[slot], moment));
            }
            Op::Deactivate { proxy, slot } => {
                let moment = self.moment();
                self.keep(proxy, |proxy| proxy.deactivate(TYPES[slot], moment));
            }
            Op::Trip { proxy, slot, key, home } => {
                self.apply(Op::Use { proxy, slot, seats: 1_000 + self.nonces });
                let made = self.prepared;
                self.apply(Op::Refresh { proxy, slot });
                self.apply(Op::Activate { proxy, slot, key });
                if self.prepared > made {
                    self.apply(Op::UploadNewest);
                }
                if home {
                    self.apply(Op::ImportNewest);
                }
            }
            Op::Upload { request } if !self.requests.is_empty() => self.upload(request % self.requests.len()),
            Op::UploadNewest if !self.requests.is_empty() => self.upload(self.requests.len() - 1),
            Op::Import { answer } if !self.answers.is_empty() => self.import(answer % self.answers.len()),
            Op::ImportNewest if !self.answers.is_empty() => self.import(self.answers.len() - 1),
            Op::Upload { .. } | Op::UploadNewest | Op::Import { .. } | Op::ImportNewest => {}
            Op::Use { proxy, slot, seats } => {
                self.proxies[proxy].use_seats(TYPES[slot], seats, self.now);
            }
            Op::Pass { days } => {
                self.now = self.now.plus(days * DAY);
                self.recount();
            }
            Op::Quota { key, seats } => {
                let digest = self.keys[key].digest();
                self.book.keys.get_mut(&digest).unwrap().quota = seats;
            }
        }
    }

    /// Prepares a file and puts it last among the requests, also when it is one that was made before.
    fn keep(&mut self, proxy: usize, prepare: impl FnOnce(&mut Proxy) -> Result<Vec<u8>, PrepareError>) {
        if let Ok(file) = prepare(&mut self.proxies[proxy]) {
            let known = self.requests.len();
            self.requests.retain(|known| *known != file);
            self.made += u64::from(self.requests.len() == known);
            self.prepared += 1;
            self.requests.push(file);
        }
    }

    fn upload(&mut self, at: usize) {
        let file = UnverifiedFile::read(&self.requests[at]).expect("a proxy's file reads");
        let request = verify_request(&file.document).expect("a proxy's request verifies");
        let digest = request.digest();
        if let Some(answer) = self.finals.get(&digest) {
            self.answers.push(answer.clone());
            return;
        }
        let incoming = Incoming { request: request.request(), digest, attached: &[] };
        let outcome = self.book.answer(incoming, &Asker::Staff, self.now);
        self.book.changes.clear();
        let (document, is_final) = match &outcome {
            Outcome::License(license) => (seal(license.as_ref(), &self.issuing), true),
            Outcome::Receipt(receipt) => (seal(receipt.as_ref(), &self.issuing), true),
            Outcome::Refusal(refusal) => {
                self.forks += u64::from(refusal.code.as_str() == RefusalCode::Fork.code());
                (seal(refusal.as_ref(), &self.issuing), refusal.is_final)
            }
        };
        let answer = UnverifiedFile::of(document);
        if is_final {
            self.finals.insert(digest, answer.clone());
        }
        self.answers.push(answer);
        self.check_sums();
    }

    fn import(&mut self, at: usize) {
        for proxy in &mut self.proxies {
            let before: Vec<u64> =
                TYPES.iter().map(|slot| proxy.license(*slot).map_or(0, |license| license.counter)).collect();
            proxy.import(&self.answers[at], self.now);
            for (slot, before) in TYPES.into_iter().zip(before) {
                let after = proxy.license(slot).map_or(0, |license| license.counter);
                assert!(after >= before, "forward-only: {slot} went from {before} to {after}");
                assert!(after == 0 || after > proxy.state.slot(slot).ended(), "final: {slot}");
            }
        }
    }

    /// What the store does when a book is opened: the sums at this instant, from the leases alone.
    fn recount(&mut self) {
        let now = self.now;
        for subscription in self.book.subscriptions.values_mut() {
            subscription.counted.clear();
        }
        for key in self.book.keys.values_mut() {
            key.homes.clear();
        }
        for (name, record) in &self.book.installations {
            for license_type in TYPES {
                for (id, seats) in record.seats(license_type, now) {
                    for (metric, seats) in seats {
                        *self.book.subscriptions.get_mut(&id).unwrap().counted.entry(metric).or_default() +=
                            seats;
                    }
                }
            }
            for lease in record.counted(now) {
                let homes = &mut self.book.keys.get_mut(&lease.key).unwrap().homes;
                let ends = homes.entry(*name).or_insert(lease.ends);
                *ends = (*ends).max(lease.ends);
            }
        }
    }

    /// The sums that the book keeps up to date are those that a recount gives.
    fn check_sums(&mut self) {
        let nonzero = |book: &Book| -> Vec<(String, BTreeMap<Metric, u64>)> {
            let sums = book.subscriptions.iter();
            sums.map(|(id, record)| {
                (id.to_string(), record.counted.clone().into_iter().filter(|(_, n)| *n > 0).collect())
            })
            .collect()
        };
        let homes = |book: &Book| -> Vec<BTreeMap<Thumbprint, Timestamp>> {
            book.keys.values().map(|key| key.homes.clone()).collect()
        };
        let kept = (nonzero(&self.book), homes(&self.book));
        self.recount();
        assert_eq!(kept, (nonzero(&self.book), homes(&self.book)), "the sums kept differ from a recount");
    }

    /// The most that a proxy honours in a slot now, or could after importing any answer that exists.
    fn could_honour(&self, proxy: &Proxy, slot: LicenseType) -> Vec<License> {
        let now = self.now;
        let honoured = |license: &License| now < license.good_until.plus(license.grace);
        let importable = self.answers.iter().filter_map(|answer| {
            let (state, _) = proxy.state.import(answer, now).ok()?;
            in_force(&state, slot).cloned()
        });
        proxy
            .license(slot)
            .cloned()
            .into_iter()
            .chain(importable)
            .filter(|license| honoured(license))
            .collect()
    }

    fn check_promises(&self) {
        for license_type in TYPES {
            let mut seats = 0;
            let mut homes: BTreeMap<Digest, Vec<Thumbprint>> = BTreeMap::new();
            for proxy in &self.proxies {
                let licenses = self.could_honour(proxy, license_type);
                seats += licenses.iter().map(|license| license.seats(METRIC)).max().unwrap_or(0);
                for license in licenses {
                    let at = homes.entry(license.license_key.digest).or_default();
                    if !at.contains(&proxy.name()) {
                        at.push(proxy.name());
                    }
                }
            }
            assert!(
                seats <= SEATS,
                "no-double-seat: {seats} of {SEATS} {license_type} seats could be honoured"
            );
            for (key, at) in homes {
                assert!(at.len() <= 1, "one-home: key {key} could be honoured at {at:?}");
            }
        }
    }

    /// Every honest proxy can go on: what it asks next is never called fork, behind, ended or overtaken.
    fn check_nobody_is_stuck(&mut self) {
        for proxy in 0..self.proxies.len() {
            for slot in 0..TYPES.len() {
                let given = self.answers.len();
                self.apply(Op::Trip { proxy, slot, key: slot * 2, home: false });
                if self.answers.len() == given {
                    continue;
                }
                let answer = self.answers.last().unwrap().document.clone();
                if answer.kind() == Kind::Refusal {
                    let refusal: license_format::payload::Refusal = answer.decode_unverified().unwrap();
                    let stuck =
                        ["fork", "record-behind", "record-restored", "ended", "overtaken", "license-unknown"];
                    assert!(!stuck.contains(&refusal.code.as_str()), "stuck: {}", refusal.code);
                }
                self.apply(Op::ImportNewest);
            }
        }
    }
}

fn in_force(state: &Installation, slot: LicenseType) -> Option<&License> {
    state.slot(slot).license()
}

fn seal<P: license_format::Payload>(payload: &P, key: &SigningKey) -> UnverifiedDocument {
    let kid = PublicKey(key.verifying_key().to_bytes()).thumbprint();
    let sealed: Result<_, std::convert::Infallible> =
        UnverifiedDocument::seal(payload, kid, |bytes| Ok(key.sign(bytes).to_bytes()));
    sealed.unwrap_or_else(|never| match never {})
}

fn subscription_id(license_type: LicenseType) -> signer::SubscriptionId {
    let last = LicenseType::ALL.iter().position(|kind| *kind == license_type).unwrap();
    format!("0193f2a0-5c00-7d3e-8f10-00000000000{last}").parse().unwrap()
}

fn sold_key(key: &LicenseKey, number: u64) -> SoldKey {
    SoldKey {
        id: format!("0193f2a0-5c00-7d3e-8f10-1000000000{number:02}").parse().unwrap(),
        account: "0193f2a0-5c00-7d3e-8f10-200000000000".parse().unwrap(),
        subscription: subscription_id(key.license_type()),
        license_type: key.license_type(),
        last_group: key.last_group(),
        quota: None,
        blocked: false,
        installations: 1,
        moves: 0,
        homes: BTreeMap::new(),
    }
}

fn subscription(license_type: LicenseType, now: Timestamp) -> SubscriptionRecord {
    SubscriptionRecord {
        product: "Mac Management".parse().unwrap(),
        license_type,
        start: now,
        end: now.plus(3000 * DAY),
        trial: false,
        offline_use: true,
        suspended: false,
        grants: vec![SoldGrant {
            metric: METRIC,
            seats: SEATS,
            edition: "Standard".parse().unwrap(),
            over_limit: OverLimit::Notify,
            after_end_days: 0,
        }],
        terms: Terms { file: 90 * DAY, report: 60 * DAY, grace: 14 * DAY, tolerance: DAY },
        overdraft: Vec::new(),
        counted: BTreeMap::new(),
        next_end: None,
    }
}

fn op() -> impl Strategy<Value = Op> {
    let proxy = 0..2usize;
    let slot = prop_oneof![3 => Just(0usize), 1 => Just(1usize)];
    prop_oneof![
        3 => (proxy.clone(), slot.clone(), 0..3usize).prop_map(|(proxy, slot, key)| Op::Activate { proxy, slot, key }),
        3 => (proxy.clone(), slot.clone()).prop_map(|(proxy, slot)| Op::Refresh { proxy, slot }),
        2 => (proxy.clone(), slot.clone()).prop_map(|(proxy, slot)| Op::Deactivate { proxy, slot }),
        4 => any::<usize>().prop_map(|request| Op::Upload { request }),
        6 => Just(Op::UploadNewest),
        4 => any::<usize>().prop_map(|answer| Op::Import { answer }),
        6 => Just(Op::ImportNewest),
        6 => (proxy.clone(), slot.clone(), 0..3usize, any::<bool>())
            .prop_map(|(proxy, slot, key, home)| Op::Trip { proxy, slot, key, home }),
        2 => (proxy, slot, 0..20u64).prop_map(|(proxy, slot, seats)| Op::Use { proxy, slot, seats }),
        1 => prop_oneof![1..5u64, 80..120u64].prop_map(|days| Op::Pass { days }),
        3 => (0..3usize, prop_oneof![Just(None), (1..8u64).prop_map(Some)]).prop_map(|(key, seats)| Op::Quota { key, seats }),
    ]
}

/// Few kinds of events around one subscription: where seats are short, and answers stay on the way.
fn contended_op() -> impl Strategy<Value = Op> {
    let trip = (0..2usize, 0..2usize, any::<bool>()).prop_map(|(proxy, key, home)| Op::Trip {
        proxy,
        slot: 0,
        key,
        home,
    });
    prop_oneof![
        8 => trip,
        3 => (0..2usize, prop_oneof![Just(None), (1..8u64).prop_map(Some)]).prop_map(|(key, seats)| Op::Quota { key, seats }),
        2 => any::<usize>().prop_map(|answer| Op::Import { answer }),
        2 => (0..2usize).prop_map(|proxy| Op::Deactivate { proxy, slot: 0 }),
        1 => Just(Op::UploadNewest),
        1 => prop_oneof![1..5u64, 80..120u64].prop_map(|days| Op::Pass { days }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    /// no-double-seat, one-home, final, forward-only and no-false-alarm hold in every state of every life, and nobody is stuck.
    #[test]
    fn honest_lives_keep_every_promise(ops in prop::collection::vec(op(), 1..40)) {
        let mut world = World::new();
        for op in ops {
            world.apply(op);
            world.check_promises();
        }
        prop_assert_eq!(world.forks, 0, "no-false-alarm");
        world.check_nobody_is_stuck();
        world.check_promises();
    }

    #[test]
    fn contended_seats_are_never_honoured_twice(ops in prop::collection::vec(contended_op(), 1..24)) {
        let mut world = World::new();
        for op in ops {
            world.apply(op);
            world.check_promises();
        }
        prop_assert_eq!(world.forks, 0, "no-false-alarm");
    }

    /// seen: whatever a proxy did before it was copied, and whatever the first copy did after, the first file of the second copy that
    /// arrives is refused as a fork; the first goes on.
    #[test]
    fn a_copy_is_seen_at_its_first_file(
        before in prop::collection::vec(op(), 0..20),
        first in prop::collection::vec(op(), 0..10),
    ) {
        let mut world = World::new();
        before.into_iter().for_each(|op| world.apply(op));
        world.apply(Op::Activate { proxy: 0, slot: 0, key: 0 });
        world.apply(Op::UploadNewest);
        world.apply(Op::ImportNewest);
        let copy = world.proxies[0].clone();
        first.into_iter().for_each(|op| world.apply(op));
        // The first branch moves on by a file that arrives.
        world.apply(Op::Use { proxy: 0, slot: 0, seats: 777 });
        let made = world.made;
        world.apply(Op::Refresh { proxy: 0, slot: 0 });
        if world.made == made {
            world.apply(Op::Deactivate { proxy: 0, slot: 0 });
        }
        prop_assume!(world.made > made);
        world.apply(Op::UploadNewest);
        prop_assert_eq!(world.forks, 0);
        // The second branch writes its first file.
        let original = std::mem::replace(&mut world.proxies[0], copy);
        world.apply(Op::Use { proxy: 0, slot: 0, seats: 888 });
        let made = world.made;
        world.apply(Op::Refresh { proxy: 0, slot: 0 });
        if world.made == made {
            world.apply(Op::Activate { proxy: 0, slot: 0, key: 0 });
        }
        prop_assume!(world.made > made);
        world.apply(Op::UploadNewest);
        prop_assert_eq!(world.forks, 1, "seen");
        let name = original.name();
        prop_assert!(world.book.installations[&name].fork.is_some());
        // And the first goes on.
        world.proxies[0] = original;
        world.apply(Op::Use { proxy: 0, slot: 0, seats: 999 });
        let made = world.made;
        world.apply(Op::Refresh { proxy: 0, slot: 0 });
        if world.made > made {
            world.apply(Op::UploadNewest);
            prop_assert_eq!(world.forks, 1, "the first branch goes on");
        }
    }
}

/// A license that was replaced and is still on the way home holds its seats: the proxy may never get the newer one.
#[test]
fn the_license_in_force_counts_until_the_proxy_shows_the_newer_one() {
    let mut world = World::new();
    world.apply(Op::Trip { proxy: 0, slot: 0, key: 0, home: true });
    world.apply(Op::Quota { key: 0, seats: Some(3) });
    world.apply(Op::Trip { proxy: 0, slot: 0, key: 0, home: false });
    world.apply(Op::Trip { proxy: 1, slot: 0, key: 1, home: true });
    world.check_promises();
    assert_eq!(seats_in_force(&world, 0), Some(10));
    assert_eq!(seats_in_force(&world, 1), None, "no seats are free while the old license may be used");
    world.apply(Op::Import { answer: 1 });
    assert_eq!(seats_in_force(&world, 0), Some(3));
    world.apply(Op::Trip { proxy: 0, slot: 0, key: 0, home: false });
    world.apply(Op::Trip { proxy: 1, slot: 0, key: 1, home: true });
    assert_eq!(seats_in_force(&world, 1), Some(7), "free once the proxy has shown that it let go");
    world.check_promises();
}

fn seats_in_force(world: &World, proxy: usize) -> Option<u64> {
    world.proxies[proxy].license(LicenseType::Desktop).map(|license| license.seats(METRIC))
}
