//! Keys as two people compare them by telephone: in groups of hexadecimal digits, and in words.
//!
//! The words are the PGP word list (Juola and Zimmermann, 1995), which was made for this: no two sound alike, and bytes at even places have
//! words of two syllables, those at odd places words of three, so that a word that is left out or in the wrong place is heard.

use std::fmt;

use license_format::{Digest, PublicKey, Thumbprint, payload::TrustBundle};
use serde::{Serialize, Serializer};

/// The list: a line for each byte, with the word at even places and the one at odd places.
const WORDS: &str = include_str!("fingerprint/words.txt");

/// 16 bytes of SHA-256 for people. Its text is eight groups of four digits; [`words`](Self::words) are sixteen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Of a bundle's root keys and their threshold: what is compared before the bundle is trusted. SHA-256 over the threshold as one byte
    /// and the root keys' thumbprints in ascending order.
    pub fn of_roots(bundle: &TrustBundle) -> Fingerprint {
        let mut roots: Vec<Thumbprint> = bundle.roots.iter().map(PublicKey::thumbprint).collect();
        roots.sort();
        let mut text = vec![bundle.threshold as u8];
        roots.iter().for_each(|root| text.extend(root.as_bytes()));
        Fingerprint::beginning(&Digest::of(&text).0)
    }

    /// Of one key: the beginning of its thumbprint.
    pub fn of_key(key: &Thumbprint) -> Fingerprint {
        Fingerprint::beginning(&key.0)
    }

    /// Reads what people type or paste: the digits in either case, with or without whatever stands between groups, or the sixteen words.
    pub fn parse(text: &str) -> Option<Fingerprint> {
        Fingerprint::from_words(text).or_else(|| Fingerprint::from_digits(text))
    }

    /// Whether somebody has typed its beginning: at least the first group, or the first two words. Nothing where the text is no beginning of
    /// any fingerprint, as digits or as words.
    pub fn begins_with(&self, text: &str) -> Option<bool> {
        let typed: String = text.chars().filter(|c| !c.is_whitespace() && !"-:.,".contains(*c)).collect();
        if typed.len() >= 4 && typed.chars().all(|c| c.is_ascii_hexdigit()) {
            return Some(self.to_string().replace('-', "").starts_with(&typed.to_ascii_uppercase()));
        }
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let known = |word: &String| list().flatten().any(|other| other == word);
        (words.len() >= 2 && words.iter().all(known)).then(|| {
            let own = self.words();
            words.len() <= 16 && own.split(' ').zip(&words).all(|(own, word)| own == word)
        })
    }

    /// The sixteen words, lower case, with a space between them.
    pub fn words(&self) -> String {
        let list: Vec<[&str; 2]> = list().collect();
        let words: Vec<&str> =
            self.0.iter().enumerate().map(|(at, byte)| list[usize::from(*byte)][at % 2]).collect();
        words.join(" ")
    }

    /// Four lines to read aloud, each of two groups and the four words for them.
    pub fn lines(&self) -> [(String, String); 4] {
        let (groups, words) = (self.to_string(), self.words());
        let (groups, words): (Vec<&str>, Vec<&str>) =
            (groups.split('-').collect(), words.split(' ').collect());
        std::array::from_fn(|at| (groups[2 * at..][..2].join("-"), words[4 * at..][..4].join(" ")))
    }

    fn beginning(digest: &[u8; 32]) -> Fingerprint {
        Fingerprint(std::array::from_fn(|at| digest[at]))
    }

    fn from_words(text: &str) -> Option<Fingerprint> {
        let words: Vec<String> = text
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let byte = |(at, word): (usize, &String)| {
            list().position(|pair| pair[at % 2] == word).map(|byte| byte as u8)
        };
        let bytes: Vec<u8> = words.iter().enumerate().map(byte).collect::<Option<_>>()?;
        bytes.try_into().ok().map(Fingerprint)
    }

    fn from_digits(text: &str) -> Option<Fingerprint> {
        let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace() && !"-:.,".contains(*c)).collect();
        let byte =
            |pair: &[char]| Some((pair.first()?.to_digit(16)? * 16 + pair.get(1)?.to_digit(16)?) as u8);
        let bytes: Vec<u8> = digits.chunks(2).map(byte).collect::<Option<_>>()?;
        bytes.try_into().ok().map(Fingerprint)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, pair) in self.0.chunks(2).enumerate() {
            let hyphen = if at == 0 { "" } else { "-" };
            write!(f, "{hyphen}{:02X}{:02X}", pair[0], pair[1])?;
        }
        Ok(())
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn list() -> impl Iterator<Item = [&'static str; 2]> {
    WORDS.lines().map(|line| {
        let (even, odd) = line.split_once(' ').expect("two words a line");
        [even, odd]
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn counting() -> Fingerprint {
        Fingerprint(std::array::from_fn(|at| at as u8 * 17))
    }

    #[test]
    fn the_list_has_two_words_of_its_own_for_each_byte() {
        let words: HashSet<&str> = list().flatten().collect();
        assert_eq!((list().count(), words.len()), (256, 512));
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
        assert!(words.iter().all(|word| !word.bytes().all(|byte| byte.is_ascii_hexdigit())));
    }

    /// The example with which Wikipedia explains the list begins so.
    #[test]
    fn bytes_become_the_words_of_the_list() {
        let bytes =
            [0xE5, 0x82, 0x94, 0xF2, 0xE9, 0xA2, 0x27, 0x48, 0x6E, 0x8B, 0x06, 0x1B, 0x31, 0xCC, 0x52, 0x8F];
        assert_eq!(
            Fingerprint(bytes).words(),
            "topmost istanbul pluto vagabond treadmill pacific brackish dictator goldfish medusa afflict bravado chatter \
             revolver dupont midsummer"
        );
    }

    #[test]
    fn what_is_typed_may_have_any_form() {
        let shown = counting();
        assert_eq!(shown.to_string(), "0011-2233-4455-6677-8899-AABB-CCDD-EEFF");
        for text in [
            shown.to_string(),
            shown.to_string().to_lowercase().replace('-', " "),
            shown.to_string().replace('-', ""),
            "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff\n".to_owned(),
            shown.words(),
            shown.words().to_uppercase().replace(' ', "\n"),
        ] {
            assert_eq!(Fingerprint::parse(&text), Some(shown), "{text}");
        }
        let (digits, words) = (shown.to_string(), shown.words());
        let swapped = words.split(' ').rev().collect::<Vec<_>>().join(" ");
        for text in [
            "",
            "yes",
            &digits[..35],
            &format!("{digits}0"),
            &digits.replace('F', "G"),
            &words[9..],
            &swapped,
        ] {
            assert_eq!(Fingerprint::parse(text), None, "{text}");
        }
    }

    #[test]
    fn its_beginning_is_recognized_and_what_is_no_fingerprint_is_told_apart() {
        let shown = counting();
        let lines = shown.lines();
        for same in [&shown.to_string(), &shown.words(), "0011", "0011 22", &lines[0].0, &lines[0].1] {
            assert_eq!(shown.begins_with(same), Some(true), "{same}");
        }
        let too_long = format!("{} {}", shown.words(), lines[0].1);
        for other in ["2233", &lines[1].0, &lines[1].1, &too_long, &format!("{shown}-0011")] {
            assert_eq!(shown.begins_with(other), Some(false), "{other}");
        }
        for nothing in ["", "y", "yes", "001", "what is this", "topmost"] {
            assert_eq!(shown.begins_with(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn lines_hold_groups_and_their_words() {
        let lines = counting().lines();
        assert_eq!(lines[3].0, "CCDD-EEFF");
        let (groups, words) = lines
            .map(|(groups, words)| (groups + "-", words + " "))
            .into_iter()
            .unzip::<_, _, String, String>();
        assert_eq!(groups.trim_end_matches('-'), counting().to_string());
        assert_eq!(words.trim_end(), counting().words());
    }
}
