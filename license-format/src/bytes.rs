//! Byte strings of a fixed length, each with a name of its own so that one cannot stand for another.
//! CBOR has them as byte strings; JSON and people see lower-case hexadecimal.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

macro_rules! fixed_bytes {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// From a slice of exactly the right length; `None` for any other.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// From hexadecimal digits of either case; `None` when they are not exactly the right many.
            pub fn from_hex(text: &str) -> Option<Self> {
                let mut bytes = [0; $len];
                decode_hex(text, &mut bytes).then_some(Self(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, concat!("a byte string of ", $len, " bytes"))
                    }
                    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<$name, E> {
                        $name::from_slice(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::from_hex(text).ok_or_else(|| E::invalid_length(text.len() / 2, &self))
                    }
                }
                if deserializer.is_human_readable() {
                    deserializer.deserialize_str(Visitor)
                } else {
                    deserializer.deserialize_bytes(Visitor)
                }
            }
        }
    };
}

fixed_bytes! {
    /// SHA-256 of something. Of a document: of what its signature covers, never of the signature.
    Digest, 32
}
fixed_bytes! {
    /// An Ed25519 public key (RFC 8032) as it came; whether it is a good one is the verifier's question.
    PublicKey, 32
}
fixed_bytes! {
    /// The name of a key: its COSE key thumbprint (RFC 9679). An installation is named by its key's.
    Thumbprint, 32
}
fixed_bytes! {
    /// 16 random bytes, so that two copies of an installation never write the same request.
    Nonce, 16
}
fixed_bytes! {
    /// The identity of a license.
    LicenseId, 16
}
fixed_bytes! {
    /// A keyed digest of one fact about a machine; the key never leaves the machine.
    FingerprintPart, 16
}

impl Digest {
    /// SHA-256 of the bytes (FIPS 180-4).
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The first eight hexadecimal digits, enough to tell the files of one desk apart.
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }
}

impl PublicKey {
    /// The RFC 9679 thumbprint: SHA-256 over the deterministic COSE_Key `{1: 1 (OKP), -1: 6 (Ed25519), -2: x}`.
    pub fn thumbprint(&self) -> Thumbprint {
        const COSE_KEY_HEAD: [u8; 8] = [0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];
        Thumbprint(Sha256::new().chain_update(COSE_KEY_HEAD).chain_update(self.0).finalize().into())
    }
}

impl Thumbprint {
    /// The first eight bytes in groups for people: `7F3A-91C2-0B44-19D0`. Long enough to compare by eye, not to rely on.
    pub fn short(&self) -> String {
        let groups: Vec<String> =
            self.0[..8].chunks(2).map(|pair| format!("{:02X}{:02X}", pair[0], pair[1])).collect();
        groups.join("-")
    }
}

fn decode_hex(text: &str, out: &mut [u8]) -> bool {
    let digits = text.as_bytes();
    if digits.len() != 2 * out.len() {
        return false;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks(2)) {
        let (Some(high), Some(low)) = ((pair[0] as char).to_digit(16), (pair[1] as char).to_digit(16)) else {
            return false;
        };
        *byte = (high * 16 + low) as u8;
    }
    true
}
