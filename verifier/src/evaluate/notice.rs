//! What people should know about a license. A notice names dates, not the days that are left, so that it stays true until it changes.

use std::fmt;

use license_format::{DAY, Metric, Timestamp, payload::License};

use super::{
    EffectiveTime, State, Usage,
    standing::{self, Standing},
};

/// Something that people should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// The clock was set back.
    ClockBehind {
        /// The latest time that was seen.
        seen: Timestamp,
    },
    /// Another license is needed: nothing of this metric was granted.
    NotGranted {
        /// Of what.
        metric: Metric,
    },
    /// The contract is over, and so are the days after its end.
    Ended {
        /// Since when.
        since: Timestamp,
    },
    /// The file is over; the contract goes on.
    FileEnded {
        /// Since when.
        since: Timestamp,
    },
    /// Use is over the limit for too long.
    Suspended {
        /// Of what.
        metric: Metric,
        /// Seats used.
        used: u64,
        /// Seats granted.
        seats: u64,
    },
    /// The contract has not begun.
    NotYetValid {
        /// When it begins.
        from: Timestamp,
    },
    /// The contract ended; all goes on for some days.
    ContractEnded {
        /// Since when.
        since: Timestamp,
        /// Until when all goes on.
        until: Timestamp,
    },
    /// The file's own end has passed; all goes on for its grace.
    FileInGrace {
        /// Since when.
        since: Timestamp,
        /// Until when all goes on.
        until: Timestamp,
    },
    /// More seats are used than granted.
    OverLimit {
        /// Of what.
        metric: Metric,
        /// Seats used.
        used: u64,
        /// Seats granted.
        seats: u64,
        /// When that is suspended, under terms that do.
        suspends_at: Option<Timestamp>,
    },
    /// A report should have reached the portal.
    ReportOverdue {
        /// Since when.
        since: Timestamp,
        /// The file's own end.
        good_until: Timestamp,
    },
    /// The contract ends soon.
    ContractEnds {
        /// When.
        at: Timestamp,
        /// How long before it this is said: 60, 30 or 7 days.
        days_before: u64,
    },
}

impl Notice {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Notice::ClockBehind { .. } => "clock-behind",
            Notice::NotGranted { .. } => "not-granted",
            Notice::Ended { .. } => "ended",
            Notice::FileEnded { .. } => "file-ended",
            Notice::Suspended { .. } => "suspended",
            Notice::NotYetValid { .. } => "not-yet-valid",
            Notice::ContractEnded { .. } => "contract-ended",
            Notice::FileInGrace { .. } => "file-in-grace",
            Notice::OverLimit { .. } => "over-limit",
            Notice::ReportOverdue { .. } => "report-overdue",
            Notice::ContractEnds { .. } => "contract-ends",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            Notice::ClockBehind { .. } => {
                "Set the clock right. If it ran ahead before, bring a refresh request: its answer can put the time back."
            }
            Notice::NotGranted { .. } => "Ask for a license that grants it.",
            Notice::FileEnded { .. } | Notice::FileInGrace { .. } | Notice::ReportOverdue { .. } => {
                "Prepare a refresh, bring it to the portal and import the answer."
            }
            Notice::Suspended { .. } => "Use fewer, or buy more seats and refresh.",
            Notice::OverLimit { .. } => "Buy more seats and refresh, or use fewer.",
            Notice::NotYetValid { .. } => "Wait for the contract to begin.",
            Notice::Ended { .. } | Notice::ContractEnded { .. } | Notice::ContractEnds { .. } => {
                "Renew the subscription, then refresh."
            }
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::ClockBehind { seen } => {
                write!(
                    f,
                    "the clock is behind: {} was seen already, and nothing new is added until it is right",
                    seen.minute()
                )
            }
            Notice::NotGranted { metric } => write!(f, "the license grants no {}s", metric.noun()),
            Notice::Ended { since } => write!(f, "the license ended on {}", since.date()),
            Notice::FileEnded { since } => {
                write!(f, "the license file ended on {}; the contract goes on", since.date())
            }
            Notice::Suspended { metric, used, seats } => {
                write!(
                    f,
                    "suspended: {used} {}s of {seats} for too long; it ends once use is at or under the limit",
                    metric.noun()
                )
            }
            Notice::NotYetValid { from } => write!(f, "the contract begins on {}", from.date()),
            Notice::ContractEnded { since, until } => {
                write!(f, "the contract ended on {}; all goes on until {}", since.date(), until.date())
            }
            Notice::FileInGrace { since, until } => {
                write!(
                    f,
                    "the license file was good until {}; all goes on until {}",
                    since.date(),
                    until.date()
                )
            }
            Notice::OverLimit { metric, used, seats, suspends_at } => {
                write!(f, "over the limit: {used} {}s of {seats}", metric.noun())?;
                match suspends_at {
                    Some(at) => write!(f, "; suspended from {} if it stays so", at.minute()),
                    None => Ok(()),
                }
            }
            Notice::ReportOverdue { since, good_until } => {
                write!(
                    f,
                    "a report was due by {}; the license file is good until {}",
                    since.date(),
                    good_until.date()
                )
            }
            Notice::ContractEnds { at, .. } => write!(f, "the contract ends on {}", at.date()),
        }
    }
}

/// All notices that the standings call for, each once, the most urgent first.
pub(super) fn collect(
    license: &License,
    usage: &Usage,
    time: EffectiveTime,
    standings: &[Standing],
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for (grant, standing) in license.grants.iter().zip(standings) {
        let (metric, seats, used) = (grant.metric, grant.seats, usage.used(grant.metric));
        let after_end = grant.contract_end.plus(grant.after_end_days.saturating_mul(DAY));
        let file_over = license.good_until.plus(license.grace);
        if standing.state == State::ClockBehind {
            notices.push(Notice::ClockBehind { seen: time.floor(license) });
        }
        if standing.suspended {
            notices.push(Notice::Suspended { metric, used, seats });
        } else if used > seats {
            let suspends_at = standing::suspends_at(license, grant, usage, license.issued);
            notices.push(Notice::OverLimit { metric, used, seats, suspends_at });
        }
        let honored_until = after_end.min(file_over);
        notices.extend(match standing.by_dates {
            State::Ended => Some(Notice::Ended { since: after_end }),
            State::FileEnded => Some(Notice::FileEnded { since: file_over }),
            State::NotYetValid => Some(Notice::NotYetValid { from: grant.contract_start }),
            State::ContractEnded => {
                Some(Notice::ContractEnded { since: grant.contract_end, until: honored_until })
            }
            State::FileInGrace => {
                Some(Notice::FileInGrace { since: license.good_until, until: honored_until })
            }
            _ => None,
        });
        if standing.report_overdue {
            notices.push(Notice::ReportOverdue { since: license.report_due, good_until: license.good_until });
        }
        notices.extend(
            standing
                .ends_within
                .map(|days_before| Notice::ContractEnds { at: grant.contract_end, days_before }),
        );
    }
    notices.sort_unstable();
    notices.dedup();
    notices
}
