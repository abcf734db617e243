//! CBOR in and out (RFC 8949): the strict head, the scanner, and the one door for typed values.
//!
//! Strictness is one law: a decoder accepts exactly what the encoder would have written. The scanner comes first: it
//! alone sees long heads, indefinite lengths, unsorted and repeated keys, tags and what stands after the end, whatever the type; encoding
//! again and comparing catches what the derived decoders let through. This module knows nothing of documents.

use std::cmp::Ordering;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    deserializer::{Mismatch, from_scanned},
    error::FormatError,
    limits,
    serializer::{Expected, Unwritten, put_head, write},
};

/// A value that was decoded, or why not.
pub(crate) type Result<T> = std::result::Result<T, FormatError>;

/// Why a typed decode failed.
#[derive(Debug)]
pub(crate) enum DecodeError {
    /// The scanner refused it.
    Scan(FormatError),
    /// The type refused it, or would have been written otherwise: what the scanner lets through has one spelling for each
    /// value of the right shape, so the comparison finds only wrong shapes that the derived decoders let through.
    Shape(String),
}

/// The deterministic encoding (RFC 8949 §4.2.1) of a value whose fields are declared in the order of their encoded keys.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    write(value, &mut bytes).expect("a payload has nothing that our profile lacks");
    debug_assert_eq!(scan(&bytes), Ok(()), "fields must be declared in the order of their encoded keys");
    bytes
}

/// A value from exactly the bytes that [`encode`] writes for it.
pub(crate) fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> std::result::Result<T, DecodeError> {
    scan(bytes).map_err(DecodeError::Scan)?;
    let value: T = from_scanned(bytes).map_err(|Mismatch(detail)| DecodeError::Shape(detail))?;
    let mut rest = Expected(bytes);
    match write(&value, &mut rest) {
        Ok(()) if rest.0.is_empty() => Ok(value),
        _ => Err(DecodeError::Shape(Unwritten.to_string())),
    }
}

/// Checks that the bytes are one item of our profile and nothing else. Iterative, and allocates nothing.
pub(crate) fn scan(bytes: &[u8]) -> Result<()> {
    let end = scan_item(bytes)?;
    match bytes.len() - end {
        0 => Ok(()),
        extra => Err(FormatError::CborTrailing { extra }),
    }
}

/// Checks one item of our profile at the start of the bytes and gives its length.
pub(crate) fn scan_item(bytes: &[u8]) -> Result<usize> {
    /// A map or array that is still open.
    #[derive(Clone, Copy)]
    struct Open<'a> {
        /// How many items or entries are still to come.
        left: u64,
        /// Of a map: the key before, as it is written. Nothing comes before nothing.
        last_key: Option<&'a [u8]>,
    }
    let mut open = [Open { left: 0, last_key: None }; limits::DEPTH];
    let mut depth = 0;
    let mut items = 0;
    let mut cursor = Cursor::new(bytes);
    loop {
        if let Some(last_key) = open[..depth].last_mut().and_then(|level| level.last_key.as_mut()) {
            let start = cursor.at;
            let Head { major, value } = cursor.counted_head(&mut items)?;
            if major != Major::Text {
                return Err(FormatError::CborKeyType);
            }
            cursor.text(value)?;
            let key = &bytes[start..cursor.at];
            match in_order(last_key, key) {
                Ordering::Less => *last_key = key,
                Ordering::Equal => return Err(FormatError::CborDuplicateKey),
                Ordering::Greater => return Err(FormatError::CborUnsortedKeys),
            }
        }
        let Head { major, value } = cursor.counted_head(&mut items)?;
        match major {
            // Negative n is written as -1 - n, so its magnitude is one more.
            Major::Unsigned | Major::Negative => {
                if value > limits::INTEGER - u64::from(major == Major::Negative) {
                    return Err(FormatError::CborIntegerRange);
                }
            }
            Major::Bytes => {
                cursor.take(value)?;
            }
            Major::Text => cursor.text(value)?,
            Major::Array | Major::Map => {
                let map = major == Major::Map;
                // Every item takes a byte at least: a declared count beyond what is left is a lie.
                if value > (cursor.left() as u64) / if map { 2 } else { 1 } {
                    return Err(FormatError::CborTruncated);
                }
                let level = open.get_mut(depth).ok_or(FormatError::CborTooDeep)?;
                if value > 0 {
                    *level = Open { left: value, last_key: map.then_some(&[]) };
                    depth += 1;
                    continue;
                }
            }
            Major::Tag => return Err(FormatError::CborTag),
            Major::Simple if value == FALSE || value == TRUE => {}
            Major::Simple => return Err(FormatError::CborSimple),
        }
        // The item is whole, and so is each map or array of which it is the last.
        loop {
            let Some(level) = open[..depth].last_mut() else { return Ok(cursor.at) };
            level.left -= 1;
            if level.left > 0 {
                break;
            }
            depth -= 1;
        }
    }
}

/// How two keys stand to each other in deterministic encoding: as their bytes do, heads included. Mostly the heads decide, that is the lengths.
fn in_order(before: &[u8], after: &[u8]) -> Ordering {
    before.first().cmp(&after.first()).then_with(|| before.cmp(after))
}

/// The simple value false (RFC 8949 §3.3).
pub(crate) const FALSE: u64 = 20;
/// The simple value true.
pub(crate) const TRUE: u64 = 21;

/// The eight major types of RFC 8949 §3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Major {
    Unsigned,
    Negative,
    Bytes,
    Text,
    Array,
    Map,
    Tag,
    Simple,
}

impl Major {
    /// In the order of their numbers.
    const ALL: [Major; 8] = [
        Major::Unsigned,
        Major::Negative,
        Major::Bytes,
        Major::Text,
        Major::Array,
        Major::Map,
        Major::Tag,
        Major::Simple,
    ];
}

/// An item's head: its major type and its argument, which was written in the shortest way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) major: Major,
    pub(crate) value: u64,
}

/// A place in some bytes, and strict reading from there on.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Cursor { bytes, at: 0 }
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// So many bytes, or `CborTruncated`.
    #[inline]
    pub(crate) fn take(&mut self, len: u64) -> Result<&'a [u8]> {
        if len > self.left() as u64 {
            return Err(FormatError::CborTruncated);
        }
        let taken = &self.bytes[self.at..self.at + len as usize];
        self.at += len as usize;
        Ok(taken)
    }

    /// Passes over so many bytes of UTF-8.
    #[inline]
    fn text(&mut self, len: u64) -> Result<()> {
        let text = self.take(len)?;
        // Nearly all texts are short names in ASCII, for which the general check takes three times as long.
        if text.is_ascii() || std::str::from_utf8(text).is_ok() { Ok(()) } else { Err(FormatError::CborUtf8) }
    }

    /// The next head, where there are not too many already.
    #[inline]
    fn counted_head(&mut self, items: &mut usize) -> Result<Head> {
        let head = self.head()?;
        *items += 1;
        if *items > limits::ITEMS { Err(FormatError::CborTooManyItems) } else { Ok(head) }
    }

    /// The next head, of definite length and in its shortest form.
    #[inline]
    pub(crate) fn head(&mut self) -> Result<Head> {
        let first = self.take(1)?[0];
        let major = Major::ALL[usize::from(first >> 5)];
        let info = first & 0x1f;
        let (len, least) = match info {
            0..=23 => return Ok(Head { major, value: u64::from(info) }),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            28..=30 => return Err(FormatError::CborReserved),
            _ => return Err(FormatError::CborIndefinite),
        };
        if major == Major::Simple {
            return Err(if info == 24 { FormatError::CborSimple } else { FormatError::CborFloat });
        }
        let value = self.take(len)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        if value < least {
            return Err(FormatError::CborLongHead);
        }
        Ok(Head { major, value })
    }
}

/// Writes a head in its shortest form. `major` is the top three bits' number.
pub(crate) fn write_head(out: &mut Vec<u8>, major: u8, value: u64) {
    put_head(out, major, value).expect("memory takes all");
}
