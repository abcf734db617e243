//! Leaves, nodes, head, signed checkpoint, witness, and a checkpoint that somebody kept: one tree.

use license_format::{Digest, Timestamp, UnverifiedFile, payload::Checkpoint};
use sqlx::AnyConnection;
use verifier::{TrustState, verify::verify_checkpoint};

use super::{
    Audit, SOME,
    stored::{StoredCheckpoints, StoredNodes},
};
use crate::{
    log::{Growth, LogError, LogHead, note, origin},
    store::{StoreError, audit_read, exchange_read::RecordState, log_read},
    trust::judged,
    witness::Witness,
};

pub(super) async fn audit(
    audit: &mut Audit,
    connection: &mut AnyConnection,
    state: &RecordState,
    trust: &[TrustState],
    witness: Option<&Witness>,
    kept: Option<&Checkpoint>,
) -> Result<(), LogError> {
    let RecordState { vendor, head, .. } = state;
    let ours = Checkpoint {
        root: head.root(),
        size: head.size(),
        issued: state.newest,
        origin: origin(&vendor.id, vendor.record),
        version: license_format::payload::VERSION,
    };
    if let Some(kept) = kept {
        LogError::demand_same_log(&ours, kept)?;
    }
    // Roots that somebody outside of the store remembers.
    let witness = witness.filter(|witness| witness.record == vendor.record);
    let remembered: Vec<Remembered> = witness
        .map(|witness| ("witness", "witness-differs", witness.log_size, witness.log_root))
        .into_iter()
        .chain(kept.map(|kept| ("checkpoint", "log-fork", kept.size, kept.root)))
        .collect();
    for (place, code, size, _) in remembered.iter().filter(|(_, _, size, _)| *size > head.size()) {
        let says = format!("the {place} has seen {size} leaves, and the log has {}", head.size());
        audit.add(code, place, says);
    }

    let made = grow(audit, connection, state, &remembered).await?;
    if made != *head {
        let says = format!(
            "the head says {} leaves and the root {}, and the leaves make {} and {}",
            head.size(),
            head.root(),
            made.size(),
            made.root()
        );
        audit.add("head-differs", "log_head", says);
    }
    Ok(signed_checkpoint(audit, connection, &ours, trust).await?)
}

/// Who remembers which root at which size: place, code, size, root.
pub(super) type Remembered = (&'static str, &'static str, u64, Digest);

/// Makes the tree from the leaves, as far as these follow each other. What the store has beside them, checkpoints and nodes, is read along
/// with it and let go, so that a long log takes no more memory than a short one.
async fn grow(
    audit: &mut Audit,
    connection: &mut AnyConnection,
    state: &RecordState,
    remembered: &[Remembered],
) -> Result<LogHead, StoreError> {
    let mut head = LogHead::default();
    let mut newest = Timestamp::MIN;
    let (mut checkpoints, mut nodes) = (StoredCheckpoints::default(), StoredNodes::default());
    checkpoints.compare(audit, connection, &head, remembered).await?;
    'leaves: loop {
        let Some(leaves) = audit.note(audit_read::leaves(connection, head.size(), SOME).await)? else {
            break;
        };
        if leaves.is_empty() {
            break;
        }
        let mut growth = Growth::after(head);
        for (leaf, _) in leaves {
            let expected = growth.head().size();
            if leaf.index != expected {
                let says = format!("the leaf {expected} is missing: the next is {}", leaf.index);
                audit.add("leaf-missing", "log_leaf", says);
                nodes.compare(audit, connection, &growth).await?;
                head = growth.head().clone();
                break 'leaves;
            }
            if leaf.issued < newest || leaf.issued > state.newest {
                let says = format!("the leaf {expected} is of {}, out of its order", leaf.issued);
                audit.add("leaf-time", "log_leaf", says);
            }
            newest = leaf.issued.max(newest);
            growth.append(&leaf.digest);
            checkpoints.compare(audit, connection, growth.head(), remembered).await?;
        }
        nodes.compare(audit, connection, &growth).await?;
        head = growth.head().clone();
    }
    checkpoints.demand_none_beyond(audit, connection, state.head.size()).await?;
    nodes.demand_none_left(audit, connection).await?;
    Ok(head)
}

async fn signed_checkpoint(
    audit: &mut Audit,
    connection: &mut AnyConnection,
    ours: &Checkpoint,
    trust: &[TrustState],
) -> Result<(), StoreError> {
    let place = "log_head";
    let Some((file, text)) = audit.note(log_read::checkpoint(connection).await)? else { return Ok(()) };
    let (Some(file), Some(text)) = (file, text) else {
        if ours.size > 0 {
            audit.add("checkpoint-missing", place, "there are answers, and no signed checkpoint".to_owned());
        }
        return Ok(());
    };
    let genuine = UnverifiedFile::read(&file)
        .map_err(Into::into)
        .and_then(|file| judged(trust, |trust| verify_checkpoint(&file.document, trust)));
    match genuine {
        Err(error) => audit.add("checkpoint-not-genuine", place, format!("the signed checkpoint: {error}")),
        Ok(signed) => {
            let signed = signed.payload();
            if (signed.size, signed.root) != (ours.size, ours.root) {
                let says = format!(
                    "the signed checkpoint is of {} leaves and the root {}, and the head of {} and {}",
                    signed.size, signed.root, ours.size, ours.root
                );
                audit.add("checkpoint-differs", place, says);
            }
            if !text.starts_with(&note::text(signed)) {
                audit.add("checkpoint-differs", place, "the note is of another checkpoint".to_owned());
            }
        }
    }
    Ok(())
}
