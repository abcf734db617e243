//! Requests that are refused, given again, or too many.

use super::story::{Ask, DESKTOP_KEY, MOBILE_KEY, OTHER_KEY, Story};
use crate::{
    cases::world::*,
    kit::{File, Item, map},
};

pub(super) fn stories() -> Vec<Story> {
    vec![refused(), typed(), out_of_date(), thirty_two_open(), usage()]
}

fn refused() -> Story {
    let mut story =
        Story::begin("requests-refused", "What cannot be asked for is refused, and changes nothing.");
    story.prepare_refused("There is nothing to refresh.", "desktop", Ask::Refresh, "not-active");
    story.prepare_refused(
        "There is nothing to give back.",
        "desktop",
        Ask::Deactivation,
        "nothing-to-deactivate",
    );
    let mobile = Ask::Activation(MOBILE_KEY, MOBILE_KEY);
    story.prepare_refused("The key is of another type.", "desktop", mobile, "license-key-wrong-type");
    story.activated("desktop", DESKTOP_KEY);
    let other = Ask::Activation(OTHER_KEY, OTHER_KEY);
    story.now += DAY;
    story.prepare_refused("A license is in force.", "desktop", other, "already-active");
    story
}

fn typed() -> Story {
    let mut story = Story::begin(
        "license-key-typed",
        "A license key is typed in many ways, and a mistyped one makes no request.",
    );
    let mistyped = |typed| Ask::Activation(typed, DESKTOP_KEY);
    for (comment, typed, code) in [
        ("A character is wrong.", "D0123-45678-9ABCD-EFGHY-CMBGE", "license-key-mistyped"),
        ("Two characters changed places.", "D0123-45678-9ABCD-EFHGY-CMBGD", "license-key-mistyped"),
        ("A character is missing.", "D0123-45678-9ABCD-EFGHY-CMBG", "license-key-length"),
        (
            "The first character names no license type of this version.",
            "A0123-45678-9ABCD-EFGHP-BV0HW",
            "license-key-version",
        ),
        ("A character is none of the alphabet.", "D0123-45678-9ABCD-EFGHY-CMBGU", "license-key-character"),
    ] {
        story.prepare_refused(comment, "desktop", mistyped(typed), code);
    }
    let first = story.prepare(
        "Small letters, spaces for hyphens, and O and I for 0 and 1 are the same key.",
        "desktop",
        Ask::Activation(" dOi23 45678 9abcd efghy cmbgd", DESKTOP_KEY),
    );
    story.now += 60;
    let as_shown = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    story.prepare_again("Typed as it is shown, it is the same request.", as_shown, &first, "again");
    let other = Ask::Activation(OTHER_KEY, OTHER_KEY);
    story.prepare("Another key is another request.", "desktop", other);
    story
}

fn out_of_date() -> Story {
    let mut story = Story::begin(
        "request-out-of-date",
        "Within a day a request is made anew as soon as it would say something else, and not before.",
    );
    let desktop = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let mobile = Ask::Activation(MOBILE_KEY, MOBILE_KEY);
    let first = story.prepare("A license key is typed.", "desktop", desktop);
    let no = File::of(&story.refusal(&first, "no-seats", false));
    story.take("It is refused for now, and the record has number 1.", no.encode(), "refused", |_| {});
    story.prepare_again("The number 0 that it names is as good.", desktop, &first, "again");
    let second = story.prepare("Another slot asks.", "mobile", mobile);
    let third = story.prepare("Now there is one slot more to speak of.", "desktop", desktop);
    story.prepare_again("Of that nothing has changed.", desktop, &third, "again");
    let never = File::of(&story.refusal(&second, "blocked", true));
    story.take("The other slot's request is refused for good.", never.encode(), "refused", |state| {
        state.settle(&second);
    });
    let fourth = story.prepare("Now there is an answer to speak of.", "desktop", desktop);
    story.record = 2;
    let no = File::of(&story.refusal(&fourth, "no-seats", false));
    story.take("It is refused for now, and the record has number 2.", no.encode(), "refused", |_| {});
    let fifth = story.prepare("Now there is another number to speak of.", "desktop", desktop);
    story.prepare_again("Of that nothing has changed either.", desktop, &fifth, "again");
    story
}

fn thirty_two_open() -> Story {
    let mut story = Story::begin(
        "thirty-two-open",
        "With 32 requests open the newest is given again, and only a deactivation is still made.",
    );
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let mut newest = story.prepare("A license key is typed, and no answer ever comes.", "desktop", typed);
    for _ in 1..32 {
        story.now += DAY;
        newest = story.prepare("A day later it is asked again.", "desktop", typed);
    }
    story.now += DAY;
    story.prepare_again("A day later the newest is given again.", typed, &newest, "again-since-full");
    let mobile = Ask::Activation(MOBILE_KEY, MOBILE_KEY);
    story.prepare_refused("Another slot has nothing to give again.", "mobile", mobile, "too-many-open");
    let other = Ask::Activation(OTHER_KEY, OTHER_KEY);
    story.prepare_refused("Another key asks for something else.", "desktop", other, "too-many-open");
    let end =
        story.prepare("The slot is given back, which is always possible.", "desktop", Ask::Deactivation);
    let receipt = File::of(&story.receipt(&end)).encode();
    story.take("The receipt comes, and nothing is open any more.", receipt, "confirmed", |state| {
        state.confirm(&end);
    });
    story.prepare("The other slot can ask.", "mobile", mobile);
    story
}

fn usage() -> Story {
    let (mut story, _) = Story::begin_active(
        "usage-reported",
        "A report covers the time since the last one that a license acknowledged, so that a lost file loses no peak.",
    );
    let line = |from: u64, until: u64, used: u64, peak: u64| -> Item {
        map([
            ("from", from.into()),
            ("peak", peak.into()),
            ("used", used.into()),
            ("until", until.into()),
            ("metric", "managed-device".into()),
        ])
    };
    story.set_usage("200 devices are counted.", "desktop", 200);
    let start = story.now;
    story.now += DAY;
    story.set_usage("A day later there are 240.", "desktop", 240);
    story.now += DAY;
    story.set_usage("And then 210.", "desktop", 210);
    story.usage = vec![line(start, story.now, 210, 240)];
    let second = story.prepare("A refresh reports the peak.", "desktop", Ask::Refresh);
    let reported = story.now;
    story.now += DAY;
    story.usage = vec![line(start, story.now, 210, 240)];
    story.prepare("It was lost, and the next one reports the same time again.", "desktop", Ask::Refresh);
    story.set_usage("There are more now.", "desktop", 220);
    story.usage = vec![line(start, story.now, 220, 240)];
    story.prepare("Within the day a new request says so.", "desktop", Ask::Refresh);
    let license = File::of(&story.license(&second));
    story.install("The first of the three is answered after all.", &second, &license);
    story.now += 3_600;
    story.set_usage("There are fewer now.", "desktop", 190);
    story.usage = vec![line(reported, story.now, 190, 220)];
    let fourth = story.prepare("The next report begins where the first one ended.", "desktop", Ask::Refresh);
    let license = File::of(&story.license(&fourth));
    story.install("It is answered.", &fourth, &license);
    let acknowledged = story.now;
    story.now += DAY;
    story.usage = vec![line(acknowledged, story.now, 190, 190)];
    story.prepare("What was acknowledged is not reported again.", "desktop", Ask::Deactivation);
    story
}
