//! Every trust bundle that this vendor ever put in place, in the data directory: the newest as `trust.waybill`, each as `trust/N.waybill`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use license_format::{Digest, Kind, UnverifiedDocument, UnverifiedFile, limits};
use verifier::{TrustState, VerifyError};

use super::TrustError;
use crate::{data_dir::DataDir, entropy::Entropy, files};

/// What is trusted now, and the documents that lead there from each bundle before.
#[derive(Debug, Clone)]
pub struct History {
    newest: TrustState,
    /// The documents of the bundles before the newest, the newer first.
    earlier: Vec<Vec<UnverifiedDocument>>,
    /// The revocation list that lies beside them. The newest bundle may not let its key sign any more; then it is not in `newest`.
    list: Option<UnverifiedDocument>,
}

impl History {
    /// Reads it, with the newest revocation list that lies beside the bundles. A bundle whose installation was interrupted is in place: its
    /// file is complete before `trust.waybill` is replaced.
    pub fn read(dir: &DataDir) -> Result<History, TrustError> {
        let mut newest = pin(&dir.trust())?;
        while let Some(next) = document(&dir.trust_bundle(newest.bundle().number + 1))? {
            let mut documents = vec![next.document];
            documents.extend(next.trust);
            newest = newest.advance(&documents)?;
        }
        let mut earlier = Vec::new();
        for number in (1..newest.bundle().number).rev() {
            // Without one of them only those who are further behind are not led on.
            let Some(file) = document(&dir.trust_bundle(number))? else { break };
            earlier.push(std::iter::once(file.document).chain(file.trust).filter(is_bundle).collect());
        }
        let list = document(&dir.revocations())?.map(|file| file.document);
        // A list whose key is distrusted since is replaced by the signer's next one.
        let newest =
            list.iter().find_map(|list| newest.advance(std::slice::from_ref(list)).ok()).unwrap_or(newest);
        Ok(History { newest, earlier, list })
    }

    /// The same with later news of the same bundle.
    pub(crate) fn with_newest(&self, newest: TrustState) -> History {
        History { newest, ..self.clone() }
    }

    /// The bundles that are known here with a number above one, the oldest first, each by itself: it is what its own root keys have signed,
    /// and whether it may follow the one before is not looked at. A file that is not what its name says is passed over.
    pub(crate) fn states_after(&self, number: u64) -> Vec<TrustState> {
        let newest = self.newest.bundle().number;
        let earlier = self.earlier.iter().zip((number + 1..newest).rev());
        let pin = |(documents, number): (&Vec<UnverifiedDocument>, u64)| {
            let (document, trust) = documents.split_first()?;
            let file = UnverifiedFile { document: document.clone(), trust: trust.to_vec(), proof: None };
            TrustState::pin(&file).ok().filter(|state| state.bundle().number == number)
        };
        let mut states: Vec<TrustState> = earlier.filter_map(pin).collect();
        states.reverse();
        states.extend((number < newest).then(|| self.newest.clone()));
        states
    }

    /// What it was when this bundle was the newest.
    pub(crate) fn back_at(&self, newest: TrustState) -> History {
        let later = self.newest.bundle().number.saturating_sub(newest.bundle().number);
        let later = usize::try_from(later).unwrap_or(usize::MAX);
        History {
            newest,
            earlier: self.earlier.iter().skip(later).cloned().collect(),
            list: self.list.clone(),
        }
    }

    /// The revocation list that lies beside the bundles, whether or not it is still good.
    pub(crate) fn list(&self) -> Option<&UnverifiedDocument> {
        self.list.as_ref()
    }

    /// The documents of the bundles that are known here with a number above one, by number, the oldest first.
    pub(crate) fn bundles_after(&self, number: u64) -> Vec<UnverifiedDocument> {
        let newest = self.newest.bundle().number;
        let missing = usize::try_from(newest.saturating_sub(number)).unwrap_or(usize::MAX);
        let of_newest = self.newest.documents().into_iter().filter(is_bundle).collect();
        let earlier = self
            .earlier
            .iter()
            .map(|bundle| bundle.iter().filter(|document| is_bundle(document)).cloned().collect());
        let mut bundles: Vec<Vec<UnverifiedDocument>> =
            std::iter::once(of_newest).chain(earlier).take(missing).collect();
        bundles.reverse();
        bundles.concat()
    }

    /// What was trusted when, the newest first, as far as the bundles before are known here: each names the one before it. Of a key that was
    /// left out since, an earlier one knows what it could sign.
    pub fn states(&self) -> Vec<TrustState> {
        let mut states = vec![self.newest.clone()];
        for bundle in &self.earlier {
            let previous = states.last().and_then(|state| state.bundle().previous);
            let pinned = bundle.split_first().and_then(|(document, rest)| {
                let is_it = previous == Some(Digest::of(document.payload_bytes()));
                let file = UnverifiedFile { document: document.clone(), trust: rest.to_vec(), proof: None };
                is_it.then(|| TrustState::pin(&file).ok()).flatten()
            });
            let Some(state) = pinned else { break };
            states.push(state);
        }
        states
    }

    /// What is trusted now.
    pub fn newest(&self) -> &TrustState {
        &self.newest
    }

    /// The documents that lead as many proxies as possible to the newest trust, in at most so many: those of the newest bundle and the
    /// revocation list, then those of up to so many bundles before, as long as a whole one fits.
    pub fn documents(&self, room: usize, earlier: usize) -> Vec<UnverifiedDocument> {
        let mut documents = self.newest.documents();
        for bundle in self.earlier.iter().take(earlier) {
            if documents.len() + bundle.len() > room {
                break;
            }
            documents.extend(bundle.iter().cloned());
        }
        documents
    }

    /// One file from which whoever is behind catches up, as far as it holds.
    pub fn to_file(&self) -> UnverifiedFile {
        let mut documents = self.documents(limits::TRUST_DOCUMENTS + 1, usize::MAX);
        let document = documents.remove(0);
        UnverifiedFile { document, trust: documents, proof: None }
    }

    /// Puts the next bundle in place, durably. `next` comes from [`Signing::finish`](super::Signing::finish) over the newest.
    pub fn install(
        &self,
        dir: &DataDir,
        next: &TrustState,
        entropy: &mut dyn Entropy,
    ) -> Result<(), TrustError> {
        let now = self.newest.bundle().number;
        // The bundle that `init` made has no file of its own yet.
        for (number, state) in [(now, &self.newest), (next.bundle().number, next)] {
            let path = dir.trust_bundle(number);
            files::create_dir(path.parent().expect("it is in the data directory")).map_err(failed(&path))?;
            match files::create(&path, &bundle_file(state), entropy) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number == now => {}
                created => created.map_err(failed(&path))?,
            }
        }
        let path = dir.trust();
        files::replace(&path, &bundle_file(next), entropy).map_err(failed(&path))
    }
}

/// Judges by what is trusted now; what needs a key that was left out since, by the newest bundle that knew all its keys.
pub fn judged<T>(
    states: &[TrustState],
    verify: impl Fn(&TrustState) -> Result<T, VerifyError>,
) -> Result<T, VerifyError> {
    let (newest, earlier) = states.split_first().expect("something is trusted");
    let is_unknown =
        |verified: &Result<T, VerifyError>| matches!(verified, Err(VerifyError::KeyUnknown { .. }));
    match verify(newest) {
        unknown if is_unknown(&unknown) => {
            earlier.iter().map(&verify).find(|verified| !is_unknown(verified)).unwrap_or(unknown)
        }
        verified => verified,
    }
}

/// A bundle without the revocation list of its time: as an earlier bundle it goes along for years, and nobody takes an old list whose key is
/// revoked by a newer one.
fn bundle_file(state: &TrustState) -> Vec<u8> {
    let UnverifiedFile { document, mut trust, proof } = state.to_file();
    trust.retain(is_bundle);
    UnverifiedFile { document, trust, proof }.encode()
}

fn is_bundle(document: &UnverifiedDocument) -> bool {
    document.kind() == Kind::TrustBundle
}

fn pin(path: &Path) -> Result<TrustState, TrustError> {
    let file = document(path)?.ok_or_else(|| missing(path))?;
    TrustState::pin(&file).map_err(|error| damaged(path, error.to_string()))
}

fn document(path: &Path) -> Result<Option<UnverifiedFile>, TrustError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path)(error)),
    };
    UnverifiedFile::read(&bytes).map(Some).map_err(|error| damaged(path, error.to_string()))
}

fn missing(path: &Path) -> TrustError {
    damaged(path, "it is missing".to_owned())
}

fn damaged(path: &Path, detail: String) -> TrustError {
    TrustError::Damaged { path: path.to_owned(), detail }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> TrustError + use<> {
    let path: PathBuf = path.to_owned();
    move |source| TrustError::File { path, source }
}
