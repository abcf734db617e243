//! Whoever trusts keys that signed nothing believes nothing.

use std::sync::LazyLock;

use license_format::{
    UnverifiedDocument, UnverifiedFile,
    payload::{Request, TrustBundle},
};
use verifier::{
    TrustState,
    testing::{self, TestKey},
    verify::{verify_checkpoint, verify_support_bundle},
    verify_answer, verify_request,
};

use crate::{Law, seeds};

/// The seeds name the strangers' keys, so that what is looked at is the signatures and not only who is said to have made them.
pub(crate) const LAW: Law = Law {
    name: "stranger",
    says: "nothing verifies under a key that signed nothing",
    check,
    seeds: || {
        let named =
            |document: &UnverifiedDocument| KEYS.iter().map(|key| renamed(document, key)).collect::<Vec<_>>();
        let documents = seeds::documents();
        let files = documents.iter().flat_map(named).map(|document| UnverifiedFile::of(document).encode());
        seeds::distinct(seeds::files().into_iter().chain(files))
    },
};

/// May sign whatever there is: root, issuing, record and installation keys. Nothing but their own bundle was ever signed with them.
static KEYS: LazyLock<[TestKey; 4]> = LazyLock::new(|| {
    ["root", "issuing", "record", "installation"].map(|name| TestKey::named(&format!("stranger's {name}")))
});

static TRUST: LazyLock<TrustState> = LazyLock::new(|| {
    let [root, issuing, record, _] = &*KEYS;
    let mut bundle = testing::trust_bundle();
    bundle.roots = vec![root.public_key()];
    bundle.keys[0].public_key = issuing.public_key();
    bundle.keys[1].public_key = record.public_key();
    TrustState::pin(&UnverifiedFile::of(root.seal(&bundle))).expect("a good bundle")
});

fn check(input: &[u8]) {
    let Ok(file) = UnverifiedFile::read(input) else { return };
    let installation = KEYS[3].public_key();
    assert!(verify_answer(&file, &TRUST).is_err(), "an answer that nobody signed");
    for document in std::iter::once(&file.document).chain(&file.trust) {
        assert!(verify_checkpoint(document, &TRUST).is_err(), "a checkpoint that nobody signed");
        assert!(
            verify_support_bundle(document, &installation).is_err(),
            "a support bundle that nobody signed"
        );
        assert!(verify_request(document).is_err() || !is_ours(document), "a request that nobody signed");
        if let Ok(trust) = TRUST.advance(std::slice::from_ref(document)) {
            assert_eq!(trust, *TRUST, "news that nobody signed");
        }
    }
    if let Ok(trust) = TrustState::pin(&file) {
        assert!(!trust.bundle().roots.contains(&KEYS[0].public_key()), "a trust bundle that nobody signed");
    }
}

/// Whether a request carries a key of ours. Anybody may ask in their own name.
fn is_ours(document: &UnverifiedDocument) -> bool {
    let Ok(request) = Request::decode_unverified(document) else { return false };
    KEYS.iter().any(|key| key.public_key() == request.installation().public_key)
}

/// The document with this key in the place of the one that signed it, in the header and in the payload.
fn renamed(document: &UnverifiedDocument, key: &TestKey) -> UnverifiedDocument {
    let request = Request::decode_unverified(document).ok();
    let bundle = document.decode_unverified::<TrustBundle>().ok();
    let carried = request.map(|request| request.installation().public_key);
    let root = bundle.and_then(|bundle| bundle.roots.first().copied());

    let mut bytes = document.encode();
    replace(&mut bytes, &document.kid().0, &key.kid().0);
    for old in [carried, root].into_iter().flatten() {
        replace(&mut bytes, &old.0, &key.public_key().0);
    }
    UnverifiedDocument::decode(&bytes).expect("another key changes nothing else")
}

fn replace(bytes: &mut [u8], old: &[u8; 32], new: &[u8; 32]) {
    for at in 0..bytes.len().saturating_sub(31) {
        if bytes[at..].starts_with(old) {
            bytes[at..at + 32].copy_from_slice(new);
        }
    }
}
