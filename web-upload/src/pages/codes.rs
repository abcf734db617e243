//! `/accounts/{account}/keys/{key}/codes`: codes that stand for a license key, one for each person. Whoever gets one never sees the key.

use askama::Template;
use axum::{
    Form,
    extract::{FromRequest as _, Multipart, Query, Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use license_format::{DAY, LicenseKey, Timestamp};
use signer::{
    catalog::{CatalogError, CodeRecord, CodeState},
    installations::Decider,
};

use super::{At, Listing, confirm::ConfirmPage, key};
use crate::{
    csv, deliver,
    draft::{Draft, Step},
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::User,
    show::{Day, Notice, Status, Tone, count_of},
};

/// The list, and the form for more.
#[derive(Debug, Template)]
#[template(path = "codes.html")]
pub(super) struct CodesPage {
    frame: Frame,
    notice: Option<Notice>,
    crumbs: Vec<(String, String)>,
    here: String,
    key: String,
    manages: bool,
    show: String,
    first: bool,
    rows: Vec<CodeRow>,
    next: Option<String>,
    form: Draft,
}

#[derive(Debug)]
struct CodeRow {
    email: String,
    /// Whole for those who hand it out.
    code: String,
    status: Status,
    expires: Day,
    created: Day,
    /// Who began with it.
    used_by: Option<(String, String)>,
    open: bool,
}

/// `GET …/codes`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<key::Ids>,
    Query(listing): Query<Listing>,
    Query(super::Flash { done }): Query<super::Flash>,
) -> Result<Response, Failure> {
    let notice = match (done.as_str(), done.parse::<u64>()) {
        ("withdrawn", _) => Some("The code is of no use any more.".to_owned()),
        (_, Ok(made)) => Some(format!(
            "{} made, the newest first. Give each person theirs; first come, first served.",
            count_of(made, "code")
        )),
        _ => None,
    };
    let form = Draft::with(&[("expires", &portal.now().plus(30 * DAY).date())]);
    let page = CodesPage::load(&portal, &user, &ids, &listing, form).await?;
    let notice = notice.map(|says| Notice::new(Tone::Ok, says));
    Ok(deliver::page(StatusCode::OK, &CodesPage { notice, ..page }))
}

/// `POST …/codes`: for addresses that were pasted, or came in a file.
pub(super) async fn create(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<key::Ids>,
    request: Request,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    let by = user.decider(account)?;
    let mut form = filled(request, &portal).await?;
    let expires = form.day("expires", "the day from which they are of no use");
    let emails = addresses(form.typed("emails"));
    if let (Some(expires), true) = (expires, form.problems().is_empty()) {
        let Decider { asker, actor } = &by;
        let (catalog, now, mut dice) = (portal.signer().catalog(), portal.now(), portal.entropy());
        let made = catalog.create_codes(id, &emails, expires, (asker, actor), now, &mut dice);
        match made.await {
            Ok(codes) => {
                let to = format!("{}/codes?done={}", key::address(&ids), codes.len());
                return Ok(Redirect::to(&to).into_response());
            }
            Err(CatalogError::Invalid(problems)) => form = form.refused(problems),
            Err(error) => return Err(error.into()),
        }
    }
    let page = CodesPage::load(&portal, &user, &ids, &Listing::default(), form).await?;
    Ok(deliver::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// `POST …/codes/withdraw`: first a page to confirm. The code never stands in an address, which others might read.
pub(super) async fn withdraw(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<key::Ids>,
    Form(form): Form<Draft>,
) -> Result<Response, Failure> {
    let (account, id) = &ids;
    let Decider { asker, actor } = user.decider(account)?;
    let code: LicenseKey = form.value("code").parse().map_err(|_| Failure::Malformed)?;
    let (catalog, now) = (portal.signer().catalog(), portal.now());
    if form.step() == Step::Do {
        catalog.withdraw_code(id, &code, (&asker, &actor), now).await?;
        let to = format!("{}/codes?done=withdrawn", key::address(&ids));
        return Ok(Redirect::to(&to).into_response());
    }
    let used = catalog.key_use(&asker, id, now).await?;
    let frame = Frame::new(&portal, Some(user.signed_in()), Here::Accounts).about(account);
    let here = format!("{}/codes", key::address(&ids));
    let mut crumbs = key::crumbs(&portal, &user, &ids, &used).await?;
    crumbs.push((here.clone(), "Activation codes".to_owned()));
    let title = format!("Withdraw the code {}?", code.last_group().masked());
    let says = "From now on nobody can begin with it. It was for one person who has not begun; no seat changes hands.";
    let page = ConfirmPage {
        says: vec![says.to_owned()],
        takes: true,
        form,
        ..ConfirmPage::new(frame, crumbs, title, format!("{here}/withdraw"), "Withdraw it")
    };
    Ok(page.response())
}

/// `GET …/codes.csv`: what is needed to write to each person.
pub(super) async fn file(
    State(portal): State<Portal>,
    user: User,
    At(ids): At<key::Ids>,
    Query(listing): Query<Listing>,
) -> Result<Response, Failure> {
    const HEADER: &[&str] = &["email", "code", "state", "expires", "created", "installation"];
    let by = user.decider(&ids.0)?;
    let (state, now, id) = (state_of(&listing.show), portal.now(), ids.1);
    let read = move |part| {
        let (portal, asker, id) = (portal.clone(), by.asker.clone(), id.clone());
        async move {
            let page = portal.signer().catalog().codes_in(&asker, &id, state, &part, now).await?;
            let rows = page.rows.into_iter().map(|code| (code, now)).collect();
            Ok(signer::paging::Paged { rows, next: page.next })
        }
    };
    let row = |(code, now): &(CodeRecord, Timestamp)| {
        vec![
            code.email.to_string(),
            code.code.to_string(),
            code.state(*now).name().to_owned(),
            code.expires.date(),
            code.created.date(),
            code.used_by.map_or_else(String::new, |by| by.to_string()),
        ]
    };
    csv::file("activation-codes.csv", HEADER, row, read).await
}

fn state_of(name: &str) -> Option<CodeState> {
    CodeState::ALL.into_iter().find(|state| state.name() == name)
}

/// The fields of the form; the file goes on behind what was pasted.
async fn filled(request: Request, portal: &Portal) -> Result<Draft, Failure> {
    let unread = |error: axum::extract::multipart::MultipartError| Failure::of_status(error.status());
    let parts = Multipart::from_request(request, portal).await;
    let mut parts = parts.map_err(|error| Failure::of_status(error.status()))?;
    let (mut emails, mut expires) = (String::new(), String::new());
    while let Some(part) = parts.next_field().await.map_err(unread)? {
        let name = part.name().unwrap_or_default().to_owned();
        let text = part.bytes().await.map_err(unread)?;
        let text = String::from_utf8_lossy(&text);
        match name.as_str() {
            "emails" | "file" => emails = format!("{emails}\n{}", text.trim_start_matches('\u{feff}')),
            "expires" => expires = text.trim().to_owned(),
            _ => {}
        }
    }
    Ok(Draft::with(&[("emails", emails.trim()), ("expires", &expires)]))
}

/// Addresses, however they are set apart. The column of a CSV file may have a heading.
fn addresses(text: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || ",;".contains(c);
    let bare = |word: &str| word.trim_matches(['"', '\'', '<', '>']).to_owned();
    let words = text.split(apart).map(bare).filter(|word| !word.is_empty());
    let heading = |word: &String| ["email", "e-mail", "mail"].contains(&word.to_lowercase().as_str());
    words.enumerate().filter(|(at, word)| *at > 0 || !heading(word)).map(|(_, word)| word).collect()
}

impl CodesPage {
    async fn load(
        portal: &Portal,
        user: &User,
        ids: &key::Ids,
        listing: &Listing,
        form: Draft,
    ) -> Result<CodesPage, Failure> {
        let (account, id) = ids;
        let (eyes, now, manages) = (user.eyes(account)?, portal.now(), user.manages(account));
        let catalog = portal.signer().catalog();
        let used = catalog.key_use(&eyes, id, now).await?;
        let state = state_of(&listing.show);
        let page = catalog.codes_in(&eyes, id, state, &listing.part(), now).await?;
        Ok(CodesPage {
            frame: Frame::new(portal, Some(user.signed_in()), Here::Accounts).about(account),
            notice: None,
            crumbs: key::crumbs(portal, user, ids, &used).await?,
            here: key::address(ids),
            key: used.key.name.to_string(),
            manages,
            show: state.map_or_else(String::new, |state| state.name().to_owned()),
            first: listing.is_first(),
            rows: page
                .rows
                .iter()
                .map(|code| CodeRow::of(code, &format!("/accounts/{account}/installations"), manages, now))
                .collect(),
            next: page.next.map(|cursor| listing.link(&cursor)),
            form,
        })
    }
}

impl CodeRow {
    fn of(code: &CodeRecord, folder: &str, whole: bool, now: Timestamp) -> CodeRow {
        let state = code.state(now);
        CodeRow {
            email: code.email.to_string(),
            code: if whole { code.code.to_string() } else { code.code.last_group().masked() },
            status: match state {
                CodeState::Open => Status::new(Tone::Wait, "Open"),
                CodeState::Used => Status::new(Tone::Ok, "Used"),
                CodeState::Expired => Status::new(Tone::Idle, "Expired"),
            },
            expires: Day::new(code.expires, now),
            created: Day::new(code.created, now),
            used_by: code.used_by.map(|by| (format!("{folder}/{by}"), by.short())),
            open: state == CodeState::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::Sample;

    impl Sample for CodesPage {
        fn samples() -> Vec<CodesPage> {
            let now = Timestamp::parse("2026-11-22").unwrap();
            let key = LicenseKey::from_random(license_format::LicenseType::Desktop, &[7; 18]);
            let code = |used_by, expires| CodeRecord {
                code: key.clone(),
                email: "ana@contoso.example".parse().unwrap(),
                created: now,
                expires,
                used_by,
            };
            let codes = [
                code(None, now.plus(DAY)),
                code(Some(license_format::Thumbprint([1; 32])), now.plus(DAY)),
                code(None, now),
            ];
            let [_, customer, staff] = Frame::samples();
            let page = |frame: Frame, manages: bool, codes: &[CodeRecord], form| CodesPage {
                frame,
                notice: manages.then(|| Notice::new(Tone::Ok, "2 codes made.")),
                crumbs: vec![("/accounts/a".to_owned(), "Contoso <Ltd>".to_owned())],
                here: "/accounts/a/keys/k".to_owned(),
                key: "Berlin <b>".to_owned(),
                manages,
                show: String::new(),
                first: true,
                rows: codes.iter().map(|code| CodeRow::of(code, "/i", manages, now)).collect(),
                next: manages.then(|| "?after=aa".to_owned()),
                form,
            };
            let mut refused = Draft::with(&[("emails", "<b>"), ("expires", "soon")]);
            refused.day("expires", "the day");
            vec![
                page(customer, false, &codes, Draft::default()),
                page(staff.clone(), true, &codes, refused),
                page(staff, true, &[], Draft::default()),
            ]
        }
    }

    #[test]
    fn addresses_are_read_however_they_are_set_apart() {
        let text = "Email\r\nana@contoso.example\r\n\"ben@contoso.example\";<cy@contoso.example>, nobody\n";
        let expected = ["ana@contoso.example", "ben@contoso.example", "cy@contoso.example", "nobody"];
        assert_eq!(addresses(text), expected);
        assert!(addresses(" \n").is_empty());
    }
}
