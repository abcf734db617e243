//! Writing how a fork was resolved: the one place where a chain is replaced and marks may fall, since they are another branch's.

use license_format::Timestamp;
use sqlx::AnyConnection;

use super::{
    StoreError, big,
    exchange_write::{SLOT, demand, slot_row},
    rows::write_rows,
};
use crate::exchange::Resolution;

/// The reason that books say for what a resolved fork costs.
const RESOLVED: &str = "fork resolved for the second branch";

/// Writes a resolution. The condition is that the fork is still there: of two administrators one decides.
pub(crate) async fn write_resolution(
    connection: &mut AnyConnection,
    Resolution { installation, replaced }: &Resolution,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = installation.as_bytes().to_vec();
    let sql = "UPDATE installation SET fork_counter = NULL, fork_digest = NULL, fork_seen = NULL \
               WHERE thumbprint = $1 AND fork_counter IS NOT NULL";
    let written = sqlx::query(sql).bind(id.clone()).execute(&mut *connection).await?.rows_affected();
    demand(written, 1, "installation")?;
    let Some(replaced) = replaced else { return Ok(()) };
    let sql = "DELETE FROM chain WHERE installation = $1 AND counter >= $2";
    sqlx::query(sql).bind(id.clone()).bind(big(replaced.from)).execute(&mut *connection).await?;
    let rows = replaced
        .chain
        .iter()
        .map(|(counter, digest)| {
            vec![installation.as_bytes().into(), (*counter).into(), digest.as_bytes().into()]
        })
        .collect();
    write_rows(connection, "INSERT INTO chain (installation, counter, digest) VALUES", "", rows).await?;
    let newest = replaced.chain.last_key_value().map_or(0, |(counter, _)| *counter);
    let sql = "UPDATE installation SET newest = $2 WHERE thumbprint = $1";
    sqlx::query(sql).bind(id.clone()).bind(big(newest)).execute(&mut *connection).await?;
    // The one place where marks may fall: they are another branch's.
    sqlx::query("DELETE FROM slot WHERE installation = $1")
        .bind(id.clone())
        .execute(&mut *connection)
        .await?;
    let rows = replaced
        .slots
        .iter()
        .map(|(license_type, marks)| slot_row(installation, *license_type, *marks))
        .collect();
    write_rows(connection, SLOT, "", rows).await?;
    for license in &replaced.abandoned {
        let sql = "UPDATE lease SET abandoned = 1 WHERE license = $1 AND abandoned = 0";
        let written = sqlx::query(sql)
            .bind(license.as_bytes().to_vec())
            .execute(&mut *connection)
            .await?
            .rows_affected();
        demand(written, 1, "lease")?;
    }
    let rows = replaced
        .overdraft
        .iter()
        .map(|(subscription, entry)| {
            let (seats, ends, granted) = (entry.seats.into(), entry.ends.into(), entry.granted.into());
            vec![
                subscription.as_str().into(),
                entry.metric.name().into(),
                seats,
                ends,
                granted,
                RESOLVED.into(),
                now.into(),
            ]
        })
        .collect();
    let head = "INSERT INTO overdraft (subscription, metric, seats, ends, granted, reason, created) VALUES";
    write_rows(connection, head, "", rows).await?;
    let spent = replaced
        .spends
        .iter()
        .map(|key| vec![key.as_bytes().into(), installation.as_bytes().into(), RESOLVED.into(), now.into()]);
    let head = "INSERT INTO counted_move (license_key, installation, reason, created) VALUES";
    write_rows(connection, head, "", spent.collect()).await?;
    Ok(())
}
