//! `/accounts/{account}/subscriptions/{subscription}/keys`: all license keys of a subscription, a page at a time.

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
    keys::KeyRow,
    portal::Portal,
    session::User,
};

/// The list.
#[derive(Debug, Template)]
#[template(path = "keys.html")]
pub(super) struct KeysPage {
    frame: Frame,
    /// The subscription's page, and what it is called.
    subscription: String,
    title: String,
    manages: bool,
    query: String,
    rows: Vec<KeyRow>,
    next: Option<String>,
}

/// `GET …/keys`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<subscription::Ids>,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    let eyes = user.eyes(account)?;
    let now = portal.now();
    let catalog = portal.signer().catalog();
    let of = catalog.subscription(&eyes, id).await?;
    let page = catalog.key_uses(&eyes, id, listing.query(), &listing.part(), now).await?;
    let page = KeysPage {
        frame: Frame::new(&portal, Some(user.signed_in()), Here::Accounts).about(account),
        subscription: subscription::address(&ids),
        title: format!("{}, {}", of.product, of.license_type.title()),
        manages: user.manages(account),
        query: listing.query().to_owned(),
        rows: page.rows.iter().map(|used| KeyRow::of(account, used, now)).collect(),
        next: page.next.map(|cursor| listing.link(&cursor)),
    };
    Ok(deliver::page(StatusCode::OK, &page))
}

#[cfg(test)]
pub(super) fn sample_rows() -> Vec<KeyRow> {
    use crate::show::{Day, Status, Tone};
    let now = license_format::Timestamp::parse("2026-11-22").unwrap();
    let row = |name: &str, ends: Option<Day>| KeyRow {
        href: "/accounts/a/keys/k".to_owned(),
        kind: "Sublicense",
        name: name.to_owned(),
        masked: "*****-*****-*****-*****-7QW2Z".to_owned(),
        share: "40 seats reserved".to_owned(),
        leased: "30 managed devices".to_owned(),
        homes: "1 of 1 installation".to_owned(),
        moves: "0 of 3 spent".to_owned(),
        ends,
        status: Status::new(Tone::Ok, "Active"),
        note: "<b>".to_owned(),
    };
    vec![row("Berlin <b>", None), row("Term", Some(Day::new(now, now)))]
}

#[cfg(test)]
impl crate::pages::Sample for KeysPage {
    fn samples() -> Vec<KeysPage> {
        let [_, customer, staff] = Frame::samples();
        let page = |frame, manages, query: &str, rows| KeysPage {
            frame,
            subscription: "/accounts/a/subscriptions/s".to_owned(),
            title: "Mac <Management>".to_owned(),
            manages,
            query: query.to_owned(),
            rows,
            next: manages.then(|| "?after=aa".to_owned()),
        };
        vec![page(customer, false, "\"x", vec![]), page(staff, true, "", sample_rows())]
    }
}
