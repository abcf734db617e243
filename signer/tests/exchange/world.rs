//! A small world: two proxies, a subscription that they share, and files that may be anywhere.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    DAY, Digest, Kind, LicenseKey, LicenseType, Metric, PublicKey, Thumbprint, Timestamp, UnverifiedDocument,
    UnverifiedFile,
    payload::{Floor, KeyEntry, License, OverLimit, TrustBundle, VERSION},
};
use signer::{
    Answer, Asker, LicenseKeyId, Signer,
    catalog::{KeyChange, OverdraftDraft},
    exchange::{
        Book, Draw, Incoming, Lapses, MoveError, Outcome, Overdraft, RefusalCode, Reserve, SoldGrant,
        SoldKey, SubscriptionRecord, Tally, Terms,
    },
    installations::{CustodyError, Decider},
    people::Actor,
    second_person::RiskyAction,
};
use tokio::runtime::Runtime;
use verifier::{
    TrustState,
    installation::{Installation, Moment, PrepareError},
    verify_request,
};

use crate::common::{Place, Proxy, moment};

pub(crate) const SEATS: u64 = 10;
pub(crate) const METRIC: Metric = Metric::ManagedDevice;
pub(crate) const TYPES: [LicenseType; 2] = [LicenseType::Desktop, LicenseType::Mobile];
/// What each license key is for.
pub(crate) const KEYS: [LicenseType; 3] = [LicenseType::Desktop, LicenseType::Desktop, LicenseType::Mobile];

/// What can happen.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
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
    /// How a key draws, with its quota if it keeps that for itself.
    Draw {
        key: usize,
        draw: Draw,
        quota: u64,
    },
    /// Staff grant Desktop seats beyond those bought.
    Grant {
        seats: u64,
        days: u64,
    },
    /// An administrator says that a proxy is lost, and a key goes on elsewhere.
    Move {
        proxy: usize,
        key: usize,
    },
}

pub(crate) struct World<'a> {
    desk: Desk<'a>,
    pub(crate) book: Book,
    keys: Vec<LicenseKey>,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) requests: Vec<Vec<u8>>,
    pub(crate) answers: Vec<UnverifiedFile>,
    finals: BTreeMap<Digest, UnverifiedFile>,
    pub(crate) now: Timestamp,
    nonces: u64,
    pub(crate) forks: u64,
    /// How often a file was prepared, saved again included.
    pub(crate) prepared: u64,
    /// How many different ones were made.
    pub(crate) made: u64,
}

/// Who signs what the book has decided.
pub(crate) enum Desk<'a> {
    /// A key.
    Key(Box<SigningKey>),
    /// A whole signer, which decides by itself and has to come to the same.
    Signer { runtime: &'a Runtime, signer: Box<Signer>, keys: Vec<LicenseKeyId>, _place: Place },
}

pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-22").unwrap()
}

impl World<'_> {
    /// Two proxies; a Desktop subscription of ten seats with two keys, and a Mobile one with one.
    pub(crate) fn new() -> World<'static> {
        let now = now();
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
        let mut book = empty_book();
        let mut keys = Vec::new();
        for (number, license_type) in KEYS.into_iter().enumerate() {
            let key = LicenseKey::from_random(license_type, &[number as u8; 18]);
            book.keys.insert(key.digest(), sold_key(&key, number as u64));
            book.subscriptions
                .entry(subscription_id(license_type))
                .or_insert_with(|| subscription(license_type, now));
            keys.push(key);
        }
        World::with(Desk::Key(Box::new(issuing)), book, keys, &trust)
    }

    pub(crate) fn with<'a>(
        desk: Desk<'a>,
        book: Book,
        keys: Vec<LicenseKey>,
        trust: &TrustState,
    ) -> World<'a> {
        World {
            desk,
            book,
            keys,
            proxies: (1..=2).map(|number| Proxy::new(number, trust, now())).collect(),
            requests: Vec::new(),
            answers: Vec::new(),
            finals: BTreeMap::new(),
            now: now(),
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

    pub(crate) fn apply(&mut self, op: Op) {
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
                let sold = self.book.keys.get_mut(&digest).unwrap();
                if seats.is_none() && sold.draw == Draw::Reserved {
                    return;
                }
                sold.quota = seats;
                self.reserve();
                self.change_key(key, KeyChange { quota: Some(seats), ..KeyChange::default() });
            }
            Op::Draw { key, draw, quota } => {
                let sold = self.book.keys.get_mut(&self.keys[key].digest()).unwrap();
                sold.draw = draw;
                sold.quota = sold.quota.or((draw == Draw::Reserved).then_some(quota));
                let quota = sold.quota;
                self.reserve();
                self.change_key(
                    key,
                    KeyChange { draw: Some(draw), quota: Some(quota), ..KeyChange::default() },
                );
            }
            Op::Grant { seats, days } => {
                let (id, ends) = (subscription_id(TYPES[0]), self.now.plus(days * DAY));
                let entry = Overdraft { metric: METRIC, seats, ends, granted: true };
                let desktop =
                    self.book.subscriptions.iter_mut().find(|(_, sold)| sold.license_type == TYPES[0]);
                let (id, sold) = desktop.map_or((id, None), |(id, sold)| (id.clone(), Some(sold)));
                sold.unwrap().overdraft.push(entry);
                self.recount();
                if let Desk::Signer { runtime, signer, .. } = &self.desk {
                    let reason = "asked for it".to_owned();
                    let draft = OverdraftDraft { subscription: id, metric: None, seats, ends, reason };
                    let granted = signer.second_person().take(
                        RiskyAction::Overdraft(draft),
                        &Actor::Operator,
                        self.now,
                    );
                    runtime.block_on(granted).unwrap();
                }
            }
            Op::Move { proxy, key } => {
                let from = self.proxies[proxy].name();
                let moved = self.book.move_away(self.keys[key].digest(), from, self.now);
                self.book.changes.clear();
                if let Desk::Signer { runtime, signer, keys, .. } = &self.desk {
                    let by = Decider::operator();
                    let because = "lost".parse().unwrap();
                    let done = signer.installations().move_key(&from, &keys[key], &because, &by, self.now);
                    match (runtime.block_on(done), moved) {
                        (Ok(()), Ok(())) => {}
                        // The store is asked about an installation first, the book about a key.
                        (Err(CustodyError::NoInstallation), Err(MoveError::NotAtHome)) => {}
                        (Err(CustodyError::Move(store)), Err(book)) => assert_eq!(store, book),
                        (store, book) => panic!("the store's {store:?} is not the book's {book:?}"),
                    }
                }
            }
        }
    }

    /// What is kept for keys follows from the keys.
    fn reserve(&mut self) {
        for (id, subscription) in &mut self.book.subscriptions {
            let kept = self
                .book
                .keys
                .iter()
                .filter(|(_, key)| key.subscription == *id && key.draw == Draw::Reserved);
            let reserve = |(digest, key): (&Digest, &SoldKey)| Reserve {
                key: *digest,
                seats: key.quota.expect("a reserved key has a quota"),
                ends: None,
            };
            subscription.reserves = kept.map(reserve).collect();
        }
    }

    fn change_key(&self, key: usize, change: KeyChange) {
        let Desk::Signer { runtime, signer, keys, .. } = &self.desk else { return };
        let (catalog, id) = (signer.catalog(), &keys[key]);
        runtime.block_on(async {
            let version = catalog.license_key(&Asker::Staff, id).await.unwrap().version;
            catalog.update_license_key(id, version, change, &Actor::Operator, self.now).await.unwrap();
        });
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
        let answered = match &self.desk {
            Desk::Key(_) => None,
            Desk::Signer { runtime, signer, .. } => {
                let answered = runtime.block_on(signer.answer(&self.requests[at], &Asker::Staff, self.now));
                Some(answered.expect("it answers"))
            }
        };
        if let Some(answer) = self.finals.get(&digest) {
            if let Some(answered) = answered {
                assert!(answered.repeated);
                assert_eq!(answered.file, answer.encode(), "same-answer");
            }
            self.answers.push(answer.clone());
            return;
        }
        let incoming = Incoming { request: request.request(), digest, attached: &[] };
        let outcome = self.book.answer(incoming, &Asker::Staff, self.now);
        self.book.changes.clear();
        let is_final = match &outcome {
            Outcome::License(_) | Outcome::Receipt(_) => true,
            Outcome::Refusal(refusal) => {
                self.forks += u64::from(refusal.code.as_str() == RefusalCode::Fork.code());
                refusal.is_final
            }
        };
        let answer = match (&self.desk, answered) {
            (Desk::Key(key), _) => UnverifiedFile::of(match &outcome {
                Outcome::License(license) => seal(license.as_ref(), key),
                Outcome::Receipt(receipt) => seal(receipt.as_ref(), key),
                Outcome::Refusal(refusal) => seal(refusal.as_ref(), key),
            }),
            (Desk::Signer { .. }, answered) => {
                let answered = answered.expect("asked above");
                assert_is(&answered.answer, &outcome);
                UnverifiedFile::read(&answered.file).expect("a file")
            }
        };
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

    /// What the store does when a book is opened: the tallies at this instant.
    fn recount(&mut self) {
        self.book.tally_anew(self.now);
    }

    /// The tallies that the book keeps up to date are those that a recount gives.
    fn check_sums(&mut self) {
        let counted = |book: &Book| -> BTreeMap<Tally, u64> {
            let now = book.tallies.iter().map(|(tally, standing)| (tally.clone(), standing.now));
            now.filter(|(_, now)| *now > 0).collect()
        };
        let kept = counted(&self.book);
        self.recount();
        assert_eq!(kept, counted(&self.book), "the tallies kept differ from a recount");
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

    pub(crate) fn check_promises(&self) {
        for license_type in TYPES {
            let mut seats = 0;
            let mut homes: BTreeMap<Digest, Vec<Thumbprint>> = BTreeMap::new();
            for proxy in &self.proxies {
                let licenses = self.could_honour(proxy, license_type);
                seats += licenses.iter().map(|license| license.seats(METRIC)).max().unwrap_or(0);
                let booked = self.book.installations.get(&proxy.name()).map(|record| &record.booked);
                let given_up = |license: &License| {
                    booked.is_some_and(|booked| booked.iter().any(|lease| lease.license == license.id))
                };
                for license in licenses.into_iter().filter(|license| !given_up(license)) {
                    let at = homes.entry(license.license_key.digest).or_default();
                    if !at.contains(&proxy.name()) {
                        at.push(proxy.name());
                    }
                }
            }
            let now = self.now;
            let sold =
                self.book.subscriptions.values().find(|sold| sold.license_type == license_type).unwrap();
            let booked = sold.overdraft.iter().filter(|entry| !entry.granted && now < entry.ends);
            let limit = sold.limit(METRIC, now) + booked.map(|entry| entry.seats).sum::<u64>();
            assert!(
                seats <= limit,
                "no-double-seat: {seats} of {limit} {license_type} seats could be honoured"
            );
            self.check_the_time_to_come(sold);
            for (key, at) in homes {
                assert!(at.len() <= 1, "one-home: key {key} could be honoured at {at:?}");
            }
        }
    }

    /// no-double-seat for every instant to come, by the record: what is out now and has not ended then is never more than may be given
    /// out then.
    fn check_the_time_to_come(&self, sold: &SubscriptionRecord) {
        let lapses: Vec<Lapses> = self
            .book
            .installations
            .values()
            .flat_map(|record| record.tallies(self.now))
            .filter(|(tally, _)| matches!(tally, Tally::Seats(id, _) if self.book.subscriptions[id] == *sold))
            .map(|(_, lapses)| lapses)
            .collect();
        for at in sold.falls(self.now).into_iter().chain([self.now]) {
            let steps = lapses.iter().flatten().filter(|(ends, _)| at < **ends);
            let leased: i64 = steps.map(|(_, amount)| *amount).sum();
            let limit = sold.limit(METRIC, at);
            assert!(leased as u64 <= limit, "no-double-seat: {leased} of {limit} will be out at {at}");
        }
    }

    /// Every honest proxy can go on: what it asks next is never called fork, behind, ended or overtaken.
    pub(crate) fn check_nobody_is_stuck(&mut self) {
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

/// The signer's answer is what the book has decided. When a refusal goes away by itself only the store knows.
fn assert_is(answer: &Answer, outcome: &Outcome) {
    match (answer, outcome) {
        (Answer::License(license), Outcome::License(expected)) => assert_eq!(license, expected.as_ref()),
        (Answer::Receipt(receipt), Outcome::Receipt(expected)) => assert_eq!(receipt, expected.as_ref()),
        (Answer::Refusal(refusal), Outcome::Refusal(expected)) => {
            assert_eq!(
                (&refusal.code, refusal.is_final, refusal.record, refusal.answers, refusal.issued),
                (&expected.code, expected.is_final, expected.record, expected.answers, expected.issued)
            );
        }
        (answer, outcome) => panic!("the store's answer {answer:?} is not the book's {outcome:?}"),
    }
}

pub(crate) fn empty_book() -> Book {
    Book {
        vendor: "Example Software".parse().unwrap(),
        record: 1,
        recovery: None,
        floor: Floor { bundle: 1, revocations: 0 },
        installations: BTreeMap::new(),
        keys: BTreeMap::new(),
        subscriptions: BTreeMap::new(),
        codes: BTreeMap::new(),
        tallies: BTreeMap::new(),
        changes: Vec::new(),
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

pub(crate) fn sold_key(key: &LicenseKey, number: u64) -> SoldKey {
    SoldKey {
        id: format!("0193f2a0-5c00-7d3e-8f10-1000000000{number:02}").parse().unwrap(),
        account: "0193f2a0-5c00-7d3e-8f10-200000000000".parse().unwrap(),
        subscription: subscription_id(key.license_type()),
        license_type: key.license_type(),
        last_group: key.last_group(),
        quota: None,
        draw: Draw::Open,
        ends: None,
        blocked: false,
        installations: 1,
        moves: 0,
    }
}

pub(crate) fn subscription(license_type: LicenseType, now: Timestamp) -> SubscriptionRecord {
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
            counted_as: METRIC,
            over_limit: OverLimit::Notify,
            after_end_days: 0,
            features: Default::default(),
        }],
        terms: Terms { file: 90 * DAY, report: 60 * DAY, grace: 14 * DAY, tolerance: DAY },
        overdraft: Vec::new(),
        reserves: Vec::new(),
    }
}
