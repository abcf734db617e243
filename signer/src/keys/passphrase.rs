//! The passphrase of key files: kept to what OpenSSL can be given in a file, so that both open the same files.

use std::fmt;

use zeroize::Zeroizing;

use super::KeyError;

/// Shorter ones can be tried out, whatever scrypt costs.
const SHORTEST: usize = 8;
/// OpenSSL reads lines of at most 1024 bytes.
const LONGEST: usize = 1000;

/// A passphrase, wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// From what was typed. Refuses fewer than 8 and more than 1000 bytes, and control characters, since a line break
    /// would end it early elsewhere.
    pub fn new(text: String) -> Result<Passphrase, KeyError> {
        let text = Zeroizing::new(text);
        if text.is_empty() {
            return Err(KeyError::PassphraseEmpty);
        }
        if text.len() < SHORTEST {
            return Err(KeyError::PassphraseShort { least: SHORTEST });
        }
        if text.len() > LONGEST || text.chars().any(char::is_control) {
            return Err(KeyError::PassphraseText { most: LONGEST });
        }
        Ok(Passphrase(text))
    }

    /// From a file's or standard input's contents: the first line, as `openssl -passin file:` reads it.
    pub fn first_line(contents: &str) -> Result<Passphrase, KeyError> {
        Passphrase::new(contents.lines().next().unwrap_or_default().to_owned())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_first_line_of_a_file() {
        let read = |contents| Passphrase::first_line(contents).map(|phrase| phrase.0.to_string());
        assert_eq!(read("correct horse\n").as_deref().ok(), Some("correct horse"));
        assert_eq!(read("correct horse\r\nsecond line\n").as_deref().ok(), Some("correct horse"));
        assert_eq!(read("  inner and outer space  ").as_deref().ok(), Some("  inner and outer space  "));
        assert_eq!(read("").map_err(|error| error.code()), Err("passphrase-empty"));
        assert_eq!(read("\ncorrect horse").map_err(|error| error.code()), Err("passphrase-empty"));
    }

    #[test]
    fn refuses_what_cannot_protect_or_be_carried() {
        let code = |text: &str| Passphrase::new(text.to_owned()).map(|_| ()).map_err(|error| error.code());
        assert_eq!(code("1234567"), Err("passphrase-short"));
        assert_eq!(code("12345678"), Ok(()));
        assert_eq!(code("1234\n5678"), Err("passphrase-text"));
        assert_eq!(code(&"x".repeat(1001)), Err("passphrase-text"));
    }

    #[test]
    fn is_not_shown() {
        let phrase = Passphrase::new("correct horse".to_owned()).expect("long enough");
        assert_eq!(format!("{phrase:?}"), "Passphrase(hidden)");
    }
}
