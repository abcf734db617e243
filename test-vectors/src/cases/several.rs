//! Texts that are wrong in two ways: the first step that fails gives the code.

use super::{
    armour::{case, license_lines, license_text},
    good::*,
    world::*,
};
use crate::{
    Vector,
    kit::{File, Sign1, Utf16, armour, as_utf16, qr_text},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [encodings(), blocks(), insides(), qr_texts()].concat()
}

const LATIN1: &[u8] = b"Cher coll\xe8gue,\n\n";

fn encodings() -> Vec<Vector> {
    let good = license_text();
    let latin1 = |text: &str| [LATIN1, text.as_bytes()].concat();
    vec![
        case(
            "latin1-two-blocks",
            "armour-encoding",
            "The letter is in Latin-1, and the block stands in it twice.",
            latin1(&good.repeat(2)),
        ),
        case(
            "latin1-no-begin-line",
            "not-waybill",
            "The letter is in Latin-1, and the block in it has lost its BEGIN line.",
            latin1(good.split_once('\n').expect("lines").1),
        ),
        case(
            "latin1-begin-line-wrapped",
            "not-waybill",
            "The letter is in Latin-1, and the BEGIN line of the block in it is wrapped.",
            latin1(&good.replacen("BEGIN ", "BEGIN\n", 1)),
        ),
        case(
            "latin1-begin-quoted",
            "armour-encoding",
            "The letter is in Latin-1, and a word of it ends as the BEGIN line begins.",
            latin1(&good.replacen("-----BEGIN", "see:-----BEGIN", 1)),
        ),
        case(
            "utf16-odd-two-blocks",
            "armour-encoding",
            "The UTF-16 text has the block twice and lost its last byte.",
            {
                let mut text = as_utf16(&good.repeat(2), Utf16::LittleEndian);
                text.pop();
                text
            },
        ),
        case(
            "utf16be-zero-in-front",
            "accept",
            "The UTF-16 text, high byte first, begins with a zero character: a zero in the first byte tells its order.",
            as_utf16(&format!("\0\n{good}"), Utf16::BigEndian),
        ),
        case(
            "utf16le-zero-in-front",
            "not-waybill",
            "The UTF-16 text, low byte first, begins with a zero character, and looks like the other order.",
            as_utf16(&format!("\0\n{good}"), Utf16::LittleEndian),
        ),
    ]
}

fn blocks() -> Vec<Vector> {
    let good = license_text();
    let end = good.find("\n-----END").expect("an END line");
    let damaged = good.replacen("\n2dn3", "\n2dn3*", 1);
    let labelled = |text: &str, label: &str| text.replace("WAYBILL LICENSE", &format!("WAYBILL {label}"));
    vec![
        case(
            "two-blocks-cut",
            "armour-several-blocks",
            "The block stands there twice, and the second was cut off before its END line.",
            format!("{good}{}", &good[..end]),
        ),
        case(
            "end-line-in-front",
            "accept",
            "The END line of another block stands in front of the block.",
            format!("-----END WAYBILL REFUSAL-----\n\n{good}"),
        ),
        case(
            "end-line-twice",
            "accept",
            "The END line of another block stands behind the block's own.",
            format!("{good}\n-----END WAYBILL REFUSAL-----\n"),
        ),
        case(
            "empty-block",
            "armour-base64",
            "The END line follows the BEGIN line.",
            "-----BEGIN WAYBILL LICENSE-----\n-----END WAYBILL LICENSE-----\n",
        ),
        case("label-empty", "armour-label", "The label is empty in both lines.", labelled(&good, "")),
        case(
            "label-four-words",
            "armour-no-end",
            "The label has four words in both lines, and no kind's has more than three.",
            labelled(&good, "LICENSE FOR SITE PS1"),
        ),
        case(
            "label-three-words",
            "armour-base64",
            "The label has three words in both lines, which is no kind's, and the base 64 is damaged.",
            labelled(&damaged, "LICENSE FOR PS1"),
        ),
        case(
            "end-label-four-words",
            "armour-no-end",
            "The label of the END line has four words, and the base 64 is damaged.",
            damaged.replacen("END WAYBILL LICENSE", "END WAYBILL LICENSE FOR SITE PS1", 1),
        ),
        case(
            "labels-differ-damaged",
            "armour-label",
            "The END line names another kind than the BEGIN line, and the base 64 is damaged.",
            damaged.replacen("END WAYBILL LICENSE", "END WAYBILL REFUSAL", 1),
        ),
        case(
            "label-unknown-damaged",
            "armour-base64",
            "Both lines name a kind that the format does not know, and the base 64 is damaged.",
            labelled(&damaged, "PERMIT"),
        ),
        case(
            "readable-and-damaged",
            "armour-base64",
            "The readable part grants 900 devices, and the base 64 is damaged.",
            damaged.replacen("250", "900", 1),
        ),
        case(
            "label-and-readable",
            "armour-label",
            "Both lines say that the license is a refusal, and the readable part grants 900 devices.",
            labelled(&good, "REFUSAL").replacen("250", "900", 1),
        ),
    ]
}

/// The file inside is wrong too.
fn insides() -> Vec<Vector> {
    let text_of = |file: &File, label: &str| armour(label, &license_lines(), &file.encode());
    let bad_payload = Sign1::sealed(&issuing(), "license", &license().with(&["counter"], 0));
    let by_stranger = Sign1::sealed(&stranger(), "license", &license().with(&["grants", "0", "seats"], 900));
    let bundle = bundle_document(&trust_bundle());
    vec![
        case(
            "label-unknown-shape",
            "container-trust",
            "Both lines name a kind that the format does not know, and twenty-four documents travel along.",
            text_of(&(0..24).fold(File::of(&license_document()), |file, _| file.and(&bundle)), "PERMIT"),
        ),
        case(
            "label-unknown-payload",
            "armour-label",
            "Both lines name a kind that the format does not know, and the payload breaks a rule.",
            text_of(&File::of(&bad_payload), "PERMIT"),
        )
        .speaking_of(&bad_payload),
        case(
            "readable-payload",
            "payload-rule",
            "The payload breaks a rule, so that it has no lines with which those for people could be compared.",
            text_of(&File::of(&bad_payload), "LICENSE").replacen("250", "900", 1),
        )
        .speaking_of(&bad_payload),
        case(
            "readable-by-stranger",
            "armour-readable",
            "The readable part does not say what the signed part says, which a key signed that nobody knows.",
            text_of(&File::of(&by_stranger), "LICENSE"),
        )
        .speaking_of(&by_stranger),
    ]
}

fn qr_texts() -> Vec<Vector> {
    let good = qr_text(&File::of(&license_document()).encode());
    let case = |name: &str, expect: &str, comment: &str, text: Vec<u8>| {
        brought("license", &format!("qr-{name}"), expect, comment, text).speaking_of(&license_document())
    };
    vec![
        case(
            "bytes-are-not-characters",
            "qr-base32",
            "The QR text has 2,208 characters, most of them foreign, and 4,408 bytes.",
            format!("WAYBILL:{}", "É".repeat(2_200)).into(),
        ),
        case(
            "units-are-not-characters",
            "qr-base32",
            "The QR text has 2,208 characters, most of which take two units in UTF-16.",
            format!("WAYBILL:{}", "\u{1d538}".repeat(2_200)).into(),
        ),
        case(
            "too-long-and-foreign",
            "too-large",
            "The QR text has a character more than the largest code holds, none of them of base 32.",
            format!("WAYBILL:{}", "8".repeat(4_289)).into(),
        ),
        case(
            "latin1-letter-behind",
            "not-waybill",
            "A letter in Latin-1 stands behind the QR text, which is not looked at before the encoding.",
            [good.as_bytes(), b"\n", LATIN1].concat(),
        ),
        case(
            "latin1-block-behind",
            "armour-encoding",
            "A letter in Latin-1 with a block stands behind the QR text.",
            [good.as_bytes(), b"\n", LATIN1, license_text().as_bytes()].concat(),
        ),
        case(
            "block-behind",
            "qr-base32",
            "A block of armour stands behind the QR text.",
            format!("{good}\n{}", license_text()).into(),
        ),
    ]
}
