//! `/accounts/{account}/subscriptions/{subscription}/edit`, and its switch for offline use: staff change what was bought. What is filled in
//! is first shown with what it would do. A change names the version that was shown, so that nobody overwrites what they have not seen.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use signer::catalog::{CatalogError, Subscription, SubscriptionChange};

use super::{
    At,
    confirm::{ConfirmPage, changed},
    subscription::{self, Done, Ids},
};
use crate::{
    deliver,
    draft::{Draft, Step},
    failure::Failure,
    frame::{Frame, Here},
    grant_fields::GrantFields,
    outlook::Outlook,
    portal::Portal,
    session::{Staff, User},
    show::Notice,
};

/// The form.
#[derive(Debug, Template)]
#[template(path = "subscription_edit.html")]
pub(super) struct SubscriptionEditPage {
    frame: Frame,
    notice: Option<Notice>,
    crumbs: Vec<(String, String)>,
    here: String,
    grants: Vec<GrantFields>,
    form: Draft,
}

/// `GET …/edit`
pub(super) async fn get(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(ids): At<Ids>,
) -> Result<Response, Failure> {
    Ok(deliver::page(StatusCode::OK, &SubscriptionEditPage::load(&portal, &user, &ids, None).await?))
}

/// `POST …/edit`
pub(super) async fn post(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(ids): At<Ids>,
    Form(mut form): Form<Draft>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    // Only with the account's own eyes: the address must name both rightly.
    let before = portal.signer().catalog().subscription(&user.eyes(account)?, id).await?;
    let change = change(&before, &mut form);
    if form.step() == Step::Edit || !form.problems().is_empty() {
        let wrong = !form.problems().is_empty();
        let page = SubscriptionEditPage::load(&portal, &user, &ids, Some(form)).await?;
        return Ok(deliver::page(
            if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK },
            &page,
        ));
    }
    let action = format!("{}/edit", subscription::address(&ids));
    ask_or_do(
        &portal,
        &user,
        &ids,
        form,
        (change, Done::Changed),
        ("Change the subscription?", "Change it", action),
    )
    .await
}

/// `POST …/offline-use`: the switch. It is switched on at once, since nobody gets less by that.
pub(super) async fn offline_use(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(ids): At<Ids>,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    portal.signer().catalog().subscription(&user.eyes(account)?, id).await?;
    let allow = form.value("allow") == "on";
    let change = SubscriptionChange { offline_use: Some(allow), ..SubscriptionChange::default() };
    let action = format!("{}/offline-use", subscription::address(&ids));
    let words = ("Stop offline use?", "Stop offline use", action);
    if !allow {
        return ask_or_do(&portal, &user, &ids, form, (change, Done::OfflineOff), words).await;
    }
    let (version, now) = (form.version()?, portal.now());
    match portal.signer().catalog().update_subscription(id, version, change, &user.actor(), now).await {
        Ok(_) => Ok(done(&ids, Done::OfflineOn)),
        Err(CatalogError::Changed { .. }) => overtaken(&portal, &user, &ids).await,
        Err(error) => Err(error.into()),
    }
}

/// Shows what a change would do, or does it.
async fn ask_or_do(
    portal: &Portal,
    user: &User,
    ids: &Ids,
    form: Draft,
    (change, after): (SubscriptionChange, Done),
    (title, button, action): (&str, &'static str, String),
) -> Result<Response, Failure> {
    let (account, id) = ids;
    let (catalog, now, version) = (portal.signer().catalog(), portal.now(), form.version()?);
    let eyes = user.eyes(account)?;
    let outcome = if form.step() == Step::Do {
        catalog.update_subscription(id, version, change, &user.actor(), now).await.map(|_| None)
    } else if catalog.subscription(&eyes, id).await?.version != version {
        Err(CatalogError::Changed { what: "subscription" })
    } else {
        catalog.preview_subscription(&eyes, id, &change, now).await.map(Some)
    };
    match outcome {
        Ok(None) => Ok(done(ids, after)),
        Ok(Some(preview)) => {
            let page = SubscriptionEditPage::load(portal, user, ids, None).await?;
            let nothing = preview.differences.is_empty();
            let says = nothing.then(|| "Nothing is different from what it is.".to_owned());
            let confirm = ConfirmPage {
                says: says.into_iter().collect(),
                takes: preview.over > 0 || preview.effect == signer::catalog::Effect::Ends,
                outlook: Some(Outlook::new(account, &preview, now)),
                editable: after == Done::Changed,
                form,
                ..ConfirmPage::new(page.frame, page.crumbs, title, action, button)
            };
            Ok(confirm.response())
        }
        Err(CatalogError::Invalid(problems)) => {
            let page = SubscriptionEditPage::load(portal, user, ids, Some(form.refused(problems))).await?;
            Ok(deliver::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(CatalogError::Changed { .. }) => overtaken(portal, user, ids).await,
        Err(error) => Err(error.into()),
    }
}

fn done(ids: &Ids, done: Done) -> Response {
    Redirect::to(&format!("{}?done={}", subscription::address(ids), done.name())).into_response()
}

/// The subscription as it stands now, for somebody who was overtaken.
async fn overtaken(portal: &Portal, user: &User, ids: &Ids) -> Result<Response, Failure> {
    let page = SubscriptionEditPage::load(portal, user, ids, None).await?;
    let notice = Some(changed("subscription"));
    Ok(deliver::page(StatusCode::CONFLICT, &SubscriptionEditPage { notice, ..page }))
}

/// What was filled in. What is wrong is noted in the form.
fn change(before: &Subscription, form: &mut Draft) -> SubscriptionChange {
    // The form shows days. A day that was left as it is leaves the instant as it is.
    let (start, end) = (form.day("start", "the start"), form.day("end", "the end"));
    let mut change = SubscriptionChange {
        product: Some(form.value("product").to_owned()),
        start: start.filter(|start| start.date() != before.start.date()),
        end: end.filter(|end| end.date() != before.end.date()),
        trial: Some(form.ticked("trial")),
        suspended: Some(form.ticked("suspended")),
        offline_use: Some(form.ticked("offline_use")),
        file_days: form.number("file_days", "the days for which a file is good"),
        report_days: form.number("report_days", "the days until a report is due"),
        grace_days: form.number("grace_days", "the days of grace"),
        clock_tolerance_hours: form
            .number("clock_tolerance_hours", "the hours by which a clock may be set back"),
        ..SubscriptionChange::default()
    };
    for grant in &before.grants {
        let fields = GrantFields::of(before.license_type, grant.metric);
        change.grants.insert(grant.metric, fields.change(form));
    }
    change
}

/// The form as the subscription stands.
fn form_of(subscription: &Subscription) -> Draft {
    let on = |flag: bool| if flag { "on" } else { "" }.to_owned();
    let mut values = vec![
        ("version".to_owned(), subscription.version.to_string()),
        ("product".to_owned(), subscription.product.to_string()),
        ("start".to_owned(), subscription.start.date()),
        ("end".to_owned(), subscription.end.date()),
        ("trial".to_owned(), on(subscription.trial)),
        ("suspended".to_owned(), on(subscription.suspended)),
        ("offline_use".to_owned(), on(subscription.offline_use)),
        ("file_days".to_owned(), subscription.file_days.to_string()),
        ("report_days".to_owned(), subscription.report_days.to_string()),
        ("grace_days".to_owned(), subscription.grace_days.to_string()),
        ("clock_tolerance_hours".to_owned(), subscription.clock_tolerance_hours.to_string()),
    ];
    for grant in &subscription.grants {
        let fields = GrantFields::of(subscription.license_type, grant.metric);
        values.extend(fields.values(grant));
    }
    let values: Vec<(&str, &str)> =
        values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Draft::with(&values)
}

impl SubscriptionEditPage {
    async fn load(
        portal: &Portal,
        user: &User,
        ids: &Ids,
        form: Option<Draft>,
    ) -> Result<SubscriptionEditPage, Failure> {
        let (account, id) = ids;
        let of = portal.signer().people().account(account).await?;
        let subscription = portal.signer().catalog().subscription(&user.eyes(account)?, id).await?;
        let here = subscription::address(ids);
        Ok(SubscriptionEditPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(account),
            notice: None,
            crumbs: vec![
                (format!("/accounts/{account}"), of.name.to_string()),
                (here.clone(), subscription.product.to_string()),
            ],
            here,
            grants: subscription
                .grants
                .iter()
                .map(|grant| GrantFields::of(subscription.license_type, grant.metric))
                .collect(),
            form: form.unwrap_or_else(|| form_of(&subscription)),
        })
    }
}

#[cfg(test)]
impl crate::pages::Sample for SubscriptionEditPage {
    fn samples() -> Vec<SubscriptionEditPage> {
        let [_, _, staff] = Frame::samples();
        let page = |notice, form| SubscriptionEditPage {
            frame: staff.clone(),
            notice,
            crumbs: vec![("/accounts/a".to_owned(), "Contoso <Ltd>".to_owned())],
            here: "/accounts/a/subscriptions/s".to_owned(),
            grants: vec![
                GrantFields::of(license_format::LicenseType::Computers, license_format::Metric::Computer),
                GrantFields::of(license_format::LicenseType::Desktop, license_format::Metric::ManagedDevice),
            ],
            form,
        };
        let mut refused =
            Draft::with(&[("seats-computer", "\"many\""), ("trial", "on"), ("edition-computer", "<b>")]);
        refused.number_in("seats-computer", "seats", "the number of seats");
        vec![page(None, refused), page(Some(changed("subscription")), Draft::default())]
    }
}
