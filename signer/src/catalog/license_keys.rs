//! Making, changing and finding license keys.

use license_format::Timestamp;
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Catalog, CatalogError, KeyChange, KeyDraft, KeyKind, KeyRecord, LicenseKeyId, Result, SubscriptionId,
    history::{Difference, record},
    license_key::read_key,
    subscriptions::find_subscription,
};
use crate::{
    entropy::Entropy,
    exchange::Draw,
    people::{AccountId, Actor, Asker},
    store::{StoreError, big, draw_columns, seconds},
};

impl Catalog {
    /// Makes a sublicense. Refuses with every problem of the draft, or an unknown subscription: `NotFound`.
    pub async fn create_license_key(
        &self,
        draft: KeyDraft,
        by: &Actor,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<KeyRecord> {
        let mut transaction = self.store.begin().await?;
        let subscription = find_subscription(&mut transaction, &Asker::Staff, &draft.subscription).await?;
        let key = draft.check(&subscription, now, entropy).map_err(CatalogError::Invalid)?;
        insert_key(&mut transaction, &key).await?;
        let created = [Difference::created(key.key.last_group().masked())];
        record(&mut transaction, &key.subscription, Some(&key.id), &created, by, now).await?;
        transaction.commit().await?;
        Ok(key)
    }

    /// Changes a key that was shown at `version`. Refuses with every problem of what it would become, and when somebody else has
    /// changed it since: `Changed`. Blocking stops new licenses only: what is in the field ends by itself.
    pub async fn update_license_key(
        &self,
        id: &LicenseKeyId,
        version: u64,
        change: KeyChange,
        by: &Actor,
        now: Timestamp,
    ) -> Result<KeyRecord> {
        let changed = || CatalogError::Changed { what: "license key" };
        let mut transaction = self.store.begin().await?;
        let before = find_key(&mut transaction, id).await?;
        if before.version != version {
            return Err(changed());
        }
        let subscription = find_subscription(&mut transaction, &Asker::Staff, &before.subscription).await?;
        let mut after = change.apply(&before, &subscription).map_err(CatalogError::Invalid)?;
        let differences = differences(&before, &after);
        if differences.is_empty() {
            return Ok(before);
        }
        after.version = version + 1;
        let (draw, headroom) = draw_columns(after.draw);
        let done = sqlx::query(
            "UPDATE license_key SET name = $1, quota = $2, installations = $3, blocked = $4, version = $5, draw = $8, \
             headroom = $9, ends = $10, note = $11 WHERE id = $6 AND version = $7 AND deleted IS NULL",
        )
        .bind(after.name.as_str())
        .bind(after.quota.map(big))
        .bind(big(after.installations))
        .bind(i64::from(after.blocked))
        .bind(big(after.version))
        .bind(id.as_str())
        .bind(big(version))
        .bind(draw)
        .bind(headroom.map(big))
        .bind(after.ends.map(seconds))
        .bind(after.note.as_str())
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Err(changed());
        }
        record(&mut transaction, &after.subscription, Some(id), &differences, by, now).await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Deletes a sublicense that was shown at `version`: it gives no new licenses, and what it withheld goes back. What is in the field
    /// goes on until it ends, and counts until then. Refuses the primary key, which ends with its subscription: `Primary`.
    pub async fn delete_license_key(
        &self,
        id: &LicenseKeyId,
        version: u64,
        by: &Actor,
        now: Timestamp,
    ) -> Result<KeyRecord> {
        let mut transaction = self.store.begin().await?;
        let key = find_key(&mut transaction, id).await?;
        if key.kind == KeyKind::Primary {
            return Err(CatalogError::Primary);
        }
        let sql = "UPDATE license_key SET deleted = $1, version = version + 1 WHERE id = $2 AND version = $3 AND deleted IS NULL";
        let done = sqlx::query(sql)
            .bind(seconds(now))
            .bind(id.as_str())
            .bind(big(version))
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() != 1 {
            return Err(CatalogError::Changed { what: "license key" });
        }
        let gone = Difference::gone("deleted", key.key.last_group().masked());
        record(&mut transaction, &key.subscription, Some(id), &[gone], by, now).await?;
        transaction.commit().await?;
        Ok(key)
    }

    /// All license keys that exist for who asks, newest first.
    pub async fn license_keys(&self, asker: &Asker) -> Result<Vec<KeyRecord>> {
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(
            "SELECT license_key.id, license_key.subscription, license_key.kind, license_key.key_text, \
             license_key.digest, license_key.name, license_key.quota, license_key.draw, license_key.headroom, license_key.ends, \
             license_key.note, license_key.installations, license_key.blocked, license_key.created, license_key.version \
             FROM license_key JOIN subscription ON subscription.id = license_key.subscription \
             WHERE license_key.deleted IS NULL AND (CAST($1 AS TEXT) IS NULL OR subscription.account = $1) \
             ORDER BY license_key.created DESC, license_key.id DESC",
        )
        .bind(asker.account().map(AccountId::as_str))
        .fetch_all(&mut *connection)
        .await?;
        Ok(read_keys(&rows)?)
    }

    /// The keys of a subscription, the primary one first. Refuses one that does not exist for who asks: `NotFound`.
    pub async fn license_keys_of(&self, asker: &Asker, id: &SubscriptionId) -> Result<Vec<KeyRecord>> {
        let mut connection = self.store.read().await?;
        find_subscription(&mut connection, asker, id).await?;
        let rows = sqlx::query(
            "SELECT id, subscription, kind, key_text, digest, name, quota, draw, headroom, ends, note, installations, blocked, created, \
             version FROM license_key WHERE subscription = $1 AND deleted IS NULL ORDER BY kind, created, id",
        )
        .bind(id.as_str())
        .fetch_all(&mut *connection)
        .await?;
        Ok(read_keys(&rows)?)
    }

    /// One license key. Refuses one that does not exist for who asks: `NotFound`.
    pub async fn license_key(&self, asker: &Asker, id: &LicenseKeyId) -> Result<KeyRecord> {
        let mut connection = self.store.read().await?;
        let key = find_key(&mut connection, id).await?;
        match find_subscription(&mut connection, asker, &key.subscription).await {
            Ok(_) => Ok(key),
            Err(CatalogError::NotFound { .. }) => Err(CatalogError::NotFound { what: "license key" }),
            Err(error) => Err(error),
        }
    }
}

pub(super) async fn insert_key(connection: &mut AnyConnection, key: &KeyRecord) -> Result<()> {
    let (draw, headroom) = draw_columns(key.draw);
    sqlx::query(
        "INSERT INTO license_key (id, subscription, kind, key_text, digest, name, quota, installations, blocked, created, version, \
         draw, headroom, ends, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(key.id.as_str())
    .bind(key.subscription.as_str())
    .bind(key.kind.name())
    .bind(key.key.to_string())
    .bind(key.key.digest().0.to_vec())
    .bind(key.name.as_str())
    .bind(key.quota.map(big))
    .bind(big(key.installations))
    .bind(i64::from(key.blocked))
    .bind(seconds(key.created))
    .bind(big(key.version))
    .bind(draw)
    .bind(headroom.map(big))
    .bind(key.ends.map(seconds))
    .bind(key.note.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

async fn find_key(connection: &mut AnyConnection, id: &LicenseKeyId) -> Result<KeyRecord> {
    let row = sqlx::query(
        "SELECT id, subscription, kind, key_text, digest, name, quota, draw, headroom, ends, note, installations, blocked, created, \
         version FROM license_key WHERE id = $1 AND deleted IS NULL",
    )
    .bind(id.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(read_key(&row.ok_or(CatalogError::NotFound { what: "license key" })?)?)
}

fn read_keys(rows: &[AnyRow]) -> std::result::Result<Vec<KeyRecord>, StoreError> {
    rows.iter().map(read_key).collect()
}

/// What differs of a key before and after a change.
pub(super) fn differences(before: &KeyRecord, after: &KeyRecord) -> Vec<Difference> {
    let pairs: Vec<(&str, String, String)> = values(before)
        .into_iter()
        .zip(values(after))
        .map(|((what, before), (_, after))| (what, before, after))
        .collect();
    Difference::of(&pairs)
}

/// What people decide of a key, as the history shows it.
pub(super) fn values(key: &KeyRecord) -> [(&'static str, String); 7] {
    let draw = match key.draw {
        Draw::Open => "open".to_owned(),
        Draw::Reserved => "reserved".to_owned(),
        Draw::Dynamic { headroom } => format!("dynamic, headroom {headroom}"),
    };
    [
        ("name", key.name.to_string()),
        ("quota", key.quota.map_or_else(|| "whole subscription".to_owned(), |quota| quota.to_string())),
        ("draw", draw),
        ("ends", key.ends.map_or_else(|| "with the subscription".to_owned(), |ends| ends.date())),
        ("note", key.note.clone()),
        ("installations", key.installations.to_string()),
        ("blocked", if key.blocked { "on" } else { "off" }.to_owned()),
    ]
}
