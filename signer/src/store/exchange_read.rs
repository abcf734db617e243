//! Opening the book: the part of the record that a batch of requests touches, in a number of statements that does not grow with it.

use std::collections::BTreeMap;

use license_format::{Digest, LicenseId, LicenseType, Metric, Thumbprint, Timestamp, payload::Floor};
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Columns, StoreError, Vendor, read_vendor,
    rows::{Value, read_where_in},
    sold_read::{digests, metric_and_seats, read_codes, read_keys, read_subscriptions},
    tally::read_tallies,
};
use crate::{
    exchange::{
        Bar, Book, Branch, InstallationRecord, Lease, Recovery, Seats, SlotRecord, SubscriptionRecord,
    },
    ids::SubscriptionId,
    log::LogHead,
    people::Asker,
};

/// What a batch needs to see.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Installations that ask.
    pub(crate) installations: Vec<Thumbprint>,
    /// License keys that requests and attached licenses name, by digest.
    pub(crate) keys: Vec<Digest>,
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

/// The record as a whole, at an instant. Inside a transaction that writes it stays so until the end.
#[derive(Debug, Clone)]
pub(crate) struct RecordState {
    /// Whose it is, and its number.
    pub(crate) vendor: Vendor,
    /// The log's head.
    pub(crate) head: LogHead,
    /// When the newest answer was issued.
    pub(crate) newest: Timestamp,
}

/// Reads the record's state, in one statement.
pub(crate) async fn record_state(connection: &mut AnyConnection) -> Result<RecordState, StoreError> {
    let sql = "SELECT vendor.id, vendor.name, vendor.record, vendor.created, log_head.size, log_head.frontier, log_head.issued \
               FROM vendor CROSS JOIN log_head";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    let columns = Columns::of("log_head", &row);
    let head = LogHead::from_parts(columns.count("size")?, &columns.bytes("frontier")?)
        .ok_or_else(|| columns.damaged("frontier", "does not fit the size"))?;
    Ok(RecordState { vendor: read_vendor(&row)?, head, newest: columns.time("issued")? })
}

/// The final answers to some requests, by request.
pub(crate) async fn final_answers(
    connection: &mut AnyConnection,
    requests: &[Digest],
) -> Result<BTreeMap<Digest, Vec<u8>>, StoreError> {
    let rows = read_where_in(
        connection,
        "SELECT request, file FROM answer WHERE request IN ({})",
        &[],
        &digests(requests),
    )
    .await?;
    let answer = |row| {
        let columns = Columns::of("answer", row);
        Ok((columns.digest("request")?, columns.bytes("file")?))
    };
    rows.iter().map(answer).collect()
}

/// The newest license file of a slot.
pub(crate) async fn newest_license(
    connection: &mut AnyConnection,
    installation: &Thumbprint,
    license_type: LicenseType,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query(
        "SELECT file FROM answer WHERE installation = $1 AND license_type = $2 AND kind = 'license' ORDER BY counter DESC LIMIT 1",
    )
    .bind(installation.as_bytes().to_vec())
    .bind(license_type.name())
    .fetch_optional(connection)
    .await?;
    row.map(|row| Columns::of("answer", &row).bytes("file")).transpose()
}

/// The newest request of an installation that was refused as a fork: what is known of its second branch.
pub(crate) async fn refused_branch(
    connection: &mut AnyConnection,
    installation: &Thumbprint,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT answer.request_file FROM answer JOIN log_leaf ON log_leaf.request = answer.request \
               WHERE answer.installation = $1 AND answer.kind = 'refusal' AND log_leaf.code = 'fork' \
               ORDER BY answer.issued DESC, answer.counter DESC LIMIT 1";
    let row = sqlx::query(sql).bind(installation.as_bytes().to_vec()).fetch_optional(connection).await?;
    row.map(|row| Columns::of("answer", &row).bytes("request_file")).transpose()
}

/// The answered requests of an installation that are not on its chain.
pub(crate) async fn stray_requests(
    connection: &mut AnyConnection,
    installation: &Thumbprint,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = stray!("SELECT request_file", "answer.installation = $1");
    let rows = sqlx::query(sql).bind(installation.as_bytes().to_vec()).fetch_all(connection).await?;
    rows.iter().map(|row| Columns::of("answer", row).bytes("request_file")).collect()
}

/// What is known of one installation.
pub(crate) async fn installation(
    connection: &mut AnyConnection,
    thumbprint: &Thumbprint,
) -> Result<Option<InstallationRecord>, StoreError> {
    Ok(read_installations(connection, &[*thumbprint]).await?.remove(thumbprint))
}

/// The final answer to a request and that request's file, if the asker may see them. Until an installation is somebody's, its answers
/// are for those who brought its requests.
pub(crate) async fn answer_to(
    connection: &mut AnyConnection,
    request: &Digest,
    asker: &Asker,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, StoreError> {
    let sql = "SELECT answer.file, answer.request_file, \
               COALESCE(installation.account, answer.account) AS account FROM answer \
               LEFT JOIN installation ON installation.thumbprint = answer.installation WHERE answer.request = $1";
    let row = sqlx::query(sql).bind(request.as_bytes().to_vec()).fetch_optional(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns::of("answer", &row);
    let account = columns.optional_text("account")?;
    let visible = asker.account().is_none_or(|own| account.as_deref() == Some(own.as_str()));
    if visible { Ok(Some((columns.bytes("file")?, columns.bytes("request_file")?))) } else { Ok(None) }
}

/// The book without installations, and with every subscription's terms: enough to begin a recovery.
pub(crate) async fn whole_book(
    connection: &mut AnyConnection,
    vendor: &Vendor,
    now: Timestamp,
) -> Result<Book, StoreError> {
    let rows = sqlx::query("SELECT id FROM subscription").fetch_all(&mut *connection).await?;
    let ids: Result<Vec<SubscriptionId>, StoreError> =
        rows.iter().map(|row| Columns::of("subscription", row).parsed("id")).collect();
    let floor = Floor { bundle: 0, revocations: 0 };
    let mut book = open_book(connection, vendor, &Wanted::default(), floor, now).await?;
    book.subscriptions = read_subscriptions(connection, &ids?, now).await?;
    Ok(book)
}

/// One subscription as the exchange sees it.
pub(crate) async fn subscription(
    connection: &mut AnyConnection,
    id: &SubscriptionId,
    now: Timestamp,
) -> Result<SubscriptionRecord, StoreError> {
    let found = read_subscriptions(connection, std::slice::from_ref(id), now).await?.remove(id);
    found.ok_or(StoreError::Damaged {
        table: "subscription",
        column: "id",
        detail: "is not there".to_owned(),
    })
}

/// Reads the book for a batch at an instant.
pub(crate) async fn open_book(
    connection: &mut AnyConnection,
    vendor: &Vendor,
    wanted: &Wanted,
    floor: Floor,
    now: Timestamp,
) -> Result<Book, StoreError> {
    let recovery = sqlx::query("SELECT began, horizon FROM recovery ORDER BY record DESC LIMIT 1")
        .fetch_optional(&mut *connection)
        .await?;
    let recovery = recovery.as_ref().map(read_recovery).transpose()?;
    let installations = read_installations(connection, &wanted.installations).await?;
    let codes = read_codes(connection, &wanted.keys, &wanted.installations).await?;
    let leases = || installations.values().flat_map(|record| record.leases.iter().chain(&record.booked));
    let mut keys = wanted.keys.clone();
    keys.extend(leases().map(|lease| lease.key));
    keys.extend(installations.values().flat_map(|record| record.exchanged.values()));
    keys.extend(codes.values().map(|code| code.key));
    keys.sort_unstable();
    keys.dedup();
    let keys = read_keys(connection, &keys).await?;
    let mut subscriptions: Vec<SubscriptionId> = keys.values().map(|key| key.subscription.clone()).collect();
    subscriptions.extend(leases().map(|lease| lease.subscription.clone()));
    subscriptions.sort_unstable();
    subscriptions.dedup();
    let subscriptions = read_subscriptions(connection, &subscriptions, now).await?;
    let mut book = Book {
        vendor: vendor.name.clone(),
        record: vendor.record,
        recovery,
        floor,
        installations,
        keys,
        subscriptions,
        codes,
        tallies: BTreeMap::new(),
        changes: Vec::new(),
    };
    read_tallies(connection, &mut book, now).await?;
    Ok(book)
}

pub(super) async fn read_installations(
    connection: &mut AnyConnection,
    wanted: &[Thumbprint],
) -> Result<BTreeMap<Thumbprint, InstallationRecord>, StoreError> {
    let wanted: Vec<Value> = wanted.iter().map(|thumbprint| thumbprint.as_bytes().into()).collect();
    let mut records = BTreeMap::new();
    let sql = "SELECT thumbprint, account, newest, clock_behind, fork_counter, fork_digest FROM installation WHERE thumbprint IN ({})";
    for row in read_where_in(connection, sql, &[], &wanted).await? {
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
            ..InstallationRecord::default()
        };
        records.insert(columns.fixed("thumbprint", Thumbprint::from_slice)?, record);
    }
    let known: Vec<Value> =
        records.keys().map(|thumbprint: &Thumbprint| thumbprint.as_bytes().into()).collect();
    let sql = "SELECT installation, counter, digest FROM chain WHERE installation IN ({})";
    for row in read_where_in(connection, sql, &[], &known).await? {
        let columns = Columns::of("chain", &row);
        let record = owner(&mut records, &columns)?;
        record.chain.insert(columns.count("counter")?, columns.digest("digest")?);
    }
    let sql = stray!("SELECT installation, request", "answer.installation IN ({})");
    for row in read_where_in(connection, sql, &[], &known).await? {
        let columns = Columns::of("answer", &row);
        owner(&mut records, &columns)?.strays.insert(columns.digest("request")?);
    }
    let sql = "SELECT installation, license_type, ended, held, answered FROM slot WHERE installation IN ({})";
    for row in read_where_in(connection, sql, &[], &known).await? {
        let columns = Columns::of("slot", &row);
        let marks = SlotRecord {
            ended: columns.count("ended")?,
            held: columns.count("held")?,
            answered: columns.count("answered")?,
        };
        let license_type = columns.parsed("license_type")?;
        owner(&mut records, &columns)?.slots.insert(license_type, marks);
    }
    let sql = "SELECT installation, license_key, why FROM bar WHERE installation IN ({})";
    for row in read_where_in(connection, sql, &[], &known).await? {
        let columns = Columns::of("bar", &row);
        let why = columns.named("why", |why| match why {
            "blocked" => Some(Bar::Blocked),
            "moved" => Some(Bar::Moved),
            _ => None,
        })?;
        owner(&mut records, &columns)?.barred.insert(columns.digest("license_key")?, why);
    }
    let sql = "SELECT installation, from_key, to_key FROM key_exchange WHERE installation IN ({})";
    for row in read_where_in(connection, sql, &[], &known).await? {
        let columns = Columns::of("key_exchange", &row);
        let (from, to) = (columns.digest("from_key")?, columns.digest("to_key")?);
        owner(&mut records, &columns)?.exchanged.insert(from, to);
    }
    // All of them: which count is the book's to say, and a proxy may renew a license that ended long ago.
    let sql = "SELECT lease.license, lease.installation, lease.license_type, lease.request, lease.counter, lease.license_key, \
               lease.subscription, lease.issued, lease.ends, lease.given_up, lease_seats.metric, lease_seats.seats FROM lease \
               JOIN lease_seats ON lease_seats.license = lease.license \
               WHERE lease.installation IN ({}) \
               ORDER BY lease.installation, lease.counter, lease.license";
    for row in read_where_in(connection, sql, &[], &known).await? {
        let columns = Columns::of("lease", &row);
        let license = columns.fixed("license", LicenseId::from_slice)?;
        let (metric, seats) = metric_and_seats(&columns)?;
        let record = owner(&mut records, &columns)?;
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
    Ok(records)
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

fn read_recovery(row: &AnyRow) -> Result<Recovery, StoreError> {
    let columns = Columns::of("recovery", row);
    Ok(Recovery { began: columns.time("began")?, horizon: columns.time("horizon")? })
}

fn owner<'a>(
    records: &'a mut BTreeMap<Thumbprint, InstallationRecord>,
    columns: &Columns<'_>,
) -> Result<&'a mut InstallationRecord, StoreError> {
    let id = columns.fixed("installation", Thumbprint::from_slice)?;
    records.get_mut(&id).ok_or_else(|| columns.damaged("installation", "is not known"))
}
