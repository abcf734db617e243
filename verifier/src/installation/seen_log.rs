//! What was seen of the signer's log: the newest checkpoint that came with an answer. Who is shown two histories of one log notices
//! here, and every request says what was seen, so that the signer notices too.

use license_format::{
    Digest, Label,
    payload::{Checkpoint, SeenLog},
};
use serde::{Deserialize, Serialize};

use super::ImportError;
use crate::verify::Verified;

/// A checkpoint that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    origin: Label,
    size: u64,
    root: Digest,
}

impl Seen {
    /// What requests say of it.
    pub(super) fn report(&self) -> SeenLog {
        SeenLog { root: self.root, size: self.size }
    }

    fn of(checkpoint: &Checkpoint) -> Seen {
        Seen { origin: checkpoint.origin.clone(), size: checkpoint.size, root: checkpoint.root }
    }
}

/// Refuses two histories: of those that came, and what is remembered, no two of one log and size have different roots.
pub(super) fn demand_one_history(
    remembered: Option<&Seen>,
    came: &[Verified<Checkpoint>],
) -> Result<(), ImportError> {
    let mut seen: Vec<Seen> = remembered.cloned().into_iter().collect();
    for checkpoint in came {
        let new = Seen::of(checkpoint.payload());
        let is_other =
            |old: &&Seen| (&old.origin, old.size) == (&new.origin, new.size) && old.root != new.root;
        if let Some(old) = seen.iter().find(is_other) {
            return Err(ImportError::LogFork { size: new.size, ours: old.root, theirs: new.root });
        }
        seen.push(new);
    }
    Ok(())
}

/// What is remembered once these came too. A log without leaves is not worth remembering.
pub(super) fn remember(remembered: Option<Seen>, came: &[Verified<Checkpoint>]) -> Option<Seen> {
    came.iter().map(|checkpoint| Seen::of(checkpoint.payload())).filter(|new| new.size > 0).fold(
        remembered,
        |old, new| match old {
            Some(old) if old.origin != new.origin || old.size >= new.size => Some(old),
            _ => Some(new),
        },
    )
}
