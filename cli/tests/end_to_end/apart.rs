//! Portal and signer in two processes. The store here is a file, which both may write; `postgres` has the roles that keep them apart.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::net::UnixListener,
    process::Stdio,
    thread,
};

use serde_json::json;

use crate::support::{Run, Vendor, apart::socket, connect_command, wait_for};

/// A life of a license through a portal that has no key.
#[test]
fn a_portal_without_keys_answers_through_its_signer() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let signer = vendor.signs();
    let portal = vendor.portal_apart(&[]);
    let held: Vec<_> =
        fs::read_dir(vendor.path("portal")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(held.iter().all(|name| name.to_string_lossy().starts_with("waybill.db")), "{held:?}");

    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let answer = vendor.answer(&portal, &contoso, &request);
    assert_eq!(site.imports(&answer), "installed");
    site.uses("desktop", 12);
    let refresh = site.refresh("desktop", "refresh");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &refresh)), "installed");
    // A no crosses the link as it is.
    let elsewhere = vendor.site("PS2", "Branch").activation("desktop", &key, "activation");
    let (_, refused) = vendor.connect(&portal, &contoso, &elsewhere);
    assert_eq!(refused.exits(1).error_code(), "key-in-use");
    let (_, unreadable) = vendor.connect(&portal, &contoso, &answer);
    assert_eq!(unreadable.exits(1).error_code(), "wrong-kind");
    let deactivation = site.deactivation("desktop", "deactivation");
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &deactivation)), "deactivation-confirmed");
    assert_eq!(vendor.sees(&site)["slots"][0]["counted"], json!([]));
    // One record: whoever asks the signer's own command gets the same bytes.
    vendor.run(&["log", "verify"]).exits(0);
    assert_eq!(portal.stop().1, 0);
    assert_eq!(signer.stop().1, 0);
    assert!(!socket(&vendor).exists());
}

/// The signer is killed again and again while it answers. The portal says so with a code, loses nothing, and has it back without being
/// told; the same file gets the one answer, and counts once.
#[test]
fn a_signer_killed_under_its_portal_loses_nothing() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 40);
    let portal = vendor.portal_apart(&[]);
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");
    let (path, away) = vendor.connect(&portal, &contoso, &request);
    assert_eq!(away.exits(3).error_code(), "signer-unreachable");
    assert!(!path.exists());
    let signer = vendor.signs();
    assert_eq!(site.imports(&vendor.answer(&portal, &contoso, &request)), "installed");
    signer.kill();

    let log = vendor.data_dir.join("waybill.db-wal");
    let size = || fs::metadata(&log).map_or(0, |metadata| metadata.len());
    let mut cut_off = 0;
    for round in 0..6 {
        site.uses("desktop", 10 + round);
        let request = site.refresh("desktop", &format!("refresh-{round}"));
        let output = request.with_extension("answer");
        let signer = vendor.signs();
        let before = size();
        let mut command = connect_command(&portal, &contoso, &request, &output);
        let mut asking =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("waybill connect starts");
        if round % 2 == 0 {
            // Before anything has come, mostly.
        } else {
            wait_for("a write", || (size() != before).then_some(()));
        }
        signer.kill();
        let ended = asking.wait().expect("it ends").code();
        // The portal lived on: an answer, or a failure that says to come again.
        assert!(matches!(ended, Some(0 | 3)), "round {round}: {ended:?}");
        cut_off += usize::from(ended == Some(3));

        let signer = vendor.signs();
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
        signer.kill();
    }
    assert!(cut_off > 0, "no answer was cut off in six rounds");
    vendor.run(&["log", "verify"]).exits(0);
}

/// What is missing is said before anything begins.
#[test]
fn two_processes_say_what_they_lack() {
    let vendor = Vendor::new();
    let run = |arguments: &[&str]| vendor.run(arguments);
    let roles = run(&["signer", "--print-roles"]).exits(0).json();
    assert!(roles["sql"].as_str().unwrap().contains("CREATE ROLE waybill_portal"));
    assert_eq!(run(&["signer"]).exits(2).error_code(), "usage");
    assert_eq!(run(&["signer", "--listen", "127.0.0.1:0"]).exits(2).error_code(), "usage");
    assert_eq!(run(&["portal", "--signer", "signer.example"]).exits(2).error_code(), "signer-address");
    let bare = run(&["portal", "--signer", "signer.example:1"]).exits(2);
    assert_eq!(bare.error_code(), "certificates-missing");
    assert!(bare.json()["error"]["next_step"].as_str().unwrap().contains("--tls-cert"), "{}", bare.json());
    // A signer of a newer version. It reads the head alone, and so does the portal.
    let path = vendor.path("newer.socket");
    let listener = UnixListener::bind(&path).unwrap();
    let newer = thread::spawn(move || {
        let (mut portal, _) = listener.accept().unwrap();
        let mut head = [0; 8];
        portal.read_exact(&mut head).unwrap();
        head[3] += 1;
        portal.write_all(&head).unwrap();
        portal.read_to_end(&mut Vec::new()).unwrap();
    });
    let address = format!("unix:{}", path.display());
    let refused = run(&["portal", "--signer", &address, "--listen", "127.0.0.1:0"]).exits(1);
    assert_eq!(refused.error_code(), "link-version");
    assert!(refused.out.contains("Update the portal"), "{}", refused.out);
    newer.join().unwrap();
    let nowhere = Vendor { data_dir: vendor.path("nowhere"), ..vendor };
    let refused = nowhere.run(&["portal", "--signer", "unix:s"]).exits(2);
    assert_eq!(refused.error_code(), "not-initialized");
}
