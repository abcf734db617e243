//! A file: CBOR tag 55799 around a document, the trust documents that travel along, and the proof of inclusion in the log.
//! Reading a file decides nothing about whether any of it is genuine.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::{
    armour,
    bytes::Digest,
    cbor::{self, Cursor, DecodeError, Head, Major, Result, write_head},
    envelope::UnverifiedDocument,
    error::FormatError,
    limits, qr,
};

/// Tag 55799, "self-described CBOR" (RFC 8949 §3.4.6). Its three bytes tell `file` and us what this is.
pub(crate) const SELF_DESCRIBED: [u8; 3] = [0xd9, 0xd9, 0xf7];

/// The path from a document's leaf to the root of the log at a size (RFC 9162 §2.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    /// Hashes of the siblings, from the leaf upwards.
    pub path: Vec<Digest>,
    /// Size of the tree: the one of the checkpoint that travels along.
    pub size: u64,
    /// Index of the leaf, from 0.
    pub index: u64,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As it is.
    Binary,
    /// As a text for mail, tickets and eyes.
    Armour,
    /// As the text of a QR code.
    QrText,
}

/// A file that was read. Each document in it is still to be verified on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedFile {
    /// What the file is about.
    pub document: UnverifiedDocument,
    /// What travels along: with answers trust bundles, revocation lists and checkpoints; with a request, when the signer asked for them,
    /// the licenses in force.
    pub trust: Vec<UnverifiedDocument>,
    /// That the document is in the log.
    pub proof: Option<InclusionProof>,
}

impl UnverifiedFile {
    /// A file with a document alone.
    pub fn of(document: UnverifiedDocument) -> Self {
        UnverifiedFile { document, trust: Vec::new(), proof: None }
    }

    /// Reads any spelling: binary, armour in whatever state mail left it, or the text of a QR code.
    /// Every error variant that does not speak of a payload can come from here; those about payloads too, since the
    /// readable lines of armour are compared with the payload.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        Self::read_spelled(bytes).map(|(file, _)| file)
    }

    /// The same, and which spelling it was.
    pub fn read_spelled(bytes: &[u8]) -> Result<(Self, Spelling)> {
        if bytes.is_empty() {
            return Err(FormatError::Empty);
        }
        if bytes.starts_with(&SELF_DESCRIBED) {
            return Ok((Self::decode(bytes)?, Spelling::Binary));
        }
        armour::read(bytes)
    }

    /// Reads the binary spelling.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > limits::FILE_BYTES {
            return Err(FormatError::TooLarge {
                what: "the file",
                limit: limits::FILE_BYTES,
                found: bytes.len(),
            });
        }
        if !bytes.starts_with(&SELF_DESCRIBED) {
            return Err(FormatError::NotWaybill);
        }
        let mut cursor = Cursor::new(bytes);
        cursor.take(SELF_DESCRIBED.len() as u64)?;
        let Head { major: Major::Map, value: fields @ 1..=3 } = cursor.head()? else {
            return Err(FormatError::ContainerShape);
        };
        let mut proof = None;
        let mut trust: Vec<UnverifiedDocument> = Vec::new();
        let mut document = None;
        let mut last_key: Option<&[u8]> = None;
        for _ in 0..fields {
            let key = read_key(&mut cursor)?;
            match last_key.map(|last| key.len().cmp(&last.len()).then_with(|| key.cmp(last))) {
                None | Some(Ordering::Greater) => last_key = Some(key),
                Some(Ordering::Equal) => return Err(FormatError::CborDuplicateKey),
                Some(Ordering::Less) => return Err(FormatError::CborUnsortedKeys),
            }
            match key {
                b"proof" => proof = Some(read_proof(&mut cursor)?),
                b"trust" => trust = read_trust(&mut cursor)?,
                b"document" => document = Some(UnverifiedDocument::read(&mut cursor)?),
                _ => return Err(FormatError::ContainerShape),
            }
        }
        match cursor.left() {
            0 => {}
            extra => return Err(FormatError::CborTrailing { extra }),
        }
        let document = document.ok_or(FormatError::ContainerShape)?;
        if !trust.iter().all(|other| other.kind().travels_with(document.kind())) {
            return Err(FormatError::ContainerTrust);
        }
        Ok(UnverifiedFile { document, trust, proof })
    }

    /// The binary spelling.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.extend(SELF_DESCRIBED);
        write_head(&mut out, 5, 1 + u64::from(self.proof.is_some()) + u64::from(!self.trust.is_empty()));
        if let Some(proof) = &self.proof {
            write_key(&mut out, "proof");
            out.extend(cbor::encode(proof));
        }
        if !self.trust.is_empty() {
            write_key(&mut out, "trust");
            write_head(&mut out, 4, self.trust.len() as u64);
            self.trust.iter().for_each(|document| document.encode_into(&mut out));
        }
        write_key(&mut out, "document");
        self.document.encode_into(&mut out);
        out
    }

    /// The armoured spelling. Refuses a document whose payload does not decode, since it has no readable lines.
    pub fn armour(&self) -> Result<String> {
        armour::write(self)
    }

    /// The spelling for a QR code. Refuses a file that no code holds (`too-large`): more than 2,680 bytes.
    pub fn qr_text(&self) -> Result<String> {
        qr::write(self)
    }
}

fn read_key<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8]> {
    match cursor.head()? {
        Head { major: Major::Text, value } => cursor.take(value),
        _ => Err(FormatError::CborKeyType),
    }
}

fn read_trust(cursor: &mut Cursor<'_>) -> Result<Vec<UnverifiedDocument>> {
    let Head { major: Major::Array, value: count } = cursor.head()? else {
        return Err(FormatError::ContainerTrust);
    };
    if !(1..=limits::TRUST_DOCUMENTS as u64).contains(&count) {
        return Err(FormatError::ContainerTrust);
    }
    (0..count).map(|_| UnverifiedDocument::read(cursor)).collect()
}

fn read_proof(cursor: &mut Cursor<'_>) -> Result<InclusionProof> {
    let len = cbor::scan_item(cursor.rest())?;
    let bytes = cursor.take(len as u64)?;
    let proof: InclusionProof = cbor::decode(bytes).map_err(|error| match error {
        DecodeError::Scan(error) => error,
        DecodeError::Shape(detail) => FormatError::ContainerProof(detail),
    })?;
    if proof.path.len() > limits::PROOF_PATH || proof.index >= proof.size {
        return Err(FormatError::ContainerProof("index, size and path do not fit each other".to_owned()));
    }
    Ok(proof)
}

fn write_key(out: &mut Vec<u8>, key: &str) {
    write_head(out, 3, key.len() as u64);
    out.extend(key.as_bytes());
}
