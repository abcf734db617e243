//! The promises that the proxy keeps by itself (design, section 3), searched with random lives. A life is a list of steps in which
//! any answer file may come never, once, again, late and in any order.

use std::collections::BTreeMap;

use license_format::DAY;
use proptest::prelude::*;

use super::*;
use crate::installation::{Saved, Slot};

#[derive(Debug, Clone, Copy)]
enum Step {
    Activate {
        slot: usize,
        key: u8,
    },
    Refresh {
        slot: usize,
    },
    Deactivate {
        slot: usize,
    },
    Use {
        slot: usize,
        seats: u64,
    },
    /// The vendor answers the request with this place among all that were made.
    Answer {
        request: usize,
        how: How,
    },
    /// The answer with this place among all that were given is imported.
    Import {
        answer: usize,
    },
    Pass {
        hours: u64,
    },
    Back {
        hours: u64,
    },
}

#[derive(Debug, Clone, Copy)]
enum How {
    Yes,
    YesAndTimeReset,
    No,
    NoForGood,
    Restored,
}

const SLOTS: [LicenseType; 2] = [DESKTOP, MOBILE];

fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![
        8 => Just(How::Yes), 1 => Just(How::YesAndTimeReset), 1 => Just(How::No), 1 => Just(How::NoForGood), 1 => Just(How::Restored)
    ];
    let slot = prop_oneof![3 => Just(0usize), 1 => Just(1usize)];
    prop_oneof![
        3 => (slot.clone(), 0..2u8).prop_map(|(slot, key)| Step::Activate { slot, key }),
        4 => slot.clone().prop_map(|slot| Step::Refresh { slot }),
        2 => slot.clone().prop_map(|slot| Step::Deactivate { slot }),
        2 => (slot, 0..300u64).prop_map(|(slot, seats)| Step::Use { slot, seats }),
        8 => (any::<usize>(), how).prop_map(|(request, how)| Step::Answer { request, how }),
        8 => any::<usize>().prop_map(|answer| Step::Import { answer }),
        1 => (1..100u64).prop_map(|hours| Step::Pass { hours }),
        1 => (1..100u64).prop_map(|hours| Step::Back { hours }),
    ]
}

/// A site and all files that ever were; and, kept apart from the site's own state, what its next request must say.
struct Life {
    site: Site,
    requests: BTreeMap<u64, OwnRequest>,
    answers: Vec<UnverifiedFile>,
    /// The final answers: a request never gets a second one (same-answer).
    finals: BTreeMap<u64, UnverifiedFile>,
    /// Counters of requests whose final answer was read.
    answered: u64,
    records: u64,
}

impl Life {
    fn new() -> Life {
        Life {
            site: Site::new(),
            requests: BTreeMap::new(),
            answers: Vec::new(),
            finals: BTreeMap::new(),
            answered: 0,
            records: 1,
        }
    }

    fn step(&mut self, step: Step) {
        let before = self.site.state.clone();
        match step {
            Step::Activate { slot, key } => {
                let key = LicenseKey::from_random(SLOTS[slot], &[key; 18]);
                let done = self.site.activate_with(SLOTS[slot], &key);
                self.prepared(done);
            }
            Step::Refresh { slot } => {
                let done = self.site.refresh(SLOTS[slot]);
                self.prepared(done);
            }
            Step::Deactivate { slot } => {
                let done = self.site.deactivate(SLOTS[slot]);
                if self.prepared(done) {
                    let slot = self.site.state.slot(SLOTS[slot]);
                    assert!(matches!(slot, Slot::Released(_)), "final: stopped in the same step");
                }
            }
            Step::Use { slot, seats } => {
                self.site.state = self.site.state.set_usage(SLOTS[slot], seats, self.site.now);
            }
            Step::Answer { request, how } => self.answer(request, how),
            Step::Import { answer } if !self.answers.is_empty() => {
                let answer = self.answers[answer % self.answers.len()].clone();
                self.import(&answer);
            }
            Step::Import { .. } => {}
            Step::Pass { hours } => self.site.now = self.site.now.plus(hours * 3600),
            Step::Back { hours } => self.site.now = self.site.now.minus(hours * 3600),
        }
        self.forward_only(&before);
        self.stored_and_read_again();
    }

    /// Notes a request, checks its chain against what is known here, and that the same call again gives the same bytes.
    fn prepared(&mut self, done: Result<Prepared, PrepareError>) -> bool {
        let Ok(Prepared { request, saved }) = done else { return false };
        if saved != Saved::New {
            assert_eq!(self.requests.get(&request.counter()), Some(&request), "saved again: the same bytes");
            return true;
        }
        let said = read(&request);
        let chain = said.chain();
        assert_eq!(chain.counter, self.requests.len() as u64 + 1);
        assert_eq!(chain.since.map_or(0, |since| since.counter), self.answered);
        let claimed: Vec<(u64, Digest)> = chain.claims().map(|link| (link.counter, link.digest)).collect();
        let made: Vec<(u64, Digest)> = self
            .requests
            .iter()
            .filter(|(counter, _)| **counter >= self.answered)
            .map(|(counter, own)| (*counter, own.digest()))
            .collect();
        assert_eq!(claimed, made, "every request since the last answered is claimed");
        for slot in SLOTS {
            let report = chain.slots.slot(slot).unwrap_or_default();
            assert_eq!(report.holding.map(|link| link.counter), self.site.in_force(slot));
            assert_eq!(report.ended.unwrap_or(0), self.site.state.slot(slot).ended());
        }
        self.requests.insert(request.counter(), request);
        true
    }

    fn answer(&mut self, request: usize, how: How) {
        if self.requests.is_empty() {
            return;
        }
        let counter = (request % self.requests.len()) as u64 + 1;
        let own = &self.requests[&counter];
        let is_deactivation = own.kind() == license_format::Kind::DeactivationRequest;
        let record = self.records;
        if let Some(answer) = self.finals.get(&counter) {
            return self.answers.push(answer.clone());
        }
        let answer = match how {
            How::Yes | How::YesAndTimeReset if is_deactivation => receipt(own),
            How::Yes => testing::seal_answer(&License { record, ..license_for(own) }),
            How::YesAndTimeReset => {
                let license = license_for(own);
                testing::seal_answer(&License { time_reset: Some(license.issued), ..license })
            }
            How::No => refusal(own, |_| {}),
            How::NoForGood => refusal(own, |refusal| refusal.is_final = true),
            How::Restored => {
                self.records += 1;
                let record = self.records;
                refusal(own, |refusal| {
                    refusal.code = "record-restored".parse().unwrap();
                    refusal.record = record;
                })
            }
        };
        if !matches!(how, How::No | How::Restored) {
            self.finals.insert(counter, answer.clone());
        }
        self.answers.push(answer);
    }

    fn import(&mut self, answer: &UnverifiedFile) {
        let before = self.site.clone();
        let outcome = self.site.import(answer).expect("every answer here is genuine and asked for");
        let is_final = match &outcome {
            Outcome::Installed(installed) => Some(installed.license.counter),
            Outcome::Confirmed(receipt) => Some(receipt.counter),
            Outcome::Refused(refusal) => refusal.is_final.then_some(refusal.counter),
            _ => None,
        };
        self.answered = self.answered.max(is_final.unwrap_or(0));
        // A crash between deciding and writing leaves the old state, from which the same import does the same.
        let mut crashed = before;
        assert_eq!(crashed.import(answer).unwrap(), outcome);
        assert_eq!(crashed.state, self.site.state);
        // And the same file again changes nothing but what a refusal that is not final may say again.
        let again = self.site.state.import(answer, self.site.now).unwrap();
        assert_eq!(again.0, self.site.state, "the same file again");
        let repeats = matches!(&outcome, Outcome::Refused(refusal) if !refusal.is_final);
        assert_eq!(again.1.changes(), repeats, "{outcome:?}");
    }

    fn forward_only(&self, before: &Installation) {
        let after = &self.site.state;
        for slot in SLOTS {
            let counter =
                |state: &Installation| state.slot(slot).license().map_or(0, |license| license.counter);
            let (was, is) = (counter(before), counter(after));
            let ended = after.slot(slot).ended();
            assert!(ended >= before.slot(slot).ended(), "forward-only: ended");
            assert!(is == 0 || is > ended, "final: {slot} holds {is}, and ended {ended}");
            assert!(is >= was || ended > was, "forward-only: {slot} went from {was} to {is}");
        }
        assert!(after.record() >= before.record());
        assert!(after.counter() >= before.counter());
        assert!(
            after.since().map_or(0, |link| link.counter) >= before.since().map_or(0, |link| link.counter)
        );
    }

    /// What is written to the disk and read back is the same state.
    fn stored_and_read_again(&self) {
        let mut bytes = Vec::new();
        ciborium::into_writer(&self.site.state, &mut bytes).unwrap();
        let read: Installation = ciborium::from_reader(&*bytes).unwrap();
        assert_eq!(read, self.site.state);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_life_keeps_final_and_forward_only(steps in prop::collection::vec(step(), 1..60)) {
        let mut life = Life::new();
        steps.into_iter().for_each(|step| life.step(step));
    }

    /// However many answers to open requests come, and in whatever order and however often: the newest is in force.
    #[test]
    fn the_order_of_imports_makes_no_difference(
        requests in 2..6usize,
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut site = Site::activated();
        let answers: Vec<UnverifiedFile> = (0..requests).map(|_| grant(&site.refresh_anew(DESKTOP))).collect();
        let mut all: Vec<&UnverifiedFile> = answers.iter().collect();
        // A shuffle with repetitions that leaves none out.
        for index in &order {
            let again = index.get(&answers);
            all.insert(index.index(all.len() + 1), again);
        }
        let mut other = site.clone();
        all.iter().for_each(|answer| { site.import(answer).unwrap(); });
        all.iter().rev().for_each(|answer| { other.import(answer).unwrap(); });
        prop_assert_eq!(site.license(DESKTOP), other.license(DESKTOP));
        prop_assert_eq!(site.in_force(DESKTOP), Some(requests as u64 + 1));
        prop_assert_eq!(site.state.since(), other.state.since());
        prop_assert_eq!(site.state.open().count(), 0);
        prop_assert_eq!(site.state, other.state);
    }

    /// Whatever was ever given to a slot: once it is deactivated, none of it comes back, before or after the receipt.
    #[test]
    fn nothing_given_before_a_deactivation_revives_the_slot(
        requests in 1..5usize,
        imported in prop::collection::vec(any::<bool>(), 5),
        receipt_read in any::<bool>(),
        hours in 0..2000u64,
    ) {
        let mut site = Site::new();
        let mut answers = vec![grant(&site.activate(DESKTOP).unwrap())];
        site.import(&answers[0]).unwrap();
        for is_imported in imported.into_iter().take(requests) {
            answers.push(grant(&site.refresh_anew(DESKTOP)));
            if is_imported {
                site.import(answers.last().unwrap()).unwrap();
            }
        }
        let end = site.deactivate(DESKTOP).unwrap().request;
        if receipt_read {
            site.import(&receipt(&end)).unwrap();
        }
        site.now = site.now.plus(hours * 3600).plus(DAY);
        for answer in &answers {
            let outcome = site.import(answer).unwrap();
            let ended = matches!(outcome, Outcome::Ended { .. });
            prop_assert!(ended, "{:?}", outcome);
            prop_assert_eq!(site.license(DESKTOP), None);
        }
    }
}

/// Every order of importing the answers to three open requests of two slots, one of them a deactivation.
#[test]
fn every_order_of_three_answers_in_two_slots_ends_alike() {
    let mut start = Site::activated();
    let mobile = start.activate(MOBILE).unwrap();
    let refresh = start.refresh_anew(DESKTOP);
    let end = start.deactivate(DESKTOP).unwrap().request;
    let again = start.activate(DESKTOP).unwrap();
    let answers = [grant(&mobile), grant(&refresh), receipt(&end), grant(&again)];
    for order in permutations(answers.len()) {
        let mut site = start.clone();
        for at in &order {
            site.import(&answers[*at]).unwrap();
            let in_force = site.in_force(DESKTOP).unwrap_or(0);
            assert!(in_force == 0 || in_force == 5, "final, in order {order:?}");
        }
        let ends = (site.in_force(DESKTOP), site.in_force(MOBILE));
        assert_eq!(ends, (Some(5), Some(2)), "in order {order:?}");
        assert_eq!(site.state.since().unwrap().counter, 5);
        assert_eq!(site.state.open().count(), 0);
    }
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let insert = |order: &Vec<usize>| {
        (0..count)
            .map(|at| {
                let mut order = order.clone();
                order.insert(at, count - 1);
                order
            })
            .collect::<Vec<_>>()
    };
    shorter.iter().flat_map(insert).collect()
}
