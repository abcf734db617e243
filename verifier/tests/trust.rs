//! The way of trust: pinned once, forward only, and nobody is led away with less than enough keys.

use license_format::{
    DAY, Kind, LicenseId, UnverifiedDocument, UnverifiedFile,
    payload::{RevocationList, TrustBundle},
};
use proptest::prelude::*;
use verifier::{
    TrustState, VerifyError,
    testing::{
        self, TestKey, key_entry, next_bundle, now, record, revocation_list, root, trust, trust_bundle,
    },
};

fn roots(number: usize) -> Vec<TestKey> {
    (1..=number).map(|at| TestKey::named(&format!("root {at}"))).collect()
}

fn public(keys: &[TestKey]) -> Vec<license_format::PublicKey> {
    keys.iter().map(TestKey::public_key).collect()
}

fn signed<'a>(bundle: &TrustBundle, keys: impl IntoIterator<Item = &'a TestKey>) -> Vec<UnverifiedDocument> {
    keys.into_iter().map(|key| key.seal(bundle)).collect()
}

fn file(mut documents: Vec<UnverifiedDocument>) -> UnverifiedFile {
    let document = documents.remove(0);
    UnverifiedFile { document, trust: documents, proof: None }
}

fn of_three(threshold: u64) -> TrustBundle {
    TrustBundle { roots: public(&roots(3)), threshold, ..trust_bundle() }
}

fn code<T: std::fmt::Debug>(result: Result<T, VerifyError>) -> &'static str {
    result.expect_err("this should be refused").code()
}

/// A chain of bundles: each hands over to the next root key.
fn chain(length: u64) -> Vec<(TrustBundle, Vec<UnverifiedDocument>)> {
    let key = |number: u64| TestKey::named(&format!("root {number}"));
    let mut links = vec![(trust_bundle(), signed(&trust_bundle(), [&key(1)]))];
    for number in 2..=length {
        let bundle = next_bundle(&links[links.len() - 1].0, |next| next.roots = public(&[key(number)]));
        let documents = signed(&bundle, [&key(number - 1), &key(number)]);
        links.push((bundle, documents));
    }
    links
}

#[test]
fn enough_of_the_bundle_s_own_roots_pin_it() {
    let keys = roots(3);
    for signers in [[0, 1], [0, 2], [2, 1]] {
        let documents = signed(&of_three(2), signers.map(|at| &keys[at]));
        assert_eq!(TrustState::pin(&file(documents)).unwrap().bundle(), &of_three(2));
    }
    assert_eq!(code(TrustState::pin(&file(signed(&of_three(2), [&keys[0]])))), "trust-threshold");
}

#[test]
fn a_root_key_counts_once_however_often_it_signed() {
    let keys = roots(3);
    let documents = signed(&of_three(2), [&keys[0], &keys[0], &keys[0]]);
    let error = TrustState::pin(&file(documents)).unwrap_err();
    assert_eq!(error, VerifyError::TrustThreshold { bundle: 1, roots_of: 1, needed: 2, found: 1 });
}

#[test]
fn the_next_bundle_needs_enough_old_and_enough_new_roots() {
    let old = roots(3);
    let new: Vec<TestKey> = (4..=6).map(|at| TestKey::named(&format!("root {at}"))).collect();
    let state = TrustState::pin(&file(signed(&of_three(2), &old))).unwrap();
    let next = next_bundle(&of_three(2), |next| next.roots = public(&new));

    let with = |signers: &[&TestKey]| state.advance(&signed(&next, signers.iter().copied()));
    let moved = with(&[&old[0], &old[2], &new[0], &new[1]]).unwrap();
    assert_eq!(moved.bundle(), &next);

    let lacking = |roots_of, found| VerifyError::TrustThreshold { bundle: 2, roots_of, needed: 2, found };
    assert_eq!(with(&[&old[0], &old[1]]).unwrap_err(), lacking(2, 0), "old roots alone");
    assert_eq!(with(&[&new[0], &new[1]]).unwrap_err(), lacking(1, 0), "new roots alone");
    assert_eq!(with(&[&old[0], &old[1], &new[0]]).unwrap_err(), lacking(2, 1));
    assert_eq!(with(&[&old[0], &old[0], &new[0], &new[1]]).unwrap_err(), lacking(1, 1), "one old root twice");
}

#[test]
fn several_bundles_are_caught_up_in_order() {
    let links = chain(4);
    let behind = trust();
    let all: Vec<UnverifiedDocument> =
        links[1..].iter().flat_map(|(_, documents)| documents.clone()).collect();
    assert_eq!(behind.advance(&all).unwrap().bundle().number, 4);

    // The last alone is not enough: who made it cannot be told from here.
    assert_eq!(behind.advance(&links[3].1).unwrap_err(), VerifyError::TrustGap { known: 1, found: 4 });
}

#[test]
fn older_bundles_have_no_effect_but_must_be_genuine() {
    let links = chain(3);
    let newest = TrustState::pin(&file(links[2].1.clone())).unwrap();
    assert_eq!(newest.advance(&links[0].1).unwrap(), newest);
    assert_eq!(newest.advance(&links[1].1).unwrap(), newest);

    let altered =
        TrustBundle { number: 2, previous: Some(license_format::Digest([1; 32])), ..trust_bundle() };
    let by_nobody = TestKey::named("stranger").seal(&altered);
    assert_eq!(code(newest.advance(&[by_nobody])), "trust-threshold");
}

#[test]
fn a_history_that_is_not_ours_is_a_fork() {
    let state = trust();
    let other_first = TrustBundle { issued: now(), ..trust_bundle() };
    assert_eq!(code(state.advance(&signed(&other_first, [&root()]))), "trust-fork");

    let after_other = next_bundle(&other_first, |_| ());
    assert_eq!(code(state.advance(&signed(&after_other, [&root()]))), "trust-fork");

    let next = next_bundle(&trust_bundle(), |_| ());
    let twin = next_bundle(&trust_bundle(), |twin| twin.issued = now());
    let both = [signed(&next, [&root()]), signed(&twin, [&root()])].concat();
    assert_eq!(code(state.advance(&both)), "trust-fork", "two second bundles in one file");
}

#[test]
fn another_vendor_does_not_take_over() {
    let next = next_bundle(&trust_bundle(), |next| next.vendor = testing::label("Example Softvvare"));
    assert_eq!(code(trust().advance(&signed(&next, [&root()]))), "vendor");
}

#[test]
fn weak_keys_do_not_come_in_with_a_bundle() {
    let weak = license_format::PublicKey([0; 32]);
    let next = next_bundle(&trust_bundle(), |next| next.keys[0].public_key = weak);
    assert_eq!(code(trust().advance(&signed(&next, [&root()]))), "key-weak");
}

#[test]
fn the_stored_file_brings_the_same_state_back() {
    let links = chain(3);
    let list = record().seal(&revocation_list());
    let documents: Vec<_> =
        links[1..].iter().flat_map(|(_, documents)| documents.clone()).chain([list]).collect();
    let state = trust().advance(&documents).unwrap();
    assert_eq!(state.revocations_number(), 1);

    let stored = state.to_file().encode();
    let again = TrustState::pin(&UnverifiedFile::read(&stored).unwrap()).unwrap();
    assert_eq!(again, state);
    assert_eq!(again.to_file().encode(), stored);
}

#[test]
fn what_travels_along_leads_those_behind_here() {
    let links = chain(2);
    let ahead = trust().advance(&links[1].1).unwrap();
    assert_eq!(trust().advance(&ahead.documents()).unwrap(), ahead);

    // Also when the signer itself read its state from a file, from where the old root's signature cannot be judged.
    let read = TrustState::pin(&ahead.to_file()).unwrap();
    assert_eq!(trust().advance(&read.documents()).unwrap().bundle(), ahead.bundle());
}

#[test]
fn documents_fit_a_file_whatever_the_roots() {
    let old = roots(5);
    let new: Vec<TestKey> = (6..=10).map(|at| TestKey::named(&format!("root {at}"))).collect();
    let first = TrustBundle { roots: public(&old), threshold: 3, ..trust_bundle() };
    let next = next_bundle(&first, |next| next.roots = public(&new));
    let list = record().seal(&revocation_list());

    let behind = TrustState::pin(&file(signed(&first, &old))).unwrap();
    let ahead = behind
        .advance(&[signed(&next, old.iter().chain(&new)), vec![list]].concat())
        .expect("all of them signed");
    assert!(ahead.documents().len() <= license_format::limits::TRUST_DOCUMENTS);
    assert_eq!(behind.advance(&ahead.documents()).unwrap(), ahead, "three old and three new are enough");
}

/// Whoever carries a file may add documents to it. Those that no root key of the bundle, or of the one before it, signed go no further.
#[test]
fn documents_of_others_are_not_kept() {
    let kids = |state: &TrustState| Vec::from_iter(state.documents().iter().map(UnverifiedDocument::kid));
    let stranger = TestKey::named("stranger");

    let pinned = TrustState::pin(&file(signed(&trust_bundle(), [&root(), &stranger]))).unwrap();
    assert_eq!(kids(&pinned), [root().kid()]);

    let next = next_bundle(&trust_bundle(), |_| ());
    let moved = pinned.advance(&signed(&next, [&stranger, &root()])).unwrap();
    assert_eq!(kids(&moved), [root().kid()]);
}

/// A file that is good now is good when it comes again, and one that is not never was: what is held does not help it.
#[test]
fn a_part_of_the_bundle_that_is_held_is_too_little() {
    let keys = roots(3);
    let state = TrustState::pin(&file(signed(&of_three(2), &keys[..2]))).unwrap();
    let next = signed(&next_bundle(&of_three(2), |_| ()), &keys[..2]);
    for part in [&keys[..1], &keys[1..2], &keys[2..]] {
        let part = signed(&of_three(2), part);
        assert_eq!(code(state.advance(&part)), "trust-threshold", "alone");
        assert_eq!(code(state.advance(&[part, next.clone()].concat())), "trust-threshold", "with the next");
    }
    for whole in [&keys[..2], &keys[1..], &keys[..]] {
        assert_eq!(state.advance(&signed(&of_three(2), whole)).unwrap(), state);
    }
}

#[test]
fn two_lists_with_one_number_are_a_fork_wherever_they_stand() {
    let list = |number: u64, license: u8| {
        record().seal(&RevocationList {
            number,
            licenses: vec![LicenseId([license; 16])],
            ..revocation_list()
        })
    };
    let state = trust().advance(&[list(5, 0)]).unwrap();
    for lists in [
        vec![list(3, 1), list(3, 2)],
        vec![list(3, 1), list(7, 1), list(3, 2)],
        vec![list(7, 1), list(7, 2)],
        vec![list(9, 1), list(5, 1)],
    ] {
        assert_eq!(code(state.advance(&lists)), "revocation-fork");
    }
    assert_eq!(state.advance(&[list(5, 0), list(3, 1), list(3, 1)]).unwrap(), state);
}

#[test]
fn revocation_lists_only_rise() {
    let list = |number: u64| RevocationList { number, ..revocation_list() };
    let state = trust().advance(&[record().seal(&list(2))]).unwrap();
    assert_eq!(state.revocations_number(), 2);

    assert_eq!(state.advance(&[record().seal(&list(1))]).unwrap(), state, "older");
    assert_eq!(state.advance(&[record().seal(&list(2))]).unwrap(), state, "the same");
    assert_eq!(state.advance(&[record().seal(&list(7))]).unwrap().revocations_number(), 7, "newer");

    let twin = RevocationList { licenses: vec![LicenseId([9; 16])], ..list(2) };
    assert_eq!(code(state.advance(&[record().seal(&twin)])), "revocation-fork");
    assert_eq!(code(state.advance(&[testing::issuing().seal(&list(3))])), "key-not-for-kind");
    let early = RevocationList { issued: now().minus(40 * DAY), ..list(3) };
    assert_eq!(code(state.advance(&[record().seal(&early)])), "key-window");
}

#[test]
fn a_list_outlives_a_bundle_only_with_its_key() {
    let list = record().seal(&RevocationList { number: 1 << 40, ..revocation_list() });
    let state = trust().advance(&[list]).unwrap();

    let same_key = next_bundle(&trust_bundle(), |_| ());
    let kept = state.advance(&signed(&same_key, [&root()])).unwrap();
    assert_eq!(kept.revocations_number(), 1 << 40);

    // The key leaked, and signed a number that nobody can reach. The next bundle does away with both.
    let new = TestKey::named("record 2");
    let other_key = next_bundle(&trust_bundle(), |next| {
        next.keys[1] = key_entry(&new, &[Kind::RevocationList, Kind::Checkpoint]);
    });
    let fresh = new.seal(&revocation_list());
    let cleared = state.advance(&[signed(&other_key, [&root()]), vec![fresh]].concat()).unwrap();
    assert_eq!(cleared.revocations_number(), 1);
}

#[test]
fn the_root_fingerprint_is_of_the_roots_and_the_threshold_alone() {
    let keys = roots(3);
    let pinned =
        |bundle: &TrustBundle| TrustState::pin(&file(signed(bundle, &keys))).unwrap().root_fingerprint();
    let fingerprint = pinned(&of_three(2));
    assert_eq!(fingerprint.to_string().len(), 8 * 4 + 7);

    let mut turned = of_three(2);
    turned.roots.reverse();
    turned.keys.pop();
    assert_eq!(pinned(&turned), fingerprint);
    assert_ne!(pinned(&of_three(3)), fingerprint);
    assert_ne!(trust().root_fingerprint(), fingerprint);
}

#[test]
fn a_license_is_no_trust_file() {
    let license = testing::seal_answer(&testing::license(license_format::LicenseType::Desktop));
    assert_eq!(code(TrustState::pin(&license)), "wrong-kind");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Trust is where the newest bundle is, in whatever order and how often its documents come, and never goes back.
    #[test]
    fn order_and_repetition_do_not_matter(
        start in 0_usize..4,
        picks in proptest::collection::vec(0_usize..8, 1..20),
    ) {
        let links = chain(4);
        let documents: Vec<UnverifiedDocument> =
            links.iter().flat_map(|(_, documents)| documents.clone()).collect();
        let state = TrustState::pin(&file(links[start].1.clone())).unwrap();
        let brought: Vec<UnverifiedDocument> =
            picks.iter().filter_map(|at| documents.get(*at).cloned()).collect();
        if let Ok(next) = state.advance(&brought) {
            prop_assert!(next.bundle().number >= state.bundle().number);
            prop_assert_eq!(next.bundle(), &links[next.bundle().number as usize - 1].0);
            // The same news once more change nothing.
            prop_assert_eq!(next.advance(&brought).unwrap(), next);
        }
    }
}
