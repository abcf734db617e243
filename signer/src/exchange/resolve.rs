//! A fork is resolved (design, section 4): an administrator of the account says which of two branches lives on.

use std::collections::BTreeMap;

use license_format::{
    Digest, LicenseId, Thumbprint, Timestamp,
    payload::{ChainLink, Request},
};

use super::{
    book::{Book, Change, InstallationRecord, Overdraft, SlotRecord},
    refusal::COUNTED_MOVES,
};
use crate::ids::SubscriptionId;

/// Which branch lives on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Their seats until they end: booked, so that the sum of what may be honoured is known, and never given out.
    pub overdraft: Vec<(SubscriptionId, Overdraft)>,
    /// The key whose counted move is spent.
    pub spends: Option<Digest>,
}

impl Book {
    /// Resolves the fork of an installation. `second` is the newest request of the second branch, which was refused.
    pub fn resolve(
        &mut self,
        installation: Thumbprint,
        lives: Lives,
        second: (&Request, Digest),
        now: Timestamp,
    ) -> Result<(), ResolveError> {
        let before = self.installations.get(&installation).cloned().ok_or(ResolveError::NoFork)?;
        let branch = before.fork.ok_or(ResolveError::NoFork)?;
        let mut record = InstallationRecord { fork: None, ..before.clone() };
        let replaced = match lives {
            Lives::First => None,
            Lives::Second => {
                let replaced = replace(&mut record, branch.counter, second, now);
                if let Some(key) = replaced.spends.and_then(|digest| self.keys.get_mut(&digest)) {
                    if key.moves >= COUNTED_MOVES {
                        return Err(ResolveError::MovesSpent);
                    }
                    key.moves += 1;
                }
                for (id, entry) in &replaced.overdraft {
                    if let Some(subscription) = self.subscriptions.get_mut(id) {
                        subscription.overdraft.push(*entry);
                    }
                }
                Some(replaced)
            }
        };
        self.changes.push(Change::Resolved(Box::new(Resolution { installation, replaced })));
        self.settle(installation, before, record, now);
        Ok(())
    }
}

/// Puts the second branch in place of the first, from the counter at which they part.
fn replace(
    record: &mut InstallationRecord,
    from: u64,
    (request, digest): (&Request, Digest),
    now: Timestamp,
) -> Replaced {
    let own = ChainLink { digest, counter: request.chain().counter };
    let claims = request.chain().claims().chain([own]).filter(|link| link.counter >= from);
    let chain: BTreeMap<u64, Digest> = claims.map(|link| (link.counter, link.digest)).collect();
    let counted: Vec<LicenseId> = record.counted(now).map(|lease| lease.license).collect();
    record.chain.retain(|counter, _| *counter < from);
    record.chain.extend(chain.iter().map(|(counter, digest)| (*counter, *digest)));
    let (kept, abandoned): (Vec<_>, Vec<_>) = std::mem::take(&mut record.leases)
        .into_iter()
        .partition(|lease| record.chain.get(&lease.counter) == Some(&lease.request));
    record.leases = kept;
    let mut slots: BTreeMap<_, SlotRecord> =
        record.slots.keys().map(|slot| (*slot, SlotRecord::default())).collect();
    for (license_type, report) in request.chain().slots.iter() {
        let marks = slots.entry(license_type).or_default();
        marks.ended = report.ended.unwrap_or(0);
        marks.held = report.holding.map_or(0, |link| link.counter);
    }
    for lease in &record.leases {
        let marks = slots.entry(lease.license_type).or_default();
        marks.answered = marks.answered.max(lease.counter);
    }
    record.slots = slots.clone();
    record.newest = own.counter;
    let booked = abandoned.iter().filter(|lease| counted.contains(&lease.license)).flat_map(|lease| {
        lease.seats.iter().filter(|(_, seats)| **seats > 0).map(|(metric, seats)| {
            let entry = Overdraft { metric: *metric, seats: *seats, ends: lease.ends, granted: false };
            (lease.subscription.clone(), entry)
        })
    });
    Replaced {
        from,
        chain,
        slots,
        overdraft: booked.collect(),
        spends: abandoned.last().or(record.leases.last()).map(|lease| lease.key),
        abandoned: abandoned.iter().map(|lease| lease.license).collect(),
    }
}
