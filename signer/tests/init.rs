//! Making a data directory: once, never over anything, and to its end after an interruption at any point; with its store inside, or in a
//! PostgreSQL database.

mod common;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use common::{Place, dice};
use license_format::{Digest, Kind, Timestamp, UnverifiedFile};
use signer::{
    Signer,
    ceremony::{Passphrases, Plan, hold},
    init::{DataDir, InitError, InitOptions, Initialized, init, init_from},
    keys::{FileKey, Passphrase, SigningBackend as _},
    store::{Store, StoreAddress},
    witness::Witness,
};
use verifier::TrustState;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22").expect("a date")
}

fn options(vendor: &str, passphrase: &str) -> InitOptions {
    InitOptions {
        vendor: vendor.to_owned(),
        passphrase: Passphrase::new(passphrase.to_owned()).expect("a fitting passphrase"),
    }
}

async fn run(dir: &DataDir, seed: u64) -> Result<Initialized, InitError> {
    init(dir, &options("Example Software", "correct horse"), now(), &mut dice(seed)).await
}

fn code(outcome: Result<Initialized, InitError>) -> &'static str {
    outcome.expect_err("refused").code()
}

/// Every file below a directory with its contents. The store's are left out: a database may write them without changing anything.
fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a list") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else if !path.to_string_lossy().contains("waybill.db") {
            found.push((path.clone(), fs::read(&path).expect("read")));
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn makes_keys_a_bundle_and_an_empty_record() {
    let place = Place::new().await;
    let dir = place.data();
    assert!(!dir.is_initialized());
    let made = run(&dir, 1).await.expect("made");
    assert!(dir.is_initialized() && !made.continued);
    assert_eq!(made.trust.bundle().vendor.as_str(), "Example Software");

    let passphrase = Passphrase::new("correct horse".to_owned()).expect("fits");
    let root = FileKey::open(&dir.root_key(1), &passphrase).expect("opens");
    let issuing = FileKey::open(&dir.issuing_key(1), &passphrase).expect("opens");
    let log = FileKey::open(&dir.log_key(1), &passphrase).expect("opens");
    let names = [root.thumbprint(), issuing.thumbprint(), log.thumbprint()];
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);

    let file = UnverifiedFile::read(&fs::read(dir.trust()).expect("read")).expect("a file");
    let trust = TrustState::pin(&file).expect("a root bundle signed by its own root");
    assert_eq!(trust, made.trust);
    let bundle = trust.bundle();
    assert_eq!((bundle.number, bundle.threshold, bundle.vendor.as_str()), (1, 1, "Example Software"));
    assert_eq!(bundle.roots, [root.public_key()]);
    let answers = [Kind::License, Kind::DeactivationReceipt, Kind::Refusal, Kind::RevocationList];
    for (key, signs) in [(&issuing, answers.as_slice()), (&log, &[Kind::Checkpoint])] {
        let key = bundle.key(&key.thumbprint()).expect("trusted");
        assert_eq!((key.from, key.until.date().as_str()), (now(), "2031-11-21"));
        assert_eq!(key.signs, signs);
    }
    assert_eq!(bundle.keys.len(), 2);

    let witness = Witness::read(&dir.witness()).expect("a witness");
    assert_eq!((witness.record, witness.log_size, witness.log_root), (1, 0, Digest::of(b"")));
    let store = Store::open(dir.store()).await.expect("a store");
    let vendor = store.vendor().await.expect("read").expect("claimed");
    assert_eq!(vendor.id, witness.id);
    assert_eq!((vendor.name.as_str(), vendor.record, vendor.created), ("Example Software", 1, now()));
}

#[tokio::test]
async fn everything_is_for_its_owner_alone() {
    let outer = tempfile::tempdir().expect("a directory");
    let dir = DataDir::new(outer.path().join("deep").join("data"));
    run(&dir, 1).await.expect("made");
    let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
    for path in [dir.path(), &dir.keys()] {
        assert_eq!(mode(path), 0o700, "{}", path.display());
    }
    for path in [
        dir.root_key(1),
        dir.issuing_key(1),
        dir.log_key(1),
        dir.trust(),
        dir.witness(),
        dir.path().join("waybill.db"),
    ] {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_second_time_is_refused_and_changes_nothing() {
    let place = Place::new().await;
    let dir = place.data();
    run(&dir, 1).await.expect("made");
    let before = contents(dir.path());
    let error = run(&dir, 2).await.expect_err("refused");
    assert_eq!(error.code(), "already-initialized");
    assert!(error.next_step().contains("--data-dir"));
    assert_eq!(contents(dir.path()), before);
}

#[tokio::test]
async fn a_directory_with_something_else_is_left_as_it_is() {
    let outer = tempfile::tempdir().expect("a directory");
    fs::write(outer.path().join("thesis.tex"), "years of work").expect("written");
    let dir = DataDir::new(outer.path());
    let error = run(&dir, 1).await.expect_err("refused");
    assert_eq!(error.code(), "data-dir-not-empty");
    assert!(error.to_string().contains("thesis.tex"));
    assert_eq!(fs::read_dir(outer.path()).expect("a list").count(), 1);
}

/// What a run leaves behind if it is interrupted after any of its parts, in the order in which it makes them: three keys, the bundle, the
/// tables, the witness.
#[tokio::test]
async fn an_interruption_at_any_point_is_brought_to_its_end() {
    let whole = Place::new().await;
    run(&whole.data(), 1).await.expect("made");
    let parts =
        |dir: &DataDir| [dir.root_key(1), dir.issuing_key(1), dir.log_key(1), dir.trust(), dir.witness()];

    for made in 0..=6 {
        let place = Place::new().await;
        let dir = place.data();
        fs::create_dir_all(dir.keys()).expect("made");
        let files: Vec<PathBuf> =
            parts(&dir).into_iter().take(if made < 6 { made.min(4) } else { 5 }).collect();
        for (from, to) in parts(&whole.data()).iter().zip(&files) {
            fs::copy(from, to).expect("copied");
        }
        if made >= 5 {
            Store::create(dir.store()).await.expect("an empty store").close().await;
        }
        // A part that was being written leaves its partial file, which is never read.
        fs::write(dir.path().join(".trust.waybill.0badcafe.partial"), "half").expect("written");
        fs::write(dir.keys().join(".issuing-1.key.0badcafe.partial"), "half").expect("written");
        let kept: Vec<_> = files.iter().map(|path| fs::read(path).expect("read")).collect();

        let done = run(&dir, 7).await.unwrap_or_else(|error| panic!("after {made} parts: {error}"));
        assert_eq!(done.continued, made > 0, "after {made} parts");
        assert!(dir.is_initialized());
        for (path, before) in files.iter().zip(&kept) {
            assert_eq!(fs::read(path).expect("read"), *before, "{} was overwritten", path.display());
        }
        let file = UnverifiedFile::read(&fs::read(dir.trust()).expect("read")).expect("a file");
        let bundle = TrustState::pin(&file).expect("pinned").bundle().clone();
        assert_eq!(bundle, *done.trust.bundle());
        let names: Vec<_> = contents(dir.path()).into_iter().map(|(path, _)| path).collect();
        assert!(names.iter().all(|name| !name.to_string_lossy().contains("partial")), "{names:?}");
        assert_eq!(code(run(&dir, 8).await), "already-initialized");
        let passphrase = options("", "correct horse").passphrase;
        Signer::open(&dir, &passphrase, now()).await.expect("keys, store and witness belong together");
    }
}

#[tokio::test]
async fn going_on_needs_the_same_passphrase_and_vendor() {
    let outer = tempfile::tempdir().expect("a directory");
    let whole = DataDir::new(outer.path().join("whole"));
    run(&whole, 1).await.expect("made");
    let begun = DataDir::new(outer.path().join("begun"));
    fs::create_dir_all(begun.keys()).expect("made");
    for (from, to) in [
        (whole.root_key(1), begun.root_key(1)),
        (whole.issuing_key(1), begun.issuing_key(1)),
        (whole.log_key(1), begun.log_key(1)),
        (whole.trust(), begun.trust()),
    ] {
        fs::copy(from, to).expect("copied");
    }
    let before = contents(begun.path());
    let other = options("Example Software", "battery staple");
    assert_eq!(code(init(&begun, &other, now(), &mut dice(2)).await), "key-wrong-passphrase");
    let other = options("Somebody Else", "correct horse");
    let error = init(&begun, &other, now(), &mut dice(2)).await.expect_err("refused");
    assert_eq!(error.code(), "vendor-differs");
    assert!(error.next_step().contains("Example Software"));
    assert_eq!(contents(begun.path()), before);
    assert!(run(&begun, 2).await.expect("made").continued);
}

#[tokio::test]
async fn a_lost_part_is_not_taken_for_an_interruption() {
    let whole = Place::new().await;
    run(&whole.data(), 1).await.expect("made");
    for lost in ["keys/root-1.key", "keys/issuing-1.key", "keys/log-1.key", "trust.waybill", "the store"] {
        let place = Place::new().await;
        let dir = place.data();
        fs::create_dir_all(dir.keys()).expect("made");
        for name in ["keys/root-1.key", "keys/issuing-1.key", "keys/log-1.key", "trust.waybill", "witness"] {
            if name != lost {
                fs::copy(whole.data().path().join(name), dir.path().join(name)).expect("copied");
            }
        }
        let mut named = lost.to_owned();
        match lost {
            "the store" => named = dir.store().to_string(),
            _ => Store::create(dir.store()).await.expect("an empty store").close().await,
        }
        let before = contents(dir.path());
        let error = run(&dir, 2).await.expect_err("refused");
        assert_eq!(error.code(), "data-dir-incomplete", "{lost}");
        assert!(error.to_string().contains(&named), "{error}");
        assert_eq!(contents(dir.path()), before);
    }
}

/// A record that its witness has seen filled, and a store with nobody's record: it was lost, and a second one under the same keys would
/// give every seat again.
#[tokio::test]
async fn a_record_that_was_lost_is_not_begun_anew() {
    let (place, other) = (Place::new().await, Place::new().await);
    fs::create_dir_all(other.data().path()).expect("made");
    Store::create(other.data().store()).await.expect("an empty store").close().await;
    let empty = other.back_up().await;
    let dir = place.data();
    run(&dir, 1).await.expect("made");
    let witness = Witness::read(&dir.witness()).expect("a witness");
    Witness { log_size: 3, ..witness }.write(&dir.witness()).expect("written");
    place.put_back(&empty).await;
    let error = run(&dir, 2).await.expect_err("refused");
    assert_eq!(error.code(), "data-dir-incomplete");
    assert!(error.to_string().contains(&dir.store().to_string()), "{error}");
}

/// A database belongs to who claimed it. A store in a file is beside its keys anyway.
#[tokio::test]
async fn a_database_with_another_record_is_refused() {
    let (ours, theirs) = (Place::new().await, Place::new().await);
    let (Some(_), Some(database)) = (ours.database(), theirs.database()) else {
        assert!(matches!(ours.data().store(), StoreAddress::Sqlite(_)));
        return;
    };
    run(&theirs.data(), 1).await.expect("made");
    let dir = ours.data().with_database(database.url().parse().expect("an address"));
    let error = run(&dir, 2).await.expect_err("refused");
    assert_eq!(error.code(), "store-claimed");
    assert!(error.to_string().ends_with("holds the record of Example Software already"), "{error}");
    assert!(fs::read_dir(dir.path()).expect("a list").next().is_none(), "no key was made");
    // The directory that has a record in a file is not made into one with a database either.
    let inside = DataDir::new(dir.path());
    run(&inside, 3).await.expect("made");
    assert_eq!(code(run(&ours.data(), 4).await), "data-dir-not-empty");
}

#[tokio::test]
async fn a_bundle_of_other_keys_is_refused() {
    let outer = tempfile::tempdir().expect("a directory");
    let (one, two) = (DataDir::new(outer.path().join("one")), DataDir::new(outer.path().join("two")));
    run(&one, 1).await.expect("made");
    fs::create_dir_all(two.keys()).expect("made");
    let passphrase = Passphrase::new("correct horse".to_owned()).expect("fits");
    FileKey::create(&two.root_key(1), &passphrase, &mut dice(5)).expect("made");
    FileKey::create(&two.issuing_key(1), &passphrase, &mut dice(6)).expect("made");
    FileKey::create(&two.log_key(1), &passphrase, &mut dice(7)).expect("made");
    fs::copy(one.trust(), two.trust()).expect("copied");
    assert_eq!(code(run(&two, 2).await), "trust-differs");
    fs::write(two.trust(), "damaged").expect("written");
    assert_eq!(code(run(&two, 2).await), "trust-differs");
}

const PLAN: &str = r#"
vendor = "Example Software"
present = ["Ana Lima"]
threshold = 1
[[root]]
name = "ana"
holder = "Ana Lima"
[[key]]
name = "daily"
signs = ["license", "deactivation-receipt", "refusal", "revocation-list"]
until = "2031-11-21"
[[key]]
name = "notes"
signs = ["checkpoint"]
until = "2031-11-21"
"#;

/// What a ceremony made in a folder of its own.
fn ceremony(folder: &Path) -> PathBuf {
    let passphrase = |text: &str| Passphrase::new(text.to_owned()).expect("fits");
    let passphrases =
        Passphrases { roots: vec![passphrase("ana's secret")], signing: Some(passphrase("correct horse")) };
    let plan = Plan::read(PLAN, now()).expect("a plan");
    hold(&plan, folder, &passphrases, "waybill", now(), &mut dice(3)).expect("held");
    folder.join("signer")
}

#[tokio::test]
async fn a_directory_begins_with_what_a_ceremony_made() {
    let place = Place::new().await;
    let (dir, source) = (place.data(), ceremony(&place.path().join("ceremony")));
    let made = init_from(&dir, &source, now(), &mut dice(4)).await.expect("made");
    assert!(dir.is_initialized() && !made.continued);
    assert_eq!(made.trust.bundle().vendor.as_str(), "Example Software");
    assert!(!dir.root_key(1).exists() && dir.keys().join("daily.key").exists());
    let passphrase = Passphrase::new("correct horse".to_owned()).expect("fits");
    let signer =
        Signer::open(&dir, &passphrase, now()).await.expect("keys, store and witness belong together");
    assert_eq!(signer.trust().bundle(), made.trust.bundle());
    signer.close().await;
    assert_eq!(code(init_from(&dir, &source, now(), &mut dice(5)).await), "already-initialized");
}

/// What is there after an interruption is what the ceremony made, or the directory is another one's.
#[tokio::test]
async fn a_copy_that_was_interrupted_is_brought_to_its_end() {
    let outer = tempfile::tempdir().expect("a directory");
    let source = ceremony(&outer.path().join("ceremony"));
    let order = ["keys/daily.key", "keys/notes.key", "trust.waybill"];
    for made in 0..=order.len() {
        let dir = DataDir::new(outer.path().join(format!("data-{made}")));
        fs::create_dir_all(dir.keys()).expect("made");
        for name in &order[..made] {
            fs::copy(source.join(name), dir.path().join(name)).expect("copied");
        }
        let done = init_from(&dir, &source, now(), &mut dice(4)).await.expect("made");
        assert_eq!(done.continued, made > 0);
    }
    let dir = DataDir::new(outer.path().join("other"));
    fs::create_dir_all(dir.keys()).expect("made");
    fs::write(dir.keys().join("daily.key"), "another key").expect("written");
    assert_eq!(code(init_from(&dir, &source, now(), &mut dice(4)).await), "ceremony-differs");
    fs::copy(source.join("trust.waybill"), dir.trust()).expect("copied");
    assert_eq!(code(init_from(&dir, &source, now(), &mut dice(4)).await), "data-dir-incomplete");
}

/// A folder that cannot issue makes no data directory; and a root key that somebody left in it stays where it is.
#[tokio::test]
async fn a_ceremony_without_its_keys_is_refused() {
    let outer = tempfile::tempdir().expect("a directory");
    let source = ceremony(&outer.path().join("ceremony"));
    let dir = DataDir::new(outer.path().join("data"));
    assert_eq!(code(init_from(&dir, outer.path(), now(), &mut dice(4)).await), "trust-unusable");
    let late = Timestamp::parse("2032-01-01").expect("a day");
    assert_eq!(code(init_from(&dir, &source, late, &mut dice(4)).await), "key-none-usable");
    fs::rename(source.join("keys/notes.key"), outer.path().join("notes.key")).expect("moved");
    assert_eq!(code(init_from(&dir, &source, now(), &mut dice(4)).await), "key-none-usable");
    assert!(!dir.path().exists());

    fs::rename(outer.path().join("notes.key"), source.join("keys/notes.key")).expect("moved back");
    fs::copy(outer.path().join("ceremony/roots/ana.key"), source.join("keys/ana.key")).expect("copied");
    init_from(&dir, &source, now(), &mut dice(4)).await.expect("made");
    assert!(!dir.keys().join("ana.key").exists());
}

#[tokio::test]
async fn two_at_once_make_one() {
    let outer = tempfile::tempdir().expect("a directory");
    let dir = DataDir::new(outer.path());
    let handle = fs::File::open(dir.path()).expect("opened");
    handle.lock().expect("locked");
    assert_eq!(code(run(&dir, 1).await), "data-dir-busy");
    handle.unlock().expect("unlocked");
    run(&dir, 1).await.expect("made");
}

#[tokio::test]
async fn a_name_that_cannot_stand_in_an_answer_is_refused() {
    let outer = tempfile::tempdir().expect("a directory");
    let dir = DataDir::new(outer.path().join("data"));
    for vendor in ["", " ", "two\nlines", "-----BEGIN"] {
        let outcome = init(&dir, &options(vendor, "correct horse"), now(), &mut dice(1)).await;
        assert_eq!(code(outcome), "vendor-name", "{vendor:?}");
    }
    assert!(!dir.path().exists());
}
