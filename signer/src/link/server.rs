//! The signer's end: one call for each connection, answered and closed.

use std::{io, sync::Arc, time::Duration};

use license_format::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    sync::Semaphore,
    task::JoinSet,
};

use super::{
    call::{Call, Envelope, Health, Reply, Stored, Told},
    door::{Caller, Door},
    error::{CallError, Fault},
    frame::{self, FrameError, VERSION},
    strangers::{MakeWay, Strangers},
};
use crate::signer::Signer;

/// The time now, as the signer's own machine has it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Calls under way at once, of callers who have proved what the door demands. A portal sends the files of one upload one after the other.
const CALLERS: usize = 128;

/// How long somebody who has connected may take to say what they want, and to take what they are told.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long calls under way may take after the signer was told to stop.
const LAST_CALLS: Duration = Duration::from_secs(10);

/// Answers calls until `stop` comes, and then until those under way are answered, or too slow. What a caller sends cannot stop it.
pub async fn serve(door: Door, signer: Signer, clock: Clock, stop: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CALLERS));
    let mut strangers = Strangers::default();
    let mut calls = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = next(&door, &places) => accepted,
            // Those that have ended are let go of; a defect that panicked took its call alone.
            Some(ended) = calls.join_next() => {
                if let Err(defect) = ended {
                    tracing::error!(%defect, "a portal's call was not answered");
                }
                continue;
            }
        };
        let caller = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files, most likely: they become fewer.
                tracing::error!(%error, "a portal could not connect");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let make_way = strangers.come_in(caller.from());
        let (signer, clock, places) = (signer.clone(), Arc::clone(&clock), Arc::clone(&places));
        calls.spawn(async move {
            if let Err(error) = serve_one(caller, make_way, &places, &signer, &clock).await {
                tracing::warn!(%error, "a portal's call broke off");
            }
        });
    }
    // Those who have proved nothing yet have nothing under way.
    drop((door, strangers));
    let ending = async { while calls.join_next().await.is_some() {} };
    // What is too slow may be durable all the same, and is there when the same file comes again.
    let _ = tokio::time::timeout(LAST_CALLS, ending).await;
}

/// The next caller, who is let in while there is a place for one more call: whoever has proved nothing takes none.
async fn next(door: &Door, places: &Semaphore) -> io::Result<Caller> {
    drop(places.acquire().await.map_err(io::Error::other)?);
    door.accept().await
}

async fn serve_one(
    caller: Caller,
    make_way: MakeWay,
    places: &Semaphore,
    signer: &Signer,
    clock: &Clock,
) -> Result<(), FrameError> {
    let mut stream = tokio::select! {
        admitted = caller.admitted(PATIENCE) => admitted?,
        // Said when there are too many, and a handshake that ended meanwhile goes first.
        Err(_) = make_way => return Err(io::Error::from(io::ErrorKind::ConnectionAborted).into()),
    };
    let _place = places.acquire().await.map_err(io::Error::other)?;
    let slow = |_| FrameError::Broken(io::ErrorKind::TimedOut.into());
    let read = tokio::time::timeout(PATIENCE, frame::read::<Envelope>(&mut stream)).await.map_err(slow)?;
    let reply = match read {
        Ok(envelope) => {
            // A file whose caller has gone comes again by itself; a decision is done to its end.
            let may_be_left = matches!(envelope.call, Call::Answer { .. });
            tokio::select! {
                biased;
                reply = reply(envelope, signer, clock) => reply.unwrap_or_else(Reply::Failed),
                () = gone(&mut stream), if may_be_left => {
                    return Err(io::Error::from(io::ErrorKind::ConnectionAborted).into());
                }
            }
        }
        Err(FrameError::Broken(error)) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "a call was refused unread");
            Reply::Failed(unread(&error))
        }
    };
    let written = tokio::time::timeout(PATIENCE, frame::write(&mut stream, &reply)).await;
    written.map_err(slow)??;
    // Who called may have hung up already: it has been told.
    let _ = stream.shutdown().await;
    Ok(())
}

/// Ends when the caller has hung up. One who goes on talking has been heard, and is told the reply to the first.
async fn gone(stream: &mut (impl AsyncRead + Unpin)) {
    if stream.read(&mut [0]).await.is_ok_and(|more| more > 0) {
        std::future::pending().await
    }
}

async fn reply(
    Envelope { record, call }: Envelope,
    signer: &Signer,
    clock: &Clock,
) -> Result<Reply, CallError> {
    if record != *signer.record() {
        return Err(CallError::new(
            Fault::Ours,
            "signer-another-record",
            "the portal and its signer have different records before them",
            "Give the portal the same database as the signer.",
        ));
    }
    Ok(match call {
        Call::Health => {
            signer.is_healthy().await?;
            Reply::Health(Health {
                vendor: signer.vendor().clone(),
                recovering_until: signer.recovery_at(clock()).await?.map(|recovery| recovery.horizon),
                warning: signer.trouble().map(Into::into),
            })
        }
        Call::Answer { file, asker } => {
            let answered = signer.answer(&file, &asker, clock()).await?;
            Reply::Answer(Told { file: answered.file, repeated: answered.repeated, newest: answered.newest })
        }
        Call::Stored { request, asker } => {
            let stored = signer.answer_file(&request, &asker).await?;
            Reply::Stored(stored.map(|(file, file_name)| Stored { file, file_name }))
        }
        Call::Decide { decision, by } => Reply::Decided(signer.decide(decision, &by, clock()).await?),
    })
}

/// What somebody is told whose call was not read.
fn unread(error: &FrameError) -> CallError {
    let (code, next_step) = match error {
        FrameError::Version(theirs) if *theirs < VERSION => {
            ("link-version", "Update the portal: it is older than its signer.")
        }
        FrameError::Version(_) => ("link-version", "Update the signer: it is older than its portal."),
        FrameError::TooLarge(_) => ("link-too-large", "Send a request file; none is as long as this."),
        _ => ("link-garbled", "Let a portal of the same version speak to the signer, and nothing else."),
    };
    CallError::new(Fault::Ours, code, error.to_string(), next_step)
}
