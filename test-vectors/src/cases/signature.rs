//! Signatures, and what a good signature does not prove: files of the right form that nobody should believe.

use super::{good::*, world::*};
use crate::{
    Vector,
    kit::{File, Item, Sign1, header, inclusion_proof, list, sha256},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [signatures(), licenses(), proofs()].concat()
}

/// The signature is not one of the key over these bytes.
fn signatures() -> Vec<Vector> {
    let good = license_document();
    let signed = good.to_be_signed();
    let case = |name: &str, comment: &str, spoil: &dyn Fn(&mut Sign1)| {
        let mut spoiled = good.clone();
        spoil(&mut spoiled);
        document("license", &format!("signature-{name}"), "signature", comment, &spoiled)
    };
    let replaced = |name: &str, comment: &str, signature: [u8; 64]| {
        case(name, comment, &|it| it.signature = signature.to_vec())
    };
    let over = |name: &str, comment: &str, message: &[u8]| replaced(name, comment, issuing().sign(message));
    let structure = |context: &str, external: &[u8]| {
        let parts: [Item; 4] = [
            context.into(),
            good.protected.clone().into(),
            external.to_vec().into(),
            good.payload.clone().into(),
        ];
        list(parts).encode()
    };

    vec![
        case("flipped-bit", "One bit of the signature's R is flipped.", &|it| it.signature[0] ^= 1),
        case("flipped-bit-in-s", "One bit of the signature's S is flipped.", &|it| it.signature[40] ^= 1),
        case(
            "flipped-bit-in-payload",
            "One bit of the payload is flipped: the license has counter 0 instead of 1.",
            &|it| {
                // A license of counter 0 breaks a rule of its kind too; the signature is looked at first.
                it.payload = license().with(&["counter"], 0).encode();
            },
        ),
        case("more-seats", "The license was changed to grant 900 seats.", &|it| {
            it.payload = license().with(&["grants", "0", "seats"], 900).encode();
        }),
        case("kind-changed", "The signed license was relabeled as a refusal.", &|it| {
            it.protected = header(issuing().thumbprint(), "refusal").encode();
        })
        .brought_as("refusal"),
        case("wrong-key", "Another key signed than the header names.", &|it| {
            it.signature = stranger().sign(&it.to_be_signed()).to_vec();
        }),
        case("of-another-document", "The signature is a good one of another license.", &|it| {
            let other = license().with(&["grants", "0", "seats"], 900);
            it.signature = Sign1::sealed(&issuing(), "license", &other).signature;
        }),
        replaced("all-zero", "The signature is 64 zeros.", [0; 64]),
        over(
            "over-payload",
            "The signature covers the payload alone, without header and context.",
            &good.payload,
        ),
        over("over-digest", "The signature covers the hash of what it should cover.", &sha256(&signed)),
        over(
            "context-sign",
            "The signature is made with the context of COSE_Sign.",
            &structure("Signature", b""),
        ),
        over(
            "external-data",
            "The signature covers external data, of which the format has none.",
            &structure("Signature1", b"waybill"),
        ),
    ]
}

/// Licenses that are genuine, and not for these news or this vendor.
fn licenses() -> Vec<Vector> {
    vec![
        license_with(
            "license-other-vendor",
            "vendor",
            "The license is of another vendor than the bundle.",
            license().with(&["vendor"], "Example Softvvare"),
        ),
        license_with(
            "license-floor-bundle",
            "floor-bundle",
            "The license needs trust bundle number 2, and number 1 is the newest that is known.",
            license().with(&["floor", "bundle"], 2),
        ),
        license_with(
            "license-floor-revocations",
            "floor-revocations",
            "The license needs revocation list number 1, and none is known.",
            license().with(&["floor", "revocations"], 1),
        ),
    ]
}

/// Inclusion in the log.
fn proofs() -> Vec<Vector> {
    let license = license_document();
    let log = Log::of_five(&license);
    let case =
        |name: &str, code: &str, comment: &str, index: u64, path: &[[u8; 32]], checkpoint: Option<Item>| {
            let file = File { proof: Some(inclusion_proof(index, 5, path)), ..File::of(&license) };
            let file = match checkpoint {
                Some(checkpoint) => file.and(&Sign1::sealed(&record(), "checkpoint", &checkpoint)),
                None => file,
            };
            filed("license", &format!("proof-{name}"), code, comment, &file)
        };
    let good = || Some(checkpoint().with(&["size"], 5).with(&["root"], log.root));
    vec![
        case(
            "without-checkpoint",
            "proof-without-checkpoint",
            "A proof comes without a checkpoint.",
            2,
            &log.path,
            None,
        ),
        case(
            "of-another-size",
            "proof-without-checkpoint",
            "The checkpoint that travels along is of another size than the proof.",
            2,
            &log.path,
            good().map(|checkpoint| checkpoint.with(&["size"], 6)),
        ),
        case(
            "of-another-root",
            "proof-mismatch",
            "The proof leads to another root than the checkpoint's.",
            2,
            &log.path,
            good().map(|checkpoint| checkpoint.with(&["root"], sha256(b"waybill test only: log root"))),
        ),
        case(
            "of-another-index",
            "proof-mismatch",
            "The proof speaks of the entry beside.",
            3,
            &log.path,
            good(),
        ),
        case("too-short", "proof-mismatch", "The proof's last hash is missing.", 2, &log.path[..2], good()),
        case(
            "too-long",
            "proof-mismatch",
            "A hash follows the proof's last one.",
            2,
            &[&log.path[..], &log.path[..1]].concat(),
            good(),
        ),
    ]
}
