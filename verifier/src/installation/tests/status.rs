//! What people and programs see of a slot.

use license_format::DAY;

use super::*;
use crate::{evaluate::State, installation::SlotState};

fn codes(site: &Site, slot: LicenseType) -> Vec<String> {
    site.state.status(slot, site.now).notices.into_iter().map(|note| note.code).collect()
}

#[test]
fn an_empty_slot_has_nothing_to_show_and_allows_nothing() {
    let site = Site::new();
    let status = site.state.status(DESKTOP, site.now);
    assert_eq!((status.state, status.license_key, status.seats), (SlotState::Empty, None, None));
    assert_eq!(status.notices, []);
    assert!(!site.state.check(DESKTOP, 0, site.now).allowed);
    assert!(!site.state.check(DESKTOP, 1, site.now).allowed);
}

#[test]
fn a_requested_slot_shows_the_key_and_the_request_that_waits() {
    let mut site = Site::new();
    site.activate(DESKTOP).unwrap();
    let status = site.state.status(DESKTOP, site.now);
    assert_eq!((status.state, status.counter), (SlotState::Requested, Some(1)));
    assert_eq!(status.license_key, Some(testing::license_key(DESKTOP).last_group().masked()));
    assert_eq!(codes(&site, DESKTOP), ["request-open"]);
}

#[test]
fn an_active_slot_shows_three_dates_and_four_numbers() {
    let mut site = Site::activated();
    site.state = site.state.set_usage(DESKTOP, 231, site.now);
    let status = site.state.status(DESKTOP, site.now);
    assert_eq!((status.state, status.standing), (SlotState::Active, Some(State::Active)));
    assert_eq!((status.seats, status.used, status.remaining), (Some(250), Some(231), Some(19)));
    assert_eq!(status.contract_end, Some(site.now.plus(365 * DAY)));
    assert_eq!(status.good_until, Some(site.now.plus(90 * DAY)));
    assert_eq!(status.report_due, Some(site.now.plus(60 * DAY)));
    assert_eq!(status.notices, []);
}

#[test]
fn a_slot_over_its_limit_says_so_and_goes_on() {
    let mut site = Site::activated();
    site.state = site.state.set_usage(DESKTOP, 260, site.now);
    let status = site.state.status(DESKTOP, site.now);
    assert_eq!(status.remaining, Some(0));
    assert_eq!(codes(&site, DESKTOP), ["over-limit"]);
    assert!(site.state.check(DESKTOP, 1, site.now).allowed, "soft limit");
}

#[test]
fn a_refusal_is_shown_until_something_newer_settles_it() {
    let mut site = Site::activated();
    let request = site.refresh_anew(DESKTOP);
    site.import(&refusal(&request, |_| {})).unwrap();
    assert_eq!(codes(&site, DESKTOP), ["over-limit", "no-seats"]);
    let next = site.refresh_anew(DESKTOP);
    assert_eq!(codes(&site, DESKTOP), ["over-limit", "request-open"]);
    // A no to the older request is not the last word any more.
    site.import(&refusal(&request, |_| {})).unwrap();
    site.import(&grant(&next)).unwrap();
    assert_eq!(codes(&site, DESKTOP), ["over-limit"]);
}

#[test]
fn a_released_slot_says_that_the_file_must_still_arrive() {
    let mut site = Site::activated();
    let request = site.deactivate(DESKTOP).unwrap().request;
    assert_eq!(site.state.status(DESKTOP, site.now).state, SlotState::Released);
    assert_eq!(codes(&site, DESKTOP), ["deactivation-unconfirmed"]);
    assert!(!site.state.check(DESKTOP, 0, site.now).allowed);
    site.import(&receipt(&request)).unwrap();
    assert_eq!(codes(&site, DESKTOP), Vec::<String>::new());
}

#[test]
fn no_license_state_stops_a_device_that_is_managed_already() {
    let mut site = Site::activated();
    for days in [0, 61, 91, 105, 366, 4000] {
        let later = site.now.plus(days * DAY);
        site.state = site.state.set_usage(DESKTOP, 300, later);
        assert!(site.state.check(DESKTOP, 0, later).allowed, "safe, after {days} days");
    }
    assert!(!site.state.check(DESKTOP, 1, site.now.plus(4000 * DAY)).allowed);
    // Not a clock that is set back either.
    assert!(site.state.check(DESKTOP, 0, site.now).allowed);
}
