//! What `waybill log verify` reads: rows of every table that follows from answers, some at a time, as they are.

use std::collections::BTreeMap;

use license_format::{Digest, LicenseId, Thumbprint, Timestamp, UnverifiedDocument};
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Columns, StoreError, big,
    installations_read::read_installations,
    log_read::read_leaf,
    news::ForkDecision,
    rows::{Value, read_where_in},
    sold_read::digests,
    tally,
};
use crate::{
    exchange::{InstallationRecord, Lapses, Lives, Tally},
    log::Leaf,
    people::Asker,
};

/// A final answer as its row has it, and what the rows beside it say.
#[derive(Debug)]
pub(crate) struct AnswerRow {
    pub(crate) request: Digest,
    pub(crate) installation: Thumbprint,
    pub(crate) license_type: String,
    pub(crate) counter: u64,
    pub(crate) kind: String,
    pub(crate) issued: Timestamp,
    pub(crate) file: Vec<u8>,
    pub(crate) request_file: Vec<u8>,
    /// The request that the installation's chain has at that counter.
    pub(crate) chained: Option<Digest>,
    /// The slot's marks `ended` and `answered`.
    pub(crate) marks: Option<(u64, u64)>,
}

/// A lease, with its seats in ascending order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LeaseRow {
    pub(crate) license: LicenseId,
    pub(crate) installation: Thumbprint,
    pub(crate) license_type: String,
    pub(crate) counter: u64,
    pub(crate) request: Digest,
    pub(crate) license_key: Digest,
    pub(crate) issued: Timestamp,
    pub(crate) ends: Timestamp,
    pub(crate) seats: Vec<u64>,
}

/// Leaves from an index on, with the requests that they answer, however their indexes stand: at most so many.
pub(crate) async fn leaves(
    connection: &mut AnyConnection,
    from: u64,
    most: u64,
) -> Result<Vec<(Leaf, Digest)>, StoreError> {
    let sql = "SELECT position, digest, kind, code, request, issued FROM log_leaf WHERE position >= $1 ORDER BY position LIMIT $2";
    let rows = sqlx::query(sql).bind(big(from)).bind(big(most)).fetch_all(connection).await?;
    let leaf = |row: &AnyRow| Ok((read_leaf(row)?, Columns::of("log_leaf", row).digest("request")?));
    rows.iter().map(leaf).collect()
}

/// The nodes of a level that the store keeps, by position, after one: at most so many.
pub(crate) async fn nodes(
    connection: &mut AnyConnection,
    level: u64,
    after: Option<u64>,
    most: u64,
) -> Result<Vec<(u64, Digest)>, StoreError> {
    let sql =
        "SELECT position, hash FROM log_node WHERE level = $1 AND position > $2 ORDER BY position LIMIT $3";
    let query = sqlx::query(sql).bind(big(level)).bind(past(after)).bind(big(most));
    let node = |row| {
        let columns = Columns::of("log_node", row);
        Ok((columns.count("position")?, columns.digest("hash")?))
    };
    query.fetch_all(connection).await?.iter().map(node).collect()
}

/// The levels of which the store has nodes.
pub(crate) async fn node_levels(connection: &mut AnyConnection) -> Result<Vec<u64>, StoreError> {
    let rows =
        sqlx::query("SELECT DISTINCT level FROM log_node ORDER BY level").fetch_all(connection).await?;
    rows.iter().map(|row| Columns::of("log_node", row).count("level")).collect()
}

/// Where to read on after a row; before the first, all are there, also such as never should be.
fn past(after: Option<u64>) -> i64 {
    after.map_or(i64::MIN, big)
}

/// The final answers to some requests.
pub(crate) async fn answers(
    connection: &mut AnyConnection,
    requests: &[Digest],
) -> Result<Vec<AnswerRow>, StoreError> {
    let sql = "SELECT answer.request, answer.installation, answer.license_type, answer.counter, answer.kind, answer.issued, \
               answer.file, answer.request_file, chain.digest AS chained, slot.ended, slot.answered FROM answer \
               LEFT JOIN chain ON chain.installation = answer.installation AND chain.counter = answer.counter \
               LEFT JOIN slot ON slot.installation = answer.installation AND slot.license_type = answer.license_type \
               WHERE answer.request IN ({})";
    let answer = |row| {
        let columns = Columns::of("answer", row);
        Ok(AnswerRow {
            request: columns.digest("request")?,
            installation: columns.fixed("installation", Thumbprint::from_slice)?,
            license_type: columns.text("license_type")?,
            counter: columns.count("counter")?,
            kind: columns.text("kind")?,
            issued: columns.time("issued")?,
            file: columns.bytes("file")?,
            request_file: columns.bytes("request_file")?,
            chained: columns.optional_digest("chained")?,
            marks: columns.optional_count("ended")?.zip(columns.optional_count("answered")?),
        })
    };
    read_where_in(connection, sql, &[], &digests(requests)).await?.iter().map(answer).collect()
}

/// A document that is on the log and is no answer, as its row has it; absent if it does not read.
#[derive(Debug)]
pub(crate) struct NewsRow {
    pub(crate) kind: String,
    pub(crate) number: u64,
    pub(crate) document: Option<UnverifiedDocument>,
}

/// Leaves of some kinds, in order.
pub(crate) async fn leaves_of(
    connection: &mut AnyConnection,
    kinds: &[&str],
) -> Result<Vec<Leaf>, StoreError> {
    let sql =
        "SELECT position, digest, kind, code, issued FROM log_leaf WHERE kind IN ({}) ORDER BY position";
    let kinds: Vec<Value> = kinds.iter().map(|kind| (*kind).into()).collect();
    read_where_in(connection, sql, &[], &kinds).await?.iter().map(read_leaf).collect()
}

/// Trust bundles and revocation lists, by the digests that their rows say.
pub(crate) async fn news(connection: &mut AnyConnection) -> Result<BTreeMap<Digest, NewsRow>, StoreError> {
    let sql = "SELECT digest, kind, number, document FROM news";
    let news = |row| {
        let columns = Columns::of("news", row);
        let document = UnverifiedDocument::decode(&columns.bytes("document")?).ok();
        let row = NewsRow { kind: columns.text("kind")?, number: columns.count("number")?, document };
        Ok((columns.digest("digest")?, row))
    };
    sqlx::query(sql).fetch_all(connection).await?.iter().map(news).collect()
}

/// Decisions about forks, by the digests that their rows say, with their leaves.
pub(crate) async fn decisions(
    connection: &mut AnyConnection,
) -> Result<BTreeMap<Digest, (ForkDecision, Option<u64>)>, StoreError> {
    let sql =
        "SELECT digest, installation, counter, first, second, lives, who, decided, leaf FROM fork_decision";
    let decision = |row| {
        let columns = Columns::of("fork_decision", row);
        let decision = ForkDecision {
            installation: columns.fixed("installation", Thumbprint::from_slice)?,
            counter: columns.count("counter")?,
            first: columns.digest("first")?,
            second: columns.digest("second")?,
            lives: columns.named("lives", |lives| match lives {
                "first" => Some(Lives::First),
                "second" => Some(Lives::Second),
                _ => None,
            })?,
            who: columns.parsed("who")?,
            decided: columns.time("decided")?,
        };
        Ok((columns.digest("digest")?, (decision, columns.optional_count("leaf")?)))
    };
    sqlx::query(sql).fetch_all(connection).await?.iter().map(decision).collect()
}

/// The leases of some requests.
pub(crate) async fn leases(
    connection: &mut AnyConnection,
    requests: &[Digest],
) -> Result<Vec<LeaseRow>, StoreError> {
    let sql = "SELECT lease.license, lease.installation, lease.license_type, lease.counter, lease.request, lease.license_key, \
               lease.issued, lease.ends, lease_seats.seats FROM lease LEFT JOIN lease_seats ON lease_seats.license = lease.license \
               WHERE lease.request IN ({}) ORDER BY lease.license, lease_seats.seats";
    let mut leases: Vec<LeaseRow> = Vec::new();
    for row in read_where_in(connection, sql, &[], &digests(requests)).await? {
        let columns = Columns::of("lease", &row);
        let license = columns.fixed("license", LicenseId::from_slice)?;
        let seats = columns.optional_count("seats")?;
        if let Some(lease) = leases.last_mut().filter(|lease| lease.license == license) {
            lease.seats.extend(seats);
            continue;
        }
        leases.push(LeaseRow {
            license,
            installation: columns.fixed("installation", Thumbprint::from_slice)?,
            license_type: columns.text("license_type")?,
            counter: columns.count("counter")?,
            request: columns.digest("request")?,
            license_key: columns.digest("license_key")?,
            issued: columns.time("issued")?,
            ends: columns.time("ends")?,
            seats: seats.into_iter().collect(),
        });
    }
    Ok(leases)
}

/// Requests with a final answer that no leaf stands for.
pub(crate) async fn answers_without_leaf(connection: &mut AnyConnection) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT request FROM answer WHERE request NOT IN (SELECT request FROM log_leaf) ORDER BY issued, request";
    requests(connection, "answer", sql).await
}

/// Requests of leases that no license in the store stands for. One that a proxy brought back after a restoration has none.
pub(crate) async fn leases_without_answer(connection: &mut AnyConnection) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT request FROM lease WHERE NOT EXISTS \
               (SELECT 1 FROM answer WHERE answer.request = lease.request AND answer.kind = 'license') ORDER BY issued, request";
    requests(connection, "lease", sql).await
}

/// Slots that say they answered more than there are leases.
pub(crate) async fn slots_beyond_leases(
    connection: &mut AnyConnection,
) -> Result<Vec<(Thumbprint, String)>, StoreError> {
    let sql = "SELECT installation, license_type FROM slot WHERE answered > COALESCE((SELECT MAX(counter) FROM lease \
               WHERE lease.installation = slot.installation AND lease.license_type = slot.license_type), 0) ORDER BY installation";
    let slot = |row| {
        let columns = Columns::of("slot", row);
        Ok((columns.fixed("installation", Thumbprint::from_slice)?, columns.text("license_type")?))
    };
    sqlx::query(sql).fetch_all(connection).await?.iter().map(slot).collect()
}

/// Installations of which a copy was ever seen: a decision may have put another branch's chain and marks in place of the first's.
pub(crate) async fn ever_forked(connection: &mut AnyConnection) -> Result<Vec<Thumbprint>, StoreError> {
    let sql = "SELECT DISTINCT answer.installation FROM log_leaf JOIN answer ON answer.request = log_leaf.request \
               WHERE log_leaf.code = 'fork'";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    rows.iter().map(|row| Columns::of("answer", row).fixed("installation", Thumbprint::from_slice)).collect()
}

/// Installations in ascending order after one, with all that is known of them: at most so many.
pub(crate) async fn installations(
    connection: &mut AnyConnection,
    after: Option<Thumbprint>,
    most: u64,
) -> Result<Vec<(Thumbprint, InstallationRecord)>, StoreError> {
    let sql = "SELECT thumbprint FROM installation WHERE thumbprint > $1 ORDER BY thumbprint LIMIT $2";
    let after = after.map_or_else(Vec::new, |last| last.as_bytes().to_vec());
    let rows = sqlx::query(sql).bind(after).bind(big(most)).fetch_all(&mut *connection).await?;
    let wanted: Result<Vec<(Thumbprint, Asker)>, StoreError> = rows
        .iter()
        .map(|row| {
            Ok((Columns::of("installation", row).fixed("thumbprint", Thumbprint::from_slice)?, Asker::Staff))
        })
        .collect();
    Ok(read_installations(connection, &wanted?, None).await?.into_iter().collect())
}

/// What the store has of tallies, by the names of their rows: each with its amount at an instant, and how it falls after that.
pub(crate) async fn tallies(
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<BTreeMap<String, (i64, Lapses)>, StoreError> {
    let mut tallies: BTreeMap<String, (i64, Lapses)> = BTreeMap::new();
    for row in sqlx::query("SELECT what, amount FROM tally").fetch_all(&mut *connection).await? {
        let columns = Columns::of("tally", &row);
        tallies.entry(columns.text("what")?).or_default().0 += columns.amount("amount")?;
    }
    let sql = "SELECT what, ends, amount FROM tally_lapse WHERE amount <> 0";
    for row in sqlx::query(sql).fetch_all(connection).await? {
        let columns = Columns::of("tally_lapse", &row);
        let (ends, amount) = (columns.time("ends")?, columns.amount("amount")?);
        let (left, lapses) = tallies.entry(columns.text("what")?).or_default();
        // What has lapsed and was not written off yet is no more.
        match ends > now {
            true => _ = lapses.insert(ends, amount),
            false => *left -= amount,
        }
    }
    Ok(tallies)
}

/// How a tally is called in its rows.
pub(crate) fn tally_name(tally: &Tally) -> String {
    tally::name(tally)
}

async fn requests(
    connection: &mut AnyConnection,
    table: &'static str,
    sql: &'static str,
) -> Result<Vec<Digest>, StoreError> {
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    rows.iter().map(|row| Columns::of(table, row).digest("request")).collect()
}

/// The checkpoints that were signed, by size, after one: at most so many.
pub(crate) async fn checkpoints(
    connection: &mut AnyConnection,
    after: Option<u64>,
    most: u64,
) -> Result<Vec<(u64, Digest)>, StoreError> {
    let sql = "SELECT size, root FROM log_checkpoint WHERE size > $1 ORDER BY size LIMIT $2";
    let rows = sqlx::query(sql).bind(past(after)).bind(big(most)).fetch_all(connection).await?;
    let checkpoint = |row| {
        let columns = Columns::of("log_checkpoint", row);
        Ok((columns.count("size")?, columns.digest("root")?))
    };
    rows.iter().map(checkpoint).collect()
}
