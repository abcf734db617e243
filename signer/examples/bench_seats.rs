//! Whether an answer costs the same however many installations there are: stores with 1, 10,000 and a million of them, all of one
//! subscription and one license key, answer in turn beside bare durable commits to SQLite with the signer's own settings.
//!
//! The crowd is written as rows, since a million activations would take the day; its leases end over the next ninety days, as those
//! of sites do that refresh when it suits them. A few real sites then refresh through the signer, each file with a new report.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod support;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use license_format::{DAY, LicenseKey, LicenseType, Timestamp};
use signer::{AccountId, Answer, Asker, Signer, SubscriptionId};
use sqlx::{Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};
use support::{Site, figure, median, passphrase, today};
use tempfile::TempDir;

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

/// A vendor's store in which a subscription has so many installations, and a few sites beside them.
struct Crowd {
    signer: Signer,
    sites: Vec<Site>,
    subscription: SubscriptionId,
    key: LicenseKey,
    stranger: AccountId,
    _folder: TempDir,
}

impl Crowd {
    async fn new(crowd: u64) -> Crowd {
        let (dir, folder) = support::data_dir().await;
        let signer = Signer::open(&dir, &passphrase(), today()).await.expect("opened");
        let account = support::account(&signer, "Contoso").await;
        let stranger = support::account(&signer, "Fabrikam").await;
        let (subscription, key) = support::sell(&signer, &account).await;
        signer.close().await;
        let store = folder.path().join("vendor/waybill.db");
        fill(&store, crowd, &subscription, account.as_str(), &key, today()).await;
        let signer = Signer::open(&dir, &passphrase(), today()).await.expect("opened again");
        let mut crowd = Crowd { sites: Vec::new(), signer, subscription, key, stranger, _folder: folder };
        for number in 1..=SITES {
            let mut site = Site::set_up(number, &crowd.signer.trust());
            let request = site.activation(&crowd.key);
            crowd.carry(&mut site, &request).await;
            crowd.sites.push(site);
        }
        crowd
    }

    /// So many activations by somebody of another account, with a key that does not exist or with this account's, and how long the
    /// signer took for them.
    async fn refusals(&mut self, count: usize, foreign: bool) -> Duration {
        let mut site = Site::set_up(200, &self.signer.trust());
        let unknown = LicenseKey::from_random(LicenseType::Computers, &[7; 18]);
        let key = if foreign { &self.key } else { &unknown };
        let asker = Asker::Account(self.stranger.clone());
        let mut spent = Duration::ZERO;
        for _ in 0..count {
            let request = site.activation(key);
            let start = Instant::now();
            let answered = self.signer.answer(&request, &asker, today()).await.expect("answered");
            spent += start.elapsed();
            assert!(matches!(answered.answer, Answer::Refusal(_)), "a stranger gets no license");
        }
        spent
    }

    /// So many refreshes, and how long the signer took for them.
    async fn answers(&mut self, count: usize) -> Duration {
        let mut sites = std::mem::take(&mut self.sites);
        let mut spent = Duration::ZERO;
        for at in 0..count {
            let site = &mut sites[at % usize::from(SITES)];
            let request = site.refresh();
            spent += self.carry(site, &request).await;
        }
        self.sites = sites;
        spent
    }

    async fn carry(&self, site: &mut Site, request: &[u8]) -> Duration {
        let start = Instant::now();
        let answered = self.signer.answer(request, &Asker::Staff, today()).await.expect("answered");
        let took = start.elapsed();
        site.import(&answered.file);
        took
    }

    async fn timeline(&mut self) -> Duration {
        let start = Instant::now();
        let timeline = self.signer.catalog().timeline(&Asker::Staff, &self.subscription, today()).await;
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
