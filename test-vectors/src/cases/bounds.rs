//! Where two readers may count or cut in two ways: what is cut off, what is counted in which unit, and where a rule's least value lies.

use super::{good::*, world::*};
use crate::{
    Vector,
    kit::{File, Item, Sign1, head, list, map},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [heads(), containers(), payload_bytes(), support_bundles(), in_anothers_name(), least(), kinds()].concat()
}

/// Payloads that end in the middle of something.
fn heads() -> Vec<Vector> {
    let case = |name: &str, code: &str, comment: &str, payload: &[u8]| {
        let sealed = Sign1::sealed_bytes(&issuing(), "license", payload.to_vec());
        document("license", &format!("scanner-{name}"), code, comment, &sealed)
    };
    // The list itself is an item too.
    let items = |count: usize| list(vec![Item::from(true); count - 1]).encode();
    vec![
        case(
            "float-cut",
            "cbor-float",
            "The payload ends behind the first byte of a half float.",
            b"\xa1\x61a\xf9",
        ),
        case("double-cut", "cbor-float", "The payload ends inside a double float.", b"\xa1\x61a\xfb\x40\x09"),
        case(
            "simple-cut",
            "cbor-simple",
            "The payload ends behind the first byte of a simple value of two.",
            b"\xa1\x61a\xf8",
        ),
        case(
            "reserved-cut",
            "cbor-reserved",
            "The payload ends with a reserved first byte.",
            b"\xa1\x61a\x1c",
        ),
        case(
            "integer-cut",
            "cbor-truncated",
            "The payload ends inside an integer that would be written too long.",
            b"\xa1\x61a\x19\x00",
        ),
        case(
            "most-items",
            "payload-shape",
            "The payload has 10,000 items, the most there may be, in a list that is no license.",
            &items(10_000),
        ),
        case("one-item-too-many", "cbor-too-many-items", "The payload has 10,001 items.", &items(10_001)),
        case(
            "map-beyond-the-end",
            "cbor-truncated",
            "A map declares two pairs where three bytes follow, of which the first is no key.",
            b"\xa2\x01\x02\x03",
        ),
        case(
            "map-just-fits",
            "cbor-key-type",
            "A map declares two pairs where four bytes follow, of which the first is no key.",
            b"\xa2\x01\x02\x03\x04",
        ),
    ]
}

fn containers() -> Vec<Vector> {
    let license = license_document();
    let document = || ("document".into(), Item::Raw(license.encode()));
    let not_utf8 = || Item::Raw(b"\x61\xff".to_vec());
    let case = |name: &str, code: &str, comment: &str, file: Vec<u8>| {
        brought("license", &format!("container-{name}"), code, comment, file)
    };
    let fields = |pairs: Vec<(Item, Item)>| File::around(Item::Map(pairs));
    let bundle = bundle_document(&trust_bundle());
    let trust_alone = fields(vec![("trust".into(), list([Item::Raw(bundle.encode())]))]);
    vec![
        case(
            "key-empty",
            "container-shape",
            "The map's first key is an empty text.",
            fields(vec![("".into(), 1.into()), document()]),
        ),
        case(
            "key-not-utf8",
            "container-shape",
            "The map's first key is no UTF-8: its bytes are none of the three names.",
            fields(vec![(not_utf8(), 1.into()), document()]),
        ),
        case(
            "key-not-utf8-unsorted",
            "cbor-unsorted-keys",
            "A key that is no UTF-8 stands behind a longer one.",
            fields(vec![document(), (not_utf8(), 1.into())]),
        ),
        case(
            "key-cut",
            "cbor-truncated",
            "The file ends inside a key.",
            File::around(Item::Raw(b"\xa1\x68docu".to_vec())),
        ),
        case(
            "no-document-trailing",
            "cbor-trailing",
            "The map has no `document`, and a byte follows it.",
            [&trust_alone[..], b"\n"].concat(),
        ),
        case(
            "trust-license-trailing",
            "cbor-trailing",
            "A license travels along with a license, and a byte follows the file.",
            [&File::of(&license).and(&license).encode()[..], b"\n"].concat(),
        ),
    ]
}

/// 64 KiB, and a byte more.
fn payload_bytes() -> Vec<Vector> {
    let case = |name: &str, code: &str, comment: &str, payload: Item| {
        let [protected, unprotected, _, signature] = license_document().parts();
        let parts = list([protected, unprotected, payload, signature]);
        let document = [head(6, 18), parts.encode()].concat();
        let file = File { document, ..File::of(&license_document()) };
        brought("license", &format!("envelope-payload-{name}"), code, comment, file.encode())
    };
    let too_large = 64 * 1024 + 1;
    vec![
        case("too-large", "too-large", "The payload has a byte more than 64 KiB.", vec![0; too_large].into()),
        case(
            "too-large-cut",
            "cbor-truncated",
            "The payload declares a byte more than 64 KiB, and is cut off.",
            Item::Raw(head(2, too_large as u64)),
        ),
    ]
}

fn support(name: &str, expect: &str, comment: &str, payload: &Item) -> Vector {
    let document = Sign1::sealed(&installation(), "support-bundle", payload);
    super::world::document(
        "support-bundle",
        &format!("payload-support-bundle-{name}"),
        expect,
        comment,
        &document,
    )
}

fn support_bundles() -> Vec<Vector> {
    let lines =
        |lines: Vec<String>| support_bundle().with(&["lines"], list(lines.iter().map(String::as_str)));
    // 245 lines of 200 bytes and one of 152 are 48 KiB.
    let of_48_kib = |last: usize| {
        let whole = std::iter::repeat_n("x".repeat(200), 245);
        lines(whole.chain(["x".repeat(last)]).collect())
    };
    let slot = |report: Item| support_bundle().with(&["slots"], map([("desktop", report)]));
    vec![
        support(
            "longest",
            "accept",
            "The lines have 48 KiB together, the most there may be.",
            &of_48_kib(152),
        ),
        support(
            "too-long",
            "payload-rule",
            "The lines have a byte more than 48 KiB together.",
            &of_48_kib(153),
        ),
        support(
            "too-long-in-bytes",
            "payload-rule",
            "The lines have 24,600 characters together, which are 49,200 bytes.",
            &lines(vec!["é".repeat(100); 246]),
        ),
        support(
            "most-lines",
            "accept",
            "There are 500 lines, the most there may be.",
            &lines(vec!["x".into(); 500]),
        ),
        support("too-many-lines", "payload-rule", "There are 501 lines.", &lines(vec!["x".into(); 501])),
        support("line-empty", "payload-shape", "A line is empty.", &lines(vec![String::new()])),
        support(
            "holds-zero",
            "payload-rule",
            "A slot holds the answer to request number 0.",
            &slot(map([("holding", link(0, [1; 32]))])),
        ),
        support(
            "ended-zero",
            "payload-rule",
            "A slot ended with request number 0.",
            &slot(map([("ended", 0.into())])),
        ),
        support(
            "holds-ended",
            "payload-rule",
            "A slot holds the answer to the request with which it ended.",
            &slot(map([("ended", 2.into()), ("holding", link(2, [1; 32]))])),
        ),
        support(
            "holds-after-ended",
            "accept",
            "A slot ended, and holds the answer to a later request.",
            &slot(map([("ended", 2.into()), ("holding", link(3, [1; 32]))])),
        ),
    ]
}

/// Well signed by the enrolled key, and about another installation.
fn in_anothers_name() -> Vec<Vector> {
    let payload = support_bundle().with(&["installation", "thumbprint"], stranger().thumbprint());
    let document = Sign1::sealed(&installation(), "support-bundle", &payload);
    let comment = "A support bundle is signed by the key that is enrolled, and names another installation.";
    vec![super::world::document(
        "support-bundle",
        "request-support-in-anothers-name",
        "key-mismatch",
        comment,
        &document,
    )]
}

/// The least value that there may be, and one below it.
fn least() -> Vec<Vector> {
    let slot = refresh_request().with(&["chain", "slots", "mobile"], map([("ended", 0.into())]));
    let request = Sign1::sealed(&installation(), "refresh-request", &slot);
    let signs = |kind: &str| trust_bundle().with(&["keys", "1", "signs"], list([kind]));
    let bundle = |name: &str, expect: &str, comment: &str, kind: &str| {
        let document = bundle_document(&signs(kind));
        super::world::document(
            "trust-bundle",
            &format!("payload-trust-bundle-{name}"),
            expect,
            comment,
            &document,
        )
    };
    vec![
        document(
            "refresh-request",
            "payload-refresh-request-ended-zero",
            "payload-rule",
            "Another slot ended with request number 0.",
            &request,
        ),
        bundle(
            "key-for-unknown",
            "payload-shape",
            "A key may sign a kind that the format does not know.",
            "permit",
        ),
        bundle(
            "key-for-support",
            "payload-rule",
            "A key may sign a kind that only installations sign.",
            "support-bundle",
        ),
    ]
}

/// Any answer will do where one belongs, and any request.
fn kinds() -> Vec<Vector> {
    let refusal = Sign1::sealed(&issuing(), "refusal", &refusal());
    let refresh = Sign1::sealed(&installation(), "refresh-request", &refresh_request());
    vec![
        document(
            "refusal",
            "kind-refusal-as-license",
            "accept",
            "A refusal is brought as a license: it is the answer, whatever was hoped for.",
            &refusal,
        )
        .brought_as("license"),
        document(
            "refresh-request",
            "kind-refresh-as-activation",
            "accept",
            "A refresh request is brought as an activation request: the file says which it is.",
            &refresh,
        )
        .brought_as("activation-request"),
    ]
}
