//! What a stranger wrote into a file reaches people in our sentences, and there it can neither move a screen's cursor nor turn or hide text.

use license_format::{FormatError, UnverifiedFile, payload::Request, readable};
use test_vectors::kit::{File, Item, Key, Sign1, armour, list, map};

/// Clears a terminal, turns the writing direction, and hides.
const HOSTILE: &str = "\u{1b}[2J\u{7f}\u{85}\u{202e}live\u{2066}\u{200b}\r\n\u{feff}";

fn sealed(kind: &str, payload: &Item) -> Vec<u8> {
    File::of(&Sign1::sealed(&Key::test_only("stranger"), kind, payload)).encode()
}

/// The error of a file that is read, and whose lines are asked for.
fn refused(bytes: &[u8]) -> FormatError {
    UnverifiedFile::read(bytes).and_then(|file| readable(&file.document)).expect_err("no good file")
}

fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[track_caller]
fn assert_plain(error: &FormatError) {
    let sentence = format!("{error} {}", error.next_step());
    assert!(sentence.chars().all(is_plain), "{}: {sentence:?}", error.code());
}

#[test]
fn text_of_a_file_is_escaped_in_what_is_said_of_it() {
    let one = || Item::from(1);
    let proof = map([("path", one()), ("size", one()), (HOSTILE, one())]);
    let files = [
        ("payload-shape", sealed("license", &map([(HOSTILE, one())]))),
        ("payload-shape", sealed("license", &map([("grants", list([map([("metric", HOSTILE.into())])]))]))),
        ("payload-shape", sealed("license", &map([("grace", HOSTILE.into())]))),
        (
            "payload-shape",
            sealed("trust-bundle", &map([("keys", list([map([("signs", list([HOSTILE]))])]))])),
        ),
        ("header-type", sealed(HOSTILE, &map([]))),
        (
            "container-proof",
            File {
                proof: Some(proof),
                ..File::of(&Sign1::sealed(&Key::test_only("stranger"), "license", &map([])))
            }
            .encode(),
        ),
        (
            "armour-label",
            armour("\u{1b}[2J\u{202e}LIVE", &[], &test_vectors::named("valid-license").file).into_bytes(),
        ),
    ];
    for (code, file) in files {
        let error = refused(&file);
        assert_eq!(error.code(), code, "{error:?}");
        assert_plain(&error);
        let hostile = ["\\u{1b}", "\\u{202e}"].iter().all(|escaped| error.to_string().contains(escaped));
        assert!(hostile || code != "payload-shape", "the text is left out: {error}");
    }
}

#[test]
fn a_file_brought_where_a_request_belongs_is_told_for_what_it_is() {
    for (name, said, next) in [
        ("valid-trust-bundle", "this is a trust bundle, not a request", "waybill-proxy when it is set up"),
        ("valid-revocation-list", "this is a revocation list, not a request", "comes with the answers"),
        ("valid-license", "this is a license, not a request", "answers to the proxy"),
    ] {
        let document = UnverifiedFile::read(&test_vectors::named(name).file).expect("a good vector").document;
        let error = Request::decode_unverified(&document).expect_err("no request");
        assert_eq!((error.code(), error.to_string().as_str()), ("wrong-kind", said));
        assert!(error.next_step().contains(next), "{}", error.next_step());
    }
}
