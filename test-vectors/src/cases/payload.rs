//! Payloads that are good CBOR in good envelopes, and not of the shape of their kind. Each is signed by a key that may.

use super::{good::*, world::*};
use crate::{
    Vector,
    kit::{Item, list, map},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [fields(), texts(), versions()].concat()
}

pub(super) fn case(name: &str, code: &str, comment: &str, payload: Item) -> Vector {
    license_with(&format!("payload-{name}"), code, comment, payload)
}

/// Fields that are missing, too many, or of a wrong type.
fn fields() -> Vec<Vector> {
    let shape = |name: &str, comment: &str, payload: Item| case(name, "payload-shape", comment, payload);
    let values = |item: Item| match item {
        Item::Map(pairs) => Item::Array(pairs.into_iter().map(|(_, value)| value).collect()),
        other => other,
    };
    vec![
        shape(
            "unknown-field",
            "The license has a field that its version does not know.",
            license().with(&["bonus"], true),
        ),
        shape(
            "unknown-field-inside",
            "A grant has a field that its version does not know.",
            license().with(&["grants", "0", "bonus"], 500),
        ),
        shape("missing-field", "The license does not say whom it answers.", license().without(&["answers"])),
        shape(
            "missing-field-inside",
            "A grant does not say what happens over the limit.",
            license().with(&["grants"], list([grant().without(&["over-limit"])])),
        ),
        shape("missing-version", "The license names no version.", license().without(&["version"])),
        shape("text-for-integer", "The counter is a text.", license().with(&["counter"], "1")),
        shape("integer-for-text", "The vendor is an integer.", license().with(&["vendor"], 7)),
        shape(
            "bytes-for-text",
            "The vendor is a byte string.",
            license().with(&["vendor"], b"Example".to_vec()),
        ),
        shape("text-for-bytes", "The identity is a text.", license().with(&["id"], "0123456789abcdef")),
        shape(
            "array-for-bytes",
            "The identity is an array of 16 integers.",
            license().with(&["id"], list((1..=16).map(Item::Unsigned))),
        ),
        shape("integer-for-flag", "`trial` is 0.", license().with(&["grants", "0", "trial"], 0)),
        shape(
            "negative",
            "The number of seats is -1.",
            license().with(&["grants", "0", "seats"], Item::Negative(0)),
        ),
        shape("list-for-map", "The floor is a list of its values.", {
            let floor = values(license().at(&["floor"]).clone());
            license().with(&["floor"], floor)
        }),
        shape(
            "is-a-list",
            "The payload is a list of the fields' values.",
            values(license().with(&["time-reset"], NOW)),
        ),
        shape("is-a-text", "The payload is a text.", "license".into()),
        shape(
            "short-bytes",
            "The identity has 15 bytes.",
            license().with(&["id"], license_id()[..15].to_vec()),
        ),
        shape("long-bytes", "The digest of the request has 33 bytes.", license().with(&["answers"], [0; 33])),
        shape(
            "unknown-metric",
            "A seat is of a metric that is not known.",
            license().with(&["grants", "0", "metric"], "robot"),
        ),
        shape(
            "metric-bytes",
            "The metric's name is a byte string.",
            license().with(&["grants", "0", "metric"], b"user".to_vec()),
        ),
        shape(
            "unknown-license-type",
            "The license type is not known.",
            license().with(&["license-type"], "tablet"),
        ),
        shape(
            "unknown-terms",
            "What happens over the limit is not known.",
            license().with(&["grants", "0", "over-limit"], "charge"),
        ),
        shape(
            "terms-without-days",
            "Suspension over the limit names no days.",
            license().with(&["grants", "0", "over-limit"], "suspend-after-days"),
        ),
        shape(
            "terms-with-value",
            "Terms that have no value have one.",
            license().with(&["grants", "0", "over-limit"], map([("notify", 7.into())])),
        ),
        shape(
            "terms-twice",
            "Two terms stand in one map.",
            license().with(
                &["grants", "0", "over-limit"],
                map([("refuse", 1.into()), ("suspend-after-days", 7.into())]),
            ),
        ),
        shape(
            "feature-list",
            "A vendor's feature is a list.",
            license().with(&["grants", "0", "features"], map([("api", list([1]))])),
        ),
        shape(
            "feature-negative",
            "A vendor's feature is a negative number.",
            license().with(&["grants", "0", "features"], map([("api", Item::Negative(4))])),
        ),
        shape(
            "year-10000",
            "The file is good until the first second of the year 10000.",
            license().with(&["good-until"], 253_402_300_800),
        ),
        shape(
            "another-kind",
            "A refusal's payload stands in a document that says it is a license.",
            refusal(),
        ),
    ]
}

/// Texts that break the rules for names, labels, site codes and license keys.
fn texts() -> Vec<Vector> {
    let label = |name: &str, comment: &str, text: &str| {
        case(&format!("label-{name}"), "payload-shape", comment, license().with(&["product"], text))
    };
    let feature = |name: &str, comment: &str, key: &str| {
        let features = map([(key, true.into())]);
        case(
            &format!("token-{name}"),
            "payload-shape",
            comment,
            license().with(&["grants", "0", "features"], features),
        )
    };
    let site = |name: &str, comment: &str, code: &str| {
        let payload = license().with(&["installation", "site-code"], code);
        case(&format!("site-code-{name}"), "payload-shape", comment, payload)
    };
    vec![
        case(
            "label-longest",
            "accept",
            "The product's name has 200 bytes, the most that a label may have.",
            license().with(&["product"], "M".repeat(200).as_str()),
        ),
        label("too-long", "The product's name has 201 bytes.", &"M".repeat(201)),
        label(
            "too-long-in-bytes",
            "The product's name has 67 characters of three bytes each.",
            &"端".repeat(67),
        ),
        label("empty", "The product's name is empty.", ""),
        label("space-around", "The product's name ends with a space.", "Mac Management "),
        label("line-end", "The product's name has a line end.", "Mac\nManagement"),
        label("escape", "The product's name has a terminal's escape character.", "Mac\u{1b}[2JManagement"),
        label("greater-base64", "The same word is quoted.", "Mac >2dn3omhk"),
        label(
            "arabic-mark",
            "The product's name has an Arabic letter mark, which turns the writing direction unseen.",
            "Mac \u{61c}Management",
        ),
        label(
            "tag-characters",
            "The product's name has tag characters, which nobody sees.",
            "Mac\u{e0041}Management",
        ),
        label("turns-direction", "The product's name turns the writing direction.", "Mac \u{202e}tnemeganaM"),
        label("invisible", "The product's name has a character that takes no room.", "Mac\u{200b}Management"),
        label(
            "dashes",
            "The product's name has five dashes, like the lines of armour.",
            "Mac ----- Management",
        ),
        label(
            "base64",
            "The product's name has a word like the beginning of armoured base 64.",
            "Mac 2dn3omhk",
        ),
        feature("capitals", "A feature's name has a capital letter.", "Api"),
        feature("empty", "A feature's name is empty.", ""),
        feature("too-long", "A feature's name has 65 bytes.", &"a".repeat(65)),
        feature(
            "other-letters",
            "A feature's name has a Cyrillic letter that looks like a Latin one.",
            "\u{430}pi",
        ),
        site("short", "The site code has two characters.", "PS"),
        site("lower-case", "The site code is in lower case.", "ps1"),
        site("device", "The site code is the name of a DOS device, which ConfigMgr forbids.", "CON"),
        case(
            "license-key-letters",
            "payload-shape",
            "The last group of the license key has a letter that keys never have.",
            license().with(&["license-key", "last-group"], "ABCDU"),
        ),
        case(
            "license-key-length",
            "payload-shape",
            "The last group of the license key has four characters.",
            license().with(&["license-key", "last-group"], "ABCD"),
        ),
    ]
}

/// Versions that are not known. The version is looked at before the fields, so that a reader can say what is wrong.
fn versions() -> Vec<Vector> {
    vec![
        case("version-2", "payload-version", "The license is of version 2.", license().with(&["version"], 2)),
        case("version-0", "payload-version", "The license is of version 0.", license().with(&["version"], 0)),
        case(
            "version-2-new-field",
            "payload-version",
            "The license is of version 2 and has a field that version 1 does not know.",
            license().with(&["version"], 2).with(&["bonus"], true),
        ),
        case("version-text", "payload-shape", "The version is a text.", license().with(&["version"], "1")),
    ]
}
