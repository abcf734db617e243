//! A batch being added to the log. Its leaves are proved from the head before it and from what the batch itself adds: whatever lies to
//! their left and is no part of the batch is one of the head's perfect subtrees. So nothing is read.

use license_format::{Digest, InclusionProof};

use super::{
    head::LogHead,
    tree::{Node, Nodes, inclusion},
};

/// A log's head, with what was added to it.
#[derive(Debug, Clone)]
pub(crate) struct Growth {
    before: LogHead,
    head: LogHead,
    /// Every node that was made, and the old head's.
    nodes: Nodes,
}

impl Growth {
    /// Nothing added yet.
    pub(crate) fn after(head: LogHead) -> Growth {
        let mut nodes = Nodes::default();
        head.subtrees().for_each(|(node, hash)| nodes.insert(node, hash));
        Growth { before: head.clone(), head, nodes }
    }

    /// Appends a document by its digest, and gives its index.
    pub(crate) fn append(&mut self, document: &Digest) -> u64 {
        let index = self.head.size();
        self.head.append_noting(document, |node, hash| self.nodes.insert(node, hash));
        index
    }

    /// The head before the batch.
    pub(crate) fn before(&self) -> &LogHead {
        &self.before
    }

    /// The head with everything added.
    pub(crate) fn head(&self) -> &LogHead {
        &self.head
    }

    /// That a leaf of this batch is in the log as it is now.
    pub(crate) fn proof(&self, index: u64) -> InclusionProof {
        assert!((self.before.size()..self.head.size()).contains(&index), "a leaf of this batch");
        let size = self.head.size();
        let hash = |subtree| self.nodes.hash(&subtree).expect("the head's or the batch's own");
        InclusionProof { path: inclusion(index, size).into_iter().map(hash).collect(), size, index }
    }

    /// The new nodes that the store keeps beside the leaves.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (Node, Digest)> + '_ {
        let is_new = |node: &Node| (node.position + 1) << node.level > self.before.size();
        self.nodes.iter().filter(move |(node, _)| node.is_kept() && is_new(node))
    }
}
