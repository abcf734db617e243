//! Pages, API and files under one roof, with what holds for all of them: headers, limits, time, and a log without secrets.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    csrf::{CsrfLayer, ProtectionError},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
    trace::{DefaultOnResponse, TraceLayer},
};
use tracing::Level;

use crate::{api, assets, failure::Failure, pages, portal::Portal};

/// The whole portal as a service.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: without the address of the other end, all sign-in attempts for
/// one e-mail count together.
pub fn router(portal: Portal) -> Router {
    let secure = portal.public_url().is_secure();
    let pages = guarded(pages::routes()).layer(from_fn_with_state(portal.clone(), pages::around));
    let api = guarded(api::routes()).layer(axum::middleware::map_response(api::problem));
    let router = Router::new()
        .merge(pages)
        .merge(api)
        .route("/assets/{file}", get(assets::serve))
        .with_state(portal)
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_response(DefaultOnResponse::new().level(Level::INFO)),
        );
    let mut headers = HEADERS.to_vec();
    if secure {
        headers.push((header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    }
    let router = headers.into_iter().fold(router, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value)))
    });
    let policy = HeaderValue::from_static(CONTENT_POLICY);
    router.layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy))
}

/// Longest time for one request: the signer commits within milliseconds, and an upload of fifty files within seconds.
const TIME: Duration = Duration::from_secs(60);

macro_rules! content_policy {
    ($scripts:literal) => {
        concat!(
            "default-src 'none'; script-src ",
            $scripts,
            "; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        )
    };
}

/// The content security policy of every response but those that say otherwise.
const CONTENT_POLICY: &str = content_policy!("'self'");

/// The one of a page that runs a WebAssembly module of ours. It allows no script more, and `eval` as little as the other.
pub(crate) const CONTENT_POLICY_WITH_MODULE: &str = content_policy!("'self' 'wasm-unsafe-eval'");

/// On every response, whatever it is.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // The address of an invitation is a secret.
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ),
];

/// What stands between the layer that words failures and the handlers: forms of other sites, time, panics.
fn guarded<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME))
        .layer(
            CsrfLayer::new().with_rejection_response(|_: ProtectionError| Failure::CrossSite.into_response()),
        )
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let says = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = says, "a handler panicked");
    Failure::Panicked.into_response()
}

fn span(request: &Request) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), route = route(request))
}

/// The pattern of the address, never the address: that of an invitation would put its token into the log.
fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str)
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, middleware::Next, routing::post};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failure_and_not_a_broken_connection() {
        async fn broken() -> StatusCode {
            panic!("a defect")
        }
        let router: Router = guarded(Router::new().route("/", get(broken)));
        let response = router.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.extensions().get::<Failure>(), Some(&Failure::Panicked));
    }

    /// What was cut short may have been done: only a file may be sent again without looking.
    #[tokio::test]
    async fn what_was_cut_short_is_not_called_undone() {
        async fn broken() -> StatusCode {
            panic!("a defect after the commit")
        }
        let router: Router = guarded(Router::new().route("/", post(broken)))
            .layer(axum::middleware::map_response(api::problem));
        let response = router.oneshot(Request::post("/").body(Body::empty()).unwrap()).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 2000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let next_step = body["next_step"].as_str().unwrap();
        assert!(next_step.contains("it is not known whether that was done"), "{next_step}");
        // As the layer makes it that watches the time.
        let slow = Failure::of_status(StatusCode::SERVICE_UNAVAILABLE);
        assert!(slow.next_step().contains("it is not known whether that was done"), "{}", slow.next_step());
        let file = Failure::unanswered();
        assert_eq!(file.code(), slow.code());
        assert!(file.next_step().contains("The same file gets the same answer"), "{}", file.next_step());
    }

    #[tokio::test]
    async fn the_log_names_the_route_and_never_the_address() {
        let told = |request: Request, _: Next| async move { route(&request).to_owned().into_response() };
        let router: Router =
            Router::new().route("/join/{token}", post(|| async {})).layer(axum::middleware::from_fn(told));
        let response =
            router.oneshot(Request::post("/join/secret").body(Body::empty()).unwrap()).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(body, "/join/{token}");
    }
}
