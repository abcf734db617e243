//! Lines of lists of installations, and how a slot stands, in words. The signer says the facts; the words are here.

use license_format::{Metric, Timestamp, payload::License};
use signer::installations::{Line, LineLicense, LineState, SlotState, SlotView};

use crate::{
    answered::site,
    show::{Day, Status, Tone, grouped, seats},
};

/// One line of a list of installations: a slot of one.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) href: String,
    pub(crate) site: String,
    pub(crate) server: String,
    /// What its people call it; may be empty.
    pub(crate) alias: String,
    pub(crate) license_type: &'static str,
    pub(crate) status: Status,
    pub(crate) seats: String,
    pub(crate) used: String,
    /// The license key's name, and its last group.
    pub(crate) key: String,
    pub(crate) good_until: Option<Day>,
    pub(crate) last_report: Day,
    pub(crate) forked: bool,
}

/// A number where there is one metric, as in `100`; where there are several each gets its noun.
pub(crate) fn amount(of: impl IntoIterator<Item = (Metric, u64)>) -> String {
    let of: Vec<(Metric, u64)> = of.into_iter().collect();
    match &of[..] {
        [] => "0".to_owned(),
        [(_, only)] => grouped(*only),
        several => seats(several.iter().copied()),
    }
}

/// How a slot stands.
pub(crate) fn status(slot: &SlotView, now: Timestamp) -> Status {
    match (slot.state, &slot.license) {
        (SlotState::Deactivated, _) => Status::new(Tone::Idle, "Deactivated"),
        (SlotState::Ended, _) | (SlotState::Active, None) => Status::new(Tone::Stop, "Ended"),
        (SlotState::Active, Some(license)) => {
            let dates = Dates {
                contract_end: license.contract_end(),
                good_until: license.good_until,
                report_due: license.report_due,
                // The slot says itself that a license counts.
                ends: Timestamp::MAX,
            };
            standing(dates, is_over(slot.used, license), now)
        }
    }
}

/// The dates of a license.
struct Dates {
    contract_end: Timestamp,
    good_until: Timestamp,
    report_due: Timestamp,
    ends: Timestamp,
}

/// How a license stands, the worst first.
fn standing(dates: Dates, over: bool, now: Timestamp) -> Status {
    if dates.ends <= now {
        Status::new(Tone::Stop, "Ended")
    } else if dates.contract_end <= now {
        Status::new(Tone::Stop, "Contract ended")
    } else if dates.good_until <= now {
        Status::new(Tone::Warn, "File in grace")
    } else if dates.report_due <= now {
        Status::new(Tone::Warn, "Report overdue")
    } else if over {
        Status::new(Tone::Warn, "Over the limit")
    } else {
        Status::new(Tone::Ok, "Active")
    }
}

/// The report counts what the first grant counts.
fn is_over(used: Option<u64>, license: &License) -> bool {
    used.zip(license.grants.first()).is_some_and(|(used, grant)| used > grant.seats)
}

impl Row {
    /// A line of a list, whose installations have their pages in a folder.
    pub(crate) fn of(line: &Line, folder: &str, now: Timestamp) -> Row {
        let license = line.license.as_ref();
        Row {
            href: format!("{folder}/{}", line.installation),
            site: site(line.site_code.as_str(), line.site_description.as_ref()),
            server: line.name.to_string(),
            alias: line.alias.as_ref().map_or_else(String::new, ToString::to_string),
            license_type: line.license_type.title(),
            status: status_of(line, now),
            seats: license.map_or_else(String::new, |license| seats(license.grants.iter().copied())),
            used: line.used.map_or_else(String::new, grouped),
            key: license.and_then(|license| license.key_name.as_ref()).map_or_else(
                String::new,
                |(name, masked)| {
                    let last = masked.rsplit('-').next().unwrap_or_default();
                    format!("{name}, …-{last}")
                },
            ),
            good_until: license.map(|license| Day::new(license.good_until, now)),
            last_report: Day::new(line.last_report, now),
            forked: line.forked,
        }
    }
}

/// How a line of a list stands.
fn status_of(line: &Line, now: Timestamp) -> Status {
    match (line.state, &line.license) {
        (LineState::Deactivated, _) => Status::new(Tone::Idle, "Deactivated"),
        (LineState::Blocked, _) => Status::new(Tone::Stop, "Blocked"),
        (LineState::Moved, _) => Status::new(Tone::Idle, "Key moved away"),
        (LineState::Used, None) => Status::new(Tone::Idle, "No license yet"),
        (LineState::Used, Some(license)) => {
            let LineLicense { contract_end, good_until, report_due, ends, .. } = *license;
            let granted = license.grants.first().map(|(_, seats)| *seats);
            let over = line.used.zip(granted).is_some_and(|(used, granted)| used > granted);
            standing(Dates { contract_end, good_until, report_due, ends }, over, now)
        }
    }
}
