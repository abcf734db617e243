//! One variant for each rule of the format, with a stable code. The codes are part of the specification.

use crate::kind::Kind;

/// Why some bytes are not a Waybill file, or not a document of the kind that they say. Nothing was accepted in part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Nothing is there.
    #[error("the file is empty")]
    Empty,
    /// More bytes than `limits` allow for what this is.
    #[error("{what} has {found} bytes; at most {limit} are read")]
    TooLarge {
        /// What was measured.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
        /// The size in bytes, or the first size seen that was too much.
        found: usize,
    },
    /// Neither the binary spelling nor an armoured block.
    #[error("this is not a Waybill file")]
    NotWaybill,

    /// The armoured text is not UTF-8 or UTF-16.
    #[error("the text is neither UTF-8 nor UTF-16")]
    ArmourEncoding,
    /// A block begins and does not end.
    #[error("the block has no END line; the text was cut off")]
    ArmourNoEnd,
    /// More than one block in one text.
    #[error("the text holds more than one Waybill block")]
    ArmourSeveralBlocks,
    /// The BEGIN and END lines and the document inside do not name the same kind.
    #[error("the block is labelled {label:?} but should be {expected:?}")]
    ArmourLabel {
        /// The label found.
        label: String,
        /// The label that belongs there.
        expected: String,
    },
    /// The base 64 is damaged.
    #[error("the base 64 part of the block is damaged")]
    ArmourBase64,
    /// The readable lines are not those that the signed part produces.
    #[error("the readable lines do not say what the signed part says, which is: {expected}")]
    ArmourReadable {
        /// What the lines should say.
        expected: String,
    },

    /// The base 32 of a QR text is damaged.
    #[error("the text of the QR code is damaged")]
    QrBase32,

    /// An item ends before its declared length.
    #[error("the CBOR ends in the middle of an item")]
    CborTruncated,
    /// Bytes follow the item.
    #[error("{extra} bytes follow the end of the CBOR item")]
    CborTrailing {
        /// How many.
        extra: usize,
    },
    /// Maps and arrays nest deeper than `limits::DEPTH`.
    #[error("the CBOR nests too deeply")]
    CborTooDeep,
    /// More items than `limits::ITEMS`.
    #[error("the CBOR has too many items")]
    CborTooManyItems,
    /// An indefinite length.
    #[error("the CBOR uses an indefinite length")]
    CborIndefinite,
    /// An integer or a length written longer than needed.
    #[error("a CBOR number or length is written longer than needed")]
    CborLongHead,
    /// A reserved initial byte.
    #[error("the CBOR uses a reserved value")]
    CborReserved,
    /// An integer outside ±(2^53 − 1).
    #[error("a CBOR integer is outside plus or minus 2^53-1")]
    CborIntegerRange,
    /// A text that is not UTF-8.
    #[error("a CBOR text is not UTF-8")]
    CborUtf8,
    /// A tag inside a payload.
    #[error("the CBOR uses a tag where none is allowed")]
    CborTag,
    /// A floating-point number.
    #[error("the CBOR uses a floating-point number")]
    CborFloat,
    /// A simple value other than false and true: null, undefined, or an unassigned one.
    #[error("the CBOR uses a simple value other than true and false")]
    CborSimple,
    /// A map key that is not a text.
    #[error("a CBOR map key is not a text")]
    CborKeyType,
    /// The same key twice.
    #[error("a CBOR map has the same key twice")]
    CborDuplicateKey,
    /// Keys not in bytewise order.
    #[error("the keys of a CBOR map are not sorted")]
    CborUnsortedKeys,

    /// The map around the document has other fields than proof, trust and document, or none of them.
    #[error("the file is not a map of proof, trust and document")]
    ContainerShape,
    /// `trust` holds none, too many, or a document of a kind that does not travel along.
    #[error("the documents that travel along are not one to twenty-three trust documents")]
    ContainerTrust,
    /// `proof` is not an inclusion proof.
    #[error("the inclusion proof is malformed: {0}")]
    ContainerProof(String),

    /// The document is not COSE_Sign1 under tag 18.
    #[error("a document is not a tagged COSE_Sign1 of four parts")]
    EnvelopeShape,
    /// The unprotected header holds something.
    #[error("the unprotected header is not empty")]
    EnvelopeUnprotected,
    /// The payload is detached (nil) or not a byte string.
    #[error("the payload is not attached")]
    EnvelopePayload,
    /// The signature is not 64 bytes.
    #[error("the signature has {found} bytes instead of 64")]
    EnvelopeSignature {
        /// Its length in bytes.
        found: usize,
    },
    /// The protected header is not exactly alg, kid and typ.
    #[error("the protected header is not exactly alg, kid and typ")]
    HeaderShape,
    /// The algorithm is not Ed25519 (−19).
    #[error("the algorithm is not Ed25519 (-19)")]
    HeaderAlgorithm,
    /// The key identifier is not a 32-byte thumbprint.
    #[error("the key identifier is not a thumbprint of 32 bytes")]
    HeaderKid,
    /// The type is none that this version knows.
    #[error("the document type {0:?} is not known")]
    HeaderType(String),

    /// The payload lacks a field, has an unknown one, or one of a wrong type or value; or its type would have been written otherwise.
    #[error("the {kind} is malformed: {detail}")]
    PayloadShape {
        /// Of which kind it should be.
        kind: Kind,
        /// What the decoder saw.
        detail: String,
    },
    /// The payload is of a version that is not known.
    #[error("the {kind} is of version {found}; this program knows version 1")]
    PayloadVersion {
        /// Of which kind it is.
        kind: Kind,
        /// Its version.
        found: u64,
    },
    /// Fields contradict each other or break a limit.
    #[error("the {kind} contradicts itself: {rule}")]
    PayloadRule {
        /// Of which kind it is.
        kind: Kind,
        /// The rule that is broken.
        rule: &'static str,
    },
    /// A document of one kind where another belongs.
    #[error("this is {}, not {}", found.with_article(), what_belongs(*expected, *found))]
    WrongKind {
        /// What belongs there.
        expected: Kind,
        /// What it is.
        found: Kind,
    },
}

impl FormatError {
    /// The stable code of the rule, as in the specification's table.
    pub fn code(&self) -> &'static str {
        use FormatError::*;
        match self {
            Empty => "empty",
            TooLarge { .. } => "too-large",
            NotWaybill => "not-waybill",
            ArmourEncoding => "armour-encoding",
            ArmourNoEnd => "armour-no-end",
            ArmourSeveralBlocks => "armour-several-blocks",
            ArmourLabel { .. } => "armour-label",
            ArmourBase64 => "armour-base64",
            ArmourReadable { .. } => "armour-readable",
            QrBase32 => "qr-base32",
            CborTruncated => "cbor-truncated",
            CborTrailing { .. } => "cbor-trailing",
            CborTooDeep => "cbor-too-deep",
            CborTooManyItems => "cbor-too-many-items",
            CborIndefinite => "cbor-indefinite",
            CborLongHead => "cbor-long-head",
            CborReserved => "cbor-reserved",
            CborIntegerRange => "cbor-integer-range",
            CborUtf8 => "cbor-utf8",
            CborTag => "cbor-tag",
            CborFloat => "cbor-float",
            CborSimple => "cbor-simple",
            CborKeyType => "cbor-key-type",
            CborDuplicateKey => "cbor-duplicate-key",
            CborUnsortedKeys => "cbor-unsorted-keys",
            ContainerShape => "container-shape",
            ContainerTrust => "container-trust",
            ContainerProof(_) => "container-proof",
            EnvelopeShape => "envelope-shape",
            EnvelopeUnprotected => "envelope-unprotected",
            EnvelopePayload => "envelope-payload",
            EnvelopeSignature { .. } => "envelope-signature",
            HeaderShape => "header-shape",
            HeaderAlgorithm => "header-algorithm",
            HeaderKid => "header-kid",
            HeaderType(_) => "header-type",
            PayloadShape { .. } => "payload-shape",
            PayloadVersion { .. } => "payload-version",
            PayloadRule { .. } => "payload-rule",
            WrongKind { .. } => "wrong-kind",
        }
    }

    /// What the person with the file can do about it.
    pub fn next_step(&self) -> &'static str {
        use FormatError::*;
        match self {
            Empty => "Save the file again where it was made; the copy did not take.",
            TooLarge { .. } => {
                "Choose the .waybill file itself; this is something else, or several files in one."
            }
            NotWaybill => {
                "Choose the .waybill file that was saved, not a picture, archive or shortcut of it."
            }
            ArmourEncoding | ArmourNoEnd | ArmourBase64 => {
                "Copy the whole block again, from its BEGIN line to its END line, or carry the file itself."
            }
            QrBase32 => "Scan the code again, or carry the file itself.",
            ArmourSeveralBlocks => "Put each block into a file of its own.",
            ArmourLabel { .. } | ArmourReadable { .. } => {
                "Do not rely on this text: it was edited. Ask for the file again from where it was made."
            }
            PayloadVersion { .. } | HeaderType(_) => {
                "The file is of a newer kind than this program knows: update the program."
            }
            WrongKind { found: Kind::TrustBundle, .. } => {
                "Give this file to waybill-proxy when it is set up; newer trust bundles come with the answers."
            }
            WrongKind { found: Kind::RevocationList | Kind::Checkpoint, .. } => {
                "Nothing is to be done with this file: what it says comes with the answers."
            }
            WrongKind { .. } => "Choose the other file: requests go to the portal, answers to the proxy.",
            _ => "The file was damaged or altered on the way. Carry it again from where it was made.",
        }
    }
}

/// Where any request or any answer would do, the kind that is named stands for all of them.
fn what_belongs(expected: Kind, found: Kind) -> String {
    match expected {
        kind if kind.is_request() && !found.is_request() => "a request".to_owned(),
        kind if kind.is_answer() && !found.is_answer() => "an answer".to_owned(),
        kind => kind.with_article(),
    }
}
