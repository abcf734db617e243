//! The audit: everything that the store says of the log, and what follows from its answers, held against everything else that does.
//!
//! Leaves, nodes and head must be one tree; the witness and a checkpoint that somebody kept must lie on it (`tree`). Each final answer must
//! be genuine and be its leaf's, and so must what the exchange has noted of it: lease, seats, marks, chain (`answers`). Trust bundles,
//! revocation lists and decisions about forks must be their leaves', and what was revoked what the newest list names (`news`). Tallies must
//! be the sums of the leases (`tallies`). Every fault is told, not the first.
//!
//! What does not follow from answers is not here to be judged: what was sold, who people are, what staff decided, which requests were
//! claimed and not brought, and the text of refusals that are not final, of which the log has the digest alone.

mod answers;
mod news;
mod stored;
mod tallies;
mod tree;

use license_format::{Timestamp, payload::Checkpoint};
use sqlx::AnyConnection;
use verifier::TrustState;

use super::LogError;
use crate::{
    store::{
        StoreError,
        exchange_read::{self, RecordState},
    },
    witness::Witness,
};

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many leaves there were.
    pub leaves: u64,
    /// How many final answers were verified.
    pub answers: u64,
    /// How many of these are honoured no more, by what was revoked or distrusted since they left.
    pub withdrawn: u64,
    /// How many trust bundles' documents, revocation lists and decisions about forks were.
    pub news: u64,
    /// Leases that a proxy brought back after a restoration: their answers were lost with what the backup lacked.
    pub taken_back: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable, for programs.
    pub code: &'static str,
    /// The table, or the file, in which it lies.
    pub place: &'static str,
    /// In a sentence.
    pub says: String,
}

impl Audit {
    fn add(&mut self, code: &'static str, place: &'static str, says: String) {
        self.findings.push(Finding { code, place, says });
    }

    /// A row that does not read is a fault like any other; a store that does not answer ends the audit.
    fn note<T>(&mut self, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(StoreError::Damaged { table, column, detail }) => {
                self.add("row-damaged", table, format!("{table}.{column} {detail}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Rows in one statement.
const SOME: u64 = 500;

/// Audits the store of a connection, in a transaction that sees one instant.
pub(super) async fn audit(
    connection: &mut AnyConnection,
    trust: &[TrustState],
    witness: Option<&Witness>,
    kept: Option<&Checkpoint>,
    now: Timestamp,
) -> Result<Audit, LogError> {
    let mut audit = Audit::default();
    let Some(state) = audit.note(exchange_read::record_state(connection).await)? else { return Ok(audit) };
    let RecordState { vendor, head, newest } = &state;
    tree::audit(&mut audit, connection, &state, trust, witness, kept).await?;
    answers::audit(&mut audit, connection, trust, vendor.record).await?;
    news::audit(&mut audit, connection).await?;
    tallies::audit(&mut audit, connection, now.max(*newest)).await?;
    audit.leaves = head.size();
    Ok(audit)
}
