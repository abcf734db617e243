//! Keeping the lists of installations right: a row for each slot, written whenever what it shows has changed, with a number of statements
//! that does not grow with a batch.

use std::collections::{BTreeMap, BTreeSet};

use license_format::{Thumbprint, payload::License};
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Columns, StoreError,
    rows::{Value, optional_text, read_where_in, write_rows},
};
use crate::exchange::{Change, Lease};

const LISTED: &str = "INSERT INTO listed (installation, license_type, account, site, name, state, subscription, license_key, counter, metric, \
                      grants, contract_end, good_until, report_due, ends) VALUES";

/// Writes what a batch changed of what lists show.
pub(super) async fn write_listed(
    connection: &mut AnyConnection,
    changes: &[Change],
) -> Result<(), StoreError> {
    // Of several licenses of a slot in one batch the newest counts: a statement may touch a row once.
    let mut newest: BTreeMap<_, (&Lease, &License)> = BTreeMap::new();
    for change in changes {
        if let Change::Lease { installation, lease, license } = change {
            let known = newest.entry((*installation, lease.license_type)).or_insert((lease, license));
            if known.0.counter < lease.counter {
                *known = (lease, license);
            }
        }
    }
    let rows = newest.iter().map(|((installation, license_type), (lease, license))| {
        let mut row = placed(installation, license_type.name(), None, "", "", "used");
        row.extend([
            lease.subscription.as_str().into(),
            lease.key.as_bytes().into(),
            lease.counter.into(),
            license.grants.first().map_or("", |grant| grant.metric.name()).into(),
            grants(license).as_str().into(),
            license.contract_end().into(),
            license.good_until.into(),
            license.report_due.into(),
            lease.ends.into(),
        ]);
        row
    });
    let tail = "ON CONFLICT (installation, license_type) DO UPDATE SET subscription = excluded.subscription, \
                license_key = excluded.license_key, counter = excluded.counter, metric = excluded.metric, grants = excluded.grants, \
                contract_end = excluded.contract_end, good_until = excluded.good_until, report_due = excluded.report_due, \
                ends = excluded.ends WHERE listed.counter < excluded.counter";
    write_rows(connection, LISTED, tail, rows.collect()).await?;
    let touched: BTreeSet<Thumbprint> = changes.iter().filter_map(touched).collect();
    list_again(connection, &touched.into_iter().collect::<Vec<_>>()).await
}

/// Brings the rows of some installations up to date with all but their licenses.
pub(crate) async fn list_again(
    connection: &mut AnyConnection,
    installations: &[Thumbprint],
) -> Result<(), StoreError> {
    let wanted: Vec<Value> = installations.iter().map(|id| id.as_bytes().into()).collect();
    let sql = "SELECT slot.installation, slot.license_type, slot.ended, slot.answered, installation.account, installation.site_code, \
               installation.name, (SELECT bar.why FROM bar WHERE bar.installation = slot.installation \
               AND bar.license_key = listed.license_key) AS why \
               FROM slot JOIN installation ON installation.thumbprint = slot.installation \
               LEFT JOIN listed ON listed.installation = slot.installation AND listed.license_type = slot.license_type \
               WHERE slot.installation IN ({})";
    let rows = read_where_in(connection, sql, &[], &wanted).await?;
    let rows: Result<Vec<Vec<Value>>, StoreError> = rows.iter().map(row).collect();
    let tail = "ON CONFLICT (installation, license_type) DO UPDATE SET account = excluded.account, site = excluded.site, \
                name = excluded.name, state = excluded.state";
    write_rows(connection, LISTED, tail, rows?).await?;
    Ok(())
}

fn row(row: &AnyRow) -> Result<Vec<Value>, StoreError> {
    let columns = Columns::of("slot", row);
    let state = match columns.optional_text("why")?.as_deref() {
        Some("blocked") => "blocked",
        Some(_) => "moved",
        None if columns.count("ended")? >= columns.count("answered")? => "deactivated",
        None => "used",
    };
    let installation = columns.fixed("installation", Thumbprint::from_slice)?;
    let mut values = placed(
        &installation,
        &columns.text("license_type")?,
        columns.optional_text("account")?.as_deref(),
        &columns.text("site_code")?,
        &columns.text("name")?,
        state,
    );
    // For a slot that never had a license.
    values.extend([Value::NoText, Value::NoBytes, Value::Int(0), "".into(), "".into()]);
    values.extend([Value::Int(0), Value::Int(0), Value::Int(0), Value::Int(0)]);
    Ok(values)
}

/// The columns that say where a row is found.
fn placed(
    installation: &Thumbprint,
    license_type: &str,
    account: Option<&str>,
    site: &str,
    name: &str,
    state: &str,
) -> Vec<Value> {
    let folded = |text: &str| Value::Bytes(text.to_lowercase().into_bytes());
    vec![
        installation.as_bytes().into(),
        license_type.into(),
        optional_text(account),
        folded(site),
        folded(name),
        state.into(),
    ]
}

/// Metrics and seats of a license, as `computer 40,user 10`.
fn grants(license: &License) -> String {
    let grants = license.grants.iter().map(|grant| format!("{} {}", grant.metric.name(), grant.seats));
    grants.collect::<Vec<_>>().join(",")
}

fn touched(change: &Change) -> Option<Thumbprint> {
    match change {
        Change::Installation { installation, .. }
        | Change::Owner { installation, .. }
        | Change::Reported { installation, .. }
        | Change::Slot { installation, .. }
        | Change::Lease { installation, .. } => Some(*installation),
        _ => None,
    }
}
