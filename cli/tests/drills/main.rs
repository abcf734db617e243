//! Keys rotate, leak and are replaced, and nobody visits a site: all that reaches one is the answer to its next request.

mod ceremony;
#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use support::{Run, Site, Vendor};

/// A vendor's keys, by its own commands.
impl Vendor {
    fn secret(&self) -> [&str; 2] {
        ["--passphrase-file", self.passphrase.to_str().expect("text")]
    }

    fn keys(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["keys"];
        all.extend(arguments);
        if matches!(arguments[0], "rotate" | "revoke") {
            all.extend(self.secret());
        }
        self.run(&all)
    }

    /// The keys of a role that the list shows in a state.
    fn listed(&self, role: &str, state: &str) -> Vec<String> {
        let list = self.keys(&["list"]).exits(0).json();
        let keys = list["keys"].as_array().expect("keys");
        let fits = |key: &&Value| {
            key["role"] == role && key["state"].as_str().is_some_and(|is| is.starts_with(state))
        };
        keys.iter().filter(fits).map(|key| key["key"].as_str().expect("a name").to_owned()).collect()
    }

    fn in_use(&self) -> String {
        let [key] = &self.listed("issuing", "in use")[..] else { panic!("one issuing key is in use") };
        key.clone()
    }

    /// `waybill issue`: an answer from a signer that is started for it.
    fn issues(&self, request: &Path) -> PathBuf {
        let answer = request.with_extension("answer");
        let mut all =
            vec!["issue", request.to_str().expect("text"), "--output", answer.to_str().expect("text")];
        all.extend(self.secret());
        self.run(&all).exits(0);
        answer
    }

    fn activates(&self, code: &str, key: &str) -> Site {
        let site = self.site(code, "Site");
        let answer = self.issues(&site.activation("desktop", key, "activation"));
        assert_eq!(site.imports(&answer), "installed");
        site
    }

    /// The site uses something and reports it, and its answer comes home.
    fn refreshes(&self, site: &Site, name: &str) -> PathBuf {
        site.uses("desktop", name.len() as u64);
        let answer = self.issues(&site.refresh("desktop", name));
        assert_eq!(site.imports(&answer), "installed");
        answer
    }
}

/// The key that signed a file.
fn signer_of(vendor: &Vendor, file: &Path) -> String {
    let inspected = vendor.run(&["inspect", file.to_str().expect("text")]).exits(0).json();
    inspected["kid"].as_str().expect("a key").to_owned()
}

fn bundle(site: &Site) -> Value {
    site.status()["trust_bundle"].clone()
}

fn notes(site: &Site) -> Vec<String> {
    let slot = site.slot("desktop");
    let codes = slot["notices"].as_array().expect("notices").iter();
    codes.filter_map(|notice| notice["code"].as_str()).map(str::to_owned).collect()
}

/// The issuing key rotates: a site that was activated before goes on, learns of the new key from its next answer, and one that slept through
/// three rotations catches up from one answer.
#[test]
fn the_issuing_key_rotates() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let (_, other) = vendor.sells(&contoso, "desktop", 10);
    let awake = vendor.activates("PS1", &key);
    let asleep = vendor.activates("PS2", &other);
    let first = vendor.in_use();

    for number in 2..=4 {
        let made = vendor.keys(&["rotate"]).exits(0).json();
        assert_eq!([&made["bundle"], &made["installed"]], [&json!(number), &json!(true)]);
        assert_eq!(awake.slot("desktop")["state"], "active");
        let answer = vendor.refreshes(&awake, &format!("refresh-{number}"));
        assert_eq!(signer_of(&vendor, &answer), made["key"].as_str().expect("a name"));
        assert_eq!(bundle(&awake), number);
    }
    assert_eq!(vendor.listed("issuing", "spare").len(), 3, "the old ones are trusted still");
    assert_ne!(vendor.in_use(), first);

    assert_eq!(bundle(&asleep), 1);
    let answer = vendor.refreshes(&asleep, "refresh");
    assert_eq!(bundle(&asleep), 4);
    assert!(notes(&asleep).is_empty(), "{:?}", notes(&asleep));

    // Who is set up today begins at the newest, and an old answer is still no news.
    vendor
        .run(&["trust", "export", "--output", vendor.path("newest.waybill").to_str().expect("text")])
        .exits(0);
    let again = asleep.import(&answer).exits(0).json();
    assert_eq!(again["outcome"], "already-installed");
}

/// A spare is trusted from day one and takes over with one command, for which no root key is needed.
#[test]
fn a_spare_takes_over_at_once() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let spare =
        vendor.keys(&["rotate", "--spare"]).exits(0).json()["key"].as_str().expect("a name").to_owned();
    let used = vendor.in_use();
    assert_ne!(used, spare);
    let site = vendor.activates("PS1", &key);

    // The root key is in a safe, and the key in use is gone.
    fs::rename(vendor.data_dir.join("keys/root-1.key"), vendor.path("root-1.key")).expect("put away");
    fs::remove_file(vendor.data_dir.join("keys/issuing-1.key")).expect("lost");
    vendor.keys(&["use", &spare[..8]]).exits(0);
    assert_eq!(vendor.in_use(), spare);
    let answer = vendor.refreshes(&site, "refresh");
    assert_eq!(signer_of(&vendor, &answer), spare);

    let none = vendor.keys(&["use", &used[..8]]).exits(1);
    assert_eq!(none.error_code(), "key-not-here");
    let root = vendor.keys(&["list"]).exits(0).json()["keys"].as_array().expect("keys").clone();
    let root = root.iter().find(|key| key["role"] == "root").expect("a root key").clone();
    assert_eq!(root["secret"], "not here");
    let name = &root["key"].as_str().expect("a name")[..8];
    assert_eq!(vendor.keys(&["use", name]).exits(1).error_code(), "key-is-root");
    assert_eq!(vendor.keys(&["use", "0000"]).exits(2).error_code(), "key-name");
}

/// An issuing key leaks. What it signed before is good, what it signed since is not, also where it is in force already.
#[test]
fn an_issuing_key_leaks() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, first) = vendor.sells(&contoso, "desktop", 250);
    let (_, second) = vendor.sells(&contoso, "desktop", 10);
    let (_, mobile) = vendor.sells(&contoso, "mobile", 10);
    let (_, another) = vendor.sells(&contoso, "mobile", 10);
    let leaked = vendor.in_use();

    let before = vendor.activates("PS1", &first);
    let since = next_second(before.slot("desktop")["issued"].as_str().expect("an instant"));
    support::wait_for("the second of the leak", || (clock() >= since).then_some(()));
    let after = vendor.activates("PS2", &second);
    after.uses("desktop", 3);
    let stray = vendor.issues(&after.refresh("desktop", "on-its-way"));

    vendor.keys(&["rotate"]).exits(0);
    let told = vendor.keys(&["revoke", &leaked, "--since", &since]).exits(0).json();
    assert_eq!([&told["bundle"], &told["installed"]], [&json!(3), &json!(true)]);
    assert_eq!(vendor.listed("issuing", "distrusted"), [leaked.as_str()]);

    // The news comes with the next answer, here for the other slot: it touches only the license that was signed since.
    for (site, key) in [(&before, &mobile), (&after, &another)] {
        assert!(!notes(site).contains(&"key-distrusted".to_owned()), "nobody there can know yet");
        let answer = vendor.issues(&site.activation("mobile", key, "mobile"));
        assert_eq!(site.imports(&answer), "installed");
        assert_eq!(bundle(site), 3);
    }
    assert!(!notes(&before).contains(&"key-distrusted".to_owned()), "{:?}", notes(&before));
    assert!(notes(&after).contains(&"key-distrusted".to_owned()), "{:?}", notes(&after));
    let check = |site: &Site| site.run(&["check", "--license-type", "desktop", "--add", "1"]);
    check(&before).exits(0);
    check(&after).exits(1);
    // What was on its way is not taken any more; the next answer is signed by another key.
    assert_eq!(after.import(&stray).exits(1).error_code(), "key-distrusted");
    vendor.refreshes(&after, "refresh");
    assert!(!notes(&after).contains(&"key-distrusted".to_owned()), "{:?}", notes(&after));
    check(&after).exits(0);
}

fn next_second(instant: &str) -> String {
    license_format::Timestamp::parse(instant).expect("an instant").plus(1).rfc3339()
}

/// What the machine's clock says, as RFC 3339 writes it.
fn clock() -> String {
    let told = Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().expect("date");
    String::from_utf8(told.stdout).expect("text").trim().to_owned()
}

/// A mistyped passphrase makes no key, and changes nothing.
#[test]
fn a_mistyped_passphrase_makes_no_key() {
    let vendor = Vendor::new();
    let wrong = vendor.path("wrong");
    fs::write(&wrong, "across the gab\n").expect("written");
    let before = vendor.keys(&["list"]).exits(0).json();
    let rotate = ["keys", "rotate", "--passphrase-file", wrong.to_str().expect("text")];
    assert_eq!(vendor.run(&rotate).exits(1).error_code(), "key-wrong-passphrase");
    assert_eq!(vendor.keys(&["list"]).exits(0).json(), before);
    assert!(!vendor.data_dir.join("keys/issuing-2.key").exists());
}

/// OpenSSL reads the public half that is exported.
#[test]
fn a_public_key_is_exported() {
    let vendor = Vendor::new();
    let key = vendor.in_use();
    let path = vendor.path("issuing.pem");
    vendor.keys(&["export", &key[..12], "--output", path.to_str().expect("text")]).exits(0);
    let read = Command::new("openssl").args(["pkey", "-pubin", "-noout", "-text", "-in"]).arg(&path).output();
    let read = read.expect("openssl");
    assert!(String::from_utf8_lossy(&read.stdout).contains("ED25519 Public-Key"), "{read:?}");
}

/// The id of the license in force at a site, as the vendor names it.
fn license_at(vendor: &Vendor, site: &Site) -> String {
    vendor.sees(site)["slots"][0]["license"]["id"].as_str().expect("an id").to_owned()
}

impl Vendor {
    fn revokes(&self, what: &[&str]) -> Run {
        let mut all = vec!["revoke"];
        all.extend(what);
        all.extend(["--reason", "stolen"]);
        all.extend(self.secret());
        self.run(&all)
    }
}

fn may_add(site: &Site) -> bool {
    site.run(&["check", "--license-type", "desktop", "--add", "1"]).code == 0
}

/// A license is revoked, through files only: where it was it is dead with the next answer, and everybody else goes on.
#[test]
fn a_license_is_revoked() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, first) = vendor.sells(&contoso, "desktop", 250);
    let (_, second) = vendor.sells(&contoso, "desktop", 10);
    let (one, other) = (vendor.activates("PS1", &first), vendor.activates("PS2", &second));
    let in_force = license_at(&vendor, &one);
    one.uses("desktop", 3);
    let stray = vendor.issues(&one.refresh("desktop", "on-its-way"));
    let given = license_at(&vendor, &one);
    let told = vendor.revokes(&["license", &in_force, &given]).exits(0).json();
    assert_eq!([&told["list"], &told["blocked"]], [&json!(1), &json!(true)]);
    assert_eq!(vendor.revokes(&["license", &given]).exits(1).error_code(), "revocation-known");
    assert!(may_add(&one), "nobody there can know yet");

    // The refresh is refused, and its file brings the list. What was on its way is not taken any more.
    one.uses("desktop", 4);
    let request = one.refresh("desktop", "refresh");
    let (request, answer) = (request.to_str().expect("text"), one.beside("files").join("refused.waybill"));
    let [option, file] = vendor.secret();
    let output = answer.to_str().expect("text");
    let refused = vendor.run(&["issue", request, "--output", output, option, file]).exits(1);
    assert_eq!(refused.error_code(), "blocked");
    assert_eq!(one.import(&answer).json()["outcome"], "refused");
    assert!(!may_add(&one));
    assert!(notes(&one).contains(&"license-revoked".to_owned()), "{:?}", notes(&one));
    assert_eq!(one.import(&stray).exits(1).error_code(), "license-revoked");
    let counted = vendor.sees(&one)["slots"][0]["counted"].as_array().expect("a list").len();
    assert_eq!(counted, 2, "both hold seats until the proxy proves that it let go");

    // The other site learns of the list, too, and goes on.
    vendor.refreshes(&other, "refresh");
    assert!(may_add(&other) && notes(&other).is_empty(), "{:?}", notes(&other));

    // All is on the log, and shown.
    let list = vendor.run(&["revoke", "list"]).exits(0).json();
    assert_eq!(list["revocations"].as_array().expect("a list").len(), 2);
    let verified = vendor.run(&["log", "verify"]).exits(0).json();
    assert_eq!([&verified["news"], &verified["withdrawn"]], [&json!(2), &json!(2)]);
}

/// A portal that runs takes a new bundle, a preferred key and a revoked one with its next answer; nobody starts it again.
#[test]
fn a_running_portal_takes_the_news() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Site");
    let answered = |request: &Path| {
        let answer = vendor.answer(&portal, &contoso, request);
        assert_eq!(site.imports(&answer), "installed");
        signer_of(&vendor, &answer)
    };
    let first = vendor.in_use();
    assert_eq!(answered(&site.activation("desktop", &key, "activation")), first);

    // It leaks: another is trusted, and it is distrusted from now on, while the portal runs.
    let second = vendor.keys(&["rotate"]).exits(0).json()["key"].as_str().expect("a name").to_owned();
    vendor.keys(&["revoke", &first, "--since", &clock()]).exits(0);
    site.uses("desktop", 1);
    assert_eq!(answered(&site.refresh("desktop", "leaked")), second);
    assert_eq!(bundle(&site), 3);

    let third =
        vendor.keys(&["rotate", "--spare"]).exits(0).json()["key"].as_str().expect("a name").to_owned();
    site.uses("desktop", 2);
    assert_eq!(answered(&site.refresh("desktop", "spare")), second);
    vendor.keys(&["use", &third[..8]]).exits(0);
    site.uses("desktop", 3);
    assert_eq!(answered(&site.refresh("desktop", "used")), third);

    // A list that another process made names the key in use.
    vendor.revokes(&["key", &third[..8]]).exits(0);
    assert_eq!(vendor.in_use(), second);
    site.uses("desktop", 4);
    assert_eq!(answered(&site.refresh("desktop", "revoked")), second);
    portal.stop();
    let verified = vendor.run(&["log", "verify"]).exits(0).json();
    assert_eq!(verified["findings"], json!([]));
}
