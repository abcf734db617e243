//! `waybill log prove` and `waybill log consistency`: RFC 9162 proofs, each verified before it is shown.

use std::path::PathBuf;

use license_format::Digest;
use serde_json::json;
use verifier::log::{continues, includes};

use super::{Source, digest};
use crate::{
    Context,
    outcome::{Exit, Failure, Report},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Prove {
    /// The digest of an answer, a trust bundle or a revocation list, as `waybill verify` tells it
    #[arg(value_parser = digest)]
    digest: Digest,
    /// An exported log, in place of the store; `-` for standard input
    export: Option<PathBuf>,
}

impl Prove {
    pub(super) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let found = match Source::open(context, self.export.as_deref()).await? {
            Source::Store(log) => log.prove(&self.digest).await?,
            Source::Export(export) => export.prove(&self.digest)?,
        };
        let (leaf, proof, root) = (&found.leaf, &found.proof, &found.root);
        if !includes(root, &self.digest, proof) {
            return Err(not_proved());
        }
        let code = if leaf.code.is_empty() { String::new() } else { format!(" ({})", leaf.code) };
        let text = show::fields(&[
            ("stands for", &format!("{}{code}", leaf.kind)),
            ("issued", &leaf.issued),
            ("leaf", &format!("{} of {}", leaf.index, proof.size)),
            ("root", root),
        ]) + &path_text(&proof.path);
        let json = json!({
            "digest": self.digest,
            "kind": leaf.kind,
            "code": leaf.code,
            "issued": leaf.issued,
            "index": leaf.index,
            "size": proof.size,
            "root": root,
            "path": proof.path,
        });
        Ok(Report::new(text, json))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Consistency {
    /// How many entries the log had
    first: u64,
    /// How many it had later
    second: u64,
    /// An exported log, in place of the store; `-` for standard input
    export: Option<PathBuf>,
}

impl Consistency {
    pub(super) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let found = match Source::open(context, self.export.as_deref()).await? {
            Source::Store(log) => log.consistency(self.first, self.second).await?,
            Source::Export(export) => export.consistency(self.first, self.second)?,
        };
        let ((first, old), (second, new)) = (found.first, found.second);
        if !continues((first, &old), (second, &new), &found.path) {
            return Err(not_proved());
        }
        let text = show::fields(&[
            ("root at", &format!("{first}   {old}")),
            ("root at", &format!("{second}   {new}")),
        ]) + &path_text(&found.path);
        let json = json!({
            "first": { "size": first, "root": old },
            "second": { "size": second, "root": new },
            "path": found.path,
        });
        Ok(Report::new(text, json))
    }
}

fn path_text(path: &[Digest]) -> String {
    path.iter().map(|hash| format!("  {hash}\n")).collect()
}

/// What the store gave does not hold: its nodes were changed.
fn not_proved() -> Failure {
    Failure::new(
        Exit::CouldNotTell,
        "log-damaged",
        "the proof that the log gives does not hold",
        "`waybill log verify` names what is wrong; then restore the store from a backup.",
    )
}
