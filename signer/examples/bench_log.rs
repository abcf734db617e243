//! What a proof costs over a log of ten million answers, beside one point read of the same store by primary key.
//!
//! The log is written as rows, since ten million answers would take the week; the tree over them is made as the signer makes it, and
//! every proof is verified against its root. Leaves are asked for all over the log, so that few of their pages are warm.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod support;

use std::{path::Path, time::Instant};

use license_format::Digest;
use signer::{
    log::{AnswerLog, bench},
    store::Store,
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};
use support::{figure, median};
use verifier::log::{continues, includes};

const LEAVES: u64 = 10_000_000;
const ROUNDS: u64 = 400;
/// Rows in one statement.
const ROWS: usize = 2_000;
/// Of a proof over a point read: it is some eight statements, six of which read up to thirty rows.
const AIM: f64 = 30.0;

#[tokio::main]
async fn main() {
    let (dir, folder) = support::data_dir().await;
    eprintln!("a log with {LEAVES} leaves");
    let root = fill(&folder.path().join("vendor/waybill.db")).await;

    let store = Store::open(dir.store()).await.expect("opened");
    let log = AnswerLog::new(store.clone());
    assert_eq!(log.view().await.expect("read").root, root);
    let (mut reads, mut proofs, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // A stride that is prime to the size comes by every part of the log.
        let index = (round * 6_700_417 + 12_345) % LEAVES;
        let other = (index * 31 + 7) % LEAVES;
        let start = Instant::now();
        let read = point_read(&store, other).await;
        reads.push(start.elapsed().as_secs_f64());
        assert_eq!(read, document(other));

        let start = Instant::now();
        let proved = log.prove(&document(index)).await.expect("in the log");
        proofs.push(start.elapsed().as_secs_f64());
        assert!(includes(&root, &document(index), &proved.proof));

        let start = Instant::now();
        let step = log.consistency(index + 1, LEAVES).await.expect("two states");
        steps.push(start.elapsed().as_secs_f64());
        assert!(continues((index + 1, &step.first.1), (LEAVES, &root), &step.path));
    }
    let [read, proof, step] = [reads, proofs, steps].map(median);
    figure("point read of a leaf by primary key, 10,000,000 leaves", read * 1e6, "us", None);
    figure("proof of inclusion by an answer's digest", proof * 1e6, "us", None);
    figure("proof of consistency", step * 1e6, "us", None);
    figure("proof of inclusion, over a point read", proof / read, "x", Some(AIM));
    figure("proof of consistency, over a point read", step / read, "x", Some(2.0 * AIM));
    store.close().await;
}

/// What stands for an answer's digest: made the same way by SQLite.
fn document(index: u64) -> Digest {
    Digest(format!("{index:032}").into_bytes().try_into().expect("32 digits"))
}

async fn point_read(store: &Store, index: u64) -> Digest {
    let mut connection = store.read().await.expect("a connection");
    let sql = "SELECT digest FROM log_leaf WHERE position = $1";
    let digest: Vec<u8> = sqlx::query_scalar(sql)
        .bind(i64::try_from(index).expect("far below"))
        .fetch_one(&mut *connection)
        .await
        .expect("read");
    Digest::from_slice(&digest).expect("32 bytes")
}

/// Writes leaves, nodes and head; gives the root.
async fn fill(path: &Path) -> Digest {
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("connected");
    connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF").await.expect("set");
    let sql = format!(
        "WITH RECURSIVE leaf(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM leaf WHERE n + 1 < {LEAVES}) \
         INSERT INTO log_leaf (position, digest, kind, code, request, issued) \
         SELECT n, CAST(printf('%032d', n) AS BLOB), 'refusal', 'no-seats', x'', 0 FROM leaf"
    );
    connection.execute(AssertSqlSafe(sql)).await.expect("leaves");
    let (nodes, frontier, root) = bench::tree((0..LEAVES).map(document));
    for chunk in nodes.chunks(ROWS) {
        let rows: Vec<String> =
            chunk.iter().map(|(level, position, hash)| format!("({level}, {position}, x'{hash}')")).collect();
        let sql = format!("INSERT INTO log_node (level, position, hash) VALUES {}", rows.join(", "));
        connection.execute(AssertSqlSafe(sql)).await.expect("nodes");
    }
    let query =
        sqlx::query("UPDATE log_head SET size = $1, frontier = $2").bind(LEAVES as i64).bind(frontier);
    query.execute(&mut connection).await.expect("a head");
    // As a store is that is in use.
    connection.execute("PRAGMA journal_mode = WAL; ANALYZE").await.expect("set");
    connection.close().await.expect("closed");
    root
}
