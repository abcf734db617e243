//! Which keys may sign what: a root bundle pinned at setup, and the way forward from it.
//!
//! The state holds what was verified and nothing else, and it never goes back: not to an older bundle, not to an older revocation
//! list. Every document that travels along must stand by itself, also one that is held or too old to matter, so that an altered byte
//! never passes and a file is told the same thing each time. This module does not know the time: a bundle does not end; a newer one
//! replaces it.

use std::sync::Arc;

use license_format::{
    Digest, FormatError, Kind, LicenseId, Thumbprint, Timestamp, UnverifiedDocument, UnverifiedFile,
    payload::{KeyEntry, RevocationList, TrustBundle},
};

use crate::{error::VerifyError, fingerprint::Fingerprint, key::EnrolledKey, verify};

/// What is trusted: the newest bundle, and the newest revocation list. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustState(Arc<Known>);

#[derive(Debug, PartialEq, Eq)]
struct Known {
    bundle: Bundle,
    /// The bundle's documents, as they came.
    documents: Vec<UnverifiedDocument>,
    revocations: Option<(RevocationList, UnverifiedDocument)>,
}

impl TrustState {
    /// Begins to trust a bundle, at setup: the file's document and those with the same payload that travel along must be signed by
    /// enough of the bundle's own root keys. What else travels along is then taken as in [`advance`](Self::advance).
    ///
    /// Nothing proves that this is the right vendor's bundle; people compare [`root_fingerprint`](Self::root_fingerprint).
    /// Refuses what is no trust bundle (`wrong-kind`), and whatever `advance` refuses.
    pub fn pin(file: &UnverifiedFile) -> Result<TrustState, VerifyError> {
        let payload = file.document.payload_bytes();
        let (same, rest): (Vec<_>, Vec<_>) =
            std::iter::once(&file.document).chain(&file.trust).partition(|document| {
                document.kind() == Kind::TrustBundle && document.payload_bytes() == payload
            });
        if file.document.kind() != Kind::TrustBundle {
            let (expected, found) = (Kind::TrustBundle, file.document.kind());
            return Err(FormatError::WrongKind { expected, found }.into());
        }
        let candidate = Candidate::read(same)?;
        let documents = candidate.documents_to_keep(&candidate.other_signers());
        let state = TrustState(Arc::new(Known { bundle: candidate.bundle, documents, revocations: None }));
        state.advance_with(&rest)
    }

    /// Takes the news: bundles one after the other, then revocation lists. Documents of other kinds are left alone.
    ///
    /// Bundle *n+1* names bundle *n*, and is signed by enough root keys of *n* and of *n+1*: so a thief of the new keys alone, or a
    /// vendor's former employee with the old ones alone, cannot lead anyone away. An older bundle or list is checked and has no effect.
    /// Refuses two bundles with one number, or a history that is not ours (`trust-fork`), a bundle without those before it
    /// (`trust-gap`), too few signatures (`trust-threshold`), a bad one (`signature`), and two lists with one number
    /// (`revocation-fork`). On an error nothing was taken.
    pub fn advance(&self, documents: &[UnverifiedDocument]) -> Result<TrustState, VerifyError> {
        self.advance_with(&documents.iter().collect::<Vec<_>>())
    }

    /// The newest bundle.
    pub fn bundle(&self) -> &TrustBundle {
        &self.0.bundle.payload
    }

    /// The newest revocation list, if one ever came.
    pub fn revocations(&self) -> Option<&RevocationList> {
        self.0.revocations.as_ref().map(|(list, _)| list)
    }

    /// The number of the newest revocation list, 0 if none ever came: what a license's floor is compared with.
    pub fn revocations_number(&self) -> u64 {
        self.revocations().map_or(0, |list| list.number)
    }

    /// Whether the newest list revokes the license. A list can arrive after the license, so ask also of licenses in force.
    pub fn revokes_license(&self, id: &LicenseId) -> bool {
        self.revocations().is_some_and(|list| list.licenses.binary_search(id).is_ok())
    }

    /// Whether the newest bundle distrusts what a key signed at an instant.
    pub fn distrusts(&self, kid: &Thumbprint, issued: Timestamp) -> bool {
        let since = self.bundle().key(kid).and_then(|entry| entry.distrusted_since);
        since.is_some_and(|since| since <= issued)
    }

    /// Whether the newest list revokes the key.
    pub fn revokes_key(&self, kid: &Thumbprint) -> bool {
        self.revocations().is_some_and(|list| list.keys.binary_search(kid).is_ok())
    }

    /// The file that [`pin`](Self::pin) takes again: for storing, and for export.
    pub fn to_file(&self) -> UnverifiedFile {
        let mut documents = self.documents();
        let document = documents.remove(0);
        UnverifiedFile { document, trust: documents, proof: None }
    }

    /// The documents that bring others to this state: the bundle's, then the revocation list. They fit a file.
    pub fn documents(&self) -> Vec<UnverifiedDocument> {
        let list = self.0.revocations.as_ref().map(|(_, document)| document);
        self.0.documents.iter().chain(list).cloned().collect()
    }

    /// The root keys and their threshold, as two people compare them by telephone before they trust a bundle.
    pub fn root_fingerprint(&self) -> Fingerprint {
        Fingerprint::of_roots(self.bundle())
    }

    /// The key that a document says has signed it, if the bundle has it and lets it sign such documents.
    pub(crate) fn key_for(
        &self,
        document: &UnverifiedDocument,
    ) -> Result<(&KeyEntry, &EnrolledKey), VerifyError> {
        let (kind, kid) = (document.kind(), document.kid());
        let Bundle { payload, keys, .. } = &self.0.bundle;
        let at = keys.iter().position(|key| key.thumbprint() == kid).ok_or(VerifyError::KeyUnknown {
            kind,
            kid,
            bundle: payload.number,
        })?;
        let entry = &payload.keys[at];
        if !entry.signs.contains(&kind) {
            return Err(VerifyError::KeyNotForKind { kind, kid });
        }
        Ok((entry, &keys[at]))
    }

    fn advance_with(&self, documents: &[&UnverifiedDocument]) -> Result<TrustState, VerifyError> {
        // Most answers bring nothing new, and this is their way through.
        if self.is_all_of(documents) {
            return Ok(self.clone());
        }
        let mut candidates = self.candidates(documents)?;
        candidates.sort_by_key(|candidate| candidate.bundle.payload.number);
        let mut state = self.clone();
        for candidate in candidates {
            state = state.step(candidate)?;
        }
        state.take_revocations(documents)
    }

    /// Whether these documents, byte for byte, are what is held, and so were checked when they came. A part of the bundle's would be
    /// another matter: it may have too few signatures.
    fn is_all_of(&self, documents: &[&UnverifiedDocument]) -> bool {
        let is_ours = |document: &&UnverifiedDocument| match document.kind() {
            Kind::TrustBundle => {
                self.0.documents.contains(document)
                    && self.0.documents.iter().all(|ours| documents.contains(&ours))
            }
            Kind::RevocationList => self.holds_list(document),
            _ => true,
        };
        documents.iter().all(is_ours)
    }

    fn holds_list(&self, document: &UnverifiedDocument) -> bool {
        self.0.revocations.as_ref().is_some_and(|(_, ours)| ours == document)
    }

    /// The bundles among the documents: each is all documents with one payload, and stands by itself.
    fn candidates<'a>(
        &self,
        documents: &[&'a UnverifiedDocument],
    ) -> Result<Vec<Candidate<'a>>, VerifyError> {
        let mut groups: Vec<Vec<&UnverifiedDocument>> = Vec::new();
        for document in documents.iter().filter(|document| document.kind() == Kind::TrustBundle) {
            match groups.iter_mut().find(|group| group[0].payload_bytes() == document.payload_bytes()) {
                Some(group) => group.push(document),
                None => groups.push(vec![document]),
            }
        }
        groups.into_iter().map(Candidate::read).collect()
    }

    /// One bundle further, or where we are if it is not newer.
    fn step(self, candidate: Candidate<'_>) -> Result<TrustState, VerifyError> {
        let (known, found) = (&self.0.bundle, &candidate.bundle);
        let (bundle, ours) = (found.payload.number, known.payload.number);
        if found.payload.vendor != known.payload.vendor {
            let (expected, found) = (known.payload.vendor.clone(), found.payload.vendor.clone());
            return Err(VerifyError::Vendor { expected, found });
        }
        let fork = |expected, found| Err(VerifyError::TrustFork { bundle, expected, found });
        if bundle < ours {
            return Ok(self);
        }
        if bundle == ours {
            return if found.digest == known.digest { Ok(self) } else { fork(known.digest, found.digest) };
        }
        if bundle != ours + 1 {
            return Err(VerifyError::TrustGap { known: ours, found: bundle });
        }
        let previous = found.payload.previous.unwrap_or(Digest([0; 32]));
        if previous != known.digest {
            return fork(known.digest, previous);
        }
        let signers = known.signers(&candidate.documents)?;
        known.demand_threshold(bundle, signers.len())?;
        let documents = candidate.documents_to_keep(&signers);
        let next = TrustState(Arc::new(Known { bundle: candidate.bundle, documents, revocations: None }));
        // A list outlives the bundle that it came under only if the new one still lets its key sign lists. So one huge number, signed
        // by a key that leaked, does not shut out the vendor's lists for ever: a bundle without that key does away with it.
        match &self.0.revocations {
            Some((_, document)) => Ok(next.take_revocations(&[document]).unwrap_or(next)),
            None => Ok(next),
        }
    }

    /// Takes the newest of the revocation lists, if it is newer than ours. Each is judged with the list that was held before any of
    /// them, so that their order in a file decides no more than which fault is told.
    fn take_revocations(&self, documents: &[&UnverifiedDocument]) -> Result<TrustState, VerifyError> {
        let is_list = |document: &&&UnverifiedDocument| document.kind() == Kind::RevocationList;
        let mut lists = Vec::from_iter(self.0.revocations.clone());
        for document in documents.iter().filter(is_list).filter(|document| !self.holds_list(document)) {
            let list = verify::open::<RevocationList>(document, self)?.into_payload();
            lists.push((list, (*document).clone()));
        }
        lists.sort_by_key(|(list, _)| list.number);
        // A vendor that tells two histories is not believed in either, whichever of the two would hold.
        for pair in lists.windows(2) {
            let [(list, document), (other, theirs)] = pair else { continue };
            if list.number == other.number && document.to_be_signed() != theirs.to_be_signed() {
                return Err(VerifyError::RevocationFork { number: list.number });
            }
        }
        let Known { bundle, documents, .. } = &*self.0;
        let (bundle, documents) = (bundle.clone(), documents.clone());
        Ok(TrustState(Arc::new(Known { bundle, documents, revocations: lists.pop() })))
    }
}

/// A bundle with its keys enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bundle {
    payload: TrustBundle,
    /// SHA-256 of the payload's bytes: what the next bundle names.
    digest: Digest,
    roots: Vec<EnrolledKey>,
    /// In the order of `payload.keys`.
    keys: Vec<EnrolledKey>,
}

impl Bundle {
    /// The root keys that signed these documents, each once, in the order of the documents. A document of another key is passed over: it may be
    /// a signature of the bundle before or after. A bad signature is refused.
    fn signers(&self, documents: &[&UnverifiedDocument]) -> Result<Vec<Thumbprint>, VerifyError> {
        let mut signers = Vec::new();
        for document in documents {
            let Some(root) = self.roots.iter().find(|root| root.thumbprint() == document.kid()) else {
                continue;
            };
            root.check(document)?;
            if !signers.contains(&root.thumbprint()) {
                signers.push(root.thumbprint());
            }
        }
        Ok(signers)
    }

    /// Enough of these root keys signed the bundle with that number.
    fn demand_threshold(&self, bundle: u64, signers: usize) -> Result<(), VerifyError> {
        let (needed, found) = (self.payload.threshold, signers as u64);
        if found < needed {
            let roots_of = self.payload.number;
            return Err(VerifyError::TrustThreshold { bundle, roots_of, needed, found });
        }
        Ok(())
    }
}

/// A bundle that enough of its own root keys signed. Whether it is the next one of our history is still to be asked.
struct Candidate<'a> {
    bundle: Bundle,
    /// All that came with this payload.
    documents: Vec<&'a UnverifiedDocument>,
    /// Its own root keys that signed.
    signers: Vec<Thumbprint>,
}

impl<'a> Candidate<'a> {
    /// From documents of one payload.
    fn read(documents: Vec<&'a UnverifiedDocument>) -> Result<Candidate<'a>, VerifyError> {
        let payload: TrustBundle = documents[0].decode_unverified()?;
        let roots = payload.roots.iter().map(EnrolledKey::enrol).collect::<Result<_, _>>()?;
        let keys = payload
            .keys
            .iter()
            .map(|entry| EnrolledKey::enrol(&entry.public_key))
            .collect::<Result<_, _>>()?;
        let bundle = Bundle { digest: Digest::of(documents[0].payload_bytes()), payload, roots, keys };
        let signers = bundle.signers(&documents)?;
        bundle.demand_threshold(bundle.payload.number, signers.len())?;
        Ok(Candidate { bundle, documents, signers })
    }

    /// Keys that are said to have signed for the bundle before. From here, without that bundle, nobody can tell whether they did; those who
    /// are still there can, and do before they come here.
    fn other_signers(&self) -> Vec<Thumbprint> {
        match self.bundle.payload.previous {
            None => Vec::new(),
            Some(_) => self.documents.iter().map(|document| document.kid()).collect(),
        }
    }

    /// What to keep and to send along: one document for each of its own signers, as many as the threshold needs; then those of the
    /// signers before, with which others come here from the bundle before; then its other signers. What anybody else signed is not kept.
    fn documents_to_keep(&self, before: &[Thumbprint]) -> Vec<UnverifiedDocument> {
        let own = &self.signers[..self.bundle.payload.threshold as usize];
        let mut kept: Vec<UnverifiedDocument> = Vec::new();
        for signer in own.iter().chain(before).chain(&self.signers) {
            let signed = self.documents.iter().find(|document| document.kid() == *signer);
            if kept.iter().all(|other| other.kid() != *signer) {
                kept.extend(signed.map(|document| (*document).clone()));
            }
        }
        kept.truncate(BUNDLE_DOCUMENTS);
        kept
    }
}

/// Documents of one bundle: the signatures of all root keys, and of as many before them. With a revocation list they fit a file.
const BUNDLE_DOCUMENTS: usize = 2 * license_format::limits::ROOT_KEYS;
