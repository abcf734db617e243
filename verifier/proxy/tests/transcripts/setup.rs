use std::fs;

use crate::desk::{Desk, Run};

#[test]
fn setup_for_the_first_time() {
    let desk = Desk::empty();
    let said =
        desk.yes("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1 --site-description Headquarters --name CM01");
    let [(a, one), (b, two), (c, three), (d, four)] = verifier::testing::trust().root_fingerprint().lines();
    assert_eq!(
        said,
        format!(
            "This server is set up.

  Site              PS1 (Headquarters)
  Server            CM01
  Installation      <INSTALLATION>
  State             state
  Vendor            Example Software
  Root fingerprint  {a}   {one}
                    {b}   {two}
                    {c}   {three}
                    {d}   {four}

Next: waybill-proxy prepare activation --license-type TYPE --license-key KEY
"
        )
    );
    assert_eq!(desk.names("state"), ["installation.key", "lock", "state"]);
    assert_eq!(fs::read(desk.state_dir().join("installation.key")).unwrap().len(), 32);
}

#[test]
fn setup_with_the_name_of_the_machine_and_a_small_site_code() {
    let desk = Desk::empty();
    desk.yes("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code ps1");
    let (status, _) = desk.json("status");
    assert_eq!(status["site_code"], "PS1");
    assert!(!status["name"].as_str().unwrap().is_empty());
}

#[test]
fn setup_again_in_the_same_way_changes_nothing() {
    let desk = Desk::set_up();
    let (before, key) = (desk.state(), desk.get("state/installation.key"));
    let said =
        desk.yes("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1 --site-description Headquarters --name CM01");
    assert!(said.starts_with("This server was set up in the same way before; nothing has changed.\n"));
    assert_eq!((desk.state(), desk.get("state/installation.key")), (before, key));
}

#[test]
fn setup_again_in_another_way_is_refused() {
    let desk = Desk::set_up();
    let before = desk.state();
    let run =
        desk.no("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code XYZ", "already-set-up");
    assert_eq!(
        run.err,
        "waybill-proxy: [already-set-up] state holds an installation already: site PS1, <INSTALLATION>\n\
         Next: Run `waybill-proxy status` to see it, or name another directory with --state-dir.\n"
    );
    assert_eq!(desk.state(), before);
}

#[test]
fn setup_goes_on_where_it_was_interrupted() {
    let desk = Desk::set_up();
    let key = desk.get("state/installation.key");
    fs::remove_file(desk.state_dir().join("state")).unwrap();
    desk.put("state/.installation.key.Xa7b9Q", b"left by a write that was cut off");
    desk.yes("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1");
    assert_eq!(desk.get("state/installation.key"), key);
    assert_eq!(desk.names("state"), ["installation.key", "lock", "state"]);
}

#[test]
fn setup_in_a_folder_with_other_things_is_refused() {
    let desk = Desk::empty();
    fs::create_dir(desk.state_dir()).unwrap();
    desk.put("state/letters.txt", b"Dear");
    let run =
        desk.no("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1", "directory-in-use");
    assert!(run.err.contains("it holds letters.txt"));
    assert_eq!(desk.names("state"), ["letters.txt"]);
}

#[test]
fn setup_with_a_license_in_place_of_the_trust_file_is_refused() {
    let desk = Desk::activated();
    let other = Desk::empty();
    other.put("trust.waybill", &desk.get("license.waybill"));
    other.no("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1", "wrong-kind");
    assert!(!other.state_dir().exists());
}

#[test]
fn setup_with_an_altered_trust_file_is_refused() {
    let desk = Desk::empty();
    let mut bytes = desk.get("trust.waybill");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    desk.put("trust.waybill", &bytes);
    desk.no("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1", "signature");
}

#[test]
fn setup_with_an_armoured_trust_file() {
    let desk = Desk::empty();
    let armour = verifier::testing::trust_file().armour().unwrap();
    desk.put("trust.txt", armour.replace('\n', "\r\n> ").as_bytes());
    desk.yes("setup --trust trust.txt --fingerprint FINGERPRINT --site-code PS1");
}

#[test]
fn setup_with_an_impossible_site_code_is_misuse() {
    let desk = Desk::empty();
    for code in ["PS", "PS12", "NUL", "P-1"] {
        let run =
            desk.run(&format!("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code {code}"));
        assert_eq!(run.code, Some(2), "{run:?}");
    }
}

#[test]
fn setup_without_the_trust_file_is_misuse() {
    let desk = Desk::empty();
    let Run { code, err, .. } =
        desk.run("setup --trust missing.waybill --fingerprint FINGERPRINT --site-code PS1");
    assert_eq!(code, Some(2));
    assert!(err.starts_with("waybill-proxy: [file-unreadable] missing.waybill could not be read: "), "{err}");
}

#[test]
fn setup_as_json() {
    let desk = Desk::empty();
    let (said, code) =
        desk.json("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1 --name CM01");
    assert_eq!(code, 0);
    assert_eq!(said["new"], true);
    assert_eq!(said["site_code"], "PS1");
    assert_eq!(said["vendor"], "Example Software");
    let fingerprint = verifier::testing::trust().root_fingerprint();
    assert_eq!(said["root_fingerprint"], fingerprint.to_string());
    assert_eq!(said["root_fingerprint_words"], fingerprint.words());
    assert_eq!(said["installation"].as_str().unwrap().len(), 64);
}

/// Nobody compared anything, so nothing is believed: not by a script that forgot it, and not because the answer is wanted as JSON.
#[test]
fn setup_without_a_comparison_is_misuse() {
    let desk = Desk::empty();
    let run = desk.run("setup --trust trust.waybill --site-code PS1");
    assert_eq!(run.code, Some(2));
    assert_eq!(
        run.err,
        "waybill-proxy: [fingerprint-needed] nobody is there to compare the root fingerprint with the vendor's\n\
         Next: Give the fingerprint that the vendor told you with --fingerprint TEXT.\n"
    );
    let (said, code) = desk.json("setup --trust trust.waybill --site-code PS1");
    assert_eq!((code, &said["error"]["code"]), (2, &"fingerprint-needed".into()));
    let none = desk.run("setup --site-code PS1");
    assert_eq!(none.code, Some(2));
    assert!(none.err.starts_with("waybill-proxy: [trust-needed] "), "{}", none.err);
    assert!(!desk.state_dir().exists());
}

#[test]
fn setup_with_the_fingerprint_of_another_vendor_is_refused() {
    let desk = Desk::empty();
    let other = "0011-2233-4455-6677-8899-AABB-CCDD-EEFF";
    let run = desk.no(
        &format!("setup --trust trust.waybill --fingerprint {other} --site-code PS1"),
        "fingerprint-differs",
    );
    assert!(run.err.contains("which is another one: nothing was set up"), "{}", run.err);
    let run = desk.run("setup --trust trust.waybill --fingerprint 0011-2233 --site-code PS1");
    assert_eq!(run.code, Some(2));
    assert!(run.err.starts_with("waybill-proxy: [fingerprint-text] "), "{}", run.err);
    assert!(!desk.state_dir().exists());
}

#[test]
fn setup_with_the_fingerprint_as_somebody_typed_it() {
    let shown = verifier::testing::trust().root_fingerprint();
    for typed in [
        shown.to_string().replace('-', "").to_lowercase(),
        shown.to_string().replace('-', ":"),
        shown.words().replace(' ', "-"),
    ] {
        let desk = Desk::empty();
        desk.yes(&format!("setup --trust trust.waybill --fingerprint {typed} --site-code PS1"));
    }
}

/// At a terminal the fingerprint is shown, and a person says that it is the vendor's. `script` is the terminal.
#[test]
#[cfg(target_os = "linux")]
fn setup_at_a_terminal_asks_to_compare() {
    let shown = verifier::testing::trust().root_fingerprint();
    let group = shown.to_string()[..4].to_lowercase();
    for (typed, code) in [("yes", 0), ("Y", 0), (group.as_str(), 0), ("0000", 1), ("no", 1), ("maybe", 1)] {
        let desk = Desk::empty();
        let (said, ended) = desk.at_a_terminal("setup --trust trust.waybill --site-code PS1", typed);
        assert_eq!(ended, Some(code), "{typed}: {said}");
        for (groups, words) in shown.lines() {
            assert!(said.contains(&format!("{groups}   {words}")), "{said}");
        }
        assert!(
            said.contains("Are they the same? Type yes, or the first group that the vendor tells you: "),
            "{said}"
        );
        assert_eq!(desk.state_dir().exists(), code == 0, "{typed}: {said}");
    }
}
