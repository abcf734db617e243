//! Inclusion in the log and its consistency, against the tree as RFC 9162 defines it.

use license_format::{Digest, InclusionProof};
use verifier::log::{continues, empty_root, includes, leaf_hash, node_hash};

fn leaf(number: u64) -> Digest {
    Digest::of(&number.to_be_bytes())
}

/// MTH of RFC 9162 §2.1.1, by its recursive definition.
fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [leaf] => leaf_hash(leaf),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// PATH of RFC 9162 §2.1.3.1, by its recursive definition.
fn path(index: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut path, sibling) =
        if index < at { (path(index, left), root(right)) } else { (path(index - at, right), root(left)) };
    path.push(sibling);
    path
}

/// The largest power of two below the size.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

#[test]
fn the_proof_of_every_leaf_in_every_small_tree_holds_and_no_other() {
    for size in 1..=40 {
        let leaves: Vec<Digest> = (0..size).map(leaf).collect();
        let root = root(&leaves);
        for index in 0..size {
            let proof = InclusionProof { path: path(index as usize, &leaves), size, index };
            let here = leaf(index);
            assert!(includes(&root, &here, &proof), "leaf {index} of {size}");

            assert!(!includes(&root, &leaf(size), &proof), "another document at {index} of {size}");
            for other in (0..size + 2).filter(|other| *other != index) {
                let moved = InclusionProof { index: other, ..proof.clone() };
                assert!(!includes(&root, &here, &moved), "leaf {index} of {size} claimed at {other}");
            }
            for at in 0..proof.path.len() {
                let mut shorter = proof.clone();
                shorter.path.remove(at);
                assert!(!includes(&root, &here, &shorter), "leaf {index} of {size} without hash {at}");
                let mut altered = proof.clone();
                altered.path[at].0[31] ^= 1;
                assert!(!includes(&root, &here, &altered), "leaf {index} of {size} with hash {at} altered");
            }
            let mut longer = proof.clone();
            longer.path.push(here);
            assert!(!includes(&root, &here, &longer), "leaf {index} of {size} with a hash too many");
        }
    }
}

#[test]
fn an_inner_node_does_not_pass_for_a_leaf() {
    let (left, right) = (leaf_hash(&leaf(0)), leaf_hash(&leaf(1)));
    let root = node_hash(&left, &right);
    // Without the leading 0x00 and 0x01 a tree of two could be shown as a tree of one.
    let claim = InclusionProof { path: Vec::new(), size: 1, index: 0 };
    assert!(!includes(&root, &root, &claim));
    assert!(!includes(&root, &Digest([0; 32]), &claim));
}

#[test]
fn the_largest_tree_that_a_proof_can_speak_of_is_no_trouble() {
    let size = (1 << 53) - 1;
    for index in [0, size / 2, size - 1] {
        let proof = InclusionProof { path: vec![leaf(1); 53], size, index };
        assert!(!includes(&leaf(0), &leaf(2), &proof));
    }
}

/// SUBPROOF of RFC 9162 §2.1.4.1, by its recursive definition.
fn subproof(first: usize, leaves: &[Digest], is_whole: bool) -> Vec<Digest> {
    if first == leaves.len() {
        return if is_whole { Vec::new() } else { vec![root(leaves)] };
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut path, sibling) = match first <= at {
        true => (subproof(first, left, is_whole), root(right)),
        false => (subproof(first - at, right, false), root(left)),
    };
    path.push(sibling);
    path
}

#[test]
fn every_small_tree_continues_those_before_it_and_no_other() {
    let leaves: Vec<Digest> = (0..40).map(leaf).collect();
    let sizes = 1..=leaves.len();
    let roots: Vec<Digest> = sizes.clone().map(|size| root(&leaves[..size])).collect();
    for second in sizes {
        for first in 1..=second {
            let proof = subproof(first, &leaves[..second], true);
            let old = (first as u64, &roots[first - 1]);
            let new = (second as u64, &roots[second - 1]);
            assert!(continues(old, new, &proof), "{first} in {second}");

            // One leaf replaced, or the last two exchanged.
            let mut rewritten = leaves[..first].to_vec();
            rewritten[first / 2] = leaf(99);
            assert!(!continues((old.0, &root(&rewritten)), new, &proof), "another {first} in {second}");
            for at in 0..proof.len() {
                let mut bad = proof.clone();
                bad[at].0[31] ^= 1;
                assert!(!continues(old, new, &bad), "{first} in {second} with hash {at} altered");
                bad.remove(at);
                assert!(!continues(old, new, &bad), "{first} in {second} without hash {at}");
            }
            let longer = [proof.as_slice(), &[leaf(7)]].concat();
            assert!(!continues(old, new, &longer), "{first} in {second} with a hash too many");
            for other in (1..=second as u64).filter(|other| *other != old.0) {
                assert!(!continues((other, old.1), new, &proof), "{first} in {second} claimed to be {other}");
            }
        }
    }
}

#[test]
fn nothing_before_and_nothing_since_need_no_proof() {
    let (none, one) = (empty_root(), leaf_hash(&leaf(0)));
    assert!(continues((0, &none), (1, &one), &[]) && continues((0, &none), (0, &none), &[]));
    assert!(continues((1, &one), (1, &one), &[]));
    assert!(!continues((0, &one), (1, &one), &[]) && !continues((1, &one), (1, &none), &[]));
    assert!(!continues((1, &one), (0, &none), &[]) && !continues((0, &none), (1, &one), &[one]));
    assert!(!continues((1, &one), (1, &one), &[one]));
}
