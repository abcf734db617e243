//! Genuine or not: no altered byte passes, and a good signature alone is not enough.

use license_format::{
    DAY, Digest, InclusionProof, Kind, LicenseType, UnverifiedDocument, UnverifiedFile,
    payload::{Checkpoint, License, RevocationList, TrustBundle},
};
use proptest::prelude::*;
use verifier::{
    TrustState, VerifiedAnswer, VerifyError,
    log::{leaf_hash, node_hash},
    testing::{
        self, TestKey, activation_request, installation, issuing, license, next_bundle, now, record,
        revocation_list, root, seal_answer, trust, trust_bundle,
    },
    verify::verify_support_bundle,
    verify_answer, verify_request,
};

fn code<T: std::fmt::Debug>(result: Result<T, VerifyError>) -> &'static str {
    result.expect_err("this should be refused").code()
}

fn desktop() -> License {
    license(LicenseType::Desktop)
}

/// A license with all that can travel along: the bundle that is known, a newer one, a revocation list, a checkpoint, a proof.
fn full_file() -> UnverifiedFile {
    let license = issuing().seal(&desktop());
    let sibling = Digest([5; 32]);
    let checkpoint = Checkpoint {
        root: node_hash(&leaf_hash(&license.digest()), &sibling),
        size: 2,
        issued: now(),
        origin: testing::label("log.example.com/waybill"),
        version: 1,
    };
    let next = next_bundle(&trust_bundle(), |next| next.issued = now());
    UnverifiedFile {
        document: license,
        trust: vec![
            root().seal(&trust_bundle()),
            root().seal(&next),
            record().seal(&revocation_list()),
            record().seal(&checkpoint),
        ],
        proof: Some(InclusionProof { path: vec![sibling], size: 2, index: 0 }),
    }
}

#[test]
fn the_three_answers_verify_and_say_what_they_say() {
    let (answer, state) = verify_answer(&seal_answer(&desktop()), &trust()).unwrap();
    let VerifiedAnswer::License(verified) = &answer else { panic!("a license") };
    assert_eq!(verified.payload(), &desktop());
    assert_eq!(verified.kid(), issuing().kid());
    assert_eq!(verified.digest(), issuing().seal(&desktop()).digest());
    assert_eq!(answer.installation(), installation().kid());
    assert_eq!(answer.license_type(), LicenseType::Desktop);
    assert_eq!((answer.counter(), answer.record(), answer.issued()), (1, 1, now()));
    assert_eq!(answer.answers(), desktop().answers);
    assert_eq!(state, trust());

    let receipt = testing::receipt(LicenseType::Mobile);
    let (answer, _) = verify_answer(&seal_answer(&receipt), &trust()).unwrap();
    assert!(matches!(&answer, VerifiedAnswer::Receipt(verified) if verified.payload() == &receipt));

    let refusal = testing::refusal(LicenseType::Farm);
    let (answer, _) = verify_answer(&seal_answer(&refusal), &trust()).unwrap();
    assert!(matches!(&answer, VerifiedAnswer::Refusal(verified) if verified.payload() == &refusal));
}

#[test]
fn what_travels_along_is_taken() {
    let (_, state) = verify_answer(&full_file(), &trust()).unwrap();
    assert_eq!(state.bundle().number, 2);
    assert_eq!(state.revocations_number(), 1);
}

/// The bytes of a good file, each altered in every way that leaves one file: nothing of it may pass.
#[test]
fn no_altered_byte_of_a_file_verifies() {
    for (name, file) in [("bare", seal_answer(&desktop())), ("full", full_file())] {
        let good = file.encode();
        assert!(verifies(&good), "{name}");
        for at in 0..good.len() {
            for mask in [0x01, 0x20, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= mask;
                assert!(!verifies(&bad), "{name}: byte {at} of {} altered by {mask:#04x}", good.len());
            }
        }
        for at in 0..good.len() {
            assert!(!verifies(&good[..at]), "{name}: cut off at {at}");
        }
    }
}

#[test]
fn no_altered_byte_of_a_request_verifies() {
    let good = UnverifiedFile::of(installation().seal(&activation_request(LicenseType::Desktop))).encode();
    let verifies =
        |bytes: &[u8]| UnverifiedFile::read(bytes).is_ok_and(|file| verify_request(&file.document).is_ok());
    assert!(verifies(&good));
    for at in 0..good.len() {
        for mask in [0x01, 0x20, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= mask;
            assert!(!verifies(&bad), "byte {at} altered by {mask:#04x}");
        }
    }
}

#[test]
fn no_altered_byte_of_a_trust_file_is_pinned() {
    let good = testing::trust_file().encode();
    let pins = |bytes: &[u8]| UnverifiedFile::read(bytes).is_ok_and(|file| TrustState::pin(&file).is_ok());
    assert!(pins(&good));
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x01;
        assert!(!pins(&bad), "byte {at}");
    }
}

fn verifies(bytes: &[u8]) -> bool {
    UnverifiedFile::read(bytes).is_ok_and(|file| verify_answer(&file, &trust()).is_ok())
}

#[test]
fn an_answer_is_not_a_request_nor_the_other_way_round() {
    let request = installation().seal(&activation_request(LicenseType::Desktop));
    assert_eq!(code(verify_answer(&UnverifiedFile::of(request), &trust())), "wrong-kind");
    assert_eq!(code(verify_request(&issuing().seal(&desktop()))), "wrong-kind");
    assert_eq!(code(verify_answer(&testing::trust_file(), &trust())), "wrong-kind");
}

/// The kind is part of what is signed: a signature of one kind is worth nothing under another.
#[test]
fn a_signature_does_not_change_its_kind() {
    let good = seal_answer(&testing::refusal(LicenseType::Desktop)).encode();
    for kind in [Kind::License, Kind::DeactivationReceipt] {
        let (from, to) = (Kind::Refusal.media_type(), kind.media_type());
        let at = good.windows(from.len()).position(|part| part == from.as_bytes()).expect("its type");
        let header = good.windows(2).position(|part| part == [0xa3, 0x01]).expect("its header");
        let mut relabeled = good.clone();
        relabeled.splice(at..at + from.len(), to.bytes());
        // The lengths before the type and before the header.
        relabeled[at - 1] = to.len() as u8;
        relabeled[header - 1] += (to.len() - from.len()) as u8;
        let file = UnverifiedFile::read(&relabeled).expect("a file of the right form");
        assert_eq!(file.document.kind(), kind);
        assert_eq!(code(verify_answer(&file, &trust())), "signature");
    }
}

#[test]
fn a_request_is_signed_by_the_key_that_it_carries() {
    let request = activation_request(LicenseType::Desktop);
    let verified = verify_request(&installation().seal(&request)).unwrap();
    assert_eq!(verified.installation(), installation().kid());
    assert_eq!(verified.public_key(), installation().public_key());
    assert_eq!(verified.request().chain(), &request.chain);

    let error = verify_request(&TestKey::named("thief").seal(&request)).unwrap_err();
    let (kid, carried) = (TestKey::named("thief").kid(), installation().kid());
    assert_eq!(error, VerifyError::KeyMismatch { kid, carried });
}

#[test]
fn the_news_is_taken_before_the_answer_is_judged() {
    // The second bundle drops the key that signed the license: brought together, the license is not believed.
    let next = next_bundle(&trust_bundle(), |next| {
        next.keys.remove(0);
    });
    let file = UnverifiedFile { trust: vec![root().seal(&next)], ..seal_answer(&desktop()) };
    assert_eq!(code(verify_answer(&file, &trust())), "key-unknown");

    // A list that travels along revokes the license itself.
    let list = RevocationList { licenses: vec![desktop().id], ..revocation_list() };
    let file = UnverifiedFile { trust: vec![record().seal(&list)], ..seal_answer(&desktop()) };
    assert_eq!(code(verify_answer(&file, &trust())), "license-revoked");
}

#[test]
fn revoked_keys_are_not_believed() {
    let with = |kid| {
        let list = RevocationList { keys: vec![kid], ..revocation_list() };
        trust().advance(&[record().seal(&list)]).unwrap()
    };
    assert_eq!(code(verify_answer(&seal_answer(&desktop()), &with(issuing().kid()))), "key-revoked");
    assert_eq!(code(verify_answer(&seal_answer(&desktop()), &with(installation().kid()))), "key-revoked");

    // A yes to a deactivation harms nobody, and a revoked installation may need it.
    let receipt = seal_answer(&testing::receipt(LicenseType::Desktop));
    assert!(verify_answer(&receipt, &with(installation().kid())).is_ok());
}

#[test]
fn the_floor_keeps_old_trust_from_new_licenses() {
    let license =
        License { floor: license_format::payload::Floor { bundle: 2, revocations: 1 }, ..desktop() };
    let alone = seal_answer(&license);
    assert_eq!(
        verify_answer(&alone, &trust()).unwrap_err(),
        VerifyError::FloorBundle { needed: 2, known: 1 }
    );

    let next = root().seal(&next_bundle(&trust_bundle(), |_| ()));
    let bundle_only = UnverifiedFile { trust: vec![next.clone()], ..alone.clone() };
    let error = verify_answer(&bundle_only, &trust()).unwrap_err();
    assert_eq!(error, VerifyError::FloorRevocations { needed: 1, known: 0 });

    let both = UnverifiedFile { trust: vec![next, record().seal(&revocation_list())], ..alone };
    assert!(verify_answer(&both, &trust()).is_ok());
}

#[test]
fn a_key_signs_only_in_its_time() {
    let pinned = |change: fn(&mut TrustBundle)| {
        let mut bundle = trust_bundle();
        change(&mut bundle);
        TrustState::pin(&UnverifiedFile::of(root().seal(&bundle))).unwrap()
    };
    let judged = |trust: &TrustState| verify_answer(&seal_answer(&desktop()), trust);

    assert!(judged(&pinned(|bundle| bundle.keys[0].from = now())).is_ok());
    assert_eq!(code(judged(&pinned(|bundle| bundle.keys[0].from = now().plus(1)))), "key-window");
    assert!(judged(&pinned(|bundle| bundle.keys[0].until = now().plus(1))).is_ok());
    assert_eq!(code(judged(&pinned(|bundle| bundle.keys[0].until = now()))), "key-window");
    assert!(judged(&pinned(|bundle| bundle.keys[0].distrusted_since = Some(now().plus(1)))).is_ok());
    let distrusted = pinned(|bundle| bundle.keys[0].distrusted_since = Some(now()));
    assert_eq!(code(judged(&distrusted)), "key-distrusted");
}

#[test]
fn a_proof_leads_to_a_checkpoint_that_travels_along() {
    let good = full_file();
    let without = UnverifiedFile { trust: good.trust[..3].to_vec(), ..good.clone() };
    assert_eq!(code(verify_answer(&without, &trust())), "proof-without-checkpoint");

    let proof = InclusionProof { index: 1, ..good.proof.clone().unwrap() };
    let moved = UnverifiedFile { proof: Some(proof), ..good.clone() };
    assert_eq!(code(verify_answer(&moved, &trust())), "proof-mismatch");

    // Another answer of the same signer in the proof's place.
    let other = UnverifiedFile { document: issuing().seal(&License { counter: 2, ..desktop() }), ..good };
    assert_eq!(code(verify_answer(&other, &trust())), "proof-mismatch");
}

#[test]
fn the_first_fault_decides() {
    // A license of a stranger, for another vendor, out of its time: the key is asked for first.
    let wrong = License { vendor: testing::label("Somebody"), issued: now().minus(900 * DAY), ..desktop() };
    let file = UnverifiedFile::of(TestKey::named("stranger").seal(&wrong));
    assert_eq!(code(verify_answer(&file, &trust())), "key-unknown");
    // By the right key: its time comes before the vendor.
    assert_eq!(code(verify_answer(&seal_answer(&wrong), &trust())), "key-window");
    let now_wrong = License { issued: now(), ..wrong };
    assert_eq!(code(verify_answer(&seal_answer(&now_wrong), &trust())), "vendor");
}

#[test]
fn a_support_bundle_is_verified_with_the_key_of_its_installation() {
    let request = activation_request(LicenseType::Desktop);
    let bundle = license_format::payload::SupportBundle {
        clock: request.clock,
        lines: vec![testing::label("desktop: active")],
        slots: request.chain.slots,
        program: testing::label("waybill-proxy 0.1.0"),
        version: 1,
        installation: request.installation.named(),
    };
    let document = installation().seal(&bundle);
    assert!(verify_support_bundle(&document, &installation().public_key()).is_ok());
    let other = TestKey::named("installation 2");
    assert_eq!(code(verify_support_bundle(&document, &other.public_key())), "key-mismatch");
    assert_eq!(code(verify_support_bundle(&other.seal(&bundle), &other.public_key())), "key-mismatch");
}

#[test]
fn every_refusal_has_a_code_a_sentence_and_a_next_step() {
    let errors = [
        verify_answer(&testing::trust_file(), &trust()).unwrap_err(),
        verify_answer(&UnverifiedFile::of(TestKey::named("x").seal(&desktop())), &trust()).unwrap_err(),
        VerifyError::TrustGap { known: 1, found: 3 },
        VerifyError::FloorBundle { needed: 2, known: 1 },
    ];
    for error in errors {
        assert!(error.code().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{error:?}");
        assert!(!error.to_string().is_empty() && error.next_step().ends_with('.'), "{error:?}");
    }
}

/// One way to damage a file.
#[derive(Debug, Clone)]
enum Damage {
    Replace(usize, u8),
    Insert(usize, u8),
    Remove(usize, usize),
    Swap(usize, usize),
    Double(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        (any::<usize>(), 1_usize..80).prop_map(|(at, len)| Damage::Remove(at, len)),
        (any::<usize>(), any::<usize>()).prop_map(|(one, other)| Damage::Swap(one, other)),
        (any::<usize>(), 1_usize..80).prop_map(|(at, len)| Damage::Double(at, len)),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>) {
    let len = bytes.len();
    match *damage {
        Damage::Replace(at, byte) => bytes[at % len] = byte,
        Damage::Insert(at, byte) => bytes.insert(at % len, byte),
        Damage::Remove(at, count) => {
            let at = at % len;
            bytes.drain(at..(at + count).min(len));
        }
        Damage::Swap(one, other) => bytes.swap(one % len, other % len),
        Damage::Double(at, count) => {
            let at = at % len;
            let part = bytes[at..(at + count).min(len)].to_vec();
            bytes.splice(at..at, part);
        }
    }
}

proptest! {
    /// Whatever was done to a file on the way, what verifies is what was signed.
    #[test]
    fn a_damaged_file_never_verifies(damages in proptest::collection::vec(damage(), 1..4)) {
        let good = full_file().encode();
        let mut bad = good.clone();
        damages.iter().for_each(|damage| {
            if !bad.is_empty() {
                apply(damage, &mut bad);
            }
        });
        prop_assert!(bad == good || !verifies(&bad));
    }

    /// Nobody's signature but the named key's is one, whatever is said about the key.
    #[test]
    fn a_strangers_answer_never_verifies(seats in 0_u64..1000, name in "[a-z]{1,8}", borrowed in any::<bool>()) {
        let stranger = TestKey::named(&name);
        let mut answer = desktop();
        answer.grants[0].seats = seats;
        let kid = if borrowed { issuing().kid() } else { stranger.kid() };
        let sign = |bytes: &[u8]| Ok::<_, std::convert::Infallible>(stranger.sign(bytes));
        let document = UnverifiedDocument::seal(&answer, kid, sign).unwrap();
        prop_assert!(verify_answer(&UnverifiedFile::of(document), &trust()).is_err());
    }
}
