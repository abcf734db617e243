//! `GET /healthz`: whether this process can do its work.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::{failure::Failure, portal::Portal};

/// All is well.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
    /// Whose portal this is.
    vendor: String,
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
    portal.signer().health().await?;
    Ok(Json(Health { status: "ok", vendor: portal.signer().vendor().to_string() }))
}
