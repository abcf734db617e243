//! Files and states that are not what they seem: copies, alterations, other customers' tokens.

use std::{fs, path::Path, thread};

use serde_json::json;

use crate::support::{Run, Vendor, waybill};

/// seen: a copied state directory is noticed at the first file of its second branch, and both branches are shown.
#[test]
fn a_copied_state_directory_is_seen() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (subscription, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let activation = site.activation("desktop", &key, "activation");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &activation)), "installed");
    let copy = site.copied("copy");

    site.uses("desktop", 20);
    copy.uses("desktop", 30);
    let first = site.refresh("desktop", "refresh");
    let second = copy.refresh("desktop", "refresh");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &first)), "installed");
    let (refusal, run) = vendor.connect(&portal, &contoso, &second);
    assert_eq!(run.exits(1).error_code(), "fork");
    let told = copy.import(&refusal).exits(1).json();
    assert_eq!([&told["outcome"], &told["final"]], [&json!("refused"), &json!(true)]);

    let seen = vendor.sees(&site);
    assert_eq!(seen["fork"]["counter"], 2);
    for (branch, request) in [("first", &first), ("second", &second)] {
        assert_eq!(seen["fork"][branch], digest(request), "both branches are shown");
    }
    let text = text_of(&vendor, &["installation", "show", seen["thumbprint"].as_str().unwrap()]);
    assert!(text.contains(&digest(&first)) && text.contains(&digest(&second)), "{text}");

    // The first branch goes on without more seats, though more were bought.
    vendor.run(&["subscription", "update", &subscription, "--seats", "50"]).exits(0);
    site.uses("desktop", 21);
    assert_eq!(
        site.imports(&vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh-2"))),
        "installed"
    );
    assert_eq!(site.slot("desktop")["seats"], 40);
}

/// Every byte of one license is changed once; none of these files is imported, and none changes anything.
#[test]
fn no_altered_license_is_imported() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &request);
    let bytes = fs::read(&license).unwrap();

    // Each worker has the whole installation for itself.
    let workers = thread::available_parallelism().map_or(2, usize::from).min(8);
    thread::scope(|scope| {
        for worker in 0..workers {
            let (copy, bytes) = (site.copied(&format!("worker{worker}")), &bytes);
            scope.spawn(move || {
                let state = copy.state();
                let file = copy.beside("altered");
                for at in (worker..bytes.len()).step_by(workers) {
                    let mut altered = bytes.clone();
                    altered[at] ^= 1 << (at % 8);
                    fs::write(&file, &altered).unwrap();
                    let run = copy.import(&file).exits(1);
                    assert!(!run.error_code().is_empty(), "byte {at}");
                }
                assert_eq!(copy.state(), state, "the state is as it was");
            });
        }
    });
    // The one that was not altered is imported.
    assert_eq!(site.imports(&license), "installed");
    // And one that was cut short anywhere is not.
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&license, &bytes[..length]).unwrap();
        site.import(&license).exits(1);
    }
}

/// A wrong token gets nothing, and another customer's token finds no key.
#[test]
fn a_foreign_token_gets_nothing() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let fabrikam = vendor.customer("fabrikam");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");

    let mut stranger = vendor.customer("stranger");
    stranger.token_file = vendor.path("wrong.token");
    fs::write(&stranger.token_file, format!("wbt_{}\n", "A".repeat(43))).unwrap();
    let (output, run) = vendor.connect(&portal, &stranger, &request);
    assert_eq!(run.exits(1).error_code(), "token-needed");
    assert!(!output.exists(), "nothing was written");

    let (refusal, run) = vendor.connect(&portal, &fabrikam, &request);
    assert_eq!(run.exits(1).error_code(), "license-key-unknown");
    fs::remove_file(refusal).unwrap();

    // A portal that is not there is no refusal: it could not be told.
    let gone = vendor.serves();
    let url = gone.url.clone();
    gone.kill();
    let token = contoso.token_file.to_str().unwrap();
    let run =
        vendor.run(&["connect", request.to_str().unwrap(), "--server", &url, "--token-file", token]).exits(3);
    assert_eq!(run.error_code(), "server-unreachable");

    // The right one gets the license, though others have asked before.
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &request)), "installed");
}

/// A request's digest, as `waybill inspect` tells it.
fn digest(file: &Path) -> String {
    let inspected = Run::of(&waybill(), &["--json", "inspect", file.to_str().unwrap()]).exits(0).json();
    inspected["digest"].as_str().expect("a digest").to_owned()
}

/// What a command says to people.
fn text_of(vendor: &Vendor, arguments: &[&str]) -> String {
    let mut all = vec!["--data-dir", vendor.data_dir.to_str().unwrap()];
    all.extend(arguments);
    Run::of(&waybill(), &all).exits(0).out
}
