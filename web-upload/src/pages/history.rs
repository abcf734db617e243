//! `/accounts/{account}/subscriptions/{subscription}/history`: every change of a subscription and its keys, a page at a time.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};

use super::{At, Listing, subscription};
use crate::{
    deliver,
    failure::Failure,
    frame::{Frame, Here},
    history::HistoryLine,
    portal::Portal,
    session::User,
};

/// The list.
#[derive(Debug, Template)]
#[template(path = "history.html")]
pub(super) struct HistoryPage {
    frame: Frame,
    subscription: String,
    title: String,
    changes: Vec<HistoryLine>,
    next: Option<String>,
}

/// `GET …/history`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<subscription::Ids>,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    let eyes = user.eyes(account)?;
    let catalog = portal.signer().catalog();
    let of = catalog.subscription(&eyes, id).await?;
    let page = catalog.changes(&eyes, id, &listing.part()).await?;
    let members = portal.signer().people().members(account).await?;
    let page = HistoryPage {
        frame: Frame::new(&portal, Some(user.signed_in()), Here::Accounts).about(account),
        subscription: subscription::address(&ids),
        title: format!("{}, {}", of.product, of.license_type.title()),
        changes: page
            .rows
            .iter()
            .map(|change| HistoryLine::of(change, &user, &members, portal.now()))
            .collect(),
        next: page.next.map(|cursor| listing.link(&cursor)),
    };
    Ok(deliver::page(StatusCode::OK, &page))
}

#[cfg(test)]
impl crate::pages::Sample for HistoryPage {
    fn samples() -> Vec<HistoryPage> {
        let now = license_format::Timestamp::parse("2026-11-22").unwrap();
        let [_, customer, _] = Frame::samples();
        vec![HistoryPage {
            frame: customer,
            subscription: "/accounts/a/subscriptions/s".to_owned(),
            title: "Mac <Management>".to_owned(),
            changes: vec![HistoryLine {
                at: crate::show::Day::new(now, now),
                who: "You".to_owned(),
                what: "Seats".to_owned(),
                before: "<b>".to_owned(),
                after: "250".to_owned(),
            }],
            next: Some("?after=aa".to_owned()),
        }]
    }
}
