//! Is this file genuine, and what does it allow now: pure functions of bytes, state and time.
//!
//! - [`trust`]: which keys may sign what. It starts with a pinned root bundle and only ever moves forward.
//! - [`verify`]: genuine, and made by someone who may. Success is a type with one door.
//! - [`Fingerprint`]: root keys as people compare them, in groups and in words.
//! - [`mod@evaluate`]: what a license allows at an instant, with the dates on which that changes.
//! - [`installation`]: the proxy's side of the exchange as a state machine.
//! - [`conformance`]: the one call through which the vectors judge all of this.
//! - [`key`] and [`log`] are the two checks of mathematics beneath: signatures, and inclusion in the log.
//!
//! Absent on purpose: the clock, files, network, randomness, and every secret key. Time comes in as an argument, and state goes
//! out as a value.
//!
//! ```
//! use license_format::{Timestamp, UnverifiedFile};
//! use verifier::{EffectiveTime, TrustState, Usage, VerifiedAnswer, evaluate, verify_answer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let vector = test_vectors::named("valid-license");
//! # let (trust_bytes, bytes) = (vector.trust, vector.file);
//! let trust = TrustState::pin(&UnverifiedFile::read(&trust_bytes)?)?;
//! let (answer, _news) = verify_answer(&UnverifiedFile::read(&bytes)?, &trust)?;
//! let VerifiedAnswer::License(license) = answer else { panic!("not a license") };
//!
//! let now = license.payload().issued;
//! let verdict = evaluate(license.payload(), &Usage::default(), EffectiveTime { clock: now, high_water: now });
//! println!("{:?}, and next: {:?}", verdict.state, verdict.changes.first());
//! # Ok(())
//! # }
//! ```

pub mod conformance;
mod error;
pub mod evaluate;
mod fingerprint;
pub mod installation;
pub mod key;
pub mod log;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trust;
pub mod verify;

pub use error::VerifyError;
pub use evaluate::{EffectiveTime, Usage, Verdict, evaluate};
pub use fingerprint::Fingerprint;
pub use trust::TrustState;
pub use verify::{Verified, VerifiedAnswer, VerifiedRequest, verify_answer, verify_request};
