//! `/accounts/{account}/subscriptions/{subscription}/overdraft`: seats beyond those bought. Everybody of the account sees the entries; staff
//! grant more, for a reason and until a date.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use license_format::Metric;
use signer::{
    catalog::{OverdraftDraft, OverdraftEntry, Subscription},
    link::{CallError, Decided, Decision, Fault},
};

use super::{
    At,
    confirm::ConfirmPage,
    subscription::{self, Done, Ids},
};
use crate::{
    deliver,
    draft::{Draft, Step},
    failure::Failure,
    frame::{Frame, Here},
    outlook::Outlook,
    portal::Portal,
    session::{Staff, User},
    show::{Day, Status, Tone, seats},
};

/// The entries, and the form for more.
#[derive(Debug, Template)]
#[template(path = "overdraft.html")]
pub(super) struct OverdraftPage {
    frame: Frame,
    crumbs: Vec<(String, String)>,
    here: String,
    staff: bool,
    entries: Vec<Entry>,
    metrics: Vec<Metric>,
    form: Draft,
}

#[derive(Debug)]
struct Entry {
    seats: String,
    kind: Status,
    ends: Day,
    since: Day,
    reason: String,
}

/// `GET …/overdraft`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<Ids>,
) -> Result<Response, Failure> {
    Ok(deliver::page(StatusCode::OK, &OverdraftPage::load(&portal, &user, &ids, Draft::default()).await?))
}

/// `POST …/overdraft`: first what it would do, then the deed.
pub(super) async fn post(
    State(portal): State<Portal>,
    staff: Staff,
    At(ids): At<Ids>,
    Form(mut form): Form<Draft>,
) -> Result<Response, Failure> {
    let Staff(user) = &staff;
    let (account, id) = &ids;
    let (catalog, now) = (portal.signer().catalog(), portal.now());
    // Only with the account's own eyes: the address must name both rightly.
    catalog.subscription(&user.eyes(account)?, id).await?;
    let seats = form.number("seats", "the number of seats");
    if seats.is_none() && form.problem("seats").is_none() {
        form.note("seats", "seats", "the number of seats is missing", "Type how many are granted.");
    }
    let ends = form.day("until", "the day until which they are granted");
    let (step, mut refused) = (form.step(), form);
    if let (Some(seats), Some(ends), true) =
        (seats, ends, refused.problems().is_empty() && step != Step::Edit)
    {
        let (metric, reason) =
            (Metric::from_name(refused.value("metric")), refused.value("reason").to_owned());
        let draft = OverdraftDraft { subscription: id.clone(), metric, seats, ends, reason };
        let by = staff.decider();
        let outcome = match step {
            Step::Do => portal.signer().decide(Decision::GrantOverdraft(draft), &by, now).await.map(Ok),
            _ => catalog.preview_overdraft(&draft, now).await.map(Err).map_err(CallError::from),
        };
        match outcome {
            Ok(Ok(Decided::Waits { .. })) => return Ok(Redirect::to("/proposals").into_response()),
            Ok(Ok(Decided::Done)) => {
                let to = format!("{}?done={}", subscription::address(&ids), Done::Granted.name());
                return Ok(Redirect::to(&to).into_response());
            }
            Ok(Err(preview)) => {
                let page = OverdraftPage::load(&portal, user, &ids, refused).await?;
                let action = format!("{}/overdraft", page.here);
                let says = "From now on that many more seats may be given out. No license that uses them is honoured past the date: it \
                            gets a nearer end of its file instead. It cannot be taken back.";
                let confirm =
                    ConfirmPage::new(page.frame, page.crumbs, "Grant these seats?", action, "Grant them");
                let outlook = Some(Outlook::new(account, &preview, now));
                let says = vec![says.to_owned()];
                return Ok(
                    ConfirmPage { says, outlook, editable: true, form: page.form, ..confirm }.response()
                );
            }
            Err(CallError { fault: Fault::Invalid, problems, .. }) => refused = refused.refused(problems),
            Err(error) => return Err(error.into()),
        }
    }
    let wrong = !refused.problems().is_empty();
    let page = OverdraftPage::load(&portal, user, &ids, refused).await?;
    Ok(deliver::page(if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page))
}

impl OverdraftPage {
    async fn load(portal: &Portal, user: &User, ids: &Ids, form: Draft) -> Result<OverdraftPage, Failure> {
        let (account, id) = ids;
        let (eyes, now) = (user.eyes(account)?, portal.now());
        let of = portal.signer().people().account(account).await?;
        let subscription: Subscription = portal.signer().catalog().subscription(&eyes, id).await?;
        let entries = portal.signer().catalog().overdraft(&eyes, id, now).await?;
        let entry = |entry: &OverdraftEntry| Entry {
            seats: seats([(entry.metric, entry.seats)]),
            kind: match entry.granted {
                true => Status::new(Tone::Ok, "Granted"),
                false => Status::new(Tone::Idle, "Booked"),
            },
            ends: Day::new(entry.ends, now),
            since: Day::new(entry.created, now),
            reason: entry.reason.clone(),
        };
        let here = subscription::address(ids);
        Ok(OverdraftPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(account),
            crumbs: vec![
                (format!("/accounts/{account}"), of.name.to_string()),
                (here.clone(), subscription.product.to_string()),
            ],
            here,
            staff: user.is_staff(),
            entries: entries.iter().map(entry).collect(),
            metrics: subscription.grants.iter().map(|grant| grant.metric).collect(),
            form,
        })
    }
}

#[cfg(test)]
impl crate::pages::Sample for OverdraftPage {
    fn samples() -> Vec<OverdraftPage> {
        let now = license_format::Timestamp::parse("2026-11-22").unwrap();
        let [_, customer, staff] = Frame::samples();
        let page = |frame: Frame, form| OverdraftPage {
            staff: frame.who.as_ref().unwrap().staff,
            frame,
            crumbs: vec![("/accounts/a".to_owned(), "Contoso <Ltd>".to_owned())],
            here: "/accounts/a/subscriptions/s".to_owned(),
            entries: vec![Entry {
                seats: "10 computers".to_owned(),
                kind: Status::new(Tone::Ok, "Granted"),
                ends: Day::new(now, now),
                since: Day::new(now, now),
                reason: "<b> burnt down".to_owned(),
            }],
            metrics: vec![Metric::Computer, Metric::User],
            form,
        };
        let mut refused = Draft::with(&[("seats", "\"many\""), ("reason", "<b>")]);
        refused.number("seats", "the number of seats");
        let empty = OverdraftPage { entries: Vec::new(), ..page(staff.clone(), Draft::default()) };
        vec![page(customer, Draft::default()), page(staff, refused), empty]
    }
}
