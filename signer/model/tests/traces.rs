//! The traces that made the rules of design section 4, each with the real functions: what once broke a promise ends well.
//!
//! P is site 0, Q is site 1; r1 is the request with counter 1, a1 its answer, D a deactivation. Two seats were bought. After every step all
//! promises are asked; that alone is what most of these show.

use signer_model::{
    play::Play,
    proxies::Ask,
    sold::Key,
    state::{Clock, Step},
    world::World,
};
use verifier::installation::Slot;

const P: u8 = 0;
const Q: u8 = 1;

/// One installation.
fn alone(name: &'static str) -> Play {
    Play::of(World::new(name, 64))
}

/// P and Q, who share two seats by a key each.
fn two(name: &'static str) -> World {
    let mut world = World::new(name, 64);
    world.keys.push(Key { subscription: 0, quota: None, installations: 1 });
    world.sites = vec![vec![0], vec![1]];
    world
}

/// P and Q, who share one key.
fn one_key(name: &'static str) -> World {
    let mut world = World::new(name, 64);
    world.sites = vec![vec![0], vec![0]];
    world
}

#[test]
fn t01_an_answer_from_before_a_deactivation_does_not_revive_the_slot() {
    let mut play = Play::of(one_key("1"));
    let r1 = play.activate(P, 0);
    let d = play.deactivate(P);
    let a1 = play.upload(r1);
    play.upload(d);
    let q = play.activate(Q, 0);
    assert_eq!(play.trip(Q, q), "license 2");
    play.import(P, a1);
    assert_eq!((play.honours(P), play.honours(Q)), (0, 2));
}

#[test]
fn t01_the_same_file_again_does_not_revive_the_slot() {
    let mut play = alone("1b");
    let r1 = play.activate(P, 0);
    let a1 = play.upload(r1);
    play.import(P, a1);
    play.deactivate(P);
    play.import(P, a1);
    assert!(matches!(play.slot(P, 0), Slot::Released(_)));
    play.goes_on();
}

#[test]
fn t02_two_open_requests_in_the_other_order_are_no_fork() {
    let mut play = alone("2");
    let (r1, r2) = (play.activate(P, 0), play.activate(P, 0));
    assert_eq!(play.trip(P, r2), "license 2");
    assert_eq!(play.trip(P, r1), "overtaken");
    assert_eq!(play.honours(P), 2);
    play.goes_on();
}

#[test]
fn t03_a_lost_answer_and_a_new_request_are_no_fork() {
    let mut play = alone("3");
    let (r1, r2) = (play.activate(P, 0), play.activate(P, 0));
    play.upload(r1);
    assert_eq!(play.trip(P, r2), "license 2");
    play.goes_on();
}

#[test]
fn t04_a_copy_that_runs_ahead_is_seen() {
    let mut play = alone("4a");
    play.step(Step::Snapshot { site: P });
    let (_, r2) = (play.activate(P, 0), play.activate(P, 0));
    play.step(Step::Restore { site: P });
    let second = play.activate(P, 0);
    assert_eq!(play.asks(second), "license 2");
    assert_eq!(play.asks(r2), "fork");
}

#[test]
fn t04_a_refused_branch_does_not_come_back_with_its_next_counter() {
    let mut play = alone("4b");
    let r1 = play.activate(P, 0);
    assert_eq!(play.trip(P, r1), "license 2");
    play.step(Step::Snapshot { site: P });
    let r2 = play.refresh(P);
    assert_eq!(play.asks(r2), "license 2");
    play.step(Step::Restore { site: P });
    for _ in 2..6 {
        // Its refusal is read, so the next request goes on from it.
        let next = play.refresh(P);
        assert_eq!(play.trip(P, next), "fork");
    }
}

#[test]
fn t05a_a_restored_signer_gives_no_seat_twice() {
    let mut play = Play::of(two("5a"));
    play.step(Step::BackUp);
    let p = play.activate(P, 0);
    assert_eq!(play.trip(P, p), "license 2");
    play.step(Step::PutBack);
    let q = play.activate(Q, 1);
    assert_eq!(play.trip(Q, q), "record-restored");
    let q = play.activate(Q, 1);
    assert_eq!(play.trip(Q, q), "recovering");
    play.goes_on();
}

#[test]
fn t05b_an_honest_proxy_is_no_fork_to_a_restored_signer() {
    let mut play = alone("5b");
    let r1 = play.activate(P, 0);
    play.trip(P, r1);
    play.step(Step::BackUp);
    let r2 = play.refresh(P);
    play.trip(P, r2);
    play.step(Step::PutBack);
    let r3 = play.refresh(P);
    assert_eq!(play.trip(P, r3), "record-restored");
    let r4 = play.refresh(P);
    // 5c: and what it is given then is newer than what it holds.
    assert_eq!(play.trip(P, r4), "license 2");
    assert_eq!(play.slot(P, 0).license().map(|license| license.counter), Some(4));
}

#[test]
fn t05d_a_late_file_gets_no_more_from_a_restored_signer_than_what_is_in_force() {
    let mut play = Play::of(two("5d"));
    let r1 = play.activate(P, 0);
    assert_eq!(play.trip(P, r1), "license 2");
    play.step(Step::BackUp);
    let (r2, r3) = (play.refresh(P), play.refresh(P));
    play.step(Step::Quota { key: 0, quota: Some(1) });
    assert_eq!(play.trip(P, r2), "license 1");
    let r4 = play.refresh(P);
    play.upload(r4);
    let q = play.activate(Q, 1);
    assert_eq!(play.trip(Q, q), "license 1");
    play.step(Step::PutBack);
    assert_eq!(play.trip(P, r3), "record-restored");
    let r5 = play.refresh(P);
    assert_eq!(play.trip(P, r5), "license 1");
    assert_eq!((play.honours(P), play.honours(Q)), (1, 1));
    play.goes_on();
}

#[test]
fn t06_a_late_deactivation_does_not_end_the_next_activation() {
    let mut play = Play::of(two("6"));
    let r1 = play.activate(P, 0);
    play.trip(P, r1);
    let d = play.deactivate(P);
    let r3 = play.activate(P, 0);
    assert_eq!(play.trip(P, r3), "license 2");
    assert_eq!(play.asks(d), "receipt");
    let q = play.activate(Q, 1);
    assert_eq!(play.trip(Q, q), "no-seats");
    play.goes_on();
}

#[test]
fn t07_a_branch_that_is_given_up_keeps_its_seats_as_overdraft() {
    let mut play = alone("7");
    play.step(Step::Clone { site: P });
    let r1 = play.activate(P, 0);
    assert_eq!(play.trip(P, r1), "license 2");
    let second = play.activate(1, 0);
    assert_eq!(play.trip(1, second), "fork");
    play.step(Step::Resolve { installation: 0, second: true });
    let next = play.activate(1, 0);
    // Served at once, and the four seats that are honoured now are two bought and two booked.
    assert_eq!(play.trip(1, next), "license 2");
    assert_eq!((play.honours(P), play.honours(1)), (2, 2));
    // No new license goes to the branch that was given up.
    let refresh = play.refresh(P);
    assert_eq!(play.trip(P, refresh), "fork");
}

#[test]
fn t08_a_copied_file_is_honoured_until_its_end_and_no_longer() {
    let mut world = two("8");
    world.days = vec![0, 104];
    let mut play = Play::of(world);
    let r1 = play.activate(P, 0);
    play.trip(P, r1);
    play.step(Step::Snapshot { site: P });
    let d = play.deactivate(P);
    play.upload(d);
    let q = play.activate(Q, 1);
    assert_eq!(play.trip(Q, q), "license 2");
    play.step(Step::Restore { site: P });
    assert_eq!((play.honours(P), play.honours(Q)), (2, 2), "inherent: the copy holds a file");
    let second = play.refresh(P);
    assert_eq!(play.trip(P, second), "fork", "and gets no other");
    play.step(Step::Pass);
    assert_eq!(play.honours(P), 0);
}

#[test]
fn t09_a_refusal_is_not_the_answer_for_ever() {
    let mut play = alone("9");
    let r1 = play.activate(P, 0);
    play.step(Step::Suspend { subscription: 0, on: true });
    assert_eq!(play.trip(P, r1), "subscription-suspended");
    play.step(Step::Suspend { subscription: 0, on: false });
    assert_eq!(play.trip(P, r1), "license 2");
}

#[test]
fn t10_answers_for_two_slots_may_come_out_of_order() {
    let mut world = World::new("10", 64);
    world.subscriptions.push(signer_model::sold::Subscription { slot: 1, ..world.subscriptions[0].clone() });
    world.keys.push(Key { subscription: 1, quota: None, installations: 1 });
    world.sites = vec![vec![0, 1]];
    let mut play = Play::of(world);
    let (r1, r2) = (play.activate(P, 0), play.activate(P, 1));
    let (a1, a2) = (play.upload(r1), play.upload(r2));
    play.import(P, a2);
    let r3 = play.prepare(P, 1, Ask::Refresh);
    assert_eq!(play.asks(r3), "license 2");
    play.import(P, a1);
    let r4 = play.refresh(P);
    assert_eq!(play.asks(r4), "license 2");
    play.goes_on();
}

#[test]
fn t11_what_was_let_go_is_proved_by_the_next_activation_with_another_key() {
    let mut world = one_key("11");
    world.keys.push(Key { subscription: 0, quota: None, installations: 1 });
    world.sites = vec![vec![0, 1], vec![0]];
    let mut play = Play::of(world);
    let r1 = play.activate(P, 0);
    play.trip(P, r1);
    play.deactivate(P);
    let r3 = play.activate(P, 1);
    play.step(Step::Quota { key: 1, quota: Some(1) });
    assert_eq!(play.trip(P, r3), "license 1");
    let q = play.activate(Q, 0);
    assert_eq!(play.trip(Q, q), "license 1", "the lost D is in the chain of the activation");
}

#[test]
fn t12_a_clock_that_is_known_to_be_behind_keeps_its_seats_from_lapsing() {
    let mut world = two("12");
    world.days = vec![0, 30, 140];
    let mut play = Play::of(world);
    let r1 = play.activate(P, 0);
    play.trip(P, r1);
    play.step(Step::Pass);
    play.set_clock(P, Clock::Behind(20 * license_format::DAY));
    let r2 = play.refresh(P);
    play.trip(P, r2);
    play.step(Step::Pass);
    assert_eq!(play.honours(P), 2, "its time stands still");
    let q = play.activate(Q, 1);
    assert_eq!(play.trip(Q, q), "no-seats");
    play.goes_on();
}

/// Whoever holds nothing has nothing to show that a restored record may lack: it is told to wait for the others, and then taken in.
#[test]
fn a_proxy_that_holds_no_license_goes_on_when_the_recovery_is_over() {
    let mut world = World::new("nothing to show", 64);
    world.days = vec![0, 160];
    let mut play = Play::of(world);
    play.step(Step::BackUp);
    let r1 = play.activate(P, 0);
    play.trip(P, r1);
    let d = play.deactivate(P);
    assert_eq!(play.trip(P, d), "receipt");
    play.step(Step::PutBack);
    let r3 = play.activate(P, 0);
    assert_eq!(play.trip(P, r3), "record-restored");
    let r4 = play.activate(P, 0);
    assert_eq!(play.trip(P, r4), "recovering");
    play.step(Step::Pass);
    let next = play.activate(P, 0);
    assert_eq!(play.trip(P, next), "license 2");
    play.goes_on();
}

/// The same, of one whose other slot holds a license that the record still has.
#[test]
fn a_proxy_whose_licenses_are_all_known_has_nothing_more_to_show() {
    let mut world = World::new("one slot of two", 64);
    world.subscriptions.push(signer_model::sold::Subscription { slot: 1, ..world.subscriptions[0].clone() });
    world.keys.push(Key { subscription: 1, quota: None, installations: 1 });
    world.sites = vec![vec![0, 1]];
    world.days = vec![0, 160];
    let mut play = Play::of(world);
    let r1 = play.activate(P, 0);
    play.trip(P, r1);
    play.step(Step::BackUp);
    let r2 = play.activate(P, 1);
    play.trip(P, r2);
    let d = play.prepare(P, 1, Ask::Deactivate);
    assert_eq!(play.trip(P, d), "receipt");
    play.step(Step::PutBack);
    play.step(Step::Pass);
    // Made when the record had been put back, and knows nothing of that.
    let r4 = play.refresh(P);
    assert_eq!(play.trip(P, r4), "license 2");
    play.goes_on();
}

/// same-answer: what was answered before the record was put back is not answered once more, also when its file has long ended.
#[test]
fn a_request_from_before_a_put_back_gets_no_second_answer() {
    let mut world = World::new("much later", 64);
    world.days = vec![0, 160];
    let mut play = Play::of(world);
    let r1 = play.activate(P, 0);
    play.step(Step::BackUp);
    assert_eq!(play.asks(r1), "license 2");
    play.step(Step::PutBack);
    play.step(Step::Pass);
    assert_eq!(play.trip(P, r1), "record-restored");
    let r2 = play.activate(P, 0);
    assert_eq!(play.trip(P, r2), "license 2");
}

/// A request reports the clock's own mark, so a clock that stands still never seems behind it; but it shows a license that was issued
/// after the time at which it stands. Before it shows one, nobody can know: `Look::is_excused` has the case.
#[test]
fn a_clock_that_stands_still_is_known_by_the_license_that_it_shows() {
    let mut world = two("stopped");
    world.days = vec![0, 30, 140];
    let mut play = Play::of(world);
    let r1 = play.activate(P, 0);
    play.trip(P, r1);
    play.set_clock(P, Clock::Stopped(license_format::Timestamp::MIN));
    play.step(Step::Pass);
    for _ in 0..2 {
        let next = play.refresh(P);
        assert_eq!(play.trip(P, next), "license 2");
    }
    play.step(Step::Pass);
    let q = play.activate(Q, 1);
    assert_eq!(play.trip(Q, q), "no-seats");
    assert_eq!((play.honours(P), play.honours(Q)), (2, 0));
    // Once its clock is right it sees the end, and says so.
    play.set_clock(P, Clock::Right);
    assert_eq!(play.honours(P), 0);
    play.goes_on();
}

/// An administrator has let the wrong branch live, and then the other by an old file of it: that branch had gone further, and goes on from
/// there with the license that it holds.
#[test]
fn a_branch_is_taken_back_with_all_that_it_has_read() {
    let mut play = alone("back and forth");
    play.step(Step::Snapshot { site: P });
    let abandoned = play.activate(P, 0);
    play.step(Step::Restore { site: P });
    let (old, newest) = (play.activate(P, 0), play.activate(P, 0));
    assert_eq!(play.trip(P, newest), "license 2");
    assert_eq!(play.asks(abandoned), "fork");
    play.step(Step::Resolve { installation: P, second: true });
    assert_eq!(play.asks(old), "fork");
    play.step(Step::Resolve { installation: P, second: true });
    let next = play.refresh(P);
    assert_eq!(play.trip(P, next), "license 2");
    play.goes_on();
}

/// Whatever else the record has heard of, it asks for a license in force that it lacks, and takes it back.
#[test]
fn a_late_file_does_not_hide_that_the_record_lacks_a_license() {
    let mut world = World::new("hidden", 64);
    world.days = vec![0, 160];
    let mut play = Play::of(world);
    let r1 = play.activate(P, 0);
    play.step(Step::BackUp);
    let a1 = play.upload(r1);
    play.step(Step::PutBack);
    play.step(Step::Pass);
    let r2 = play.activate(P, 0);
    play.import(P, a1);
    assert_eq!(play.asks(r2), "license 2");
    let r3 = play.refresh(P);
    assert_eq!(play.trip(P, r3), "record-behind");
    let r4 = play.refresh(P);
    assert_eq!(play.trip(P, r4), "license 2");
    play.goes_on();
}
