//! What a license allows: the three guides' terms as tables, and laws that hold for all terms.

use license_format::{
    DAY, LicenseType, Metric, Timestamp,
    payload::{Grant, License, OverLimit},
};
use proptest::prelude::*;
use verifier::{
    EffectiveTime, Usage, Verdict, evaluate,
    evaluate::{GrantVerdict, MayAdd, Notice, State},
    testing::{grant, license, now},
};

fn at(clock: Timestamp) -> EffectiveTime {
    EffectiveTime { clock, high_water: Timestamp::MIN }
}

fn day(days: u64) -> Timestamp {
    now().plus(days * DAY)
}

fn used(license: &License, seats: u64, since: Timestamp) -> Usage {
    let mut usage = Usage::none();
    usage.observe(license, license.grants[0].metric, seats, since);
    usage
}

fn states(license: &License, usage: &Usage, days: &[u64]) -> Vec<&'static str> {
    days.iter().map(|days| evaluate(license, usage, at(day(*days))).state.name()).collect()
}

fn codes(notices: &[Notice]) -> Vec<&'static str> {
    notices.iter().map(Notice::code).collect()
}

/// A license whose file lasts as long as its contract of a year, so that the contract's dates show.
fn for_a_year(license_type: LicenseType) -> License {
    License { good_until: day(365), report_due: day(365), ..license(license_type) }
}

#[test]
fn the_three_dates_pass_one_after_the_other() {
    let desktop = license(LicenseType::Desktop);
    assert_eq!(
        states(&desktop, &Usage::none(), &[0, 59, 60, 89, 90, 103, 104, 364, 365, 4000]),
        [
            "active",
            "active",
            "report-overdue",
            "report-overdue",
            "file-in-grace",
            "file-in-grace",
            "file-ended",
            "file-ended",
            "ended",
            "ended"
        ]
    );
    // Each at its very second: an end is exclusive.
    let state = |clock| evaluate(&desktop, &Usage::none(), at(clock)).state;
    assert_eq!(state(day(90).minus(1)), State::ReportOverdue);
    assert_eq!(state(day(90)), State::FileInGrace);
}

#[test]
fn the_contract_s_end_is_announced_at_60_30_and_7_days() {
    let desktop = for_a_year(LicenseType::Desktop);
    let announced = |days| {
        let verdict = evaluate(&desktop, &Usage::none(), at(day(days)));
        verdict.notices.iter().find_map(|notice| match notice {
            Notice::ContractEnds { days_before, .. } => Some(*days_before),
            _ => None,
        })
    };
    let found = [304, 305, 334, 335, 357, 358, 364, 365].map(announced);
    assert_eq!(found, [None, Some(60), Some(60), Some(30), Some(30), Some(7), Some(7), None]);
    assert_eq!(
        states(&desktop, &Usage::none(), &[304, 305, 364, 365]),
        ["active", "expiring-soon", "expiring-soon", "ended"]
    );
}

#[test]
fn a_contract_no_longer_than_a_notice_does_not_begin_with_it() {
    let mut trial = license(LicenseType::Desktop);
    trial.grants[0].trial = true;
    trial.grants[0].contract_end = day(30);
    (trial.good_until, trial.report_due) = (day(30), day(30));
    assert_eq!(
        states(&trial, &Usage::none(), &[0, 22, 23, 29, 30]),
        ["active", "active", "expiring-soon", "expiring-soon", "ended"]
    );
}

#[test]
fn a_contract_that_has_not_begun_allows_nothing_yet() {
    let mut farm = license(LicenseType::Farm);
    farm.grants[0].contract_start = day(10);
    let verdict = evaluate(&farm, &Usage::none(), at(day(9)));
    assert_eq!((verdict.state, verdict.grants[0].existing_go_on), (State::NotYetValid, false));
    assert!(!verdict.check(Metric::ConcurrentUser, 1).allowed);
    assert_eq!(states(&farm, &Usage::none(), &[9, 10]), ["not-yet-valid", "active"]);
}

// Managed devices: nothing that is managed ever stops.

#[test]
fn managed_devices_over_the_limit_are_told_and_go_on() {
    let desktop = license(LicenseType::Desktop);
    let verdict = evaluate(&desktop, &used(&desktop, 250, now()), at(day(1)));
    assert_eq!(codes(&verdict.notices), [""; 0]);
    let check = verdict.check(Metric::ManagedDevice, 1);
    assert!(check.allowed);
    assert_eq!(codes(&check.notices), ["over-limit"], "who enrolls the 251st is told");

    let verdict = evaluate(&desktop, &used(&desktop, 300, now()), at(day(59)));
    assert_eq!(verdict.state, State::Active);
    assert_eq!(codes(&verdict.notices), ["over-limit"]);
    assert_eq!(verdict.grants[0].remaining(), 0);
    assert!(verdict.grants[0].existing_go_on && verdict.check(Metric::ManagedDevice, 5).allowed);
}

#[test]
fn managed_devices_go_on_after_the_end_and_new_ones_are_refused() {
    let desktop = license(LicenseType::Desktop);
    for days in [104, 365, 9000] {
        let verdict = evaluate(&desktop, &used(&desktop, 300, now()), at(day(days)));
        assert!(verdict.grants[0].existing_go_on, "day {days}");
        let check = verdict.check(Metric::ManagedDevice, 1);
        assert!(!check.allowed, "day {days}");
        assert!(!check.notices.is_empty());
    }
}

// Concurrent users: overuse grace, then suspended while over.

#[test]
fn concurrent_users_have_seven_days_over_the_limit() {
    let farm = license(LicenseType::Farm);
    let usage = used(&farm, 251, day(1));
    assert_eq!(states(&farm, &usage, &[1, 7, 8, 50]), ["active", "active", "suspended", "suspended"]);
    let verdict = evaluate(&farm, &usage, at(day(7)));
    let said = Notice::OverLimit {
        metric: Metric::ConcurrentUser,
        used: 251,
        seats: 250,
        suspends_at: Some(day(8)),
    };
    assert_eq!(verdict.notices, [said]);
    assert!(verdict.check(Metric::ConcurrentUser, 10).allowed, "within the grace more may come");

    let suspended = evaluate(&farm, &usage, at(day(8)));
    assert!(!suspended.grants[0].existing_go_on);
    assert!(!suspended.check(Metric::ConcurrentUser, 1).allowed);
}

#[test]
fn a_suspended_farm_is_active_again_by_itself_and_its_grace_stays_spent() {
    let farm = license(LicenseType::Farm);
    let mut usage = used(&farm, 251, day(1));
    usage.observe(&farm, Metric::ConcurrentUser, 250, day(9));
    let verdict = evaluate(&farm, &usage, at(day(9)));
    assert_eq!(verdict.state, State::Active);
    assert_eq!(verdict.grants[0].may_add, MayAdd::AtMost(0), "one more would suspend everybody");

    usage.observe(&farm, Metric::ConcurrentUser, 251, day(10));
    assert_eq!(evaluate(&farm, &usage, at(day(10))).state, State::Suspended, "at once: no second grace");
}

#[test]
fn going_under_the_limit_for_a_moment_does_not_begin_the_grace_anew() {
    let farm = license(LicenseType::Farm);
    let mut usage = used(&farm, 251, day(1));
    usage.observe(&farm, Metric::ConcurrentUser, 200, day(5));
    usage.observe(&farm, Metric::ConcurrentUser, 260, day(6));
    assert_eq!(states(&farm, &usage, &[7, 8]), ["active", "suspended"]);
}

#[test]
fn more_seats_arm_the_grace_again_and_fewer_do_not() {
    let farm = license(LicenseType::Farm);
    let with_seats = |seats| {
        let mut license = farm.clone();
        license.grants[0].seats = seats;
        license
    };
    let mut usage = used(&farm, 320, day(1));
    assert_eq!(evaluate(&farm, &usage, at(day(20))).state, State::Suspended);

    let more = with_seats(300);
    usage.observe(&more, Metric::ConcurrentUser, 320, day(20));
    assert_eq!(states(&more, &usage, &[20, 26, 27]), ["active", "active", "suspended"]);

    let fewer = with_seats(200);
    usage.observe(&fewer, Metric::ConcurrentUser, 320, day(30));
    assert_eq!(evaluate(&fewer, &usage, at(day(30))).state, State::Suspended);
    let again = with_seats(250);
    usage.observe(&again, Metric::ConcurrentUser, 320, day(31));
    assert_eq!(evaluate(&again, &usage, at(day(31))).state, State::Active, "more than the 200 before");
}

#[test]
fn a_farm_goes_on_for_thirty_days_after_its_contract() {
    let farm = for_a_year(LicenseType::Farm);
    let usage = used(&farm, 100, now());
    assert_eq!(
        states(&farm, &usage, &[364, 365, 394, 395]),
        ["expiring-soon", "contract-ended", "contract-ended", "ended"]
    );
    let verdict = evaluate(&farm, &usage, at(day(365)));
    assert_eq!(verdict.notices, [Notice::ContractEnded { since: day(365), until: day(395) }]);
    assert!(verdict.grants[0].existing_go_on && verdict.check(Metric::ConcurrentUser, 1).allowed);
    assert!(!evaluate(&farm, &usage, at(day(395))).grants[0].existing_go_on);
}

// Computers and users: a hard limit.

#[test]
fn the_hard_limit_refuses_the_first_seat_over_it() {
    let computers = license(LicenseType::Computers);
    let verdict = evaluate(&computers, &used(&computers, 248, now()), at(day(1)));
    assert_eq!(verdict.grants[0].remaining(), 2);
    assert!(verdict.check(Metric::Computer, 2).allowed);
    let check = verdict.check(Metric::Computer, 3);
    assert!(!check.allowed);
    assert_eq!(codes(&check.notices), ["over-limit"]);
}

#[test]
fn computers_over_a_lowered_limit_go_on_and_none_is_added() {
    let computers = license(LicenseType::Computers);
    let verdict = evaluate(&computers, &used(&computers, 300, now()), at(day(1)));
    assert!(verdict.grants[0].existing_go_on && !verdict.check(Metric::Computer, 1).allowed);
    assert!(verdict.check(Metric::Computer, 0).allowed);
}

#[test]
fn computers_and_users_are_counted_apart() {
    let mut mixed = license(LicenseType::Computers);
    mixed.grants.push(Grant {
        metric: Metric::User,
        seats: 40,
        contract_end: day(20),
        ..grant(LicenseType::Computers)
    });
    let mut usage = used(&mixed, 250, now());
    usage.observe(&mixed, Metric::User, 39, now());
    let verdict = evaluate(&mixed, &usage, at(day(1)));
    assert!(!verdict.check(Metric::Computer, 1).allowed && verdict.check(Metric::User, 1).allowed);
    assert_eq!(
        verdict.check(Metric::ManagedDevice, 1).notices,
        [Notice::NotGranted { metric: Metric::ManagedDevice }]
    );

    // One grant is over: the license is as well as the other.
    let verdict = evaluate(&mixed, &usage, at(day(20)));
    assert_eq!(verdict.state, State::Active);
    assert_eq!(verdict.grant(Metric::User).unwrap().state, State::Ended);
    assert!(!verdict.check(Metric::User, 1).allowed);
}

// The clock.

#[test]
fn time_does_not_run_backwards() {
    let desktop = license(LicenseType::Desktop);
    let time = EffectiveTime { clock: day(1), high_water: day(95) };
    assert_eq!(evaluate(&desktop, &Usage::none(), time).now, day(95));
    // A license issued later than the clock says is proof of the time too.
    assert_eq!(evaluate(&desktop, &Usage::none(), at(now().minus(5))).now, now());
}

#[test]
fn a_clock_behind_by_more_than_the_tolerance_is_a_state_of_its_own() {
    let farm = license(LicenseType::Farm);
    let judged =
        |clock| evaluate(&farm, &used(&farm, 10, now()), EffectiveTime { clock, high_water: day(30) });
    assert_eq!(judged(day(29)).state, State::Active, "a day behind is tolerated");
    let behind = judged(day(29).minus(1));
    assert_eq!(behind.state, State::ClockBehind);
    assert_eq!(behind.notices, [Notice::ClockBehind { seen: day(30) }]);
    assert!(behind.grants[0].existing_go_on, "who works goes on");
    assert!(!behind.check(Metric::ConcurrentUser, 1).allowed, "nothing new is added");
    assert_eq!(behind.changes[0].at, day(29), "and it says when that ends by itself");
    assert_eq!(behind.changes[0].state, State::Active);
}

#[test]
fn huge_periods_do_not_overflow() {
    let mut farm = license(LicenseType::Farm);
    farm.grants[0].after_end_days = license_format::limits::INTEGER;
    farm.grants[0].over_limit = OverLimit::SuspendAfterDays(license_format::limits::INTEGER);
    let verdict = evaluate(&farm, &used(&farm, u64::MAX, now()), at(day(1)));
    assert!(verdict.check(Metric::ConcurrentUser, u64::MAX).allowed);
}

#[test]
fn changes_are_the_dates_of_the_simulation() {
    let farm = license(LicenseType::Farm);
    let verdict = evaluate(&farm, &used(&farm, 251, now()), at(now()));
    let found: Vec<(u64, &str)> =
        verdict.changes.iter().map(|change| (change.at.since(now()) / DAY, change.state.name())).collect();
    assert_eq!(
        found,
        [
            (7, "suspended"),
            (60, "suspended"), // a report is due: a notice
            (90, "suspended"), // the file's own end: a notice
            (120, "file-ended"),
            (305, "file-ended"), // the contract's end is announced
            (335, "file-ended"),
            (358, "file-ended"),
            (365, "file-ended"),
            (395, "ended"),
        ]
    );
}

// Laws for all terms.

fn over_limit() -> impl Strategy<Value = OverLimit> {
    prop_oneof![
        Just(OverLimit::Notify),
        Just(OverLimit::Refuse),
        (0_u64..40).prop_map(OverLimit::SuspendAfterDays),
    ]
}

prop_compose! {
    fn any_grant(metric: Metric)(
        seats in 0_u64..20,
        start in 0_u64..40,
        length in 1_u64..200,
        after_end_days in 0_u64..50,
        over_limit in over_limit(),
        odd_seconds in 0_u64..3,
    ) -> Grant {
        let contract_start = day(start).minus(20 * DAY);
        Grant {
            metric,
            seats,
            over_limit,
            after_end_days,
            contract_start,
            contract_end: contract_start.plus(length * DAY + odd_seconds),
            ..grant(LicenseType::Desktop)
        }
    }
}

fn any_grants() -> impl Strategy<Value = Vec<Grant>> {
    let [devices, users, computers] = [Metric::ManagedDevice, Metric::ConcurrentUser, Metric::Computer]
        .map(|metric| any_grant(metric).boxed());
    prop_oneof![
        devices.clone().prop_map(|grant| vec![grant]),
        users.clone().prop_map(|grant| vec![grant]),
        computers.clone().prop_map(|grant| vec![grant]),
        (devices, users, computers).prop_map(|(one, two, three)| vec![one, two, three]),
    ]
}

prop_compose! {
    fn any_license()(
        grants in any_grants(),
        file_days in 1_u64..250,
        report_days in 0_u64..250,
        grace_days in 0_u64..40,
        tolerance in 0_u64..3 * DAY,
    ) -> License {
        let base = license(LicenseType::Computers);
        let good_until = day(file_days);
        License {
            grants,
            good_until,
            report_due: day(report_days).min(good_until),
            grace: grace_days * DAY,
            clock_tolerance: tolerance,
            ..base
        }
    }
}

/// Some use, counted at some times.
fn any_usage() -> impl Strategy<Value = Vec<(u64, u64)>> {
    proptest::collection::vec((0_u64..60, 0_u64..30), 0..4)
}

fn observed(license: &License, counts: &[(u64, u64)]) -> Usage {
    let mut usage = Usage::none();
    let mut counts = counts.to_vec();
    counts.sort_unstable();
    for (days, seats) in counts {
        for grant in &license.grants {
            usage.observe(license, grant.metric, seats, day(days));
        }
    }
    usage
}

/// A verdict without the instant that it was asked at: what must differ at an announced date, and nowhere else.
fn what_it_says(verdict: &Verdict) -> (State, Vec<(State, MayAdd, bool)>, Vec<Notice>) {
    let grant = |grant: &GrantVerdict| (grant.state, grant.may_add, grant.existing_go_on);
    (verdict.state, verdict.grants.iter().map(grant).collect(), verdict.notices.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// `changes` is the truth: at each date something differs, and between them nothing does.
    #[test]
    fn changes_are_truthful(
        license in any_license(),
        counts in any_usage(),
        clock in 0_u64..300 * DAY,
        ahead in 0_u64..100 * DAY,
        probes in proptest::collection::vec(0_u64..400 * DAY, 12),
    ) {
        let usage = observed(&license, &counts);
        let clock = now().minus(30 * DAY).plus(clock);
        let high_water = if ahead > 50 * DAY { clock.plus(ahead - 50 * DAY) } else { clock };
        let judged = |clock| evaluate(&license, &usage, EffectiveTime { clock, high_water });
        let verdict = judged(clock);

        let mut since = clock;
        for change in &verdict.changes {
            prop_assert!(change.at > since);
            let (before, after) = (judged(change.at.minus(1)), judged(change.at));
            prop_assert_ne!(what_it_says(&before), what_it_says(&after), "at {}", change.at);
            prop_assert_eq!(after.state, change.state);
            prop_assert_eq!(what_it_says(&before), what_it_says(&judged(since)), "between {} and {}", since, change.at);
            since = change.at;
        }
        let last = judged(since);
        prop_assert_eq!(what_it_says(&last), what_it_says(&judged(Timestamp::MAX.minus(1))), "after {}", since);

        // Nowhere between, at any instant.
        for probe in probes.into_iter().map(|seconds| clock.plus(seconds)) {
            let latest = verdict.changes.iter().map(|change| change.at).filter(|at| *at <= probe).max();
            prop_assert_eq!(what_it_says(&judged(probe)), what_it_says(&judged(latest.unwrap_or(clock))), "at {}", probe);
        }

        // And a date once announced stays announced until it is there.
        if let Some(change) = verdict.changes.last() {
            let later = judged(change.at.minus(1));
            prop_assert_eq!(later.changes.last(), Some(change));
        }
    }

    /// **safe**: whatever the license, the use and the clock, what is managed already goes on.
    #[test]
    fn no_state_stops_a_managed_device(
        license in any_license(),
        counts in any_usage(),
        clock in any::<u32>(),
        high_water in any::<u32>(),
    ) {
        let usage = observed(&license, &counts);
        let [clock, high_water] =
            [clock, high_water].map(|seconds| Timestamp::from_seconds(u64::from(seconds)).unwrap());
        let verdict = evaluate(&license, &usage, EffectiveTime { clock, high_water });
        for grant in verdict.grants.iter().filter(|grant| grant.metric == Metric::ManagedDevice) {
            prop_assert!(grant.existing_go_on);
        }
    }

    /// Once a grant has begun, time alone never makes it better, and never brings back what it took away.
    #[test]
    fn time_alone_never_gives_more(
        license in any_license(),
        counts in any_usage(),
        one in 0_u64..400 * DAY,
        other in 0_u64..400 * DAY,
    ) {
        let usage = observed(&license, &counts);
        let (early, late) = (now().plus(one.min(other)), now().plus(one.max(other)));
        let (before, after) = (evaluate(&license, &usage, at(early)), evaluate(&license, &usage, at(late)));
        for (before, after) in before.grants.iter().zip(&after.grants) {
            if before.state == State::NotYetValid {
                continue;
            }
            prop_assert!(after.existing_go_on <= before.existing_go_on);
            prop_assert!((0..40).all(|count| after.may_add.allows(count) <= before.may_add.allows(count)));
        }
    }

    /// More use never allows more, and what is allowed never grows with what is asked.
    #[test]
    fn more_use_never_allows_more(license in any_license(), fewer in 0_u64..30, extra in 0_u64..30, days in 0_u64..300) {
        let time = at(day(days));
        let judged = |seats| evaluate(&license, &observed(&license, &[(0, seats)]), time);
        let (few, many) = (judged(fewer), judged(fewer + extra));
        for (few, many) in few.grants.iter().zip(&many.grants) {
            prop_assert!(many.existing_go_on <= few.existing_go_on);
            prop_assert!((0..60).all(|count| many.may_add.allows(count) <= few.may_add.allows(count)));
            prop_assert!((0..60).all(|count| few.may_add.allows(count + 1) <= few.may_add.allows(count)));
        }
    }

    /// Nothing is ever taken away without a notice that says why.
    #[test]
    fn a_no_always_has_a_reason(license in any_license(), counts in any_usage(), days in 0_u64..300, count in 1_u64..30) {
        let verdict = evaluate(&license, &observed(&license, &counts), at(day(days)));
        for grant in &verdict.grants {
            let check = verdict.check(grant.metric, count);
            prop_assert!(check.allowed || !check.notices.is_empty());
            prop_assert!(grant.existing_go_on || !verdict.notices.is_empty());
        }
    }

    /// The signer counts a license's seats until its lease ends; no grant is honored by then.
    #[test]
    fn nothing_new_is_honored_after_the_lease(license in any_license(), counts in any_usage(), later in 0_u64..400 * DAY) {
        let verdict = evaluate(&license, &observed(&license, &counts), at(license.lease_end().plus(later)));
        for grant in &verdict.grants {
            prop_assert_eq!(grant.may_add, MayAdd::AtMost(0));
            prop_assert!(!grant.existing_go_on || grant.metric == Metric::ManagedDevice);
        }
    }

    /// A clock set back gains no time: what is allowed is never more than at the latest time seen.
    #[test]
    fn setting_the_clock_back_gains_nothing(license in any_license(), counts in any_usage(), seen in 0_u64..300 * DAY, back in 0_u64..300 * DAY) {
        let usage = observed(&license, &counts);
        let high_water = now().plus(seen);
        let honest = evaluate(&license, &usage, at(high_water));
        let set_back = evaluate(&license, &usage, EffectiveTime { clock: high_water.minus(back), high_water });
        for (honest, set_back) in honest.grants.iter().zip(&set_back.grants) {
            prop_assert!(set_back.existing_go_on <= honest.existing_go_on);
            prop_assert!((0..40).all(|count| set_back.may_add.allows(count) <= honest.may_add.allows(count)));
        }
    }
}
