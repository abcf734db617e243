//! The container: what stands around the documents of a file. Every document in these files is a good one.

use super::{
    good::{activation_request, trust_bundle},
    world::{brought, bundle_document, installation, license_document},
};
use crate::{
    Vector,
    kit::{File, Item, Sign1, head, inclusion_proof, list, long_head, map, sha256},
};

pub(crate) fn vectors() -> Vec<Vector> {
    let license = license_document();
    let good = File::of(&license);
    let bytes = good.encode();
    let document = || ("document".into(), Item::Raw(license.encode()));
    let bundle = bundle_document(&trust_bundle());
    let trust = |documents: &[&Sign1]| {
        ("trust".into(), list(documents.iter().map(|document| Item::Raw(document.encode()))))
    };
    let with_proof = |proof: Item| File { proof: Some(proof), ..good.clone() }.encode();
    let fields = |pairs: Vec<(Item, Item)>| File::around(Item::Map(pairs));
    let case = |name: &str, code: &str, comment: &str, file: Vec<u8>| {
        brought("license", &format!("container-{name}"), code, comment, file)
    };
    let sibling = sha256(b"waybill test only: sibling");

    vec![
        case("empty", "empty", "The file has no bytes.", Vec::new()),
        case(
            "other-text",
            "not-waybill",
            "The file is some other text.",
            b"Dear customer, please see below.\n".to_vec(),
        ),
        case("picture", "not-waybill", "The file is a picture.", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        case("no-tag", "not-waybill", "The map stands without tag 55799 around it.", bytes[3..].to_vec()),
        case(
            "other-tag",
            "not-waybill",
            "The tag around the map is 55798.",
            [&head(6, 55_798), &bytes[3..]].concat(),
        ),
        case(
            "long-tag",
            "not-waybill",
            "Tag 55799 is written in five bytes instead of three.",
            [&long_head(6, 4, 55_799), &bytes[3..]].concat(),
        ),
        case("tag-alone", "cbor-truncated", "The file ends after the tag.", bytes[..3].to_vec()),
        case("tag-twice", "container-shape", "Tag 55799 stands twice.", [&bytes[..3], &bytes].concat()),
        case(
            "document-alone",
            "container-shape",
            "The tag stands around the document instead of the map.",
            File::around(Item::Raw(license.encode())),
        ),
        case(
            "array",
            "container-shape",
            "An array stands where the map belongs.",
            File::around(list([document().1])),
        ),
        case("empty-map", "container-shape", "The map is empty.", fields(Vec::new())),
        case(
            "no-document",
            "container-shape",
            "The map has `trust` and no `document`.",
            fields(vec![trust(&[&bundle])]),
        ),
        case(
            "unknown-field",
            "container-shape",
            "The map has a field that the format does not know.",
            fields(vec![("note".into(), "for you".into()), document()]),
        ),
        case(
            "unsorted",
            "cbor-unsorted-keys",
            "`document` comes before `trust`.",
            fields(vec![document(), trust(&[&bundle])]),
        ),
        case(
            "duplicate-document",
            "cbor-duplicate-key",
            "The map has two documents.",
            fields(vec![document(), document()]),
        ),
        case(
            "key-integer",
            "cbor-key-type",
            "A key of the map is an integer.",
            fields(vec![(1.into(), document().1)]),
        ),
        case(
            "indefinite-map",
            "cbor-indefinite",
            "The map has an indefinite length.",
            [&bytes[..3], &[0xbf], &bytes[4..], &[0xff]].concat(),
        ),
        case(
            "long-map-length",
            "cbor-long-head",
            "The length of the map is written in two bytes instead of one.",
            [&bytes[..3], &long_head(5, 1, 1), &bytes[4..]].concat(),
        ),
        case(
            "truncated",
            "cbor-truncated",
            "The last byte of the file is missing.",
            bytes[..bytes.len() - 1].to_vec(),
        ),
        case("trailing-byte", "cbor-trailing", "A line end follows the file.", [&bytes[..], b"\n"].concat()),
        case("two-files", "cbor-trailing", "The file stands there twice.", [&bytes[..], &bytes].concat()),
        // What travels along
        case(
            "trust-empty",
            "container-trust",
            "`trust` is an empty list; it is absent where nothing travels along.",
            fields(vec![("trust".into(), list::<Item>([])), document()]),
        ),
        case(
            "trust-most",
            "accept",
            "Twenty-three documents travel along, the most that may.",
            fields(vec![trust(&[&bundle; 23]), document()]),
        )
        .speaking_of(&license),
        case(
            "trust-too-many",
            "container-trust",
            "Twenty-four documents travel along, one more than may.",
            fields(vec![trust(&[&bundle; 24]), document()]),
        ),
        case(
            "trust-not-a-list",
            "container-trust",
            "`trust` is a document and not a list of them.",
            fields(vec![("trust".into(), Item::Raw(bundle.encode())), document()]),
        ),
        case(
            "trust-license",
            "container-trust",
            "A license travels along with a license.",
            fields(vec![trust(&[&license]), document()]),
        ),
        brought(
            "activation-request",
            "container-trust-with-request",
            "container-trust",
            "A trust bundle travels along with a request.",
            {
                let request = Sign1::sealed(&installation(), "activation-request", &activation_request());
                File::of(&request).and(&bundle).encode()
            },
        ),
        // The proof
        case(
            "proof-index-beyond-size",
            "container-proof",
            "The proof's index is its tree's size, and indices start at 0.",
            with_proof(inclusion_proof(4, 4, &[sibling, sibling])),
        ),
        case(
            "proof-too-long",
            "container-proof",
            "The proof's path has 54 hashes, more than any tree of 2^53 leaves.",
            with_proof(inclusion_proof(0, (1 << 53) - 1, &[sibling; 54])),
        ),
        case(
            "proof-short-hash",
            "container-proof",
            "A hash of the proof has 31 bytes.",
            with_proof(map([
                ("path", list([sibling[..31].to_vec()])),
                ("size", 2.into()),
                ("index", 0.into()),
            ])),
        ),
        case(
            "proof-unknown-field",
            "container-proof",
            "The proof has a field that the format does not know.",
            with_proof(inclusion_proof(0, 2, &[sibling]).with(&["origin"], "log.example.com/waybill")),
        ),
        case(
            "proof-missing-field",
            "container-proof",
            "The proof does not name its tree's size.",
            with_proof(inclusion_proof(0, 2, &[sibling]).without(&["size"])),
        ),
        case(
            "proof-null",
            "cbor-simple",
            "The proof is null; it is absent where there is none.",
            with_proof(Item::NULL),
        ),
        case(
            "proof-unsorted",
            "cbor-unsorted-keys",
            "The proof's fields stand in the wrong order.",
            with_proof({
                let mut proof = inclusion_proof(0, 2, &[sibling]);
                proof.pairs(&[]).swap(0, 1);
                proof
            }),
        ),
    ]
}
