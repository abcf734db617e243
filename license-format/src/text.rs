//! Texts with rules: tokens that programs compare, labels that people read, site codes.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::limits;

/// A text that a format type refused, with the rule in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct TextError {
    rule: &'static str,
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $allowed:expr, $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;
            fn try_from(text: String) -> Result<Self, TextError> {
                let allowed: fn(&str) -> bool = $allowed;
                if allowed(&text) { Ok(Self(text)) } else { Err(TextError { rule: $rule }) }
            }
        }

        impl FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// A name that programs compare: 1 to 64 of `a-z 0-9 . _ -`. Nothing in it looks like something else.
    Token,
    |text| (1..=limits::TOKEN_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b)),
    "a name must be 1 to 64 of a-z, 0-9, dot, underscore and hyphen"
}

text_type! {
    /// A text for people: 1 to 200 bytes, never compared. Control characters, invisible ones and those that turn the
    /// writing direction are refused, since such a text could make a screen or an armoured file show something else; so are runs of
    /// dashes and the beginning of our base 64, which would end an armoured file's readable part early.
    Label,
    |text| (1..=limits::LABEL_BYTES).contains(&text.len())
        && text.trim() == text
        && (is_plain(text) || !text.chars().any(is_deceptive))
        && !looks_like_armour(text),
    "a text must be 1 to 200 bytes without control characters, space at its ends, or what looks like armour"
}

text_type! {
    /// A ConfigMgr site code: three of `A-Z 0-9`, and not a DOS device name, as ConfigMgr itself demands.
    SiteCode,
    |text| text.len() == 3
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && !["AUX", "CON", "NUL", "PRN"].contains(&text),
    "a site code must be three of A-Z and 0-9, and not AUX, CON, NUL or PRN"
}

/// Tokens stand in maps as keys, so they are ordered as deterministic CBOR orders its keys: shorter first, then by bytes.
impl Ord for Token {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for Token {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Whether the text is of printable ASCII alone, as nearly all are. Looks at every byte: a loop without an exit is the faster one.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}

/// Whether the text has a run of dashes as around armour, or a word that begins as our base 64 does, quoted or not.
fn looks_like_armour(text: &str) -> bool {
    let begins = |word: &str| word.trim_start_matches('>').starts_with("2dn3");
    // Four bytes at a time are compared at once, and are hardly ever these.
    text.as_bytes().windows(4).any(|part| part == b"----" || part == b"2dn3")
        && (text.contains("-----") || text.split_whitespace().any(begins))
}

/// A text of unknown origin, fit to stand in a sentence: what could move a screen's cursor, hide or turn other text is escaped.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if is_deceptive(c) {
            out.extend(c.escape_unicode())
        } else {
            out.push(c)
        }
        out
    })
}

fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
