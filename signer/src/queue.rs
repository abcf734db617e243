//! The writer: one queue in front of the store. Requests that wait together share one transaction, one durable commit and a number of
//! statements that does not grow with them; they are decided one after the other over the same book, so a seat that the first takes
//! is gone for the second. Other processes have queues of their own; where these meet, `Store::begin` lets one in after the other.

use std::{sync::Arc, time::Duration};

use license_format::{Digest, Timestamp, payload::License};
use tokio::sync::{mpsc, oneshot};
use verifier::VerifiedRequest;

use crate::{
    answer::AnswerError,
    exchange::Incoming,
    issuer::Signed,
    log::{Growth, Stranger, strangers},
    lookout::{Lookout, NewLeaf},
    people::Asker,
    revocation::{self, Order, RevokeError, Revoked},
    store::{
        Store, StoreError, Touched, Vendor,
        exchange_read::{self, RecordState, Wanted},
        exchange_write::{self, Given},
        log_read,
        log_write::{self, Logged},
        news,
    },
    watch::{Standing, Watch},
};

/// Requests in one transaction. More would make the first of them wait for the last.
const BATCH: usize = 64;

/// Seconds by which the signer's clock may be behind its newest answer: what time synchronisation corrects.
pub(crate) const CLOCK_SLACK: u64 = 5;

/// How long a batch may take. A network that swallows everything would otherwise hold the queue until the operating system gives the
/// connection up.
const LONGEST_BATCH: Duration = Duration::from_secs(30);

/// What waits in the queue.
pub(crate) enum Work {
    /// A request.
    Answer(Box<Job>),
    /// A further revocation list.
    Revoke(Box<Order>, oneshot::Sender<Result<Revoked, RevokeError>>),
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

/// What a job gets: an answer from before, or one of this batch's, whose file is made when all of them are in the log.
enum Reply<'a> {
    Stored(&'a Vec<u8>),
    Given { at: usize, repeated: bool },
}

/// Works until every desk is gone or one of them closes.
pub(crate) async fn run(
    mut waiting: mpsc::Receiver<Work>,
    lookout: Arc<Lookout>,
    store: Store,
    watch: Arc<Watch>,
) {
    let mut work = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut work, BATCH).await > 0 {
        let (mut batch, mut orders) = (Vec::with_capacity(work.len()), Vec::new());
        let mut closing = None;
        for work in work.drain(..) {
            match work {
                // Nobody waits for it any more: it would keep those who do, and is answered when it comes again.
                Work::Answer(job) if job.reply.is_closed() => {}
                Work::Answer(job) => batch.push(*job),
                Work::Revoke(order, reply) => orders.push((*order, reply)),
                Work::Close(closed) => closing = Some(closed),
            }
        }
        // A task of its own: a defect that panics takes its batch with it, whose callers are told, and not the writer.
        let (lookout, store, watch) = (Arc::clone(&lookout), store.clone(), Arc::clone(&watch));
        let answering = tokio::spawn(async move {
            // First, so that whoever waits beside an order is answered with the new list.
            for (order, reply) in orders {
                let done = revoke_in_time(&order, &lookout, &store, &watch).await;
                // Whoever ordered it may have gone away; the list is durable.
                let _ = reply.send(done);
            }
            answer_all(batch, &lookout, &store, &watch).await;
        });
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

async fn revoke_in_time(
    order: &Order,
    lookout: &Lookout,
    store: &Store,
    watch: &Watch,
) -> Result<Revoked, RevokeError> {
    match tokio::time::timeout(LONGEST_BATCH, revocation::revoke(order, lookout, store, watch)).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::too_slow().unsettled().into()),
    }
}

async fn answer_all(batch: Vec<Job>, lookout: &Lookout, store: &Store, watch: &Watch) {
    match answer_in_time(&batch, lookout, store, watch).await {
        Ok(done) => reply(batch, done.into_iter().map(Ok)),
        Err(error) if batch.len() == 1 => reply(batch, [Err(error)]),
        // Each by itself would wait as long for the same.
        Err(AnswerError::Store(error)) if error.is_everybodys() => {
            reply(batch, std::iter::repeat_with(|| Err(AnswerError::Store(error.clone()))));
        }
        // One request must not spoil the others' answers.
        Err(_) => {
            for job in batch {
                let done = answer_in_time(std::slice::from_ref(&job), lookout, store, watch).await;
                reply([job], [done.map(|mut done| done.remove(0))]);
            }
        }
    }
}

/// An answer that comes too late to be told may be durable all the same; then it is there when the same file comes again.
async fn answer_in_time(
    jobs: &[Job],
    lookout: &Lookout,
    store: &Store,
    watch: &Watch,
) -> Result<Vec<Done>, AnswerError> {
    match tokio::time::timeout(LONGEST_BATCH, answer_batch(jobs, lookout, store, watch)).await {
        Ok(answered) => answered,
        Err(_) => Err(StoreError::too_slow().into()),
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
    lookout: &Lookout,
    store: &Store,
    watch: &Watch,
) -> Result<Vec<Done>, AnswerError> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let mut transaction = store.begin().await?;
    let state = exchange_read::record_state(&mut transaction).await?;
    let clock = jobs.iter().map(|job| job.now).max().unwrap_or(Timestamp::MIN);
    if clock.plus(CLOCK_SLACK) < state.newest {
        return Err(AnswerError::ClockBehind { clock, newest: state.newest });
    }
    let now = clock.max(state.newest);
    let sight = lookout.look(&mut transaction, state.vendor.record, now).await?;
    let issuer = &sight.issuer;
    let wanted = wanted(jobs);
    let mut book =
        exchange_read::open_book(&mut transaction, &state.vendor, &wanted, issuer.floor(), now).await?;
    if let Standing::PutBack { record } = watch.look(&mut transaction, &state).await? {
        tracing::warn!(record, "the store was put back while it was in use: recovery begins");
        book.record = book.record.max(record);
        book.begin_recovery(now);
    }
    let digests: Vec<Digest> = jobs.iter().map(|job| job.request.digest()).collect();
    let answers = exchange_read::final_answers(&mut transaction, &digests).await?;

    let sizes: Vec<u64> =
        jobs.iter().filter_map(|job| job.request.request().chain().log).map(|log| log.size).collect();
    let checkpoints = log_read::checkpoints(&mut transaction, &sizes).await?;
    let known = |job: &&Job| book.installations.contains_key(&job.request.installation());
    let asking = jobs.iter().filter(known).map(|job| job.request.as_ref());
    let strangers = strangers(asking, book.record, &checkpoints, now);

    let mut growth = Growth::after(state.head.clone());
    let mut leaves = sight.grow(&mut growth);
    let mut replies = Vec::with_capacity(jobs.len());
    let mut given: Vec<Given> = Vec::new();
    let mut documents = Vec::new();
    for job in jobs {
        let request = &job.request;
        let visible = book.is_visible(&request.installation(), &job.asker);
        // Row 1: a request that has its final answer gets those bytes again.
        if let Some(file) = answers.get(&request.digest()).filter(|_| visible) {
            replies.push(Reply::Stored(file));
            continue;
        }
        let is_it = |given: &Given| given.is_final && given.request == request.digest();
        if let Some(at) = given.iter().position(is_it).filter(|_| visible) {
            replies.push(Reply::Given { at, repeated: true });
            continue;
        }
        let incoming =
            Incoming { request: request.request(), digest: request.digest(), attached: &job.attached };
        let outcome = book.answer(incoming, &job.asker, now);
        let Signed { document, code, is_final } = issuer.sign(&outcome)?;
        let digest = document.digest();
        replies.push(Reply::Given { at: given.len(), repeated: false });
        let kind = document.kind().name();
        leaves.push(NewLeaf { digest, kind, code, request: request.digest() });
        given.push(Given {
            request: request.digest(),
            request_file: job.request_file.clone(),
            facts: request.request().installation().clone(),
            installation: request.installation(),
            license_type: request.request().license_type(),
            counter: request.request().chain().counter,
            account: job.asker.account().cloned(),
            kind: document.kind(),
            is_final,
            file: Vec::new(),
        });
        documents.push((document, growth.append(&digest)));
    }
    let mut head = state.head.clone();
    let mut logged = None;
    if !given.is_empty() {
        head = growth.head().clone();
        let checkpoint = issuer.checkpoint(&head, book.record, now)?;
        for (given, (document, index)) in given.iter_mut().zip(documents) {
            given.file = issuer.file(document, &checkpoint, growth.proof(index))?;
        }
        logged = Some(Logged { growth, checkpoint, leaves });
    }
    if !given.is_empty() || !book.changes.is_empty() || !strangers.is_empty() {
        log_write::write_strangers(&mut transaction, &strangers, now).await?;
        if logged.is_some() {
            news::write(&mut transaction, &sight, state.head.size(), now).await?;
        }
        exchange_write::write_batch(&mut transaction, &book.changes, &given, logged.as_ref(), now).await?;
        transaction.commit().await?;
    }
    for Stranger { installation, size, root, .. } in &strangers {
        tracing::error!(
            %installation, size, %root,
            "an installation has seen a log that is not this one: the record was put back, or two histories were shown"
        );
    }
    let done = replies
        .into_iter()
        .map(|reply| match reply {
            Reply::Stored(file) => Done { file: file.clone(), repeated: true },
            Reply::Given { at, repeated } => Done { file: given[at].file.clone(), repeated },
        })
        .collect();
    if logged.is_some() {
        lookout.settle(&sight).await?;
    }
    let vendor = Vendor { record: book.record, ..state.vendor };
    let told = watch.tell(&RecordState { vendor, head, newest: now }).await;
    told.map_err(|error| AnswerError::Witness(error.to_string()))?;
    Ok(done)
}

/// Everything that the batch's requests name.
fn wanted(jobs: &[Job]) -> Wanted {
    let (mut wanted, mut touched) = (Wanted::default(), Touched::default());
    for job in jobs {
        let (installation, chain) = (job.request.installation(), job.request.request().chain());
        wanted.installations.push((installation, job.asker.clone()));
        let named = job.attached.iter().map(|license| license.license_key.digest);
        wanted.keys.extend(named.map(|key| (key, job.asker.clone())));
        if let license_format::payload::Request::Activation(request) = job.request.request() {
            wanted.keys.push((request.license_key.digest, job.asker.clone()));
        }
        // Claims have no gaps.
        let first = chain.claims().map(|link| link.counter).min().unwrap_or(chain.counter);
        touched.counters.push((installation, first, chain.counter));
        let attached = job.attached.iter();
        touched.counters.extend(attached.map(|license| (installation, license.counter, license.counter)));
        touched.requests.push(job.request.digest());
        touched.requests.extend(chain.claims().map(|link| link.digest));
        touched.requests.extend(chain.slots.iter().filter_map(|(_, report)| Some(report.holding?.digest)));
        touched.requests.extend(job.attached.iter().map(|license| license.answers));
    }
    Wanted { touched: Some(touched), ..wanted }
}
