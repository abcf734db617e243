//! A data directory as the doctor finds it, on the day that it was made and in later years: the clock is a parameter.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use license_format::{DAY, Digest, Timestamp};

use super::{Finding, State, disk, keys, record};
use crate::{
    data_dir::DataDir,
    init::{InitOptions, init},
    keys::{FileKey, KeyRing, Passphrase, SigningBackend as _},
    store::Store,
    trust::{History, Proposal, Role, Signing},
    witness::Witness,
};

const YEAR: u64 = 365 * DAY;

fn day_one() -> Timestamp {
    Timestamp::parse("2026-11-22T10:00:00Z").expect("an instant")
}

fn passphrase() -> Passphrase {
    Passphrase::new("across the gap".to_owned()).expect("fits")
}

fn dice(seed: u8) -> impl FnMut(&mut [u8]) + Send {
    let mut next = seed;
    move |out: &mut [u8]| {
        for byte in out {
            next = next.wrapping_mul(97).wrapping_add(13);
            *byte = next ^ seed;
        }
    }
}

async fn made(folder: &Path) -> DataDir {
    let dir = DataDir::new(folder.join("data"));
    let options = InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() };
    init(&dir, &options, day_one(), &mut dice(1)).await.expect("made");
    dir
}

/// What is not well, as `state code`.
fn told(findings: &[Finding]) -> Vec<String> {
    for finding in findings {
        assert_eq!(finding.next_step.is_empty(), finding.state == State::Well, "{finding:?}");
    }
    let open = findings.iter().filter(|finding| finding.state != State::Well);
    open.map(|finding| format!("{} {}", finding.state.name(), finding.code)).collect()
}

fn keys_told(dir: &DataDir, now: Timestamp, within: u64) -> Vec<String> {
    told(&keys(dir, now, now.plus(within)))
}

/// A spare issuing key until an instant, trusted by the root key in the directory.
fn trust_spare(dir: &DataDir, until: Timestamp) {
    let spare = FileKey::create(&dir.issuing_key(2), &passphrase(), &mut dice(2)).expect("made");
    let history = History::read(dir).expect("a history");
    let mut proposal = Proposal::after(history.newest(), day_one());
    proposal.trust_key(spare.public_key(), Role::Issuing, (day_one(), until), false).expect("proposed");
    let mut signing = Signing::begin(&proposal).expect("begun");
    let root = FileKey::open(&dir.root_key(1), &passphrase()).expect("opens");
    signing.sign(&root, Some(history.newest())).expect("signed");
    let next = signing.finish(Some(history.newest())).expect("enough");
    history.install(dir, &next, &mut dice(3)).expect("in place");
}

#[tokio::test]
async fn keys_are_due_before_they_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = made(folder.path()).await;
    let simple = ["advice no-spare", "advice root-keys-here"];
    assert_eq!(keys_told(&dir, day_one(), 90 * DAY), simple);
    let both_end = ["due key-ends", "advice no-spare", "due key-ends", "advice root-keys-here"];
    assert_eq!(keys_told(&dir, day_one(), 5 * YEAR), both_end);
    assert_eq!(keys_told(&dir, day_one(), 5 * YEAR - 1), simple);
    let late = day_one().plus(5 * YEAR - 90 * DAY);
    assert_eq!(keys_told(&dir, late, 90 * DAY), both_end);
    assert_eq!(keys_told(&dir, late.minus(DAY), 90 * DAY), simple);
    let over = day_one().plus(5 * YEAR);
    assert_eq!(
        keys_told(&dir, over, 0),
        ["due key-none-usable", "due key-none-usable", "advice root-keys-here"]
    );

    // A spare that lasts is what to do; one that ends as early is no help.
    trust_spare(&dir, day_one().plus(7 * YEAR));
    fs::rename(dir.root_key(1), folder.path().join("root-1.key")).expect("to the safe");
    assert_eq!(keys_told(&dir, day_one(), 90 * DAY), Vec::<String>::new());
    let findings = keys(&dir, late, late.plus(90 * DAY));
    let ends = findings.iter().find(|finding| finding.code == "key-ends").expect("found");
    assert!(
        ends.next_step
            .starts_with("Take the spare into use, which may sign until 2033-11-20: `waybill keys use ")
    );
    assert_eq!(ends.when, Some(day_one().plus(5 * YEAR)));
    assert_eq!(
        keys_told(&dir, day_one().plus(6 * YEAR), 2 * YEAR),
        ["due key-ends", "advice no-spare", "due key-none-usable"]
    );
    let all = keys(&dir, day_one(), day_one().plus(8 * YEAR));
    let ends = all.iter().find(|finding| finding.code == "key-ends").expect("found");
    assert!(ends.next_step.starts_with("Run `waybill keys rotate issuing`"), "{}", ends.next_step);
    assert_eq!(told(&all), ["due key-ends", "advice spare-ends", "due key-ends"]);
}

#[tokio::test]
async fn what_others_could_open_is_due() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = made(folder.path()).await;
    for (path, code) in [
        (dir.issuing_key(1), "due key-permissions"),
        (dir.witness(), "due file-permissions"),
        (dir.path().join("waybill.db"), "due file-permissions"),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
        let findings = keys(&dir, day_one(), day_one());
        assert_eq!(told(&findings)[0], code);
        assert!(findings[0].next_step.contains("chmod 600"), "{}", findings[0].next_step);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
    }
    fs::write(dir.key_settings(), "use = 7\n").expect("written");
    assert_eq!(keys_told(&dir, day_one(), 0), ["due key-settings"]);
    fs::remove_file(dir.key_settings()).expect("removed");
    FileKey::create(&dir.keys().join("left.key"), &passphrase(), &mut dice(4)).expect("made");
    assert_eq!(
        keys_told(&dir, day_one(), 0),
        ["advice no-spare", "advice root-keys-here", "advice key-not-trusted"]
    );
    assert_eq!(KeyRing::read(&dir).expect("a ring").places().count(), 4);
    fs::write(dir.trust(), "nothing").expect("written");
    assert_eq!(keys_told(&dir, day_one(), 0), ["due trust-unusable"]);
}

#[tokio::test]
async fn the_record_is_compared_with_its_witness() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = made(folder.path()).await;
    let store = Store::open(dir.store()).await.expect("a store");
    let look = async || told(&record(&dir, &store, day_one()).await.expect("looked at"));
    assert_eq!(look().await, Vec::<String>::new());

    let witness = Witness::read(&dir.witness()).expect("a witness");
    for ahead in [
        Witness { log_size: 3, ..witness.clone() },
        Witness { record: 2, ..witness.clone() },
        Witness { log_root: Digest([7; 32]), ..witness.clone() },
    ] {
        fs::remove_file(dir.witness()).expect("removed");
        ahead.write(&dir.witness()).expect("written");
        assert_eq!(look().await, ["due record-put-back"], "{ahead:?}");
    }
    fs::remove_file(dir.witness()).expect("removed");
    assert_eq!(look().await, ["due witness-missing"]);
}

#[test]
fn clock_and_disk() {
    let clock = |newest| told(&[super::record::clock(newest, day_one())]);
    assert_eq!(clock(None), Vec::<String>::new());
    assert_eq!(clock(Some(day_one().plus(5))), Vec::<String>::new());
    assert_eq!(clock(Some(day_one().plus(6))), ["due clock-behind"]);
    assert_eq!(told(&[disk(256 << 20)]), Vec::<String>::new());
    assert_eq!(told(&[disk((256 << 20) - 1)]), ["due disk-space"]);
}
