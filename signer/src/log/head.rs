//! The log's head: size and frontier, which are the roots of its perfect subtrees from the largest to the smallest.

use license_format::Digest;
use verifier::log::{empty_root, leaf_hash, node_hash};

use super::tree::{Node, perfect};

/// Size and frontier of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LogHead {
    size: u64,
    frontier: Vec<Digest>,
}

impl LogHead {
    /// From stored parts; `None` when they do not fit each other.
    pub(crate) fn from_parts(size: u64, frontier: &[u8]) -> Option<LogHead> {
        let (hashes, rest) = frontier.as_chunks::<32>();
        let fits = rest.is_empty() && hashes.len() == size.count_ones() as usize;
        fits.then(|| LogHead { size, frontier: hashes.iter().map(|hash| Digest(*hash)).collect() })
    }

    /// How many leaves.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The frontier as stored.
    pub(crate) fn frontier_bytes(&self) -> Vec<u8> {
        self.frontier.iter().flat_map(|hash| hash.0).collect()
    }

    /// The perfect subtrees, from the largest.
    pub(crate) fn subtrees(&self) -> impl Iterator<Item = (Node, Digest)> + '_ {
        perfect(&(0..self.size)).into_iter().zip(self.frontier.iter().copied())
    }

    /// Appends a document by its digest.
    pub(crate) fn append(&mut self, document: &Digest) {
        self.append_noting(document, |_, _| ());
    }

    /// The same, and notes each perfect subtree that it completes: the leaf, and those that end with it.
    pub(super) fn append_noting(&mut self, document: &Digest, mut note: impl FnMut(Node, Digest)) {
        let (mut node, mut hash) = (Node { level: 0, position: self.size }, leaf_hash(document));
        note(node, hash);
        // Each trailing one of the old size is a perfect subtree that the new leaf completes.
        for _ in 0..self.size.trailing_ones() {
            let left = self.frontier.pop().expect("one subtree for each one bit");
            (node, hash) =
                (Node { level: node.level + 1, position: node.position >> 1 }, node_hash(&left, &hash));
            note(node, hash);
        }
        self.frontier.push(hash);
        self.size += 1;
    }

    /// The root over all leaves.
    pub(crate) fn root(&self) -> Digest {
        let mut subtrees = self.frontier.iter().rev();
        let Some(smallest) = subtrees.next() else { return empty_root() };
        subtrees.fold(*smallest, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_stored_and_read() {
        let mut head = LogHead::default();
        for n in 0..70_u8 {
            let stored = LogHead::from_parts(head.size(), &head.frontier_bytes());
            assert_eq!(stored.as_ref(), Some(&head));
            head.append(&Digest::of(&[n]));
        }
    }

    #[test]
    fn a_frontier_that_does_not_fit_its_size_is_refused() {
        assert_eq!(LogHead::from_parts(3, &[0; 32]), None);
        assert_eq!(LogHead::from_parts(1, &[0; 31]), None);
    }
}
