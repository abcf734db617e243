use license_format::LicenseType;

use crate::{
    desk::{Desk, license_key},
    vendor,
};

/// A desk that waits for the answer to its first activation.
fn requested() -> Desk {
    let desk = Desk::set_up();
    desk.activate(LicenseType::Desktop, "request.waybill");
    desk.answer("request.waybill", "license.waybill");
    desk
}

fn review(key: &str) -> String {
    format!(
        "  License           Mac Management, Desktop
  Site              PS1 (Headquarters), server CM01
  License key       {key}
  Seats             250 managed devices
  Edition           Standard
  Contract          2026-11-22 to 2027-11-22
  File good until   2027-02-20
  Report due by     2027-01-21
  Issued            2026-11-22 by Example Software
"
    )
}

fn masked() -> String {
    license_key(LicenseType::Desktop).last_group().masked()
}

#[test]
fn import_a_license_with_yes() {
    let desk = requested();
    let said = desk.yes("import license.waybill --yes");
    assert_eq!(said, review(&masked()) + "\nDesktop is activated.\n");
}

#[test]
fn import_as_a_rehearsal_changes_nothing() {
    let desk = requested();
    let before = desk.state();
    let said = desk.yes("import license.waybill --dry-run");
    assert_eq!(said, review(&masked()) + "\nNothing was changed: this was a dry run.\n");
    assert_eq!(desk.state(), before);
}

#[test]
fn import_with_nobody_to_confirm_is_misuse() {
    let desk = requested();
    let before = desk.state();
    let run = desk.run("import license.waybill");
    assert_eq!(run.code, Some(2));
    assert_eq!(
        run.err,
        "waybill-proxy: [needs-yes] nobody is there to confirm what this license grants\n\
         Next: Look at it with --dry-run, then import it with --yes.\n"
    );
    assert_eq!(desk.state(), before);
}

/// `script` gives the program a terminal.
#[cfg(target_os = "linux")]
#[test]
fn import_asks_and_takes_yes_and_anything_else_for_no() {
    let desk = requested();
    let at_terminal = |answer: &str| {
        let mut command = std::process::Command::new("script");
        let program = desk.command("import license.waybill");
        let line: Vec<String> = std::iter::once(program.get_program())
            .chain(program.get_args())
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        command.current_dir(desk.path(".")).args([
            "--quiet",
            "--return",
            "--command",
            &line.join(" "),
            "/dev/null",
        ]);
        desk.finish(command, answer.as_bytes())
    };
    let before = desk.state();
    let run = at_terminal("\n");
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("Activate this license? [y/N]"), "{}", run.out);
    assert!(run.out.contains("File good until   2027-02-20"), "shown before it is asked: {}", run.out);
    assert!(run.out.contains("[not-confirmed]"), "{}", run.out);
    assert_eq!(desk.state(), before);
    let run = at_terminal("y\n");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.ends_with("Desktop is activated.\r\n"), "{}", run.out);
    assert_eq!(run.out.matches("License key").count(), 1, "shown once: {}", run.out);
}

#[test]
fn import_a_refresh_shows_now_and_then() {
    let desk = Desk::activated();
    desk.yes("usage set --license-type desktop --count 260");
    desk.yes("prepare refresh --license-type desktop --output refresh.waybill");
    let more = vendor::grant(&desk.get("refresh.waybill"), |license| {
        license.grants[0].seats = 300;
        license.good_until = license.good_until.plus(10 * license_format::DAY);
    });
    desk.put_file("more.waybill", &more);
    let said = desk.yes("import more.waybill --yes");
    assert!(said.contains("  Seats             250 managed devices -> 300 managed devices\n"), "{said}");
    assert!(said.contains("  File good until   2027-02-20 -> 2027-03-02\n"), "{said}");
    assert!(said.contains("  Report due by     2027-01-21\n"), "{said}");
    assert!(said.ends_with("\nDesktop has its new license.\n"));
    assert_eq!(desk.json("status --license-type desktop").0["slots"][0]["remaining"], 40);
}

#[test]
fn import_the_same_file_twice_is_no_error() {
    let desk = Desk::activated();
    let before = desk.state();
    let said = desk.yes("import license.waybill");
    assert_eq!(said, "An answer for Desktop\n\nDesktop has this license already. Nothing was changed.\n");
    assert_eq!(desk.state(), before);
}

#[test]
fn import_two_answers_in_either_order_ends_in_the_newer() {
    let desk = Desk::activated();
    desk.yes("prepare refresh --license-type desktop --output second.waybill");
    desk.yes("usage set --license-type desktop --count 3");
    desk.yes("prepare refresh --license-type desktop --output third.waybill");
    desk.answer("second.waybill", "second-license.waybill");
    desk.answer("third.waybill", "third-license.waybill");
    desk.yes("import third-license.waybill --yes");
    let said = desk.yes("import second-license.waybill");
    assert_eq!(
        said,
        "An answer for Desktop

This answers request number 2; Desktop has the license that answers number 3,
which is newer. Nothing was changed.
"
    );
    assert_eq!(desk.json("status --license-type desktop").0["slots"][0]["counter"], 3);
}

#[test]
fn import_the_old_license_after_a_deactivation_changes_nothing() {
    let desk = Desk::activated();
    desk.yes("prepare deactivation --license-type desktop --output end.waybill");
    let said = desk.yes("import license.waybill");
    assert!(said.ends_with(
        "This answers request number 1; Desktop was deactivated after that, by number 2.\nNothing was changed.\n"
    ));
    desk.answer("end.waybill", "receipt.waybill");
    let said = desk.yes("import receipt.waybill");
    assert!(
        said.ends_with("Desktop is deactivated, and the license key is free for another installation.\n"),
        "{said}"
    );
    desk.yes("import license.waybill");
    assert_eq!(desk.json("status --license-type desktop").0["slots"][0]["state"], "released");
}

#[test]
fn import_a_signed_no_is_a_no() {
    let desk = requested();
    desk.put_file("no.waybill", &vendor::no(&desk.get("request.waybill"), |_| {}));
    let run = desk.no("import no.waybill", "no-seats");
    assert_eq!(
        run.out,
        "Refusal for Desktop
  Signed            2026-11-22 by Example Software
  Answers           request number 1
  For good          no, the same file may be brought again

The portal said no to the request for Desktop. What is in force stays.
"
    );
    assert_eq!(
        run.err,
        "waybill-proxy: [no-seats] All 250 seats are in use elsewhere.\n\
         Next: Free seats at another site, then bring this file again.\n"
    );
    let (said, code) = desk.json("import no.waybill");
    assert_eq!((code, &said["outcome"], &said["error"]["code"]), (1, &"refused".into(), &"no-seats".into()));
    // Which does not keep the same request from being answered.
    desk.yes("import license.waybill --yes");
}

#[test]
fn import_an_armoured_license_from_a_letter() {
    let desk = requested();
    let armour = vendor::yes(&desk.get("request.waybill")).armour().unwrap();
    let letter = format!("Dear colleague,\r\n\r\n> {}\r\nRegards\r\n", armour.replace('\n', "\r\n> "));
    desk.put("letter.txt", letter.as_bytes());
    desk.yes("import letter.txt --yes");
}

#[test]
fn import_from_standard_input() {
    let desk = requested();
    let run = desk.run_with("import - --yes", &desk.get("license.waybill"));
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn import_an_armoured_license_whose_readable_part_was_edited_is_refused() {
    let desk = requested();
    let armour = vendor::yes(&desk.get("request.waybill")).armour().unwrap();
    desk.put("edited.txt", armour.replace("250 managed devices", "999 managed devices").as_bytes());
    desk.no("import edited.txt --yes", "armour-readable");
}

#[test]
fn import_a_request_instead_of_its_answer_is_refused() {
    let desk = requested();
    let run = desk.no("import request.waybill", "not-an-answer");
    assert!(run.err.contains("Upload this file to the portal"));
}

#[test]
fn import_the_answer_for_another_site_is_refused() {
    let theirs = requested();
    let desk = requested();
    desk.put("theirs.waybill", &theirs.get("license.waybill"));
    desk.no("import theirs.waybill --yes", "other-installation");
}

#[test]
fn import_an_answer_that_a_restored_backup_forgot_is_refused() {
    let desk = Desk::set_up();
    let backup = desk.state();
    desk.activate(LicenseType::Desktop, "request.waybill");
    desk.answer("request.waybill", "license.waybill");
    desk.put("state/state", &backup);
    let run = desk.no("import license.waybill --yes", "not-asked-for");
    assert!(run.err.contains("\nNext: Prepare a new request"));
}

#[test]
fn import_of_a_license_with_any_byte_altered_is_refused() {
    let desk = requested();
    let (good, before) = (desk.get("license.waybill"), desk.state());
    // Every byte is tried in memory (the verifier's tests); through the program, every sixteenth.
    for at in (0..good.len()).step_by(16) {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        desk.put("bad.waybill", &bad);
        let run = desk.run("import bad.waybill --yes");
        assert_eq!(run.code, Some(1), "byte {at}: {run:?}");
        assert_eq!(desk.state(), before, "byte {at}");
    }
}

#[test]
fn import_of_what_is_no_waybill_file_is_refused() {
    let desk = requested();
    desk.put("empty", b"");
    desk.no("import empty --yes", "empty");
    desk.put("picture.png", b"\x89PNG\r\n\x1a\n");
    desk.no("import picture.png --yes", "not-waybill");
    let good = desk.get("license.waybill");
    desk.put("cut.waybill", &good[..good.len() / 2]);
    desk.no("import cut.waybill --yes", "cbor-truncated");
}

#[test]
fn import_reads_no_more_than_a_waybill_file_can_have() {
    let desk = requested();
    let mut huge = license_format::UnverifiedFile::read(&desk.get("license.waybill")).unwrap().encode();
    huge.resize(64 * 1024 * 1024, 0);
    desk.put("huge.waybill", &huge);
    desk.no("import huge.waybill --yes", "too-large");
}

#[cfg(target_os = "linux")]
#[test]
fn import_of_an_endless_file_ends() {
    requested().no("import /dev/zero --yes", "too-large");
}

#[test]
fn import_of_a_missing_file_is_misuse() {
    let run = requested().run("import missing.waybill --yes");
    assert_eq!(run.code, Some(2), "{run:?}");
}

#[test]
fn import_as_json() {
    let desk = requested();
    let (said, code) = desk.json("import license.waybill");
    assert_eq!((code, &said["error"]["code"]), (2, &"needs-yes".into()));
    let (said, code) = desk.json("import license.waybill --dry-run");
    assert_eq!((code, &said["outcome"], &said["imported"]), (0, &"installed".into(), &false.into()));
    let (said, code) = desk.json("import license.waybill --yes");
    assert_eq!((code, &said["imported"]), (0, &true.into()));
    let license = &said["license"];
    assert_eq!(license["contract_end"], "2027-11-22T10:30:00Z");
    assert_eq!(license["good_until"], "2027-02-20T10:30:00Z");
    assert_eq!(license["report_due"], "2027-01-21T10:30:00Z");
    assert_eq!(license["grants"][0]["seats"], 250);
    let (said, code) = desk.json("import license.waybill");
    assert_eq!((code, &said["outcome"]), (0, &"already-installed".into()));
}
