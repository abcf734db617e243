//! Where the program meets the world's clock and dice, and its environment. Every other module is given its time and its random bytes.

use std::path::{Path, PathBuf};

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

/// The folder in which systemd puts a service's credentials, readable by that service alone.
pub(crate) fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// How many bytes this user can still write where a folder is, if the system tells.
#[cfg(unix)]
pub(crate) fn free_space(folder: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(folder).ok()?;
    told.f_bavail.checked_mul(told.f_frsize)
}

/// Elsewhere nobody is asked.
#[cfg(not(unix))]
pub(crate) fn free_space(_: &Path) -> Option<u64> {
    None
}
