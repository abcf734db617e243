//! How the last call ended, in words.

#![expect(unsafe_code, reason = "it exports functions")]

use std::ffi::c_char;

use crate::{
    door::{self, Text},
    result::{Failure, WaybillResult},
};

/// Tells how the last call ended that it was given to: a result, and for a failure a sentence and a next step for people.
///
/// A program makes one, passes it to each call, and looks at it where a call did not return `WAYBILL_RESULT_OK`. Each call replaces
/// what it said before. Every function takes null in its place, from a program that is content with the result.
pub struct WaybillError {
    result: WaybillResult,
    says: Text,
    next_step: Text,
}

impl WaybillError {
    /// Takes what a call came to.
    pub(crate) fn set(&mut self, failure: Option<Failure>) {
        *self = match failure {
            None => WaybillError::none(),
            Some(Failure { result, says, next_step }) => {
                WaybillError { result, says: Text::new(says), next_step: Text::new(next_step) }
            }
        }
    }

    /// Says that all is well.
    pub(crate) fn none() -> WaybillError {
        WaybillError { result: WaybillResult::Ok, says: Text::default(), next_step: Text::default() }
    }

    #[cfg(test)]
    pub(crate) fn result(&self) -> WaybillResult {
        self.result
    }
}

/// Makes an error object, which says `WAYBILL_RESULT_OK`. To be freed with `waybill_error_free`.
#[unsafe(no_mangle)]
pub extern "C" fn waybill_error_new() -> *mut WaybillError {
    door::give(WaybillError::none())
}

/// Frees an error object, and the texts that it gave. Null is allowed.
///
/// # Safety
/// `error` is null, or came from `waybill_error_new` and was not freed before; nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_error_free(error: *mut WaybillError) {
    // SAFETY: as the header asks.
    unsafe { door::take_back(error) }
}

/// How the last call ended. For null, `WAYBILL_RESULT_NULL_POINTER`.
///
/// # Safety
/// `error` is null or a live error object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_error_result(error: *const WaybillError) -> WaybillResult {
    // SAFETY: as the header asks.
    unsafe { door::look(error, WaybillResult::NullPointer, |error| error.result) }
}

/// The stable code of the last call's result, such as `signature`; `ok` after a success. For null, null. The text lives as long as the
/// library is loaded.
///
/// # Safety
/// `error` is null or a live error object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_error_code(error: *const WaybillError) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::look(error, std::ptr::null(), |error| error.result.code().as_ptr()) }
}

/// Why the last call failed, in a sentence for people; an empty text after a success. For null, null. The text lives until the error
/// object is given to another call, or freed.
///
/// # Safety
/// `error` is null or a live error object; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_error_says(error: *const WaybillError, length: *mut usize) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(error, None, |error| Some(&error.says)), length) }
}

/// What to do about it, in a sentence for people; an empty text after a success. For null, null. The text lives until the error object
/// is given to another call, or freed.
///
/// # Safety
/// `error` is null or a live error object; `length` is null or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_error_next_step(
    error: *const WaybillError,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header asks.
    unsafe { door::show(door::look(error, None, |error| Some(&error.next_step)), length) }
}
