//! One set of demands on all three backends.

use std::thread;

use ed25519_dalek::{Signature, VerifyingKey};
use license_format::UnverifiedFile;
use signer::keys::{FileKey, MemoryKey, Passphrase, SigningBackend, TokenError, TokenKey};
use verifier::{TrustState, testing};

use crate::{PIN, address, alone, pin};

/// What a signature must be like, whoever makes it.
fn demand_signatures(key: &dyn SigningBackend) {
    let public = VerifyingKey::from_bytes(&key.public_key().0).expect("a point");
    assert!(!public.is_weak());
    for length in [0, 1, 31, 32, 33, 700, 4096, 100_000] {
        let message = vec![b'w'; length];
        let signature = key.sign(&message).expect("signed");
        public
            .verify_strict(&message, &Signature::from_bytes(&signature))
            .unwrap_or_else(|error| panic!("{length} bytes: {error}"));
        assert_eq!(key.sign(&message).expect("signed"), signature, "RFC 8032 signatures are deterministic");
    }
    assert_ne!(key.sign(b"one").expect("signed"), key.sign(b"two").expect("signed"));
}

/// Its documents are believed by a proxy that trusts it, and by no other.
fn demand_documents(key: &dyn SigningBackend) {
    let bundle = testing::next_bundle(&testing::trust_bundle(), |bundle| {
        bundle.keys[0].public_key = key.public_key();
    });
    let bundle = testing::root().seal(&bundle);
    let trust = testing::trust();
    let trust: TrustState = trust.advance(&[bundle]).expect("the next bundle");
    let license = testing::license(license_format::LicenseType::Desktop);
    let document =
        license_format::UnverifiedDocument::seal(&license, key.thumbprint(), |bytes| key.sign(bytes))
            .expect("signed");
    let file = UnverifiedFile::of(document);
    verifier::verify_answer(&file, &trust).expect("a genuine license");
    let stranger = verifier::verify_answer(&file, &testing::trust()).expect_err("not for others");
    assert_eq!(stranger.code(), "key-unknown");
}

/// Several may sign at once.
fn demand_company(key: &dyn SigningBackend) {
    let public = VerifyingKey::from_bytes(&key.public_key().0).expect("a point");
    thread::scope(|threads| {
        for worker in 0..4_u8 {
            threads.spawn(move || {
                for number in 0..50_u8 {
                    let message = [worker, number];
                    let signature = Signature::from_bytes(&key.sign(&message).expect("signed"));
                    public.verify_strict(&message, &signature).expect("of this very message");
                }
            });
        }
    });
}

fn demand_all(key: &dyn SigningBackend) {
    demand_signatures(key);
    demand_documents(key);
    demand_company(key);
}

#[test]
fn a_key_in_memory() {
    demand_all(&MemoryKey::generate(&mut |out: &mut [u8]| out.fill(7)));
}

#[test]
fn a_key_in_a_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let passphrase = Passphrase::new("correct horse".to_owned()).expect("long enough");
    let path = dir.path().join("issuing-1.key");
    let key = FileKey::create(&path, &passphrase, &mut |out: &mut [u8]| out.fill(9)).expect("made");
    demand_all(&key);
    demand_all(&FileKey::open(&path, &passphrase).expect("opened"));
}

#[test]
fn a_key_on_a_token() {
    let _alone = alone();
    let made = TokenKey::create(address("keys", "issuing-1"), pin(PIN)).expect("made");
    demand_all(&made);
    let opened = TokenKey::open(address("keys", "issuing-1"), pin(PIN)).expect("opened");
    assert_eq!(made.public_key(), opened.public_key());
    demand_all(&opened);

    let again = TokenKey::create(address("keys", "issuing-1"), pin(PIN)).expect_err("never replaced");
    assert!(matches!(again, TokenError::KeyExists { .. }), "{again}");
    let after = TokenKey::open(address("keys", "issuing-1"), pin(PIN)).expect("opened");
    assert_eq!(after.public_key(), made.public_key());

    let other = TokenKey::create(address("keys", "issuing-2"), pin(PIN)).expect("made");
    assert_ne!(other.public_key(), made.public_key());
}
