//! What goes wrong around the programs: two at once, a power cut, a full disk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Run, Vendor, connect_command, wait_for, waybill, waybill_proxy};

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

/// A full disk is an error that says so and takes nothing; with room again the same command carries on.
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
    // Stopped, not killed: SQLite's log is then empty and gone. One that was left would be overwritten from its start, which needs no room.
    assert_eq!(portal.stop().1, 0);
    let store = vendor.data_dir.join("waybill.db");
    assert!(store.is_file() && !vendor.data_dir.join("waybill.db-wal").exists());

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
        for file in waybill.db witness; do cmp "$DATA/$file" "$DISK/data/$file" || echo "$file" >>"$OUT/changed"; done
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
    let full = json_of(&read("full"));
    assert_eq!(read("full-code").trim(), "3", "{full}");
    assert!(full["error"]["next_step"].as_str().unwrap().contains("room"), "{full}");
    assert!(!out.join("none.waybill").exists());
    assert_eq!(read("changed"), "", "the record and its witness are as they were");
    assert_eq!(read("room-code").trim(), "0", "{}", read("room"));
    assert_eq!(fs::read(out.join("answer.waybill")).unwrap(), fs::read(out.join("again.waybill")).unwrap());
    assert_eq!(site.imports(&out.join("answer.waybill")), "installed");

    // The log, exported onto a full disk: no half file under the name, and nothing beside it either.
    let script = r#"
        mount -t tmpfs -o size=64k none "$DISK"
        dd if=/dev/zero of="$DISK/filler" bs=1k count=62 2>/dev/null
        export_log() { "$WAYBILL" --json --data-dir "$DATA" log export "$DISK/log.txt"; }
        dd if=/dev/zero of="$DISK/rest" bs=512 count=64 2>/dev/null
        export_log >"$OUT/full"; echo $? >"$OUT/full-code"
        ls "$DISK" >"$OUT/names"
        rm "$DISK/filler"
        export_log >"$OUT/room"; echo $? >"$OUT/room-code"
        cp "$DISK/log.txt" "$OUT/log.txt"
    "#;
    let out = on_a_small_disk(&vendor, script, &[("DATA", &vendor.data_dir), ("WAYBILL", &waybill())]);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_default();
    let full = json_of(&read("full"));
    assert_eq!((read("full-code").trim(), &full["error"]["code"]), ("3", &json!("file-write")), "{full}");
    assert!(full["error"]["next_step"].as_str().unwrap().contains("room"), "{full}");
    assert_eq!(read("names"), "filler\nrest\n");
    assert_eq!(read("room-code").trim(), "0", "{}", read("room"));
    vendor.run(&["log", "verify", out.join("log.txt").to_str().unwrap()]).exits(0);
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

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
