//! Armour as an implementation writes it, and what mail makes of it.

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// The armoured text of a file: label, readable lines, a blank line, base 64 in 64 columns.
pub fn armour(label: &str, readable: &[String], file: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(file);
    let mut lines = vec![format!("-----BEGIN WAYBILL {label}-----")];
    lines.extend(readable.iter().cloned());
    lines.push(String::new());
    lines.extend(
        encoded.as_bytes().chunks(64).map(|line| line.iter().map(|byte| char::from(*byte)).collect()),
    );
    lines.push(format!("-----END WAYBILL {label}-----"));
    lines.join("\n") + "\n"
}

/// The text with other line ends.
pub fn with_line_ends(text: &str, end: &str) -> String {
    text.replace('\n', end)
}

/// Every line with something before it, as mail programs quote.
pub fn quoted(text: &str, prefix: &str) -> String {
    text.lines().map(|line| format!("{prefix}{line}\n")).collect()
}

/// Lines broken between words at a width, as mail programs wrap; a longer word is cut.
pub fn wrapped(text: &str, width: usize) -> String {
    text.lines().flat_map(|line| wrapped_line(line, width)).map(|line| line + "\n").collect()
}

fn wrapped_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let word: Vec<char> = word.chars().collect();
        for (at, piece) in word.chunks(width).enumerate() {
            let last = lines.last_mut().expect("a line at least");
            let used = last.chars().count();
            if used > 0 && (at > 0 || used + 1 + piece.len() > width) {
                lines.push(piece.iter().collect());
            } else {
                last.extend((used > 0).then_some(' ').iter().chain(piece));
            }
        }
    }
    lines
}

/// The order of the two bytes of a UTF-16 unit.
#[derive(Debug, Clone, Copy)]
pub enum Utf16 {
    /// The low byte first, as Windows writes.
    LittleEndian,
    /// The high byte first.
    BigEndian,
}

/// The text in UTF-16, without a byte-order mark unless the text begins with one.
pub fn as_utf16(text: &str, order: Utf16) -> Vec<u8> {
    let bytes = |unit: u16| match order {
        Utf16::LittleEndian => unit.to_le_bytes(),
        Utf16::BigEndian => unit.to_be_bytes(),
    };
    text.encode_utf16().flat_map(bytes).collect()
}
