//! How many seats are used, and since when over the limit.

use std::collections::BTreeMap;

use license_format::{
    Metric, Timestamp,
    payload::{Grant, License, OverLimit},
};
use serde::{Deserialize, Serialize};

/// The seats in use, by metric. It also remembers how much of an overuse grace is spent, which no license says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usage(BTreeMap<Metric, Used>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    seats: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overuse: Option<Overuse>,
}

/// A grace that began. It is not given twice: going under the limit and over it again finds the rest of it, or nothing. It is armed
/// again once more seats are granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Overuse {
    /// When use first went over the limit.
    since: Timestamp,
    /// The seats granted since: the fewest.
    granted: u64,
}

impl Usage {
    /// Nothing in use.
    pub fn none() -> Usage {
        Usage::default()
    }

    /// Seats in use.
    pub fn used(&self, metric: Metric) -> u64 {
        self.0.get(&metric).map_or(0, |used| used.seats)
    }

    /// Notes that so many seats are in use now, under this license: whenever they are counted, and when another license comes into
    /// force, since with more seats a spent grace is armed again. `now` is the effective now.
    pub fn observe(&mut self, license: &License, metric: Metric, seats: u64, now: Timestamp) {
        let used = self.0.entry(metric).or_default();
        used.seats = seats;
        used.settle(license.grants.iter().find(|grant| grant.metric == metric), now);
    }

    /// When the grace of a grant began, if it did and more seats were not granted since.
    pub(super) fn grace_began(&self, grant: &Grant) -> Option<Timestamp> {
        let overuse = self.0.get(&grant.metric)?.overuse?;
        (grant.seats <= overuse.granted).then_some(overuse.since)
    }
}

impl Used {
    fn settle(&mut self, grant: Option<&Grant>, now: Timestamp) {
        let suspending = grant.filter(|grant| matches!(grant.over_limit, OverLimit::SuspendAfterDays(_)));
        let Some(Grant { seats: granted, .. }) = suspending else {
            self.overuse = None;
            return;
        };
        self.overuse = match self.overuse.filter(|overuse| *granted <= overuse.granted) {
            // A time that lies ahead was noted before a time reset.
            Some(overuse) => Some(Overuse { since: overuse.since.min(now), granted: *granted }),
            None => (self.seats > *granted).then_some(Overuse { since: now, granted: *granted }),
        };
    }
}
