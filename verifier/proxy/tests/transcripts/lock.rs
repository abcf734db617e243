use std::fs::File;

use crate::desk::Desk;

/// What another process at work looks like from outside.
fn at_work(desk: &Desk) -> File {
    let lock = File::options().write(true).open(desk.state_dir().join("lock")).unwrap();
    lock.try_lock().unwrap();
    lock
}

#[test]
fn lock_held_by_another_process_stops_every_change() {
    let desk = Desk::activated();
    let (lock, before) = (at_work(&desk), desk.state());
    for line in [
        "setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1",
        "prepare refresh --license-type desktop",
        "import license.waybill --yes",
        "usage set --license-type desktop --count 1",
    ] {
        let run = desk.run(line);
        assert_eq!(run.code, Some(3), "{line}");
        assert_eq!(
            run.err,
            "waybill-proxy: [locked] another waybill-proxy is at work in state\n\
             Next: Wait until that one has ended, then run this again.\n"
        );
    }
    assert_eq!(desk.state(), before);
    drop(lock);
    desk.yes("usage set --license-type desktop --count 1");
}

#[test]
fn lock_held_by_another_process_stops_nobody_who_only_looks() {
    let mut desk = Desk::activated();
    let _lock = at_work(&desk);
    // Late enough for a write of the clock, which is left to another time.
    desk.now = desk.now.plus(7200);
    let before = desk.state();
    desk.yes("status");
    desk.yes("check --license-type desktop --add 1");
    assert_eq!(desk.state(), before);
}

/// Two processes for real: one waits at its question with the lock in its hand.
#[cfg(target_os = "linux")]
#[test]
fn lock_is_held_while_a_question_is_open() {
    use std::{
        io::{Read as _, Write as _},
        process::{Command, Stdio},
    };

    let desk = Desk::set_up();
    desk.activate(license_format::LicenseType::Desktop, "request.waybill");
    desk.answer("request.waybill", "license.waybill");
    let program = desk.command("import license.waybill");
    let line: Vec<String> = std::iter::once(program.get_program())
        .chain(program.get_args())
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let mut first = Command::new("script")
        .current_dir(desk.path("."))
        .args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut said, mut byte) = (Vec::new(), [0]);
    while !said.ends_with(b"[y/N] ") {
        assert_eq!(first.stdout.as_mut().unwrap().read(&mut byte).unwrap(), 1, "{said:?}");
        said.push(byte[0]);
    }
    let second = desk.run("prepare deactivation --license-type desktop");
    assert_eq!(second.code, Some(3), "{second:?}");
    first.stdin.as_mut().unwrap().write_all(b"y\n").unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(desk.json("status --license-type desktop").0["slots"][0]["state"], "active");
}
