//! What will be: the seats of a subscription over time, and what a change would do before it is made.

use std::collections::BTreeMap;

use license_format::{Digest, Label, Metric, SiteCode, Thumbprint, Timestamp};
use sqlx::AnyConnection;

use super::{
    Catalog, KeyChange, LicenseKeyId, Result, SubscriptionChange, SubscriptionId,
    subscriptions::find_subscription,
};
use crate::{
    exchange::{Instant, Leased, SubscriptionRecord, Tally},
    people::Asker,
    store::{Columns, StoreError, exchange_read, seconds, tally},
};

/// Installations that a preview names; of more it tells the number.
const NAMED: i64 = 100;

/// What a change would do, if nothing else happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// From when no more is in the field than may be given out; absent if it is so at once.
    pub over_until: Option<Timestamp>,
    /// How many seats are over until then, at most.
    pub over: u64,
    /// Installations whose seats it is about: each goes on until its own file ends, or its next refresh.
    pub affected: Vec<Affected>,
    /// How many there are, of which `affected` names the first.
    pub installations: u64,
}

/// An installation that a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// Its name for programs.
    pub installation: Thumbprint,
    /// The server's name.
    pub name: Label,
    /// Its ConfigMgr site.
    pub site_code: SiteCode,
    /// Seats that it holds.
    pub seats: u64,
    /// When the file that it has ends by itself.
    pub ends: Timestamp,
}

impl Catalog {
    /// The seats of a subscription from now on, by metric. Refuses one that does not exist for who asks: `NotFound`.
    pub async fn timeline(
        &self,
        asker: &Asker,
        id: &SubscriptionId,
        now: Timestamp,
    ) -> Result<BTreeMap<Metric, Vec<Instant>>> {
        let mut connection = self.store.read().await?;
        find_subscription(&mut connection, asker, id).await?;
        let record = exchange_read::subscription(&mut connection, id, now).await?;
        timelines(&mut connection, id, &record, now).await
    }

    /// What a change of a subscription would do.
    pub async fn preview_subscription(
        &self,
        asker: &Asker,
        id: &SubscriptionId,
        change: &SubscriptionChange,
        now: Timestamp,
    ) -> Result<Preview> {
        let mut connection = self.store.read().await?;
        let before = find_subscription(&mut connection, asker, id).await?;
        let after = change.apply(&before).map_err(super::CatalogError::Invalid)?;
        let mut record = exchange_read::subscription(&mut connection, id, now).await?;
        record.start = after.start;
        record.end = after.end;
        for grant in &mut record.grants {
            grant.seats = after.seats(grant.metric);
        }
        let timelines = timelines(&mut connection, id, &record, now).await?;
        let over = || timelines.values().flatten().filter(|instant| instant.at < record.end);
        let most = over().map(Instant::over).max().unwrap_or(0);
        let last = over().filter(|instant| instant.over() > 0).map(|instant| instant.at).max();
        let until = last.and_then(|last| over().map(|instant| instant.at).filter(|at| last < *at).min());
        let holds =
            if most > 0 || after.end < before.end { Holds::Subscription(id.clone()) } else { Holds::Nothing };
        let (affected, installations) = affected(&mut connection, &holds, now).await?;
        Ok(Preview {
            over_until: (most > 0).then_some(until.unwrap_or(record.end)),
            over: most,
            affected,
            installations,
        })
    }

    /// What deleting a key, or changing it, would do. What is in the field goes on until it ends, and counts until then.
    pub async fn preview_license_key(
        &self,
        asker: &Asker,
        id: &LicenseKeyId,
        change: Option<&KeyChange>,
        now: Timestamp,
    ) -> Result<Preview> {
        let key = self.license_key(asker, id).await?;
        let mut connection = self.store.read().await?;
        let digest = key.key.digest();
        let (affected, installations) = affected(&mut connection, &Holds::Key(digest), now).await?;
        let used: u64 = affected.iter().map(|one| one.seats).sum();
        let quota = match change {
            None => Some(0),
            Some(change) if change.blocked == Some(true) => Some(0),
            Some(change) => change.quota.unwrap_or(key.quota),
        };
        let over = quota.map_or(0, |quota| used.saturating_sub(quota));
        let ends_sooner = change.is_some_and(|change| change.ends.flatten().is_some());
        if over == 0 && !ends_sooner {
            return Ok(Preview { over_until: None, over: 0, affected: Vec::new(), installations: 0 });
        }
        let over_until = affected.iter().map(|one| one.ends).max().filter(|_| over > 0);
        Ok(Preview { over_until, over, affected, installations })
    }
}

async fn timelines(
    connection: &mut AnyConnection,
    id: &SubscriptionId,
    record: &SubscriptionRecord,
    now: Timestamp,
) -> Result<BTreeMap<Metric, Vec<Instant>>> {
    let mut timelines = BTreeMap::new();
    for grant in &record.grants {
        let mut leased = Leased::default();
        let counted = Tally::Seats(id.clone(), grant.counted_as);
        leased.all = tally::descent(connection, &counted, now).await?;
        for reserve in &record.reserves {
            let descent =
                tally::descent(connection, &Tally::KeySeats(reserve.key, grant.counted_as), now).await?;
            leased.reserved.push(descent);
        }
        timelines.insert(grant.metric, record.timeline(grant.metric, &leased, now));
    }
    Ok(timelines)
}

/// Whose licenses are looked for.
enum Holds {
    Nothing,
    Subscription(SubscriptionId),
    Key(Digest),
}

/// Installations with counted licenses, and how many there are; those with the most seats first.
async fn affected(
    connection: &mut AnyConnection,
    holds: &Holds,
    now: Timestamp,
) -> std::result::Result<(Vec<Affected>, u64), StoreError> {
    /// Licenses that count: `InstallationRecord::counted` says the same of values.
    macro_rules! counted {
        ($of:literal) => {
            concat!(
                "SELECT installation.thumbprint, installation.name, installation.site_code, MAX(lease_seats.seats) AS seats, ",
                "MAX(lease.ends) AS ends FROM lease ",
                "JOIN slot ON slot.installation = lease.installation AND slot.license_type = lease.license_type ",
                "JOIN installation ON installation.thumbprint = lease.installation ",
                "JOIN lease_seats ON lease_seats.license = lease.license ",
                "WHERE lease.given_up IS NULL AND lease.counter > slot.ended AND lease.counter >= slot.held ",
                "AND (lease.ends > $1 OR installation.clock_behind = 1) AND ",
                $of,
                " GROUP BY installation.thumbprint, installation.name, installation.site_code ",
            )
        };
    }
    /// The first of them, and their number.
    macro_rules! first {
        ($of:literal) => {
            (
                concat!(counted!($of), "ORDER BY seats DESC, installation.name LIMIT $3"),
                concat!("SELECT COUNT(*) AS number FROM (", counted!($of), ") AS counted"),
            )
        };
    }
    let (list, number) = match holds {
        Holds::Nothing => return Ok((Vec::new(), 0)),
        Holds::Subscription(_) => first!("lease.subscription = $2"),
        Holds::Key(_) => first!("lease.license_key = $2"),
    };
    let (mut list, mut number) =
        (sqlx::query(list).bind(seconds(now)), sqlx::query(number).bind(seconds(now)));
    (list, number) = match holds {
        Holds::Key(key) => (list.bind(key.as_bytes().to_vec()), number.bind(key.as_bytes().to_vec())),
        Holds::Subscription(id) => (list.bind(id.as_str()), number.bind(id.as_str())),
        Holds::Nothing => (list, number),
    };
    let rows = list.bind(NAMED).fetch_all(&mut *connection).await?;
    let number = Columns::of("lease", &number.fetch_one(connection).await?).count("number")?;
    let one = |row| {
        let columns = Columns::of("lease", row);
        Ok(Affected {
            installation: columns.fixed("thumbprint", Thumbprint::from_slice)?,
            name: columns.parsed("name")?,
            site_code: columns.parsed("site_code")?,
            seats: columns.count("seats")?,
            ends: columns.time("ends")?,
        })
    };
    let affected: std::result::Result<Vec<Affected>, StoreError> = rows.iter().map(one).collect();
    Ok((affected?, number))
}
