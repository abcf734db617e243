//! The REST API for programs: the same answers as on the pages, with an API token in place of a session.
//! A `no` is a problem document (RFC 9457).

mod answers;
mod health;
mod problem;

use axum::{Json, Router, routing::get};
use utoipa::{
    OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use problem::problem;

use crate::portal::Portal;

/// The API by its addresses, and its description.
pub(crate) fn routes() -> Router<Portal> {
    let (router, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(answers::post))
        .routes(routes!(health::get))
        .split_for_parts();
    let description = with_tokens(description);
    router.route("/api/v1/openapi.json", get(move || async move { Json(description) }))
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Waybill portal",
    description = "Brings request files of installations that must not touch the internet, and takes their answers home.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Description;

fn with_tokens(mut description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.description = Some("An API token of the account; `waybill token create` makes one.".to_owned());
    description
        .components
        .get_or_insert_default()
        .add_security_scheme(answers::TOKEN, SecurityScheme::Http(scheme));
    description
}
