//! The folder of vectors is what the kit makes, and every vector says one thing.

use std::{collections::BTreeSet, fs};

use test_vectors::{Expect, Vector, all, cases, folder, index, kit::Key};

#[test]
fn making_the_folder_again_gives_the_same_bytes() {
    let made = cases::all();
    for vector in &made {
        let path = folder().join(format!("{}.txt", vector.name));
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text == vector.to_string(),
            "{}: run `cargo run -p test-vectors --bin make-vectors`",
            vector.name
        );
    }
    let read = all();
    assert_eq!(read.len(), made.len(), "the folder holds vectors that nobody makes any more");
    assert_eq!(fs::read_to_string(folder().join("index.json")).unwrap_or_default(), index(&read));
}

#[test]
fn names_are_unique_and_say_area_and_case() {
    const AREAS: &str = "armour, container, envelope, header, key, kind, license, payload, proof, request, revocation, \
                         scanner, signature, trust, valid";
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

/// A document comes last in its file, and its signature last in the document: so the last 64 bytes of a binary file are it.
#[test]
fn the_signatures_of_accepted_files_are_good() {
    let names = "root 1, root 2, root 3, issuing 1, issuing 2, issuing 3, record 1, installation 1";
    let keys: Vec<Key> = names.split(", ").map(Key::test_only).collect();
    let mut checked = 0;
    for Vector { name, expect, tbs, file, .. } in cases::all() {
        let (Expect::Accept, Some(tbs), [0xd9, 0xd9, 0xf7, ..]) = (expect, tbs, &file[..]) else { continue };
        let signature = &file[file.len() - 64..];
        assert!(keys.iter().any(|key| key.verifies(&tbs, signature)), "{name}");
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
