//! Seats over time. A license holds its seats until its end, so what is out now also says what will be out at any later instant, if
//! nothing else happens: each tally has an amount now, and by how much it falls when.
//!
//! Tallies are kept as sums, so that an answer costs the same however many installations there are. They follow from the
//! installations alone ([`InstallationRecord::tallies`]); [`Book::settle`] writes down what a change of one installation does to them.

use std::collections::BTreeMap;

use license_format::{Digest, LicenseType, Metric, Thumbprint, Timestamp};

use super::{
    book::{Book, InstallationRecord, Lease},
    change::Change,
};
use crate::ids::SubscriptionId;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tally {
    /// Seats of a subscription that all slots count.
    Seats(SubscriptionId, Metric),
    /// Seats that slots count through one license key.
    KeySeats(Digest, Metric),
    /// Installations where a license key is at home.
    Homes(Digest),
}

/// By how much a tally falls at which instant. What never falls by itself stands at [`Timestamp::MAX`].
pub type Lapses = BTreeMap<Timestamp, i64>;

/// What is known of a tally.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// How much it is now.
    pub now: u64,
    /// How much it will be at later instants, if nothing else happens: at those that were asked for.
    pub later: BTreeMap<Timestamp, u64>,
    /// When it next falls: as many instants as are known.
    pub next: Lapses,
}

impl Standing {
    /// How much it is at an instant that was asked for, and now for any other: a tally never rises by itself.
    pub fn at(&self, instant: Timestamp) -> u64 {
        self.later.get(&instant).copied().unwrap_or(self.now)
    }

    /// The next instant at which it falls by what others than `own` count.
    pub fn next_beside(&self, own: &Lapses) -> Option<Timestamp> {
        let beside = |(ends, amount): (&Timestamp, &i64)| {
            (*amount > own.get(ends).copied().unwrap_or(0) && *ends < Timestamp::MAX).then_some(*ends)
        };
        self.next.iter().find_map(beside)
    }

    fn add(&mut self, ends: Timestamp, amount: i64) {
        self.now = self.now.saturating_add_signed(amount);
        for (instant, later) in &mut self.later {
            if *instant < ends {
                *later = later.saturating_add_signed(amount);
            }
        }
        *self.next.entry(ends).or_default() += amount;
    }
}

/// How much of some lapses is left at an instant.
pub(super) fn left(lapses: &Lapses, at: Timestamp) -> u64 {
    let left: i64 = lapses.iter().filter(|(ends, _)| at < **ends).map(|(_, amount)| *amount).sum();
    u64::try_from(left).unwrap_or(0)
}

impl InstallationRecord {
    /// What the installation adds to each tally, by the instant at which it falls away.
    pub fn tallies(&self, now: Timestamp) -> BTreeMap<Tally, Lapses> {
        let mut tallies = BTreeMap::new();
        for license_type in LicenseType::ALL {
            let mut slot: BTreeMap<Tally, Vec<(Timestamp, u64)>> = BTreeMap::new();
            for lease in self.counted(now).filter(|lease| lease.license_type == license_type) {
                for (metric, seats) in &lease.seats {
                    let step = (self.lapse(lease), *seats);
                    slot.entry(Tally::Seats(lease.subscription.clone(), *metric)).or_default().push(step);
                    slot.entry(Tally::KeySeats(lease.key, *metric)).or_default().push(step);
                }
            }
            for (tally, steps) in slot {
                add_all(tallies.entry(tally).or_default(), descend(steps));
            }
        }
        let mut homes: BTreeMap<Digest, Vec<(Timestamp, u64)>> = BTreeMap::new();
        for lease in self.counted(now) {
            homes.entry(lease.key).or_default().push((self.lapse(lease), 1));
        }
        for (key, steps) in homes {
            tallies.insert(Tally::Homes(key), descend(steps));
        }
        tallies
    }

    /// When a counted license ends by itself. Beside a clock that stands behind its own past that is never known.
    pub(super) fn lapse(&self, lease: &Lease) -> Timestamp {
        if self.clock_behind { Timestamp::MAX } else { lease.ends }
    }
}

/// The maximum over what has not ended, as a descent: of several licenses only one can be in force, so the highest counts until it
/// ends, then the highest of the rest.
fn descend(mut steps: Vec<(Timestamp, u64)>) -> Lapses {
    steps.sort_unstable_by(|one, other| other.cmp(one));
    let mut lapses = Lapses::new();
    let mut most = 0;
    for (ends, seats) in steps {
        if seats > most {
            *lapses.entry(ends).or_default() += (seats - most) as i64;
            most = seats;
        }
    }
    lapses
}

fn add_all(to: &mut Lapses, lapses: Lapses) {
    for (ends, amount) in lapses {
        *to.entry(ends).or_default() += amount;
    }
}

impl Book {
    /// What is known of a tally; nothing is counted in one that is not there.
    pub fn standing(&self, tally: &Tally) -> Standing {
        self.tallies.get(tally).cloned().unwrap_or_default()
    }

    /// Puts an installation's new record in place of the old, and corrects the tallies that depend on it.
    pub(super) fn settle(
        &mut self,
        installation: Thumbprint,
        before: &InstallationRecord,
        after: InstallationRecord,
        now: Timestamp,
    ) {
        let mut deltas = after.tallies(now);
        for (tally, lapses) in before.tallies(now) {
            let taken = lapses.into_iter().map(|(ends, amount)| (ends, -amount)).collect();
            add_all(deltas.entry(tally).or_default(), taken);
        }
        for (tally, lapses) in deltas {
            for (ends, amount) in lapses.into_iter().filter(|(_, amount)| *amount != 0) {
                self.tallies.entry(tally.clone()).or_default().add(ends, amount);
                self.changes.push(Change::Tally { tally: tally.clone(), ends, amount });
            }
        }
        self.installations.insert(installation, after);
    }

    /// Makes all tallies anew from the installations, as a book has them that is opened at an instant. Right only for a book that holds
    /// every installation; the store, which has them all, keeps sums.
    pub fn tally_anew(&mut self, now: Timestamp) {
        let instants: Vec<Timestamp> =
            self.subscriptions.values().flat_map(|subscription| subscription.falls(now)).collect();
        self.tallies.clear();
        for record in self.installations.values() {
            for (tally, lapses) in record.tallies(now) {
                let standing = self.tallies.entry(tally).or_insert_with(|| Standing {
                    later: instants.iter().map(|instant| (*instant, 0)).collect(),
                    ..Standing::default()
                });
                for (ends, amount) in lapses {
                    standing.add(ends, amount);
                }
            }
        }
    }
}
