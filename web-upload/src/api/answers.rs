//! `POST /api/v1/answers`: one file there and back.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use signer::Answer;

use super::{caller::Bearer, problem::Problem};
use crate::{
    deliver::{self, MEDIA_TYPE},
    failure::Failure,
    intake::FILE_BYTES,
    portal::Portal,
};

/// The name of the security scheme in the description.
pub(super) const TOKEN: &str = "token";

/// Bring a request file and take its answer home.
///
/// The body is one request file in either spelling, whatever its kind. The same bytes always get the same license or receipt, and take
/// nothing twice, so a request may be sent again whenever the answer was lost.
///
/// A refusal is an answer too: it has the status 409 and comes as a problem document with the signed file in `answer`. With
/// `Accept: application/vnd.waybill+cbor` the body is the signed file itself, to be carried home.
#[utoipa::path(
    post,
    path = "/api/v1/answers",
    security(("token" = [])),
    request_body(
        description = "The request file: binary, or armoured text.",
        content((Vec<u8> = "application/vnd.waybill+cbor"), (String = "text/plain"))
    ),
    responses(
        (status = 200, description = "The license, or the receipt for a deactivation.", body = Vec<u8>,
         content_type = "application/vnd.waybill+cbor"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A refusal, signed.", content(
            (Problem = "application/problem+json"), (Vec<u8> = "application/vnd.waybill+cbor"))),
        (status = 413, description = "Longer than a request file can be.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a genuine request file.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not possible just now; send it again.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post(
    State(portal): State<Portal>,
    Bearer(asker): Bearer,
    headers: HeaderMap,
    Body(file): Body,
) -> Result<Response, Failure> {
    let answered = portal.signer().answer(&file, &asker, portal.now()).await?;
    let Answer::Refusal(refusal) = &answered.answer else {
        return Ok(deliver::file(answered.file, &answered.file_name));
    };
    if wants_file(&headers) {
        return Ok((StatusCode::CONFLICT, deliver::file(answered.file, &answered.file_name)).into_response());
    }
    Ok(Problem::refused(refusal, &answered.file, answered.newest.as_deref()).into_response())
}

/// A body of at most one file.
pub(super) struct Body(Bytes);

impl axum::extract::FromRequest<Portal> for Body {
    type Rejection = Failure;

    async fn from_request(mut request: axum::extract::Request, portal: &Portal) -> Result<Self, Failure> {
        DefaultBodyLimit::max(FILE_BYTES).apply(&mut request);
        let read = Bytes::from_request(request, portal).await;
        read.map(Body).map_err(|rejection| Failure::of_status(rejection.status()))
    }
}

/// Whether a program asked for files alone.
fn wants_file(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            range.split(';').next().is_some_and(|range| range.trim().eq_ignore_ascii_case(MEDIA_TYPE))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_sent_to_those_who_ask_for_one() {
        let wants = |accept: &'static str| {
            wants_file(&HeaderMap::from_iter([(header::ACCEPT, header::HeaderValue::from_static(accept))]))
        };
        assert!(wants("application/vnd.waybill+cbor"));
        assert!(wants("application/problem+json, Application/vnd.Waybill+CBOR;q=0.5"));
        assert!(!wants("*/*"));
        assert!(!wants("application/problem+json"));
        assert!(!wants_file(&HeaderMap::new()));
    }
}
