//! What people and programs show to prove who they are. The store has digests only.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use license_format::Digest;
use zeroize::Zeroizing;

use crate::entropy::{Entropy, draw};

/// Random bytes of a token. They cannot be searched, so a plain digest of them is as good as a slow one.
const RANDOM: usize = 32;
/// Characters of a token: three letters that say what it is, an underscore, and base 64.
const LENGTH: usize = 4 + 43;
/// Characters of an API token that its list shows.
const SHOWN: usize = 9;

/// What a token is for. It is a part of its text, so that a leaked one can be recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenUse {
    Session,
    Api,
    Invitation,
}

impl TokenUse {
    fn prefix(self) -> &'static str {
        match self {
            TokenUse::Session => "wbs_",
            TokenUse::Api => "wbt_",
            TokenUse::Invitation => "wbi_",
        }
    }
}

/// A secret that was handed out: a session, an API token or an invitation. Wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    pub(crate) fn generate(what: TokenUse, entropy: &mut dyn Entropy) -> Token {
        let random = Zeroizing::new(draw::<RANDOM>(entropy));
        let text = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(random.as_slice()));
        Token(Zeroizing::new([what.prefix(), &text].concat()))
    }

    /// A token as somebody shows it; `None` for a text that is none, which saves a look into the store.
    pub fn parse(text: &str) -> Option<Token> {
        let text = text.trim();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let fits = text.len() == LENGTH && text.bytes().all(plain);
        fits.then(|| Token(Zeroizing::new(text.to_owned())))
    }

    /// The text, for the one moment at which it is handed out.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the store keeps.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    /// The beginning, by which its owner tells it from others.
    pub(crate) fn shown(&self) -> &str {
        &self.0[..SHOWN]
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// A password's hash in the PHC string format. Hashing and checking are the portal's; here it is a text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// From the text that the hash function gave.
    pub fn new(text: String) -> PasswordHash {
        PasswordHash(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_say_what_they_are_and_hide() {
        let mut ones = |out: &mut [u8]| out.fill(0xff);
        let token = Token::generate(TokenUse::Api, &mut ones);
        assert_eq!(token.expose(), format!("wbt_{}8", "_".repeat(42)));
        assert_eq!(token.shown(), "wbt______");
        assert_eq!(format!("{token:?}"), "Token(hidden)");
        assert_eq!(format!("{:?}", PasswordHash::new("$argon2id$".to_owned())), "PasswordHash(hidden)");
    }

    #[test]
    fn parsing_keeps_the_text_and_refuses_others() {
        let mut zeros = |out: &mut [u8]| out.fill(0);
        let token = Token::generate(TokenUse::Session, &mut zeros);
        let parsed = Token::parse(&format!("{}\n", token.expose())).expect("a token");
        assert_eq!(parsed.digest(), token.digest());
        for text in
            ["", "wbs_", &token.expose()[1..], &format!("{}A", token.expose()), &"é".repeat(LENGTH / 2)]
        {
            assert!(Token::parse(text).is_none(), "{text:?}");
        }
    }
}
