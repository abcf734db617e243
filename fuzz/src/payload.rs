//! One payload, one spelling, of every kind; and what people are shown of it is safe to show.

use std::fmt::Debug;

use cbor4ii::core::{enc::Encode, types, utils::BufWriter};
use license_format::{
    Kind, UnverifiedDocument, UnverifiedFile,
    payload::{
        ActivationRequest, Checkpoint, DeactivationReceipt, DeactivationRequest, License, Payload,
        RefreshRequest, Refusal, RevocationList, SupportBundle, TrustBundle,
    },
    readable,
};

use crate::{Law, armour, seeds};

/// An input is the kind's place in `Kind::ALL`, in one byte, and a payload.
pub(crate) const LAW: Law = Law {
    name: "payload",
    says: "a payload that is read is written again as the same bytes, and its lines are safe to show",
    check,
    seeds: || seeds::distinct(seeds::documents().iter().map(input)),
};

fn input(document: &UnverifiedDocument) -> Vec<u8> {
    let place = Kind::ALL.iter().position(|kind| *kind == document.kind()).expect("every kind is in ALL");
    [&[place as u8], document.payload_bytes()].concat()
}

fn check(input: &[u8]) {
    let Some((place, payload)) = input.split_first() else { return };
    let Some(kind) = Kind::ALL.get(usize::from(*place)) else { return };
    let Ok(document) = UnverifiedDocument::decode(&around(*kind, payload)) else { return };
    match kind {
        Kind::ActivationRequest => holds::<ActivationRequest>(document),
        Kind::RefreshRequest => holds::<RefreshRequest>(document),
        Kind::DeactivationRequest => holds::<DeactivationRequest>(document),
        Kind::License => holds::<License>(document),
        Kind::DeactivationReceipt => holds::<DeactivationReceipt>(document),
        Kind::Refusal => holds::<Refusal>(document),
        Kind::TrustBundle => holds::<TrustBundle>(document),
        Kind::RevocationList => holds::<RevocationList>(document),
        Kind::Checkpoint => holds::<Checkpoint>(document),
        Kind::SupportBundle => holds::<SupportBundle>(document),
    }
}

fn holds<P: Payload + PartialEq + Debug>(document: UnverifiedDocument) {
    let Ok(payload) = document.decode_unverified::<P>() else { return };
    assert_eq!(payload.check(), Ok(()), "a payload is read that nobody may write");
    assert_eq!(license_format::encode(&payload), document.payload_bytes(), "the payload has two spellings");

    let lines = readable(&document).expect("whatever is read can be shown");
    assert!(!lines.is_empty());
    for line in &lines {
        assert!(line.contains(": "), "{line:?} is no `Name: value`");
        assert!(!line.chars().any(char::is_control), "{line:?} controls the screen");
        assert!(!line.contains("-----"), "{line:?} could end the block");
    }
    armour::holds(&UnverifiedFile::of(document));
}

/// The bytes of a document of this kind with a payload of any bytes, by the second reader's writer.
pub(crate) fn around(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let typ = kind.media_type();
    let mut protected = BufWriter::new(vec![0xa3, 0x01, 0x32, 0x04]);
    types::Bytes(&[7; 32][..]).encode(&mut protected).expect("memory");
    16_u64.encode(&mut protected).expect("memory");
    typ.as_str().encode(&mut protected).expect("memory");

    let mut document = BufWriter::new(vec![0xd2, 0x84]);
    types::Bytes(protected.buffer()).encode(&mut document).expect("memory");
    types::Map(&[][..] as &[(u64, u64)]).encode(&mut document).expect("memory");
    types::Bytes(payload).encode(&mut document).expect("memory");
    types::Bytes(&[9; 64][..]).encode(&mut document).expect("memory");
    document.into_inner()
}
