//! How modules spell Ed25519: the curve and the point.

use license_format::PublicKey;

/// id-Ed25519 (RFC 8410 §3) in DER, for `CKA_EC_PARAMS`.
pub(super) const ED25519_OID: [u8; 5] = [0x06, 0x03, 0x2b, 0x65, 0x70];
/// The DER head of an OCTET STRING of 32 bytes.
const OCTET_STRING: [u8; 2] = [0x04, 0x20];

/// The public key in `CKA_EC_POINT`: 32 bytes, which some modules wrap as an OCTET STRING (PKCS #11 2.40) and others do not (3.0).
pub(super) fn read(point: &[u8]) -> Option<PublicKey> {
    let bare = match point.len() {
        34 => point.strip_prefix(&OCTET_STRING)?,
        _ => point,
    };
    PublicKey::from_slice(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_the_same_key() {
        let bare: Vec<u8> = (0..32).collect();
        let wrapped = [&OCTET_STRING[..], &bare].concat();
        assert_eq!(read(&bare), PublicKey::from_slice(&bare));
        assert_eq!(read(&wrapped), read(&bare));
        assert!(read(&bare).is_some());
    }

    #[test]
    fn nothing_else_is_one() {
        let wrapped = [&OCTET_STRING[..], &[7; 32]].concat();
        for wrong in [
            &wrapped[..33],
            &wrapped[1..],
            &[4, 0x21][..],
            &[],
            &[[0x30, 0x20].as_slice(), &[7; 32]].concat(),
        ] {
            assert_eq!(read(wrong), None, "{wrong:02x?}");
        }
    }
}
