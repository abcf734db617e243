//! Writing the log: the leaves of a batch, the nodes that they complete, the checkpoint and the head, in four statements whatever the
//! batch is.

use license_format::Timestamp;
use sqlx::AnyConnection;

use super::{StoreError, big, exchange_write::demand, rows::write_rows, seconds};
use crate::{
    issuer::SignedCheckpoint,
    log::{Growth, Stranger},
    lookout::NewLeaf,
};

/// What a batch did to the log.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) growth: Growth,
    /// Of the new head.
    pub(crate) checkpoint: SignedCheckpoint,
    /// What was added, in order.
    pub(crate) leaves: Vec<NewLeaf>,
}

/// Writes down who has seen another log than this, unless something is written of them already.
pub(crate) async fn write_strangers(
    connection: &mut AnyConnection,
    strangers: &[Stranger],
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = |stranger: &Stranger| {
        vec![
            stranger.installation.as_bytes().into(),
            stranger.request.as_bytes().into(),
            stranger.size.into(),
            stranger.root.as_bytes().into(),
            now.into(),
        ]
    };
    let head = "INSERT INTO log_stranger (installation, request, size, root, seen) VALUES";
    let rows = strangers.iter().map(row).collect();
    write_rows(connection, head, "ON CONFLICT (installation) DO NOTHING", rows).await?;
    Ok(())
}

/// Writes a batch's leaves. The head comes last, where the one that was read is again the condition.
pub(crate) async fn write_log(
    connection: &mut AnyConnection,
    logged: &Logged,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Logged { growth, checkpoint, leaves } = logged;
    let leaves = leaves
        .iter()
        .zip(growth.before().size()..)
        .map(|(leaf, position)| {
            vec![
                position.into(),
                leaf.digest.as_bytes().into(),
                leaf.kind.into(),
                leaf.code.as_str().into(),
                leaf.request.as_bytes().into(),
                now.into(),
            ]
        })
        .collect();
    let head = "INSERT INTO log_leaf (position, digest, kind, code, request, issued) VALUES";
    write_rows(connection, head, "", leaves).await?;
    let nodes = growth
        .kept()
        .map(|(node, hash)| vec![u64::from(node.level).into(), node.position.into(), hash.as_bytes().into()])
        .collect();
    write_rows(connection, "INSERT INTO log_node (level, position, hash) VALUES", "", nodes).await?;
    let row = vec![growth.head().size().into(), growth.head().root().as_bytes().into()];
    write_rows(connection, "INSERT INTO log_checkpoint (size, root) VALUES", "", vec![row]).await?;
    let sql = "UPDATE log_head SET size = $1, frontier = $2, issued = $3, checkpoint = $4, note = $5 \
               WHERE one = 1 AND size = $6 AND frontier = $7 AND issued <= $3";
    let written = sqlx::query(sql)
        .bind(big(growth.head().size()))
        .bind(growth.head().frontier_bytes())
        .bind(seconds(now))
        .bind(checkpoint.file())
        .bind(checkpoint.note().to_owned())
        .bind(big(growth.before().size()))
        .bind(growth.before().frontier_bytes())
        .execute(connection)
        .await?
        .rows_affected();
    demand(written, 1, "log_head")
}
