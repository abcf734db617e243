//! A counted move (design, section 4): a server is lost, stolen or was set up anew, and its key goes on elsewhere without its proof.

use license_format::{Digest, LicenseId, Thumbprint, Timestamp};

use super::{
    book::{Bar, Book, Lease, Overdraft},
    change::Change,
    refusal::COUNTED_MOVES,
};
use crate::ids::SubscriptionId;

/// Why a key does not move. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// No counted license at that installation names the key: it is free already.
    #[error("this license key is not at home at this installation")]
    NotAtHome,
    /// The key's counted moves are spent.
    #[error("the license key has spent its {COUNTED_MOVES} counted moves")]
    MovesSpent,
}

impl MoveError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            MoveError::NotAtHome => "not-at-home",
            MoveError::MovesSpent => "moves-spent",
        }
    }

    /// What to do about it.
    pub fn next_step(self) -> &'static str {
        match self {
            MoveError::NotAtHome => "Activate the new installation; nothing has to move.",
            MoveError::MovesSpent => {
                "Deactivate the old installation, wait until its file has ended, or ask the vendor."
            }
        }
    }
}

/// What a counted move changes, for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The key, by digest.
    pub key: Digest,
    /// From where.
    pub from: Thumbprint,
    /// What the old home may still honour.
    pub booked: Vec<LicenseId>,
    /// The seats of those: so that the sum of what may be honoured is known, and never given out.
    pub overdraft: Vec<(SubscriptionId, LicenseId, Overdraft)>,
}

impl Book {
    /// Moves a key away from an installation. Any other is served at once; the old one gets `moved` for this key, and what it may still
    /// honour is booked until it ends or the old one proves that it let go.
    pub fn move_away(&mut self, key: Digest, from: Thumbprint, now: Timestamp) -> Result<(), MoveError> {
        let before = self.installations.get(&from).cloned().ok_or(MoveError::NotAtHome)?;
        let sold = self.keys.get_mut(&key).ok_or(MoveError::NotAtHome)?;
        let counted: Vec<LicenseId> =
            before.counted(now).filter(|lease| lease.key == key).map(|lease| lease.license).collect();
        if counted.is_empty() {
            return Err(MoveError::NotAtHome);
        }
        if sold.moves >= COUNTED_MOVES {
            return Err(MoveError::MovesSpent);
        }
        sold.moves += 1;
        let mut record = before.clone();
        record.barred.insert(key, Bar::Moved);
        let (booked, kept): (Vec<Lease>, Vec<Lease>) = std::mem::take(&mut record.leases)
            .into_iter()
            .partition(|lease| counted.contains(&lease.license));
        record.leases = kept;
        let overdraft = book_seats(&booked, |lease| before.lapse(lease));
        for (id, _, entry) in &overdraft {
            if let Some(subscription) = self.subscriptions.get_mut(id) {
                subscription.overdraft.push(*entry);
            }
        }
        record.booked.extend(booked);
        self.changes.push(Change::Moved(Box::new(Moved { key, from, booked: counted, overdraft })));
        self.settle(from, &before, record, now);
        Ok(())
    }
}

/// Overdraft for licenses that count no more and may still be honoured. Each until its own end: of several only one can be in force, so
/// this is at least what may be.
pub(super) fn book_seats(
    leases: &[Lease],
    ends: impl Fn(&Lease) -> Timestamp,
) -> Vec<(SubscriptionId, LicenseId, Overdraft)> {
    let entries = leases.iter().flat_map(|lease| {
        let ends = ends(lease);
        lease.seats.iter().filter(|(_, seats)| **seats > 0).map(move |(metric, seats)| {
            let entry = Overdraft { metric: *metric, seats: *seats, ends, granted: false };
            (lease.subscription.clone(), lease.license, entry)
        })
    });
    entries.collect()
}
