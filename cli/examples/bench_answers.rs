//! What an answer costs beside the one thing that cannot be saved: a durable write to the same disk.
//!
//! The portal runs as it does in `waybill serve`, over a store in a file; clients keep their connections and bring real activation
//! requests, each of a site and a license key of its own, prepared before the clock starts. In the same rounds bare durable writes of
//! about the size of an answer are timed: an append with fdatasync, and a commit of one row to SQLite with the signer's own settings.
//! Medians over the rounds are printed, one JSON object for each figure.
//!
//! The aims are four fifths of what a bare signing loop with the same durability reached over the same append: 0.30 and 0.96 of it.
// Long because: a server, its customers, its clients and two floors are one experiment.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant, SystemTime},
};

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    DAY, Label, LicenseKey, LicenseType, Nonce, PublicKey, Timestamp, payload::InstallationFacts,
};
use signer::{
    AccountId, Signer,
    catalog::SubscriptionDraft,
    init::{DataDir, InitOptions},
    keys::Passphrase,
    people::{AccountDraft, AccountKind, Actor},
};
use sqlx::{Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::runtime::Runtime;
use verifier::{
    TrustState,
    installation::{Installation, Moment},
};
use web_upload::{Passwords, Portal, PublicUrl, router};

const ROUNDS: usize = 5;
/// Answers in a round to one client.
const ALONE: usize = 200;
/// Clients at once, and answers in a round to each.
const CLIENTS: usize = 8;
const EACH: usize = 100;
/// Bare writes in a round.
const WRITES: usize = 400;
/// Bytes of a bare write: an answer with its request.
const RECORD: usize = 1700;

const AIM_ALONE: f64 = 0.24;
const AIM_TOGETHER: f64 = 0.77;

fn main() {
    let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
    let runtime = Runtime::new().expect("a runtime");
    let signer = runtime.block_on(open(folder.path()));
    let address = runtime.block_on(serve(signer.clone()));
    let trust = signer.trust().clone();
    let (alone, together) = (ROUNDS * ALONE, ROUNDS * EACH);
    eprintln!("preparing {} requests", alone + CLIENTS * together);
    let mut single = runtime.block_on(Client::prepare(&signer, &trust, address, 0, alone));
    let mut several: Vec<Client> = (1..=CLIENTS)
        .map(|number| runtime.block_on(Client::prepare(&signer, &trust, address, number, together)))
        .collect();

    let mut appends = Append::new(&folder.path().join("append"));
    let mut commits = runtime.block_on(Commits::new(&folder.path().join("bare.db")));
    let mut rates = Rates::default();
    for round in 0..ROUNDS {
        eprintln!("round {} of {ROUNDS}", round + 1);
        let append = rate(WRITES, || appends.write(WRITES));
        let commit = rate(WRITES, || runtime.block_on(commits.write(WRITES)));
        let mut times = Vec::new();
        let one = rate(ALONE, || times = single.ask(ALONE));
        rates.latency_alone.extend(times);
        let (eight, times) = all_at_once(&mut several);
        rates.latency_together.extend(times);
        rates.append.push(append);
        rates.commit.push(commit);
        rates.alone.push(one);
        rates.together.push(eight);
        rates.alone_over.push(one / append);
        rates.together_over.push(eight / append);
        rates.alone_over_commit.push(one / commit);
        rates.together_over_commit.push(eight / commit);
    }
    rates.print();
}

/// The vendor's side in a folder.
async fn open(folder: &Path) -> Signer {
    let dir = DataDir::new(folder.join("vendor"));
    let passphrase = || Passphrase::new("only for a moment".to_owned()).expect("long enough");
    let options = InitOptions { vendor: "Northwind Software".to_owned(), passphrase: passphrase() };
    signer::init::init(&dir, &options, now(), &mut entropy).await.expect("made");
    Signer::open(&dir, &passphrase(), now()).await.expect("opened")
}

/// The portal on a free port, for as long as the process lives.
async fn serve(signer: Signer) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let url: PublicUrl = format!("http://{address}").parse().expect("this machine");
    let portal = Portal::new(signer, url, Arc::new(now), Arc::new(entropy), Passwords::default());
    let service = router(portal).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

/// A customer's program: a connection that stays open, and the HTTP requests that it will send.
struct Client {
    connection: BufReader<TcpStream>,
    requests: std::vec::IntoIter<Vec<u8>>,
}

impl Client {
    /// An account with so many sites, each with a subscription and so with a license key of its own.
    async fn prepare(
        signer: &Signer,
        trust: &TrustState,
        address: SocketAddr,
        number: usize,
        count: usize,
    ) -> Client {
        let people = signer.people();
        let draft = AccountDraft {
            name: format!("Customer {number}"),
            kind: AccountKind::Business,
            admin_email: format!("admin@customer-{number}.example"),
        };
        let account = people.create_account(draft, now(), &mut entropy).await.expect("an account").account.id;
        let (token, _) = people
            .create_token(&account, "bench", signer::people::TokenRights::Bring, None, now(), &mut entropy)
            .await
            .expect("a token");
        let mut requests = Vec::with_capacity(count);
        for _ in 0..count {
            let key = sell(signer, account.clone()).await;
            let file = activation(trust, &key);
            let mut request = format!(
                "POST /api/v1/answers HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
                 Content-Type: application/vnd.waybill+cbor\r\nContent-Length: {}\r\n\r\n",
                token.expose(),
                file.len()
            )
            .into_bytes();
            request.extend(file);
            requests.push(request);
        }
        let connection = TcpStream::connect(address).expect("a connection");
        connection.set_nodelay(true).expect("an option");
        Client { connection: BufReader::new(connection), requests: requests.into_iter() }
    }

    /// Brings the next requests one after the other, and gives the time that each took.
    fn ask(&mut self, count: usize) -> Vec<Duration> {
        let requests: Vec<Vec<u8>> = self.requests.by_ref().take(count).collect();
        assert_eq!(requests.len(), count, "enough were prepared");
        requests.iter().map(|request| self.ask_one(request)).collect()
    }

    fn ask_one(&mut self, request: &[u8]) -> Duration {
        let start = Instant::now();
        self.connection.get_mut().write_all(request).expect("sent");
        let mut length = 0;
        let mut line = String::new();
        let mut status = String::new();
        loop {
            line.clear();
            self.connection.read_line(&mut line).expect("a line");
            let line = line.trim_end();
            if status.is_empty() {
                line.clone_into(&mut status);
            } else if line.is_empty() {
                break;
            } else if let Some((name, value)) = line.split_once(": ")
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.parse().expect("a number");
            }
        }
        let mut body = vec![0; length];
        self.connection.read_exact(&mut body).expect("a body");
        let took = start.elapsed();
        assert_eq!(status, "HTTP/1.1 200 OK", "{}", String::from_utf8_lossy(&body));
        took
    }
}

/// All clients at the same time: answers a second over all, and the time of each.
fn all_at_once(clients: &mut [Client]) -> (f64, Vec<Duration>) {
    let barrier = Barrier::new(clients.len() + 1);
    thread::scope(|scope| {
        let asking: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    client.ask(EACH)
                })
            })
            .collect();
        barrier.wait();
        let mut times = Vec::new();
        let rate = rate(CLIENTS * EACH, || {
            times = asking.into_iter().flat_map(|client| client.join().expect("it ends")).collect();
        });
        (rate, times)
    })
}

async fn sell(signer: &Signer, account: AccountId) -> LicenseKey {
    let today = Timestamp::parse(&now().date()).expect("a date");
    let mut draft = SubscriptionDraft::new(account, LicenseType::Desktop, 250, today, today.plus(365 * DAY));
    draft.offline_use = true;
    let made = signer.catalog().create_subscription(draft, &Actor::Operator, now(), &mut entropy).await;
    made.expect("a subscription").1.key
}

/// The activation request of a new site, made by the functions that the proxy itself uses.
fn activation(trust: &TrustState, key: &LicenseKey) -> Vec<u8> {
    let mut seed = [0; 32];
    entropy(&mut seed);
    let signing = SigningKey::from_bytes(&seed);
    let label = |text: &str| text.parse::<Label>().expect("a text");
    let facts = InstallationFacts {
        name: label("cm-ps1"),
        product: label("waybill-proxy"),
        version: label("0.1.0"),
        site_code: "PS1".parse().expect("a site code"),
        public_key: PublicKey(signing.verifying_key().to_bytes()),
        fingerprint: Default::default(),
        site_description: Some(label("Headquarters")),
    };
    let mut nonce = [0; 16];
    entropy(&mut nonce);
    let moment = Moment { now: now(), nonce: Nonce(nonce) };
    let sign = |bytes: &[u8]| signing.sign(bytes).to_bytes();
    let installation = Installation::set_up(facts, trust, now());
    let (_, prepared) =
        installation.prepare_activation(LicenseType::Desktop, key, moment, sign).expect("a request");
    prepared.request.file().to_vec()
}

/// Bare appends to a file whose space is there already, each durable before the next.
struct Append(File);

impl Append {
    fn new(path: &Path) -> Append {
        // Written out before, so that an append does not also wait for the file system's own records.
        fs::write(path, vec![0; RECORD * (ROUNDS * WRITES)]).expect("space");
        let file = File::options().write(true).open(path).expect("a file");
        file.sync_all().expect("durable");
        Append(file)
    }

    fn write(&mut self, count: usize) {
        let record = vec![7; RECORD];
        for _ in 0..count {
            self.0.write_all(&record).expect("written");
            self.0.sync_data().expect("durable");
        }
    }
}

/// Bare commits of one row to SQLite, with the settings of the signer's store.
struct Commits(SqliteConnection);

impl Commits {
    async fn new(path: &Path) -> Commits {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.expect("a store");
        let settings =
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE bare (record BLOB)";
        connection.execute(settings).await.expect("set");
        Commits(connection)
    }

    async fn write(&mut self, count: usize) {
        for _ in 0..count {
            let insert = sqlx::query("INSERT INTO bare (record) VALUES ($1)").bind(vec![7_u8; RECORD]);
            insert.execute(&mut self.0).await.expect("committed");
        }
    }
}

fn rate(count: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    count as f64 / start.elapsed().as_secs_f64()
}

#[derive(Default)]
struct Rates {
    append: Vec<f64>,
    commit: Vec<f64>,
    alone: Vec<f64>,
    together: Vec<f64>,
    alone_over: Vec<f64>,
    together_over: Vec<f64>,
    alone_over_commit: Vec<f64>,
    together_over_commit: Vec<f64>,
    latency_alone: Vec<Duration>,
    latency_together: Vec<Duration>,
}

impl Rates {
    fn print(mut self) {
        let milliseconds =
            |times: Vec<Duration>| times.into_iter().map(|time| time.as_secs_f64() * 1e3).collect();
        let (mut alone, mut together): (Vec<f64>, Vec<f64>) =
            (milliseconds(self.latency_alone), milliseconds(self.latency_together));
        figure("append and fdatasync, 1,700 bytes", median(&mut self.append), "/s", None);
        figure("commit of one row to SQLite", median(&mut self.commit), "/s", None);
        figure("answers through HTTP, 1 client", median(&mut self.alone), "/s", None);
        figure("answers through HTTP, 8 clients", median(&mut self.together), "/s", None);
        figure("an answer, 1 client: median", quantile(&mut alone, 0.5), "ms", None);
        figure("an answer, 1 client: 99 of 100 within", quantile(&mut alone, 0.99), "ms", None);
        figure("an answer, 8 clients: median", quantile(&mut together, 0.5), "ms", None);
        figure("an answer, 8 clients: 99 of 100 within", quantile(&mut together, 0.99), "ms", None);
        figure("answers over SQLite commits, 1 client", median(&mut self.alone_over_commit), "x", None);
        figure("answers over SQLite commits, 8 clients", median(&mut self.together_over_commit), "x", None);
        figure("answers over appends, 1 client", median(&mut self.alone_over), "x", Some(AIM_ALONE));
        figure("answers over appends, 8 clients", median(&mut self.together_over), "x", Some(AIM_TOGETHER));
    }
}

fn figure(figure: &str, value: f64, unit: &str, aim: Option<f64>) {
    let json = serde_json::json!({
        "figure": figure,
        "value": value,
        "unit": unit,
        "aim": aim.map(|aim| format!(">= {aim:.2}")),
        "meets": aim.map(|aim| value >= aim),
    });
    println!("{json}");
}

fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

fn quantile(values: &mut [f64], at: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * at).round() as usize]
}

fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    Timestamp::from_seconds(seconds).expect("before the year 10000")
}

fn entropy(out: &mut [u8]) {
    getrandom::fill(out).expect("random bytes");
}
