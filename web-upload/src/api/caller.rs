//! Who calls: the API token that came with a request, and what it may do. A token that only brings files may lie on a machine that many
//! reach; one that manages does what an administrator of its account does.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;
use signer::{
    installations::Decider,
    people::{Actor, ApiToken, Asker, Token, TokenRights},
};

use crate::{failure::Failure, portal::Portal};

/// The account whose token came with the request. Without one, the body is not even read.
pub(super) struct Bearer(pub(super) Asker);

impl FromRequestParts<Portal> for Bearer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        Ok(Bearer(Asker::Account(token(parts, portal).await?.account)))
    }
}

/// A program that may do what an administrator of its account may.
pub(super) struct Manager(pub(super) Decider);

impl FromRequestParts<Portal> for Manager {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        let token = token(parts, portal).await?;
        match token.rights {
            TokenRights::Manage => Ok(Manager(Decider {
                asker: Asker::Account(token.account),
                actor: Actor::ApiToken(token.id),
            })),
            TokenRights::Bring => Err(Failure::TokenBringsOnly),
        }
    }
}

async fn token(parts: &Parts, portal: &Portal) -> Result<ApiToken, Failure> {
    let token = bearer(&parts.headers).ok_or(Failure::TokenNeeded)?;
    portal.signer().people().token(&token, portal.now()).await?.ok_or(Failure::TokenNeeded)
}

/// `Authorization: Bearer TOKEN` (RFC 6750); the scheme's name in any case.
fn bearer(headers: &HeaderMap) -> Option<Token> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Token::parse(token.trim()) } else { None }
}

/// A body in JSON, with what is wrong with it in words.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Portal> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, Failure> {
        match axum::Json::from_request(request, portal).await {
            Ok(axum::Json(body)) => Ok(Json(body)),
            Err(rejection) if rejection.status().as_u16() == 413 => Err(Failure::TooLarge),
            Err(rejection) if rejection.status().as_u16() == 415 => Err(Failure::MediaType),
            Err(rejection) => Err(misfit(&rejection.body_text())),
        }
    }
}

/// What stands after `?`.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Portal> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        let query = axum::extract::Query::from_request_parts(parts, portal).await;
        query
            .map(|axum::extract::Query(query)| Query(query))
            .map_err(|rejection| misfit(&rejection.body_text()))
    }
}

fn misfit(says: &str) -> Failure {
    Failure::Invalid {
        code: "malformed-request".into(),
        says: says.to_owned(),
        next_step: "Look at /api/v1/openapi.json for what belongs there.".to_owned(),
    }
}
