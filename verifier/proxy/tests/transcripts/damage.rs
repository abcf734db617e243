use std::fs;

use crate::desk::Desk;

/// Through the program a few bytes of each part; every byte is flipped in memory, in the state file's own tests.
#[test]
fn damage_to_the_state_is_recognised_and_said() {
    let desk = Desk::activated();
    let good = desk.state();
    for at in [0, 20, 21, 22, 60, 90, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 4;
        desk.put("state/state", &bad);
        for line in ["status", "check --license-type desktop", "prepare refresh --license-type desktop"] {
            let run = desk.run(line);
            assert_eq!(run.code, Some(3), "byte {at}, {line}: {run:?}");
            assert!(run.err.starts_with("waybill-proxy: [state-damaged] the state file "), "{}", run.err);
        }
        assert_eq!(desk.state(), bad, "nothing is written over it");
    }
}

#[test]
fn damage_by_half_a_copy_or_an_empty_file_is_recognised() {
    let desk = Desk::activated();
    let good = desk.state();
    for length in [0, 1, 22, 87, good.len() - 1] {
        desk.put("state/state", &good[..length]);
        assert_eq!(desk.run("status").code, Some(3), "{length} bytes");
    }
}

#[test]
fn damage_to_the_key_is_recognised_before_anything_is_signed() {
    let desk = Desk::activated();
    let (key, before) = (desk.get("state/installation.key"), desk.state());
    let refuses = |problem: &str| {
        let run = desk.run("prepare refresh --license-type desktop");
        assert_eq!(run.code, Some(3));
        let begins = "waybill-proxy: [installation-key] the key state";
        assert!(run.err.starts_with(begins) && run.err.contains(problem), "{}", run.err);
        assert_eq!(desk.state(), before);
    };
    let mut other = key.clone();
    other[7] ^= 1;
    desk.put("state/installation.key", &other);
    refuses("is that of another installation");
    desk.put("state/installation.key", &key[..31]);
    refuses("is damaged");
    fs::remove_file(desk.state_dir().join("installation.key")).unwrap();
    refuses("is missing");
    // What needs no key still works.
    desk.yes("status");
}
