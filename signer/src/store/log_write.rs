//! Writing the log: the leaves of a batch, the nodes that they complete, and the head, in three statements whatever the batch is.

use license_format::Timestamp;
use sqlx::AnyConnection;

use super::{
    StoreError, big,
    exchange_write::{Given, demand},
    rows::write_rows,
    seconds,
};
use crate::{answer::SignedCheckpoint, log::Growth};

/// What a batch did to the log.
#[derive(Debug)]
pub(crate) struct Logged {
    pub(crate) growth: Growth,
    /// Of the new head.
    pub(crate) checkpoint: SignedCheckpoint,
}

/// Writes a batch's leaves. The head comes last, where the one that was read is again the condition.
pub(super) async fn write_log(
    connection: &mut AnyConnection,
    given: &[Given],
    logged: &Logged,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Logged { growth, checkpoint } = logged;
    let leaves = given
        .iter()
        .zip(growth.before().size()..)
        .map(|(given, position)| {
            vec![
                position.into(),
                given.document.as_bytes().into(),
                given.kind.name().into(),
                given.code.as_str().into(),
                given.request.as_bytes().into(),
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
