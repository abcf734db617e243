//! A subscription's seats over time, as people look at them: what was sold, what is withheld, what is out and what is free, from now on
//! and if nothing else happens.

use std::collections::BTreeSet;

use license_format::{Metric, Timestamp};

use super::{
    book::{Reserve, SubscriptionRecord},
    tally::{Lapses, left},
};

/// The seats of one metric at an instant and until the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// From when.
    pub at: Timestamp,
    /// Bought; 0 before the contract's start and from its end.
    pub sold: u64,
    /// Overdraft that staff granted.
    pub granted: u64,
    /// Withheld for license keys, and not in use there.
    pub reserved: u64,
    /// In licenses that count.
    pub leased: u64,
    /// Booked for what an old home or an abandoned branch may still honour.
    pub booked: u64,
}

impl Instant {
    /// Seats that may be given out.
    pub fn limit(&self) -> u64 {
        self.sold + self.granted
    }

    /// Seats that can still be given out.
    pub fn free(&self) -> u64 {
        self.limit().saturating_sub(self.leased + self.reserved)
    }

    /// Seats in the field beyond what may be given out: after fewer were bought, or in the grace of licenses after the contract.
    pub fn over(&self) -> u64 {
        self.leased.saturating_sub(self.limit())
    }
}

/// What is leased, as it stands now and by how much it falls when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leased {
    /// Through all keys.
    pub all: Lapses,
    /// Through keys that reserve seats, in the order of the subscription's reserves.
    pub reserved: Vec<Lapses>,
}

impl SubscriptionRecord {
    /// The seats of a metric from now until nothing changes by itself any more, at every instant at which something does.
    pub fn timeline(&self, metric: Metric, leased: &Leased, now: Timestamp) -> Vec<Instant> {
        let entries = || self.overdraft.iter().filter(|entry| entry.metric == metric);
        let mut instants: BTreeSet<Timestamp> = [now, self.start, self.end].into();
        instants.extend(entries().map(|entry| entry.ends));
        instants.extend(self.reserves.iter().filter_map(|reserve| reserve.ends));
        instants.extend(leased.all.keys());
        let instants = instants.into_iter().filter(|at| now <= *at && *at < Timestamp::MAX);
        let bought = self.grants.iter().find(|grant| grant.metric == metric).map_or(0, |grant| grant.seats);
        let over = |granted: bool, at: Timestamp| -> u64 {
            let lasting = entries().filter(|entry| entry.granted == granted && at < entry.ends);
            lasting.map(|entry| entry.seats).sum()
        };
        let withheld = |at: Timestamp| -> u64 {
            let lasting = self.reserves.iter().zip(&leased.reserved).filter(|(reserve, _)| reserve.lasts(at));
            lasting.map(|(reserve, used)| reserve.seats.saturating_sub(left(used, at))).sum()
        };
        let instant = |at| {
            let runs = self.start <= at && at < self.end;
            Instant {
                at,
                sold: if runs { bought } else { 0 },
                granted: over(true, at),
                reserved: if runs { withheld(at) } else { 0 },
                leased: left(&leased.all, at),
                booked: over(false, at),
            }
        };
        let mut timeline: Vec<Instant> = instants.map(instant).collect();
        timeline.dedup_by(|next, before| Instant { at: before.at, ..*next } == *before);
        timeline
    }
}

impl Reserve {
    /// Whether it is still withheld at an instant.
    pub(super) fn lasts(&self, at: Timestamp) -> bool {
        self.ends.is_none_or(|ends| at < ends)
    }
}
