//! Two processes, really: this program starts itself twice over one record, and both are asked the same at the same instant. On SQLite
//! they share its file, on PostgreSQL its database.

mod common;

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use common::{Place, Proxy, dice, moment, passphrase};
use license_format::{DAY, Digest, LicenseType, Metric, Timestamp, UnverifiedFile};
use signer::{
    Answer, Asker, Signer,
    catalog::{KeyDraft, SubscriptionDraft},
    exchange::Draw,
    init::{DataDir, InitOptions, init},
    people::{AccountDraft, AccountKind, Actor},
    store::{Store, StoreAddress},
    witness::Witness,
};
use sqlx::Row as _;

const DESKTOP: LicenseType = LicenseType::Desktop;
/// How many requests both are asked.
const REQUESTS: u8 = 12;
/// Tells a child where the record is: its data directory, and the database if there is one.
const RECORD: &str = "WAYBILL_TEST_RECORD";
const DATABASE: &str = "WAYBILL_TEST_RECORD_DATABASE";

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T10:00:00Z").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_are_one_signer() {
    let place = Place::new().await;
    let dir = place.data();
    let options = InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() };
    init(&dir, &options, now(), &mut dice(1)).await.unwrap();
    prepare(&place).await;

    let mut processes = [Process::start(&place), Process::start(&place)];
    processes.iter_mut().for_each(|process| process.says("ready"));
    // Nobody gets through until both have asked everything.
    let store = Store::open(dir.store()).await.unwrap();
    let door = store.begin().await.unwrap();
    processes.iter_mut().for_each(Process::go);
    processes.iter_mut().for_each(|process| process.says("asking"));
    drop(door);

    let [one, other] = processes.map(Process::answers);
    assert_eq!(one.len(), usize::from(REQUESTS));
    let mut seats = 0;
    for (one, other) in one.iter().zip(&other) {
        if one.is_license {
            assert_eq!(one.file, other.file, "same-answer");
            assert_ne!(one.repeated, other.repeated, "and counts once");
            seats += one.seats;
        }
    }
    assert_eq!(seats, 10, "no-double-seat: three times three, and the one that is left");

    // The log is one chain, and their witness has heard of all of it.
    let mut connection = store.read().await.unwrap();
    let sql = "SELECT size, (SELECT COUNT(*) FROM log_leaf), (SELECT MAX(position) + 1 FROM log_leaf) FROM log_head";
    let row = sqlx::query(sql).fetch_one(&mut *connection).await.unwrap();
    let sizes: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    let witness = Witness::read(&dir.witness()).unwrap();
    assert_eq!(sizes, [witness.log_size as i64; 3]);
    drop(connection);
    // A witness that is behind makes a start read the whole log and compare it.
    let old = Witness { log_size: 0, log_root: Digest::of(b""), ..witness };
    fs::remove_file(dir.witness()).unwrap();
    old.write(&dir.witness()).unwrap();
    assert!(Signer::open(&dir, &passphrase(), now()).await.unwrap().recovery().is_none());
}

/// Sells ten seats to twelve keys of three each, and saves a request for each.
async fn prepare(place: &Place) {
    let signer = Signer::open(&place.data(), &passphrase(), now()).await.unwrap();
    let draft = AccountDraft {
        name: "Contoso".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@contoso.example".to_owned(),
    };
    let account = signer.people().create_account(draft, now(), &mut dice(2)).await.unwrap().account.id;
    let mut draft = SubscriptionDraft::new(account, DESKTOP, 10, now(), now().plus(365 * DAY));
    draft.offline_use = true;
    let sold =
        signer.catalog().create_subscription(draft, &Actor::Operator, now(), &mut dice(3)).await.unwrap();
    for number in 1..=REQUESTS {
        let draft = KeyDraft {
            subscription: sold.0.id.clone(),
            name: "Branch".to_owned(),
            quota: Some(3),
            draw: Draw::Open,
            ends: None,
            note: String::new(),
            installations: 1,
        };
        let seed = 100 + u64::from(number);
        let key = signer
            .catalog()
            .create_license_key(draft, &Actor::Operator, now(), &mut dice(seed))
            .await
            .unwrap();
        let request =
            Proxy::new(number, &signer.trust(), now()).activate(DESKTOP, &key.key, moment(now(), 1)).unwrap();
        fs::write(request_file(place.data().path().into(), number), request).unwrap();
    }
    signer.close().await;
}

fn request_file(data_dir: PathBuf, number: u8) -> PathBuf {
    data_dir.with_file_name(format!("request-{number}"))
}

/// What a process says of an answer.
struct Said {
    file: String,
    is_license: bool,
    seats: u64,
    repeated: bool,
}

struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(place: &Place) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "the_other_process", "--ignored", "--nocapture"]);
        command.env(RECORD, place.data().path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(database) = place.database() {
            command.env(DATABASE, database.url());
        }
        let mut child = command.spawn().expect("this program runs again");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Process { child, lines }
    }

    /// What it says next; the test harness around it says things too.
    fn line(&mut self) -> String {
        let mut lines = self.lines.by_ref().map(|line| line.expect("text"));
        let said = lines.find_map(|line| line.split_once("process: ").map(|(_, said)| said.to_owned()));
        said.expect("it says something before it ends")
    }

    fn says(&mut self, expected: &str) {
        assert_eq!(self.line(), expected);
    }

    fn go(&mut self) {
        self.child.stdin.take().expect("a pipe").write_all(b"go\n").expect("it listens");
    }

    fn answers(mut self) -> Vec<Said> {
        let said = (0..REQUESTS).map(|_| {
            let line = self.line();
            let mut words = line.split(' ');
            let mut word = || words.next().expect("a word").to_owned();
            let (file, kind, seats, repeated) = (word(), word(), word(), word());
            Said {
                file,
                is_license: kind == "license",
                seats: seats.parse().unwrap(),
                repeated: repeated.parse().unwrap(),
            }
        });
        let said = said.collect();
        assert!(self.child.wait().expect("it ends").success());
        said
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "two_processes_are_one_signer starts it, twice"]
async fn the_other_process() {
    let data_dir = PathBuf::from(std::env::var_os(RECORD).expect("started by the test above"));
    let mut dir = DataDir::new(&data_dir);
    if let Ok(url) = std::env::var(DATABASE) {
        dir = dir.with_database(url.parse().unwrap());
        assert!(matches!(dir.store(), StoreAddress::Postgres(_)));
    }
    let signer = Signer::open(&dir, &passphrase(), now()).await.unwrap();
    println!("process: ready");
    std::io::stdin().lines().next().expect("told").expect("to go");
    let asked: Vec<_> = (1..=REQUESTS)
        .map(|number| {
            let file = fs::read(request_file(data_dir.clone(), number)).unwrap();
            let signer = signer.clone();
            tokio::spawn(async move { signer.answer(&file, &Asker::Staff, now()).await })
        })
        .collect();
    println!("process: asking");
    for asked in asked {
        let answered = asked.await.unwrap().unwrap();
        UnverifiedFile::read(&answered.file).expect("a whole file");
        let (kind, seats) = match &answered.answer {
            Answer::License(license) => ("license", license.seats(Metric::ManagedDevice)),
            _ => ("refusal", 0),
        };
        println!("process: {} {kind} {seats} {}", Digest::of(&answered.file), answered.repeated);
    }
}
