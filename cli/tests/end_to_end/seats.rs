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
