//! What stands in place of a page that could not be shown.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;

use crate::{
    answered::sentence,
    deliver,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::Visitor,
};

/// Title, sentence, next step.
#[derive(Debug, Template)]
#[template(path = "failed.html")]
pub(super) struct FailedPage {
    frame: Frame,
    failure: Failure,
    says: String,
}

/// The layer around all pages: knows who is there, and gives every failure its page.
pub(crate) async fn around(
    State(portal): State<Portal>,
    jar: CookieJar,
    mut request: Request,
    next: Next,
) -> Response {
    let visitor = match Visitor::of(&portal, &jar).await {
        Ok(visitor) => visitor,
        Err(failure) => return FailedPage::response(&portal, &Visitor::default(), failure),
    };
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    match failure_of(&mut response) {
        Some(failure) => FailedPage::response(&portal, &visitor, failure),
        None => response,
    }
}

/// Where no page is.
pub(super) async fn not_found() -> Failure {
    Failure::NotFound
}

/// The failure in a response: one of ours, or one that a library made.
pub(crate) fn failure_of(response: &mut Response) -> Option<Failure> {
    let status = response.status();
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        return (status != StatusCode::SEE_OTHER).then_some(failure);
    }
    let is_page = |value: &header::HeaderValue| value.as_bytes().starts_with(b"text/html");
    let has_page = response.headers().get(header::CONTENT_TYPE).is_some_and(is_page);
    let failed = status.is_client_error() || status.is_server_error();
    (failed && !has_page).then(|| Failure::of_status(status))
}

impl FailedPage {
    fn response(portal: &Portal, visitor: &Visitor, failure: Failure) -> Response {
        let status = failure.status();
        let page = FailedPage {
            frame: Frame::new(portal, visitor.0.as_deref(), Here::Elsewhere),
            says: sentence(&failure.to_string()),
            failure,
        };
        match page.render() {
            Ok(_) => deliver::page(status, &page),
            // Nothing is left to fall back on but the bare status.
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for FailedPage {
    fn samples() -> Vec<FailedPage> {
        let failures = [
            Failure::StaffOnly,
            Failure::AdministratorsOnly,
            Failure::NotFound,
            Failure::CrossSite,
            Failure::Method,
            Failure::Malformed,
            Failure::MediaType,
            Failure::TooLarge,
            Failure::TooManyFiles { found: 51, limit: 50 },
            Failure::Invalid {
                code: "invalid".into(),
                says: "the <name> is empty".to_owned(),
                next_step: "Type one.".to_owned(),
            },
            Failure::Changed,
            Failure::TimedOut,
            Failure::Ours {
                code: "store-full".into(),
                says: "the disk is full".to_owned(),
                next_step: "Free some space.".to_owned(),
            },
            Failure::Panicked,
        ];
        let [frame, ..] = Frame::samples();
        failures
            .into_iter()
            .map(|failure| FailedPage { frame: frame.clone(), says: sentence(&failure.to_string()), failure })
            .collect()
    }
}
