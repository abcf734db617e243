//! Holding a ceremony: everything in a folder of another name first, which gets its own when all is done.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use license_format::{Digest, PublicKey, Thumbprint, Timestamp, payload::KeyEntry};
use verifier::TrustState;

use super::{CeremonyError, KeyPlan, Plan, protocol};
use crate::{
    data_dir::DataDir,
    entropy::{Entropy, draw},
    files,
    keys::{FileKey, KeyRing, Passphrase, SigningBackend as _},
    trust::{Proposal, Signing},
};

/// What the key files are encrypted with.
#[derive(Debug)]
pub struct Passphrases {
    /// Of the root keys, in the plan's order; each has its own.
    pub roots: Vec<Passphrase>,
    /// Of the keys that sign daily; not needed where all of them are made elsewhere.
    pub signing: Option<Passphrase>,
}

/// What was made.
#[derive(Debug)]
pub struct Held {
    /// The folder with all of it.
    pub folder: PathBuf,
    /// The first bundle, verified as a proxy will.
    pub trust: TrustState,
    /// The root keys, in the plan's order.
    pub roots: Vec<Thumbprint>,
    /// The keys that sign daily, in the plan's order.
    pub keys: Vec<Thumbprint>,
    /// Each file with its digest, the protocol alone left out: it names them.
    pub files: Vec<(String, Digest)>,
    /// What happened, to be printed.
    pub protocol: String,
}

/// Does what the plan says, into a folder that does not exist yet. `tool` is the program's name and version, for the protocol.
pub fn hold(
    plan: &Plan,
    folder: &Path,
    passphrases: &Passphrases,
    tool: &str,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Held, CeremonyError> {
    for (at, passphrase) in passphrases.roots.iter().enumerate() {
        if let Some(other) = passphrases.roots[..at].iter().position(|other| other == passphrase) {
            let name = |at: usize| plan.roots[at].name.clone();
            return Err(CeremonyError::SamePassphrase(name(other), name(at)));
        }
    }
    let work = Work::begin(folder, entropy)?;

    // 1. The root keys, each under its holder's passphrase.
    work.folder("roots")?;
    let mut roots = Vec::new();
    for (root, passphrase) in plan.roots.iter().zip(&passphrases.roots) {
        roots.push(FileKey::create(&work.path(&root_file(&root.name)), passphrase, entropy)?);
    }

    // 2. The keys that sign daily, and where those lie that were made elsewhere.
    let signer = DataDir::new(work.path("signer"));
    work.folder("signer/keys")?;
    let public_roots = roots.iter().map(|root| root.public_key()).collect();
    let mut proposal = Proposal::first(plan.vendor.clone(), public_roots, plan.threshold, now);
    for key in &plan.keys {
        let public_key = match key.public_key {
            Some(public_key) => public_key,
            None => {
                let path = work.path(&key_file(&key.name));
                let passphrase =
                    passphrases.signing.as_ref().ok_or(crate::keys::KeyError::PassphraseEmpty)?;
                FileKey::create(&path, passphrase, entropy)?.public_key()
            }
        };
        if let Some(address) = &key.token {
            KeyRing::name_token(&signer, address, public_key, entropy)?;
        }
        proposal.trust(entry(key, public_key, now), false)?;
    }

    // 3. The first bundle, which every root key signs.
    let trust = Signing::first(&proposal, &roots)?;
    work.write("signer/trust.waybill", &trust.to_file().encode(), entropy)?;
    work.write("plan.toml", plan.text.as_bytes(), entropy)?;

    // 4. What happened, with a digest of each file as it lies there.
    let files = work.digests()?;
    let protocol = protocol::write(plan, &trust, &files, tool, now);
    work.write("protocol.txt", protocol.as_bytes(), entropy)?;
    work.finish(folder)?;

    let (roots, keys) = (&trust.bundle().roots, &trust.bundle().keys);
    let roots = roots.iter().map(PublicKey::thumbprint).collect();
    let keys = keys.iter().map(|entry| entry.public_key.thumbprint()).collect();
    Ok(Held { folder: folder.to_owned(), trust, roots, keys, files, protocol })
}

pub(super) fn root_file(name: &str) -> String {
    format!("roots/{name}.key")
}

pub(super) fn key_file(name: &str) -> String {
    format!("signer/keys/{name}.key")
}

fn entry(key: &KeyPlan, public_key: PublicKey, now: Timestamp) -> KeyEntry {
    let KeyPlan { signs, from, until, .. } = key;
    KeyEntry {
        from: from.unwrap_or(now),
        signs: signs.clone(),
        until: *until,
        public_key,
        distrusted_since: None,
    }
}

/// The folder under its other name; gone with everything in it unless it is finished. Keys that a power cut leaves there are named by no
/// bundle that anybody has.
struct Work {
    path: PathBuf,
    finished: bool,
}

impl Work {
    fn begin(folder: &Path, entropy: &mut dyn Entropy) -> Result<Work, CeremonyError> {
        demand_absent(folder)?;
        let name = folder.file_name().ok_or_else(|| CeremonyError::Exists { path: folder.to_owned() })?;
        let mark = u32::from_be_bytes(draw(entropy));
        let path = folder.with_file_name(format!(".{}.{mark:08x}{}", name.to_string_lossy(), files::PARTIAL));
        files::create_dir(&path).map_err(failed(&path))?;
        Ok(Work { path, finished: false })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn folder(&self, name: &str) -> Result<(), CeremonyError> {
        let path = self.path(name);
        files::create_dir(&path).map_err(failed(&path))
    }

    fn write(&self, name: &str, bytes: &[u8], entropy: &mut dyn Entropy) -> Result<(), CeremonyError> {
        let path = self.path(name);
        files::create(&path, bytes, entropy).map_err(failed(&path))
    }

    /// Each file below with its digest, in the order of their names.
    fn digests(&self) -> Result<Vec<(String, Digest)>, CeremonyError> {
        let mut found = Vec::new();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
                let path = entry.map_err(failed(&folder))?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = fs::read(&path).map_err(failed(&path))?;
                let name = path.strip_prefix(&self.path).expect("it is below").to_string_lossy().into_owned();
                found.push((name, Digest::of(&bytes)));
            }
        }
        found.sort();
        Ok(found)
    }

    fn finish(mut self, folder: &Path) -> Result<(), CeremonyError> {
        // A rename would replace an empty folder.
        demand_absent(folder)?;
        fs::rename(&self.path, folder).map_err(failed(folder))?;
        self.finished = true;
        files::sync_parent(folder).map_err(failed(folder))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed is encrypted, and of no use to anybody.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn demand_absent(folder: &Path) -> Result<(), CeremonyError> {
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(folder)(error)),
        Ok(_) => Err(CeremonyError::Exists { path: folder.to_owned() }),
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CeremonyError + use<> {
    let path = path.to_owned();
    move |source| CeremonyError::File { path, source }
}
