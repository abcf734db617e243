//! `/api/v1/subscriptions`: what an account bought. Only the vendor's staff change it, on the pages and with `waybill`.

use axum::{Json, extract::State};
use license_format::{Timestamp, payload::OverLimit};
use serde::Serialize;
use signer::catalog::{OverdraftEntry, Subscription, SubscriptionGrant, SubscriptionId};
use utoipa::ToSchema;

use super::{caller::Manager, lists::TimelineBody, problem::Problem};
use crate::{failure::Failure, pages::At, portal::Portal};

/// What was bought.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SubscriptionBody {
    id: String,
    product: String,
    #[schema(example = "desktop")]
    license_type: &'static str,
    /// `upcoming`, `active`, `expiring-soon`, `expired` or `suspended`.
    status: &'static str,
    /// Start of the contract, inclusive (RFC 3339).
    start: String,
    /// End of the contract, exclusive (RFC 3339).
    end: String,
    trial: bool,
    offline_use: bool,
    file_days: u64,
    report_days: u64,
    grace_days: u64,
    clock_tolerance_hours: u64,
    grants: Vec<GrantBody>,
}

/// So many seats of one metric.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct GrantBody {
    #[schema(example = "managed-device")]
    metric: &'static str,
    seats: u64,
    edition: String,
    /// What happens while more seats are used than granted: `notify`, `suspend` or `refuse`.
    #[schema(example = "suspend")]
    over_limit: &'static str,
    /// Days over the limit until it is suspended, where it is.
    over_limit_days: Option<u64>,
    /// Days after the contract's end for which the seats still hold.
    after_end_days: u64,
    /// The vendor's extra facts by name: each is a flag, a number or a text.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    features: serde_json::Value,
}

/// Seats beyond those bought.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OverdraftBody {
    metric: &'static str,
    seats: u64,
    /// Until when (RFC 3339).
    ends: String,
    /// Granted by the vendor's staff, so that they may be given out; otherwise booked for a license that was given up.
    granted: bool,
    reason: String,
}

impl GrantBody {
    fn of(grant: &SubscriptionGrant) -> GrantBody {
        let (over_limit, over_limit_days) = match grant.over_limit {
            OverLimit::Notify => ("notify", None),
            OverLimit::SuspendAfterDays(days) => ("suspend", Some(days)),
            OverLimit::Refuse => ("refuse", None),
        };
        GrantBody {
            metric: grant.metric.name(),
            seats: grant.seats,
            edition: grant.edition.to_string(),
            over_limit,
            over_limit_days,
            after_end_days: grant.after_end_days,
            features: serde_json::json!(grant.features.facts()),
        }
    }
}

impl SubscriptionBody {
    fn of(subscription: &Subscription, now: Timestamp) -> SubscriptionBody {
        SubscriptionBody {
            id: subscription.id.to_string(),
            product: subscription.product.to_string(),
            license_type: subscription.license_type.name(),
            status: subscription.status(now).name(),
            start: subscription.start.rfc3339(),
            end: subscription.end.rfc3339(),
            trial: subscription.trial,
            offline_use: subscription.offline_use,
            file_days: subscription.file_days,
            report_days: subscription.report_days,
            grace_days: subscription.grace_days,
            clock_tolerance_hours: subscription.clock_tolerance_hours,
            grants: subscription.grants.iter().map(GrantBody::of).collect(),
        }
    }
}

/// The account's subscriptions, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/subscriptions",
    security(("token" = [])),
    responses(
        (status = 200, description = "All of them.", body = Vec<SubscriptionBody>),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token only brings files.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(portal): State<Portal>,
    Manager(by): Manager,
) -> Result<Json<Vec<SubscriptionBody>>, Failure> {
    let (now, catalog) = (portal.now(), portal.signer().catalog());
    let subscriptions = catalog.subscriptions(&by.asker).await?;
    Ok(Json(subscriptions.iter().map(|subscription| SubscriptionBody::of(subscription, now)).collect()))
}

/// One subscription.
#[utoipa::path(
    get,
    path = "/api/v1/subscriptions/{subscription}",
    params(("subscription" = String, Path)),
    security(("token" = [])),
    responses(
        (status = 200, description = "It.", body = SubscriptionBody),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<SubscriptionId>,
) -> Result<Json<SubscriptionBody>, Failure> {
    let subscription = portal.signer().catalog().subscription(&by.asker, &id).await?;
    Ok(Json(SubscriptionBody::of(&subscription, portal.now())))
}

/// The seats of a subscription over time, if nothing else happens.
#[utoipa::path(
    get,
    path = "/api/v1/subscriptions/{subscription}/timeline",
    params(("subscription" = String, Path)),
    security(("token" = [])),
    responses(
        (status = 200, description = "One timeline for each metric.", body = Vec<TimelineBody>),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn timeline(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<SubscriptionId>,
) -> Result<Json<Vec<TimelineBody>>, Failure> {
    let timelines = portal.signer().catalog().timeline(&by.asker, &id, portal.now()).await?;
    Ok(Json(TimelineBody::all(&timelines)))
}

/// Seats beyond those bought, the next to end first. The vendor's staff grant them.
#[utoipa::path(
    get,
    path = "/api/v1/subscriptions/{subscription}/overdraft",
    params(("subscription" = String, Path)),
    security(("token" = [])),
    responses(
        (status = 200, description = "The entries that have not ended.", body = Vec<OverdraftBody>),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn overdraft(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<SubscriptionId>,
) -> Result<Json<Vec<OverdraftBody>>, Failure> {
    let entries = portal.signer().catalog().overdraft(&by.asker, &id, portal.now()).await?;
    let entry = |entry: OverdraftEntry| OverdraftBody {
        metric: entry.metric.name(),
        seats: entry.seats,
        ends: entry.ends.rfc3339(),
        granted: entry.granted,
        reason: entry.reason,
    };
    Ok(Json(entries.into_iter().map(entry).collect()))
}
