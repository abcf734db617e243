//! One document: COSE_Sign1 (RFC 9052 §4.2) in a closed profile. The protected header is exactly alg, kid and typ, so it is
//! compared with a template and not interpreted. This module knows what a signature covers and not how one is made or checked.

use serde::Deserialize;

use crate::{
    bytes::{Digest, Thumbprint},
    cbor::{Cursor, DecodeError, Head, Major, Result, decode, write_head},
    deserializer::from_scanned,
    error::FormatError,
    kind::Kind,
    limits,
    payload::{Payload, VERSION},
};

/// `alg` = −19, Ed25519 (RFC 9864), as label and value.
const ALG: [u8; 2] = [0x01, 0x32];
/// The head of `kid`: label 4, byte string of 32.
const KID_HEAD: [u8; 3] = [0x04, 0x58, 0x20];
/// The label of `typ` (RFC 9596).
const TYP_LABEL: u8 = 0x10;
/// The only algorithm: Ed25519 is −19.
const PROTECTED_MAP: u8 = 0xa3;

/// How everything begins that a signature covers: `["Signature1", …` (RFC 9052 §4.4).
const SIGNED_HEAD: [u8; 12] = *b"\x84\x6aSignature1";
/// The `external_aad` of the same: `h''`.
const EXTERNAL: u8 = 0x40;

/// A document whose signature nobody has checked yet. Its kind, key name and payload are claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedDocument {
    kind: Kind,
    kid: Thumbprint,
    /// What the signature covers. Header and payload are in it as they came, so nothing is written again in order to check it.
    signed: Vec<u8>,
    /// Where in it the protected header ends.
    protected_end: usize,
    /// Where in it the payload begins, which ends it.
    payload_at: usize,
    signature: [u8; 64],
}

impl UnverifiedDocument {
    /// Makes a document: `sign` gets the bytes that the signature covers and returns 64 bytes (RFC 8032).
    /// Errors are those of `sign`; a payload that breaks its own rules is a defect of the caller and panics in tests.
    pub fn seal<P: Payload, E>(
        payload: &P,
        kid: Thumbprint,
        sign: impl FnOnce(&[u8]) -> std::result::Result<[u8; 64], E>,
    ) -> std::result::Result<Self, E> {
        debug_assert_eq!(payload.check(), Ok(()));
        let payload = crate::cbor::encode(payload);
        let document = Self::unsigned(P::KIND, kid, &protected(P::KIND, &kid), &payload);
        let signature = sign(&document.signed)?;
        Ok(UnverifiedDocument { signature, ..document })
    }

    /// A document with this protected header and this payload whose signature is still to come.
    fn unsigned(kind: Kind, kid: Thumbprint, protected: &[u8], payload: &[u8]) -> Self {
        let mut signed = Vec::with_capacity(protected.len() + payload.len() + 32);
        signed.extend(SIGNED_HEAD);
        write_bytes(&mut signed, protected);
        let protected_end = signed.len();
        signed.push(EXTERNAL);
        write_bytes(&mut signed, payload);
        let payload_at = signed.len() - payload.len();
        UnverifiedDocument { kind, kid, signed, protected_end, payload_at, signature: [0; 64] }
    }

    /// What it says it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The key that it says has signed it.
    pub fn kid(&self) -> Thumbprint {
        self.kid
    }

    /// The signature, 64 bytes.
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// The payload's bytes as they came.
    pub fn payload_bytes(&self) -> &[u8] {
        &self.signed[self.payload_at..]
    }

    /// The bytes that the signature covers: `["Signature1", protected, h'', payload]` (RFC 9052 §4.4).
    pub fn to_be_signed(&self) -> &[u8] {
        &self.signed
    }

    /// The document's identity: SHA-256 of what its signature covers.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.signed)
    }

    /// Reads the payload without any claim that it is genuine: for showing it, and for the verifier after its check.
    /// Refuses another kind (`WrongKind`), and every payload that the encoder would not have written.
    pub fn decode_unverified<P: Payload>(&self) -> Result<P> {
        if self.kind != P::KIND {
            return Err(FormatError::WrongKind { expected: P::KIND, found: self.kind });
        }
        let kind = self.kind;
        let payload: P = decode(self.payload_bytes()).map_err(|error| match error {
            DecodeError::Scan(error) => error,
            // What is new in a version is an unknown field here; the version is the better reason.
            DecodeError::Shape(detail) => match version(self.payload_bytes()) {
                Some(found) if found != VERSION => FormatError::PayloadVersion { kind, found },
                _ => FormatError::PayloadShape { kind, detail },
            },
        })?;
        payload.check()?;
        Ok(payload)
    }

    /// The document's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.signed.len() + 64);
        self.encode_into(&mut out);
        out
    }

    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
        write_head(out, 6, 18);
        write_head(out, 4, 4);
        out.extend(&self.signed[SIGNED_HEAD.len()..self.protected_end]);
        write_head(out, 5, 0);
        out.extend(&self.signed[self.protected_end + 1..]);
        write_bytes(out, &self.signature);
    }

    /// Reads a document from exactly these bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut cursor = Cursor::new(bytes);
        let document = Self::read(&mut cursor)?;
        match cursor.left() {
            0 => Ok(document),
            extra => Err(FormatError::CborTrailing { extra }),
        }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self> {
        if !matches!(cursor.head()?, Head { major: Major::Tag, value: 18 }) {
            return Err(FormatError::EnvelopeShape);
        }
        if !matches!(cursor.head()?, Head { major: Major::Array, value: 4 }) {
            return Err(FormatError::EnvelopeShape);
        }
        let protected = read_bytes(cursor)?.ok_or(FormatError::EnvelopeShape)?;
        let (kind, kid) = read_protected(protected)?;
        match cursor.head()? {
            Head { major: Major::Map, value: 0 } => {}
            Head { major: Major::Map, .. } => return Err(FormatError::EnvelopeUnprotected),
            _ => return Err(FormatError::EnvelopeShape),
        }
        let payload = read_bytes(cursor)?.ok_or(FormatError::EnvelopePayload)?;
        if payload.len() > limits::PAYLOAD_BYTES {
            return Err(FormatError::TooLarge {
                what: "a payload",
                limit: limits::PAYLOAD_BYTES,
                found: payload.len(),
            });
        }
        let signature = read_bytes(cursor)?.ok_or(FormatError::EnvelopeShape)?;
        let signature =
            signature.try_into().map_err(|_| FormatError::EnvelopeSignature { found: signature.len() })?;
        let document = Self::unsigned(kind, kid, protected, payload);
        Ok(UnverifiedDocument { signature, ..document })
    }
}

/// The protected header's bytes: there is exactly one spelling for a kind and a key.
fn protected(kind: Kind, kid: &Thumbprint) -> Vec<u8> {
    let typ = kind.media_type();
    let mut out = Vec::with_capacity(48 + typ.len());
    out.push(PROTECTED_MAP);
    out.extend(ALG);
    out.extend(KID_HEAD);
    out.extend(kid.as_bytes());
    out.push(TYP_LABEL);
    write_head(&mut out, 3, typ.len() as u64);
    out.extend(typ.as_bytes());
    out
}

/// Reads the protected header field by field, so that an algorithm, a key name and a type that are not ours have codes of their own;
/// whatever else is not the template is `HeaderShape`.
fn read_protected(bytes: &[u8]) -> Result<(Kind, Thumbprint)> {
    let mut cursor = Cursor::new(bytes);
    let shape = |_| FormatError::HeaderShape;
    if cursor.take(2).map_err(shape)? != [PROTECTED_MAP, ALG[0]] {
        return Err(FormatError::HeaderShape);
    }
    if !matches!(cursor.head().map_err(shape)?, Head { major: Major::Negative, value: 18 }) {
        return Err(FormatError::HeaderAlgorithm);
    }
    if cursor.take(1).map_err(shape)? != [KID_HEAD[0]] {
        return Err(FormatError::HeaderShape);
    }
    let kid = read_bytes(&mut cursor)
        .map_err(shape)?
        .and_then(Thumbprint::from_slice)
        .ok_or(FormatError::HeaderKid)?;
    if cursor.take(1).map_err(shape)? != [TYP_LABEL] {
        return Err(FormatError::HeaderShape);
    }
    let Head { major: Major::Text, value: len } = cursor.head().map_err(shape)? else {
        return Err(FormatError::HeaderShape);
    };
    let typ = std::str::from_utf8(cursor.take(len).map_err(shape)?).map_err(|_| FormatError::HeaderShape)?;
    let kind = Kind::from_media_type(typ).ok_or_else(|| FormatError::HeaderType(typ.to_owned()))?;
    match cursor.left() {
        0 => Ok((kind, kid)),
        _ => Err(FormatError::HeaderShape),
    }
}

/// The version that a payload of any shape says it has.
fn version(payload: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    from_scanned(payload).ok().map(|Versioned { version }| version)
}

fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_head(out, 2, bytes.len() as u64);
    out.extend(bytes);
}

/// A byte string, or `None` if another item stands there.
fn read_bytes<'a>(cursor: &mut Cursor<'a>) -> Result<Option<&'a [u8]>> {
    match cursor.head()? {
        Head { major: Major::Bytes, value } => cursor.take(value).map(Some),
        _ => Ok(None),
    }
}
