//! A state of the world, and the steps between two: numbers only, so that millions of them fit.

use license_format::Timestamp;
use signer::exchange::Draw;

use crate::{model::Model, proxies::Ask};

/// A state. Files that exist may be brought at any time, again and again, or never.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// Which instant it is.
    pub instant: u8,
    /// The proxies that run, clones included.
    pub sites: Vec<Site>,
    /// Every copy that there ever was of a proxy, with where it came from.
    pub copies: Vec<Origin>,
    /// The signer's store.
    pub desk: u32,
    /// Its backup.
    pub backup: Option<u32>,
    /// Request files, in order.
    pub requests: Vec<u32>,
    /// Answer files, in order.
    pub answers: Vec<u32>,
    /// What has happened how often.
    pub spent: Spent,
}

/// A proxy that runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Site {
    /// Whose key it has.
    pub installation: u8,
    /// Which copy it is.
    pub copy: u8,
    /// Its state.
    pub proxy: u32,
    /// Counters of the deactivations that it has made for each slot, remembered outside of it.
    pub ended: [u64; 2],
    /// Its counter when its state was last put back or copied.
    pub split: Option<u64>,
    /// A snapshot of it.
    pub snapshot: Option<Snapshot>,
    /// Its clock.
    pub clock: Clock,
    /// See `Model::rely`.
    pub relied: bool,
}

/// What restoring brings back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// The state.
    pub proxy: u32,
    /// Which copy it was.
    pub copy: u8,
    /// The deactivations that it had made.
    pub ended: [u64; 2],
}

/// Where a copy came from. One that is its own parent was set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The copy that it was.
    pub parent: u8,
    /// At which counter it became another.
    pub split: u64,
}

/// A clock, beside the true time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clock {
    /// Right.
    Right,
    /// So many seconds ahead.
    Ahead(u64),
    /// So many seconds behind.
    Behind(u64),
    /// Stopped. To set: `Timestamp::MIN`, which becomes the time at which it stops.
    Stopped(Timestamp),
}

/// What has happened how often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "as in `May`")]
pub struct Spent {
    pub edits: u8,
    pub suspensions: u8,
    pub snapshots: u8,
    pub restores: u8,
    pub clones: u8,
    pub clocks: u8,
    pub resolutions: u8,
    pub backups: u8,
    pub put_backs: u8,
    pub moves: u8,
    pub bars: u8,
    pub draws: u8,
    pub uses: u8,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what they are called")]
pub enum Step {
    /// A proxy writes a request file.
    Prepare { site: u8, slot: u8, ask: Ask },
    /// A request file is brought to the signer.
    Upload { request: u32, process: u8 },
    /// An answer file is brought to a proxy.
    Import { site: u8, answer: u32 },
    /// The next instant comes.
    Pass,
    /// A proxy is backed up.
    Snapshot { site: u8 },
    /// A proxy is put back to its snapshot.
    Restore { site: u8 },
    /// A second proxy with the same state begins to run.
    Clone { site: u8 },
    /// A proxy's clock is set.
    SetClock { site: u8, clock: Clock },
    /// Staff change what a key may have.
    Quota { key: u8, quota: Option<u64> },
    /// Staff suspend a subscription, or end that.
    Suspend { subscription: u8, on: bool },
    /// Staff change how a key draws on its subscription.
    Draw { key: u8, draw: Draw },
    /// So many seats are in use from now on.
    Use { site: u8, seats: u64 },
    /// A key moves away from an installation without its proof.
    Move { installation: u8, key: u8 },
    /// An installation may not use a key, or may again.
    Bar { installation: u8, key: u8, on: bool },
    /// An administrator says which branch lives.
    Resolve { installation: u8, second: bool },
    /// The signer's store is backed up.
    BackUp,
    /// The signer's store is put back to its backup.
    PutBack,
}

impl Site {
    /// One that was just set up.
    pub(crate) fn new(installation: u8, proxy: u32) -> Site {
        Site {
            installation,
            copy: installation,
            proxy,
            ended: [0; 2],
            split: None,
            snapshot: None,
            clock: Clock::Right,
            relied: false,
        }
    }
}

impl Clock {
    /// What it says.
    pub fn read(self, now: Timestamp) -> Timestamp {
        match self {
            Clock::Right => now,
            Clock::Ahead(seconds) => now.plus(seconds),
            Clock::Behind(seconds) => now.minus(seconds),
            Clock::Stopped(at) => at,
        }
    }

    pub(crate) fn set(self, now: Timestamp) -> Clock {
        match self {
            Clock::Stopped(_) => Clock::Stopped(now),
            other => other,
        }
    }
}

/// A place in the life of an installation: which copy, and its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which copy.
    pub copy: u8,
    /// Its counter.
    pub counter: u64,
}

impl State {
    /// Whether neither of two places lies in the other's past: they are on two branches.
    pub fn contradict(&self, one: Place, other: Place) -> bool {
        !self.is_before(one, other) && !self.is_before(other, one)
    }

    /// Whether a place lies in the past of another, or is the same.
    pub fn is_before(&self, past: Place, mut place: Place) -> bool {
        loop {
            if place.copy == past.copy {
                return past.counter <= place.counter;
            }
            let copy = self.copies[usize::from(place.copy)];
            if copy.parent == place.copy {
                return false;
            }
            place = Place { copy: copy.parent, counter: place.counter.min(copy.split) };
        }
    }
}

impl Model {
    /// A step in a line.
    pub fn describe(&self, state: &State, step: Step) -> String {
        let site = |site: u8| {
            let number = usize::from(site);
            match state.sites.get(number) {
                Some(known) if number >= self.names.len() => format!("{}'", letter(known.installation)),
                _ => letter(site),
            }
        };
        let request = |number: u32| {
            let paper = self.papers.request(number);
            let copy = if usize::from(paper.copy) < self.names.len() { "" } else { "'" };
            let kind = match paper.request.kind() {
                license_format::Kind::ActivationRequest => "activation",
                license_format::Kind::RefreshRequest => "refresh",
                _ => "deactivation",
            };
            let counter = paper.request.chain().counter;
            format!("{} {kind} {counter}{copy}", letter(paper.installation as u8))
        };
        match step {
            Step::Prepare { site: at, slot, ask } => {
                format!("{} prepares {ask:?} for slot {slot}", site(at))
            }
            Step::Upload { request: number, process: 0 } => format!("upload {}", request(number)),
            Step::Upload { request: number, process } => {
                format!("upload {} to process {process}", request(number))
            }
            Step::Import { site: at, answer } => {
                let paper = self.papers.answer(answer);
                let kind = match &paper.answer {
                    signer::Answer::License(license) => {
                        let seats: Vec<u64> = license.grants.iter().map(|grant| grant.seats).collect();
                        format!("the license of {seats:?} seats for")
                    }
                    signer::Answer::Receipt(_) => "the receipt for".to_owned(),
                    signer::Answer::Refusal(refusal) => format!("the refusal {} for", refusal.code),
                };
                format!("{} imports {kind} {}", site(at), request(paper.request))
            }
            Step::Pass => format!("time passes to day {}", self.world.days[usize::from(state.instant) + 1]),
            Step::Snapshot { site: at } => format!("a snapshot of {}", site(at)),
            Step::Restore { site: at } => format!("{} is restored to its snapshot", site(at)),
            Step::Clone { site: at } => format!("{} is cloned", site(at)),
            Step::SetClock { site: at, clock } => format!("the clock of {} is set: {clock:?}", site(at)),
            Step::Quota { key, quota } => format!("the quota of key {key} becomes {quota:?}"),
            Step::Suspend { subscription, on } => format!("subscription {subscription} suspended: {on}"),
            Step::Draw { key, draw } => format!("key {key} draws from now on: {draw:?}"),
            Step::Use { site: at, seats } => format!("{seats} seats are in use at {}", site(at)),
            Step::Move { installation, key } => {
                format!("key {key} moves away from {}", letter(installation))
            }
            Step::Bar { installation, key, on } => {
                format!("key {key} is barred at {}: {on}", letter(installation))
            }
            Step::Resolve { installation, second } => {
                let which = if second { "second" } else { "first" };
                format!("the fork of {} is resolved: the {which} lives", letter(installation))
            }
            Step::BackUp => "the signer's store is backed up".to_owned(),
            Step::PutBack => "the signer's store is put back".to_owned(),
        }
    }
}

fn letter(installation: u8) -> String {
    char::from(b'P' + installation).to_string()
}
