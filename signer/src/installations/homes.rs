//! Which license keys are at home at an installation, which it may not use, and which its next refresh exchanges: what people decide about
//! (`decide`), as pages show it beforehand.

use std::collections::BTreeMap;

use license_format::{Digest, Label, LicenseId, LicenseKey, LicenseType, Timestamp};
use sqlx::AnyConnection;

use crate::{
    exchange::{Bar, InstallationRecord, Seats},
    ids::{LicenseKeyId, SubscriptionId},
    store::{
        Columns, StoreError, counted_moves,
        rows::{Value, read_where_in},
    },
};

/// A license key, as it is named where an installation is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName {
    /// Its identity.
    pub id: LicenseKeyId,
    /// What it draws on.
    pub subscription: SubscriptionId,
    /// Its name, for people.
    pub name: Label,
    /// Its last group and stars.
    pub masked: String,
    /// What it is for.
    pub license_type: LicenseType,
    /// Counted moves that it has spent.
    pub moves: u64,
}

/// A key that is at home at an installation: a license that counts names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeView {
    /// The key.
    pub key: KeyName,
    /// Seats that count through it, by metric.
    pub seats: Seats,
    /// When the last of those licenses ends by itself.
    pub ends: Timestamp,
    /// The key that the next refresh goes on with, if somebody has said so.
    pub exchanged_to: Option<KeyName>,
    /// Those of its licenses that nobody has revoked.
    pub licenses: Vec<LicenseId>,
    /// How many were revoked, and count until their proxy proves that it let go.
    pub revoked: u64,
}

/// A key that an installation may not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarView {
    /// The key.
    pub key: KeyName,
    /// Why.
    pub why: Bar,
    /// What somebody wanted to remember of it.
    pub note: String,
    /// Since when.
    pub since: Timestamp,
}

/// The keys at home at an installation, and those that it may not use. A key that was deleted is neither: nothing is decided about it.
pub(super) async fn homes_and_bars(
    connection: &mut AnyConnection,
    installation: &license_format::Thumbprint,
    record: &InstallationRecord,
    now: Timestamp,
) -> Result<(Vec<HomeView>, Vec<BarView>), StoreError> {
    let mut named: Vec<Digest> = record.counted(now).map(|lease| lease.key).collect();
    named.extend(record.barred.keys());
    named.extend(record.exchanged.values());
    named.sort_unstable();
    named.dedup();
    let names = names(connection, &named).await?;
    let counted: Vec<Value> = record.counted(now).map(|lease| lease.license.as_bytes().into()).collect();
    let sql = "SELECT subject FROM revocation WHERE subject IN ({})";
    let rows = read_where_in(connection, sql, &[], &counted).await?;
    let revoked =
        rows.iter().map(|row| Columns::of("revocation", row).fixed("subject", LicenseId::from_slice));
    let revoked: Vec<LicenseId> = revoked.collect::<Result<_, _>>()?;
    let mut homes: BTreeMap<Digest, HomeView> = BTreeMap::new();
    for lease in record.counted(now) {
        let Some(key) = names.get(&lease.key) else { continue };
        let home = homes.entry(lease.key).or_insert_with(|| HomeView {
            key: key.clone(),
            seats: Seats::new(),
            ends: lease.ends,
            exchanged_to: record.exchanged.get(&lease.key).and_then(|to| names.get(to)).cloned(),
            licenses: Vec::new(),
            revoked: 0,
        });
        match revoked.contains(&lease.license) {
            true => home.revoked += 1,
            false => home.licenses.push(lease.license),
        }
        for (metric, seats) in &lease.seats {
            let most = home.seats.entry(*metric).or_default();
            *most = (*most).max(*seats);
        }
        home.ends = home.ends.max(lease.ends);
    }
    let sql = "SELECT license_key, note, created FROM bar WHERE installation = $1 ORDER BY created DESC";
    let rows = sqlx::query(sql).bind(installation.as_bytes().to_vec()).fetch_all(connection).await?;
    let mut bars = Vec::new();
    for row in &rows {
        let columns = Columns::of("bar", row);
        let digest = columns.digest("license_key")?;
        let known = names.get(&digest).zip(record.barred.get(&digest));
        if let Some((key, why)) = known {
            let (note, since) = (columns.text("note")?, columns.time("created")?);
            bars.push(BarView { key: key.clone(), why: *why, note, since });
        }
    }
    Ok((homes.into_values().collect(), bars))
}

async fn names(
    connection: &mut AnyConnection,
    digests: &[Digest],
) -> Result<BTreeMap<Digest, KeyName>, StoreError> {
    let moves = counted_moves(connection, digests).await?;
    let mut names = BTreeMap::new();
    for digest in digests {
        let sql =
            "SELECT id, subscription, name, key_text FROM license_key WHERE digest = $1 AND deleted IS NULL";
        let row = sqlx::query(sql).bind(digest.as_bytes().to_vec()).fetch_optional(&mut *connection).await?;
        let Some(row) = row else { continue };
        let columns = Columns::of("license_key", &row);
        let key: LicenseKey = columns.parsed("key_text")?;
        let name = KeyName {
            id: columns.parsed("id")?,
            subscription: columns.parsed("subscription")?,
            name: columns.parsed("name")?,
            masked: key.last_group().masked(),
            license_type: key.license_type(),
            moves: moves.get(digest).copied().unwrap_or(0),
        };
        names.insert(*digest, name);
    }
    Ok(names)
}
