//! `/answers`: the signed files themselves, byte for byte.

use axum::{
    Form,
    extract::{Path, Query, State},
    response::Response,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use license_format::{Digest, UnverifiedFile};
use serde::Deserialize;

use crate::{deliver, draft::Draft, failure::Failure, portal::Portal, session::User};

#[derive(Debug, Default, Deserialize)]
pub(super) struct Spelling {
    #[serde(default)]
    armour: String,
}

/// `GET /answers/{digest}`: the answer that the signer keeps for a request, for those who may see it.
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    Path(digest): Path<String>,
    Query(Spelling { armour }): Query<Spelling>,
) -> Result<Response, Failure> {
    let digest = Digest::from_hex(&digest).ok_or(Failure::NotFound)?;
    for asker in user.all_eyes() {
        if let Some((file, name)) = portal.signer().answer_file(&digest, &asker).await? {
            return if armour == "1" {
                deliver::armoured(&file, &name)
            } else {
                Ok(deliver::file(file, &name))
            };
        }
    }
    Err(Failure::NotFound)
}

/// `POST /answers`: makes a file of an answer that the result page carries itself, since the signer does not keep a refusal that is
/// not final. Whatever is no answer is not handed back, so nobody can have the portal offer a file of another kind.
pub(super) async fn post(_: User, Form(form): Form<Draft>) -> Result<Response, Failure> {
    let bytes = BASE64_STANDARD.decode(form.value("file")).map_err(|_| Failure::Malformed)?;
    let file = UnverifiedFile::decode(&bytes).map_err(|_| Failure::Malformed)?;
    if !file.document.kind().is_answer() {
        return Err(Failure::Malformed);
    }
    let name = form.value("name");
    let name = if name.ends_with(".waybill") { name } else { "answer.waybill" };
    Ok(deliver::file(bytes, name))
}
