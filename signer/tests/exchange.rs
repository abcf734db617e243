//! The promises of the exchange, searched: the signer's pure decisions and the proxy's pure transitions, driven together through
//! random lives in which files are lost, late, repeated and brought in any order, and states are copied.
//!
//! Nothing here is a copy of a rule: a proxy is `verifier::installation::Installation`, the signer is `signer::exchange::Book`. Some lives
//! are also lived over a whole signer and its store, SQLite or PostgreSQL: what it answers from rows that it reads anew each time must be
//! what the book answers that never forgot anything.

mod common;
#[path = "exchange/record.rs"]
mod record;
#[path = "exchange/world.rs"]
mod world;

use license_format::LicenseType;
use proptest::{prelude::*, test_runner::TestRunner};
use record::Record;
use signer::exchange::Draw;
use world::{METRIC, Op, World};

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, max_shrink_iters: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn honest_lives_keep_every_promise(ops in prop::collection::vec(op(), 1..40)) {
        live_honestly(World::new(), ops)?;
    }

    #[test]
    fn contended_seats_are_never_honoured_twice(ops in prop::collection::vec(contended_op(), 1..24)) {
        contend(World::new(), ops)?;
    }

    #[test]
    fn a_copy_is_seen_at_its_first_file(
        before in prop::collection::vec(op(), 0..20),
        first in prop::collection::vec(op(), 0..10),
    ) {
        copy_and_see(World::new(), before, first)?;
    }
}

/// The same lives over a store. Fewer, since each commit waits for the disk.
#[test]
fn lives_over_a_store_are_those_over_the_book() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let record = runtime.block_on(Record::new());
    let ops = |most| prop::collection::vec(op(), 1..most);
    let lives = (0..3, ops(40), ops(10), prop::collection::vec(contended_op(), 1..24));
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 24, max_shrink_iters: 100, ..ProptestConfig::default() });
    let lived = runner.run(&lives, |(which, ops, first, contended)| {
        let world = record.world(&runtime);
        match which {
            0 => live_honestly(world, ops),
            1 => contend(world, contended),
            _ => copy_and_see(world, ops, first),
        }
    });
    lived.unwrap_or_else(|error| panic!("{error}"));
    // Databases are dropped by a runtime of their own.
    drop(record);
}

/// no-double-seat, one-home, final, forward-only and no-false-alarm hold in every state of every life, and nobody is stuck.
fn live_honestly(mut world: World<'_>, ops: Vec<Op>) -> Result<(), TestCaseError> {
    for op in ops {
        world.apply(op);
        world.check_promises();
    }
    prop_assert_eq!(world.forks, 0, "no-false-alarm");
    world.check_nobody_is_stuck();
    world.check_promises();
    Ok(())
}

fn contend(mut world: World<'_>, ops: Vec<Op>) -> Result<(), TestCaseError> {
    for op in ops {
        world.apply(op);
        world.check_promises();
    }
    prop_assert_eq!(world.forks, 0, "no-false-alarm");
    Ok(())
}

/// seen: whatever a proxy did before it was copied, and whatever the first copy did after, the first file of the second copy that
/// arrives is refused as a fork; the first goes on.
fn copy_and_see(mut world: World<'_>, before: Vec<Op>, first: Vec<Op>) -> Result<(), TestCaseError> {
    before.into_iter().for_each(|op| world.apply(op));
    world.apply(Op::Activate { proxy: 0, slot: 0, key: 0 });
    world.apply(Op::UploadNewest);
    world.apply(Op::ImportNewest);
    let copy = world.proxies[0].clone();
    first.into_iter().for_each(|op| world.apply(op));
    // The first branch moves on by a file that arrives.
    world.apply(Op::Use { proxy: 0, slot: 0, seats: 777 });
    let made = world.made;
    world.apply(Op::Refresh { proxy: 0, slot: 0 });
    if world.made == made {
        world.apply(Op::Deactivate { proxy: 0, slot: 0 });
    }
    prop_assume!(world.made > made);
    world.apply(Op::UploadNewest);
    prop_assert_eq!(world.forks, 0);
    // The second branch writes its first file.
    let original = std::mem::replace(&mut world.proxies[0], copy);
    world.apply(Op::Use { proxy: 0, slot: 0, seats: 888 });
    let made = world.made;
    world.apply(Op::Refresh { proxy: 0, slot: 0 });
    if world.made == made {
        world.apply(Op::Activate { proxy: 0, slot: 0, key: 0 });
    }
    prop_assume!(world.made > made);
    world.apply(Op::UploadNewest);
    prop_assert_eq!(world.forks, 1, "seen");
    let name = original.name();
    prop_assert!(world.book.installations[&name].fork.is_some());
    // And the first goes on.
    world.proxies[0] = original;
    world.apply(Op::Use { proxy: 0, slot: 0, seats: 999 });
    let made = world.made;
    world.apply(Op::Refresh { proxy: 0, slot: 0 });
    if world.made > made {
        world.apply(Op::UploadNewest);
        prop_assert_eq!(world.forks, 1, "the first branch goes on");
    }
    Ok(())
}

/// A license that was replaced and is still on the way home holds its seats: the proxy may never get the newer one.
#[test]
fn the_license_in_force_counts_until_the_proxy_shows_the_newer_one() {
    let mut world = World::new();
    world.apply(Op::Trip { proxy: 0, slot: 0, key: 0, home: true });
    world.apply(Op::Quota { key: 0, seats: Some(3) });
    world.apply(Op::Trip { proxy: 0, slot: 0, key: 0, home: false });
    world.apply(Op::Trip { proxy: 1, slot: 0, key: 1, home: true });
    world.check_promises();
    assert_eq!(seats_in_force(&world, 0), Some(10));
    assert_eq!(seats_in_force(&world, 1), None, "no seats are free while the old license may be used");
    world.apply(Op::Import { answer: 1 });
    assert_eq!(seats_in_force(&world, 0), Some(3));
    world.apply(Op::Trip { proxy: 0, slot: 0, key: 0, home: false });
    world.apply(Op::Trip { proxy: 1, slot: 0, key: 1, home: true });
    assert_eq!(seats_in_force(&world, 1), Some(7), "free once the proxy has shown that it let go");
    world.check_promises();
}

fn seats_in_force(world: &World, proxy: usize) -> Option<u64> {
    world.proxies[proxy].license(LicenseType::Desktop).map(|license| license.seats(METRIC))
}

fn op() -> impl Strategy<Value = Op> {
    let proxy = 0..2usize;
    let slot = prop_oneof![3 => Just(0usize), 1 => Just(1usize)];
    prop_oneof![
        3 => (proxy.clone(), slot.clone(), 0..3usize).prop_map(|(proxy, slot, key)| Op::Activate { proxy, slot, key }),
        3 => (proxy.clone(), slot.clone()).prop_map(|(proxy, slot)| Op::Refresh { proxy, slot }),
        2 => (proxy.clone(), slot.clone()).prop_map(|(proxy, slot)| Op::Deactivate { proxy, slot }),
        4 => any::<usize>().prop_map(|request| Op::Upload { request }),
        6 => Just(Op::UploadNewest),
        4 => any::<usize>().prop_map(|answer| Op::Import { answer }),
        6 => Just(Op::ImportNewest),
        6 => (proxy.clone(), slot.clone(), 0..3usize, any::<bool>())
            .prop_map(|(proxy, slot, key, home)| Op::Trip { proxy, slot, key, home }),
        2 => (proxy, slot, 0..20u64).prop_map(|(proxy, slot, seats)| Op::Use { proxy, slot, seats }),
        1 => prop_oneof![1..5u64, 80..120u64].prop_map(|days| Op::Pass { days }),
        3 => (0..3usize, prop_oneof![Just(None), (1..8u64).prop_map(Some)]).prop_map(|(key, seats)| Op::Quota { key, seats }),
    ]
}

/// Few kinds of events around one subscription: where seats are short, and answers stay on the way.
fn contended_op() -> impl Strategy<Value = Op> {
    let trip = (0..2usize, 0..2usize, any::<bool>()).prop_map(|(proxy, key, home)| Op::Trip {
        proxy,
        slot: 0,
        key,
        home,
    });
    prop_oneof![
        8 => trip,
        3 => (0..2usize, prop_oneof![Just(None), (1..8u64).prop_map(Some)]).prop_map(|(key, seats)| Op::Quota { key, seats }),
        2 => any::<usize>().prop_map(|answer| Op::Import { answer }),
        2 => (0..2usize).prop_map(|proxy| Op::Deactivate { proxy, slot: 0 }),
        2 => (0..2usize, draw(), 1..8u64).prop_map(|(key, draw, quota)| Op::Draw { key, draw, quota }),
        2 => (1..8u64, 16..140u64).prop_map(|(seats, days)| Op::Grant { seats, days }),
        2 => (0..2usize, 0..2usize).prop_map(|(proxy, key)| Op::Move { proxy, key }),
        1 => Just(Op::UploadNewest),
        1 => prop_oneof![1..5u64, 80..120u64].prop_map(|days| Op::Pass { days }),
    ]
}

fn draw() -> impl Strategy<Value = Draw> {
    prop_oneof![
        Just(Draw::Open),
        Just(Draw::Reserved),
        (0..3u64).prop_map(|headroom| Draw::Dynamic { headroom })
    ]
}
