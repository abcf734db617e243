//! Watching the record: whether the store is still the one that this process has seen, and the witness that remembers it outside.
//!
//! Several processes may share a store, each with the witness in its own data directory. The log is one chain for all of them, so a
//! witness at some size stands for every answer up to there, whoever gave it. A process looks before each batch whether the log that
//! it finds continues the log that it has seen: leaf by leaf, not by its size alone. A store that was put back to a backup, or a
//! server that took over without having received everything, is so noticed by the first process that had seen more, even when others
//! have gone on in the meantime; it begins the recovery, and the record number tells the others. What only processes saw whose data
//! directories are lost together with the store, the proxies bring back (design, section 4, rows 2 and 3).

use std::{cmp::Ordering, path::PathBuf};

use sqlx::AnyConnection;
use tokio::sync::Mutex;

use crate::{
    ids::RecordId,
    log::LogHead,
    store::{StoreError, exchange_read::RecordState, log_read},
    witness::{Witness, WitnessError},
};

/// What this process has seen of the record, and its witness.
#[derive(Debug)]
pub(crate) struct Watch {
    path: PathBuf,
    id: RecordId,
    seen: Mutex<Seen>,
}

/// The newest state of the record that the witness knows of, by this process.
#[derive(Debug)]
struct Seen {
    record: u64,
    log: LogHead,
}

/// How the store stands to what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the same, or has gone on.
    Continues,
    /// It lacks something, or has something else in its place: it was put back. The record number that it had reached.
    PutBack {
        /// At least the store's own.
        record: u64,
    },
}

impl Watch {
    /// Compares the store with the witness at the start. In a transaction that writes, so that nobody goes on meanwhile. Refuses the
    /// store of another record.
    pub(crate) async fn open(
        path: PathBuf,
        witness: &Witness,
        connection: &mut AnyConnection,
        state: &RecordState,
    ) -> Result<(Watch, Standing), StoreError> {
        let RecordState { vendor, head, .. } = state;
        demand_same(&witness.id, state)?;
        let standing = match witness.record.cmp(&vendor.record) {
            // Some process has begun a recovery since: what this one saw before is past.
            Ordering::Less => Standing::Continues,
            Ordering::Equal if witness.log_size <= head.size() => {
                // The usual case costs nothing: the sizes are the same. The log is read only after a crash, or when others went on.
                let then = match witness.log_size == head.size() {
                    true => head.clone(),
                    false => log_read::forward(connection, LogHead::default(), witness.log_size).await?,
                };
                standing(then.root() == witness.log_root, witness.record)
            }
            _ => Standing::PutBack { record: witness.record },
        };
        // Whatever the witness has seen: nothing is added to a head that is not the one of its own leaves.
        log_read::demand_fitting(connection, head).await?;
        let seen = Mutex::new(Seen { record: vendor.record, log: head.clone() });
        Ok((Watch { path, id: vendor.id.clone(), seen }, standing))
    }

    /// Compares the store with what was seen. In the transaction that answers, before anything is decided. Refuses the store of another
    /// record, to which its address may lead meanwhile.
    pub(crate) async fn look(
        &self,
        connection: &mut AnyConnection,
        state: &RecordState,
    ) -> Result<Standing, StoreError> {
        demand_same(&self.id, state)?;
        let seen = self.seen.lock().await;
        let (record, head) = (state.vendor.record, &state.head);
        if record > seen.record || (record, head) == (seen.record, &seen.log) {
            return Ok(Standing::Continues);
        }
        let continues = record == seen.record
            && head.size() > seen.log.size()
            && log_read::forward(connection, seen.log.clone(), head.size()).await? == *head;
        // A record that was put back agrees with itself; one in which somebody has written does not, and is not gone on with.
        if !continues {
            log_read::demand_fitting(connection, head).await?;
        }
        Ok(standing(continues, seen.record))
    }

    /// Tells the witness, unless it knows. Every answer waits for this before it leaves, also one that another process, or this one
    /// before a mishap, has made durable. What is told was looked at; what is older than that is not told.
    pub(crate) async fn tell(&self, state: &RecordState) -> Result<(), WitnessError> {
        let mut seen = self.seen.lock().await;
        let (record, head) = (state.vendor.record, &state.head);
        if (record, head.size()) > (seen.record, seen.log.size()) {
            self.write(state)?;
            *seen = Seen { record, log: head.clone() };
        }
        Ok(())
    }

    /// Tells the witness what was found at the start.
    pub(crate) fn write(&self, state: &RecordState) -> Result<(), WitnessError> {
        let RecordState { vendor, head, .. } = state;
        let witness = Witness {
            id: vendor.id.clone(),
            record: vendor.record,
            log_size: head.size(),
            log_root: head.root(),
        };
        witness.write(&self.path)
    }
}

fn demand_same(id: &RecordId, RecordState { vendor, .. }: &RecordState) -> Result<(), StoreError> {
    match *id == vendor.id {
        true => Ok(()),
        false => Err(StoreError::AnotherRecord { vendor: vendor.name.to_string() }),
    }
}

fn standing(continues: bool, record: u64) -> Standing {
    if continues { Standing::Continues } else { Standing::PutBack { record } }
}
