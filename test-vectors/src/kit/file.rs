//! The container: CBOR tag 55799 around a map of proof, trust and document.

use super::{Item, Sign1, cbor::head, list, map};

/// The parts of a file.
#[derive(Debug, Clone)]
pub struct File {
    /// The inclusion proof, where there is one.
    pub proof: Option<Item>,
    /// The documents that travel along, encoded.
    pub trust: Vec<Vec<u8>>,
    /// The document, encoded.
    pub document: Vec<u8>,
    /// What the document's signature covers; not part of the file.
    pub tbs: Option<Vec<u8>>,
}

impl File {
    /// A file with a document alone.
    pub fn of(document: &Sign1) -> File {
        File {
            proof: None,
            trust: Vec::new(),
            document: document.encode(),
            tbs: Some(document.to_be_signed()),
        }
    }

    /// The same file with one more document that travels along.
    #[must_use]
    pub fn and(mut self, document: &Sign1) -> File {
        self.trust.push(document.encode());
        self
    }

    /// The map inside the tag, in the profile's order.
    pub fn fields(&self) -> Vec<(Item, Item)> {
        let mut fields = Vec::new();
        fields.extend(self.proof.clone().map(|proof| ("proof".into(), proof)));
        if !self.trust.is_empty() {
            fields.push(("trust".into(), list(self.trust.iter().cloned().map(Item::Raw))));
        }
        fields.push(("document".into(), Item::Raw(self.document.clone())));
        fields
    }

    /// The file's bytes.
    pub fn encode(&self) -> Vec<u8> {
        File::around(Item::Map(self.fields()))
    }

    /// The tag around anything.
    pub fn around(item: Item) -> Vec<u8> {
        [head(6, 55_799), item.encode()].concat()
    }
}

/// An inclusion proof (RFC 9162 §2.1.3).
pub fn inclusion_proof(index: u64, size: u64, path: &[[u8; 32]]) -> Item {
    map([("path", list(path.iter().copied())), ("size", size.into()), ("index", index.into())])
}
