//! How many seats a license may have, and for how long: the arithmetic of promise no-double-seat.
//!
//! A license that goes out holds its seats until its end and cannot be called back, so they have to be there at every instant until
//! then. What others hold only ever falls; what may be given out falls too, where overdraft that staff granted ends. Between two such
//! falls nothing gets worse, so it is enough to look at now and at each fall.

use std::collections::BTreeMap;

use license_format::{DAY, Digest, Metric, Timestamp, payload::Request};

use super::{
    book::{Book, Draw, InstallationRecord, Seats, SoldKey, SubscriptionRecord},
    tally::{Lapses, Tally, left},
};

/// The shortest time for which a file is good, in seconds: less would end before it is carried home.
pub const SHORTEST_FILE: u64 = DAY;

/// A share of a subscription: so many seats, in a file that is good until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) seats: Seats,
    pub(super) good_until: Timestamp,
}

/// Who asks for a share, and with what.
pub(super) struct Claim<'a> {
    pub(super) book: &'a Book,
    pub(super) digest: Digest,
    pub(super) key: &'a SoldKey,
    pub(super) subscription: &'a SubscriptionRecord,
    pub(super) request: &'a Request,
    /// What the asking slot counts already, which its own next license does not add to.
    own: BTreeMap<Tally, Lapses>,
    now: Timestamp,
}

impl<'a> Claim<'a> {
    pub(super) fn new(
        book: &'a Book,
        (digest, key): (Digest, &'a SoldKey),
        request: &'a Request,
        record: &InstallationRecord,
        now: Timestamp,
    ) -> Claim<'a> {
        let subscription = &book.subscriptions[&key.subscription];
        let own = record.of_slot(request.license_type()).tallies(now);
        Claim { book, digest, key, subscription, request, own, now }
    }

    /// As many seats as stay free for as long as a file of this subscription is honoured. Where those are fewer than what was in use, or
    /// none, it is as many as are free for at least the shortest file, and good for as long as they stay free: seats that staff granted
    /// until a near date shorten nobody's file who does without them. `capped` bounds the seats by what the slot holds already.
    pub(super) fn share(&self, capped: bool) -> Share {
        let terms = &self.subscription.terms;
        let tail = terms.grace + terms.tolerance;
        let good_until = self.now.plus(terms.file).min(self.ends());
        let lasting = self.seats(capped, good_until.plus(tail));
        let suffices = |(metric, seats): (&Metric, &u64)| *seats >= self.used(*metric).unwrap_or(0);
        if lasting.values().any(|seats| *seats > 0) && lasting.iter().all(suffices) {
            return Share { seats: lasting, good_until };
        }
        let shortest = self.now.plus(SHORTEST_FILE + tail);
        let seats = self.seats(capped, shortest);
        let short = |at: &Timestamp| {
            seats.iter().any(|(metric, seats)| *seats > 0 && self.free(*metric, *at) < *seats)
        };
        let falls = self.subscription.falls(self.now).into_iter();
        let lasts = falls.filter(|at| shortest <= *at).find(short).map(|at| at.minus(tail));
        Share { good_until: lasts.map_or(good_until, |lasts| lasts.min(good_until)), seats }
    }

    /// The most seats that stay free until an instant, of those that the key may have.
    fn seats(&self, capped: bool, until: Timestamp) -> Seats {
        let falls = self.subscription.falls(self.now);
        let instants = || [self.now].into_iter().chain(falls.iter().copied().filter(|at| *at < until));
        let seats = |metric| {
            let cap = if capped { self.holds(metric) } else { u64::MAX };
            let most = self.quota().min(self.wanted(metric)).min(cap);
            instants().map(|at| self.free(metric, at)).min().unwrap_or(0).min(most)
        };
        self.subscription.grants.iter().map(|grant| (grant.metric, seats(grant.metric))).collect()
    }

    /// When the contract of this key ends: with the subscription, or on its own date before.
    pub(super) fn ends(&self) -> Timestamp {
        self.key.ends.map_or(self.subscription.end, |ends| ends.min(self.subscription.end))
    }

    /// Seats of a metric that the asking slot counts now.
    pub(super) fn holds(&self, metric: Metric) -> u64 {
        let counted_as = self.subscription.counted_as(metric);
        self.own_at(&Tally::Seats(self.key.subscription.clone(), counted_as), self.now)
    }

    /// The next instant at which others let seats go by themselves.
    pub(super) fn next_end(&self) -> Option<Timestamp> {
        let next = |metric| {
            let tally = Tally::Seats(self.key.subscription.clone(), metric);
            self.book.standing(&tally).next_beside(self.own.get(&tally).unwrap_or(&Lapses::new()))
        };
        self.subscription.grants.iter().filter_map(|grant| next(grant.counted_as)).min()
    }

    /// Other installations where the key is at home, and when the first of them ends by itself.
    pub(super) fn homes(&self) -> (u64, Option<Timestamp>) {
        let tally = Tally::Homes(self.digest);
        let standing = self.book.standing(&tally);
        let others = standing.now.saturating_sub(self.own_at(&tally, self.now));
        (others, standing.next_beside(self.own.get(&tally).unwrap_or(&Lapses::new())))
    }

    /// Seats of a metric that the asking slot could have at an instant: what may be given out, less what others hold, less what is
    /// reserved for other keys and not in use there.
    fn free(&self, metric: Metric, at: Timestamp) -> u64 {
        let others = |tally: Tally| self.book.standing(&tally).at(at).saturating_sub(self.own_at(&tally, at));
        let counted_as = self.subscription.counted_as(metric);
        let leased = others(Tally::Seats(self.key.subscription.clone(), counted_as));
        let reserves = self.subscription.reserves.iter();
        let reserved: u64 = reserves
            .filter(|reserve| reserve.key != self.digest && reserve.lasts(at))
            .map(|reserve| reserve.seats.saturating_sub(others(Tally::KeySeats(reserve.key, counted_as))))
            .sum();
        self.subscription.limit(metric, at).saturating_sub(leased).saturating_sub(reserved)
    }

    fn own_at(&self, tally: &Tally, at: Timestamp) -> u64 {
        self.own.get(tally).map_or(0, |lapses| left(lapses, at))
    }

    /// What is left of the key's quota beside its other homes.
    fn quota(&self) -> u64 {
        let Some(quota) = self.key.quota else { return u64::MAX };
        let elsewhere = |metric| {
            let tally = Tally::KeySeats(self.digest, metric);
            self.book.standing(&tally).now.saturating_sub(self.own_at(&tally, self.now))
        };
        let metrics = self.subscription.grants.iter().map(|grant| grant.counted_as);
        quota.saturating_sub(metrics.map(elsewhere).max().unwrap_or(0))
    }

    /// What the key's kind of draw asks for.
    fn wanted(&self, metric: Metric) -> u64 {
        match self.key.draw {
            Draw::Open | Draw::Reserved => u64::MAX,
            Draw::Dynamic { headroom } => match self.used(metric) {
                Some(used) => used.saturating_add(headroom),
                // Nothing was reported: what it has, or a beginning.
                None => self.holds(metric).max(headroom).max(1),
            },
        }
    }

    /// What was in use at most, if it was reported.
    fn used(&self, metric: Metric) -> Option<u64> {
        let counted_as = self.subscription.counted_as(metric);
        let lines = self.request.usage().iter();
        // What the proxy has in force may still say the old metric.
        let lines = lines.filter(|line| line.metric == metric || line.metric == counted_as);
        lines.map(|line| line.peak.max(line.used)).max()
    }
}
