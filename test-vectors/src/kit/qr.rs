//! The text of a QR code: base 32 (RFC 4648 §6) without padding, behind a prefix.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `WAYBILL:` and the bytes in base 32.
pub fn qr_text(bytes: &[u8]) -> String {
    format!("WAYBILL:{}", base32(bytes))
}

/// Base 32 in capitals, without padding; unused bits are zero.
pub fn base32(bytes: &[u8]) -> String {
    let symbols = (bytes.len() * 8).div_ceil(5);
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let symbol = |at: usize| (at * 5..at * 5 + 5).fold(0, |value, place| value << 1 | bit(place));
    (0..symbols).map(|at| char::from(ALPHABET[usize::from(symbol(at))])).collect()
}

/// The symbol that is so many places after another in the alphabet.
pub fn base32_after(symbol: char, places: usize) -> char {
    let at = ALPHABET.iter().position(|other| char::from(*other) == symbol).expect("a symbol of base 32");
    char::from(ALPHABET[(at + places) % ALPHABET.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_32_is_as_the_rfc_shows_it() {
        let shown = ["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"];
        for (length, expected) in shown.into_iter().enumerate() {
            assert_eq!(base32(&b"foobar"[..length]), expected);
        }
    }
}
