//! What the installation knows of time: the latest instant seen, and how often the clock was found set back (design, section 4).

use license_format::{Timestamp, payload::ClockReport};
use serde::{Deserialize, Serialize};

/// The memory that keeps effective time from running backwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clock {
    /// The latest reading ever, unless an answer put it back.
    high_water: Timestamp,
    /// The newest `issued` of any answer read: a time that the clock of the signer's side has reached, so no reset goes below it.
    newest_issued: Timestamp,
    /// The reading before this one.
    last: Timestamp,
    /// Whether that reading was behind the high-water mark by more than the tolerance.
    behind: bool,
    steps_back: u64,
    /// The highest counter of any license taken: a time reset that answers an earlier request is void.
    settled: u64,
}

impl Clock {
    pub(super) fn start(now: Timestamp) -> Clock {
        Clock {
            high_water: now,
            newest_issued: Timestamp::MIN,
            last: now,
            behind: false,
            steps_back: 0,
            settled: 0,
        }
    }

    /// Takes a reading. One that is behind by more than the tolerance counts as a step back once, however often it is
    /// read afterwards, until it steps back by as much again.
    pub(super) fn observe(&mut self, now: Timestamp, tolerance: u64) {
        let behind = now.plus(tolerance) < self.high_water;
        if behind && (!self.behind || now.plus(tolerance) < self.last) {
            self.steps_back += 1;
        }
        self.behind = behind;
        self.last = now;
        self.high_water = self.high_water.max(now);
    }

    /// Takes note of an answer's time of issue.
    pub(super) fn read_answer(&mut self, issued: Timestamp) {
        self.newest_issued = self.newest_issued.max(issued);
    }

    /// Takes a license: its time reset, if it has one, holds unless a license that answers a later request was taken before.
    /// Gives whether the mark went down.
    pub(super) fn take_license(&mut self, counter: u64, time_reset: Option<Timestamp>) -> bool {
        let newest = counter > self.settled;
        self.settled = self.settled.max(counter);
        match time_reset {
            Some(to) if newest && to < self.high_water => {
                self.high_water = to;
                self.last = to;
                self.behind = false;
                true
            }
            _ => false,
        }
    }

    /// The latest instant known, without the clock's present reading.
    pub(super) fn floor(&self) -> Timestamp {
        self.high_water.max(self.newest_issued)
    }

    pub(super) fn high_water(&self) -> Timestamp {
        self.high_water
    }

    pub(super) fn steps_back(&self) -> u64 {
        self.steps_back
    }

    pub(super) fn report(&self, now: Timestamp) -> ClockReport {
        ClockReport { now, high_water: self.high_water, steps_back: self.steps_back }
    }
}
