//! The part of the book that was sold: license keys and subscriptions, at an instant.

use std::collections::BTreeMap;

use license_format::{Digest, LicenseKey, Metric, Thumbprint, Timestamp, payload::OverLimit};
use sqlx::AnyConnection;

use super::{
    Columns, StoreError,
    rows::{Value, read_where_in},
};
use crate::{
    exchange::{ActivationCode, Draw, Overdraft, Reserve, SoldGrant, SoldKey, SubscriptionRecord, Terms},
    ids::{AccountId, SubscriptionId},
    people::Asker,
};

/// License keys by digest. One that was deleted is not there.
pub(super) async fn read_keys(
    connection: &mut AnyConnection,
    named: &[Digest],
) -> Result<BTreeMap<Digest, SoldKey>, StoreError> {
    let wanted = digests(named);
    let sql = "SELECT license_key.id, license_key.digest, license_key.key_text, license_key.quota, license_key.draw, \
               license_key.headroom, license_key.ends, license_key.blocked, license_key.installations, license_key.subscription, \
               (SELECT COUNT(*) FROM counted_move WHERE counted_move.license_key = license_key.digest) AS moves, \
               subscription.account FROM license_key JOIN subscription ON subscription.id = license_key.subscription \
               WHERE license_key.deleted IS NULL AND license_key.digest IN ({})";
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
            draw: read_draw(&columns)?,
            ends: columns.optional_time("ends")?,
            blocked: columns.flag("blocked")?,
            installations: columns.count("installations")?,
            moves: columns.count("moves")?,
        };
        keys.insert(columns.digest("digest")?, sold);
    }
    Ok(keys)
}

/// How many counted moves keys have spent. Those that have spent none are not there.
pub(crate) async fn counted_moves(
    connection: &mut AnyConnection,
    keys: &[Digest],
) -> Result<BTreeMap<Digest, u64>, StoreError> {
    let sql = "SELECT license_key, COUNT(*) AS moves FROM counted_move WHERE license_key IN ({}) GROUP BY license_key";
    let rows = read_where_in(connection, sql, &[], &digests(keys)).await?;
    let spent = |row| {
        let columns = Columns::of("counted_move", row);
        Ok((columns.digest("license_key")?, columns.count("moves")?))
    };
    rows.iter().map(spent).collect()
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
            reserves: Vec::new(),
        };
        subscriptions.insert(columns.parsed("id")?, record);
    }
    let sql = "SELECT subscription, metric, seats, edition, counted_as, over_limit, over_limit_days, after_end_days, features \
               FROM subscription_grant \
               WHERE subscription IN ({}) ORDER BY subscription, metric";
    for row in read_where_in(connection, sql, &[], &wanted).await? {
        let columns = Columns::of("subscription_grant", &row);
        let (metric, seats) = metric_and_seats(&columns)?;
        let grant = SoldGrant {
            metric,
            seats,
            edition: columns.parsed("edition")?,
            counted_as: columns.named("counted_as", Metric::from_name)?,
            over_limit: read_over_limit(&columns)?,
            after_end_days: columns.count("after_end_days")?,
            features: columns.parsed("features")?,
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
    let sql = "SELECT subscription, digest, quota, ends FROM license_key \
               WHERE draw = 'reserved' AND deleted IS NULL AND (ends IS NULL OR ends > $1) AND subscription IN ({})";
    for row in read_where_in(connection, sql, &[now.into()], &wanted).await? {
        let columns = Columns::of("license_key", &row);
        let reserve = Reserve {
            key: columns.digest("digest")?,
            seats: columns.count("quota")?,
            ends: columns.optional_time("ends")?,
        };
        subscription_of(&mut subscriptions, &columns)?.reserves.push(reserve);
    }
    Ok(subscriptions)
}

/// Activation codes that these requests name, and those that these installations have used, each with its account.
pub(super) async fn read_codes(
    connection: &mut AnyConnection,
    named: &[(Digest, Asker)],
    users: &[(Thumbprint, Asker)],
) -> Result<BTreeMap<Digest, (ActivationCode, AccountId)>, StoreError> {
    // Both are digests, of different things: in one list they cannot be taken for each other.
    let users = users.iter().map(|(user, _)| user.as_bytes().into());
    let either: Vec<Value> = named.iter().map(|(named, _)| named.as_bytes().into()).chain(users).collect();
    let sql = "SELECT activation_code.code_text, activation_code.license_key, activation_code.expires, activation_code.used_by, \
               subscription.account FROM activation_code \
               JOIN license_key ON license_key.digest = activation_code.license_key \
               JOIN subscription ON subscription.id = license_key.subscription \
               WHERE activation_code.digest IN ({}) OR activation_code.used_by IN ({})";
    let mut codes = BTreeMap::new();
    for row in read_where_in(connection, sql, &[], &either).await? {
        let columns = Columns::of("activation_code", &row);
        let text: LicenseKey = columns.parsed("code_text")?;
        let code = ActivationCode {
            key: columns.digest("license_key")?,
            last_group: text.last_group(),
            expires: columns.time("expires")?,
            used_by: columns.optional_fixed("used_by", Thumbprint::from_slice)?,
        };
        codes.insert(text.digest(), (code, columns.parsed("account")?));
    }
    Ok(codes)
}

/// What seats of a subscription are sold as now, by the metric that leases count them as.
pub(crate) async fn sold_as(
    connection: &mut AnyConnection,
    subscription: &SubscriptionId,
) -> Result<BTreeMap<Metric, Metric>, StoreError> {
    let sql = "SELECT counted_as, metric FROM subscription_grant WHERE subscription = $1";
    let rows = sqlx::query(sql).bind(subscription.as_str()).fetch_all(connection).await?;
    let pair = |row| {
        let columns = Columns::of("subscription_grant", row);
        Ok((columns.named("counted_as", Metric::from_name)?, columns.named("metric", Metric::from_name)?))
    };
    rows.iter().map(pair).collect()
}

/// How a key draws on its subscription.
pub(crate) fn read_draw(columns: &Columns<'_>) -> Result<Draw, StoreError> {
    let headroom = columns.optional_count("headroom")?;
    columns.named("draw", |name| match (name, headroom) {
        ("open", None) => Some(Draw::Open),
        ("reserved", None) => Some(Draw::Reserved),
        ("dynamic", Some(headroom)) => Some(Draw::Dynamic { headroom }),
        _ => None,
    })
}

/// How a row writes how a key draws: its name, and the headroom if it has any.
pub(crate) fn draw_columns(draw: Draw) -> (&'static str, Option<u64>) {
    match draw {
        Draw::Open => ("open", None),
        Draw::Reserved => ("reserved", None),
        Draw::Dynamic { headroom } => ("dynamic", Some(headroom)),
    }
}

/// What happens over the limit of a grant.
pub(crate) fn read_over_limit(columns: &Columns<'_>) -> Result<OverLimit, StoreError> {
    let days = columns.optional_count("over_limit_days")?;
    columns.named("over_limit", |name| match (name, days) {
        ("notify", None) => Some(OverLimit::Notify),
        ("suspend", Some(days)) => Some(OverLimit::SuspendAfterDays(days)),
        ("refuse", None) => Some(OverLimit::Refuse),
        _ => None,
    })
}

/// How a row writes what happens over the limit: its name, and the days if it has any.
pub(crate) fn over_limit_columns(over_limit: OverLimit) -> (&'static str, Option<u64>) {
    match over_limit {
        OverLimit::Notify => ("notify", None),
        OverLimit::SuspendAfterDays(days) => ("suspend", Some(days)),
        OverLimit::Refuse => ("refuse", None),
    }
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
