//! The model can fail: a rule is taken away, and the search must say which promise that breaks, by a way that a person can follow.
//!
//! Each variant is searched in a small world in which nothing breaks while the rule is there; that is searched too, as far.

use license_format::{Metric, Timestamp};
use signer::exchange::Draw;
use signer_model::{
    play::Play,
    search::{Bounds, search},
    sold::{Code, Key},
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
    world.keys.push(Key::new(0));
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

/// P and Q, who share two seats through one key for one home, which may move.
fn moving(requests: u64) -> World {
    let mut world = two(requests);
    world.keys.truncate(1);
    world.sites = vec![vec![0], vec![0]];
    world.may.moves = 1;
    world
}

#[test]
fn moved_without_overdraft() {
    breaks(Variant::MovedWithoutOverdraft, "no-double-seat", &moving(1), 0, from_the_start);
}

#[test]
fn bars_forgotten() {
    let mut world = alone(2);
    world.may.bars = 1;
    breaks(Variant::BarsForgotten, "barred", &world, 0, from_the_start);
}

#[test]
fn codes_forgotten() {
    let mut world = two(1);
    world.keys = vec![Key { quota: Some(1), installations: 2, ..Key::new(0) }];
    world.codes = vec![Code { key: 0, until: 10 }];
    world.sites = vec![vec![1, 0], vec![1, 0]];
    // Raised, so that it is not the quota that keeps the second home away.
    (world.may.edits, world.quotas) = (1, vec![(0, None)]);
    breaks(Variant::CodesForgotten, "one-home", &world, 0, from_the_start);
}

/// P's key reserves one of two seats; Q's is open.
fn reserving(requests: u64) -> World {
    let mut world = two(requests);
    world.keys[0] = Key { quota: Some(1), draw: Draw::Reserved, ..Key::new(0) };
    world.refusals_go_home = true;
    world
}

#[test]
fn reserves_forgotten() {
    breaks(Variant::ReservesForgotten, "reserved", &reserving(1), 0, from_the_start);
}

#[test]
fn reserves_first() {
    let mut world = two(1);
    world.keys[0].quota = Some(1);
    (world.may.draws, world.draws) = (1, vec![(0, Draw::Reserved)]);
    breaks(Variant::ReservesFirst, "no-double-seat", &world, 0, from_the_start);
}

#[test]
fn dynamic_frees_at_once() {
    let mut world = two(2);
    world.subscriptions[0].seats = vec![(Metric::ManagedDevice, 3)];
    world.keys[0].draw = Draw::Dynamic { headroom: 1 };
    (world.may.uses, world.uses_seats) = (2, vec![0, 1]);
    breaks(Variant::DynamicFreesAtOnce, "no-double-seat", &world, 0, |play| {
        play.step(Step::Draw { key: 0, draw: Draw::Open });
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
        play.step(Step::Draw { key: 0, draw: Draw::Dynamic { headroom: 1 } });
    });
}

/// Restored twice from one snapshot: two branches are refused, and the older of them goes on.
#[test]
fn one_branch_remembered() {
    let mut world = restored(4);
    world.may.restores = 3;
    breaks(Variant::OneBranchRemembered, "seen", &world, 0, |play| {
        play.step(Step::Snapshot { site: 0 });
        let r1 = play.activate(0, 0);
        play.upload(r1);
        play.step(Step::Restore { site: 0 });
        let second = play.activate(0, 0);
        play.trip(0, second);
        let kept = play.activate(0, 0);
        play.step(Step::Restore { site: 0 });
        let third = play.activate(0, 0);
        play.upload(third);
        let _ = kept;
    });
}

/// A store that is put back twice to one backup.
#[test]
fn record_number_of_the_backup() {
    let mut world = alone(4);
    world.days = vec![0, 1];
    (world.may.backups, world.may.put_backs) = (1, 2);
    breaks(Variant::RecordNumberOfTheBackup, "same-answer", &world, 0, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
        play.step(Step::BackUp);
        play.step(Step::PutBack);
        let r2 = play.refresh(0);
        play.trip(0, r2);
    });
}

#[test]
fn shown_licenses_ignored() {
    let mut world = two(3);
    world.days = vec![0, 30, 140];
    world.may.clocks = 1;
    world.clocks = vec![Clock::Stopped(Timestamp::MIN)];
    breaks(Variant::ShownLicensesIgnored, "no-double-seat", &world, 0, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
        play.set_clock(0, Clock::Stopped(Timestamp::MIN));
        play.step(Step::Pass);
        let r2 = play.refresh(0);
        play.trip(0, r2);
    });
}
