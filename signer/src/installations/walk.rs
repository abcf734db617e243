//! How a list of installations is read: along one index of `listed`, from a place to another, so that a page costs the same wherever it is.

use license_format::{DAY, LicenseKey, Metric, Thumbprint, Timestamp};
use sqlx::{AnyConnection, any::AnyRow};

use super::listed::{Filter, Line, LineLicense, LineState, Query, Scope, Sort};
use crate::{
    paging::Cursor,
    store::{
        Columns, StoreError,
        rows::{Value, read_bound},
    },
};

/// A file is said to expire soon so many seconds before it is good no more.
const EXPIRING_SOON: u64 = 30 * DAY;

/// One walk along an index, from a place to another.
pub(super) struct Way {
    /// In cursors. Several ways are walked in the order of their names.
    pub(super) name: &'static str,
    /// The first column of the walk; the others follow from it.
    by: By,
    state: Option<&'static str>,
    /// From here on, and not past there.
    from: Value,
    to: Value,
    /// Lines on the way that are passed over.
    but: Vec<But>,
}

/// What is passed over on a walk. No index is looked into for it: the walk goes on along its own.
#[derive(Clone)]
enum But {
    /// Lines whose site begins so: they were found before.
    Sites([Value; 2]),
    /// Lines whose site and name begin otherwise.
    NotBegun([Value; 2]),
    /// Lines whose newest file is not good from there on.
    NotGood { from: Timestamp },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Site,
    Name,
    /// Good until: the next first, or the last first.
    Until {
        down: bool,
    },
}

/// The walks of a list, in order.
pub(super) fn ways(query: &Query, now: Timestamp) -> Vec<Way> {
    let text = query.search.trim().to_lowercase().into_bytes();
    // No text has this byte, so it comes after all that begin so.
    let past = [text.as_slice(), &[0xff]].concat();
    let [from, to] = [text.clone(), past].map(Value::Bytes);
    let texts = |name, by| Way { name, by, state: None, from: from.clone(), to: to.clone(), but: Vec::new() };
    // First the sites that begin so, then the servers.
    let found = || {
        let but = vec![But::Sites([from.clone(), to.clone()])];
        vec![texts("a", By::Site), Way { but, ..texts("b", By::Name) }]
    };
    let searched = !text.is_empty();
    let until = |state, down, from_time: Timestamp, to_time: Timestamp| {
        let but = if searched { vec![But::NotBegun([from.clone(), to.clone()])] } else { Vec::new() };
        let (from, to) = (from_time.into(), to_time.into());
        vec![Way { name: "c", by: By::Until { down }, state: Some(state), from, to, but }]
    };
    let (next, end) = (now.plus(1), Timestamp::MAX);
    match (&query.scope, query.filter, query.sort) {
        // Of a subscription or a key there is one order.
        (Scope::Subscription(_) | Scope::Key(_), ..) => vec![texts("a", By::Site)],
        (_, Filter::All, _) if searched => found(),
        // Nearly all are active: what the search finds is walked, and the few others are passed over. Of other states there are few, which
        // are walked, passing over what the search does not find.
        (_, Filter::Active, _) if searched => {
            let active = |mut way: Way| {
                way.but.extend([But::NotGood { from: next }]);
                way
            };
            found().into_iter().map(active).collect()
        }
        (_, Filter::All, Sort::Site) => vec![texts("a", By::Site)],
        (_, Filter::All, Sort::Name) => vec![texts("b", By::Name)],
        (_, Filter::Active, _) => until("used", false, next, end),
        (_, Filter::ExpiringSoon, _) => until("used", false, next, now.plus(EXPIRING_SOON)),
        (_, Filter::Expired, _) => until("used", true, now, Timestamp::MIN),
        (_, Filter::Deactivated, _) => until("deactivated", true, end, Timestamp::MIN),
        (_, Filter::Blocked, _) => until("blocked", true, end, Timestamp::MIN),
    }
}

impl Way {
    /// So many lines after a place.
    pub(super) async fn read(
        &self,
        connection: &mut AnyConnection,
        whose: Option<(&'static str, Value)>,
        cursor: Option<&[String; 4]>,
        wanted: i64,
    ) -> Result<Vec<(Line, Cursor)>, StoreError> {
        let (sql, values) = self.sql(whose, cursor, wanted);
        let rows = read_bound(connection, sql, &values).await?;
        rows.iter().map(|row| self.line(row)).collect()
    }

    /// The statement and its values: a tuple of columns after the place where the page before ended.
    pub(super) fn sql(
        &self,
        whose: Option<(&'static str, Value)>,
        cursor: Option<&[String; 4]>,
        wanted: i64,
    ) -> (String, Vec<Value>) {
        let mut values = Vec::new();
        let mut place = |value: Value| {
            values.push(value);
            format!("${}", values.len())
        };
        let mut conditions = Vec::new();
        if let Some((column, value)) = whose {
            conditions.push(format!("{column} = {}", place(value)));
        }
        if let Some(state) = self.state {
            conditions.push(format!("listed.state = {}", place(state.into())));
        }
        let (columns, down): (&[&str], bool) = match self.by {
            By::Site => (&["listed.site", "listed.name"], false),
            By::Name => (&["listed.name", "listed.site"], false),
            By::Until { down } => (&["listed.good_until"], down),
        };
        let columns = [columns, &["listed.installation", "listed.license_type"]].concat();
        // Before the first, or after the last, of those that are alike in the first column.
        let beyond = || if down { Value::Bytes(vec![0xff; 33]) } else { Value::Bytes(Vec::new()) };
        let start = match (self.by, cursor) {
            (By::Until { .. }, None) => vec![self.from.clone(), beyond(), "".into()],
            (_, None) => vec![self.from.clone(), beyond(), beyond(), "".into()],
            (by, Some([_, first, second, identity])) => {
                let (installation, license_type) = identity.split_once(' ').unwrap_or_default();
                let id = Thumbprint::from_hex(installation).map_or(Vec::new(), |id| id.as_bytes().to_vec());
                let text = |text: &String| Value::Bytes(text.clone().into_bytes());
                let mut start = match by {
                    By::Until { .. } => vec![Value::Int(first.parse().unwrap_or(0))],
                    By::Site | By::Name => vec![text(first), text(second)],
                };
                start.extend([Value::Bytes(id), license_type.into()]);
                start
            }
        };
        let start: Vec<String> = start.into_iter().map(&mut place).collect();
        let (after, within, order) = if down { ("<", ">=", " DESC") } else { (">", "<=", "") };
        conditions.push(format!("({}) {after} ({})", columns.join(", "), start.join(", ")));
        conditions.push(format!("{} {within} {}", columns[0], place(self.to.clone())));
        // Columns inside an expression, so that no database prefers an index of them to the one that is walked.
        for but in self.but.clone() {
            let begins = |column: &str, from: &str, to: &str| {
                format!("(COALESCE({column}, {from}) >= {from} AND COALESCE({column}, {from}) < {to})")
            };
            conditions.push(match but {
                But::Sites([from, to]) => {
                    let (from, to) = (place(from), place(to));
                    format!("NOT {}", begins("listed.site", &from, &to))
                }
                But::NotBegun([from, to]) => {
                    let (from, to) = (place(from), place(to));
                    let [site, name] =
                        ["listed.site", "listed.name"].map(|column| begins(column, &from, &to));
                    format!("({site} OR {name})")
                }
                But::NotGood { from } => {
                    format!(
                        "listed.good_until + 0 >= {} AND listed.state || '' = {}",
                        place(from.into()),
                        place("used".into())
                    )
                }
            });
        }
        let order: Vec<String> = columns.iter().map(|column| format!("{column}{order}")).collect();
        let sql = format!(
            "{SELECT} WHERE {} ORDER BY {} LIMIT {}",
            conditions.join(" AND "),
            order.join(", "),
            place(Value::Int(wanted))
        );
        (sql, values)
    }

    fn line(&self, row: &AnyRow) -> Result<(Line, Cursor), StoreError> {
        let line = read(row)?;
        let lower = |text: &str| text.to_lowercase();
        let (site, name) = (lower(line.site_code.as_str()), lower(line.name.as_str()));
        let good_until = Columns::of("listed", row).time("good_until")?.seconds().to_string();
        let (first, second) = match self.by {
            By::Site => (site, name),
            By::Name => (name, site),
            By::Until { .. } => (good_until, String::new()),
        };
        let identity = format!("{} {}", line.installation, line.license_type.name());
        let values = [self.name, &first, &second, &identity].map(str::as_bytes);
        Ok((line, Cursor::of(&values)))
    }
}

const SELECT: &str = "SELECT listed.installation, listed.license_type, listed.account, listed.state, listed.counter, listed.grants, \
    listed.contract_end, listed.good_until, listed.report_due, listed.ends, installation.name, installation.site_code, \
    installation.site_description, installation.version, installation.last_report, installation.fork_counter, \
    installation.clock_behind, installation.alias, \
    license_key.id AS key_id, license_key.name AS key_name, license_key.key_text, \
    (SELECT used FROM usage_report WHERE usage_report.installation = listed.installation \
    AND usage_report.license_type = listed.license_type AND usage_report.metric = listed.metric ORDER BY usage_report.counter DESC LIMIT 1) AS used \
    FROM listed JOIN installation ON installation.thumbprint = listed.installation \
    LEFT JOIN license_key ON license_key.digest = listed.license_key AND license_key.deleted IS NULL";

fn read(row: &AnyRow) -> Result<Line, StoreError> {
    let columns = Columns::of("listed", row);
    let optional = |column| columns.optional_text(column).map(|text| text.is_some());
    let license = match columns.count("counter")? {
        0 => None,
        _ => Some(LineLicense {
            key: if optional("key_id")? { Some(columns.parsed("key_id")?) } else { None },
            key_name: if optional("key_text")? {
                let key: LicenseKey = columns.parsed("key_text")?;
                Some((columns.parsed("key_name")?, key.last_group().masked()))
            } else {
                None
            },
            grants: columns.named("grants", read_grants)?,
            contract_end: columns.time("contract_end")?,
            good_until: columns.time("good_until")?,
            report_due: columns.time("report_due")?,
            ends: columns.time("ends")?,
        }),
    };
    Ok(Line {
        installation: columns.fixed("installation", Thumbprint::from_slice)?,
        account: if optional("account")? { Some(columns.parsed("account")?) } else { None },
        site_code: columns.parsed("site_code")?,
        site_description: if optional("site_description")? {
            Some(columns.parsed("site_description")?)
        } else {
            None
        },
        name: columns.parsed("name")?,
        version: columns.parsed("version")?,
        last_report: columns.time("last_report")?,
        forked: columns.optional_count("fork_counter")?.is_some(),
        clock_behind: columns.flag("clock_behind")?,
        alias: if columns.text("alias")?.is_empty() { None } else { Some(columns.parsed("alias")?) },
        license_type: columns.parsed("license_type")?,
        state: columns.named("state", |state| match state {
            "used" => Some(LineState::Used),
            "deactivated" => Some(LineState::Deactivated),
            "blocked" => Some(LineState::Blocked),
            "moved" => Some(LineState::Moved),
            _ => None,
        })?,
        license,
        used: columns.optional_count("used")?,
    })
}

fn read_grants(text: &str) -> Option<Vec<(Metric, u64)>> {
    let grant = |grant: &str| {
        let (metric, seats) = grant.split_once(' ')?;
        Some((Metric::from_name(metric)?, seats.parse().ok()?))
    };
    text.split(',').map(grant).collect()
}
