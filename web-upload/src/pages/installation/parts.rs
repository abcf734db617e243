//! What stands on the page of an installation: its keys, the branches of a fork, its slots and their licenses.

use license_format::Timestamp;
use signer::{
    exchange::{Bar, COUNTED_MOVES},
    installations::{BarView, ForkView, HomeView, SlotView},
};

use crate::{
    holdings::{self, amount},
    show::{Day, Status, ThreeDates, Tone, count_of, grouped, seats},
};

/// A key that is at home here.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) masked: String,
    pub(super) seats: String,
    pub(super) ends: Day,
    pub(super) moves: String,
    pub(super) movable: bool,
    /// It may not use it any more.
    pub(super) barred: bool,
    pub(super) exchanged_to: Option<String>,
    /// How many of its licenses were revoked, in words.
    pub(super) revoked: Option<String>,
    pub(super) revocable: bool,
}

/// A key that it may not use.
#[derive(Debug)]
pub(super) struct Barred {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) masked: String,
    pub(super) why: Status,
    pub(super) note: String,
    pub(super) since: Day,
}

#[derive(Debug)]
pub(super) struct Fork {
    pub(super) counter: u64,
    pub(super) seen: Day,
    pub(super) first: String,
    pub(super) second: String,
    /// Whether the one who looks may decide: an administrator of the account, and nobody else.
    pub(super) decides: bool,
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) license_type: &'static str,
    pub(super) status: Status,
    pub(super) license: Option<Newest>,
    pub(super) used: String,
    pub(super) peak: String,
    pub(super) remaining: String,
    pub(super) leases: Vec<Lease>,
}

/// The newest license that was given for a slot.
#[derive(Debug)]
pub(super) struct Newest {
    pub(super) seats: String,
    pub(super) product: String,
    pub(super) dates: ThreeDates,
    pub(super) key: String,
    pub(super) issued: Day,
    pub(super) counter: u64,
    pub(super) digest: String,
}

#[derive(Debug)]
pub(super) struct Lease {
    pub(super) counter: u64,
    pub(super) seats: String,
    pub(super) ends: Day,
    pub(super) held: bool,
}

impl Fork {
    pub(super) fn of(fork: &ForkView, decides: bool, now: Timestamp) -> Fork {
        Fork {
            counter: fork.counter,
            seen: Day::new(fork.seen, now),
            first: fork.first.short(),
            second: fork.second.short(),
            decides,
        }
    }
}

impl Home {
    pub(super) fn of(home: &HomeView, barred: &[BarView], now: Timestamp) -> Home {
        Home {
            barred: barred.iter().any(|bar| bar.key.id == home.key.id),
            id: home.key.id.to_string(),
            name: home.key.name.to_string(),
            masked: home.key.masked.clone(),
            seats: seats(home.seats.clone()),
            ends: Day::new(home.ends, now),
            moves: crate::keys::moves(home.key.moves),
            movable: home.key.moves < COUNTED_MOVES,
            exchanged_to: home.exchanged_to.as_ref().map(|to| format!("{} ({})", to.name, to.masked)),
            revoked: (home.revoked > 0).then(|| count_of(home.revoked, "license")),
            revocable: !home.licenses.is_empty(),
        }
    }
}

impl Barred {
    pub(super) fn of(bar: &BarView, now: Timestamp) -> Barred {
        Barred {
            id: bar.key.id.to_string(),
            name: bar.key.name.to_string(),
            masked: bar.key.masked.clone(),
            why: match bar.why {
                Bar::Blocked => Status::new(Tone::Stop, "Blocked here"),
                Bar::Moved => Status::new(Tone::Idle, "Moved away"),
            },
            note: bar.note.clone(),
            since: Day::new(bar.since, now),
        }
    }
}

impl Slot {
    pub(super) fn of(slot: &SlotView, now: Timestamp) -> Slot {
        let number = |count: Option<u64>| count.map_or_else(|| "not reported".to_owned(), grouped);
        // The report counts what the first grant counts.
        let granted =
            slot.license.as_ref().and_then(|license| license.grants.first()).map(|grant| grant.seats);
        let remaining = granted.zip(slot.used).map_or_else(
            || "not reported".to_owned(),
            |(granted, used)| match used.checked_sub(granted) {
                Some(over @ 1..) => format!("{} over the limit", grouped(over)),
                _ => grouped(granted - used),
            },
        );
        Slot {
            license_type: slot.license_type.title(),
            status: holdings::status(slot, now),
            license: slot.license.as_ref().map(|license| Newest {
                seats: seats(license.grants.iter().map(|grant| (grant.metric, grant.seats))),
                product: license.product.to_string(),
                dates: ThreeDates::of(license, now),
                key: license.license_key.last_group.masked(),
                issued: Day::new(license.issued, now),
                counter: license.counter,
                digest: license.answers.to_string(),
            }),
            used: number(slot.used),
            peak: number(slot.peak),
            remaining,
            leases: slot
                .counted
                .iter()
                .map(|counted| Lease {
                    counter: counted.counter,
                    seats: amount(counted.seats.clone()),
                    held: counted.held,
                    ends: Day::new(counted.ends, now),
                })
                .collect(),
        }
    }
}
