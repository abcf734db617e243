//! The one narrow call: a request goes in, a signed answer comes out.
//!
//! *Draft, checked, signed, logged, verified, durable, released*: the exchange drafts an answer, the issuing key signs it, the log
//! takes it in and proves it, our own verifier reads the file as a proxy would, the store makes it durable with its seats and its log
//! entry, and only then does it leave. Signatures of
//! requests are checked before the queue, so that what is slow and needs no order happens side by side.

use std::sync::Arc;

use license_format::{
    Digest, FormatError, Kind, Payload as _, Timestamp, UnverifiedFile,
    payload::{DeactivationReceipt, License, Refusal, Request},
};
use sqlx::AnyConnection;
use tokio::sync::{mpsc, oneshot};
use verifier::{VerifiedRequest, VerifyError, verify_request};

use crate::{
    keys::KeyError,
    lookout::{Lookout, Trouble},
    people::Asker,
    queue::{self, Job, Work},
    revocation::{Order, RevokeError, Revoked},
    store::{Store, StoreError, exchange_read},
    trust::TrustError,
    watch::{Standing, Watch},
};

/// Jobs that may wait. Beyond this callers wait for a place, which is how a busy signer slows its callers down.
const WAITING: usize = 1024;

/// Why there is no answer. Nothing was taken, or it is there when the same file comes again, which it may.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// It is not a genuine request; the rule that it breaks has the code.
    #[error(transparent)]
    Unreadable(#[from] VerifyError),
    /// The record could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The issuing key could not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key that should sign now cannot be opened, and no other may sign.
    #[error("{}", .0.says)]
    KeyLocked(Trouble),
    /// What is trusted now cannot be read from the data directory.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The data directory has an older trust bundle than answers were given by: a key may be distrusted since.
    #[error("answers were given by trust bundle {known}, and the data directory has bundle {found}")]
    TrustBehind {
        /// The newest that was in use.
        known: u64,
        /// The one that is there.
        found: u64,
    },
    /// The signer's clock is behind its own newest answer, so dates that it would sign could be wrong.
    #[error("the signer's clock says {clock}, but it has signed an answer at {newest}")]
    ClockBehind {
        /// What the clock says.
        clock: Timestamp,
        /// The newest answer's time.
        newest: Timestamp,
    },
    /// The answer that would go out does not verify: the trust bundle and the issuing key do not fit.
    #[error("the signer refused its own answer: {0}")]
    SelfCheck(VerifyError),
    /// The place outside the store that remembers how far the record is could not be written.
    #[error("the witness could not be written: {0}")]
    Witness(String),
    /// The signer is stopping.
    #[error("the signer is stopping")]
    Stopped,
}

impl AnswerError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            AnswerError::Unreadable(error) => error.code(),
            AnswerError::Store(error) => error.code(),
            AnswerError::Key(error) => error.code(),
            AnswerError::KeyLocked(trouble) => trouble.code,
            AnswerError::Trust(error) => error.code(),
            AnswerError::TrustBehind { .. } => "trust-behind",
            AnswerError::ClockBehind { .. } => "signer-clock-behind",
            AnswerError::SelfCheck(_) => "self-check",
            AnswerError::Witness(_) => "witness-write",
            AnswerError::Stopped => "signer-stopped",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            AnswerError::Unreadable(error) => error.next_step().to_owned(),
            AnswerError::Store(error) => error.next_step().to_owned(),
            AnswerError::Key(error) => error.next_step().to_string(),
            AnswerError::KeyLocked(trouble) => trouble.next_step.clone(),
            AnswerError::Trust(error) => error.next_step(),
            AnswerError::TrustBehind { .. } => {
                "Install the newest trust bundle there with `waybill trust install`; nothing was issued."
                    .to_owned()
            }
            AnswerError::ClockBehind { .. } => "Set the signer's clock right; nothing was issued.".to_owned(),
            AnswerError::SelfCheck(_) => {
                "Check that the issuing key is in the trust bundle and its dates have not passed.".to_owned()
            }
            AnswerError::Witness(_) => {
                "Make room on the data directory's disk; the same file may come again.".to_owned()
            }
            AnswerError::Stopped => "Upload the same file again in a moment.".to_owned(),
        }
    }

    /// Whether the fault is in what was brought, not in the signer.
    pub fn is_the_askers(&self) -> bool {
        matches!(self, AnswerError::Unreadable(_))
    }
}

/// An answer that is durable.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The answer's file, to be given out byte for byte.
    pub file: Vec<u8>,
    /// What to call it.
    pub file_name: String,
    /// What it says.
    pub answer: Answer,
    /// What came.
    pub request: Request,
    /// The request's digest, by which the answer can be had again.
    pub digest: Digest,
    /// Whether the same request was answered before.
    pub repeated: bool,
    /// With `overtaken`: the slot's newest license, which the proxy will take.
    pub newest: Option<Vec<u8>>,
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The complete grant.
    License(License),
    /// A signed yes to a deactivation.
    Receipt(DeactivationReceipt),
    /// A signed no.
    Refusal(Refusal),
}

impl Answer {
    /// Reads an answer of our own from its file.
    pub fn decode(file: &[u8]) -> Result<Answer, FormatError> {
        let document = UnverifiedFile::decode(file)?.document;
        match document.kind() {
            Kind::License => document.decode_unverified().map(Answer::License),
            Kind::DeactivationReceipt => document.decode_unverified().map(Answer::Receipt),
            _ => document.decode_unverified().map(Answer::Refusal),
        }
    }

    /// The lines for people.
    pub fn readable(&self) -> Vec<String> {
        match self {
            Answer::License(license) => license.readable(),
            Answer::Receipt(receipt) => receipt.readable(),
            Answer::Refusal(refusal) => refusal.readable(),
        }
    }
}

/// The signer's desk: verifies what comes, and hands it to the writer.
#[derive(Clone)]
pub(crate) struct Desk {
    lookout: Arc<Lookout>,
    store: Store,
    watch: Arc<Watch>,
    jobs: mpsc::Sender<Work>,
}

impl Desk {
    /// Starts the writer. It stops when the last desk is dropped.
    pub(crate) fn open(lookout: Lookout, store: Store, watch: Watch) -> Desk {
        let (lookout, watch) = (Arc::new(lookout), Arc::new(watch));
        let (jobs, waiting) = mpsc::channel(WAITING);
        tokio::spawn(queue::run(waiting, Arc::clone(&lookout), store.clone(), Arc::clone(&watch)));
        Desk { lookout, store, watch, jobs }
    }

    /// Waits until the writer has answered everything that was brought before this.
    pub(crate) async fn close(&self) {
        let (last, closed) = oneshot::channel();
        if self.jobs.send(Work::Close(last)).await.is_ok() {
            // An error means that the writer is gone already.
            let _ = closed.await;
        }
    }

    /// Who looks what signs, and by what news.
    pub(crate) fn lookout(&self) -> &Lookout {
        &self.lookout
    }

    /// See `Signer::revoke`.
    pub(crate) async fn revoke(&self, order: Order) -> Result<Revoked, RevokeError> {
        let (reply, done) = oneshot::channel();
        let work = Work::Revoke(Box::new(order), reply);
        self.jobs.send(work).await.map_err(|_| AnswerError::Stopped)?;
        done.await.map_err(|_| StoreError::writer_lost())?
    }

    /// See `Signer::answer`.
    pub(crate) async fn answer(
        &self,
        file: &[u8],
        asker: &Asker,
        now: Timestamp,
    ) -> Result<Answered, AnswerError> {
        let unverified = UnverifiedFile::read(file).map_err(VerifyError::from)?;
        let request = verify_request(&unverified.document)?;
        let issuer = self.lookout.issuer();
        let attached = unverified
            .trust
            .iter()
            .filter_map(|document| issuer.is_ours(document, &request.installation()))
            .collect();
        let request = Arc::new(request);
        let (reply, answer) = oneshot::channel();
        let job = Job {
            request: Arc::clone(&request),
            request_file: unverified.encode(),
            attached,
            asker: asker.clone(),
            now,
            reply,
        };
        self.jobs.send(Work::Answer(Box::new(job))).await.map_err(|_| AnswerError::Stopped)?;
        let done = answer.await.map_err(|_| AnswerError::Stopped)??;
        self.released(&request, done).await
    }

    async fn released(&self, request: &VerifiedRequest, done: queue::Done) -> Result<Answered, AnswerError> {
        let answer = Answer::decode(&done.file).map_err(|error| AnswerError::SelfCheck(error.into()))?;
        let newest = match &answer {
            Answer::Refusal(refusal) if refusal.code.as_str() == "overtaken" => self.newest(request).await?,
            _ => None,
        };
        Ok(Answered {
            file_name: file_name(request.request(), &answer),
            file: done.file,
            answer,
            request: request.request().clone(),
            digest: request.digest(),
            repeated: done.repeated,
            newest,
        })
    }

    async fn newest(&self, request: &VerifiedRequest) -> Result<Option<Vec<u8>>, AnswerError> {
        let mut connection = self.store.read().await?;
        let newest = exchange_read::newest_license(
            &mut connection,
            &request.installation(),
            request.request().license_type(),
        )
        .await?;
        self.witnessed(&mut connection).await?;
        Ok(newest)
    }

    /// The final answer to a request and that request's file, if the asker may see them.
    pub(crate) async fn stored(
        &self,
        request: &Digest,
        asker: &Asker,
    ) -> Result<Option<(Vec<u8>, Vec<u8>)>, AnswerError> {
        let mut connection = self.store.read().await?;
        let stored = exchange_read::answer_to(&mut connection, request, asker).await?;
        self.witnessed(&mut connection).await?;
        Ok(stored)
    }

    /// What was read here may have been made durable by another process, whose witness is not ours: ours hears of it before it leaves.
    /// A store that was put back is the writer's to deal with; what it still has is genuine.
    async fn witnessed(&self, connection: &mut AnyConnection) -> Result<(), AnswerError> {
        let state = exchange_read::record_state(connection).await?;
        match self.watch.look(connection, &state).await? {
            Standing::Continues => {
                self.watch.tell(&state).await.map_err(|error| AnswerError::Witness(error.to_string()))
            }
            Standing::PutBack { .. } => Ok(()),
        }
    }
}

/// `PS1-desktop-license-2026-11-22-1a2b3c4d.waybill`: site, slot, kind, day, and the beginning of the request's digest, so that the files
/// of one trip sort and pair up.
pub fn file_name(request: &Request, answer: &Answer) -> String {
    let (kind, issued, answers) = match answer {
        Answer::License(license) => (Kind::License, license.issued, license.answers),
        Answer::Receipt(receipt) => (Kind::DeactivationReceipt, receipt.issued, receipt.answers),
        Answer::Refusal(refusal) => (Kind::Refusal, refusal.issued, refusal.answers),
    };
    format!(
        "{}-{}-{}-{}-{}.waybill",
        request.installation().site_code,
        request.license_type(),
        kind.name(),
        issued.date(),
        answers.short()
    )
}

/// What a stored answer is called: the same as when it left.
pub(crate) fn stored_name(request_file: &[u8], file: &[u8]) -> Option<String> {
    let (request, _) = read_request(request_file)?;
    Some(file_name(&request, &Answer::decode(file).ok()?))
}

/// A request that we stored, which was genuine then, and its digest.
pub(crate) fn read_request(file: &[u8]) -> Option<(Request, Digest)> {
    let document = UnverifiedFile::decode(file).ok()?.document;
    Some((Request::decode_unverified(&document).ok()?, document.digest()))
}
