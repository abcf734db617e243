//! Where the program meets the world's clock and dice. Every other module is given its time and its random bytes.

use license_format::Timestamp;

/// The time now.
#[allow(clippy::disallowed_methods)] // This is the edge at which `waybill` reads the clock; all rules take the time as a parameter.
pub(crate) fn now() -> Timestamp {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = since_1970.map_or(0, |duration| duration.as_secs());
    Timestamp::from_seconds(seconds).unwrap_or(Timestamp::MAX)
}

/// The system's random bytes.
#[allow(clippy::disallowed_methods)] // This is the edge at which `waybill` draws random bytes; what makes keys takes them as a parameter.
pub(crate) fn entropy(out: &mut [u8]) {
    getrandom::fill(out).expect("the operating system has random bytes");
}
