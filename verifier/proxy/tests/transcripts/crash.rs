//! Full disks and killed processes, for real. Between which writes a program stops is tried one by one in the library's own tests;
//! here the system does it: `ulimit -f 0` makes the first byte that is written to a file end the process, or, where that signal
//! is ignored, fail like a full disk.

use std::process::Command;

use license_format::LicenseType;

use crate::desk::{Desk, Run, license_key};

/// Runs under a shell's limit.
fn limited(desk: &Desk, limit: &str, line: &str) -> Run {
    let program = desk.command(line);
    let mut command = Command::new("sh");
    command.current_dir(desk.path(".")).args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]);
    command.arg(program.get_program()).args(program.get_args());
    desk.finish(command, b"")
}

const KILLED: &str = "ulimit -c 0; ulimit -f 0";
const FULL: &str = "trap '' XFSZ; ulimit -f 0";

fn commands() -> [String; 5] {
    let key = license_key(LicenseType::Mobile);
    [
        format!("prepare activation --license-type mobile --license-key {key} --output out.waybill"),
        "prepare refresh --license-type desktop --output out.waybill".to_owned(),
        "prepare deactivation --license-type desktop --output out.waybill".to_owned(),
        "import next.waybill --yes".to_owned(),
        "usage set --license-type desktop --count 17".to_owned(),
    ]
}

fn desk_with_an_answer() -> Desk {
    let desk = Desk::activated();
    desk.yes("prepare refresh --license-type desktop --output refresh.waybill");
    desk.answer("refresh.waybill", "next.waybill");
    desk.yes("usage set --license-type desktop --count 16");
    desk
}

#[test]
fn crash_on_a_full_disk_says_so_and_the_next_run_carries_on() {
    for line in commands() {
        let desk = desk_with_an_answer();
        let before = desk.state();
        let run = limited(&desk, FULL, &line);
        assert_eq!(run.code, Some(3), "{line}: {run:?}");
        assert!(run.err.starts_with("waybill-proxy: [state-not-saved] "), "{}", run.err);
        assert!(
            run.err.ends_with("\nNext: Nothing was changed. Free some space, then run this again.\n"),
            "{}",
            run.err
        );
        assert_eq!(desk.state(), before, "{line}");
        assert!(!desk.path("out.waybill").exists(), "no file gets out that the state does not know");
        assert_eq!(
            desk.names("state"),
            ["installation.key", "lock", "state"],
            "{line}: nothing is left behind"
        );
        desk.yes(&line);
        assert_ne!(desk.state(), before, "{line}");
    }
}

#[test]
fn crash_by_a_kill_at_the_first_write_changes_nothing() {
    for line in commands() {
        let desk = desk_with_an_answer();
        let before = desk.state();
        let run = limited(&desk, KILLED, &line);
        assert_eq!(run.code, None, "{line}: killed, {run:?}");
        assert_eq!(desk.state(), before, "{line}");
        desk.yes(&line);
        assert_eq!(desk.names("state"), ["installation.key", "lock", "state"], "{line}: leftovers are swept");
    }
}

#[test]
fn crash_in_setup_is_continued() {
    let desk = Desk::empty();
    let line = "setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1";
    assert_eq!(limited(&desk, KILLED, line).code, None);
    assert_eq!(limited(&desk, FULL, line).code, Some(3));
    desk.yes(line);
    desk.yes("status");
    assert_eq!(desk.names("state"), ["installation.key", "lock", "state"]);
}

#[test]
fn crash_on_a_full_disk_stops_nobody_who_only_looks() {
    let mut desk = desk_with_an_answer();
    desk.now = desk.now.plus(7200);
    for line in ["status", "check --license-type desktop --add 1"] {
        assert_eq!(limited(&desk, FULL, line).code, Some(0), "{line}");
    }
}
