//! Writing an export: the leaves of one instant of the store, some at a time, held against the checkpoint before the last are given.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use license_format::{UnverifiedFile, payload::Checkpoint};
use sqlx::Any;
use verifier::{TrustState, verify::verify_checkpoint};

use super::{HEAD, TITLE, Times, line::LeafLine};
use crate::{
    log::{LogError, LogHead, note},
    store::{Store, StoreError, log_read},
};

/// An export being written: everything that others need to check the log elsewhere.
pub struct Exporting {
    instant: sqlx::Transaction<'static, Any>,
    checkpoint: Checkpoint,
    /// The lines before the leaves, until they were given.
    head: Option<String>,
    tree: LogHead,
    times: Times,
}

impl Exporting {
    /// Begins one of the log as it is now. The signer goes on meanwhile.
    pub(in crate::log) async fn begin(store: &Store, trust: &TrustState) -> Result<Exporting, LogError> {
        let mut instant = store.snapshot().await?;
        let (file, note) = log_read::checkpoint(&mut instant).await?;
        let (file, note) = file.zip(note).ok_or(LogError::Empty)?;
        let document = UnverifiedFile::read(&file)?.document;
        let checkpoint = verify_checkpoint(&document, trust)?.into_payload();
        let key = trust.bundle().key(&document.kid());
        if !key.is_some_and(|key| note::is_genuine(&note, &checkpoint, &key.public_key)) {
            return Err(damaged("its note is not the checkpoint's".to_owned()));
        }
        let head = Some(head([trust.to_file().encode(), file, note.into_bytes()]));
        let times = Times::until(&checkpoint);
        Ok(Exporting { instant, checkpoint, head, tree: LogHead::default(), times })
    }

    /// Of all the leaves. It is genuine.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The next lines; `None` after the last. Before the last are given, all leaves have been held against the checkpoint, as whoever
    /// reads them will.
    pub async fn next(&mut self) -> Result<Option<String>, LogError> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        let Checkpoint { size, root, .. } = self.checkpoint;
        let from = self.tree.size();
        if from == size {
            return Ok(None);
        }
        let leaves = log_read::leaves(&mut self.instant, from..size).await?;
        if leaves.is_empty() {
            return Err(damaged(format!("it ends at {from} of {size} leaves")));
        }
        let mut text = String::new();
        for leaf in &leaves {
            let line = LeafLine::of(leaf).and_then(|line| self.times.follow(leaf.issued).map(|()| line));
            let line = line.map_err(|detail| damaged(format!("the leaf {} {detail}", leaf.index)))?;
            line.write(&mut text);
            self.tree.append(&leaf.digest);
        }
        if self.tree.size() == size && self.tree.root() != root {
            let found = self.tree.root();
            return Err(damaged(format!("its leaves make the root {found}, and its checkpoint says {root}")));
        }
        Ok(Some(text))
    }
}

/// The lines before the leaves: trust file, checkpoint and note.
pub(super) fn head(values: [Vec<u8>; 3]) -> String {
    let line = |(name, bytes): (&str, Vec<u8>)| format!("{name}: {}\n", STANDARD.encode(bytes));
    let lines: String = HEAD.into_iter().zip(values).map(line).collect();
    format!("{TITLE}\n{lines}")
}

fn damaged(detail: String) -> LogError {
    StoreError::LogDamaged { detail }.into()
}
