use std::fs;

use crate::desk::{Desk, Run};

#[test]
fn setup_for_the_first_time() {
    let desk = Desk::empty();
    let said =
        desk.yes("setup --trust trust.waybill --site-code PS1 --site-description Headquarters --name CM01");
    let fingerprint = verifier::testing::trust().root_fingerprint();
    assert_eq!(
        said,
        format!(
            "This server is set up.

  Site              PS1 (Headquarters)
  Server            CM01
  Installation      <INSTALLATION>
  State             state
  Vendor            Example Software
  Root fingerprint  {fingerprint}

Compare the root fingerprint with the one that the vendor gives you on paper or
by telephone: whoever has those root keys decides which licenses are genuine
here.

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
    desk.yes("setup --trust trust.waybill --site-code ps1");
    let (status, _) = desk.json("status");
    assert_eq!(status["site_code"], "PS1");
    assert!(!status["name"].as_str().unwrap().is_empty());
}

#[test]
fn setup_again_in_the_same_way_changes_nothing() {
    let desk = Desk::set_up();
    let (before, key) = (desk.state(), desk.get("state/installation.key"));
    let said =
        desk.yes("setup --trust trust.waybill --site-code PS1 --site-description Headquarters --name CM01");
    assert!(said.starts_with("This server was set up in the same way before; nothing has changed.\n"));
    assert_eq!((desk.state(), desk.get("state/installation.key")), (before, key));
}

#[test]
fn setup_again_in_another_way_is_refused() {
    let desk = Desk::set_up();
    let before = desk.state();
    let run = desk.no("setup --trust trust.waybill --site-code XYZ", "already-set-up");
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
    desk.yes("setup --trust trust.waybill --site-code PS1");
    assert_eq!(desk.get("state/installation.key"), key);
    assert_eq!(desk.names("state"), ["installation.key", "lock", "state"]);
}

#[test]
fn setup_in_a_folder_with_other_things_is_refused() {
    let desk = Desk::empty();
    fs::create_dir(desk.state_dir()).unwrap();
    desk.put("state/letters.txt", b"Dear");
    let run = desk.no("setup --trust trust.waybill --site-code PS1", "directory-in-use");
    assert!(run.err.contains("it holds letters.txt"));
    assert_eq!(desk.names("state"), ["letters.txt"]);
}

#[test]
fn setup_with_a_license_in_place_of_the_trust_file_is_refused() {
    let desk = Desk::activated();
    let other = Desk::empty();
    other.put("trust.waybill", &desk.get("license.waybill"));
    other.no("setup --trust trust.waybill --site-code PS1", "wrong-kind");
    assert!(!other.state_dir().exists());
}

#[test]
fn setup_with_an_altered_trust_file_is_refused() {
    let desk = Desk::empty();
    let mut bytes = desk.get("trust.waybill");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    desk.put("trust.waybill", &bytes);
    desk.no("setup --trust trust.waybill --site-code PS1", "signature");
}

#[test]
fn setup_with_an_armoured_trust_file() {
    let desk = Desk::empty();
    let armour = verifier::testing::trust_file().armour().unwrap();
    desk.put("trust.txt", armour.replace('\n', "\r\n> ").as_bytes());
    desk.yes("setup --trust trust.txt --site-code PS1");
}

#[test]
fn setup_with_an_impossible_site_code_is_misuse() {
    let desk = Desk::empty();
    for code in ["PS", "PS12", "NUL", "P-1"] {
        let run = desk.run(&format!("setup --trust trust.waybill --site-code {code}"));
        assert_eq!(run.code, Some(2), "{run:?}");
    }
}

#[test]
fn setup_without_the_trust_file_is_misuse() {
    let desk = Desk::empty();
    let Run { code, err, .. } = desk.run("setup --trust missing.waybill --site-code PS1");
    assert_eq!(code, Some(2));
    assert!(err.starts_with("waybill-proxy: [file-unreadable] missing.waybill could not be read: "), "{err}");
}

#[test]
fn setup_as_json() {
    let desk = Desk::empty();
    let (said, code) = desk.json("setup --trust trust.waybill --site-code PS1 --name CM01");
    assert_eq!(code, 0);
    assert_eq!(said["new"], true);
    assert_eq!(said["site_code"], "PS1");
    assert_eq!(said["vendor"], "Example Software");
    assert_eq!(said["root_fingerprint"], verifier::testing::trust().root_fingerprint());
    assert_eq!(said["installation"].as_str().unwrap().len(), 64);
}
