//! Answers: what importing one would do, doing it, and what came of it.

#![expect(unsafe_code, reason = "it exports functions")]

use std::ffi::c_char;

use license_format::{UnverifiedFile, payload::Refusal};
use verifier::installation::Outcome;
use waybill_proxy::{ProxyError, json};

use super::{WaybillInstallation, slot};
use crate::{
    door::{self, Out, Text},
    error::WaybillError,
    result::WaybillResult,
};

/// What an answer does, or did.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaybillEffect {
    /// A license comes into force.
    Installed = 1,
    /// The portal has the deactivation: the license key is free.
    DeactivationConfirmed = 2,
    /// The vendor said no. What is in force stays.
    Refused = 3,
    /// This very license is in force already. Nothing changes.
    AlreadyInstalled = 4,
    /// A license that answers a later request is in force. Nothing changes.
    Superseded = 5,
    /// The slot was deactivated after the request that this answers. Nothing changes.
    Ended = 6,
    /// It was read before, or speaks of what is settled. Nothing changes.
    AlreadyRead = 7,
}

/// What an answer does, or did. It never changes, so several threads may look at it at once.
pub struct WaybillOutcome {
    effect: WaybillEffect,
    license_type: u32,
    changes: bool,
    refused: Option<Refused>,
    json: Text,
}

/// A no of the vendor's.
struct Refused {
    code: Text,
    says: Text,
    next_step: Text,
}

impl From<&Outcome> for WaybillOutcome {
    fn from(outcome: &Outcome) -> WaybillOutcome {
        let effect = match outcome {
            Outcome::Installed(_) => WaybillEffect::Installed,
            Outcome::Confirmed(_) => WaybillEffect::DeactivationConfirmed,
            Outcome::Refused(_) => WaybillEffect::Refused,
            Outcome::AlreadyInstalled { .. } => WaybillEffect::AlreadyInstalled,
            Outcome::Superseded { .. } => WaybillEffect::Superseded,
            Outcome::Ended { .. } => WaybillEffect::Ended,
            Outcome::AlreadyRead { .. } => WaybillEffect::AlreadyRead,
        };
        let refused = match outcome {
            Outcome::Refused(refusal) => Some(Refused::from(refusal)),
            _ => None,
        };
        WaybillOutcome {
            effect,
            license_type: slot::license_type_number(outcome.license_type()),
            changes: outcome.changes(),
            refused,
            json: Text::new(format!("{:#}\n", json::outcome(outcome))),
        }
    }
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Refused {
        Refused {
            code: Text::new(refusal.code.as_str()),
            says: Text::new(refusal.says.as_str()),
            next_step: Text::new(refusal.next_step.as_str()),
        }
    }
}

/// What importing an answer would do, for a person who decides. Nothing changes. Refuses what is not genuine, not an answer, for another
/// installation, or answers nothing that this one has asked.
///
/// `outcome` gets what it would do, to be freed with `waybill_outcome_free`.
///
/// # Safety
/// `installation` is null or a live installation; `file` is null or has so many readable bytes; `outcome` is null or can be written
/// to; `error` is null or a live error object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_review(
    installation: *const WaybillInstallation,
    file: *const u8,
    file_length: usize,
    outcome: *mut *mut WaybillOutcome,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (installation, bytes, out) = unsafe {
            (
                door::handle(installation, "installation")?,
                door::bytes(file, file_length, "file")?,
                Out::required(outcome, "outcome")?,
            )
        };
        let file = UnverifiedFile::read(bytes)?;
        let (installation, now) = installation.look()?;
        let would = installation.review(&file, now).map_err(ProxyError::from)?;
        out.put(door::give(WaybillOutcome::from(&would)));
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// Takes an answer. Refuses what `waybill_installation_review` refuses.
///
/// `WAYBILL_RESULT_OK` means that the answer was read, and not that it was a yes: a signed no is an answer too. `outcome` gets what it
/// did, to be freed with `waybill_outcome_free`.
///
/// # Safety
/// `installation` is null or a live installation; `file` is null or has so many readable bytes; `outcome` is null or can be written
/// to; `error` is null or a live error object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_import(
    installation: *const WaybillInstallation,
    file: *const u8,
    file_length: usize,
    outcome: *mut *mut WaybillOutcome,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the header asks.
        let (installation, bytes, out) = unsafe {
            (
                door::handle(installation, "installation")?,
                door::bytes(file, file_length, "file")?,
                Out::required(outcome, "outcome")?,
            )
        };
        let file = UnverifiedFile::read(bytes)?;
        let done = installation.change(|proxy, now| Ok(proxy.import(&file, now)?))?;
        out.put(door::give(WaybillOutcome::from(&done)));
        Ok(())
    };
    // SAFETY: as the header asks.
    unsafe { door::call(error, run) }
}

/// What the answer does, or did, one of `waybill_effect`. For null, 0.
///
/// # Safety
/// `outcome` is null or a live outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_outcome_effect(outcome: *const WaybillOutcome) -> u32 {
    // SAFETY: as the header asks.
    unsafe { door::look(outcome, 0, |outcome| outcome.effect as u32) }
}

/// The slot that the answer is for, one of `waybill_license_type`. For null, 0.
///
/// # Safety
/// `outcome` is null or a live outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_outcome_license_type(outcome: *const WaybillOutcome) -> u32 {
    // SAFETY: as the header asks.
    unsafe { door::look(outcome, 0, |outcome| outcome.license_type) }
}

/// Whether the answer changes anything. One that came twice or too late does not. For null, false.
///
/// # Safety
/// `outcome` is null or a live outcome.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_outcome_changes(outcome: *const WaybillOutcome) -> bool {
    // SAFETY: as the header asks.
    unsafe { door::look(outcome, false, |outcome| outcome.changes) }
}

/// The vendor's code for a no, such as `no-seats`. Null where it was no refusal, and for null. The text lives as long as the outcome.
///
/// # Safety
/// `outcome` is null or a live outcome; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_outcome_refusal_code(
    outcome: *const WaybillOutcome,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(refused(outcome).map(|refused| &refused.code), length) }
}

/// The vendor's reason for a no, in a sentence for people. Null where it was no refusal, and for null. The text lives as long as the
/// outcome.
///
/// # Safety
/// `outcome` is null or a live outcome; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_outcome_refusal_says(
    outcome: *const WaybillOutcome,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(refused(outcome).map(|refused| &refused.says), length) }
}

/// What the vendor says to do about a no. Null where it was no refusal, and for null. The text lives as long as the outcome.
///
/// # Safety
/// `outcome` is null or a live outcome; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_outcome_refusal_next_step(
    outcome: *const WaybillOutcome,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(refused(outcome).map(|refused| &refused.next_step), length) }
}

/// Everything about the outcome as JSON, UTF-8: the object that the command `waybill-proxy import --json` prints, but for its
/// `imported`. With a license it has what is granted, and until when; and what it replaces. For null, null. The text lives as long as
/// the outcome.
///
/// # Safety
/// `outcome` is null or a live outcome; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_outcome_json(
    outcome: *const WaybillOutcome,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(outcome, None, |outcome| Some(&outcome.json)), length) }
}

/// Frees an outcome, and the texts that it gave. Null is allowed.
///
/// # Safety
/// `outcome` is null, or came from this library and was not freed before; nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_outcome_free(outcome: *mut WaybillOutcome) {
    // SAFETY: as the header asks.
    unsafe { door::take_back(outcome) }
}

/// # Safety
/// `outcome` is null or a live outcome.
unsafe fn refused<'a>(outcome: *const WaybillOutcome) -> Option<&'a Refused> {
    // SAFETY: as the caller promises.
    unsafe { door::look(outcome, None, |outcome: &WaybillOutcome| outcome.refused.as_ref()) }
}
