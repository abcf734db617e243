//! News of trust: what travels along with answers, and which list holds.

use super::{
    good::*,
    trust::{file, flipped, new_issuing, second, signed_by},
    world::*,
};
use crate::{
    Vector,
    kit::{File, Item, Key, Sign1, list},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [answers(), known_lists(), several_lists(), revocations()].concat()
}

/// Answers with news of trust.
fn answers() -> Vec<Vector> {
    let by_new_key = Sign1::sealed(&new_issuing(), "license", &license());
    let second_travels = |license: &Sign1| {
        File::of(license).and(&signed_by(&root(1), &second())).and(&signed_by(&root(2), &second()))
    };
    let case = |name: &str, expect: &str, comment: &str, file: File| {
        filed("license", &format!("trust-answer-{name}"), expect, comment, &file)
    };
    let old = license_document();
    vec![
        case(
            "with-its-bundle",
            "accept",
            "The license is signed by a key of the second bundle, which travels along.",
            second_travels(&by_new_key),
        ),
        case(
            "without-its-bundle",
            "key-unknown",
            "The license is signed by a key of the second bundle, which does not travel along.",
            File::of(&by_new_key),
        ),
        case(
            "key-dropped",
            "key-unknown",
            "The license is signed by a key that the second bundle, which travels along, no longer names.",
            second_travels(&old),
        ),
        case(
            "bundle-flipped",
            "signature",
            "The license is good, but the bundle that travels along has a flipped bit in its signature.",
            File::of(&old).and(&flipped(bundle_document(&trust_bundle()))),
        ),
        case(
            "list-flipped",
            "signature",
            "The license is good, but the revocation list that travels along has a flipped bit in its signature.",
            File::of(&old).and(&flipped(Sign1::sealed(&record(), "revocation-list", &revocation_list()))),
        ),
        case(
            "checkpoint-flipped",
            "signature",
            "The license is good, but the checkpoint that travels along has a flipped bit in its signature.",
            File::of(&old).and(&flipped(Sign1::sealed(&record(), "checkpoint", &checkpoint()))),
        ),
        {
            let vector = case(
                "old-bundle-flipped",
                "signature",
                "The license brings the first bundle again with a flipped bit, although the second is known.",
                File::of(&by_new_key).and(&flipped(bundle_document(&trust_bundle()))),
            );
            Vector { trust: file(&second(), &[root(1), root(2)]).encode(), ..vector }
        },
        case(
            "list-before-its-bundle",
            "accept",
            "The list travels in front of the second bundle, which alone names the list's key.",
            {
                let bundle = second().with(&["keys", "2", "public-key"], new_record().public());
                let list = Sign1::sealed(&new_record(), "revocation-list", &revocation_list());
                File::of(&by_new_key)
                    .and(&list)
                    .and(&signed_by(&root(1), &bundle))
                    .and(&signed_by(&root(2), &bundle))
            },
        ),
    ]
}

/// A list that is known before the answer comes.
fn known_lists() -> Vec<Vector> {
    let by_new_key = Sign1::sealed(&new_issuing(), "license", &license());
    let naming = |number: u64| {
        let list = revocation_list().with(&["number"], number).with(&["licenses"], list([license_id()]));
        Sign1::sealed(&record(), "revocation-list", &list)
    };
    let case = |name: &str, expect: &str, comment: &str, known: &Sign1, file: File| {
        let vector = filed("license", name, expect, comment, &file);
        Vector { trust: super::trust::file(&trust_bundle(), &[root(1)]).and(known).encode(), ..vector }
    };
    let with_bundle = |bundle: &Item| {
        File::of(&by_new_key).and(&signed_by(&root(1), bundle)).and(&signed_by(&root(2), bundle))
    };
    vec![
        case(
            "license-revoked-before",
            "license-revoked",
            "The revocation list that is known already names the license.",
            &naming(1),
            File::of(&license_document()),
        ),
        case(
            "revocation-outlives-bundle",
            "license-revoked",
            "The second bundle travels along and still lets the list's key sign, so the list holds.",
            &naming(1),
            with_bundle(&second()),
        ),
        case(
            "revocation-dropped-with-key",
            "accept",
            "A leaked key signed a list with the largest number, and the second bundle does without that key and that list.",
            &naming((1 << 53) - 1),
            with_bundle(&second().with(&["keys", "2", "public-key"], new_record().public())),
        ),
        case(
            "revocation-dropped-with-distrust",
            "accept",
            "The second bundle distrusts the list's key since before the list was made.",
            &naming((1 << 53) - 1),
            with_bundle(&second().with(&["keys", "2", "distrusted-since"], TODAY)),
        ),
        case(
            "revocation-kept-despite-distrust",
            "license-revoked",
            "The second bundle distrusts the list's key since the second after the list was made.",
            &naming(1),
            with_bundle(&second().with(&["keys", "2", "distrusted-since"], TODAY + 1)),
        ),
    ]
}

/// Several lists in one file, each judged with the list that was held before it.
fn several_lists() -> Vec<Vector> {
    let list = |number: u64, keys: &[[u8; 32]], licenses: &[[u8; 16]]| {
        let payload = revocation_list()
            .with(&["number"], number)
            .with(&["keys"], self::list(keys.iter().copied()))
            .with(&["licenses"], self::list(licenses.iter().copied()));
        Sign1::sealed(&record(), "revocation-list", &payload)
    };
    let case = |name: &str, expect: &str, comment: &str, lists: &[&Sign1]| {
        let license = File::of(&license_document());
        let file = lists.iter().fold(license, |file, list| file.and(list));
        filed("license", &format!("revocation-{name}"), expect, comment, &file)
    };
    let first = list(1, &[], &[]);
    let other_first = list(1, &[], &[first_16("license 0")]);
    let second = list(2, &[record().thumbprint()], &[]);
    let other_second = list(2, &[], &[]);
    vec![
        case(
            "oldest-first",
            "accept",
            "Two lists travel along, the older first; the newer names the key of both.",
            &[&first, &second],
        ),
        case(
            "newest-first",
            "accept",
            "Two lists travel along, the newer first, which names the key of both: the order decides nothing.",
            &[&second, &first],
        ),
        case(
            "two-newest",
            "revocation-fork",
            "Two different lists with the highest number travel along.",
            &[&second, &first, &other_second],
        ),
        case(
            "two-older",
            "revocation-fork",
            "Two different lists with one number travel along, and a newer one that would replace both.",
            &[&first, &other_first, &second],
        ),
    ]
}

pub(crate) fn new_record() -> Key {
    Key::test_only("record 2")
}

fn revocations() -> Vec<Vector> {
    let known = Sign1::sealed(&record(), "revocation-list", &revocation_list().with(&["number"], 2));
    let case = |name: &str, expect: &str, comment: &str, payload: Item| {
        let list = Sign1::sealed(&record(), "revocation-list", &payload);
        let vector = document("revocation-list", &format!("revocation-{name}"), expect, comment, &list);
        Vector { trust: file(&trust_bundle(), &[root(1)]).and(&known).encode(), ..vector }
    };
    vec![
        case(
            "newer",
            "accept",
            "A newer list replaces the one that is known.",
            revocation_list().with(&["number"], 3),
        ),
        case("older", "accept", "An older list is checked, and changes nothing.", revocation_list()),
        case(
            "fork",
            "revocation-fork",
            "There are two different lists with one number.",
            revocation_list().with(&["number"], 2).with(&["licenses"], list::<Item>([])),
        ),
        case(
            "key-window",
            "key-window",
            "The list was made before its key could sign.",
            revocation_list().with(&["number"], 3).with(&["issued"], KEYS_FROM - 1),
        ),
        case(
            "other-vendor",
            "vendor",
            "The list is of another vendor than the bundle.",
            revocation_list().with(&["number"], 3).with(&["vendor"], "Example Softvvare"),
        ),
    ]
}
