//! The text of a QR code: what a scanner and an editor may do to it, and what nobody may.

use super::{armour::license_text, good::*, world::*};
use crate::{
    Vector,
    kit::{File, Item, Sign1, Utf16, as_utf16, base32, base32_after, qr_text, quoted, with_line_ends},
};

/// A file of so many bytes fills the largest code.
const LONGEST: usize = 2_680;

pub(crate) fn vectors() -> Vec<Vector> {
    [kinds(), harmless(), damaged(), limits()].concat()
}

/// A case around the good license.
fn case(name: &str, expect: &str, comment: &str, text: impl Into<Vec<u8>>) -> Vector {
    brought("license", &format!("qr-{name}"), expect, comment, text.into()).speaking_of(&license_document())
}

fn license_qr() -> String {
    qr_text(&File::of(&license_document()).encode())
}

fn kinds() -> Vec<Vector> {
    let request = Sign1::sealed(&installation(), "activation-request", &activation_request());
    let text = qr_text(&File::of(&request).encode());
    let comment = "A good activation request as the text of a QR code.";
    vec![
        case("license", "accept", "A good license as the text of a QR code.", license_qr()),
        brought("activation-request", "qr-activation-request", "accept", comment, text.into_bytes())
            .speaking_of(&request),
    ]
}

/// White space, a byte-order mark and UTF-16 do no harm.
fn harmless() -> Vec<Vector> {
    let good = license_qr();
    let lines: String = good
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8(line.to_vec()).expect("capitals and digits") + "\n")
        .collect();
    let ok = |name: &str, comment: &str, text: Vec<u8>| case(name, "accept", comment, text);
    vec![
        ok("line-end", "The scanner ended the QR text with a line end.", format!("{good}\r\n").into()),
        ok("lines", "The QR text is broken into lines of 76 characters.", lines.clone().into()),
        ok(
            "lines-crlf",
            "The QR text is broken into lines that end with CR LF.",
            with_line_ends(&lines, "\r\n").into(),
        ),
        ok("indented", "Every line of the QR text is indented.", quoted(&lines, "\t ").into()),
        ok(
            "space-in-front",
            "White space stands in front of the QR text.",
            format!("\n \u{a0}{good}").into(),
        ),
        ok(
            "space-behind-prefix",
            "White space stands between the prefix and the base 32.",
            good.replacen(':', ": \u{3000}", 1).into(),
        ),
        ok("utf8-with-bom", "The QR text begins with a byte-order mark.", format!("\u{feff}{good}").into()),
        ok(
            "utf16le-with-bom",
            "The QR text is UTF-16, low byte first, as a Windows editor saves it.",
            as_utf16(&format!("\u{feff}{lines}"), Utf16::LittleEndian),
        ),
        ok(
            "utf16be",
            "The QR text is UTF-16, high byte first, without a byte-order mark.",
            as_utf16(&good, Utf16::BigEndian),
        ),
    ]
}

fn damaged() -> Vec<Vector> {
    let good = license_qr();
    let (prefix, encoded) = good.split_at("WAYBILL:".len());
    let refused = |name: &str, comment: &str, text: String| case(name, "qr-base32", comment, text);
    let replaced = |at: usize, by: &str| format!("{}{by}{}", &good[..at], &good[at + 1..]);
    let foreign = |name: &str, character: &str| {
        let comment = format!("One character of the base 32 became {character:?}, which it does not have.");
        refused(&format!("foreign-{name}"), &comment, replaced(100, character))
    };
    // A file whose length leaves bits unused in the last character, and one whose length is a whole number of fives.
    let unused = sized_license(|length| length % 5 == 1);
    let whole = sized_license(|length| length % 5 == 0);
    let unused_text = qr_text(&File::of(&unused).encode());
    let whole_text = qr_text(&File::of(&whole).encode());
    let last = unused_text.chars().last().expect("a character");
    vec![
        refused(
            "unused-bits",
            "The base 32 has a second spelling: the unused bits at its end are not zero.",
            format!("{}{}", &unused_text[..unused_text.len() - 1], base32_after(last, 1)),
        )
        .speaking_of(&unused),
        refused("padding", "The base 32 is padded.", format!("{unused_text}======")).speaking_of(&unused),
        refused(
            "one-character-more",
            "One character follows, and no number of bytes has so many.",
            format!("{whole_text}A"),
        )
        .speaking_of(&whole),
        refused(
            "characters-missing",
            "Two characters of the base 32 are missing, and no number of bytes has so many.",
            format!("{}{}", &whole_text[..100], &whole_text[102..]),
        )
        .speaking_of(&whole),
        refused(
            "small-letters",
            "The base 32 is in small letters.",
            format!("{prefix}{}", encoded.to_lowercase()),
        ),
        refused("one-small-letter", "One letter of the base 32 is small.", {
            let at = 8 + encoded.find(|character: char| character.is_ascii_uppercase()).expect("a letter");
            replaced(at, &good[at..=at].to_lowercase())
        }),
        foreign("0", "0"),
        foreign("1", "1"),
        foreign("8", "8"),
        foreign("hyphen", "-"),
        refused("text-behind", "A word follows the QR text.", format!("{good}\nok.")),
        refused("twice", "The QR text stands there twice.", format!("{good}\n{good}")),
        refused("hexadecimal-alphabet", "The base 32 is in the other alphabet of RFC 4648.", {
            let digit = |character: char| match character {
                'A'..='Z' => char::from_digit(character as u32 - 'A' as u32, 32),
                _ => char::from_digit(character as u32 - '2' as u32 + 26, 32),
            };
            let other: String = encoded.chars().map(|it| digit(it).expect("base 32")).collect();
            format!("{prefix}{}", other.to_uppercase())
        }),
        case(
            "small-prefix",
            "not-waybill",
            "The prefix is in small letters.",
            good.replacen("WAYBILL", "waybill", 1),
        ),
        case(
            "prefix-broken",
            "not-waybill",
            "White space stands inside the prefix.",
            good.replacen("WAY", "WAY ", 1),
        ),
        case("no-prefix", "not-waybill", "The base 32 has no prefix.", encoded),
        case(
            "text-in-front",
            "not-waybill",
            "A word stands in front of the QR text.",
            format!("Scanned: {good}"),
        ),
        case("quoted", "not-waybill", "The QR text is quoted.", format!("> {good}")),
        case("nothing-inside", "not-waybill", "Nothing follows the prefix.", prefix),
        case(
            "armour-inside",
            "not-waybill",
            "The base 32 holds the license as armour.",
            format!("{prefix}{}", base32(license_text().as_bytes())),
        ),
        case(
            "last-characters-missing",
            "cbor-truncated",
            "The last eight characters of the base 32 are missing.",
            &whole_text[..whole_text.len() - 8],
        )
        .speaking_of(&whole),
        case("signature-altered", "signature", "One character was changed, in the signature.", {
            let at = whole_text.len() - 20;
            let other = base32_after(whole_text[at..].chars().next().expect("a character"), 1);
            format!("{}{other}{}", &whole_text[..at], &whole_text[at + 1..])
        })
        .speaking_of(&whole),
    ]
}

fn limits() -> Vec<Vector> {
    let longest = sized_license(|length| length == LONGEST);
    let longer = sized_license(|length| length == LONGEST + 1);
    let text = qr_text(&File::of(&longest).encode());
    assert_eq!(text.len(), 4_296);
    let spaced: String = text.chars().flat_map(|character| [character, ' ']).collect();
    vec![
        case(
            "longest",
            "accept",
            "The license has 2,680 bytes, and its QR text fills the largest code.",
            text.clone(),
        )
        .speaking_of(&longest),
        case(
            "longest-spaced",
            "accept",
            "The longest QR text has a space after every character of the base 32, which does not count.",
            spaced.replacen("W A Y B I L L : ", "WAYBILL:", 1),
        )
        .speaking_of(&longest),
        case(
            "too-long",
            "too-large",
            "The license has 2,681 bytes, and no code holds its QR text.",
            qr_text(&File::of(&longer).encode()),
        )
        .speaking_of(&longer),
    ]
}

/// A good license whose features are as long as it takes for its file to have a length that fits.
fn sized_license(fits: impl Fn(usize) -> bool) -> Sign1 {
    let with_features = |characters: usize| {
        // Labels of 200 bytes, and a last one of 24 or more, so that every further character is one byte.
        let whole = characters.saturating_sub(24) / 200;
        let lengths = std::iter::repeat_n(200, whole).chain([characters - whole * 200]);
        let features = lengths
            .enumerate()
            .map(|(number, length)| (Item::Text(format!("f{number:02}")), Item::Text("x".repeat(length))));
        let features = Item::Map(features.collect());
        Sign1::sealed(&issuing(), "license", &license().with(&["grants", "0", "features"], features))
    };
    (24..)
        .map(with_features)
        .find(|document| fits(File::of(document).encode().len()))
        .expect("every length from the shortest on")
}
