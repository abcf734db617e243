//! What is known of installations: all of it, or the part that a batch of requests can touch. Of a long history an answer reads only what
//! can still count.

use std::collections::BTreeMap;

use license_format::{Digest, LicenseId, Metric, Thumbprint};
use sqlx::AnyConnection;

use super::{
    Columns, StoreError,
    rows::{Value, read_where_any, read_where_in},
    sold_read::{digests, metric_and_seats},
};
use crate::{
    exchange::{Bar, Branch, InstallationRecord, Lease, Seats, SlotRecord},
    people::Asker,
};

/// The part of the history that some requests can touch. Of the licenses it is what may still be in force; of the chain, what is here.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Counters of installations, from and to, inclusive: those that a request claims.
    pub(crate) counters: Vec<(Thumbprint, u64, u64)>,
    /// Requests that are claimed, or whose license is shown or travels along.
    pub(crate) requests: Vec<Digest>,
}

/// The answers to requests that are not on their installation's chain: see `InstallationRecord::strays`.
macro_rules! stray {
    ($select:literal, $where:literal) => {
        concat!(
            $select,
            " FROM answer WHERE ",
            $where,
            " AND NOT EXISTS (SELECT 1 FROM chain WHERE chain.installation = answer.installation",
            " AND chain.counter = answer.counter AND chain.digest = answer.request)"
        )
    };
}
pub(super) use stray;

/// Licenses with their seats, of installations, where the slot's marks say so.
macro_rules! leases {
    ($where:literal) => {
        concat!(
            "SELECT lease.license, lease.installation, lease.license_type, lease.request, lease.counter, lease.license_key, ",
            "lease.subscription, lease.issued, lease.ends, lease.given_up, lease_seats.metric, lease_seats.seats FROM slot ",
            "JOIN lease ON lease.installation = slot.installation AND lease.license_type = slot.license_type",
            $where,
            " JOIN lease_seats ON lease_seats.license = lease.license ",
            "WHERE slot.installation IN ({}) ORDER BY lease.installation, lease.counter, lease.license"
        )
    };
}

/// Reads installations by name. One that does not exist for who asks has nothing but its account, by which it is refused.
pub(super) async fn read_installations(
    connection: &mut AnyConnection,
    wanted: &[(Thumbprint, Asker)],
    touched: Option<&Touched>,
) -> Result<BTreeMap<Thumbprint, InstallationRecord>, StoreError> {
    let names: Vec<Value> = wanted.iter().map(|(thumbprint, _)| thumbprint.as_bytes().into()).collect();
    let mut records = BTreeMap::new();
    let sql = "SELECT thumbprint, account, newest, clock_behind, fork_counter, fork_digest, CASE WHEN EXISTS \
               (SELECT 1 FROM revocation WHERE revocation.subject = installation.thumbprint) THEN 1 ELSE 0 END AS revoked \
               FROM installation WHERE thumbprint IN ({})";
    for row in read_where_in(connection, sql, &[], &names).await? {
        let columns = Columns::of("installation", &row);
        let fork_counter = columns.optional_count("fork_counter")?;
        let fork_digest = columns.optional_digest("fork_digest")?;
        let record = InstallationRecord {
            account: match columns.optional_text("account")? {
                Some(_) => Some(columns.parsed("account")?),
                None => None,
            },
            fork: fork_counter.zip(fork_digest).map(|(counter, digest)| Branch { counter, digest }),
            clock_behind: columns.flag("clock_behind")?,
            newest: columns.count("newest")?,
            revoked: columns.count("revoked")? != 0,
            ..InstallationRecord::default()
        };
        records.insert(columns.fixed("thumbprint", Thumbprint::from_slice)?, record);
    }
    let exists = |(thumbprint, asker): &&(Thumbprint, Asker)| {
        let record: Option<&InstallationRecord> = records.get(thumbprint);
        record.is_some_and(|record| record.account.as_ref().is_none_or(|account| asker.may_use(account)))
    };
    let mut known: Vec<Thumbprint> =
        wanted.iter().filter(exists).map(|(thumbprint, _)| *thumbprint).collect();
    known.sort_unstable();
    known.dedup();
    if !known.is_empty() {
        read_chains(connection, &known, touched, &mut records).await?;
        let known: Vec<Value> = known.iter().map(|thumbprint| thumbprint.as_bytes().into()).collect();
        read_slots(connection, &known, &mut records).await?;
        read_leases(connection, &known, touched.is_none(), &mut records).await?;
    }
    Ok(records)
}

/// Chains, and the answered requests that are on none.
async fn read_chains(
    connection: &mut AnyConnection,
    known: &[Thumbprint],
    touched: Option<&Touched>,
    records: &mut BTreeMap<Thumbprint, InstallationRecord>,
) -> Result<(), StoreError> {
    let (chain, strays) = match touched {
        None => {
            let known: Vec<Value> = known.iter().map(|thumbprint| thumbprint.as_bytes().into()).collect();
            let sql = "SELECT installation, counter, digest FROM chain WHERE installation IN ({})";
            let chain = read_where_in(connection, sql, &[], &known).await?;
            let sql = stray!("SELECT installation, request", "answer.installation IN ({})");
            (chain, read_where_in(connection, sql, &[], &known).await?)
        }
        Some(Touched { counters, requests }) => {
            let counters = counters.iter().filter(|(installation, ..)| known.contains(installation));
            let spans = counters.map(|(installation, from, to)| {
                [installation.as_bytes().into(), (*from).into(), (*to).into()]
            });
            let sql = "SELECT installation, counter, digest FROM chain WHERE {}";
            let span = ["installation = ", " AND counter >= ", " AND counter <= "];
            let chain = read_where_any(connection, sql, span, &spans.collect::<Vec<_>>()).await?;
            let sql = stray!("SELECT installation, request", "answer.request IN ({})");
            (chain, read_where_in(connection, sql, &[], &digests(requests)).await?)
        }
    };
    for row in &chain {
        let columns = Columns::of("chain", row);
        let record = owner(records, &columns)?;
        record.chain.insert(columns.count("counter")?, columns.digest("digest")?);
    }
    for row in &strays {
        let columns = Columns::of("answer", row);
        // A claim may name anything, also what another installation was answered.
        if let Ok(record) = owner(records, &columns) {
            record.strays.insert(columns.digest("request")?);
        }
    }
    Ok(())
}

/// Slots, and what people have said about keys at these installations.
async fn read_slots(
    connection: &mut AnyConnection,
    known: &[Value],
    records: &mut BTreeMap<Thumbprint, InstallationRecord>,
) -> Result<(), StoreError> {
    let sql = "SELECT installation, license_type, ended, held, answered FROM slot WHERE installation IN ({})";
    for row in read_where_in(connection, sql, &[], known).await? {
        let columns = Columns::of("slot", &row);
        let marks = SlotRecord {
            ended: columns.count("ended")?,
            held: columns.count("held")?,
            answered: columns.count("answered")?,
        };
        let license_type = columns.parsed("license_type")?;
        owner(records, &columns)?.slots.insert(license_type, marks);
    }
    let sql = "SELECT installation, license_key, why FROM bar WHERE installation IN ({})";
    for row in read_where_in(connection, sql, &[], known).await? {
        let columns = Columns::of("bar", &row);
        let why = columns.named("why", |why| match why {
            "blocked" => Some(Bar::Blocked),
            "moved" => Some(Bar::Moved),
            _ => None,
        })?;
        owner(records, &columns)?.barred.insert(columns.digest("license_key")?, why);
    }
    let sql = "SELECT installation, from_key, to_key FROM key_exchange WHERE installation IN ({})";
    for row in read_where_in(connection, sql, &[], known).await? {
        let columns = Columns::of("key_exchange", &row);
        let (from, to) = (columns.digest("from_key")?, columns.digest("to_key")?);
        owner(records, &columns)?.exchanged.insert(from, to);
    }
    Ok(())
}

/// Licenses: all of them, or those that the proxy may still have. Which count is the book's to say, and a proxy may renew one that ended
/// long ago.
async fn read_leases(
    connection: &mut AnyConnection,
    known: &[Value],
    all: bool,
    records: &mut BTreeMap<Thumbprint, InstallationRecord>,
) -> Result<(), StoreError> {
    let sql = match all {
        true => leases!(""),
        false => leases!(" AND lease.counter > slot.ended AND lease.counter >= slot.held"),
    };
    for row in read_where_in(connection, sql, &[], known).await? {
        let columns = Columns::of("lease", &row);
        let license = columns.fixed("license", LicenseId::from_slice)?;
        let (metric, seats) = metric_and_seats(&columns)?;
        let record = owner(records, &columns)?;
        let leases = match columns.optional_text("given_up")?.as_deref() {
            None => &mut record.leases,
            Some("branch") => &mut record.abandoned,
            Some(_) => &mut record.booked,
        };
        match leases.last_mut() {
            Some(lease) if lease.license == license => lease.seats.insert(metric, seats),
            _ => {
                leases.push(read_lease(&columns, license, (metric, seats))?);
                None
            }
        };
    }
    Ok(())
}

fn read_lease(columns: &Columns<'_>, license: LicenseId, seats: (Metric, u64)) -> Result<Lease, StoreError> {
    Ok(Lease {
        license_type: columns.parsed("license_type")?,
        license,
        request: columns.digest("request")?,
        counter: columns.count("counter")?,
        key: columns.digest("license_key")?,
        subscription: columns.parsed("subscription")?,
        seats: Seats::from([seats]),
        issued: columns.time("issued")?,
        ends: columns.time("ends")?,
    })
}

fn owner<'a>(
    records: &'a mut BTreeMap<Thumbprint, InstallationRecord>,
    columns: &Columns<'_>,
) -> Result<&'a mut InstallationRecord, StoreError> {
    let id = columns.fixed("installation", Thumbprint::from_slice)?;
    records.get_mut(&id).ok_or_else(|| columns.damaged("installation", "is not known"))
}
