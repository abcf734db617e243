use crate::desk::Desk;

#[test]
fn usage_set_under_the_limit() {
    let said = Desk::activated().yes("usage set --license-type desktop --count 1");
    assert_eq!(said, "Desktop: 1 managed device in use, of 250\n");
}

#[test]
fn usage_set_over_the_limit_is_said_and_is_no_error() {
    let said = Desk::activated().yes("usage set --license-type desktop --count 260");
    assert_eq!(
        said,
        "Desktop: 260 managed devices in use, of 250
  ! over the limit: 260 managed devices of 250
    Buy more seats and refresh, or use fewer.
"
    );
}

#[test]
fn usage_set_before_activation_counts_all_the_same() {
    let desk = Desk::set_up();
    assert_eq!(desk.yes("usage set --license-type farm --count 12"), "Farm: 12 concurrent users in use\n");
    assert_eq!(desk.json("status --license-type farm").0["slots"][0]["used"], 12);
}

#[test]
fn usage_set_with_an_impossible_count_is_misuse() {
    let desk = Desk::activated();
    for count in ["-1", "many", "9007199254740992"] {
        let run = desk.run(&format!("usage set --license-type desktop --count={count}"));
        assert_eq!(run.code, Some(2), "{count}");
    }
}

#[test]
fn usage_set_as_json() {
    let (said, code) = Desk::activated().json("usage set --license-type desktop --count 260");
    assert_eq!((code, &said["used"], &said["remaining"]), (0, &260.into(), &0.into()));
    assert_eq!(said["notices"][0]["code"], "over-limit");
}
