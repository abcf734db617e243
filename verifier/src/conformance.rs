//! The single-file part of the conformance protocol: a file that is brought as some kind, and what is trusted already, give `accept`
//! or an error code. It is how the vectors judge us, with the functions that everything else uses; scenarios, which need a
//! secret key, are driven from outside through [`scenario`]. This module does not know vectors.

pub mod scenario;

use license_format::{FormatError, Kind, PublicKey, UnverifiedFile};

use crate::{
    error::VerifyError,
    trust::TrustState,
    verify::{verify_answer, verify_checkpoint, verify_request, verify_support_bundle},
};

/// Judges a file that is brought as `kind`. `trusted` is what is trusted already:
///
/// - for an answer, a revocation list, a checkpoint and a newer trust bundle, the trust file to pin first;
/// - for a support bundle, the 32 bytes of the public key that is enrolled;
/// - nothing for a request, which carries its key, and for a trust bundle that is itself to be pinned.
///
/// Errors are those of verifying. A trust file that cannot be pinned is an error too: then nothing can be judged with it. And so is
/// a support bundle without its key, which nobody is known to have signed ([`VerifyError::KeyUnknown`]).
pub fn judge(kind: Kind, trusted: &[u8], file: &[u8]) -> Result<(), VerifyError> {
    let file = UnverifiedFile::read(file)?;
    let (document, found) = (&file.document, file.document.kind());

    if kind.is_request() {
        return verify_request(document).map(|_| ());
    }
    if kind == Kind::SupportBundle {
        let nobody = |_| VerifyError::KeyUnknown { kind: found, kid: document.kid(), bundle: 0 };
        let enrolled = trusted.try_into().map_err(nobody)?;
        return verify_support_bundle(document, &PublicKey(enrolled)).map(|_| ());
    }
    if kind == Kind::TrustBundle && trusted.is_empty() {
        return TrustState::pin(&file).map(|_| ());
    }
    let trust = TrustState::pin(&UnverifiedFile::read(trusted)?)?;
    if kind.is_answer() {
        return verify_answer(&file, &trust).map(|_| ());
    }
    // The news of trust, brought alone.
    if found != kind {
        return Err(FormatError::WrongKind { expected: kind, found }.into());
    }
    let documents: Vec<_> = std::iter::once(document).chain(&file.trust).cloned().collect();
    let trust = trust.advance(&documents)?;
    if kind == Kind::Checkpoint {
        verify_checkpoint(document, &trust)?;
    }
    Ok(())
}
