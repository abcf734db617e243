//! What will need doing in a vendor's own installation, and by when: keys, trust bundle, record, machine. No secret is opened for it.
//!
//! Absent on purpose: contracts and license files that end, which are the customers' matter and stand on the pages.

mod keys;
mod record;
#[cfg(test)]
mod tests;

pub use keys::keys;
pub use record::record;

use license_format::Timestamp;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Something must be done, now or before the horizon.
    Due,
    /// It would be better otherwise.
    Advice,
    /// Nothing to do.
    Well,
}

impl State {
    /// As programs and people read it.
    pub fn name(self) -> &'static str {
        match self {
            State::Due => "due",
            State::Advice => "advice",
            State::Well => "well",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable, for programs.
    pub code: &'static str,
    /// How it stands.
    pub state: State,
    /// What it is about.
    pub about: String,
    /// In a sentence.
    pub says: String,
    /// What to do; empty where that is nothing.
    pub next_step: String,
    /// When it ends or ended, where that is what matters.
    pub when: Option<Timestamp>,
}

impl Finding {
    /// Something in order.
    pub fn well(code: &'static str, about: impl Into<String>, says: impl Into<String>) -> Finding {
        let (about, says) = (about.into(), says.into());
        Finding { code, state: State::Well, about, says, next_step: String::new(), when: None }
    }

    /// Something to do.
    pub fn due(
        code: &'static str,
        about: impl Into<String>,
        says: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Finding {
        Finding { state: State::Due, next_step: next_step.into(), ..Finding::well(code, about, says) }
    }

    /// Something that would be better otherwise.
    pub fn advice(
        code: &'static str,
        about: impl Into<String>,
        says: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Finding {
        Finding { state: State::Advice, ..Finding::due(code, about, says, next_step) }
    }

    fn when(self, when: Timestamp) -> Finding {
        Finding { when: Some(when), ..self }
    }
}

/// Below this a day's answers and a database's own files may not fit.
const LEAST_FREE: u64 = 256 << 20;

/// Whether there is room where the data directory is.
pub fn disk(free: u64) -> Finding {
    let says = format!("{} MiB are free", free >> 20);
    match free < LEAST_FREE {
        true => Finding::due(
            "disk-space",
            "disk",
            says,
            "Make room: with a full disk no answer leaves the signer.",
        ),
        false => Finding::well("disk-space", "disk", says),
    }
}
