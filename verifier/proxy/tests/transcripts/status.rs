use license_format::{DAY, LicenseType};

use crate::desk::{Desk, license_key};

#[test]
fn status_before_anything_is_activated() {
    let said = Desk::set_up().yes("status");
    assert_eq!(
        said,
        "Site PS1 (Headquarters), server CM01
Installation <INSTALLATION>

Not activated: Desktop, Mobile, Farm, Computers

Next: waybill-proxy prepare activation --license-type TYPE --license-key KEY
"
    );
}

#[test]
fn status_of_an_active_and_a_requested_slot() {
    let mut desk = Desk::activated();
    desk.yes("usage set --license-type desktop --count 260");
    desk.activate(LicenseType::Mobile, "mobile.waybill");
    desk.now = desk.now.plus(61 * DAY);
    let key = |license_type| license_key(license_type).last_group().masked();
    let said = desk.yes("status");
    assert_eq!(
        said,
        format!(
            "Site PS1 (Headquarters), server CM01
Installation <INSTALLATION>

Desktop: Activated, report overdue
  License key       {}
  Seats             250 managed devices, 260 used, 0 remaining
  Contract          2026-11-22 to 2027-11-22
  File good until   2027-02-20
  Report due by     2027-01-21
  Issued            2026-11-22
  ! over the limit: 260 managed devices of 250
    Buy more seats and refresh, or use fewer.
  ! a report was due by 2027-01-21; the license file is good until 2027-02-20
    Prepare a refresh, bring it to the portal and import the answer.

Mobile: Not activated, waiting for an answer
  License key       {}
  ! the activation request number 2 of 2026-11-22 waits for its answer
    Upload it to the portal, and import the answer.

Not activated: Farm, Computers
",
            key(LicenseType::Desktop),
            key(LicenseType::Mobile)
        )
    );
}

#[test]
fn status_of_a_deactivated_slot() {
    let desk = Desk::activated();
    desk.yes("prepare deactivation --license-type desktop --output end.waybill");
    let said = desk.yes("status --license-type desktop");
    assert!(said.contains("\nDesktop: Deactivated\n"), "{said}");
    assert!(said.contains("the license key is free only once the portal has request number 2"), "{said}");
}

#[test]
fn status_with_a_clock_that_was_set_back() {
    let mut desk = Desk::activated();
    desk.now = desk.now.minus(3 * DAY);
    let said = desk.yes("status");
    assert!(said.contains("Desktop: Activated, clock behind\n"), "{said}");
    // It was written down, once.
    desk.yes("status");
    desk.yes("prepare refresh --license-type desktop --output refresh.waybill");
    let file = license_format::UnverifiedFile::read(&desk.get("refresh.waybill")).unwrap();
    let request = verifier::verify_request(&file.document).unwrap();
    assert_eq!(request.request().clock().steps_back, 1);
}

#[test]
fn status_writes_the_clock_down_only_once_in_a_while() {
    let mut desk = Desk::activated();
    let before = desk.state();
    desk.now = desk.now.plus(3599);
    desk.yes("status");
    assert_eq!(desk.state(), before);
    desk.now = desk.now.plus(1);
    desk.yes("status");
    assert_ne!(desk.state(), before);
}

#[test]
fn status_fits_80_columns() {
    let mut desk = Desk::activated();
    desk.yes("usage set --license-type desktop --count 1234567");
    desk.now = desk.now.plus(100 * DAY);
    for line in ["status", "status --license-type desktop", "check --license-type desktop"] {
        let said = desk.yes(line);
        let longest = said.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= 80, "{said}");
    }
}

#[test]
fn status_as_json_has_every_field_of_every_slot() {
    let desk = Desk::activated();
    desk.yes("usage set --license-type desktop --count 231");
    let (status, code) = desk.json("status");
    assert_eq!(code, 0);
    let slots = status["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 4);
    let expected = serde_json::json!({
        "state": "active",
        "standing": "active",
        "license_key": license_key(LicenseType::Desktop).last_group().masked(),
        "license_type": "desktop",
        "metric": "managed-device",
        "issued": "2026-11-22T10:30:00Z",
        "contract_start": "2026-11-22T10:30:00Z",
        "contract_end": "2027-11-22T10:30:00Z",
        "good_until": "2027-02-20T10:30:00Z",
        "report_due": "2027-01-21T10:30:00Z",
        "seats": 250,
        "used": 231,
        "remaining": 19,
        "counter": 1,
        "notices": [],
    });
    assert_eq!(slots[0], expected);
    assert_eq!(slots[1]["state"], "empty");
    assert_eq!(slots[1]["seats"], serde_json::Value::Null);
}

#[test]
fn status_before_setup_is_refused() {
    let desk = Desk::empty();
    desk.no("status", "not-set-up");
    let (said, code) = desk.json("status");
    assert_eq!((code, &said["error"]["code"]), (1, &"not-set-up".into()));
}
