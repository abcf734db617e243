//! License keys as typed: the Bech32m checksum (BIP 350) over Crockford's alphabet, written from both documents.

use super::sha256;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HUMAN_READABLE_PART: &[u8] = b"waybill";
const BECH32M: u32 = 0x2bc8_30a3;

/// The key of 19 symbols of five bits: the first is the license type's, the others are random. Six check symbols follow.
pub fn license_key(data: [u8; 19]) -> String {
    let mut values = Vec::new();
    values.extend(HUMAN_READABLE_PART.iter().map(|byte| byte >> 5));
    values.push(0);
    values.extend(HUMAN_READABLE_PART.iter().map(|byte| byte & 31));
    values.extend(data);
    values.extend([0; 6]);
    let checksum = polymod(&values) ^ BECH32M;
    let check = (0..6).map(|at| (checksum >> (5 * (5 - at)) & 31) as u8);
    let symbols: Vec<char> =
        data.into_iter().chain(check).map(|value| char::from(ALPHABET[usize::from(value)])).collect();
    symbols.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What stands in a request instead of the key.
pub fn license_key_digest(key: &str) -> [u8; 32] {
    sha256(format!("waybill/license-key/v1\0{}", key.replace('-', "")).as_bytes())
}

/// The checksum's remainder, as BIP 173 gives it.
fn polymod(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.iter().fold(1, |checksum, value| {
        let shifted = (checksum & 0x1ff_ffff) << 5 ^ u32::from(*value);
        let top = checksum >> 25;
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(shifted, |sum, bit| sum ^ GENERATOR[bit])
    })
}
