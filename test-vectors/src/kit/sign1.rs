//! A COSE_Sign1 builder (RFC 9052 §4.2) whose every part can be replaced.

use super::{Item, Key, cbor::head, list, sha256, unsorted_map};

/// The parts of a document. `encode` writes them as they stand.
#[derive(Debug, Clone)]
pub struct Sign1 {
    /// The tag: 18.
    pub tag: u64,
    /// The protected header's bytes, without the byte string around them.
    pub protected: Vec<u8>,
    /// The unprotected header: an empty map.
    pub unprotected: Item,
    /// The payload's bytes, without the byte string around them.
    pub payload: Vec<u8>,
    /// The signature: 64 bytes.
    pub signature: Vec<u8>,
}

impl Sign1 {
    /// A good document: this payload, signed by this key as this kind.
    pub fn sealed(key: &Key, kind: &str, payload: &Item) -> Sign1 {
        Sign1::sealed_bytes(key, kind, payload.encode())
    }

    /// A well signed document around any bytes.
    pub fn sealed_bytes(key: &Key, kind: &str, payload: Vec<u8>) -> Sign1 {
        Sign1::with_header(key, header(key.thumbprint(), kind), payload)
    }

    /// A well signed document with any protected header.
    pub fn with_header(key: &Key, protected: Item, payload: Vec<u8>) -> Sign1 {
        let mut document = Sign1 {
            tag: 18,
            protected: protected.encode(),
            unprotected: Item::Map(Vec::new()),
            payload,
            signature: Vec::new(),
        };
        document.signature = key.sign(&document.to_be_signed()).to_vec();
        document
    }

    /// What the signature covers (RFC 9052 §4.4).
    pub fn to_be_signed(&self) -> Vec<u8> {
        let parts: [Item; 4] = [
            "Signature1".into(),
            self.protected.clone().into(),
            Vec::new().into(),
            self.payload.clone().into(),
        ];
        list(parts).encode()
    }

    /// The document's identity: SHA-256 of what its signature covers.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.to_be_signed())
    }

    /// The four parts, to be put together in another way than [`Sign1::encode`] does.
    pub fn parts(&self) -> [Item; 4] {
        [
            self.protected.clone().into(),
            self.unprotected.clone(),
            self.payload.clone().into(),
            self.signature.clone().into(),
        ]
    }

    /// The document's bytes.
    pub fn encode(&self) -> Vec<u8> {
        [head(6, self.tag), list(self.parts()).encode()].concat()
    }
}

/// The protected header of the profile: alg −19 (Ed25519, RFC 9864), kid, typ (RFC 9596).
pub fn header(kid: [u8; 32], kind: &str) -> Item {
    let typ = format!("application/vnd.waybill.{kind}+cose");
    unsorted_map([
        (Item::Unsigned(1), Item::Negative(18)),
        (Item::Unsigned(4), kid.into()),
        (Item::Unsigned(16), Item::Text(typ)),
    ])
}
