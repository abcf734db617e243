//! `/accounts`: the vendor's list of customers.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use signer::{
    catalog::{Subscription, SubscriptionStatus},
    people::{Account, AccountId, Asker},
};

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
    /// How many accounts there are without the search.
    all: usize,
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

#[derive(Debug, Default, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    pub(super) q: String,
}

/// `GET /accounts`
pub(super) async fn get(
    State(portal): State<Portal>,
    Staff(user): Staff,
    Query(Search { q }): Query<Search>,
) -> Result<Response, Failure> {
    let now = portal.now();
    let accounts = portal.signer().people().accounts().await?;
    let mut by_account: HashMap<AccountId, Vec<Subscription>> = HashMap::new();
    for subscription in portal.signer().catalog().subscriptions(&Asker::Staff).await? {
        by_account.entry(subscription.account.clone()).or_default().push(subscription);
    }
    let all = accounts.len();
    let query = q.trim().to_lowercase();
    let rows = accounts
        .into_iter()
        .filter(|account| account.name.as_str().to_lowercase().contains(&query))
        .map(|account| {
            let subscriptions = by_account.remove(&account.id).unwrap_or_default();
            Row::of(&account, &subscriptions, now)
        })
        .collect();
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Accounts);
    let page = AccountsPage { frame, query: q.trim().to_owned(), rows, all };
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
        let page = |query: &str, rows: Vec<Row>, all| AccountsPage {
            frame: frame.clone(),
            query: query.to_owned(),
            rows,
            all,
        };
        let soon = Status::new(Tone::Warn, "1 expiring soon");
        vec![
            page("", vec![row("Contoso <Ltd>", None), row("Fabrikam", Some(soon))], 2),
            page("tail\"spin", vec![], 2),
            page("", vec![], 0),
        ]
    }
}
