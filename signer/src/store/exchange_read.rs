//! Opening the book: the part of the record that a batch of requests touches, in a number of statements that does not grow with it.

use std::collections::BTreeMap;

use license_format::{Digest, LicenseType, Thumbprint, Timestamp, payload::Floor};
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Columns, StoreError, Vendor,
    installations_read::{Touched, read_installations, stray},
    read_vendor,
    rows::read_where_in,
    sold_read::{digests, read_codes, read_keys, read_subscriptions},
    tally::read_tallies,
};
use crate::{
    exchange::{Book, InstallationRecord, Recovery, SubscriptionRecord},
    ids::{AccountId, SubscriptionId},
    log::LogHead,
    people::Asker,
};

/// What a batch needs to see.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Installations that ask, and for whom.
    pub(crate) installations: Vec<(Thumbprint, Asker)>,
    /// What of their history; all of it if absent.
    pub(crate) touched: Option<Touched>,
    /// License keys that requests and attached licenses name, by digest, and for whom: none is there that who asks may not use.
    pub(crate) keys: Vec<(Digest, Asker)>,
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

/// The newest license file of a slot, unless it was revoked: nobody is given it again.
pub(crate) async fn newest_license(
    connection: &mut AnyConnection,
    installation: &Thumbprint,
    license_type: LicenseType,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query(
        "SELECT file, CASE WHEN EXISTS (SELECT 1 FROM lease JOIN revocation ON revocation.subject = lease.license \
         WHERE lease.request = answer.request) THEN 1 ELSE 0 END AS revoked \
         FROM answer WHERE installation = $1 AND license_type = $2 AND kind = 'license' ORDER BY counter DESC LIMIT 1",
    )
    .bind(installation.as_bytes().to_vec())
    .bind(license_type.name())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns::of("answer", &row);
    if columns.flag("revoked")? { Ok(None) } else { columns.bytes("file").map(Some) }
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
    let wanted = [(*thumbprint, Asker::Staff)];
    Ok(read_installations(connection, &wanted, None).await?.remove(thumbprint))
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
    let recovery = newest_recovery(connection).await?;
    let installations =
        read_installations(connection, &wanted.installations, wanted.touched.as_ref()).await?;
    // What is named and is not for who names it is left out before anything depends on it: whether it exists shows neither in what is
    // said nor in how long that takes.
    let is_for_who_asks = |named: &Digest, account: &AccountId| {
        wanted.keys.iter().any(|(key, asker)| key == named && asker.may_use(account))
    };
    let mut codes = read_codes(connection, &wanted.keys, &wanted.installations).await?;
    codes.retain(|digest, (code, account)| {
        code.used_by.is_some_and(|user| installations.contains_key(&user)) || is_for_who_asks(digest, account)
    });
    let codes: BTreeMap<_, _> = codes.into_iter().map(|(digest, (code, _))| (digest, code)).collect();
    let leases = || installations.values().flat_map(|record| record.leases.iter().chain(&record.booked));
    let mut related: Vec<Digest> = leases().map(|lease| lease.key).collect();
    related.extend(installations.values().flat_map(|record| record.exchanged.values()));
    related.extend(codes.values().map(|code| code.key));
    let mut keys: Vec<Digest> = wanted.keys.iter().map(|(named, _)| *named).chain(related.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut keys = read_keys(connection, &keys).await?;
    keys.retain(|digest, key| related.contains(digest) || is_for_who_asks(digest, &key.account));
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

/// The recovery that is under way at an instant.
pub(crate) async fn recovery(
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<Option<Recovery>, StoreError> {
    Ok(newest_recovery(connection).await?.filter(|recovery| now < recovery.horizon))
}

async fn newest_recovery(connection: &mut AnyConnection) -> Result<Option<Recovery>, StoreError> {
    let row = sqlx::query("SELECT began, horizon FROM recovery ORDER BY record DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read_recovery).transpose()
}

fn read_recovery(row: &AnyRow) -> Result<Recovery, StoreError> {
    let columns = Columns::of("recovery", row);
    Ok(Recovery { began: columns.time("began")?, horizon: columns.time("horizon")? })
}
