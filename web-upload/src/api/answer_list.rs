//! `GET /api/v1/answers`: the final answers that were given, a page at a time, and each one's file once more.

use axum::{Json as Answer, extract::State, response::Response};
use license_format::{Digest, Kind};
use serde::{Deserialize, Serialize};
use signer::installations::AnswerLine;
use utoipa::{IntoParams, ToSchema};

use super::{
    caller::{Manager, Query},
    lists::{Page, PageQuery},
    problem::Problem,
};
use crate::{deliver, failure::Failure, pages::At, portal::Portal};

/// A final answer. A refusal that is not final took nothing and is not kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerBody {
    /// The digest of the request that it answers, in hexadecimal digits: by this its file is found.
    request: String,
    /// Who asked: the thumbprint of its key.
    installation: String,
    /// Its site, if it was ever granted something.
    site_code: Option<String>,
    license_type: &'static str,
    /// The request's number.
    counter: u64,
    /// `license`, `deactivation-receipt` or `refusal`.
    #[schema(example = "license")]
    kind: &'static str,
    /// The code of a refusal.
    code: Option<String>,
    /// RFC 3339.
    issued: String,
}

/// Which answers.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct KindQuery {
    /// `license`, `deactivation-receipt` or `refusal`; all if absent.
    kind: Option<String>,
}

/// The final answers to requests that the account's people and programs brought, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/answers",
    params(PageQuery, KindQuery),
    security(("token" = [])),
    responses(
        (status = 200, description = "A page of them.", body = Page<AnswerBody>),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token only brings files.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No such kind, or no place in this list.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(portal): State<Portal>,
    Manager(by): Manager,
    Query(page): Query<PageQuery>,
    Query(KindQuery { kind }): Query<KindQuery>,
) -> Result<Answer<Page<AnswerBody>>, Failure> {
    let kind = kind.map(|name| kind_of(&name)).transpose()?;
    let page = portal.signer().installations().answers(&by.asker, kind, &page.part()?).await?;
    Ok(Answer(Page::of(page, AnswerBody::from)))
}

/// The file of a final answer, byte for byte as it was given.
#[utoipa::path(
    get,
    path = "/api/v1/answers/{request}",
    params(("request" = String, Path, description = "The digest of the request, in hexadecimal digits.")),
    security(("token" = [])),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/vnd.waybill+cbor"),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(request): At<String>,
) -> Result<Response, Failure> {
    let request = Digest::from_hex(&request).ok_or(Failure::NotFound)?;
    let found = portal.signer().answer_file(&request, &by.asker).await?;
    let (file, name) = found.ok_or(Failure::NotFound)?;
    Ok(deliver::file(file, &name))
}

fn kind_of(name: &str) -> Result<Kind, Failure> {
    let kinds = [Kind::License, Kind::DeactivationReceipt, Kind::Refusal];
    kinds.into_iter().find(|kind| kind.name() == name).ok_or_else(|| Failure::Invalid {
        code: "kind".into(),
        says: "there is no such list".to_owned(),
        next_step: "Ask for license, deactivation-receipt or refusal, or leave it out.".to_owned(),
    })
}

impl From<AnswerLine> for AnswerBody {
    fn from(line: AnswerLine) -> AnswerBody {
        AnswerBody {
            request: line.request.to_string(),
            installation: line.installation.to_string(),
            site_code: line.site_code.map(|site| site.to_string()),
            license_type: line.license_type.name(),
            counter: line.counter,
            kind: line.kind.name(),
            code: line.code,
            issued: line.issued.rfc3339(),
        }
    }
}
