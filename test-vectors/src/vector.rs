//! One vector: a text file with a header that says what to expect, a blank line, and a Waybill file in base 64.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};

const COLUMNS: usize = 76;

/// The verdict that every implementation must reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// The file is genuine.
    Accept,
    /// The file is refused, with this error code.
    Refuse(String),
}

/// A file, what it is to be judged with, and the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector {
    /// Area, then case: `scanner-long-head`.
    pub name: String,
    /// The verdict.
    pub expect: Expect,
    /// The kind that the file is brought as, by its name in the specification. It decides what an implementation does:
    ///
    /// - an answer (`license`, `deactivation-receipt`, `refusal`) is verified with the trust file;
    /// - a request and a `support-bundle` are verified with the key that they carry, or with `enrolled` where it is given;
    /// - a `trust-bundle` without `trust` is pinned; with `trust`, it advances the pinned state, as do a
    ///   `revocation-list` and a `checkpoint`.
    pub kind: String,
    /// The time at which the file is judged, in seconds since 1970.
    pub now: u64,
    /// The fault in one sentence, or what an accepted file shows.
    pub comment: String,
    /// The trust file to pin; empty where none is needed.
    pub trust: Vec<u8>,
    /// The thumbprint of the installation that the file is for or from.
    pub installation: Option<[u8; 32]>,
    /// The installation's public key, where the signer already knows it.
    pub enrolled: Option<[u8; 32]>,
    /// What the signature covers, where there is a document to speak of.
    pub tbs: Option<Vec<u8>>,
    /// The file itself, in either spelling.
    pub file: Vec<u8>,
}

impl Vector {
    /// Reads a vector's text. Refuses unknown and repeated header fields, and a text that it would write otherwise.
    pub fn parse(name: &str, text: &str) -> Result<Vector, String> {
        let (header, body) = text.split_once("\n\n").ok_or("no blank line after the header")?;
        let mut vector = Vector {
            name: name.to_owned(),
            expect: Expect::Accept,
            kind: String::new(),
            now: 0,
            comment: String::new(),
            trust: Vec::new(),
            installation: None,
            enrolled: None,
            tbs: None,
            file: base64(&body.replace('\n', ""))?,
        };
        for line in header.lines() {
            let (field, value) =
                line.split_once(": ").ok_or_else(|| format!("{line:?} is no header field"))?;
            match field {
                "expect" if value == "accept" => vector.expect = Expect::Accept,
                "expect" => vector.expect = Expect::Refuse(value.to_owned()),
                "kind" => vector.kind = value.to_owned(),
                "now" => vector.now = value.parse().map_err(|_| "`now` is not a number")?,
                "comment" => vector.comment = value.to_owned(),
                "installation" => vector.installation = Some(hex_array(value)?),
                "enrolled" => vector.enrolled = Some(hex_array(value)?),
                "trust" => vector.trust = base64(value)?,
                "tbs" => vector.tbs = Some(hex(value)?),
                _ => return Err(format!("the header field {field:?} is not known")),
            }
        }
        match vector.to_string() == text {
            true => Ok(vector),
            false => Err("a field is missing, repeated, out of order or written in another way".to_owned()),
        }
    }
}

/// The vector's text.
impl fmt::Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "expect: {}", self.expect)?;
        writeln!(f, "kind: {}", self.kind)?;
        writeln!(f, "now: {}", self.now)?;
        writeln!(f, "comment: {}", self.comment)?;
        if let Some(installation) = &self.installation {
            writeln!(f, "installation: {}", to_hex(installation))?;
        }
        if let Some(enrolled) = &self.enrolled {
            writeln!(f, "enrolled: {}", to_hex(enrolled))?;
        }
        if !self.trust.is_empty() {
            writeln!(f, "trust: {}", BASE64_STANDARD.encode(&self.trust))?;
        }
        if let Some(tbs) = &self.tbs {
            writeln!(f, "tbs: {}", to_hex(tbs))?;
        }
        writeln!(f)?;
        for line in BASE64_STANDARD.encode(&self.file).as_bytes().chunks(COLUMNS) {
            writeln!(f, "{}", line.iter().map(|byte| char::from(*byte)).collect::<String>())?;
        }
        Ok(())
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expect::Accept => f.write_str("accept"),
            Expect::Refuse(code) => f.write_str(code),
        }
    }
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    let pair = |pair: &[u8]| {
        std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    text.as_bytes()
        .chunks(2)
        .map(pair)
        .collect::<Option<_>>()
        .ok_or_else(|| format!("{text:?} is not hexadecimal"))
}

fn hex_array(text: &str) -> Result<[u8; 32], String> {
    hex(text)?.try_into().map_err(|_| format!("{text:?} is not 32 bytes"))
}

fn base64(text: &str) -> Result<Vec<u8>, String> {
    BASE64_STANDARD.decode(text).map_err(|error| error.to_string())
}
