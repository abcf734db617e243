//! Answers in order, out of order, lost, repeated and mangled.

use super::story::{Ask, DESKTOP_KEY, MOBILE_KEY, Story};
use crate::{
    cases::world::*,
    kit::{File, Utf16, armour, as_utf16, hex, qr_text, quoted, with_line_ends},
};

pub(super) fn stories() -> Vec<Story> {
    vec![
        activation(),
        lost_answer(),
        same_file_twice(),
        two_open(true),
        two_open(false),
        two_slots(),
        refusal_then_license(),
        fork(),
        license_after_final_refusal(),
        record_restored(),
        answer_from_before_restoration(),
        deactivation_after_restoration(),
        mangled_text(),
    ]
}

fn activation() -> Story {
    let mut story =
        Story::begin("activation", "A slot is activated, and its license is replaced by a newer one.");
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let first = story.prepare("A license key is typed: nothing is known of an answer.", "desktop", typed);
    story.now += 3_600;
    story.prepare_again(
        "The same within a day gives the same file, whatever the nonce.",
        typed,
        &first,
        "again",
    );
    story.now = NOW;
    let license = File::of(&story.license(&first));
    story.install("The license comes, and there is nothing open any more.", &first, &license);
    story.now += DAY;
    let second = story.prepare("A refresh names what it holds.", "desktop", Ask::Refresh);
    let license = File::of(&story.license(&second));
    story.install("The newer license takes the place of the first.", &second, &license);
    story
}

fn lost_answer() -> Story {
    let (mut story, _) = Story::begin_active(
        "lost-answer",
        "An answer is lost and another request made, which claims the one before it.",
    );
    let second = story.prepare("A refresh is made, and its answer is lost.", "desktop", Ask::Refresh);
    let lost = story.license(&second);
    story.now += DAY - 1;
    story.prepare_again("Within the day it is the same file.", Ask::Refresh, &second, "again");
    story.now += 1;
    let third = story.prepare("A day later it is a new one.", "desktop", Ask::Refresh);
    let license = File::of(&story.license(&third));
    story.install("Its answer comes.", &third, &license);
    story.import("The lost answer is found.", File::of(&lost).encode(), "superseded");
    story.now += DAY;
    story.prepare("The next request starts from the newest answer.", "desktop", Ask::Refresh);
    story
}

fn same_file_twice() -> Story {
    let (mut story, first) = Story::begin_active(
        "same-file-twice",
        "Every kind of answer comes twice, and only a refusal that is not final is shown again.",
    );
    let license = File::of(&story.license(&first)).encode();
    story.import("The license that is in force comes again.", license, "already-installed");
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let no = File::of(&story.refusal(&second, "no-seats", false)).encode();
    story.take("It is refused for now.", no.clone(), "refused", |_| {});
    story.take("The refusal comes again.", no.clone(), "refused", |_| {});
    let never = File::of(&story.refusal(&second, "overtaken", true)).encode();
    story.take("The same request is refused for good.", never.clone(), "refused", |state| {
        state.settle(&second);
    });
    story.import("The final refusal comes again.", never, "already-read");
    story.import("The refusal before it comes again.", no, "already-read");
    let end = story.prepare("The slot is given back.", "desktop", Ask::Deactivation);
    let receipt = File::of(&story.receipt(&end)).encode();
    story.take("The receipt comes.", receipt.clone(), "confirmed", |state| state.confirm(&end));
    story.import("The receipt comes again.", receipt, "already-read");
    story
}

fn two_open(oldest_first: bool) -> Story {
    let (mut story, _) = if oldest_first {
        Story::begin_active("two-open-oldest-first", "Two requests are answered in their order.")
    } else {
        Story::begin_active(
            "two-open-newest-first",
            "Two requests are answered in the other order, and the older answer has no effect.",
        )
    };
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    story.now += DAY;
    let third = story.prepare("Another is made, and the first is still open.", "desktop", Ask::Refresh);
    let older = File::of(&story.license(&second));
    let newer = File::of(&story.license(&third));
    if oldest_first {
        story.install("The older answer comes, and the newer request stays open.", &second, &older);
        story.install("The newer answer comes.", &third, &newer);
    } else {
        story.install("The newer answer comes, and nothing is open any more.", &third, &newer);
        story.import("The older answer comes.", older.encode(), "superseded");
    }
    story.now += DAY;
    story.prepare("Either way the next request says the same.", "desktop", Ask::Refresh);
    story
}

fn two_slots() -> Story {
    let mut story = Story::begin(
        "two-slots-newest-first",
        "Requests of two slots are answered in the other order, and both licenses come into force.",
    );
    let desktop = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let mobile = Ask::Activation(MOBILE_KEY, MOBILE_KEY);
    let first = story.prepare("A license key is typed for one slot.", "desktop", desktop);
    let second = story.prepare("Another is typed for another slot.", "mobile", mobile);
    story.now = NOW;
    let license = File::of(&story.license(&second));
    story.install("The answer to the second comes.", &second, &license);
    story.prepare(
        "The first waits still, but what it says is out of date, so a new one is made.",
        "desktop",
        desktop,
    );
    let license = File::of(&story.license(&first));
    story.install("The answer to the first comes: `since` does not go back.", &first, &license);
    story.prepare(
        "The next request holds both, and lists the one that still waits.",
        "desktop",
        Ask::Refresh,
    );
    story
}

fn refusal_then_license() -> Story {
    let mut story = Story::begin(
        "refusal-then-license",
        "A request is refused for now, and the same file gets a license later.",
    );
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let first = story.prepare("A license key is typed.", "desktop", typed);
    story.now = NOW;
    let no = File::of(&story.refusal(&first, "offline-use-off", false)).encode();
    story.take("The request is refused for now, and stays open.", no.clone(), "refused", |_| {});
    story.now += 60;
    let license = File::of(&story.license(&first));
    story.install("The same file was brought again, and got a license.", &first, &license);
    story.import("The refusal comes once more.", no, "already-read");
    story
}

fn fork() -> Story {
    let (mut story, _) = Story::begin_active(
        "fork-refused",
        "The signer has seen two histories and refuses this one: the license in force stays, and so does the history.",
    );
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let no = File::of(&story.refusal(&second, "fork", true)).encode();
    story.take("It is refused for good.", no, "refused", |state| state.settle(&second));
    let third = story.prepare(
        "The next request goes on from the refused one, by which the signer knows the branch.",
        "desktop",
        Ask::Refresh,
    );
    let no = File::of(&story.refusal(&third, "fork", true)).encode();
    story.take("It is refused too.", no, "refused", |state| state.settle(&third));
    let fourth = story.prepare("Another one is made.", "desktop", Ask::Refresh);
    let license = File::of(&story.license(&fourth));
    story.install("The administrator decided for this branch, and a license comes.", &fourth, &license);
    story
}

fn record_restored() -> Story {
    let (mut story, first) = Story::begin_active(
        "record-restored",
        "The signer's record came from a backup, and it asks for the documents in force.",
    );
    let in_force = story.license(&first);
    story.now += DAY;
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    story.record = 2;
    let no = File::of(&story.refusal(&second, "record-restored", false)).encode();
    story.take("The record has a new number, which is kept.", no, "refused", |_| {});
    story.travelling = vec![in_force];
    let third = story.prepare(
        "At once a new request is made, with that number and the license in force.",
        "desktop",
        Ask::Refresh,
    );
    story.now += 60;
    story.prepare_again("Once more gives the same file.", Ask::Refresh, &third, "again");
    let newer = story.license(&third);
    story.install("The answer comes.", &third, &File::of(&newer));
    story.travelling.clear();
    story.now += DAY;
    let fourth = story.prepare("Nothing travels along any more.", "desktop", Ask::Refresh);
    let no = File::of(&story.refusal(&fourth, "record-behind", false)).encode();
    story.take("The signer finds its record behind without a new number.", no, "refused", |_| {});
    story.travelling = vec![newer];
    story.prepare("A new request brings the license in force again.", "desktop", Ask::Refresh);
    story
}

fn license_after_final_refusal() -> Story {
    let (mut story, _) = Story::begin_active(
        "license-after-newer-refusal",
        "The newer of two requests is refused for good, and the older one's license still comes into force.",
    );
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    story.now += DAY;
    let third = story.prepare("Another is made.", "desktop", Ask::Refresh);
    let never = File::of(&story.refusal(&third, "blocked", true));
    story.take("The newer one is refused for good.", never.encode(), "refused", |state| state.settle(&third));
    let no = File::of(&story.refusal(&second, "no-seats", false));
    story.take("The older one is refused for now, which is news.", no.encode(), "refused", |_| {});
    let license = File::of(&story.license(&second));
    story.install("The older one's license comes: `since` does not go back.", &second, &license);
    story.now += DAY;
    story.prepare("The next request holds it.", "desktop", Ask::Refresh);
    story
}

fn answer_from_before_restoration() -> Story {
    let (mut story, _) = Story::begin_active(
        "answer-from-before-restoration",
        "An answer that was made before the signer was restored comes after it asked for documents, which travel all the same.",
    );
    let second = story.prepare("A refresh is made.", "desktop", Ask::Refresh);
    let license = story.license(&second);
    story.record = 2;
    let no = File::of(&story.refusal(&second, "record-restored", false));
    story.take("The signer, restored, asks for the documents in force.", no.encode(), "refused", |_| {});
    story.install(
        "The license from before the restoration comes, and the number stays the newer one.",
        &second,
        &File::of(&license),
    );
    story.travelling = vec![license];
    story.now += DAY;
    story.prepare("The next request brings it along.", "desktop", Ask::Refresh);
    story
}

fn deactivation_after_restoration() -> Story {
    let (mut story, _) = Story::begin_active(
        "deactivation-after-restoration",
        "A deactivation is made anew where the restored signer must see another number or the documents of other slots.",
    );
    let mobile = story.prepare("Another slot asks.", "mobile", Ask::Activation(MOBILE_KEY, MOBILE_KEY));
    let held = story.license(&mobile);
    story.install("Its license comes.", &mobile, &File::of(&held));
    let end = story.prepare("The first slot is given back.", "desktop", Ask::Deactivation);
    story.now += 60;
    story.prepare_again("The same file again.", Ask::Deactivation, &end, "again");
    story.record = 2;
    let no = File::of(&story.refusal(&end, "record-restored", false));
    story.take("The signer, restored, asks for the documents in force.", no.encode(), "refused", |_| {});
    story.travelling = vec![held];
    let again = story.prepare(
        "The deactivation is made anew, and the other slot's license travels along.",
        "desktop",
        Ask::Deactivation,
    );
    let receipt = File::of(&story.receipt(&end));
    story.take(
        "The receipt of the first one comes, and settles that one alone.",
        receipt.encode(),
        "confirmed",
        |state| {
            state.settle(&end);
        },
    );
    let receipt = File::of(&story.receipt(&again));
    story.take("The receipt of the second comes.", receipt.encode(), "confirmed", |state| {
        state.confirm(&again);
    });
    story
}

fn mangled_text() -> Story {
    let mut story = Story::begin(
        "mangled-text",
        "Answers come in every spelling that mail and screens leave of them, and are the same answers.",
    );
    let typed = Ask::Activation(DESKTOP_KEY, DESKTOP_KEY);
    let first = story.prepare("A license key is typed.", "desktop", typed);
    story.now = NOW;
    let file = File::of(&story.license(&first)).encode();
    let short = |bytes: &[u8]| {
        let digits = hex(&bytes[..8]).to_uppercase();
        [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join("-")
    };
    let lines = [
        "License: Mac Management, Desktop, 250 managed devices".to_owned(),
        format!("Site: PS1 (Headquarters), installation {}", short(&installation().thumbprint())),
        "Contract: 2026-11-22 to 2027-11-22".to_owned(),
        "File good until: 2027-02-20".to_owned(),
        "Report due by: 2027-01-21".to_owned(),
        format!("Answers: request number 1, {}", hex(&first.link.digest[..4])),
    ];
    let text = armour("LICENSE", &lines, &file);
    story.import(
        "The text grants more than the signed part.",
        text.replace("250 managed", "900 managed"),
        "armour-readable",
    );
    let mail = quoted(&format!("Here it is:\n\n{text}"), "> ");
    story.take(
        "The license comes quoted in a letter, with a byte-order mark and lines that end with CR LF.",
        format!("\u{feff}{}", with_line_ends(&mail, "\r\n")),
        "installed",
        |state| state.install(&first),
    );
    story.import(
        "The same license comes as UTF-16.",
        as_utf16(&text, Utf16::LittleEndian),
        "already-installed",
    );
    story.import("The same license comes from a screen.", qr_text(&file), "already-installed");
    story.import("The same license comes as a binary file.", file, "already-installed");
    story
}
