//! Armour that was edited, cut, joined or damaged.

use super::{
    armour::{case, kind_as_armour, license_lines, license_text},
    good::*,
    world::*,
};
use crate::{
    Expect, Vector,
    kit::{File, Sign1, Utf16, armour, as_utf16},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [edited(), other_kinds(), damaged()].concat()
}

/// The part for people does not say what the signed part says.
fn edited() -> Vec<Vector> {
    let good = license_text();
    let lie = |name: &str, comment: &str, from: &str, to: &str| {
        assert!(good.contains(from), "{from:?} is in the text");
        case(name, "armour-readable", comment, good.replacen(from, to, 1))
    };
    let label = |name: &str, comment: &str, from: &str, to: &str| {
        assert!(good.contains(from), "{from:?} is in the text");
        case(name, "armour-label", comment, good.replace(from, to))
    };
    vec![
        lie("readable-seats", "The readable part grants 900 devices, the signed part 250.", "250", "900"),
        lie(
            "readable-date",
            "The readable part has another end of the contract.",
            "2027-11-22",
            "2029-11-22",
        ),
        lie(
            "readable-line-missing",
            "The line that says when a report is due is missing.",
            "Report due by: 2027-01-21\n",
            "",
        ),
        lie(
            "readable-end-of-file",
            "The readable part has another end of the file.",
            "File good until: 2027-02-20",
            "File good until: 2027-11-22",
        ),
        lie("readable-site", "The readable part names another site.", "Site: PS1", "Site: PS2"),
        lie(
            "readable-request",
            "The readable part answers another request.",
            "request number 1,",
            "request number 2,",
        ),
        lie(
            "readable-look-alike",
            "A letter was replaced by one of another script that looks like it.",
            "Mac Management",
            "M\u{430}c Management",
        ),
        lie("readable-line-added", "A line was added.", "\n\n", "\nApproved: yes\n\n"),
        lie(
            "readable-line-before",
            "A line was added before the others.",
            "License:",
            "Approved: yes\nLicense:",
        ),
        lie(
            "readable-lines-swapped",
            "Two lines changed places.",
            "File good until: 2027-02-20\nReport due by: 2027-01-21",
            "Report due by: 2027-01-21\nFile good until: 2027-02-20",
        ),
        lie("readable-case", "A word is written in capitals.", "Desktop", "DESKTOP"),
        lie("readable-joined", "Two words are written as one.", "Mac Management", "MacManagement"),
        case(
            "readable-empty",
            "armour-readable",
            "There are no readable lines at all.",
            armour("LICENSE", &[], &File::of(&license_document()).encode()),
        ),
        case(
            "readable-of-another",
            "armour-readable",
            "The readable lines are those of another license.",
            armour(
                "LICENSE",
                &license_lines(),
                &File::of(&Sign1::sealed(
                    &issuing(),
                    "license",
                    &license().with(&["grants", "0", "seats"], 900),
                ))
                .encode(),
            ),
        ),
        label(
            "label-of-another-kind",
            "Both lines say that the license is a refusal.",
            "WAYBILL LICENSE",
            "WAYBILL REFUSAL",
        ),
        label(
            "label-unknown",
            "Both lines name a kind that the format does not know.",
            "WAYBILL LICENSE",
            "WAYBILL PERMIT",
        ),
        label("label-lower-case", "The label is in lower case.", "WAYBILL LICENSE", "WAYBILL license"),
        label(
            "labels-differ",
            "The END line names another kind than the BEGIN line.",
            "END WAYBILL LICENSE",
            "END WAYBILL REFUSAL",
        ),
    ]
}

/// The same lies in texts of other kinds.
fn other_kinds() -> Vec<Vector> {
    let lie = |kind: &str, comment: &str, from: &str, to: &str| {
        let good = kind_as_armour(kind);
        let text = String::from_utf8(good.file.clone()).expect("text");
        assert!(text.contains(from), "{from:?} is in the text");
        Vector {
            name: format!("armour-readable-{kind}"),
            expect: Expect::Refuse("armour-readable".to_owned()),
            comment: comment.to_owned(),
            file: text.replacen(from, to, 1).into_bytes(),
            ..good
        }
    };
    vec![
        lie(
            "activation-request",
            "The readable part of an activation request names another license key.",
            "ending in CMBGD",
            "ending in CMBGE",
        ),
        lie(
            "refresh-request",
            "The readable part of a refresh request reports less use.",
            "Usage: 251 managed devices",
            "Usage: 151 managed devices",
        ),
        lie(
            "deactivation-request",
            "The readable part of a deactivation request names another server.",
            "Server: CM01",
            "Server: CM02",
        ),
        lie(
            "deactivation-receipt",
            "The readable part of a receipt names another date.",
            "Issued: 2027-01-02",
            "Issued: 2027-01-20",
        ),
        lie(
            "refusal",
            "The readable part of a refusal says that it is final.",
            "the same file may be brought again",
            "this request is answered for good",
        ),
        lie(
            "trust-bundle",
            "The readable part of a trust bundle names another root key.",
            "Root key: ",
            "Root key: 0000-",
        ),
        lie(
            "revocation-list",
            "The readable part of a revocation list says that nothing is revoked.",
            "1 license, 0 keys",
            "0 licenses, 0 keys",
        ),
        lie("checkpoint", "The readable part of a checkpoint has fewer entries.", "size 1042", "size 1041"),
        lie(
            "support-bundle",
            "The readable part of a support bundle names another program.",
            "waybill-proxy 0.1.0",
            "waybill-proxy 0.1.1",
        ),
    ]
}

/// The text was cut, joined or damaged.
fn damaged() -> Vec<Vector> {
    let good = license_text();
    let start = good.find("2dn3").expect("base 64");
    let end = good.find("\n-----END").expect("an END line");
    let encoded = &good[start..end];
    let with_encoded = |encoded: &str| [&good[..start], encoded, &good[end..]].concat();
    let damage = |name: &str, comment: &str, encoded: &str| {
        case(name, "armour-base64", comment, with_encoded(encoded))
    };
    // A license whose file leaves bits unused in the last character of its base 64.
    let (padded, padded_text) = padded_license();
    let padded_case = |name: &str, comment: &str, text: String| {
        assert_ne!(text, padded_text);
        case(name, "armour-base64", comment, text).speaking_of(&padded)
    };
    vec![
        case("two-blocks", "armour-several-blocks", "The block stands there twice.", good.repeat(2)),
        case("no-end-line", "armour-no-end", "The text was cut off before the END line.", &good[..end]),
        case("cut-in-begin-line", "armour-no-end", "The text was cut off in the BEGIN line.", &good[..22]),
        case(
            "cut-in-end-line",
            "armour-no-end",
            "The text was cut off in the END line.",
            good.trim_end().trim_end_matches('-'),
        ),
        case(
            "no-begin-line",
            "not-waybill",
            "The text was copied without its BEGIN line.",
            good.split_once('\n').expect("lines").1,
        ),
        case(
            "other-block",
            "not-waybill",
            "The block is a certificate.",
            good.replace("WAYBILL LICENSE", "CERTIFICATE"),
        ),
        case(
            "long-dashes",
            "not-waybill",
            "A word processor made long dashes of the short ones.",
            good.replace("--", "\u{2014}"),
        ),
        damage("no-base64", "The base 64 is missing.", ""),
        damage(
            "character-missing",
            "One character of the base 64 is missing.",
            &format!("{}{}", &encoded[..100], &encoded[101..]),
        ),
        damage(
            "character-foreign",
            "One character of the base 64 became a star.",
            &format!("{}*{}", &encoded[..100], &encoded[101..]),
        ),
        damage("url-alphabet", "The base 64 is in the alphabet for URLs.", &{
            let other = encoded.replace('+', "-").replace('/', "_");
            assert_ne!(other, encoded, "the two alphabets differ in this file");
            other
        }),
        damage(
            "quoted-printable",
            "A mail program ended the lines with equals signs.",
            &encoded.replace('\n', "=\n"),
        ),
        damage(
            "note-after",
            "A note stands between the base 64 and the END line.",
            &format!("{encoded}\nSee above."),
        ),
        damage(
            "other-start",
            "The base 64 does not begin as a file does.",
            &encoded.replacen("2dn3", "2dn4", 1),
        ),
        padded_case(
            "no-padding",
            "The equals sign at the end of the base 64 is missing.",
            padded_text.replace("=\n", "\n"),
        ),
        padded_case(
            "unused-bits",
            "The base 64 has a second spelling: the unused bits at its end are not zero.",
            {
                let at = padded_text.find("=\n").expect("padding");
                let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
                let value = alphabet
                    .iter()
                    .position(|byte| *byte == padded_text.as_bytes()[at - 1])
                    .expect("base 64");
                format!("{}{}{}", &padded_text[..at - 1], char::from(alphabet[value + 1]), &padded_text[at..])
            },
        ),
        case("last-line-missing", "cbor-truncated", "The last line of the base 64 is missing.", {
            with_encoded(encoded.rsplit_once('\n').expect("lines").0)
        }),
        case(
            "signature-altered",
            "signature",
            "One character of the base 64 was changed, in the signature.",
            {
                let at = encoded.trim_end_matches('=').len() - 20;
                let other = if encoded.as_bytes()[at] == b'A' { "B" } else { "A" };
                with_encoded(&format!("{}{other}{}", &encoded[..at], &encoded[at + 1..]))
            },
        ),
        case("utf16-odd", "armour-encoding", "The UTF-16 text lost its last byte.", {
            let mut text = as_utf16(&good, Utf16::LittleEndian);
            text.pop();
            text
        }),
        case("utf16-surrogate", "armour-encoding", "The UTF-16 text has half of a pair.", {
            let mut text = as_utf16(&good, Utf16::LittleEndian);
            text.extend([0x00, 0xd8]);
            text
        }),
        case("latin1-letter", "armour-encoding", "The letter around the block is in Latin-1.", {
            [&b"Cher coll\xe8gue,\n\n"[..], good.as_bytes()].concat()
        }),
    ]
}

/// The good license with a product's name of such a length that its base 64 ends with one equals sign.
fn padded_license() -> (Sign1, String) {
    ["Mac Management", "Mac Management 2", "Mac Management 26"]
        .into_iter()
        .find_map(|product| {
            let document = Sign1::sealed(&issuing(), "license", &license().with(&["product"], product));
            let file = File::of(&document).encode();
            let mut lines = license_lines();
            lines[0] = format!("License: {product}, Desktop, 250 managed devices");
            (file.len() % 3 == 2).then(|| (document, armour("LICENSE", &lines, &file)))
        })
        .expect("one of three lengths in a row")
}
