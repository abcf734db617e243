//! The signer's side: every record that there ever was, and what the real decisions make of it.
//!
//! A desk is what the store holds. Each request is decided over a book that is read anew, inside its transaction, so any number of
//! signer processes are as good as one whose steps come in any order; what they do not share is the clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use license_format::{Digest, Thumbprint, Timestamp, payload::Request};
use signer::{
    Answer, Asker,
    exchange::{Book, Draw, Incoming, InstallationRecord, Lives},
};

use crate::{interned::Interned, papers::Papers, sold, variant::Variant};

/// Seconds by which a process's clock may be behind the newest answer, as in `signer::queue`.
const CLOCK_SLACK: u64 = 5;

/// What the store holds.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The record, without what is only summed up from it.
    pub book: Book,
    /// The final answer to each request that has one.
    pub finals: BTreeMap<u32, u32>,
    /// When the newest answer was issued.
    pub newest: Timestamp,
}

/// What a desk can be made to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Answers a request.
    Answer(u32),
    /// Staff change a key's quota.
    Quota(u8, Option<u64>),
    /// Staff suspend a subscription, or end that.
    Suspend(u8, bool),
    /// Staff change how a key draws.
    Draw(u8, Draw),
    /// A key moves away from an installation.
    Move(u8, u8),
    /// A key is barred at an installation, or allowed again.
    Bar(u8, u8, bool),
    /// An administrator says which branch lives.
    Resolve(u8, bool),
    /// The store is put back to this desk's, and the witness shows it or not.
    PutBack(u32, bool),
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// The desk.
    pub desk: u32,
    /// The answer.
    pub answer: Option<u32>,
    /// Whether it was given before.
    pub repeated: bool,
}

/// All desks.
pub struct Desks {
    desks: Interned<Desk>,
    done: HashMap<(u32, Deed, Timestamp), Done>,
    variant: Option<Variant>,
}

impl Desks {
    /// None yet.
    pub fn new(variant: Option<Variant>) -> Desks {
        Desks { desks: Interned::default(), done: HashMap::new(), variant }
    }

    /// One more, with nothing answered yet.
    pub fn open(&mut self, book: Book) -> u32 {
        self.keep(Desk { book, finals: BTreeMap::new(), newest: sold::start() })
    }

    /// A desk by number.
    pub fn desk(&self, desk: u32) -> &Desk {
        &self.desks[desk]
    }

    /// How many different ones there were.
    pub fn len(&self) -> usize {
        self.desks.len()
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.desks.is_empty()
    }

    /// Does something at a reading of the process's clock.
    pub fn act(
        &mut self,
        desk: u32,
        deed: Deed,
        clock: Timestamp,
        keys: &[Digest],
        names: &[Thumbprint],
        papers: &mut Papers,
    ) -> Done {
        if let Some(done) = self.done.get(&(desk, deed, clock)) {
            return *done;
        }
        let nothing = Done { desk, answer: None, repeated: false };
        let mut next = self.desks[desk].clone();
        let done = match deed {
            Deed::Answer(request) => self.answer(desk, request, clock, papers).unwrap_or(nothing),
            Deed::Quota(key, quota) => {
                sold::set_quota(&mut next.book, keys[usize::from(key)], quota);
                if self.variant == Some(Variant::LeasesFollowTheQuota) {
                    Variant::cut_leases(&mut next.book, keys[usize::from(key)], quota);
                }
                Done { desk: self.keep(next), ..nothing }
            }
            Deed::Suspend(subscription, suspended) => {
                let id = sold::subscription_id(usize::from(subscription));
                next.book.subscriptions.get_mut(&id).expect("one of this world").suspended = suspended;
                Done { desk: self.keep(next), ..nothing }
            }
            Deed::Draw(key, draw) => {
                sold::set_draw(&mut next.book, keys[usize::from(key)], draw);
                Done { desk: self.keep(next), ..nothing }
            }
            Deed::Move(installation, key) => {
                next.open(clock, papers);
                let from = names[usize::from(installation)];
                let moved = next.book.move_away(keys[usize::from(key)], from, clock);
                if self.variant == Some(Variant::MovedWithoutOverdraft) {
                    Variant::unbook(&mut next.book);
                }
                moved.map_or(nothing, |()| Done { desk: self.keep(next), ..nothing })
            }
            Deed::Bar(installation, key, on) => {
                let (at, key) = (names[usize::from(installation)], keys[usize::from(key)]);
                sold::bar(&mut next.book, &at, key, on);
                Done { desk: self.keep(next), ..nothing }
            }
            Deed::Resolve(installation, second) => {
                if self.resolve(&mut next, names[usize::from(installation)], second, clock, papers) {
                    Done { desk: self.keep(next), ..nothing }
                } else {
                    nothing
                }
            }
            Deed::PutBack(backup, witness) => {
                let record = next.book.record;
                next = self.desks[backup].clone();
                if witness {
                    self.recover(&mut next.book, record, clock);
                }
                Done { desk: self.keep(next), ..nothing }
            }
        };
        self.done.insert((desk, deed, clock), done);
        done
    }

    /// As `signer::queue` does it: the later of the clock and the newest answer is now; row 1 is a look into the store.
    fn answer(&mut self, desk: u32, request: u32, clock: Timestamp, papers: &mut Papers) -> Option<Done> {
        let mut next = self.desks[desk].clone();
        if clock.plus(CLOCK_SLACK) < next.newest {
            return None;
        }
        let now = clock.max(next.newest);
        // Row 1.
        if let Some(answer) =
            next.finals.get(&request).filter(|_| self.variant != Some(Variant::SecondAnswer))
        {
            return Some(Done { desk, answer: Some(*answer), repeated: true });
        }
        next.open(now, papers);
        Variant::before(self.variant, &mut next.book, request, papers);
        let paper = papers.request(request);
        let said = Variant::of_request(self.variant, &paper.request);
        let incoming = Incoming { request: &said, digest: paper.digest, attached: &paper.attached };
        let outcome = next.book.answer(incoming, &Asker::Staff, now);
        sold::let_go(&mut next.book);
        if self.variant.is_none() {
            let kept = sold::sums(&next.book);
            sold::reopen(&mut next.book, now);
            assert_eq!(kept, sold::sums(&next.book), "the sums that the book kept differ from a recount");
        }
        Variant::after(self.variant, &mut next.book, request, papers);
        let answer = papers.sign(outcome, request);
        let is_final = match &papers.answer(answer).answer {
            Answer::Refusal(refusal) => refusal.is_final || self.variant == Some(Variant::RefusalsFrozen),
            _ => true,
        };
        if is_final {
            next.finals.insert(request, answer);
        }
        next.newest = now;
        Some(Done { desk: self.keep(next), answer: Some(answer), repeated: false })
    }

    fn resolve(
        &self,
        desk: &mut Desk,
        name: Thumbprint,
        second: bool,
        now: Timestamp,
        papers: &Papers,
    ) -> bool {
        desk.open(now, papers);
        let Some(newest) = desk.newest_refused(name, papers) else { return false };
        let strays: Vec<(Request, Digest)> = desk
            .strays(name, papers)
            .map(|request| (papers.request(request).request.clone(), papers.request(request).digest))
            .collect();
        let newest = (papers.request(newest).request.clone(), papers.request(newest).digest);
        let lives = if second { Lives::Second } else { Lives::First };
        if desk.book.resolve(name, lives, &newest, &strays, now).is_err() {
            return false;
        }
        if self.variant == Some(Variant::ResolvedWithoutOverdraft) {
            Variant::unbook(&mut desk.book);
        }
        true
    }

    fn recover(&self, book: &mut Book, record: u64, now: Timestamp) {
        match self.variant {
            Some(Variant::PutBackUnseen) => {}
            Some(Variant::RecordNumberKept) => {
                book.begin_recovery(now);
                book.record -= 1;
            }
            Some(Variant::RecordNumberOfTheBackup) => book.begin_recovery(now),
            // The witness remembers the record number.
            _ => {
                book.record = book.record.max(record);
                book.begin_recovery(now);
            }
        }
    }

    fn keep(&mut self, mut desk: Desk) -> u32 {
        sold::close(&mut desk.book);
        desk.book.installations.values_mut().for_each(|record| record.strays.clear());
        let marks = |record: &InstallationRecord| {
            let slots: Vec<_> =
                record.slots.values().map(|slot| (slot.ended, slot.held, slot.answered)).collect();
            (slots, record.chain.clone(), record.leases.len(), record.newest)
        };
        let installations: Vec<_> = desk.book.installations.values().map(marks).collect();
        let codes: Vec<_> = desk.book.codes.values().map(|code| code.used_by).collect();
        let look = (desk.finals.clone(), desk.newest, desk.book.record, installations, codes);
        self.desks.number(look, desk)
    }
}

impl PartialEq for Desk {
    fn eq(&self, other: &Desk) -> bool {
        (&self.finals, self.newest) == (&other.finals, other.newest) && sold::same(&self.book, &other.book)
    }
}

impl Desk {
    /// What the store does when it reads the book: the sums, and which answered requests are on no chain.
    fn open(&mut self, now: Timestamp, papers: &Papers) {
        sold::reopen(&mut self.book, now);
        let names: Vec<Thumbprint> = self.book.installations.keys().copied().collect();
        for name in names {
            let strays: BTreeSet<Digest> =
                self.strays(name, papers).map(|request| papers.request(request).digest).collect();
            self.book.installations.get_mut(&name).expect("one of them").strays = strays;
        }
    }

    /// An installation's requests that have a final answer and are not on its chain.
    fn strays(&self, name: Thumbprint, papers: &Papers) -> impl Iterator<Item = u32> {
        let record = sold::known(&self.book, &name);
        self.finals.keys().copied().filter(move |request| {
            let paper = papers.request(*request);
            let chain = record.map(|record| &record.chain);
            paper.request.installation().public_key.thumbprint() == name
                && chain.and_then(|chain| chain.get(&paper.request.chain().counter)) != Some(&paper.digest)
        })
    }

    /// The newest request of an installation that was refused as a fork.
    fn newest_refused(&self, name: Thumbprint, papers: &Papers) -> Option<u32> {
        let refused =
            self.finals.iter().filter_map(|(request, answer)| match &papers.answer(*answer).answer {
                Answer::Refusal(refusal)
                    if refusal.code.as_str() == "fork" && refusal.installation == name =>
                {
                    Some((refusal.issued, refusal.counter, *request))
                }
                _ => None,
            });
        refused.max().map(|(_, _, request)| request)
    }
}
