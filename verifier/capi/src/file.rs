//! Files by themselves: reading one, and verifying it with nothing but what is given. No state, no clock, no disk.

#![expect(unsafe_code, reason = "it exports functions")]

use std::ffi::c_char;

use license_format::{Kind, UnverifiedFile, readable};
use verifier::{conformance::judge, trust::TrustState};

use crate::{
    door::{self, Out, Text},
    error::WaybillError,
    result::{Failure, WaybillResult},
    values,
};

/// A file that was read: what it is, and what it says to people. It never changes, so several threads may look at it at once.
pub struct WaybillFile {
    kind: Kind,
    is_verified: bool,
    lines: Vec<Text>,
    digest: Text,
    signer: Text,
    root_fingerprint: Option<Text>,
}

impl WaybillFile {
    fn new(file: &UnverifiedFile, is_verified: bool) -> Result<WaybillFile, Failure> {
        let kind = file.document.kind();
        // Only a bundle that its own root keys signed has a fingerprint that is worth a telephone call.
        let pinned = (kind == Kind::TrustBundle).then(|| TrustState::pin(file).ok()).flatten();
        Ok(WaybillFile {
            kind,
            is_verified,
            lines: readable(&file.document)?.into_iter().map(Text::new).collect(),
            digest: Text::new(file.document.digest().to_string()),
            signer: Text::new(file.document.kid().to_string()),
            root_fingerprint: pinned.map(|trust| Text::new(trust.root_fingerprint().to_string())),
        })
    }

    /// Verifies and reads.
    pub(crate) fn verify(kind: u32, trusted: &[u8], file: &[u8]) -> Result<WaybillFile, Failure> {
        judge(values::kind(kind)?, trusted, file)?;
        WaybillFile::new(&UnverifiedFile::read(file)?, true)
    }
}

/// Verifies a file that is brought as some kind: genuine, and made by someone who may. Nothing but the arguments decides, neither the
/// clock nor a disk. Whether a license is for this installation, and what it allows now, are other questions.
///
/// `kind` is one of `waybill_kind`. `trusted` is what is believed already:
///
/// - for a license, receipt or refusal, a revocation list, a checkpoint and a newer trust bundle: the vendor's trust file;
/// - for a support bundle: the 32 bytes of the installation's public key;
/// - for a request, which carries its key, and for a trust bundle that is to be believed from now on: nothing, null and 0. Nothing
///   proves then that this is the right vendor's; people compare `waybill_file_root_fingerprint`.
///
/// The three kinds of answer pass for each other, as do the three of request: `waybill_file_kind` says which it is.
///
/// `verified` may be null; it gets the file, to be freed with `waybill_file_free`.
///
/// # Safety
/// `trusted` and `file` are null or have so many readable bytes; `verified` is null or can be written to; `error` is null or a live
/// error object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_verify_file(
    kind: u32,
    trusted: *const u8,
    trusted_length: usize,
    file: *const u8,
    file_length: usize,
    verified: *mut *mut WaybillFile,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (trusted, bytes, out) = unsafe {
            (
                door::bytes(trusted, trusted_length, "trusted")?,
                door::bytes(file, file_length, "file")?,
                Out::optional(verified),
            )
        };
        let file = WaybillFile::verify(kind, trusted, bytes)?;
        if let Some(out) = out {
            out.put(door::give(file));
        }
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// Reads a file without asking whether it is genuine: anybody may have written what it says. For showing what a file claims, and for
/// finding out its kind before it is verified.
///
/// `unverified` gets the file, to be freed with `waybill_file_free`.
///
/// # Safety
/// `file` is null or has so many readable bytes; `unverified` is null or can be written to; `error` is null or a live error object
/// that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_read_unverified(
    file: *const u8,
    file_length: usize,
    unverified: *mut *mut WaybillFile,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (bytes, out) =
            unsafe { (door::bytes(file, file_length, "file")?, Out::required(unverified, "unverified")?) };
        out.put(door::give(WaybillFile::new(&UnverifiedFile::read(bytes)?, false)?));
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// What a file is, one of `waybill_kind`. For null, 0.
///
/// # Safety
/// `file` is null or a live file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_kind(file: *const WaybillFile) -> u32 {
    // SAFETY: as the header asks.
    unsafe { door::look(file, 0, |file| values::kind_number(file.kind)) }
}

/// Whether the file was verified, or merely read. For null, false.
///
/// # Safety
/// `file` is null or a live file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_is_verified(file: *const WaybillFile) -> bool {
    // SAFETY: as the header asks.
    unsafe { door::look(file, false, |file| file.is_verified) }
}

/// How many lines the file has for people. For null, 0.
///
/// # Safety
/// `file` is null or a live file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_line_count(file: *const WaybillFile) -> usize {
    // SAFETY: as the header asks.
    unsafe { door::look(file, 0, |file| file.lines.len()) }
}

/// One line for people, such as `File good until: 2027-02-20`; the first is number 0. Null past the last one, and for null. The text
/// lives as long as the file.
///
/// # Safety
/// `file` is null or a live file; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_line(
    file: *const WaybillFile,
    number: usize,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(file, None, |file| file.lines.get(number)), length) }
}

/// The document's identity: the digest of what is signed, 64 hexadecimal digits. For null, null. The text lives as long as the file.
///
/// # Safety
/// `file` is null or a live file; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_digest(file: *const WaybillFile, length: *mut usize) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(file, None, |file| Some(&file.digest)), length) }
}

/// The thumbprint of the key that signed the file, or in an unverified one of the key that it says did: 64 hexadecimal digits. For
/// null, null. The text lives as long as the file.
///
/// # Safety
/// `file` is null or a live file; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_signer(file: *const WaybillFile, length: *mut usize) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(file, None, |file| Some(&file.signer)), length) }
}

/// For a trust bundle that its own root keys signed: their fingerprint, a short text that two people compare by telephone before they
/// believe it. Null for everything else. The text lives as long as the file.
///
/// # Safety
/// `file` is null or a live file; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_root_fingerprint(
    file: *const WaybillFile,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(file, None, |file| file.root_fingerprint.as_ref()), length) }
}

/// Frees a file, and the texts that it gave. Null is allowed.
///
/// # Safety
/// `file` is null, or came from this library and was not freed before; nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_file_free(file: *mut WaybillFile) {
    // SAFETY: as the header asks.
    unsafe { door::take_back(file) }
}
