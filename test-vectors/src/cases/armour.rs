//! Armour: the readable lines of every kind, written out by hand, and what mail may do to a text.

use super::{good::*, world::*};
use crate::{
    Vector,
    kit::{File, Item, Key, Sign1, Utf16, armour, as_utf16, hex, quoted, sha256, with_line_ends, wrapped},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [kinds(), harmless()].concat()
}

/// The first eight bytes of a thumbprint in groups, as the readable lines show it.
fn short(key: &Key) -> String {
    let digits = hex(&key.thumbprint()[..8]).to_uppercase();
    [&digits[..4], &digits[4..8], &digits[8..12], &digits[12..]].join("-")
}

fn site() -> String {
    format!("Site: PS1 (Headquarters), installation {}", short(&installation()))
}

fn answers(number: u8, request: [u8; 32]) -> String {
    format!("Answers: request number {number}, {}", hex(&request[..4]))
}

fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).into()
}

pub(super) fn license_lines() -> Vec<String> {
    lines([
        "License: Mac Management, Desktop, 250 managed devices",
        &site(),
        "Contract: 2026-11-22 to 2027-11-22",
        "File good until: 2027-02-20",
        "Report due by: 2027-01-21",
        &answers(1, first_request()),
    ])
}

fn refusal_lines(code: &str) -> Vec<String> {
    lines([
        &format!("Refused: Desktop ({code}), the same file may be brought again"),
        "Reason: All 250 seats are in use elsewhere.",
        "Next step: Free seats at another site, then bring this file again.",
        "Changes by itself: 2027-02-20",
        &format!("Installation: {}", short(&installation())),
        &answers(1, first_request()),
    ])
}

/// The good license as armour.
pub(super) fn license_text() -> String {
    armour("LICENSE", &license_lines(), &File::of(&license_document()).encode())
}

/// The armoured spelling of every kind.
fn kinds() -> Vec<Vector> {
    let case = |key: &Key, kind: &str, payload: Item, lines: Vec<String>| {
        let document = Sign1::sealed(key, kind, &payload);
        let label = kind.to_uppercase().replace('-', " ");
        let text = armour(&label, &lines, &File::of(&document).encode());
        let comment = format!("A good {} as armour.", kind.replace('-', " "));
        brought(kind, &format!("armour-{kind}"), "accept", &comment, text.into_bytes()).speaking_of(&document)
    };
    let server = "Server: CM01, Waybill Proxy 0.1.0";
    let usage = "Usage: 251 managed devices, at most 262 from 2026-11-22 to 2026-12-22";
    let deactivation =
        Sign1::sealed(&installation(), "deactivation-request", &deactivation_request()).digest();
    let key =
        |key: &Key, signs: &str| format!("Key: {}, 2026-11-01 to 2028-11-01, signs {signs}", short(key));
    vec![
        case(
            &installation(),
            "activation-request",
            activation_request(),
            lines([
                &format!("Activation request: Desktop, license key ending in {}", &desktop_key()[24..]),
                &site(),
                server,
                "Request: number 1, made 2026-11-20 08:00 UTC",
            ]),
        ),
        case(
            &installation(),
            "refresh-request",
            refresh_request(),
            lines([
                "Refresh request: Desktop",
                &site(),
                server,
                usage,
                "Request: number 2, made 2026-12-22 00:00 UTC",
            ]),
        ),
        case(
            &installation(),
            "deactivation-request",
            deactivation_request(),
            lines([
                "Deactivation request: Desktop, the site has stopped using its license",
                &site(),
                server,
                usage,
                "Request: number 3, made 2027-01-01 00:00 UTC",
            ]),
        ),
        case(&issuing(), "license", license(), license_lines()),
        case(
            &issuing(),
            "deactivation-receipt",
            deactivation_receipt(),
            lines([
                "Deactivation receipt: Desktop, the license key is free again",
                &site(),
                "Issued: 2027-01-02 by Example Software",
                &answers(3, deactivation),
            ]),
        ),
        case(&issuing(), "refusal", refusal(), refusal_lines("no-seats")),
        case(
            &root(1),
            "trust-bundle",
            trust_bundle(),
            lines([
                "Trust bundle: Example Software, number 1, 1 of 1 root key",
                &format!("Root key: {}", short(&root(1))),
                &key(&issuing(), "license deactivation-receipt refusal"),
                &key(&refusing(), "refusal"),
                &key(&record(), "revocation-list checkpoint"),
            ]),
        ),
        case(
            &record(),
            "revocation-list",
            revocation_list(),
            lines(["Revocation list: Example Software, number 1, 2026-11-22", "Revoked: 1 license, 0 keys"]),
        ),
        case(
            &record(),
            "checkpoint",
            checkpoint(),
            lines([
                "Checkpoint: log.example.com/waybill, 2026-11-22 10:30 UTC",
                &format!("Log: size 1042, root {}", hex(&sha256(b"waybill test only: log root"))),
            ]),
        ),
        case(
            &installation(),
            "support-bundle",
            support_bundle(),
            lines(["Support bundle: waybill-proxy 0.1.0, made 2026-11-22 10:30 UTC", &site()]),
        ),
    ]
}

/// The good file of a kind as armour.
pub(super) fn kind_as_armour(kind: &str) -> Vector {
    kinds().into_iter().find(|vector| vector.kind == kind).expect("every kind has one")
}

pub(super) fn case(name: &str, expect: &str, comment: &str, text: impl Into<Vec<u8>>) -> Vector {
    // The text holds a document whatever was done to it, and that is the good license.
    brought("license", &format!("armour-{name}"), expect, comment, text.into())
        .speaking_of(&license_document())
}

/// What mail, tickets and editors do to a text.
fn harmless() -> Vec<Vector> {
    let good = license_text();
    let letter = format!(
        "Dear Ms. Example,\n\nhere is the file for PS1:\n\n{good}\nKind regards -- the license desk\n"
    );
    let ok = |name: &str, comment: &str, text: Vec<u8>| case(name, "accept", comment, text);
    let marked = format!("\u{feff}{good}");
    let one_line: String = {
        let (readable, rest) = good.split_once("\n\n").expect("a blank line");
        let (encoded, end) = rest.split_once("-----").expect("an END line");
        format!("{readable}\n\n{}\n-----{end}", encoded.replace('\n', ""))
    };
    vec![
        ok("crlf", "Lines end with CR LF.", with_line_ends(&good, "\r\n").into()),
        ok("cr", "Lines end with CR alone.", with_line_ends(&good, "\r").into()),
        ok("no-last-line-end", "The last line has no end.", good.trim_end().into()),
        ok("blank-lines", "A blank line follows every line.", with_line_ends(&good, "\n\n").into()),
        ok(
            "no-blank-line",
            "The blank line between the two parts is missing.",
            good.replace("\n\n", "\n").into(),
        ),
        ok(
            "trailing-spaces",
            "Spaces stand at the ends of the lines.",
            with_line_ends(&good, "   \n").into(),
        ),
        ok("indented", "Every line is indented with a tab.", quoted(&good, "\t").into()),
        ok("quoted", "Every line is quoted.", quoted(&good, "> ").into()),
        ok("quoted-twice", "Every line is quoted twice.", quoted(&quoted(&good, "> "), ">").into()),
        ok("quoted-without-space", "Every line is quoted without a space.", quoted(&good, ">").into()),
        ok(
            "wrapped",
            "Lines are wrapped after 40 characters, also those of the base 64.",
            wrapped(&good, 40).into(),
        ),
        ok(
            "wrapped-and-quoted",
            "Lines are wrapped after 50 characters and then quoted.",
            quoted(&wrapped(&good, 50), "> ").into(),
        ),
        ok("begin-line-wrapped", "The BEGIN line is wrapped.", good.replacen("BEGIN ", "BEGIN\n", 1).into()),
        ok("one-line-of-base64", "The base 64 stands in one line.", one_line.into()),
        ok("no-break-spaces", "Spaces became no-break spaces.", good.replace(": ", ":\u{a0}").into()),
        {
            let payload = license().with(&["installation", "site-description"], "Europe > Munich");
            let document = Sign1::sealed(&issuing(), "license", &payload);
            let mut lines = license_lines();
            lines[1] = lines[1].replace("Headquarters", "Europe > Munich");
            let text = armour("LICENSE", &lines, &File::of(&document).encode());
            let text = text.replace(" > Munich", "\n> Munich");
            assert!(text.contains("\n> Munich"));
            let comment =
                "A line was wrapped before a greater-than sign of its own, which now looks like quoting.";
            ok("wrapped-at-greater-sign", comment, text.into()).speaking_of(&document)
        },
        {
            let document = Sign1::sealed(&issuing(), "refusal", &refusal().with(&["code"], "2dn3"));
            let lines = refusal_lines("2dn3");
            let text = armour("REFUSAL", &lines, &File::of(&document).encode());
            let comment = "The refusal's code begins as the base 64 does.";
            ok("code-like-base64", comment, text.into()).brought_as("refusal").speaking_of(&document)
        },
        ok("letter-around", "A letter stands around the block.", letter.clone().into()),
        ok(
            "letter-quoted-crlf",
            "The letter around the block was answered, which quoted it and ended its lines with CR LF.",
            with_line_ends(&format!("Thank you!\n\n{}", quoted(&letter, "> ")), "\r\n").into(),
        ),
        ok("utf8-with-bom", "The text begins with a byte-order mark.", marked.clone().into()),
        ok(
            "utf16le",
            "The text is UTF-16, low byte first, without a byte-order mark.",
            as_utf16(&good, Utf16::LittleEndian),
        ),
        ok(
            "utf16le-with-bom",
            "The text is UTF-16, low byte first, as a Windows editor saves it.",
            as_utf16(&with_line_ends(&marked, "\r\n"), Utf16::LittleEndian),
        ),
        ok(
            "utf16be",
            "The text is UTF-16, high byte first, without a byte-order mark.",
            as_utf16(&good, Utf16::BigEndian),
        ),
        ok(
            "utf16be-with-bom",
            "The text is UTF-16, high byte first, with a byte-order mark.",
            as_utf16(&marked, Utf16::BigEndian),
        ),
    ]
}
