//! Mail addresses, as far as we need to know them: something to sign in with and to send to.

use std::{fmt, str::FromStr};

/// Bytes of an address (RFC 5321 §4.5.3.1.3).
const LONGEST: usize = 254;

/// A text that is not a mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mail address looks like name@example.com")]
pub struct EmailError;

/// A mail address. It is kept as typed and compared without regard to case, since people type both and no mail server that
/// they meet tells them apart.
#[derive(Debug, Clone)]
pub struct Email(String);

impl Email {
    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is compared, and unique in the store.
    pub(crate) fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for Email {
    type Err = EmailError;

    /// Takes `local@domain` of ASCII without quoting, and space around it. Other spellings are legal and nobody has them;
    /// letters outside ASCII that look alike would let one person pass for another.
    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let fits = |part: &str, also: &[u8]| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || also.contains(&byte);
            !part.is_empty()
                && part.bytes().all(allowed)
                && !part.starts_with('.')
                && !part.ends_with('.')
                && !part.contains("..")
        };
        let (local, domain) = text.split_once('@').ok_or(EmailError)?;
        if text.len() <= LONGEST && fits(local, b"!#$%&'*+-/=?^_`{|}~.") && fits(domain, b"-.") {
            Ok(Email(text.to_owned()))
        } else {
            Err(EmailError)
        }
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Email) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Email {}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_without_regard_to_case() {
        let typed: Email = " Ann.Lee@Contoso.Example ".parse().expect("an address");
        assert_eq!(typed.as_str(), "Ann.Lee@Contoso.Example");
        assert_eq!(typed, "ann.lee@contoso.example".parse().expect("an address"));
        assert!("staff@localhost".parse::<Email>().is_ok());
    }

    #[test]
    fn refuses_what_is_none() {
        let long = format!("{}@example.com", "a".repeat(250));
        let texts = [
            "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a\n@b", ".a@b", "a.@b", "a..b@c",
            "\"a\"@b", "a@b.", "ä@b", "а@b", &long,
        ];
        for text in texts {
            assert_eq!(text.parse::<Email>(), Err(EmailError), "{text:?}");
        }
    }
}
