//! Which installations a change is about: those with licenses that count, the last to end first, as many as a person reads.

use std::collections::BTreeMap;

use license_format::{Digest, Label, SiteCode, Thumbprint, Timestamp};
use sqlx::{AnyConnection, any::AnyRow};

use super::SubscriptionId;
use crate::{
    exchange::Tally,
    store::{Columns, StoreError, seconds, tally},
};

/// Installations that a preview names; of more it tells the number.
const NAMED: usize = 100;
/// Licenses that are looked at for that: of one installation several may count.
const LOOKED_AT: i64 = 400;

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
    /// Seats in use by its newest report.
    pub used: Option<u64>,
    /// When the file that it has ends by itself.
    pub ends: Timestamp,
}

/// Whose licenses are looked for.
pub(super) enum Holds {
    Nothing,
    /// All of a subscription's keys, but for one.
    Subscription(SubscriptionId, Option<Digest>),
    Key(Digest),
}

/// Installations with counted licenses, and how many there are. The work does not grow with their number.
pub(super) async fn affected(
    connection: &mut AnyConnection,
    holds: &Holds,
    now: Timestamp,
) -> Result<(Vec<Affected>, u64), StoreError> {
    /// Licenses that count: `InstallationRecord::counted` says the same of values.
    macro_rules! counted {
        ($from:literal, $where:expr) => {
            concat!(
                "SELECT installation.thumbprint, installation.name, installation.site_code, lease.ends, ",
                "(SELECT MAX(lease_seats.seats) FROM lease_seats WHERE lease_seats.license = lease.license) AS seats, ",
                "(SELECT used FROM usage_report WHERE usage_report.installation = lease.installation ",
                "AND usage_report.license_type = lease.license_type ORDER BY counter DESC LIMIT 1) AS used ",
                $from,
                "JOIN slot ON slot.installation = lease.installation AND slot.license_type = lease.license_type ",
                "WHERE lease.given_up IS NULL AND lease.counter > slot.ended AND lease.counter >= slot.held AND ",
                $where,
                " ORDER BY lease.ends DESC LIMIT $4"
            )
        };
    }
    /// By the calendar; and by clocks that are behind, under which nothing lapses.
    macro_rules! both {
        ($of:literal) => {
            [
                counted!(
                    "FROM lease JOIN installation ON installation.thumbprint = lease.installation ",
                    concat!("lease.ends > $1 AND ", $of)
                ),
                counted!(
                    "FROM installation JOIN lease ON lease.installation = installation.thumbprint AND installation.clock_behind = 1 ",
                    concat!("lease.ends <= $1 AND ", $of)
                ),
            ]
        };
    }
    let (sql, keys, excepted) = match holds {
        Holds::Nothing => return Ok((Vec::new(), 0)),
        Holds::Subscription(id, but) => {
            let of = sqlx::query("SELECT digest FROM license_key WHERE subscription = $1").bind(id.as_str());
            let rows = of.fetch_all(&mut *connection).await?;
            let keys: Result<Vec<Digest>, StoreError> =
                rows.iter().map(|row| Columns::of("license_key", row).digest("digest")).collect();
            (both!("lease.subscription = $2 AND lease.license_key <> $3"), keys?, *but)
        }
        Holds::Key(key) => (both!("lease.license_key = $2 AND lease.license_key <> $3"), vec![*key], None),
    };
    let homes = keys.iter().filter(|key| Some(**key) != excepted).map(|key| Tally::Homes(*key)).collect();
    let homes = tally::standings(connection, homes, &[].into(), now).await?;
    let mut found: BTreeMap<Thumbprint, Affected> = BTreeMap::new();
    for sql in sql {
        let query = sqlx::query(sql).bind(seconds(now));
        let query = match holds {
            Holds::Subscription(id, _) => query.bind(id.as_str().to_owned()),
            Holds::Key(key) => query.bind(key.as_bytes().to_vec()),
            Holds::Nothing => query,
        };
        let but = excepted.map_or_else(Vec::new, |key| key.as_bytes().to_vec());
        for row in query.bind(but).bind(LOOKED_AT).fetch_all(&mut *connection).await? {
            let one = read(&row)?;
            let known = found.entry(one.installation).or_insert_with(|| one.clone());
            known.seats = known.seats.max(one.seats);
            known.ends = known.ends.max(one.ends);
        }
    }
    let mut affected: Vec<Affected> = found.into_values().collect();
    affected.sort_by(|one, other| other.ends.cmp(&one.ends).then(other.seats.cmp(&one.seats)));
    affected.truncate(NAMED);
    let number = homes.values().map(|standing| standing.now).sum::<u64>().max(affected.len() as u64);
    Ok((affected, number))
}

fn read(row: &AnyRow) -> Result<Affected, StoreError> {
    let columns = Columns::of("lease", row);
    Ok(Affected {
        installation: columns.fixed("thumbprint", Thumbprint::from_slice)?,
        name: columns.parsed("name")?,
        site_code: columns.parsed("site_code")?,
        seats: columns.count("seats")?,
        used: columns.optional_count("used")?,
        ends: columns.time("ends")?,
    })
}
