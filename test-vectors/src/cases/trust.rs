//! Trust: which bundle may be pinned, and which may follow another.

use super::{good::*, world::*};
use crate::{
    Vector,
    kit::{File, Item, Key, Sign1, list, sha256},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [pinned(), next()].concat()
}

/// A bundle of three root keys, of which two must sign.
pub(crate) fn two_of_three() -> Item {
    let roots = list((1..=3).map(|number| root(number).public()));
    trust_bundle().with(&["roots"], roots).with(&["threshold"], 2)
}

/// The second bundle: root key 2 follows root key 1, and the issuing key is a new one.
pub(crate) fn second() -> Item {
    trust_bundle()
        .with(&["roots"], list([root(2).public()]))
        .with(&["keys", "0", "public-key"], new_issuing().public())
        .with(&["number"], 2)
        .with(&["previous"], sha256(&trust_bundle().encode()))
}

/// The third bundle: root key 3 follows root key 2.
pub(crate) fn third() -> Item {
    second()
        .with(&["roots"], list([root(3).public()]))
        .with(&["number"], 3)
        .with(&["previous"], sha256(&second().encode()))
}

pub(crate) fn new_issuing() -> Key {
    Key::test_only("issuing 3")
}

pub(crate) fn signed_by(key: &Key, bundle: &Item) -> Sign1 {
    Sign1::sealed(key, "trust-bundle", bundle)
}

/// A file with one document for each key.
pub(crate) fn file(bundle: &Item, keys: &[Key]) -> File {
    let mut documents = keys.iter().map(|key| signed_by(key, bundle));
    let first = File::of(&documents.next().expect("a key"));
    documents.fold(first, |file, document| file.and(&document))
}

pub(crate) fn flipped(mut document: Sign1) -> Sign1 {
    document.signature[10] ^= 1;
    document
}

/// A bundle that is pinned when a proxy is set up.
fn pinned() -> Vec<Vector> {
    let case = |name: &str, expect: &str, comment: &str, file: File| {
        filed("trust-bundle", &format!("trust-{name}"), expect, comment, &file)
    };
    vec![
        case(
            "two-of-three",
            "accept",
            "Two of three root keys signed, as the threshold demands.",
            file(&two_of_three(), &[root(1), root(3)]),
        ),
        case(
            "three-of-three",
            "accept",
            "All three root keys signed, one more than needed.",
            file(&two_of_three(), &[root(1), root(2), root(3)]),
        ),
        case(
            "one-of-two-needed",
            "trust-threshold",
            "One root key signed where two must.",
            file(&two_of_three(), &[root(1)]),
        ),
        case(
            "root-counted-twice",
            "trust-threshold",
            "One root key signed twice where two must sign.",
            file(&two_of_three(), &[root(1), root(1)]),
        ),
        case(
            "stranger-counted",
            "trust-threshold",
            "A root key and a key that is none signed where two root keys must.",
            file(&two_of_three(), &[root(1), stranger()]),
        ),
        case(
            "issuing-key-counted",
            "trust-threshold",
            "A root key and an issuing key signed where two root keys must.",
            file(&two_of_three(), &[root(1), issuing()]),
        ),
        case(
            "other-payload-counted",
            "trust-threshold",
            "Two root keys signed, but not the same bundle.",
            File::of(&signed_by(&root(1), &two_of_three()))
                .and(&signed_by(&root(2), &two_of_three().with(&["issued"], TODAY))),
        ),
        case(
            "by-stranger",
            "trust-threshold",
            "The bundle is signed by a key that is not among its root keys.",
            file(&trust_bundle(), &[stranger()]),
        ),
        case(
            "flipped-bit",
            "signature",
            "One bit of the root key's signature is flipped.",
            File::of(&flipped(signed_by(&root(1), &trust_bundle()))),
        ),
        case(
            "one-good-one-flipped",
            "signature",
            "Enough root keys signed, but the signature of a third has a flipped bit.",
            file(&two_of_three(), &[root(1), root(2)]).and(&flipped(signed_by(&root(3), &two_of_three()))),
        ),
        case(
            "license-pinned",
            "wrong-kind",
            "A license is brought where a trust bundle belongs.",
            File::of(&license_document()),
        ),
        case(
            "with-the-next",
            "accept",
            "The first bundle brings the second along.",
            file(&trust_bundle(), &[root(1)])
                .and(&signed_by(&root(1), &second()))
                .and(&signed_by(&root(2), &second())),
        ),
        case(
            "with-list",
            "accept",
            "The bundle brings a revocation list along.",
            file(&trust_bundle(), &[root(1)]).and(&Sign1::sealed(
                &record(),
                "revocation-list",
                &revocation_list(),
            )),
        ),
    ]
}

/// A bundle that is to follow the pinned one.
fn next() -> Vec<Vector> {
    let after = |pinned: File, name: &str, expect: &str, comment: &str, file: File| {
        let vector = filed("trust-bundle", &format!("trust-next-{name}"), expect, comment, &file);
        Vector { trust: pinned.encode(), ..vector }
    };
    let case = |name: &str, expect: &str, comment: &str, next: File| {
        after(file(&trust_bundle(), &[root(1)]), name, expect, comment, next)
    };
    let both = [root(1), root(2)];
    vec![
        case(
            "good",
            "accept",
            "The second bundle is signed by the root keys of the first and its own.",
            file(&second(), &both),
        ),
        case(
            "not-by-old",
            "trust-threshold",
            "The second bundle is signed by its own root key and not by the first's.",
            file(&second(), &[root(2)]),
        ),
        case(
            "not-by-new",
            "trust-threshold",
            "The second bundle is signed by the first's root key and not by its own.",
            file(&second(), &[root(1)]),
        ),
        case(
            "gap",
            "trust-gap",
            "The third bundle comes without the second.",
            file(&third(), &[root(2), root(3)]),
        ),
        case(
            "catches-up",
            "accept",
            "The second and the third bundle come in one file, the third first.",
            file(&third(), &[root(2), root(3)])
                .and(&signed_by(&root(1), &second()))
                .and(&signed_by(&root(2), &second())),
        ),
        case(
            "other-first",
            "trust-fork",
            "There are two bundles with number 1, both signed by the root key.",
            file(&trust_bundle().with(&["issued"], TODAY), &[root(1)]),
        ),
        case(
            "other-previous",
            "trust-fork",
            "The second bundle names another first than the one that is known.",
            file(&second().with(&["previous"], [1; 32]), &both),
        ),
        case(
            "previous-of-document",
            "trust-fork",
            "The second bundle names the first by the digest of its document instead of its payload's.",
            file(&second().with(&["previous"], bundle_document(&trust_bundle()).digest()), &both),
        ),
        case(
            "other-vendor",
            "vendor",
            "The second bundle is of another vendor than the first.",
            file(&second().with(&["vendor"], "Example Softvvare"), &both),
        ),
        after(
            file(&second(), &both),
            "older",
            "accept",
            "The first bundle comes after the second: it is checked, and changes nothing.",
            file(&trust_bundle(), &[root(1)]),
        ),
        case("same", "accept", "The bundle that is known comes again.", file(&trust_bundle(), &[root(1)])),
        after(
            file(&two_of_three(), &[root(1), root(2)]),
            "one-old-root-twice",
            "trust-threshold",
            "The second bundle is signed twice by one of the three root keys of the first, of which two must.",
            {
                let next = second()
                    .with(&["previous"], sha256(&two_of_three().encode()))
                    .with(&["roots"], list([root(4).public()]));
                file(&next, &[root(1), root(1), root(4)])
            },
        ),
    ]
}
