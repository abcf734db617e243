//! Leaves, nodes, head, signed checkpoint, witness, and a checkpoint that somebody kept: one tree.

use std::collections::BTreeMap;

use license_format::{Digest, Timestamp, UnverifiedFile, payload::Checkpoint};
use sqlx::AnyConnection;
use verifier::{TrustState, verify::verify_checkpoint};

use super::{Audit, SOME};
use crate::{
    log::{Growth, LogError, LogHead, Node, Nodes, export::demand_same_log, note, origin},
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
        demand_same_log(&ours, kept)?;
    }
    // Roots that somebody outside of the store remembers.
    let witness = witness.filter(|witness| witness.record == vendor.record);
    let mut remembered: BTreeMap<u64, Vec<(&'static str, &'static str, Digest)>> = BTreeMap::new();
    for (place, code, size, root) in witness
        .map(|witness| ("witness", "witness-differs", witness.log_size, witness.log_root))
        .into_iter()
        .chain(kept.map(|kept| ("checkpoint", "log-fork", kept.size, kept.root)))
    {
        if size > head.size() {
            let says = format!("the {place} has seen {size} leaves, and the log has {}", head.size());
            audit.add(code, place, says);
        }
        remembered.entry(size).or_default().push((place, code, root));
    }

    let rows = audit_read::checkpoints(connection).await;
    for (size, root) in audit.note(rows)?.unwrap_or_default() {
        if size > head.size() {
            audit.add(
                "checkpoint-differs",
                "log_checkpoint",
                format!("there is a checkpoint of {size} leaves"),
            );
        }
        remembered.entry(size).or_default().push(("log_checkpoint", "checkpoint-differs", root));
    }

    let (made, nodes) = grow(audit, connection, state, &remembered).await?;
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
    compare_nodes(audit, connection, &nodes).await?;
    Ok(signed_checkpoint(audit, connection, &ours, trust).await?)
}

/// Makes the tree from the leaves, as far as these follow each other, and looks at each remembered root on the way.
async fn grow(
    audit: &mut Audit,
    connection: &mut AnyConnection,
    state: &RecordState,
    remembered: &BTreeMap<u64, Vec<(&'static str, &'static str, Digest)>>,
) -> Result<(LogHead, Nodes), StoreError> {
    let mut head = LogHead::default();
    let mut nodes = Nodes::default();
    let mut newest = Timestamp::MIN;
    compare(audit, &head, remembered);
    loop {
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
                growth.kept().for_each(|(node, hash)| nodes.insert(node, hash));
                return Ok((growth.head().clone(), nodes));
            }
            if leaf.issued < newest || leaf.issued > state.newest {
                let says = format!("the leaf {expected} is of {}, out of its order", leaf.issued);
                audit.add("leaf-time", "log_leaf", says);
            }
            newest = leaf.issued.max(newest);
            growth.append(&leaf.digest);
            compare(audit, growth.head(), remembered);
        }
        growth.kept().for_each(|(node, hash)| nodes.insert(node, hash));
        head = growth.head().clone();
    }
    Ok((head, nodes))
}

fn compare(
    audit: &mut Audit,
    head: &LogHead,
    remembered: &BTreeMap<u64, Vec<(&'static str, &'static str, Digest)>>,
) {
    for (place, code, root) in remembered.get(&head.size()).into_iter().flatten() {
        let found = head.root();
        if *root != found {
            let says = format!(
                "at {} leaves the {place} has seen the root {root}, and the leaves make {found}",
                head.size()
            );
            audit.add(code, place, says);
        }
    }
}

async fn compare_nodes(
    audit: &mut Audit,
    connection: &mut AnyConnection,
    made: &Nodes,
) -> Result<(), StoreError> {
    let mut left = made.iter().peekable();
    let mut after: Option<Node> = None;
    loop {
        let Some(stored) = audit.note(audit_read::nodes(connection, after, SOME).await)? else {
            return Ok(());
        };
        let Some((last, _)) = stored.last() else { break };
        after = Some(*last);
        for (node, hash) in &stored {
            while let Some((missing, _)) = left.next_if(|(next, _)| next < node) {
                missing_node(audit, missing);
            }
            let name = format!("the node {} of level {}", node.position, node.level);
            match left.next_if(|(next, _)| next == node) {
                Some((_, expected)) if expected == *hash => {}
                Some(_) => {
                    audit.add("node-differs", "log_node", format!("{name} is not the hash of its leaves"))
                }
                None => audit.add(
                    "node-beyond",
                    "log_node",
                    format!("{name} stands for leaves that are not there"),
                ),
            }
        }
    }
    left.for_each(|(missing, _)| missing_node(audit, missing));
    Ok(())
}

fn missing_node(audit: &mut Audit, Node { level, position }: Node) {
    audit.add("node-missing", "log_node", format!("the node {position} of level {level} is missing"));
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
