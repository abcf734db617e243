//! What is in the log beside answers: trust bundles, revocation lists, and how forks were resolved.

use std::collections::BTreeSet;

use license_format::{
    Digest, LicenseId, Thumbprint, Timestamp, UnverifiedDocument, UnverifiedFile,
    payload::{RevocationList, TrustBundle},
};
use sqlx::AnyConnection;
use verifier::TrustState;

use super::{Columns, StoreError, big, exchange_write::demand, rows::Value, rows::write_rows, seconds};
use crate::{exchange::Lives, lookout::Sight, people::Actor, revocation::list::Names};

/// The reason beside what a list names that a store had forgotten which was put back.
const FORGOTTEN: &str = "found in a list that the record had lost";

/// How far the record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Newest {
    /// Number of the newest trust bundle on the log, 0 if there is none.
    pub(crate) bundle: u64,
    /// Number of the newest revocation list, 0 if there is none.
    pub(crate) list: u64,
    /// Whether a decision about a fork waits for its leaf.
    pub(crate) undecided: bool,
}

/// Reads how far the record is, in one statement.
pub(crate) async fn newest(connection: &mut AnyConnection) -> Result<Newest, StoreError> {
    let sql = "SELECT COALESCE((SELECT MAX(number) FROM news WHERE kind = 'trust-bundle'), 0) AS bundle, \
               COALESCE((SELECT MAX(number) FROM news WHERE kind = 'revocation-list'), 0) AS list, \
               CASE WHEN EXISTS (SELECT 1 FROM fork_decision WHERE leaf IS NULL) THEN 1 ELSE 0 END AS waiting";
    let row = sqlx::query(sql).fetch_one(connection).await?;
    let columns = Columns::of("news", &row);
    // PostgreSQL has no wider number here than BIGINT, and no flag at all in what is computed.
    Ok(Newest {
        bundle: columns.count("bundle")?,
        list: columns.count("list")?,
        undecided: columns.count("waiting")? != 0,
    })
}

/// A revocation list by its number.
pub(crate) async fn list(
    connection: &mut AnyConnection,
    number: u64,
) -> Result<UnverifiedDocument, StoreError> {
    let sql = "SELECT document FROM news WHERE kind = 'revocation-list' AND number = $1";
    let row = sqlx::query(sql).bind(big(number)).fetch_one(connection).await?;
    let columns = Columns::of("news", &row);
    UnverifiedDocument::decode(&columns.bytes("document")?)
        .map_err(|error| columns.damaged("document", error))
}

/// A trust bundle by its number: what several root keys signed is several documents. None where no answer went by it.
pub(crate) async fn bundle(
    connection: &mut AnyConnection,
    number: u64,
) -> Result<Option<TrustState>, StoreError> {
    let sql = "SELECT document FROM news WHERE kind = 'trust-bundle' AND number = $1 ORDER BY digest";
    let rows = sqlx::query(sql).bind(big(number)).fetch_all(connection).await?;
    let mut documents = Vec::new();
    for row in &rows {
        let columns = Columns::of("news", row);
        let document = UnverifiedDocument::decode(&columns.bytes("document")?);
        documents.push(document.map_err(|error| columns.damaged("document", error))?);
    }
    let Some((row, document)) = rows.first().zip(documents.first().cloned()) else { return Ok(None) };
    let file = UnverifiedFile { document, trust: documents.split_off(1), proof: None };
    let state =
        TrustState::pin(&file).map_err(|error| Columns::of("news", row).damaged("document", error))?;
    Ok(Some(state))
}

/// Decisions about forks that wait for their leaves, in order.
pub(crate) async fn waiting(connection: &mut AnyConnection) -> Result<Vec<Digest>, StoreError> {
    let sql = "SELECT digest FROM fork_decision WHERE leaf IS NULL ORDER BY decided, digest";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    rows.iter().map(|row| Columns::of("fork_decision", row).digest("digest")).collect()
}

/// Everything that was ever revoked.
pub(crate) async fn revoked(connection: &mut AnyConnection) -> Result<Names, StoreError> {
    let mut names = Names::default();
    for row in sqlx::query("SELECT subject, kind FROM revocation").fetch_all(connection).await? {
        let columns = Columns::of("revocation", &row);
        match columns.text("kind")?.as_str() {
            "license" => _ = names.licenses.insert(columns.fixed("subject", LicenseId::from_slice)?),
            _ => _ = names.keys.insert(columns.fixed("subject", Thumbprint::from_slice)?),
        }
    }
    Ok(names)
}

/// Of what was revoked, the licenses that have ended by an instant. One whose lease the record lacks may not have.
pub(crate) async fn revoked_and_ended(
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<BTreeSet<LicenseId>, StoreError> {
    let sql = "SELECT revocation.subject FROM revocation JOIN lease ON lease.license = revocation.subject \
               WHERE revocation.kind = 'license' AND lease.ends <= $1";
    let rows = sqlx::query(sql).bind(seconds(now)).fetch_all(connection).await?;
    rows.iter().map(|row| Columns::of("revocation", row).fixed("subject", LicenseId::from_slice)).collect()
}

/// Writes what a look found that was not on the log yet. Its leaves begin at an index, and are written with the others.
pub(crate) async fn write(
    connection: &mut AnyConnection,
    sight: &Sight,
    first: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = sight.news.iter().map(|document| {
        vec![
            document.digest().as_bytes().into(),
            document.kind().name().into(),
            number(document).into(),
            Value::Bytes(document.encode()),
        ]
    });
    // A record that was put back takes the same again.
    write_rows(connection, "INSERT INTO news (digest, kind, number, document) VALUES", "", rows.collect())
        .await?;
    if let Some((list, _)) = sight.list.as_ref().filter(|_| sight.has_list()) {
        let reason = Because { reason: FORGOTTEN, by: &Actor::Operator, list: list.number };
        write_revoked(connection, &Names::of(list), reason, now).await?;
    }
    let decisions = first + sight.news.len() as u64;
    for (leaf, decision) in (decisions..).zip(&sight.decisions) {
        let sql = "UPDATE fork_decision SET leaf = $2 WHERE digest = $1 AND leaf IS NULL";
        let query = sqlx::query(sql).bind(decision.as_bytes().to_vec()).bind(big(leaf));
        demand(query.execute(&mut *connection).await?.rows_affected(), 1, "fork_decision")?;
    }
    Ok(())
}

/// Why something is revoked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Because<'a> {
    pub(crate) reason: &'a str,
    pub(crate) by: &'a Actor,
    /// Number of the first list that names it.
    pub(crate) list: u64,
}

/// Writes down what is revoked and why. What was revoked before keeps its reason.
pub(crate) async fn write_revoked(
    connection: &mut AnyConnection,
    names: &Names,
    Because { reason, by, list }: Because<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let who = by.to_string();
    let row = |subject: &[u8], kind: &str| {
        vec![subject.into(), kind.into(), list.into(), reason.into(), who.as_str().into(), now.into()]
    };
    let licenses = names.licenses.iter().map(|id| row(id.as_bytes(), "license"));
    let keys = names.keys.iter().map(|kid| row(kid.as_bytes(), "key"));
    let head = "INSERT INTO revocation (subject, kind, list, reason, who, created) VALUES";
    let tail = "ON CONFLICT (subject) DO NOTHING";
    write_rows(connection, head, tail, licenses.chain(keys).collect()).await?;
    Ok(())
}

/// How a fork was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForkDecision {
    pub(crate) installation: Thumbprint,
    pub(crate) counter: u64,
    /// The request of the first branch there.
    pub(crate) first: Digest,
    /// The request of the second.
    pub(crate) second: Digest,
    pub(crate) lives: Lives,
    pub(crate) who: Actor,
    pub(crate) decided: Timestamp,
}

impl ForkDecision {
    /// SHA-256 over the decision's text. No document's digest is of a text, so it is never taken for one.
    pub(crate) fn digest(&self) -> Digest {
        let ForkDecision { installation, counter, first, second, lives, who, decided } = self;
        let text = format!(
            "Waybill decision about a fork, version 1\ninstallation {installation}\ncounter {counter}\nfirst {first}\n\
             second {second}\nlives {}\nby {who}\ndecided {}\n",
            name(*lives),
            decided.seconds()
        );
        Digest::of(text.as_bytes())
    }
}

/// Writes down how a fork was resolved. It becomes a leaf before the next answer leaves. The same said twice at one instant is one decision.
pub(crate) async fn write_decision(
    connection: &mut AnyConnection,
    decision: &ForkDecision,
) -> Result<(), StoreError> {
    let row = vec![
        decision.digest().as_bytes().into(),
        decision.installation.as_bytes().into(),
        decision.counter.into(),
        decision.first.as_bytes().into(),
        decision.second.as_bytes().into(),
        name(decision.lives).into(),
        decision.who.to_string().as_str().into(),
        Value::Int(seconds(decision.decided)),
    ];
    let head = "INSERT INTO fork_decision (digest, installation, counter, first, second, lives, who, decided) VALUES";
    write_rows(connection, head, "ON CONFLICT (digest) DO NOTHING", vec![row]).await?;
    Ok(())
}

fn name(lives: Lives) -> &'static str {
    match lives {
        Lives::First => "first",
        Lives::Second => "second",
    }
}

/// A document's own number; news that we made have one.
pub(crate) fn number(document: &UnverifiedDocument) -> u64 {
    let list = document.decode_unverified::<RevocationList>().map(|list| list.number);
    list.or_else(|_| document.decode_unverified::<TrustBundle>().map(|bundle| bundle.number)).unwrap_or(0)
}
