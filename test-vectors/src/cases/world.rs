//! The small world that the vectors come from: a vendor with its keys, one installation, and one good document of each kind.
//! Every secret in it is public.

use super::good::{license, trust_bundle};
use crate::{
    Expect, Vector,
    kit::{File, Item, Key, Sign1, license_key, sha256},
};

/// 2026-11-22T10:30:00Z, when the license was issued and the vectors are judged.
pub(crate) const NOW: u64 = 1_795_343_400;
/// 2026-11-22
pub(crate) const TODAY: u64 = 1_795_305_600;
/// 2026-11-20T08:00:00Z, when the request was made.
pub(crate) const ASKED: u64 = 1_795_161_600;
/// 2026-11-01
pub(crate) const KEYS_FROM: u64 = 1_793_491_200;
/// 2028-11-01
pub(crate) const KEYS_UNTIL: u64 = 1_856_649_600;
/// 2027-01-21
pub(crate) const REPORT_DUE: u64 = 1_800_489_600;
/// 2027-02-20
pub(crate) const GOOD_UNTIL: u64 = 1_803_081_600;
/// 2027-11-22
pub(crate) const CONTRACT_END: u64 = 1_826_841_600;
pub(crate) const DAY: u64 = 86_400;

pub(crate) fn root(number: u8) -> Key {
    Key::test_only(&format!("root {number}"))
}

/// May sign licenses, receipts and refusals.
pub(crate) fn issuing() -> Key {
    Key::test_only("issuing 1")
}

/// May sign refusals only.
pub(crate) fn refusing() -> Key {
    Key::test_only("issuing 2")
}

/// May sign revocation lists and checkpoints.
pub(crate) fn record() -> Key {
    Key::test_only("record 1")
}

pub(crate) fn installation() -> Key {
    Key::test_only("installation 1")
}

/// A key that no bundle names.
pub(crate) fn stranger() -> Key {
    Key::test_only("stranger")
}

pub(crate) fn license_id() -> [u8; 16] {
    first_16("license 1")
}

pub(crate) fn desktop_key() -> String {
    license_key([13, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
}

/// Sixteen bytes made from a name.
pub(crate) fn first_16(name: &str) -> [u8; 16] {
    sha256(format!("waybill test only: {name}").as_bytes())[..16].try_into().expect("16 of 32")
}

/// The good license as a document.
pub(crate) fn license_document() -> Sign1 {
    Sign1::sealed(&issuing(), "license", &license())
}

/// A trust bundle signed by one root key.
pub(crate) fn bundle_document(bundle: &Item) -> Sign1 {
    Sign1::sealed(&root(1), "trust-bundle", bundle)
}

/// The trust file that most vectors pin.
pub(crate) fn trust_file() -> Vec<u8> {
    File::of(&bundle_document(&trust_bundle())).encode()
}

// Vectors.

/// A vector that brings some bytes as a kind, judged with the usual trust file.
pub(crate) fn brought(kind: &str, name: &str, expect: &str, comment: &str, file: Vec<u8>) -> Vector {
    let from_installation = kind.ends_with("-request") || kind == "support-bundle";
    let alone = from_installation || kind == "trust-bundle";
    Vector {
        name: name.to_owned(),
        expect: if expect == "accept" { Expect::Accept } else { Expect::Refuse(expect.to_owned()) },
        kind: kind.to_owned(),
        now: NOW,
        comment: comment.to_owned(),
        trust: if alone { Vec::new() } else { trust_file() },
        installation: (!["trust-bundle", "revocation-list", "checkpoint"].contains(&kind))
            .then(|| installation().thumbprint()),
        enrolled: (kind == "support-bundle").then(|| installation().public()),
        tbs: None,
        file,
    }
}

/// A vector that brings a file.
pub(crate) fn filed(kind: &str, name: &str, expect: &str, comment: &str, file: &File) -> Vector {
    Vector { tbs: file.tbs.clone(), ..brought(kind, name, expect, comment, file.encode()) }
}

/// A vector that brings a document alone in its file.
pub(crate) fn document(kind: &str, name: &str, expect: &str, comment: &str, document: &Sign1) -> Vector {
    filed(kind, name, expect, comment, &File::of(document))
}

/// A vector that brings a license with this payload, well signed.
pub(crate) fn license_with(name: &str, expect: &str, comment: &str, payload: Item) -> Vector {
    document("license", name, expect, comment, &Sign1::sealed(&issuing(), "license", &payload))
}

impl Vector {
    /// The same vector, with what the signature of this document covers.
    pub(crate) fn speaking_of(self, document: &Sign1) -> Vector {
        Vector { tbs: Some(document.to_be_signed()), ..self }
    }

    /// The same file, brought as another kind than its own.
    pub(crate) fn brought_as(self, kind: &str) -> Vector {
        Vector { kind: kind.to_owned(), ..self }
    }
}

// The log (RFC 9162 §2.1): a leaf is an answer's digest.

pub(crate) fn leaf(digest: [u8; 32]) -> [u8; 32] {
    sha256(&[&[0], &digest[..]].concat())
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    sha256(&[&[1], &left[..], &right[..]].concat())
}

/// A log of five entries of which the third is a document of ours.
pub(crate) struct Log {
    pub(crate) root: [u8; 32],
    pub(crate) path: [[u8; 32]; 3],
}

impl Log {
    pub(crate) fn of_five(third: &Sign1) -> Log {
        let other = |number: u8| leaf(sha256(format!("waybill test only: answer {number}").as_bytes()));
        let [a, b, c, d, e] = [other(0), other(1), leaf(third.digest()), other(3), other(4)];
        Log { root: node(node(node(a, b), node(c, d)), e), path: [d, node(a, b), e] }
    }
}
