use license_format::{LicenseType, UnverifiedFile, payload::Request};

use crate::{
    desk::{Desk, license_key},
    vendor,
};

#[test]
fn prepare_an_activation_under_its_own_name() {
    let desk = Desk::set_up();
    let key = license_key(LicenseType::Desktop);
    let said = desk.yes(&format!("prepare activation --license-type desktop --license-key {key}"));
    assert_eq!(
        said,
        format!(
            "Saved PS1-desktop-activation-request-2026-11-22-<DIGEST>.waybill
Activation request number 1 for Desktop, license key ending in {}

Next: carry this file to the vendor's portal, upload it there, and bring back
      the file that it gives:
      waybill-proxy import FILE
",
            key.last_group()
        )
    );
    let file = desk.names(".").into_iter().find(|name| name.starts_with("PS1-")).unwrap();
    let file = UnverifiedFile::read(&desk.get(&file)).unwrap();
    let request = verifier::verify_request(&file.document).unwrap();
    let Request::Activation(request) = request.request() else { panic!() };
    assert_eq!(request.license_key.digest, key.digest());
    assert_eq!(request.installation.name.as_str(), "CM01");
    assert_eq!(request.installation.product.as_str(), "waybill-proxy");
}

#[test]
fn prepare_an_activation_with_the_key_on_standard_input() {
    let desk = Desk::set_up();
    // As it is typed: small letters, spaces for dashes.
    let typed = license_key(LicenseType::Desktop).to_string().to_lowercase().replace('-', " ") + "\r\n";
    let line = "prepare activation --license-type desktop --license-key - --output request.waybill";
    let run = desk.run_with(line, typed.as_bytes());
    assert_eq!(run.code, Some(0), "{run:?}");
}

#[test]
fn prepare_an_activation_again_gives_the_same_bytes() {
    let mut desk = Desk::set_up();
    desk.activate(LicenseType::Desktop, "first.waybill");
    desk.now = desk.now.plus(600);
    let key = license_key(LicenseType::Desktop);
    let said = desk.yes(&format!(
        "prepare activation --license-type desktop --license-key {key} --output second.waybill"
    ));
    assert!(
        said.contains("\nIt was made 2026-11-22 10:30 UTC and is saved again: nothing has changed since.\n"),
        "{said}"
    );
    assert_eq!(desk.get("first.waybill"), desk.get("second.waybill"));
    // Over itself too.
    desk.activate(LicenseType::Desktop, "first.waybill");
}

#[test]
fn prepare_over_another_file_is_refused_and_changes_nothing() {
    let desk = Desk::set_up();
    desk.put("letter.txt", b"Dear");
    let before = desk.state();
    let key = license_key(LicenseType::Desktop);
    desk.no(
        &format!("prepare activation --license-type desktop --license-key {key} --output letter.txt"),
        "output-exists",
    );
    assert_eq!((desk.state(), desk.get("letter.txt")), (before, b"Dear".to_vec()));
}

#[test]
fn prepare_into_a_folder_that_is_missing_goes_on_with_the_same_request() {
    let desk = Desk::set_up();
    let key = license_key(LicenseType::Desktop);
    let line = format!("prepare activation --license-type desktop --license-key {key} --output");
    let run = desk.run(&format!("{line} missing/request.waybill"));
    assert_eq!(run.code, Some(3));
    assert!(run.err.starts_with("waybill-proxy: [output-not-saved] "), "{}", run.err);
    assert!(desk.yes(&format!("{line} request.waybill")).contains("number 1 for Desktop"));
}

#[test]
fn prepare_with_a_mobile_key_for_desktop_is_refused_at_once() {
    let desk = Desk::set_up();
    let before = desk.state();
    let key = license_key(LicenseType::Mobile);
    let run = desk.no(
        &format!("prepare activation --license-type desktop --license-key {key}"),
        "license-key-wrong-type",
    );
    assert_eq!(
        run.err,
        "waybill-proxy: [license-key-wrong-type] this is a Mobile license key, and the slot is Desktop\n\
         Next: Type a key of the right type, or use this one with `--license-type mobile`.\n"
    );
    assert_eq!(desk.state(), before);
}

#[test]
fn prepare_with_a_mistyped_key_is_refused_at_once() {
    let desk = Desk::set_up();
    let key = license_key(LicenseType::Desktop).to_string();
    let last = if key.ends_with('7') { "8" } else { "7" };
    let mistyped = format!("{}{last}", &key[..key.len() - 1]);
    desk.no(
        &format!("prepare activation --license-type desktop --license-key {mistyped}"),
        "license-key-mistyped",
    );
    desk.no("prepare activation --license-type desktop --license-key ABC", "license-key-length");
}

#[test]
fn prepare_a_refresh_with_the_use() {
    let desk = Desk::activated();
    desk.yes("usage set --license-type desktop --count 231");
    let said = desk.yes("prepare refresh --license-type desktop --output refresh.waybill");
    assert!(said.starts_with("Saved refresh.waybill\nRefresh request number 2 for Desktop\n"), "{said}");
    let file = UnverifiedFile::read(&desk.get("refresh.waybill")).unwrap();
    let request = verifier::verify_request(&file.document).unwrap();
    assert_eq!(request.request().usage()[0].used, 231);
}

#[test]
fn prepare_a_refresh_of_what_is_not_activated_is_refused() {
    let desk = Desk::set_up();
    desk.no("prepare refresh --license-type desktop", "not-active");
}

#[test]
fn prepare_a_deactivation_stops_at_once() {
    let desk = Desk::activated();
    let said = desk.yes("prepare deactivation --license-type desktop --output end.waybill");
    assert_eq!(
        said,
        "Saved end.waybill
Deactivation request number 2 for Desktop
Desktop is deactivated here from now on. Its license key is free for another
installation only once the portal has this file.

Next: carry this file to the vendor's portal, upload it there, and bring back
      the file that it gives:
      waybill-proxy import FILE
"
    );
    assert_eq!(desk.json("status --license-type desktop").0["slots"][0]["state"], "released");
    desk.yes("prepare deactivation --license-type desktop --output again.waybill");
    assert_eq!(desk.get("end.waybill"), desk.get("again.waybill"));
}

#[test]
fn prepare_twice_for_two_slots_has_both_open() {
    let desk = Desk::set_up();
    desk.activate(LicenseType::Desktop, "desktop.waybill");
    desk.activate(LicenseType::Mobile, "mobile.waybill");
    desk.answer("mobile.waybill", "mobile-license.waybill");
    desk.answer("desktop.waybill", "desktop-license.waybill");
    desk.yes("import mobile-license.waybill --yes");
    desk.yes("import desktop-license.waybill --yes");
    let (status, _) = desk.json("status");
    let states: Vec<&str> =
        status["slots"].as_array().unwrap().iter().map(|slot| slot["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["active", "active", "empty", "empty"]);
}

#[test]
fn prepare_before_setup_is_refused_and_makes_nothing() {
    let desk = Desk::empty();
    let run = desk.no("prepare refresh --license-type desktop", "not-set-up");
    assert!(run.err.contains("Run `waybill-proxy setup` first"));
    assert!(!desk.state_dir().exists());
}

#[test]
fn prepare_as_json() {
    let desk = Desk::activated();
    let (said, code) = desk.json("prepare refresh --license-type desktop --output refresh.waybill");
    assert_eq!(code, 0);
    assert_eq!(said["file"], "refresh.waybill");
    assert_eq!(said["kind"], "refresh-request");
    assert_eq!((&said["counter"], &said["saved_again"]), (&2.into(), &false.into()));
    let (again, _) = desk.json("prepare refresh --license-type desktop --output refresh.waybill");
    assert_eq!((&again["digest"], &again["saved_again"]), (&said["digest"], &true.into()));
    let (refused, code) = desk.json("prepare activation --license-type desktop --license-key ABC");
    assert_eq!(code, 1);
    assert_eq!(refused["error"]["code"], "license-key-length");
    assert!(!refused["error"]["next_step"].as_str().unwrap().is_empty());
}

#[test]
fn prepare_after_a_no_that_is_not_final_gives_the_same_file() {
    let desk = Desk::set_up();
    desk.activate(LicenseType::Desktop, "request.waybill");
    desk.put_file("no.waybill", &vendor::no(&desk.get("request.waybill"), |_| {}));
    desk.run("import no.waybill");
    desk.activate(LicenseType::Desktop, "again.waybill");
    assert_eq!(desk.get("request.waybill"), desk.get("again.waybill"));
}
