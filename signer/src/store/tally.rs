//! Reading and writing tallies: the sums of what leases count, and when these fall.

use std::collections::{BTreeMap, BTreeSet};

use license_format::{Digest, Timestamp};
use sqlx::AnyConnection;

use super::{
    Columns, StoreError,
    rows::{Value, read_where_in, write_rows, write_where_in},
    seconds,
};
use crate::exchange::{Book, Change, Lapses, Standing, Tally};

/// How a tally is called in its rows.
pub(super) fn name(tally: &Tally) -> String {
    match tally {
        Tally::Seats(subscription, metric) => format!("seats:{}:{}", subscription.as_str(), metric.name()),
        Tally::KeySeats(key, metric) => format!("key:{key}:{}", metric.name()),
        Tally::Homes(key) => format!("homes:{key}"),
    }
}

/// Fills in the tallies of a book's keys and subscriptions, and of what is reserved there, at an instant.
pub(super) async fn read_tallies(
    connection: &mut AnyConnection,
    book: &mut Book,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut wanted: BTreeSet<Tally> = book.keys.keys().map(|key| Tally::Homes(*key)).collect();
    let mut falls = BTreeSet::new();
    for (id, subscription) in &book.subscriptions {
        falls.extend(subscription.falls(now));
        let of_subscription =
            book.keys.iter().filter(|(_, key)| key.subscription == *id).map(|(digest, _)| *digest);
        let keys: BTreeSet<Digest> =
            of_subscription.chain(subscription.reserves.iter().map(|reserve| reserve.key)).collect();
        for metric in subscription.grants.iter().map(|grant| &grant.counted_as) {
            wanted.insert(Tally::Seats(id.clone(), *metric));
            wanted.extend(keys.iter().map(|key| Tally::KeySeats(*key, *metric)));
        }
    }
    book.tallies = standings(connection, wanted, &falls, now).await?;
    Ok(())
}

/// Tallies at an instant, and at others that are to come.
pub(crate) async fn standings(
    connection: &mut AnyConnection,
    wanted: BTreeSet<Tally>,
    later: &BTreeSet<Timestamp>,
    now: Timestamp,
) -> Result<BTreeMap<Tally, Standing>, StoreError> {
    let tallies: BTreeMap<String, Tally> = wanted.into_iter().map(|tally| (name(&tally), tally)).collect();
    let names: Vec<Value> = tallies.keys().map(|name| name.as_str().into()).collect();
    let mut standings = BTreeMap::new();
    // The next two, since the next may be the asker's own.
    let sql = "SELECT what, amount, \
               (SELECT CAST(COALESCE(SUM(lapse.amount), 0) AS BIGINT) FROM tally_lapse AS lapse \
               WHERE lapse.what = tally.what AND lapse.ends <= $1) AS lapsed, \
               (SELECT ends FROM tally_lapse AS lapse WHERE lapse.what = tally.what AND lapse.ends > $1 ORDER BY ends LIMIT 1) AS first_ends, \
               (SELECT amount FROM tally_lapse AS lapse WHERE lapse.what = tally.what AND lapse.ends > $1 ORDER BY ends LIMIT 1) \
               AS first_amount, \
               (SELECT ends FROM tally_lapse AS lapse WHERE lapse.what = tally.what AND lapse.ends > $1 ORDER BY ends LIMIT 1 OFFSET 1) \
               AS second_ends, \
               (SELECT amount FROM tally_lapse AS lapse WHERE lapse.what = tally.what AND lapse.ends > $1 ORDER BY ends LIMIT 1 OFFSET 1) \
               AS second_amount FROM tally WHERE what IN ({})";
    for row in read_where_in(connection, sql, &[now.into()], &names).await? {
        let columns = Columns::of("tally", &row);
        // What has lapsed since somebody last wrote it off counts no more.
        let now = columns.count("amount")?.saturating_add_signed(-columns.amount("lapsed")?);
        let mut standing = Standing { now, ..Standing::default() };
        for (ends, amount) in [("first_ends", "first_amount"), ("second_ends", "second_amount")] {
            if let Some(instant) = columns.optional_time(ends)? {
                standing.next.insert(instant, columns.amount(amount)?);
            }
        }
        standings.insert(known(&tallies, &columns)?.clone(), standing);
    }
    for instant in later {
        let fallen = fallen(connection, &tallies, &names, now, *instant).await?;
        for (tally, standing) in &mut standings {
            let lapses = fallen.get(tally).copied().unwrap_or(0);
            standing.later.insert(*instant, standing.now.saturating_add_signed(-lapses));
        }
    }
    Ok(standings)
}

/// By how much tallies fall after an instant and up to another.
async fn fallen(
    connection: &mut AnyConnection,
    tallies: &BTreeMap<String, Tally>,
    names: &[Value],
    after: Timestamp,
    until: Timestamp,
) -> Result<BTreeMap<Tally, i64>, StoreError> {
    let sql = "SELECT what, CAST(SUM(amount) AS BIGINT) AS amount FROM tally_lapse \
               WHERE ends > $1 AND ends <= $2 AND what IN ({}) GROUP BY what";
    let rows = read_where_in(connection, sql, &[after.into(), until.into()], names).await?;
    let fallen = rows.iter().map(|row| {
        let columns = Columns::of("tally_lapse", row);
        Ok((known(tallies, &columns)?.clone(), columns.amount("amount")?))
    });
    fallen.collect()
}

fn known<'a>(tallies: &'a BTreeMap<String, Tally>, columns: &Columns<'_>) -> Result<&'a Tally, StoreError> {
    let name = columns.text("what")?;
    tallies.get(&name).ok_or_else(|| columns.damaged("what", format_args!("is {name:?}")))
}

/// Writes off what has lapsed of the tallies that a batch changes, then the changes.
pub(crate) async fn write_tallies(
    connection: &mut AnyConnection,
    changes: &[Change],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut lapses: BTreeMap<(String, Timestamp), i64> = BTreeMap::new();
    let mut amounts: BTreeMap<String, i64> = BTreeMap::new();
    for change in changes {
        let Change::Tally { tally, ends, amount } = change else { continue };
        *lapses.entry((name(tally), *ends)).or_default() += amount;
        *amounts.entry(name(tally)).or_default() += amount;
    }
    let names: Vec<Value> = amounts.keys().map(|name| name.as_str().into()).collect();
    let sql = "UPDATE tally SET amount = amount - (SELECT CAST(COALESCE(SUM(lapse.amount), 0) AS BIGINT) FROM tally_lapse AS lapse \
               WHERE lapse.what = tally.what AND lapse.ends <= $1) WHERE what IN ({})";
    write_where_in(connection, sql, &[now.into()], &names).await?;
    let sql = "DELETE FROM tally_lapse WHERE ends <= $1 AND what IN ({})";
    write_where_in(connection, sql, &[now.into()], &names).await?;
    let falls = lapses.values().any(|amount| *amount < 0);
    let rows = lapses.into_iter().filter(|(_, amount)| *amount != 0);
    let rows = rows.map(|((what, ends), amount)| vec![what.as_str().into(), ends.into(), Value::Int(amount)]);
    let head = "INSERT INTO tally_lapse (what, ends, amount) VALUES";
    let tail = "ON CONFLICT (what, ends) DO UPDATE SET amount = tally_lapse.amount + excluded.amount";
    write_rows(connection, head, tail, rows.collect()).await?;
    if falls {
        sqlx::query("DELETE FROM tally_lapse WHERE amount = 0").execute(&mut *connection).await?;
    }
    let rows = amounts.into_iter().map(|(what, amount)| vec![what.as_str().into(), Value::Int(amount)]);
    let head = "INSERT INTO tally (what, amount) VALUES";
    let tail = "ON CONFLICT (what) DO UPDATE SET amount = tally.amount + excluded.amount";
    write_rows(connection, head, tail, rows.collect()).await?;
    Ok(())
}

/// When a tally falls, and by how much: all of it, day by day.
pub(crate) async fn descent(
    connection: &mut AnyConnection,
    tally: &Tally,
    now: Timestamp,
) -> Result<Lapses, StoreError> {
    let sql = "SELECT CAST(MAX(ends) AS BIGINT) AS ends, CAST(SUM(amount) AS BIGINT) AS amount FROM tally_lapse \
               WHERE what = $1 AND ends > $2 GROUP BY ends / 86400";
    let rows = sqlx::query(sql).bind(name(tally)).bind(seconds(now)).fetch_all(connection).await?;
    let fall = |row| {
        let columns = Columns::of("tally_lapse", row);
        Ok((columns.time("ends")?, columns.amount("amount")?))
    };
    rows.iter().map(fall).collect()
}
