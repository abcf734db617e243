//! What a change would do, in words: which values differ, which installations it is about and from when, and the seats over time.

use license_format::Timestamp;
use signer::{
    catalog::{Affected, Difference, Effect, Preview},
    people::AccountId,
};

use crate::{
    show::{Day, count_of, grouped},
    timeline::Timeline,
};

/// A preview made ready for a page.
#[derive(Debug)]
pub(crate) struct Outlook {
    pub(crate) differences: Vec<Changed>,
    /// Whether there was nothing before.
    pub(crate) is_new: bool,
    /// What happens and from when.
    pub(crate) says: Vec<String>,
    pub(crate) rows: Vec<AffectedRow>,
    /// How many installations are not named, if any.
    pub(crate) more: Option<String>,
    pub(crate) timelines: Vec<Timeline>,
}

/// A value that differs.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    pub(crate) what: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// An installation that a change is about.
#[derive(Debug)]
pub(crate) struct AffectedRow {
    pub(crate) href: String,
    pub(crate) site: String,
    pub(crate) server: String,
    pub(crate) holds: String,
    pub(crate) used: String,
    /// What its next refresh brings.
    pub(crate) next: String,
    /// Whether that is fewer than it uses.
    pub(crate) over: bool,
    pub(crate) ends: Day,
}

impl Outlook {
    pub(crate) fn new(account: &AccountId, preview: &Preview, now: Timestamp) -> Outlook {
        let row = |one: &Affected| AffectedRow::of(account, one, preview.effect, now);
        let rows: Vec<AffectedRow> = preview.affected.iter().map(row).collect();
        Outlook {
            is_new: preview.differences.iter().all(|difference| difference.before.is_none()),
            differences: preview.differences.iter().map(Changed::of).collect(),
            says: says(preview),
            more: match preview.installations.saturating_sub(rows.len() as u64) {
                0 => None,
                more => Some(count_of(more, "more installation")),
            },
            rows,
            timelines: preview
                .timelines
                .iter()
                .map(|(metric, timeline)| Timeline::new(*metric, timeline, now))
                .collect(),
        }
    }
}

impl AffectedRow {
    fn of(account: &AccountId, one: &Affected, effect: Effect, now: Timestamp) -> AffectedRow {
        let most = match effect {
            Effect::Fewer(most) => one.next.or(most),
            Effect::None | Effect::Terms | Effect::Ends => None,
        };
        let excess = most.zip(one.used).map_or(0, |(most, used)| used.saturating_sub(most));
        let next = match (effect, most) {
            (Effect::Ends, _) => "no license".to_owned(),
            (Effect::Fewer(_), Some(most)) if excess > 0 => {
                format!("at most {}, {} fewer than it uses", grouped(most), grouped(excess))
            }
            (Effect::Fewer(_), Some(most)) => format!("at most {}", grouped(most)),
            (Effect::Fewer(_), None) => "what it uses, and the headroom".to_owned(),
            (Effect::Terms | Effect::None, _) => "the new terms".to_owned(),
        };
        AffectedRow {
            href: format!("/accounts/{account}/installations/{}", one.installation),
            site: one.site_code.to_string(),
            server: one.name.to_string(),
            holds: count_of(one.seats, "seat"),
            used: one.used.map_or_else(|| "not reported".to_owned(), grouped),
            next,
            over: excess > 0 || effect == Effect::Ends,
            ends: Day::new(one.ends, now),
        }
    }
}

impl Changed {
    pub(crate) fn of(difference: &Difference) -> Changed {
        let or_dash = |value: &Option<String>| match value.as_deref() {
            None | Some("") => "–".to_owned(),
            Some(value) => value.to_owned(),
        };
        Changed {
            what: words(&difference.what),
            before: or_dash(&difference.before),
            after: or_dash(&difference.after),
        }
    }
}

/// What happens and from when: nothing is ever taken back that is in the field.
fn says(preview: &Preview) -> Vec<String> {
    let installations = count_of(preview.installations, "installation");
    let mut says = Vec::new();
    match preview.effect {
        _ if preview.installations == 0 => {
            says.push("No installation has a license that this changes. It holds from now on.".to_owned());
        }
        Effect::None => says.push("No installation gets less. It holds from now on.".to_owned()),
        Effect::Terms => says.push(format!(
            "{installations} {} on as now, and {} the new terms with the next refresh, or goes on until its file ends.",
            if preview.installations == 1 { "goes" } else { "go" },
            if preview.installations == 1 { "gets" } else { "get" },
        )),
        Effect::Fewer(_) => says.push(format!(
            "Licenses that are out cannot be called back: {installations} below keep{} what {} until the next refresh there, or at the \
             latest until the file ends.",
            if preview.installations == 1 { "s" } else { "" },
            if preview.installations == 1 { "it has" } else { "they have" },
        )),
        Effect::Ends => says.push(format!(
            "No new license is given from now on. Licenses that are out cannot be called back: {installations} below go{} on until the \
             file there ends, grace included, and {} seats until then.",
            if preview.installations == 1 { "es" } else { "" },
            if preview.installations == 1 { "holds its" } else { "hold their" },
        )),
    }
    if matches!(preview.effect, Effect::Fewer(_)) && preview.installations > 1 {
        says.push(
            "Who refreshes first gives back first: each number below is for the one that comes next."
                .to_owned(),
        );
    }
    if let (Some(until), over @ 1..) = (preview.over_until, preview.over) {
        says.push(format!(
            "{} in the field or kept for keys than may be given out then, until {} at the latest.",
            match over {
                1 => "1 seat more is".to_owned(),
                _ => format!("{} seats more are", grouped(over)),
            },
            until.date()
        ));
    }
    says
}

/// The name of a value as people read it.
pub(crate) fn words(what: &str) -> String {
    let (name, metric) = what.split_once('.').unwrap_or((what, ""));
    let name = match name {
        "created" => "New",
        "deleted" => "Deleted",
        "proposed" => "Proposed",
        "declined" => "Declined",
        "name" => "Name",
        "quota" => "Quota of seats",
        "draw" => "How it takes seats",
        "ends" => "Ends",
        "note" => "Note",
        "installations" => "Installations at once",
        "blocked" => "Blocked",
        "product" => "Product",
        "start" => "Contract begins",
        "end" => "Contract ends",
        "trial" => "Trial",
        "offline-use" => "Offline use",
        "suspended" => "Suspended",
        "file-days" => "Days for which a file is good",
        "report-days" => "Days until a report is due",
        "grace-days" => "Days of grace after a file's end",
        "clock-tolerance-hours" => "Hours by which a clock may be set back",
        "seats" => "Seats",
        "edition" => "Edition",
        "metric" => "A seat is for one",
        "over-limit" => "Over the limit",
        "after-end-days" => "Days after the contract's end",
        "features" => "Features",
        "activation-code" => "Activation code",
        "key-moved" => "Key moved away from",
        "installation-blocked" => "Blocked at",
        "installation-allowed" => "Allowed again at",
        "key-exchanged" => "Exchanged to this key at",
        "license-revoked" => "License revoked at",
        "installation-revoked" => "Installation revoked:",
        "fork-resolved" => "Copy decided at",
        "installation-alias" => "Alias of an installation",
        "installation-note" => "Note on an installation",
        other => other,
    };
    let noun = license_format::Metric::from_name(metric).map(|metric| metric.noun());
    noun.map_or_else(|| name.to_owned(), |noun| format!("{name} ({noun}s)"))
}
