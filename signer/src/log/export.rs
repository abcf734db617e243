//! The log as a text file, with which anybody proves and verifies without the vendor's store: a few lines of head, then a leaf a line.
//! It says what was answered when, and nothing of whom; an answer is found by its digest, which only those have who have the answer.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use license_format::{
    Digest, InclusionProof, Timestamp, UnverifiedDocument, UnverifiedFile, payload::Checkpoint,
};
use verifier::{TrustState, verify::verify_checkpoint};

use super::{Consistency, Inclusion, Leaf, LogError, LogHead, consistency, inclusion, note};

const TITLE: &str = "Waybill log, version 1";

/// An exported log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogExport {
    /// The bundle that names the log key. To be compared with the one that is trusted.
    pub trust: UnverifiedFile,
    /// Of all the leaves.
    pub checkpoint: UnverifiedDocument,
    /// The same as a C2SP signed note.
    pub note: String,
    /// From the first.
    pub leaves: Vec<Leaf>,
}

impl LogExport {
    /// The file's text.
    pub fn text(&self) -> String {
        let mut text = format!("{TITLE}\n");
        let checkpoint = UnverifiedFile::of(self.checkpoint.clone());
        let head = [
            ("trust", self.trust.encode()),
            ("checkpoint", checkpoint.encode()),
            ("note", self.note.clone().into()),
        ];
        for (name, bytes) in head {
            // A text takes whatever is written to it.
            let _ = writeln!(text, "{name}: {}", STANDARD.encode(bytes));
        }
        for Leaf { digest, kind, code, issued, .. } in &self.leaves {
            let code = if code.is_empty() { "-" } else { code };
            let _ = writeln!(text, "{digest} {} {kind} {code}", issued.seconds());
        }
        text
    }

    /// Reads the text. Nothing in it has been verified.
    pub fn read(text: &str) -> Result<LogExport, LogError> {
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
        let wrong = |line, detail| LogError::Export { line, detail };
        if lines.next().map(|(_, line)| line) != Some(TITLE) {
            return Err(wrong(1, "does not say that it is one of this version"));
        }
        let mut head = |name: &str| {
            let (at, line) = lines.next().ok_or(wrong(1, "is not followed by the head"))?;
            let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
            let value = value.ok_or(wrong(at, "is not the line of the head that belongs there"))?;
            STANDARD.decode(value).map_err(|_| wrong(at, "is not base 64"))
        };
        let trust = UnverifiedFile::read(&head("trust")?)?;
        let checkpoint = UnverifiedFile::read(&head("checkpoint")?)?.document;
        let note = String::from_utf8(head("note")?).map_err(|_| wrong(4, "is no text"))?;
        let leaf = |(index, (at, line)): (u64, (usize, &str))| {
            let words: Vec<&str> = line.split(' ').collect();
            let [digest, issued, kind, code] = words.as_slice() else {
                return Err(wrong(at, "is not digest, time, kind and code"));
            };
            let digest = Digest::from_hex(digest).ok_or(wrong(at, "begins with no digest"))?;
            let issued = issued.parse().ok().and_then(Timestamp::from_seconds);
            let issued = issued.ok_or(wrong(at, "has no time"))?;
            let code = if *code == "-" { "" } else { code };
            Ok(Leaf { index, digest, kind: (*kind).to_owned(), code: code.to_owned(), issued })
        };
        let leaves = (0..).zip(lines).map(leaf).collect::<Result<_, _>>()?;
        Ok(LogExport { trust, checkpoint, note, leaves })
    }

    /// Whether the checkpoint is genuine and these are its leaves, with the checkpoint that is so. Where one is given that somebody
    /// kept, whether the log continues it.
    pub fn verify(&self, trust: &TrustState, kept: Option<&Checkpoint>) -> Result<Checkpoint, LogError> {
        let checkpoint = verify_checkpoint(&self.checkpoint, trust)?.into_payload();
        let (size, found) = (self.leaves.len() as u64, self.root(self.leaves.len()));
        if (checkpoint.size, checkpoint.root) != (size, found) {
            return Err(LogError::ExportDiffers { expected: checkpoint.root, found });
        }
        if !self.note.starts_with(&note::text(&checkpoint)) {
            return Err(LogError::Export { line: 4, detail: "is a note of another checkpoint" });
        }
        let Some(kept) = kept else { return Ok(checkpoint) };
        demand_same_log(&checkpoint, kept)?;
        let found = self.root(self.leaves.len().min(usize::try_from(kept.size).unwrap_or(usize::MAX)));
        match kept.size <= size && kept.root == found {
            true => Ok(checkpoint),
            false => Err(LogError::Forked { size: kept.size, expected: kept.root, found }),
        }
    }

    /// That an answer is in it.
    pub fn prove(&self, digest: &Digest) -> Result<Inclusion, LogError> {
        let leaf =
            self.leaves.iter().find(|leaf| leaf.digest == *digest).ok_or(LogError::NotInLog(*digest))?;
        let (index, size) = (leaf.index, self.leaves.len() as u64);
        let path = inclusion(index, size).into_iter().map(|leaves| self.hash(leaves)).collect();
        Ok(Inclusion {
            leaf: leaf.clone(),
            proof: InclusionProof { path, size, index },
            root: self.root(self.leaves.len()),
        })
    }

    /// That its state at one size continues the one at another.
    pub fn consistency(&self, first: u64, second: u64) -> Result<Consistency, LogError> {
        LogError::demand_sizes(first, second, self.leaves.len() as u64)?;
        let path = consistency(first, second).into_iter().map(|leaves| self.hash(leaves)).collect();
        let [one, other] = [first, second].map(|size| (size, self.root(size as usize)));
        Ok(Consistency { first: one, second: other, path })
    }

    fn root(&self, size: usize) -> Digest {
        self.hash(0..size as u64)
    }

    /// The hash of a subtree; one that begins where a tree may be split has the shape of a tree of its own.
    fn hash(&self, leaves: std::ops::Range<u64>) -> Digest {
        let mut head = LogHead::default();
        self.leaves[leaves.start as usize..leaves.end as usize]
            .iter()
            .for_each(|leaf| head.append(&leaf.digest));
        head.root()
    }
}

/// Refuses a checkpoint of another log.
pub(super) fn demand_same_log(ours: &Checkpoint, kept: &Checkpoint) -> Result<(), LogError> {
    match ours.origin == kept.origin {
        true => Ok(()),
        false => {
            Err(LogError::OtherLog { expected: ours.origin.to_string(), found: kept.origin.to_string() })
        }
    }
}
