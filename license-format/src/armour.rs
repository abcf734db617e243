//! Armour: a file as text, for mail, tickets and eyes.
//!
//! The lines above the base 64 are a function of the payload. The reader makes them again and refuses a text whose readable part
//! says something else, so that what a security officer approved is what the proxy gets. What mail does to a text does no
//! harm: line ends, wrapping, blank lines, indentation, `> ` quoting, a byte-order mark, UTF-16, and a letter around the block.
//! Hence both parts are compared word by word, and a word is what stands between white space.

use base64::{Engine as _, prelude::BASE64_STANDARD};

use crate::{
    cbor::Result,
    envelope::UnverifiedDocument,
    error::FormatError,
    file::{Spelling, UnverifiedFile},
    kind::Kind,
    limits,
    payload::{
        ActivationRequest, Checkpoint, DeactivationReceipt, DeactivationRequest, License, Payload,
        RefreshRequest, Refusal, RevocationList, SupportBundle, TrustBundle,
    },
    qr,
};

const BEGIN: &str = "-----BEGIN WAYBILL ";
const END: &str = "-----END WAYBILL ";
const DASHES: &str = "-----";
const COLUMNS: usize = 64;
/// The first three bytes of every file, tag 55799, in base 64: where the readable part stops.
const BASE64_START: &str = "2dn3";

/// The lines for people of any document. Refuses a payload that does not decode, since nothing can be said of it.
pub fn readable(document: &UnverifiedDocument) -> Result<Vec<String>> {
    fn lines<P: Payload>(document: &UnverifiedDocument) -> Result<Vec<String>> {
        document.decode_unverified::<P>().map(|payload| payload.readable())
    }
    match document.kind() {
        Kind::ActivationRequest => lines::<ActivationRequest>(document),
        Kind::RefreshRequest => lines::<RefreshRequest>(document),
        Kind::DeactivationRequest => lines::<DeactivationRequest>(document),
        Kind::License => lines::<License>(document),
        Kind::DeactivationReceipt => lines::<DeactivationReceipt>(document),
        Kind::Refusal => lines::<Refusal>(document),
        Kind::TrustBundle => lines::<TrustBundle>(document),
        Kind::RevocationList => lines::<RevocationList>(document),
        Kind::Checkpoint => lines::<Checkpoint>(document),
        Kind::SupportBundle => lines::<SupportBundle>(document),
    }
}

pub(crate) fn write(file: &UnverifiedFile) -> Result<String> {
    let label = file.document.kind().armour_label();
    let mut text = format!("{BEGIN}{label}{DASHES}\n");
    for line in readable(&file.document)? {
        text.push_str(&line);
        text.push('\n');
    }
    text.push('\n');
    let encoded = BASE64_STANDARD.encode(file.encode());
    for line in encoded.as_bytes().chunks(COLUMNS) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str(&format!("{END}{label}{DASHES}\n"));
    Ok(text)
}

/// Reads any text: a QR code's where it is one, else armour.
pub(crate) fn read(bytes: &[u8]) -> Result<(UnverifiedFile, Spelling)> {
    if bytes.len() > limits::ARMOUR_BYTES {
        return Err(FormatError::TooLarge {
            what: "the text",
            limit: limits::ARMOUR_BYTES,
            found: bytes.len(),
        });
    }
    let text = decode_text(bytes)?;
    if qr::is_qr(&text) {
        return Ok((qr::read(&text)?, Spelling::QrText));
    }
    Ok((read_block(&text)?, Spelling::Armour))
}

fn read_block(text: &str) -> Result<UnverifiedFile> {
    let block = find_block(&words(text))?;
    let at = block
        .words
        .iter()
        .position(|word| word.starts_with(BASE64_START))
        .ok_or(FormatError::ArmourBase64)?;
    let (said, encoded) = block.words.split_at(at);
    let binary = BASE64_STANDARD.decode(encoded.concat()).map_err(|_| FormatError::ArmourBase64)?;
    let file = UnverifiedFile::decode(&binary)?;
    let expected = file.document.kind().armour_label();
    if block.label != expected {
        return Err(FormatError::ArmourLabel { label: block.label, expected });
    }
    let lines = readable(&file.document)?.join("\n");
    if words(&lines) != said {
        return Err(FormatError::ArmourReadable { expected: lines.replace('\n', "; ") });
    }
    Ok(file)
}

/// What stands between the BEGIN and the END line.
struct Block<'a> {
    label: String,
    words: Vec<&'a str>,
}

/// Finds the one block. BEGIN and END lines may have been wrapped too, so they are looked for among the words.
fn find_block<'a>(words: &[&'a str]) -> Result<Block<'a>> {
    let marker = |dashes: &'static str| {
        move |at: &usize| words[*at] == dashes && words.get(at + 1) == Some(&"WAYBILL")
    };
    let mut begins = (0..words.len()).filter(marker("-----BEGIN"));
    let begin = begins.next().ok_or(FormatError::NotWaybill)?;
    if begins.next().is_some() {
        return Err(FormatError::ArmourSeveralBlocks);
    }
    let (label, start) = read_label(words, begin)?;
    let end = (start..words.len()).find(marker("-----END")).ok_or(FormatError::ArmourNoEnd)?;
    let (end_label, _) = read_label(words, end)?;
    if end_label != label {
        return Err(FormatError::ArmourLabel { label: end_label, expected: label });
    }
    Ok(Block { label, words: words[start..end].to_vec() })
}

/// The label after `-----BEGIN WAYBILL` at `at`, and the place behind its dashes.
fn read_label(words: &[&str], at: usize) -> Result<(String, usize)> {
    let mut label = Vec::new();
    // No label of ours has more than three words.
    for (place, word) in words.iter().enumerate().skip(at + 2).take(3) {
        match word.strip_suffix(DASHES) {
            Some(last) => {
                label.push(last);
                return Ok((label.join(" "), place + 1));
            }
            None => label.push(word),
        }
    }
    Err(FormatError::ArmourNoEnd)
}

/// The text's words, without what quoting puts before them: wherever a line was wrapped, any word may stand at a line's beginning,
/// so the signs that quote are left out of the comparison everywhere.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().map(|word| word.trim_start_matches('>')).filter(|word| !word.is_empty()).collect()
}

/// UTF-8 or UTF-16 in either byte order, with or without a byte-order mark.
fn decode_text(bytes: &[u8]) -> Result<String> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        // Our blocks begin with ASCII, so a zero beside the first byte is half of a UTF-16 unit.
        [0, ..] => decode_utf16(bytes, u16::from_be_bytes),
        [_, 0, ..] => decode_utf16(bytes, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => decode_utf8(rest),
        _ => decode_utf8(bytes),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(not_text(&String::from_utf8_lossy(bytes))),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(not_text(&String::from_utf16_lossy(&units))),
    }
}

/// What is not text is no Waybill file at all; what reads like one of our blocks was damaged.
fn not_text(readable_part: &str) -> FormatError {
    if readable_part.contains(BEGIN) { FormatError::ArmourEncoding } else { FormatError::NotWaybill }
}
