//! Problem documents (RFC 9457): how the API says no.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use license_format::payload::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{answered::sentence, failure::Failure, pages::failure_of};

/// The media type of a problem document.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// Why there is no license or receipt. Programs compare `code`; the rest is for people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Where the code is explained, or `about:blank`.
    #[serde(rename = "type")]
    #[schema(example = "/refusals#no-seats")]
    kind: String,
    /// The HTTP status.
    #[schema(example = 409)]
    status: u16,
    /// Stable, for programs.
    #[schema(example = "no-seats")]
    code: String,
    /// What happened, in a few words.
    #[schema(example = "Refused")]
    title: String,
    /// What happened, in a sentence.
    #[schema(example = "Every seat of the subscription is leased to other installations.")]
    detail: String,
    /// What to do.
    next_step: String,
    /// Of what was filled in: everything that is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<Wrong>,
    /// Of a refusal: whether the same request can never get another answer.
    #[serde(rename = "final", skip_serializing_if = "Option::is_none")]
    is_final: Option<bool>,
    /// Of a refusal: when the reason goes away by itself (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-12-24T00:00:00Z")]
    until: Option<String>,
    /// Of a refusal: the signed file to carry home, in base 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// Of a refusal with the code `overtaken`: the slot's newest license file, in base 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
}

/// One thing that is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Wrong {
    #[schema(example = "quota")]
    field: String,
    /// Stable, for programs.
    code: String,
    says: String,
    next_step: String,
}

impl From<&signer::problem::Problem> for Wrong {
    fn from(problem: &signer::problem::Problem) -> Wrong {
        let signer::problem::Problem { field, code, says, next_step } = problem.clone();
        Wrong {
            field: field.into_owned(),
            code: code.into_owned(),
            says: sentence(&says),
            next_step: next_step.into_owned(),
        }
    }
}

impl Problem {
    /// A signed no, with its file.
    pub(super) fn refused(refusal: &Refusal, file: &[u8], newest: Option<&[u8]>) -> Problem {
        Problem {
            kind: format!("/refusals#{}", refusal.code),
            status: StatusCode::CONFLICT.as_u16(),
            code: refusal.code.to_string(),
            title: "Refused".to_owned(),
            detail: refusal.says.to_string(),
            next_step: refusal.next_step.to_string(),
            problems: Vec::new(),
            is_final: Some(refusal.is_final),
            until: refusal.until.map(|until| until.rfc3339()),
            answer: Some(BASE64_STANDARD.encode(file)),
            newest: newest.map(|bytes| BASE64_STANDARD.encode(bytes)),
        }
    }
}

impl From<&Failure> for Problem {
    fn from(failure: &Failure) -> Problem {
        Problem {
            kind: "about:blank".to_owned(),
            status: failure.status().as_u16(),
            code: failure.code().to_owned(),
            title: failure.title().to_owned(),
            detail: sentence(&failure.to_string()),
            next_step: failure.next_step(),
            problems: failure.problems().iter().map(Wrong::from).collect(),
            is_final: None,
            until: None,
            answer: None,
            newest: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = [(header::CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, Json(&self)).into_response();
        // `Json` names its own type.
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(PROBLEM));
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The layer around the API: gives every failure its document.
pub(crate) async fn problem(mut response: Response) -> Response {
    let own = |value: &header::HeaderValue| {
        [PROBLEM, crate::deliver::MEDIA_TYPE].iter().any(|own| value.as_bytes().starts_with(own.as_bytes()))
    };
    if response.headers().get(header::CONTENT_TYPE).is_some_and(own) {
        return response;
    }
    match failure_of(&mut response) {
        Some(failure) => Problem::from(&failure).into_response(),
        None => response,
    }
}
