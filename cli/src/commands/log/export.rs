//! `waybill log export`: the log as a file, for whoever shall check it without the store.

use std::path::PathBuf;

use serde_json::json;
use signer::log::AnswerLog;

use super::own_trust;
use crate::{
    Context, files,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The file to write
    file: PathBuf,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let trust = own_trust(context)?.remove(0);
        let mut export = AnswerLog::new(context.data_dir.store().await?).export(&trust).await?;
        let mut file = files::Growing::begin(&self.file)?;
        while let Some(lines) = export.next().await? {
            file.write(lines.as_bytes())?;
        }
        file.finish()?;
        let checkpoint = export.checkpoint();
        let text = show::fields(&[
            ("export", &self.file.display()),
            ("log", &checkpoint.origin),
            ("leaves", &checkpoint.size),
            ("root", &checkpoint.root),
        ]);
        let json = json!({
            "file": self.file,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root,
        });
        Ok(Report::new(text, json))
    }
}
