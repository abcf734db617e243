//! A vendor whose root keys are three people's, each on a machine of one's own. One of them is lost.

use std::{
    fs,
    path::{Path, PathBuf},
};

use license_format::{Kind, UnverifiedFile};
use serde_json::json;

use crate::{
    bundle, license_at, notes, signer_of,
    support::{Run, Site, Vendor, waybill},
};

const PLAN: &str = r#"
vendor = "Northwind Software"
present = ["Ana Lima", "Ben Okoro", "Carla Mendes", "Nadia Haddad, notary"]
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
signs = ["license", "deactivation-receipt", "refusal", "revocation-list"]
until = "2090-01-01"
[[key]]
name = "log-1"
signs = ["checkpoint"]
until = "2090-01-01"
[[key]]
name = "issuing-spare"
signs = ["license", "deactivation-receipt", "refusal", "revocation-list"]
until = "2090-01-01"
"#;

/// Somebody with a root key and a machine, which is a folder.
struct Holder(PathBuf);

impl Holder {
    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("text").to_owned()
    }

    /// Reads what was brought, and signs it. What is carried on lies on this machine.
    fn signs(&self, what: &Path) -> String {
        let name = what.file_stem().expect("a name").to_str().expect("text");
        let signed = self.file(&format!("{name}.signed"));
        let (what, key, secret) = (what.to_str().expect("text"), self.file("root.key"), self.file("secret"));
        alone(&[
            "trust",
            "sign",
            what,
            "--root-key",
            &key,
            "--passphrase-file",
            &secret,
            "--yes",
            "--output",
            &signed,
        ])
        .exits(0);
        signed
    }
}

/// A command on a machine without a data directory.
fn alone(arguments: &[&str]) -> Run {
    Run::of(&waybill(), &[&["--json"][..], arguments].concat())
}

/// Holds the ceremony, and takes everything to where it belongs: a root key to each holder, the rest to the signer.
fn held() -> (Vendor, [Holder; 3]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_str().expect("text").to_owned();
    fs::write(path("plan.toml"), PLAN).expect("written");
    fs::write(path("passphrase"), "across the gap\n").expect("written");
    fs::create_dir(path("secrets")).expect("made");
    let names = ["ana", "ben", "carla"];
    for name in names {
        fs::write(path("secrets").join(name), format!("{name} alone knows\n")).expect("written");
    }
    let (plan, secrets, passphrase, ceremony) =
        (text("plan.toml"), text("secrets"), text("passphrase"), text("ceremony"));
    let hold = ["keys", "ceremony", &plan, "--output", &ceremony, "--passphrase-dir", &secrets];
    let hold = [&hold[..], &["--passphrase-file", &passphrase]].concat();
    let planned = alone(&[&hold[..], &["--check"]].concat()).exits(0).json();
    assert_eq!((planned["held"] == false, path("ceremony").exists()), (true, false));
    let made = alone(&hold).exits(0).json();
    assert_eq!(alone(&hold).exits(1).error_code(), "ceremony-exists");
    let protocol = fs::read_to_string(path("ceremony/protocol.txt")).expect("read");
    assert!(protocol.contains(made["roots"][2]["key"].as_str().expect("a name")), "{protocol}");

    let holders = names.map(|name| {
        let holder = Holder(path(name));
        fs::create_dir(&holder.0).expect("made");
        fs::rename(path(&format!("ceremony/roots/{name}.key")), holder.0.join("root.key"))
            .expect("taken away");
        fs::rename(path("secrets").join(name), holder.0.join("secret")).expect("taken away");
        holder
    });
    fs::rename(path("ceremony/signer"), path("carried")).expect("carried");
    fs::remove_dir_all(path("ceremony")).expect("deleted");

    let vendor = Vendor {
        data_dir: path("vendor"),
        passphrase: path("passphrase"),
        trust: path("trust.waybill"),
        database: Vec::new(),
        folder,
    };
    let begun =
        vendor.run(&["init", "--ceremony", vendor.path("carried").to_str().expect("text")]).exits(0).json();
    assert_eq!(begun["root_fingerprint"], made["root_fingerprint"]);
    vendor.run(&["trust", "export", "--output", vendor.trust.to_str().expect("text")]).exits(0);
    (vendor, holders)
}

impl Vendor {
    /// `waybill trust install` of what holders have carried here.
    fn installs(&self, signed: &[String]) -> Run {
        let signed: Vec<&str> = signed.iter().map(String::as_str).collect();
        self.run(&[&["trust", "install"][..], &signed].concat())
    }

    fn file(&self, name: &str) -> String {
        self.path(name).to_str().expect("text").to_owned()
    }
}

/// An answer, and in it another trust bundle than the vendor put there.
fn with_bundle(answer: &Path, forged: &str) -> PathBuf {
    let read = |path: &Path| UnverifiedFile::read(&fs::read(path).expect("read")).expect("a file");
    let mut file = read(answer);
    file.trust.retain(|document| document.kind() != Kind::TrustBundle);
    file.trust.insert(0, read(Path::new(forged)).document);
    let path = answer.with_extension("forged");
    fs::write(&path, file.encode()).expect("written");
    path
}

/// The text of a proposal as a thief changes it: one root key, which is the thief's, decides from now on.
fn usurped(text: &str, root: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("roots", _)) => format!("roots = [{root:?}]"),
        Some(("threshold", _)) => "threshold = 1".to_owned(),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn refused_import(site: &Site, file: &Path, code: &str) {
    let before = site.state();
    assert_eq!(site.import(file).exits(1).error_code(), code);
    assert_eq!(site.state(), before);
}

/// Without any root key in its data directory a vendor rotates: proposed there, signed on two machines, put in place.
#[test]
fn keys_rotate_where_no_root_key_is() {
    let (vendor, [ana, ben, _]) = held();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let site = vendor.activates("PS1", &key);
    assert_eq!(vendor.listed("issuing", "spare").len(), 1, "trusted from day one");

    let proposal = vendor.path("rotation.toml");
    let made = vendor.keys(&["rotate", "--output", proposal.to_str().expect("text")]).exits(0).json();
    assert_eq!([&made["installed"], &made["missing"]["before"]], [&json!(false), &json!(2)]);
    vendor.refreshes(&site, "meanwhile");
    assert_eq!(bundle(&site), 1);

    let parts = [ana.signs(&proposal), ben.signs(&proposal)];
    assert_eq!(vendor.installs(&parts[..1]).exits(1).error_code(), "trust-unsigned");
    let whole = vendor.file("whole.waybill");
    alone(&["trust", "combine", &parts[0], &parts[1], "--output", &whole]).exits(0);
    assert_eq!(vendor.installs(&[whole]).exits(0).json()["bundle"], 2);
    let answer = vendor.refreshes(&site, "refresh");
    assert_eq!(signer_of(&vendor, &answer), made["key"].as_str().expect("a name"));
    assert_eq!(bundle(&site), 2);
}

/// Two of three holders sign each bundle, and a site sleeps through three of them and a revocation. One answer brings all that it lacks.
#[test]
fn who_slept_through_three_bundles_catches_up_from_one_answer() {
    let (vendor, [ana, ben, carla]) = held();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let (_, other) = vendor.sells(&contoso, "desktop", 10);
    let (asleep, gone) = (vendor.activates("PS1", &key), vendor.activates("PS2", &other));
    let license = license_at(&vendor, &gone);
    vendor.revokes(&["license", &license]).exits(0);
    for number in 2..=4 {
        let proposal = vendor.path(&format!("rotation-{number}.toml"));
        vendor.keys(&["rotate", "--spare", "--output", proposal.to_str().expect("text")]).exits(0);
        let holders = [&ana, &ben, &carla];
        let signed = [0, 1].map(|step| holders[(number + step) % 3].signs(&proposal));
        assert_eq!(vendor.installs(&signed).exits(0).json()["bundle"], number);
    }
    assert_eq!(bundle(&asleep), 1);
    vendor.refreshes(&asleep, "awake");
    assert_eq!((bundle(&asleep), notes(&asleep)), (json!(4), Vec::new()));
}

/// One of three root keys is lost. The two others name another in its place, and with the new one the next bundle is signed; who finds the lost
/// one leads nobody away.
#[test]
fn a_root_key_is_lost() {
    let (vendor, [ana, ben, carla]) = held();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let (_, other) = vendor.sells(&contoso, "desktop", 10);
    let (site, asleep) = (vendor.activates("PS1", &key), vendor.activates("PS2", &other));
    let roots = vendor.run(&["trust", "show"]).exits(0).json()["roots"].clone();
    let lost = roots[2].as_str().expect("a name").to_owned();
    let found = fs::read_to_string(carla.file("root.key")).expect("read");
    let found = found.lines().find_map(|line| line.strip_prefix("Public key: ")).expect("a public key");

    // Dana makes a key on her machine, and tells its public half.
    let dana = Holder(vendor.path("dana"));
    fs::create_dir(&dana.0).expect("made");
    fs::write(dana.file("secret"), "dana alone knows\n").expect("written");
    let (file, secret) = (dana.file("root.key"), dana.file("secret"));
    let new = alone(&["keys", "create", &file, "--passphrase-file", &secret]).exits(0).json();
    let by = new["public_key"].as_str().expect("a key");
    let proposal = vendor.path("replacement.toml");
    let output = proposal.to_str().expect("text");
    let told =
        vendor.run(&["trust", "propose", "--replace-root", &lost[..12], "--by", by, "--output", output]);
    assert_eq!(told.exits(0).json()["missing"], json!({ "own": 2, "before": 2 }));

    // One old holder is not enough, nor is one with the newcomer's help.
    let parts = [ana.signs(&proposal), dana.signs(&proposal), ben.signs(&proposal)];
    for too_few in [&parts[..1], &parts[1..2], &parts[..2]] {
        assert_eq!(vendor.installs(too_few).exits(1).error_code(), "trust-unsigned");
    }
    assert_eq!(vendor.installs(&[parts[0].clone(), parts[2].clone()]).exits(0).json()["bundle"], 2);
    assert_eq!(site.slot("desktop")["state"], "active", "it goes on as it was");
    vendor.refreshes(&site, "learns");
    assert_eq!((bundle(&site), notes(&site)), (json!(2), Vec::new()));

    // The next bundle, as it is proposed, and as who found the key would have it.
    let next = vendor.path("next.toml");
    let spare = vendor.keys(&["rotate", "--spare", "--output", next.to_str().expect("text")]).exits(0).json();
    let thiefs = vendor.path("thiefs.toml");
    fs::write(&thiefs, usurped(&fs::read_to_string(&next).expect("read"), found)).expect("written");
    let forged = carla.signs(&thiefs);
    assert_eq!(vendor.installs(std::slice::from_ref(&forged)).exits(1).error_code(), "trust-unsigned");
    site.uses("desktop", 3);
    let answer = vendor.issues(&site.refresh("desktop", "again"));
    refused_import(&site, &with_bundle(&answer, &forged), "trust-threshold");
    // Also where nobody has heard of the loss yet: one key of three was never enough.
    fs::write(&thiefs, usurped(&fs::read_to_string(&proposal).expect("read"), found)).expect("written");
    fs::rename(&forged, carla.file("earlier.signed")).expect("moved");
    let forged = carla.signs(&thiefs);
    let late = vendor.issues(&asleep.refresh("desktop", "late"));
    refused_import(&asleep, &with_bundle(&late, &forged), "trust-threshold");

    // The new holder and one of the old ones sign the one after.
    let parts = [dana.signs(&next), ana.signs(&next)];
    assert_eq!(vendor.installs(&parts).exits(0).json()["bundle"], 3);
    assert_eq!(site.imports(&answer), "installed");
    vendor.refreshes(&site, "refresh");
    assert_eq!(bundle(&site), 3);
    assert!(vendor.listed("issuing", "spare").contains(&spare["key"].as_str().expect("a name").to_owned()));
    // Who slept through all of it comes along with one answer.
    assert_eq!((asleep.imports(&late), bundle(&asleep)), ("installed".to_owned(), json!(2)));
    vendor.refreshes(&asleep, "awake");
    assert_eq!(bundle(&asleep), 3);
}
