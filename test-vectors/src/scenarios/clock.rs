//! Time passes, stands still, runs ahead and is set back.

use super::story::{Ask, DESKTOP_KEY, MOBILE_KEY, Story};
use crate::{
    cases::world::*,
    kit::{File, Item},
};

pub(super) fn stories() -> Vec<Story> {
    vec![
        freeze(),
        set_back(),
        tolerances(),
        ahead_and_repaired(),
        reset_void(),
        reset_ahead(),
        signer_ahead(),
    ]
}

fn with_reset(license: Item, to: u64) -> Item {
    license.with(&["time-reset"], to)
}

fn freeze() -> Story {
    let (mut story, _) = Story::begin_active(
        "freeze",
        "Nothing comes any more, and the dates of the license pass one by one; managed devices go on.",
    );
    for (now, standing, comment) in [
        (REPORT_DUE - 1, "active", "In the last second before the report is due all is well."),
        (REPORT_DUE, "report-overdue", "The report is due."),
        (GOOD_UNTIL - 1, "report-overdue", "It is the last second in which the file is good."),
        (GOOD_UNTIL, "file-in-grace", "The file has ended, and its grace runs."),
        (GOOD_UNTIL + 14 * DAY - 1, "file-in-grace", "It is the last second of the grace."),
        (GOOD_UNTIL + 14 * DAY, "file-ended", "The grace is over, and nothing new is added."),
        (CONTRACT_END - 1, "file-ended", "It is the last second of the contract."),
        (CONTRACT_END, "ended", "The contract is over."),
    ] {
        story.now = now;
        story.state.stands("desktop", standing);
        story.status(comment);
    }
    let second = story.prepare("A refresh is made after all.", "desktop", Ask::Refresh);
    let license = File::of(&story.license_with(&second, |license| {
        let year = 365 * DAY;
        license
            .with(&["grants", "0", "contract-start"], CONTRACT_END)
            .with(&["grants", "0", "contract-end"], CONTRACT_END + year)
            .with(&["good-until"], CONTRACT_END + 90 * DAY)
            .with(&["report-due"], CONTRACT_END + 60 * DAY)
    }));
    story.install("The contract was renewed, and all is well.", &second, &license);
    story
}

fn set_back() -> Story {
    let (mut story, _) = Story::begin_active(
        "clock-set-back",
        "The clock is set back: within the tolerance nothing happens, beyond it nothing new is added until it is right.",
    );
    let start = story.now;
    story.now = start + 10 * DAY;
    story.status("Ten days pass.");
    story.now = start + 9 * DAY;
    story.status("The clock is a day behind, which the license tolerates.");
    story.now = start + 9 * DAY - 1;
    story.state.steps_back = 1;
    story.state.stands("desktop", "clock-behind");
    story.status("It is behind by a second more, and that is noted.");
    story.now = start + 8 * DAY;
    story.status("It falls by less than the tolerance, which counts no second time.");
    story.now = start + 7 * DAY - 1;
    story.state.steps_back = 2;
    story.status("It falls by more than the tolerance at once, which counts again.");
    let second = story.prepare("A refresh reports it.", "desktop", Ask::Refresh);
    story.now = start + 9 * DAY;
    story.state.stands("desktop", "active");
    story.status("The clock is right again but for a day.");
    story.now = start + 5 * DAY;
    story.state.steps_back = 3;
    story.state.stands("desktop", "clock-behind");
    story.status("It is set back once more.");
    story.now = start + 10 * DAY;
    let license = File::of(&story.license(&second));
    story.install("The clock is right, and the answer comes.", &second, &license);
    story
}

fn ahead_and_repaired() -> Story {
    let (mut story, _) = Story::begin_active(
        "clock-ahead",
        "The clock ran two years ahead once, and an answer puts the time back.",
    );
    let start = story.now;
    story.now = start + 730 * DAY;
    story.state.stands("desktop", "ended");
    story.status("The clock is two years ahead: the contract seems to be over.");
    story.now = start + DAY;
    story.state.steps_back = 1;
    story.state.stands("desktop", "clock-behind");
    story.status("It is set right, and seems to be behind.");
    let second = story.prepare("A refresh reports it.", "desktop", Ask::Refresh);
    let issued = story.now;
    let license = File::of(&story.license_with(&second, |license| with_reset(license, issued)));
    story.now += 3_600;
    story.take(
        "Its answer puts the mark back to when it was issued, and not to the clock.",
        license.encode(),
        "installed",
        |state| {
            state.install(&second);
            state.high_water = issued;
        },
    );
    story.now += DAY;
    story.status("The mark rises with the clock again.");
    story.import("The same answer comes again and resets nothing.", license.encode(), "already-installed");
    story.prepare("A request reports the right time.", "desktop", Ask::Refresh);
    story
}

fn reset_void() -> Story {
    let (mut story, _) = Story::begin_active(
        "time-reset-void",
        "A time reset that answers an older request than a license that was taken already has no effect.",
    );
    let start = story.now;
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let issued = story.now;
    let resetting = File::of(&story.license_with(&second, |license| with_reset(license, issued)));
    let mobile = Ask::Activation(MOBILE_KEY, MOBILE_KEY);
    let third = story.prepare("Another slot asks.", "mobile", mobile);
    let license = File::of(&story.license(&third));
    story.install("The other slot's answer comes first.", &third, &license);
    story.now = start + 20 * DAY;
    story.status("Twenty days pass.");
    story.take(
        "The older answer comes into force, and the mark stays where it is.",
        resetting.encode(),
        "installed",
        |state| state.install(&second),
    );
    story.now = start + 20 * DAY + 60;
    story.prepare("A request reports the mark.", "desktop", Ask::Refresh);
    story
}

fn signer_ahead() -> Story {
    let (mut story, _) = Story::begin_active(
        "signer-ahead",
        "An answer was issued later than the clock says: effective time is the answer's, and the mark is the clock's own.",
    );
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let start = story.now;
    story.now = start + 3 * DAY;
    let no = File::of(&story.refusal(&second, "no-seats", false));
    let license = File::of(&story.license(&second));
    story.now = start;
    story.take(
        "A refusal is three days ahead of the clock, which is more than is tolerated.",
        no.encode(),
        "refused",
        |state| state.stands("desktop", "clock-behind"),
    );
    story.take("And so is the license.", license.encode(), "installed", |state| {
        state.install(&second);
        state.stands("desktop", "clock-behind");
    });
    story.now = start + 60;
    story.prepare("A request reports the clock and its own mark.", "desktop", Ask::Refresh);
    story.now = start + 2 * DAY;
    story.state.stands("desktop", "active");
    story.status("The clock is within the tolerance of the newest answer.");
    story
}

fn reset_ahead() -> Story {
    let (mut story, _) = Story::begin_active(
        "time-reset-ahead",
        "A time reset to a time that the clock has not reached moves nothing: it only ever puts the mark back.",
    );
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let start = story.now;
    let issued = start + 3_600;
    story.now = issued;
    let license = File::of(&story.license_with(&second, |license| with_reset(license, issued)));
    story.now = start + 60;
    story.install("The answer is an hour ahead of the clock.", &second, &license);
    story.now = start + 120;
    story.prepare("A request reports the clock's own mark.", "desktop", Ask::Refresh);
    story
}

fn tolerances() -> Story {
    let mut story = Story::begin(
        "clock-tolerances",
        "Without a license the tolerance is a day, and with several it is the strictest; each license stands by its own.",
    );
    let start = story.now;
    story.now = start + 5 * DAY;
    story.status("Five days pass.");
    story.now = start + 4 * DAY;
    story.status("The clock is a day behind, which is tolerated.");
    story.now -= 1;
    story.state.steps_back = 1;
    story.status("It is behind by a second more.");
    story.now = start + 5 * DAY;
    story.activated("desktop", DESKTOP_KEY);
    let mobile = story.prepare("Another slot asks.", "mobile", Ask::Activation(MOBILE_KEY, MOBILE_KEY));
    let license = File::of(&story.license_with(&mobile, |license| license.with(&["clock-tolerance"], 3_600)));
    story.install("Its license tolerates an hour.", &mobile, &license);
    story.now -= 3_600;
    story.status("The clock is an hour behind.");
    story.now -= 1;
    story.state.steps_back = 2;
    story.state.stands("mobile", "clock-behind");
    story.status("It is behind by a second more, which one of the two does not tolerate.");
    story.now -= 3_600;
    story.status("It falls by another hour, which is no step of its own.");
    story.now += 7_201;
    story.state.stands("mobile", "active");
    story.status("It is right again.");
    story
}
