//! A leaf as a line: `DIGEST SECONDS KIND CODE`, with `-` in place of a code that is not there.

use std::io::{BufRead, Read as _};

use license_format::{Digest, Timestamp, limits};

use crate::log::{Leaf, LogError};

/// The longest line of a leaf: a digest, sixteen digits of a time, two words, and what stands between.
pub(super) const LEAF_BYTES: usize = 64 + 1 + 16 + 1 + limits::TOKEN_BYTES + 1 + limits::TOKEN_BYTES;

/// What stands where there is no code.
const NO_CODE: &str = "-";

/// A leaf's line, taken apart.
pub(super) struct LeafLine<'a> {
    pub(super) digest: Digest,
    issued: Timestamp,
    kind: &'a str,
    code: &'a str,
}

impl<'a> LeafLine<'a> {
    /// That of a leaf; what is wrong with one that does not fit a line.
    pub(super) fn of(leaf: &'a Leaf) -> Result<LeafLine<'a>, &'static str> {
        let Leaf { digest, kind, code, issued, .. } = leaf;
        let line = LeafLine { digest: *digest, issued: *issued, kind, code };
        line.demand_words().map(|()| line)
    }

    /// Reads a line without its end, or says what is wrong with it.
    pub(super) fn parse(line: &'a str) -> Result<LeafLine<'a>, &'static str> {
        let mut words = line.split(' ');
        let (Some(digest), Some(issued), Some(kind), Some(code), None) =
            (words.next(), words.next(), words.next(), words.next(), words.next())
        else {
            return Err("is not digest, time, kind and code");
        };
        // Both are spelled in one way only: small letters, and neither a sign nor zeros first.
        let is_small = !digest.bytes().any(|byte| byte.is_ascii_uppercase());
        let digest = Digest::from_hex(digest).filter(|_| is_small).ok_or("begins with no digest")?;
        let is_spelled = issued == "0" || issued.starts_with(|first| matches!(first, '1'..='9'));
        let issued = issued.parse().ok().filter(|_| is_spelled).and_then(Timestamp::from_seconds);
        let issued = issued.ok_or("has no time")?;
        let code = match code {
            "" => return Err("has no code"),
            NO_CODE => "",
            code => code,
        };
        let line = LeafLine { digest, issued, kind, code };
        line.demand_words().map(|()| line)
    }

    /// When it was issued.
    pub(super) fn issued(&self) -> Timestamp {
        self.issued
    }

    /// The line, with its end.
    pub(super) fn write(&self, text: &mut String) {
        let code = if self.code.is_empty() { NO_CODE } else { self.code };
        for part in
            [&self.digest.to_string(), " ", &self.issued.seconds().to_string(), " ", self.kind, " ", code]
        {
            text.push_str(part);
        }
        text.push('\n');
    }

    /// The leaf, at its place.
    pub(super) fn leaf(&self, index: u64) -> Leaf {
        let LeafLine { digest, issued, kind, code } = *self;
        Leaf { index, digest, kind: kind.to_owned(), code: code.to_owned(), issued }
    }

    fn demand_words(&self) -> Result<(), &'static str> {
        if !is_word(self.kind) {
            return Err("has no kind");
        }
        if !self.code.is_empty() && !is_word(self.code) {
            return Err("has no code");
        }
        Ok(())
    }
}

/// Whether it may stand as a kind or a code: `deactivation-receipt`, `no-seats`. Which there are is not for a reader of the tree to say.
fn is_word(text: &str) -> bool {
    let is_of_word = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    text.len() <= limits::TOKEN_BYTES
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(is_of_word)
}

/// Where a line is, for whoever finds a fault there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    /// From 1.
    line: u64,
    /// Where it begins, from 0.
    offset: u64,
}

impl Place {
    /// What is wrong there.
    pub(super) fn wrong(self, detail: &'static str) -> LogError {
        LogError::Export { line: self.line, offset: self.offset, detail }
    }
}

/// The lines of a text as they come, of which it holds one.
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    place: Place,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn of(input: R) -> Lines<R> {
        Lines { input, line: Vec::new(), place: Place::default() }
    }

    /// The next line without its end, which must be there; nothing after the last. Refuses one of more bytes than are told.
    pub(super) fn next(&mut self, most: usize) -> Result<(Place, Option<&str>), LogError> {
        self.place.line += 1;
        self.place.offset += self.line.len() as u64;
        self.line.clear();
        let read = (&mut self.input).take(most as u64 + 1).read_until(b'\n', &mut self.line);
        if read.map_err(LogError::Unreadable)? == 0 {
            return Ok((self.place, None));
        }
        let Some(line) = self.line.strip_suffix(b"\n") else {
            return Err(self.place.wrong(match self.line.len() > most {
                true => "is longer than any that may stand there",
                false => "has no end: the file was cut short",
            }));
        };
        let line = str::from_utf8(line).map_err(|_| self.place.wrong("is not text"))?;
        Ok((self.place, Some(line)))
    }
}
