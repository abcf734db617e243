//! The form of a license key, new or not: `/accounts/{account}/subscriptions/{subscription}/keys/new` and
//! `/accounts/{account}/keys/{key}/edit`. What is filled in is first shown with what it would do, on a page to confirm.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use license_format::Timestamp;
use signer::catalog::{CatalogError, Draw, KeyChange, KeyDraft, KeyKind, KeyRecord, Subscription};

use super::{
    At,
    confirm::{ConfirmPage, changed},
    key, subscription,
};
use crate::{
    deliver,
    draft::{Draft, Step},
    failure::Failure,
    frame::{Frame, Here},
    outlook::Outlook,
    portal::Portal,
    session::User,
    show::{Notice, seats},
};

/// The form.
#[derive(Debug, Template)]
#[template(path = "key_form.html")]
pub(super) struct KeyFormPage {
    frame: Frame,
    notice: Option<Notice>,
    crumbs: Vec<(String, String)>,
    title: String,
    here: String,
    /// The primary key has no quota and no way of its own to draw.
    primary: bool,
    /// What the subscription has, for those who choose a quota.
    bought: String,
    end: String,
    form: Draft,
}

/// `GET …/keys/new`
pub(super) async fn new(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<subscription::Ids>,
) -> Result<Response, Failure> {
    user.decider(&ids.0)?;
    let form = Draft::with(&[("draw", "open"), ("renews", "yes"), ("installations", "1")]);
    Ok(deliver::page(StatusCode::OK, &new_form(&portal, &user, &ids, form).await?))
}

/// `POST …/keys/new`
pub(super) async fn create(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<subscription::Ids>,
    Form(mut form): Form<Draft>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    let by = user.decider(account)?;
    let (catalog, now) = (portal.signer().catalog(), portal.now());
    // Only with the account's own eyes: the address must name both rightly.
    catalog.subscription(&by.asker, id).await?;
    let filled = Filled::of(&mut form, None);
    let draft = KeyDraft {
        quota: filled.quota,
        draw: filled.draw,
        ends: filled.ends,
        note: filled.note,
        installations: filled.installations,
        ..KeyDraft::new(id.clone(), filled.name)
    };
    if form.step() == Step::Edit || !form.problems().is_empty() {
        return again(new_form(&portal, &user, &ids, form).await?);
    }
    let outcome = match form.step() {
        Step::Do => {
            let made = catalog.create_license_key(draft, &by.actor, now, &mut portal.entropy()).await;
            made.map(|key| {
                let to = key::address(&(account.clone(), key.id));
                Redirect::to(&format!("{to}?done={}", key::Done::Created.name())).into_response()
            })
        }
        _ => match catalog.preview_new_license_key(&by.asker, &draft, now).await {
            Ok(preview) => {
                let page = new_form(&portal, &user, &ids, form).await?;
                let action = format!("{}/keys/new", subscription::address(&ids));
                let title = format!("Make the sublicense {}?", draft.name.trim());
                let confirm = ConfirmPage::new(page.frame, page.crumbs, title, action, "Make the sublicense");
                let outlook = Some(Outlook::new(account, &preview, now));
                return Ok(ConfirmPage { outlook, editable: true, form: page.form, ..confirm }.response());
            }
            Err(error) => Err(error),
        },
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(CatalogError::Invalid(problems)) => {
            again(new_form(&portal, &user, &ids, form.refused(problems)).await?)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET …/edit`
pub(super) async fn edit(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<key::Ids>,
) -> Result<Response, Failure> {
    user.decider(&ids.0)?;
    Ok(deliver::page(StatusCode::OK, &edit_form(&portal, &user, &ids, None).await?))
}

/// `POST …/edit`
pub(super) async fn update(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<key::Ids>,
    Form(mut form): Form<Draft>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    let by = user.decider(account)?;
    let (catalog, now) = (portal.signer().catalog(), portal.now());
    let before = catalog.license_key(&by.asker, id).await?;
    let filled = Filled::of(&mut form, Some(before.kind));
    let version = form.version()?;
    if form.step() == Step::Edit || !form.problems().is_empty() {
        return again(edit_form(&portal, &user, &ids, Some(form)).await?);
    }
    if version != before.version {
        return told(edit_form(&portal, &user, &ids, None).await?);
    }
    let sublicense = before.kind == KeyKind::Sublicense;
    let change = KeyChange {
        name: Some(filled.name),
        quota: sublicense.then_some(filled.quota),
        draw: sublicense.then_some(filled.draw),
        ends: sublicense.then_some(filled.ends),
        note: Some(filled.note),
        installations: Some(filled.installations),
        blocked: None,
    };
    let outcome = match form.step() {
        Step::Do => catalog.update_license_key(id, version, change, &by.actor, now).await.map(|_| {
            Redirect::to(&format!("{}?done={}", key::address(&ids), key::Done::Changed.name()))
                .into_response()
        }),
        _ => match catalog.preview_license_key(&by.asker, id, Some(&change), now).await {
            Ok(preview) => {
                let page = edit_form(&portal, &user, &ids, Some(form)).await?;
                let action = format!("{}/edit", key::address(&ids));
                let title = format!("Change the key {}?", before.name);
                let confirm = ConfirmPage::new(page.frame, page.crumbs, title, action, "Change it");
                let nothing = preview
                    .differences
                    .is_empty()
                    .then(|| "Nothing is different from what it is.".to_owned());
                return Ok(ConfirmPage {
                    says: nothing.into_iter().collect(),
                    outlook: Some(Outlook::new(account, &preview, now)),
                    takes: preview.over > 0,
                    editable: true,
                    form: page.form,
                    ..confirm
                }
                .response());
            }
            Err(error) => Err(error),
        },
    };
    match outcome {
        Ok(response) => Ok(response),
        Err(CatalogError::Invalid(problems)) => {
            again(edit_form(&portal, &user, &ids, Some(form.refused(problems))).await?)
        }
        Err(CatalogError::Changed { .. }) => told(edit_form(&portal, &user, &ids, None).await?),
        Err(error) => Err(error.into()),
    }
}

/// What was filled in, as the catalog takes it. What is wrong is noted in the form.
struct Filled {
    name: String,
    quota: Option<u64>,
    draw: Draw,
    ends: Option<Timestamp>,
    note: String,
    installations: u64,
}

impl Filled {
    fn of(form: &mut Draft, kind: Option<KeyKind>) -> Filled {
        let draw = match form.value("draw") {
            "reserved" => Draw::Reserved,
            "dynamic" => Draw::Dynamic { headroom: form.number("headroom", "the headroom").unwrap_or(0) },
            _ => Draw::Open,
        };
        let own_end = kind != Some(KeyKind::Primary) && form.value("renews") == "no";
        let installations = form.number("installations", "the number of installations");
        Filled {
            name: form.value("name").to_owned(),
            quota: form.number("quota", "the quota"),
            draw,
            ends: if own_end { form.day("ends", "the key's own end") } else { None },
            // Browsers end lines with two characters.
            note: form.value("note").replace("\r\n", "\n"),
            installations: installations.unwrap_or(1),
        }
    }
}

async fn new_form(
    portal: &Portal,
    user: &User,
    ids: &subscription::Ids,
    form: Draft,
) -> Result<KeyFormPage, Failure> {
    let (account, id) = ids;
    let of = portal.signer().people().account(account).await?;
    let subscription = portal.signer().catalog().subscription(&user.eyes(account)?, id).await?;
    let here = subscription::address(ids);
    let crumbs = vec![
        (format!("/accounts/{account}"), of.name.to_string()),
        (here.clone(), subscription.product.to_string()),
    ];
    let title = "Make a sublicense".to_owned();
    Ok(KeyFormPage::new(portal, user, ids, (crumbs, title, format!("{here}/keys/new")), &subscription, form))
}

async fn edit_form(
    portal: &Portal,
    user: &User,
    ids: &key::Ids,
    form: Option<Draft>,
) -> Result<KeyFormPage, Failure> {
    let (account, id) = ids;
    let eyes = user.eyes(account)?;
    let used = portal.signer().catalog().key_use(&eyes, id, portal.now()).await?;
    let subscription = portal.signer().catalog().subscription(&eyes, &used.key.subscription).await?;
    let of = (account.clone(), used.key.subscription.clone());
    let crumbs = key::crumbs(portal, user, ids, &used).await?;
    let title = format!("Change the key {}", used.key.name);
    let place = (crumbs, title, format!("{}/edit", key::address(ids)));
    let form = form.unwrap_or_else(|| form_of(&used.key));
    let page = KeyFormPage::new(portal, user, &of, place, &subscription, form);
    Ok(KeyFormPage { primary: used.is_primary(), ..page })
}

/// The form as the key stands.
fn form_of(key: &KeyRecord) -> Draft {
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let (draw, headroom) = match key.draw {
        Draw::Open => ("open", None),
        Draw::Reserved => ("reserved", None),
        Draw::Dynamic { headroom } => ("dynamic", Some(headroom)),
    };
    Draft::with(&[
        ("version", &key.version.to_string()),
        ("name", key.name.as_str()),
        ("quota", &number(key.quota)),
        ("draw", draw),
        ("headroom", &number(headroom)),
        ("renews", if key.ends.is_some() { "no" } else { "yes" }),
        ("ends", &key.ends.map_or_else(String::new, |ends| ends.date())),
        ("installations", &key.installations.to_string()),
        ("note", &key.note),
    ])
}

fn again(page: KeyFormPage) -> Result<Response, Failure> {
    let wrong = !page.form.problems().is_empty();
    Ok(deliver::page(if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
}

/// The key as it stands now, for somebody who was overtaken.
fn told(page: KeyFormPage) -> Result<Response, Failure> {
    let notice = Some(changed("license key"));
    Ok(deliver::page(StatusCode::CONFLICT, &KeyFormPage { notice, ..page }))
}

impl KeyFormPage {
    fn new(
        portal: &Portal,
        user: &User,
        (account, _): &subscription::Ids,
        (crumbs, title, here): (Vec<(String, String)>, String, String),
        subscription: &Subscription,
        form: Draft,
    ) -> KeyFormPage {
        KeyFormPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(account),
            notice: None,
            crumbs,
            title,
            here,
            primary: false,
            bought: seats(subscription.grants.iter().map(|grant| (grant.metric, grant.seats))),
            end: subscription.end.date(),
            form,
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for KeyFormPage {
    fn samples() -> Vec<KeyFormPage> {
        let [_, customer, staff] = Frame::samples();
        let page = |frame, notice, primary, form| KeyFormPage {
            frame,
            notice,
            crumbs: vec![("/accounts/a".to_owned(), "Contoso <Ltd>".to_owned())],
            title: "Change the key <b>".to_owned(),
            here: "/accounts/a/keys/k/edit".to_owned(),
            primary,
            bought: "250 managed devices".to_owned(),
            end: "2027-11-22".to_owned(),
            form,
        };
        let mut refused =
            Draft::with(&[("quota", "\"many\""), ("draw", "dynamic"), ("renews", "no"), ("note", "<b>")]);
        Filled::of(&mut refused, None);
        vec![
            page(customer, None, false, refused),
            page(staff, Some(changed("license key")), true, Draft::default()),
        ]
    }
}
