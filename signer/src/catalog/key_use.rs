//! License keys with what is out through them: as lists and pages show them.

use std::collections::{BTreeMap, BTreeSet};

use license_format::{Digest, Metric};
use sqlx::AnyConnection;

use super::{
    Catalog, KeyKind, KeyRecord, LicenseKeyId, Result, Subscription, SubscriptionId, license_key::read_key,
    subscriptions::find_subscription,
};
use crate::{
    exchange::{Seats, Tally},
    paging::{Cursor, Paged, Part},
    people::Asker,
    store::{StoreError, counted_moves, tally},
};

/// A license key, and what is out through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// The key.
    pub key: KeyRecord,
    /// Installations where it is at home.
    pub homes: u64,
    /// Seats in licenses that count, by metric.
    pub seats: Seats,
    /// Counted moves that it has spent.
    pub moves: u64,
}

impl Catalog {
    /// A page of the keys of a subscription, the primary one first, then as they were made; those only whose name begins so, whatever
    /// the case of its letters. Refuses a subscription that does not exist for who asks: `NotFound`.
    pub async fn key_uses(
        &self,
        asker: &Asker,
        id: &SubscriptionId,
        name: &str,
        part: &Part,
        now: license_format::Timestamp,
    ) -> Result<Paged<KeyUse>> {
        let mut connection = self.store.read().await?;
        let subscription = find_subscription(&mut connection, asker, id).await?;
        let [kind, created, key] = part.values().unwrap_or_default();
        let rows = sqlx::query(
            "SELECT id, subscription, kind, key_text, digest, name, quota, draw, headroom, ends, note, installations, blocked, created, \
             version FROM license_key WHERE subscription = $1 AND deleted IS NULL AND (kind, created, id) > ($2, $3, $4) \
             AND LOWER(SUBSTR(name, 1, LENGTH($5))) = LOWER($5) ORDER BY kind, created, id LIMIT $6",
        )
        .bind(id.as_str())
        .bind(kind)
        .bind(created.parse::<i64>().unwrap_or(0))
        .bind(key)
        .bind(name)
        .bind(part.asked())
        .fetch_all(&mut *connection)
        .await?;
        let keys: std::result::Result<Vec<KeyRecord>, StoreError> = rows.iter().map(read_key).collect();
        let page = part.page(keys?, |key| {
            let created = key.created.seconds().to_string();
            Cursor::of(&[key.kind.name().as_bytes(), created.as_bytes(), key.id.as_str().as_bytes()])
        });
        let rows = uses(&mut connection, &subscription, page.rows, now).await?;
        Ok(Paged { rows, next: page.next })
    }

    /// One key with what is out through it. Refuses one that does not exist for who asks: `NotFound`.
    pub async fn key_use(
        &self,
        asker: &Asker,
        id: &LicenseKeyId,
        now: license_format::Timestamp,
    ) -> Result<KeyUse> {
        let key = self.license_key(asker, id).await?;
        let subscription = self.subscription(asker, &key.subscription).await?;
        let mut connection = self.store.read().await?;
        let mut uses = uses(&mut connection, &subscription, vec![key], now).await?;
        uses.pop().ok_or(super::CatalogError::NotFound { what: "license key" })
    }
}

async fn uses(
    connection: &mut AnyConnection,
    subscription: &Subscription,
    keys: Vec<KeyRecord>,
    now: license_format::Timestamp,
) -> std::result::Result<Vec<KeyUse>, StoreError> {
    let digests: Vec<Digest> = keys.iter().map(|key| key.key.digest()).collect();
    let metrics: Vec<(Metric, Metric)> =
        subscription.grants.iter().map(|grant| (grant.metric, grant.counted_as)).collect();
    let mut wanted: BTreeSet<Tally> = digests.iter().map(|digest| Tally::Homes(*digest)).collect();
    for (_, counted_as) in &metrics {
        wanted.extend(digests.iter().map(|digest| Tally::KeySeats(*digest, *counted_as)));
    }
    let standings = tally::standings(connection, wanted, &BTreeSet::new(), now).await?;
    let amount = |tally: Tally| standings.get(&tally).map_or(0, |standing| standing.now);
    let moves: BTreeMap<Digest, u64> = counted_moves(connection, &digests).await?;
    let key_use = |key: KeyRecord| {
        let digest = key.key.digest();
        let seats = metrics
            .iter()
            .map(|(metric, counted_as)| (*metric, amount(Tally::KeySeats(digest, *counted_as))))
            .collect();
        KeyUse {
            homes: amount(Tally::Homes(digest)),
            moves: moves.get(&digest).copied().unwrap_or(0),
            seats,
            key,
        }
    };
    Ok(keys.into_iter().map(key_use).collect())
}

impl KeyUse {
    /// Whether it is the one that came with the subscription.
    pub fn is_primary(&self) -> bool {
        self.key.kind == KeyKind::Primary
    }
}
