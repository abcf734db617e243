//! Signing keys behind one trait: whoever signs does not know whether the key is in memory, in a file or in a module.
//!
//! Absent on purpose: what is signed and whether it should be, which keys are trusted for what, and where keys lie.

mod error;
mod file;
mod memory;
mod passphrase;
mod ring;
mod token;

pub use error::KeyError;
pub use file::FileKey;
pub use memory::MemoryKey;
pub use passphrase::Passphrase;
pub use ring::{KeyPlace, KeyRing, Secrets, Usable, open};
pub use token::{Pin, TokenAddress, TokenError, TokenKey, Tries};

use license_format::{PublicKey, Thumbprint};

/// An Ed25519 key that signs (RFC 8032). The secret half cannot be asked for.
pub trait SigningBackend: Send + Sync {
    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// The signature of exactly these bytes. Fails when the key is out of reach; a key in this process never is.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError>;

    /// The name by which documents call the key.
    fn thumbprint(&self) -> Thumbprint {
        self.public_key().thumbprint()
    }
}
