//! The log of answers: the mathematics of RFC 9162 §2.1, for whoever checks it.
//!
//! A leaf is an answer's digest, the SHA-256 of what its signature covers. Its hash is SHA-256(0x00 ‖ digest), so that a log shows how many
//! answers there were and nothing of what they say. This module does not know who keeps the log, nor whether a checkpoint is genuine.

use license_format::{Digest, InclusionProof};
use sha2::{Digest as _, Sha256};

/// The hash of a document's leaf: SHA-256(0x00 ‖ digest of the document).
pub fn leaf_hash(document: &Digest) -> Digest {
    Digest(Sha256::new().chain_update([0x00]).chain_update(document.as_bytes()).finalize().into())
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let hash =
        Sha256::new().chain_update([0x01]).chain_update(left.as_bytes()).chain_update(right.as_bytes());
    Digest(hash.finalize().into())
}

/// Whether the proof leads from the document's leaf to this root of the tree of `proof.size` leaves (RFC 9162 §2.1.3.2).
pub fn includes(root: &Digest, document: &Digest, proof: &InclusionProof) -> bool {
    if proof.index >= proof.size {
        return false;
    }
    let (mut at, mut last) = (proof.index, proof.size - 1);
    let mut hash = leaf_hash(document);
    for sibling in &proof.path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            // The right edge of a tree that is not full: levels without a sibling are passed over.
            while at != 0 && at % 2 == 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the tree of the second size, whose root is the second, begins with the leaves of the first (RFC 9162 §2.1.4.2). A proof shows
/// that nothing of what was there has been changed, removed or put in another order.
pub fn continues(first: (u64, &Digest), second: (u64, &Digest), path: &[Digest]) -> bool {
    let ((first, first_root), (second, second_root)) = (first, second);
    // The RFC begins with a tree of one leaf and ends before equality; what is left out needs no proof, and so has none.
    if first == 0 || first >= second {
        let same = first == second && first_root == second_root;
        return path.is_empty() && (same || first == 0 && second > 0 && *first_root == empty_root());
    }
    // A first tree that is perfect is a node of the second, so the proof leaves it out.
    let given = first.is_power_of_two().then_some(first_root);
    let mut path = given.into_iter().chain(path);
    let (mut at, mut last) = (first - 1, second - 1);
    while at % 2 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let Some(lowest) = path.next() else { return false };
    let (mut old, mut new) = (*lowest, *lowest);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while at != 0 && at % 2 == 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old == *first_root && new == *second_root
}

/// The root of a log without leaves: SHA-256 of nothing (RFC 9162 §2.1.1).
pub fn empty_root() -> Digest {
    Digest::of(&[])
}
