use license_format::{DAY, LicenseType};

use crate::desk::Desk;

#[test]
fn check_whether_one_more_may_be_added() {
    let desk = Desk::activated();
    assert_eq!(
        desk.yes("check --license-type desktop --add 1"),
        "Yes: Desktop, 1 managed device may be added\n"
    );
}

#[test]
fn check_over_a_soft_limit_allows_and_says_so() {
    let desk = Desk::activated();
    desk.yes("usage set --license-type desktop --count 250");
    assert_eq!(
        desk.yes("check --license-type desktop --add 1"),
        "Yes: Desktop, 1 managed device may be added
  ! over the limit: 251 managed devices of 250
    Buy more seats and refresh, or use fewer.
"
    );
}

#[test]
fn check_over_a_hard_limit_says_no() {
    let desk = Desk::set_up();
    desk.activate(LicenseType::Computers, "request.waybill");
    desk.answer("request.waybill", "license.waybill");
    desk.yes("import license.waybill --yes");
    desk.yes("usage set --license-type computers --count 249");
    desk.yes("check --license-type computers --add 1");
    let run = desk.no("check --license-type computers --add 2", "over-limit");
    assert_eq!(run.out, "No: Computers, 2 computers may be added\n");
}

#[test]
fn check_after_the_end_refuses_new_devices_and_lets_those_go_on_that_are_managed() {
    let mut desk = Desk::activated();
    desk.now = desk.now.plus(500 * DAY);
    desk.no("check --license-type desktop --add 1", "ended");
    assert!(desk.yes("check --license-type desktop").starts_with("Yes: Desktop, what is in use may go on\n"));
}

#[test]
fn check_of_what_is_not_activated_says_no() {
    let desk = Desk::set_up();
    desk.no("check --license-type desktop --add 1", "not-active");
    desk.no("check --license-type desktop", "not-active");
}

#[test]
fn check_as_json() {
    let desk = Desk::activated();
    let (said, code) = desk.json("check --license-type desktop --add 3");
    assert_eq!((code, &said["allowed"], &said["add"]), (0, &true.into(), &3.into()));
    let (said, code) = desk.json("check --license-type mobile --add 3");
    assert_eq!((code, &said["allowed"]), (1, &false.into()));
}
