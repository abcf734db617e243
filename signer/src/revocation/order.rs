//! The one transaction in which something is revoked: what it is, the list that says so, its leaf, and what is noted beside.

use std::collections::{BTreeMap, BTreeSet};

use license_format::{Digest, LicenseId, LicenseType, Thumbprint, Timestamp, payload::TrustBundle};
use sqlx::AnyConnection;

use super::{Afterwards, Revoke, RevokeError, Revoked, RevokedLicense, list::Names};
use crate::{
    answer::AnswerError,
    catalog::{CatalogError, Difference, record},
    exchange::Bar,
    ids::{LicenseKeyId, SubscriptionId},
    log::Growth,
    lookout::Lookout,
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
    key: Digest,
    key_id: LicenseKeyId,
    subscription: SubscriptionId,
}

/// Leases where a column has one of some values: all of them, or those that the proxy may still have.
macro_rules! leases {
    ($column:literal) => {
        leases!($column, "")
    };
    ($column:literal, held) => {
        leases!(
            $column,
            "JOIN slot ON slot.installation = lease.installation AND slot.license_type = lease.license_type \
             AND lease.counter > slot.ended AND lease.counter >= slot.held "
        )
    };
    ($column:literal, $and:literal) => {
        concat!(
            "SELECT lease.license, lease.installation, lease.license_type, lease.ends, lease.license_key, lease.subscription, ",
            "license_key.id AS key_id, installation.site_code, installation.name FROM lease ",
            $and,
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
    let mut before = news::revoked(&mut transaction).await?;
    let (names, targets) = match &order.what {
        Revoke::Licenses { ids, then } => licenses(&mut transaction, ids, *then, &before).await?,
        Revoke::Key(kid) => key(&mut transaction, kid, sight.issuer.trust().bundle(), &before).await?,
    };
    before.leave_out(&news::revoked_and_ended(&mut transaction, now).await?);
    demand_room(&before, &names)?;

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

/// What is revoked already is no news.
fn demand_new(before: &Names, names: &Names) -> Result<(), RevokeError> {
    let license = names.licenses.intersection(&before.licenses).next().map(ToString::to_string);
    if let Some(name) =
        license.or_else(|| names.keys.intersection(&before.keys).next().map(Thumbprint::short))
    {
        return Err(RevokeError::Known { name });
    }
    Ok(())
}

/// What no list could hold beside what it must name is refused.
fn demand_room(before: &Names, names: &Names) -> Result<(), RevokeError> {
    match before.room() {
        left if left < names.licenses.len() + names.keys.len() => Err(RevokeError::Full { left }),
        _ => Ok(()),
    }
}

/// Licenses in the field, each with where it is. Where the license key is taken from their installation, its other licenses there go with them:
/// a refresh may have replaced the one that was meant since somebody looked, or since it was proposed.
async fn licenses(
    connection: &mut AnyConnection,
    ids: &[LicenseId],
    then: Afterwards,
    before: &Names,
) -> Result<(Names, Vec<Target>), RevokeError> {
    let mut names = Names { licenses: ids.iter().copied().collect(), ..Names::default() };
    demand_new(before, &names)?;
    let wanted: Vec<Value> = names.licenses.iter().map(|id| id.as_bytes().into()).collect();
    let mut targets = targets(connection, leases!("license"), &wanted).await?;
    let is_there = |id: &&LicenseId| targets.iter().any(|target| target.name == Some(**id));
    match names.licenses.iter().find(|id| !is_there(id)) {
        Some(id) => return Err(RevokeError::Unknown { what: "license", name: id.to_string() }),
        None if targets.is_empty() => {
            return Err(RevokeError::Unknown { what: "license", name: "of this key there".to_owned() });
        }
        None => {}
    }
    if then == Afterwards::Blocked {
        let others = held_with(connection, &targets, before).await?;
        names.licenses.extend(others.iter().filter_map(|other| other.name));
        targets.extend(others);
    }
    Ok((names, targets))
}

/// The other licenses that the same installations may have of the same license keys.
async fn held_with(
    connection: &mut AnyConnection,
    meant: &[Target],
    before: &Names,
) -> Result<Vec<Target>, StoreError> {
    let homes: BTreeSet<_> = meant.iter().map(|target| (target.installation, target.key)).collect();
    let named: BTreeSet<_> = meant.iter().filter_map(|target| target.name).collect();
    let installations: BTreeSet<_> = homes.iter().map(|(installation, _)| *installation).collect();
    let installations: Vec<Value> = installations.iter().map(|one| one.as_bytes().into()).collect();
    let mut others = targets(connection, leases!("installation", held), &installations).await?;
    let is_new = |id: &LicenseId| !named.contains(id) && !before.licenses.contains(id);
    others.retain(|other| {
        homes.contains(&(other.installation, other.key)) && other.name.as_ref().is_some_and(is_new)
    });
    Ok(others)
}

/// A key of the bundle, or an installation's with the license keys that it ever had.
async fn key(
    connection: &mut AnyConnection,
    kid: &Thumbprint,
    bundle: &TrustBundle,
    before: &Names,
) -> Result<(Names, Vec<Target>), RevokeError> {
    let names = Names { keys: [*kid].into(), ..Names::default() };
    demand_new(before, &names)?;
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

/// That it could be done as things are, by the bundle that is trusted: what could not is not proposed to anybody.
pub(crate) async fn demand_possible(
    connection: &mut AnyConnection,
    what: &Revoke,
    bundle: &TrustBundle,
) -> Result<(), RevokeError> {
    let before = news::revoked(connection).await?;
    match what {
        Revoke::Licenses { ids, then } => drop(licenses(connection, ids, *then, &before).await?),
        Revoke::Key(kid) => drop(key(connection, kid, bundle, &before).await?),
    }
    Ok(())
}

/// What it would do, in a sentence, for whoever is to confirm it. Refuses licenses that are not there, or not any more.
pub(crate) async fn describe(
    connection: &mut AnyConnection,
    what: &Revoke,
    reason: &Reason,
) -> Result<String, RevokeError> {
    let says = match what {
        Revoke::Licenses { ids, then } => {
            let before = news::revoked(connection).await?;
            let (_, targets) = licenses(connection, ids, *then, &before).await?;
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
                Afterwards::Blocked => {
                    "its license key is blocked there, with what a refresh brings there meanwhile"
                }
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

/// In which histories it stands that it was proposed or declined, and where: each tells of its own license key alone, as customers read it.
pub(crate) async fn histories(
    connection: &mut AnyConnection,
    what: &Revoke,
) -> Result<BTreeMap<(SubscriptionId, LicenseKeyId), BTreeSet<String>>, StoreError> {
    let found = match what {
        Revoke::Licenses { ids, .. } => {
            let wanted: Vec<Value> = ids.iter().map(|id| id.as_bytes().into()).collect();
            targets(connection, leases!("license"), &wanted).await?
        }
        Revoke::Key(kid) => of_installation(connection, kid).await?,
    };
    let mut histories = BTreeMap::<_, BTreeSet<String>>::new();
    for Target { subscription, key_id, at, .. } in found {
        histories.entry((subscription, key_id)).or_default().insert(at);
    }
    Ok(histories)
}

/// Whether a license of this key was revoked at this installation.
pub(crate) async fn was_revoked(
    connection: &mut AnyConnection,
    installation: &Thumbprint,
    key: &Digest,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 AS found FROM lease JOIN revocation ON revocation.subject = lease.license \
               WHERE lease.installation = $1 AND lease.license_key = $2 LIMIT 1";
    let row = sqlx::query(sql)
        .bind(installation.as_bytes().to_vec())
        .bind(key.as_bytes().to_vec())
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
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
