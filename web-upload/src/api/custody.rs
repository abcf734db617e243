//! `/api/v1/installations/{installation}/…`: what an administrator of the account decides about an installation and a license key.

use axum::{extract::State, http::StatusCode};
use license_format::Thumbprint;
use serde::Deserialize;
use signer::{
    LicenseKeyId, NoReason, Reason,
    exchange::Lives,
    link::{self, Decision},
};
use utoipa::ToSchema;

use super::{
    caller::{Json, Manager},
    problem::Problem,
};
use crate::{failure::Failure, pages::At, portal::Portal};

/// A decision about an installation and one of its account's keys.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AboutKey {
    /// The license key's id.
    license_key: String,
    /// Why, for the history: 1 to 200 characters.
    reason: String,
}

/// An exchange of one key for another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    /// The id of the license key that it has.
    license_key: String,
    /// The id of the one that it goes on with.
    to: String,
    /// Why, for the history: 1 to 200 characters.
    reason: String,
}

/// Which branch of a copied or put-back installation lives on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolve {
    #[schema(inline)]
    lives: Branch,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Branch {
    First,
    Second,
}

/// Move a key away from a lost, stolen or reinstalled server: it can be activated elsewhere at once. Spends one of its three counted moves.
#[utoipa::path(
    post,
    path = "/api/v1/installations/{installation}/move",
    params(("installation" = String, Path)),
    security(("token" = [])),
    request_body = AboutKey,
    responses(
        (status = 204, description = "It has moved."),
        (status = 404, description = "No such installation or key of this account.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`not-at-home` or `moves-spent`.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn move_away(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<Thumbprint>,
    Json(about): Json<AboutKey>,
) -> Result<StatusCode, Failure> {
    let about = about.read(id)?;
    portal.signer().decide(Decision::MoveKey(about), &by, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give an installation no new license of a key. What it has goes on until its file ends, and counts.
#[utoipa::path(
    post,
    path = "/api/v1/installations/{installation}/block",
    params(("installation" = String, Path)),
    security(("token" = [])),
    request_body = AboutKey,
    responses(
        (status = 204, description = "It is blocked."),
        (status = 404, description = "No such installation or key of this account.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn block(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<Thumbprint>,
    Json(about): Json<AboutKey>,
) -> Result<StatusCode, Failure> {
    let about = about.read(id)?;
    portal.signer().decide(Decision::Block(about), &by, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let an installation use a key again that was blocked there or had moved away.
#[utoipa::path(
    post,
    path = "/api/v1/installations/{installation}/allow",
    params(("installation" = String, Path)),
    security(("token" = [])),
    request_body = AboutKey,
    responses(
        (status = 204, description = "It is allowed."),
        (status = 404, description = "No such installation or key of this account.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn allow(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<Thumbprint>,
    Json(about): Json<AboutKey>,
) -> Result<StatusCode, Failure> {
    let about = about.read(id)?;
    portal.signer().decide(Decision::Allow(about), &by, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let an installation go on with another key from its next refresh.
#[utoipa::path(
    post,
    path = "/api/v1/installations/{installation}/exchange",
    params(("installation" = String, Path)),
    security(("token" = [])),
    request_body = Exchange,
    responses(
        (status = 204, description = "Its next refresh brings a license of the other key."),
        (status = 404, description = "No such installation or key of this account.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`not-at-home` or `license-type-mismatch`.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn exchange(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<Thumbprint>,
    Json(Exchange { license_key, to, reason }): Json<Exchange>,
) -> Result<StatusCode, Failure> {
    let (from, to, reason) = (key(&license_key)?, key(&to)?, because(&reason)?);
    let about = link::AboutKey { installation: id, key: from, reason };
    portal.signer().decide(Decision::ExchangeKey { about, to }, &by, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say which of two branches of a copied or put-back installation lives on. It cannot be undone.
#[utoipa::path(
    post,
    path = "/api/v1/installations/{installation}/fork",
    params(("installation" = String, Path)),
    security(("token" = [])),
    request_body = Resolve,
    responses(
        (status = 204, description = "It is decided."),
        (status = 409, description = "`no-fork` or `moves-spent`.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn resolve(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<Thumbprint>,
    Json(Resolve { lives }): Json<Resolve>,
) -> Result<StatusCode, Failure> {
    let lives = match lives {
        Branch::First => Lives::First,
        Branch::Second => Lives::Second,
    };
    portal.signer().decide(Decision::ResolveFork { installation: id, lives }, &by, portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl AboutKey {
    fn read(&self, installation: Thumbprint) -> Result<link::AboutKey, Failure> {
        let (key, reason) = (key(&self.license_key)?, because(&self.reason)?);
        Ok(link::AboutKey { installation, key, reason })
    }
}

/// What names no key names none of this account's.
fn key(text: &str) -> Result<LicenseKeyId, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

fn because(reason: &str) -> Result<Reason, Failure> {
    reason.parse().map_err(|error: NoReason| Failure::Invalid {
        code: error.code().into(),
        says: error.to_string(),
        next_step: error.next_step().to_owned(),
    })
}
