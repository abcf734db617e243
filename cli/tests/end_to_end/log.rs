//! The log as people meet it: an answer is found in it, with the store and without, and who changes either is found out.

use std::{fs, path::Path};

use license_format::UnverifiedFile;
use serde_json::json;

use crate::support::{Run, Vendor, waybill};

#[test]
fn an_answer_is_proved_from_the_store_and_from_an_export() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 25);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let license = vendor.answer(&portal, &contoso, &site.activation("desktop", &key, "activation"));
    assert_eq!(site.imports(&license), "installed");
    let refresh = vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh"));
    portal.stop();

    // The digest that stands for the license in the log, and where its file says that it is.
    let file = UnverifiedFile::read(&fs::read(&license).unwrap()).unwrap();
    let (digest, proof) = (file.document.digest().to_string(), file.proof.expect("a proof"));
    assert_eq!((proof.index, proof.size), (1, 2), "after the trust bundle");
    let proved = vendor.run(&["log", "prove", &digest]).exits(0).json();
    assert_eq!(
        [&proved["kind"], &proved["index"], &proved["size"]],
        [&json!("license"), &json!(1), &json!(3)]
    );

    let export = vendor.path("log.txt");
    let export = export.to_str().unwrap();
    vendor.run(&["log", "export", export]).exits(0);
    let elsewhere = |arguments: &[&str]| {
        Run::of(&waybill(), &[&["--json", "--data-dir", "nowhere", "log"], arguments].concat())
    };
    let again = elsewhere(&["prove", &digest, export]).exits(0).json();
    assert_eq!(again, proved, "the same proof");
    let trust = vendor.trust.to_str().unwrap();
    let verify = |from: &Path, export: &str| {
        elsewhere(&["verify", "--trust", trust, "--from", from.to_str().unwrap(), export])
    };
    for answer in [&license, &refresh] {
        assert_eq!(verify(answer, export).exits(0).json()["size"], 3);
    }

    // A leaf changed, one removed, and a log of another vendor.
    let text = fs::read_to_string(export).unwrap();
    let changed = [
        text.replace(&digest, &digest.chars().rev().collect::<String>()),
        text.lines().take(5).map(|line| format!("{line}\n")).collect(),
    ];
    for ((at, changed), code) in changed.iter().enumerate().zip(["log-export-differs", "log-export-short"]) {
        assert_ne!(*changed, text);
        let path = vendor.path(&format!("changed-{at}.txt"));
        fs::write(&path, changed).unwrap();
        assert_eq!(verify(&license, path.to_str().unwrap()).exits(1).error_code(), code);
    }
    let other = Vendor::new();
    let trust = other.trust.to_str().unwrap();
    assert_eq!(elsewhere(&["verify", "--trust", trust, export]).exits(1).error_code(), "key-unknown");
}

/// What a customer kept shows that the record was put back, whatever the vendor's own files say.
#[test]
fn an_answer_that_a_customer_kept_shows_a_rewritten_log() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 25);
    let store = vendor.data_dir.join("waybill.db");
    let before = fs::read(&store).unwrap();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let kept = vendor.path("kept.waybill");
    let passphrase = vendor.passphrase.to_str().unwrap();
    let issue = [
        "issue",
        request.to_str().unwrap(),
        "--passphrase-file",
        passphrase,
        "--output",
        kept.to_str().unwrap(),
    ];
    vendor.run(&issue).exits(0);
    let verify = ["log", "verify", "--from", kept.to_str().unwrap()];
    assert_eq!(vendor.run(&verify).exits(0).json()["findings"], json!([]));

    fs::write(&store, before).unwrap();
    let found = vendor.run(&verify).exits(1).json();
    let codes: Vec<&str> =
        found["findings"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["witness-differs", "log-fork"]);
    assert_eq!(found["error"]["problems"].as_array().unwrap().len(), 2);
}
