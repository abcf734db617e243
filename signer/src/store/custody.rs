//! Writing what people decide about installations: a fork resolved, a counted move, a key barred. Resolving is the one place where a chain
//! is replaced and marks may fall, since they are another branch's.

use license_format::{Digest, LicenseId, Thumbprint, Timestamp};
use sqlx::AnyConnection;

use super::{
    StoreError, big,
    exchange_write::{SLOT, demand, slot_row},
    rows::write_rows,
};
use crate::{
    exchange::{Bar, Moved, Overdraft, Resolution},
    ids::SubscriptionId,
    people::Actor,
};

/// The reason that books say for what a resolved fork costs.
const RESOLVED: &str = "fork resolved for the second branch";

/// Writes a resolution. The condition is that the fork is still there: of two administrators one decides.
pub(crate) async fn write_resolution(
    connection: &mut AnyConnection,
    Resolution { installation, replaced }: &Resolution,
    by: &Actor,
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
        let sql =
            "UPDATE lease SET given_up = 'branch' WHERE license = $1 AND COALESCE(given_up, 'move') = 'move'";
        let written = sqlx::query(sql)
            .bind(license.as_bytes().to_vec())
            .execute(&mut *connection)
            .await?
            .rows_affected();
        demand(written, 1, "lease")?;
    }
    // Its seats stay booked, as those of a key that has moved.
    for license in &replaced.taken_back {
        let sql = "UPDATE lease SET given_up = 'move' WHERE license = $1 AND given_up = 'branch'";
        let written = sqlx::query(sql).bind(license.as_bytes().to_vec()).execute(&mut *connection).await?;
        demand(written.rows_affected(), 1, "lease")?;
    }
    write_booked(connection, &replaced.overdraft, RESOLVED, by, now).await?;
    let spent: Vec<Digest> = replaced.spends.iter().copied().collect();
    write_spent(connection, &spent, installation, RESOLVED, now).await
}

/// Writes a counted move: what the old home may still honour is booked, and it may not use the key any more.
pub(crate) async fn write_moved(
    connection: &mut AnyConnection,
    Moved { key, from, booked, overdraft }: &Moved,
    reason: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    for license in booked {
        let sql = "UPDATE lease SET given_up = 'move' WHERE license = $1 AND given_up IS NULL";
        let written = sqlx::query(sql).bind(license.as_bytes().to_vec()).execute(&mut *connection).await?;
        demand(written.rows_affected(), 1, "lease")?;
    }
    write_booked(connection, overdraft, reason, by, now).await?;
    write_spent(connection, &[*key], from, reason, now).await?;
    write_bar(connection, from, key, Bar::Moved, reason, now).await
}

/// Says that an installation may not use a key. What was said before gives way.
pub(crate) async fn write_bar(
    connection: &mut AnyConnection,
    installation: &Thumbprint,
    key: &Digest,
    why: Bar,
    note: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let why = match why {
        Bar::Blocked => "blocked",
        Bar::Moved => "moved",
    };
    let row =
        vec![installation.as_bytes().into(), key.as_bytes().into(), why.into(), note.into(), now.into()];
    let head = "INSERT INTO bar (installation, license_key, why, note, created) VALUES";
    let tail = "ON CONFLICT (installation, license_key) DO UPDATE \
                SET why = excluded.why, note = excluded.note, created = excluded.created";
    write_rows(connection, head, tail, vec![row]).await?;
    Ok(())
}

async fn write_booked(
    connection: &mut AnyConnection,
    booked: &[(SubscriptionId, LicenseId, Overdraft)],
    reason: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = booked.iter().map(|(subscription, license, entry)| {
        vec![
            subscription.as_str().into(),
            entry.metric.name().into(),
            entry.seats.into(),
            entry.ends.into(),
            entry.granted.into(),
            license.as_bytes().into(),
            reason.into(),
            by.to_string().as_str().into(),
            now.into(),
        ]
    });
    let head = "INSERT INTO overdraft (subscription, metric, seats, ends, granted, license, reason, who, created) VALUES";
    write_rows(connection, head, "", rows.collect()).await?;
    Ok(())
}

async fn write_spent(
    connection: &mut AnyConnection,
    keys: &[Digest],
    installation: &Thumbprint,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = keys
        .iter()
        .map(|key| vec![key.as_bytes().into(), installation.as_bytes().into(), reason.into(), now.into()]);
    let head = "INSERT INTO counted_move (license_key, installation, reason, created) VALUES";
    write_rows(connection, head, "", rows.collect()).await?;
    Ok(())
}
