//! An installation that may be changed: its state in memory, the lock on its directory, and the order of writes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use license_format::{
    Label, LicenseKey, LicenseType, SiteCode, Timestamp, Token, UnverifiedFile, payload::InstallationFacts,
};
use verifier::{
    installation::{Installation, Moment, Outcome, OwnRequest, Prepared},
    trust::TrustState,
};

use crate::{
    disk::Access,
    error::ProxyError,
    key::{InstallationKey, SEED_BYTES},
    machine::Machine,
    state_dir::{Lock, StateDir},
    state_file::State,
};

/// Seconds after which a mere look saves the clock's reading. Less often would let a clock be set back unseen by so much; more
/// often would write to the disk at every look.
const LOOK_SAVES_AFTER: u64 = 3600;

/// What `setup` is told.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// The keys to believe.
    pub trust: TrustState,
    /// The ConfigMgr site.
    pub site_code: SiteCode,
    /// Its description.
    pub site_description: Option<Label>,
    /// The server's name, if it is not to be asked of the machine.
    pub name: Option<Label>,
}

/// What a request asks for.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A first license, by its key.
    Activation(LicenseKey),
    /// A newer license, with a report of use.
    Refresh,
    /// To be released.
    Deactivation,
}

/// Where a request's file goes.
#[derive(Debug, Clone)]
pub enum Output {
    /// To this path.
    File(PathBuf),
    /// Into this folder, under the name that tells what it is.
    Folder(PathBuf),
}

/// An installation, locked for whoever holds this.
pub struct Proxy {
    dir: StateDir,
    lock: Lock,
    state: State,
}

impl Proxy {
    /// Sets an installation up: the key first, then the state that names it. What an interrupted setup left is continued. Set up
    /// again in the same way it changes nothing, and the second part of what comes back is false; in another way it is refused.
    pub fn set_up(
        dir: StateDir,
        set_up: SetUp,
        machine: &Machine,
        now: Timestamp,
        seed: impl FnOnce() -> zeroize::Zeroizing<[u8; SEED_BYTES]>,
    ) -> Result<(Proxy, bool), ProxyError> {
        dir.claim()?;
        let lock = dir.lock()?;
        dir.sweep(&lock);
        if let Some(state) = dir.load()? {
            let facts = state.installation.facts();
            let is_same = facts.site_code == set_up.site_code
                && facts.site_description == set_up.site_description
                && state.name == set_up.name
                && state.installation.trust()?.root_fingerprint() == set_up.trust.root_fingerprint();
            if !is_same {
                let holds = format!("site {}, {}", facts.site_code, facts.public_key.thumbprint().short());
                return Err(ProxyError::AlreadySetUp { dir: dir.path().to_owned(), holds });
            }
            return Ok((Proxy { dir, lock, state }, false));
        }
        let key = match dir.load_key()? {
            Some((key, _)) => key,
            None => {
                let seed = seed();
                dir.save_key(&seed, &lock)?;
                InstallationKey::from_seed(seed.as_slice()).expect("a seed of the right length")
            }
        };
        let SetUp { trust, site_code, site_description, name } = set_up;
        let facts = InstallationFacts {
            name: server_name(name.as_ref(), machine, &site_code),
            product: label(env!("CARGO_PKG_NAME")),
            version: label(env!("CARGO_PKG_VERSION")),
            site_code,
            public_key: key.public_key(),
            fingerprint: fingerprint(&key, machine),
            site_description,
        };
        let state = State { name, installation: Installation::set_up(facts, &trust, now) };
        dir.save(&state, &lock)?;
        Ok((Proxy { dir, lock, state }, true))
    }

    /// Opens an installation to change it. Refuses a directory without one, and one at which another process is at work.
    pub fn open(dir: StateDir) -> Result<Proxy, ProxyError> {
        let not_set_up = || ProxyError::NotSetUp { dir: dir.path().to_owned() };
        if !dir.is_set_up() {
            return Err(not_set_up());
        }
        let lock = dir.lock()?;
        dir.sweep(&lock);
        let state = dir.load()?.ok_or_else(not_set_up)?;
        Ok(Proxy { dir, lock, state })
    }

    /// Looks at an installation, also while another process is at work. What the clock says is saved once in a while, as far as
    /// that is possible: whoever asks wants an answer.
    pub fn look(dir: &StateDir, now: Timestamp) -> Result<Installation, ProxyError> {
        let not_set_up = || ProxyError::NotSetUp { dir: dir.path().to_owned() };
        let state = dir.load()?.ok_or_else(not_set_up)?;
        if !tells_something(&state.installation, now) {
            return Ok(state.installation);
        }
        let Ok(lock) = dir.lock() else { return Ok(state.installation.observe_clock(now)) };
        let state = dir.load()?.ok_or_else(not_set_up)?;
        let installation = state.installation.observe_clock(now);
        let state = State { installation, ..state };
        let _ = dir.save(&state, &lock);
        Ok(state.installation)
    }

    /// The installation as it is.
    pub fn installation(&self) -> &Installation {
        &self.state.installation
    }

    /// Prepares a request and puts its file out. The order of writes: that the output's place is free is seen first, then the state
    /// with the request in it is saved, then the file. So no file gets out that the state does not know, and a file that did not
    /// get out is saved again by the same call. The last part of what comes back are warnings.
    pub fn prepare(
        &mut self,
        license_type: LicenseType,
        ask: &Ask,
        machine: &Machine,
        moment: Moment,
        output: &Output,
    ) -> Result<(Prepared, PathBuf, Vec<String>), ProxyError> {
        let (next, prepared, warnings) = self.make(license_type, ask, machine, moment)?;
        let path = match output {
            Output::File(path) => path.clone(),
            Output::Folder(folder) => {
                folder.join(request_file_name(&next.facts().site_code, &prepared.request))
            }
        };
        let is_there = self.is_there(&path, prepared.request.file())?;
        self.save(next)?;
        if !is_there {
            self.dir
                .disk()
                .write(&path, prepared.request.file(), Access::Usual)
                .map_err(|source| ProxyError::OutputNotSaved { file: path.clone(), source })?;
        }
        Ok((prepared, path, warnings))
    }

    /// Prepares a request for a caller that brings its file out itself: when this returns, the state with the request in it is saved.
    /// The last part of what comes back are warnings.
    pub fn prepare_only(
        &mut self,
        license_type: LicenseType,
        ask: &Ask,
        machine: &Machine,
        moment: Moment,
    ) -> Result<(Prepared, Vec<String>), ProxyError> {
        let (next, prepared, warnings) = self.make(license_type, ask, machine, moment)?;
        self.save(next)?;
        Ok((prepared, warnings))
    }

    /// What importing an answer would do. Nothing changes.
    pub fn review(&self, file: &UnverifiedFile, now: Timestamp) -> Result<Outcome, ProxyError> {
        Ok(self.installation().review(file, now)?)
    }

    /// Takes an answer.
    pub fn import(&mut self, file: &UnverifiedFile, now: Timestamp) -> Result<Outcome, ProxyError> {
        let (next, outcome) = self.installation().import(file, now)?;
        self.save(next)?;
        Ok(outcome)
    }

    /// Takes a count of what is in use.
    pub fn set_usage(
        &mut self,
        license_type: LicenseType,
        used: u64,
        now: Timestamp,
    ) -> Result<(), ProxyError> {
        self.save(self.installation().set_usage(license_type, used, now))
    }

    /// A request, and the state with it in it, which is still to be saved.
    fn make(
        &self,
        license_type: LicenseType,
        ask: &Ask,
        machine: &Machine,
        moment: Moment,
    ) -> Result<(Installation, Prepared, Vec<String>), ProxyError> {
        let (key, warning) = self.dir.load_key()?.ok_or_else(|| self.dir.key_error("missing"))?;
        let known = self.installation().facts();
        if key.public_key() != known.public_key {
            return Err(self.dir.key_error("that of another installation"));
        }
        let installation = self.installation().with_facts(InstallationFacts {
            name: match (&self.state.name, &machine.host_name) {
                (None, Some(host_name)) => host_name.clone(),
                _ => known.name.clone(),
            },
            version: label(env!("CARGO_PKG_VERSION")),
            fingerprint: fingerprint(&key, machine),
            ..known.clone()
        });
        let sign = |bytes: &[u8]| key.sign(bytes);
        let (next, prepared) = match ask {
            Ask::Activation(license_key) => {
                installation.prepare_activation(license_type, license_key, moment, sign)?
            }
            Ask::Refresh => installation.prepare_refresh(license_type, moment, sign)?,
            Ask::Deactivation => installation.prepare_deactivation(license_type, moment, sign)?,
        };
        Ok((next, prepared, warning.into_iter().collect()))
    }

    /// One atomic write; only after it is the new state the state.
    fn save(&mut self, installation: Installation) -> Result<(), ProxyError> {
        if installation == self.state.installation {
            return Ok(());
        }
        let next = State { name: self.state.name.clone(), installation };
        self.dir.save(&next, &self.lock)?;
        self.state = next;
        Ok(())
    }

    /// Whether the file is there with these bytes. Another file of that name is refused.
    fn is_there(&self, path: &Path, bytes: &[u8]) -> Result<bool, ProxyError> {
        match self.dir.disk().read(path, bytes.len()) {
            Ok(None) => Ok(false),
            Ok(Some(found)) if found == bytes => Ok(true),
            Ok(Some(_)) => Err(ProxyError::OutputExists { file: path.to_owned() }),
            Err(source) => Err(ProxyError::FileUnreadable { file: path.to_owned(), source }),
        }
    }
}

/// The name under which a request is saved: whose it is, what it is, when it was made, and enough of its digest to tell two apart.
pub fn request_file_name(site_code: &SiteCode, request: &OwnRequest) -> String {
    format!(
        "{site_code}-{}-{}-{}-{}.waybill",
        request.license_type(),
        request.kind().name(),
        request.made().date(),
        request.digest().short()
    )
}

/// Whether the clock's reading is worth a write: much later than any before, or a step back.
fn tells_something(installation: &Installation, now: Timestamp) -> bool {
    now.since(installation.high_water()) >= LOOK_SAVES_AFTER
        || installation.observe_clock(now).steps_back() != installation.steps_back()
}

fn server_name(given: Option<&Label>, machine: &Machine, site_code: &SiteCode) -> Label {
    given.or(machine.host_name.as_ref()).cloned().unwrap_or_else(|| label(site_code.as_str()))
}

fn fingerprint(key: &InstallationKey, machine: &Machine) -> BTreeMap<Token, license_format::FingerprintPart> {
    let part = |(name, fact): (&Token, &String)| (name.clone(), key.fingerprint(name.as_str(), fact));
    machine.facts.iter().map(part).take(license_format::limits::FINGERPRINT_PARTS).collect()
}

fn label(text: &str) -> Label {
    text.parse().expect("a name without anything deceptive")
}
