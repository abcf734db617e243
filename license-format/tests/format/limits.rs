//! Each limit of `limits.rs`: what lies at it is taken, and what lies just over it is refused.

use license_format::{
    Kind, Label, LicenseType, Metric, Payload, Timestamp, Token, UnverifiedDocument, UnverifiedFile,
    limits::{
        ARMOUR_BYTES, DEPTH, FEATURES, FILE_BYTES, FINGERPRINT_PARTS, GRANTS, INTEGER, ITEMS, LABEL_BYTES,
        OPEN_REQUESTS, PAYLOAD_BYTES, PERIOD, PROOF_PATH, REVOKED, ROOT_KEYS, SUPPORT_BYTES, SUPPORT_LINES,
        TIMESTAMP, TOKEN_BYTES, TRUST_DOCUMENTS, TRUSTED_KEYS, USAGE_LINES,
    },
    payload::{
        ActivationRequest, Checkpoint, DeactivationRequest, FeatureValue, License, RefreshRequest,
        RevocationList, SupportBundle, TrustBundle,
    },
};
use test_vectors::kit::{Item, Key, Sign1, list};

use crate::any;

/// The file of a vector.
fn file(name: &str) -> UnverifiedFile {
    UnverifiedFile::read(&test_vectors::named(name).file).expect("a good vector")
}

/// The payload of the good file of a kind.
fn good<P: Payload>() -> P {
    file(&format!("valid-{}", P::KIND.name())).document.decode_unverified().expect("a good vector")
}

/// The payload keeps its rules, and is read as it was written.
fn taken<P: Payload + PartialEq + std::fmt::Debug>(payload: &P) {
    assert_eq!(payload.check(), Ok(()));
    let document = any::seal(payload, license_format::Thumbprint([7; 32]), [9; 64]);
    assert_eq!(UnverifiedDocument::decode(&document.encode()).as_ref(), Ok(&document));
    assert_eq!(document.decode_unverified::<P>().as_ref(), Ok(payload));
}

/// The payload breaks the rule of which these words speak.
fn refused<P: Payload>(payload: &P, words: &str) {
    let error = payload.check().expect_err("over a limit");
    assert_eq!(error.code(), "payload-rule");
    assert!(error.to_string().contains(words), "{error}");
}

/// The code with which a payload of these bytes is refused.
fn code(payload: Vec<u8>) -> &'static str {
    let document = Sign1::sealed_bytes(&Key::test_only("limits"), Kind::Checkpoint.name(), payload).encode();
    let decoded =
        UnverifiedDocument::decode(&document).and_then(|document| document.decode_unverified::<Checkpoint>());
    decoded.err().map_or("accept", |error| error.code())
}

fn label(bytes: usize) -> Result<Label, license_format::TextError> {
    "m".repeat(bytes).parse()
}

#[test]
fn bytes_of_a_file() {
    let of = |len: usize| {
        let mut bytes = vec![0; len];
        bytes[..3].copy_from_slice(&[0xd9, 0xd9, 0xf7]);
        UnverifiedFile::read(&bytes).expect_err("zeros").code()
    };
    assert_eq!(of(FILE_BYTES), "container-shape");
    assert_eq!(of(FILE_BYTES + 1), "too-large");
}

#[test]
fn bytes_of_an_armoured_text() {
    let file = file("valid-license");
    let mut text = file.armour().expect("lines");
    text.extend(std::iter::repeat_n(' ', ARMOUR_BYTES - text.len()));
    assert_eq!(UnverifiedFile::read(text.as_bytes()), Ok(file));
    text.push(' ');
    assert_eq!(UnverifiedFile::read(text.as_bytes()).expect_err("a space too many").code(), "too-large");
    // Which is asked before it is known what the text is.
    let code = |len: usize| UnverifiedFile::read(&vec![b'x'; len]).expect_err("a letter").code();
    assert_eq!((code(ARMOUR_BYTES), code(ARMOUR_BYTES + 1)), ("not-waybill", "too-large"));
}

/// The largest binary file fits an armoured text, also in UTF-16.
#[test]
fn every_file_has_room_in_armour() {
    let base64_lines = FILE_BYTES.div_ceil(3) * 4 * 65 / 64;
    assert!(2 * (base64_lines + 16 * 1024) < ARMOUR_BYTES);
}

#[test]
fn bytes_of_a_payload() {
    let key = Key::test_only("limits");
    let at = Sign1::sealed_bytes(&key, "support-bundle", vec![0; PAYLOAD_BYTES]).encode();
    assert_eq!(UnverifiedDocument::decode(&at).expect("an envelope").payload_bytes().len(), PAYLOAD_BYTES);
    let over = Sign1::sealed_bytes(&key, "support-bundle", vec![0; PAYLOAD_BYTES + 1]).encode();
    assert_eq!(UnverifiedDocument::decode(&over).expect_err("a byte too many").code(), "too-large");
}

#[test]
fn nesting() {
    let arrays = |depth: usize| (1..depth).fold(list::<Item>([]), |inside, _| list([inside])).encode();
    assert_eq!(code(arrays(DEPTH)), "payload-shape");
    assert_eq!(code(arrays(DEPTH + 1)), "cbor-too-deep");
}

#[test]
fn items_of_a_payload() {
    // The array itself is an item too.
    let items = |count: usize| list(vec![Item::from(true); count - 1]).encode();
    assert_eq!(code(items(ITEMS)), "payload-shape");
    assert_eq!(code(items(ITEMS + 1)), "cbor-too-many-items");
}

#[test]
fn integers() {
    assert_eq!(code(Item::Unsigned(INTEGER).encode()), "payload-shape");
    assert_eq!(code(Item::Unsigned(INTEGER + 1).encode()), "cbor-integer-range");
    // Negative n is the value -1 - n.
    assert_eq!(code(Item::Negative(INTEGER - 1).encode()), "payload-shape");
    assert_eq!(code(Item::Negative(INTEGER).encode()), "cbor-integer-range");
    taken(&Checkpoint { size: INTEGER, ..good() });
    refused(&Checkpoint { size: INTEGER + 1, ..good() }, "too large");
}

#[test]
fn instants() {
    assert_eq!(Timestamp::from_seconds(TIMESTAMP), Some(Timestamp::MAX));
    assert_eq!(Timestamp::MAX.rfc3339(), "9999-12-31T23:59:59Z");
    assert_eq!(Timestamp::from_seconds(TIMESTAMP + 1), None);
    taken(&Checkpoint { issued: Timestamp::MAX, ..good() });
    assert_eq!(Timestamp::MAX.plus(1), Timestamp::MAX);
}

#[test]
fn documents_that_travel_along() {
    let mut file = file("valid-license");
    let bundle = self::file("valid-trust-bundle").document;
    file.trust = vec![bundle.clone(); TRUST_DOCUMENTS];
    assert_eq!(UnverifiedFile::read(&file.encode()).as_ref(), Ok(&file));
    file.trust.push(bundle);
    assert_eq!(UnverifiedFile::read(&file.encode()).expect_err("one more").code(), "container-trust");
}

#[test]
fn hashes_of_a_proof() {
    let mut file = file("valid-license-with-proof");
    let proof = file.proof.as_mut().expect("a proof");
    (proof.size, proof.path) = (INTEGER, vec![proof.path[0]; PROOF_PATH]);
    assert_eq!(UnverifiedFile::read(&file.encode()).as_ref(), Ok(&file));
    let proof = file.proof.as_mut().expect("a proof");
    proof.path.push(proof.path[0]);
    assert_eq!(UnverifiedFile::read(&file.encode()).expect_err("54").code(), "container-proof");
}

#[test]
fn open_requests() {
    // 32, and the deactivations of the three other slots, which may always be made.
    let most = OPEN_REQUESTS + LicenseType::ALL.len() - 1;
    let with = |open: usize| {
        let mut request: DeactivationRequest = good();
        let counter = open as u64 + 1;
        request.chain.since = None;
        request.chain.open = vec![license_format::Digest([1; 32]); open];
        request.chain.counter = counter;
        let ended = license_format::payload::SlotReport { ended: Some(counter), holding: None };
        request.chain.slots.set(request.license_type, ended);
        request
    };
    taken(&with(most));
    refused(&with(most + 1), "too many open requests");
}

#[test]
fn bytes_of_texts() {
    taken(&Checkpoint { origin: label(LABEL_BYTES).expect("a label"), ..good() });
    assert!(label(LABEL_BYTES + 1).is_err());
    assert!(label(0).is_err());
    assert!("ä".repeat(LABEL_BYTES / 2).parse::<Label>().is_ok());
    assert!("ä".repeat(LABEL_BYTES / 2 + 1).parse::<Label>().is_err());
    let token = |bytes: usize| "t".repeat(bytes).parse::<Token>();
    assert!(token(TOKEN_BYTES).is_ok());
    assert!(token(TOKEN_BYTES + 1).is_err());
    assert!(token(0).is_err());
}

/// There are four metrics, and each may be granted once; so the limit only bounds the work before that is seen.
#[test]
fn grants() {
    let grants = |count: usize| {
        let mut license: License = good();
        license.grants = vec![license.grants[0].clone(); count];
        license
    };
    refused(&grants(0), "1 to 4 grants");
    refused(&grants(GRANTS), "granted twice");
    refused(&grants(GRANTS + 1), "1 to 4 grants");
    let mut all = grants(Metric::ALL.len());
    for (grant, metric) in all.grants.iter_mut().zip(Metric::ALL) {
        grant.metric = metric;
    }
    taken(&all);
}

#[test]
fn features() {
    let with = |count: usize| {
        let mut license: License = good();
        license.grants[0].features = (0..count)
            .map(|number| {
                (format!("f{number}").parse().expect("a token"), FeatureValue::Number(number as u64))
            })
            .collect();
        license
    };
    taken(&with(FEATURES));
    refused(&with(FEATURES + 1), "grant contradicts itself");
}

#[test]
fn fingerprint_parts() {
    let with = |count: usize| {
        let mut request: ActivationRequest = good();
        let part = *request.installation.fingerprint.values().next().expect("a part");
        request.installation.fingerprint =
            (0..count).map(|number| (format!("p{number}").parse().expect("a token"), part)).collect();
        request
    };
    taken(&with(FINGERPRINT_PARTS));
    refused(&with(FINGERPRINT_PARTS + 1), "fingerprint parts");
}

#[test]
fn usage_lines() {
    let with = |count: usize| {
        let mut request: RefreshRequest = good();
        request.usage = vec![request.usage[0].clone(); count];
        request
    };
    taken(&with(USAGE_LINES));
    refused(&with(USAGE_LINES + 1), "too many usage lines");
}

#[test]
fn root_keys() {
    let with = |count: u8| {
        let mut bundle: TrustBundle = good();
        bundle.roots = (0..count).map(|number| license_format::PublicKey([number; 32])).collect();
        bundle
    };
    taken(&with(ROOT_KEYS as u8));
    refused(&with(ROOT_KEYS as u8 + 1), "1 to 5 different root keys");
    refused(&with(0), "1 to 5 different root keys");
}

#[test]
fn keys_of_a_bundle() {
    let with = |count: u8| {
        let mut bundle: TrustBundle = good();
        let entry = bundle.keys[0].clone();
        bundle.keys = (0..count)
            .map(|number| {
                let mut entry = entry.clone();
                entry.public_key = license_format::PublicKey([number; 32]);
                entry
            })
            .collect();
        bundle
    };
    taken(&with(TRUSTED_KEYS as u8));
    refused(&with(TRUSTED_KEYS as u8 + 1), "at most 16 keys");
}

#[test]
fn revoked() {
    let with = |keys: usize, licenses: usize| {
        let mut list: RevocationList = good();
        let number = |at: usize| (at as u32).to_be_bytes().repeat(8);
        list.keys = (0..keys)
            .map(|at| license_format::Thumbprint::from_slice(&number(at)).expect("32 bytes"))
            .collect();
        list.licenses = (0..licenses)
            .map(|at| license_format::LicenseId::from_slice(&number(at)[..16]).expect("16 bytes"))
            .collect();
        list
    };
    taken(&with(REVOKED, 0));
    taken(&with(0, REVOKED));
    refused(&with(1, REVOKED), "too many entries");
}

#[test]
fn support_lines() {
    let with = |count: usize| SupportBundle { lines: vec![label(1).expect("a label"); count], ..good() };
    taken(&with(SUPPORT_LINES));
    refused(&with(SUPPORT_LINES + 1), "too many lines");
}

#[test]
fn support_bytes() {
    let with = |last: usize| {
        let full = SUPPORT_BYTES / LABEL_BYTES;
        let mut lines = vec![label(LABEL_BYTES).expect("a label"); full];
        lines.push(label(last).expect("a label"));
        SupportBundle { lines, ..good() }
    };
    let left = SUPPORT_BYTES % LABEL_BYTES;
    taken(&with(left));
    refused(&with(left + 1), "too long together");
}

#[test]
fn periods() {
    taken(&License { grace: PERIOD, clock_tolerance: PERIOD, ..good() });
    refused(&License { grace: PERIOD + 1, ..good() }, "too long");
    refused(&License { clock_tolerance: PERIOD + 1, ..good() }, "too long");
}
