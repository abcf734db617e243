//! Why somebody decided something, for whoever reads the history.

use std::{fmt, str::FromStr};

use license_format::Label;
use serde::{Deserialize, Serialize};

/// Why somebody decided something: a label, and so nothing that could make a screen show something else. Every decision about an
/// installation and every grant beyond what was bought has one, whichever way it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reason(Label);

/// A text that is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reason has 1 to 200 characters on one line; those beyond ASCII count as two or more")]
pub struct NoReason;

impl NoReason {
    /// The stable code.
    pub fn code(self) -> &'static str {
        "reason"
    }

    /// What to do about it.
    pub fn next_step(self) -> &'static str {
        "Say why, for whoever reads the history."
    }
}

impl Reason {
    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for Reason {
    type Err = NoReason;

    /// Space around it does not count.
    fn from_str(text: &str) -> Result<Reason, NoReason> {
        text.trim().parse().map(Reason).map_err(|_| NoReason)
    }
}

impl TryFrom<String> for Reason {
    type Error = NoReason;

    fn try_from(text: String) -> Result<Reason, NoReason> {
        text.parse()
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> String {
        reason.as_str().to_owned()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_that_shows_what_it_says() {
        assert_eq!(
            " burnt down \n".parse::<Reason>().map(|reason| reason.to_string()),
            Ok("burnt down".to_owned())
        );
        for text in ["", "  ", "two\nlines", "to the \u{202e}left", "\u{200b}", &"é".repeat(101)] {
            assert_eq!(text.parse::<Reason>(), Err(NoReason), "{text:?}");
        }
        assert!("é".repeat(100).parse::<Reason>().is_ok());
    }
}
