//! Every file that was ever made in a search, and the keys with which they are made.

use std::{collections::HashMap, convert::Infallible};

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    DAY, Digest, Kind, Payload, PublicKey, Thumbprint, UnverifiedDocument, UnverifiedFile,
    payload::{KeyEntry, License, Request, TrustBundle, VERSION},
};
use signer::{Answer, exchange::Outcome};
use verifier::{TrustState, VerifiedAnswer, verify_answer, verify_request};

use crate::sold;

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
    requests: Vec<RequestPaper>,
    answers: Vec<AnswerPaper>,
    by_bytes: HashMap<Vec<u8>, u32>,
    by_digest: HashMap<Digest, u32>,
    /// What each request was answered, with the file that says so.
    given: HashMap<u32, Vec<(Outcome, u32)>>,
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
            requests: Vec::new(),
            answers: Vec::new(),
            by_bytes: HashMap::new(),
            by_digest: HashMap::new(),
            given: HashMap::new(),
        }
    }

    /// What every proxy is set up with.
    pub fn trust(&self) -> &TrustState {
        &self.trust
    }

    /// Takes a request's file, as the signer's desk does: it must be genuine, and so must what travels along.
    pub fn take_request(&mut self, bytes: &[u8], installation: usize, copy: u8) -> u32 {
        if let Some(known) = self.by_bytes.get(bytes) {
            return *known;
        }
        let file = UnverifiedFile::read(bytes).expect("a proxy's file reads");
        let verified = verify_request(&file.document).expect("a proxy's request verifies");
        let (digest, name) = (verified.digest(), verified.installation());
        let attached = file.trust.iter().filter_map(|document| ours(document, &self.trust, name)).collect();
        let request = verified.request().clone();
        let paper = RequestPaper { digest, request, attached, installation, copy };
        self.requests.push(paper);
        let number = self.requests.len() as u32 - 1;
        self.by_bytes.insert(bytes.to_vec(), number);
        self.by_digest.insert(digest, number);
        number
    }

    /// The request with a digest.
    pub fn request_of(&self, digest: &Digest) -> Option<u32> {
        self.by_digest.get(digest).copied()
    }

    /// Signs what the book has decided, once.
    pub fn sign(&mut self, outcome: Outcome, request: u32) -> u32 {
        let given = self.given.entry(request).or_default();
        if let Some((_, known)) = given.iter().find(|(known, _)| *known == outcome) {
            return *known;
        }
        let (document, answer) = match &outcome {
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
        let installation = self.requests[request as usize].installation;
        let number = self.answers.len() as u32;
        given.push((outcome, number));
        self.answers.push(AnswerPaper { file: UnverifiedFile::of(document), answer, request, installation });
        number
    }

    /// A request's file.
    pub fn request(&self, number: u32) -> &RequestPaper {
        &self.requests[number as usize]
    }

    /// An answer's file.
    pub fn answer(&self, number: u32) -> &AnswerPaper {
        &self.answers[number as usize]
    }

    /// How many request files there are, and how many answer files.
    pub fn count(&self) -> [usize; 2] {
        [self.requests.len(), self.answers.len()]
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
