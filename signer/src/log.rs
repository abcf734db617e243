//! The head of the append-only log: a Merkle tree (RFC 9162 §2.1) of which only the frontier is kept here, the roots of its perfect
//! subtrees from the largest to the smallest. It knows neither store nor what a leaf says.

use license_format::Digest;
use verifier::log::{leaf_hash, node_hash};

/// Root of a log without leaves: SHA-256 of nothing (RFC 9162 §2.1.1).
fn empty_root() -> Digest {
    Digest::of(&[])
}

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

    /// Appends a document by its digest.
    pub(crate) fn append(&mut self, document: &Digest) {
        let mut node = leaf_hash(document);
        // Each trailing one of the old size is a perfect subtree that the new leaf completes.
        for _ in 0..self.size.trailing_ones() {
            let left = self.frontier.pop().expect("one subtree for each one bit");
            node = node_hash(&left, &node);
        }
        self.frontier.push(node);
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

    /// RFC 9162 §2.1.1 as it is written there.
    fn tree_hash(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => empty_root(),
            [leaf] => leaf_hash(leaf),
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&tree_hash(&leaves[..split]), &tree_hash(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_frontier_gives_the_root_of_the_whole_tree() {
        let leaves: Vec<Digest> = (0..70_u8).map(|n| Digest::of(&[n])).collect();
        let mut head = LogHead::default();
        for count in 0..leaves.len() {
            assert_eq!(head.root(), tree_hash(&leaves[..count]), "{count} leaves");
            let stored = LogHead::from_parts(head.size(), &head.frontier_bytes());
            assert_eq!(stored.as_ref(), Some(&head));
            head.append(&leaves[count]);
        }
    }

    #[test]
    fn a_frontier_that_does_not_fit_its_size_is_refused() {
        assert_eq!(LogHead::from_parts(3, &[0; 32]), None);
        assert_eq!(LogHead::from_parts(1, &[0; 31]), None);
    }
}
