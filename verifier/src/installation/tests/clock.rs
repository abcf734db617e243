//! The clock: what is remembered of it, what counts as a step back, and what puts it right.

use license_format::DAY;

use super::*;

const YEARS: u64 = 5 * 365 * DAY;

#[test]
fn the_high_water_mark_rises_with_the_clock_and_stays() {
    let mut site = Site::new();
    let start = site.now;
    site.state = site.state.observe_clock(start.plus(100));
    site.state = site.state.observe_clock(start.plus(40));
    assert_eq!(site.state.high_water(), start.plus(100));
    assert_eq!(site.state.steps_back(), 0, "within the tolerance");
}

#[test]
fn a_step_back_is_counted_once_however_often_it_is_seen() {
    let mut site = Site::new();
    let start = site.now;
    for _ in 0..3 {
        site.state = site.state.observe_clock(start.minus(DAY + 1));
    }
    assert_eq!(site.state.steps_back(), 1);
    site.state = site.state.observe_clock(start.minus(2 * DAY + 2));
    assert_eq!(site.state.steps_back(), 2, "back by as much again");
    site.state = site.state.observe_clock(start);
    site.state = site.state.observe_clock(start.minus(DAY + 1));
    assert_eq!(site.state.steps_back(), 3);
}

#[test]
fn a_step_back_in_small_steps_is_one() {
    let mut site = Site::new();
    let start = site.now;
    for step in 1..=4 {
        site.state = site.state.observe_clock(start.minus(step * DAY / 2));
    }
    assert_eq!(site.state.steps_back(), 1);
}

#[test]
fn requests_report_the_clock() {
    let mut site = Site::new();
    let start = site.now;
    site.state = site.state.observe_clock(start.plus(YEARS));
    let request = site.activate(DESKTOP).unwrap();
    let said = *read(&request).clock();
    assert_eq!((said.now, said.high_water, said.steps_back), (start, start.plus(YEARS), 1));
}

/// A site whose clock ran ahead once and is right again, with a Desktop license in force.
fn ran_ahead() -> Site {
    let mut site = Site::activated();
    site.state = site.state.observe_clock(site.now.plus(YEARS));
    site.state = site.state.observe_clock(site.now);
    site
}

fn reset_for(request: &OwnRequest, issued: Timestamp) -> UnverifiedFile {
    testing::seal_answer(&License { issued, time_reset: Some(issued), ..license_for(request) })
}

#[test]
fn a_clock_that_ran_ahead_is_repaired_by_a_time_reset() {
    let mut site = ran_ahead();
    assert!(!site.state.check(DESKTOP, 1, site.now).allowed);
    let request = site.refresh(DESKTOP).unwrap().request;
    let issued = site.now.plus(60);
    let Outcome::Installed(installed) = site.import(&reset_for(&request, issued)).unwrap() else { panic!() };
    assert!(installed.resets_time);
    assert_eq!(site.state.high_water(), issued);
    assert!(site.state.check(DESKTOP, 1, site.now).allowed);
    // The same file again resets nothing: time may have run ahead for good since.
    site.state = site.state.observe_clock(site.now.plus(30 * DAY));
    site.import(&reset_for(&request, issued)).unwrap();
    assert_eq!(site.state.high_water(), site.now.plus(30 * DAY));
}

#[test]
fn a_time_reset_is_void_once_a_license_for_a_later_request_was_taken() {
    let mut site = ran_ahead();
    let desktop = site.refresh(DESKTOP).unwrap().request;
    let mobile = site.activate(MOBILE).unwrap();
    site.import(&grant(&mobile)).unwrap();
    let mark = site.state.high_water();
    let Outcome::Installed(installed) = site.import(&reset_for(&desktop, site.now)).unwrap() else {
        panic!()
    };
    assert!(!installed.resets_time);
    assert_eq!(site.state.high_water(), mark);
}

#[test]
fn a_time_reset_never_goes_below_the_newest_answer_read() {
    let mut site = ran_ahead();
    let request = site.refresh(DESKTOP).unwrap().request;
    let later = site.now.plus(10 * DAY);
    site.import(&refusal(&request, |refusal| refusal.issued = later)).unwrap();
    site.import(&reset_for(&request, site.now.plus(DAY))).unwrap();
    assert_eq!(site.state.effective_time(site.now).high_water, later);
}
