//! What signs answers and checkpoints at an instant. Which keys these are, and until when, `lookout` knows.

use std::sync::Arc;

use license_format::{
    InclusionProof, Payload, Thumbprint, Timestamp, UnverifiedDocument, UnverifiedFile, limits,
    payload::{Checkpoint, Floor, License, VERSION},
};
use verifier::{TrustState, VerifiedAnswer, VerifyError, verify_answer};

use crate::{
    answer::AnswerError,
    exchange::Outcome,
    ids::RecordId,
    keys::SigningBackend,
    log::{self, LogHead, note},
    trust::History,
};

/// How many bundles before the newest travel along: a proxy may have slept through as many rotations.
const EARLIER_BUNDLES: usize = 3;

/// What signs answers and checkpoints: their keys, and the news that say so and travel along.
pub(crate) struct Issuer {
    key: Arc<dyn SigningBackend>,
    log_key: Arc<dyn SigningBackend>,
    log: RecordId,
    trust: History,
}

/// An answer's document, signed and not in the log yet.
pub(crate) struct Signed {
    pub(crate) document: UnverifiedDocument,
    pub(crate) code: String,
    pub(crate) is_final: bool,
}

/// Size and root of the log, signed: in our format and as a note for other programs.
#[derive(Debug, Clone)]
pub(crate) struct SignedCheckpoint {
    document: UnverifiedDocument,
    note: String,
}

impl SignedCheckpoint {
    /// The file with the checkpoint alone.
    pub(crate) fn file(&self) -> Vec<u8> {
        UnverifiedFile::of(self.document.clone()).encode()
    }

    /// The C2SP signed note.
    pub(crate) fn note(&self) -> &str {
        &self.note
    }
}

impl Issuer {
    pub(crate) fn new(
        key: Arc<dyn SigningBackend>,
        log_key: Arc<dyn SigningBackend>,
        log: RecordId,
        trust: History,
    ) -> Issuer {
        Issuer { key, log_key, log, trust }
    }

    /// Whether it is made of these.
    pub(crate) fn is_of(
        &self,
        key: &Arc<dyn SigningBackend>,
        log_key: &Arc<dyn SigningBackend>,
        trust: &TrustState,
    ) -> bool {
        Arc::ptr_eq(&self.key, key) && Arc::ptr_eq(&self.log_key, log_key) && self.trust() == trust
    }

    pub(crate) fn trust(&self) -> &TrustState {
        self.trust.newest()
    }

    /// The oldest news with which new licenses may be used: the newest. They travel in the license's own file, so nobody lacks them; and
    /// whoever keeps them away keeps the license away.
    pub(crate) fn floor(&self) -> Floor {
        Floor { bundle: self.trust().bundle().number, revocations: self.trust().revocations_number() }
    }

    /// Signs an outcome.
    pub(crate) fn sign(&self, outcome: &Outcome) -> Result<Signed, AnswerError> {
        let (document, code, is_final) = match outcome {
            Outcome::License(license) => (self.seal(license.as_ref())?, String::new(), true),
            Outcome::Receipt(receipt) => (self.seal(receipt.as_ref())?, String::new(), true),
            Outcome::Refusal(refusal) => {
                (self.seal(refusal.as_ref())?, refusal.code.to_string(), refusal.is_final)
            }
        };
        Ok(Signed { document, code, is_final })
    }

    /// Signs the log's head. A record that was put back goes on under the next number, and its log under another name: the one before it
    /// may have had as many leaves, and others.
    pub(crate) fn checkpoint(
        &self,
        head: &LogHead,
        record: u64,
        now: Timestamp,
    ) -> Result<SignedCheckpoint, AnswerError> {
        let checkpoint = Checkpoint {
            root: head.root(),
            size: head.size(),
            issued: now,
            origin: log::origin(&self.log, record),
            version: VERSION,
        };
        let sign = |bytes: &[u8]| self.log_key.sign(bytes);
        let document = UnverifiedDocument::seal(&checkpoint, self.log_key.thumbprint(), sign)?;
        let signature = self.log_key.sign(note::text(&checkpoint).as_bytes())?;
        let note = note::signed(&checkpoint, &self.log_key.public_key(), &signature);
        Ok(SignedCheckpoint { document, note })
    }

    /// The file that goes out: the answer, the trust documents, and the proof that it is in the log. It is read as a proxy would before
    /// anybody else gets to see it.
    pub(crate) fn file(
        &self,
        document: UnverifiedDocument,
        checkpoint: &SignedCheckpoint,
        proof: InclusionProof,
    ) -> Result<Vec<u8>, AnswerError> {
        let mut trust = self.trust.documents(limits::TRUST_DOCUMENTS - 1, EARLIER_BUNDLES);
        trust.push(checkpoint.document.clone());
        let bytes = UnverifiedFile { document, trust, proof: Some(proof) }.encode();
        let read = UnverifiedFile::read(&bytes).map_err(|error| AnswerError::SelfCheck(error.into()))?;
        verify_answer(&read, self.trust()).map_err(AnswerError::SelfCheck)?;
        Ok(bytes)
    }

    /// Whether a license that travelled with a request is one of ours for that installation. One that was revoked since is: it holds
    /// seats as long as nothing proves that it was let go.
    pub(crate) fn is_ours(
        &self,
        document: &UnverifiedDocument,
        installation: &Thumbprint,
    ) -> Option<License> {
        let license: License = match verify_answer(&UnverifiedFile::of(document.clone()), self.trust()) {
            Ok((VerifiedAnswer::License(license), _)) => license.into_payload(),
            // Said only when all that makes it genuine was found (steps 10 and 11). A record that was put back may lack the list, too.
            Err(VerifyError::LicenseRevoked { .. } | VerifyError::FloorRevocations { .. }) => {
                document.decode_unverified().ok()?
            }
            _ => return None,
        };
        (license.installation.thumbprint == *installation).then_some(license)
    }

    fn seal<P: Payload>(&self, payload: &P) -> Result<UnverifiedDocument, AnswerError> {
        UnverifiedDocument::seal(payload, self.key.thumbprint(), |bytes| self.key.sign(bytes))
            .map_err(AnswerError::Key)
    }
}
