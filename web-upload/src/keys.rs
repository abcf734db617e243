//! License keys in words: what one may have, what is out through it, when it ends. The signer says the facts; the words are here.

use license_format::Timestamp;
use signer::{
    catalog::{Draw, EXPIRING_SOON, KeyRecord, KeyUse},
    exchange::COUNTED_MOVES,
    people::AccountId,
};

use crate::show::{Day, Status, Tone, count_of, grouped, seats};

/// One line of a list of keys.
#[derive(Debug, Clone)]
pub(crate) struct KeyRow {
    pub(crate) href: String,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) masked: String,
    pub(crate) share: String,
    pub(crate) leased: String,
    pub(crate) homes: String,
    pub(crate) moves: String,
    /// Absent where it renews with its subscription.
    pub(crate) ends: Option<Day>,
    pub(crate) status: Status,
    pub(crate) note: String,
}

impl KeyRow {
    pub(crate) fn of(account: &AccountId, used: &KeyUse, now: Timestamp) -> KeyRow {
        let key = &used.key;
        KeyRow {
            href: format!("/accounts/{account}/keys/{}", key.id),
            kind: if used.is_primary() { "Primary key" } else { "Sublicense" },
            name: key.name.to_string(),
            masked: key.key.last_group().masked(),
            share: share(key),
            leased: seats(used.seats.clone()),
            homes: format!("{} of {}", grouped(used.homes), count_of(key.installations, "installation")),
            moves: moves(used.moves),
            ends: key.ends.map(|ends| Day::new(ends, now)),
            status: status(key, now),
            note: key.note.clone(),
        }
    }
}

/// What of the subscription a key may have.
pub(crate) fn share(key: &KeyRecord) -> String {
    let at_most = key.quota.map(|quota| format!("at most {}", count_of(quota, "seat")));
    match (key.draw, key.quota) {
        (Draw::Open, _) => at_most.unwrap_or_else(|| "all seats that are free".to_owned()),
        (Draw::Reserved, Some(quota)) => format!("{} reserved", count_of(quota, "seat")),
        (Draw::Reserved, None) => "reserved".to_owned(),
        (Draw::Dynamic { headroom }, _) => {
            let at_most = at_most.map_or_else(String::new, |most| format!(", {most}"));
            format!("what is in use and {} more{at_most}", grouped(headroom))
        }
    }
}

/// Counted moves, with how many there are.
pub(crate) fn moves(spent: u64) -> String {
    format!("{spent} of {COUNTED_MOVES} spent")
}

/// How a key stands.
pub(crate) fn status(key: &KeyRecord, now: Timestamp) -> Status {
    match key.ends {
        _ if key.blocked => Status::new(Tone::Stop, "Blocked"),
        Some(ends) if ends <= now => Status::new(Tone::Stop, "Ended"),
        Some(ends) if ends.since(now) <= EXPIRING_SOON => Status::new(Tone::Warn, "Ends soon"),
        _ => Status::new(Tone::Ok, "Active"),
    }
}
