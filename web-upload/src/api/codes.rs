//! `/api/v1/license-keys/{key}/codes`: codes that stand for a key, one for each person.

use axum::{Json as Answer, extract::State, http::StatusCode};
use license_format::{LicenseKey, Timestamp};
use serde::{Deserialize, Serialize};
use signer::catalog::{CodeRecord, CodeState, LicenseKeyId};
use utoipa::{IntoParams, ToSchema};

use super::{
    caller::{Json, Manager, Query},
    keys::day,
    lists::{Page, PageQuery},
    problem::Problem,
};
use crate::{failure::Failure, pages::At, portal::Portal};

/// A code, typed once, by one person, in place of a license key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CodeBody {
    code: String,
    email: String,
    /// `open`, `used` or `expired`.
    state: &'static str,
    created: String,
    /// From then on nobody can begin with it (RFC 3339).
    expires: String,
    /// The installation that began with it.
    used_by: Option<String>,
}

/// Codes to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCodes {
    /// One address for each person, up to 1,000.
    emails: Vec<String>,
    /// From this day on nobody can begin with them.
    expires: String,
}

/// Which codes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StateQuery {
    /// `open`, `used` or `expired`; all if absent.
    state: Option<String>,
}

/// The codes of a key, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/license-keys/{key}/codes",
    params(("key" = String, Path), PageQuery, StateQuery),
    security(("token" = [])),
    responses(
        (status = 200, description = "A page of them.", body = Page<CodeBody>),
        (status = 404, description = "No such key of this account.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<LicenseKeyId>,
    Query(page): Query<PageQuery>,
    Query(StateQuery { state }): Query<StateQuery>,
) -> Result<Answer<Page<CodeBody>>, Failure> {
    let state = state.map(|name| {
        let known = CodeState::ALL.into_iter().find(|state| state.name() == name);
        known.ok_or_else(|| Failure::Invalid {
            code: "state".into(),
            says: "there is no such state".to_owned(),
            next_step: "Ask for open, used or expired, or for all.".to_owned(),
        })
    });
    let (part, now) = (page.part()?, portal.now());
    let page = portal.signer().catalog().codes_in(&by.asker, &id, state.transpose()?, &part, now).await?;
    Ok(Answer(Page::of(page, |code| CodeBody::of(&code, now))))
}

/// Make a code for each of some people.
#[utoipa::path(
    post,
    path = "/api/v1/license-keys/{key}/codes",
    params(("key" = String, Path)),
    security(("token" = [])),
    request_body = NewCodes,
    responses(
        (status = 201, description = "One for each address, in their order.", body = Vec<CodeBody>),
        (status = 404, description = "No such key of this account.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Something is wrong; `problems` lists all of it.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<LicenseKeyId>,
    Json(NewCodes { emails, expires }): Json<NewCodes>,
) -> Result<(StatusCode, Answer<Vec<CodeBody>>), Failure> {
    let (expires, now, mut dice) = (day(&expires)?, portal.now(), portal.entropy());
    let catalog = portal.signer().catalog();
    let made = catalog.create_codes(&id, &emails, expires, (&by.asker, &by.actor), now, &mut dice).await?;
    Ok((StatusCode::CREATED, Answer(made.iter().map(|code| CodeBody::of(code, now)).collect())))
}

/// Take a code back that nobody has begun with.
#[utoipa::path(
    delete,
    path = "/api/v1/license-keys/{key}/codes/{code}",
    params(("key" = String, Path), ("code" = String, Path)),
    security(("token" = [])),
    responses(
        (status = 204, description = "It is of no use any more."),
        (status = 404, description = "No such code, or it was used.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn withdraw(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At((id, code)): At<(LicenseKeyId, String)>,
) -> Result<StatusCode, Failure> {
    let code: LicenseKey = code.parse().map_err(|_| Failure::NotFound)?;
    portal.signer().catalog().withdraw_code(&id, &code, (&by.asker, &by.actor), portal.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl CodeBody {
    fn of(code: &CodeRecord, now: Timestamp) -> CodeBody {
        CodeBody {
            code: code.code.to_string(),
            email: code.email.to_string(),
            state: code.state(now).name(),
            created: code.created.rfc3339(),
            expires: code.expires.rfc3339(),
            used_by: code.used_by.map(|by| by.to_string()),
        }
    }
}
