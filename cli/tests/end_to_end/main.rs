//! The two programs as processes, and the files that go between them: the promises of the exchange, as a person with a stick
//! meets them.

mod apart;
mod log;
mod mishaps;
mod orders;
mod seats;
mod second_person;
mod strangers;
#[path = "../support/mod.rs"]
mod support;

use std::fs;

use license_format::{DAY, Timestamp};
use serde_json::{Value, json};
use support::{Run, Site, Vendor, connect_command};

/// Activate, go over the limit, refresh, deactivate, activate elsewhere.
#[test]
fn a_license_lives_its_whole_life() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (subscription, key) = vendor.sells(&contoso, "desktop", 250);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    assert_eq!(site.slot("desktop")["state"], "empty");

    let request = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &request);
    // What it grants is shown first, and nobody who could agree is there.
    let asked = site.run(&["import", license.to_str().unwrap()]).exits(2);
    assert_eq!(asked.error_code(), "needs-yes");
    assert_eq!(site.slot("desktop")["state"], "requested");
    assert_eq!(site.imports(&license), "installed");
    let slot = site.slot("desktop");
    assert_eq!(slot["state"], "active");
    assert_eq!(slot["license_key"], format!("*****-*****-*****-*****-{}", &key[24..]));
    assert_eq!([&slot["seats"], &slot["counter"]], [&json!(250), &json!(1)]);
    let dates: Vec<&str> =
        ["contract_end", "good_until", "report_due"].map(|name| slot[name].as_str().unwrap()).to_vec();
    assert_eq!(dates[0], "2099-01-01T00:00:00Z");
    assert!(dates[2] < dates[1] && dates[1] < dates[0], "the three dates are three: {dates:?}");

    site.uses("desktop", 262);
    let slot = site.slot("desktop");
    assert_eq!([&slot["used"], &slot["remaining"]], [&json!(262), &json!(0)]);
    assert!(codes(&slot).contains(&"over-limit".to_owned()), "{slot}");
    let check = site.run(&["check", "--license-type", "desktop", "--add", "1"]).exits(0).json();
    assert_eq!(check["allowed"], true, "over the limit it is said, and nothing stops");

    vendor.run(&["subscription", "update", &subscription, "--seats", "300"]).exits(0);
    let request = site.refresh("desktop", "refresh");
    let newer = vendor.answer(&portal, &contoso, &request);
    assert_eq!(site.imports(&newer), "installed");
    let slot = site.slot("desktop");
    assert_eq!([&slot["seats"], &slot["remaining"], &slot["counter"]], [&json!(300), &json!(38), &json!(2)]);
    assert_eq!(vendor.sees(&site)["slots"][0]["used"], 262, "the refresh reported what is used");

    let request = site.deactivation("desktop", "deactivation");
    assert_eq!(site.slot("desktop")["state"], "released", "the proxy stops at once");
    let check = site.run(&["check", "--license-type", "desktop", "--add", "1"]).exits(1).json();
    assert_eq!(check["allowed"], false);

    // The key is free only once the portal has that file.
    let laboratory = vendor.site("LAB", "Laboratory");
    let elsewhere = laboratory.activation("desktop", &key, "activation");
    let (refusal, run) = vendor.connect(&portal, &contoso, &elsewhere);
    assert_eq!(run.exits(1).error_code(), "key-in-use");
    let told = laboratory.import(&refusal).exits(1);
    assert_eq!(told.error_code(), "key-in-use", "the signed refusal can be carried home");

    let receipt = vendor.answer(&portal, &contoso, &request);
    assert_eq!(site.imports(&receipt), "deactivation-confirmed");
    assert_eq!(vendor.sees(&site)["slots"][0]["state"], "deactivated");

    // The refusal was not final: the same file gets a license now.
    fs::remove_file(&refusal).unwrap();
    let license = vendor.answer(&portal, &contoso, &elsewhere);
    assert_eq!(laboratory.imports(&license), "installed");
    assert_eq!(laboratory.slot("desktop")["seats"], 300);
}

/// same-answer: the portal, `connect` again, and `issue` without the portal give the same bytes; nothing counts twice.
#[test]
fn the_same_file_twice_gets_the_same_answer() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "mobile", 100);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("mobile", &key, "activation");

    let first = vendor.answer(&portal, &contoso, &request);
    let bytes = fs::read(&first).unwrap();
    vendor.answer(&portal, &contoso, &request);
    let again = vendor.path("again.waybill");
    Run::command(connect_command(&portal, &contoso, &request, &again)).exits(0);
    assert_eq!(fs::read(&again).unwrap(), bytes);

    let issued = vendor.path("issued.waybill");
    let passphrase = vendor.passphrase.to_str().unwrap();
    let run = vendor.run(&[
        "issue",
        request.to_str().unwrap(),
        "--passphrase-file",
        passphrase,
        "--output",
        issued.to_str().unwrap(),
    ]);
    assert_eq!(run.exits(0).json()["repeated"], true);
    assert_eq!(fs::read(&issued).unwrap(), bytes);

    // An answer never overwrites another file.
    fs::write(&again, b"something else").unwrap();
    let refused = Run::command(connect_command(&portal, &contoso, &request, &again)).exits(1);
    assert_eq!(refused.error_code(), "file-exists");
    assert_eq!(fs::read(&again).unwrap(), b"something else");

    assert_eq!(site.imports(&first), "installed");
    let state = site.state();
    assert_eq!(site.imports(&first), "already-installed");
    assert_eq!(site.state(), state);
    assert_eq!(
        vendor.sees(&site)["slots"][0]["counted"].as_array().unwrap().len(),
        1,
        "the seats count once"
    );

    // Preparing again saves the same file again.
    let saved = site.activation_again("mobile", &key);
    assert_eq!(saved.error_code(), "already-active");
}

/// three dates, and safe: they pass one by one by the proxy's clock, and whatever has passed, what is managed already goes on. A clock
/// that is then put back is seen.
#[test]
fn the_dates_pass_one_by_one() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let activation = site.activation("desktop", &key, "activation");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &activation)), "installed");
    site.uses("desktop", 10);

    let slot = site.slot("desktop");
    let date = |name: &str| Timestamp::parse(slot[name].as_str().unwrap()).unwrap();
    let (issued, report_due, good_until) = (date("issued"), date("report_due"), date("good_until"));
    let grace_ends = good_until.plus(14 * DAY);
    for (at, standing, may_add) in [
        (report_due.minus(1), "active", true),
        (report_due, "report-overdue", true),
        (good_until, "file-in-grace", true),
        (grace_ends, "file-ended", false),
    ] {
        let now = at.rfc3339();
        let slot = site.run(&["--now", &now, "status", "--license-type", "desktop"]).exits(0).json()["slots"]
            [0]
        .take();
        assert_eq!(slot["standing"], standing, "{now}");
        let check = |add: &[&str]| {
            let arguments = [&["--now", &now, "check", "--license-type", "desktop"], add].concat();
            site.run(&arguments).json()["allowed"].clone()
        };
        assert_eq!(check(&[]), true, "{now}: what is managed already goes on");
        assert_eq!(check(&["--add", "1"]), may_add, "{now}");
    }
    let back = site.run(&["--now", &issued.rfc3339(), "status", "--license-type", "desktop"]).exits(0).json();
    assert!(codes(&back["slots"][0]).contains(&"clock-behind".to_owned()), "{back}");

    // A new license is all that it takes to go on, and it repairs the clock's high-water mark.
    let request = site.refresh("desktop", "refresh");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &request)), "installed");
    assert_eq!(site.slot("desktop")["standing"], "active");
}

impl Site {
    fn activation_again(&self, license_type: &str, key: &str) -> Run {
        self.run(&["prepare", "activation", "--license-type", license_type, "--license-key", key]).exits(1)
    }
}

fn codes(slot: &Value) -> Vec<String> {
    let notices = slot["notices"].as_array().expect("notices");
    notices.iter().map(|notice| notice["code"].as_str().expect("a code").to_owned()).collect()
}
