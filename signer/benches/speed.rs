//! What Waybill's work on a license costs beside the strict Ed25519 check of a license's bytes: parsing, verifying and evaluating a file,
//! signing a license, and answering a request.
//!
//! `cargo bench` lets criterion measure each by itself, which shows what a change did to it, and then prints each as a multiple of the
//! bare check, from turns that they take. An answer is measured from the bytes of the request to the bytes that leave: verified, decided,
//! signed, read as a proxy would read it, and durable with its seats and its log entry in SQLite on this disk. Durable writes are
//! most of it; `scripts/bench --only answers` compares it with the disk's own.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../../verifier/examples/side_by_side/mod.rs"]
mod side_by_side;

use common::{Proxy, dice, moment, passphrase};
use criterion::Criterion;
use license_format::{DAY, LicenseType, Timestamp, UnverifiedDocument, UnverifiedFile};
use side_by_side::{Believing, Work, in_turns, timed};
use signer::{
    Answer, Asker, Signer,
    catalog::SubscriptionDraft,
    init::{DataDir, InitOptions, init},
    keys::{MemoryKey, SigningBackend as _},
    people::{AccountDraft, AccountKind, Actor},
};
use tokio::runtime::Runtime;

const TURNS: usize = 400;
const DESKTOP: LicenseType = LicenseType::Desktop;

fn main() {
    // On the disk that builds are on: a folder for temporary files may be none.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let runtime = Runtime::new().expect("a runtime");
    let mut site = runtime.block_on(Site::open(&DataDir::new(folder.path().join("vendor"))));
    let Ok(Answer::License(license)) = Answer::decode(&site.newest) else { panic!("not a license") };
    let key = MemoryKey::generate(&mut dice(2));
    let believing = Believing::new();

    let mut works = believing.works();
    works.push(Work::new("sign", || {
        timed(|| {
            let document = UnverifiedDocument::seal(&license, key.thumbprint(), |bytes| key.sign(bytes));
            UnverifiedFile::of(document.expect("a key in memory signs")).encode()
        })
    }));
    works.push(Work::new("answer", || {
        let request = site.next_request();
        timed(|| site.newest = runtime.block_on(site.answer(&request)))
    }));

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("license");
    for Work { name, once } in &mut works {
        group.bench_function(*name, |bencher| bencher.iter_custom(|times| (0..times).map(|_| once()).sum()));
    }
    group.finish();
    criterion.final_summary();

    let times = in_turns(TURNS, &mut works);
    println!("{:<24} {:>12} {:>12}", "in turns", "microseconds", "times raw");
    for (work, time) in works.iter().zip(&times) {
        println!("{:<24} {time:>12.2} {:>12.3}", work.name, time / times[0]);
    }
}

/// A vendor, and a site that asks again and again.
struct Site {
    signer: Signer,
    proxy: Proxy,
    newest: Vec<u8>,
    asked: u64,
}

impl Site {
    /// It has its first license.
    async fn open(dir: &DataDir) -> Site {
        let mut entropy = dice(1);
        let options = InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() };
        init(dir, &options, now(), &mut entropy).await.expect("made");
        let signer = Signer::open(dir, &passphrase(), now()).await.expect("opened");
        let draft = AccountDraft {
            name: "Contoso".to_owned(),
            kind: AccountKind::Business,
            admin_email: "admin@contoso.example".to_owned(),
        };
        let people = signer.people();
        let account = people.create_account(draft, now(), &mut entropy).await.expect("an account").account.id;
        let mut draft = SubscriptionDraft::new(account, DESKTOP, 250, now(), now().plus(365 * DAY));
        draft.offline_use = true;
        let sold = signer.catalog().create_subscription(draft, &Actor::Operator, now(), &mut entropy).await;
        let mut proxy = Proxy::new(1, &signer.trust(), now());
        let request =
            proxy.activate(DESKTOP, &sold.expect("sold").1.key, moment(now(), 0)).expect("a request");
        let mut site = Site { signer, proxy, newest: Vec::new(), asked: 0 };
        site.newest = site.answer(&request).await;
        site
    }

    /// The next request, after the newest answer was imported.
    fn next_request(&mut self) -> Vec<u8> {
        self.proxy.import(&UnverifiedFile::read(&self.newest).expect("an answer"), now());
        self.asked += 1;
        self.proxy.refresh(DESKTOP, moment(now(), self.asked)).expect("a request")
    }

    async fn answer(&self, request: &[u8]) -> Vec<u8> {
        self.signer.answer(request, &Asker::Staff, now()).await.expect("answered").file
    }
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T10:00:00Z").expect("a time")
}
