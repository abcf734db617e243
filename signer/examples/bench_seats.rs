//! Whether an answer costs the same however many installations there are: stores with 1, 10,000 and a million of them, all of one
//! subscription and one license key, answer in turn beside bare durable commits to SQLite with the signer's own settings.
//!
//! The crowd is written as rows, since a million activations would take the day; its leases end over the next ninety days, as those
//! of sites do that refresh when it suits them. A few real sites then refresh through the signer, each file with a new report.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    DAY, LicenseKey, LicenseType, Nonce, PublicKey, Timestamp, UnverifiedFile, payload::InstallationFacts,
};
use signer::{
    AccountId, Answer, Asker, Signer, SubscriptionId,
    catalog::{Draw, KeyDraft, SubscriptionDraft},
    init::{DataDir, InitOptions, init},
    keys::Passphrase,
    people::{AccountDraft, AccountKind, Actor},
};
use sqlx::{Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use verifier::installation::{Installation, Moment};

const CROWDS: [u64; 3] = [1, 10_000, 999_900];
const SITES: u8 = 8;
const ROUNDS: usize = 25;
/// Answers of each store, and bare commits, in a round.
const EACH: usize = 16;
/// Bytes of a bare commit: an answer with its request.
const RECORD: usize = 1700;
const AIM: f64 = 1.3;

#[tokio::main]
async fn main() {
    let mut stores = Vec::new();
    for crowd in CROWDS {
        eprintln!("a store with {crowd} installations");
        stores.push(Crowd::new(crowd).await);
    }
    let mut commits = Commits::new().await;
    let mut bare = Vec::new();
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); stores.len()];
    for round in 0..ROUNDS {
        // Whoever goes first finds colder caches, so they take turns at that too.
        for at in 0..stores.len() {
            let which = (at + round) % stores.len();
            times[which].push(stores[which].answers(EACH).await.as_secs_f64());
        }
        bare.push(commits.write(EACH).await.as_secs_f64());
    }
    let bare = median(bare);
    let medians: Vec<f64> = times.iter().map(|times| median(times.clone())).collect();
    figure("bare durable commits to SQLite", EACH as f64 / bare, "/s", None);
    for (crowd, time) in CROWDS.iter().zip(&medians) {
        let named = if *crowd == 1 { "1 installation".to_owned() } else { format!("{crowd} installations") };
        figure(&format!("answers to one client, {named}"), EACH as f64 / time, "/s", None);
        figure(&format!("the same, over bare commits, {named}"), bare / time, "x", None);
    }
    for (crowd, time) in CROWDS.iter().zip(&medians).skip(1) {
        let name = format!("cost of an answer with {crowd} installations, over 1");
        figure(&name, time / medians[0], "x", Some(AIM));
    }
    let mut refused = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (times, foreign) in refused.iter_mut().zip([false, true]) {
            times.push(stores[1].refusals(EACH, foreign).await.as_secs_f64());
        }
    }
    let [unknown, foreign] = refused.map(median);
    figure("refusal of another account's license key, over an unknown one", foreign / unknown, "x", None);
    let timeline = stores.last_mut().expect("three stores").timeline().await;
    figure(
        "timeline of a subscription with a million installations",
        timeline.as_secs_f64() * 1e3,
        "ms",
        None,
    );
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

fn figure(name: &str, value: f64, unit: &str, aim: Option<f64>) {
    let (aim, meets) = match aim {
        Some(aim) => (format!("\"<= {aim:.2}\""), (value <= aim).to_string()),
        None => ("null".to_owned(), "null".to_owned()),
    };
    println!(r#"{{"figure": "{name}", "value": {value}, "unit": "{unit}", "aim": {aim}, "meets": {meets}}}"#);
}

/// A vendor's store in which a subscription has so many installations, and a few sites beside them.
struct Crowd {
    signer: Signer,
    sites: Vec<(SigningKey, Installation)>,
    subscription: SubscriptionId,
    key: LicenseKey,
    stranger: AccountId,
    now: Timestamp,
    turn: u64,
    _folder: TempDir,
}

impl Crowd {
    async fn new(crowd: u64) -> Crowd {
        let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
        let dir = DataDir::new(folder.path().join("vendor"));
        let passphrase = || Passphrase::new("only for a moment".to_owned()).expect("long enough");
        let now = Timestamp::parse("2026-11-22").expect("a day");
        let options = InitOptions { vendor: "Northwind Software".to_owned(), passphrase: passphrase() };
        init(&dir, &options, now, &mut dice).await.expect("made");
        let signer = Signer::open(&dir, &passphrase(), now).await.expect("opened");
        let draft = AccountDraft {
            name: "Contoso".to_owned(),
            kind: AccountKind::Business,
            admin_email: "ana@contoso.example".to_owned(),
        };
        let account = signer.people().create_account(draft, now, &mut dice).await.expect("made").account.id;
        let draft = AccountDraft {
            name: "Fabrikam".to_owned(),
            kind: AccountKind::Business,
            admin_email: "bob@fabrikam.example".to_owned(),
        };
        let stranger = signer.people().create_account(draft, now, &mut dice).await.expect("made").account.id;
        let end = now.plus(900 * DAY);
        let mut draft = SubscriptionDraft::new(account.clone(), LicenseType::Computers, 5_000_000, now, end);
        draft.offline_use = true;
        let sold = signer.catalog().create_subscription(draft, &Actor::Operator, now, &mut dice).await;
        let subscription = sold.expect("sold").0.id;
        let draft = KeyDraft {
            draw: Draw::Dynamic { headroom: 1 },
            installations: 1_000_000,
            ..KeyDraft::new(subscription.clone(), "Everybody")
        };
        let key = signer.catalog().create_license_key(draft, &Actor::Operator, now, &mut dice).await;
        let key = key.expect("made").key;
        signer.close().await;
        fill(&folder.path().join("vendor/waybill.db"), crowd, &subscription, account.as_str(), &key, now)
            .await;
        let signer = Signer::open(&dir, &passphrase(), now).await.expect("opened again");
        let sites = Vec::new();
        let mut crowd = Crowd { sites, signer, subscription, key, stranger, now, turn: 0, _folder: folder };
        for number in 1..=SITES {
            crowd.settle(number).await;
        }
        crowd
    }

    /// A site of our own that is active.
    async fn settle(&mut self, number: u8) {
        let (secret, state) = self.set_up(number);
        let moment = self.moment();
        let sign = |bytes: &[u8]| secret.sign(bytes).to_bytes();
        let made = state.prepare_activation(LicenseType::Computers, &self.key, moment, sign);
        let (state, made) = made.expect("prepared");
        let state = self.carry(&state, made.request.file()).await.0;
        self.sites.push((secret, state));
    }

    /// So many activations by somebody of another account, with a key that does not exist or with this account's, and how long the
    /// signer took for them.
    async fn refusals(&mut self, count: usize, foreign: bool) -> Duration {
        let (secret, state) = self.set_up(200);
        let unknown = LicenseKey::from_random(LicenseType::Computers, &[7; 18]);
        let asker = Asker::Account(self.stranger.clone());
        let mut spent = Duration::ZERO;
        for _ in 0..count {
            let moment = self.moment();
            let key = if foreign { &self.key } else { &unknown };
            let sign = |bytes: &[u8]| secret.sign(bytes).to_bytes();
            let made =
                state.prepare_activation(LicenseType::Computers, key, moment, sign).expect("prepared").1;
            let start = Instant::now();
            let answered = self.signer.answer(made.request.file(), &asker, self.now).await.expect("answered");
            spent += start.elapsed();
            assert!(matches!(answered.answer, Answer::Refusal(_)), "a stranger gets no license");
        }
        spent
    }

    fn set_up(&self, number: u8) -> (SigningKey, Installation) {
        let secret = SigningKey::from_bytes(&[number; 32]);
        let facts = InstallationFacts {
            name: format!("PC{number}").parse().expect("a name"),
            product: "Desktop".parse().expect("a name"),
            version: "1.0".parse().expect("a version"),
            site_code: "PS1".parse().expect("a site code"),
            public_key: PublicKey(secret.verifying_key().to_bytes()),
            fingerprint: Default::default(),
            site_description: None,
        };
        let state = Installation::set_up(facts, &self.signer.trust(), self.now);
        (secret, state)
    }

    /// So many refreshes, and how long the signer took for them.
    async fn answers(&mut self, count: usize) -> Duration {
        let mut spent = Duration::ZERO;
        for at in 0..count {
            let at = at % self.sites.len();
            let moment = self.moment();
            let (secret, state) = &self.sites[at];
            let state = state.set_usage(LicenseType::Computers, 1 + self.turn % 3, self.now);
            let sign = |bytes: &[u8]| secret.sign(bytes).to_bytes();
            let made = state.prepare_refresh(LicenseType::Computers, moment, sign);
            let (state, made) = made.expect("prepared");
            let (state, took) = self.carry(&state, made.request.file()).await;
            self.sites[at].1 = state;
            spent += took;
        }
        spent
    }

    async fn carry(&self, state: &Installation, request: &[u8]) -> (Installation, Duration) {
        let start = Instant::now();
        let answered = self.signer.answer(request, &Asker::Staff, self.now).await.expect("answered");
        let took = start.elapsed();
        let file = UnverifiedFile::read(&answered.file).expect("a file");
        (state.import(&file, self.now).expect("a license").0, took)
    }

    fn moment(&mut self) -> Moment {
        self.turn += 1;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.turn.to_be_bytes());
        Moment { now: self.now, nonce: Nonce(nonce) }
    }

    async fn timeline(&mut self) -> Duration {
        let start = Instant::now();
        let timeline = self.signer.catalog().timeline(&Asker::Staff, &self.subscription, self.now).await;
        assert!(timeline.expect("read").values().all(|timeline| timeline.len() > 80));
        start.elapsed()
    }
}

/// Writes a crowd into the store, as the exchange would have: each with a license of one seat.
async fn fill(
    path: &Path,
    crowd: u64,
    subscription: &SubscriptionId,
    account: &str,
    key: &LicenseKey,
    now: Timestamp,
) {
    let options = SqliteConnectOptions::new().filename(path);
    let mut store = SqliteConnection::connect_with(&options).await.expect("opened");
    let (digest, subscription, now, day) = (key.digest(), subscription.as_str(), now.seconds(), DAY);
    let crowd_of =
        format!("WITH RECURSIVE crowd(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM crowd WHERE n < {crowd})");
    let (name, license) = ("CAST(printf('%032d', n) AS BLOB)", "CAST(printf('%016d', n) AS BLOB)");
    let ends = format!("{now} + {day} + (n * 7919) % (90 * {day})");
    let seats = format!("seats:{subscription}:computer");
    let sql = format!(
        "BEGIN;
         INSERT INTO installation (thumbprint, account, public_key, name, site_code, product, version, first_seen,
             last_report, newest, clock_behind)
         {crowd_of} SELECT {name}, '{account}', {name}, 'PC' || n, 'PS1', 'Desktop', '1.0', {now}, {now}, 1, 0 FROM crowd;
         INSERT INTO chain {crowd_of} SELECT {name}, 1, {name} FROM crowd;
         INSERT INTO slot {crowd_of} SELECT {name}, 'computers', 0, 1, 1 FROM crowd;
         INSERT INTO lease (license, installation, license_type, counter, request, license_key, subscription, issued, ends)
         {crowd_of} SELECT {license}, {name}, 'computers', 1, {name}, x'{digest}', '{subscription}', {now}, {ends} FROM crowd;
         INSERT INTO lease_seats {crowd_of} SELECT {license}, 'computer', 1 FROM crowd;
         INSERT INTO tally_lapse {crowd_of} SELECT '{seats}', {ends}, COUNT(*) FROM crowd GROUP BY {ends};
         INSERT INTO tally_lapse SELECT 'key:{digest}:computer', ends, amount FROM tally_lapse WHERE what = '{seats}';
         INSERT INTO tally_lapse SELECT 'homes:{digest}', ends, amount FROM tally_lapse WHERE what = '{seats}';
         INSERT INTO tally SELECT what, SUM(amount) FROM tally_lapse GROUP BY what;
         COMMIT;"
    );
    store.execute(sqlx::AssertSqlSafe(sql)).await.expect("filled");
    store.close().await.expect("closed");
}

/// Bare durable commits.
struct Commits {
    store: SqliteConnection,
    _folder: TempDir,
}

impl Commits {
    async fn new() -> Commits {
        let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("bare.db"))
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Full);
        let mut store = SqliteConnection::connect_with(&options).await.expect("opened");
        store.execute("CREATE TABLE answer (bytes BLOB NOT NULL)").await.expect("made");
        Commits { store, _folder: folder }
    }

    async fn write(&mut self, count: usize) -> Duration {
        let start = Instant::now();
        for _ in 0..count {
            let insert = sqlx::query("INSERT INTO answer VALUES ($1)").bind(vec![7_u8; RECORD]);
            insert.execute(&mut self.store).await.expect("written");
        }
        start.elapsed()
    }
}

fn dice(out: &mut [u8]) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static CALLS: AtomicU64 = AtomicU64::new(0);
    for chunk in out.chunks_mut(32) {
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let block = license_format::Digest::of(&call.to_be_bytes());
        chunk.copy_from_slice(&block.0[..chunk.len()]);
    }
}
