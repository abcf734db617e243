//! The text of a QR code: for a screen where no stick may be plugged in.
//!
//! `WAYBILL:` and the file in base 32 are all capitals and digits, which a QR code packs tightest (its alphanumeric mode) and every
//! scanner gives back as they are. What a scanner's line ends or an editor's wrapping add is white space, and is dropped; nothing
//! else is forgiven, since nobody types this text. This module draws no code.

use data_encoding::BASE32_NOPAD;

use crate::{cbor::Result, error::FormatError, file::UnverifiedFile, limits};

const PREFIX: &str = "WAYBILL:";

pub(crate) fn is_qr(text: &str) -> bool {
    text.trim_start().starts_with(PREFIX)
}

pub(crate) fn write(file: &UnverifiedFile) -> Result<String> {
    fitting(format!("{PREFIX}{}", BASE32_NOPAD.encode(&file.encode())))
}

/// Reads a text for which [`is_qr`] holds.
pub(crate) fn read(text: &str) -> Result<UnverifiedFile> {
    let text = fitting(text.split_whitespace().collect())?;
    let encoded = text.strip_prefix(PREFIX).ok_or(FormatError::NotWaybill)?;
    let binary = BASE32_NOPAD.decode(encoded.as_bytes()).map_err(|_| FormatError::QrBase32)?;
    UnverifiedFile::decode(&binary)
}

fn fitting(text: String) -> Result<String> {
    match text.chars().count() {
        ..=limits::QR_CHARACTERS => Ok(text),
        found => {
            Err(FormatError::TooLarge { what: "the QR code's text", limit: limits::QR_CHARACTERS, found })
        }
    }
}
