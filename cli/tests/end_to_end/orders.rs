//! Files lost, late, repeated, or brought in another order than they were made: nothing breaks, and nobody is accused.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::support::{Customer, Portal, Site, Vendor};

/// Two requests are open at once, for two slots and for one; answered and imported in every order.
#[test]
fn two_open_requests_in_every_order() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let portal = vendor.serves();

    for (case, answered, imported) in
        [("a", [0, 1], [0, 1]), ("b", [0, 1], [1, 0]), ("c", [1, 0], [0, 1]), ("d", [1, 0], [1, 0])]
    {
        // Of two slots.
        let site = vendor.site("PS1", &format!("two-slots-{case}"));
        let keys = ["desktop", "mobile"]
            .map(|license_type| (license_type, vendor.sells(&contoso, license_type, 10).1));
        let requests = keys.map(|(license_type, key)| site.activation(license_type, &key, license_type));
        let licenses = answered.map(|at| (at, vendor.answer(&portal, &contoso, &requests[at])));
        for at in imported {
            let (_, license) = licenses.iter().find(|(answers, _)| *answers == at).unwrap();
            assert_eq!(site.imports(license), "installed", "case {case}");
        }
        for license_type in ["desktop", "mobile"] {
            assert_eq!(site.slot(license_type)["seats"], 10, "case {case}");
        }
        assert_nothing_open(&vendor, &portal, &contoso, &site, case);

        // Of one slot: whatever the order, the newer request's license ends up in force.
        let site = vendor.site("PS2", &format!("one-slot-{case}"));
        let (_, key) = vendor.sells(&contoso, "desktop", 10);
        let activation = site.activation("desktop", &key, "activation");
        assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &activation)), "installed");
        let requests = [3, 4].map(|used| {
            site.uses("desktop", used);
            site.refresh("desktop", &format!("refresh-{used}"))
        });
        let mut answers: [Option<PathBuf>; 2] = [None, None];
        for at in answered {
            let (path, run) = vendor.connect(&portal, &contoso, &requests[at]);
            match (at, answered) {
                // The older one comes late: its slot has a newer license already.
                (0, [1, 0]) => assert_eq!(run.exits(1).error_code(), "overtaken", "case {case}"),
                _ => drop(run.exits(0)),
            }
            answers[at] = Some(path);
        }
        for at in imported {
            let outcome = site.import(answers[at].as_ref().unwrap()).json()["outcome"].clone();
            let expected = match (at, answered, imported) {
                (1, _, _) | (0, [0, 1], [0, 1]) => vec!["installed"],
                (0, [0, 1], _) => vec!["superseded"],
                // A refusal of a request that a newer license has settled says nothing new.
                _ => vec!["refused", "already-read"],
            };
            assert!(expected.iter().any(|one| outcome == *one), "case {case}, {at}: {outcome}");
        }
        assert_eq!(
            site.slot("desktop")["counter"],
            3,
            "case {case}: the newer request's license is in force"
        );
        assert_nothing_open(&vendor, &portal, &contoso, &site, case);
    }
}

/// The site goes on after such a mix-up, and nobody calls it a fork (no-false-alarm).
#[track_caller]
fn assert_nothing_open(vendor: &Vendor, portal: &Portal, customer: &Customer, site: &Site, case: &str) {
    site.uses("desktop", 5);
    let request = site.refresh("desktop", "afterwards");
    assert_eq!(site.imports(&vendor.answer(portal, customer, &request)), "installed", "case {case}");
    assert_eq!(vendor.sees(site)["fork"], Value::Null, "case {case}");
}

/// The answer is lost on the way home; the next request is answered, and the lost file does no harm when it turns up.
#[test]
fn a_lost_answer_is_followed_by_a_new_request() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let activation = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &activation);
    assert_eq!(site.imports(&license), "installed");

    site.uses("desktop", 10);
    let lost = vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh-1"));
    site.uses("desktop", 11);
    let newer = vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh-2"));
    assert_eq!(site.imports(&newer), "installed");
    let state = site.state();
    assert_eq!(site.imports(&lost), "superseded");
    assert_eq!(site.imports(&license), "superseded");
    assert_eq!(site.state(), state, "files that come late change nothing");
    assert_eq!(site.slot("desktop")["counter"], 3);

    // The same file may also be lost: preparing again within a day gives the same bytes, and so the same answer.
    site.uses("desktop", 12);
    let request = site.refresh("desktop", "refresh-3");
    let again = site.refresh("desktop", "refresh-3-again");
    assert_eq!(fs::read(&request).unwrap(), fs::read(&again).unwrap());
    let answers =
        [request, again].map(|request| fs::read(vendor.answer(&portal, &contoso, &request)).unwrap());
    assert_eq!(answers[0], answers[1]);
}

/// final: after a deactivation request exists, nothing that answers an earlier request is honoured again.
#[test]
fn the_old_license_after_a_deactivation_is_over() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let activation = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &activation);
    assert_eq!(site.imports(&license), "installed");
    // Answered, and not imported before the deactivation.
    let newer = vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh"));

    let deactivation = site.deactivation("desktop", "deactivation");
    for old in [&license, &newer] {
        let state = site.state();
        assert_eq!(site.imports(old), "ended");
        assert_eq!(site.state(), state);
        assert_eq!(site.slot("desktop")["state"], "released");
    }
    let receipt = vendor.answer(&portal, &contoso, &deactivation);
    assert_eq!(site.imports(&receipt), "deactivation-confirmed");
    assert_eq!(site.imports(&license), "ended");

    // A request from before the deactivation gets its old answer again if it had one; a new one is refused for good. The slot itself
    // may be used again at once.
    let again = site.activation("desktop", &key, "activation-2");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &again)), "installed");
    assert_eq!(site.imports(&newer), "ended");
}
