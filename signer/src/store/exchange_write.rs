//! Writing what a batch changed. Each statement repeats the condition that was checked and demands its rows, so a record that moved
//! meanwhile stops the transaction instead of being overwritten.

use license_format::{Digest, Kind, LicenseType, Thumbprint, Timestamp, payload::InstallationFacts};
use sqlx::AnyConnection;

use super::{
    Columns, StoreError,
    installations_write::write_installations,
    listed::write_listed,
    log_write::{Logged, write_log},
    rows::{Value, optional_text, write_each, write_rows},
    seconds,
    tally::write_tallies,
};
use crate::{
    exchange::{Change, SlotRecord},
    ids::AccountId,
};

/// An activation code is used once.
const USED_BY: [&str; 3] =
    ["UPDATE activation_code SET used_by = CASE digest", "END WHERE digest IN", "AND used_by IS NULL"];
pub(super) const SLOT: &str = "INSERT INTO slot (installation, license_type, ended, held, answered) VALUES";

/// An answer that goes out: what the store keeps of it.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) request: Digest,
    pub(crate) request_file: Vec<u8>,
    pub(crate) facts: InstallationFacts,
    pub(crate) installation: Thumbprint,
    pub(crate) license_type: LicenseType,
    pub(crate) counter: u64,
    pub(crate) account: Option<AccountId>,
    pub(crate) kind: Kind,
    pub(crate) is_final: bool,
    pub(crate) file: Vec<u8>,
}

/// Writes a batch: installations first, since the rest refers to them; the log last, unless nothing was given.
pub(crate) async fn write_batch(
    connection: &mut AnyConnection,
    changes: &[Change],
    given: &[Given],
    logged: Option<&Logged>,
    now: Timestamp,
) -> Result<(), StoreError> {
    write_installations(connection, changes, given, now).await?;
    write_chain(connection, changes).await?;
    write_slots(connection, changes).await?;
    write_leases(connection, changes).await?;
    write_tallies(connection, changes, now).await?;
    write_codes(connection, changes).await?;
    write_let_go(connection, changes, now).await?;
    write_usage(connection, changes, given).await?;
    write_recovery(connection, changes, now).await?;
    write_listed(connection, changes).await?;
    write_answers(connection, given, now).await?;
    match logged {
        Some(logged) => write_log(connection, logged, now).await,
        None => Ok(()),
    }
}

async fn write_chain(connection: &mut AnyConnection, changes: &[Change]) -> Result<(), StoreError> {
    let rows = rows_of(changes, |change| match change {
        Change::Chain { installation, counter, digest } => {
            Some(vec![installation.as_bytes().into(), (*counter).into(), digest.as_bytes().into()])
        }
        _ => None,
    });
    write_rows(connection, "INSERT INTO chain (installation, counter, digest) VALUES", "", rows).await?;
    Ok(())
}

async fn write_slots(connection: &mut AnyConnection, changes: &[Change]) -> Result<(), StoreError> {
    // A slot may rise several times in a batch; a statement may touch a row once, so the last word counts.
    let mut last = std::collections::BTreeMap::new();
    for change in changes {
        if let Change::Slot { installation, license_type, marks } = change {
            last.insert((*installation, *license_type), *marks);
        }
    }
    let rows: Vec<Vec<Value>> = last
        .into_iter()
        .map(|((installation, license_type), marks)| slot_row(&installation, license_type, marks))
        .collect();
    let expected = rows.len() as u64;
    let tail = "ON CONFLICT (installation, license_type) DO UPDATE \
                SET ended = excluded.ended, held = excluded.held, answered = excluded.answered \
                WHERE slot.ended <= excluded.ended AND slot.held <= excluded.held AND slot.answered <= excluded.answered";
    demand(write_rows(connection, SLOT, tail, rows).await?, expected, "slot")
}

async fn write_leases(connection: &mut AnyConnection, changes: &[Change]) -> Result<(), StoreError> {
    let rows = rows_of(changes, |change| match change {
        Change::Lease { installation, lease, .. } => Some(vec![
            lease.license.as_bytes().into(),
            installation.as_bytes().into(),
            lease.license_type.name().into(),
            lease.counter.into(),
            lease.request.as_bytes().into(),
            lease.key.as_bytes().into(),
            lease.subscription.as_str().into(),
            lease.issued.into(),
            lease.ends.into(),
        ]),
        _ => None,
    });
    let head = "INSERT INTO lease (license, installation, license_type, counter, request, license_key, subscription, issued, ends) VALUES";
    write_rows(connection, head, "", rows).await?;
    let mut seats = Vec::new();
    for change in changes {
        let Change::Lease { lease, .. } = change else { continue };
        for (metric, count) in &lease.seats {
            seats.push(vec![lease.license.as_bytes().into(), metric.name().into(), (*count).into()]);
        }
    }
    write_rows(connection, "INSERT INTO lease_seats (license, metric, seats) VALUES", "", seats).await?;
    Ok(())
}

async fn write_codes(connection: &mut AnyConnection, changes: &[Change]) -> Result<(), StoreError> {
    let rows: Vec<[Value; 2]> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Code { code, installation } => {
                Some([code.as_bytes().into(), installation.as_bytes().into()])
            }
            _ => None,
        })
        .collect();
    let expected = rows.len() as u64;
    demand(write_each(connection, USED_BY, rows).await?, expected, "activation_code")
}

/// What is booked for a license ends when the proxy proves that it let go.
async fn write_let_go(
    connection: &mut AnyConnection,
    changes: &[Change],
    now: Timestamp,
) -> Result<(), StoreError> {
    for change in changes {
        let Change::LetGo { license } = change else { continue };
        let sql = "UPDATE overdraft SET ends = $2 WHERE license = $1 AND ends > $2";
        let query = sqlx::query(sql).bind(license.as_bytes().to_vec()).bind(seconds(now));
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn write_usage(
    connection: &mut AnyConnection,
    changes: &[Change],
    given: &[Given],
) -> Result<(), StoreError> {
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for change in changes {
        let Change::Usage { installation, license_type, counter, line } = change else { continue };
        if !given.iter().any(|given| given.installation == *installation) {
            continue;
        }
        rows.push(vec![
            installation.as_bytes().into(),
            license_type.name().into(),
            line.metric.name().into(),
            (*counter).into(),
            line.from.into(),
            line.until.into(),
            line.peak.into(),
            line.used.into(),
        ]);
    }
    let head = "INSERT INTO usage_report (installation, license_type, metric, counter, since, until, peak, used) VALUES";
    // The same request may come again after a refusal that was not final; its report is the same.
    write_rows(
        connection,
        head,
        "ON CONFLICT (installation, license_type, metric, counter) DO NOTHING",
        rows,
    )
    .await?;
    Ok(())
}

async fn write_recovery(
    connection: &mut AnyConnection,
    changes: &[Change],
    now: Timestamp,
) -> Result<(), StoreError> {
    for change in changes {
        let Change::RecoveryBegins { record, horizon } = change else { continue };
        begin_recovery(connection, *record, *horizon, now).await?;
    }
    Ok(())
}

/// The record number goes up by one; whoever read the same number and wanted the same finds it done. The book that decided it may
/// have seen some subscriptions only, so the horizon is moved to where the longest file of any of them ends.
pub(crate) async fn begin_recovery(
    connection: &mut AnyConnection,
    record: u64,
    horizon: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let written = sqlx::query("UPDATE vendor SET record = $1 WHERE record < $1")
        .bind(record as i64)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    demand(written, 1, "vendor")?;
    let sql = "SELECT MAX((file_days + grace_days) * 86400 + clock_tolerance_hours * 3600) AS life FROM subscription";
    let row = sqlx::query(sql).fetch_one(&mut *connection).await?;
    let life = Columns::of("subscription", &row).optional_count("life")?.unwrap_or(0);
    let horizon = horizon.max(now.plus(life));
    sqlx::query("INSERT INTO recovery (record, began, horizon) VALUES ($1, $2, $3)")
        .bind(record as i64)
        .bind(now.seconds() as i64)
        .bind(horizon.seconds() as i64)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) fn slot_row(
    installation: &Thumbprint,
    license_type: LicenseType,
    marks: SlotRecord,
) -> Vec<Value> {
    vec![
        installation.as_bytes().into(),
        license_type.name().into(),
        marks.ended.into(),
        marks.held.into(),
        marks.answered.into(),
    ]
}

async fn write_answers(
    connection: &mut AnyConnection,
    given: &[Given],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = given
        .iter()
        .filter(|given| given.is_final)
        .map(|given| {
            vec![
                given.request.as_bytes().into(),
                given.installation.as_bytes().into(),
                given.license_type.name().into(),
                given.counter.into(),
                given.kind.name().into(),
                optional_text(given.account.as_ref().map(|id| id.as_str())),
                now.into(),
                Value::Bytes(given.file.clone()),
                Value::Bytes(given.request_file.clone()),
            ]
        })
        .collect();
    let head = "INSERT INTO answer (request, installation, license_type, counter, kind, account, issued, file, request_file) VALUES";
    write_rows(connection, head, "", rows).await?;
    Ok(())
}

fn rows_of(changes: &[Change], row: impl Fn(&Change) -> Option<Vec<Value>>) -> Vec<Vec<Value>> {
    changes.iter().filter_map(row).collect()
}

pub(super) fn demand(written: u64, expected: u64, table: &'static str) -> Result<(), StoreError> {
    if written == expected {
        Ok(())
    } else {
        // The writers stand in a row (`Store::begin`), so nobody but a defect or another program's hand can have moved it.
        Err(StoreError::Damaged {
            table,
            column: "*",
            detail: format!("moved: {written} of {expected} rows were written"),
        })
    }
}
