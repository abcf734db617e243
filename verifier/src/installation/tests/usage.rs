//! What is reported of use, and that a lost file loses no peak.

use license_format::{DAY, Metric, payload::UsageLine};

use super::*;

fn line(request: &OwnRequest) -> UsageLine {
    let said = read(request);
    assert_eq!(said.usage().len(), 1);
    said.usage()[0].clone()
}

#[test]
fn nothing_is_reported_that_was_never_counted() {
    let mut site = Site::activated();
    let request = site.refresh(DESKTOP).unwrap().request;
    assert_eq!(read(&request).usage(), []);
}

#[test]
fn a_report_has_the_use_and_its_peak() {
    let mut site = Site::activated();
    let start = site.now;
    for used in [10, 40, 25] {
        site.state = site.state.set_usage(DESKTOP, used, site.now);
        site.now = site.now.plus(DAY);
    }
    let said = line(&site.refresh(DESKTOP).unwrap().request);
    let expected =
        UsageLine { from: start, peak: 40, used: 25, until: site.now, metric: Metric::ManagedDevice };
    assert_eq!(said, expected);
}

#[test]
fn a_report_that_was_lost_is_in_the_next_one() {
    let mut site = Site::activated();
    let start = site.now;
    site.state = site.state.set_usage(DESKTOP, 40, site.now);
    site.now = site.now.plus(DAY);
    site.refresh(DESKTOP).unwrap();
    site.state = site.state.set_usage(DESKTOP, 5, site.now);
    let said = line(&site.refresh(DESKTOP).unwrap().request);
    assert_eq!((said.from, said.peak, said.used), (start, 40, 5));
}

#[test]
fn an_acknowledged_report_is_not_made_again() {
    let mut site = Site::activated();
    site.state = site.state.set_usage(DESKTOP, 40, site.now);
    site.now = site.now.plus(DAY);
    let first = site.refresh(DESKTOP).unwrap().request;
    site.state = site.state.set_usage(DESKTOP, 30, site.now);
    let second = site.refresh(DESKTOP).unwrap().request;
    site.import(&grant(&first)).unwrap();
    // The use when the first was made, 40, is where the second period begins, so it is in its peak.
    site.state = site.state.set_usage(DESKTOP, 20, site.now);
    let third = site.refresh(DESKTOP).unwrap().request;
    assert_eq!((line(&third).from, line(&third).peak), (line(&first).until, 40));
    site.import(&grant(&third)).unwrap();
    let fourth = site.refresh(DESKTOP).unwrap().request;
    assert_eq!((line(&fourth).from, line(&fourth).peak), (line(&third).until, 20));
    assert_eq!(second.counter(), 3);
}

#[test]
fn a_refusal_acknowledges_no_report() {
    let mut site = Site::activated();
    site.state = site.state.set_usage(DESKTOP, 40, site.now);
    let first = site.refresh(DESKTOP).unwrap().request;
    site.import(&refusal(&first, |refusal| refusal.is_final = true)).unwrap();
    site.state = site.state.set_usage(DESKTOP, 1, site.now);
    assert_eq!(line(&site.refresh(DESKTOP).unwrap().request).peak, 40);
}

#[test]
fn a_report_stays_well_formed_when_the_clock_is_put_back() {
    let mut site = Site::activated();
    site.state = site.state.set_usage(DESKTOP, 1, site.now.plus(900 * DAY));
    let first = site.refresh(DESKTOP).unwrap().request;
    let license = License { time_reset: Some(site.now), issued: site.now, ..license_for(&first) };
    site.import(&testing::seal_answer(&license)).unwrap();
    site.state = site.state.set_usage(DESKTOP, 2, site.now);
    let said = line(&site.refresh(DESKTOP).unwrap().request);
    assert!(said.from <= said.until);
}

#[test]
fn any_number_of_unanswered_reports_keeps_the_highest_peak() {
    let mut site = Site::activated();
    site.state = site.state.set_usage(DESKTOP, 777, site.now);
    for number in 0..100 {
        let request = site.refresh_anew_with(DESKTOP, number % 7);
        assert_eq!(line(&request).peak, 777);
        // Final refusals make room for the next request and acknowledge nothing.
        site.import(&refusal(&request, |refusal| refusal.is_final = true)).unwrap();
    }
}

#[test]
fn a_spent_grace_is_not_given_again_by_deactivating() {
    let farm = LicenseType::Farm;
    let mut site = Site::new();
    let request = site.activate(farm).unwrap();
    site.import(&grant(&request)).unwrap();
    site.state = site.state.set_usage(farm, 251, site.now);
    site.now = site.now.plus(8 * DAY);
    assert!(!site.state.check(farm, 0, site.now).allowed, "suspended after seven days");
    site.deactivate(farm).unwrap();
    let request = site.activate(farm).unwrap();
    site.import(&grant(&request)).unwrap();
    assert!(!site.state.check(farm, 0, site.now).allowed);
    let request = site.refresh(farm).unwrap().request;
    let mut license = license_for(&request);
    license.grants[0].seats = 260;
    site.import(&testing::seal_answer(&license)).unwrap();
    assert!(site.state.check(farm, 0, site.now).allowed);
}

impl Site {
    fn refresh_anew_with(&mut self, slot: LicenseType, used: u64) -> OwnRequest {
        self.state = self.state.set_usage(slot, used, self.now);
        self.now = self.now.plus(DAY);
        self.refresh(slot).unwrap().request
    }
}
