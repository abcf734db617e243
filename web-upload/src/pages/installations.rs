//! `/accounts/{account}/installations`, and `/installations` for staff: every slot of every proxy that ever brought a request, a page at a
//! time, and as a file.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use license_format::Timestamp;
use signer::{
    installations::{self, Filter, Line, Sort},
    paging::Part,
    people::{AccountId, Asker},
};

use super::{At, Listing};
use crate::{
    csv, deliver,
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
    answers: String,
    query: String,
    /// The filter's name in addresses; empty for all.
    show: &'static str,
    filters: Vec<FilterLink>,
    by_name: bool,
    /// Whether the list has more than one order.
    sortable: bool,
    rows: Vec<Row>,
    next: Option<String>,
    /// Whether there is nothing at all, however it is looked for.
    none: bool,
}

#[derive(Debug)]
struct FilterLink {
    href: String,
    title: &'static str,
    current: bool,
}

/// `GET /accounts/{account}/installations`
pub(super) async fn of_account(
    State(portal): State<Portal>,
    user: User,
    At(account): At<AccountId>,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let eyes = user.eyes(&account)?;
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Installations).about(&account);
    list(&portal, frame, &eyes, format!("/accounts/{account}/installations"), &listing).await
}

/// `GET /installations`
pub(super) async fn of_all(
    State(portal): State<Portal>,
    Staff(user): Staff,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Installations);
    list(&portal, frame, &Asker::Staff, "/installations".to_owned(), &listing).await
}

/// `GET /accounts/{account}/installations.csv`
pub(super) async fn file_of_account(
    State(portal): State<Portal>,
    user: User,
    At(account): At<AccountId>,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    file(&portal, user.eyes(&account)?, &listing).await
}

/// `GET /installations.csv`
pub(super) async fn file_of_all(
    State(portal): State<Portal>,
    _: Staff,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    file(&portal, Asker::Staff, &listing).await
}

async fn list(
    portal: &Portal,
    frame: Frame,
    eyes: &Asker,
    here: String,
    listing: &Listing,
) -> Result<Response, Failure> {
    let now = portal.now();
    let query = query(listing, listing.part());
    let page = portal.signer().installations().lines(eyes, &query, now).await?;
    let anywhere = query.filter == Filter::All && query.search.is_empty() && listing.is_first();
    let link = |filter: Filter| FilterLink {
        href: format!("{here}{}", listing.shows(if filter == Filter::All { "" } else { filter.name() })),
        title: title(filter),
        current: filter == query.filter,
    };
    let page = InstallationsPage {
        frame,
        filters: Filter::ALL.into_iter().map(link).collect(),
        show: if query.filter == Filter::All { "" } else { query.filter.name() },
        query: query.search.clone(),
        by_name: query.sort == Sort::Name,
        sortable: query.filter == Filter::All && query.search.is_empty() && !page.rows.is_empty(),
        none: anywhere && page.rows.is_empty(),
        rows: page.rows.iter().map(|line| Row::of(line, &here, now)).collect(),
        next: page.next.map(|cursor| listing.link(&cursor)),
        answers: here.replace("/installations", "/answers"),
        here,
    };
    Ok(deliver::page(StatusCode::OK, &page))
}

async fn file(portal: &Portal, eyes: Asker, listing: &Listing) -> Result<Response, Failure> {
    const HEADER: &[&str] = &[
        "site",
        "site description",
        "server",
        "alias",
        "installation",
        "license type",
        "status",
        "seats",
        "used",
        "license key",
        "contract ends",
        "file good until",
        "report due by",
        "last report",
        "version",
    ];
    let (now, listing, portal) = (portal.now(), listing.clone(), portal.clone());
    let read = move |part| {
        let (portal, eyes, query) = (portal.clone(), eyes.clone(), query(&listing, part));
        async move {
            let page = portal.signer().installations().lines(&eyes, &query, now).await?;
            let rows = page.rows.into_iter().map(|line| (line, now)).collect();
            Ok(signer::paging::Paged { rows, next: page.next })
        }
    };
    csv::file("installations.csv", HEADER, fields, read).await
}

fn fields((line, now): &(Line, Timestamp)) -> Vec<String> {
    let row = Row::of(line, "", *now);
    let license = line.license.as_ref();
    let date = |date: fn(&installations::LineLicense) -> Timestamp| {
        license.map_or_else(String::new, |license| date(license).date())
    };
    vec![
        line.site_code.to_string(),
        line.site_description.as_ref().map_or_else(String::new, ToString::to_string),
        row.server,
        row.alias,
        line.installation.to_string(),
        row.license_type.to_owned(),
        row.status.text,
        row.seats,
        line.used.map_or_else(String::new, |used| used.to_string()),
        row.key,
        date(|license| license.contract_end),
        date(|license| license.good_until),
        date(|license| license.report_due),
        line.last_report.rfc3339(),
        line.version.to_string(),
    ]
}

fn query(listing: &Listing, part: Part) -> installations::Query {
    installations::Query {
        filter: Filter::from_name(&listing.show).unwrap_or_default(),
        sort: if listing.sort == "name" { Sort::Name } else { Sort::Site },
        search: listing.query().to_owned(),
        part,
        ..installations::Query::default()
    }
}

fn title(filter: Filter) -> &'static str {
    match filter {
        Filter::All => "All",
        Filter::Active => "Active",
        Filter::ExpiringSoon => "File expiring soon",
        Filter::Expired => "File expired",
        Filter::Deactivated => "Deactivated",
        Filter::Blocked => "Blocked",
    }
}

#[cfg(test)]
impl crate::pages::Sample for InstallationsPage {
    fn samples() -> Vec<InstallationsPage> {
        use crate::show::{Day, Status, Tone};
        let now = Timestamp::parse("2026-11-22").unwrap();
        let row = Row {
            href: "/installations/7f".to_owned(),
            site: "PS1 (Headquarters)".to_owned(),
            server: "CM01 <b>".to_owned(),
            alias: "Berlin <cellar>".to_owned(),
            license_type: "Desktop",
            status: Status::new(Tone::Ok, "Active"),
            seats: "250 managed devices".to_owned(),
            used: "240".to_owned(),
            key: "Berlin <b>, …-7QW2Z".to_owned(),
            good_until: Some(Day::new(now, now)),
            last_report: Day::new(now, now),
            forked: true,
        };
        let [_, customer, staff] = Frame::samples();
        let page = |frame: &Frame, query: &str, rows: &[Row], none| InstallationsPage {
            frame: frame.clone(),
            here: "/installations".to_owned(),
            answers: "/answers".to_owned(),
            query: query.to_owned(),
            show: if query.is_empty() { "" } else { "expired" },
            filters: Filter::ALL
                .into_iter()
                .map(|filter| FilterLink {
                    href: format!("/installations?show={}", filter.name()),
                    title: title(filter),
                    current: filter == Filter::All,
                })
                .collect(),
            by_name: none,
            sortable: !none,
            rows: rows.to_vec(),
            next: (!rows.is_empty()).then(|| "?after=aa".to_owned()),
            none,
        };
        vec![
            page(&customer, "", &[row], false),
            page(&staff, "\"x", &[], false),
            page(&customer, "", &[], true),
        ]
    }
}
