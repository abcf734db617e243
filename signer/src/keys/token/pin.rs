//! The PIN of a token.

use std::fmt;

use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use crate::keys::TokenError;

/// PKCS #11 leaves the length to the token; longer ones are a file given by mistake.
const LONGEST: usize = 255;

/// A token's PIN, wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    /// From what was typed. Refuses none, more than 255 bytes, and control characters: each try counts at a token, and these would be one.
    pub fn new(text: String) -> Result<Pin, TokenError> {
        let text = Zeroizing::new(text);
        if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(TokenError::PinText { most: LONGEST });
        }
        Ok(Pin(text))
    }

    /// From a file's or standard input's contents: the first line.
    pub fn first_line(contents: &str) -> Result<Pin, TokenError> {
        Pin::new(contents.lines().next().unwrap_or_default().to_owned())
    }

    pub(super) fn to_auth(&self) -> AuthPin {
        AuthPin::new(self.0.as_str().into())
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_first_line_and_is_not_shown() {
        let pin = Pin::first_line("1234\r\nsecond").expect("a PIN");
        assert_eq!(pin.0.as_str(), "1234");
        assert_eq!(format!("{pin:?}"), "Pin(hidden)");
    }

    #[test]
    fn refuses_what_would_only_cost_a_try() {
        for text in ["", "12\t34", &"1".repeat(256)] {
            assert_eq!(
                Pin::new(text.to_owned()).map(|_| ()).map_err(|error| error.code()),
                Err("pin-text"),
                "{text:?}"
            );
        }
    }
}
