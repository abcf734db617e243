//! The index: all vectors in one JSON file, for programs that would rather read one file than hundreds.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Serialize;

use crate::{
    Vector,
    kit::{hex, sha256},
};

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
    digest: Option<String>,
    file: String,
}

/// The index of these vectors: the trust files that they are judged with, each once, and then one vector in a line. It holds all that
/// their own files do, but for the bytes that a signature covers, of which it has the digest.
pub fn index(vectors: &[Vector]) -> String {
    let mut trust_files = BTreeMap::new();
    let mut trust_file = |bytes: &[u8]| {
        let name = trust_name(bytes);
        let known = trust_files.insert(name.clone(), bytes.to_vec());
        assert!(known.is_none_or(|known| known == bytes), "two trust files are called {name}");
        name
    };
    let entries: Vec<String> = vectors
        .iter()
        .map(|vector| Entry {
            name: &vector.name,
            expect: vector.expect.to_string(),
            kind: &vector.kind,
            now: vector.now,
            comment: &vector.comment,
            installation: vector.installation.map(|bytes| hex(&bytes)),
            enrolled: vector.enrolled.map(|bytes| hex(&bytes)),
            trust: (!vector.trust.is_empty()).then(|| trust_file(&vector.trust)),
            digest: vector.tbs.as_ref().map(|bytes| hex(&sha256(bytes))),
            file: BASE64_STANDARD.encode(&vector.file),
        })
        .map(|entry| json(&entry))
        .collect();
    let trust_files: Vec<String> = trust_files
        .iter()
        .map(|(name, bytes)| format!("{}: {}", json(name), json(&BASE64_STANDARD.encode(bytes))))
        .collect();
    format!(
        "{{\n\"$schema\": \"../index.schema.json\",\n\"trust-files\": {{\n{}\n}},\n\"vectors\": [\n{}\n]\n}}\n",
        trust_files.join(",\n"),
        entries.join(",\n")
    )
}

/// A trust file is called by the beginning of its SHA-256, so that its name stays while others come and go.
fn trust_name(bytes: &[u8]) -> String {
    hex(&sha256(bytes)[..4])
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers have a JSON form")
}
