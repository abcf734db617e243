//! CBOR in and out (RFC 8949): the strict head, the scanner, and the one door for typed values.
//!
//! Strictness is one law: a decoder accepts exactly what the encoder would have written. The scanner comes first because
//! ciborium accepts long heads, indefinite lengths, unsorted and repeated keys, stray tags and trailing bytes; encoding
//! again and comparing catches what the derived decoders let through. This module knows nothing of documents.

use std::io;

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    deserializer::{Mismatch, from_scanned},
    error::FormatError,
    limits,
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
    ciborium::into_writer(value, &mut bytes).expect("writing to memory does not fail");
    debug_assert_eq!(scan(&bytes), Ok(()), "fields must be declared in the order of their encoded keys");
    bytes
}

/// A value from exactly the bytes that [`encode`] writes for it.
pub(crate) fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> std::result::Result<T, DecodeError> {
    scan(bytes).map_err(DecodeError::Scan)?;
    let value: T = from_scanned(bytes).map_err(|Mismatch(detail)| DecodeError::Shape(detail))?;
    let mut rest = Compare { expected: bytes };
    match ciborium::into_writer(&value, &mut rest) {
        Ok(()) if rest.expected.is_empty() => Ok(value),
        _ => Err(DecodeError::Shape("it is not written as the format demands".to_owned())),
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
    /// A map or array that is still open, and how far it is.
    #[derive(Clone, Copy)]
    struct Open<'a> {
        left: u64,
        map: bool,
        at_key: bool,
        last_key: &'a [u8],
    }
    let mut open = [Open { left: 0, map: false, at_key: false, last_key: &[] }; limits::DEPTH];
    let mut depth = 0;
    let mut items = 0;
    let mut cursor = Cursor::new(bytes);
    loop {
        let start = cursor.at;
        let head = cursor.head()?;
        items += 1;
        if items > limits::ITEMS {
            return Err(FormatError::CborTooManyItems);
        }
        let is_key = depth > 0 && open[depth - 1].map && open[depth - 1].at_key;
        if is_key && head.major != Major::Text {
            return Err(FormatError::CborKeyType);
        }
        let mut opened = false;
        match head.major {
            Major::Unsigned | Major::Negative => {
                // Negative n is written as -1 - n, so its magnitude is one more.
                let magnitude = head.value.saturating_add(u64::from(head.major == Major::Negative));
                if magnitude > limits::INTEGER {
                    return Err(FormatError::CborIntegerRange);
                }
            }
            Major::Bytes => {
                cursor.take(head.value)?;
            }
            Major::Text => {
                let text = cursor.take(head.value)?;
                // Nearly all texts are short names in ASCII, for which the general check takes three times as long.
                if !text.is_ascii() {
                    std::str::from_utf8(text).map_err(|_| FormatError::CborUtf8)?;
                }
            }
            Major::Array | Major::Map => {
                let map = head.major == Major::Map;
                // Every item takes a byte at least: a declared count beyond what is left is a lie.
                if head.value > (cursor.left() as u64) / if map { 2 } else { 1 } {
                    return Err(FormatError::CborTruncated);
                }
                if depth == limits::DEPTH {
                    return Err(FormatError::CborTooDeep);
                }
                open[depth] = Open { left: head.value, map, at_key: map, last_key: &[] };
                depth += 1;
                opened = true;
            }
            Major::Tag => return Err(FormatError::CborTag),
            Major::Simple => match head.value {
                20 | 21 => {}
                _ => return Err(FormatError::CborSimple),
            },
        }
        if is_key {
            let level = &mut open[depth - 1];
            let key = &bytes[start..cursor.at];
            match key.cmp(level.last_key) {
                std::cmp::Ordering::Greater => level.last_key = key,
                std::cmp::Ordering::Equal => return Err(FormatError::CborDuplicateKey),
                std::cmp::Ordering::Less => return Err(FormatError::CborUnsortedKeys),
            }
            level.at_key = false;
            continue;
        }
        if !opened && depth > 0 {
            let level = &mut open[depth - 1];
            level.left -= 1;
            level.at_key = level.map;
        }
        while depth > 0 && open[depth - 1].left == 0 {
            depth -= 1;
            if depth > 0 {
                let level = &mut open[depth - 1];
                level.left -= 1;
                level.at_key = level.map;
            }
        }
        if depth == 0 {
            return Ok(cursor.at);
        }
    }
}

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

    /// The next head, of definite length and in its shortest form.
    #[inline]
    pub(crate) fn head(&mut self) -> Result<Head> {
        let first = self.take(1)?[0];
        let major = match first >> 5 {
            0 => Major::Unsigned,
            1 => Major::Negative,
            2 => Major::Bytes,
            3 => Major::Text,
            4 => Major::Array,
            5 => Major::Map,
            6 => Major::Tag,
            _ => Major::Simple,
        };
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
    let major = major << 5;
    match value {
        0..=23 => out.push(major | value as u8),
        24..=0xff => out.extend([major | 24, value as u8]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend((value as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend((value as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend(value.to_be_bytes());
        }
    }
}

/// A writer that accepts only the bytes it expects.
struct Compare<'a> {
    expected: &'a [u8],
}

impl io::Write for Compare<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.expected = self.expected.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
