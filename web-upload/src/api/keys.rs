//! `/api/v1/license-keys`: the keys of a subscription, as an administrator of the account decides about them.

use axum::{
    Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use license_format::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use signer::catalog::{Draw, KeyChange, KeyDraft, KeyRecord, KeyUse, LicenseKeyId, SubscriptionId};
use utoipa::{IntoParams, ToSchema};

use super::{
    caller::{Json, Manager, Query},
    lists::{Page, PageQuery, PreviewBody, PreviewQuery},
    problem::Problem,
};
use crate::{failure::Failure, pages::At, portal::Portal};

/// A license key, and what is out through it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyBody {
    id: String,
    subscription: String,
    /// `primary` or `sublicense`.
    kind: &'static str,
    name: String,
    /// The key itself: whoever has it can activate.
    key: String,
    /// At most so many seats at all its installations together; the whole subscription if absent.
    quota: Option<u64>,
    /// `open`: what is free; `reserved`: the quota is kept for it; `dynamic`: what is in use and the headroom.
    draw: &'static str,
    headroom: Option<u64>,
    /// Its own end (RFC 3339); with its subscription if absent.
    ends: Option<String>,
    note: String,
    /// How many installations may use it at once.
    installations: u64,
    blocked: bool,
    created: String,
    /// Up by one with each change; a change names it.
    version: u64,
    /// Installations where it is at home.
    homes: u64,
    /// Seats in licenses that count.
    leased: Vec<SeatsBody>,
    /// Counted moves that it has spent, of three.
    moves: u64,
}

/// Seats of a metric.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SeatsBody {
    #[schema(example = "managed-device")]
    metric: &'static str,
    seats: u64,
}

/// A new sublicense.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewKey {
    name: String,
    quota: Option<u64>,
    #[serde(default)]
    #[schema(inline)]
    draw: DrawName,
    /// With `dynamic`.
    headroom: Option<u64>,
    /// A day, or RFC 3339.
    ends: Option<String>,
    #[serde(default)]
    note: String,
    /// 1 if absent.
    installations: Option<u64>,
}

/// What is to change; what is absent stays as it is, and `null` takes a quota or an end away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangedKey {
    /// The version that the change was decided on.
    version: u64,
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u64>)]
    quota: Option<Option<u64>>,
    #[schema(inline)]
    draw: Option<DrawName>,
    /// With `dynamic`.
    headroom: Option<u64>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    ends: Option<Option<String>>,
    note: Option<String>,
    installations: Option<u64>,
    blocked: Option<bool>,
}

/// How a key takes seats.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DrawName {
    #[default]
    Open,
    Reserved,
    Dynamic,
}

/// Which keys.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NameQuery {
    /// Those only whose name begins so.
    #[serde(default)]
    name: String,
}

/// The version that a deletion was decided on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeleteQuery {
    /// As it was shown. Not needed for a preview.
    version: Option<u64>,
    /// `true`: nothing is deleted, and the answer is a preview.
    #[serde(default)]
    preview: bool,
}

/// The keys of a subscription, the primary one first.
#[utoipa::path(
    get,
    path = "/api/v1/subscriptions/{subscription}/license-keys",
    params(("subscription" = String, Path), PageQuery, NameQuery),
    security(("token" = [])),
    responses(
        (status = 200, description = "A page of them.", body = Page<KeyBody>),
        (status = 404, description = "No such subscription of this account.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<SubscriptionId>,
    Query(page): Query<PageQuery>,
    Query(NameQuery { name }): Query<NameQuery>,
) -> Result<Answer<Page<KeyBody>>, Failure> {
    let (part, now) = (page.part()?, portal.now());
    let page = portal.signer().catalog().key_uses(&by.asker, &id, name.trim(), &part, now).await?;
    Ok(Answer(Page::of(page, |used| KeyBody::of(&used))))
}

/// Make a sublicense.
#[utoipa::path(
    post,
    path = "/api/v1/subscriptions/{subscription}/license-keys",
    params(("subscription" = String, Path), PreviewQuery),
    security(("token" = [])),
    request_body = NewKey,
    responses(
        (status = 200, description = "With `preview=true`: what it would do.", body = PreviewBody),
        (status = 201, description = "The key.", body = KeyBody),
        (status = 404, description = "No such subscription of this account.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Something is wrong; `problems` lists all of it.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<SubscriptionId>,
    Query(PreviewQuery { preview }): Query<PreviewQuery>,
    Json(new): Json<NewKey>,
) -> Result<Response, Failure> {
    let (catalog, now) = (portal.signer().catalog(), portal.now());
    catalog.subscription(&by.asker, &id).await?;
    let draft = KeyDraft {
        quota: new.quota,
        draw: draw(new.draw, new.headroom),
        ends: new.ends.as_deref().map(day).transpose()?,
        note: new.note,
        installations: new.installations.unwrap_or(1),
        ..KeyDraft::new(id, new.name)
    };
    if preview {
        let preview = catalog.preview_new_license_key(&by.asker, &draft, now).await?;
        return Ok(Answer(PreviewBody::from(preview)).into_response());
    }
    let key = catalog.create_license_key(draft, &by.actor, now, &mut portal.entropy()).await?;
    let used = catalog.key_use(&by.asker, &key.id, now).await?;
    Ok((StatusCode::CREATED, Answer(KeyBody::of(&used))).into_response())
}

/// One key.
#[utoipa::path(
    get,
    path = "/api/v1/license-keys/{key}",
    params(("key" = String, Path)),
    security(("token" = [])),
    responses(
        (status = 200, description = "It.", body = KeyBody),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<LicenseKeyId>,
) -> Result<Answer<KeyBody>, Failure> {
    Ok(Answer(KeyBody::of(&portal.signer().catalog().key_use(&by.asker, &id, portal.now()).await?)))
}

/// Change a key. Licenses that are out change with their next refresh.
#[utoipa::path(
    patch,
    path = "/api/v1/license-keys/{key}",
    params(("key" = String, Path), PreviewQuery),
    security(("token" = [])),
    request_body = ChangedKey,
    responses(
        (status = 200, description = "The key as it is now; with `preview=true` what it would do.", content(
            (KeyBody = "application/json"), (PreviewBody = "application/json"))),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it meanwhile: `changed-meanwhile`.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Something is wrong; `problems` lists all of it.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<LicenseKeyId>,
    Query(PreviewQuery { preview }): Query<PreviewQuery>,
    Json(changed): Json<ChangedKey>,
) -> Result<Response, Failure> {
    let (catalog, now) = (portal.signer().catalog(), portal.now());
    let before = catalog.license_key(&by.asker, &id).await?;
    if before.version != changed.version {
        return Err(Failure::Changed);
    }
    let headroom = changed.headroom;
    // A headroom alone is another one of what is dynamic already.
    let dynamic = matches!(before.draw, Draw::Dynamic { .. }).then_some(DrawName::Dynamic);
    let drawn = changed.draw.or(headroom.and(dynamic));
    let change = KeyChange {
        name: changed.name,
        quota: changed.quota,
        draw: drawn.map(|name| draw(name, headroom)),
        ends: match changed.ends {
            None => None,
            Some(None) => Some(None),
            Some(Some(ends)) => Some(Some(day(&ends)?)),
        },
        note: changed.note,
        installations: changed.installations,
        blocked: changed.blocked,
    };
    if preview {
        let preview = catalog.preview_license_key(&by.asker, &id, Some(&change), now).await?;
        return Ok(Answer(PreviewBody::from(preview)).into_response());
    }
    catalog.update_license_key(&id, changed.version, change, &by.actor, now).await?;
    Ok(Answer(KeyBody::of(&catalog.key_use(&by.asker, &id, now).await?)).into_response())
}

/// Delete a sublicense. It gives no new licenses; what is out through it goes on until its files end.
#[utoipa::path(
    delete,
    path = "/api/v1/license-keys/{key}",
    params(("key" = String, Path), DeleteQuery),
    security(("token" = [])),
    responses(
        (status = 200, description = "With `preview=true`: what it would do.", body = PreviewBody),
        (status = 204, description = "It is deleted."),
        (status = 404, description = "None of this account's.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The primary key, or somebody else changed it meanwhile.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn delete(
    State(portal): State<Portal>,
    Manager(by): Manager,
    At(id): At<LicenseKeyId>,
    Query(DeleteQuery { version, preview }): Query<DeleteQuery>,
) -> Result<Response, Failure> {
    let (catalog, now) = (portal.signer().catalog(), portal.now());
    catalog.license_key(&by.asker, &id).await?;
    if preview {
        let preview = catalog.preview_license_key(&by.asker, &id, None, now).await?;
        return Ok(Answer(PreviewBody::from(preview)).into_response());
    }
    let version = version.ok_or_else(|| Failure::Invalid {
        code: "version".into(),
        says: "the version of the key is missing".to_owned(),
        next_step: "Give `?version=` as the key was last shown.".to_owned(),
    })?;
    catalog.delete_license_key(&id, version, &by.actor, now).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl KeyBody {
    fn of(used: &KeyUse) -> KeyBody {
        let KeyRecord { id, subscription, kind, key, name, quota, ends, note, installations, .. } = &used.key;
        let (draw, headroom) = match used.key.draw {
            Draw::Open => ("open", None),
            Draw::Reserved => ("reserved", None),
            Draw::Dynamic { headroom } => ("dynamic", Some(headroom)),
        };
        KeyBody {
            id: id.to_string(),
            subscription: subscription.to_string(),
            kind: kind.name(),
            name: name.to_string(),
            key: key.to_string(),
            quota: *quota,
            draw,
            headroom,
            ends: ends.map(|ends| ends.rfc3339()),
            note: note.clone(),
            installations: *installations,
            blocked: used.key.blocked,
            created: used.key.created.rfc3339(),
            version: used.key.version,
            homes: used.homes,
            leased: used
                .seats
                .iter()
                .map(|(metric, seats)| SeatsBody { metric: metric.name(), seats: *seats })
                .collect(),
            moves: used.moves,
        }
    }
}

fn draw(name: DrawName, headroom: Option<u64>) -> Draw {
    match name {
        DrawName::Open => Draw::Open,
        DrawName::Reserved => Draw::Reserved,
        DrawName::Dynamic => Draw::Dynamic { headroom: headroom.unwrap_or(0) },
    }
}

/// A day, or an instant.
pub(super) fn day(text: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse(text).ok_or_else(|| Failure::Invalid {
        code: "date".into(),
        says: format!("{:?} is no date", text.chars().take(40).collect::<String>()),
        next_step: "Write a day as 2026-11-22, or an instant as 2026-11-22T10:00:00Z.".to_owned(),
    })
}

/// Tells a value that is `null` from one that is not there.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(value).map(Some)
}
