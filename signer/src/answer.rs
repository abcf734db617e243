//! The one narrow call: a request goes in, a signed answer comes out.
//!
//! *Draft, checked, signed, logged, verified, durable, released*: the exchange drafts an answer, the issuing key signs it, the log
//! takes it in and proves it, our own verifier reads the file as a proxy would, the store makes it durable with its seats and its log
//! entry, and only then does it leave. Signatures of
//! requests are checked before the queue, so that what is slow and needs no order happens side by side.

use std::sync::Arc;

use license_format::{
    Digest, FormatError, InclusionProof, Kind, Payload, Thumbprint, Timestamp, UnverifiedDocument,
    UnverifiedFile, limits,
    payload::{Checkpoint, DeactivationReceipt, Floor, License, Refusal, Request, VERSION},
};
use sqlx::AnyConnection;
use tokio::sync::{mpsc, oneshot};
use verifier::{TrustState, VerifiedAnswer, VerifiedRequest, VerifyError, verify_answer, verify_request};

use crate::{
    exchange::Outcome,
    ids::RecordId,
    keys::{KeyError, SigningBackend},
    log::{self, LogHead, note},
    people::Asker,
    queue::{self, Job, Work},
    store::{Store, StoreError, exchange_read},
    trust::History,
    watch::{Standing, Watch},
};

/// Jobs that may wait. Beyond this callers wait for a place, which is how a busy signer slows its callers down.
const WAITING: usize = 1024;
/// How many bundles before the newest travel along: a proxy may have slept through as many rotations.
const EARLIER_BUNDLES: usize = 3;

/// Why there is no answer. Nothing was taken, and the same file may come again.
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

/// What signs answers and checkpoints: their keys, and the bundle that says so.
pub(crate) struct Issuer {
    key: Box<dyn SigningBackend>,
    log_key: Box<dyn SigningBackend>,
    log: RecordId,
    trust: History,
}

/// An answer's document, signed and not in the log yet.
pub(crate) struct Signed {
    pub(crate) document: UnverifiedDocument,
    pub(crate) code: String,
    pub(crate) is_final: bool,
}

/// Size and root of the log, signed: in our format and as a note for other programs.
#[derive(Debug, Clone)]
pub(crate) struct SignedCheckpoint {
    document: UnverifiedDocument,
    note: String,
}

impl SignedCheckpoint {
    /// The file with the checkpoint alone.
    pub(crate) fn file(&self) -> Vec<u8> {
        UnverifiedFile::of(self.document.clone()).encode()
    }

    /// The C2SP signed note.
    pub(crate) fn note(&self) -> &str {
        &self.note
    }
}

impl Issuer {
    pub(crate) fn new(
        key: Box<dyn SigningBackend>,
        log_key: Box<dyn SigningBackend>,
        log: RecordId,
        trust: History,
    ) -> Issuer {
        Issuer { key, log_key, log, trust }
    }

    pub(crate) fn trust(&self) -> &TrustState {
        self.trust.newest()
    }

    /// The oldest news with which new licenses may be used.
    pub(crate) fn floor(&self) -> Floor {
        Floor { bundle: self.trust().bundle().number, revocations: 0 }
    }

    /// Signs an outcome.
    pub(crate) fn sign(&self, outcome: &Outcome) -> Result<Signed, AnswerError> {
        let (document, code, is_final) = match outcome {
            Outcome::License(license) => (self.seal(license.as_ref())?, String::new(), true),
            Outcome::Receipt(receipt) => (self.seal(receipt.as_ref())?, String::new(), true),
            Outcome::Refusal(refusal) => {
                (self.seal(refusal.as_ref())?, refusal.code.to_string(), refusal.is_final)
            }
        };
        Ok(Signed { document, code, is_final })
    }

    /// Signs the log's head. A record that was put back goes on under the next number, and its log under another name: the one before it
    /// may have had as many leaves, and others.
    pub(crate) fn checkpoint(
        &self,
        head: &LogHead,
        record: u64,
        now: Timestamp,
    ) -> Result<SignedCheckpoint, AnswerError> {
        let checkpoint = Checkpoint {
            root: head.root(),
            size: head.size(),
            issued: now,
            origin: log::origin(&self.log, record),
            version: VERSION,
        };
        let sign = |bytes: &[u8]| self.log_key.sign(bytes);
        let document = UnverifiedDocument::seal(&checkpoint, self.log_key.thumbprint(), sign)?;
        let signature = self.log_key.sign(note::text(&checkpoint).as_bytes())?;
        let note = note::signed(&checkpoint, &self.log_key.public_key(), &signature);
        Ok(SignedCheckpoint { document, note })
    }

    /// The file that goes out: the answer, the trust documents, and the proof that it is in the log. It is read as a proxy would before
    /// anybody else gets to see it.
    pub(crate) fn file(
        &self,
        document: UnverifiedDocument,
        checkpoint: &SignedCheckpoint,
        proof: InclusionProof,
    ) -> Result<Vec<u8>, AnswerError> {
        let trust = self.trust.documents(limits::TRUST_DOCUMENTS - 1, EARLIER_BUNDLES);
        let mut file = UnverifiedFile { document, trust, proof: None };
        // Five root keys that hand over to five others fill the file; then the proof is to be asked for (`waybill log prove`).
        if file.trust.len() < limits::TRUST_DOCUMENTS {
            file.trust.push(checkpoint.document.clone());
            file.proof = Some(proof);
        }
        let bytes = file.encode();
        let read = UnverifiedFile::read(&bytes).map_err(|error| AnswerError::SelfCheck(error.into()))?;
        verify_answer(&read, self.trust()).map_err(AnswerError::SelfCheck)?;
        Ok(bytes)
    }

    /// Whether a license that travelled with a request is one of ours for that installation.
    fn is_ours(&self, document: &UnverifiedDocument, installation: &Thumbprint) -> Option<License> {
        match verify_answer(&UnverifiedFile::of(document.clone()), self.trust()) {
            Ok((VerifiedAnswer::License(license), _))
                if license.payload().installation.thumbprint == *installation =>
            {
                Some(license.payload().clone())
            }
            _ => None,
        }
    }

    fn seal<P: Payload>(&self, payload: &P) -> Result<UnverifiedDocument, AnswerError> {
        UnverifiedDocument::seal(payload, self.key.thumbprint(), |bytes| self.key.sign(bytes))
            .map_err(AnswerError::Key)
    }
}

/// The signer's desk: verifies what comes, and hands it to the writer.
#[derive(Clone)]
pub(crate) struct Desk {
    issuer: Arc<Issuer>,
    store: Store,
    watch: Arc<Watch>,
    jobs: mpsc::Sender<Work>,
}

impl Desk {
    /// Starts the writer. It stops when the last desk is dropped.
    pub(crate) fn open(issuer: Issuer, store: Store, watch: Watch) -> Desk {
        let (issuer, watch) = (Arc::new(issuer), Arc::new(watch));
        let (jobs, waiting) = mpsc::channel(WAITING);
        tokio::spawn(queue::run(waiting, Arc::clone(&issuer), store.clone(), Arc::clone(&watch)));
        Desk { issuer, store, watch, jobs }
    }

    /// Waits until the writer has answered everything that was brought before this.
    pub(crate) async fn close(&self) {
        let (last, closed) = oneshot::channel();
        if self.jobs.send(Work::Close(last)).await.is_ok() {
            // An error means that the writer is gone already.
            let _ = closed.await;
        }
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        &self.issuer
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
        let attached = unverified
            .trust
            .iter()
            .filter_map(|document| self.issuer.is_ours(document, &request.installation()))
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
