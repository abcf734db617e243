//! The folder of vectors is what the kit makes, and every vector says one thing.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use test_vectors::{
    Expect, Scenario, Step, Vector, all, all_scenarios, cases, folder, index,
    kit::{Key, MixedKey, verifies},
    scenario_folder, scenarios,
};

#[test]
fn making_the_folder_again_gives_the_same_bytes() {
    let made = cases::all();
    for vector in &made {
        let path = folder().join(format!("{}.txt", vector.name));
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text == vector.to_string(),
            "{}: run `cargo run -p test-vectors --features make --bin make-vectors`",
            vector.name
        );
    }
    let read = all();
    assert_eq!(read.len(), made.len(), "the folder holds vectors that nobody makes any more");
    assert_eq!(fs::read_to_string(folder().join("index.json")).unwrap_or_default(), index(&read));
}

#[test]
fn making_the_scenarios_again_gives_the_same_bytes() {
    let made = scenarios::all();
    for (name, text) in &made {
        let read = fs::read_to_string(scenario_folder().join(format!("{name}.json"))).unwrap_or_default();
        assert!(read == *text, "{name}: run `cargo run -p test-vectors --features make --bin make-vectors`");
    }
    let names: BTreeSet<&String> = made.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), made.len(), "two scenarios have one name");
    assert_eq!(all_scenarios().len(), made.len(), "the folder holds scenarios that nobody makes any more");
}

/// What is counted, trusted or ended only ever grows, whatever a scenario's author wrote.
#[test]
fn no_scenario_goes_back() {
    for Scenario { name, steps, .. } in all_scenarios() {
        let mut before: Option<Value> = None;
        for Step { ask, expect, .. } in steps {
            assert_eq!(before.is_none(), ask["step"] == "setup", "{name}: it begins with `setup`, once");
            let state = &expect["state"];
            let before = before.replace(state.clone()).unwrap_or_default();
            let paths = ["/counter", "/since/counter", "/record", "/bundle", "/revocations", "/steps-back"];
            let ended = ["desktop", "mobile", "farm", "computers"].map(|slot| format!("/slots/{slot}/ended"));
            for path in paths.into_iter().map(str::to_owned).chain(ended) {
                let number = |state: &Value| state.pointer(&path).and_then(Value::as_u64).unwrap_or(0);
                // A newer bundle may drop the list that is held.
                let is_dropped = path == "/revocations" && state["bundle"] != before["bundle"];
                assert!(is_dropped || number(state) >= number(&before), "{name}: {path} falls");
            }
        }
    }
}

#[test]
fn names_are_unique_and_say_area_and_case() {
    const AREAS: &str = "armour, container, envelope, header, key, kind, license, payload, proof, qr, request, \
                         revocation, scanner, signature, trust, valid";
    let mut seen = BTreeSet::new();
    for Vector { name, .. } in cases::all() {
        let area = name.split('-').next().expect("a first part");
        assert!(
            AREAS.split(", ").any(|known| known == area),
            "{name} is of an area that the README does not name"
        );
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
            "{name}"
        );
        assert!(seen.insert(name.clone()), "{name} stands there twice");
    }
}

#[test]
fn every_comment_is_one_sentence_of_its_own() {
    let mut seen = BTreeSet::new();
    for Vector { name, comment, .. } in cases::all() {
        assert!(
            comment.ends_with('.') && !comment.contains(". ") && !comment.contains('\n'),
            "{name}: {comment}"
        );
        assert!(seen.insert(comment.clone()), "{name} says the same as another: {comment}");
    }
}

#[test]
fn every_step_of_a_scenario_is_one_sentence() {
    let mut seen = BTreeSet::new();
    for Scenario { name, comment, steps } in all_scenarios() {
        let steps: Vec<String> = steps.into_iter().map(|step| step.comment).collect();
        for comment in steps.iter().chain([&comment]) {
            assert!(comment.ends_with('.') && !comment.contains(". "), "{name}: {comment}");
        }
        assert!(seen.insert(comment), "{name} says the same as another");
    }
}

/// A document comes last in its file, and its signature last in the document: so the last 64 bytes of a binary file are it.
#[test]
fn the_signatures_of_accepted_files_are_good() {
    let names = "root 1, root 2, root 3, issuing 1, issuing 2, issuing 3, record 1, installation 1";
    let sound = names.split(", ").map(|name| Key::test_only(name).public());
    let mixed = ["issuing 1", "installation 1"].map(|name| MixedKey::test_only(name).public());
    let keys: Vec<[u8; 32]> = sound.chain(mixed).collect();
    let mut checked = 0;
    for Vector { name, expect, tbs, file, .. } in cases::all() {
        let (Expect::Accept, Some(tbs), [0xd9, 0xd9, 0xf7, ..]) = (expect, tbs, &file[..]) else { continue };
        let signature = &file[file.len() - 64..];
        assert!(keys.iter().any(|key| verifies(*key, &tbs, signature)), "{name}");
        checked += 1;
    }
    assert!(checked >= 50, "only {checked} were checked");
}

#[test]
fn a_vector_is_read_as_it_is_written() {
    for vector in cases::all() {
        assert_eq!(Vector::parse(&vector.name, &vector.to_string()), Ok(vector));
    }
}

#[test]
fn a_vector_written_otherwise_is_refused() {
    let text = cases::all()[0].to_string();
    assert!(Vector::parse("good", &text).is_ok());
    for (from, to) in [
        ("expect: ", "expects: "),
        ("\nkind: ", "\nkind: license\nkind: "),
        ("\n\n", "\n"),
        ("now: 1", "now: 01"),
    ] {
        assert!(Vector::parse("bad", &text.replacen(from, to, 1)).is_err(), "{from:?} replaced by {to:?}");
    }
}
