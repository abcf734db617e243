//! The writer: one queue in front of the store. Requests that wait together share one transaction, one durable commit and a number of
//! statements that does not grow with them; they are decided one after the other over the same book, so a seat that the first takes
//! is gone for the second.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use license_format::{Digest, Timestamp, payload::License};
use tokio::sync::{mpsc, oneshot};
use verifier::VerifiedRequest;

use crate::{
    answer::{AnswerError, Issuer, Signed},
    exchange::Incoming,
    log::LogHead,
    people::Asker,
    store::{
        Store,
        exchange_read::{self, Wanted},
        exchange_write::{self, Given},
    },
    witness::Witness,
};

/// Requests in one transaction. More would make the first of them wait for the last.
const BATCH: usize = 64;

/// Seconds by which the signer's clock may be behind its newest answer: what time synchronisation corrects.
const CLOCK_SLACK: u64 = 5;

/// What waits in the queue.
pub(crate) enum Work {
    /// A request.
    Answer(Box<Job>),
    /// Stop after what came before, and say so.
    Close(oneshot::Sender<()>),
}

/// A request that verified and waits.
pub(crate) struct Job {
    pub(crate) request: Arc<VerifiedRequest>,
    pub(crate) request_file: Vec<u8>,
    pub(crate) attached: Vec<License>,
    pub(crate) asker: Asker,
    pub(crate) now: Timestamp,
    pub(crate) reply: oneshot::Sender<Result<Done, AnswerError>>,
}

/// A durable answer.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) file: Vec<u8>,
    pub(crate) repeated: bool,
}

/// Where the witness is, outside the store, and whether the store may have gone on without it.
#[derive(Debug)]
pub(crate) struct WitnessFile {
    path: PathBuf,
    behind: AtomicBool,
}

impl WitnessFile {
    /// One that is as far as the store.
    pub(crate) fn new(path: PathBuf) -> WitnessFile {
        WitnessFile { path, behind: AtomicBool::new(false) }
    }

    fn write(&self, record: u64, head: &LogHead) -> Result<(), AnswerError> {
        let witness = Witness { record, log_size: head.size(), log_root: head.root() };
        witness.write(&self.path).map_err(|error| AnswerError::Witness(error.to_string()))?;
        self.behind.store(false, Ordering::Relaxed);
        Ok(())
    }
}

/// Works until every desk is gone or one of them closes.
pub(crate) async fn run(
    mut waiting: mpsc::Receiver<Work>,
    issuer: Arc<Issuer>,
    store: Store,
    witness: WitnessFile,
) {
    let witness = Arc::new(witness);
    let mut work = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut work, BATCH).await > 0 {
        let mut batch = Vec::with_capacity(work.len());
        let mut closing = None;
        for work in work.drain(..) {
            match work {
                Work::Answer(job) => batch.push(*job),
                Work::Close(closed) => closing = Some(closed),
            }
        }
        // A task of its own: a defect that panics takes its batch with it, whose callers are told, and not the writer.
        let (issuer, store, witness) = (Arc::clone(&issuer), store.clone(), Arc::clone(&witness));
        let answering = tokio::spawn(async move { answer_all(batch, &issuer, &store, &witness).await });
        if let Err(defect) = answering.await {
            tracing::error!(%defect, "a batch of requests was not answered");
        }
        if let Some(closed) = closing {
            // Whoever closed it may not wait for the word.
            let _ = closed.send(());
            return;
        }
    }
}

async fn answer_all(batch: Vec<Job>, issuer: &Issuer, store: &Store, witness: &WitnessFile) {
    match answer_batch(&batch, issuer, store, witness).await {
        Ok(done) => reply(batch, done.into_iter().map(Ok)),
        Err(error) if batch.len() == 1 => reply(batch, [Err(error)]),
        // One request must not spoil the others' answers.
        Err(_) => {
            for job in batch {
                let done = answer_batch(std::slice::from_ref(&job), issuer, store, witness).await;
                reply([job], [done.map(|mut done| done.remove(0))]);
            }
        }
    }
}

fn reply(jobs: impl IntoIterator<Item = Job>, done: impl IntoIterator<Item = Result<Done, AnswerError>>) {
    for (job, done) in jobs.into_iter().zip(done) {
        // Whoever asked may have gone away; the answer is durable and waits for the next time.
        let _ = job.reply.send(done);
    }
}

/// Answers a batch in one transaction, in the order of its arrival.
async fn answer_batch(
    jobs: &[Job],
    issuer: &Issuer,
    store: &Store,
    witness: &WitnessFile,
) -> Result<Vec<Done>, AnswerError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let mut transaction = store.begin().await?;
    let (before, newest) = exchange_read::lock_head(&mut transaction).await?;
    let clock = jobs.iter().map(|job| job.now).max().unwrap_or(Timestamp::MIN);
    if clock.plus(CLOCK_SLACK) < newest {
        return Err(AnswerError::ClockBehind { clock, newest });
    }
    let now = clock.max(newest);
    let wanted = wanted(jobs);
    let mut book = exchange_read::open_book(&mut transaction, &wanted, issuer.floor(), now).await?;
    let digests: Vec<Digest> = jobs.iter().map(|job| job.request.digest()).collect();
    let mut answers = exchange_read::final_answers(&mut transaction, &digests).await?;

    let mut head = before.clone();
    let mut done = Vec::with_capacity(jobs.len());
    let mut given: Vec<Given> = Vec::new();
    for job in jobs {
        let request = &job.request;
        let visible = book.is_visible(&request.installation(), &job.asker);
        // Row 1: a request that has its final answer gets those bytes again.
        if let Some(file) = answers.get(&request.digest()).filter(|_| visible) {
            done.push(Done { file: file.clone(), repeated: true });
            continue;
        }
        let incoming =
            Incoming { request: request.request(), digest: request.digest(), attached: &job.attached };
        let outcome = book.answer(incoming, &job.asker, now);
        let Signed { file, document, kind, code, is_final } = issuer.issue(&outcome)?;
        head.append(&document);
        if is_final {
            answers.insert(request.digest(), file.clone());
        }
        done.push(Done { file: file.clone(), repeated: false });
        given.push(Given {
            request: request.digest(),
            request_file: job.request_file.clone(),
            facts: request.request().installation().clone(),
            installation: request.installation(),
            license_type: request.request().license_type(),
            counter: request.request().chain().counter,
            account: job.asker.account().cloned(),
            kind,
            code,
            is_final,
            document,
            file,
        });
    }
    if given.is_empty() {
        // These answers may be durable since a commit that the witness did not hear of. None leaves before it has.
        if witness.behind.load(Ordering::Relaxed) {
            witness.write(book.record, &before)?;
        }
        return Ok(done);
    }
    exchange_write::write_batch(&mut transaction, &book.changes, &given, &before, &head, now).await?;
    witness.behind.store(true, Ordering::Relaxed);
    transaction.commit().await?;
    witness.write(book.record, &head)?;
    Ok(done)
}

/// Everything that the batch's requests name.
fn wanted(jobs: &[Job]) -> Wanted {
    let mut wanted = Wanted::default();
    for job in jobs {
        wanted.installations.push(job.request.installation());
        wanted.keys.extend(job.attached.iter().map(|license| license.license_key.digest));
        if let license_format::payload::Request::Activation(request) = job.request.request() {
            wanted.keys.push(request.license_key.digest);
        }
    }
    wanted.installations.sort_unstable();
    wanted.installations.dedup();
    wanted
}
