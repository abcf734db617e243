//! The log over the store: its newest checkpoint, its leaves, and proofs of any of them.

use license_format::{Digest, InclusionProof, Label, Timestamp, payload::Checkpoint};
use verifier::TrustState;

use super::{
    LogError, Stranger,
    audit::{self, Audit},
    consistency,
    export::Exporting,
    inclusion,
};
use crate::{
    store::{
        Store,
        exchange_read::{self, RecordState},
        log_read,
    },
    witness::Witness,
};

/// A leaf: what the log says of an answer, beside its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its index, from 0.
    pub index: u64,
    /// Digest of the answer's document.
    pub digest: Digest,
    /// Which kind of answer, by its name.
    pub kind: String,
    /// A refusal's code, empty for a yes.
    pub code: String,
    /// When it was issued.
    pub issued: Timestamp,
}

/// The log as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogView {
    /// What it is called now: the record's identity and number.
    pub origin: Label,
    /// How many leaves it has.
    pub size: u64,
    /// Its root.
    pub root: Digest,
    /// When the newest was issued; absent while there is none.
    pub issued: Option<Timestamp>,
    /// The newest signed checkpoint, as a file of ours.
    pub checkpoint: Option<Vec<u8>>,
    /// The same as a C2SP signed note.
    pub note: Option<String>,
}

/// That an answer is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// What the log says of it.
    pub leaf: Leaf,
    /// The way to the root.
    pub proof: InclusionProof,
    /// The root.
    pub root: Digest,
}

/// That a later state of the log continues an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// Size and root of the earlier.
    pub first: (u64, Digest),
    /// Size and root of the later.
    pub second: (u64, Digest),
    /// RFC 9162 §2.1.4.
    pub path: Vec<Digest>,
}

/// The log of a store.
#[derive(Clone)]
pub struct AnswerLog {
    store: Store,
}

impl AnswerLog {
    /// That of this store.
    pub fn new(store: Store) -> AnswerLog {
        AnswerLog { store }
    }

    /// Its newest state.
    pub async fn view(&self) -> Result<LogView, LogError> {
        let mut connection = self.store.read().await?;
        let RecordState { vendor, head, newest } = exchange_read::record_state(&mut connection).await?;
        let (checkpoint, note) = log_read::checkpoint(&mut connection).await?;
        Ok(LogView {
            origin: super::origin(&vendor.id, vendor.record),
            size: head.size(),
            root: head.root(),
            issued: (head.size() > 0).then_some(newest),
            checkpoint,
            note,
        })
    }

    /// Installations that have seen another log than this.
    pub async fn strangers(&self) -> Result<Vec<Stranger>, LogError> {
        let mut connection = self.store.read().await?;
        Ok(log_read::strangers(&mut connection).await?)
    }

    /// That an answer is in the log as it is now, by the digest of its document.
    pub async fn prove(&self, digest: &Digest) -> Result<Inclusion, LogError> {
        let mut connection = self.store.read().await?;
        let head = exchange_read::record_state(&mut connection).await?.head;
        let leaf = log_read::leaf(&mut connection, digest).await?.ok_or(LogError::NotInLog(*digest))?;
        let (index, size) = (leaf.index, head.size());
        if index >= size {
            // Written since the head was read.
            return Err(LogError::NotInLog(*digest));
        }
        let path = log_read::hashes(&mut connection, &inclusion(index, size)).await?;
        Ok(Inclusion { leaf, proof: InclusionProof { path, size, index }, root: head.root() })
    }

    /// That the log at one size continues the log at another.
    pub async fn consistency(&self, first: u64, second: u64) -> Result<Consistency, LogError> {
        let mut connection = self.store.read().await?;
        let size = exchange_read::record_state(&mut connection).await?.head.size();
        LogError::demand_sizes(first, second, size)?;
        let roots = log_read::hashes(&mut connection, &[0..first, 0..second]).await?;
        let path = log_read::hashes(&mut connection, &consistency(first, second)).await?;
        Ok(Consistency { first: (first, roots[0]), second: (second, roots[1]), path })
    }

    /// Begins to write everything that others need to check the log elsewhere: the newest checkpoint, its leaves, and the bundle that
    /// names its key. Refuses a log that is empty, and a checkpoint that this bundle does not vouch for.
    pub async fn export(&self, trust: &TrustState) -> Result<Exporting, LogError> {
        Exporting::begin(&self.store, trust).await
    }

    /// Compares everything that the store says of the log, and what follows from its answers, with everything else that does; and with
    /// the witness, and a checkpoint that somebody kept. All of it is of one instant, which must not be before the witness's: this is read
    /// first. The signer goes on meanwhile. `trust` is what was trusted when, the newest first ([`History::states`]).
    ///
    /// [`History::states`]: crate::trust::History::states
    pub async fn audit(
        &self,
        trust: &[TrustState],
        witness: Option<&Witness>,
        kept: Option<&Checkpoint>,
        now: Timestamp,
    ) -> Result<Audit, LogError> {
        let mut instant = self.store.snapshot().await?;
        audit::audit(&mut instant, trust, witness, kept, now).await
    }
}
