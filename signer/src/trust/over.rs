//! Keys that the next bundle does without, so that it never fills up with keys of years past: a bundle names 16 at most.
//!
//! A proxy believes what a key of its newest bundle signs and nothing else, so a key that is left out is believed in nothing new, whichever bundle
//! a proxy comes from: it takes them one after another. What it holds in force stays so, since of that the newest bundle says only whom it
//! distrusts. Hence a key is over when
//!
//! 1. its time ended a [`REST`] ago: what it signed has arrived or never will, and a revocation list that it signed has a successor;
//! 2. every license that was given up to its end has ended too, and no proxy brings one back after a restoration;
//! 3. it is not distrusted. The entry of a distrusted key is what keeps that from being honored which a thief has signed with it and a proxy has
//!    in force; it stays for ever.
//!
//! The log is older than any of this: what was left out there is judged by the bundle that named it ([`History::states`]).

use license_format::{DAY, Thumbprint, Timestamp, payload::KeyEntry};

use super::History;
use crate::store::{Columns, Store, StoreError};

/// As long as a revocation list says that it is the newest.
const REST: u64 = 365 * DAY;

/// Keys that are over. Only [`Over::of`] finds them.
#[derive(Debug, Clone, Default)]
pub struct Over(Vec<KeyEntry>);

impl Over {
    /// Those of the newest bundle, at an instant, by what the record has given.
    pub async fn of(history: &History, store: &Store, now: Timestamp) -> Result<Over, StoreError> {
        let list_by = history.list().map(|list| list.kid());
        let may_be = |entry: &&KeyEntry| {
            entry.until.plus(REST) <= now
                && entry.distrusted_since.is_none()
                && list_by != Some(entry.public_key.thumbprint())
        };
        let mut over = Vec::new();
        for entry in history.newest().bundle().keys.iter().filter(may_be) {
            if last_end(store, entry.until).await?.is_none_or(|end| end <= now) {
                over.push(entry.clone());
            }
        }
        Ok(Over(over))
    }

    /// The keys, in the order of the bundle.
    pub fn keys(&self) -> &[KeyEntry] {
        &self.0
    }

    pub(super) fn has(&self, kid: &Thumbprint) -> bool {
        self.0.iter().any(|entry| entry.public_key.thumbprint() == *kid)
    }
}

/// When the last of the licenses ends that were given before an instant.
async fn last_end(store: &Store, before: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT MAX(ends) AS ends FROM lease WHERE issued < $1";
    let row = sqlx::query(sql).bind(before.seconds() as i64).fetch_one(&mut *store.read().await?).await?;
    Columns::of("lease", &row).optional_time("ends")
}
