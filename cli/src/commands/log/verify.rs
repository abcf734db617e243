//! `waybill log verify`: the whole log, from the store with all that follows from its answers, or from an export.

use std::path::{Path, PathBuf};

use serde_json::json;
use signer::{
    log::{AnswerLog, Audit},
    witness::Witness,
};
use verifier::TrustState;

use super::{kept_checkpoint, open_export, own_trust};
use crate::{
    Context, edge, files,
    outcome::{Failure, Problem, Report},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// A checkpoint that was kept, alone or in an answer: the log must continue it
    #[arg(long, value_name = "CHECKPOINT")]
    from: Option<PathBuf>,
    /// The vendor's trust bundle, for an exported log; the data directory's when absent
    #[arg(long, value_name = "FILE", requires = "export")]
    trust: Option<PathBuf>,
    /// An exported log, in place of the store; `-` for standard input
    export: Option<PathBuf>,
}

impl Verify {
    pub(super) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let trust = match &self.trust {
            Some(path) => vec![TrustState::pin(&files::read_unverified(path)?)?],
            None => own_trust(context)?,
        };
        let kept = self.from.as_deref().map(|path| kept_checkpoint(path, &trust)).transpose()?;
        if let Some(export) = &self.export {
            let checkpoint = open_export(export)?.verify(&trust[0], kept.as_ref())?;
            let text = "The exported log is whole, and its checkpoint genuine.\n\n".to_owned()
                + &show::fields(&[
                    ("log", &checkpoint.origin),
                    ("leaves", &checkpoint.size),
                    ("root", &checkpoint.root),
                ]);
            let json = json!({ "size": checkpoint.size, "root": checkpoint.root, "findings": [] });
            return Ok(Report::new(text, json));
        }
        let dir = context.data_dir.made()?;
        let witness = Witness::read(&dir.witness())?;
        let log = AnswerLog::new(context.data_dir.store().await?);
        let audit = log.audit(&trust, Some(&witness), kept.as_ref(), edge::now()).await?;
        let root = log.view().await?.root;
        let text = show::fields(&[
            ("leaves", &audit.leaves),
            ("final answers", &audit.answers),
            ("news", &audit.news),
            ("root", &root),
        ]);
        let findings: Vec<_> = audit
            .findings
            .iter()
            .map(|found| json!({ "code": found.code, "place": found.place, "message": found.says }))
            .collect();
        let json = json!({
            "size": audit.leaves,
            "final": audit.answers,
            "withdrawn": audit.withdrawn,
            "news": audit.news,
            "taken_back": audit.taken_back,
            "root": root,
            "findings": findings,
        });
        Ok(judged(&audit, text, json, dir.path()))
    }
}

fn judged(audit: &Audit, mut text: String, json: serde_json::Value, dir: &Path) -> Report {
    if audit.taken_back > 0 {
        text += &format!(
            "{} leases were brought back by proxies after the record was restored.\n",
            audit.taken_back
        );
    }
    if audit.withdrawn > 0 {
        text += &format!(
            "{} answers were genuine when they left and are honored no more: revoked, or signed by a key that is distrusted.\n",
            audit.withdrawn
        );
    }
    if audit.findings.is_empty() {
        return Report::new(
            "The log is whole, and everything that follows from it is as it must be.\n\n".to_owned() + &text,
            json,
        );
    }
    let problems = audit.findings.iter().map(|found| Problem {
        code: found.code.to_owned(),
        says: format!("{}: {}", found.place, found.says),
        next_step: format!(
            "Stop the signer, keep a copy of {} for whoever looks into it, then restore a backup.",
            dir.display()
        ),
    });
    let mut failure = Failure::refused("log-damaged", "", "");
    failure.problems = problems.collect();
    Report::new(text, json).refused(failure)
}
