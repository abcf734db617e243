//! `GET /healthz`: whether this process can do its work.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::{failure::Failure, portal::Portal};

/// All is well.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`, or `warning`: it answers, and something should be done about it.
    status: &'static str,
    /// Whose portal this is.
    vendor: String,
    /// What should be done something about.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<Warning>,
}

/// A key that should sign cannot, and another one does; or nothing can be signed. What it is stands in the signer's log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Warning {
    /// Stable, for programs.
    code: String,
}

/// Whether the portal can answer.
///
/// Asks the store and the signer, wherever that is, once a second at most: a portal without either can answer nobody. Anybody may read it, so
/// it says codes, and no paths or names; logs and `waybill doctor` have these.
#[utoipa::path(
    get,
    path = "/healthz",
    responses(
        (status = 200, description = "Store and signer answer.", body = Health),
        (status = 503, description = "One of them does not.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(State(portal): State<Portal>) -> Result<Json<Health>, Failure> {
    let health = portal.health().await.map_err(for_strangers)?;
    let warning = health.warning.map(|warning| Warning { code: warning.code.into_owned() });
    let status = if warning.is_some() { "warning" } else { "ok" };
    Ok(Json(Health { status, vendor: health.vendor.to_string(), warning }))
}

/// The same code, and nothing about the place where it happened.
fn for_strangers(failure: Failure) -> Failure {
    Failure::Ours {
        code: failure.code().to_owned().into(),
        says: "the portal cannot answer requests just now".to_owned(),
        next_step: "Look into the logs of the portal and its signer, and ask `waybill doctor`.".to_owned(),
    }
}
