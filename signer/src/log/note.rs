//! A checkpoint as other programs read it: a C2SP signed note (c2sp.org/tlog-checkpoint, c2sp.org/signed-note), so that their
//! monitors and witnesses can follow our log without knowing our format.
//!
//! The log key signs both spellings. Neither can be taken for the other: what COSE signs begins with the byte 0x84, a note with a letter.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use license_format::{PublicKey, payload::Checkpoint};
use sha2::{Digest as _, Sha256};

/// Ed25519 in the registry of c2sp.org/signed-note.
const ED25519: u8 = 0x01;

/// What a note signs: origin, size and root, a line each.
pub(crate) fn text(checkpoint: &Checkpoint) -> String {
    format!("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, STANDARD.encode(checkpoint.root.as_bytes()))
}

/// The note with its signature, whose key is named as the log is.
pub(crate) fn signed(checkpoint: &Checkpoint, key: &PublicKey, signature: &[u8; 64]) -> String {
    let name = checkpoint.origin.as_str();
    let line = STANDARD.encode([&key_id(name, key)[..], signature].concat());
    format!("{}\n\u{2014} {name} {line}\n", text(checkpoint))
}

/// Whether a note is that of a checkpoint, and signed with this key.
pub(crate) fn is_genuine(note: &str, checkpoint: &Checkpoint, key: &PublicKey) -> bool {
    let name = checkpoint.origin.as_str();
    let body = text(checkpoint);
    let line = note.strip_prefix(&body).and_then(|rest| rest.strip_prefix(&format!("\n\u{2014} {name} ")));
    let decoded = line.and_then(|line| STANDARD.decode(line.strip_suffix('\n')?).ok()).unwrap_or_default();
    let Some((id, signature)) = decoded.split_first_chunk::<4>() else { return false };
    let (Ok(key_of_log), Ok(signature)) =
        (VerifyingKey::from_bytes(&key.0), Signature::from_slice(signature))
    else {
        return false;
    };
    *id == key_id(name, key) && key_of_log.verify_strict(body.as_bytes(), &signature).is_ok()
}

/// The key as such programs are told it.
pub(crate) fn verifier_key(name: &str, key: &PublicKey) -> String {
    let id: String = key_id(name, key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{name}+{id}+{}", STANDARD.encode([&[ED25519], key.as_bytes()].concat()))
}

fn key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{MemoryKey, SigningBackend as _};
    use license_format::{Digest, Timestamp};
    use zeroize::Zeroizing;

    /// The key of c2sp.org/signed-note's example, and of Go's `golang.org/x/mod/sumdb/note`: RFC 8032 arithmetic and the key's hash are
    /// published there.
    #[test]
    fn a_key_is_named_as_published() {
        let key = STANDARD.decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        let key = PublicKey(key[1..].try_into().unwrap());
        assert_eq!(
            verifier_key("PeterNeumann", &key),
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        );
    }

    #[test]
    fn a_note_is_a_text_and_a_signature() {
        let checkpoint = Checkpoint {
            root: Digest::of(b""),
            size: 0,
            issued: Timestamp::MIN,
            origin: "waybill/test/1".parse().unwrap(),
            version: 1,
        };
        let key = MemoryKey::from_seed(&Zeroizing::new([7; 32]));
        let signature = key.sign(text(&checkpoint).as_bytes()).unwrap();
        let note = signed(&checkpoint, &key.public_key(), &signature);
        let (body, line) = note.split_once("\n\n").unwrap();
        assert_eq!(body, "waybill/test/1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        let line = line.strip_prefix("\u{2014} waybill/test/1 ").unwrap().strip_suffix('\n').unwrap();
        let decoded = STANDARD.decode(line).unwrap();
        assert_eq!(decoded[4..], signature);
        assert!(is_genuine(&note, &checkpoint, &key.public_key()));
        let other = MemoryKey::from_seed(&Zeroizing::new([8; 32])).public_key();
        assert!(!is_genuine(&note, &checkpoint, &other));
        assert!(!is_genuine(&note, &Checkpoint { size: 1, ..checkpoint.clone() }, &key.public_key()));
        let id = verifier_key("waybill/test/1", &key.public_key());
        assert_eq!(
            id.split('+').nth(1).unwrap(),
            format!("{:08x}", u32::from_be_bytes(decoded[..4].try_into().unwrap()))
        );
    }
}
