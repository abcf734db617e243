//! Which installations use which license keys, and how a slot stands, in words. The signer says the facts; the words are here.

use license_format::{Metric, Timestamp, payload::License};
use signer::{
    catalog::KeyRecord,
    exchange::Seats,
    installations::{InstallationView, SlotState, SlotView},
};

use crate::{
    answered::site,
    show::{Day, Status, Tone, grouped, seats},
};

/// One line of a list of installations: a slot of an installation, or an installation without any.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) href: String,
    pub(crate) site: String,
    pub(crate) server: String,
    pub(crate) license_type: &'static str,
    pub(crate) status: Status,
    pub(crate) seats: String,
    pub(crate) used: String,
    pub(crate) good_until: Option<Day>,
    pub(crate) last_report: Day,
    pub(crate) forked: bool,
}

/// The slots whose newest license was given under one of the keys.
pub(crate) fn using<'a>(
    installations: &'a [InstallationView],
    keys: &'a [KeyRecord],
) -> impl Iterator<Item = (&'a InstallationView, &'a SlotView)> {
    let under = move |slot: &SlotView| {
        let digest = slot.license.as_ref().map(|license| license.license_key.digest);
        digest.is_some_and(|digest| keys.iter().any(|key| key.key.digest() == digest))
    };
    installations.iter().flat_map(move |installation| {
        installation.slots.iter().filter(move |slot| under(slot)).map(move |slot| (installation, slot))
    })
}

/// Seats that licenses of a slot hold: of each metric the most that one of them has.
pub(crate) fn leased(slot: &SlotView) -> Seats {
    let mut most = Seats::new();
    for (metric, seats) in slot.counted.iter().flat_map(|counted| &counted.seats) {
        let held = most.entry(*metric).or_default();
        *held = (*held).max(*seats);
    }
    most
}

/// Seats that several slots hold together.
pub(crate) fn leased_by<'a>(slots: impl Iterator<Item = &'a SlotView>) -> Seats {
    let mut sum = Seats::new();
    for (metric, seats) in slots.flat_map(leased) {
        *sum.entry(metric).or_default() += seats;
    }
    sum
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
        (SlotState::Active, Some(license)) if license.contract_end() <= now => {
            Status::new(Tone::Stop, "Contract ended")
        }
        (SlotState::Active, Some(license)) if license.good_until <= now => {
            Status::new(Tone::Warn, "File in grace")
        }
        (SlotState::Active, Some(license)) if license.report_due <= now => {
            Status::new(Tone::Warn, "Report overdue")
        }
        (SlotState::Active, Some(license)) if is_over(slot.used, license) => {
            Status::new(Tone::Warn, "Over the limit")
        }
        (SlotState::Active, Some(_)) => Status::new(Tone::Ok, "Active"),
    }
}

/// The report counts what the first grant counts.
fn is_over(used: Option<u64>, license: &License) -> bool {
    used.zip(license.grants.first()).is_some_and(|(used, grant)| used > grant.seats)
}

impl Row {
    /// The lines of one installation.
    pub(crate) fn all(installation: &InstallationView, folder: &str, now: Timestamp) -> Vec<Row> {
        let blank = Row {
            href: format!("{folder}/{}", installation.thumbprint),
            site: site(installation.site_code.as_str(), installation.site_description.as_ref()),
            server: installation.name.to_string(),
            license_type: "",
            status: Status::new(Tone::Idle, "No license yet"),
            seats: String::new(),
            used: String::new(),
            good_until: None,
            last_report: Day::new(installation.last_report, now),
            forked: installation.fork.is_some(),
        };
        if installation.slots.is_empty() {
            return vec![blank];
        }
        installation.slots.iter().map(|slot| blank.clone().with(slot, now)).collect()
    }

    /// The line of one slot.
    pub(crate) fn of(installation: &InstallationView, slot: &SlotView, folder: &str, now: Timestamp) -> Row {
        let alone = InstallationView { slots: Vec::new(), ..installation.clone() };
        let [row] = <[Row; 1]>::try_from(Row::all(&alone, folder, now)).expect("one line without slots");
        row.with(slot, now)
    }

    fn with(self, slot: &SlotView, now: Timestamp) -> Row {
        Row {
            license_type: slot.license_type.title(),
            status: status(slot, now),
            seats: slot.license.as_ref().map_or_else(String::new, |license| {
                seats(license.grants.iter().map(|grant| (grant.metric, grant.seats)))
            }),
            used: slot.used.map_or_else(String::new, grouped),
            good_until: slot.license.as_ref().map(|license| Day::new(license.good_until, now)),
            ..self
        }
    }
}
