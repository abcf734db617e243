//! Which subtrees a proof is made of, and from which stored nodes their hashes follow.
//!
//! The store keeps the leaves, and the roots of the perfect subtrees of 16, 256, 4096, … leaves: a fifteenth of the leaves in number.
//! A proof takes at most 30 of them at each of those levels, so that its work grows with the logarithm of the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use license_format::Digest;
use verifier::log::{empty_root, node_hash};

/// Of so many levels the store keeps one.
const STRIDE: u32 = 4;

/// A perfect subtree: the one at `position`, from the left, of those with 2^level leaves. At level 0 it is a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node {
    pub(crate) level: u32,
    pub(crate) position: u64,
}

impl Node {
    /// The leaves under it.
    pub(crate) fn leaves(self) -> Range<u64> {
        self.position << self.level..(self.position + 1) << self.level
    }

    /// Whether the store keeps it, beside the leaves.
    pub(crate) fn is_kept(self) -> bool {
        self.level > 0 && self.level.is_multiple_of(STRIDE)
    }

    /// The nodes from which its hash follows: those of the nearest level below that the store has, or itself.
    fn sources(self) -> impl Iterator<Item = Node> {
        let above = self.level % STRIDE;
        let first = self.position << above;
        (first..first + (1 << above)).map(move |position| Node { level: self.level - above, position })
    }
}

/// Hashes of some nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Nodes(BTreeMap<Node, Digest>);

impl Nodes {
    pub(crate) fn insert(&mut self, node: Node, hash: Digest) {
        self.0.insert(node, hash);
    }

    /// In ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Node, Digest)> + '_ {
        self.0.iter().map(|(node, hash)| (*node, *hash))
    }

    /// The hash of the subtree over some leaves; `None` where a node is missing from which it would follow.
    pub(crate) fn hash(&self, leaves: &Range<u64>) -> Option<Digest> {
        let mut subtrees = perfect(leaves).into_iter().rev();
        let Some(smallest) = subtrees.next() else { return Some(empty_root()) };
        let smallest = self.of(smallest)?;
        subtrees.try_fold(smallest, |right, left| Some(node_hash(&self.of(left)?, &right)))
    }

    /// The hash of a perfect subtree.
    pub(crate) fn of(&self, node: Node) -> Option<Digest> {
        if let Some(hash) = self.0.get(&node) {
            return Some(*hash);
        }
        let mut hashes: Vec<Digest> =
            node.sources().map(|source| self.0.get(&source).copied()).collect::<Option<_>>()?;
        while hashes.len() > 1 {
            hashes = hashes.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        hashes.pop()
    }
}

/// The stored nodes from which the hashes of these subtrees follow.
pub(crate) fn sources(subtrees: &[Range<u64>]) -> BTreeSet<Node> {
    subtrees.iter().flat_map(perfect).flat_map(Node::sources).collect()
}

/// The perfect subtrees of which one over these leaves is made, from the left, which is from the largest.
pub(crate) fn perfect(leaves: &Range<u64>) -> Vec<Node> {
    let (mut start, len) = (leaves.start, leaves.end - leaves.start);
    let mut nodes = Vec::with_capacity(len.count_ones() as usize);
    for level in (0..u64::BITS).rev().filter(|level| len >> level & 1 == 1) {
        nodes.push(Node { level, position: start >> level });
        start += 1 << level;
    }
    nodes
}

/// The subtrees whose hashes prove that a leaf is in the tree of so many: PATH of RFC 9162 §2.1.3.1, from the leaf upwards.
pub(crate) fn inclusion(index: u64, size: u64) -> Vec<Range<u64>> {
    let mut at = 0..size;
    let mut path = Vec::new();
    while at.end - at.start > 1 {
        let middle = split(&at);
        if index < middle {
            path.push(middle..at.end);
            at.end = middle;
        } else {
            path.push(at.start..middle);
            at.start = middle;
        }
    }
    path.reverse();
    path
}

/// The subtrees whose hashes prove that the tree of `size` leaves continues the tree of the `first`: PROOF of RFC 9162 §2.1.4.1.
/// Nothing where there is nothing to prove: of an empty first tree, and of the same one.
pub(crate) fn consistency(first: u64, size: u64) -> Vec<Range<u64>> {
    let mut path = Vec::new();
    if first == 0 {
        return path;
    }
    let mut at = 0..size;
    while first < at.end {
        let middle = split(&at);
        if first <= middle {
            path.push(middle..at.end);
            at.end = middle;
        } else {
            path.push(at.start..middle);
            at.start = middle;
        }
    }
    // Where only left halves were taken, what is left is the first tree itself, which the verifier has.
    if at.start > 0 {
        path.push(at);
    }
    path.reverse();
    path
}

/// Where a subtree of more than one leaf is split: after the largest power of two that is less than its leaves.
fn split(leaves: &Range<u64>) -> u64 {
    leaves.start + (leaves.end - leaves.start).next_power_of_two() / 2
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use verifier::log::{continues, includes, leaf_hash};

    use super::*;
    use crate::log::{Growth, LogHead};
    use license_format::InclusionProof;

    /// MTH of RFC 9162 §2.1.1 as it is written there.
    pub(crate) fn tree_hash(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => empty_root(),
            [leaf] => leaf_hash(leaf),
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&tree_hash(left), &tree_hash(right))
            }
        }
    }

    /// PATH of §2.1.3.1 as it is written there.
    pub(crate) fn path(index: usize, leaves: &[Digest]) -> Vec<Digest> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let split = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(split);
        match index < split {
            true => [path(index, left), vec![tree_hash(right)]].concat(),
            false => [path(index - split, right), vec![tree_hash(left)]].concat(),
        }
    }

    /// SUBPROOF of §2.1.4.1 as it is written there.
    pub(crate) fn subproof(first: usize, leaves: &[Digest], is_whole: bool) -> Vec<Digest> {
        if first == leaves.len() {
            return if is_whole { Vec::new() } else { vec![tree_hash(leaves)] };
        }
        let split = leaves.len().next_power_of_two() / 2;
        let (left, right) = leaves.split_at(split);
        match first <= split {
            true => [subproof(first, left, is_whole), vec![tree_hash(right)]].concat(),
            false => [subproof(first - split, right, false), vec![tree_hash(left)]].concat(),
        }
    }

    fn leaves(count: usize) -> Vec<Digest> {
        (0..count as u64).map(|n| Digest::of(&n.to_be_bytes())).collect()
    }

    /// What the store would have of a log.
    fn stored(leaves: &[Digest]) -> Nodes {
        let mut growth = Growth::after(LogHead::default());
        leaves.iter().for_each(|leaf| _ = growth.append(leaf));
        let mut nodes = Nodes::default();
        growth.kept().for_each(|(node, hash)| nodes.insert(node, hash));
        for (position, leaf) in (0..).zip(leaves) {
            nodes.insert(Node { level: 0, position }, leaf_hash(leaf));
        }
        nodes
    }

    /// As a proof is made: from the nodes that [`sources`] names and no others.
    fn hashes(nodes: &Nodes, subtrees: &[Range<u64>]) -> Vec<Digest> {
        let mut read = Nodes::default();
        for node in sources(subtrees) {
            read.insert(node, nodes.0[&node]);
        }
        subtrees.iter().map(|subtree| read.hash(subtree).expect("nothing is missing")).collect()
    }

    #[test]
    fn a_proof_takes_few_stored_nodes() {
        let subtrees = inclusion(7_654_321, 10_000_000);
        assert_eq!(subtrees.len(), 24);
        assert!(sources(&subtrees).len() <= 6 * 30, "{}", sources(&subtrees).len());
    }

    #[test]
    fn the_largest_log_has_proofs() {
        let size = license_format::limits::INTEGER;
        assert_eq!(inclusion(0, size).len(), license_format::limits::PROOF_PATH);
        assert!(consistency(size / 3, size).len() <= license_format::limits::PROOF_PATH + 1);
    }

    proptest! {
        #[test]
        fn an_inclusion_proof_is_the_one_of_the_rfc(size in 1_usize..600, index in any::<prop::sample::Index>(), other in any::<u8>()) {
            let leaves = leaves(size);
            let index = index.index(size);
            let made = hashes(&stored(&leaves), &inclusion(index as u64, size as u64));
            prop_assert_eq!(&made, &path(index, &leaves));
            let root = tree_hash(&leaves);
            let proof = InclusionProof { path: made, size: size as u64, index: index as u64 };
            prop_assert!(includes(&root, &leaves[index], &proof));
            prop_assert!(!includes(&root, &Digest::of(&[other]), &proof));
            prop_assert!(!includes(&Digest::of(&[other]), &leaves[index], &proof));
            for at in 0..proof.path.len() {
                let mut bad = proof.clone();
                bad.path[at].0[usize::from(other) % 32] ^= 1;
                prop_assert!(!includes(&root, &leaves[index], &bad));
                bad.path.remove(at);
                prop_assert!(!includes(&root, &leaves[index], &bad));
            }
        }

        #[test]
        fn a_consistency_proof_is_the_one_of_the_rfc(size in 1_usize..600, first in any::<prop::sample::Index>(), bit in 0_usize..32) {
            let leaves = leaves(size);
            let first = first.index(size) + 1;
            let proof = hashes(&stored(&leaves), &consistency(first as u64, size as u64));
            prop_assert_eq!(&proof, &subproof(first, &leaves, true));
            let (old, new) = (tree_hash(&leaves[..first]), tree_hash(&leaves));
            let ends = ((first as u64, &old), (size as u64, &new));
            prop_assert!(continues(ends.0, ends.1, &proof));
            let mut other = old;
            other.0[bit] ^= 1;
            prop_assert!(!continues((first as u64, &other), ends.1, &proof));
            prop_assert!(!continues(ends.0, (size as u64, &other), &proof));
            for at in 0..proof.len() {
                let mut bad = proof.clone();
                bad[at].0[bit] ^= 1;
                prop_assert!(!continues(ends.0, ends.1, &bad));
                bad.remove(at);
                prop_assert!(!continues(ends.0, ends.1, &bad));
            }
            prop_assert!(!continues(ends.0, ends.1, &[proof.clone(), vec![old]].concat()));
        }

        /// A batch proves its leaves without reading: from the head before it and what it adds.
        #[test]
        fn a_batch_proves_its_own_leaves(before in 0_usize..300, added in 1_usize..80) {
            let leaves = leaves(before + added);
            let mut head = LogHead::default();
            leaves[..before].iter().for_each(|leaf| head.append(leaf));
            let mut growth = Growth::after(head);
            for (index, leaf) in leaves.iter().enumerate().skip(before) {
                prop_assert_eq!(growth.append(leaf), index as u64);
            }
            prop_assert_eq!(growth.head().root(), tree_hash(&leaves));
            for (index, leaf) in leaves.iter().enumerate().skip(before) {
                let proof = growth.proof(index as u64);
                prop_assert_eq!(&proof.path, &path(index, &leaves));
                prop_assert!(includes(&growth.head().root(), leaf, &proof));
            }
            let (all, old) = (stored(&leaves), stored(&leaves[..before]));
            let kept: Vec<_> = growth.kept().collect();
            let expected: Vec<_> = all.iter().filter(|(node, _)| node.is_kept() && !old.0.contains_key(node)).collect();
            prop_assert_eq!(kept, expected);
        }
    }

    #[test]
    fn nothing_before_and_nothing_since_need_no_proof() {
        assert_eq!((consistency(0, 7), consistency(7, 7)), (vec![], vec![]));
    }
}
