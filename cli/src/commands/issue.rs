//! `waybill issue`: an answer without the portal, by the same rules, for those who have the data directory and its passphrase.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use signer::{Answer, Answered, Asker};

use crate::{
    Context, edge,
    files::{self, Saved},
    outcome::{Failure, Report},
    secret::SecretSource,
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Issue {
    /// The request file; `-` for standard input
    file: PathBuf,
    /// Where to write the answer; beside the request when absent
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    secrets: SecretSource,
}

impl Issue {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let request = files::read(&self.file)?;
        let now = edge::now();
        let signer = context.data_dir.signer(&self.secrets, now).await?;
        let answered = signer.answer(&request, &Asker::Staff, now).await?;
        let path = self.output.unwrap_or_else(|| beside(&self.file, &answered.file_name));
        let saved = files::save(&path, &answered.file)?;
        Ok(report(&answered, &path, saved))
    }
}

/// A file in the same folder as another.
pub(super) fn beside(file: &Path, name: &str) -> PathBuf {
    match file.parent() {
        Some(folder) if file != Path::new("-") => folder.join(name),
        _ => PathBuf::from(name),
    }
}

fn report(answered: &Answered, path: &Path, saved: Saved) -> Report {
    let readable = answered.answer.readable();
    let again = if answered.repeated { "   (the same answer as before)" } else { "" };
    let text = show::indented(&readable.join("\n")) + &format!("\nSaved: {}{again}\n", path.display());
    let mut json = json!({
        "file": path,
        "already_there": saved == Saved::AlreadyThere,
        "repeated": answered.repeated,
        "readable": readable,
        "answer": Value::Null,
    });
    let name = match &answered.answer {
        Answer::License(_) => "license",
        Answer::Receipt(_) => "deactivation-receipt",
        Answer::Refusal(_) => "refusal",
    };
    json["answer"] = json!(name);
    let report = Report::new(text, json);
    match &answered.answer {
        Answer::Refusal(refusal) => report.refused(Failure::refused(
            refusal.code.as_str(),
            refusal.says.as_str(),
            refusal.next_step.as_str(),
        )),
        _ => report,
    }
}
