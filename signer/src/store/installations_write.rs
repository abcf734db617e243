//! Writing what a batch changed of installations themselves.

use std::collections::BTreeMap;

use license_format::{Thumbprint, Timestamp, payload::InstallationFacts};
use sqlx::AnyConnection;

use super::{
    StoreError,
    exchange_write::{Given, demand},
    rows::{Value, optional_text, write_rows},
};
use crate::exchange::Change;

/// The newest report says what an installation is called now; an older one that comes late changes nothing.
const REPORTED: &str = "ON CONFLICT (thumbprint) DO UPDATE SET newest = excluded.newest, clock_behind = excluded.clock_behind, \
     last_report = excluded.last_report, name = excluded.name, site_code = excluded.site_code, \
     site_description = excluded.site_description, product = excluded.product, version = excluded.version \
     WHERE installation.newest < excluded.newest";

/// What is written of an installation: its counter, whether its clock is behind, and what its request says of it.
struct Report<'a> {
    account: Option<&'a str>,
    counter: u64,
    clock_behind: bool,
    facts: &'a InstallationFacts,
}

/// Writes new installations and reports in one statement, then what is rare.
pub(super) async fn write_installations(
    connection: &mut AnyConnection,
    changes: &[Change],
    given: &[Given],
    now: Timestamp,
) -> Result<(), StoreError> {
    // Several requests of one installation may be in a batch: a report's own request says what is written, the last one at that.
    let facts = |installation: &Thumbprint, counter: Option<u64>| {
        let is_it = |given: &&Given| {
            given.installation == *installation && counter.is_none_or(|counter| given.counter == counter)
        };
        given.iter().find(is_it).map(|given| &given.facts)
    };
    let mut reports: BTreeMap<Thumbprint, Report<'_>> = BTreeMap::new();
    for change in changes {
        match change {
            Change::Installation { installation, account } => {
                let Some(facts) = facts(installation, None) else { continue };
                let account = account.as_ref().map(|account| account.as_str());
                reports.insert(*installation, Report { account, counter: 0, clock_behind: false, facts });
            }
            Change::Reported { installation, counter, clock_behind } => {
                let Some(facts) = facts(installation, Some(*counter)) else { continue };
                let account = reports.get(installation).and_then(|report| report.account);
                let report = Report { account, counter: *counter, clock_behind: *clock_behind, facts };
                reports.insert(*installation, report);
            }
            _ => {}
        }
    }
    let rows: Vec<Vec<Value>> =
        reports.iter().map(|(installation, report)| row(installation, report, now)).collect();
    let expected = rows.len() as u64;
    let head = "INSERT INTO installation (thumbprint, account, public_key, name, site_code, site_description, product, version, \
                first_seen, last_report, newest, clock_behind) VALUES";
    demand(write_rows(connection, head, REPORTED, rows).await?, expected, "installation")?;
    for change in changes {
        let query = match change {
            Change::Owner { installation, account } => {
                sqlx::query("UPDATE installation SET account = $2 WHERE thumbprint = $1 AND account IS NULL")
                    .bind(installation.as_bytes().to_vec())
                    .bind(account.as_str())
            }
            Change::Fork { installation, branch } => sqlx::query(
                "UPDATE installation SET fork_counter = $2, fork_digest = $3, fork_seen = $4 \
                 WHERE thumbprint = $1 AND fork_counter IS NULL",
            )
            .bind(installation.as_bytes().to_vec())
            .bind(branch.counter as i64)
            .bind(branch.digest.as_bytes().to_vec())
            .bind(now.seconds() as i64),
            _ => continue,
        };
        demand(query.execute(&mut *connection).await?.rows_affected(), 1, "installation")?;
    }
    Ok(())
}

fn row(installation: &Thumbprint, report: &Report<'_>, now: Timestamp) -> Vec<Value> {
    let Report { account, counter, clock_behind, facts } = report;
    vec![
        installation.as_bytes().into(),
        optional_text(*account),
        facts.public_key.as_bytes().into(),
        facts.name.as_str().into(),
        facts.site_code.as_str().into(),
        optional_text(facts.site_description.as_ref().map(|text| text.as_str())),
        facts.product.as_str().into(),
        facts.version.as_str().into(),
        now.into(),
        now.into(),
        (*counter).into(),
        (*clock_behind).into(),
    ]
}
