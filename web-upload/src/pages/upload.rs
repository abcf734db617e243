//! `/` and `/upload`: files are carried here, whatever request they hold, and each gets its answer.

use askama::Template;
use axum::{
    extract::{Multipart, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Deserialize;
use signer::people::{AccountId, Asker};

use crate::{
    answered::{Card, Outcome, answer_all, status},
    deliver,
    failure::Failure,
    frame::{AccountLink, Frame, Here},
    intake::{FILE_BYTES, FILES, Upload},
    portal::Portal,
    routes::CONTENT_POLICY_WITH_MODULE,
    session::User,
    show::{Notice, Tone, count_of},
};

/// The form.
#[derive(Debug, Template)]
#[template(path = "upload.html")]
pub(super) struct UploadPage {
    frame: Frame,
    notice: Option<Notice>,
    /// The accounts to choose from; none where there is nothing to choose.
    accounts: Vec<AccountLink>,
    chosen: String,
    most_files: usize,
    most_bytes: usize,
}

/// The answers.
#[derive(Debug, Template)]
#[template(path = "results.html")]
pub(super) struct ResultsPage {
    frame: Frame,
    summary: String,
    cards: Vec<Card>,
    /// The account to go on with, where there are several.
    account: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    account: String,
}

/// `GET /`
pub(super) async fn get(
    State(portal): State<Portal>,
    user: User,
    Query(Chosen { account }): Query<Chosen>,
) -> Response {
    UploadPage::new(&portal, &user, &account, None).deliver(StatusCode::OK)
}

/// `POST /upload`
pub(super) async fn post(
    State(portal): State<Portal>,
    user: User,
    form: Multipart,
) -> Result<Response, Failure> {
    let Upload { account, files } = Upload::read(form).await?;
    let nothing = match asker(&user, &account)? {
        None => "Choose the account whose files these are.",
        Some(_) if files.is_empty() => {
            "Nothing was uploaded. Choose a .waybill file that waybill-proxy saved, or paste its text."
        }
        Some(asker) => {
            let cards = answer_all(&portal, files, &asker).await;
            let page = ResultsPage::new(&portal, &user, account, cards);
            return Ok(deliver::page(status(&page.cards), &page));
        }
    };
    let notice = Some(Notice::new(Tone::Stop, nothing));
    Ok(UploadPage::new(&portal, &user, &account, notice).deliver(StatusCode::UNPROCESSABLE_ENTITY))
}

/// With whose eyes the signer looks at the files. `None` where somebody of several accounts has chosen none.
fn asker(user: &User, account: &str) -> Result<Option<Asker>, Failure> {
    if !account.is_empty() {
        let account: AccountId = account.parse().map_err(|_| Failure::NotFound)?;
        return user.eyes(&account).map(Some);
    }
    Ok(match &user.all_eyes()[..] {
        [only] => Some(only.clone()),
        _ => None,
    })
}

impl UploadPage {
    fn new(portal: &Portal, user: &User, account: &str, notice: Option<Notice>) -> UploadPage {
        let frame = framed(portal, user, account);
        let accounts = frame.who.as_ref().map(|who| who.accounts.clone()).unwrap_or_default();
        let homeless = accounts.is_empty() && !user.is_staff();
        let notice = notice.or_else(|| {
            homeless.then(|| {
                Notice::new(
                    Tone::Warn,
                    "You do not belong to an account yet, so there is nothing to upload for. Ask your administrator to add you.",
                )
            })
        });
        UploadPage {
            notice,
            accounts: if accounts.len() > 1 { accounts } else { Vec::new() },
            chosen: account.to_owned(),
            most_files: FILES,
            most_bytes: FILE_BYTES,
            frame,
        }
    }

    /// The only page that runs the verifier in the browser, and so the only one that may.
    fn deliver(&self, status: StatusCode) -> Response {
        let mut response = deliver::page(status, self);
        let policy = HeaderValue::from_static(CONTENT_POLICY_WITH_MODULE);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        response
    }
}

impl ResultsPage {
    fn new(portal: &Portal, user: &User, account: String, cards: Vec<Card>) -> ResultsPage {
        let several = user.signed_in().memberships.len() > 1;
        ResultsPage {
            frame: framed(portal, user, &account),
            summary: summary(&cards),
            cards,
            account: several.then_some(account),
        }
    }
}

fn framed(portal: &Portal, user: &User, account: &str) -> Frame {
    let frame = Frame::new(portal, Some(user.signed_in()), Here::Upload);
    match account.parse::<AccountId>() {
        Ok(account) if user.eyes(&account).is_ok() => frame.about(&account),
        _ => frame,
    }
}

/// `3 files: 1 license, 2 refusals.`
fn summary(cards: &[Card]) -> String {
    let noun = |card: &Card| match &card.outcome {
        Outcome::License(_) => "license",
        Outcome::Receipt(_) => "receipt",
        Outcome::Refusal(_) => "refusal",
        Outcome::Unreadable(_) => "unreadable file",
        Outcome::Failed(_) => "unanswered file",
    };
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for noun in cards.iter().map(noun) {
        match counts.iter_mut().find(|(known, _)| *known == noun) {
            Some((_, count)) => *count += 1,
            None => counts.push((noun, 1)),
        }
    }
    let counted: Vec<String> = counts.into_iter().map(|(noun, count)| count_of(count, noun)).collect();
    format!("{}: {}.", count_of(cards.len() as u64, "file"), counted.join(", "))
}

#[cfg(test)]
mod samples {
    use super::*;
    use crate::{
        answered::{Download, Granted, Refused, Released, Sentence},
        pages::Sample,
        show::{Day, Facts, ThreeDates},
    };
    use license_format::Timestamp;

    impl Sample for UploadPage {
        fn samples() -> Vec<UploadPage> {
            Frame::samples()
                .into_iter()
                .skip(1)
                .map(|frame| {
                    let accounts = frame.who.as_ref().unwrap().accounts.clone();
                    let notice = Some(Notice::new(Tone::Stop, "Nothing was uploaded."));
                    let chosen = "0193f2a0-b".to_owned();
                    UploadPage { frame, notice, accounts, chosen, most_files: FILES, most_bytes: FILE_BYTES }
                })
                .collect()
        }
    }

    impl Sample for ResultsPage {
        fn samples() -> Vec<ResultsPage> {
            let cards = cards();
            Frame::samples()
                .into_iter()
                .skip(1)
                .map(|frame| ResultsPage {
                    frame,
                    summary: summary(&cards),
                    cards: cards.clone(),
                    account: Some("0193f2a0-b".to_owned()),
                })
                .collect()
        }
    }

    fn cards() -> Vec<Card> {
        let now = Timestamp::parse("2026-11-22T10:30:00Z").unwrap();
        let day = |text: &str| Day::new(Timestamp::parse(text).unwrap(), now);
        let what = |first: &str| {
            Some(Facts::of_readable(&[
                format!("{first}: Desktop, license key ending in 7QW2Z"),
                "Site: PS1 (Headquarters), installation 7F3A-91C2-0B44-19D0".to_owned(),
                "Server: CM01.contoso.example <b>, waybill-proxy 0.1.0".to_owned(),
                "Request: number 3, made 2026-11-22 10:21 UTC".to_owned(),
            ]))
        };
        let digest = "1a2b3c4d".repeat(8);
        let download = |name: &str| Download { digest: digest.clone(), file_name: name.to_owned() };
        let granted = Granted {
            title: "Desktop license for PS1 (Headquarters)".to_owned(),
            product: "Mac Management".to_owned(),
            seats: "250 managed devices".to_owned(),
            edition: "Standard".to_owned(),
            trial: true,
            dates: ThreeDates {
                contract_end: day("2027-11-22"),
                good_until: day("2027-02-20"),
                report_due: day("2027-01-21"),
                grace: "14 days".to_owned(),
            },
            download: download("PS1-desktop-license-2026-11-22-1a2b3c4d.waybill"),
            repeated: true,
        };
        let released = Released {
            title: "Desktop deactivated for PS1".to_owned(),
            license_type: "Desktop",
            download: download("PS1-desktop-receipt-2026-11-22-1a2b3c4d.waybill"),
            repeated: false,
        };
        let refused = |is_final: bool| Refused {
            title: "Activation request refused for PS1 (Headquarters)".to_owned(),
            code: if is_final { "overtaken" } else { "no-seats" }.to_owned(),
            says: "Every seat of the subscription is leased to other installations.".to_owned(),
            next_step: "Buy seats, or wait until a license file ends.".to_owned(),
            until: (!is_final).then(|| day("2026-12-24")),
            is_final,
            download: download("PS1-desktop-refusal-2026-11-22-1a2b3c4d.waybill"),
            carried: (!is_final).then(|| "2dn3".to_owned()),
            newest: is_final.then(|| download("PS1-desktop-license-2026-11-22.waybill")),
            decide: is_final.then(|| "/installations/7f3a".to_owned()),
            repeated: is_final,
        };
        let sentence = Sentence {
            code: "not-waybill".to_owned(),
            says: "This is not a Waybill file.".to_owned(),
            next_step: "Choose the .waybill file that was saved.".to_owned(),
        };
        let outcomes = [
            (what("Activation request"), Outcome::License(granted)),
            (what("Deactivation request"), Outcome::Receipt(released)),
            (what("Activation request"), Outcome::Refusal(refused(false))),
            (what("Refresh request"), Outcome::Refusal(refused(true))),
            (what("License"), Outcome::Unreadable(sentence.clone())),
            (None, Outcome::Failed(sentence)),
        ];
        outcomes
            .into_iter()
            .map(|(what, outcome)| Card { source: "request <1>.waybill".to_owned(), what, outcome })
            .collect()
    }
}
