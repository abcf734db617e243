//! Lists over a store with a hundred thousand installations: a page reads as many rows as it shows, and pages together are the whole.

use std::collections::BTreeSet;

use license_format::{DAY, Kind, Timestamp};
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::{Filter, Installations, Line, Query, Scope, Sort, answers, walk};
use crate::{
    ids::{AccountId, SubscriptionId},
    paging::{Cursor, Part},
    people::Asker,
    store::{Store, StoreKind},
    testing::{NOW, Place, at, store},
};

const MANY: u64 = 100_000;
const CONTOSO: &str = "01a1fe3f-7be8-7000-8000-000000000001";
const FABRIKAM: &str = "01a1fe3f-7be8-7000-8000-000000000002";
const SOLD: &str = "01a1fe3f-7be8-7000-8000-000000000003";

/// A store with that many slots of Contoso and ten of Fabrikam, written in bulk. Of a hundred one is deactivated and one blocked; files
/// end one after the other, half of them before now.
async fn filled(many: u64) -> (Place, Store) {
    let (place, store) = store().await;
    let mut connection = store.read().await.expect("a connection");
    let numbers =
        format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {})", many + 9);
    // 32 bytes for each number, the same in both databases.
    let thumbprint = match store.kind() {
        StoreKind::Sqlite => "CAST(printf('%032d', i) AS BLOB)",
        StoreKind::Postgres => "convert_to(lpad(CAST(i AS TEXT), 32, '0'), 'UTF8')",
    };
    let bytes = |text: &str| match store.kind() {
        StoreKind::Sqlite => format!("CAST({text} AS BLOB)"),
        StoreKind::Postgres => format!("convert_to({text}, 'UTF8')"),
    };
    let name = match store.kind() {
        StoreKind::Sqlite => "printf('%s-%06d', {}, i)",
        StoreKind::Postgres => "{} || '-' || lpad(CAST(i AS TEXT), 6, '0')",
    };
    let account = format!("CASE WHEN i < {many} THEN '{CONTOSO}' ELSE '{FABRIKAM}' END");
    // A site has a thousand servers.
    let site = |prefix: &str| match store.kind() {
        StoreKind::Sqlite => format!("printf('{prefix}%02d', i / 1000 % 100)"),
        StoreKind::Postgres => format!("'{prefix}' || lpad(CAST(i / 1000 % 100 AS TEXT), 2, '0')"),
    };
    let half = many / 2;
    for sql in [
        format!(
            "INSERT INTO account (id, name, kind, created) VALUES ('{CONTOSO}', 'Contoso', 'business', {NOW}), ('{FABRIKAM}', 'Fabrikam', 'business', {NOW})"
        ),
        format!(
            "INSERT INTO subscription (id, account, product, license_type, created, starts, ends, trial, offline_use, suspended, \
             file_days, report_days, grace_days, clock_tolerance_hours, version, changes) \
             VALUES ('{SOLD}', '{CONTOSO}', 'Desktop', 'desktop', {NOW}, {NOW}, {}, 0, 1, 0, 90, 60, 14, 24, 1, 0)",
            NOW + 365 * DAY
        ),
        format!(
            "{numbers} INSERT INTO installation (thumbprint, account, public_key, name, site_code, product, version, first_seen, \
             last_report, newest, clock_behind) SELECT {thumbprint}, {account}, {thumbprint}, {}, {}, 'waybill-proxy', '0.1.0', \
             {NOW}, {NOW}, 1, 0 FROM n",
            name.replace("{}", "'CM'"),
            site("P"),
        ),
        format!(
            "{numbers} INSERT INTO listed (installation, license_type, account, subscription, site, name, state, counter, metric, grants, \
             contract_end, good_until, report_due, ends) SELECT {thumbprint}, 'desktop', {account}, '{SOLD}', {}, {}, \
             CASE WHEN i % 100 = 7 THEN 'deactivated' WHEN i % 100 = 8 THEN 'blocked' ELSE 'used' END, 1, 'managed-device', 'managed-device 250', \
             {NOW} + 31536000, {NOW} + (i - {half}) * 60, {NOW}, {NOW} + 31536000 FROM n",
            bytes(&site("p")),
            bytes(&name.replace("{}", "'cm'")),
        ),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await.expect("written");
    }
    if store.kind() == StoreKind::Postgres {
        sqlx::query("ANALYZE").execute(&mut *connection).await.expect("looked through");
    }
    drop(connection);
    (place, store)
}

/// Every list that a page can show.
fn lists() -> Vec<Query> {
    let mut lists: Vec<Query> =
        Filter::ALL.into_iter().map(|filter| Query { filter, ..Query::default() }).collect();
    lists.push(Query { sort: Sort::Name, ..Query::default() });
    lists.push(Query { search: "p4".to_owned(), ..Query::default() });
    lists.push(Query { search: "CM-00".to_owned(), ..Query::default() });
    lists.push(Query { scope: Scope::Subscription(sold()), ..Query::default() });
    lists.extend(Filter::ALL.map(|filter| Query { filter, search: "p".to_owned(), ..Query::default() }));
    lists
}

fn sold() -> SubscriptionId {
    SOLD.parse().expect("an id")
}

fn contoso() -> Asker {
    Asker::Account(CONTOSO.parse::<AccountId>().expect("an id"))
}

/// What the database says that it does for a statement.
async fn plan(
    connection: &mut AnyConnection,
    kind: StoreKind,
    sql: &str,
    values: &[crate::store::rows::Value],
) -> String {
    let (explain, column) = match kind {
        StoreKind::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        StoreKind::Postgres => ("EXPLAIN", 0),
    };
    let rows = crate::store::rows::read_bound(connection, format!("{explain} {sql}"), values).await;
    rows.expect("a plan").iter().map(|row| row.get::<String, _>(column) + "\n").collect()
}

#[tokio::test]
async fn a_page_of_a_hundred_thousand_reads_as_many_rows_as_it_shows() {
    let (_place, store) = filled(MANY).await;
    let installations = Installations::new(store.clone());
    let mut connection = store.read().await.expect("a connection");
    for asker in [contoso(), Asker::Staff] {
        for list in lists() {
            // Each statement walks an index to its place and stops: nothing is scanned, and nothing sorted.
            let whose = match (&list.scope, asker.account()) {
                (Scope::All, account) => account.map(|account| ("listed.account", account.as_str().into())),
                _ => Some(("listed.subscription", SOLD.into())),
            };
            for way in walk::ways(&list, at(0)) {
                let (sql, values) = way.sql(whose.clone(), None, 51);
                let plan = plan(&mut connection, store.kind(), &sql, &values).await;
                match store.kind() {
                    StoreKind::Sqlite => {
                        assert!(plan.contains("SEARCH listed USING INDEX"), "{list:?}\n{plan}");
                        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{list:?}\n{plan}");
                    }
                    StoreKind::Postgres => {
                        // What follows is read once a row that is shown: the newest of one slot's few reports.
                        let walk = plan.split("SubPlan").next().unwrap_or_default();
                        assert!(
                            walk.contains("Index Scan") && walk.contains(" on listed"),
                            "{list:?}\n{plan}"
                        );
                        assert!(
                            !walk.contains("Seq Scan on listed") && !walk.contains("Sort"),
                            "{list:?}\n{plan}"
                        );
                    }
                }
            }
            let page =
                installations.lines(&asker, &Query { part: Part::first(50), ..list.clone() }, at(0)).await;
            let page = page.expect("a page");
            assert_eq!(page.rows.len(), 50, "{list:?}");
            assert!(page.next.is_some(), "{list:?}");
        }
    }
}

#[tokio::test]
async fn a_page_of_answers_reads_as_many_rows_as_it_shows() {
    let (_place, store) = filled(10).await;
    let mut connection = store.read().await.expect("a connection");
    for asker in [contoso(), Asker::Staff] {
        for kind in [Kind::License, Kind::Refusal] {
            let (sql, values) = answers::sql(&asker, kind, &Part::first(50));
            let plan = plan(&mut connection, store.kind(), &sql, &values).await;
            if store.kind() == StoreKind::Sqlite {
                assert!(plan.contains("SEARCH answer USING INDEX"), "{plan}");
                assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
            }
        }
    }
}

/// All pages of a list, however small they are.
async fn all(
    installations: &Installations,
    asker: &Asker,
    list: &Query,
    rows: usize,
    now: Timestamp,
) -> Vec<Line> {
    let (mut lines, mut after): (Vec<Line>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let part = Part { after: after.take(), rows };
        let page = installations.lines(asker, &Query { part, ..list.clone() }, now).await.expect("a page");
        lines.extend(page.rows);
        match page.next {
            // As it comes back in an address.
            Some(next) => after = Some(next.to_string().parse().expect("a cursor")),
            None => return lines,
        }
    }
}

#[tokio::test]
async fn pages_together_are_the_list_each_line_once_and_in_order() {
    let (_place, store) = filled(1_000).await;
    let installations = Installations::new(store);
    for list in lists() {
        let whole = all(&installations, &contoso(), &list, 500, at(0)).await;
        let pages = all(&installations, &contoso(), &list, 7, at(0)).await;
        assert_eq!(whole, pages, "{list:?}");
        let distinct: BTreeSet<_> = pages.iter().map(|line| line.installation).collect();
        assert_eq!(distinct.len(), pages.len(), "{list:?}: each once");
    }
    let count = async |asker: &Asker, list: Query| all(&installations, asker, &list, 100, at(0)).await.len();
    assert_eq!(count(&contoso(), Query::default()).await, 1_000);
    assert_eq!(count(&Asker::Staff, Query::default()).await, 1_010);
    let filtered = async |filter| count(&contoso(), Query { filter, ..Query::default() }).await;
    assert_eq!(filtered(Filter::Deactivated).await, 10);
    assert_eq!(filtered(Filter::Blocked).await, 10);
    // Half of the files end before now or at it, and 2 in 100 are neither good nor expired.
    assert_eq!(filtered(Filter::Expired).await, 491);
    assert_eq!(filtered(Filter::Active).await, 489);
    assert_eq!(filtered(Filter::ExpiringSoon).await, 489, "the last ends within hours");
    let expired =
        all(&installations, &contoso(), &Query { filter: Filter::Expired, ..Query::default() }, 7, at(0))
            .await;
    let ends: Vec<_> =
        expired.iter().filter_map(|line| line.license.as_ref()).map(|license| license.good_until).collect();
    assert!(ends.is_sorted_by(|one, next| one >= next) && ends[0] == at(0), "the last to expire first");

    // Of somebody else's subscription nothing is there.
    let foreign = Asker::Account(FABRIKAM.parse().expect("an id"));
    assert_eq!(count(&foreign, Query { scope: Scope::Subscription(sold()), ..Query::default() }).await, 0);
    assert_eq!(count(&foreign, Query::default()).await, 10);
    // Sites come before servers, and nothing comes twice.
    let found =
        all(&installations, &contoso(), &Query { search: "P".to_owned(), ..Query::default() }, 7, at(0))
            .await;
    assert_eq!(found.len(), 1_000);
    assert_eq!(count(&contoso(), Query { search: "cm-00012".to_owned(), ..Query::default() }).await, 10);
    assert_eq!(count(&contoso(), Query { search: "%".to_owned(), ..Query::default() }).await, 0);

    // A search and a state together: what fits both, and it is the same however small the pages are.
    let searched = async |filter, search: &str| {
        let list = Query { filter, search: search.to_owned(), ..Query::default() };
        let lines = all(&installations, &contoso(), &list, 3, at(0)).await;
        lines.into_iter().map(|line| line.name.to_string()).collect::<Vec<String>>()
    };
    assert_eq!(searched(Filter::Blocked, "cm-00012").await, ["CM-000108"; 0]);
    assert_eq!(searched(Filter::Blocked, "cm-0001").await, ["CM-000108"]);
    assert_eq!(searched(Filter::Deactivated, "CM-0009").await, ["CM-000907"]);
    assert_eq!(searched(Filter::Blocked, "p").await.len(), 10);
    assert_eq!(
        searched(Filter::Active, "cm-0005").await.len(),
        97,
        "of a hundred, from the second minute on"
    );
    assert_eq!(searched(Filter::Expired, "cm-0005").await, ["CM-000500"]);
    assert_eq!(searched(Filter::Expired, "cm-0006").await, [""; 0]);
    assert_eq!(searched(Filter::Active, "cm-0004").await, [""; 0]);
}
