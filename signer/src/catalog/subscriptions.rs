//! Making, changing and finding subscriptions.

use std::collections::BTreeMap;

use license_format::Timestamp;
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Catalog, CatalogError, KeyRecord, Result, Subscription, SubscriptionChange, SubscriptionDraft,
    SubscriptionGrant, SubscriptionId,
    history::{Difference, record},
    license_key::primary,
    license_keys::insert_key,
    subscription::{read_grant, read_subscription},
};
use crate::{
    entropy::Entropy,
    people::{AccountId, Actor, Asker},
    store::{StoreError, big, over_limit_columns, seconds},
};

impl Catalog {
    /// Makes a subscription and its primary key. Refuses with every problem of the draft, or an unknown account: `NotFound`.
    pub async fn create_subscription(
        &self,
        draft: SubscriptionDraft,
        by: &Actor,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(Subscription, KeyRecord)> {
        let subscription =
            draft.check(|| SubscriptionId::new(now, entropy), now).map_err(CatalogError::Invalid)?;
        let key = primary(&subscription, now, entropy);
        let mut transaction = self.store.begin().await?;
        find_account(&mut transaction, &subscription.account).await?;
        insert_subscription(&mut transaction, &subscription).await?;
        for grant in &subscription.grants {
            insert_grant(&mut transaction, &subscription.id, grant).await?;
        }
        insert_key(&mut transaction, &key).await?;
        let created = [Difference::created(subscription.product.to_string())];
        record(&mut transaction, &subscription.id, None, &created, by, now).await?;
        transaction.commit().await?;
        Ok((subscription, key))
    }

    /// Changes a subscription that was shown at `version`. Refuses with every problem of what it would become, and when somebody else
    /// has changed it since: `Changed`. A change of nothing is none.
    pub async fn update_subscription(
        &self,
        id: &SubscriptionId,
        version: u64,
        change: SubscriptionChange,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Subscription> {
        let changed = || CatalogError::Changed { what: "subscription" };
        let mut transaction = self.store.begin().await?;
        let before = find_subscription(&mut transaction, &Asker::Staff, id).await?;
        if before.version != version {
            return Err(changed());
        }
        let mut after = change.apply(&before).map_err(CatalogError::Invalid)?;
        let differences = Difference::of_subscription(&before, &after);
        if differences.is_empty() {
            return Ok(before);
        }
        after.version = version + 1;
        if !overwrite_subscription(&mut transaction, &after, version).await? {
            return Err(changed());
        }
        sqlx::query("DELETE FROM subscription_grant WHERE subscription = $1")
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        for grant in &after.grants {
            insert_grant(&mut transaction, id, grant).await?;
        }
        record(&mut transaction, id, None, &differences, by, now).await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// All subscriptions that exist for who asks, newest first.
    pub async fn subscriptions(&self, asker: &Asker) -> Result<Vec<Subscription>> {
        let account = asker.account().map(AccountId::as_str);
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(
            "SELECT id, account, product, license_type, created, starts, ends, trial, offline_use, suspended, \
             file_days, report_days, grace_days, clock_tolerance_hours, version FROM subscription \
             WHERE CAST($1 AS TEXT) IS NULL OR account = $1 ORDER BY created DESC, id DESC",
        )
        .bind(account)
        .fetch_all(&mut *connection)
        .await?;
        let grants = sqlx::query(
            "SELECT subscription, metric, seats, edition, counted_as, over_limit, over_limit_days, after_end_days, \
             features FROM subscription_grant JOIN subscription ON subscription.id = subscription_grant.subscription \
             WHERE CAST($1 AS TEXT) IS NULL OR account = $1",
        )
        .bind(account)
        .fetch_all(&mut *connection)
        .await?;
        Ok(with_grants(&rows, &grants)?)
    }

    /// One subscription. Refuses one that does not exist for who asks: `NotFound`.
    pub async fn subscription(&self, asker: &Asker, id: &SubscriptionId) -> Result<Subscription> {
        let mut connection = self.store.read().await?;
        find_subscription(&mut connection, asker, id).await
    }
}

/// One subscription with its grants, or `NotFound`.
pub(super) async fn find_subscription(
    connection: &mut AnyConnection,
    asker: &Asker,
    id: &SubscriptionId,
) -> Result<Subscription> {
    let rows = sqlx::query(
        "SELECT id, account, product, license_type, created, starts, ends, trial, offline_use, suspended, \
         file_days, report_days, grace_days, clock_tolerance_hours, version FROM subscription WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let grants = sqlx::query(
        "SELECT subscription, metric, seats, edition, counted_as, over_limit, over_limit_days, after_end_days, \
         features FROM subscription_grant WHERE subscription = $1",
    )
    .bind(id.as_str())
    .fetch_all(connection)
    .await?;
    let found = with_grants(&rows, &grants)?.pop().filter(|found| asker.may_use(&found.account));
    found.ok_or(CatalogError::NotFound { what: "subscription" })
}

/// Subscriptions in the order of their rows, each with its grants in the order of the metrics.
fn with_grants(rows: &[AnyRow], grants: &[AnyRow]) -> std::result::Result<Vec<Subscription>, StoreError> {
    let mut by_subscription: BTreeMap<SubscriptionId, Vec<SubscriptionGrant>> = BTreeMap::new();
    for row in grants {
        let (subscription, grant) = read_grant(row)?;
        by_subscription.entry(subscription).or_default().push(grant);
    }
    let with_grants = |row| {
        let mut subscription = read_subscription(row)?;
        subscription.grants = by_subscription.remove(&subscription.id).unwrap_or_default();
        subscription.grants.sort_by_key(|grant| grant.metric);
        Ok(subscription)
    };
    rows.iter().map(with_grants).collect()
}

async fn find_account(connection: &mut AnyConnection, id: &AccountId) -> Result<()> {
    let row = sqlx::query("SELECT id FROM account WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    row.map(|_| ()).ok_or(CatalogError::NotFound { what: "account" })
}

async fn insert_subscription(connection: &mut AnyConnection, subscription: &Subscription) -> Result<()> {
    sqlx::query(
        "INSERT INTO subscription (id, account, product, license_type, created, starts, ends, trial, offline_use, \
         suspended, file_days, report_days, grace_days, clock_tolerance_hours, version, changes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0)",
    )
    .bind(subscription.id.as_str())
    .bind(subscription.account.as_str())
    .bind(subscription.product.as_str())
    .bind(subscription.license_type.name())
    .bind(seconds(subscription.created))
    .bind(seconds(subscription.start))
    .bind(seconds(subscription.end))
    .bind(i64::from(subscription.trial))
    .bind(i64::from(subscription.offline_use))
    .bind(i64::from(subscription.suspended))
    .bind(big(subscription.file_days))
    .bind(big(subscription.report_days))
    .bind(big(subscription.grace_days))
    .bind(big(subscription.clock_tolerance_hours))
    .bind(big(subscription.version))
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_grant(
    connection: &mut AnyConnection,
    subscription: &SubscriptionId,
    grant: &SubscriptionGrant,
) -> Result<()> {
    let (over_limit, over_limit_days) = over_limit_columns(grant.over_limit);
    sqlx::query(
        "INSERT INTO subscription_grant \
         (subscription, metric, seats, edition, over_limit, over_limit_days, after_end_days, counted_as, features) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(subscription.as_str())
    .bind(grant.metric.name())
    .bind(big(grant.seats))
    .bind(grant.edition.as_str())
    .bind(over_limit)
    .bind(over_limit_days.map(big))
    .bind(big(grant.after_end_days))
    .bind(grant.counted_as.name())
    .bind(grant.features.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the row still had the version on which the change was decided.
pub(super) async fn overwrite_subscription(
    connection: &mut AnyConnection,
    after: &Subscription,
    version: u64,
) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE subscription SET product = $1, starts = $2, ends = $3, trial = $4, offline_use = $5, suspended = $6, \
         file_days = $7, report_days = $8, grace_days = $9, clock_tolerance_hours = $10, version = $11 \
         WHERE id = $12 AND version = $13",
    )
    .bind(after.product.as_str())
    .bind(seconds(after.start))
    .bind(seconds(after.end))
    .bind(i64::from(after.trial))
    .bind(i64::from(after.offline_use))
    .bind(i64::from(after.suspended))
    .bind(big(after.file_days))
    .bind(big(after.report_days))
    .bind(big(after.grace_days))
    .bind(big(after.clock_tolerance_hours))
    .bind(big(after.version))
    .bind(after.id.as_str())
    .bind(big(version))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
