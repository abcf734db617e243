//! Keys: well signed files whose key may not sign them, or is no key to be trusted.

use super::{good::*, world::*};
use crate::{
    Vector,
    kit::{File, Item, Key, Sign1, header, list, sha256},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [keys(), kinds(), terms_of_keys(), requests()].concat()
}

/// The key may not sign this.
fn keys() -> Vec<Vector> {
    let case = |name: &str, code: &str, comment: &str, key: &Key| {
        let sealed = Sign1::sealed(key, "license", &license());
        document("license", &format!("key-{name}"), code, comment, &sealed)
    };
    vec![
        case(
            "not-in-bundle",
            "key-unknown",
            "The license is well signed by a key that the bundle does not name.",
            &stranger(),
        ),
        case(
            "root",
            "key-unknown",
            "The license is signed by a root key, which signs trust bundles and nothing else.",
            &root(1),
        ),
        case(
            "installation",
            "key-unknown",
            "The license is signed by the installation that it is for.",
            &installation(),
        ),
        case(
            "not-for-kind",
            "key-not-for-kind",
            "The license is signed by a key that may sign refusals only.",
            &refusing(),
        ),
        case("of-the-record", "key-not-for-kind", "The license is signed by the key of the log.", &record()),
        {
            // The header names a key by something else than its thumbprint: by the hash of its bytes.
            let protected = header(sha256(&issuing().public()), "license");
            let sealed = Sign1::with_header(&issuing(), protected, license().encode());
            let comment = "The key is named by the hash of its bytes and not by its RFC 9679 thumbprint.";
            document("license", "key-other-name", "key-unknown", comment, &sealed)
        },
        {
            let list = Sign1::sealed(&issuing(), "revocation-list", &revocation_list());
            let comment = "The revocation list is signed by a key that may sign answers only.";
            document("revocation-list", "key-not-for-lists", "key-not-for-kind", comment, &list)
        },
        {
            let checkpoint = Sign1::sealed(&issuing(), "checkpoint", &checkpoint());
            let file = File::of(&license_document()).and(&checkpoint);
            let comment = "The checkpoint that travels along is signed by a key that may sign answers only.";
            filed("license", "key-not-for-checkpoints", "key-not-for-kind", comment, &file)
        },
        {
            let checkpoint = Sign1::sealed(&issuing(), "checkpoint", &checkpoint());
            let comment = "The checkpoint, brought alone, is signed by a key that may sign answers only.";
            document("checkpoint", "key-not-for-checkpoints-alone", "key-not-for-kind", comment, &checkpoint)
        },
    ]
}

/// Good files where others belong.
fn kinds() -> Vec<Vector> {
    let wrong = |name: &str, comment: &str, kind: &str, by: &Key, payload: Item, brought_as: &str| {
        let sealed = Sign1::sealed(by, kind, &payload);
        // What is trusted is what the kind that it is brought as needs.
        let Vector { trust, installation, enrolled, .. } = brought(brought_as, "", "accept", "", Vec::new());
        let vector = document(kind, &format!("kind-{name}"), "wrong-kind", comment, &sealed);
        Vector { trust, installation, enrolled, ..vector.brought_as(brought_as) }
    };
    vec![
        {
            let request = Sign1::sealed(&installation(), "activation-request", &activation_request());
            let comment = "A request is brought where an answer belongs.";
            let vector =
                document("activation-request", "kind-request-as-answer", "wrong-kind", comment, &request);
            Vector { trust: trust_file(), ..vector.brought_as("license") }
        },
        {
            let comment = "A license is brought where a request belongs.";
            let vector =
                document("license", "kind-answer-as-request", "wrong-kind", comment, &license_document());
            Vector { trust: Vec::new(), ..vector.brought_as("activation-request") }
        },
        wrong(
            "bundle-as-answer",
            "A trust bundle is brought where an answer belongs.",
            "trust-bundle",
            &root(1),
            trust_bundle(),
            "license",
        ),
        wrong(
            "list-as-answer",
            "A revocation list is brought where an answer belongs.",
            "revocation-list",
            &record(),
            revocation_list(),
            "refusal",
        ),
        wrong(
            "checkpoint-as-list",
            "A checkpoint is brought where a revocation list belongs.",
            "checkpoint",
            &record(),
            checkpoint(),
            "revocation-list",
        ),
        wrong(
            "list-as-checkpoint",
            "A revocation list is brought where a checkpoint belongs.",
            "revocation-list",
            &record(),
            revocation_list(),
            "checkpoint",
        ),
        wrong(
            "support-as-request",
            "A support bundle is brought where a request belongs.",
            "support-bundle",
            &installation(),
            support_bundle(),
            "refresh-request",
        ),
        wrong(
            "request-as-support",
            "A request is brought where a support bundle belongs.",
            "activation-request",
            &installation(),
            activation_request(),
            "support-bundle",
        ),
    ]
}

/// When a key may sign: its window, and since when it is distrusted or revoked.
fn terms_of_keys() -> Vec<Vector> {
    let case = |name: &str, expect: &str, comment: &str, field: &str, value: u64| {
        let bundle = trust_bundle().with(&["keys", "0", field], value);
        let vector = document("license", &format!("key-{name}"), expect, comment, &license_document());
        Vector { trust: File::of(&bundle_document(&bundle)).encode(), ..vector }
    };
    let revoked = |name: &str, code: &str, comment: &str, field: &str, entry: Item| {
        let list = revocation_list().with(&[field], list([entry]));
        let file = File::of(&license_document()).and(&Sign1::sealed(&record(), "revocation-list", &list));
        filed("license", name, code, comment, &file)
    };
    let answered_all_the_same = |name: &str, comment: &str, kind: &str, payload: Item| {
        let list = revocation_list().with(&["keys"], list([installation().thumbprint()]));
        let file = File::of(&Sign1::sealed(&issuing(), kind, &payload)).and(&Sign1::sealed(
            &record(),
            "revocation-list",
            &list,
        ));
        filed(kind, name, "accept", comment, &file)
    };
    vec![
        case(
            "window-first-second",
            "accept",
            "The license was issued in the first second in which its key may sign.",
            "from",
            NOW,
        ),
        case(
            "window-too-early",
            "key-window",
            "The license was issued one second before its key may sign.",
            "from",
            NOW + 1,
        ),
        case(
            "window-last-second",
            "accept",
            "The license was issued in the last second in which its key may sign.",
            "until",
            NOW + 1,
        ),
        case(
            "window-too-late",
            "key-window",
            "The license was issued in the second from which its key may no longer sign.",
            "until",
            NOW,
        ),
        case(
            "distrusted-later",
            "accept",
            "The key is distrusted since the second after the license was issued.",
            "distrusted-since",
            NOW + 1,
        ),
        case(
            "distrusted",
            "key-distrusted",
            "The key is distrusted since the second in which the license was issued.",
            "distrusted-since",
            NOW,
        ),
        revoked(
            "key-revoked",
            "key-revoked",
            "The revocation list that travels along names the key of the license.",
            "keys",
            issuing().thumbprint().into(),
        ),
        revoked(
            "key-revoked-installation",
            "key-revoked",
            "The revocation list that travels along names the installation that the license is for.",
            "keys",
            installation().thumbprint().into(),
        ),
        answered_all_the_same(
            "key-revoked-installation-refusal",
            "A refusal for an installation that the revocation list names is taken: only a license is not.",
            "refusal",
            refusal(),
        ),
        answered_all_the_same(
            "key-revoked-installation-receipt",
            "A receipt for an installation that the revocation list names is taken: only a license is not.",
            "deactivation-receipt",
            deactivation_receipt(),
        ),
        revoked(
            "license-revoked",
            "license-revoked",
            "The revocation list that travels along names the license.",
            "licenses",
            license_id().into(),
        ),
        revoked(
            "license-revoked-other",
            "accept",
            "The revocation list that travels along names another license.",
            "licenses",
            first_16("license 0").into(),
        ),
    ]
}

/// Requests prove the possession of the key that they carry.
fn requests() -> Vec<Vector> {
    let kind = "activation-request";
    let spoiled = |name: &str, code: &str, comment: &str, request: Sign1| {
        document(kind, &format!("request-{name}"), code, comment, &request)
    };
    vec![
        spoiled("flipped-bit", "signature", "One bit of the request's signature is flipped.", {
            let mut request = Sign1::sealed(&installation(), kind, &activation_request());
            request.signature[63] ^= 1;
            request
        }),
        spoiled(
            "another-key",
            "key-mismatch",
            "The request is well signed by another key than the one that it carries.",
            Sign1::sealed(&stranger(), kind, &activation_request()),
        ),
        spoiled(
            "key-in-name-only",
            "signature",
            "The request names the key that it carries, and another key signed it.",
            {
                let protected = header(installation().thumbprint(), kind);
                Sign1::with_header(&stranger(), protected, activation_request().encode())
            },
        ),
        {
            let bundle = Sign1::sealed(&stranger(), "support-bundle", &support_bundle());
            let comment = "The support bundle is signed by another installation than the one that it names.";
            document("support-bundle", "request-support-by-another", "key-mismatch", comment, &bundle)
        },
    ]
}
