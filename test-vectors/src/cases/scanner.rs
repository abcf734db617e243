//! The CBOR profile of payloads: every rule broken once in a license that is signed as it stands.

use super::{
    good::{grant, license},
    world::{NOW, document, issuing, license_with},
};
use crate::{
    Vector,
    kit::{Item, Sign1, head, hex, list, long_head, map},
};

pub(crate) fn vectors() -> Vec<Vector> {
    let bytes = license().encode();
    let good = |path: &[&str], item: Item| license().with(path, item);
    let raw = |path: &[&str], bytes: &[u8]| license().with(path, Item::Raw(bytes.to_vec()));
    let around = |major: u8, path: &[&str]| {
        // An item of indefinite length: its head with additional information 31, what was inside, the break.
        let inside = license().at(path).encode();
        raw(path, &[&[major << 5 | 31], &inside[1..], &[0xff]].concat())
    };
    let case = |name: &str, code: &str, comment: &str, payload: Item| {
        license_with(&format!("scanner-{name}"), code, comment, payload)
    };
    let case_bytes = |name: &str, code: &str, comment: &str, payload: Vec<u8>| {
        let sealed = Sign1::sealed_bytes(&issuing(), "license", payload);
        document("license", &format!("scanner-{name}"), code, comment, &sealed)
    };

    vec![
        // Length
        case_bytes("empty", "cbor-truncated", "The payload is an empty byte string.", Vec::new()),
        case_bytes(
            "truncated",
            "cbor-truncated",
            "The last byte of the payload is missing.",
            bytes[..bytes.len() - 1].to_vec(),
        ),
        case_bytes(
            "map-one-pair-short",
            "cbor-truncated",
            "The payload's map declares one pair more than follow.",
            [&[bytes[0] + 1], &bytes[1..]].concat(),
        ),
        case(
            "bytes-beyond-the-end",
            "cbor-truncated",
            "A byte string declares 4 GiB.",
            raw(&["id"], &head(2, 1 << 32)),
        ),
        case(
            "array-beyond-the-end",
            "cbor-truncated",
            "An array declares 2^50 items: whoever reserves room for them first runs out of memory.",
            raw(&["grants"], &head(4, 1 << 50)),
        ),
        case_bytes(
            "trailing-byte",
            "cbor-trailing",
            "One byte follows the payload's map.",
            [&bytes[..], &[0]].concat(),
        ),
        case_bytes(
            "second-item",
            "cbor-trailing",
            "The payload is two maps, one after the other.",
            [&bytes[..], &bytes].concat(),
        ),
        // Nesting and number
        case(
            "nine-levels",
            "cbor-too-deep",
            "Maps and arrays nest nine levels deep.",
            good(&["grants", "0", "features"], nested(6)),
        ),
        case(
            "eight-levels",
            "payload-shape",
            "Maps and arrays nest eight levels deep, which the profile allows; but a feature is no array.",
            good(&["grants", "0", "features"], nested(5)),
        ),
        case(
            "deep-nesting",
            "cbor-too-deep",
            "Arrays nest ten thousand levels deep: whoever recurses first runs out of stack.",
            raw(&["grants"], &[vec![0x81; 10_000], vec![0x80]].concat()),
        ),
        case(
            "too-many-items",
            "cbor-too-many-items",
            "The payload has more than 10,000 items.",
            good(&["grants"], list(vec![Item::from(true); 10_000])),
        ),
        // Indefinite lengths
        case("indefinite-map", "cbor-indefinite", "A map has an indefinite length.", around(5, &["floor"])),
        case(
            "indefinite-array",
            "cbor-indefinite",
            "An array has an indefinite length.",
            around(4, &["grants"]),
        ),
        case(
            "indefinite-text",
            "cbor-indefinite",
            "A text has an indefinite length.",
            raw(&["vendor"], &[&[0x7f], &Item::from("Example Software").encode()[..], &[0xff]].concat()),
        ),
        case(
            "indefinite-bytes",
            "cbor-indefinite",
            "A byte string has an indefinite length.",
            raw(&["id"], &[&[0x5f], &license().at(&["id"]).encode()[..], &[0xff]].concat()),
        ),
        case(
            "break-alone",
            "cbor-indefinite",
            "A break stands where a value belongs.",
            raw(&["counter"], &[0xff]),
        ),
        // Long heads
        case(
            "long-head",
            "cbor-long-head",
            "The integer 1 is written in two bytes instead of one.",
            raw(&["counter"], &long_head(0, 1, 1)),
        ),
        case(
            "long-head-two-bytes",
            "cbor-long-head",
            "The integer 250 is written in three bytes instead of two.",
            raw(&["grants", "0", "seats"], &long_head(0, 2, 250)),
        ),
        case(
            "long-head-four-bytes",
            "cbor-long-head",
            "The integer 250 is written in five bytes instead of two.",
            raw(&["grants", "0", "seats"], &long_head(0, 4, 250)),
        ),
        case(
            "long-head-eight-bytes",
            "cbor-long-head",
            "An instant is written in nine bytes instead of five.",
            raw(&["issued"], &long_head(0, 8, NOW)),
        ),
        case(
            "long-text-length",
            "cbor-long-head",
            "The length of a text is written in two bytes instead of one.",
            raw(&["vendor"], &[&long_head(3, 1, 16), &b"Example Software"[..]].concat()),
        ),
        case(
            "long-array-length",
            "cbor-long-head",
            "The length of an array is written in two bytes instead of one.",
            raw(&["grants"], &[long_head(4, 1, 1), grant().encode()].concat()),
        ),
        case(
            "long-key-length",
            "cbor-long-head",
            "The length of a map key is written in two bytes instead of one.",
            {
                let mut payload = license();
                payload.pairs(&["floor"])[0].0 = Item::Raw([&long_head(3, 1, 6), &b"bundle"[..]].concat());
                payload
            },
        ),
        case_bytes(
            "long-map-length",
            "cbor-long-head",
            "The length of the payload's map is written in two bytes instead of one.",
            [&long_head(5, 1, u64::from(bytes[0] & 0x1f))[..], &bytes[1..]].concat(),
        ),
        case(
            "reserved-value",
            "cbor-reserved",
            "An initial byte has the reserved additional information 28.",
            raw(&["counter"], &[0x1c]),
        ),
        // Integers
        case(
            "integer-too-large",
            "cbor-integer-range",
            "An integer is 2^53, one more than JavaScript holds exactly.",
            good(&["grants", "0", "seats"], Item::Unsigned(1 << 53)),
        ),
        case(
            "integer-too-small",
            "cbor-integer-range",
            "An integer is -2^53.",
            good(&["grants", "0", "seats"], Item::Negative((1 << 53) - 1)),
        ),
        case(
            "integer-of-64-bits",
            "cbor-integer-range",
            "An integer is 2^64 - 1.",
            good(&["grants", "0", "seats"], Item::Unsigned(u64::MAX)),
        ),
        case(
            "integer-largest",
            "accept",
            "The number of seats is 2^53 - 1, the largest integer there is.",
            good(&["grants", "0", "seats"], Item::Unsigned((1 << 53) - 1)),
        ),
        // Texts
        case(
            "text-not-utf8",
            "cbor-utf8",
            "A text holds a byte that UTF-8 never has.",
            raw(&["vendor"], b"\x63a\xffb"),
        ),
        case(
            "text-surrogate",
            "cbor-utf8",
            "A text holds a surrogate, which UTF-8 forbids.",
            raw(&["vendor"], b"\x63\xed\xa0\x80"),
        ),
        case(
            "text-overlong",
            "cbor-utf8",
            "A text writes a slash in two bytes, which UTF-8 forbids.",
            raw(&["vendor"], b"\x62\xc0\xaf"),
        ),
        // Tags and simple values
        case(
            "tag-time",
            "cbor-tag",
            "An instant has tag 1.",
            good(&["issued"], Item::Tag(1, Box::new(NOW.into()))),
        ),
        case(
            "tag-bignum",
            "cbor-tag",
            "The counter is the bignum 1, which many decoders turn into the integer.",
            good(&["counter"], Item::Tag(2, Box::new([1].into()))),
        ),
        case_bytes(
            "tag-around-payload",
            "cbor-tag",
            "The payload's map has tag 55799.",
            Item::Tag(55_799, Box::new(license())).encode(),
        ),
        case(
            "float-half",
            "cbor-float",
            "The counter is 1.0 in half precision.",
            raw(&["counter"], &[0xf9, 0x3c, 0]),
        ),
        case(
            "float-single",
            "cbor-float",
            "The counter is 1.0 in single precision.",
            raw(&["counter"], &[0xfa, 0x3f, 0x80, 0, 0]),
        ),
        case(
            "float-double",
            "cbor-float",
            "The counter is 1.0 in double precision.",
            raw(&["counter"], &[0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
        ),
        case(
            "null",
            "cbor-simple",
            "The optional field `time-reset` is null; an absent field is absent.",
            good(&["time-reset"], Item::NULL),
        ),
        case(
            "undefined",
            "cbor-simple",
            "The optional field `time-reset` is undefined.",
            good(&["time-reset"], Item::Simple(23)),
        ),
        case(
            "simple-unassigned",
            "cbor-simple",
            "A value is the unassigned simple value 16.",
            good(&["grants", "0", "trial"], Item::Simple(16)),
        ),
        case(
            "simple-two-bytes",
            "cbor-simple",
            "A value is the simple value 255 in two bytes.",
            good(&["grants", "0", "trial"], Item::Simple(255)),
        ),
        case(
            "simple-long-false",
            "cbor-simple",
            "False is written in two bytes.",
            raw(&["grants", "0", "trial"], &[0xf8, 20]),
        ),
        // Keys
        case("key-integer", "cbor-key-type", "A map key is an integer.", {
            let mut payload = license();
            payload.pairs(&["floor"])[0].0 = 1.into();
            payload
        }),
        case(
            "key-bytes",
            "cbor-key-type",
            "A map key is a byte string with the bytes of the field's name, which many decoders take for it.",
            {
                let mut payload = license();
                payload.pairs(&["floor"])[0].0 = b"bundle".to_vec().into();
                payload
            },
        ),
        case(
            "duplicate-key",
            "cbor-duplicate-key",
            "The license has the field `counter` twice, 1 first and then 2.",
            {
                let mut payload = license();
                let pairs = payload.pairs(&[]);
                let at = pairs.iter().position(|(key, _)| *key == "counter".into()).expect("a counter");
                pairs.insert(at + 1, ("counter".into(), 2.into()));
                payload
            },
        ),
        case(
            "duplicate-key-apart",
            "cbor-unsorted-keys",
            "The license has the field `id` first and last.",
            {
                let mut payload = license();
                let id = payload.pairs(&[])[0].clone();
                payload.pairs(&[]).push(id);
                payload
            },
        ),
        case("unsorted-keys", "cbor-unsorted-keys", "Two fields of the license stand in the wrong order.", {
            let mut payload = license();
            payload.pairs(&[]).swap(3, 4);
            payload
        }),
        case(
            "alphabetical-keys",
            "cbor-unsorted-keys",
            "The fields are in alphabetical order; a shorter key comes before a longer one.",
            {
                let mut payload = license();
                payload.pairs(&[]).sort_by_key(|(key, _)| match key {
                    Item::Text(text) => text.clone(),
                    other => hex(&other.encode()),
                });
                payload
            },
        ),
        case(
            "unsorted-features",
            "cbor-unsorted-keys",
            "Two of a vendor's features stand in the wrong order.",
            {
                let mut payload =
                    good(&["grants", "0", "features"], map([("api", true.into()), ("zones", 3.into())]));
                payload.pairs(&["grants", "0", "features"]).swap(0, 1);
                payload
            },
        ),
    ]
}

/// A map with so many levels, itself counted: arrays inside one entry.
fn nested(levels: usize) -> Item {
    let arrays = (1..levels).fold(Item::from(1), |inside, _| Item::Array(vec![inside]));
    map([("deep", arrays)])
}
