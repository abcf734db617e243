//! Instants: whole seconds since 1970, UTC (RFC 8949 has no better word for them, RFC 3339 writes them for people).

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::limits;

/// Seconds in a day.
pub const DAY: u64 = 24 * 3600;

/// An instant between 1970 and the end of the year 9999. Instants are inclusive as a start and exclusive as an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Timestamp(u64);

impl Timestamp {
    /// The first and the last instant that exist.
    pub const MIN: Timestamp = Timestamp(0);
    /// The last second of the year 9999.
    pub const MAX: Timestamp = Timestamp(limits::TIMESTAMP);

    /// From seconds since 1970; `None` past the year 9999.
    pub fn from_seconds(seconds: u64) -> Option<Timestamp> {
        (seconds <= limits::TIMESTAMP).then_some(Timestamp(seconds))
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// Later by so many seconds, at most `MAX`.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Timestamp {
        Timestamp(self.0.saturating_add(seconds).min(limits::TIMESTAMP))
    }

    /// Earlier by so many seconds, at least 1970.
    #[must_use]
    pub fn minus(self, seconds: u64) -> Timestamp {
        Timestamp(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` until this instant, 0 if it is not later.
    pub fn since(self, earlier: Timestamp) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `2026-11-22`, the day in UTC.
    pub fn date(self) -> String {
        self.rfc3339()[..10].to_owned()
    }

    /// `2026-11-22 10:30 UTC`.
    pub fn minute(self) -> String {
        let text = self.rfc3339();
        format!("{} {} UTC", &text[..10], &text[11..16])
    }

    /// `2026-11-22T10:30:00Z` (RFC 3339).
    pub fn rfc3339(self) -> String {
        let instant = OffsetDateTime::from_unix_timestamp(self.0 as i64).expect("within the year 9999");
        instant.format(&Rfc3339).expect("four-digit years have an RFC 3339 form")
    }

    /// Reads `2026-11-22`, which is its first second, or an RFC 3339 instant without a fraction; `None` for anything else.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let instant = OffsetDateTime::parse(&full, &Rfc3339).ok()?;
        if instant.nanosecond() != 0 {
            return None;
        }
        Timestamp::from_seconds(u64::try_from(instant.unix_timestamp()).ok()?)
    }
}

impl TryFrom<u64> for Timestamp {
    type Error = &'static str;
    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        Timestamp::from_seconds(seconds).ok_or("an instant must not lie past the year 9999")
    }
}

impl From<Timestamp> for u64 {
    fn from(instant: Timestamp) -> u64 {
        instant.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}
