use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use license_format::{Digest, Kind, Timestamp, UnverifiedFile};
use verifier::{Fingerprint, TrustState};

use super::{CeremonyError, Passphrases, Plan, hold};
use crate::{
    data_dir::DataDir,
    keys::{FileKey, KeyPlace, KeyRing, Passphrase, SigningBackend as _},
};

const PLAN: &str = r#"
vendor = "Northwind Software"
place = "Lisbon, room 3"
present = ["Ana Lima", "Nadia Haddad, notary"]
threshold = 2

[[root]]
name = "ana"
holder = "Ana Lima"

[[root]]
name = "ben"
holder = "Ben Okoro"

[[root]]
name = "carla"
holder = "Carla Mendes"

[[key]]
name = "issuing-1"
signs = ["revocation-list", "license", "deactivation-receipt", "refusal"]
until = "2031-11-21"

[[key]]
name = "log-1"
signs = ["checkpoint"]
until = "2031-11-21"

[[key]]
name = "spare"
signs = ["license", "deactivation-receipt", "refusal"]
from = "2026-11-01"
until = "2033-11-21"
public-key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
token = { module = "/usr/lib/softhsm/libsofthsm2.so", token = "vault", key = "spare" }
"#;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T10:00:00Z").expect("an instant")
}

fn plan() -> Plan {
    Plan::read(PLAN, now()).expect("a good plan")
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).expect("a fitting passphrase")
}

fn passphrases() -> Passphrases {
    let roots = ["ana's secret", "ben's secret", "carla's secret"].map(passphrase).into();
    Passphrases { roots, signing: Some(passphrase("across the gap")) }
}

fn dice() -> impl FnMut(&mut [u8]) + Send {
    let mut next = 7_u8;
    move |out: &mut [u8]| {
        for byte in out {
            next = next.wrapping_mul(97).wrapping_add(13);
            *byte = next ^ 0x55;
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn problems(text: &str) -> String {
    let error = Plan::read(text, now()).expect_err("refused");
    format!("{}: {error}", error.code())
}

#[test]
fn what_the_plan_says_is_made_and_nothing_else() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("ceremony");
    let held = hold(&plan(), &folder, &passphrases(), "waybill 0.1.0", now(), &mut dice()).expect("held");
    assert_eq!(names(outer.path()), ["ceremony"], "nothing is left beside it");
    assert_eq!(names(&folder), ["plan.toml", "protocol.txt", "roots", "signer"]);
    assert_eq!(names(&folder.join("roots")), ["ana.key", "ben.key", "carla.key"]);
    assert_eq!(names(&folder.join("signer")), ["keys", "keys.toml", "trust.waybill"]);
    assert_eq!(names(&folder.join("signer/keys")), ["issuing-1.key", "log-1.key"]);
    assert_eq!(fs::read_to_string(folder.join("plan.toml")).expect("read"), PLAN);
    for name in ["", "roots", "signer", "signer/keys"] {
        assert_eq!(
            fs::metadata(folder.join(name)).expect("there").permissions().mode() & 0o777,
            0o700,
            "{name}"
        );
    }

    // Each holder opens one key, with a passphrase of one's own.
    let bundle = held.trust.bundle();
    for (name, root) in ["ana", "ben", "carla"].iter().zip(&bundle.roots) {
        let path = folder.join(format!("roots/{name}.key"));
        let key = FileKey::open(&path, &passphrase(&format!("{name}'s secret"))).expect("opens");
        assert_eq!(key.public_key(), *root);
        let other = FileKey::open(&path, &passphrase("across the gap")).expect_err("another passphrase");
        assert_eq!(other.code(), "key-wrong-passphrase");
    }
    let file =
        UnverifiedFile::read(&fs::read(folder.join("signer/trust.waybill")).expect("read")).expect("a file");
    assert_eq!(TrustState::pin(&file).expect("two of three signed").bundle(), bundle);
    assert_eq!((bundle.number, bundle.threshold, bundle.vendor.as_str()), (1, 2, "Northwind Software"));
    let says: Vec<_> = bundle.keys.iter().map(|key| (key.signs.len(), key.from, key.until.date())).collect();
    assert_eq!(
        says,
        [
            (4, now(), "2031-11-21".to_owned()),
            (1, now(), "2031-11-21".to_owned()),
            (3, Timestamp::parse("2026-11-01").expect("a day"), "2033-11-21".to_owned())
        ]
    );
    let ring = KeyRing::read(&DataDir::new(folder.join("signer"))).expect("a ring");
    for kind in [Kind::License, Kind::Checkpoint] {
        ring.in_use(bundle, kind, now()).expect("its secret is there");
    }
    assert!(
        matches!(ring.place(&bundle.keys[2].public_key), Some(KeyPlace::Token(at)) if at.token == "vault")
    );
}

#[test]
fn the_protocol_says_what_lies_there() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("ceremony");
    let held = hold(&plan(), &folder, &passphrases(), "waybill 0.1.0", now(), &mut dice()).expect("held");
    let protocol = fs::read_to_string(folder.join("protocol.txt")).expect("read");
    assert_eq!(protocol, held.protocol);
    assert_eq!(held.files.len(), 8);
    for (name, digest) in &held.files {
        assert_eq!(*digest, Digest::of(&fs::read(folder.join(name)).expect("read")), "{name}");
        assert!(protocol.contains(&format!("{name}\n  {digest}\n")), "{name}");
    }
    let fingerprints = held.roots.iter().chain(&held.keys).map(Fingerprint::of_key);
    for fingerprint in fingerprints.chain([held.trust.root_fingerprint()]) {
        for (groups, words) in fingerprint.lines() {
            assert!(protocol.contains(&format!("{groups}   {words}\n")), "{groups}");
        }
    }
    for line in [
        "Held       2026-11-22T10:00:00Z (by this machine's clock)",
        "Program    waybill 0.1.0",
        "Number 1. 2 of 3 root keys must sign a bundle.",
        "carla - held by Carla Mendes",
        "spare - a spare",
        "  file        none: key \"spare\" on token \"vault\"",
        "  file        signer/keys/issuing-1.key",
        "Nadia Haddad, notary                      date",
    ] {
        assert!(protocol.lines().any(|said| said == line), "{line}\n{protocol}");
    }
    assert_eq!(protocol.matches("____    ____").count(), 4, "Ana Lima is there twice, and signs once");
    assert!(protocol.lines().all(|line| line.chars().count() <= 80), "it fits paper");
}

#[test]
fn what_cannot_be_is_told_all_at_once() {
    let unknown = PLAN.replace("threshold = 2", "threshold = 2\nquorum = 3");
    assert_eq!(
        problems(&unknown),
        "ceremony-text: the plan cannot be read: at line 6, column 1: unknown field `quorum`, expected one of `vendor`, `place`, `present`, `threshold`, `root`, `key`"
    );
    assert!(problems(&PLAN.replace("holder = \"Ben", "owner = \"Ben")).starts_with("ceremony-text: "));
    assert!(problems(&PLAN.replace("2033-11-21", "in seven years")).contains("is not a day"));

    let wrong = PLAN
        .replace("threshold = 2", "threshold = 4")
        .replace("name = \"ben\"", "name = \"../ben\"")
        .replace("name = \"carla\"", "name = \"ana\"")
        .replace("signs = [\"checkpoint\"]", "signs = [\"checkpoint\", \"license\"]")
        .replace("until = \"2033-11-21\"", "until = \"2026-11-22\"")
        .replace("[\"Ana Lima\", \"Nadia Haddad, notary\"]", "[]");
    let told = problems(&wrong);
    for problem in [
        "ceremony-plan: the plan contradicts itself: nobody is present; 4 of 3 root keys cannot sign",
        "\"../ben\" names no file",
        "two keys are named \"ana\"",
        "key \"log-1\" signs either of license deactivation-receipt refusal revocation-list, or checkpoint",
        "key \"spare\" ends before it begins, or has ended",
    ] {
        assert!(told.contains(problem), "{problem}\n{told}");
    }
    let idle = PLAN
        .replace("signs = [\"checkpoint\"]\nuntil", "signs = [\"checkpoint\"]\nfrom = \"2027-01-01\"\nuntil");
    assert!(problems(&idle).ends_with("no key may sign a checkpoint today"));
    let secret = PLAN.lines().filter(|line| !line.starts_with("public-key")).collect::<Vec<_>>().join("\n");
    assert!(problems(&secret).contains("is on a token, and its public key is not told"));
}

/// Whatever stops it, nothing is there afterwards that was not there before.
#[test]
fn nothing_is_half_done() {
    let outer = tempfile::tempdir().expect("a folder");
    let code = |folder: &Path, passphrases: &Passphrases| {
        hold(&plan(), folder, passphrases, "waybill", now(), &mut dice())
            .map(|_| ())
            .map_err(|error: CeremonyError| error.code())
    };
    let folder = outer.path().join("ceremony");
    let none = Passphrases { signing: None, ..passphrases() };
    assert_eq!(code(&folder, &none), Err("passphrase-empty"), "after the root keys were made");
    let mut shared = passphrases();
    shared.roots[2] = passphrase("ana's secret");
    assert_eq!(code(&folder, &shared), Err("ceremony-passphrase"));
    assert!(names(outer.path()).is_empty());

    fs::create_dir(&folder).expect("made");
    assert_eq!(code(&folder, &passphrases()), Err("ceremony-exists"));
    assert!(names(&folder).is_empty());
    assert_eq!(code(&outer.path().join("missing/.."), &passphrases()), Err("ceremony-exists"));
}
