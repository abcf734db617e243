//! The signer's log: the newest checkpoint is remembered and said, and two histories of one log are noticed.

use super::{
    Story,
    request::Request,
    story::{Ask, DESKTOP_KEY},
};
use crate::{
    cases::{good::*, world::*},
    kit::{File, Sign1, sha256},
};

const REFRESH: (&str, Ask) = ("desktop", Ask::Refresh);

pub(crate) fn stories() -> Vec<Story> {
    vec![remembered(), forked(), restored()]
}

/// The log at a size: its checkpoint, and what requests say of it.
fn log(origin: &str, size: u64) -> (Sign1, ([u8; 32], u64)) {
    let root = sha256(format!("waybill test only: {origin} at {size}").as_bytes());
    let checkpoint = checkpoint().with(&["origin"], origin).with(&["size"], size).with(&["root"], root);
    (Sign1::sealed(&record(), "checkpoint", &checkpoint), (root, size))
}

/// A slot that is activated, with a checkpoint that comes along.
fn begin(name: &'static str, comment: &'static str, size: u64) -> Story {
    let mut story = Story::begin(name, comment);
    let request =
        story.prepare("A license key is typed.", "desktop", Ask::Activation(DESKTOP_KEY, DESKTOP_KEY));
    story.now = NOW;
    let (checkpoint, seen) = log("log.example.com/1", size);
    let license = File::of(&story.license(&request)).and(&checkpoint);
    story.state.log = Some(seen);
    story.install("Its license comes, and with it the log's checkpoint.", &request, &license);
    story
}

/// A refusal for now, with checkpoints that come along.
fn no(story: &Story, request: &Request, checkpoints: &[&Sign1]) -> Vec<u8> {
    let refusal = File::of(&story.refusal(request, "no-seats", false));
    checkpoints.iter().fold(refusal, |file, checkpoint| file.and(checkpoint)).encode()
}

fn remembered() -> Story {
    let mut story = begin(
        "log-remembered",
        "The newest checkpoint of the log is remembered, and the next request names it.",
        5,
    );
    let second = story.prepare("A refresh is made: it names the checkpoint.", REFRESH.0, REFRESH.1);
    let (older, _) = log("log.example.com/1", 3);
    let file = no(&story, &second, &[&older]);
    story.take("A refusal brings an older one, which changes nothing.", file, "refused", |_| {});
    let (newer, seen) = log("log.example.com/1", 9);
    let file = no(&story, &second, &[&older, &newer]);
    story.take("A refusal brings two, of which the newer is remembered.", file, "refused", |state| {
        state.log = Some(seen)
    });
    story.prepare_again("The log alone is no reason for a new request.", REFRESH.1, &second, "again");
    let license = File::of(&story.license(&second));
    story.install("The license brings none, and the one before is remembered.", &second, &license);
    story.now += 2 * DAY;
    let third = story.prepare("The next request names the newer one.", REFRESH.0, REFRESH.1);
    let (other, _) = log("log.example.com/other", 900);
    let license = File::of(&story.license(&third)).and(&other);
    story.install("A checkpoint of another log is genuine, and is not compared.", &third, &license);
    story.prepare("The next request names the one before.", REFRESH.0, REFRESH.1);
    story
}

fn forked() -> Story {
    let mut story = begin(
        "log-fork",
        "The signer shows another history of its log, and the answer that brings it is refused.",
        5,
    );
    let second = story.prepare("A refresh is made.", REFRESH.0, REFRESH.1);
    let rewritten = checkpoint().with(&["origin"], "log.example.com/1").with(&["size"], 5);
    let rewritten = Sign1::sealed(&record(), "checkpoint", &rewritten);
    let license = story.license(&second);
    let file = File::of(&license).and(&rewritten);
    story.import(
        "The license comes with a checkpoint of the same size, and another root.",
        file.encode(),
        "log-fork",
    );
    let (newer, seen) = log("log.example.com/1", 9);
    let changed = checkpoint().with(&["origin"], "log.example.com/1").with(&["size"], 9);
    let changed = Sign1::sealed(&record(), "checkpoint", &changed);
    let file = File::of(&license).and(&newer).and(&changed);
    story.import("It comes with two checkpoints that contradict each other.", file.encode(), "log-fork");
    let file = File::of(&license).and(&newer);
    story.state.log = Some(seen);
    story.install(
        "It comes with a checkpoint of another size, which only the signer can compare.",
        &second,
        &file,
    );
    let file = no(&story, &second, &[&changed]);
    story.import("A late answer that shows another history is refused as well.", file, "log-fork");
    story.prepare("The next request names the log as it was seen.", REFRESH.0, REFRESH.1);
    story
}

fn restored() -> Story {
    let mut story = begin(
        "log-restored",
        "The signer's record was restored, and its log goes on under another name, with fewer leaves.",
        5,
    );
    let second = story.prepare("A refresh is made.", REFRESH.0, REFRESH.1);
    story.record = 2;
    let (shorter, seen) = log("log.example.com/2", 4);
    let file = no(&story, &second, &[&shorter]);
    story.take("The record has a new number, and its log is remembered.", file, "refused", |state| {
        state.log = Some(seen)
    });
    story.now += 2 * DAY;
    let third = story.prepare("The next request names it.", REFRESH.0, REFRESH.1);
    story.record = 1;
    let (old, _) = log("log.example.com/1", 50);
    let file = no(&story, &third, &[&old]);
    story.take(
        "An answer from before brings the log from before, which changes nothing.",
        file,
        "refused",
        |_| {},
    );
    story.record = 3;
    let file = no(&story, &third, &[]);
    story.take("The record has another number, and nothing is known of its log.", file, "refused", |state| {
        state.log = None
    });
    story.now += 2 * DAY;
    story.prepare("The next request names none.", REFRESH.0, REFRESH.1);
    story
}
