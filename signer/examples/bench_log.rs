//! What a log of ten million leaves costs: a proof, beside one point read of the same store by primary key; and an export, its
//! verification, and the audit of the store, beside a bare pass over what they read, and in memory beside a log of a million, which is more than the store's cache holds, too.
//!
//! The log is written as rows, since ten million answers would take the week; the tree over them is made as the signer makes it, and
//! every proof is verified against its root. Leaves are asked for all over the log, so that few of their pages are warm. What is
//! measured for its memory runs in a process of its own.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod support;

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
    process::Command,
    time::Instant,
};

use license_format::{Digest, Timestamp};
use signer::{
    Asker, Signer,
    init::DataDir,
    log::{AnswerLog, LogExport, bench},
    store::Store,
    trust::History,
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};
use support::{Site, figure, median};
use verifier::log::{continues, includes, leaf_hash, node_hash};

const LEAVES: u64 = 10_000_000;
/// Of the log beside which memory is judged.
const FEW: u64 = 1_000_000;
const ROUNDS: u64 = 400;
/// Rows in one statement.
const ROWS: usize = 2_000;
/// Of a proof over a point read: it is some eight statements, six of which read up to thirty rows.
const AIM: f64 = 30.0;
/// Of a pass that holds everything against everything, over one that only reads it. An export reads each row, hashes and writes; a
/// verification reads each line, judges its form, and hashes.
const PASS_AIM: f64 = 3.0;
/// Of the memory at its highest, at ten times as many leaves.
const MEMORY_AIM: f64 = 1.2;

#[tokio::main]
async fn main() {
    if let [_, pass, folder] = std::env::args().collect::<Vec<_>>().as_slice() {
        return measure(pass, Path::new(folder)).await;
    }
    let (dir, folder) = support::data_dir().await;
    proofs(&dir, &folder.path().join("vendor/waybill.db")).await;
    let (few_dir, few) = support::data_dir().await;
    fill(&few.path().join("vendor/waybill.db"), FEW).await;
    for dir in [&dir, &few_dir] {
        // With an answer the trust bundle and that become leaves, and the log gets a checkpoint.
        let signer = Signer::open(dir, &support::passphrase(), support::today()).await.expect("opened");
        let account = support::account(&signer, "Contoso").await;
        let (_, key) = support::sell(&signer, &account).await;
        let request = Site::set_up(1, &signer.trust()).activation(&key);
        signer.answer(&request, &Asker::Account(account), support::today()).await.expect("answered");
        signer.close().await;
    }
    passes(folder.path(), few.path());
}

/// What proofs cost over a log of many leaves, which is written first.
async fn proofs(dir: &DataDir, path: &Path) {
    eprintln!("a log with {LEAVES} leaves");
    let root = fill(path, LEAVES).await;

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

/// What the passes cost over many leaves, and how much more memory than over few. Each runs once: it takes minutes.
fn passes(many: &Path, few: &Path) {
    for (pass, bare, what, over) in [
        ("export", "rows", "export of the log", "its rows only read"),
        ("verify", "lines", "verification of the export", "its lines only read and hashed"),
        ("audit", "rows", "verification of the store's log", "its rows only read"),
    ] {
        eprintln!("{what}");
        let ((_, little), (seconds, much), (least, _)) =
            (child(pass, few), child(pass, many), child(bare, many));
        figure(&format!("{what}, 10,000,000 leaves"), seconds, "s", None);
        figure(&format!("{what}, over {over}"), seconds / least, "x", Some(PASS_AIM));
        figure(&format!("{what}: memory at its highest"), much, "MiB", None);
        figure(
            &format!("{what}: memory, over that of 1,000,000 leaves"),
            much / little,
            "x",
            Some(MEMORY_AIM),
        );
    }
}

/// Runs a pass in a process of its own: seconds, and mebibytes of memory at their highest.
fn child(pass: &str, folder: &Path) -> (f64, f64) {
    let program = std::env::current_exe().expect("this program");
    let run = Command::new(program).arg(pass).arg(folder).output().expect("it runs");
    assert!(run.status.success(), "{pass}: {}", String::from_utf8_lossy(&run.stderr));
    let said = String::from_utf8(run.stdout).expect("a text");
    let (seconds, memory) = said.trim().split_once(' ').expect("two numbers");
    (seconds.parse().expect("seconds"), memory.parse().expect("mebibytes"))
}

/// One pass over the log of a folder; says its seconds and its memory.
async fn measure(pass: &str, folder: &Path) {
    let dir = DataDir::new(folder.join("vendor"));
    let file = folder.join("log.txt");
    let trust = History::read(&dir).expect("made").newest().clone();
    let store = Store::open(dir.store()).await.expect("opened");
    let log = AnswerLog::new(store.clone());
    let size = log.view().await.expect("read").size;
    let start = Instant::now();
    match pass {
        "rows" => assert_eq!(read_rows(&store).await, size),
        "export" => {
            let mut export = log.export(&trust).await.expect("begun");
            let mut out = BufWriter::new(File::create(&file).expect("made"));
            while let Some(lines) = export.next().await.expect("whole") {
                out.write_all(lines.as_bytes()).expect("written");
            }
            out.flush().expect("written");
        }
        "lines" => assert_eq!(read_lines(&file), size + 4),
        "verify" => {
            let export = LogExport::read(BufReader::new(File::open(&file).expect("there"))).expect("a head");
            assert_eq!(export.verify(&trust, None).expect("whole").size, size);
        }
        "audit" => {
            let audit =
                log.audit(std::slice::from_ref(&trust), None, None, Timestamp::MAX).await.expect("read");
            assert_eq!((audit.leaves, audit.findings), (size, vec![]));
        }
        _ => panic!("no pass is called {pass}"),
    }
    let seconds = start.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    let memory: f64 = memory.trim().trim_end_matches(" kB").parse().expect("a number");
    println!("{seconds} {}", memory / 1024.0);
    store.close().await;
}

/// Reads the leaves as an export does, and does nothing with them.
async fn read_rows(store: &Store) -> u64 {
    let mut connection = store.read().await.expect("a connection");
    let sql = "SELECT position, digest, kind, code, issued FROM log_leaf WHERE position >= $1 ORDER BY position LIMIT 5000";
    let mut from = 0;
    loop {
        let rows = sqlx::query(sql).bind(from as i64).fetch_all(&mut *connection).await.expect("read");
        from += rows.len() as u64;
        if rows.is_empty() {
            return from;
        }
    }
}

/// Reads lines, and hashes as many bytes for each as a tree over them takes.
fn read_lines(file: &Path) -> u64 {
    let mut input = BufReader::new(File::open(file).expect("there"));
    let (mut lines, mut line, mut all) = (0, Vec::new(), Digest([0; 32]));
    while input.read_until(b'\n', &mut line).expect("read") > 0 {
        if let Some(digest) = line.first_chunk::<32>() {
            all = node_hash(&all, &leaf_hash(&Digest(*digest)));
        }
        lines += 1;
        line.clear();
    }
    assert_ne!(all, Digest([0; 32]));
    lines
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
async fn fill(path: &Path, leaves: u64) -> Digest {
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("connected");
    connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF").await.expect("set");
    let sql = format!(
        "WITH RECURSIVE leaf(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM leaf WHERE n + 1 < {leaves}) \
         INSERT INTO log_leaf (position, digest, kind, code, request, issued) \
         SELECT n, CAST(printf('%032d', n) AS BLOB), 'refusal', 'no-seats', zeroblob(32), 0 FROM leaf"
    );
    connection.execute(AssertSqlSafe(sql)).await.expect("leaves");
    let (nodes, frontier, root) = bench::tree((0..leaves).map(document));
    for chunk in nodes.chunks(ROWS) {
        let rows: Vec<String> =
            chunk.iter().map(|(level, position, hash)| format!("({level}, {position}, x'{hash}')")).collect();
        let sql = format!("INSERT INTO log_node (level, position, hash) VALUES {}", rows.join(", "));
        connection.execute(AssertSqlSafe(sql)).await.expect("nodes");
    }
    let query =
        sqlx::query("UPDATE log_head SET size = $1, frontier = $2").bind(leaves as i64).bind(frontier);
    query.execute(&mut connection).await.expect("a head");
    // As a store is that is in use.
    connection.execute("PRAGMA journal_mode = WAL; ANALYZE").await.expect("set");
    connection.close().await.expect("closed");
    root
}
