//! Reading the log: leaves and nodes, and whether the head is the one that they make.

use std::ops::Range;

use license_format::Digest;
use sqlx::{AnyConnection, any::AnyRow};
use verifier::log::leaf_hash;

use super::{
    Columns, StoreError, big,
    rows::{Value, read_where_in},
};
use crate::log::{Leaf, LogHead, Node, Nodes, sources};

/// Leaves in one statement.
const LEAVES: u64 = 5_000;

/// A log's head, brought forward to a size by the leaves that the store has after it.
pub(crate) async fn forward(
    connection: &mut AnyConnection,
    mut head: LogHead,
    size: u64,
) -> Result<LogHead, StoreError> {
    while head.size() < size {
        let end = size.min(head.size() + LEAVES);
        let sql = "SELECT digest FROM log_leaf WHERE position >= $1 AND position < $2 ORDER BY position";
        let rows = sqlx::query(sql).bind(big(head.size())).bind(big(end)).fetch_all(&mut *connection).await?;
        for row in &rows {
            head.append(&Columns::of("log_leaf", row).digest("digest")?);
        }
        if head.size() != end {
            return Err(StoreError::LogDamaged {
                detail: format!("it ends at {} of {size} leaves", head.size()),
            });
        }
    }
    Ok(head)
}

/// The hashes of some subtrees, from stored nodes: a statement for each level that the store keeps, whatever is asked.
pub(crate) async fn hashes(
    connection: &mut AnyConnection,
    subtrees: &[Range<u64>],
) -> Result<Vec<Digest>, StoreError> {
    let wanted = sources(subtrees);
    let mut nodes = Nodes::default();
    let mut levels: Vec<u32> = wanted.iter().map(|node| node.level).collect();
    levels.dedup();
    for level in levels {
        let positions: Vec<Value> = wanted
            .range(Node { level, position: 0 }..=Node { level, position: u64::MAX })
            .map(|node| node.position.into())
            .collect();
        let (sql, fixed) = match level {
            0 => ("SELECT position, digest AS hash FROM log_leaf WHERE position IN ({})", vec![]),
            _ => {
                let sql = "SELECT position, hash FROM log_node WHERE level = $1 AND position IN ({})";
                (sql, vec![u64::from(level).into()])
            }
        };
        for row in read_where_in(connection, sql, &fixed, &positions).await? {
            let columns = Columns::of("log_node", &row);
            let (position, hash) = (columns.count("position")?, columns.digest("hash")?);
            let hash = if level == 0 { leaf_hash(&hash) } else { hash };
            nodes.insert(Node { level, position }, hash);
        }
    }
    let hash = |subtree| {
        nodes.hash(subtree).ok_or_else(|| StoreError::LogDamaged {
            detail: format!("a node is missing under the leaves {} to {}", subtree.start, subtree.end),
        })
    };
    subtrees.iter().map(hash).collect()
}

/// Whether the head is the one that leaves and nodes make, and nothing lies beyond it. It reads no more than a proof does, so what an
/// untouched node stands for is not looked at: that is for `waybill log verify`.
pub(crate) async fn demand_fitting(connection: &mut AnyConnection, head: &LogHead) -> Result<(), StoreError> {
    let (subtrees, hashes_of_head): (Vec<_>, Vec<_>) =
        head.subtrees().map(|(node, hash)| (node.leaves(), hash)).unzip();
    if hashes(connection, &subtrees).await? != hashes_of_head {
        return Err(StoreError::LogDamaged { detail: "its head is not the one of its leaves".to_owned() });
    }
    let sql = "SELECT position FROM log_leaf WHERE position >= $1 ORDER BY position LIMIT 1";
    match sqlx::query(sql).bind(big(head.size())).fetch_optional(connection).await? {
        Some(row) => {
            let beyond = Columns::of("log_leaf", &row).count("position")?;
            Err(StoreError::LogDamaged {
                detail: format!("a leaf at {beyond} lies beyond its {} leaves", head.size()),
            })
        }
        None => Ok(()),
    }
}

/// The newest signed checkpoint, as a file of ours and as a note.
pub(crate) async fn checkpoint(
    connection: &mut AnyConnection,
) -> Result<(Option<Vec<u8>>, Option<String>), StoreError> {
    let row = sqlx::query("SELECT checkpoint, note FROM log_head").fetch_one(connection).await?;
    let columns = Columns::of("log_head", &row);
    Ok((columns.optional_fixed("checkpoint", |bytes| Some(bytes.to_vec()))?, columns.optional_text("note")?))
}

/// A leaf by its digest.
pub(crate) async fn leaf(
    connection: &mut AnyConnection,
    digest: &Digest,
) -> Result<Option<Leaf>, StoreError> {
    let sql = "SELECT position, digest, kind, code, issued FROM log_leaf WHERE digest = $1 ORDER BY position LIMIT 1";
    let row = sqlx::query(sql).bind(digest.as_bytes().to_vec()).fetch_optional(connection).await?;
    row.as_ref().map(read_leaf).transpose()
}

/// Some of the leaves of a range, from its beginning, which must be there.
pub(crate) async fn leaves(
    connection: &mut AnyConnection,
    range: Range<u64>,
) -> Result<Vec<Leaf>, StoreError> {
    let end = range.end.min(range.start + LEAVES);
    let sql = "SELECT position, digest, kind, code, issued FROM log_leaf WHERE position >= $1 AND position < $2 ORDER BY position";
    let rows = sqlx::query(sql).bind(big(range.start)).bind(big(end)).fetch_all(connection).await?;
    let leaves: Vec<Leaf> = rows.iter().map(read_leaf).collect::<Result<_, _>>()?;
    Ok(leaves
        .into_iter()
        .zip(range)
        .take_while(|(leaf, index)| leaf.index == *index)
        .map(|(leaf, _)| leaf)
        .collect())
}

pub(super) fn read_leaf(row: &AnyRow) -> Result<Leaf, StoreError> {
    let columns = Columns::of("log_leaf", row);
    Ok(Leaf {
        index: columns.count("position")?,
        digest: columns.digest("digest")?,
        kind: columns.text("kind")?,
        code: columns.text("code")?,
        issued: columns.time("issued")?,
    })
}
