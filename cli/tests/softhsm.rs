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

/// What a ceremony's plan says of a token is compared with it where its PIN is given, before anything is made; elsewhere it is said that it was not.
#[test]
fn a_ceremony_s_plan_is_compared_with_the_token() {
    let vendor = Vendor::new();
    let text = |path: PathBuf| path.to_str().expect("text").to_owned();
    let module = variable("WAYBILL_TEST_PKCS11");
    let (right, wrong) = (text(vendor.path("pin")), text(vendor.path("wrong-pin")));
    fs::write(&right, "1234\n").expect("written");
    fs::write(&wrong, "4321\n").expect("written");
    let passphrase = text(vendor.passphrase.clone());
    let rotate = ["keys", "rotate", "--spare", "--pkcs11-module", &module, "--token", "ceremony"];
    let secrets = ["--pin-file", &right, "--passphrase-file", &passphrase];
    let made = vendor.run(&[&rotate[..], &secrets].concat()).exits(0).json();
    let name = made["key"].as_str().expect("a name");
    let public = vendor.run(&["keys", "export", name]).exits(0).json()["public_key"].clone();

    let plan = |key: &str| {
        format!(
            r#"
vendor = "Northwind Software"
present = ["Ana Lima"]
threshold = 1
root = [{{ name = "ana", holder = "Ana Lima" }}]

[[key]]
name = "issuing-1"
signs = ["license", "deactivation-receipt", "refusal", "revocation-list"]
until = "2090-11-21"
public-key = {public}
token = {{ module = "{module}", token = "ceremony", key = "{key}" }}

[[key]]
name = "log-1"
signs = ["checkpoint"]
until = "2090-11-21"
"#
        )
    };
    let (there, gone) = (text(vendor.path("plan.toml")), text(vendor.path("gone.toml")));
    fs::write(&there, plan("waybill-issuing-2")).expect("written");
    fs::write(&gone, plan("waybill-issuing-9")).expect("written");
    let output = text(vendor.path("ceremony"));
    let hold = |more: &[&str]| vendor.run(&[&["keys", "ceremony", "--output", &output], more].concat());

    assert_eq!(hold(&[&there, "--check"]).exits(0).json()["tokens_compared"], false);
    assert_eq!(hold(&[&there, "--check", "--pin-file", &right]).exits(0).json()["tokens_compared"], true);
    assert_eq!(hold(&[&there, "--check", "--pin-file", &wrong]).exits(1).error_code(), "token-wrong-pin");
    let folder = vendor.path("secrets");
    fs::create_dir(&folder).expect("made");
    fs::write(folder.join("ana"), "a passphrase of Ana's\n").expect("written");
    let secrets = ["--passphrase-dir", &text(folder), "--passphrase-file", &passphrase, "--pin-file", &right];
    let refused = hold(&[&[gone.as_str()], &secrets[..]].concat());
    assert_eq!(refused.exits(1).error_code(), "token-key-not-found");
    assert!(!PathBuf::from(&output).exists(), "nothing is made");
    let held = hold(&[&[there.as_str()], &secrets[..]].concat()).exits(0).json();
    assert_eq!((&held["held"], &held["tokens_compared"]), (&true.into(), &true.into()));
    assert_eq!(held["keys"][0]["key"], name);
}
