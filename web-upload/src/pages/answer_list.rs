//! `/accounts/{account}/answers`, and `/answers` for staff: every final answer that was given, a page at a time, and as a file. A refusal that
//! is not final took nothing and is not kept.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use license_format::{Kind, Timestamp};
use signer::{
    installations::AnswerLine,
    people::{AccountId, Asker},
};

use super::{At, Listing};
use crate::{
    csv, deliver,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::{Staff, User},
    show::{Day, Status, Tone, grouped},
};

/// The list.
#[derive(Debug, Template)]
#[template(path = "answer_list.html")]
pub(super) struct AnswerListPage {
    frame: Frame,
    here: String,
    /// Where the pages of installations are.
    folder: String,
    show: &'static str,
    rows: Vec<Row>,
    next: Option<String>,
}

#[derive(Debug)]
struct Row {
    href: String,
    site: String,
    installation: String,
    license_type: &'static str,
    counter: String,
    what: Status,
    code: Option<String>,
    issued: Day,
    download: String,
}

/// What is shown: the name in the address, its title, and the kind.
const SHOWN: [(&str, &str, Option<Kind>); 4] = [
    ("", "All", None),
    ("licenses", "Licenses", Some(Kind::License)),
    ("receipts", "Receipts", Some(Kind::DeactivationReceipt)),
    ("refusals", "Refusals", Some(Kind::Refusal)),
];

/// `GET /accounts/{account}/answers`
pub(super) async fn of_account(
    State(portal): State<Portal>,
    user: User,
    At(account): At<AccountId>,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let eyes = user.eyes(&account)?;
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Installations).about(&account);
    list(&portal, frame, &eyes, format!("/accounts/{account}"), &listing).await
}

/// `GET /answers`
pub(super) async fn of_all(
    State(portal): State<Portal>,
    Staff(user): Staff,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Installations);
    list(&portal, frame, &Asker::Staff, String::new(), &listing).await
}

/// `GET /accounts/{account}/answers.csv`
pub(super) async fn file_of_account(
    State(portal): State<Portal>,
    user: User,
    At(account): At<AccountId>,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    const HEADER: &[&str] =
        &["issued", "answer", "code", "site", "installation", "license type", "request number", "request"];
    let (eyes, (_, _, kind)) = (user.eyes(&account)?, shown(&listing));
    let read = move |part| {
        let (portal, eyes) = (portal.clone(), eyes.clone());
        async move { Ok(portal.signer().installations().answers(&eyes, kind, &part).await?) }
    };
    let row = |line: &AnswerLine| {
        vec![
            line.issued.rfc3339(),
            line.kind.name().to_owned(),
            line.code.clone().unwrap_or_default(),
            line.site_code.as_ref().map_or_else(String::new, ToString::to_string),
            line.installation.to_string(),
            line.license_type.title().to_owned(),
            line.counter.to_string(),
            line.request.to_string(),
        ]
    };
    csv::file("answers.csv", HEADER, row, read).await
}

async fn list(
    portal: &Portal,
    frame: Frame,
    eyes: &Asker,
    base: String,
    listing: &Listing,
) -> Result<Response, Failure> {
    let (show, _, kind) = shown(listing);
    let page = portal.signer().installations().answers(eyes, kind, &listing.part()).await?;
    let folder = format!("{base}/installations");
    let page = AnswerListPage {
        frame,
        here: format!("{base}/answers"),
        show,
        rows: page.rows.iter().map(|line| Row::of(line, &folder, portal.now())).collect(),
        folder,
        next: page.next.map(|cursor| listing.link(&cursor)),
    };
    Ok(deliver::page(StatusCode::OK, &page))
}

fn shown(listing: &Listing) -> (&'static str, &'static str, Option<Kind>) {
    SHOWN.into_iter().find(|(name, ..)| *name == listing.show).unwrap_or(SHOWN[0])
}

impl Row {
    fn of(line: &AnswerLine, folder: &str, now: Timestamp) -> Row {
        Row {
            href: format!("{folder}/{}", line.installation),
            site: line.site_code.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string),
            installation: line.installation.short(),
            license_type: line.license_type.title(),
            counter: grouped(line.counter),
            what: match line.kind {
                Kind::License => Status::new(Tone::Ok, "License"),
                Kind::DeactivationReceipt => Status::new(Tone::Wait, "Receipt"),
                _ => Status::new(Tone::Stop, "Refusal"),
            },
            code: line.code.clone(),
            issued: Day::new(line.issued, now),
            download: format!("/answers/{}", line.request),
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for AnswerListPage {
    fn samples() -> Vec<AnswerListPage> {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let line = |kind, code: Option<&str>| AnswerLine {
            request: license_format::Digest([2; 32]),
            installation: license_format::Thumbprint([7; 32]),
            site_code: code.is_none().then(|| "PS1".parse().unwrap()),
            license_type: license_format::LicenseType::Desktop,
            counter: 1_250,
            kind,
            code: code.map(str::to_owned),
            issued: now,
        };
        let lines = [
            line(Kind::License, None),
            line(Kind::DeactivationReceipt, None),
            line(Kind::Refusal, Some("fork")),
        ];
        let [_, customer, staff] = Frame::samples();
        let page = |frame, lines: &[AnswerLine]| AnswerListPage {
            frame,
            here: "/answers".to_owned(),
            folder: "/installations".to_owned(),
            show: "",
            rows: lines.iter().map(|line| Row::of(line, "/installations", now)).collect(),
            next: lines.first().map(|_| "?after=aa".to_owned()),
        };
        vec![page(customer, &lines), page(staff, &[])]
    }
}
