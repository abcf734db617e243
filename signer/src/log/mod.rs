//! The log: a Merkle tree (RFC 9162 §2.1) of every answer, to which a batch of answers only ever adds.
//!
//! `head` is what the writer needs, the roots of the perfect subtrees; `growth` is a batch being added, which proves its own leaves
//! without reading anything; `tree` says which subtrees a proof is made of, and which of them the store keeps. [`AnswerLog`] is the log
//! over a store, [`Exporting`] and [`LogExport`] write and read
//! the same as a file, and `audit` holds everything that the store says against everything else.

mod answer_log;
mod audit;
mod error;
mod export;
mod growth;
mod head;
pub(crate) mod note;
mod stranger;
mod tree;

pub use answer_log::{AnswerLog, Consistency, Inclusion, Leaf, LogView};
pub use audit::{Audit, Finding};
pub use error::LogError;
pub use export::{Exporting, LogExport};
pub(crate) use growth::Growth;
pub(crate) use head::LogHead;
use license_format::{Label, PublicKey, payload::Checkpoint};
pub use stranger::Stranger;
pub(crate) use stranger::strangers;
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

/// For `bench_log`, which writes a large log as rows.
#[doc(hidden)]
pub mod bench {
    use license_format::Digest;

    use super::{Growth, LogHead};

    /// The kept nodes over some leaves, by level and position; the frontier as stored; the root.
    pub fn tree(leaves: impl Iterator<Item = Digest>) -> (Vec<(u32, u64, Digest)>, Vec<u8>, Digest) {
        let (mut head, mut nodes) = (LogHead::default(), Vec::new());
        for leaf in leaves {
            let mut growth = Growth::after(head);
            growth.append(&leaf);
            nodes.extend(growth.kept().map(|(node, hash)| (node.level, node.position, hash)));
            head = growth.head().clone();
        }
        (nodes, head.frontier_bytes(), head.root())
    }
}
