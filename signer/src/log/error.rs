//! Why a question about the log has no answer.

use license_format::{Digest, FormatError, payload::Checkpoint};
use verifier::VerifyError;

use crate::store::StoreError;

/// Why a question about the log has no answer.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No leaf has that digest.
    #[error("the log has no entry {0}")]
    NotInLog(Digest),
    /// There is no such state of the log, or the first is not the earlier one.
    #[error(
        "the log has {size} leaves, so it cannot be shown that its state at {second} continues the one at {first}"
    )]
    Sizes {
        /// Asked for.
        first: u64,
        /// Asked for.
        second: u64,
        /// What there is.
        size: u64,
    },
    /// Nothing was ever answered, so there is no checkpoint.
    #[error("the log is empty")]
    Empty,
    /// The file is not an export of a log, or not whole.
    #[error("line {line} of the export, at byte {offset}, {detail}")]
    Export {
        /// From 1.
        line: u64,
        /// Where it begins, from 0.
        offset: u64,
        /// What is wrong.
        detail: &'static str,
    },
    /// Leaves are missing from an export.
    #[error("the export has {leaves} leaves, and its checkpoint says {size}")]
    ExportShort {
        /// There are.
        leaves: u64,
        /// There should be.
        size: u64,
    },
    /// An export could not be read on.
    #[error("cannot read the export: {0}")]
    Unreadable(#[source] std::io::Error),
    /// The exported leaves are not those of the checkpoint beside them.
    #[error("the exported leaves have the root {found}, and the checkpoint says {expected}")]
    ExportDiffers {
        /// The checkpoint's.
        expected: Digest,
        /// The leaves'.
        found: Digest,
    },
    /// A checkpoint is of another log, or of this one before its record was restored.
    #[error("the checkpoint is of the log {found}, and this is {expected}")]
    OtherLog {
        /// This.
        expected: String,
        /// The checkpoint's.
        found: String,
    },
    /// The log is not the one that the checkpoint was of.
    #[error("the checkpoint says that the log had the root {expected} at {size} leaves, and it has {found}")]
    Forked {
        /// Of the checkpoint.
        size: u64,
        /// The checkpoint's root.
        expected: Digest,
        /// This log's at that size, or of all of it where it is shorter.
        found: Digest,
    },
    /// A document is not well formed.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A document is not genuine.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LogError {
    pub(crate) fn demand_sizes(first: u64, second: u64, size: u64) -> Result<(), LogError> {
        match first <= second && second <= size {
            true => Ok(()),
            false => Err(LogError::Sizes { first, second, size }),
        }
    }

    /// Refuses a checkpoint of another log.
    pub(crate) fn demand_same_log(ours: &Checkpoint, kept: &Checkpoint) -> Result<(), LogError> {
        match ours.origin == kept.origin {
            true => Ok(()),
            false => {
                Err(LogError::OtherLog { expected: ours.origin.to_string(), found: kept.origin.to_string() })
            }
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            LogError::NotInLog(_) => "not-in-log",
            LogError::Sizes { .. } => "log-sizes",
            LogError::Empty => "log-empty",
            LogError::Export { .. } => "log-export",
            LogError::ExportShort { .. } => "log-export-short",
            LogError::Unreadable(_) => "file-read",
            LogError::ExportDiffers { .. } => "log-export-differs",
            LogError::OtherLog { .. } => "log-other",
            LogError::Forked { .. } => "log-fork",
            LogError::Format(error) => error.code(),
            LogError::Verify(error) => error.code(),
            LogError::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            LogError::NotInLog(_) => {
                "Give the digest that `waybill inspect` shows for the answer, all 64 digits."
            }
            LogError::Sizes { .. } => {
                "Give two sizes, the smaller first; `waybill log show` tells the newest."
            }
            LogError::Empty => "Answer a request first.",
            LogError::Export { .. } => "Export the log again with `waybill log export`.",
            LogError::ExportShort { .. } => {
                "The end was cut off, or lines were taken out: copy the file again, or export the log again."
            }
            LogError::Unreadable(_) => "Check the file, and that this user may read it.",
            LogError::ExportDiffers { .. } => {
                "Somebody changed the export: ask for it again, by another way."
            }
            LogError::OtherLog { .. } => {
                "Bring a checkpoint that was made since the record was restored, or of this log."
            }
            LogError::Forked { .. } => {
                "Two histories were shown: keep both files, and ask the vendor which answers are missing."
            }
            LogError::Format(error) => error.next_step(),
            LogError::Verify(error) => error.next_step(),
            LogError::Store(error) => error.next_step(),
        }
    }

    /// Whether it is a correct no, and not something that failed.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, LogError::Store(_) | LogError::Unreadable(_))
    }
}
