//! A bundle with the signatures that it has so far.

use license_format::{
    FormatError, Kind, PublicKey, Thumbprint, UnverifiedDocument, UnverifiedFile, payload::TrustBundle,
};
use verifier::TrustState;

use super::{Proposal, TrustError};
use crate::keys::{FileKey, SigningBackend};

/// A bundle with the signatures that it has so far: none, some, or enough. They are believed by nobody before [`Signing::finish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    bundle: TrustBundle,
    /// One for each key.
    documents: Vec<UnverifiedDocument>,
}

/// Signatures that a bundle still needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Of its own root keys.
    pub own: u64,
    /// Of root keys of the bundle before.
    pub before: u64,
}

impl Missing {
    /// Whether nobody has to sign any more.
    pub fn is_nothing(self) -> bool {
        (self.own, self.before) == (0, 0)
    }

    pub(super) fn sentence(own: u64, before: u64) -> String {
        let signatures =
            |count: u64| if count == 1 { "1 signature".to_owned() } else { format!("{count} signatures") };
        match (own, before) {
            (own, 0) => format!("{} by its root keys", signatures(own)),
            (0, before) => format!("{} by root keys of the bundle before", signatures(before)),
            (own, before) => format!(
                "{} by its root keys and {} by root keys of the bundle before; one key may be both",
                signatures(own),
                signatures(before)
            ),
        }
    }
}

impl Signing {
    /// Begins with nobody's signature. Refuses a proposal that contradicts itself.
    pub fn begin(proposal: &Proposal) -> Result<Signing, TrustError> {
        Ok(Signing { bundle: proposal.checked()?.clone(), documents: Vec::new() })
    }

    /// A vendor's first bundle, signed by all of these root keys at once.
    pub fn first(proposal: &Proposal, roots: &[FileKey]) -> Result<TrustState, TrustError> {
        let mut signing = Signing::begin(proposal)?;
        roots.iter().try_for_each(|root| signing.sign(root, None))?;
        signing.finish(None)
    }

    /// Reads what others have signed: a file's trust bundle and the documents in it that say the same. What else is in it is passed over.
    pub fn read(file: &UnverifiedFile) -> Result<Signing, TrustError> {
        if file.document.kind() != Kind::TrustBundle {
            let (expected, found) = (Kind::TrustBundle, file.document.kind());
            return Err(FormatError::WrongKind { expected, found }.into());
        }
        let bundle = file.document.decode_unverified()?;
        let mut signing = Signing { bundle, documents: Vec::new() };
        let same = |document: &&UnverifiedDocument| document.payload_bytes() == file.document.payload_bytes();
        std::iter::once(&file.document)
            .chain(&file.trust)
            .filter(same)
            .for_each(|document| signing.add(document));
        Ok(signing)
    }

    /// Puts files of several holders together. Refuses those of different bundles (`trust-parts-differ`).
    pub fn combine(parts: impl IntoIterator<Item = Signing>) -> Result<Signing, TrustError> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next().ok_or(TrustError::PartsDiffer)?;
        for part in parts {
            if part.bundle != whole.bundle {
                return Err(TrustError::PartsDiffer);
            }
            part.documents.iter().for_each(|document| whole.add(document));
        }
        Ok(whole)
    }

    /// Adds the signature of a root key of this bundle or, where that is known, of the one before. Signing twice changes nothing.
    pub fn sign(&mut self, root: &dyn SigningBackend, before: Option<&TrustState>) -> Result<(), TrustError> {
        let (kid, bundle) = (root.thumbprint(), self.bundle.number);
        let is_root = |roots: &[PublicKey]| roots.contains(&root.public_key());
        if !is_root(&self.bundle.roots) && !before.is_some_and(|before| is_root(&before.bundle().roots)) {
            return Err(TrustError::NotARoot { kid, bundle });
        }
        let document = UnverifiedDocument::seal(&self.bundle, kid, |bytes| root.sign(bytes))?;
        self.add(&document);
        Ok(())
    }

    /// What it says.
    pub fn bundle(&self) -> &TrustBundle {
        &self.bundle
    }

    /// The keys that are said to have signed.
    pub fn signers(&self) -> impl Iterator<Item = Thumbprint> + '_ {
        self.documents.iter().map(UnverifiedDocument::kid)
    }

    /// Who must still sign, if all signatures so far are good.
    pub fn missing(&self, before: Option<&TrustState>) -> Missing {
        let lacks = |bundle: &TrustBundle| {
            let signed =
                bundle.roots.iter().filter(|root| self.signers().any(|kid| kid == root.thumbprint())).count();
            bundle.threshold.saturating_sub(signed as u64)
        };
        Missing { own: lacks(&self.bundle), before: before.map_or(0, |before| lacks(before.bundle())) }
    }

    /// The file that carries it to the next holder; nothing while nobody has signed.
    pub fn to_file(&self) -> Option<UnverifiedFile> {
        let (document, trust) = self.documents.split_first()?;
        Some(UnverifiedFile { document: document.clone(), trust: trust.to_vec(), proof: None })
    }

    /// The trust that it leads to: from the bundle before, or at the very beginning. The verifier decides, as on every proxy; too few
    /// signatures are said with how many are missing.
    pub fn finish(&self, before: Option<&TrustState>) -> Result<TrustState, TrustError> {
        let missing = self.missing(before);
        let unsigned =
            TrustError::Unsigned { bundle: self.bundle.number, own: missing.own, before: missing.before };
        let Some(file) = self.to_file().filter(|_| missing.is_nothing()) else { return Err(unsigned) };
        Ok(match before {
            Some(before) => before.advance(&self.documents)?,
            None => TrustState::pin(&file)?,
        })
    }

    fn add(&mut self, document: &UnverifiedDocument) {
        if self.signers().all(|kid| kid != document.kid()) {
            self.documents.push(document.clone());
        }
    }
}
