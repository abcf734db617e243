//! What the signer said to the files that were carried here, made ready for a page: for each file first what it is, then what was
//! answered. The rules behind an answer are the signer's; here they only get their words.

use std::pin::pin;

use axum::http::StatusCode;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use license_format::{
    Kind, Timestamp, UnverifiedFile,
    payload::{DeactivationReceipt, License, Refusal, Request},
    readable,
};
use signer::{
    Answer, Answered, answer_file_name,
    exchange::RefusalCode,
    link::{Fault, PortalSide},
    people::Asker,
};

use crate::{
    failure::Failure,
    intake::{Carried, Content},
    portal::Portal,
    show::{Day, Facts, ThreeDates, seats},
};

/// One file and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// The file's name as it came.
    pub(crate) source: String,
    /// What the file is; `None` where nothing in it could be read.
    pub(crate) what: Option<Facts>,
    pub(crate) outcome: Outcome,
}

/// What was answered.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    License(Granted),
    Receipt(Released),
    Refusal(Refused),
    /// No genuine request: the user's to mend.
    Unreadable(Sentence),
    /// The portal's own trouble: the same file may come again.
    Failed(Sentence),
}

/// A license to carry home.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) title: String,
    pub(crate) product: String,
    pub(crate) seats: String,
    pub(crate) edition: String,
    pub(crate) trial: bool,
    pub(crate) dates: ThreeDates,
    pub(crate) download: Download,
    pub(crate) repeated: bool,
}

/// A yes to a deactivation.
#[derive(Debug, Clone)]
pub(crate) struct Released {
    pub(crate) title: String,
    pub(crate) license_type: &'static str,
    pub(crate) download: Download,
    pub(crate) repeated: bool,
}

/// A signed no.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) title: String,
    pub(crate) code: String,
    pub(crate) says: String,
    pub(crate) next_step: String,
    pub(crate) until: Option<Day>,
    pub(crate) is_final: bool,
    /// The signed refusal. One that is not final is not kept by the portal, so the page carries it.
    pub(crate) download: Download,
    pub(crate) carried: Option<String>,
    /// With `overtaken`: the slot's newest license, which the proxy will take.
    pub(crate) newest: Option<Download>,
    /// With a fork: the page on which it is decided.
    pub(crate) decide: Option<String>,
    pub(crate) repeated: bool,
}

/// A file of the portal's by the digest of the request that it answers.
#[derive(Debug, Clone)]
pub(crate) struct Download {
    pub(crate) digest: String,
    pub(crate) file_name: String,
}

/// A code, a sentence and a next step.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    pub(crate) code: String,
    pub(crate) says: String,
    pub(crate) next_step: String,
}

/// Hands each file to the signer. Within one upload older requests go first, so that a newer one of the same proxy does not
/// overtake them; the cards come in the order of the files. Each file is answered at its own time: the last of fifty may wait for a while.
/// What a slow signer has not answered when the portal's patience ends is a failure to be sent again, and what follows it was not asked.
pub(crate) async fn answer_all(portal: &Portal, files: Vec<Carried>, asker: &Asker) -> Vec<Card> {
    let mut order: Vec<(u64, usize)> = files.iter().map(counter).zip(0..).collect();
    order.sort_unstable();
    let mut patience = pin!(tokio::time::sleep(portal.patience()));
    let mut cards = Vec::with_capacity(files.len());
    for (_, at) in order {
        let file = &files[at];
        let card = match patience.is_elapsed() {
            true => failed(file, Failure::not_asked()),
            false => tokio::select! {
                card = answer(portal.signer(), file, asker, portal.now()) => card,
                () = &mut patience => failed(file, Failure::unanswered()),
            },
        };
        cards.push((at, card));
    }
    cards.sort_unstable_by_key(|(at, _)| *at);
    cards.into_iter().map(|(_, card)| card).collect()
}

/// One status for a page of several answers: a good one if anything was given, else the first no.
pub(crate) fn status(cards: &[Card]) -> StatusCode {
    let of = |card: &Card| match &card.outcome {
        Outcome::License(_) | Outcome::Receipt(_) => StatusCode::OK,
        Outcome::Refusal(_) => StatusCode::CONFLICT,
        Outcome::Unreadable(sentence) if sentence.code == "too-large" => StatusCode::PAYLOAD_TOO_LARGE,
        Outcome::Unreadable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Outcome::Failed(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    cards.iter().map(of).min().unwrap_or(StatusCode::OK)
}

async fn answer(signer: &PortalSide, file: &Carried, asker: &Asker, now: Timestamp) -> Card {
    let source = file.source.clone();
    let bytes = match &file.content {
        Content::Bytes(bytes) => bytes,
        Content::TooLarge => {
            return Card { source, what: None, outcome: Outcome::Unreadable(Failure::TooLarge.into()) };
        }
    };
    match signer.answer(bytes, asker, now).await {
        Ok(answered) => {
            let what = Some(Facts::of_readable(&answered.request.readable()));
            Card { source, what, outcome: Outcome::of(answered, asker, now) }
        }
        Err(error) => {
            let theirs = error.fault == Fault::Unreadable;
            let sentence = Sentence::from(Failure::from(error));
            let outcome = if theirs { Outcome::Unreadable(sentence) } else { Outcome::Failed(sentence) };
            Card { source, what: claims(bytes), outcome }
        }
    }
}

/// A file that the signer has not answered.
fn failed(file: &Carried, failure: Failure) -> Card {
    let what = match &file.content {
        Content::Bytes(bytes) => claims(bytes),
        Content::TooLarge => None,
    };
    Card { source: file.source.clone(), what, outcome: Outcome::Failed(failure.into()) }
}

impl Outcome {
    /// The answer in words.
    pub(crate) fn of(answered: Answered, asker: &Asker, now: Timestamp) -> Outcome {
        let Answered { file, file_name, answer, request, digest, repeated, newest } = answered;
        let download = Download { digest: digest.to_string(), file_name };
        match answer {
            Answer::License(license) => Outcome::License(Granted::of(&license, download, repeated, now)),
            Answer::Receipt(receipt) => Outcome::Receipt(Released::of(&receipt, download, repeated)),
            Answer::Refusal(refusal) => {
                let newest = newest.as_deref().and_then(|bytes| newest_license(&request, bytes));
                Outcome::Refusal(Refused {
                    newest,
                    decide: fork_page(&refusal, asker),
                    repeated,
                    ..Refused::of(&refusal, &request, &file, download, now)
                })
            }
        }
    }
}

impl Granted {
    fn of(license: &License, download: Download, repeated: bool, now: Timestamp) -> Granted {
        let mut editions: Vec<String> =
            license.grants.iter().map(|grant| grant.edition.to_string()).collect();
        editions.dedup();
        Granted {
            title: format!(
                "{} license for {}",
                license.license_type.title(),
                site(license.installation.site_code.as_str(), license.installation.site_description.as_ref())
            ),
            product: license.product.to_string(),
            seats: seats(license.grants.iter().map(|grant| (grant.metric, grant.seats))),
            edition: editions.join(", "),
            trial: license.grants.iter().any(|grant| grant.trial),
            dates: ThreeDates::of(license, now),
            download,
            repeated,
        }
    }
}

impl Released {
    fn of(receipt: &DeactivationReceipt, download: Download, repeated: bool) -> Released {
        let installation = &receipt.installation;
        Released {
            title: format!(
                "{} deactivated for {}",
                receipt.license_type.title(),
                site(installation.site_code.as_str(), installation.site_description.as_ref())
            ),
            license_type: receipt.license_type.title(),
            download,
            repeated,
        }
    }
}

impl Refused {
    fn of(refusal: &Refusal, request: &Request, file: &[u8], download: Download, now: Timestamp) -> Refused {
        let facts = request.installation();
        Refused {
            title: format!(
                "{} refused for {}",
                kind_title(request.kind()),
                site(facts.site_code.as_str(), facts.site_description.as_ref())
            ),
            code: refusal.code.to_string(),
            says: refusal.says.to_string(),
            next_step: refusal.next_step.to_string(),
            until: refusal.until.map(|until| Day::new(until, now)),
            is_final: refusal.is_final,
            download,
            carried: (!refusal.is_final).then(|| BASE64_STANDARD.encode(file)),
            newest: None,
            decide: None,
            repeated: false,
        }
    }
}

impl From<Failure> for Sentence {
    fn from(failure: Failure) -> Sentence {
        Sentence {
            code: failure.code().to_owned(),
            says: sentence(&failure.to_string()),
            next_step: failure.next_step(),
        }
    }
}

/// An error's words as a sentence of its own.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if words.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// `PS1 (Headquarters)`.
pub(crate) fn site(code: &str, description: Option<&license_format::Label>) -> String {
    match description {
        Some(description) => format!("{code} ({description})"),
        None => code.to_owned(),
    }
}

/// `Activation request`.
fn kind_title(kind: Kind) -> String {
    sentence(&kind.to_string()).trim_end_matches('.').to_owned()
}

/// What a file that is no genuine request says of itself.
fn claims(bytes: &[u8]) -> Option<Facts> {
    let file = UnverifiedFile::read(bytes).ok()?;
    Some(Facts::of_readable(&readable(&file.document).ok()?))
}

fn counter(file: &Carried) -> u64 {
    let Content::Bytes(bytes) = &file.content else {
        return 0;
    };
    UnverifiedFile::read(bytes)
        .ok()
        .filter(|file| file.document.kind().is_request())
        .and_then(|file| Request::decode_unverified(&file.document).ok())
        .map_or(0, |request| request.chain().counter)
}

/// Where both branches of a fork are shown.
fn fork_page(refusal: &Refusal, asker: &Asker) -> Option<String> {
    let forks = [RefusalCode::Fork, RefusalCode::ForkUndecided].map(RefusalCode::code);
    let folder = asker.account().map_or_else(String::new, |account| format!("/accounts/{account}"));
    forks.contains(&refusal.code.as_str()).then(|| format!("{folder}/installations/{}", refusal.installation))
}

/// What is offered with `overtaken`: a license of the same slot as the request.
fn newest_license(request: &Request, bytes: &[u8]) -> Option<Download> {
    let answer = Answer::decode(bytes).ok()?;
    let Answer::License(license) = &answer else {
        return None;
    };
    let digest = license.answers.to_string();
    Some(Download { digest, file_name: answer_file_name(request, &answer) })
}
