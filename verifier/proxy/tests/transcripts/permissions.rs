use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::desk::{Desk, mode};

#[test]
fn permissions_are_the_owners_alone() {
    let desk = Desk::activated();
    assert_eq!(mode(&desk.state_dir()), 0o700);
    for name in ["state", "installation.key", "lock"] {
        assert_eq!(mode(&desk.state_dir().join(name)), 0o600, "{name}");
    }
}

#[test]
fn permissions_of_an_empty_directory_are_narrowed_at_setup() {
    let desk = Desk::empty();
    fs::create_dir(desk.state_dir()).unwrap();
    fs::set_permissions(desk.state_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    desk.yes("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1");
    assert_eq!(mode(&desk.state_dir()), 0o700);
}

#[test]
fn permissions_of_the_state_stay_narrow_when_it_is_written_again() {
    let desk = Desk::activated();
    let state = desk.state_dir().join("state");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o644)).unwrap();
    desk.yes("usage set --license-type desktop --count 1");
    assert_eq!(mode(&state), 0o600);
}

#[test]
fn permissions_of_a_key_that_others_could_read_are_closed_and_it_is_said() {
    let desk = Desk::activated();
    let key = desk.state_dir().join("installation.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let run = desk.run("prepare refresh --license-type desktop --output refresh.waybill");
    assert_eq!(run.code, Some(0));
    assert!(run.err.starts_with("waybill-proxy: warning: "), "{}", run.err);
    assert!(run.err.contains("could be read by other accounts"), "{}", run.err);
    assert_eq!(mode(&key), 0o600);
    let again = desk.run("prepare refresh --license-type desktop --output refresh.waybill");
    assert_eq!(again.err, "");
}
