//! The laws of the format, tried on many payloads and many bytes.

use license_format::{
    FormatError, Kind, Payload, UnverifiedDocument, UnverifiedFile,
    payload::{
        ActivationRequest, Checkpoint, DeactivationReceipt, DeactivationRequest, License, RefreshRequest,
        Refusal, RevocationList, SupportBundle, TrustBundle,
    },
};
use proptest::{collection::vec, prelude::*, sample::Index};
use test_vectors::kit;

use crate::any;

/// A payload that was written is read as it was.
fn comes_back<P: Payload + PartialEq + std::fmt::Debug>(payload: &P) -> Result<(), TestCaseError> {
    let document = any::seal(payload, license_format::Thumbprint([7; 32]), [9; 64]);
    let read = UnverifiedDocument::decode(&document.encode());
    prop_assert_eq!(read.as_ref(), Ok(&document));
    prop_assert_eq!(&document.decode_unverified::<P>().expect("a payload of our own"), payload);
    prop_assert_eq!(document.payload_bytes(), &license_format::encode(payload)[..]);
    Ok(())
}

proptest! {
    #[test]
    fn activation_requests_come_back(payload in any::activation_request()) { comes_back::<ActivationRequest>(&payload)?; }

    #[test]
    fn refresh_requests_come_back(payload in any::refresh_request()) { comes_back::<RefreshRequest>(&payload)?; }

    #[test]
    fn deactivation_requests_come_back(payload in any::deactivation_request()) { comes_back::<DeactivationRequest>(&payload)?; }

    #[test]
    fn licenses_come_back(payload in any::license()) { comes_back::<License>(&payload)?; }

    #[test]
    fn deactivation_receipts_come_back(payload in any::deactivation_receipt()) { comes_back::<DeactivationReceipt>(&payload)?; }

    #[test]
    fn refusals_come_back(payload in any::refusal()) { comes_back::<Refusal>(&payload)?; }

    #[test]
    fn trust_bundles_come_back(payload in any::trust_bundle()) { comes_back::<TrustBundle>(&payload)?; }

    #[test]
    fn revocation_lists_come_back(payload in any::revocation_list()) { comes_back::<RevocationList>(&payload)?; }

    #[test]
    fn checkpoints_come_back(payload in any::checkpoint()) { comes_back::<Checkpoint>(&payload)?; }

    #[test]
    fn support_bundles_come_back(payload in any::support_bundle()) { comes_back::<SupportBundle>(&payload)?; }

    #[test]
    fn files_come_back(file in any::file()) {
        prop_assert_eq!(UnverifiedFile::read(&file.encode()), Ok(file));
    }

    /// One payload, one spelling: what the kit's own writer makes of the decoded map is what we wrote.
    #[test]
    fn what_is_accepted_is_what_would_be_written(file in any::file(), changes in vec((any::<Index>(), any::<u8>()), 1..4)) {
        let mut bytes = file.encode();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        if let Ok(read) = UnverifiedFile::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
            if let Ok(payload) = read.document.decode_unverified::<License>() {
                prop_assert_eq!(license_format::encode(&payload), read.document.payload_bytes());
            }
        }
    }

    #[test]
    fn a_file_that_was_cut_is_refused(file in any::file(), at in any::<Index>()) {
        let bytes = file.encode();
        prop_assert!(UnverifiedFile::read(&bytes[..at.index(bytes.len())]).is_err());
    }

    #[test]
    fn random_bytes_are_refused(bytes in vec(any::<u8>(), 0..200)) {
        let read = UnverifiedFile::read(&bytes);
        prop_assert!(read.is_err());
        let tagged = [&[0xd9, 0xd9, 0xf7], &bytes[..]].concat();
        prop_assert!(UnverifiedFile::read(&tagged).is_err());
    }

    /// The scanner accepts nothing that a second reader would write otherwise.
    #[test]
    fn what_the_scanner_lets_through_is_deterministic(bytes in cbor_or_nearly()) {
        if scans(&bytes) {
            let value: ciborium::Value = ciborium::from_reader(&bytes[..]).expect("well-formed");
            let mut again = Vec::new();
            ciborium::into_writer(&sorted(value), &mut again).expect("memory");
            prop_assert_eq!(again, bytes);
        }
    }

    /// And it accepts everything of the profile.
    #[test]
    fn the_scanner_lets_the_profile_through(value in profile_value()) {
        let mut bytes = Vec::new();
        ciborium::into_writer(&sorted(value), &mut bytes).expect("memory");
        prop_assert!(scans(&bytes), "{:02x?}", bytes);
    }
}

/// Whether the scanner has nothing against a payload of these bytes. No kind has such a payload, perhaps, which is another matter.
fn scans(payload: &[u8]) -> bool {
    let key = kit::Key::test_only("laws");
    let document = kit::Sign1::sealed_bytes(&key, Kind::Checkpoint.name(), payload.to_vec());
    let document = UnverifiedDocument::decode(&document.encode()).expect("a good envelope");
    match document.decode_unverified::<Checkpoint>() {
        Ok(_) => true,
        Err(error) => !error.code().starts_with("cbor-"),
    }
}

/// A CBOR value of our profile: text keys, no floats, tags and nulls, integers within ±(2^53 − 1), not too deep.
fn profile_value() -> impl Strategy<Value = ciborium::Value> {
    use ciborium::Value;
    let most = license_format::limits::INTEGER as i64;
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        (-most..=most).prop_map(Value::from),
        (-300..300_i64).prop_map(Value::from),
        vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        ".{0,30}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::Array),
            proptest::collection::btree_map(".{0,30}", inner, 0..8).prop_map(|map| Value::Map(
                map.into_iter().map(|(key, value)| (Value::Text(key), value)).collect()
            )),
        ]
    })
}

/// Values of the profile with a few bytes changed, added or removed; and any bytes.
fn cbor_or_nearly() -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<Index>(), any::<u8>(), 0..3_u8), 0..3);
    let nearly = (profile_value(), changes).prop_map(|(value, changes)| {
        let mut bytes = Vec::new();
        ciborium::into_writer(&sorted(value), &mut bytes).expect("memory");
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    });
    prop_oneof![4 => nearly, 1 => vec(any::<u8>(), 0..60)]
}

/// Maps in the order of their encoded keys, all the way down.
fn sorted(value: ciborium::Value) -> ciborium::Value {
    use ciborium::Value;
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Map(pairs) => {
            let mut pairs: Vec<_> = pairs.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            pairs.sort_by_key(|(key, _)| {
                let mut bytes = Vec::new();
                ciborium::into_writer(key, &mut bytes).expect("memory");
                bytes
            });
            Value::Map(pairs)
        }
        other => other,
    }
}

/// Every error has a code of its own, a sentence, and a next step.
#[test]
fn a_refusal_says_what_to_do() {
    let error = UnverifiedFile::read(b"").expect_err("nothing");
    assert_eq!(error, FormatError::Empty);
    assert_eq!(error.code(), "empty");
    assert!(!error.next_step().is_empty());
}
