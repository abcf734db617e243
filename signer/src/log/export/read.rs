//! Reading an export: what it says is proved and verified in one pass, while the leaves go by.

use std::{
    collections::{BTreeMap, HashSet},
    io::BufRead,
    ops::Range,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use license_format::{Digest, InclusionProof, UnverifiedDocument, UnverifiedFile, payload::Checkpoint};
use verifier::{TrustState, verify::verify_checkpoint};

use super::{
    HEAD, HEAD_BYTES, TITLE, Times,
    line::{LEAF_BYTES, LeafLine, Lines},
};
use crate::log::{
    Consistency, Inclusion, LogError, LogHead, Node, Nodes, consistency, inclusion, note, tree::perfect,
};

/// An exported log, read as far as its head. It agrees with itself so far; whose it is has not been verified.
pub struct LogExport<R> {
    /// Of all the leaves.
    checkpoint: UnverifiedDocument,
    /// What it says, by the bundle that came with it.
    says: Checkpoint,
    times: Times,
    lines: Lines<R>,
    /// Leaves that have gone by.
    read: u64,
}

impl<R: BufRead> LogExport<R> {
    /// Reads the head. Refuses one whose checkpoint and note are not signed by a key of the bundle beside them.
    pub fn read(input: R) -> Result<LogExport<R>, LogError> {
        let mut lines = Lines::of(input);
        let (place, title) = lines.next(TITLE.len())?;
        if title != Some(TITLE) {
            return Err(place.wrong("does not say that it is one of this version"));
        }
        let mut head = |name: &str| {
            let (place, line) = lines.next(HEAD_BYTES)?;
            let value = line.and_then(|line| line.strip_prefix(name)?.strip_prefix(": "));
            let value = value.ok_or_else(|| place.wrong("is not the line of the head that belongs there"))?;
            let bytes = STANDARD.decode(value).map_err(|_| place.wrong("is not base 64"))?;
            Ok::<_, LogError>((place, bytes))
        };
        let [trust, checkpoint, note] = HEAD;
        // The file agrees with itself. Whether this bundle is the vendor's, it cannot tell.
        let trust = TrustState::pin(&UnverifiedFile::decode(&head(trust)?.1)?)?;
        let checkpoint = UnverifiedFile::decode(&head(checkpoint)?.1)?.document;
        let says = verify_checkpoint(&checkpoint, &trust)?.into_payload();
        let (place, note) = head(note)?;
        let key = trust.bundle().key(&checkpoint.kid());
        let is_genuine = |note| key.is_some_and(|key| note::is_genuine(note, &says, &key.public_key));
        if !str::from_utf8(&note).is_ok_and(is_genuine) {
            return Err(place.wrong("is not the checkpoint's note"));
        }
        Ok(LogExport { checkpoint, times: Times::until(&says), says, lines, read: 0 })
    }

    /// Whether the checkpoint is genuine and these are its leaves, with the checkpoint that is so. Where one is given that somebody
    /// kept, whether the log continues it.
    pub fn verify(mut self, trust: &TrustState, kept: Option<&Checkpoint>) -> Result<Checkpoint, LogError> {
        let checkpoint = verify_checkpoint(&self.checkpoint, trust)?.into_payload();
        let mut roots = Roots::at(kept.map(|kept| kept.size));
        if let Some(kept) = kept {
            LogError::demand_same_log(&checkpoint, kept)?;
        }
        let mut head = LogHead::default();
        while let Some(leaf) = self.next()? {
            roots.see(&head);
            head.append(&leaf.digest);
        }
        roots.see(&head);
        self.demand_whole(&head)?;
        match kept {
            Some(kept) if roots.get(kept.size) != Some(kept.root) => Err(LogError::Forked {
                size: kept.size,
                expected: kept.root,
                found: roots.get(kept.size).unwrap_or(head.root()),
            }),
            _ => Ok(checkpoint),
        }
    }

    /// That an answer is in it.
    pub fn prove(mut self, digest: &Digest) -> Result<Inclusion, LogError> {
        let size = self.says.size;
        let mut head = LogHead::default();
        let mut path = Subtrees::default();
        let mut found = None;
        while let Some(leaf) = self.next()? {
            if found.is_none() && leaf.digest == *digest {
                let leaf = leaf.leaf(head.size());
                path = Subtrees::wanted(inclusion(leaf.index, size));
                // What lies to its left has gone by, and is the tree so far.
                head.subtrees().for_each(|(node, hash)| path.see(node, hash));
                found = Some(leaf);
            }
            head.append_noting(&leaf.digest, |node, hash| path.see(node, hash));
        }
        self.demand_whole(&head)?;
        let leaf = found.ok_or(LogError::NotInLog(*digest))?;
        let proof = InclusionProof { path: path.hashes(), size, index: leaf.index };
        Ok(Inclusion { leaf, proof, root: head.root() })
    }

    /// That its state at one size continues the one at another.
    pub fn consistency(mut self, first: u64, second: u64) -> Result<Consistency, LogError> {
        LogError::demand_sizes(first, second, self.says.size)?;
        let mut roots = Roots::at([first, second]);
        let mut path = Subtrees::wanted(consistency(first, second));
        let mut head = LogHead::default();
        while let Some(leaf) = self.next()? {
            roots.see(&head);
            head.append_noting(&leaf.digest, |node, hash| path.see(node, hash));
        }
        roots.see(&head);
        self.demand_whole(&head)?;
        let root = |size| (size, roots.get(size).expect("not beyond the last leaf"));
        Ok(Consistency { first: root(first), second: root(second), path: path.hashes() })
    }

    /// The next leaf. There are no more than the checkpoint says.
    fn next(&mut self) -> Result<Option<LeafLine<'_>>, LogError> {
        let (place, Some(line)) = self.lines.next(LEAF_BYTES)? else { return Ok(None) };
        if self.read == self.says.size {
            return Err(place.wrong("is one more than the checkpoint has leaves"));
        }
        let leaf = LeafLine::parse(line).map_err(|detail| place.wrong(detail))?;
        self.times.follow(leaf.issued()).map_err(|detail| place.wrong(detail))?;
        self.read += 1;
        Ok(Some(leaf))
    }

    /// Refuses leaves that are not all of the checkpoint's.
    fn demand_whole(&self, head: &LogHead) -> Result<(), LogError> {
        let Checkpoint { size, root, .. } = self.says;
        if head.size() < size {
            return Err(LogError::ExportShort { leaves: head.size(), size });
        }
        match head.root() == root {
            true => Ok(()),
            false => Err(LogError::ExportDiffers { expected: root, found: head.root() }),
        }
    }
}

/// The roots of a tree at some of its sizes, noted while it grows.
struct Roots(BTreeMap<u64, Option<Digest>>);

impl Roots {
    fn at(sizes: impl IntoIterator<Item = u64>) -> Roots {
        Roots(sizes.into_iter().map(|size| (size, None)).collect())
    }

    fn see(&mut self, head: &LogHead) {
        if let Some(root) = self.0.get_mut(&head.size()) {
            *root = Some(head.root());
        }
    }

    fn get(&self, size: u64) -> Option<Digest> {
        self.0.get(&size).copied().flatten()
    }
}

/// The hashes of some subtrees, of which the perfect ones that they are made of are noted while the tree grows.
#[derive(Default)]
struct Subtrees {
    wanted: Vec<Range<u64>>,
    perfect: HashSet<Node>,
    seen: Nodes,
}

impl Subtrees {
    fn wanted(wanted: Vec<Range<u64>>) -> Subtrees {
        Subtrees { perfect: wanted.iter().flat_map(perfect).collect(), wanted, seen: Nodes::default() }
    }

    fn see(&mut self, node: Node, hash: Digest) {
        if self.perfect.contains(&node) {
            self.seen.insert(node, hash);
        }
    }

    /// In the order in which they were wanted, once all their leaves have gone by.
    fn hashes(&self) -> Vec<Digest> {
        let hash = |subtree| self.seen.hash(subtree).expect("its leaves have gone by");
        self.wanted.iter().map(hash).collect()
    }
}
