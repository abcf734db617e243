//! The REST API for programs: the same answers and decisions as on the pages, with an API token in place of a session.
//! A `no` is a problem document (RFC 9457).

mod answer_list;
mod answers;
mod caller;
mod codes;
mod custody;
mod health;
mod installations;
mod keys;
mod lists;
mod problem;
mod subscriptions;

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
        .routes(routes!(answers::post, answer_list::list))
        .routes(routes!(answer_list::get))
        .routes(routes!(subscriptions::list))
        .routes(routes!(subscriptions::get))
        .routes(routes!(subscriptions::timeline))
        .routes(routes!(subscriptions::overdraft))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::get, keys::update, keys::delete))
        .routes(routes!(codes::list, codes::create))
        .routes(routes!(codes::withdraw))
        .routes(routes!(installations::list))
        .routes(routes!(installations::get, installations::update))
        .routes(routes!(custody::move_away))
        .routes(routes!(custody::block))
        .routes(routes!(custody::allow))
        .routes(routes!(custody::exchange))
        .routes(routes!(custody::resolve))
        .routes(routes!(health::get))
        .split_for_parts();
    let description = with_tokens(description);
    router.route("/api/v1/openapi.json", get(move || async move { Json(description) }))
}

#[derive(OpenApi)]
#[openapi(info(
    title = "Waybill portal",
    description = "Brings request files of installations that must not touch the internet, and takes their answers home. A token of \
                   an account that manages does what an administrator of the account does with its license keys, codes and \
                   installations; what is another account's does not exist for it. What only the vendor's staff decide (what was bought, \
                   its dates and terms, overdraft, offline use) is read here and changed on the portal's pages or with `waybill`.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Description;

fn with_tokens(mut description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.description = Some("An API token of the account; `waybill token create` makes one that brings files, and with `--manage` one that does all that is here.".to_owned());
    description
        .components
        .get_or_insert_default()
        .add_security_scheme(answers::TOKEN, SecurityScheme::Http(scheme));
    description
}
