//! The one place where the program asks the world: the clock, and randomness.

use std::time::SystemTime;

use license_format::{Nonce, Timestamp};
use zeroize::Zeroizing;

use crate::console::Failure;

/// The clock, once for each command.
#[allow(clippy::disallowed_methods, reason = "a program reads the clock at its edge")]
pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_seconds(seconds).unwrap_or(Timestamp::MAX)
}

/// What makes the requests of two copies differ.
pub(crate) fn nonce() -> Result<Nonce, Failure> {
    let mut nonce = [0; 16];
    fill(&mut nonce)?;
    Ok(Nonce(nonce))
}

/// A new installation's secret.
pub(crate) fn seed() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut seed = Zeroizing::new([0; 32]);
    fill(seed.as_mut_slice())?;
    Ok(seed)
}

#[allow(clippy::disallowed_methods, reason = "a program draws its randomness at its edge")]
fn fill(bytes: &mut [u8]) -> Result<(), Failure> {
    getrandom::fill(bytes).map_err(|error| {
        Failure::unknown("no-randomness", format!("the system gives no random bytes: {error}"))
            .next("Try again once the system has started completely.")
    })
}
