//! Statements over many rows: a batch of requests costs as many statements as one request does.
//!
//! sqlx takes only static SQL unless told otherwise. What is built here is a constant head, placeholders and a constant tail; values
//! are always bound.

use sqlx::{
    Any, AnyConnection, AssertSqlSafe,
    any::{AnyArguments, AnyRow},
    query::Query,
};

use super::{StoreError, big};

/// Rows in one statement. SQLite allows 32,766 placeholders; our widest row has 15.
const ROWS: usize = 500;
/// Alternatives in one statement: as many as a batch has requests, and what travels along. SQLite's expressions are at most 1,000 deep.
const ALTERNATIVES: usize = 256;
/// Values in one list.
const VALUES: usize = 4_096;

/// A value to bind.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    NoText,
    NoBytes,
}

impl From<u64> for Value {
    fn from(value: u64) -> Value {
        Value::Int(big(value))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Int(i64::from(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(value.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Value {
        Value::Bytes(value.to_vec())
    }
}

impl From<license_format::Timestamp> for Value {
    fn from(value: license_format::Timestamp) -> Value {
        value.seconds().into()
    }
}

/// A text or nothing.
pub(crate) fn optional_text(value: Option<&str>) -> Value {
    value.map_or(Value::NoText, Value::from)
}

/// Runs `head (…), (…), … tail` over all rows and gives the number of rows written.
pub(crate) async fn write_rows(
    connection: &mut AnyConnection,
    head: &'static str,
    tail: &'static str,
    rows: Vec<Vec<Value>>,
) -> Result<u64, StoreError> {
    let mut written = 0;
    for chunk in rows.chunks(ROWS) {
        let mut next = 1;
        let groups: Vec<String> = chunk
            .iter()
            .map(|row| {
                let places: Vec<String> =
                    row.iter().enumerate().map(|(at, _)| format!("${}", next + at)).collect();
                next += row.len();
                format!("({})", places.join(", "))
            })
            .collect();
        let sql = format!("{head} {} {tail}", groups.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in chunk.iter().flatten() {
            query = bind(query, value.clone());
        }
        written += query.execute(&mut *connection).await?.rows_affected();
    }
    Ok(written)
}

/// Runs a query that was put together of constant parts, with these values for `$1…`.
pub(crate) async fn read_bound(
    connection: &mut AnyConnection,
    sql: String,
    values: &[Value],
) -> Result<Vec<AnyRow>, StoreError> {
    let query = sqlx::query(AssertSqlSafe(sql));
    Ok(values.iter().fold(query, |query, value| bind(query, value.clone())).fetch_all(connection).await?)
}

/// Runs a query in which `{}` stands for a list of placeholders, one for each value, after the fixed values `$1…`. No values: no rows.
pub(crate) async fn read_where_in(
    connection: &mut AnyConnection,
    sql: &'static str,
    fixed: &[Value],
    values: &[Value],
) -> Result<Vec<AnyRow>, StoreError> {
    let mut rows = Vec::new();
    for chunk in values.chunks(VALUES) {
        rows.extend(in_list(sql, fixed, chunk).fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}

/// Runs a query in which `{}` stands for alternatives, one for each triple of values: three conditions, each with the value behind it. No
/// values: no rows.
pub(crate) async fn read_where_any(
    connection: &mut AnyConnection,
    sql: &'static str,
    conditions: [&'static str; 3],
    values: &[[Value; 3]],
) -> Result<Vec<AnyRow>, StoreError> {
    let mut rows = Vec::new();
    for chunk in values.chunks(ALTERNATIVES) {
        let width = chunk.len().next_power_of_two();
        let [first, second, third] = conditions;
        let places = (0..width).map(|at| 3 * at + 1);
        let alternatives: Vec<String> =
            places.map(|at| format!("({first}${at}{second}${}{third}${})", at + 1, at + 2)).collect();
        let mut query = sqlx::query(AssertSqlSafe(sql.replace("{}", &alternatives.join(" OR "))));
        for at in 0..width {
            for value in &chunk[at.min(chunk.len() - 1)] {
                query = bind(query, value.clone());
            }
        }
        rows.extend(query.fetch_all(&mut *connection).await?);
    }
    Ok(rows)
}

/// Runs a statement that writes, in which `{}` stands for a list of placeholders as in [`read_where_in`], and gives the number of rows.
pub(crate) async fn write_where_in(
    connection: &mut AnyConnection,
    sql: &'static str,
    fixed: &[Value],
    values: &[Value],
) -> Result<u64, StoreError> {
    let mut written = 0;
    for chunk in values.chunks(VALUES) {
        written += in_list(sql, fixed, chunk).execute(&mut *connection).await?.rows_affected();
    }
    Ok(written)
}

/// Runs an update that gives each of some rows its own value: `set CASE … WHEN key THEN value … where (keys) tail`.
pub(crate) async fn write_each(
    connection: &mut AnyConnection,
    [set, place, tail]: [&'static str; 3],
    rows: Vec<[Value; 2]>,
) -> Result<u64, StoreError> {
    let mut written = 0;
    for chunk in rows.chunks(ROWS) {
        let at = || (0..chunk.len()).map(|row| 2 * row + 1);
        let cases: Vec<String> = at().map(|at| format!("WHEN ${at} THEN ${}", at + 1)).collect();
        let keys: Vec<String> = at().map(|at| format!("${at}")).collect();
        let sql = format!("{set} {} {place} ({}) {tail}", cases.join(" "), keys.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in chunk.iter().flatten() {
            query = bind(query, value.clone());
        }
        written += query.execute(&mut *connection).await?.rows_affected();
    }
    Ok(written)
}

/// The list is padded to a power of two with its last value, so that few different statements are prepared.
fn in_list(sql: &'static str, fixed: &[Value], values: &[Value]) -> Query<'static, Any, AnyArguments> {
    let width = values.len().next_power_of_two();
    let places: Vec<String> = (0..width).map(|at| format!("${}", fixed.len() + 1 + at)).collect();
    let mut query = sqlx::query(AssertSqlSafe(sql.replace("{}", &places.join(", "))));
    for value in fixed {
        query = bind(query, value.clone());
    }
    for at in 0..width {
        query = bind(query, values[at.min(values.len() - 1)].clone());
    }
    query
}

fn bind<'q>(query: Query<'q, Any, AnyArguments>, value: Value) -> Query<'q, Any, AnyArguments> {
    match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
        Value::NoText => query.bind(None::<String>),
        Value::NoBytes => query.bind(None::<Vec<u8>>),
    }
}
