//! The part of the book that was sold: license keys and subscriptions, and what of them counts at an instant.

use std::collections::BTreeMap;

use license_format::{Digest, LicenseKey, Metric, Thumbprint, Timestamp, payload::OverLimit};
use sqlx::AnyConnection;

use super::{
    Columns, StoreError,
    rows::{Value, read_where_in},
};
use crate::{
    exchange::{Overdraft, Seats, SoldGrant, SoldKey, SubscriptionRecord, Terms},
    ids::SubscriptionId,
};

/// The licenses of `lease` that count: see `InstallationRecord::counted`, which says the same of values.
macro_rules! counted {
    ($select:literal, $where:literal) => {
        concat!(
            $select,
            " FROM lease",
            " JOIN slot ON slot.installation = lease.installation AND slot.license_type = lease.license_type",
            " JOIN installation ON installation.thumbprint = lease.installation",
            " JOIN lease_seats ON lease_seats.license = lease.license",
            " WHERE lease.abandoned = 0 AND lease.counter > slot.ended AND lease.counter >= slot.held",
            " AND (lease.ends > $1 OR installation.clock_behind = 1) AND ",
            $where
        )
    };
}

/// License keys by digest, with where each is at home now.
pub(super) async fn read_keys(
    connection: &mut AnyConnection,
    wanted: &[Digest],
    now: Timestamp,
) -> Result<BTreeMap<Digest, SoldKey>, StoreError> {
    let wanted = digests(wanted);
    let sql = "SELECT license_key.id, license_key.digest, license_key.key_text, license_key.quota, license_key.blocked, \
               license_key.installations, license_key.subscription, subscription.account \
               FROM license_key JOIN subscription ON subscription.id = license_key.subscription WHERE license_key.digest IN ({})";
    let mut keys = BTreeMap::new();
    for row in read_where_in(connection, sql, &[], &wanted).await? {
        let columns = Columns::of("license_key", &row);
        let key: LicenseKey = columns.parsed("key_text")?;
        let sold = SoldKey {
            id: columns.parsed("id")?,
            account: columns.parsed("account")?,
            subscription: columns.parsed("subscription")?,
            license_type: key.license_type(),
            last_group: key.last_group(),
            quota: columns.optional_count("quota")?,
            blocked: columns.flag("blocked")?,
            installations: columns.count("installations")?,
            moves: 0,
            homes: BTreeMap::new(),
        };
        keys.insert(columns.digest("digest")?, sold);
    }
    let sql = "SELECT license_key, COUNT(*) AS moves FROM counted_move WHERE license_key IN ({}) GROUP BY license_key";
    for row in read_where_in(connection, sql, &[], &wanted).await? {
        let columns = Columns::of("counted_move", &row);
        if let Some(key) = keys.get_mut(&columns.digest("license_key")?) {
            key.moves = columns.count("moves")?;
        }
    }
    let sql = counted!(
        "SELECT DISTINCT lease.license_key, lease.installation, lease.ends",
        "lease.license_key IN ({}) ORDER BY lease.ends"
    );
    for row in read_where_in(connection, sql, &[now.into()], &wanted).await? {
        let columns = Columns::of("lease", &row);
        let Some(key) = keys.get_mut(&columns.digest("license_key")?) else { continue };
        // Ascending, so that the longest of an installation stays.
        key.homes.insert(columns.fixed("installation", Thumbprint::from_slice)?, columns.time("ends")?);
    }
    Ok(keys)
}

/// What was bought, and what of it is out now.
pub(super) async fn read_subscriptions(
    connection: &mut AnyConnection,
    wanted: &[SubscriptionId],
    now: Timestamp,
) -> Result<BTreeMap<SubscriptionId, SubscriptionRecord>, StoreError> {
    const HOUR: u64 = 3600;
    const DAY: u64 = license_format::DAY;
    let wanted: Vec<Value> = wanted.iter().map(|id| id.as_str().into()).collect();
    let mut subscriptions = BTreeMap::new();
    let sql = "SELECT id, product, license_type, starts, ends, trial, offline_use, suspended, file_days, report_days, grace_days, \
               clock_tolerance_hours FROM subscription WHERE id IN ({})";
    for row in read_where_in(connection, sql, &[], &wanted).await? {
        let columns = Columns::of("subscription", &row);
        let record = SubscriptionRecord {
            product: columns.parsed("product")?,
            license_type: columns.parsed("license_type")?,
            start: columns.time("starts")?,
            end: columns.time("ends")?,
            trial: columns.flag("trial")?,
            offline_use: columns.flag("offline_use")?,
            suspended: columns.flag("suspended")?,
            grants: Vec::new(),
            terms: Terms {
                file: columns.count("file_days")? * DAY,
                report: columns.count("report_days")? * DAY,
                grace: columns.count("grace_days")? * DAY,
                tolerance: columns.count("clock_tolerance_hours")? * HOUR,
            },
            overdraft: Vec::new(),
            counted: Seats::new(),
            next_end: None,
        };
        subscriptions.insert(columns.parsed("id")?, record);
    }
    let sql = "SELECT subscription, metric, seats, edition, over_limit, over_limit_days, after_end_days FROM subscription_grant \
               WHERE subscription IN ({}) ORDER BY subscription, metric";
    for row in read_where_in(connection, sql, &[], &wanted).await? {
        let columns = Columns::of("subscription_grant", &row);
        let (metric, seats) = metric_and_seats(&columns)?;
        let days = columns.optional_count("over_limit_days")?;
        let over_limit = columns.named("over_limit", |name| match (name, days) {
            ("notify", _) => Some(OverLimit::Notify),
            ("refuse", _) => Some(OverLimit::Refuse),
            ("suspend", Some(days)) => Some(OverLimit::SuspendAfterDays(days)),
            _ => None,
        })?;
        let grant = SoldGrant {
            metric,
            seats,
            edition: columns.parsed("edition")?,
            over_limit,
            after_end_days: columns.count("after_end_days")?,
        };
        subscription_of(&mut subscriptions, &columns)?.grants.push(grant);
    }
    let sql = "SELECT subscription, metric, seats, ends, granted FROM overdraft WHERE ends > $1 AND subscription IN ({})";
    for row in read_where_in(connection, sql, &[now.into()], &wanted).await? {
        let columns = Columns::of("overdraft", &row);
        let (metric, seats) = metric_and_seats(&columns)?;
        let entry =
            Overdraft { metric, seats, ends: columns.time("ends")?, granted: columns.flag("granted")? };
        subscription_of(&mut subscriptions, &columns)?.overdraft.push(entry);
    }
    // A slot counts the maximum over its counted licenses; a subscription counts the sum over slots.
    let sql = counted!(
        "SELECT subscription, metric, CAST(SUM(seats) AS BIGINT) AS seats, MIN(ends) AS ends FROM (\
         SELECT lease.subscription AS subscription, lease_seats.metric AS metric, MAX(lease_seats.seats) AS seats, MIN(lease.ends) AS ends",
        "lease.subscription IN ({}) GROUP BY lease.subscription, lease_seats.metric, lease.installation, lease.license_type) AS per_slot \
         GROUP BY subscription, metric"
    );
    for row in read_where_in(connection, sql, &[now.into()], &wanted).await? {
        let columns = Columns::of("lease", &row);
        let (metric, seats) = metric_and_seats(&columns)?;
        let ends = columns.time("ends")?;
        let subscription = subscription_of(&mut subscriptions, &columns)?;
        subscription.counted.insert(metric, seats);
        subscription.next_end = Some(subscription.next_end.map_or(ends, |next| next.min(ends)));
    }
    Ok(subscriptions)
}

pub(super) fn metric_and_seats(columns: &Columns<'_>) -> Result<(Metric, u64), StoreError> {
    Ok((columns.named("metric", Metric::from_name)?, columns.count("seats")?))
}

fn subscription_of<'a>(
    records: &'a mut BTreeMap<SubscriptionId, SubscriptionRecord>,
    columns: &Columns<'_>,
) -> Result<&'a mut SubscriptionRecord, StoreError> {
    let id: SubscriptionId = columns.parsed("subscription")?;
    records.get_mut(&id).ok_or_else(|| columns.damaged("subscription", "is not known"))
}

pub(super) fn digests(digests: &[Digest]) -> Vec<Value> {
    digests.iter().map(|digest| digest.as_bytes().into()).collect()
}
