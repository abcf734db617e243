//! Somebody writes in the store past the signer, or puts an older backup in its place: what `waybill log verify` says of it, and whether
//! the signer goes on. One record is made, and changed in one way after the other; the table that this prints says what was found by what.

mod common;

use common::{Proxy, Site, Vendor, moment, passphrase};
use license_format::{LicenseKey, LicenseType, UnverifiedFile};
use signer::{
    Signer,
    exchange::Lives,
    log::{AnswerLog, Audit, LogExport},
    people::Actor,
    revocation::{Afterwards, Revoke},
    store::{Store, StoreKind},
    witness::Witness,
};
use sqlx::AssertSqlSafe;

const DESKTOP: LicenseType = LicenseType::Desktop;

/// What the signer does over such a store when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Starts {
    /// It goes on: what was changed is none of what it adds to.
    GoesOn,
    /// It sees that the record was put back, and recovers.
    Recovers,
    /// It refuses, with this code.
    Refuses(&'static str),
}
use Starts::{GoesOn, Recovers, Refuses};

/// A change, the findings that must be among those made (code, where), and what the signer does.
type Tampering = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)], Starts);

const TAMPERINGS: &[Tampering] = &[
    (
        "log_leaf: a digest replaced",
        &["UPDATE log_leaf SET digest = (SELECT hash FROM log_node WHERE position = 0) WHERE position = 2"],
        &[
            ("head-differs", "log_head"),
            ("node-differs", "log_node"),
            ("witness-differs", "witness"),
            ("answer-differs", "answer"),
        ],
        GoesOn,
    ),
    (
        "log_leaf: the newest digest replaced",
        &["UPDATE log_leaf SET digest = (SELECT hash FROM log_node WHERE position = 0) WHERE position = 24"],
        &[("head-differs", "log_head"), ("witness-differs", "witness")],
        Refuses("log-damaged"),
    ),
    (
        "log_leaf: one removed",
        &["DELETE FROM log_leaf WHERE position = 3"],
        &[("leaf-missing", "log_leaf"), ("answer-not-logged", "answer")],
        GoesOn,
    ),
    (
        "log_leaf: the newest removed",
        &["DELETE FROM log_leaf WHERE position = 24"],
        &[("head-differs", "log_head"), ("answer-not-logged", "answer")],
        Refuses("log-damaged"),
    ),
    (
        "log_leaf: two exchanged",
        &[
            "UPDATE log_leaf SET position = 900 WHERE position = 1",
            "UPDATE log_leaf SET position = 1 WHERE position = 2",
            "UPDATE log_leaf SET position = 2 WHERE position = 900",
        ],
        &[("head-differs", "log_head"), ("node-differs", "log_node"), ("leaf-moved", "log_leaf")],
        GoesOn,
    ),
    (
        "log_leaf: one invented at the end",
        &[
            "INSERT INTO log_leaf (position, digest, kind, code, request, issued) SELECT 25, digest, 'refusal', 'no-seats', request, issued FROM log_leaf WHERE position = 24",
        ],
        &[("head-differs", "log_head")],
        Refuses("log-damaged"),
    ),
    (
        "log_leaf: kind changed",
        &["UPDATE log_leaf SET kind = 'deactivation-receipt' WHERE position = 1"],
        &[("leaf-differs", "log_leaf")],
        GoesOn,
    ),
    (
        "log_leaf: a refusal made a license",
        &["UPDATE log_leaf SET kind = 'license', code = '' WHERE position = 11"],
        &[("answer-missing", "answer")],
        GoesOn,
    ),
    (
        "log_leaf: a final code changed",
        &["UPDATE log_leaf SET code = 'ended' WHERE code = 'fork'"],
        &[("leaf-differs", "log_leaf")],
        GoesOn,
    ),
    (
        "log_leaf: request changed",
        &["UPDATE log_leaf SET request = digest WHERE position = 1"],
        &[("answer-missing", "answer"), ("answer-not-logged", "answer")],
        GoesOn,
    ),
    (
        "log_leaf: time changed",
        &["UPDATE log_leaf SET issued = issued - 60 WHERE position = 2"],
        &[("leaf-time", "log_leaf"), ("leaf-differs", "log_leaf")],
        GoesOn,
    ),
    (
        "log_node: hash replaced",
        &["UPDATE log_node SET hash = (SELECT digest FROM log_leaf WHERE position = 0)"],
        &[("node-differs", "log_node")],
        Refuses("log-damaged"),
    ),
    ("log_node: removed", &["DELETE FROM log_node"], &[("node-missing", "log_node")], Refuses("log-damaged")),
    (
        "log_node: one invented",
        &["INSERT INTO log_node (level, position, hash) SELECT 4, 1, hash FROM log_node"],
        &[("node-beyond", "log_node")],
        GoesOn,
    ),
    (
        "log_head: frontier replaced",
        &[
            "UPDATE log_head SET frontier = (SELECT before.frontier FROM before WHERE before.size = 20)",
            "UPDATE log_head SET size = 20",
        ],
        &[("head-differs", "log_head"), ("witness-differs", "witness")],
        Refuses("log-damaged"),
    ),
    (
        "log_head: size that does not fit",
        &["UPDATE log_head SET size = 24"],
        &[("row-damaged", "log_head")],
        Refuses("store-damaged"),
    ),
    (
        "log_head: time set back",
        &["UPDATE log_head SET issued = issued - 60"],
        &[("leaf-time", "log_leaf")],
        GoesOn,
    ),
    (
        "log_head: an older checkpoint",
        &["UPDATE log_head SET checkpoint = (SELECT checkpoint FROM before WHERE size = 20)"],
        &[("checkpoint-differs", "log_head")],
        GoesOn,
    ),
    (
        "log_head: no checkpoint",
        &["UPDATE log_head SET checkpoint = NULL"],
        &[("checkpoint-missing", "log_head")],
        GoesOn,
    ),
    (
        "log_head: no checkpoint but a file",
        &["UPDATE log_head SET checkpoint = frontier"],
        &[("checkpoint-not-genuine", "log_head")],
        GoesOn,
    ),
    (
        "log_head: another note",
        &["UPDATE log_head SET note = (SELECT note FROM before WHERE size = 20)"],
        &[("checkpoint-differs", "log_head")],
        GoesOn,
    ),
    (
        "log_checkpoint: root replaced",
        &["UPDATE log_checkpoint SET root = (SELECT digest FROM log_leaf WHERE position = 0) WHERE size = 3"],
        &[("checkpoint-differs", "log_checkpoint")],
        GoesOn,
    ),
    (
        "log_checkpoint: removed",
        &["DELETE FROM log_checkpoint WHERE size = 3"],
        &[("checkpoint-missing", "log_checkpoint")],
        GoesOn,
    ),
    (
        "log_checkpoint: one invented",
        &["INSERT INTO log_checkpoint (size, root) SELECT 30, root FROM log_checkpoint WHERE size = 3"],
        &[("checkpoint-differs", "log_checkpoint")],
        GoesOn,
    ),
    (
        "answer: another answer's file",
        &[
            "UPDATE answer SET file = (SELECT file FROM answer AS other WHERE other.kind = 'deactivation-receipt') WHERE kind = 'license'",
        ],
        &[("answer-differs", "answer")],
        GoesOn,
    ),
    (
        "answer: no file at all",
        &["UPDATE answer SET file = request WHERE kind = 'refusal'"],
        &[("answer-not-genuine", "answer")],
        GoesOn,
    ),
    (
        "answer: removed",
        &["DELETE FROM answer WHERE kind = 'license' AND counter = 1"],
        &[("answer-missing", "answer"), ("lease-without-answer", "lease")],
        GoesOn,
    ),
    (
        "answer: counter",
        &["UPDATE answer SET counter = counter + 7 WHERE kind = 'license'"],
        &[("answer-row-differs", "answer")],
        GoesOn,
    ),
    (
        "answer: installation",
        &[
            "UPDATE answer SET installation = (SELECT thumbprint FROM installation ORDER BY thumbprint LIMIT 1) WHERE kind = 'license'",
        ],
        &[("answer-row-differs", "answer")],
        GoesOn,
    ),
    (
        "answer: slot",
        &["UPDATE answer SET license_type = 'mobile' WHERE kind = 'license'"],
        &[("answer-row-differs", "answer")],
        GoesOn,
    ),
    (
        "answer: kind",
        &["UPDATE answer SET kind = 'refusal' WHERE kind = 'deactivation-receipt'"],
        &[("answer-row-differs", "answer")],
        GoesOn,
    ),
    (
        "answer: time",
        &["UPDATE answer SET issued = issued + 1 WHERE kind = 'license'"],
        &[("answer-row-differs", "answer")],
        GoesOn,
    ),
    (
        "answer: another request's file",
        &[
            "UPDATE answer SET request_file = (SELECT request_file FROM answer AS other WHERE other.kind = 'deactivation-receipt') WHERE kind = 'refusal'",
        ],
        &[("request-differs", "answer")],
        GoesOn,
    ),
    (
        "lease: removed",
        &["DELETE FROM lease_seats", "DELETE FROM lease"],
        &[("lease-missing", "lease"), ("tally-differs", "tally")],
        GoesOn,
    ),
    (
        "lease: an earlier end",
        &["UPDATE lease SET ends = ends - 86400"],
        &[("lease-differs", "lease"), ("tally-differs", "tally_lapse")],
        GoesOn,
    ),
    (
        "lease: another counter",
        &["UPDATE lease SET counter = counter + 1"],
        &[("lease-differs", "lease")],
        GoesOn,
    ),
    (
        "lease: another installation",
        &[
            "UPDATE lease SET installation = (SELECT thumbprint FROM installation ORDER BY thumbprint LIMIT 1)",
        ],
        &[("lease-differs", "lease")],
        GoesOn,
    ),
    (
        "lease: another key",
        &["UPDATE lease SET license_key = (SELECT digest FROM license_key ORDER BY digest LIMIT 1)"],
        &[("lease-differs", "lease")],
        GoesOn,
    ),
    (
        "lease: one invented",
        &[
            "INSERT INTO lease (license, installation, license_type, counter, request, license_key, subscription, issued, ends) \
         SELECT thumbprint, thumbprint, 'desktop', 90, thumbprint, (SELECT digest FROM license_key ORDER BY digest LIMIT 1), (SELECT id FROM subscription LIMIT 1), 0, 99999999999 \
         FROM installation WHERE thumbprint = (SELECT thumbprint FROM installation ORDER BY thumbprint LIMIT 1)",
        ],
        &[("lease-without-answer", "lease")],
        GoesOn,
    ),
    (
        "lease_seats: fewer",
        &["UPDATE lease_seats SET seats = seats - 1"],
        &[("seats-differ", "lease_seats"), ("tally-differs", "tally")],
        GoesOn,
    ),
    (
        "lease_seats: removed",
        &["DELETE FROM lease_seats"],
        &[("seats-differ", "lease_seats"), ("tally-differs", "tally")],
        GoesOn,
    ),
    ("slot: answered lowered", &["UPDATE slot SET answered = 0"], &[("slot-differs", "slot")], GoesOn),
    (
        "slot: answered raised",
        &["UPDATE slot SET answered = answered + 50"],
        &[("slot-differs", "slot")],
        GoesOn,
    ),
    (
        "slot: ended lowered",
        &["UPDATE slot SET ended = 0"],
        &[("slot-differs", "slot"), ("tally-differs", "tally")],
        GoesOn,
    ),
    ("slot: ended raised", &["UPDATE slot SET ended = answered"], &[("tally-differs", "tally")], GoesOn),
    ("slot: removed", &["DELETE FROM slot"], &[("slot-differs", "slot")], GoesOn),
    (
        "chain: a digest replaced",
        &["UPDATE chain SET digest = (SELECT digest FROM log_leaf WHERE position = 9)"],
        &[("chain-differs", "chain")],
        GoesOn,
    ),
    ("chain: removed", &["DELETE FROM chain WHERE counter = 1"], &[("chain-differs", "chain")], GoesOn),
    ("tally: lowered", &["UPDATE tally SET amount = amount - 1"], &[("tally-differs", "tally")], GoesOn),
    ("tally: removed", &["DELETE FROM tally"], &[("tally-differs", "tally")], GoesOn),
    ("tally_lapse: removed", &["DELETE FROM tally_lapse"], &[("tally-differs", "tally_lapse")], GoesOn),
    (
        "tally_lapse: another day",
        &["UPDATE tally_lapse SET ends = ends + 86400"],
        &[("tally-differs", "tally_lapse")],
        GoesOn,
    ),
    (
        "a column with what is never written",
        &["UPDATE answer SET counter = -1 WHERE kind = 'license'"],
        &[("row-damaged", "answer")],
        GoesOn,
    ),
    (
        "news: another document",
        &[
            "UPDATE news SET document = (SELECT document FROM news AS other WHERE other.kind = 'trust-bundle') WHERE kind = 'revocation-list'",
        ],
        &[("news-differs", "news"), ("revocation-differs", "revocation")],
        GoesOn,
    ),
    (
        "news: a list removed",
        &["DELETE FROM news WHERE kind = 'revocation-list'"],
        &[("news-missing", "news"), ("revocation-differs", "revocation")],
        GoesOn,
    ),
    (
        "news: a trust bundle removed",
        &["DELETE FROM news WHERE kind = 'trust-bundle'"],
        &[("news-missing", "news")],
        GoesOn,
    ),
    (
        "news: another number",
        &["UPDATE news SET number = 7 WHERE kind = 'revocation-list'"],
        &[("news-row-differs", "news")],
        GoesOn,
    ),
    (
        "news: one invented",
        &[
            "INSERT INTO news (digest, kind, number, document) SELECT (SELECT digest FROM log_leaf WHERE position = 5), kind, 9, document FROM news WHERE kind = 'revocation-list'",
        ],
        &[("news-not-logged", "news")],
        GoesOn,
    ),
    (
        "news: a leaf made an answer's",
        &["UPDATE log_leaf SET kind = 'license' WHERE kind = 'revocation-list'"],
        &[("answer-missing", "answer"), ("news-not-logged", "news")],
        GoesOn,
    ),
    ("revocation: removed", &["DELETE FROM revocation"], &[("revocation-differs", "revocation")], GoesOn),
    (
        "revocation: one invented",
        &[
            "INSERT INTO revocation (subject, kind, list, reason, who, created) SELECT digest, 'key', 1, '', 'operator', issued FROM log_leaf WHERE position = 5",
        ],
        &[("revocation-differs", "revocation")],
        GoesOn,
    ),
    (
        "fork_decision: the other branch",
        &["UPDATE fork_decision SET lives = 'second'"],
        &[("news-differs", "fork_decision")],
        GoesOn,
    ),
    (
        "fork_decision: somebody else",
        &["UPDATE fork_decision SET who = 'user:0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11'"],
        &[("news-differs", "fork_decision")],
        GoesOn,
    ),
    ("fork_decision: removed", &["DELETE FROM fork_decision"], &[("news-missing", "fork_decision")], GoesOn),
    (
        "fork_decision: said to wait",
        &["UPDATE fork_decision SET leaf = NULL"],
        &[("news-row-differs", "fork_decision")],
        GoesOn,
    ),
];

/// A record with 25 leaves: the first trust bundle; two proxies that activate and refresh, one that lets go, one whose copy was seen, requests
/// that are refused; a revocation list, and what was decided about the copy. `before` has the head as it was with 20, for whoever wants
/// to put parts of it back.
async fn record() -> (Vendor, common::Backup) {
    let mut vendor = Vendor::sells(DESKTOP, 100, |_| ()).await;
    let (mut sites, mut licenses): (Vec<Site>, Vec<_>) = Default::default();
    for number in 1..=3 {
        let key = vendor.sublicense(|draft| draft.quota = Some(10)).await.key;
        let mut site = vendor.site(number);
        licenses.push(vendor.activate(&mut site, &key).await.expect("a license"));
        sites.push(site);
    }
    let given = &licenses[1];
    let [one, two, three] = sites.as_mut_slice() else { panic!("three") };
    vendor.refresh(one).await.expect("a license");
    assert_eq!(vendor.deactivate(two).await.unwrap_err(), "receipt");
    let mut copy = three.proxy.clone();
    vendor.refresh(three).await.expect("a license");
    let branch = copy.refresh(DESKTOP, moment(vendor.now, 999)).unwrap();
    vendor.given(&branch).await;
    for number in 10..22 {
        vendor.pass(0);
        vendor.given(&refused_request(&vendor, number)).await;
    }
    vendor.now = vendor.now.plus(3600);
    let store = Store::open(vendor.place.data().store()).await.unwrap();
    run(&store, "CREATE TABLE before AS SELECT * FROM log_head").await;
    vendor.signer.clone().close().await;
    store.close().await;
    let older = vendor.place.back_up().await;
    vendor.signer = open(&vendor).await.unwrap();
    vendor.refresh(one).await.expect("a license");
    vendor.refresh(one).await.expect("a license");
    let what = Revoke::Licenses { ids: vec![given.id], then: Afterwards::Replaced };
    vendor
        .signer
        .revoke(what, "let go".parse().unwrap(), &Actor::Operator, vendor.now)
        .await
        .expect("a list");
    let (three, by) = (three.proxy.name(), vendor.by());
    let resolved = vendor.signer.installations().resolve_fork(&three, Lives::First, &by, vendor.now);
    resolved.await.expect("decided");
    vendor.refresh(one).await.expect("a license");
    vendor.signer.clone().close().await;
    (vendor, older)
}

fn refused_request(vendor: &Vendor, number: u8) -> Vec<u8> {
    let unknown = LicenseKey::from_random(DESKTOP, &[number; 18]);
    Proxy::new(number, &vendor.signer.trust(), vendor.now)
        .activate(DESKTOP, &unknown, moment(vendor.now, 1))
        .unwrap()
}

async fn open(vendor: &Vendor) -> Result<Signer, signer::OpenError> {
    Signer::open(&vendor.place.data(), &passphrase(), vendor.now).await
}

async fn run(store: &Store, sql: &str) {
    let mut connection = store.read().await.unwrap();
    let unguarded = match store.kind() {
        StoreKind::Sqlite => "PRAGMA foreign_keys = OFF",
        StoreKind::Postgres => "SET session_replication_role = replica",
    };
    sqlx::query(unguarded).execute(&mut *connection).await.unwrap();
    sqlx::query(AssertSqlSafe(sql))
        .execute(&mut *connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    // Whoever is next does not get this connection.
    connection.close_on_drop();
}

async fn audit(vendor: &Vendor) -> Audit {
    let dir = vendor.place.data();
    let store = Store::open(dir.store()).await.unwrap();
    let witness = Witness::read(&dir.witness()).unwrap();
    let log = AnswerLog::new(store.clone());
    let audit = log.audit(&[vendor.signer.trust()], Some(&witness), None, vendor.now).await.unwrap();
    store.close().await;
    audit
}

async fn starts(vendor: &Vendor) -> Starts {
    match open(vendor).await {
        Ok(signer) => {
            let recovers = signer.recovery().is_some();
            signer.close().await;
            if recovers { Recovers } else { GoesOn }
        }
        Err(error) => Refuses(error.code()),
    }
}

#[tokio::test]
async fn whatever_is_changed_past_the_signer_is_named() {
    let (vendor, older) = record().await;
    let place = &vendor.place;
    let witness = std::fs::read(place.data().witness()).unwrap();
    let whole = audit(&vendor).await;
    assert_eq!((whole.leaves, whole.findings.as_slice()), (25, [].as_slice()));
    assert_eq!(whole.answers, 10, "eight licenses, a receipt, and the refusal of the copy");
    assert_eq!(whole.news, 3, "a trust bundle, a list, and a decision");
    assert_eq!(starts(&vendor).await, GoesOn);
    let newest = place.back_up().await;

    let mut failures = Vec::new();
    for (what, statements, expected, does) in TAMPERINGS {
        place.put_back(&newest).await;
        std::fs::write(place.data().witness(), &witness).unwrap();
        let store = Store::open(place.data().store()).await.unwrap();
        for sql in *statements {
            run(&store, sql).await;
        }
        store.close().await;
        let found = audit(&vendor).await;
        let mut by: Vec<(&str, &str)> =
            found.findings.iter().map(|found| (found.code, found.place)).collect();
        by.sort_unstable();
        by.dedup();
        let did = starts(&vendor).await;
        let codes: Vec<&str> = by.iter().map(|(code, _)| *code).collect();
        println!("{what:<44} | {:<72} | {did:?}", codes.join(" "));
        if !expected.iter().all(|one| by.contains(one)) || did != *does {
            failures.push(format!("{what}: found {by:?} and {did:?}, not {expected:?} and {does:?}"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));

    // A whole store from an older backup agrees with itself: only what lies outside of it knows better.
    place.put_back(&older).await;
    std::fs::write(place.data().witness(), &witness).unwrap();
    let found = audit(&vendor).await;
    let codes: Vec<&str> = found.findings.iter().map(|found| found.code).collect();
    println!("{:<44} | {:<72} | Recovers", "the store of an older backup", codes.join(" "));
    assert_eq!(codes, ["witness-differs"]);
    assert_eq!(starts(&vendor).await, Recovers);
}

/// Without the witness, a checkpoint that somebody kept shows the same.
#[tokio::test]
async fn a_checkpoint_that_was_kept_shows_an_older_backup() {
    let (vendor, older) = record().await;
    let dir = vendor.place.data();
    let kept = |file: Vec<u8>| {
        let document = UnverifiedFile::read(&file).unwrap().document;
        verifier::verify::verify_checkpoint(&document, &vendor.signer.trust()).unwrap().into_payload()
    };
    let store = Store::open(dir.store()).await.unwrap();
    let log = AnswerLog::new(store.clone());
    let newest = kept(log.view().await.unwrap().checkpoint.unwrap());
    assert_eq!(newest.size, 25);
    let audited = log.audit(&[vendor.signer.trust()], None, Some(&newest), vendor.now).await.unwrap();
    assert_eq!(audited.findings, []);
    let export = exported(&log, &vendor).await;
    store.close().await;

    vendor.place.put_back(&older).await;
    let store = Store::open(dir.store()).await.unwrap();
    let log = AnswerLog::new(store.clone());
    let audited = log.audit(&[vendor.signer.trust()], None, Some(&newest), vendor.now).await.unwrap();
    let codes: Vec<&str> = audited.findings.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["log-fork"]);
    let short = exported(&log, &vendor).await;
    let verify =
        |export: &str, kept| LogExport::read(export.as_bytes())?.verify(&vendor.signer.trust(), kept);
    assert_eq!(verify(&short, Some(&newest)).unwrap_err().code(), "log-fork");
    let before = kept(log.view().await.unwrap().checkpoint.unwrap());
    assert_eq!(verify(&export, Some(&before)).unwrap(), newest, "what was then is in what is now");
    store.close().await;
}

async fn exported(log: &AnswerLog, vendor: &Vendor) -> String {
    let mut export = log.export(&vendor.signer.trust()).await.unwrap();
    let mut text = String::new();
    while let Some(lines) = export.next().await.unwrap() {
        text += &lines;
    }
    text
}
