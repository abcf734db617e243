//! coset reads what we write: a COSE library that we have no hand in agrees on every part, and on what a signature covers.

use coset::{Algorithm, CoseSign1, Label, RegisteredLabelWithPrivate, TaggedCborSerializable, iana};
use license_format::UnverifiedFile;
use proptest::prelude::*;
use test_vectors::{Expect, all};

use crate::any;

proptest! {
    #[test]
    fn coset_reads_what_we_write(document in any::document()) {
        let sign1 = CoseSign1::from_tagged_slice(&document.encode()).expect("COSE_Sign1");
        prop_assert_eq!(sign1.tbs_data(b""), document.to_be_signed());
        prop_assert_eq!(sign1.payload.as_deref(), Some(document.payload_bytes()));
        prop_assert_eq!(&sign1.signature[..], &document.signature()[..]);
        prop_assert!(sign1.unprotected.is_empty());

        let header = &sign1.protected.header;
        let algorithm: Algorithm = RegisteredLabelWithPrivate::Assigned(iana::Algorithm::Ed25519);
        prop_assert_eq!(header.alg.as_ref(), Some(&algorithm));
        prop_assert_eq!(&header.key_id[..], &document.kid().0[..]);
        let typ = ciborium::Value::Text(document.kind().media_type());
        prop_assert_eq!(&header.rest[..], &[(Label::Int(16), typ)][..]);
        prop_assert!(header.crit.is_empty() && header.content_type.is_none());
    }
}

/// The same for the files of the kit, which are nobody's but its own.
#[test]
fn coset_agrees_about_the_vectors() {
    let mut compared = 0;
    for vector in all().into_iter().filter(|vector| vector.expect == Expect::Accept) {
        let Some(tbs) = vector.tbs else { continue };
        let file =
            UnverifiedFile::read(&vector.file).unwrap_or_else(|error| panic!("{}: {error}", vector.name));
        let sign1 = CoseSign1::from_tagged_slice(&file.document.encode()).expect("COSE_Sign1");
        assert_eq!(sign1.tbs_data(b""), tbs, "{}", vector.name);
        compared += 1;
    }
    assert!(compared >= 80, "only {compared} vectors were compared");
}
