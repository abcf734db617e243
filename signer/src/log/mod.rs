//! The log: a Merkle tree (RFC 9162 §2.1) of every answer, to which a batch of answers only ever adds.
//!
//! `head` is what the writer needs, the roots of the perfect subtrees; `growth` is a batch being added, which proves its own leaves
//! without reading anything; `tree` says which subtrees a proof is made of, and which of them the store keeps. [`AnswerLog`] is the log
//! over a store, [`LogExport`] the same in a file, and `audit` holds everything that the store says against everything else.

mod answer_log;
mod audit;
mod error;
mod export;
mod growth;
mod head;
pub(crate) mod note;
mod tree;

pub use answer_log::{AnswerLog, Consistency, Inclusion, Leaf, LogView};
pub use audit::{Audit, Finding};
pub use error::LogError;
pub use export::LogExport;
pub(crate) use growth::Growth;
pub(crate) use head::LogHead;
use license_format::{Label, PublicKey, payload::Checkpoint};
pub(crate) use tree::{Node, Nodes, consistency, inclusion, sources};

use crate::ids::RecordId;

/// What the log of a record is called, with the number that the record has.
pub(crate) fn origin(id: &RecordId, record: u64) -> Label {
    format!("waybill/{id}/{record}").parse().expect("an identity and a number fit a label")
}

/// The log's key as programs are told it that read C2SP signed notes.
pub fn note_key(checkpoint: &Checkpoint, key: &PublicKey) -> String {
    note::verifier_key(checkpoint.origin.as_str(), key)
}
