//! What lies in the data directory, read again when it has changed, and the keys that are open.
//!
//! What opens keys is kept in memory, wiped when it is dropped, for the keys to come: one that rotates in, a spare that takes over.

use std::{fs, io, path::Path, sync::Arc, time::SystemTime};

use license_format::{Kind, Thumbprint, Timestamp, payload::TrustBundle};
use verifier::TrustState;

use crate::{
    answer::AnswerError,
    data_dir::DataDir,
    keys::{self, KeyError, KeyPlace, KeyRing, Secrets, SigningBackend},
    trust::{History, TrustError},
};

/// What is wrong with what signs: a key that should cannot be opened, a trust bundle waits for a second person, or nothing can be signed at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Stable, for programs.
    pub code: &'static str,
    /// In a sentence.
    pub says: String,
    /// What to do about it.
    pub next_step: String,
}

/// What is in the data directory of keys and trust.
pub(super) struct Bench {
    dir: DataDir,
    secrets: Secrets,
    glimpse: Glimpse,
    history: History,
    ring: KeyRing,
    open: Vec<Arc<dyn SigningBackend>>,
    /// Keys that could not be opened, as files lie now, and why. They are tried again when these change: each attempt costs what a guess
    /// of the passphrase costs.
    locked: Vec<(Thumbprint, Trouble)>,
}

impl Bench {
    /// Reads what is there.
    pub(super) fn open(dir: &DataDir, secrets: Secrets) -> Result<Bench, AnswerError> {
        let glimpse = Glimpse::of(dir, None)?;
        let (history, ring) = (History::read(dir)?, KeyRing::read(dir)?);
        let (open, locked) = (Vec::new(), Vec::new());
        Ok(Bench { dir: dir.clone(), secrets, glimpse, history, ring, open, locked })
    }

    /// Reads again what has changed, and says whether anything has. On an error everything is as it was, and is read again the next time.
    pub(super) fn look(&mut self) -> Result<bool, AnswerError> {
        let glimpse = Glimpse::of(&self.dir, Some(self.history.newest()))?;
        if glimpse == self.glimpse {
            return Ok(false);
        }
        let (history, ring) = (History::read(&self.dir)?, KeyRing::read(&self.dir)?);
        let (known, found) = (self.history.newest().bundle().number, history.newest().bundle().number);
        if found > known {
            tracing::info!(bundle = found, "a trust bundle was put in place");
        }
        (self.history, self.ring, self.glimpse) = (history, ring, glimpse);
        self.locked.clear();
        Ok(true)
    }

    /// What is trusted, as it lies there: not all of it need be gone by.
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    /// Where it lies.
    pub(super) fn dir(&self) -> &DataDir {
        &self.dir
    }

    /// Why the key that should sign does not, though another one does.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.locked.first().map(|(_, trouble)| trouble)
    }

    /// Opens the keys that sign now, for the first time: whoever starts the signer is there to hear that one does not open.
    pub(super) fn begin(&mut self, trust: &TrustState, now: Timestamp) -> Result<(), KeyError> {
        self.bar(trust, &[], now);
        for kind in [Kind::License, Kind::Checkpoint] {
            let key = self.ring.open(trust.bundle(), kind, now, &self.secrets)?;
            self.keep(key);
        }
        Ok(())
    }

    /// The key that signs a kind now, by what is trusted; but none of `not`. Where the one in use cannot be opened, the next that may sign
    /// does, and [`trouble`](Self::trouble) says so.
    pub(super) fn key(
        &mut self,
        kind: Kind,
        trust: &TrustState,
        not: &[Thumbprint],
        now: Timestamp,
    ) -> Result<Arc<dyn SigningBackend>, AnswerError> {
        self.bar(trust, not, now);
        let bundle = trust.bundle();
        let wanted: Vec<(Thumbprint, KeyPlace)> = match self.ring.usable(bundle, kind, now) {
            Ok(usable) => {
                usable.into_iter().map(|key| (key.entry.public_key.thumbprint(), key.place.clone())).collect()
            }
            // A file that does not say whose it is may hold the one.
            Err(none) => return self.unnamed(bundle, kind, now).ok_or(AnswerError::Key(none)),
        };
        let mut trouble = None;
        for (kid, place) in wanted {
            match self.opened(kid, &place) {
                Ok(key) => return Ok(key),
                Err(locked) => _ = trouble.get_or_insert(locked),
            }
        }
        self.unnamed(bundle, kind, now)
            .ok_or_else(|| AnswerError::KeyLocked(trouble.expect("one at least was tried")))
    }

    /// A key that is open, or can be opened.
    fn opened(&mut self, kid: Thumbprint, place: &KeyPlace) -> Result<Arc<dyn SigningBackend>, Trouble> {
        if let Some(open) = self.open.iter().find(|open| open.thumbprint() == kid) {
            return Ok(Arc::clone(open));
        }
        if let Some((_, trouble)) = self.locked.iter().find(|(locked, _)| *locked == kid) {
            return Err(trouble.clone());
        }
        match keys::open(place, &self.secrets) {
            Ok(key) => {
                tracing::info!(key = kid.short(), "a key was opened that signs from now on");
                Ok(self.keep(key))
            }
            Err(error) => {
                let trouble = Trouble::of(&kid, &error);
                tracing::error!(code = trouble.code, "{} {}", trouble.says, trouble.next_step);
                self.locked.push((kid, trouble.clone()));
                Err(trouble)
            }
        }
    }

    /// A key that may sign and whose place does not say that it is there.
    fn unnamed(
        &mut self,
        bundle: &TrustBundle,
        kind: Kind,
        now: Timestamp,
    ) -> Option<Arc<dyn SigningBackend>> {
        let may_sign =
            |key: &&Arc<dyn SigningBackend>| self.ring.may_sign(&key.thumbprint(), bundle, kind, now);
        if let Some(open) = self.open.iter().find(may_sign) {
            return Some(Arc::clone(open));
        }
        let found = self.ring.open_unnamed(bundle, kind, now, &self.secrets).ok()??;
        Some(self.keep(found))
    }

    fn keep(&mut self, key: Box<dyn SigningBackend>) -> Arc<dyn SigningBackend> {
        let key: Arc<dyn SigningBackend> = Arc::from(key);
        self.open.push(Arc::clone(&key));
        key
    }

    /// Passes over keys that are revoked, and forgets those that will never sign again.
    fn bar(&mut self, trust: &TrustState, not: &[Thumbprint], now: Timestamp) {
        let revoked = trust.revocations().map_or(&[][..], |list| &list.keys);
        self.ring.bar(&[revoked, not].concat());
        let is_over = |key: &Arc<dyn SigningBackend>| {
            let kid = key.thumbprint();
            revoked.contains(&kid) || trust.distrusts(&kid, now)
        };
        self.open.retain(|key| !is_over(key));
    }
}

impl Trouble {
    fn of(kid: &Thumbprint, error: &KeyError) -> Trouble {
        let says = format!("key {} should sign now and cannot be opened: {error}.", kid.short());
        let next_step = format!(
            "Start the signer again with what opens it, or give it the passphrase of the others. {}",
            error.next_step()
        );
        Trouble { code: error.code(), says, next_step }
    }
}

impl From<&AnswerError> for Trouble {
    fn from(error: &AnswerError) -> Trouble {
        Trouble { code: error.code(), says: error.to_string(), next_step: error.next_step() }
    }
}

/// What of the data directory was seen: the small files whole, since two changes within a tick of the clock look alike by their times, and of
/// key files, which are never rewritten in place, what the directory says.
#[derive(Debug, PartialEq, Eq)]
struct Glimpse {
    trust: Vec<u8>,
    settings: Vec<u8>,
    /// Whether a bundle is in place whose installation was interrupted.
    has_next: bool,
    keys: Vec<(String, u64, Option<SystemTime>)>,
}

impl Glimpse {
    fn of(dir: &DataDir, known: Option<&TrustState>) -> Result<Glimpse, AnswerError> {
        let read = |path: &Path| match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(failed(path)),
        };
        let mut keys = Vec::new();
        for entry in fs::read_dir(dir.keys()).map_err(failed(&dir.keys()))? {
            let entry = entry.map_err(failed(&dir.keys()))?;
            let of = entry.metadata().map_err(failed(&entry.path()))?;
            keys.push((entry.file_name().to_string_lossy().into_owned(), of.len(), of.modified().ok()));
        }
        keys.sort();
        Ok(Glimpse {
            trust: read(&dir.trust())?,
            settings: read(&dir.key_settings())?,
            has_next: known.is_some_and(|known| dir.trust_bundle(known.bundle().number + 1).exists()),
            keys,
        })
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> TrustError + use<> {
    let path = path.to_owned();
    move |source| TrustError::File { path, source }
}
