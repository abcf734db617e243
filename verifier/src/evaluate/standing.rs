//! How one grant stands at an instant: every rule of the terms, and the dates that they name.

use std::fmt;

use license_format::{
    DAY, Metric, Timestamp,
    payload::{Grant, License, OverLimit},
};
use serde::Serialize;

use super::{EffectiveTime, Usage};

/// How a license or a grant is doing, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All is well.
    Active,
    /// All is well; the contract ends in 60 days or less.
    ExpiringSoon,
    /// All goes on; a report should have reached the portal.
    ReportOverdue,
    /// All goes on for the file's grace; the file's own end has passed.
    FileInGrace,
    /// All goes on for the days after the end; the contract has ended.
    ContractEnded,
    /// Over the limit for longer than the terms allow. Ends by itself once use is at or under it.
    Suspended,
    /// The contract has not begun.
    NotYetValid,
    /// The file's end and its grace have passed; the contract goes on, and a refresh brings it back.
    FileEnded,
    /// The contract and the days after its end are over.
    Ended,
    /// The clock was set back by more than the license tolerates. Nothing new is added until it is right.
    ClockBehind,
}

impl State {
    /// Stable, for programs.
    pub fn name(self) -> &'static str {
        match self {
            State::Active => "active",
            State::ExpiringSoon => "expiring-soon",
            State::ReportOverdue => "report-overdue",
            State::FileInGrace => "file-in-grace",
            State::ContractEnded => "contract-ended",
            State::Suspended => "suspended",
            State::NotYetValid => "not-yet-valid",
            State::FileEnded => "file-ended",
            State::Ended => "ended",
            State::ClockBehind => "clock-behind",
        }
    }

    /// Whether all goes on and seats may be added within the terms.
    pub fn is_in_force(self) -> bool {
        self <= State::ContractEnded
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('-', " "))
    }
}

/// How many seats may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayAdd {
    /// As many as wanted; over the limit it is said.
    Any,
    /// At most so many.
    AtMost(u64),
}

impl MayAdd {
    /// Whether so many may be added.
    pub fn allows(self, count: u64) -> bool {
        match self {
            MayAdd::Any => true,
            MayAdd::AtMost(most) => count <= most,
        }
    }
}

/// How a grant stands. Two instants with equal standings have the same verdict, so everything that a verdict says of time is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) state: State,
    /// What the dates alone say.
    pub(super) by_dates: State,
    /// Over the limit for longer than the terms allow.
    pub(super) suspended: bool,
    pub(super) may_add: MayAdd,
    pub(super) existing_go_on: bool,
    /// The report is due, and the file's end, which is more urgent, has not come.
    pub(super) report_overdue: bool,
    /// The notice of the contract's end that is due: 60, 30 or 7 days.
    pub(super) ends_within: Option<u64>,
}

impl Standing {
    pub(super) fn of(license: &License, grant: &Grant, usage: &Usage, time: EffectiveTime) -> Standing {
        let now = time.now(license);
        let Dates { start, end, over, good_until, file_over, report_due } = Dates::of(license, grant);
        let ends_within =
            notice_dates(grant).filter(|(_, from)| now >= *from && now < end).map(|(days, _)| days).min();
        let by_dates = if now < start {
            State::NotYetValid
        } else if now >= over {
            State::Ended
        } else if now >= file_over {
            State::FileEnded
        } else if now >= end {
            State::ContractEnded
        } else if now >= good_until {
            State::FileInGrace
        } else if now >= report_due {
            State::ReportOverdue
        } else if ends_within.is_some() {
            State::ExpiringSoon
        } else {
            State::Active
        };

        let used = usage.used(grant.metric);
        let grace_spent = suspends_at(license, grant, usage, now).is_some_and(|at| now >= at);
        let suspended = by_dates.is_in_force() && grace_spent && used > grant.seats;
        let state = if time.is_behind(license) {
            State::ClockBehind
        } else if suspended {
            State::Suspended
        } else {
            by_dates
        };
        let remaining = MayAdd::AtMost(grant.seats.saturating_sub(used));
        let may_add = match grant.over_limit {
            _ if !state.is_in_force() => MayAdd::AtMost(0),
            OverLimit::Notify => MayAdd::Any,
            OverLimit::Refuse => remaining,
            // With the grace spent, what goes over the limit would suspend everyone at once; so it is refused instead.
            OverLimit::SuspendAfterDays(_) if grace_spent => remaining,
            OverLimit::SuspendAfterDays(_) => MayAdd::Any,
        };
        // The promise **safe**: no state of a license stops a device that is already managed. A clock that is behind stops
        // nothing that runs either, only what is new.
        let existing_go_on = grant.metric == Metric::ManagedDevice || (by_dates.is_in_force() && !suspended);
        let report_overdue = by_dates != State::Ended && now >= report_due && now < good_until;
        Standing { state, by_dates, suspended, may_add, existing_go_on, report_overdue, ends_within }
    }
}

/// When use over the limit is suspended, under terms that do: from the beginning of the grace, or from now if it has not begun.
pub(super) fn suspends_at(
    license: &License,
    grant: &Grant,
    usage: &Usage,
    now: Timestamp,
) -> Option<Timestamp> {
    let OverLimit::SuspendAfterDays(days) = grant.over_limit else { return None };
    let began = usage.grace_began(grant);
    // Use that was over the limit already when this license came, and was not observed since, counts from the license's issue.
    let over = (usage.used(grant.metric) > grant.seats).then_some(license.issued);
    Some(began.or(over).unwrap_or(now).plus(days.saturating_mul(DAY)))
}

/// Every date that can make a difference to a grant.
pub(super) fn dates(license: &License, grant: &Grant, usage: &Usage) -> impl IntoIterator<Item = Timestamp> {
    let Dates { start, end, over, good_until, file_over, report_due } = Dates::of(license, grant);
    let grace_began = usage.grace_began(grant).is_some() || usage.used(grant.metric) > grant.seats;
    let suspends = grace_began.then(|| suspends_at(license, grant, usage, Timestamp::MIN)).flatten();
    [start, end, over, good_until, file_over, report_due]
        .into_iter()
        .chain(notice_dates(grant).map(|(_, from)| from))
        .chain(suspends)
}

struct Dates {
    start: Timestamp,
    end: Timestamp,
    /// The end of the days after the contract's end.
    over: Timestamp,
    good_until: Timestamp,
    /// The end of the file's grace. The signer counts the seats until the tolerance has passed too, so this is the safe side.
    file_over: Timestamp,
    report_due: Timestamp,
}

impl Dates {
    fn of(license: &License, grant: &Grant) -> Dates {
        Dates {
            start: grant.contract_start,
            end: grant.contract_end,
            over: grant.contract_end.plus(grant.after_end_days.saturating_mul(DAY)),
            good_until: license.good_until,
            file_over: license.good_until.plus(license.grace),
            report_due: license.report_due,
        }
    }
}

/// When the contract's end is announced, with the days before it. A contract no longer than a notice does not get that one.
fn notice_dates(grant: &Grant) -> impl Iterator<Item = (u64, Timestamp)> + use<> {
    let (start, end) = (grant.contract_start, grant.contract_end);
    NOTICE_DAYS
        .into_iter()
        .map(move |days| (days, end.minus(days * DAY)))
        .filter(move |(_, from)| *from > start)
}

/// Days before the contract's end on which it is announced.
const NOTICE_DAYS: [u64; 3] = [60, 30, 7];
