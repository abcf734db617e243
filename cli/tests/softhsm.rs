//! The issuing and the log key on a token, through the command: made there, used from there, and what is told when the PIN is wrong.
//! `scripts/suites/softhsm` prepares the token.

mod support;

use std::{env, fs, path::PathBuf};

use support::Vendor;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test --only softhsm"))
}

#[test]
fn answers_are_signed_on_a_token() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let (right, wrong) = (vendor.path("pin"), vendor.path("wrong-pin"));
    fs::write(&right, "1234\n").expect("written");
    fs::write(&wrong, "4321\n").expect("written");
    let text = |path: &PathBuf| path.to_str().expect("text").to_owned();
    let (passphrase, right, wrong) = (text(&vendor.passphrase), text(&right), text(&wrong));

    let module = variable("WAYBILL_TEST_PKCS11");
    let mut made = Vec::new();
    for role in ["issuing", "log"] {
        let rotate = ["keys", "rotate", role, "--pkcs11-module", &module, "--token", "command"];
        let secrets = ["--pin-file", &right, "--passphrase-file", &passphrase];
        let rotated = vendor.run(&[&rotate[..], &secrets].concat()).exits(0).json();
        made.push(rotated["key"].as_str().expect("a name").to_owned());
    }
    let list = vendor.run(&["keys", "list"]).exits(0).json();
    let rows = list["keys"].as_array().expect("keys");
    for key in &made {
        let row = rows.iter().find(|row| row["key"] == key.as_str()).expect("listed");
        assert_eq!(row["state"], "in use");
        assert!(row["secret"].as_str().expect("a place").contains("on token \"command\""), "{row}");
    }
    let settings = fs::read_to_string(vendor.data_dir.join("keys.toml")).expect("written");
    assert!(!settings.contains("1234"), "{settings}");

    // No key that signs is in a file any more, so no passphrase is asked for; but the PIN is, and a wrong one issues nothing.
    let answer = text(&vendor.path("answer.waybill"));
    let issue = |more: &[&str]| {
        vendor.run(&[&["issue", request.to_str().expect("text"), "--output", &answer], more].concat())
    };
    assert_eq!(issue(&[]).exits(2).error_code(), "pin-needed");
    assert_eq!(issue(&["--pin-file", &wrong]).exits(1).error_code(), "token-wrong-pin");
    assert!(!PathBuf::from(&answer).exists());
    issue(&["--pin-file", &right]).exits(0);
    let inspected = vendor.run(&["inspect", &answer]).exits(0).json();
    assert_eq!(inspected["kid"], made[0].as_str());
    assert_eq!(site.imports(&PathBuf::from(&answer)), "installed");
}
