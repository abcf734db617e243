//! A fork is resolved (design, section 4): an administrator of the account says which of two branches lives on.

use std::collections::BTreeMap;

use license_format::{
    Digest, LicenseId, Thumbprint, Timestamp,
    payload::{ChainLink, Request},
};
use serde::{Deserialize, Serialize};

use super::{
    book::{Book, InstallationRecord, Lease, Overdraft, SlotRecord},
    change::Change,
    moves::book_seats,
    refusal::COUNTED_MOVES,
};
use crate::ids::SubscriptionId;

/// Which branch lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lives {
    /// The one whose request came first. The other needs `setup`, and is a new installation then.
    First,
    /// The other, as after a restore from a backup. Nothing is typed again; one counted move is spent.
    Second,
}

/// Why a fork is not resolved. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There is no such installation, or it has no fork.
    #[error("this installation has no fork to resolve")]
    NoFork,
    /// The key's counted moves are spent.
    #[error("the license key has spent its {COUNTED_MOVES} counted moves")]
    MovesSpent,
}

impl ResolveError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            ResolveError::NoFork => "no-fork",
            ResolveError::MovesSpent => "moves-spent",
        }
    }

    /// What to do about it.
    pub fn next_step(self) -> &'static str {
        match self {
            ResolveError::NoFork => "Look at the list of installations; it may have been resolved already.",
            ResolveError::MovesSpent => "Let the first branch live, or ask the vendor.",
        }
    }
}

/// What a resolution changes, for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// Whose fork.
    pub installation: Thumbprint,
    /// The chain from here on is replaced; `None` when the first branch lives.
    pub replaced: Option<Replaced>,
}

/// The second branch's chain in place of the first's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// From this counter on.
    pub from: u64,
    /// What is known of the second branch from there on.
    pub chain: BTreeMap<u64, Digest>,
    /// The slots' marks, as the second branch proves them.
    pub slots: BTreeMap<license_format::LicenseType, SlotRecord>,
    /// Licenses that only the abandoned branch can hold.
    pub abandoned: Vec<LicenseId>,
    /// Licenses of a branch that was given up before and is now taken back: renewed again, and still booked.
    pub taken_back: Vec<LicenseId>,
    /// Their seats until they end: booked, so that the sum of what may be honoured is known, and never given out.
    pub overdraft: Vec<(SubscriptionId, LicenseId, Overdraft)>,
    /// The key whose counted move is spent.
    pub spends: Option<Digest>,
}

impl Book {
    /// Resolves the fork of an installation. `second` is the newest request of the second branch, which was refused, and `strays` are
    /// answered requests that are not on the chain: among them those that it goes on from.
    pub fn resolve(
        &mut self,
        installation: Thumbprint,
        lives: Lives,
        second: &(Request, Digest),
        strays: &[(Request, Digest)],
        now: Timestamp,
    ) -> Result<(), ResolveError> {
        let before = self.installations.get(&installation).cloned().ok_or(ResolveError::NoFork)?;
        let branch = before.fork.ok_or(ResolveError::NoFork)?;
        let mut record = InstallationRecord { fork: None, ..before.clone() };
        let replaced = match lives {
            Lives::First => None,
            Lives::Second => {
                let (newest, links) = branch_of(&record, second, strays);
                let differs = |link: &&ChainLink| record.chain.get(&link.counter) != Some(&link.digest);
                let parts = links.iter().filter(differs).map(|link| link.counter).min();
                let from = parts.map_or(branch.counter, |counter| counter.min(branch.counter));
                let replaced = replace(&mut record, from, &newest.0, links, now);
                if let Some(key) = replaced.spends.and_then(|digest| self.keys.get_mut(&digest)) {
                    if key.moves >= COUNTED_MOVES {
                        return Err(ResolveError::MovesSpent);
                    }
                    key.moves += 1;
                }
                for (id, _, entry) in &replaced.overdraft {
                    if let Some(subscription) = self.subscriptions.get_mut(id) {
                        subscription.overdraft.push(*entry);
                    }
                }
                Some(replaced)
            }
        };
        self.changes.push(Change::Resolved(Box::new(Resolution { installation, replaced })));
        self.settle(installation, &before, record, now);
        Ok(())
    }
}

/// The newest request known of a branch, and the branch. What was refused may be an old file of it: a branch that was given up had gone
/// further, and is taken back with all that it has read.
fn branch_of<'a>(
    record: &InstallationRecord,
    refused: &'a (Request, Digest),
    strays: &'a [(Request, Digest)],
) -> (&'a (Request, Digest), Vec<ChainLink>) {
    let at = ChainLink { digest: refused.1, counter: refused.0.chain().counter };
    let later = strays.iter().filter(|(request, _)| request.chain().counter > at.counter);
    let branches = later.map(|newest| (newest, history(record, newest, strays)));
    let goes_on = branches.filter(|(_, links)| links.contains(&at));
    let newest = goes_on.max_by_key(|((request, _), _)| request.chain().counter);
    newest.unwrap_or_else(|| (refused, history(record, refused, strays)))
}

/// A branch without gaps, from its newest request back to the chain: each request claims what came after the newest answer read, and
/// what was answered before that was stored. A gap would let a late file of the other branch in.
fn history(
    record: &InstallationRecord,
    newest: &(Request, Digest),
    strays: &[(Request, Digest)],
) -> Vec<ChainLink> {
    let mut links = Vec::new();
    let mut next = Some(newest);
    while let Some((request, digest)) = next {
        let chain = request.chain();
        links.extend(chain.claims().chain([ChainLink { digest: *digest, counter: chain.counter }]));
        let off = chain.since.filter(|since| record.chain.get(&since.counter) != Some(&since.digest));
        // Counters fall from one to the next, so this ends.
        next = off.and_then(|since| {
            strays
                .iter()
                .find(|(request, digest)| *digest == since.digest && request.chain().counter == since.counter)
        });
    }
    links
}

/// Puts the second branch in place of the first, from the counter at which they part.
fn replace(
    record: &mut InstallationRecord,
    from: u64,
    request: &Request,
    links: Vec<ChainLink>,
    now: Timestamp,
) -> Replaced {
    let links = links.into_iter().filter(|link| link.counter >= from);
    let chain: BTreeMap<u64, Digest> = links.map(|link| (link.counter, link.digest)).collect();
    let counted: Vec<LicenseId> = record.counted(now).map(|lease| lease.license).collect();
    record.chain.retain(|counter, _| *counter < from);
    record.chain.extend(chain.iter().map(|(counter, digest)| (*counter, *digest)));
    let (kept, abandoned): (Vec<_>, Vec<_>) = std::mem::take(&mut record.leases)
        .into_iter()
        .partition(|lease| record.chain.get(&lease.counter) == Some(&lease.request));
    record.leases = kept;
    let is_taken_back = |lease: &Lease| record.chain.get(&lease.counter) == Some(&lease.request);
    let (taken_back, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut record.abandoned).into_iter().partition(is_taken_back);
    record.abandoned = others;
    record.strays.extend(abandoned.iter().map(|lease| lease.request));
    let mut slots: BTreeMap<_, SlotRecord> =
        record.slots.keys().map(|slot| (*slot, SlotRecord::default())).collect();
    for (license_type, report) in request.chain().slots.iter() {
        let marks = slots.entry(license_type).or_default();
        marks.ended = report.ended.unwrap_or(0);
        marks.held = report.holding.map_or(0, |link| link.counter);
    }
    for lease in record.leases.iter().chain(&taken_back) {
        let marks = slots.entry(lease.license_type).or_default();
        marks.answered = marks.answered.max(lease.counter);
    }
    record.slots = slots.clone();
    record.newest = request.chain().counter;
    let booked: Vec<Lease> =
        abandoned.iter().filter(|lease| counted.contains(&lease.license)).cloned().collect();
    let named = |leases: &[Lease]| leases.iter().map(|lease| lease.license).collect();
    let replaced = Replaced {
        from,
        chain,
        slots,
        overdraft: book_seats(&booked, |lease| record.lapse(lease)),
        spends: abandoned.last().or(record.leases.last()).map(|lease| lease.key),
        abandoned: named(&abandoned),
        taken_back: named(&taken_back),
    };
    record.booked.extend(taken_back);
    record.abandoned.extend(abandoned);
    replaced
}
