//! `/accounts/{account}/installations`, and `/installations` for staff: all proxies that ever brought a request.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use signer::people::{AccountId, Asker};

use super::{At, accounts::Search};
use crate::{
    deliver,
    failure::Failure,
    frame::{Frame, Here},
    holdings::Row,
    portal::Portal,
    session::{Staff, User},
};

/// The list.
#[derive(Debug, Template)]
#[template(path = "installations.html")]
pub(super) struct InstallationsPage {
    frame: Frame,
    here: String,
    query: String,
    rows: Vec<Row>,
    /// How many lines there are without the search.
    all: usize,
}

/// `GET /accounts/{account}/installations`
pub(super) async fn of_account(
    State(portal): State<Portal>,
    user: User,
    At(account): At<AccountId>,
    Query(Search { q }): Query<Search>,
) -> Result<Response, Failure> {
    let eyes = user.eyes(&account)?;
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Installations).about(&account);
    list(&portal, frame, &eyes, format!("/accounts/{account}/installations"), &q).await
}

/// `GET /installations`
pub(super) async fn of_all(
    State(portal): State<Portal>,
    Staff(user): Staff,
    Query(Search { q }): Query<Search>,
) -> Result<Response, Failure> {
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Installations);
    list(&portal, frame, &Asker::Staff, "/installations".to_owned(), &q).await
}

async fn list(
    portal: &Portal,
    frame: Frame,
    eyes: &Asker,
    here: String,
    q: &str,
) -> Result<Response, Failure> {
    let now = portal.now();
    let installations = portal.signer().installations().list(eyes, now).await?;
    let rows: Vec<Row> =
        installations.iter().flat_map(|installation| Row::all(installation, &here, now)).collect();
    let all = rows.len();
    let query = q.trim().to_lowercase();
    let fits =
        |row: &Row| [&row.site, &row.server].into_iter().any(|text| text.to_lowercase().contains(&query));
    let rows = rows.into_iter().filter(fits).collect();
    let page = InstallationsPage { frame, here, query: q.trim().to_owned(), rows, all };
    Ok(deliver::page(StatusCode::OK, &page))
}

#[cfg(test)]
impl crate::pages::Sample for InstallationsPage {
    fn samples() -> Vec<InstallationsPage> {
        let now = license_format::Timestamp::parse("2026-11-22").unwrap();
        let rows = Row::all(&super::installation::sample(), "/installations", now);
        let [_, customer, staff] = Frame::samples();
        let page = |frame: &Frame, query: &str, rows: &[Row], all| InstallationsPage {
            frame: frame.clone(),
            here: "/installations".to_owned(),
            query: query.to_owned(),
            rows: rows.to_vec(),
            all,
        };
        vec![page(&customer, "", &rows, 2), page(&staff, "\"x", &[], 2), page(&customer, "", &[], 0)]
    }
}
