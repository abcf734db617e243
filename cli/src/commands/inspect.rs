//! `waybill inspect`: what a file says. It never says whether that is true, and says so first.

use std::path::PathBuf;

use license_format::{Spelling, UnverifiedDocument, UnverifiedFile, readable};
use serde_json::{Value, json};

use crate::{
    diagnostic, files,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Inspect {
    /// The file; `-` for standard input
    file: PathBuf,
    /// Write the bytes that the signature covers, for another program to verify
    #[arg(long, value_name = "FILE")]
    export_tbs: Option<PathBuf>,
    /// Write the signature, 64 bytes
    #[arg(long, value_name = "FILE")]
    export_signature: Option<PathBuf>,
}

/// What a glance must not miss.
const WARNING: &str =
    "NOT VERIFIED. Anyone can write a file that says this; `waybill verify` tells whether it is genuine.";

impl Inspect {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        let bytes = files::read(&self.file)?;
        let (file, spelling) = UnverifiedFile::read_spelled(&bytes)?;
        let document = &file.document;
        let lines = readable(document)?;
        let exports = [
            (self.export_tbs, document.to_be_signed().to_vec()),
            (self.export_signature, document.signature().to_vec()),
        ];
        for (path, bytes) in exports {
            if let Some(path) = path {
                files::save(&path, &bytes)?;
            }
        }

        let binary = file.encode();
        let spelling = match spelling {
            Spelling::Binary => "binary",
            Spelling::Armour => "armour",
            Spelling::QrText => "QR text",
        };
        let along: Vec<String> = file.trust.iter().map(title).collect();
        let log = file.proof.as_ref().map(|proof| format!("entry {} of {}", proof.index + 1, proof.size));
        let structure = diagnostic::notation(&binary);
        let details = show::fields(&[
            ("kind", &document.kind()),
            ("key", &document.kid()),
            ("digest", &document.digest()),
            ("size", &format!("{} bytes, {spelling}", bytes.len())),
            ("along", &if along.is_empty() { "nothing".to_owned() } else { along.join("; ") }),
            ("log", &log.as_deref().unwrap_or("no proof")),
        ]);
        let text = format!("{WARNING}\n\n{}\n{details}\n{structure}\n", show::indented(&lines.join("\n")));
        let json = json!({
            "verified": false,
            "kind": document.kind().name(),
            "readable": lines,
            "kid": document.kid(),
            "digest": document.digest(),
            "bytes": bytes.len(),
            "spelling": spelling,
            "trust": file.trust.iter().map(brief).collect::<Vec<Value>>(),
            "proof": file.proof,
            "payload": diagnostic::payload(document.payload_bytes()),
        });
        Ok(Report::new(text, json))
    }
}

/// The first readable line of a document that travels along.
fn title(document: &UnverifiedDocument) -> String {
    match readable(document) {
        Ok(lines) => lines.into_iter().next().unwrap_or_default(),
        Err(error) => format!("{}, damaged: {error}", document.kind()),
    }
}

fn brief(document: &UnverifiedDocument) -> Value {
    json!({ "kind": document.kind().name(), "kid": document.kid(), "digest": document.digest(), "says": title(document) })
}
