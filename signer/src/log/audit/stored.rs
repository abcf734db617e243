//! What the store has of the tree beside its leaves, read some rows at a time in the order in which the tree is made.

use std::collections::{BTreeMap, VecDeque};

use license_format::Digest;
use sqlx::AnyConnection;

use super::{Audit, SOME, tree::Remembered};
use crate::{
    log::{Growth, LogHead, Node},
    store::{StoreError, audit_read},
};

/// The signed checkpoints, from the smallest.
#[derive(Default)]
pub(super) struct StoredCheckpoints(Rows<Digest>);

impl StoredCheckpoints {
    /// Holds the tree, at its size, against the checkpoint of that size if there is one, and against what others remember. To be asked
    /// at each size in turn.
    pub(super) async fn compare(
        &mut self,
        audit: &mut Audit,
        connection: &mut AnyConnection,
        head: &LogHead,
        remembered: &[Remembered],
    ) -> Result<(), StoreError> {
        let of_others = remembered.iter().filter(|(_, _, size, _)| *size == head.size());
        for (place, code, _, root) in of_others {
            demand_root(audit, place, code, head, root);
        }
        while let Some((size, root)) = self.peek(audit, connection).await? {
            if size > head.size() {
                break;
            }
            self.0.rows.pop_front();
            demand_root(audit, "log_checkpoint", "checkpoint-differs", head, &root);
        }
        Ok(())
    }

    /// Names those of more leaves than the head says.
    pub(super) async fn demand_none_beyond(
        &mut self,
        audit: &mut Audit,
        connection: &mut AnyConnection,
        leaves: u64,
    ) -> Result<(), StoreError> {
        while let Some((size, _)) = self.peek(audit, connection).await? {
            self.0.rows.pop_front();
            if size > leaves {
                let says = format!("there is a checkpoint of {size} leaves");
                audit.add("checkpoint-differs", "log_checkpoint", says);
            }
        }
        Ok(())
    }

    async fn peek(
        &mut self,
        audit: &mut Audit,
        connection: &mut AnyConnection,
    ) -> Result<Option<(u64, Digest)>, StoreError> {
        if self.0.are_read_up() {
            let rows = audit_read::checkpoints(connection, self.0.last, SOME).await;
            self.0.refill(audit.note(rows)?);
        }
        Ok(self.0.rows.front().copied())
    }
}

fn demand_root(audit: &mut Audit, place: &'static str, code: &'static str, head: &LogHead, root: &Digest) {
    let found = head.root();
    if *root != found {
        let says = format!(
            "at {} leaves the {place} has seen the root {root}, and the leaves make {found}",
            head.size()
        );
        audit.add(code, place, says);
    }
}

/// The nodes that the store keeps, level by level, each from the left.
#[derive(Default)]
pub(super) struct StoredNodes(BTreeMap<u64, Rows<Digest>>);

impl StoredNodes {
    /// Holds those that a growth has made against the store's. To be asked of each growth in turn.
    pub(super) async fn compare(
        &mut self,
        audit: &mut Audit,
        connection: &mut AnyConnection,
        made: &Growth,
    ) -> Result<(), StoreError> {
        for (Node { level, position }, expected) in made.kept() {
            let level = u64::from(level);
            let name = node_name(level, position);
            let next = self.peek(audit, connection, level).await?;
            let rows = self.0.entry(level).or_default();
            match next {
                Some((at, hash)) if at == position => {
                    rows.rows.pop_front();
                    if hash != expected {
                        let says = format!("{name} is not the hash of its leaves");
                        audit.add("node-differs", "log_node", says);
                    }
                }
                // Whether it is behind a row that does not read is not known.
                _ if rows.is_damaged => {}
                _ => audit.add("node-missing", "log_node", format!("{name} is missing")),
            }
        }
        Ok(())
    }

    /// Names what was not made.
    pub(super) async fn demand_none_left(
        mut self,
        audit: &mut Audit,
        connection: &mut AnyConnection,
    ) -> Result<(), StoreError> {
        let levels = audit_read::node_levels(connection).await;
        for level in audit.note(levels)?.unwrap_or_default() {
            while let Some((position, _)) = self.peek(audit, connection, level).await? {
                self.0.entry(level).or_default().rows.pop_front();
                let name = node_name(level, position);
                audit.add("node-beyond", "log_node", format!("{name} stands for leaves that are not there"));
            }
        }
        Ok(())
    }

    async fn peek(
        &mut self,
        audit: &mut Audit,
        connection: &mut AnyConnection,
        level: u64,
    ) -> Result<Option<(u64, Digest)>, StoreError> {
        let rows = self.0.entry(level).or_default();
        if rows.are_read_up() {
            let read = audit_read::nodes(connection, level, rows.last, SOME).await;
            rows.refill(audit.note(read)?);
        }
        Ok(rows.rows.front().copied())
    }
}

fn node_name(level: u64, position: u64) -> String {
    format!("the node {position} of level {level}")
}

/// Rows in ascending order, of which some are here.
struct Rows<T> {
    rows: VecDeque<(u64, T)>,
    /// The last that was read.
    last: Option<u64>,
    /// Whether there are no more.
    is_end: bool,
    /// Whether some did not read.
    is_damaged: bool,
}

impl<T> Default for Rows<T> {
    fn default() -> Rows<T> {
        Rows { rows: VecDeque::new(), last: None, is_end: false, is_damaged: false }
    }
}

impl<T> Rows<T> {
    fn are_read_up(&self) -> bool {
        self.rows.is_empty() && !self.is_end
    }

    /// With those that follow; `None` where one of these does not read, behind which nobody looks.
    fn refill(&mut self, rows: Option<Vec<(u64, T)>>) {
        self.is_damaged = rows.is_none();
        let rows = rows.unwrap_or_default();
        self.is_end = rows.is_empty();
        self.last = rows.last().map(|(at, _)| *at).or(self.last);
        self.rows.extend(rows);
    }
}
