//! A world: what was sold, who is there, what may happen and how often.

use signer::exchange::Draw;

use crate::{
    sold::{Code, Key, Subscription},
    state::Clock,
    variant::Variant,
};

/// How often what may happen.
#[derive(Debug, Clone, Copy, Default)]
pub struct May {
    /// Requests of each installation.
    pub requests: u64,
    /// Edits of quotas.
    pub edits: u8,
    /// Suspensions and their ends.
    pub suspensions: u8,
    /// Snapshots taken of a proxy.
    pub snapshots: u8,
    /// Snapshots restored.
    pub restores: u8,
    /// Clones made.
    pub clones: u8,
    /// Clocks set.
    pub clocks: u8,
    /// Forks resolved.
    pub resolutions: u8,
    /// Backups taken of the signer's store.
    pub backups: u8,
    /// Backups of the signer's store put back.
    pub put_backs: u8,
    /// Counted moves.
    pub moves: u8,
    /// Keys barred at an installation, and allowed again.
    pub bars: u8,
    /// Edits of how keys draw.
    pub draws: u8,
    /// Changes of what is in use.
    pub uses: u8,
}

/// A world.
#[derive(Debug, Clone)]
pub struct World {
    /// Its name.
    pub name: &'static str,
    /// What was bought.
    pub subscriptions: Vec<Subscription>,
    /// The keys of it.
    pub keys: Vec<Key>,
    /// Activation codes. As something typed they are numbered after the keys.
    pub codes: Vec<Code>,
    /// For each installation the keys that are typed there.
    pub sites: Vec<Vec<u8>>,
    /// The instants that there are, in days after the start.
    pub days: Vec<u64>,
    /// What may happen.
    pub may: May,
    /// Quotas to which staff may set keys.
    pub quotas: Vec<(u8, Option<u64>)>,
    /// Draws to which staff may set keys.
    pub draws: Vec<(u8, Draw)>,
    /// How many seats may come to be in use.
    pub uses_seats: Vec<u64>,
    /// What clocks may be set to.
    pub clocks: Vec<Clock>,
    /// Seconds by which the clocks of the signer's processes are off.
    pub processes: Vec<i64>,
    /// Whether every refusal is carried home, also those that change nothing there but what is shown.
    pub refusals_go_home: bool,
    /// Whether the witness outlives the signer's store.
    pub witness: bool,
    /// Which branches an administrator may choose.
    pub chooses: Vec<bool>,
    /// The rule that is not there.
    pub variant: Option<Variant>,
}

impl World {
    /// One installation, one key, one subscription of two seats, no time; nothing may happen but files.
    pub fn new(name: &'static str, requests: u64) -> World {
        World {
            name,
            subscriptions: vec![Subscription {
                slot: 0,
                seats: vec![(license_format::Metric::ManagedDevice, 2)],
            }],
            keys: vec![Key::new(0)],
            codes: Vec::new(),
            sites: vec![vec![0]],
            days: vec![0],
            may: May { requests, ..May::default() },
            quotas: Vec::new(),
            draws: Vec::new(),
            uses_seats: Vec::new(),
            clocks: Vec::new(),
            processes: vec![0],
            refusals_go_home: false,
            witness: true,
            chooses: vec![false, true],
            variant: None,
        }
    }

    /// Whether something typed is an activation code.
    pub fn is_code(&self, typed: u8) -> bool {
        usize::from(typed) >= self.keys.len()
    }

    /// The key that something typed is, or stands for.
    pub fn key(&self, typed: u8) -> u8 {
        match self.is_code(typed) {
            true => self.codes[usize::from(typed) - self.keys.len()].key,
            false => typed,
        }
    }

    /// The slot that a key is for, or an activation code.
    pub fn slot(&self, typed: u8) -> u8 {
        self.subscriptions[self.keys[usize::from(self.key(typed))].subscription].slot as u8
    }

    /// The slots that an installation uses, each with the first key for it, which is no code if there is another.
    pub fn uses(&self, installation: u8) -> Vec<(u8, u8)> {
        let mut uses: Vec<(u8, u8)> = Vec::new();
        let typed = &self.sites[usize::from(installation)];
        let (codes, keys): (Vec<u8>, Vec<u8>) = typed.iter().copied().partition(|typed| self.is_code(*typed));
        for key in keys.iter().chain(&codes) {
            if uses.iter().all(|(slot, _)| *slot != self.slot(*key)) {
                uses.push((self.slot(*key), *key));
            }
        }
        uses
    }
}
