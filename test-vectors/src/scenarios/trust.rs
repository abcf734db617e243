//! News that travel along: root keys change, licenses and keys are revoked, and nobody leads back.

use super::story::{Ask, DESKTOP_KEY, MOBILE_KEY, Request, Story};
use crate::{
    cases::{
        good::*,
        trust::{file, new_issuing, second, signed_by, third},
        world::*,
    },
    kit::{File, Item, Sign1, list},
};

pub(super) fn stories() -> Vec<Story> {
    vec![
        rotation(),
        rotation_at_once(),
        bundle_rollback(),
        late_news(),
        license_revoked(),
        list_replaced(),
        issuing_key_revoked(),
        installation_revoked(),
    ]
}

/// The license that answers a request, signed by the key that bundles from the second on name.
fn newly_signed(story: &Story, request: &Request) -> File {
    File::of(&Sign1::sealed(&new_issuing(), "license", &story.license_payload(request)))
}

/// The second bundle travels along.
fn with_second(file: File) -> File {
    file.and(&signed_by(&root(1), &second())).and(&signed_by(&root(2), &second()))
}

/// The third bundle travels along.
fn with_third(file: File) -> File {
    file.and(&signed_by(&root(2), &third())).and(&signed_by(&root(3), &third()))
}

fn naming(number: u64, licenses: &[[u8; 16]], keys: &[[u8; 32]]) -> Sign1 {
    let mut licenses = licenses.to_vec();
    licenses.sort();
    let payload = revocation_list()
        .with(&["number"], number)
        .with(&["licenses"], list(licenses))
        .with(&["keys"], list(keys.iter().copied()));
    Sign1::sealed(&record(), "revocation-list", &payload)
}

fn rotation() -> Story {
    let (mut story, _) = Story::begin_active(
        "root-rotation",
        "The root keys change twice, and each answer brings the next bundle along.",
    );
    let request = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let license = newly_signed(&story, &request);
    story.import("Its license is signed by a key that is not known yet.", license.encode(), "key-unknown");
    story.take(
        "It comes again with the second bundle, which names the key.",
        with_second(license).encode(),
        "installed",
        |state| {
            state.install(&request);
            state.bundle = 2;
        },
    );
    story.now += DAY;
    let request = story.prepare("Another refresh is made.", "desktop", Ask::Refresh);
    let license = with_third(newly_signed(&story, &request));
    story.take("Its license brings the third bundle.", license.encode(), "installed", |state| {
        state.install(&request);
        state.bundle = 3;
    });
    story
}

fn rotation_at_once() -> Story {
    let (mut story, _) = Story::begin_active(
        "root-rotation-gap",
        "The third bundle does not follow the first, and both missing ones may come in one file.",
    );
    let request = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let license = newly_signed(&story, &request);
    story.import(
        "Its license brings the third bundle without the second.",
        with_third(license.clone()).encode(),
        "trust-gap",
    );
    let by_new_roots = license.clone().and(&signed_by(&root(2), &second()));
    story.import(
        "It brings a second bundle that the old root key did not sign.",
        by_new_roots.encode(),
        "trust-threshold",
    );
    story.take(
        "It brings the third bundle and, behind it, the second.",
        with_second(with_third(license)).encode(),
        "installed",
        |state| {
            state.install(&request);
            state.bundle = 3;
        },
    );
    story
}

fn bundle_rollback() -> Story {
    let (mut story, first) = Story::begin_active(
        "bundle-rollback",
        "Older bundles have no effect, another one with a known number is refused, and keys that are gone stay gone.",
    );
    let oldest = File::of(&story.license(&first));
    let request = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let license = with_second(newly_signed(&story, &request));
    story.take("Its license brings the second bundle.", license.encode(), "installed", |state| {
        state.install(&request);
        state.bundle = 2;
    });
    story.import(
        "The first license comes again, whose key the second bundle no longer names.",
        oldest.encode(),
        "key-unknown",
    );
    story.now += DAY;
    let request = story.prepare("Another refresh is made.", "desktop", Ask::Refresh);
    let by_old_key = File::of(&story.license(&request)).and(&bundle_document(&trust_bundle()));
    story.import(
        "Its license is signed by the old key and brings the first bundle.",
        by_old_key.encode(),
        "key-unknown",
    );
    let other = second().with(&["issued"], TODAY);
    let forked =
        newly_signed(&story, &request).and(&signed_by(&root(1), &other)).and(&signed_by(&root(2), &other));
    story.import("It brings another second bundle.", forked.encode(), "trust-fork");
    let license = newly_signed(&story, &request).and(&bundle_document(&trust_bundle()));
    story.install("It brings the first bundle, which has no effect.", &request, &license);
    story
}

fn late_news() -> Story {
    let (mut story, _) = Story::begin_active(
        "news-of-late-answers",
        "News are taken with an answer that is taken, a refusal too; of one that is late or not ours nothing is.",
    );
    let request = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let late = with_second(newly_signed(&story, &request)).encode();
    story.now += DAY;
    let newer = story.prepare("Another refresh is made.", "desktop", Ask::Refresh);
    let license = File::of(&story.license(&newer));
    story.install("The newer one is answered.", &newer, &license);
    story.import("The older answer comes, with the second bundle.", late, "superseded");
    story.now += DAY;
    let request = story.prepare("Another refresh is made.", "desktop", Ask::Refresh);
    let foreign = story.license_payload(&request).with(&["answers"], [7; 32]).with(&["counter"], 9);
    let foreign = Sign1::sealed(&new_issuing(), "license", &foreign);
    story.import(
        "A license that answers nothing comes, with the second bundle.",
        with_second(File::of(&foreign)).encode(),
        "not-asked-for",
    );
    let refusal = refusal()
        .with(&["answers"], request.link.digest)
        .with(&["counter"], request.link.counter)
        .with(&["issued"], story.now);
    let refusal = with_second(File::of(&Sign1::sealed(&new_issuing(), "refusal", &refusal)));
    story.take("A refusal comes, with the second bundle.", refusal.encode(), "refused", |state| {
        state.bundle = 2;
    });
    story
}

fn license_revoked() -> Story {
    let (mut story, first) = Story::begin_active(
        "license-revoked",
        "A license in force is revoked by a list that comes with another slot's answer; a new license replaces it.",
    );
    let revoked = File::of(&story.license(&first)).encode();
    let typed = Ask::Activation(MOBILE_KEY, MOBILE_KEY);
    let second = story.prepare("Another slot asks.", "mobile", typed);
    let known = naming(1, &[first.license], &[]);
    let license = File::of(&story.license(&second)).and(&known);
    story.take(
        "Its answer brings a list that names the first slot's license: what runs goes on, and nothing new is added.",
        license.encode(),
        "installed",
        |state| {
            state.install(&second);
            state.revocations = 1;
            state.revoke("desktop");
        },
    );
    story.import("The revoked license comes again.", revoked, "license-revoked");
    let third = story.prepare("A refresh of the first slot is made.", "desktop", Ask::Refresh);
    let license = File::of(&story.license(&third));
    let naming_itself = license.clone().and(&naming(2, &[third.license], &[]));
    story.import("Its license brings a list that names it.", naming_itself.encode(), "license-revoked");
    let forked = license.clone().and(&naming(1, &[], &[]));
    story.import("It brings another list with the known number.", forked.encode(), "revocation-fork");
    story.install("It brings the list that is known.", &third, &license.and(&known));
    story
}

fn list_replaced() -> Story {
    let (mut story, first) = Story::begin_active(
        "list-replaced",
        "A newer list replaces the older whole: a license that it does not name is honored again.",
    );
    let second = story.prepare("Another slot asks.", "mobile", Ask::Activation(MOBILE_KEY, MOBILE_KEY));
    let license = File::of(&story.license(&second)).and(&naming(2, &[first.license], &[]));
    story.take(
        "Its answer brings list number 2, which names the license.",
        license.encode(),
        "installed",
        |state| {
            state.install(&second);
            state.revocations = 2;
            state.revoke("desktop");
        },
    );
    let third = story.prepare("A refresh of the other slot is made.", "mobile", Ask::Refresh);
    let license = File::of(&story.license(&third)).and(&naming(1, &[], &[]));
    story.take(
        "Its answer brings list number 1, which has no effect.",
        license.encode(),
        "installed",
        |state| {
            state.install(&third);
        },
    );
    story.now += DAY;
    let fourth = story.prepare("Another one is made.", "mobile", Ask::Refresh);
    let license = File::of(&story.license(&fourth)).and(&naming(3, &[], &[]));
    story.take(
        "Its answer brings list number 3, which names nothing.",
        license.encode(),
        "installed",
        |state| {
            state.install(&fourth);
            state.revocations = 3;
            state.slot("desktop").revoked = Some(false);
            state.slot("desktop").permits = "more";
        },
    );
    story
}

fn issuing_key_revoked() -> Story {
    let signs = ["license", "deactivation-receipt", "refusal"];
    let keys: [Item; 3] = [
        entry(&issuing(), &signs),
        entry(&new_issuing(), &signs),
        entry(&record(), &["revocation-list", "checkpoint"]),
    ];
    let bundle = trust_bundle().with(&["keys"], list(keys));
    let trust = file(&bundle, &[root(1)]).encode();
    let mut story = Story::begin_with(
        "issuing-key-revoked",
        "A list names the key that signed the license in force, and a license of another key replaces it.",
        &trust,
    );
    let first = story.activated("desktop", DESKTOP_KEY);
    story.now += DAY;
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let listed = naming(1, &[], &[issuing().thumbprint()]);
    let license = File::of(&story.license(&second)).and(&listed);
    story.import("Its license is signed by the key that its list names.", license.encode(), "key-revoked");
    let third = story.prepare("Another slot asks.", "mobile", Ask::Activation(MOBILE_KEY, MOBILE_KEY));
    let license = newly_signed(&story, &third).and(&listed);
    story.take(
        "Its license is signed by another key, and brings the list.",
        license.encode(),
        "installed",
        |state| {
            state.install(&third);
            state.revocations = 1;
            state.revoke("desktop");
        },
    );
    let again = File::of(&story.license(&first)).encode();
    story.import("The license in force comes again.", again, "key-revoked");
    let license = newly_signed(&story, &second);
    story.install("The refresh gets a license of the other key.", &second, &license);
    story
}

fn installation_revoked() -> Story {
    let (mut story, _) = Story::begin_active(
        "installation-revoked",
        "A list names the installation's key: it gets no license any more, and can still be told no and give back.",
    );
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let listed = naming(1, &[], &[installation().thumbprint()]);
    let license = File::of(&story.license(&second)).and(&listed);
    story.import("Its license brings such a list, and nothing is taken.", license.encode(), "key-revoked");
    let no = File::of(&story.refusal(&second, "blocked", false)).and(&listed);
    story.take("A refusal brings it: the license in force is revoked.", no.encode(), "refused", |state| {
        state.revocations = 1;
        state.revoke("desktop");
    });
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    let receipt = File::of(&story.receipt(&end)).encode();
    story.take("The receipt comes.", receipt, "confirmed", |state| state.confirm(&end));
    story
}
