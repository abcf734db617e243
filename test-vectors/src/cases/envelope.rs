//! The envelope: COSE_Sign1 in a closed profile, and its protected header. Each license is signed as it stands.

use super::{
    good::license,
    world::{brought, document, issuing, license_document},
};
use crate::{
    Vector,
    kit::{File, Item, Sign1, head, header, list, long_head, unsorted_map},
};

/// The fields of a header in their order.
type Pairs = Vec<(Item, Item)>;

pub(crate) fn vectors() -> Vec<Vector> {
    [shape(), headers()].concat()
}

fn shape() -> Vec<Vector> {
    let good = license_document();
    let bytes = |name: &str, code: &str, comment: &str, document: Vec<u8>| {
        let file = File { document, ..File::of(&good) };
        brought("license", &format!("envelope-{name}"), code, comment, file.encode())
    };
    let case = |name: &str, code: &str, comment: &str, spoil: &dyn Fn(&mut Sign1)| {
        let mut spoiled = good.clone();
        spoil(&mut spoiled);
        bytes(name, code, comment, spoiled.encode())
    };
    let parts = |name: &str, code: &str, comment: &str, spoil: &dyn Fn(&mut Vec<Item>)| {
        let mut parts = good.parts().to_vec();
        spoil(&mut parts);
        bytes(name, code, comment, [head(6, 18), list(parts).encode()].concat())
    };

    vec![
        bytes("no-tag", "envelope-shape", "The document has no tag.", list(good.parts()).encode()),
        case("tag-sign", "envelope-shape", "The document's tag is 98, COSE_Sign.", &|it| it.tag = 98),
        case("tag-mac0", "envelope-shape", "The document's tag is 17, COSE_Mac0.", &|it| it.tag = 17),
        bytes(
            "tag-twice",
            "envelope-shape",
            "The document has tag 18 twice.",
            [head(6, 18), good.encode()].concat(),
        ),
        bytes(
            "long-tag",
            "cbor-long-head",
            "Tag 18 is written in two bytes instead of one.",
            [long_head(6, 1, 18), list(good.parts()).encode()].concat(),
        ),
        parts("three-parts", "envelope-shape", "The signature is missing.", &|parts| {
            parts.pop();
        }),
        parts("five-parts", "envelope-shape", "A fifth part follows the signature.", &|parts| {
            parts.push(Item::Map(Vec::new()));
        }),
        bytes(
            "indefinite-array",
            "cbor-indefinite",
            "The array of the four parts has an indefinite length.",
            [head(6, 18), vec![0x9f], list(good.parts()).encode()[1..].to_vec(), vec![0xff]].concat(),
        ),
        parts(
            "protected-not-wrapped",
            "envelope-shape",
            "The protected header is a map and not a byte string with a map inside.",
            &|parts| parts[0] = Item::Raw(good.protected.clone()),
        ),
        case(
            "unprotected-not-empty",
            "envelope-unprotected",
            "The unprotected header holds a field of its own.",
            &|it| it.unprotected = unsorted_map([("note".into(), 1.into())]),
        ),
        case(
            "unprotected-kid",
            "envelope-unprotected",
            "The unprotected header names a key, as many COSE messages do.",
            &|it| it.unprotected = unsorted_map([(4.into(), issuing().thumbprint().into())]),
        ),
        case("unprotected-array", "envelope-shape", "The unprotected header is an array.", &|it| {
            it.unprotected = Item::Array(Vec::new());
        }),
        parts("payload-nil", "envelope-payload", "The payload is nil, that is detached.", &|parts| {
            parts[2] = Item::NULL;
        }),
        parts(
            "payload-not-wrapped",
            "envelope-payload",
            "The payload is a map and not a byte string.",
            &|parts| {
                parts[2] = license();
            },
        ),
        parts(
            "payload-indefinite",
            "cbor-indefinite",
            "The payload's byte string has an indefinite length.",
            &|parts| {
                parts[2] = Item::Raw([&[0x5f], &parts[2].encode()[..], &[0xff]].concat());
            },
        ),
        parts(
            "payload-long-length",
            "cbor-long-head",
            "The length of the payload is written in five bytes instead of three.",
            &|parts| {
                let payload = &good.payload;
                parts[2] = Item::Raw([&long_head(2, 4, payload.len() as u64), &payload[..]].concat());
            },
        ),
        case("signature-empty", "envelope-signature", "The signature is an empty byte string.", &|it| {
            it.signature.clear()
        }),
        case(
            "signature-63-bytes",
            "envelope-signature",
            "The last byte of the signature is missing.",
            &|it| {
                it.signature.pop();
            },
        ),
        case("signature-65-bytes", "envelope-signature", "One byte follows the signature.", &|it| {
            it.signature.push(0)
        }),
        parts("signature-nil", "envelope-shape", "The signature is nil.", &|parts| parts[3] = Item::NULL),
    ]
}

fn headers() -> Vec<Vector> {
    let kid = issuing().thumbprint();
    let sealed = |name: &str, code: &str, comment: &str, protected: Item| {
        let sealed = Sign1::with_header(&issuing(), protected, license().encode());
        document("license", &format!("header-{name}"), code, comment, &sealed)
    };
    let case = |name: &str, code: &str, comment: &str, spoil: &dyn Fn(&mut Pairs)| {
        let mut protected = header(kid, "license");
        spoil(protected.pairs(&[]));
        sealed(name, code, comment, protected)
    };
    let bytes = header(kid, "license").encode();

    vec![
        sealed(
            "empty",
            "header-shape",
            "The protected header is a zero-length byte string.",
            Item::Raw(Vec::new()),
        ),
        sealed(
            "truncated",
            "header-shape",
            "The last byte of the protected header is missing.",
            Item::Raw(bytes[..bytes.len() - 1].to_vec()),
        ),
        sealed(
            "trailing-byte",
            "header-shape",
            "One byte follows the protected header's map.",
            Item::Raw([&bytes[..], &[0]].concat()),
        ),
        sealed(
            "indefinite-map",
            "header-shape",
            "The protected header's map has an indefinite length.",
            Item::Raw([&[0xbf], &bytes[1..], &[0xff]].concat()),
        ),
        sealed(
            "long-map-length",
            "header-shape",
            "The length of the protected header's map is written in two bytes instead of one.",
            Item::Raw([&long_head(5, 1, 3)[..], &bytes[1..]].concat()),
        ),
        case(
            "algorithm-eddsa",
            "header-algorithm",
            "`alg` is -8, the older name of Ed25519 that leaves the curve to the key.",
            &|it| {
                it[0].1 = Item::Negative(7);
            },
        ),
        case("algorithm-es256", "header-algorithm", "`alg` is -7, ECDSA.", &|it| it[0].1 = Item::Negative(6)),
        case(
            "algorithm-hmac",
            "header-algorithm",
            "`alg` is 5, HMAC: the public key would be the secret.",
            &|it| {
                it[0].1 = 5.into();
            },
        ),
        case("algorithm-text", "header-algorithm", "`alg` is the text Ed25519.", &|it| {
            it[0].1 = "Ed25519".into()
        }),
        case("algorithm-bignum", "header-algorithm", "`alg` is -19 as a bignum.", &|it| {
            it[0].1 = Item::Tag(3, Box::new([18].into()));
        }),
        case("algorithm-long", "header-shape", "`alg` is -19 in three bytes instead of one.", &|it| {
            it[0].1 = Item::Raw(long_head(1, 2, 18));
        }),
        case("no-algorithm", "header-shape", "`alg` is missing.", &|it| {
            it.remove(0);
        }),
        case("kid-31-bytes", "header-kid", "`kid` has 31 bytes.", &|it| it[1].1 = kid[..31].to_vec().into()),
        case("kid-33-bytes", "header-kid", "`kid` has 33 bytes.", &|it| {
            it[1].1 = [&kid[..], &[0]].concat().into()
        }),
        case("kid-text", "header-kid", "`kid` is a text.", &|it| it[1].1 = "issuing-1".into()),
        case(
            "kid-long-length",
            "header-shape",
            "The length of `kid` is written in three bytes instead of two.",
            &|it| {
                it[1].1 = Item::Raw([&long_head(2, 2, 32), &kid[..]].concat());
            },
        ),
        case("no-kid", "header-shape", "`kid` is missing.", &|it| {
            it.remove(1);
        }),
        case("typ-unknown", "header-type", "`typ` names a kind that the format does not know.", &|it| {
            it[2].1 = "application/vnd.waybill.license.v2+cose".into();
        }),
        case("typ-of-another-format", "header-type", "`typ` is a media type of another format.", &|it| {
            it[2].1 = "application/cwt".into();
        }),
        case("typ-capitals", "header-type", "`typ` is written in capitals.", &|it| {
            it[2].1 = "APPLICATION/VND.WAYBILL.LICENSE+COSE".into();
        }),
        case("typ-not-utf8", "header-shape", "`typ` holds a byte that UTF-8 never has.", &|it| {
            it[2].1 = Item::Raw(b"\x63a\xffb".to_vec());
        }),
        case("typ-number", "header-shape", "`typ` is a CoAP content format number.", &|it| {
            it[2].1 = 61.into()
        }),
        case("no-typ", "header-shape", "`typ` is missing.", &|it| {
            it.pop();
        }),
        case("crit", "header-shape", "`crit` names a label that the reader must understand.", &|it| {
            it.insert(1, (2.into(), list([4_711])));
        }),
        case("content-type", "header-shape", "The protected header holds a content type too.", &|it| {
            it.insert(1, (3.into(), "application/cbor".into()));
        }),
        case("private-label", "header-shape", "The protected header holds a field of its own.", &|it| {
            it.push(("note".into(), 1.into()));
        }),
        case("algorithm-twice", "header-shape", "`alg` stands twice, -8 first.", &|it| {
            it.insert(0, (1.into(), Item::Negative(7)));
        }),
        case("unsorted", "header-shape", "`kid` comes before `alg`.", &|it| it.swap(0, 1)),
    ]
}
