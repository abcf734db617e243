//! One document, one spelling; and a document is of one kind.

use license_format::{
    FormatError, Kind, UnverifiedDocument,
    payload::{Checkpoint, License, Payload},
    readable,
};

use crate::{Law, seeds};

pub(crate) const LAW: Law = Law {
    name: "document",
    says: "a document that is read is written again as the same bytes, and is of one kind",
    check,
    seeds: || seeds::documents().iter().map(UnverifiedDocument::encode).collect(),
};

fn check(input: &[u8]) {
    let Ok(document) = UnverifiedDocument::decode(input) else { return };
    assert_eq!(document.encode(), input, "the document has two spellings");
    holds(&document);
}

/// What holds for a document wherever it stands.
pub(crate) fn holds(document: &UnverifiedDocument) {
    assert_eq!(UnverifiedDocument::decode(&document.encode()).as_ref(), Ok(document));
    let signed = document.to_be_signed();
    assert!(signed.ends_with(document.payload_bytes()), "the signature does not cover the payload");
    assert!(holds_bytes(signed, document.kid().as_bytes()), "the signature does not cover the key's name");
    assert!(holds_bytes(signed, document.kind().media_type().as_bytes()), "nor the kind");

    // The readable lines exist exactly where the payload does, and a payload is read as its own kind alone.
    let decoded = readable(document);
    assert_eq!(is_of_kind::<License>(document), document.kind() == Kind::License && decoded.is_ok());
    assert_eq!(is_of_kind::<Checkpoint>(document), document.kind() == Kind::Checkpoint && decoded.is_ok());
}

/// Whether the payload is read as one of this kind. Where it says that it is of another, that is the reason not to.
fn is_of_kind<P: Payload>(document: &UnverifiedDocument) -> bool {
    let decoded = document.decode_unverified::<P>();
    let is_wrong_kind = matches!(&decoded, Err(FormatError::WrongKind { .. }));
    assert_eq!(is_wrong_kind, document.kind() != P::KIND);
    decoded.is_ok()
}

fn holds_bytes(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
