//! Is this document genuine, and made by someone who may: the numbered steps of the specification.
//!
//! Container and envelope were read before (`UnverifiedFile::read`); nothing of a payload is looked at before its signature was
//! checked, requests apart, which carry their key. A success is a [`Verified`], which nothing else can make. This module does not
//! know the time, which license is in force, nor for whom the answer is: those are questions of the installation.

use license_format::{
    Digest, FormatError, Kind, LicenseType, PublicKey, Thumbprint, Timestamp, UnverifiedDocument,
    UnverifiedFile,
    payload::{Checkpoint, DeactivationReceipt, License, Refusal, Request, SupportBundle},
};

use crate::{error::VerifyError, key::EnrolledKey, log, trust::TrustState};

mod signed;

use signed::Signed;

/// A document that is genuine, with what it says. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<P> {
    payload: P,
    document: UnverifiedDocument,
}

impl<P> Verified<P> {
    /// What it says.
    pub fn payload(&self) -> &P {
        &self.payload
    }

    /// What it says, without the document.
    pub fn into_payload(self) -> P {
        self.payload
    }

    /// The document's identity. Hashes it at every call.
    pub fn digest(&self) -> Digest {
        self.document.digest()
    }

    /// The key that signed it.
    pub fn kid(&self) -> Thumbprint {
        self.document.kid()
    }

    /// The document as it came.
    pub fn document(&self) -> &UnverifiedDocument {
        &self.document
    }
}

/// An answer that is genuine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifiedAnswer {
    /// A grant.
    License(Verified<License>),
    /// The yes to a deactivation.
    Receipt(Verified<DeactivationReceipt>),
    /// A no.
    Refusal(Verified<Refusal>),
}

/// Verifies an answer with what travels along, and gives the trust state that the news leads to.
///
/// Each step names the attack that it stops. The first that fails decides the code; the trust state is then as it was.
pub fn verify_answer(
    file: &UnverifiedFile,
    trust: &TrustState,
) -> Result<(VerifiedAnswer, TrustState), VerifyError> {
    // 1. The document is an answer. Stops: a request or a trust bundle brought in an answer's place. (wrong-kind)
    let kind = file.document.kind();
    if !kind.is_answer() {
        return Err(FormatError::WrongKind { expected: Kind::License, found: kind }.into());
    }

    // 2. The news that travels along is taken first, and everything below is judged with it. Stops: a key that was
    //    withdrawn since, and an answer of one time judged with the trust of another. (codes of `TrustState::advance`)
    let trust = trust.advance(&file.trust)?;

    // 3. to 9. for the document itself.
    let answer = match kind {
        Kind::DeactivationReceipt => VerifiedAnswer::Receipt(open(&file.document, &trust)?),
        Kind::Refusal => VerifiedAnswer::Refusal(open(&file.document, &trust)?),
        _ => VerifiedAnswer::License(open_license(&file.document, &trust)?),
    };

    // 12. Checkpoints that travel along are genuine, and a proof leads to one. Stops: an answer that the vendor's own log does
    //     not have, where the file says that it does. (proof-without-checkpoint, proof-mismatch)
    check_log(file, &trust)?;
    Ok((answer, trust))
}

/// Steps 3 to 9, for whatever a key of the bundle signs.
pub(crate) fn open<P: Signed>(
    document: &UnverifiedDocument,
    trust: &TrustState,
) -> Result<Verified<P>, VerifyError> {
    // 3. The key is looked up by its thumbprint in the bundle, and exactly that one is tried. Stops: a key that the
    //    file brings itself, and trying keys until one fits. (key-unknown)
    // 4. The key may sign this kind. Stops: a log's key that signs licenses. (key-not-for-kind)
    let (entry, key) = trust.key_for(document)?;
    let kid = document.kid();

    // 5. The signature, strictly. Stops: any altered byte, and a second signature for the same bytes. (signature)
    key.check(document)?;

    // 6. The payload: one spelling, no unknown field, version 1, and no contradiction. Stops: what two readers
    //    would read in two ways, and rights that an old program would not see. (cbor-…, payload-…)
    let payload: P = document.decode_unverified()?;

    // 7. Issued while the key could sign, and before it was distrusted. Stops: a stolen old key. (key-window, key-distrusted)
    let issued = payload.issued();
    let (from, until) = (entry.from, entry.until);
    if issued < from || issued >= until {
        return Err(VerifyError::KeyWindow { kid, issued, from, until });
    }
    if let Some(since) = entry.distrusted_since.filter(|since| issued >= *since) {
        return Err(VerifyError::KeyDistrusted { kid, issued, since });
    }

    // 8. Neither the key nor the installation's is revoked. Stops: a stolen key that signs what looks old. (key-revoked)
    let revoked =
        [Some(kid), payload.installation()].into_iter().flatten().find(|kid| trust.revokes_key(kid));
    if let Some(kid) = revoked {
        return Err(VerifyError::KeyRevoked { kid, list: trust.revocations_number() });
    }

    // 9. Of the bundle's vendor. Stops: two vendors' files mixed by one who has both. (vendor)
    let expected = &trust.bundle().vendor;
    if let Some(found) = payload.vendor().filter(|vendor| *vendor != expected) {
        return Err(VerifyError::Vendor { expected: expected.clone(), found: found.clone() });
    }
    Ok(Verified { payload, document: document.clone() })
}

/// Steps 3 to 11, for a license.
fn open_license(document: &UnverifiedDocument, trust: &TrustState) -> Result<Verified<License>, VerifyError> {
    let license = open::<License>(document, trust)?;
    let License { floor, id, .. } = license.payload();

    // 10. The trust known here is not older than the license asks. Stops: keeping the news away and bringing the
    //     licenses alone. (floor-bundle, floor-revocations)
    let known = trust.bundle().number;
    if known < floor.bundle {
        return Err(VerifyError::FloorBundle { needed: floor.bundle, known });
    }
    let known = trust.revocations_number();
    if known < floor.revocations {
        return Err(VerifyError::FloorRevocations { needed: floor.revocations, known });
    }

    // 11. The license is not revoked. Stops: a license that the vendor took back. (license-revoked)
    if trust.revokes_license(id) {
        return Err(VerifyError::LicenseRevoked { id: *id, list: known });
    }
    Ok(license)
}

/// The checkpoints that travel along with a file, in their order; all of them genuine.
pub(crate) fn checkpoints(
    file: &UnverifiedFile,
    trust: &TrustState,
) -> Result<Vec<Verified<Checkpoint>>, VerifyError> {
    file.trust
        .iter()
        .filter(|document| document.kind() == Kind::Checkpoint)
        .map(|document| open::<Checkpoint>(document, trust))
        .collect()
}

fn check_log(file: &UnverifiedFile, trust: &TrustState) -> Result<(), VerifyError> {
    let checkpoints = checkpoints(file, trust)?;
    let Some(proof) = &file.proof else { return Ok(()) };
    let (size, index) = (proof.size, proof.index);
    let checkpoint = checkpoints
        .iter()
        .find(|checkpoint| checkpoint.payload().size == size)
        .ok_or(VerifyError::ProofWithoutCheckpoint { size })?;
    match log::includes(&checkpoint.payload().root, &file.document.digest(), proof) {
        true => Ok(()),
        false => Err(VerifyError::ProofMismatch { size, index }),
    }
}

/// Verifies a checkpoint of the log by itself: steps 3 to 9.
pub fn verify_checkpoint(
    document: &UnverifiedDocument,
    trust: &TrustState,
) -> Result<Verified<Checkpoint>, VerifyError> {
    open(document, trust)
}

/// A request that is genuine: made by whoever has the key that it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRequest {
    request: Verified<Request>,
    installation: Thumbprint,
}

impl VerifiedRequest {
    /// What it says.
    pub fn request(&self) -> &Request {
        self.request.payload()
    }

    /// Who asks: the thumbprint of its key.
    pub fn installation(&self) -> Thumbprint {
        self.installation
    }

    /// The installation's key.
    pub fn public_key(&self) -> PublicKey {
        self.request().installation().public_key
    }

    /// The request's identity.
    pub fn digest(&self) -> Digest {
        self.request.digest()
    }

    /// The document as it came.
    pub fn document(&self) -> &UnverifiedDocument {
        self.request.document()
    }
}

/// Verifies a request alone, by the key that it carries. Whether that installation is known, and what it may have, is the signer's
/// question.
pub fn verify_request(document: &UnverifiedDocument) -> Result<VerifiedRequest, VerifyError> {
    // 1. The document is a request, and 2. its payload is well formed: the key is inside. Stops: an answer sent back as a
    //    question. (wrong-kind, cbor-…, payload-…)
    let request = Request::decode_unverified(document)?;

    // 3. The key is fit to check signatures with. Stops: a key under which a signature fits many requests, so that
    //    its owner could deny each of them. (key-weak, key-encoding)
    let key = EnrolledKey::enrol(&request.installation().public_key)?;

    // 4. It is the key that the header names. Stops: one installation's request under another's name. (key-mismatch)
    let (kid, carried) = (document.kid(), key.thumbprint());
    if kid != carried {
        return Err(VerifyError::KeyMismatch { kid, carried });
    }

    // 5. The signature, strictly: whoever asks has the key. Stops: any altered byte, and asking in another's name. (signature)
    key.check(document)?;
    let request = Verified { payload: request, document: document.clone() };
    Ok(VerifiedRequest { request, installation: carried })
}

/// Verifies a support bundle with the key of the installation that it names, which the signer knows from its requests.
pub fn verify_support_bundle(
    document: &UnverifiedDocument,
    installation: &PublicKey,
) -> Result<Verified<SupportBundle>, VerifyError> {
    let payload: SupportBundle = document.decode_unverified()?;
    let key = EnrolledKey::enrol(installation)?;
    let carried = payload.installation.thumbprint;
    let names = [document.kid(), carried];
    if names != [key.thumbprint(); 2] {
        return Err(VerifyError::KeyMismatch { kid: document.kid(), carried });
    }
    key.check(document)?;
    Ok(Verified { payload, document: document.clone() })
}

impl VerifiedAnswer {
    /// Which of the three it is.
    pub fn kind(&self) -> Kind {
        self.document().kind()
    }

    /// The answer's identity.
    pub fn digest(&self) -> Digest {
        match self {
            VerifiedAnswer::License(answer) => answer.digest(),
            VerifiedAnswer::Receipt(answer) => answer.digest(),
            VerifiedAnswer::Refusal(answer) => answer.digest(),
        }
    }

    /// The document as it came.
    pub fn document(&self) -> &UnverifiedDocument {
        match self {
            VerifiedAnswer::License(answer) => answer.document(),
            VerifiedAnswer::Receipt(answer) => answer.document(),
            VerifiedAnswer::Refusal(answer) => answer.document(),
        }
    }

    /// For whom it is.
    pub fn installation(&self) -> Thumbprint {
        match self {
            VerifiedAnswer::License(answer) => answer.payload().installation.thumbprint,
            VerifiedAnswer::Receipt(answer) => answer.payload().installation.thumbprint,
            VerifiedAnswer::Refusal(answer) => answer.payload().installation,
        }
    }

    /// For which slot it is.
    pub fn license_type(&self) -> LicenseType {
        match self {
            VerifiedAnswer::License(answer) => answer.payload().license_type,
            VerifiedAnswer::Receipt(answer) => answer.payload().license_type,
            VerifiedAnswer::Refusal(answer) => answer.payload().license_type,
        }
    }

    /// Digest of the request that it answers.
    pub fn answers(&self) -> Digest {
        match self {
            VerifiedAnswer::License(answer) => answer.payload().answers,
            VerifiedAnswer::Receipt(answer) => answer.payload().answers,
            VerifiedAnswer::Refusal(answer) => answer.payload().answers,
        }
    }

    /// Counter of that request.
    pub fn counter(&self) -> u64 {
        match self {
            VerifiedAnswer::License(answer) => answer.payload().counter,
            VerifiedAnswer::Receipt(answer) => answer.payload().counter,
            VerifiedAnswer::Refusal(answer) => answer.payload().counter,
        }
    }

    /// The signer's record number.
    pub fn record(&self) -> u64 {
        match self {
            VerifiedAnswer::License(answer) => answer.payload().record,
            VerifiedAnswer::Receipt(answer) => answer.payload().record,
            VerifiedAnswer::Refusal(answer) => answer.payload().record,
        }
    }

    /// When it was signed.
    pub fn issued(&self) -> Timestamp {
        match self {
            VerifiedAnswer::License(answer) => answer.payload().issued,
            VerifiedAnswer::Receipt(answer) => answer.payload().issued,
            VerifiedAnswer::Refusal(answer) => answer.payload().issued,
        }
    }
}
