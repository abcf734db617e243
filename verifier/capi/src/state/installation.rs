//! An installation: a state directory that is set up, and what is asked of it as a whole.
//!
//! A handle holds no state and no lock, only the path: each call reads the state, does one thing and lets go, so that the
//! `waybill-proxy` command and other programs get their turn, and nobody is shown what has changed since.

#![expect(unsafe_code, reason = "it exports functions")]

use std::{
    ffi::c_char,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use license_format::{LicenseType, Timestamp, UnverifiedFile};
use verifier::{TrustState, installation::Installation};
use waybill_proxy::{Machine, Proxy, ProxyError, SetUp, StateDir, default_state_dir, json};

use super::edge;
use crate::{
    buffer::WaybillBuffer,
    door::{self, Out, Text},
    error::WaybillError,
    file::WaybillFile,
    result::{Failure, WaybillResult},
};

/// An installation: a state directory that is set up. Several threads may use one handle at once; they wait for each other. Other
/// programs may use the same directory; where one of them is changing it, a call ends with `WAYBILL_RESULT_LOCKED`.
pub struct WaybillInstallation {
    directory: PathBuf,
    name: Text,
    /// Held during each call, since the lock on the directory would turn a second thread away instead of having it wait.
    turn: Mutex<()>,
}

impl WaybillInstallation {
    fn new(directory: PathBuf, installation: &Installation) -> WaybillInstallation {
        let name = Text::new(installation.thumbprint().short());
        WaybillInstallation { directory, name, turn: Mutex::new(()) }
    }

    /// The installation and the time now.
    pub(crate) fn look(&self) -> Result<(Installation, Timestamp), Failure> {
        let _turn = self.turn();
        let now = edge::now();
        Ok((Proxy::look(&StateDir::at(&self.directory), now)?, now))
    }

    /// Changes the installation, at the time now.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Proxy, Timestamp) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _turn = self.turn();
        change(&mut Proxy::open(StateDir::at(&self.directory))?, edge::now())
    }

    /// The state is on the disk, written whole or not at all; so a call that panicked left nothing that others must not see.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes this machine an installation: its key, its site, and whom it believes, in a directory of its own, which is made if it does not
/// exist. Set up again in the same way it changes nothing and succeeds; in another way it is refused.
///
/// `directory` is a path in UTF-8. `trust` is the vendor's trust file; whoever has its root keys decides which licenses are genuine
/// here, so people first compare `waybill_file_root_fingerprint` with what the vendor tells them. `site_code` is ConfigMgr's: three
/// of A-Z and 0-9. `site_description` and `name`, the server's, may be null: then there is none, and the machine is asked.
///
/// `installation` gets the handle, to be freed with `waybill_installation_free`.
///
/// # Safety
/// Each of `directory`, `trust`, `site_code`, `site_description` and `name` is null or has so many readable bytes; `installation` is
/// null or can be written to; `error` is null or a live error object that no other thread uses.
#[unsafe(no_mangle)]
#[allow(
    clippy::too_many_arguments,
    reason = "C has no other way to pass texts that belong together and may be absent"
)]
pub unsafe extern "C" fn waybill_installation_set_up(
    directory: *const c_char,
    directory_length: usize,
    trust: *const u8,
    trust_length: usize,
    site_code: *const c_char,
    site_code_length: usize,
    site_description: *const c_char,
    site_description_length: usize,
    name: *const c_char,
    name_length: usize,
    installation: *mut *mut WaybillInstallation,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (directory, trust, site_code, site_description, name, out) = unsafe {
            (
                door::text(directory, directory_length, "directory")?,
                door::bytes(trust, trust_length, "trust")?,
                door::text(site_code, site_code_length, "site_code")?,
                door::optional_text(site_description, site_description_length, "site_description")?,
                door::optional_text(name, name_length, "name")?,
                Out::required(installation, "installation")?,
            )
        };
        let set_up = SetUp {
            trust: TrustState::pin(&UnverifiedFile::read(trust)?)?,
            site_code: site_code.parse()?,
            site_description: site_description.map(str::parse).transpose()?,
            name: name.map(str::parse).transpose()?,
        };
        let directory = directory_at(directory)?;
        // Drawn whether it is needed or not, so that a system without randomness stops this before anything is written.
        let seed = edge::seed()?;
        let dir = StateDir::at(&directory);
        let (proxy, _) = Proxy::set_up(dir, set_up, &Machine::here(), edge::now(), || seed)?;
        out.put(door::give(WaybillInstallation::new(directory, proxy.installation())));
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// Opens an installation that is set up, by this library or by the command `waybill-proxy`.
///
/// `directory` is a path in UTF-8. `installation` gets the handle, to be freed with `waybill_installation_free`.
///
/// # Safety
/// `directory` is null or has so many readable bytes; `installation` is null or can be written to; `error` is null or a live error
/// object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_open(
    directory: *const c_char,
    directory_length: usize,
    installation: *mut *mut WaybillInstallation,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (directory, out) = unsafe {
            (
                door::text(directory, directory_length, "directory")?,
                Out::required(installation, "installation")?,
            )
        };
        let directory = directory_at(directory)?;
        let found = Proxy::look(&StateDir::at(&directory), edge::now())?;
        out.put(door::give(WaybillInstallation::new(directory, &found)));
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// The directory that the command `waybill-proxy` uses on this system unless it is told otherwise, a path in UTF-8.
///
/// `directory` gets the text, to be freed with `waybill_buffer_free`.
///
/// # Safety
/// `directory` is null or can be written to; `error` is null or a live error object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_default_directory(
    directory: *mut *mut WaybillBuffer,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let out = unsafe { Out::required(directory, "directory") }?;
        let path = default_state_dir().into_os_string().into_string().map_err(|_| {
            Failure::new(
                WaybillResult::NotUtf8,
                "the system's folder for program data has a name that is not UTF-8",
                "Name a directory yourself.",
            )
        })?;
        out.put(door::give(WaybillBuffer::of(path.as_bytes())));
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// The installation's name as people see it, the beginning of its key's thumbprint: `B30F-E29B-DA03-991C`. For null, null. The text
/// lives as long as the handle.
///
/// # Safety
/// `installation` is null or a live installation; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_name(
    installation: *const WaybillInstallation,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(installation, None, |installation| Some(&installation.name)), length) }
}

/// Verifies a file with what this installation believes: its trust file and all news of trust that answers have brought. Otherwise as
/// `waybill_verify_file`, whose `verified` this is. Nothing changes.
///
/// # Safety
/// `installation` is null or a live installation; `file` is null or has so many readable bytes; `verified` is null or can be written
/// to; `error` is null or a live error object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_verify_file(
    installation: *const WaybillInstallation,
    kind: u32,
    file: *const u8,
    file_length: usize,
    verified: *mut *mut WaybillFile,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (installation, bytes, out) = unsafe {
            (
                door::handle(installation, "installation")?,
                door::bytes(file, file_length, "file")?,
                Out::optional(verified),
            )
        };
        let (installation, _) = installation.look()?;
        let trust = installation.trust()?.to_file().encode();
        let file = WaybillFile::verify(kind, &trust, bytes)?;
        if let Some(out) = out {
            out.put(door::give(file));
        }
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// The installation and its four slots now, as JSON: the object that the command `waybill-proxy status --json` prints.
///
/// `json` gets the text, UTF-8, to be freed with `waybill_buffer_free`.
///
/// # Safety
/// `installation` is null or a live installation; `json` is null or can be written to; `error` is null or a live error object that no
/// other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_status_json(
    installation: *const WaybillInstallation,
    json: *mut *mut WaybillBuffer,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (installation, out) =
            unsafe { (door::handle(installation, "installation")?, Out::required(json, "json")?) };
        let (installation, now) = installation.look()?;
        let slots = LicenseType::ALL.map(|license_type| installation.status(license_type, now));
        let text = format!("{:#}\n", json::status(&installation, &slots));
        out.put(door::give(WaybillBuffer::of(text.as_bytes())));
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// Frees an installation's handle, and the texts that it gave. The installation itself stays where it is. Null is allowed.
///
/// # Safety
/// `installation` is null, or came from this library and was not freed before; no thread uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_free(installation: *mut WaybillInstallation) {
    // SAFETY: as the header asks.
    unsafe { door::take_back(installation) }
}

/// A path that stays the same when the program changes its working directory.
fn directory_at(path: &str) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|source| ProxyError::StateUnreadable { file: path.into(), source }.into())
}
