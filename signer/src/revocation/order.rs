//! The one transaction in which something is revoked: what it is, the list that says so, its leaf, and what is noted beside.

use license_format::{LicenseId, LicenseType, Thumbprint, Timestamp};
use sqlx::AnyConnection;

use super::{Afterwards, Revoke, RevokeError, Revoked, RevokedLicense, list::Names};
use crate::{
    answer::AnswerError,
    catalog::{CatalogError, Difference, record},
    exchange::Bar,
    ids::{LicenseKeyId, SubscriptionId},
    log::Growth,
    lookout::{Lookout, Sight},
    people::Actor,
    queue::CLOCK_SLACK,
    store::{
        Columns, Store, StoreError, custody,
        exchange_read::{self, RecordState},
        listed::list_again,
        log_write::{Logged, write_log},
        news::{self, Reason},
        rows::{Value, read_where_in},
    },
    watch::{Standing, Watch},
};

/// Longest reason.
const REASON: usize = 200;

/// What somebody has ordered.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    what: Revoke,
    reason: String,
    by: Actor,
    now: Timestamp,
}

impl Order {
    /// Refuses what gives no reason.
    pub(crate) fn new(what: &Revoke, reason: &str, by: &Actor, now: Timestamp) -> Result<Order, RevokeError> {
        let reason = reason.trim();
        let is_line = (1..=REASON).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
        match is_line {
            true => Ok(Order { what: what.clone(), reason: reason.to_owned(), by: by.clone(), now }),
            false => Err(RevokeError::Reason),
        }
    }
}

/// Something at an installation that is to be revoked, with whose history says so.
struct Target {
    name: Option<LicenseId>,
    installation: Thumbprint,
    /// The server, for people.
    at: String,
    license_type: LicenseType,
    ends: Timestamp,
    key: license_format::Digest,
    key_id: LicenseKeyId,
    subscription: SubscriptionId,
}

/// Leases where a column has one of some values.
macro_rules! leases {
    ($column:literal) => {
        concat!(
            "SELECT lease.license, lease.installation, lease.license_type, lease.ends, lease.license_key, lease.subscription, ",
            "license_key.id AS key_id, installation.site_code, installation.name FROM lease ",
            "JOIN license_key ON license_key.digest = lease.license_key ",
            "JOIN installation ON installation.thumbprint = lease.installation WHERE lease.",
            $column,
            " IN ({}) ORDER BY lease.license"
        )
    };
}

/// Does it.
pub(crate) async fn revoke(
    order: &Order,
    lookout: &Lookout,
    store: &Store,
    watch: &Watch,
) -> Result<Revoked, RevokeError> {
    let mut transaction = store.begin().await?;
    let state = exchange_read::record_state(&mut transaction).await?;
    let (clock, newest) = (order.now, state.newest);
    if clock.plus(CLOCK_SLACK) < newest {
        return Err(AnswerError::ClockBehind { clock, newest }.into());
    }
    let now = clock.max(newest);
    if let Standing::PutBack { .. } = watch.look(&mut transaction, &state).await? {
        return Err(RevokeError::PutBack);
    }
    let record = state.vendor.record;
    let sight = lookout.look(&mut transaction, record, now).await?;
    let (names, targets) = match &order.what {
        Revoke::Licenses { ids, .. } => licenses(&mut transaction, ids).await?,
        Revoke::Key(kid) => key(&mut transaction, kid, &sight).await?,
    };
    let before = news::revoked(&mut transaction).await?;
    demand_new(&before, &names)?;

    // The list, read by our own verifier, and what signs by it.
    let sight = lookout.naming(sight, &names, &mut transaction, record, now).await?;
    let number = sight.list.as_ref().map_or(0, |(list, _)| list.number);
    let mut growth = Growth::after(state.head.clone());
    let leaves = sight.grow(&mut growth);
    let head = growth.head().clone();
    let checkpoint = sight.issuer.checkpoint(&head, record, now)?;

    let reason = Reason { reason: &order.reason, by: &order.by, list: number };
    news::write_revoked(&mut transaction, &names, reason, now).await?;
    note(&mut transaction, order, &targets, now).await?;
    news::write(&mut transaction, &sight, state.head.size(), now).await?;
    write_log(&mut transaction, &Logged { growth, checkpoint, leaves }, now).await?;
    transaction.commit().await?;

    lookout.settle(&sight).await?;
    let told = watch.tell(&RecordState { head, newest: now, ..state }).await;
    told.map_err(|error| AnswerError::Witness(error.to_string()))?;
    tracing::warn!(list = number, by = %order.by, "a revocation list was made");
    let revoked = |target: Target| {
        let Target { name, installation, license_type, ends, .. } = target;
        Some(RevokedLicense { id: name?, installation, license_type, ends })
    };
    Ok(Revoked { number, licenses: targets.into_iter().filter_map(revoked).collect() })
}

/// What is revoked already is no news; what no list could hold is refused.
fn demand_new(before: &Names, names: &Names) -> Result<(), RevokeError> {
    let license = names.licenses.intersection(&before.licenses).next().map(ToString::to_string);
    if let Some(name) =
        license.or_else(|| names.keys.intersection(&before.keys).next().map(Thumbprint::short))
    {
        return Err(RevokeError::Known { name });
    }
    match before.room() {
        left if left < names.licenses.len() + names.keys.len() => Err(RevokeError::Full { left }),
        _ => Ok(()),
    }
}

/// Licenses in the field, each with where it is.
async fn licenses(
    connection: &mut AnyConnection,
    ids: &[LicenseId],
) -> Result<(Names, Vec<Target>), RevokeError> {
    let wanted: Vec<Value> = ids.iter().map(|id| id.as_bytes().into()).collect();
    let targets = targets(connection, leases!("license"), &wanted).await?;
    let names = Names { licenses: ids.iter().copied().collect(), ..Names::default() };
    let is_there = |id: &&LicenseId| targets.iter().any(|target| target.name == Some(**id));
    match names.licenses.iter().find(|id| !is_there(id)) {
        Some(id) => Err(RevokeError::Unknown { what: "license", name: id.to_string() }),
        None if names.licenses.is_empty() => {
            Err(RevokeError::Unknown { what: "license", name: "without a name".to_owned() })
        }
        None => Ok((names, targets)),
    }
}

/// A key of the bundle, or an installation's with the license keys that it ever had.
async fn key(
    connection: &mut AnyConnection,
    kid: &Thumbprint,
    sight: &Sight,
) -> Result<(Names, Vec<Target>), RevokeError> {
    let names = Names { keys: [*kid].into(), ..Names::default() };
    let bundle = sight.issuer.trust().bundle();
    if bundle.roots.iter().any(|root| root.thumbprint() == *kid) {
        return Err(RevokeError::Root { name: kid.short() });
    }
    if bundle.key(kid).is_some() {
        return Ok((names, Vec::new()));
    }
    let mut targets = targets(connection, leases!("installation"), &[kid.as_bytes().into()]).await?;
    if targets.is_empty() {
        return Err(RevokeError::Unknown { what: "key", name: kid.to_string() });
    }
    targets.sort_by_key(|target| target.key);
    targets.dedup_by(|one, other| one.key == other.key);
    targets.iter_mut().for_each(|target| target.name = None);
    Ok((names, targets))
}

async fn targets(
    connection: &mut AnyConnection,
    sql: &'static str,
    values: &[Value],
) -> Result<Vec<Target>, StoreError> {
    let target = |row| {
        let columns = Columns::of("lease", row);
        Ok(Target {
            name: Some(columns.fixed("license", LicenseId::from_slice)?),
            installation: columns.fixed("installation", Thumbprint::from_slice)?,
            at: format!("{} {}", columns.text("site_code")?, columns.text("name")?),
            license_type: columns.parsed("license_type")?,
            ends: columns.time("ends")?,
            key: columns.digest("license_key")?,
            key_id: columns.parsed("key_id")?,
            subscription: columns.parsed("subscription")?,
        })
    };
    read_where_in(connection, sql, &[], values).await?.iter().map(target).collect()
}

/// Says in the histories of the license keys what was revoked where, and takes the keys from the installations unless they get new
/// licenses.
async fn note(
    connection: &mut AnyConnection,
    order: &Order,
    targets: &[Target],
    now: Timestamp,
) -> Result<(), RevokeError> {
    let (what, blocks) = match &order.what {
        Revoke::Licenses { then, .. } => ("license-revoked", *then == Afterwards::Blocked),
        // It gets no license whatever the key.
        Revoke::Key(_) => ("installation-revoked", false),
    };
    for Target { installation, at, key, key_id, subscription, .. } in targets {
        if blocks {
            custody::write_bar(connection, installation, key, Bar::Blocked, &order.reason, now).await?;
        }
        let after = Some(format!("{at}: {}", order.reason));
        let noted = Difference { what: what.to_owned(), before: None, after };
        let noted = record(connection, subscription, Some(key_id), &[noted], &order.by, now).await;
        noted.map_err(|error| match error {
            CatalogError::Store(error) => RevokeError::from(error),
            other => {
                StoreError::Damaged { table: "subscription", column: "id", detail: other.to_string() }.into()
            }
        })?;
    }
    let touched: Vec<Thumbprint> = targets.iter().map(|target| target.installation).collect();
    Ok(list_again(connection, &touched).await?)
}
