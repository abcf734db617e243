//! What takes two people, by commands.

use std::{fs, path::Path};

use crate::support::{Portal, Run, Vendor};

/// `waybill user invite --staff`, and the link that it makes, used.
fn staff(vendor: &Vendor, portal: &Portal, name: &str) -> (String, String) {
    let email = format!("{name}@northwind.example");
    let invited = vendor.run(&["user", "invite", "--staff", "--email", &email]).exits(0).json();
    let url = format!("{}{}", portal.url, invited["join_path"].as_str().expect("a path"));
    let password = format!("{name} and her horse");
    let joined = ureq::post(&url).send_form([("password", password.as_str()), ("again", password.as_str())]);
    assert_eq!(joined.expect("joined").status(), 200);
    let file = vendor.path(&format!("{name}.password"));
    fs::write(&file, password + "\n").expect("written");
    (email, file.to_str().expect("text").to_owned())
}

/// A key is distrusted by two: the signer that runs goes on by the old bundle until the second has confirmed.
#[test]
fn distrusting_a_key_takes_two_where_that_is_required() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let [sam, tess] = ["sam", "tess"].map(|name| staff(&vendor, &portal, name));
    let run = |arguments: &[&str]| vendor.run(arguments);
    let by = |(email, file): &(String, String), arguments: &[&str]| -> Run {
        run(&[arguments, &["--as", email, "--password-file", file]].concat())
    };
    let secret = vendor.passphrase.to_str().expect("text").to_owned();
    let secret = ["--passphrase-file", secret.as_str()];
    let strict = run(&["second-person", "require", "--confirm-at", "signer"]).exits(0).json();
    assert_eq!(strict["confirm_at"], "signer");
    let site = vendor.site("PS1", "Site");
    let goes_by = |name: &str, request: &Path| {
        let answer = vendor.answer(&portal, &contoso, request);
        assert_eq!(site.imports(&answer), "installed", "{name}");
        site.status()["trust_bundle"].as_u64().expect("a number")
    };
    assert_eq!(goes_by("first", &site.activation("desktop", &key, "first")), 1);

    // A spare takes nobody else; then the first key is distrusted.
    let leaked =
        run(&["keys", "list"]).exits(0).json()["keys"][0]["key"].as_str().expect("a name").to_owned();
    run(&[&["keys", "rotate"][..], &secret].concat()).exits(0);
    let revoke = [&["keys", "revoke", &leaked[..12], "--since", "2098-01-01"][..], &secret].concat();
    assert_eq!(run(&revoke).exits(1).error_code(), "person-needed");
    let waits = by(&sam, &revoke).exits(1);
    assert_eq!(waits.error_code(), "second-person-needed");
    let says = waits.json()["proposal"]["says"].as_str().expect("a sentence").to_owned();
    assert!(says.contains("distrusted from 2098-01-01T00:00:00Z on"), "{says}");
    assert_eq!(goes_by("second", &site.refresh("desktop", "second")), 2);
    let confirm = ["second-person", "confirm", "1"];
    assert_eq!(by(&sam, &confirm).exits(1).error_code(), "second-person-same");
    by(&tess, &confirm).exits(0);
    assert_eq!(goes_by("third", &site.refresh("desktop", "third")), 3);
    assert_eq!(run(&["trust", "show"]).exits(0).json()["number"], 3);

    // The strict form is loosened by two.
    let loosen = ["second-person", "require", "--confirm-at", "anywhere"];
    assert_eq!(by(&sam, &loosen).exits(1).error_code(), "second-person-needed");
    assert_eq!(run(&["second-person", "list"]).exits(0).json()["confirm_at"], "signer");
    by(&tess, &["second-person", "confirm", "2"]).exits(0);
    assert_eq!(run(&["second-person", "list"]).exits(0).json()["confirm_at"], "anywhere");
}

#[test]
fn an_overdraft_takes_two_where_that_is_required() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (subscription, _) = vendor.sells(&contoso, "desktop", 40);
    let run = |arguments: &[&str]| vendor.run(arguments);
    assert_eq!(run(&["second-person", "require"]).exits(1).error_code(), "second-person-too-few");
    let portal = vendor.serves();
    let [sam, tess] = ["sam", "tess"].map(|name| staff(&vendor, &portal, name));
    let who = |(email, file): &(String, String)| {
        ["--as", email, "--password-file", file].map(str::to_owned).to_vec()
    };
    let by = |person: &(String, String), arguments: &[&str]| -> Run {
        let own = who(person);
        run(&[arguments, &own.iter().map(String::as_str).collect::<Vec<_>>()].concat())
    };
    run(&["second-person", "require"]).exits(0);

    let until = ["--until", "2098-01-01", "--reason", "burnt down"];
    let grant = [&["subscription", "overdraft", &subscription, "--seats", "5"][..], &until].concat();
    let granted = || {
        let listed = run(&["subscription", "overdraft", &subscription]).exits(0).json();
        listed["overdraft"].as_array().expect("a list").len()
    };
    assert_eq!(run(&grant).exits(1).error_code(), "person-needed");
    let waits = by(&sam, &grant).exits(1);
    assert_eq!(waits.error_code(), "second-person-needed");
    assert_eq!(waits.json()["proposal"]["number"], 1);
    assert_eq!(granted(), 0);
    let confirm = ["second-person", "confirm", "1"];
    assert_eq!(run(&confirm).exits(1).error_code(), "person-needed");
    assert_eq!(by(&sam, &confirm).exits(1).error_code(), "second-person-same");
    let liar = (tess.0.clone(), sam.1.clone());
    assert_eq!(by(&liar, &confirm).exits(1).error_code(), "sign-in-wrong");
    assert!(Path::new(&tess.1).exists());
    assert_eq!(granted(), 0);
    assert_eq!(by(&tess, &confirm).exits(0).json()["proposal"]["state"], "done");
    assert_eq!(granted(), 1);
    assert_eq!(by(&tess, &confirm).exits(1).error_code(), "proposal-decided");

    // The rule ends by two.
    assert_eq!(by(&tess, &["second-person", "off"]).exits(1).error_code(), "second-person-needed");
    by(&sam, &["second-person", "decline", "2"]).exits(0);
    by(&tess, &["second-person", "off"]).exits(1);
    by(&sam, &["second-person", "confirm", "3"]).exits(0);
    let listed = run(&["second-person", "list"]).exits(0).json();
    assert_eq!(listed["required"], false);
    let states: Vec<&str> =
        listed["proposals"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["done", "declined", "done"]);
    run(&grant).exits(0);
}
