//! Files that belong elsewhere, answer nothing, or were altered. None changes anything.

use super::story::{Ask, DESKTOP_KEY, MOBILE_KEY, Story};
use crate::{
    cases::{good::*, world::*},
    kit::{File, Key, Sign1},
};

pub(super) fn stories() -> Vec<Story> {
    vec![other_installation(), not_asked_for(), no_answers(), altered()]
}

fn other_installation() -> Story {
    let mut story = Story::begin(
        "other-installation",
        "Answers for another installation are refused, also where all else fits.",
    );
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let first = story.prepare("A license key is typed.", "desktop", typed);
    story.now = NOW;
    let other = Key::test_only("installation 2").thumbprint();
    let license = story.license_with(&first, |license| license.with(&["installation", "thumbprint"], other));
    story.import("The license is for another one.", File::of(&license).encode(), "other-installation");
    let refusal = refusal()
        .with(&["installation"], other)
        .with(&["answers"], first.link.digest)
        .with(&["counter"], first.link.counter);
    let refusal = Sign1::sealed(&issuing(), "refusal", &refusal);
    story.import("The refusal is for another one.", File::of(&refusal).encode(), "other-installation");
    let license = File::of(&story.license(&first));
    story.install("The right license comes.", &first, &license);
    story
}

fn not_asked_for() -> Story {
    let mut story = Story::begin(
        "not-asked-for",
        "Answers that fit no request of this installation, as it is now, are refused.",
    );
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let first = story.prepare("A license key is typed.", "desktop", typed);
    story.now = NOW;
    let receipt =
        deactivation_receipt().with(&["answers"], first.link.digest).with(&["counter"], first.link.counter);
    let refusal = refusal().with(&["answers"], [7; 32]);
    for (comment, answer) in [
        (
            "The license answers another request with this number, such as a copy of this installation makes.",
            story.license_with(&first, |license| license.with(&["answers"], [7; 32])),
        ),
        (
            "The license names another number.",
            story.license_with(&first, |license| license.with(&["counter"], 2)),
        ),
        (
            "The license is for another slot.",
            story.license_with(&first, |license| license.with(&["license-type"], "mobile")),
        ),
        ("A receipt answers an activation.", Sign1::sealed(&issuing(), "deactivation-receipt", &receipt)),
        ("The refusal answers another request.", Sign1::sealed(&issuing(), "refusal", &refusal)),
    ] {
        story.import(comment, File::of(&answer).encode(), "not-asked-for");
    }
    let license = File::of(&story.license(&first));
    story.install("The right license comes.", &first, &license);
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    // Its counter is that of the end, so it is dead before anybody asks what it answers.
    story.import("A license answers the deactivation.", File::of(&story.license(&end)).encode(), "ended");
    let mobile = Ask::Activation(MOBILE_KEY, MOBILE_KEY);
    let third = story.prepare("Another slot asks.", "mobile", mobile);
    story.import("A receipt answers that.", File::of(&story.receipt(&third)).encode(), "not-asked-for");
    story
}

fn no_answers() -> Story {
    let mut story = Story::begin(
        "not-an-answer",
        "Good files that are no answers are refused, and so is what is no file.",
    );
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let first = story.prepare("A license key is typed.", "desktop", typed);
    story.now = NOW;
    story.import("The request itself comes back.", first.file.clone(), "not-an-answer");
    story.import("A trust bundle comes alone.", trust_file(), "not-an-answer");
    let list = Sign1::sealed(&record(), "revocation-list", &revocation_list());
    story.import("A revocation list comes alone.", File::of(&list).encode(), "not-an-answer");
    story.import("The file is empty.", Vec::new(), "empty");
    story.import("The file is something else.", "Dear customer,\n".as_bytes(), "not-waybill");
    story
}

fn altered() -> Story {
    let mut story =
        Story::begin("altered-answer", "An answer that is not genuine changes nothing, whatever it says.");
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let first = story.prepare("A license key is typed.", "desktop", typed);
    story.now = NOW;
    let mut altered = story.license(&first);
    altered.signature[10] ^= 1;
    story.import("A bit of the signature is flipped.", File::of(&altered).encode(), "signature");
    let payload = story.license_payload(&first);
    let by_stranger = Sign1::sealed(&stranger(), "license", &payload);
    story.import("A stranger signed.", File::of(&by_stranger).encode(), "key-unknown");
    let by_other = Sign1::sealed(&refusing(), "license", &payload);
    story.import("The key may sign refusals only.", File::of(&by_other).encode(), "key-not-for-kind");
    let demanding = story.license_with(&first, |license| license.with(&["floor", "bundle"], 2));
    story.import("Newer news are needed than are known.", File::of(&demanding).encode(), "floor-bundle");
    let license = File::of(&story.license(&first));
    story.install("The right license comes.", &first, &license);
    story
}
