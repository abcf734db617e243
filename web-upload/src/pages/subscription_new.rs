//! `/accounts/{account}/subscriptions/new`: staff add what a customer bought; its primary key is made with it.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use license_format::{LicenseType, Timestamp};
use signer::{
    catalog::{CatalogError, SubscriptionDraft},
    people::{Account, AccountId},
};

use super::{At, subscription::Done};
use crate::{
    deliver,
    draft::Draft,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::{Staff, User},
};

/// The form.
#[derive(Debug, Template)]
#[template(path = "subscription_new.html")]
pub(super) struct SubscriptionNewPage {
    frame: Frame,
    account: String,
    account_name: String,
    types: [(LicenseType, &'static str); 4],
    form: Draft,
}

/// `GET /accounts/{account}/subscriptions/new`
pub(super) async fn get(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(account): At<AccountId>,
) -> Result<Response, Failure> {
    let account = portal.signer().people().account(&account).await?;
    let today = portal.now().date();
    let form = Draft::with(&[
        ("license_type", LicenseType::Desktop.name()),
        ("start", &today),
        ("end", &year_after(&today)),
    ]);
    Ok(deliver::page(StatusCode::OK, &SubscriptionNewPage::new(&portal, &user, &account, form)))
}

/// `POST /accounts/{account}/subscriptions/new`
pub(super) async fn post(
    State(portal): State<Portal>,
    Staff(user): Staff,
    At(account): At<AccountId>,
    Form(mut form): Form<Draft>,
) -> Result<Response, Failure> {
    let account = portal.signer().people().account(&account).await?;
    let refused = match draft(&account.id, &mut form) {
        None => form,
        Some(draft) => {
            let catalog = portal.signer().catalog();
            let created =
                catalog.create_subscription(draft, &user.actor(), portal.now(), &mut portal.entropy()).await;
            match created {
                Ok((subscription, _)) => {
                    let id = subscription.id;
                    let to =
                        format!("/accounts/{}/subscriptions/{id}?done={}", account.id, Done::Created.name());
                    return Ok(Redirect::to(&to).into_response());
                }
                Err(CatalogError::Invalid(problems)) => form.refused(problems),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let page = SubscriptionNewPage::new(&portal, &user, &account, refused);
    Ok(deliver::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// The draft, or `None` where the form's own problems are noted in it.
fn draft(account: &AccountId, form: &mut Draft) -> Option<SubscriptionDraft> {
    let license_type = form.value("license_type").parse::<LicenseType>();
    if license_type.is_err() {
        form.note("license_type", "license-type", "the license type is missing", "Choose one of the four.");
    }
    let seats = form.number("seats", "the number of seats");
    if seats.is_none() && form.problem("seats").is_none() {
        form.note("seats", "seats", "the number of seats is missing", "Type how many were bought.");
    }
    let (start, end) = (form.day("start", "the start"), form.day("end", "the end"));
    let terms = [
        form.number("file_days", "the days for which a file is good"),
        form.number("report_days", "the days until a report is due"),
        form.number("grace_days", "the days of grace"),
        form.number("clock_tolerance_hours", "the hours by which a clock may be set back"),
    ];
    if !form.problems().is_empty() {
        return None;
    }
    let mut draft = SubscriptionDraft::new(account.clone(), license_type.ok()?, seats?, start?, end?);
    let [file, report, grace, tolerance] = terms;
    draft.file_days = file.unwrap_or(draft.file_days);
    draft.report_days = report.unwrap_or(draft.report_days);
    draft.grace_days = grace.unwrap_or(draft.grace_days);
    draft.clock_tolerance_hours = tolerance.unwrap_or(draft.clock_tolerance_hours);
    draft.trial = form.ticked("trial");
    draft.offline_use = form.ticked("offline_use");
    if !form.value("product").is_empty() {
        form.value("product").clone_into(&mut draft.product);
    }
    let edition = form.value("edition");
    for grant in draft.grants.iter_mut().filter(|_| !edition.is_empty()) {
        edition.clone_into(&mut grant.edition);
    }
    Some(draft)
}

/// The same day of the next year, as a suggestion.
fn year_after(day: &str) -> String {
    let year = day.get(..4).and_then(|year| year.parse::<u32>().ok()).unwrap_or(0) + 1;
    let same = format!("{year:04}{}", day.get(4..).unwrap_or_default());
    // The 29th of February has none.
    if Timestamp::parse(&same).is_some() { same } else { format!("{year:04}-03-01") }
}

impl SubscriptionNewPage {
    fn new(portal: &Portal, user: &User, account: &Account, form: Draft) -> SubscriptionNewPage {
        SubscriptionNewPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts),
            account: account.id.to_string(),
            account_name: account.name.to_string(),
            types: TYPES,
            form,
        }
    }
}

/// The license types, and what a seat of each is.
const TYPES: [(LicenseType, &str); 4] = [
    (LicenseType::Desktop, "Mac computers managed through ConfigMgr"),
    (LicenseType::Mobile, "mobile devices managed through ConfigMgr"),
    (LicenseType::Farm, "users at work at the same time on a farm"),
    (LicenseType::Computers, "computers"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Sample;

    impl Sample for SubscriptionNewPage {
        fn samples() -> Vec<SubscriptionNewPage> {
            let [_, _, frame] = Frame::samples();
            let page = |form| SubscriptionNewPage {
                frame: frame.clone(),
                account: "0193f2a0-a".to_owned(),
                account_name: "Contoso <Ltd>".to_owned(),
                types: TYPES,
                form,
            };
            let mut refused = Draft::with(&[("seats", "many"), ("offline_use", "on"), ("product", "\"><")]);
            let account = "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().unwrap();
            assert!(draft(&account, &mut refused).is_none());
            vec![page(Draft::default()), page(refused)]
        }
    }

    #[test]
    fn every_problem_of_a_form_is_noted_at_once() {
        let account = "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11".parse().unwrap();
        let mut form = Draft::with(&[("seats", "many"), ("end", "2027-02-30"), ("grace_days", "-1")]);
        assert!(draft(&account, &mut form).is_none());
        let fields: Vec<&str> = form.problems().iter().map(|problem| problem.field.as_ref()).collect();
        assert_eq!(fields, ["license_type", "seats", "start", "end", "grace_days"]);
    }

    #[test]
    fn a_year_later_exists() {
        assert_eq!(year_after("2026-11-22"), "2027-11-22");
        assert_eq!(year_after("2028-02-29"), "2029-03-01");
    }
}
