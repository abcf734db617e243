//! Requests: preparing one, and what it is.

#![expect(unsafe_code, reason = "it exports functions")]

use std::ffi::c_char;

use license_format::{LicenseKey, LicenseType};
use verifier::installation::{Moment, PrepareError, Saved};
use waybill_proxy::{Ask, Machine, ProxyError, request_file_name};

use super::{WaybillInstallation, edge, slot};
use crate::{
    door::{self, Out, Text},
    error::WaybillError,
    result::{Failure, WaybillResult},
    values,
};

/// A request that was prepared: a file to carry to the vendor's portal. It never changes, so several threads may look at it at once.
pub struct WaybillRequest {
    kind: u32,
    license_type: u32,
    counter: u64,
    is_new: bool,
    bytes: Vec<u8>,
    file_name: Text,
    warning: Option<Text>,
}

impl WaybillRequest {
    fn prepare(
        installation: &WaybillInstallation,
        license_type: LicenseType,
        ask: &Ask,
    ) -> Result<WaybillRequest, Failure> {
        let nonce = edge::nonce()?;
        installation.change(|proxy, now| {
            let moment = Moment { now, nonce };
            let (prepared, warnings) = proxy.prepare_only(license_type, ask, &Machine::here(), moment)?;
            let request = &prepared.request;
            let site_code = &proxy.installation().facts().site_code;
            Ok(WaybillRequest {
                kind: values::kind_number(request.kind()),
                license_type: slot::license_type_number(request.license_type()),
                counter: request.counter(),
                is_new: prepared.saved == Saved::New,
                bytes: request.file().to_vec(),
                file_name: Text::new(request_file_name(site_code, request)),
                warning: (!warnings.is_empty()).then(|| Text::new(warnings.join(" "))),
            })
        })
    }
}

/// Asks for a first license of a slot, by its license key. Refuses a mistyped key and one of another type at once, so that nobody
/// travels with it, and a slot in which a license is in force.
///
/// The request is in the state when this returns. Called again while nothing has changed, it gives the same file, for the case that
/// the first was lost.
///
/// `license_type` is one of `waybill_license_type`; `license_key` is what was typed, in UTF-8. `request` gets the request, to be freed
/// with `waybill_request_free`.
///
/// # Safety
/// `installation` is null or a live installation; `license_key` is null or has so many readable bytes; `request` is null or can be
/// written to; `error` is null or a live error object that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_prepare_activation(
    installation: *const WaybillInstallation,
    license_type: u32,
    license_key: *const c_char,
    license_key_length: usize,
    request: *mut *mut WaybillRequest,
    error: *mut WaybillError,
) -> WaybillResult {
    let ask = || {
        // SAFETY: as the header asks.
        let typed = unsafe { door::text(license_key, license_key_length, "license_key") }?;
        let license_key: LicenseKey =
            typed.parse().map_err(|error| ProxyError::from(PrepareError::from(error)))?;
        Ok(Ask::Activation(license_key))
    };
    // SAFETY: as the header asks.
    unsafe { prepare(installation, license_type, ask, request, error) }
}

/// Asks for the license that replaces the one in force, with the newest seats and dates, and reports what is in use. Refuses a slot in
/// which no license is in force. Otherwise as `waybill_installation_prepare_activation`.
///
/// # Safety
/// `installation` is null or a live installation; `request` is null or can be written to; `error` is null or a live error object that
/// no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_prepare_refresh(
    installation: *const WaybillInstallation,
    license_type: u32,
    request: *mut *mut WaybillRequest,
    error: *mut WaybillError,
) -> WaybillResult {
    // SAFETY: as the header asks.
    unsafe { prepare(installation, license_type, || Ok(Ask::Refresh), request, error) }
}

/// Stops using a slot's license, at once and for good, and says so: no answer to an earlier request will ever be taken. The license
/// key is free for another installation once the portal has the file. Refuses a slot that was never used. Otherwise as
/// `waybill_installation_prepare_activation`.
///
/// # Safety
/// `installation` is null or a live installation; `request` is null or can be written to; `error` is null or a live error object that
/// no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_installation_prepare_deactivation(
    installation: *const WaybillInstallation,
    license_type: u32,
    request: *mut *mut WaybillRequest,
    error: *mut WaybillError,
) -> WaybillResult {
    // SAFETY: as the header asks.
    unsafe { prepare(installation, license_type, || Ok(Ask::Deactivation), request, error) }
}

/// The three requests differ in what they ask.
///
/// # Safety
/// As for those three.
unsafe fn prepare(
    installation: *const WaybillInstallation,
    license_type: u32,
    ask: impl FnOnce() -> Result<Ask, Failure>,
    request: *mut *mut WaybillRequest,
    error: *mut WaybillError,
) -> WaybillResult {
    let run = || {
        // SAFETY: as the caller promises.
        let (installation, out) =
            unsafe { (door::handle(installation, "installation")?, Out::required(request, "request")?) };
        let request = WaybillRequest::prepare(installation, slot::license_type(license_type)?, &ask()?)?;
        out.put(door::give(request));
        Ok(())
    };
    // SAFETY: as the caller promises.
    unsafe { door::call(error, run) }
}

/// The bytes of the file to carry to the portal. For null, null. They live as long as the request.
///
/// # Safety
/// `request` is null or a live request; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_request_data(
    request: *const WaybillRequest,
    length: *mut usize,
) -> *const u8 {
    // SAFETY: as the header asks.
    unsafe { door::show_bytes(door::look(request, None, |request| Some(&*request.bytes)), length) }
}

/// A name for the file that tells whose it is, what it is and when it was made: `PS1-desktop-activation-request-2026-11-22-20bd7b9a.waybill`.
/// For null, null. The text lives as long as the request.
///
/// # Safety
/// `request` is null or a live request; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_request_file_name(
    request: *const WaybillRequest,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(request, None, |request| Some(&request.file_name)), length) }
}

/// Which of the three it is, one of `waybill_kind`. For null, 0.
///
/// # Safety
/// `request` is null or a live request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_request_kind(request: *const WaybillRequest) -> u32 {
    // SAFETY: as the header asks.
    unsafe { door::look(request, 0, |request| request.kind) }
}

/// The slot that it is for, one of `waybill_license_type`. For null, 0.
///
/// # Safety
/// `request` is null or a live request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_request_license_type(request: *const WaybillRequest) -> u32 {
    // SAFETY: as the header asks.
    unsafe { door::look(request, 0, |request| request.license_type) }
}

/// Its number: up by one for each request of the installation. For null, 0.
///
/// # Safety
/// `request` is null or a live request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_request_counter(request: *const WaybillRequest) -> u64 {
    // SAFETY: as the header asks.
    unsafe { door::look(request, 0, |request| request.counter) }
}

/// Whether it was made by this call. If not, it is a request made before, whose answer is still awaited. For null, false.
///
/// # Safety
/// `request` is null or a live request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_request_is_new(request: *const WaybillRequest) -> bool {
    // SAFETY: as the header asks.
    unsafe { door::look(request, false, |request| request.is_new) }
}

/// Something that people should know about the state directory, such as a key file that others could read. Null if there is nothing,
/// and for null. The text lives as long as the request.
///
/// # Safety
/// `request` is null or a live request; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_request_warning(
    request: *const WaybillRequest,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(request, None, |request| request.warning.as_ref()), length) }
}

/// Frees a request, and the bytes and texts that it gave. Null is allowed.
///
/// # Safety
/// `request` is null, or came from this library and was not freed before; nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_request_free(request: *mut WaybillRequest) {
    // SAFETY: as the header asks.
    unsafe { door::take_back(request) }
}
