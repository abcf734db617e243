//! The two programs as processes, and the files that go between them: the promises of the exchange, as a person with a stick
//! meets them.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use license_format::{DAY, Timestamp};
use serde_json::{Value, json};
use support::{Run, Site, Vendor, connect_command, wait_for, waybill, waybill_proxy};

/// Activate, go over the limit, refresh, deactivate, activate elsewhere.
#[test]
fn a_license_lives_its_whole_life() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (subscription, key) = vendor.sells(&contoso, "desktop", 250);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    assert_eq!(site.slot("desktop")["state"], "empty");

    let request = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &request);
    // What it grants is shown first, and nobody who could agree is there.
    let asked = site.run(&["import", license.to_str().unwrap()]).exits(2);
    assert_eq!(asked.error_code(), "needs-yes");
    assert_eq!(site.slot("desktop")["state"], "requested");
    assert_eq!(site.imports(&license), "installed");
    let slot = site.slot("desktop");
    assert_eq!(slot["state"], "active");
    assert_eq!(slot["license_key"], format!("*****-*****-*****-*****-{}", &key[24..]));
    assert_eq!([&slot["seats"], &slot["counter"]], [&json!(250), &json!(1)]);
    let dates: Vec<&str> =
        ["contract_end", "good_until", "report_due"].map(|name| slot[name].as_str().unwrap()).to_vec();
    assert_eq!(dates[0], "2099-01-01T00:00:00Z");
    assert!(dates[2] < dates[1] && dates[1] < dates[0], "the three dates are three: {dates:?}");

    site.uses("desktop", 262);
    let slot = site.slot("desktop");
    assert_eq!([&slot["used"], &slot["remaining"]], [&json!(262), &json!(0)]);
    assert!(codes(&slot).contains(&"over-limit".to_owned()), "{slot}");
    let check = site.run(&["check", "--license-type", "desktop", "--add", "1"]).exits(0).json();
    assert_eq!(check["allowed"], true, "over the limit it is said, and nothing stops");

    vendor.run(&["subscription", "update", &subscription, "--seats", "300"]).exits(0);
    let request = site.refresh("desktop", "refresh");
    let newer = vendor.answer(&portal, &contoso, &request);
    assert_eq!(site.imports(&newer), "installed");
    let slot = site.slot("desktop");
    assert_eq!([&slot["seats"], &slot["remaining"], &slot["counter"]], [&json!(300), &json!(38), &json!(2)]);
    assert_eq!(vendor.sees(&site)["slots"][0]["used"], 262, "the refresh reported what is used");

    let request = site.deactivation("desktop", "deactivation");
    assert_eq!(site.slot("desktop")["state"], "released", "the proxy stops at once");
    let check = site.run(&["check", "--license-type", "desktop", "--add", "1"]).exits(1).json();
    assert_eq!(check["allowed"], false);

    // The key is free only once the portal has that file.
    let laboratory = vendor.site("LAB", "Laboratory");
    let elsewhere = laboratory.activation("desktop", &key, "activation");
    let (refusal, run) = vendor.connect(&portal, &contoso, &elsewhere);
    assert_eq!(run.exits(1).error_code(), "key-in-use");
    let told = laboratory.import(&refusal).exits(1);
    assert_eq!(told.error_code(), "key-in-use", "the signed refusal can be carried home");

    let receipt = vendor.answer(&portal, &contoso, &request);
    assert_eq!(site.imports(&receipt), "deactivation-confirmed");
    assert_eq!(vendor.sees(&site)["slots"][0]["state"], "deactivated");

    // The refusal was not final: the same file gets a license now.
    fs::remove_file(&refusal).unwrap();
    let license = vendor.answer(&portal, &contoso, &elsewhere);
    assert_eq!(laboratory.imports(&license), "installed");
    assert_eq!(laboratory.slot("desktop")["seats"], 300);
}

/// same-answer: the portal, `connect` again, and `issue` without the portal give the same bytes; nothing counts twice.
#[test]
fn the_same_file_twice_gets_the_same_answer() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "mobile", 100);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("mobile", &key, "activation");

    let first = vendor.answer(&portal, &contoso, &request);
    let bytes = fs::read(&first).unwrap();
    vendor.answer(&portal, &contoso, &request);
    let again = vendor.path("again.waybill");
    Run::command(connect_command(&portal, &contoso, &request, &again)).exits(0);
    assert_eq!(fs::read(&again).unwrap(), bytes);

    let issued = vendor.path("issued.waybill");
    let passphrase = vendor.passphrase.to_str().unwrap();
    let run = vendor.run(&[
        "issue",
        request.to_str().unwrap(),
        "--passphrase-file",
        passphrase,
        "--output",
        issued.to_str().unwrap(),
    ]);
    assert_eq!(run.exits(0).json()["repeated"], true);
    assert_eq!(fs::read(&issued).unwrap(), bytes);

    // An answer never overwrites another file.
    fs::write(&again, b"something else").unwrap();
    let refused = Run::command(connect_command(&portal, &contoso, &request, &again)).exits(1);
    assert_eq!(refused.error_code(), "file-exists");
    assert_eq!(fs::read(&again).unwrap(), b"something else");

    assert_eq!(site.imports(&first), "installed");
    let state = site.state();
    assert_eq!(site.imports(&first), "already-installed");
    assert_eq!(site.state(), state);
    assert_eq!(
        vendor.sees(&site)["slots"][0]["counted"].as_array().unwrap().len(),
        1,
        "the seats count once"
    );

    // Preparing again saves the same file again.
    let saved = site.activation_again("mobile", &key);
    assert_eq!(saved.error_code(), "already-active");
}

/// Two requests are open at once, for two slots and for one; answered and imported in every order.
#[test]
fn two_open_requests_in_every_order() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let portal = vendor.serves();

    for (case, answered, imported) in
        [("a", [0, 1], [0, 1]), ("b", [0, 1], [1, 0]), ("c", [1, 0], [0, 1]), ("d", [1, 0], [1, 0])]
    {
        // Of two slots.
        let site = vendor.site("PS1", &format!("two-slots-{case}"));
        let keys = ["desktop", "mobile"]
            .map(|license_type| (license_type, vendor.sells(&contoso, license_type, 10).1));
        let requests = keys.map(|(license_type, key)| site.activation(license_type, &key, license_type));
        let licenses = answered.map(|at| (at, vendor.answer(&portal, &contoso, &requests[at])));
        for at in imported {
            let (_, license) = licenses.iter().find(|(answers, _)| *answers == at).unwrap();
            assert_eq!(site.imports(license), "installed", "case {case}");
        }
        for license_type in ["desktop", "mobile"] {
            assert_eq!(site.slot(license_type)["seats"], 10, "case {case}");
        }
        assert_nothing_open(&vendor, &portal, &contoso, &site, case);

        // Of one slot: whatever the order, the newer request's license ends up in force.
        let site = vendor.site("PS2", &format!("one-slot-{case}"));
        let (_, key) = vendor.sells(&contoso, "desktop", 10);
        let activation = site.activation("desktop", &key, "activation");
        assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &activation)), "installed");
        let requests = [3, 4].map(|used| {
            site.uses("desktop", used);
            site.refresh("desktop", &format!("refresh-{used}"))
        });
        let mut answers: [Option<PathBuf>; 2] = [None, None];
        for at in answered {
            let (path, run) = vendor.connect(&portal, &contoso, &requests[at]);
            match (at, answered) {
                // The older one comes late: its slot has a newer license already.
                (0, [1, 0]) => assert_eq!(run.exits(1).error_code(), "overtaken", "case {case}"),
                _ => drop(run.exits(0)),
            }
            answers[at] = Some(path);
        }
        for at in imported {
            let outcome = site.import(answers[at].as_ref().unwrap()).json()["outcome"].clone();
            let expected = match (at, answered, imported) {
                (1, _, _) | (0, [0, 1], [0, 1]) => vec!["installed"],
                (0, [0, 1], _) => vec!["superseded"],
                // A refusal of a request that a newer license has settled says nothing new.
                _ => vec!["refused", "already-read"],
            };
            assert!(expected.iter().any(|one| outcome == *one), "case {case}, {at}: {outcome}");
        }
        assert_eq!(
            site.slot("desktop")["counter"],
            3,
            "case {case}: the newer request's license is in force"
        );
        assert_nothing_open(&vendor, &portal, &contoso, &site, case);
    }
}

/// The site goes on after such a mix-up, and nobody calls it a fork (no-false-alarm).
#[track_caller]
fn assert_nothing_open(
    vendor: &Vendor,
    portal: &support::Portal,
    customer: &support::Customer,
    site: &Site,
    case: &str,
) {
    site.uses("desktop", 5);
    let request = site.refresh("desktop", "afterwards");
    assert_eq!(site.imports(&vendor.answer(portal, customer, &request)), "installed", "case {case}");
    assert_eq!(vendor.sees(site)["fork"], Value::Null, "case {case}");
}

/// The answer is lost on the way home; the next request is answered, and the lost file does no harm when it turns up.
#[test]
fn a_lost_answer_is_followed_by_a_new_request() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let activation = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &activation);
    assert_eq!(site.imports(&license), "installed");

    site.uses("desktop", 10);
    let lost = vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh-1"));
    site.uses("desktop", 11);
    let newer = vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh-2"));
    assert_eq!(site.imports(&newer), "installed");
    let state = site.state();
    assert_eq!(site.imports(&lost), "superseded");
    assert_eq!(site.imports(&license), "superseded");
    assert_eq!(site.state(), state, "files that come late change nothing");
    assert_eq!(site.slot("desktop")["counter"], 3);

    // The same file may also be lost: preparing again within a day gives the same bytes, and so the same answer.
    site.uses("desktop", 12);
    let request = site.refresh("desktop", "refresh-3");
    let again = site.refresh("desktop", "refresh-3-again");
    assert_eq!(fs::read(&request).unwrap(), fs::read(&again).unwrap());
    let answers =
        [request, again].map(|request| fs::read(vendor.answer(&portal, &contoso, &request)).unwrap());
    assert_eq!(answers[0], answers[1]);
}

/// seen: a copied state directory is noticed at the first file of its second branch, and both branches are shown.
#[test]
fn a_copied_state_directory_is_seen() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (subscription, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let activation = site.activation("desktop", &key, "activation");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &activation)), "installed");
    let copy = site.copied("copy");

    site.uses("desktop", 20);
    copy.uses("desktop", 30);
    let first = site.refresh("desktop", "refresh");
    let second = copy.refresh("desktop", "refresh");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &first)), "installed");
    let (refusal, run) = vendor.connect(&portal, &contoso, &second);
    assert_eq!(run.exits(1).error_code(), "fork");
    let told = copy.import(&refusal).exits(1).json();
    assert_eq!([&told["outcome"], &told["final"]], [&json!("refused"), &json!(true)]);

    let seen = vendor.sees(&site);
    assert_eq!(seen["fork"]["counter"], 2);
    for (branch, request) in [("first", &first), ("second", &second)] {
        assert_eq!(seen["fork"][branch], digest(request), "both branches are shown");
    }
    let text = text_of(&vendor, &["installation", "show", seen["thumbprint"].as_str().unwrap()]);
    assert!(text.contains(&digest(&first)) && text.contains(&digest(&second)), "{text}");

    // The first branch goes on without more seats, though more were bought.
    vendor.run(&["subscription", "update", &subscription, "--seats", "50"]).exits(0);
    site.uses("desktop", 21);
    assert_eq!(
        site.imports(&vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh-2"))),
        "installed"
    );
    assert_eq!(site.slot("desktop")["seats"], 40);
}

/// final: after a deactivation request exists, nothing that answers an earlier request is honoured again.
#[test]
fn the_old_license_after_a_deactivation_is_over() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let activation = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &activation);
    assert_eq!(site.imports(&license), "installed");
    // Answered, and not imported before the deactivation.
    let newer = vendor.answer(&portal, &contoso, &site.refresh("desktop", "refresh"));

    let deactivation = site.deactivation("desktop", "deactivation");
    for old in [&license, &newer] {
        let state = site.state();
        assert_eq!(site.imports(old), "ended");
        assert_eq!(site.state(), state);
        assert_eq!(site.slot("desktop")["state"], "released");
    }
    let receipt = vendor.answer(&portal, &contoso, &deactivation);
    assert_eq!(site.imports(&receipt), "deactivation-confirmed");
    assert_eq!(site.imports(&license), "ended");

    // A request from before the deactivation gets its old answer again if it had one; a new one is refused for good. The slot itself
    // may be used again at once.
    let again = site.activation("desktop", &key, "activation-2");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &again)), "installed");
    assert_eq!(site.imports(&newer), "ended");
}

/// three dates, and safe: they pass one by one by the proxy's clock, and whatever has passed, what is managed already goes on. A clock
/// that is then put back is seen.
#[test]
fn the_dates_pass_one_by_one() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let activation = site.activation("desktop", &key, "activation");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &activation)), "installed");
    site.uses("desktop", 10);

    let slot = site.slot("desktop");
    let date = |name: &str| Timestamp::parse(slot[name].as_str().unwrap()).unwrap();
    let (issued, report_due, good_until) = (date("issued"), date("report_due"), date("good_until"));
    let grace_ends = good_until.plus(14 * DAY);
    for (at, standing, may_add) in [
        (report_due.minus(1), "active", true),
        (report_due, "report-overdue", true),
        (good_until, "file-in-grace", true),
        (grace_ends, "file-ended", false),
    ] {
        let now = at.rfc3339();
        let slot = site.run(&["--now", &now, "status", "--license-type", "desktop"]).exits(0).json()["slots"]
            [0]
        .take();
        assert_eq!(slot["standing"], standing, "{now}");
        let check = |add: &[&str]| {
            let arguments = [&["--now", &now, "check", "--license-type", "desktop"], add].concat();
            site.run(&arguments).json()["allowed"].clone()
        };
        assert_eq!(check(&[]), true, "{now}: what is managed already goes on");
        assert_eq!(check(&["--add", "1"]), may_add, "{now}");
    }
    let back = site.run(&["--now", &issued.rfc3339(), "status", "--license-type", "desktop"]).exits(0).json();
    assert!(codes(&back["slots"][0]).contains(&"clock-behind".to_owned()), "{back}");

    // A new license is all that it takes to go on, and it repairs the clock's high-water mark.
    let request = site.refresh("desktop", "refresh");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &request)), "installed");
    assert_eq!(site.slot("desktop")["standing"], "active");
}

/// Every byte of one license is changed once; none of these files is imported, and none changes anything.
#[test]
fn no_altered_license_is_imported() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &request);
    let bytes = fs::read(&license).unwrap();

    // Each worker has the whole installation for itself.
    let workers = thread::available_parallelism().map_or(2, usize::from).min(8);
    thread::scope(|scope| {
        for worker in 0..workers {
            let (copy, bytes) = (site.copied(&format!("worker{worker}")), &bytes);
            scope.spawn(move || {
                let state = copy.state();
                let file = copy.beside("altered");
                for at in (worker..bytes.len()).step_by(workers) {
                    let mut altered = bytes.clone();
                    altered[at] ^= 1 << (at % 8);
                    fs::write(&file, &altered).unwrap();
                    let run = copy.import(&file).exits(1);
                    assert!(!run.error_code().is_empty(), "byte {at}");
                }
                assert_eq!(copy.state(), state, "the state is as it was");
            });
        }
    });
    // The one that was not altered is imported.
    assert_eq!(site.imports(&license), "installed");
    // And one that was cut short anywhere is not.
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&license, &bytes[..length]).unwrap();
        site.import(&license).exits(1);
    }
}

/// Two uploads of one request at once: one answer.
#[test]
fn two_uploads_at_once_get_one_answer() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let portal = vendor.serves();
    for round in 0..5 {
        let (_, key) = vendor.sells(&contoso, "desktop", 40);
        let site = vendor.site("PS1", &format!("round-{round}"));
        let request = site.activation("desktop", &key, "activation");
        let outputs = [0, 1, 2, 3].map(|at| request.with_extension(format!("answer-{at}")));
        let started = outputs.clone().map(|output| {
            let mut command = connect_command(&portal, &contoso, &request, &output);
            command.stdout(Stdio::null()).spawn().expect("waybill connect starts")
        });
        for mut child in started {
            assert!(child.wait().expect("it ends").success());
        }
        let answers = outputs.map(|output| fs::read(output).unwrap());
        assert!(answers.iter().all(|answer| *answer == answers[0]), "round {round}");
        assert_eq!(vendor.sees(&site)["slots"][0]["counted"].as_array().unwrap().len(), 1, "round {round}");
    }
}

/// kept: the portal is killed while it answers; whoever asks again gets what may already have left, and it counts once.
#[test]
fn a_killed_portal_gives_the_same_answer_afterwards() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let portal = vendor.serves();
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &request)), "installed");
    portal.kill();

    let log = vendor.data_dir.join("waybill.db-wal");
    let size = || fs::metadata(&log).map_or(0, |metadata| metadata.len());
    for round in 0..12 {
        site.uses("desktop", 10 + round);
        let request = site.refresh("desktop", &format!("refresh-{round}"));
        let output = request.with_extension("answer");
        let portal = vendor.serves();
        let before = size();
        let mut command = connect_command(&portal, &contoso, &request, &output);
        let mut asking =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("waybill connect starts");
        match round % 3 {
            // At once: mostly before the request has come.
            0 => {}
            // While the answer is being made durable.
            1 => wait_for("a write", || (size() != before).then_some(())),
            // When the answer is on its way, or there.
            _ => wait_for("an answer", || output.exists().then_some(())),
        }
        portal.kill();
        asking.wait().expect("it ends");

        let portal = vendor.serves();
        let left = fs::read(&output).ok();
        let again = vendor.path(&format!("again-{round}.waybill"));
        Run::command(connect_command(&portal, &contoso, &request, &again)).exits(0);
        let bytes = fs::read(&again).unwrap();
        if let Some(left) = left {
            assert_eq!(left, bytes, "round {round}: what had left is what is given again");
        }
        assert_eq!(site.imports(&again), "installed", "round {round}");
        let counted = vendor.sees(&site)["slots"][0]["counted"].clone();
        let newest =
            counted.as_array().unwrap().iter().filter(|lease| lease["counter"] == json!(round + 2)).count();
        assert_eq!(newest, 1, "round {round}: it counts once: {counted}");
        portal.kill();
    }
}

/// A portal that is asked to stop says so, and ends with 0.
#[test]
fn a_portal_stops_when_it_is_told() {
    let vendor = Vendor::new();
    let (said, code) = vendor.serves().stop();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("stopped"), "{said}");
}

/// A wrong token gets nothing, and another customer's token finds no key.
#[test]
fn a_foreign_token_gets_nothing() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let fabrikam = vendor.customer("fabrikam");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");

    let mut stranger = vendor.customer("stranger");
    stranger.token_file = vendor.path("wrong.token");
    fs::write(&stranger.token_file, format!("wbt_{}\n", "A".repeat(43))).unwrap();
    let (output, run) = vendor.connect(&portal, &stranger, &request);
    assert_eq!(run.exits(1).error_code(), "token-needed");
    assert!(!output.exists(), "nothing was written");

    let (refusal, run) = vendor.connect(&portal, &fabrikam, &request);
    assert_eq!(run.exits(1).error_code(), "license-key-unknown");
    fs::remove_file(refusal).unwrap();

    // A portal that is not there is no refusal: it could not be told.
    let gone = vendor.serves();
    let url = gone.url.clone();
    gone.kill();
    let token = contoso.token_file.to_str().unwrap();
    let run =
        vendor.run(&["connect", request.to_str().unwrap(), "--server", &url, "--token-file", token]).exits(3);
    assert_eq!(run.error_code(), "server-unreachable");

    // The right one gets the license, though others have asked before.
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &request)), "installed");
}

/// A full disk is an error that says so; with room again the same command carries on.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let license = vendor.answer(&portal, &contoso, &request);
    drop(portal);

    // The proxy. A mount in a namespace of its own is seen by nobody else and goes with its last process.
    let script = r#"
        mount -t tmpfs -o size=256k none "$DISK"
        cp -r "$STATE" "$DISK/state" && chmod 700 "$DISK/state"
        dd if=/dev/zero of="$DISK/filler" bs=1k count=1024 2>/dev/null
        cp "$DISK/state/state" "$OUT/before"
        "$PROXY" --json --state-dir "$DISK/state" import --yes "$FILE" >"$OUT/full"; echo $? >"$OUT/full-code"
        cmp "$DISK/state/state" "$OUT/before" || echo changed >"$OUT/changed"
        rm "$DISK/filler"
        "$PROXY" --json --state-dir "$DISK/state" import --yes "$FILE" >"$OUT/room"; echo $? >"$OUT/room-code"
    "#;
    let out = on_a_small_disk(
        &vendor,
        script,
        &[("STATE", &site.state_dir), ("FILE", &license), ("PROXY", &waybill_proxy())],
    );
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
    assert_eq!(read("full-code").trim(), "3", "{}", read("full"));
    assert_eq!(json_of(&read("full"))["error"]["code"], "state-not-saved");
    assert!(!out.join("changed").exists(), "the state is as it was");
    assert_eq!(read("room-code").trim(), "0", "{}", read("room"));
    assert_eq!(json_of(&read("room"))["outcome"], "installed");

    // The signer.
    site.imports(&license);
    site.uses("desktop", 3);
    let request = site.refresh("desktop", "refresh");
    let script = r#"
        mount -t tmpfs -o size=8m none "$DISK"
        cp -r "$DATA" "$DISK/data" && chmod 700 "$DISK/data"
        dd if=/dev/zero of="$DISK/filler" bs=1k count=16384 2>/dev/null
        issue() { "$WAYBILL" --json --data-dir "$DISK/data" issue "$FILE" --passphrase-file "$PASSPHRASE" --output "$1"; }
        issue "$OUT/none.waybill" >"$OUT/full"; echo $? >"$OUT/full-code"
        rm "$DISK/filler"
        issue "$OUT/answer.waybill" >"$OUT/room"; echo $? >"$OUT/room-code"
        issue "$OUT/again.waybill" >"$OUT/again"
    "#;
    let paths: [(&str, &Path); 4] = [
        ("DATA", &vendor.data_dir),
        ("FILE", &request),
        ("PASSPHRASE", &vendor.passphrase),
        ("WAYBILL", &waybill()),
    ];
    let out = on_a_small_disk(&vendor, script, &paths);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
    assert_eq!(read("full-code").trim(), "3", "{}", read("full"));
    let full = json_of(&read("full"));
    assert!(full["error"]["next_step"].as_str().unwrap().contains("room"), "{full}");
    assert!(!out.join("none.waybill").exists());
    assert_eq!(read("room-code").trim(), "0", "{}", read("room"));
    assert_eq!(fs::read(out.join("answer.waybill")).unwrap(), fs::read(out.join("again.waybill")).unwrap());
    assert_eq!(site.imports(&out.join("answer.waybill")), "installed");
}

/// Runs a script that mounts a small file system at `$DISK`, with a folder `$OUT` for what it found.
#[cfg(target_os = "linux")]
fn on_a_small_disk(vendor: &Vendor, script: &str, paths: &[(&str, &Path)]) -> PathBuf {
    let number = fs::read_dir(vendor.folder.path()).unwrap().count();
    let (disk, out) = (vendor.path(&format!("disk-{number}")), vendor.path(&format!("out-{number}")));
    fs::create_dir(&disk).unwrap();
    fs::create_dir(&out).unwrap();
    let script = format!("mount -t tmpfs -o size=4k none \"$DISK\" || exit 77\numount \"$DISK\"\n{script}");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    command.env("DISK", &disk).env("OUT", &out).envs(paths.iter().copied());
    let run = Run::command(command);
    assert_ne!(
        run.code, 77,
        "a small file system cannot be mounted here (user namespaces are off?): {}",
        run.err
    );
    out
}

impl Site {
    fn activation_again(&self, license_type: &str, key: &str) -> Run {
        self.run(&["prepare", "activation", "--license-type", license_type, "--license-key", key]).exits(1)
    }
}

fn codes(slot: &Value) -> Vec<String> {
    let notices = slot["notices"].as_array().expect("notices");
    notices.iter().map(|notice| notice["code"].as_str().expect("a code").to_owned()).collect()
}

/// A request's digest, as `waybill inspect` tells it.
fn digest(file: &Path) -> String {
    let inspected = Run::of(&waybill(), &["--json", "inspect", file.to_str().unwrap()]).exits(0).json();
    inspected["digest"].as_str().expect("a digest").to_owned()
}

/// What a command says to people.
fn text_of(vendor: &Vendor, arguments: &[&str]) -> String {
    let mut all = vec!["--data-dir", vendor.data_dir.to_str().unwrap()];
    all.extend(arguments);
    Run::of(&waybill(), &all).exits(0).out
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
