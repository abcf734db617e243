//! What is known of installations, for those who may see it, and what people decide about them (`decide`). Everything else that changes
//! an installation is the exchange's.

mod answers;
mod decide;
mod homes;
mod listed;
mod remarks;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;

pub use answers::AnswerLine;
pub use decide::{CustodyError, Decider};
pub use homes::{BarView, HomeView, KeyName};
use license_format::{Digest, Label, LicenseType, Metric, SiteCode, Thumbprint, Timestamp, payload::License};
pub use listed::{Filter, Line, LineLicense, LineState, Query, Scope, Sort};
pub use remarks::{Remarks, RemarksChange};
use sqlx::AnyConnection;

use crate::{
    answer::Answer,
    exchange::{Lease, Seats},
    ids::AccountId,
    people::Asker,
    store::{Columns, Store, StoreError, exchange_read, sold_as},
};

/// An installation, as lists and pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallationView {
    /// Its name for programs: the thumbprint of its key.
    pub thumbprint: Thumbprint,
    /// Whose it is.
    pub account: Option<AccountId>,
    /// The server's name.
    pub name: Label,
    /// The ConfigMgr site.
    pub site_code: SiteCode,
    /// Its description.
    pub site_description: Option<Label>,
    /// The program beside the ConfigMgr proxy.
    pub product: Label,
    /// Its version.
    pub version: Label,
    /// When its first request came.
    pub first_seen: Timestamp,
    /// When its newest request came.
    pub last_report: Timestamp,
    /// Whether its newest report came from a clock that is behind its own past.
    pub clock_behind: bool,
    /// What people say of it.
    pub remarks: Remarks,
    /// The second branch of a state that was copied or put back.
    pub fork: Option<ForkView>,
    /// The slots that were ever used.
    pub slots: Vec<SlotView>,
    /// License keys that are at home there.
    pub homes: Vec<HomeView>,
    /// License keys that it may not use, and why.
    pub barred: Vec<BarView>,
}

/// Two requests that say the same counter: the installation's state was copied or put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkView {
    /// The counter at which the branches part.
    pub counter: u64,
    /// The request of the first branch there, which goes on.
    pub first: Digest,
    /// The request of the second branch there, which is refused.
    pub second: Digest,
    /// When the second was seen.
    pub seen: Timestamp,
}

/// A slot of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotView {
    /// Which.
    pub license_type: LicenseType,
    /// Where it stands.
    pub state: SlotState,
    /// The newest license given.
    pub license: Option<License>,
    /// Use at the newest report, in seats.
    pub used: Option<u64>,
    /// Highest use in the newest report's period, in seats.
    pub peak: Option<u64>,
    /// The licenses that hold seats now.
    pub counted: Vec<CountedView>,
}

/// Where a slot stands for the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// A license counts.
    Active,
    /// It was deactivated, and nothing counts.
    Deactivated,
    /// Its licenses have ended by themselves.
    Ended,
}

impl SlotState {
    /// As shown to people.
    pub fn title(self) -> &'static str {
        match self {
            SlotState::Active => "Active",
            SlotState::Deactivated => "Deactivated",
            SlotState::Ended => "Ended",
        }
    }
}

/// A license that holds seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedView {
    /// Counter of the request that it answers.
    pub counter: u64,
    /// Seats by metric.
    pub seats: Seats,
    /// When it ends by itself.
    pub ends: Timestamp,
    /// Whether the proxy has shown that it holds it.
    pub held: bool,
}

/// The installations of a store. Cheap to clone.
#[derive(Clone)]
pub struct Installations {
    store: Store,
}

impl Installations {
    /// Those of this store.
    pub fn new(store: Store) -> Installations {
        Installations { store }
    }

    /// Those whose thumbprint begins so, in hexadecimal digits: two of them where there are several.
    pub async fn named(&self, beginning: &str) -> Result<Vec<Thumbprint>, StoreError> {
        // The first and the last that begin so; what has other digits in it, or too many, begins none.
        let bound = |digit: &str| {
            let rest = 64_usize.saturating_sub(beginning.len());
            Thumbprint::from_hex(&format!("{beginning}{}", digit.repeat(rest)))
        };
        let Some((first, last)) = bound("0").zip(bound("f")) else { return Ok(Vec::new()) };
        let sql = "SELECT thumbprint FROM installation WHERE thumbprint >= $1 AND thumbprint <= $2 ORDER BY thumbprint LIMIT 2";
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(sql)
            .bind(first.as_bytes().to_vec())
            .bind(last.as_bytes().to_vec())
            .fetch_all(&mut *connection)
            .await?;
        let thumbprint = |row| Columns::of("installation", row).fixed("thumbprint", Thumbprint::from_slice);
        rows.iter().map(thumbprint).collect()
    }

    /// Those of an account with a fork that nobody has decided, and their sites: as many as a page names.
    pub async fn forks(&self, account: &AccountId) -> Result<Vec<(Thumbprint, SiteCode)>, StoreError> {
        let sql = "SELECT thumbprint, site_code FROM installation WHERE account = $1 AND fork_counter IS NOT NULL \
                   ORDER BY site_code, thumbprint LIMIT 20";
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(sql).bind(account.as_str()).fetch_all(&mut *connection).await?;
        let fork = |row| {
            let columns = Columns::of("installation", row);
            Ok((columns.fixed("thumbprint", Thumbprint::from_slice)?, columns.parsed("site_code")?))
        };
        rows.iter().map(fork).collect()
    }

    /// One of them; `None` if there is none, or none that the asker may see.
    pub async fn show(
        &self,
        asker: &Asker,
        id: &Thumbprint,
        now: Timestamp,
    ) -> Result<Option<InstallationView>, StoreError> {
        let mut connection = self.store.read().await?;
        let view = view(&mut connection, id, now).await?;
        Ok(view.filter(|view| asker.may_see(view.account.as_ref())))
    }
}

async fn view(
    connection: &mut AnyConnection,
    id: &Thumbprint,
    now: Timestamp,
) -> Result<Option<InstallationView>, StoreError> {
    let sql = "SELECT account, name, site_code, site_description, product, version, first_seen, last_report, fork_seen, \
               alias, note, edits FROM installation WHERE thumbprint = $1";
    let Some(row) = sqlx::query(sql).bind(id.as_bytes().to_vec()).fetch_optional(&mut *connection).await?
    else {
        return Ok(None);
    };
    let columns = Columns::of("installation", &row);
    let Some(record) = exchange_read::installation(connection, id).await? else { return Ok(None) };
    let fork = match (record.fork, columns.optional_time("fork_seen")?) {
        // A branch that was given up may have run further than the chain; then the chain's newest request stands against it.
        (Some(branch), Some(seen)) => record.chain.range(..=branch.counter).next_back().map(|(_, first)| {
            ForkView { counter: branch.counter, first: *first, second: branch.digest, seen }
        }),
        _ => None,
    };
    let mut slots = Vec::new();
    for (license_type, marks) in &record.slots {
        let counts = |lease: &&Lease| lease.license_type == *license_type;
        let mut counted = Vec::new();
        for lease in record.counted(now).filter(counts) {
            // Whatever they were sold as at first, people know them by what they are sold as now.
            let sold_as = sold_as(connection, &lease.subscription).await?;
            let named = |(metric, seats): (&Metric, &u64)| (*sold_as.get(metric).unwrap_or(metric), *seats);
            counted.push(CountedView {
                counter: lease.counter,
                seats: lease.seats.iter().map(named).collect(),
                ends: lease.ends,
                held: lease.counter == marks.held,
            });
        }
        let state = match counted.is_empty() {
            false => SlotState::Active,
            true if marks.ended >= marks.answered => SlotState::Deactivated,
            true => SlotState::Ended,
        };
        let license = newest_license(connection, id, *license_type).await?;
        let usage = newest_usage(connection, id, *license_type).await?;
        let metric = license.as_ref().and_then(|license| license.grants.first()).map(|grant| grant.metric);
        let usage = metric.and_then(|metric| usage.get(&metric).copied());
        slots.push(SlotView {
            license_type: *license_type,
            state,
            license,
            used: usage.map(|(used, _)| used),
            peak: usage.map(|(_, peak)| peak),
            counted,
        });
    }
    let site_description = match columns.optional_text("site_description")? {
        Some(_) => Some(columns.parsed("site_description")?),
        None => None,
    };
    let (homes, barred) = homes::homes_and_bars(connection, id, &record, now).await?;
    Ok(Some(InstallationView {
        thumbprint: *id,
        account: record.account.clone(),
        name: columns.parsed("name")?,
        site_code: columns.parsed("site_code")?,
        site_description,
        product: columns.parsed("product")?,
        version: columns.parsed("version")?,
        first_seen: columns.time("first_seen")?,
        last_report: columns.time("last_report")?,
        clock_behind: record.clock_behind,
        remarks: Remarks::read(&columns)?,
        fork,
        slots,
        homes,
        barred,
    }))
}

async fn newest_license(
    connection: &mut AnyConnection,
    installation: &Thumbprint,
    license_type: LicenseType,
) -> Result<Option<License>, StoreError> {
    let Some(file) = exchange_read::newest_license(connection, installation, license_type).await? else {
        return Ok(None);
    };
    match Answer::decode(&file) {
        Ok(Answer::License(license)) => Ok(Some(license)),
        _ => Err(StoreError::Damaged { table: "answer", column: "file", detail: "is no license".to_owned() }),
    }
}

/// Use and peak by metric, of the newest report of a slot.
async fn newest_usage(
    connection: &mut AnyConnection,
    installation: &Thumbprint,
    license_type: LicenseType,
) -> Result<BTreeMap<Metric, (u64, u64)>, StoreError> {
    let sql = "SELECT metric, used, peak FROM usage_report WHERE installation = $1 AND license_type = $2 ORDER BY counter";
    let rows = sqlx::query(sql)
        .bind(installation.as_bytes().to_vec())
        .bind(license_type.name())
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let columns = Columns::of("usage_report", row);
            Ok((
                columns.named("metric", Metric::from_name)?,
                (columns.count("used")?, columns.count("peak")?),
            ))
        })
        .collect()
}
