//! The one transaction in which something is revoked: what it is, the list that says so, its leaf, and what is noted beside.

use std::collections::BTreeSet;

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
    reason::Reason,
    second_person,
    store::{
        Columns, Store, StoreError, custody,
        exchange_read::{self, RecordState},
        listed::list_again,
        log_write::{Logged, write_log},
        news::{self, Because},
        rows::{Value, read_where_in},
    },
    watch::{Standing, Watch},
};

/// What somebody has ordered.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) what: Revoke,
    pub(crate) reason: Reason,
    pub(crate) by: Actor,
    /// The proposal that it confirms; without one it takes nobody else.
    pub(crate) confirms: Option<u64>,
    pub(crate) now: Timestamp,
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
    match order.confirms {
        Some(number) => drop(second_person::close(&mut transaction, number, &order.by, now).await?),
        None => second_person::demand_alone(&mut transaction).await?,
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

    let reason = Because { reason: order.reason.as_str(), by: &order.by, list: number };
    news::write_revoked(&mut transaction, &names, reason, now).await?;
    note(&mut transaction, order, &targets, now).await?;
    news::write(&mut transaction, &sight, state.head.size(), now).await?;
    write_log(&mut transaction, &Logged { growth, checkpoint, leaves }, now).await?;
    transaction.commit().await?;

    // It is revoked: what fails from here on does not undo it.
    let durable = |error| RevokeError::Durable { list: number, error };
    lookout.settle(&sight).await.map_err(durable)?;
    let told = watch.tell(&RecordState { head, newest: now, ..state }).await;
    told.map_err(|error| durable(AnswerError::Witness(error.to_string())))?;
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
    let mut targets = of_installation(connection, kid).await?;
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
            custody::write_bar(connection, installation, key, Bar::Blocked, order.reason.as_str(), now)
                .await?;
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

/// What it would do, in a sentence, for whoever is to confirm it. Refuses licenses that are not there.
pub(crate) async fn describe(
    connection: &mut AnyConnection,
    what: &Revoke,
    reason: &Reason,
) -> Result<String, RevokeError> {
    let says = match what {
        Revoke::Licenses { ids, then } => {
            let (_, targets) = licenses(connection, ids).await?;
            let of = |target: Target| {
                format!(
                    "the {} license of {}, which counts until {} at the latest",
                    target.license_type.title(),
                    target.at,
                    target.ends.date()
                )
            };
            let named: Vec<String> = targets.into_iter().map(of).collect();
            let then = match then {
                Afterwards::Blocked => "its license key is blocked there",
                Afterwards::Replaced => "its next refresh brings a new one",
            };
            format!("{} is revoked, and {then}", named.join("; "))
        }
        Revoke::Key(kid) => match at(connection, kid).await? {
            Some(at) => format!("the installation {at} gets no license any more"),
            None => format!("nobody believes any more what the key {} has ever signed", kid.short()),
        },
    };
    Ok(format!("{says} ({reason})"))
}

/// Of which subscriptions and license keys it is history.
pub(crate) async fn histories(
    connection: &mut AnyConnection,
    what: &Revoke,
) -> Result<BTreeSet<(SubscriptionId, LicenseKeyId)>, RevokeError> {
    let targets = match what {
        Revoke::Licenses { ids, .. } => licenses(connection, ids).await?.1,
        Revoke::Key(kid) => of_installation(connection, kid).await?,
    };
    Ok(targets.into_iter().map(|target| (target.subscription, target.key_id)).collect())
}

/// What an installation that ever had a license is called, if a key is one's.
async fn at(connection: &mut AnyConnection, kid: &Thumbprint) -> Result<Option<String>, StoreError> {
    Ok(of_installation(connection, kid).await?.into_iter().next().map(|target| target.at))
}

async fn of_installation(
    connection: &mut AnyConnection,
    kid: &Thumbprint,
) -> Result<Vec<Target>, StoreError> {
    targets(connection, leases!("installation"), &[kid.as_bytes().into()]).await
}
