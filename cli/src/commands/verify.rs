//! `waybill verify`: whether a file is genuine. Whether it may be used here and now is the proxy's question.

use std::path::PathBuf;

use license_format::{Kind, UnverifiedDocument, UnverifiedFile, readable};
use serde_json::json;
use verifier::{TrustState, verify_answer, verify_request};

use crate::{
    files,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The file; `-` for standard input
    file: PathBuf,
    /// The vendor's trust bundle, from `waybill trust export`
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
}

impl Verify {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        let trust = TrustState::pin(&files::read_unverified(&self.trust)?)?;
        let file = files::read_unverified(&self.file)?;
        let signer = genuine(&file, &trust)?;

        let lines = readable(&file.document)?;
        let text = format!("GENUINE: signed by {signer}.\n\n{}", show::indented(&lines.join("\n")));
        let json = json!({
            "genuine": true,
            "kind": file.document.kind().name(),
            "signed_by": signer,
            "kid": file.document.kid(),
            "digest": file.document.digest(),
            "readable": lines,
        });
        Ok(Report::new(text, json))
    }
}

/// Verifies whatever it is, and says who signed it.
fn genuine(file: &UnverifiedFile, trust: &TrustState) -> Result<String, Failure> {
    let document = &file.document;
    let vendor = |trust: &TrustState| format!("{}, key {}", trust.bundle().vendor, document.kid().short());
    match document.kind() {
        kind if kind.is_request() => {
            let request = verify_request(document)?;
            let facts = request.request().installation();
            Ok(format!("installation {} of site {}", request.installation().short(), facts.site_code))
        }
        kind if kind.is_answer() => {
            verify_answer(file, trust).map(|(_, trust)| vendor(&trust)).map_err(Failure::from)
        }
        Kind::TrustBundle | Kind::RevocationList => {
            let documents: Vec<UnverifiedDocument> =
                std::iter::once(document).chain(&file.trust).cloned().collect();
            let newer = trust.advance(&documents)?;
            // What is older than the trust that was given is passed over, and nothing is known of it then.
            match newer.documents().contains(document) {
                true => Ok(vendor(&newer)),
                false => Err(Failure::refused(
                    "not-newest",
                    format!(
                        "the trust given is newer than this {}, and does not vouch for it",
                        document.kind()
                    ),
                    "Use the newest one; `waybill trust export` gives it.",
                )),
            }
        }
        kind => Err(Failure::misuse(
            "not-verifiable-here",
            format!("a {kind} cannot be verified by itself"),
            "Upload it to the portal, which knows what belongs to it.",
        )),
    }
}
