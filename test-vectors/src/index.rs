//! The index: what the headers say, once more, as JSON for programs that would rather read one file than hundreds.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;

use crate::{Vector, vector::to_hex};

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    expect: String,
    kind: &'a str,
    now: u64,
    comment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolled: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tbs: Option<String>,
}

/// The index of these vectors: a JSON array of the header fields, one vector in a line.
pub fn index(vectors: &[Vector]) -> String {
    let entries: Vec<String> = vectors
        .iter()
        .map(|vector| Entry {
            name: &vector.name,
            expect: vector.expect.to_string(),
            kind: &vector.kind,
            now: vector.now,
            comment: &vector.comment,
            installation: vector.installation.map(|bytes| to_hex(&bytes)),
            enrolled: vector.enrolled.map(|bytes| to_hex(&bytes)),
            trust: (!vector.trust.is_empty()).then(|| BASE64_STANDARD.encode(&vector.trust)),
            tbs: vector.tbs.as_ref().map(|bytes| to_hex(bytes)),
        })
        .map(|entry| serde_json::to_string(&entry).expect("texts and numbers have a JSON form"))
        .collect();
    format!("[\n{}\n]\n", entries.join(",\n"))
}
