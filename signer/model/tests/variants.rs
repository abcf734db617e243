//! The model can fail: a rule is taken away, and the search must say which promise that breaks, by a way that a person can follow.
//!
//! Each variant is searched in a small world in which nothing breaks while the rule is there; that is searched too, as far.

use signer_model::{
    play::Play,
    search::{Bounds, search},
    sold::Key,
    state::{Clock, Step},
    variant::Variant,
    world::World,
};

const MOST: usize = 60_000;

/// Searches with the rule and without it, from the place to which `begin` leads.
#[track_caller]
fn breaks(variant: Variant, promise: &str, world: &World, go_on: usize, begin: impl Fn(&mut Play)) {
    let run = |variant, states| {
        let mut play = Play::of(World { variant, ..world.clone() });
        begin(&mut play);
        let begun = play.state.clone();
        search(play.model, begun, Bounds { states, go_on })
    };
    let found = run(Some(variant), MOST);
    let (broken, way) =
        found.broken.unwrap_or_else(|| panic!("{variant:?} breaks nothing in {} states", found.states));
    // In one piece, since tests run side by side.
    println!(
        "{variant:?}: {}\n    {}\n| {:<28} | {:<14} | {:>6} | {:>5} |",
        broken.why,
        way.join("\n    "),
        format!("{variant:?}"),
        broken.promise,
        found.states,
        way.len(),
    );
    assert_eq!(broken.promise, promise, "{}: {way:#?}", broken.why);
    let sound = run(None, 2 * found.states);
    assert_eq!(sound.broken, None, "with the rule it holds");
}

fn from_the_start(_: &mut Play) {}

fn alone(requests: u64) -> World {
    World::new("alone", requests)
}

/// P and Q, who share two seats by a key each.
fn two(requests: u64) -> World {
    let mut world = World::new("two", requests);
    world.keys.push(Key { subscription: 0, quota: None, installations: 1 });
    world.sites = vec![vec![0], vec![1]];
    world
}

fn restored(requests: u64) -> World {
    let mut world = alone(requests);
    (world.may.snapshots, world.may.restores) = (1, 1);
    world
}

#[test]
fn open_stripped() {
    breaks(Variant::OpenStripped, "seen", &restored(2), 0, from_the_start);
}

#[test]
fn claims_not_noted() {
    breaks(Variant::ClaimsNotNoted, "seen", &restored(2), 0, from_the_start);
}

#[test]
fn refused_branch_forgotten() {
    breaks(Variant::RefusedBranchForgotten, "seen", &restored(4), 0, |play| {
        play.step(Step::Snapshot { site: 0 });
        let r1 = play.activate(0, 0);
        play.upload(r1);
        play.step(Step::Restore { site: 0 });
        for _ in 1..=2 {
            let next = play.activate(0, 0);
            play.trip(0, next);
        }
    });
}

#[test]
fn late_files_are_forks() {
    breaks(Variant::LateFilesAreForks, "no-false-alarm", &alone(2), 0, from_the_start);
}

#[test]
fn ended_forgotten() {
    let mut world = two(2);
    world.sites = vec![vec![0], vec![0]];
    breaks(Variant::EndedForgotten, "nobody-stuck", &world, 1, from_the_start);
}

#[test]
fn ended_forgotten_by_the_proxy() {
    breaks(Variant::EndedForgottenByProxy, "final", &alone(2), 0, from_the_start);
}

#[test]
fn older_answer_taken() {
    breaks(Variant::OlderAnswerTaken, "forward-only", &alone(2), 0, from_the_start);
}

#[test]
fn second_answer() {
    let mut world = alone(2);
    world.days = vec![0, 30];
    breaks(Variant::SecondAnswer, "same-answer", &world, 0, from_the_start);
}

#[test]
fn leases_follow_the_quota() {
    let mut world = two(1);
    world.may.edits = 1;
    world.quotas = vec![(0, Some(1))];
    breaks(Variant::LeasesFollowTheQuota, "no-double-seat", &world, 0, from_the_start);
}

#[test]
fn ended_by_arrival() {
    breaks(Variant::EndedByArrival, "no-double-seat", &two(3), 0, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
        play.deactivate(0);
    });
}

#[test]
fn held_for_answered() {
    let mut world = two(3);
    world.may.edits = 1;
    world.quotas = vec![(0, Some(1))];
    breaks(Variant::HeldForAnswered, "no-double-seat", &world, 0, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
    });
}

#[test]
fn resolved_without_overdraft() {
    let mut world = alone(2);
    (world.may.clones, world.may.resolutions) = (1, 1);
    breaks(Variant::ResolvedWithoutOverdraft, "no-double-seat", &world, 0, |play| {
        play.step(Step::Clone { site: 0 });
    });
}

#[test]
fn put_back_unseen() {
    let mut world = two(1);
    (world.may.backups, world.may.put_backs) = (1, 1);
    breaks(Variant::PutBackUnseen, "no-double-seat", &world, 0, from_the_start);
}

#[test]
fn record_number_kept() {
    let mut world = two(4);
    (world.may.backups, world.may.put_backs, world.may.edits) = (1, 1, 1);
    breaks(Variant::RecordNumberKept, "same-answer", &world, 0, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
        play.step(Step::BackUp);
        let (r2, _) = (play.refresh(0), play.refresh(0));
        play.step(Step::Quota { key: 0, quota: Some(1) });
        play.trip(0, r2);
        let r4 = play.refresh(0);
        play.upload(r4);
    });
}

#[test]
fn no_tolerance() {
    let mut world = two(1);
    world.days = vec![0, 104];
    world.may.clocks = 1;
    world.clocks = vec![Clock::Behind(license_format::DAY)];
    breaks(Variant::NoTolerance, "no-double-seat", &world, 0, from_the_start);
}

#[test]
fn clock_behind_forgotten() {
    let mut world = two(2);
    world.days = vec![0, 30, 140];
    world.may.clocks = 1;
    world.clocks = vec![Clock::Behind(20 * license_format::DAY)];
    breaks(Variant::ClockBehindForgotten, "no-double-seat", &world, 0, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
        play.step(Step::Pass);
    });
}

#[test]
fn homes_forgotten() {
    let mut world = two(1);
    world.keys[0].quota = Some(1);
    world.sites = vec![vec![0], vec![0]];
    // Raised, so that it is not the quota that keeps the second home away.
    (world.may.edits, world.quotas) = (1, vec![(0, None)]);
    breaks(Variant::HomesForgotten, "one-home", &world, 0, from_the_start);
}

#[test]
fn refusals_frozen() {
    let mut world = alone(1);
    world.may.suspensions = 2;
    breaks(Variant::RefusalsFrozen, "nobody-stuck", &world, 1, from_the_start);
}
