//! The test vectors judge this crate: every file that they accept is accepted, and every other refused with the code they say.

use license_format::{Kind, UnverifiedFile};
use test_vectors::{Expect, Vector};
use verifier::{VerifyError, conformance::judge};

#[test]
fn every_vector_gets_its_verdict() {
    let vectors = test_vectors::all();
    assert!(vectors.len() >= 40, "only {} vectors were found", vectors.len());

    let wrong: Vec<String> = vectors.iter().filter_map(mismatch).collect();
    assert!(wrong.is_empty(), "{} of {} vectors:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

/// Vectors hold texts of every bad sort, and what we say of them is shown on terminals and pages.
#[test]
fn no_sentence_holds_a_character_that_moves_hides_or_turns_text() {
    let is_plain =
        |c: char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut read = 0;
    for vector in test_vectors::all() {
        let Err(error) = verdict(&vector) else { continue };
        let sentence = format!("{error} {}", error.next_step());
        assert!(sentence.chars().all(is_plain), "{}: {sentence:?}", vector.name);
        read += 1;
    }
    assert!(read >= 300, "only {read} sentences were read");
}

#[test]
fn what_a_signature_covers_is_what_the_vectors_say() {
    let mut compared = 0;
    for vector in test_vectors::all() {
        let Some(tbs) = &vector.tbs else { continue };
        let Ok(file) = UnverifiedFile::read(&vector.file) else { continue };
        assert_eq!(file.document.to_be_signed(), *tbs, "{}", vector.name);
        compared += 1;
    }
    assert!(compared >= 10, "only {compared} vectors say what their signature covers");
}

/// A line that says what was expected and what was found, if they differ.
fn mismatch(vector: &Vector) -> Option<String> {
    let found = match verdict(vector) {
        Ok(()) => Expect::Accept,
        Err(error) => Expect::Refuse(error.code().to_owned()),
    };
    (found != vector.expect).then(|| format!("{}: expected {}, found {found}", vector.name, vector.expect))
}

/// What a program does with a file that is brought as this kind.
fn verdict(vector: &Vector) -> Result<(), VerifyError> {
    let brought_as = Kind::ALL.into_iter().find(|kind| kind.name() == vector.kind);
    let kind = brought_as.unwrap_or_else(|| panic!("{}: no kind {:?}", vector.name, vector.kind));
    let enrolled = vector.enrolled.as_ref().map(<[u8; 32]>::as_slice);
    judge(kind, enrolled.unwrap_or(&vector.trust), &vector.file)
}
