//! What changes between two requests: the machine's name, the list that holds, and a slot of computers.

use super::story::{Ask, COMPUTERS_KEY, MOBILE_KEY, Request, Story};
use crate::{
    cases::{
        good::*,
        trust::{new_issuing, second, signed_by},
        world::*,
    },
    kit::{File, Item, Sign1, list, map},
};

pub(super) fn stories() -> Vec<Story> {
    vec![facts_changed(), list_comes_again(), list_dropped(), computers()]
}

fn facts_changed() -> Story {
    let (mut story, _) = Story::begin_active(
        "facts-changed",
        "The machine and the program have other names at the next request, and the site and the key are what they were.",
    );
    let old = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let renamed = facts()
        .with(&["name"], "CM02")
        .with(&["version"], "0.2.0")
        .with(&["site-description"], "New headquarters");
    let elsewhere = renamed.clone().with(&["site-code"], "PS2").with(&["public-key"], stranger().public());
    story.set_facts(
        "The server is renamed; that it is of another site, or another installation, is not taken.",
        &elsewhere,
    );
    story.facts = renamed;
    let new =
        story.prepare("A refresh is made anew, since it says something else now.", "desktop", Ask::Refresh);
    story.prepare_again("It is asked for once more.", Ask::Refresh, &new, "again");
    let license = File::of(&story.license(&old));
    story.install("The older one is answered, and its license names the server as it was.", &old, &license);
    let license =
        File::of(&story.license_with(&new, |license| license.with(&["installation", "name"], "CM02")));
    story.install("The newer one is answered.", &new, &license);
    story
}

fn lists(number: u64, licenses: &[[u8; 16]], keys: &[[u8; 32]]) -> Sign1 {
    let payload = revocation_list()
        .with(&["number"], number)
        .with(&["licenses"], list(licenses.iter().copied()))
        .with(&["keys"], list(keys.iter().copied()));
    Sign1::sealed(&record(), "revocation-list", &payload)
}

fn list_comes_again() -> Story {
    let (mut story, _) = Story::begin_active(
        "list-comes-again",
        "A list that names its own key comes with every answer, and is passed over; no newer one of that key is taken.",
    );
    let last = lists(1, &[], &[record().thumbprint()]);
    let refresh = |story: &mut Story| {
        story.now += DAY;
        story.prepare("A refresh is made.", "desktop", Ask::Refresh)
    };
    let request = refresh(&mut story);
    let license = File::of(&story.license(&request)).and(&last);
    story.take("Its license brings the list.", license.encode(), "installed", |state| {
        state.install(&request);
        state.revocations = 1;
    });
    let request = refresh(&mut story);
    let license = File::of(&story.license(&request));
    let newer = license.clone().and(&lists(2, &[], &[]));
    story.import("Its license brings a newer list of that key.", newer.encode(), "key-revoked");
    story.install("It brings the list that is known.", &request, &license.and(&last));
    story
}

/// The license that answers a request, signed by the second bundle's key, with that bundle.
fn with_second(story: &Story, request: &Request, second: &Item) -> File {
    let license = Sign1::sealed(&new_issuing(), "license", &story.license_payload(request));
    File::of(&license).and(&signed_by(&root(1), second)).and(&signed_by(&root(2), second))
}

fn list_dropped() -> Story {
    let (mut story, first) = Story::begin_active(
        "list-dropped",
        "A list revokes a license, and is dropped with the bundle that says since when its key may sign.",
    );
    let typed = Ask::Activation(MOBILE_KEY, MOBILE_KEY);
    let other = story.prepare("Another slot asks.", "mobile", typed);
    let known = lists(1, &[first.license], &[]);
    let license = File::of(&story.license(&other)).and(&known);
    story.take(
        "Its answer brings a list that names the first slot's license.",
        license.encode(),
        "installed",
        |state| {
            state.install(&other);
            state.revocations = 1;
            state.revoke("desktop");
        },
    );
    let shorter = second().with(&["keys", "2", "from"], TODAY + 1);
    let request = story.prepare("A refresh of the other slot is made.", "mobile", Ask::Refresh);
    let license = with_second(&story, &request, &shorter);
    story.import(
        "Its answer brings a bundle whose key may sign only since after the list was made, and the list.",
        license.clone().and(&known).encode(),
        "key-window",
    );
    story.take(
        "It brings the bundle alone: the license is honored again.",
        license.encode(),
        "installed",
        |state| {
            state.install(&request);
            state.bundle = 2;
            state.revocations = 0;
            state.slot("desktop").revoked = Some(false);
            state.slot("desktop").permits = "more";
        },
    );
    story
}

fn computers() -> Story {
    let mut story = Story::begin(
        "computers",
        "A slot of computers has a license for computers and users: the first grant's metric is counted.",
    );
    let licensed = |license: Item, seats: u64| {
        let computers =
            grant().with(&["metric"], "computer").with(&["seats"], seats).with(&["over-limit"], "refuse");
        let users = grant().with(&["metric"], "user").with(&["seats"], 2);
        license.with(&["product"], "Computer Tools").with(&["grants"], list([computers, users]))
    };
    let permits = |story: &mut Story, permits: &'static str| story.state.slot("computers").permits = permits;
    let typed = Ask::Activation(COMPUTERS_KEY, COMPUTERS_KEY);
    let first = story.prepare("A license key is typed.", "computers", typed);
    story.now = NOW;
    let license = File::of(&story.license_with(&first, |license| licensed(license, 10)));
    story.install("Ten computers and two users are licensed.", &first, &license);
    permits(&mut story, "more");
    story.set_usage("Nine computers are in use.", "computers", 9);
    permits(&mut story, "what-runs");
    let counted = story.now;
    story.now += DAY;
    story.set_usage("All ten are, and no more may be added.", "computers", 10);
    story.usage = vec![map([
        ("from", counted.into()),
        ("peak", 10.into()),
        ("used", 10.into()),
        ("until", story.now.into()),
        ("metric", "computer".into()),
    ])];
    let second = story.prepare("A refresh reports computers.", "computers", Ask::Refresh);
    let license = File::of(&story.license_with(&second, |license| licensed(license, 11)));
    story.install("Eleven are licensed.", &second, &license);
    story.now = GOOD_UNTIL + 14 * DAY;
    let slot = story.state.slot("computers");
    (slot.standing, slot.permits) = (Some("file-ended"), "nothing");
    story.status("The file and its grace are over: computers are no managed devices, and stop.");
    story
}
