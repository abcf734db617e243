//! Who changed what of a subscription and its keys. Rows are added in the transaction of the change itself, numbered in order.

use license_format::{DAY, Timestamp, payload::OverLimit};
use sqlx::{AnyConnection, any::AnyRow};

use super::{Catalog, LicenseKeyId, Result, Subscription, SubscriptionId};
use crate::{
    exchange::Features,
    paging::{Cursor, Paged, Part},
    people::{Actor, Asker},
    store::{Columns, StoreError, big, seconds},
};

/// One value that somebody changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// From 1, in order.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Actor,
    /// The license key, where it is about one.
    pub license_key: Option<LicenseKeyId>,
    /// What: `created`, or the name of a value such as `seats.managed-device` or `offline-use`.
    pub what: String,
    /// What it was; absent for what is new.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

impl Catalog {
    /// A page of the changes of a subscription and its keys, newest first. Refuses one that does not exist for who asks: `NotFound`.
    pub async fn changes(&self, asker: &Asker, id: &SubscriptionId, part: &Part) -> Result<Paged<Change>> {
        self.subscription(asker, id).await?;
        let before = part.values().and_then(|[number]| number.parse().ok()).unwrap_or(i64::MAX);
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(
            "SELECT number, license_key, at, who, what, value_before, value_after FROM subscription_change \
             WHERE subscription = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
        )
        .bind(id.as_str())
        .bind(before)
        .bind(part.asked())
        .fetch_all(&mut *connection)
        .await?;
        let changes: std::result::Result<Vec<Change>, StoreError> = rows.iter().map(read_change).collect();
        Ok(part.page(changes?, |change| Cursor::of(&[change.number.to_string().as_bytes()])))
    }

    /// The changes of a subscription and its keys, newest first: all of them. Refuses one that does not exist for who asks: `NotFound`.
    pub async fn history(&self, asker: &Asker, id: &SubscriptionId) -> Result<Vec<Change>> {
        self.subscription(asker, id).await?;
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(
            "SELECT number, license_key, at, who, what, value_before, value_after \
             FROM subscription_change WHERE subscription = $1 ORDER BY number DESC",
        )
        .bind(id.as_str())
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(read_change).collect::<std::result::Result<_, _>>()?)
    }
}

/// A value before and after a change, as the history shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The name of the value, as in [`Change::what`].
    pub what: String,
    /// What it was; absent for what is new.
    pub before: Option<String>,
    /// What it is; absent for what is gone.
    pub after: Option<String>,
}

impl Difference {
    /// For what did not exist before.
    pub(crate) fn created(after: String) -> Difference {
        Difference { what: "created".to_owned(), before: None, after: Some(after) }
    }

    /// For what is there no more.
    pub(super) fn gone(what: &str, before: String) -> Difference {
        Difference { what: what.to_owned(), before: Some(before), after: None }
    }

    /// Those of the values that differ.
    pub(crate) fn of(values: &[(&str, String, String)]) -> Vec<Difference> {
        let differs = |(_, before, after): &&(&str, String, String)| before != after;
        let difference = |(what, before, after): &(&str, String, String)| Difference {
            what: (*what).to_owned(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        };
        values.iter().filter(differs).map(difference).collect()
    }

    /// What differs between a subscription before and after a change.
    pub(super) fn of_subscription(before: &Subscription, after: &Subscription) -> Vec<Difference> {
        let on_off = |flag: bool| if flag { "on" } else { "off" }.to_owned();
        let mut differences = Difference::of(&[
            ("product", before.product.to_string(), after.product.to_string()),
            ("start", instant(before.start), instant(after.start)),
            ("end", instant(before.end), instant(after.end)),
            ("trial", on_off(before.trial), on_off(after.trial)),
            ("offline-use", on_off(before.offline_use), on_off(after.offline_use)),
            ("suspended", on_off(before.suspended), on_off(after.suspended)),
            ("file-days", before.file_days.to_string(), after.file_days.to_string()),
            ("report-days", before.report_days.to_string(), after.report_days.to_string()),
            ("grace-days", before.grace_days.to_string(), after.grace_days.to_string()),
            (
                "clock-tolerance-hours",
                before.clock_tolerance_hours.to_string(),
                after.clock_tolerance_hours.to_string(),
            ),
        ]);
        for grant in &after.grants {
            // What was sold as another metric is compared with that.
            let old = before.grants.iter().find(|old| old.counted_as == grant.counted_as);
            let Some(old) = old else { continue };
            let name = |what: &str| format!("{what}.{}", grant.metric.name());
            differences.extend(Difference::of(&[
                (&name("seats"), old.seats.to_string(), grant.seats.to_string()),
                (&name("edition"), old.edition.to_string(), grant.edition.to_string()),
                (&name("metric"), old.metric.name().to_owned(), grant.metric.name().to_owned()),
                (&name("over-limit"), over_limit(old.over_limit), over_limit(grant.over_limit)),
                (&name("after-end-days"), old.after_end_days.to_string(), grant.after_end_days.to_string()),
                (&name("features"), features(&old.features), features(&grant.features)),
            ]));
        }
        differences
    }
}

/// Adds to a subscription's history. The count in the subscription's row gives the numbers, and makes two writers wait for each other.
pub(crate) async fn record(
    connection: &mut AnyConnection,
    subscription: &SubscriptionId,
    license_key: Option<&LicenseKeyId>,
    differences: &[Difference],
    by: &Actor,
    now: Timestamp,
) -> Result<()> {
    let added = differences.len() as u64;
    let row = sqlx::query("UPDATE subscription SET changes = changes + $1 WHERE id = $2 RETURNING changes")
        .bind(big(added))
        .bind(subscription.as_str())
        .fetch_one(&mut *connection)
        .await?;
    let first = Columns::of("subscription", &row).count("changes")? - added + 1;
    for (number, difference) in (first..).zip(differences) {
        sqlx::query(
            "INSERT INTO subscription_change \
             (subscription, number, license_key, at, who, what, value_before, value_after) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(subscription.as_str())
        .bind(big(number))
        .bind(license_key.map(LicenseKeyId::as_str))
        .bind(seconds(now))
        .bind(by.to_string())
        .bind(difference.what.as_str())
        .bind(difference.before.as_deref())
        .bind(difference.after.as_deref())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn over_limit(over_limit: OverLimit) -> String {
    match over_limit {
        OverLimit::Notify => "notify".to_owned(),
        OverLimit::SuspendAfterDays(days) => format!("suspend after {days} days"),
        OverLimit::Refuse => "refuse".to_owned(),
    }
}

/// In one line.
fn features(features: &Features) -> String {
    if features.is_empty() { "none".to_owned() } else { features.to_string().replace('\n', ", ") }
}

/// A day where the instant is its beginning, which contracts are made of.
fn instant(instant: Timestamp) -> String {
    if instant.seconds().is_multiple_of(DAY) { instant.date() } else { instant.rfc3339() }
}

fn read_change(row: &AnyRow) -> std::result::Result<Change, StoreError> {
    let columns = Columns::of("subscription_change", row);
    let license_key = match columns.optional_text("license_key")? {
        Some(_) => Some(columns.parsed("license_key")?),
        None => None,
    };
    Ok(Change {
        number: columns.count("number")?,
        at: columns.time("at")?,
        who: columns.parsed("who")?,
        license_key,
        what: columns.text("what")?,
        before: columns.optional_text("value_before")?,
        after: columns.optional_text("value_after")?,
    })
}
