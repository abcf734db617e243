//! `waybill log`: the log of answers, and of what they go by, which is only ever added to: shown, proved, compared, taken elsewhere, and verified.

mod export;
mod prove;
mod verify;

use std::{
    io::BufRead,
    path::{Path, PathBuf},
};

use license_format::{Digest, Kind, UnverifiedDocument, UnverifiedFile, payload::Checkpoint};
use serde_json::json;
use signer::{
    log::{AnswerLog, LogExport, LogView, Stranger},
    trust::{History, judged},
};
use verifier::{TrustState, verify::verify_checkpoint};

use crate::{
    Context, files,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Log {
    /// Show size, root and newest checkpoint
    Show(Show),
    /// Hold the whole log, and all that follows from its answers, against each other: store, witness, checkpoints
    Verify(verify::Verify),
    /// Prove that an answer, a trust bundle or a revocation list is in the log
    Prove(prove::Prove),
    /// Prove that a later state of the log continues an earlier one
    Consistency(prove::Consistency),
    /// Write the log to a file, with which others prove and verify without the store
    Export(export::Export),
}

impl Log {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        match self {
            Log::Show(command) => command.run(context).await,
            Log::Verify(command) => command.run(context).await,
            Log::Prove(command) => command.run(context).await,
            Log::Consistency(command) => command.run(context).await,
            Log::Export(command) => command.run(context).await,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Write the newest checkpoint to a file, to compare a later log with
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Write it as a C2SP signed note, which monitors and witnesses of transparency logs read
    #[arg(long, value_name = "FILE")]
    note: Option<PathBuf>,
}

impl Show {
    async fn run(self, context: &Context) -> Result<Report, Failure> {
        let log = AnswerLog::new(context.data_dir.store().await?);
        let LogView { origin, size, root, issued, checkpoint, note } = log.view().await?;
        let newest = issued.map_or_else(|| "-".to_owned(), |issued| issued.to_string());
        let mut key = None;
        if let Some(file) = &checkpoint {
            let trust = own_trust(context)?;
            let document = UnverifiedFile::read(file)?.document;
            let signed = judged(&trust, |trust| verify_checkpoint(&document, trust))?;
            let entry = trust.iter().find_map(|trust| trust.bundle().key(&document.kid()));
            key = entry.map(|entry| signer::log::note_key(signed.payload(), &entry.public_key));
        }
        let mut text = show::fields(&[
            ("log", &origin),
            ("leaves", &size),
            ("root", &root),
            ("newest", &newest),
            ("note's key", &key.as_deref().unwrap_or("-")),
        ]);
        let strangers = log.strangers().await?;
        for Stranger { installation, size, root, seen, .. } in &strangers {
            text += &format!(
                "\nNOT THIS LOG: at {seen} the installation {} said that it has seen {size} leaves with the root {root}.\n\
                 The record was put back since, or two histories were shown with its keys.\n",
                installation.short()
            );
        }
        for (path, contents) in
            [(&self.checkpoint, checkpoint), (&self.note, note.clone().map(String::into_bytes))]
        {
            let Some(path) = path else { continue };
            files::save(path, &contents.ok_or(signer::log::LogError::Empty)?)?;
            text += &format!("Saved: {}\n", path.display());
        }
        let json = json!({
            "origin": origin,
            "size": size,
            "root": root,
            "issued": issued,
            "note": note,
            "note_key": key,
            "strangers": strangers.iter().map(|stranger| json!({
                "installation": stranger.installation,
                "request": stranger.request,
                "size": stranger.size,
                "root": stranger.root,
                "seen": stranger.seen,
            })).collect::<Vec<_>>(),
        });
        Ok(Report::new(text, json))
    }
}

/// What the data directory trusts and ever trusted, the newest bundle and revocation list first.
fn own_trust(context: &Context) -> Result<Vec<TrustState>, Failure> {
    Ok(History::read(&context.data_dir.made()?)?.states())
}

/// Where a proof comes from: the store, or a file that was exported from it.
enum Source {
    Store(AnswerLog),
    Export(Box<Exported>),
}

impl Source {
    async fn open(context: &Context, export: Option<&Path>) -> Result<Source, Failure> {
        match export {
            Some(path) => Ok(Source::Export(Box::new(open_export(path)?))),
            None => Ok(Source::Store(AnswerLog::new(context.data_dir.store().await?))),
        }
    }
}

/// An export as it comes from a file.
type Exported = LogExport<Box<dyn BufRead>>;

fn open_export(path: &Path) -> Result<Exported, Failure> {
    Ok(LogExport::read(files::open(path)?)?)
}

/// A checkpoint that somebody kept: a file of its own, or an answer that brought it. Believed only if it is genuine.
fn kept_checkpoint(path: &Path, trust: &[TrustState]) -> Result<Checkpoint, Failure> {
    let file = files::read_unverified(path)?;
    let is_checkpoint = |document: &&UnverifiedDocument| document.kind() == Kind::Checkpoint;
    let document = std::iter::once(&file.document).chain(&file.trust).find(is_checkpoint);
    let document = document.ok_or_else(|| {
        Failure::refused(
            "no-checkpoint",
            format!("{} brings no checkpoint of the log", path.display()),
            "Give an answer, or what `waybill log show --checkpoint` has written.",
        )
    })?;
    Ok(judged(trust, |trust| verify_checkpoint(document, trust))?.into_payload())
}

/// A digest as people type it.
fn digest(text: &str) -> Result<Digest, String> {
    Digest::from_hex(text).ok_or_else(|| "a digest has 64 hexadecimal digits".to_owned())
}
