//! `/accounts`: the vendor's list of customers.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use signer::{
    catalog::{Subscription, SubscriptionStatus},
    people::{Account, Asker},
};

use super::Listing;
use crate::{
    deliver,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::Staff,
    show::{Day, Status, Tone, count_of},
};

/// The list.
#[derive(Debug, Template)]
#[template(path = "accounts.html")]
pub(super) struct AccountsPage {
    frame: Frame,
    query: String,
    rows: Vec<Row>,
    next: Option<String>,
    /// Whether there is none at all.
    none: bool,
}

#[derive(Debug)]
struct Row {
    id: String,
    name: String,
    kind: &'static str,
    subscriptions: String,
    /// What somebody should look at.
    attention: Option<Status>,
    since: Day,
}

/// `GET /accounts`
pub(super) async fn get(
    State(portal): State<Portal>,
    Staff(user): Staff,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let (now, catalog) = (portal.now(), portal.signer().catalog());
    let page = portal.signer().people().accounts_named(listing.query(), &listing.part()).await?;
    let mut rows = Vec::with_capacity(page.rows.len());
    for account in &page.rows {
        let subscriptions = catalog.subscriptions(&Asker::Account(account.id.clone())).await?;
        rows.push(Row::of(account, &subscriptions, now));
    }
    let page = AccountsPage {
        frame: Frame::new(&portal, Some(user.signed_in()), Here::Accounts),
        query: listing.query().to_owned(),
        none: rows.is_empty() && listing.query().is_empty() && listing.is_first(),
        rows,
        next: page.next.map(|cursor| listing.link(&cursor)),
    };
    Ok(deliver::page(StatusCode::OK, &page))
}

impl Row {
    fn of(account: &Account, subscriptions: &[Subscription], now: license_format::Timestamp) -> Row {
        let count = |status| {
            subscriptions.iter().filter(|subscription| subscription.status(now) == status).count() as u64
        };
        let attention = [
            (SubscriptionStatus::Suspended, Tone::Stop, "suspended"),
            (SubscriptionStatus::ExpiringSoon, Tone::Warn, "expiring soon"),
            (SubscriptionStatus::Expired, Tone::Idle, "expired"),
        ]
        .into_iter()
        .map(|(status, tone, words)| (count(status), tone, words))
        .find(|(count, _, _)| *count > 0)
        .map(|(count, tone, words)| Status::new(tone, format!("{count} {words}")));
        Row {
            id: account.id.to_string(),
            name: account.name.to_string(),
            kind: account.kind.name(),
            subscriptions: count_of(subscriptions.len() as u64, "subscription"),
            attention,
            since: Day::new(account.created, now),
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for AccountsPage {
    fn samples() -> Vec<AccountsPage> {
        let now = license_format::Timestamp::parse("2026-11-22").unwrap();
        let row = |name: &str, attention| Row {
            id: "0193f2a0-a".to_owned(),
            name: name.to_owned(),
            kind: "business",
            subscriptions: "2 subscriptions".to_owned(),
            attention,
            since: Day::new(now, now),
        };
        let [_, _, frame] = Frame::samples();
        let page = |query: &str, rows: Vec<Row>, none: bool| AccountsPage {
            frame: frame.clone(),
            query: query.to_owned(),
            next: (!rows.is_empty()).then(|| "?after=aa".to_owned()),
            rows,
            none,
        };
        let soon = Status::new(Tone::Warn, "1 expiring soon");
        vec![
            page("", vec![row("Contoso <Ltd>", None), row("Fabrikam", Some(soon))], false),
            page("tail\"spin", vec![], false),
            page("", vec![], true),
        ]
    }
}
