//! What a Waybill file is: bytes to types and back, armour, license-key text, limits.
//!
//! A file is read by [`UnverifiedFile::read`], and nothing in this crate says whether it is genuine: the names say so. Absent on
//! purpose: clock, files, network, randomness, and every key. The specification is in `spec/`.
//!
//! ```
//! use license_format::{Kind, UnverifiedFile, readable};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let bytes = test_vectors::named("valid-license").file;
//! let file = UnverifiedFile::read(&bytes)?;
//! assert_eq!(file.document.kind(), Kind::License);
//! let lines = readable(&file.document)?;
//! assert!(lines[0].starts_with("License: "));
//! // The other spelling, for mail, tickets and eyes, is the same file.
//! assert_eq!(UnverifiedFile::read(file.armour()?.as_bytes())?, file);
//! # Ok(())
//! # }
//! ```

mod armour;
mod bytes;
mod cbor;
mod deserializer;
mod envelope;
mod error;
mod file;
mod kind;
pub mod license_key;
pub mod limits;
pub mod payload;
mod qr;
mod serializer;
mod text;
mod timestamp;

pub use armour::readable;
pub use bytes::{Digest, FingerprintPart, LicenseId, Nonce, PublicKey, Thumbprint};
pub use cbor::encode;
pub use envelope::UnverifiedDocument;
pub use error::FormatError;
pub use file::{InclusionProof, Spelling, UnverifiedFile};
pub use kind::Kind;
pub use license_key::{LicenseKey, LicenseKeyError};
pub use payload::{LicenseType, Metric, Payload};
pub use text::{Label, SiteCode, TextError, Token};
pub use timestamp::{DAY, Timestamp};
