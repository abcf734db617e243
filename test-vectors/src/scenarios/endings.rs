//! Deactivation: what it ends stays ended, whatever comes afterwards.

use super::story::{Ask, DESKTOP_KEY, OTHER_KEY, Story};
use crate::{cases::world::*, kit::File};

pub(super) fn stories() -> Vec<Story> {
    vec![
        rollback(),
        deactivation_with_open_requests(),
        receipt_after_reactivation(),
        answers_to_ended_requests(),
        deactivation_before_any_license(),
        deactivation_refused(),
        deactivation_twice(),
    ]
}

fn rollback() -> Story {
    let (mut story, first) = Story::begin_active(
        "rollback",
        "Old licenses come again, after newer ones and after the end, and none has any effect.",
    );
    let oldest = File::of(&story.license(&first)).encode();
    story.now += DAY;
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let newer = File::of(&story.license(&second));
    story.install("The newer license comes.", &second, &newer);
    let newer = newer.encode();
    story.import("The first license comes again.", oldest.clone(), "superseded");
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    story.import("The license that was in force comes again.", newer.clone(), "ended");
    story.import("The one before it comes again.", oldest.clone(), "ended");
    let receipt = File::of(&story.receipt(&end)).encode();
    story.take("The receipt comes.", receipt, "confirmed", |state| state.confirm(&end));
    story.now += 60 * DAY;
    story.import("Long after, the license that was in force comes again.", newer, "ended");
    let again = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    story.prepare("The slot is asked for again.", "desktop", again);
    story.import("The first license is no answer to that.", oldest, "ended");
    story
}

fn deactivation_with_open_requests() -> Story {
    let (mut story, _) = Story::begin_active(
        "deactivation-with-open-requests",
        "A slot ends while requests are open: their answers are dead, and the slot can be activated at once.",
    );
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    story.now += DAY;
    let third = story.prepare("Another refresh is made.", "desktop", Ask::Refresh);
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    let one = File::of(&story.license(&second)).encode();
    let other = File::of(&story.license(&third)).encode();
    story.import("The answer to the older refresh comes.", one, "ended");
    let again = Ask::Activation(OTHER_KEY, OTHER_KEY);
    let fifth = story.prepare("Another license key is typed, before any receipt.", "desktop", again);
    story.import("The answer to the newer refresh comes.", other.clone(), "ended");
    let receipt = File::of(&story.receipt(&end)).encode();
    story.take("The receipt comes while the slot waits for its license.", receipt, "confirmed", |state| {
        state.settle(&end);
    });
    let license = File::of(&story.license(&fifth));
    story.install("The license of the other key comes.", &fifth, &license);
    story.import("The answer to the newer refresh comes once more.", other, "ended");
    story
}

fn receipt_after_reactivation() -> Story {
    let (mut story, _) = Story::begin_active(
        "receipt-after-reactivation",
        "A slot is ended and activated again, and the receipt comes last.",
    );
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    let again = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let third = story.prepare("It is activated again, which says what was ended.", "desktop", again);
    let license = File::of(&story.license(&third));
    story.install("The new license comes.", &third, &license);
    let receipt = File::of(&story.receipt(&end)).encode();
    story.import("The receipt comes, and settles nothing any more.", receipt, "already-read");
    story.now += DAY;
    story.prepare("A refresh holds the new license and says what was ended.", "desktop", Ask::Refresh);
    story
}

fn answers_to_ended_requests() -> Story {
    let (mut story, first) = Story::begin_active(
        "answers-to-ended-requests",
        "Refusals of requests that a deactivation has overtaken are read, and change nothing of the slot.",
    );
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    let no = File::of(&story.refusal(&second, "ended", true)).encode();
    story.take(
        "The refresh is refused for good, since the signer has the deactivation.",
        no,
        "refused",
        |state| {
            state.settle(&second);
        },
    );
    story.import(
        "The license that was in force comes again.",
        File::of(&story.license(&first)).encode(),
        "ended",
    );
    let receipt = File::of(&story.receipt(&end)).encode();
    story.take("The receipt comes.", receipt, "confirmed", |state| state.confirm(&end));
    story
}

fn deactivation_before_any_license() -> Story {
    let mut story = Story::begin(
        "deactivation-before-any-license",
        "A slot that only waits is given back, and the license that comes late is dead.",
    );
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let first = story.prepare("A license key is typed.", "desktop", typed);
    story.now = NOW;
    let end = story.prepare("It was the wrong one, and is given back.", "desktop", Ask::Deactivation);
    let license = File::of(&story.license(&first)).encode();
    story.import("The license comes.", license, "ended");
    let receipt = File::of(&story.receipt(&end)).encode();
    story.take("The receipt comes.", receipt, "confirmed", |state| state.confirm(&end));
    story
}

fn deactivation_refused() -> Story {
    let (mut story, first) = Story::begin_active(
        "deactivation-refused",
        "The signer refuses a deactivation as a fork: the slot has ended all the same.",
    );
    let license = File::of(&story.license(&first)).encode();
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    let no = File::of(&story.refusal(&end, "fork", true)).encode();
    story.take("It is refused for good.", no, "refused", |state| state.settle(&end));
    story.import("The license that was in force comes again.", license, "ended");
    let again = story.prepare("It is given back once more, by a new request.", "desktop", Ask::Deactivation);
    let receipt = File::of(&story.receipt(&again)).encode();
    story.take("The receipt comes.", receipt, "confirmed", |state| state.confirm(&again));
    story
}

fn deactivation_twice() -> Story {
    let (mut story, _) = Story::begin_active(
        "deactivation-twice",
        "A deactivation that waits for its receipt is the same file for ever, and one that has it is not made again.",
    );
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    story.now += 30 * DAY;
    story.prepare_again("A month later it is the same file.", Ask::Deactivation, &end, "again");
    let receipt = File::of(&story.receipt(&end)).encode();
    story.take("The receipt comes.", receipt, "confirmed", |state| state.confirm(&end));
    story.prepare_refused("There is nothing to give back.", "desktop", Ask::Deactivation, "already-released");
    story
}
