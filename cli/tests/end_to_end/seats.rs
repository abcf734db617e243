//! Seats divided, granted, moved and looked at, through the two programs.

use serde_json::{Value, json};

use crate::support::Vendor;

fn timeline(vendor: &Vendor, subscription: &str) -> Vec<Value> {
    let shown = vendor.run(&["subscription", "timeline", subscription]).exits(0).json();
    shown["timeline"]["managed-device"].as_array().expect("a timeline").clone()
}

/// A branch's part is kept for it, a lost server's key moves at once, and the timeline says what is out until when.
#[test]
fn seats_are_kept_granted_moved_and_shown() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (subscription, primary) = vendor.sells(&contoso, "desktop", 40);
    let create =
        ["license-key", "create", "--subscription", &subscription, "--name", "Berlin", "--quota", "10"];
    let berlin = vendor.run(&[&create[..], &["--reserved"]].concat()).exits(0).json()["license_key"].clone();
    let portal = vendor.serves();

    let headquarters = vendor.site("PS1", "Headquarters");
    let answer =
        vendor.answer(&portal, &contoso, &headquarters.activation("desktop", &primary, "activation"));
    assert_eq!(headquarters.imports(&answer), "installed");
    assert_eq!(headquarters.slot("desktop")["seats"], 30, "ten are kept for Berlin");
    let now = timeline(&vendor, &subscription)[0].clone();
    assert_eq!([&now["leased"], &now["reserved"], &now["free"]], [&json!(30), &json!(10), &json!(0)]);

    // What a change would do is told before it is made.
    let preview = ["subscription", "update", &subscription, "--seats", "25", "--preview"];
    let effect = vendor.run(&preview).exits(0).json()["effect"].clone();
    assert_eq!([&effect["over"], &effect["affected"][0]["seats"]], [&json!(5), &json!(30)]);
    assert_eq!(timeline(&vendor, &subscription)[0]["sold"], 40, "nothing was changed");

    // Berlin's server activates, burns down, and its key goes on elsewhere at once.
    let key = berlin["key"].as_str().expect("whole").to_owned();
    let lost = vendor.site("BE1", "Berlin");
    let answer = vendor.answer(&portal, &contoso, &lost.activation("desktop", &key, "activation"));
    assert_eq!(lost.imports(&answer), "installed");
    let new = vendor.site("BE2", "Berlin, new");
    let request = new.activation("desktop", &key, "activation");
    assert_eq!(vendor.connect(&portal, &contoso, &request).1.exits(1).error_code(), "key-in-use");
    let thumbprint = vendor.sees(&lost)["thumbprint"].as_str().expect("a name").to_owned();
    let id = berlin["id"].as_str().expect("an id");
    vendor.run(&["installation", "move", &thumbprint[..12], "--key", id, "--reason", "burnt down"]).exits(0);
    // The same file again: that refusal was not final.
    std::fs::remove_file(request.with_extension("answer")).expect("the refusal");
    assert_eq!(new.imports(&vendor.answer(&portal, &contoso, &request)), "installed");
    assert_eq!(new.slot("desktop")["seats"], 10);
    let now = timeline(&vendor, &subscription)[0].clone();
    assert_eq!([&now["leased"], &now["booked"]], [&json!(40), &json!(10)]);
    lost.uses("desktop", 3);
    let refused = vendor.connect(&portal, &contoso, &lost.refresh("desktop", "refresh")).1;
    assert_eq!(refused.exits(1).error_code(), "moved");

    // Bad input is told with a code and changes nothing.
    let short = [
        "subscription",
        "overdraft",
        &subscription,
        "--seats",
        "5",
        "--until",
        "2026-11-23",
        "--reason",
        "x",
    ];
    assert_eq!(vendor.run(&short).exits(2).error_code(), "overdraft-short");
    let whole = ["license-key", "create", "--subscription", &subscription, "--name", "X", "--quota", "41"];
    assert_eq!(vendor.run(&whole).exits(2).error_code(), "quota");
    let primary = vendor.run(&["license-key", "list"]).exits(0).json();
    let rows = primary["license_keys"].as_array().expect("rows");
    let primary =
        rows.iter().find(|row| row["kind"] == "primary").expect("one")["id"].as_str().expect("an id");
    assert_eq!(vendor.run(&["license-key", "delete", primary]).exits(1).error_code(), "key-primary");
}

/// What was agreed upon changes by command, and reaches the site with its next refresh; a site is called and noted as its people say, and
/// found by a beginning, a state or the page before.
#[test]
fn terms_and_names_change_by_command() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (subscription, key) = vendor.sells(&contoso, "farm", 40);
    let portal = vendor.serves();
    let farm = vendor.site("RA1", "Farm");
    let answer = vendor.answer(&portal, &contoso, &farm.activation("farm", &key, "activation"));
    assert_eq!(farm.imports(&answer), "installed");

    let update = ["subscription", "update", &subscription];
    let terms =
        ["--over-limit", "refuse", "--after-end-days", "60", "--feature", "support=gold", "--feature", "sso"];
    let effect =
        vendor.run(&[&update[..], &terms, &["--preview"]].concat()).exits(0).json()["effect"].clone();
    assert_eq!([&effect["over"], &effect["installations"]], [&json!(0), &json!(1)]);
    let sold = vendor.run(&[&update[..], &terms].concat()).exits(0).json()["subscription"].clone();
    let grant = &sold["grants"][0];
    assert_eq!([&grant["over_limit"], &grant["after_end_days"]], [&json!("refuse"), &json!(60)]);
    assert_eq!(grant["features"], json!({ "sso": true, "support": "gold" }));
    let refused = vendor.run(&[&update[..], &["--over-limit", "0"]].concat()).exits(2);
    assert_eq!(refused.error_code(), "over-limit-days");
    let in_force = |file: &std::path::Path| {
        let file = file.to_str().expect("text");
        vendor.run(&["inspect", file]).exits(0).json()["payload"]["grants"][0].clone()
    };
    assert_eq!(in_force(&answer)["after-end"], 30, "the file that is out goes on as it is");
    let next = vendor.answer(&portal, &contoso, &farm.refresh("farm", "refresh"));
    assert_eq!(farm.imports(&next), "installed");
    let grant = in_force(&next);
    assert_eq!([&grant["after-end"], &grant["over-limit"]], [&json!(60), &json!("refuse")]);
    let none = vendor.run(&[&update[..], &["--no-features"]].concat()).exits(0);
    assert_eq!(none.json()["subscription"]["grants"][0]["features"], json!({}));

    let other = vendor.site("RA2", "Farm, old");
    let other_key = ["license-key", "create", "--subscription", &subscription, "--name", "Old"];
    let other_key = vendor.run(&other_key).exits(0).json()["license_key"]["key"].clone();
    let request = other.activation("farm", other_key.as_str().expect("whole"), "activation");
    assert_eq!(vendor.connect(&portal, &contoso, &request).1.exits(1).error_code(), "no-seats");
    let id = vendor.sees(&farm)["thumbprint"].as_str().expect("a name").to_owned();
    let edit = ["installation", "edit", &id[..9], "--alias", "Berlin", "--note", "Ask Ana."];
    let edited = vendor.run(&edit).exits(0).json()["installation"].clone();
    assert_eq!([&edited["alias"], &edited["note"]], [&json!("Berlin"), &json!("Ask Ana.")]);
    let list = |more: &[&str]| vendor.run(&[&["installation", "list"], more].concat()).exits(0).json();
    let page = list(&["--search", "ra", "--show", "active", "--rows", "1"]);
    assert_eq!([&page["installations"][0]["alias"], &page["next"]], [&json!("Berlin"), &Value::Null]);
    assert_eq!(list(&["--search", "ra", "--show", "blocked"])["installations"], json!([]));
    vendor.run(&["installation", "list", "--after", "here"]).exits(2);
    assert_eq!(vendor.run(&["installation", "show", "zz"]).exits(1).error_code(), "not-found");
}
