//! The judge's bench: any program, and our own library, before the test vectors.
//!
//! A hand is whatever answers: [`hand`] drives one, by the protocol that `test-vectors/README.md` documents, and in [`scenario`] our own
//! library plays an installation. [`exceptions`] are the vectors
//! that a hand is known to miss, each with a reason. [`report`] counts. What a vector means, this room does not know: it compares words.

pub(crate) mod exceptions;
pub(crate) mod hand;
pub(crate) mod report;
pub(crate) mod scenario;
