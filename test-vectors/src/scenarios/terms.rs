//! What a license permits while its use is counted.

use super::story::{Ask, FARM_KEY, Story};
use crate::{
    cases::world::*,
    kit::{File, Item, map},
};

pub(super) fn stories() -> Vec<Story> {
    vec![suspension(), refusal_over_limit(), short_contract(), clock_behind()]
}

fn suspension() -> Story {
    let mut story = Story::begin(
        "overuse-suspends",
        "Use over the limit is suspended after 14 days, once: a spent grace does not come back before more is granted.",
    );
    let typed = Ask::Activation(FARM_KEY, FARM_KEY);
    let farm = |license: Item, seats: u64| {
        license
            .with(&["product"], "Farm Portal")
            .with(&["grants", "0", "metric"], "concurrent-user")
            .with(&["grants", "0", "seats"], seats)
            .with(&["grants", "0", "over-limit"], map([("suspend-after-days", 14.into())]))
    };
    let first = story.prepare("A license key is typed.", "farm", typed);
    story.now = NOW;
    let license = File::of(&story.license_with(&first, |license| farm(license, 10)));
    story.install("Ten concurrent users are licensed.", &first, &license);
    story.set_usage("All ten are in use, and more may come.", "farm", 10);
    story.now += DAY;
    let began = story.now;
    story.set_usage("There are eleven: the 14 days begin.", "farm", 11);
    story.now = began + 14 * DAY - 1;
    story.status("It is the last second of the 14 days.");
    story.now += 1;
    let suspended = |story: &mut Story| {
        let slot = story.state.slot("farm");
        (slot.standing, slot.permits) = (Some("suspended"), "nothing");
    };
    let goes_on = |story: &mut Story, permits: &'static str| {
        let slot = story.state.slot("farm");
        (slot.standing, slot.permits) = (Some("active"), permits);
    };
    suspended(&mut story);
    story.status("The 14 days are over.");
    goes_on(&mut story, "what-runs");
    story.set_usage("Ten are left: they go on, and no more may come.", "farm", 10);
    goes_on(&mut story, "more");
    story.set_usage("Nine are left, and one may come.", "farm", 9);
    suspended(&mut story);
    story.set_usage("Eleven are there again, and the grace is spent.", "farm", 11);
    story.usage = vec![map([
        ("from", NOW.into()),
        ("peak", 11.into()),
        ("used", 11.into()),
        ("until", story.now.into()),
        ("metric", "concurrent-user".into()),
    ])];
    let second = story.prepare("A refresh is made.", "farm", Ask::Refresh);
    let license = File::of(&story.license_with(&second, |license| farm(license, 12)));
    story.install("Two more are licensed.", &second, &license);
    story.now += DAY;
    story.set_usage("Thirteen are there, and a new grace begins.", "farm", 13);
    story
}

fn refusal_over_limit() -> Story {
    let (mut story, _) = Story::begin_active(
        "over-limit",
        "Over the limit, terms that notify let more come, and terms that refuse do not; what runs goes on.",
    );
    story.set_usage("More are in use than licensed, under terms that notify.", "desktop", 251);
    let line = |from: u64, until: u64, used: u64, peak: u64| {
        map([
            ("from", from.into()),
            ("peak", peak.into()),
            ("used", used.into()),
            ("until", until.into()),
            ("metric", "managed-device".into()),
        ])
    };
    story.usage = vec![line(story.now, story.now, 251, 251)];
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let license = File::of(
        &story.license_with(&second, |license| license.with(&["grants", "0", "over-limit"], "refuse")),
    );
    story.take("The new license has terms that refuse.", license.encode(), "installed", |state| {
        state.install(&second);
        state.slot("desktop").permits = "what-runs";
    });
    story.set_usage("As many as licensed are in use.", "desktop", 250);
    story.state.slot("desktop").permits = "more";
    story.set_usage("There is room for one.", "desktop", 249);
    story
}

/// The license of a farm for which no use was counted.
fn farm_license(license: Item) -> Item {
    license.with(&["product"], "Farm Portal").with(&["grants", "0", "metric"], "concurrent-user")
}

fn standing_of_farm(story: &mut Story, standing: &'static str, permits: &'static str) {
    let slot = story.state.slot("farm");
    (slot.standing, slot.permits) = (Some(standing), permits);
}

fn short_contract() -> Story {
    let mut story = Story::begin(
        "short-contract",
        "A contract of 20 days begins, announces its end for a week, and goes on for some days; then sessions stop.",
    );
    let typed = Ask::Activation(FARM_KEY, FARM_KEY);
    let first = story.prepare("A license key is typed.", "farm", typed);
    story.now = NOW;
    let (start, end) = (NOW + DAY, NOW + 21 * DAY);
    let license = story.license_with(&first, |license| {
        farm_license(license)
            .with(&["grants", "0", "contract-start"], start)
            .with(&["grants", "0", "contract-end"], end)
            .with(&["grants", "0", "after-end"], 5)
            .with(&["good-until"], end)
            .with(&["report-due"], end)
    });
    let license = File::of(&license);
    story.take("The contract has not begun.", license.encode(), "installed", |state| {
        state.install(&first);
        let slot = state.slot("farm");
        (slot.standing, slot.permits) = (Some("not-yet-valid"), "nothing");
    });
    for (now, standing, permits, comment) in [
        (
            start,
            "active",
            "more",
            "It begins: of the announcements only the last is due, since it is shorter than the others.",
        ),
        (end - 7 * DAY, "expiring-soon", "more", "Seven days are left."),
        (end, "contract-ended", "more", "The contract is over, and all goes on for five days."),
        (end + 5 * DAY, "ended", "nothing", "They are over."),
    ] {
        story.now = now;
        standing_of_farm(&mut story, standing, permits);
        story.status(comment);
    }
    story
}

fn clock_behind() -> Story {
    let mut story = Story::begin(
        "sessions-with-clock-behind",
        "Sessions go on while the clock is behind, and stop when the file's grace is over.",
    );
    let typed = Ask::Activation(FARM_KEY, FARM_KEY);
    let first = story.prepare("A license key is typed.", "farm", typed);
    story.now = NOW;
    let license = File::of(&story.license_with(&first, farm_license));
    story.install("The license comes.", &first, &license);
    story.now = NOW - 2 * DAY;
    story.state.steps_back = 1;
    standing_of_farm(&mut story, "clock-behind", "what-runs");
    story.status("The clock is two days behind.");
    story.now = GOOD_UNTIL + 14 * DAY;
    standing_of_farm(&mut story, "file-ended", "nothing");
    story.status("The file and its grace are over.");
    story.now = GOOD_UNTIL;
    story.state.steps_back = 2;
    standing_of_farm(&mut story, "clock-behind", "nothing");
    story.status("The clock is set back to where all went on, which helps nobody.");
    story
}
