//! `/record`: the log of all answers as the vendor's staff see it, its newest checkpoint to take away, and who has seen another log.
//!
//! The checkpoint has an address of its own that anybody may read: whoever compares what two people were given needs no account.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use license_format::Timestamp;
use signer::{
    log::{LogError, LogView, Stranger},
    revocation::Revocation,
};

use crate::{
    deliver,
    failure::Failure,
    frame::{Frame, Here},
    portal::Portal,
    session::Staff,
    show::{Day, Status, Tone},
};

/// The page.
#[derive(Debug, Template)]
#[template(path = "record.html")]
pub(super) struct RecordPage {
    frame: Frame,
    origin: String,
    size: u64,
    root: String,
    newest: Option<Day>,
    /// Until when a restored record takes back what proxies hold.
    recovering: Option<Day>,
    strangers: Vec<Row>,
    /// What was revoked, the newest first.
    revoked: Vec<Revoked>,
}

/// A license or a key that is not honoured any more.
#[derive(Debug)]
struct Revoked {
    what: String,
    list: u64,
    at: Day,
    reason: String,
}

/// Somebody who has seen another log.
#[derive(Debug)]
struct Row {
    thumbprint: String,
    installation: String,
    seen: Day,
    size: u64,
    root: String,
}

/// `GET /record`
pub(super) async fn get(State(portal): State<Portal>, Staff(user): Staff) -> Result<Response, Failure> {
    let (now, log) = (portal.now(), portal.signer().log());
    let LogView { origin, size, root, issued, .. } = log.view().await?;
    let page = RecordPage {
        frame: Frame::new(&portal, Some(user.signed_in()), Here::Record),
        origin: origin.to_string(),
        size,
        root: root.to_string(),
        newest: issued.map(|issued| Day::new(issued, now)),
        recovering: portal.signer().recovering_until(now).await?.map(|until| Day::new(until, now)),
        strangers: log.strangers().await?.iter().map(|stranger| Row::of(stranger, now)).collect(),
        revoked: portal.signer().revocations().all().await?.iter().map(|one| Revoked::of(one, now)).collect(),
    };
    Ok(deliver::page(StatusCode::OK, &page))
}

/// `GET /record/checkpoint`: the newest checkpoint as a C2SP signed note. It is public: that everybody is shown the same is its sense.
pub(super) async fn checkpoint(State(portal): State<Portal>) -> Result<Response, Failure> {
    let note = portal.signer().log().view().await?.note.ok_or(Failure::NotFound)?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, note).into_response())
}

/// `GET /record/checkpoint.waybill`: the same as a file of ours.
pub(super) async fn checkpoint_file(State(portal): State<Portal>) -> Result<Response, Failure> {
    let LogView { size, checkpoint, .. } = portal.signer().log().view().await?;
    let file = checkpoint.ok_or(Failure::NotFound)?;
    Ok(deliver::file(file, &format!("checkpoint-{size}.waybill")))
}

impl Revoked {
    fn of(revocation: &Revocation, now: Timestamp) -> Revoked {
        Revoked {
            what: match &revocation.what {
                Ok(license) => format!("license {license}"),
                Err(key) => format!("key {}", key.short()),
            },
            list: revocation.list,
            at: Day::new(revocation.at, now),
            reason: revocation.reason.clone(),
        }
    }
}

impl Row {
    fn of(stranger: &Stranger, now: Timestamp) -> Row {
        Row {
            thumbprint: stranger.installation.to_string(),
            installation: stranger.installation.short(),
            seen: Day::new(stranger.seen, now),
            size: stranger.size,
            root: stranger.root.to_string(),
        }
    }
}

impl RecordPage {
    fn standing(&self) -> Status {
        match (self.strangers.is_empty(), self.recovering.is_some()) {
            (false, _) => Status::new(Tone::Stop, "Another log was seen".to_owned()),
            (true, true) => Status::new(Tone::Wait, "Recovering".to_owned()),
            (true, false) => Status::new(Tone::Ok, "One history".to_owned()),
        }
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Failure {
        match error {
            LogError::Store(error) => error.into(),
            other => Failure::Refused {
                code: other.code().into(),
                says: other.to_string(),
                next_step: other.next_step().to_owned(),
            },
        }
    }
}

#[cfg(test)]
impl crate::pages::Sample for RecordPage {
    fn samples() -> Vec<RecordPage> {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let digest = license_format::Digest::of(b"a log").to_string();
        let row = Row {
            thumbprint: digest.clone(),
            installation: "7F3A-91C2".to_owned(),
            seen: Day::new(now, now),
            size: 40,
            root: digest.clone(),
        };
        let page = |size, strangers, recovering| {
            let [_, _, frame] = Frame::samples();
            let origin = "waybill/0193f2a0-a/1".to_owned();
            let newest = (size > 0).then(|| Day::new(now, now));
            let revoked = Revoked {
                what: "license 0101".to_owned(),
                list: 2,
                at: Day::new(now, now),
                reason: "stolen <b>".to_owned(),
            };
            let revoked = (size > 0).then_some(revoked).into_iter().collect();
            RecordPage { frame, origin, size, root: digest.clone(), newest, recovering, strangers, revoked }
        };
        vec![
            page(0, vec![], None),
            page(41, vec![row], None),
            page(41, vec![], Some(Day::new(now.plus(license_format::DAY), now))),
        ]
    }
}
