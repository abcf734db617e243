//! What a license allows at an instant: a pure function of the license, the use and the time.
//!
//! Terms are rows of data: each grant says how many seats of what, what happens over the limit and after the end; the three guides'
//! products differ in those rows and take the same path here. This module does not know whether the license is genuine or in force, nor whether
//! it was revoked; it says what it means if it is.

mod notice;
mod standing;
mod usage;

use license_format::{
    Metric, Timestamp,
    payload::{Grant, License},
};

pub use notice::Notice;
pub use standing::{MayAdd, State};
pub use usage::Usage;

use standing::Standing;

/// The time by which a license is judged. The clock alone is not believed: it can be set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EffectiveTime {
    /// What the clock says.
    pub clock: Timestamp,
    /// The latest time ever seen, of this clock or in an answer; a signed time reset alone puts it back.
    pub high_water: Timestamp,
}

impl EffectiveTime {
    /// Now, for this license: the latest of the clock, the high-water mark and the license's issue.
    pub fn now(self, license: &License) -> Timestamp {
        self.clock.max(self.floor(license))
    }

    /// Whether the clock is behind what was seen by more than the license tolerates.
    pub fn is_behind(self, license: &License) -> bool {
        self.clock < self.floor(license).minus(license.clock_tolerance)
    }

    fn floor(self, license: &License) -> Timestamp {
        self.high_water.max(license.issued)
    }
}

/// What a license allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The instant that was judged: the effective now.
    pub now: Timestamp,
    /// How the license is doing: as well as the grant that is doing best. The grants' own states say the rest.
    pub state: State,
    /// One for each grant, in the license's order.
    pub grants: Vec<GrantVerdict>,
    /// What people should know, the most urgent first.
    pub notices: Vec<Notice>,
    /// When the verdict will change if nothing but the time does, in order. On all other dates it stays as it is.
    pub changes: Vec<Change>,
}

/// What one grant allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantVerdict {
    /// Of what.
    pub metric: Metric,
    /// How this grant is doing.
    pub state: State,
    /// Seats granted.
    pub seats: u64,
    /// Seats used.
    pub used: u64,
    /// How many more may be used.
    pub may_add: MayAdd,
    /// Whether what uses a seat already may go on. Always so for managed devices: no license state stops one.
    pub existing_go_on: bool,
    /// When use that goes over the limit now would be suspended, under terms that do.
    suspends_at: Option<Timestamp>,
}

/// A date on which the verdict changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The first instant of the new verdict, by the clock.
    pub at: Timestamp,
    /// The license's state from then on. `evaluate` at that time says the rest; the state itself may stay the same.
    pub state: State,
}

/// Whether so many more may be added now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Yes or no.
    pub allowed: bool,
    /// What to tell whoever asked; with a no the reason is among them.
    pub notices: Vec<Notice>,
}

/// Judges a license by its use and the time.
pub fn evaluate(license: &License, usage: &Usage, time: EffectiveTime) -> Verdict {
    let now = time.now(license);
    let standings: Vec<Standing> =
        license.grants.iter().map(|grant| Standing::of(license, grant, usage, time)).collect();
    let judged = license.grants.iter().zip(&standings);
    Verdict {
        now,
        state: overall(&standings),
        grants: judged
            .map(|(grant, standing)| GrantVerdict::of(license, grant, usage, now, standing))
            .collect(),
        notices: notice::collect(license, usage, time, &standings),
        changes: changes(license, usage, time, standings),
    }
}

impl Verdict {
    /// The verdict on a metric's grant, if there is one.
    pub fn grant(&self, metric: Metric) -> Option<&GrantVerdict> {
        self.grants.iter().find(|grant| grant.metric == metric)
    }

    /// Whether `count` more of a metric may be used now, and what to tell whoever asks. With 0 it asks how things are.
    pub fn check(&self, metric: Metric, count: u64) -> Check {
        let Some(grant) = self.grant(metric) else {
            return Check { allowed: count == 0, notices: vec![Notice::NotGranted { metric }] };
        };
        let used = grant.used.saturating_add(count);
        let mut notices = self.notices.clone();
        // What is said of the limit is said of the use as it would be.
        notices
            .retain(|notice| !matches!(notice, Notice::OverLimit { metric, .. } if *metric == grant.metric));
        if used > grant.seats && grant.state != State::Suspended {
            let suspends_at = grant.suspends_at;
            notices.push(Notice::OverLimit { metric, used, seats: grant.seats, suspends_at });
        }
        Check { allowed: grant.may_add.allows(count), notices }
    }
}

impl GrantVerdict {
    fn of(license: &License, grant: &Grant, usage: &Usage, now: Timestamp, standing: &Standing) -> Self {
        GrantVerdict {
            metric: grant.metric,
            state: standing.state,
            seats: grant.seats,
            used: usage.used(grant.metric),
            may_add: standing.may_add,
            existing_go_on: standing.existing_go_on,
            suspends_at: standing::suspends_at(license, grant, usage, now),
        }
    }

    /// Seats left, 0 at or over the limit.
    pub fn remaining(&self) -> u64 {
        self.seats.saturating_sub(self.used)
    }
}

/// The dates on which a verdict changes: every date that the license or the use names is tried, and kept if it makes a difference.
fn changes(license: &License, usage: &Usage, time: EffectiveTime, today: Vec<Standing>) -> Vec<Change> {
    let now = time.now(license);
    let mut dates: Vec<Timestamp> = Vec::with_capacity(16);
    if time.is_behind(license) {
        dates.push(time.floor(license).minus(license.clock_tolerance));
    }
    for grant in &license.grants {
        dates.extend(standing::dates(license, grant, usage).into_iter().filter(|date| *date > now));
    }
    dates.sort_unstable();

    let mut changes = Vec::with_capacity(dates.len());
    // Nothing changes between the dates, so how things stand just before one is how they stood at the one before it.
    let mut after = Vec::with_capacity(today.len());
    let mut before = today;
    for at in dates {
        let then = EffectiveTime { clock: at, ..time };
        after.clear();
        after.extend(license.grants.iter().map(|grant| Standing::of(license, grant, usage, then)));
        if after != before {
            changes.push(Change { at, state: overall(&after) });
            std::mem::swap(&mut before, &mut after);
        }
    }
    changes
}

/// The state of the grant that is doing best.
fn overall(standings: &[Standing]) -> State {
    standings.iter().map(|standing| standing.state).min().unwrap_or(State::Ended)
}
