//! Sign-in attempts: after some wrong passwords for one e-mail from one address, no more are tried for a while.
//! Kept in memory by each process, which is enough to make guessing hopeless, and no more than that.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use license_format::Timestamp;

/// Wrong passwords that may be given within the window.
pub(crate) const ALLOWED: u32 = 8;

/// Seconds from the first wrong password until all is forgotten.
pub(crate) const WINDOW: u64 = 15 * 60;

/// Pairs remembered at once. Beyond it the whole table is forgotten: an attacker who fills it gains some guesses, and the portal
/// keeps its memory.
const REMEMBERED: usize = 10_000;

/// Counts wrong passwords by address and e-mail: by address alone an office would share one count, by e-mail alone anybody could
/// lock somebody else out.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<HashMap<Key, Count>>);

/// Characters of an e-mail that count. No address has more, and a table of long ones would fill the memory.
const LONGEST: usize = 254;

type Key = (Option<IpAddr>, String);

struct Count {
    since: Timestamp,
    wrong: u32,
}

impl Attempts {
    /// Takes one attempt before the password is looked at, so that attempts at the same moment count as well. Refuses with the
    /// instant from which the next one is allowed.
    pub(crate) fn take(&self, address: Option<IpAddr>, email: &str, now: Timestamp) -> Result<(), Timestamp> {
        let mut counts = self.lock();
        counts.retain(|_, count| now < count.since.plus(WINDOW));
        if counts.len() >= REMEMBERED {
            counts.clear();
        }
        let count = counts.entry(key(address, email)).or_insert(Count { since: now, wrong: 0 });
        if count.wrong >= ALLOWED {
            return Err(count.since.plus(WINDOW));
        }
        count.wrong += 1;
        Ok(())
    }

    /// The password was right: nothing is held against this pair.
    pub(crate) fn forget(&self, address: Option<IpAddr>, email: &str) {
        self.lock().remove(&key(address, email));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Count>> {
        // Nothing in here can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(address: Option<IpAddr>, email: &str) -> Key {
    (address, email.trim().chars().take(LONGEST).flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_and_no_more_until_the_window_has_passed() {
        let attempts = Attempts::default();
        let here = Some(IpAddr::from([192, 0, 2, 1]));
        let start = Timestamp::parse("2026-11-22").unwrap();
        for _ in 0..ALLOWED {
            assert_eq!(attempts.take(here, "a@contoso.example", start), Ok(()));
        }
        assert_eq!(attempts.take(here, " A@Contoso.example ", start.plus(1)), Err(start.plus(WINDOW)));
        assert_eq!(attempts.take(here, "b@contoso.example", start), Ok(()), "another e-mail");
        assert_eq!(attempts.take(None, "a@contoso.example", start), Ok(()), "another address");
        assert_eq!(attempts.take(here, "a@contoso.example", start.plus(WINDOW)), Ok(()));
    }

    #[test]
    fn signing_in_clears_the_count() {
        let attempts = Attempts::default();
        for _ in 0..3 * ALLOWED {
            assert_eq!(attempts.take(None, "a@contoso.example", Timestamp::MIN), Ok(()));
            attempts.forget(None, "a@contoso.example");
        }
    }
}
