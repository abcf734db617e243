//! Lists of installations for people, a page at a time: a line for each slot. However many there are, a page reads as many rows of an
//! index as it shows; where a state and a text are looked for at once, it also passes over those that fit only one of them.

use license_format::{Label, LicenseType, Metric, SiteCode, Thumbprint, Timestamp};
use sqlx::AnyConnection;

use super::{
    Installations,
    walk::{Way, ways},
};
use crate::{
    ids::{AccountId, LicenseKeyId, SubscriptionId},
    paging::{Cursor, Paged, Part},
    people::Asker,
    store::{Columns, StoreError, rows::Value},
};

/// Which lines, and in which order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Whose.
    pub scope: Scope,
    /// In which state. All but `All` are sorted by the date until which the newest file is good; so are those that are searched, but
    /// for the active ones.
    pub filter: Filter,
    /// Sorted by what, where nothing else says so.
    pub sort: Sort,
    /// Those only whose site code or server name begins so, in any case of letters: where nothing else says in which order, first the
    /// sites, then the servers. Of a subscription or a key it finds sites, and nothing else is filtered or sorted.
    pub search: String,
    /// Which of them.
    pub part: Part,
}

/// Whose installations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// All that exist for who asks.
    #[default]
    All,
    /// Those with a license of a subscription.
    Subscription(SubscriptionId),
    /// Those with a license of a key.
    Key(LicenseKeyId),
}

/// In which state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Filter {
    /// Any.
    #[default]
    All,
    /// The newest file is good: the next to expire first.
    Active,
    /// The same, and for at most 30 days more.
    ExpiringSoon,
    /// The newest file is good no more: the last to expire first.
    Expired,
    /// Deactivated.
    Deactivated,
    /// May not use its key, since somebody said so.
    Blocked,
}

impl Filter {
    /// All of them, as they are offered.
    pub const ALL: [Filter; 6] = [
        Filter::All,
        Filter::Active,
        Filter::ExpiringSoon,
        Filter::Expired,
        Filter::Deactivated,
        Filter::Blocked,
    ];

    /// As it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Filter::All => "all",
            Filter::Active => "active",
            Filter::ExpiringSoon => "expiring-soon",
            Filter::Expired => "expired",
            Filter::Deactivated => "deactivated",
            Filter::Blocked => "blocked",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Filter> {
        Filter::ALL.into_iter().find(|filter| filter.name() == name)
    }
}

/// Sorted by what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The site, then the server.
    #[default]
    Site,
    /// The server, then the site.
    Name,
}

/// One slot of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The installation.
    pub installation: Thumbprint,
    /// Whose it is.
    pub account: Option<AccountId>,
    /// The ConfigMgr site.
    pub site_code: SiteCode,
    /// Its description.
    pub site_description: Option<Label>,
    /// The server's name.
    pub name: Label,
    /// The version of the program there.
    pub version: Label,
    /// When its newest request came.
    pub last_report: Timestamp,
    /// Whether a copy of it was seen, and nobody has decided.
    pub forked: bool,
    /// Whether its newest report came from a clock that is behind its own past.
    pub clock_behind: bool,
    /// What people call it.
    pub alias: Option<Label>,
    /// The slot.
    pub license_type: LicenseType,
    /// Where it stands.
    pub state: LineState,
    /// The newest license, if it ever had one.
    pub license: Option<LineLicense>,
    /// Use at the newest report, in seats.
    pub used: Option<u64>,
}

/// Where a slot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineState {
    /// Neither of the others.
    Used,
    /// It was deactivated.
    Deactivated,
    /// It may not use its key, since somebody said so.
    Blocked,
    /// Its key has moved away.
    Moved,
}

impl LineState {
    /// For programs, and as the store writes it.
    pub fn name(self) -> &'static str {
        match self {
            LineState::Used => "used",
            LineState::Deactivated => "deactivated",
            LineState::Blocked => "blocked",
            LineState::Moved => "moved",
        }
    }
}

/// What the newest license of a slot says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineLicense {
    /// The license key, if it was not deleted.
    pub key: Option<LicenseKeyId>,
    /// Its name, and its last group with stars.
    pub key_name: Option<(Label, String)>,
    /// Seats by metric, in the license's order.
    pub grants: Vec<(Metric, u64)>,
    /// The end of the contract.
    pub contract_end: Timestamp,
    /// The file is good until then.
    pub good_until: Timestamp,
    /// The next report is due by then.
    pub report_due: Timestamp,
    /// Not honoured from then on.
    pub ends: Timestamp,
}

impl Installations {
    /// A page of the lines that exist for who asks.
    pub async fn lines(
        &self,
        asker: &Asker,
        query: &Query,
        now: Timestamp,
    ) -> Result<Paged<Line>, StoreError> {
        let mut connection = self.store.read().await?;
        let Some(whose) = whose(&mut connection, asker, &query.scope).await? else {
            return Ok(Paged { rows: Vec::new(), next: None });
        };
        let begun: Option<[String; 4]> = query.part.values();
        // A cursor says in which of the ways it stands: those before are done.
        let done = |way: &Way| begun.as_ref().is_some_and(|cursor| way.name < cursor[0].as_str());
        let mut lines: Vec<(Line, Cursor)> = Vec::new();
        for way in ways(query, now).into_iter().filter(|way| !done(way)) {
            let wanted = query.part.asked() - lines.len() as i64;
            if wanted > 0 {
                let cursor = begun.as_ref().filter(|cursor| way.name == cursor[0]);
                lines.extend(way.read(&mut connection, whose.clone(), cursor, wanted).await?);
            }
        }
        let page = query.part.page(lines, |(_, cursor)| cursor.clone());
        Ok(Paged { rows: page.rows.into_iter().map(|(line, _)| line).collect(), next: page.next })
    }
}

/// The column that says whose lines, and what stands in it: both absent for all. `None` where nothing exists for who asks.
async fn whose(
    connection: &mut AnyConnection,
    asker: &Asker,
    scope: &Scope,
) -> Result<Option<Option<(&'static str, Value)>>, StoreError> {
    let (sql, id) = match scope {
        Scope::All => {
            return Ok(Some(asker.account().map(|account| ("listed.account", account.as_str().into()))));
        }
        Scope::Subscription(id) => ("SELECT account, id FROM subscription WHERE id = $1", id.as_str()),
        Scope::Key(id) => (
            "SELECT subscription.account, license_key.digest FROM license_key \
             JOIN subscription ON subscription.id = license_key.subscription WHERE license_key.id = $1",
            id.as_str(),
        ),
    };
    let row = sqlx::query(sql).bind(id).fetch_optional(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let columns = Columns::of("subscription", &row);
    if !asker.may_use(&columns.parsed("account")?) {
        return Ok(None);
    }
    Ok(Some(Some(match scope {
        Scope::Key(_) => ("listed.license_key", columns.digest("digest")?.as_bytes().into()),
        _ => ("listed.subscription", id.into()),
    })))
}
