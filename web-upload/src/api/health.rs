//! `GET /healthz`: whether this process can do its work.

use axum::{Json, extract::State};
use serde::Serialize;
use signer::link;
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

/// The key that should sign cannot, and another one does; or none does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Warning {
    /// Stable, for programs.
    code: String,
    /// In a sentence.
    says: String,
    /// What to do.
    next_step: String,
}

/// Whether the portal can answer.
///
/// Asks the store and the signer, wherever that is: a portal without either can answer nobody.
#[utoipa::path(
    get,
    path = "/healthz",
    responses(
        (status = 200, description = "Store and signer answer.", body = Health),
        (status = 503, description = "One of them does not.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(State(portal): State<Portal>) -> Result<Json<Health>, Failure> {
    let link::Health { vendor, warning, .. } = portal.signer().health().await?;
    let warning = warning.map(|link::Warning { code, says, next_step }| Warning {
        code: code.into_owned(),
        says,
        next_step,
    });
    let status = if warning.is_some() { "warning" } else { "ok" };
    Ok(Json(Health { status, vendor: vendor.to_string(), warning }))
}
