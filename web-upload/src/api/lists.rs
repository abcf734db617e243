//! Lists in the API: a page at a time, and what a change would do.

use serde::{Deserialize, Serialize};
use signer::{
    catalog::{Effect, Preview},
    exchange::Instant,
    paging::{MOST_ROWS, Paged, Part},
};
use utoipa::{IntoParams, ToSchema};

use crate::{failure::Failure, listing::ROWS};

/// Which part of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// `next` of the page before; the beginning of the list if absent.
    after: Option<String>,
    /// How many rows, 1 to 500; 50 if absent.
    limit: Option<usize>,
}

impl PageQuery {
    /// Refuses a place that no list has made, so that no program takes the first page for the next one again and again.
    pub(super) fn part(&self) -> Result<Part, Failure> {
        let after = self.after.as_deref().map(str::parse).transpose().map_err(|error| Failure::Invalid {
            code: "cursor".into(),
            says: format!("{error}"),
            next_step: "Give `after` as it stands in `next` of the page before, or leave it out.".to_owned(),
        })?;
        Ok(Part { after, rows: self.limit.unwrap_or(ROWS).clamp(1, MOST_ROWS) })
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The rows, in the list's order.
    rows: Vec<T>,
    /// For `after` of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> Page<T> {
    pub(super) fn of<S>(page: Paged<S>, row: impl FnMut(S) -> T) -> Page<T> {
        Page { rows: page.rows.into_iter().map(row).collect(), next: page.next.map(|next| next.to_string()) }
    }
}

/// Whether it is only to be said what a change would do.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PreviewQuery {
    /// `true`: nothing is changed, and the answer is a preview.
    #[serde(default)]
    pub(super) preview: bool,
}

/// What a change would do, if nothing else happens. Licenses that are out are never called back.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreviewBody {
    /// What would be different.
    differences: Vec<DifferenceBody>,
    /// What it means for the installations in `affected`: `none`, `terms` (their next refresh brings other terms), `fewer` (it may bring
    /// fewer seats) or `ends` (they get no new license).
    #[schema(example = "fewer")]
    effect: &'static str,
    /// With `fewer`: how many seats each has at most from its next refresh, where one number can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<u64>,
    /// How many seats more are in the field, or kept for keys, than may be given out then.
    over: u64,
    /// From when there are none (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    over_until: Option<String>,
    /// How many installations it is about, of which `affected` names up to 100.
    installations: u64,
    affected: Vec<AffectedBody>,
    /// The seats over time, as they would be.
    timelines: Vec<TimelineBody>,
}

/// A value that would differ.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DifferenceBody {
    #[schema(example = "quota")]
    what: String,
    before: Option<String>,
    after: Option<String>,
}

/// An installation that a change is about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AffectedBody {
    installation: String,
    site_code: String,
    name: String,
    /// Seats that it holds.
    seats: u64,
    /// Seats in use by its newest report.
    used: Option<u64>,
    /// With `fewer`: how many seats its next refresh brings at most, if it is the first to come.
    next: Option<u64>,
    /// When the file that it has ends by itself, grace included (RFC 3339).
    ends: String,
}

/// The seats of one metric over time, if nothing else happens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TimelineBody {
    #[schema(example = "managed-device")]
    metric: &'static str,
    instants: Vec<InstantBody>,
}

/// From an instant until the next.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InstantBody {
    /// From when (RFC 3339).
    from: String,
    /// Bought; 0 before the contract's start and from its end.
    sold: u64,
    /// Overdraft that staff granted.
    granted: u64,
    /// Withheld for license keys, and not in use there.
    reserved: u64,
    /// In licenses that count.
    leased: u64,
    /// Booked for what an old home or an abandoned copy may still honour.
    booked: u64,
    /// Can still be given out.
    free: u64,
    /// In the field beyond what may be given out.
    over: u64,
}

impl From<Preview> for PreviewBody {
    fn from(preview: Preview) -> PreviewBody {
        let (effect, at_most) = match preview.effect {
            Effect::None => ("none", None),
            Effect::Terms => ("terms", None),
            Effect::Fewer(most) => ("fewer", most),
            Effect::Ends => ("ends", None),
        };
        let difference = |one: signer::catalog::Difference| DifferenceBody {
            what: one.what,
            before: one.before,
            after: one.after,
        };
        let affected = |one: signer::catalog::Affected| AffectedBody {
            installation: one.installation.to_string(),
            site_code: one.site_code.to_string(),
            name: one.name.to_string(),
            seats: one.seats,
            used: one.used,
            next: one.next,
            ends: one.ends.rfc3339(),
        };
        PreviewBody {
            differences: preview.differences.into_iter().map(difference).collect(),
            effect,
            at_most,
            over: preview.over,
            over_until: preview.over_until.map(|until| until.rfc3339()),
            installations: preview.installations,
            affected: preview.affected.into_iter().map(affected).collect(),
            timelines: TimelineBody::all(&preview.timelines),
        }
    }
}

impl TimelineBody {
    pub(super) fn all(
        timelines: &std::collections::BTreeMap<license_format::Metric, Vec<Instant>>,
    ) -> Vec<TimelineBody> {
        let instant = |instant: &Instant| InstantBody {
            from: instant.at.rfc3339(),
            sold: instant.sold,
            granted: instant.granted,
            reserved: instant.reserved,
            leased: instant.leased,
            booked: instant.booked,
            free: instant.free(),
            over: instant.over(),
        };
        let timeline = |(metric, instants): (&license_format::Metric, &Vec<Instant>)| TimelineBody {
            metric: metric.name(),
            instants: instants.iter().map(instant).collect(),
        };
        timelines.iter().map(timeline).collect()
    }
}
