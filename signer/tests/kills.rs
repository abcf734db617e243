//! The signer is killed between any two steps of an answer: what was begun is there whole or not at all, and the same file gets one
//! answer. This program starts itself; SQLite is made to stop inside a statement of the batch, and the process is killed there.
#![cfg(target_os = "linux")]

mod common;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use common::{Proxy, dice, moment, passphrase};
use license_format::{DAY, LicenseKey, LicenseType, Timestamp};
use signer::{
    Answer, Asker, Signer,
    catalog::{KeyDraft, SubscriptionDraft},
    init::{DataDir, InitOptions, init},
    log::AnswerLog,
    people::{AccountDraft, AccountKind, Actor},
    store::Store,
    witness::Witness,
};
use sqlx::AssertSqlSafe;
use verifier::TrustState;

const DESKTOP: LicenseType = LicenseType::Desktop;
/// Tells a child where the record is, and which request to answer.
const RECORD: &str = "WAYBILL_TEST_KILLED_RECORD";
const REQUEST: &str = "WAYBILL_TEST_KILLED_REQUEST";

/// What an answer writes, statement by statement. The first answer completes a node of the log, since there are fifteen leaves before it.
const STATEMENTS: [&str; 12] = [
    "INSERT ON log_node",
    "INSERT ON installation",
    "INSERT ON chain",
    "INSERT ON slot",
    "INSERT ON lease",
    "INSERT ON lease_seats",
    "INSERT ON tally_lapse",
    "INSERT ON tally",
    "INSERT ON answer",
    "INSERT ON log_leaf",
    "INSERT ON log_checkpoint",
    "UPDATE ON log_head",
];

/// So many hundredths of a second of work after which a process that had to answer one request is inside the statement that does not end.
const STUCK: u64 = 60;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T10:00:00Z").unwrap()
}

#[tokio::test]
async fn killed_between_any_two_steps_an_answer_is_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path().join("vendor"));
    let (trust, requests) = prepare(&dir, STATEMENTS.len() + 1).await;
    let file = |number: usize| {
        let path = folder.path().join(format!("request-{number}"));
        fs::write(&path, &requests[number]).unwrap();
        path
    };

    for (number, statement) in STATEMENTS.iter().enumerate() {
        let before = leaves(&dir, &trust).await;
        run(&dir, &[
            "CREATE VIEW forever AS WITH RECURSIVE step(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step) SELECT n FROM step",
            &format!("CREATE TRIGGER stop BEFORE {statement} BEGIN SELECT COUNT(*) FROM forever; END"),
        ])
        .await;
        let mut child = start(&dir, &file(number));
        let began = work(&child);
        while work(&child) < began + STUCK {
            assert!(child.try_wait().unwrap().is_none(), "{statement}: it came to its end");
            std::thread::yield_now();
        }
        kill(&mut child);
        run(&dir, &["DROP TRIGGER stop", "DROP VIEW forever"]).await;
        assert_eq!(leaves(&dir, &trust).await, before, "killed at {statement}: nothing is there");
        answered_once(&dir, &requests[number], false, statement).await;
        assert_eq!(leaves(&dir, &trust).await, before + 1, "{statement}");
    }

    // Between the commit and the witness: whoever reads this file waits for ever.
    let before = leaves(&dir, &trust).await;
    let last = STATEMENTS.len();
    let kept = folder.path().join("witness");
    let mut child = start_with(&dir, &file(last), || {
        fs::rename(dir.witness(), &kept).unwrap();
        assert!(Command::new("mkfifo").arg(dir.witness()).status().unwrap().success());
    });
    let store = Store::open(dir.store()).await.unwrap();
    while AnswerLog::new(store.clone()).view().await.unwrap().size == before + 1 {
        assert!(child.try_wait().unwrap().is_none(), "it came to its end");
    }
    kill(&mut child);
    store.close().await;
    fs::remove_file(dir.witness()).unwrap();
    fs::rename(&kept, dir.witness()).unwrap();
    assert_eq!(Witness::read(&dir.witness()).unwrap().log_size, before + 1, "it has not heard of the answer");
    answered_once(&dir, &requests[last], true, "the witness").await;
    assert_eq!(leaves(&dir, &trust).await, before + 1);
}

/// The request gets its license, now or from before; the same again when it comes again; and no alarm.
async fn answered_once(dir: &DataDir, request: &[u8], is_there: bool, killed: &str) {
    let signer = Signer::open(dir, &passphrase(), now()).await.unwrap();
    assert!(signer.recovery().is_none(), "killed at {killed}: no alarm");
    let given = signer.answer(request, &Asker::Staff, now()).await.unwrap();
    assert!(matches!(given.answer, Answer::License(_)), "killed at {killed}");
    assert_eq!(given.repeated, is_there, "killed at {killed}");
    let again = signer.answer(request, &Asker::Staff, now()).await.unwrap();
    assert_eq!((again.repeated, again.file), (true, given.file));
    signer.close().await;
}

/// How many leaves there are, in a log and a record that agree with each other.
/// Leaves that stand for answers; the first is the trust bundle by which they were given.
async fn leaves(dir: &DataDir, trust: &TrustState) -> u64 {
    let store = Store::open(dir.store()).await.unwrap();
    let witness = Witness::read(&dir.witness()).unwrap();
    let audit = AnswerLog::new(store.clone())
        .audit(std::slice::from_ref(trust), Some(&witness), None, now())
        .await
        .unwrap();
    assert_eq!(audit.findings, []);
    store.close().await;
    audit.leaves - audit.news
}

async fn run(dir: &DataDir, statements: &[&str]) {
    let store = Store::open(dir.store()).await.unwrap();
    let mut connection = store.read().await.unwrap();
    for sql in statements {
        sqlx::query(AssertSqlSafe((*sql).to_owned())).execute(&mut *connection).await.unwrap();
    }
    drop(connection);
    store.close().await;
}

/// A record with fifteen leaves, of which the first is the trust bundle, and a customer, and requests of so many proxies with a key each.
async fn prepare(dir: &DataDir, count: usize) -> (TrustState, Vec<Vec<u8>>) {
    let options = InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() };
    init(dir, &options, now(), &mut dice(1)).await.unwrap();
    let signer = Signer::open(dir, &passphrase(), now()).await.unwrap();
    let trust = signer.trust().clone();
    let draft = AccountDraft {
        name: "Contoso".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@contoso.example".to_owned(),
    };
    let account = signer.people().create_account(draft, now(), &mut dice(2)).await.unwrap().account.id;
    let mut draft = SubscriptionDraft::new(account, DESKTOP, 100, now(), now().plus(365 * DAY));
    draft.offline_use = true;
    let sold = signer.catalog().create_subscription(draft, &Actor::Operator, now(), &mut dice(3)).await;
    let subscription = sold.unwrap().0.id;
    let ask = |number: u8, key: &LicenseKey| {
        Proxy::new(number, &trust, now()).activate(DESKTOP, key, moment(now(), 1)).unwrap()
    };
    for number in 50..64 {
        let refused = ask(number, &LicenseKey::from_random(DESKTOP, &[number; 18]));
        signer.answer(&refused, &Asker::Staff, now()).await.unwrap();
    }
    let mut requests = Vec::new();
    for number in 0..count as u8 {
        let draft = KeyDraft { quota: Some(3), ..KeyDraft::new(subscription.clone(), "Branch") };
        let mut dice = dice(10 + u64::from(number));
        let key = signer.catalog().create_license_key(draft, &Actor::Operator, now(), &mut dice).await;
        requests.push(ask(number + 1, &key.unwrap().key));
    }
    signer.close().await;
    (trust, requests)
}

fn start(dir: &DataDir, request: &Path) -> Child {
    start_with(dir, request, || ())
}

/// A process that answers the request as soon as `then` was done.
fn start_with(dir: &DataDir, request: &Path, then: impl FnOnce()) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_one_that_is_killed", "--ignored", "--nocapture"])
        .env(RECORD, dir.path())
        .env(REQUEST, request)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program runs again");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    assert!(lines.any(|line| line.expect("text").contains("process: ready")), "it opens the record");
    then();
    // It waits for the end of its input.
    drop(child.stdin.take());
    child
}

fn kill(child: &mut Child) {
    child.kill().expect("it runs");
    assert!(!child.wait().expect("it ends").success());
}

/// The work that a process has done, in hundredths of a second (proc_pid_stat(5): utime and stime, the 14th and 15th field).
fn work(child: &Child) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("it runs");
    let after_name = stat.rsplit(')').next().expect("a name in parentheses");
    after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

#[tokio::test]
#[ignore = "the test above starts it, and kills it"]
async fn the_one_that_is_killed() {
    let path = |name| PathBuf::from(std::env::var_os(name).expect("started by the test above"));
    let request = fs::read(path(REQUEST)).unwrap();
    let signer = Signer::open(&DataDir::new(path(RECORD)), &passphrase(), now()).await.unwrap();
    println!("process: ready");
    std::io::stdin().lines().for_each(drop);
    signer.answer(&request, &Asker::Staff, now()).await.unwrap();
}
