//! News that come again, in part, too late or against each other; and a checkpoint that is judged with news of its own.

use super::{
    good::*,
    news::new_record,
    trust::{file, flipped, new_issuing, second, signed_by, third, two_of_three},
    world::*,
};
use crate::{
    Vector,
    kit::{File, Item, Sign1, inclusion_proof, list, sha256},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [held_bundles(), former_roots(), orders(), lists_again(), forks(), checkpoints_alone(), two_checkpoints()]
        .concat()
}

/// Brought with this trust file instead of the usual one.
fn knowing(trust: File, vector: Vector) -> Vector {
    Vector { trust: trust.encode(), ..vector }
}

/// The second bundle after `two_of_three`, signed by two of its three root keys, which stay the same.
fn after_two_of_three() -> [Sign1; 2] {
    let next = two_of_three()
        .with(&["number"], 2)
        .with(&["previous"], sha256(&two_of_three().encode()))
        .with(&["issued"], TODAY);
    [1, 2].map(|number| signed_by(&root(number), &next))
}

/// The bundle that is known comes again. It has to stand by itself as any other.
fn held_bundles() -> Vec<Vector> {
    let known = || file(&two_of_three(), &[root(1), root(2)]);
    let part = || signed_by(&root(1), &two_of_three());
    let case = |name: &str, expect: &str, comment: &str, file: File| {
        knowing(known(), filed("trust-bundle", &format!("trust-next-{name}"), expect, comment, &file))
    };
    let [by_first, by_second] = after_two_of_three();
    vec![
        case(
            "same-in-part",
            "trust-threshold",
            "The bundle that is known comes again with one of its two signatures.",
            File::of(&part()),
        ),
        case(
            "same-in-part-with-newer",
            "trust-threshold",
            "The next bundle brings along one of the two signatures of the one that is known.",
            File::of(&by_first).and(&by_second).and(&part()),
        ),
        case(
            "same-by-others",
            "accept",
            "The bundle that is known comes again, signed by another two of its three root keys.",
            file(&two_of_three(), &[root(2), root(3)]),
        ),
        knowing(
            known(),
            filed(
                "license",
                "trust-answer-same-in-part",
                "trust-threshold",
                "The license brings one of the two signatures of the bundle that is known.",
                &File::of(&license_document()).and(&part()),
            ),
        ),
    ]
}

/// What a root key of the bundle before signed concerns whoever comes from there, and nobody else.
fn former_roots() -> Vec<Vector> {
    let by_former = || flipped(signed_by(&root(1), &second()));
    let both = || File::of(&signed_by(&root(2), &second())).and(&by_former());
    let first = || file(&trust_bundle(), &[root(1)]);
    let case = |name: &str, expect: &str, comment: &str, file: File| {
        filed("trust-bundle", &format!("trust-{name}"), expect, comment, &file)
    };
    vec![
        case(
            "former-root-flipped",
            "accept",
            "The second bundle is pinned with a bad signature by the first's root key, which is none of its own.",
            both(),
        ),
        knowing(
            first(),
            case(
                "next-former-root-flipped",
                "signature",
                "The second bundle follows the first with a bad signature by the first's root key.",
                both(),
            ),
        ),
        knowing(
            file(&second(), &[root(1), root(2)]),
            case(
                "same-former-root-flipped",
                "accept",
                "The second bundle comes again with a bad signature by the first's root key, which counts no more.",
                both(),
            ),
        ),
        knowing(
            first(),
            filed(
                "license",
                "trust-answer-new-bundle-flipped",
                "signature",
                "The second bundle travels along, and its own root key's signature has a flipped bit.",
                &File::of(&Sign1::sealed(&new_issuing(), "license", &license()))
                    .and(&signed_by(&root(1), &second()))
                    .and(&flipped(signed_by(&root(2), &second()))),
            ),
        ),
    ]
}

/// Two faults in one file: which of them is told.
fn orders() -> Vec<Vector> {
    let first = || file(&trust_bundle(), &[root(1)]);
    let case = |name: &str, expect: &str, comment: &str, file: File| {
        knowing(first(), filed("trust-bundle", &format!("trust-next-{name}"), expect, comment, &file))
    };
    let twin = second().with(&["issued"], TODAY);
    vec![
        case(
            "document-first",
            "trust-threshold",
            "The document is a bundle without its own root key's signature, and a bad signature travels along.",
            File::of(&signed_by(&root(2), &third())).and(&flipped(signed_by(&root(2), &second()))),
        ),
        case(
            "gap-and-flipped",
            "signature",
            "The document leaves a gap, and a bundle that travels along does not stand by itself.",
            File::of(&signed_by(&root(3), &third())).and(&flipped(signed_by(&root(2), &second()))),
        ),
        case(
            "two-seconds",
            "trust-fork",
            "Two different second bundles come in one file, both signed by all who must.",
            file(&second(), &[root(1), root(2)])
                .and(&signed_by(&root(1), &twin))
                .and(&signed_by(&root(2), &twin)),
        ),
    ]
}

fn revocations(number: u64, keys: &[[u8; 32]], licenses: &[[u8; 16]]) -> Sign1 {
    let payload = revocation_list()
        .with(&["number"], number)
        .with(&["keys"], list(keys.iter().copied()))
        .with(&["licenses"], list(licenses.iter().copied()));
    Sign1::sealed(&record(), "revocation-list", &payload)
}

/// A list that is known comes again.
fn lists_again() -> Vec<Vector> {
    let known = |known: &Sign1| file(&trust_bundle(), &[root(1)]).and(known);
    let case = |name: &str, expect: &str, comment: &str, held: &Sign1, file: File| {
        knowing(known(held), filed("license", &format!("revocation-{name}"), expect, comment, &file))
    };
    let answer = || File::of(&license_document());
    let by_new_key = Sign1::sealed(&new_issuing(), "license", &license());
    let bundles = |file: File, bundle: &Item, roots: [u8; 2]| {
        roots.iter().fold(file, |file, number| file.and(&signed_by(&root(*number), bundle)))
    };
    let list = revocations(1, &[], &[]);
    let naming_itself = revocations(1, &[record().thumbprint()], &[]);
    let naming_license = revocations(1, &[], &[license_id()]);
    let without_key = second().with(&["keys", "2", "public-key"], new_record().public());
    let with_key_again = third().with(&["previous"], sha256(&without_key.encode()));
    let shorter = second().with(&["keys", "2", "from"], TODAY + 1);
    vec![
        case("again", "accept", "The list that is known comes again.", &list, answer().and(&list)),
        case(
            "again-naming-itself",
            "accept",
            "The list that is known names its own key, and comes again.",
            &naming_itself,
            answer().and(&naming_itself),
        ),
        case(
            "again-with-bundle",
            "accept",
            "The list that is known names its own key, and comes again with the second bundle.",
            &naming_itself,
            bundles(File::of(&by_new_key), &second(), [1, 2]).and(&naming_itself),
        ),
        case(
            "after-its-own-key",
            "key-revoked",
            "The list that is known names its own key, and a newer one is signed by that key.",
            &naming_itself,
            answer().and(&revocations(2, &[], &[])),
        ),
        case(
            "again-flipped",
            "signature",
            "The list that is known comes again with a flipped bit in its signature.",
            &list,
            answer().and(&flipped(list.clone())),
        ),
        case(
            "again-twice",
            "accept",
            "A newer list travels along twice.",
            &list,
            answer().and(&revocations(2, &[], &[])).and(&revocations(2, &[], &[])),
        ),
        case(
            "dropped-with-window",
            "accept",
            "The second bundle lets the list's key sign only from the second after the list was made.",
            &naming_license,
            bundles(File::of(&by_new_key), &shorter, [1, 2]),
        ),
        case(
            "dropped-comes-again",
            "key-unknown",
            "The second bundle does without the list's key, and that list comes along once more.",
            &list,
            bundles(File::of(&by_new_key), &without_key, [1, 2]).and(&list),
        ),
        case(
            "dropped-in-between",
            "accept",
            "The second bundle does without the list's key; the third, which comes with it, has that key again.",
            &naming_license,
            bundles(bundles(File::of(&by_new_key), &without_key, [1, 2]), &with_key_again, [2, 3]),
        ),
    ]
}

/// Each number belongs to one list.
fn forks() -> Vec<Vector> {
    let known = revocations(5, &[], &[]);
    let case = |name: &str, expect: &str, comment: &str, lists: &[Sign1]| {
        let file = lists.iter().fold(File::of(&license_document()), |file, list| file.and(list));
        let vector = filed("license", &format!("revocation-{name}"), expect, comment, &file);
        knowing(super::trust::file(&trust_bundle(), &[root(1)]).and(&known), vector)
    };
    let other = first_16("license 0");
    vec![
        case(
            "two-below",
            "revocation-fork",
            "Two different lists with one number travel along, both older than the one that is known.",
            &[revocations(3, &[], &[]), revocations(3, &[], &[other])],
        ),
        case(
            "two-below-with-newer",
            "revocation-fork",
            "The same, and a newer one that would replace them all stands between.",
            &[revocations(3, &[], &[]), revocations(7, &[], &[]), revocations(3, &[], &[other])],
        ),
        case(
            "fork-and-flipped",
            "signature",
            "A list contradicts the one that is known, and another behind it has a flipped bit in its signature.",
            &[revocations(5, &[], &[other]), flipped(revocations(6, &[], &[]))],
        ),
        case(
            "flipped-and-unknown",
            "key-unknown",
            "A list is of a key that is not known, and another behind it has a flipped bit in its signature.",
            &[
                Sign1::sealed(&stranger(), "revocation-list", &revocation_list()),
                flipped(revocations(6, &[], &[])),
            ],
        ),
    ]
}

/// A checkpoint that is brought alone is judged with the news that travel along.
fn checkpoints_alone() -> Vec<Vector> {
    let case = |name: &str, code: &str, comment: &str, along: &[Sign1]| {
        let document = Sign1::sealed(&record(), "checkpoint", &checkpoint());
        let file = along.iter().fold(File::of(&document), |file, document| file.and(document));
        filed("checkpoint", &format!("key-{name}-checkpoint-alone"), code, comment, &file)
    };
    let with = |bundle: Item| [1, 2].map(|number| signed_by(&root(number), &bundle));
    vec![
        case(
            "revoked",
            "key-revoked",
            "The list that travels along with a checkpoint names the key of both.",
            &[revocations(1, &[record().thumbprint()], &[])],
        ),
        case(
            "distrusted",
            "key-distrusted",
            "The second bundle, which travels along with a checkpoint, distrusts its key since it was made.",
            &with(second().with(&["keys", "2", "distrusted-since"], NOW)),
        ),
        case(
            "dropped",
            "key-unknown",
            "The second bundle, which travels along with a checkpoint, does without its key.",
            &with(second().with(&["keys", "2", "public-key"], new_record().public())),
        ),
        case(
            "kept",
            "accept",
            "The second bundle travels along with a checkpoint, and still has its key.",
            &with(second()),
        ),
    ]
}

/// Two checkpoints of the size that the proof speaks of: the first counts.
fn two_checkpoints() -> Vec<Vector> {
    let license = license_document();
    let log = Log::of_five(&license);
    let checkpoint = |root: [u8; 32]| {
        Sign1::sealed(&record(), "checkpoint", &checkpoint().with(&["size"], 5).with(&["root"], root))
    };
    let other = sha256(b"waybill test only: another root");
    let case = |name: &str, expect: &str, comment: &str, roots: [[u8; 32]; 2]| {
        let file = roots.iter().fold(File::of(&license), |file, root| file.and(&checkpoint(*root)));
        let file = File { proof: Some(inclusion_proof(2, 5, &log.path)), ..file };
        filed("license", &format!("proof-{name}"), expect, comment, &file)
    };
    vec![
        case(
            "first-of-two-checkpoints",
            "accept",
            "Two checkpoints of one size travel along, and the proof leads to the first.",
            [log.root, other],
        ),
        case(
            "second-of-two-checkpoints",
            "proof-mismatch",
            "Two checkpoints of one size travel along, and the proof leads to the second.",
            [other, log.root],
        ),
    ]
}
