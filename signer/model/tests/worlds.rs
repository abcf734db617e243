//! Small worlds, each searched through: how many states, how deep, whether every promise holds in all of them.
//!
//! `WAYBILL_MODEL_DEPTH` says how much: 0 (the default) in seconds, 1 as `scripts/suites/model` does, more as long as there is time and
//! memory. Each step more is one more request for every installation.

use license_format::{DAY, Metric, Timestamp};
use signer::exchange::Draw;
use signer_model::{
    play::Play,
    search::{Bounds, row, search},
    sold::{Code, Key, Subscription},
    state::{Clock, Step},
    world::World,
};

const KEY: Key = Key::new(0);

fn depth() -> u64 {
    std::env::var("WAYBILL_MODEL_DEPTH").map_or(0, |depth| depth.parse().expect("a number"))
}

/// A world with as many requests as the depth allows.
fn world(name: &'static str, requests: u64) -> World {
    World::new(name, requests + depth())
}

/// P and Q, who share two seats by a key each.
fn two(name: &'static str, requests: u64) -> World {
    World { keys: vec![KEY, KEY], sites: vec![vec![0], vec![1]], ..world(name, requests) }
}

fn holds(world: World) {
    holds_from(world, |_| ());
}

#[expect(clippy::disallowed_methods, reason = "how long a search takes is shown, and decides nothing")]
fn holds_from(world: World, begin: impl Fn(&mut Play)) {
    let most = [10_000, 120_000, 4_000_000][depth().min(2) as usize];
    let mut play = Play::of(world);
    begin(&mut play);
    let begun = std::time::Instant::now();
    let report = search(
        play.model,
        play.state,
        Bounds { states: most, go_on: [50, 200, 1000][depth().min(2) as usize] },
    );
    println!("{}", row(&report, begun.elapsed().as_secs_f64()));
    if std::env::var_os("WAYBILL_MODEL_PARTS").is_some() {
        println!("{:?}", report.parts);
    }
    if let Some((broken, way)) = &report.broken {
        panic!("{}: {}\n{}", broken.promise, broken.why, way.join("\n"));
    }
    assert!(report.states > 100, "hardly anything happens in {}", report.world);
}

#[test]
fn one_slot() {
    let mut world = world("1 installation, 1 key, quota down and up", 3);
    world.may.edits = 2;
    world.quotas = vec![(0, Some(1)), (0, None)];
    holds(world);
}

#[test]
fn one_slot_over_time() {
    let mut world = world("1 installation, 1 key, five instants", 2);
    world.days = vec![0, 30, 89, 104, 106];
    holds(world);
}

#[test]
fn two_slots() {
    let mut world = world("1 installation, 2 slots with a key each", 3);
    world.subscriptions.push(Subscription { slot: 1, seats: vec![(Metric::ManagedDevice, 2)] });
    world.keys.push(Key { subscription: 1, ..KEY });
    world.sites = vec![vec![0, 1]];
    holds(world);
}

#[test]
fn a_mistyped_key() {
    let mut world = world("1 installation, 2 keys for one slot", 3);
    world.keys.push(KEY);
    world.sites = vec![vec![0, 1]];
    holds(world);
}

#[test]
fn one_home() {
    let mut world = world("2 installations, 1 key for one home", 2);
    world.keys[0].quota = Some(1);
    world.sites = vec![vec![0], vec![0]];
    // Raised, so that it is not the quota that keeps the second home away.
    (world.may.edits, world.quotas) = (1, vec![(0, None)]);
    holds(world);
}

#[test]
fn one_home_over_time() {
    let mut world = world("2 installations, 1 key, until a file ends", 1);
    world.keys[0].quota = Some(1);
    world.sites = vec![vec![0], vec![0]];
    // Raised, so that it is not the quota that keeps the second home away.
    (world.may.edits, world.quotas) = (1, vec![(0, None)]);
    world.days = vec![0, 30, 104, 105];
    holds(world);
}

#[test]
fn the_last_seats() {
    let mut world = two("2 installations, 2 keys, quota down and up", 2);
    world.may.edits = 2;
    world.quotas = vec![(0, Some(1)), (0, None)];
    holds(world);
}

#[test]
fn the_last_seats_later() {
    let mut world = two("2 installations, 2 keys, a file is in force", 2);
    world.may.edits = 2;
    world.quotas = vec![(0, Some(1)), (0, None)];
    holds_from(world, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
    });
}

#[test]
fn several_metrics() {
    let mut world = two("2 installations, 2 metrics, quota down", 2);
    world.subscriptions[0].seats = vec![(Metric::ManagedDevice, 2), (Metric::User, 3)];
    world.may.edits = 1;
    world.quotas = vec![(0, Some(1))];
    holds(world);
}

#[test]
fn suspended() {
    let mut world = two("2 installations, suspended and again not", 1);
    world.may.suspensions = 2;
    world.refusals_go_home = true;
    holds(world);
}

#[test]
fn restored() {
    let mut world = world("1 installation, restored from a snapshot", 2);
    (world.may.snapshots, world.may.restores) = (1, 1);
    holds(world);
}

#[test]
fn restored_beside_another() {
    let mut world = two("2 installations, restored from a snapshot", 1);
    (world.may.snapshots, world.may.restores) = (1, 1);
    holds(world);
}

#[test]
fn restored_with_two_slots() {
    let mut world = world("1 installation, 2 slots, restored", 2);
    world.subscriptions.push(Subscription { slot: 1, seats: vec![(Metric::ManagedDevice, 2)] });
    world.keys.push(Key { subscription: 1, ..KEY });
    world.sites = vec![vec![0, 1]];
    (world.may.snapshots, world.may.restores) = (1, 1);
    holds(world);
}

#[test]
fn cloned() {
    let mut world = world("1 installation, cloned", 2);
    world.may.clones = 1;
    holds(world);
}

#[test]
fn fork_resolved() {
    let mut world = world("1 installation, restored, fork resolved", 2);
    (world.may.snapshots, world.may.restores, world.may.resolutions) = (1, 1, 1);
    holds(world);
}

#[test]
fn fork_of_clones_resolved() {
    let mut world = world("1 installation, cloned, fork resolved", 2);
    (world.may.clones, world.may.resolutions) = (1, 1);
    holds(world);
}

#[test]
fn clocks() {
    let mut world = two("2 installations, clocks set wrong and right", 1);
    world.days = vec![0, 30, 104, 140];
    world.may.clocks = 2;
    world.clocks = vec![
        Clock::Right,
        Clock::Ahead(200 * DAY),
        Clock::Behind(DAY),
        Clock::Behind(20 * DAY),
        Clock::Stopped(Timestamp::MIN),
    ];
    holds(world);
}

#[test]
fn clocks_later() {
    let mut world = two("2 installations, a file is in force, clocks", 2);
    world.days = vec![0, 30, 140];
    world.may.clocks = 1;
    world.clocks = vec![Clock::Behind(20 * DAY), Clock::Stopped(Timestamp::MIN)];
    holds_from(world, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
    });
}

#[test]
fn time_reset() {
    let mut world = world("1 installation, a clock ran ahead, time reset", 2);
    world.days = vec![0, 30];
    world.may.clocks = 2;
    world.clocks = vec![Clock::Right, Clock::Ahead(200 * DAY)];
    holds(world);
}

#[test]
fn processes() {
    let mut world = two("2 installations, 3 processes off by seconds", 1);
    world.days = vec![0, 104, 105];
    world.processes = vec![0, 3, -3];
    holds(world);
}

#[test]
fn signer_restored() {
    let mut world = two("2 installations, the signer restored", 1);
    (world.may.backups, world.may.put_backs) = (1, 1);
    holds(world);
}

#[test]
fn signer_restored_over_time() {
    let mut world = two("2 installations, the signer restored, over time", 1);
    (world.may.backups, world.may.put_backs) = (1, 1);
    world.days = vec![0, 30, 160];
    holds(world);
}

#[test]
fn signer_restored_after_a_cut() {
    let mut world = two("2 installations, the signer restored after a cut", 5);
    (world.may.backups, world.may.put_backs, world.may.edits) = (1, 1, 1);
    holds_from(world, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
        play.step(Step::BackUp);
        let (r2, _) = (play.refresh(0), play.refresh(0));
        play.step(Step::Quota { key: 0, quota: Some(1) });
        play.trip(0, r2);
    });
}

#[test]
fn signer_restored_unseen() {
    let mut world = world("1 installation, the signer and its witness lost", 3);
    (world.may.backups, world.may.put_backs) = (1, 1);
    world.witness = false;
    holds(world);
}

#[test]
fn the_cap() {
    let world = world("1 installation, 32 open requests", 34);
    holds_from(world, |play| {
        for _ in 0..31 {
            play.activate(0, 0);
        }
    });
}

#[test]
fn a_key_moves() {
    let mut world = two("2 installations, 1 key, counted moves", 1);
    world.keys.truncate(1);
    world.sites = vec![vec![0], vec![0]];
    world.may.moves = 2;
    world.days = vec![0, 104, 105];
    holds(world);
}

#[test]
fn a_key_moves_later() {
    let mut world = two("2 installations, 1 key in force, moved, allowed", 2);
    world.keys.truncate(1);
    world.sites = vec![vec![0], vec![0]];
    (world.may.moves, world.may.bars) = (1, 1);
    holds_from(world, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
    });
}

#[test]
fn barred() {
    let mut world = two("2 installations, 2 keys, barred and allowed", 2);
    world.may.bars = 2;
    world.refusals_go_home = true;
    holds(world);
}

#[test]
fn activation_codes() {
    let mut world = two("2 installations, 1 key, a code for it", 1);
    world.keys = vec![Key { quota: Some(1), installations: 2, ..KEY }];
    world.codes = vec![Code { key: 0, until: 10 }];
    world.sites = vec![vec![1, 0], vec![1, 0]];
    (world.may.edits, world.quotas) = (1, vec![(0, None)]);
    world.days = vec![0, 20];
    holds(world);
}

#[test]
fn reserves() {
    let mut world = two("2 installations, a key that reserves", 2);
    world.keys[0] = Key { quota: Some(1), draw: Draw::Reserved, ..KEY };
    world.refusals_go_home = true;
    world.days = vec![0, 105];
    holds(world);
}

#[test]
fn draws_change() {
    let mut world = two("2 installations, a key comes to reserve, and not", 2);
    world.keys[0].quota = Some(1);
    (world.may.draws, world.draws) = (2, vec![(0, Draw::Reserved), (0, Draw::Open)]);
    holds(world);
}

#[test]
fn dynamic_draw() {
    let mut world = two("2 installations, a dynamic key, use up and down", 2);
    world.subscriptions[0].seats = vec![(Metric::ManagedDevice, 3)];
    world.keys[0].draw = Draw::Dynamic { headroom: 1 };
    (world.may.uses, world.uses_seats) = (2, vec![0, 2]);
    holds_from(world, |play| {
        let r1 = play.activate(0, 0);
        play.trip(0, r1);
    });
}

#[test]
fn restored_twice() {
    let mut world = world("1 installation, restored twice", 2);
    (world.may.snapshots, world.may.restores) = (2, 2);
    holds(world);
}

#[test]
fn restored_twice_and_resolved_twice() {
    let mut world = world("1 installation, restored and resolved twice", 2);
    (world.may.snapshots, world.may.restores, world.may.resolutions) = (1, 2, 2);
    holds(world);
}

#[test]
fn signer_restored_twice() {
    let mut world = two("2 installations, the signer restored twice", 1);
    (world.may.backups, world.may.put_backs) = (2, 2);
    world.days = vec![0, 160];
    holds(world);
}

#[test]
fn signer_and_proxy_restored() {
    let mut world = world("1 installation, both the signer and it restored", 2);
    (world.may.backups, world.may.put_backs, world.may.snapshots, world.may.restores) = (1, 1, 1, 1);
    holds(world);
}
