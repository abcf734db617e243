//! `/api/v1/installations`: which there are, and how each stands.

use axum::{Json as Answer, extract::State};
use license_format::Thumbprint;
use serde::{Deserialize, Serialize};
use signer::{
    exchange::Bar,
    installations::{self, BarView, Filter, HomeView, InstallationView, Line, RemarksChange, Sort},
};
use utoipa::{IntoParams, ToSchema};

use super::{
    caller::{Json, Manager, Query},
    lists::{Page, PageQuery},
    problem::Problem,
};
use crate::{failure::Failure, pages::At, portal::Portal};

/// One slot of an installation, with what its newest license says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LineBody {
    /// The thumbprint of its key.
    installation: String,
    site_code: String,
    site_description: Option<String>,
    name: String,
    /// What the account calls it.
    alias: Option<String>,
    version: String,
    license_type: &'static str,
    /// `used`, `deactivated`, `blocked` or `moved`.
    state: &'static str,
    /// A copy of it was seen, and nobody has decided.
    forked: bool,
    license_key: Option<String>,
    /// Seats of the first metric.
    seats: Option<u64>,
    used: Option<u64>,
    /// Three dates, never mixed (RFC 3339).
    contract_end: Option<String>,
    good_until: Option<String>,
    report_due: Option<String>,
    last_report: String,
}

/// An installation, and the keys that something can be decided about there.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InstallationBody {
    installation: String,
    site_code: String,
    site_description: Option<String>,
    name: String,
    product: String,
    version: String,
    first_seen: String,
    last_report: String,
    clock_behind: bool,
    /// What the account calls it.
    alias: Option<String>,
    /// What the account notes of it.
    note: String,
    /// How often alias and note were changed: a change names the number that it was decided on.
    edits: u64,
    /// Two different requests have this number: a copy was seen.
    fork: Option<u64>,
    /// License keys that are at home there.
    homes: Vec<HomeBody>,
    /// License keys that it may not use.
    barred: Vec<BarBody>,
}

/// A key that is at home at an installation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HomeBody {
    license_key: String,
    name: String,
    seats: u64,
    /// When the last of its licenses ends by itself (RFC 3339).
    ends: String,
    /// Counted moves that the key has spent, of three.
    moves: u64,
    /// The key that the next refresh goes on with.
    exchanged_to: Option<String>,
}

/// A key that an installation may not use.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BarBody {
    license_key: String,
    /// `blocked` or `moved`.
    why: &'static str,
    note: String,
    since: String,
}

/// What is to change; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangedRemarks {
    /// The number of edits that the change was decided on.
    edits: u64,
    /// Empty takes it away.
    alias: Option<String>,
    note: Option<String>,
}

/// Which installations.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LinesQuery {
    /// `all`, `active`, `expiring-soon`, `expired`, `deactivated` or `blocked`.
    #[serde(default)]
    show: Option<String>,
    /// `site` or `name`.
    #[serde(default)]
    sort: Option<String>,
    /// The beginning of a site code or a server's name, in any case of letters.
    #[serde(default)]
    q: String,
}

/// The account's installations, a line for each slot.
#[utoipa::path(
    get,
    path = "/api/v1/installations",
    params(PageQuery, LinesQuery),
    security(("token" = [])),
    responses(
        (status = 200, description = "A page of them.", body = Page<LineBody>),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token only brings files.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(portal): State<Portal>,
    Manager(by): Manager,
    Query(page): Query<PageQuery>,
    Query(LinesQuery { show, sort, q }): Query<LinesQuery>,
) -> Result<Answer<Page<LineBody>>, Failure> {
    let unknown = |code: &'static str, next_step: &str| Failure::Invalid {
        code: code.into(),
        says: "there is no such list".to_owned(),
        next_step: next_step.to_owned(),
    };
    let filter = show.map(|name| {
        let says = "Ask for all, active, expiring-soon, expired, deactivated or blocked.";
        Filter::from_name(&name).ok_or_else(|| unknown("show", says))
    });
    let sort = match sort.as_deref() {
        None | Some("site") => Sort::Site,
        Some("name") => Sort::Name,
        Some(_) => return Err(unknown("sort", "Sort by site or name.")),
    };
    let query = installations::Query {
        filter: filter.transpose()?.unwrap_or_default(),
        sort,
        search: q,
        part: page.part()?,
        ..installations::Query::default()
    };
    let page = portal.signer().installations().lines(&by.asker, &query, portal.now()).await?;
    Ok(Answer(Page::of(page, LineBody::from)))
}

/// One installation.
#[utoipa::path(
    get,
    path = "/api/v1/installations/{installation}",
    params(("installation" = String, Path)),
    security(("token" = [])),
    responses(
        (status = 200, description = "It.", body = InstallationBody),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<Thumbprint>,
) -> Result<Answer<InstallationBody>, Failure> {
    let found = portal.signer().installations().show(&by.asker, &id, portal.now()).await?;
    Ok(Answer(InstallationBody::from(found.ok_or(Failure::NotFound)?)))
}

/// Change what the account calls an installation, and what it notes of it.
#[utoipa::path(
    patch,
    path = "/api/v1/installations/{installation}",
    params(("installation" = String, Path)),
    security(("token" = [])),
    request_body = ChangedRemarks,
    responses(
        (status = 200, description = "It, as it is now.", body = InstallationBody),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`changed-meanwhile`: somebody else changed it since.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "What is wrong with it.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<Thumbprint>,
    Json(ChangedRemarks { edits, alias, note }): Json<ChangedRemarks>,
) -> Result<Answer<InstallationBody>, Failure> {
    let change = RemarksChange { alias, note };
    portal.signer().installations().remark(&id, edits, &change, &by, portal.now()).await?;
    get(State(portal), Manager(by), At(id)).await
}

impl From<Line> for LineBody {
    fn from(line: Line) -> LineBody {
        let license = line.license.as_ref();
        LineBody {
            installation: line.installation.to_string(),
            site_code: line.site_code.to_string(),
            site_description: line.site_description.map(|text| text.to_string()),
            name: line.name.to_string(),
            alias: line.alias.map(|alias| alias.to_string()),
            version: line.version.to_string(),
            license_type: line.license_type.name(),
            state: line.state.name(),
            forked: line.forked,
            license_key: license.and_then(|license| license.key.as_ref()).map(ToString::to_string),
            seats: license.and_then(|license| license.grants.first()).map(|(_, seats)| *seats),
            used: line.used,
            contract_end: license.map(|license| license.contract_end.rfc3339()),
            good_until: license.map(|license| license.good_until.rfc3339()),
            report_due: license.map(|license| license.report_due.rfc3339()),
            last_report: line.last_report.rfc3339(),
        }
    }
}

impl From<InstallationView> for InstallationBody {
    fn from(view: InstallationView) -> InstallationBody {
        let home = |home: HomeView| HomeBody {
            license_key: home.key.id.to_string(),
            name: home.key.name.to_string(),
            seats: home.seats.values().copied().max().unwrap_or(0),
            ends: home.ends.rfc3339(),
            moves: home.key.moves,
            exchanged_to: home.exchanged_to.map(|to| to.id.to_string()),
        };
        let bar = |bar: BarView| BarBody {
            license_key: bar.key.id.to_string(),
            why: match bar.why {
                Bar::Blocked => "blocked",
                Bar::Moved => "moved",
            },
            note: bar.note,
            since: bar.since.rfc3339(),
        };
        InstallationBody {
            installation: view.thumbprint.to_string(),
            site_code: view.site_code.to_string(),
            site_description: view.site_description.map(|text| text.to_string()),
            name: view.name.to_string(),
            product: view.product.to_string(),
            version: view.version.to_string(),
            first_seen: view.first_seen.rfc3339(),
            last_report: view.last_report.rfc3339(),
            clock_behind: view.clock_behind,
            alias: view.remarks.alias.map(|alias| alias.to_string()),
            note: view.remarks.note,
            edits: view.remarks.edits,
            fork: view.fork.map(|fork| fork.counter),
            homes: view.homes.into_iter().map(home).collect(),
            barred: view.barred.into_iter().map(bar).collect(),
        }
    }
}
