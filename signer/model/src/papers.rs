//! Every file that was ever made in a search, and the keys with which they are made.

use std::{collections::HashMap, convert::Infallible};

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    DAY, Digest, Kind, Payload, PublicKey, Thumbprint, UnverifiedDocument, UnverifiedFile,
    payload::{KeyEntry, License, Request, TrustBundle, VERSION},
};
use signer::{Answer, exchange::Outcome};
use verifier::{TrustState, VerifiedAnswer, verify_answer, verify_request};

use crate::{interned::Interned, sold};

/// A request's file.
#[derive(Debug)]
pub struct RequestPaper {
    /// Its digest.
    pub digest: Digest,
    /// What it says, as the real check has let it through.
    pub request: Request,
    /// Licenses that travel along and are genuine.
    pub attached: Vec<License>,
    /// Who made it, by number.
    pub installation: usize,
    /// Which copy of it: see `Origin`.
    pub copy: u8,
}

/// An answer's file.
#[derive(Debug)]
pub struct AnswerPaper {
    /// The file.
    pub file: UnverifiedFile,
    /// What it says.
    pub answer: Answer,
    /// The request, by number.
    pub request: u32,
    /// For whom, by number.
    pub installation: usize,
}

/// All files, and who signs.
pub struct Papers {
    issuing: SigningKey,
    trust: TrustState,
    /// Requests by number.
    pub requests: Interned<RequestPaper>,
    /// Answers by number.
    pub answers: Interned<AnswerPaper>,
    by_digest: HashMap<Digest, u32>,
}

impl Papers {
    /// None yet.
    pub fn new() -> Papers {
        let (root, issuing) = (SigningKey::from_bytes(&[101; 32]), SigningKey::from_bytes(&[102; 32]));
        let bundle = TrustBundle {
            keys: vec![KeyEntry {
                from: sold::start(),
                signs: vec![Kind::License, Kind::DeactivationReceipt, Kind::Refusal],
                until: sold::start().plus(4000 * DAY),
                public_key: PublicKey(issuing.verifying_key().to_bytes()),
                distrusted_since: None,
            }],
            roots: vec![PublicKey(root.verifying_key().to_bytes())],
            issued: sold::start(),
            number: 1,
            vendor: "Example Software".parse().expect("a label"),
            version: VERSION,
            previous: None,
            threshold: 1,
        };
        let trust = TrustState::pin(&UnverifiedFile::of(seal(&bundle, &root))).expect("a good bundle");
        Papers {
            issuing,
            trust,
            requests: Interned::default(),
            answers: Interned::default(),
            by_digest: HashMap::new(),
        }
    }

    /// What every proxy is set up with.
    pub fn trust(&self) -> &TrustState {
        &self.trust
    }

    /// Takes a request's file, as the signer's desk does: it must be genuine, and so must what travels along.
    pub fn take_request(&mut self, bytes: &[u8], installation: usize, copy: u8) -> u32 {
        let trust = &self.trust;
        let number = self.requests.number(bytes, || {
            let file = UnverifiedFile::read(bytes).expect("a proxy's file reads");
            let verified = verify_request(&file.document).expect("a proxy's request verifies");
            let name = verified.installation();
            RequestPaper {
                digest: verified.digest(),
                request: verified.request().clone(),
                attached: file.trust.iter().filter_map(|document| ours(document, trust, name)).collect(),
                installation,
                copy,
            }
        });
        self.by_digest.insert(self.requests[number].digest, number);
        number
    }

    /// The request with a digest.
    pub fn request_of(&self, digest: &Digest) -> Option<u32> {
        self.by_digest.get(digest).copied()
    }

    /// Signs what the book has decided.
    pub fn sign(&mut self, outcome: &Outcome, request: u32) -> u32 {
        let (document, answer) = match outcome {
            Outcome::License(license) => {
                (seal(license.as_ref(), &self.issuing), Answer::License(license.as_ref().clone()))
            }
            Outcome::Receipt(receipt) => {
                (seal(receipt.as_ref(), &self.issuing), Answer::Receipt(receipt.as_ref().clone()))
            }
            Outcome::Refusal(refusal) => {
                (seal(refusal.as_ref(), &self.issuing), Answer::Refusal(refusal.as_ref().clone()))
            }
        };
        let installation = self.requests[request].installation;
        let file = UnverifiedFile::of(document);
        self.answers.number(&file.encode(), || AnswerPaper { file, answer, request, installation })
    }
}

impl Default for Papers {
    fn default() -> Self {
        Papers::new()
    }
}

/// A license of the vendor's for this installation.
fn ours(document: &UnverifiedDocument, trust: &TrustState, installation: Thumbprint) -> Option<License> {
    match verify_answer(&UnverifiedFile::of(document.clone()), trust) {
        Ok((VerifiedAnswer::License(license), _))
            if license.payload().installation.thumbprint == installation =>
        {
            Some(license.into_payload())
        }
        _ => None,
    }
}

fn seal<P: Payload>(payload: &P, key: &SigningKey) -> UnverifiedDocument {
    let kid = PublicKey(key.verifying_key().to_bytes()).thumbprint();
    let sealed: Result<_, Infallible> =
        UnverifiedDocument::seal(payload, kid, |bytes| Ok(key.sign(bytes).to_bytes()));
    sealed.unwrap_or_else(|never| match never {})
}
