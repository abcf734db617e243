//! The state directory: `state`, `installation.key` and `lock`, readable by their owner alone.
//!
//! The key is written before the first state, and a state before the file that it lets out. So whatever a crash leaves is either
//! the old state or the new one, and the same command run again goes on from there.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{
    disk::{Access, Disk, RealDisk},
    error::ProxyError,
    key::{InstallationKey, SEED_BYTES},
    state_file::{STATE_BYTES, State, StateFault},
};

const STATE: &str = "state";
const KEY: &str = "installation.key";
const LOCK: &str = "lock";

/// Where an installation lives.
pub struct StateDir {
    path: PathBuf,
    disk: Box<dyn Disk>,
}

/// The right to change the state, for as long as it lives.
pub(crate) struct Lock(#[expect(dead_code, reason = "the lock ends when the file is closed")] File);

/// Where the state is kept unless the command line says otherwise.
pub fn default_state_dir() -> PathBuf {
    if cfg!(windows) {
        let program_data = std::env::var_os("ProgramData").unwrap_or_else(|| r"C:\ProgramData".into());
        PathBuf::from(program_data).join("Waybill")
    } else if cfg!(target_os = "macos") {
        PathBuf::from("/Library/Application Support/Waybill")
    } else {
        PathBuf::from("/var/lib/waybill-proxy")
    }
}

impl StateDir {
    /// The directory at this path, whether it exists or not.
    pub fn at(path: impl Into<PathBuf>) -> StateDir {
        StateDir { path: path.into(), disk: Box::new(RealDisk) }
    }

    #[cfg(test)]
    pub(crate) fn on(path: impl Into<PathBuf>, disk: Box<dyn Disk>) -> StateDir {
        StateDir { path: path.into(), disk }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    /// Makes the directory ours. Refuses one that holds anything else, since its access is narrowed to its owner.
    pub(crate) fn claim(&self) -> Result<(), ProxyError> {
        let not_saved = |source| ProxyError::StateNotSaved { file: self.path.clone(), source };
        match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.disk.make_dir(&self.path).map_err(not_saved)
            }
            Err(source) => Err(ProxyError::StateUnreadable { file: self.path.clone(), source }),
            Ok(entries) => {
                for entry in entries {
                    let name = entry.map_err(not_saved)?.file_name();
                    let name = name.to_string_lossy();
                    if ![STATE, KEY, LOCK].contains(&&*name) && !is_leftover(&name) {
                        let found = name.into_owned();
                        return Err(ProxyError::DirectoryInUse { dir: self.path.clone(), found });
                    }
                }
                close_to_others(&self.path, 0o700).map_err(not_saved)?;
                Ok(())
            }
        }
    }

    /// Takes the lock, or says that another process has it.
    pub(crate) fn lock(&self) -> Result<Lock, ProxyError> {
        let path = self.path.join(LOCK);
        let not_saved = |source| ProxyError::StateNotSaved { file: path.clone(), source };
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(not_saved)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(ProxyError::Locked { dir: self.path.clone() }),
            Err(TryLockError::Error(source)) => Err(not_saved(source)),
        }
    }

    /// Whether an installation is here. Looks no further, and makes nothing.
    pub(crate) fn is_set_up(&self) -> bool {
        self.path.join(STATE).exists()
    }

    /// The state, and `None` if there is none yet.
    pub(crate) fn load(&self) -> Result<Option<State>, ProxyError> {
        let file = self.path.join(STATE);
        let bytes = match self.disk.read(&file, STATE_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(None),
            Err(source) => return Err(ProxyError::StateUnreadable { file, source }),
        };
        State::decode(&bytes).map(Some).map_err(|fault| match fault {
            StateFault::Damaged => ProxyError::StateDamaged { file },
            StateFault::Version(found) => ProxyError::StateVersion { file, found },
        })
    }

    /// Puts a new state in the place of the old one, whole or not at all.
    pub(crate) fn save(&self, state: &State, _: &Lock) -> Result<(), ProxyError> {
        let file = self.path.join(STATE);
        self.disk
            .write(&file, &state.encode(), Access::Owner)
            .map_err(|source| ProxyError::StateNotSaved { file, source })
    }

    /// The key, and `None` if there is none yet. The second part is a warning: others could read it.
    pub(crate) fn load_key(&self) -> Result<Option<(InstallationKey, Option<String>)>, ProxyError> {
        let file = self.path.join(KEY);
        let seed = match self.disk.read(&file, SEED_BYTES) {
            Ok(Some(seed)) => zeroize::Zeroizing::new(seed),
            Ok(None) => return Ok(None),
            Err(source) => return Err(ProxyError::StateUnreadable { file, source }),
        };
        let Some(key) = InstallationKey::from_seed(&seed) else {
            return Err(ProxyError::Key { file, problem: "damaged" });
        };
        let was_open = close_to_others(&file, 0o600)
            .map_err(|source| ProxyError::StateNotSaved { file: file.clone(), source })?;
        let warning = was_open.then(|| {
            format!(
                "{} could be read by other accounts, and is closed to them now. Whoever has copied it can write requests in this \
                 installation's name; if that may have happened, set up anew in another directory.",
                file.display()
            )
        });
        Ok(Some((key, warning)))
    }

    pub(crate) fn save_key(&self, seed: &[u8; SEED_BYTES], _: &Lock) -> Result<(), ProxyError> {
        let file = self.path.join(KEY);
        self.disk
            .write(&file, seed, Access::Owner)
            .map_err(|source| ProxyError::StateNotSaved { file, source })
    }

    pub(crate) fn key_error(&self, problem: &'static str) -> ProxyError {
        ProxyError::Key { file: self.path.join(KEY), problem }
    }

    /// Removes what writes that were cut off left behind: one of them may hold a key. That it does not succeed harms nothing.
    pub(crate) fn sweep(&self, _: &Lock) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        for entry in entries.flatten() {
            if is_leftover(&entry.file_name().to_string_lossy()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// The temporary names that an atomic write uses: a dot, the file's name, a dot, and six letters.
fn is_leftover(name: &str) -> bool {
    [STATE, KEY].iter().any(|ours| {
        let rest = name.strip_prefix('.').and_then(|name| name.strip_prefix(ours));
        rest.and_then(|rest| rest.strip_prefix('.')).is_some_and(|random| random.len() == 6)
    })
}

/// Takes all access from others than the owner. Gives whether they had any.
#[cfg(unix)]
fn close_to_others(path: &Path, mode: u32) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    let open = fs::metadata(path)?.permissions().mode() & 0o077 != 0;
    if open {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    Ok(open)
}

/// On Windows the directory's access list says who may read it; the installer sets that.
#[cfg(not(unix))]
fn close_to_others(_: &Path, _: u32) -> io::Result<bool> {
    Ok(false)
}
