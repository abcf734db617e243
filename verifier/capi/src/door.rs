//! The door: where what C gave becomes what Rust can hold, and back. Nearly all `unsafe` of the workspace is in this file.
//!
//! Each helper says what it needs to be sound; all of them need what the header asks of every caller: a pointer that is not null
//! points to what its type says, for as long as the call lasts, and nobody else changes it meanwhile.

#![expect(unsafe_code, reason = "it is the place for it")]

use std::{
    ffi::{CString, c_char},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr, slice,
};

use crate::{
    error::WaybillError,
    result::{Failure, WaybillResult},
};

/// Runs a call: stops a panic, and tells the caller's error object how it ended.
///
/// # Safety
/// `error` is null or points to a live error object that no other thread uses.
pub(crate) unsafe fn call(
    error: *mut WaybillError,
    run: impl FnOnce() -> Result<(), Failure>,
) -> WaybillResult {
    let done = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(Failure::new(
            WaybillResult::Panic,
            "the library met a mistake of its own, and stopped",
            "Report this to the vendor, with the file and what was asked. Nothing half-done was left behind.",
        ))
    });
    let result = done.as_ref().map_or_else(|failure| failure.result, |()| WaybillResult::Ok);
    // SAFETY: null or live, and ours alone, as the caller promises. What `run` was given may lie in the old texts of this object;
    // `run` is over.
    if let Some(error) = unsafe { error.as_mut() } {
        error.set(done.err());
    }
    result
}

/// Looks at a handle: null gives the fallback.
///
/// # Safety
/// `handle` is null or points to a live handle that nobody changes meanwhile.
pub(crate) unsafe fn look<'a, T: 'a, V>(handle: *const T, fallback: V, read: impl FnOnce(&'a T) -> V) -> V {
    // SAFETY: null or live, as the caller promises.
    unsafe { handle.as_ref() }.map_or(fallback, read)
}

/// A handle that must be there.
///
/// # Safety
/// `handle` is null or points to a live handle that nobody changes meanwhile.
#[cfg(feature = "state")]
pub(crate) unsafe fn handle<'a, T: 'a>(handle: *const T, name: &str) -> Result<&'a T, Failure> {
    // SAFETY: null or live, as the caller promises.
    unsafe { handle.as_ref() }.ok_or_else(|| null(name))
}

/// Bytes that C gave. Null stands for no bytes only where the length is 0.
///
/// # Safety
/// If `data` is not null, `length` bytes from there are readable, and nobody changes them meanwhile.
pub(crate) unsafe fn bytes<'a>(data: *const u8, length: usize, name: &str) -> Result<&'a [u8], Failure> {
    if length > isize::MAX as usize {
        return Err(Failure::misuse(WaybillResult::OutOfRange, format!("`{name}` has an impossible length")));
    }
    if data.is_null() {
        return if length == 0 { Ok(&[]) } else { Err(null(name)) };
    }
    // SAFETY: readable, as the caller promises; the length was looked at, and bytes have no alignment.
    Ok(unsafe { slice::from_raw_parts(data, length) })
}

/// A text that C gave: UTF-8, with its length, and not null.
///
/// # Safety
/// If `data` is not null, `length` bytes from there are readable, and nobody changes them meanwhile.
#[cfg(feature = "state")]
pub(crate) unsafe fn text<'a>(data: *const c_char, length: usize, name: &str) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise, passed on.
    unsafe { optional_text(data, length, name) }?.ok_or_else(|| null(name))
}

/// A text that C may leave out with null, whatever its length.
///
/// # Safety
/// If `data` is not null, `length` bytes from there are readable, and nobody changes them meanwhile.
#[cfg(feature = "state")]
pub(crate) unsafe fn optional_text<'a>(
    data: *const c_char,
    length: usize,
    name: &str,
) -> Result<Option<&'a str>, Failure> {
    if data.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise, passed on.
    let bytes = unsafe { bytes(data.cast(), length, name) }?;
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Failure::misuse(WaybillResult::NotUtf8, format!("`{name}` is not UTF-8")))?;
    Ok(Some(text))
}

/// Where C wants something put: asked for before the work, written after it.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// A place that must be there.
    ///
    /// # Safety
    /// `place` is null, or can be written to until the call is over, and nobody else uses it meanwhile.
    pub(crate) unsafe fn required(place: *mut T, name: &str) -> Result<Out<T>, Failure> {
        if place.is_null() { Err(null(name)) } else { Ok(Out(place)) }
    }

    /// A place that C may leave out with null.
    ///
    /// # Safety
    /// As for [`required`](Out::required).
    pub(crate) unsafe fn optional(place: *mut T) -> Option<Out<T>> {
        (!place.is_null()).then_some(Out(place))
    }

    /// Writes there, over whatever was there before.
    pub(crate) fn put(self, value: T) {
        // SAFETY: writable, as was promised when this was made. What was there is not dropped: it may never have been written.
        unsafe { self.0.write(value) }
    }
}

/// Gives a handle to C.
pub(crate) fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes a handle back from C, and ends it. Null is no handle.
///
/// # Safety
/// `handle` is null or came from [`give`], was not taken back before, and nobody uses it any more.
pub(crate) unsafe fn take_back<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: from `Box::into_raw` in `give`, and not taken back before, as the caller promises.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// A text for C: UTF-8 with a zero byte behind it.
#[derive(Debug, Default)]
pub(crate) struct Text(CString);

impl Text {
    /// A zero byte inside, which no sentence of ours has, would end the text too early for whoever looks for it.
    pub(crate) fn new(text: impl Into<String>) -> Text {
        let bytes = text.into().replace('\0', "\u{fffd}").into_bytes();
        Text(CString::new(bytes).unwrap_or_default())
    }
}

/// Shows a text, which stays where it is while its owner lives: where it begins, and its length, without the zero byte, where C wants it.
/// None is null, and a length of 0.
///
/// # Safety
/// `length` is null, or can be written to.
pub(crate) unsafe fn show(text: Option<&Text>, length: *mut usize) -> *const c_char {
    // SAFETY: the caller's promise, passed on.
    unsafe { show_length(text.map_or(0, |Text(text)| text.as_bytes().len()), length) };
    text.map_or(ptr::null(), |Text(text)| text.as_ptr())
}

/// Shows bytes, as [`show`] does a text.
///
/// # Safety
/// `length` is null, or can be written to.
#[cfg(feature = "state")]
pub(crate) unsafe fn show_bytes(bytes: Option<&[u8]>, length: *mut usize) -> *const u8 {
    // SAFETY: the caller's promise, passed on.
    unsafe { show_length(bytes.map_or(0, <[u8]>::len), length) };
    bytes.map_or(ptr::null(), <[u8]>::as_ptr)
}

/// # Safety
/// `length` is null, or can be written to.
unsafe fn show_length(found: usize, length: *mut usize) {
    if !length.is_null() {
        // SAFETY: writable, as the caller promises.
        unsafe { length.write(found) };
    }
}

fn null(name: &str) -> Failure {
    Failure::misuse(WaybillResult::NullPointer, format!("`{name}` is null"))
}

#[cfg(all(panic = "abort", not(target_family = "wasm")))]
compile_error!("a panic must unwind to `door::call`: the host of this library is somebody else's program");

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Failure {
        Failure::new(WaybillResult::Signature, "no\0t good", "Do something.")
    }

    #[test]
    fn a_panic_stops_at_the_door_and_is_a_result() {
        let mut error = WaybillError::none();
        // SAFETY: a live error object, and null.
        let results = unsafe {
            [call(&raw mut error, || panic!("on purpose")), call(ptr::null_mut(), || panic!("on purpose"))]
        };
        assert_eq!(results, [WaybillResult::Panic; 2]);
        assert_eq!(error.result(), WaybillResult::Panic);
    }

    #[test]
    fn an_error_tells_of_the_last_call_only() {
        let mut error = WaybillError::none();
        // SAFETY: a live error object.
        assert_eq!(unsafe { call(&raw mut error, || Err(refused())) }, WaybillResult::Signature);
        assert_eq!(error.result(), WaybillResult::Signature);
        // SAFETY: a live error object.
        assert_eq!(unsafe { call(&raw mut error, || Ok(())) }, WaybillResult::Ok);
        assert_eq!(error.result(), WaybillResult::Ok);
    }

    #[test]
    fn a_text_ends_where_its_length_says() {
        let text = Text::new("a\0b");
        let mut length = 0;
        // SAFETY: a place for the length.
        let beginning = unsafe { show(Some(&text), &raw mut length) };
        assert_eq!(length, 5);
        // SAFETY: a text of this library, which lives still.
        assert_eq!(unsafe { std::ffi::CStr::from_ptr(beginning) }.to_bytes(), "a\u{fffd}b".as_bytes());
    }

    /// The header promises what threads may do; the types must be able to keep it.
    #[test]
    fn what_threads_may_share_can_be_shared() {
        fn shared<T: Send + Sync>() {}
        fn moved<T: Send>() {}
        shared::<crate::WaybillFile>();
        moved::<WaybillError>();
        moved::<crate::WaybillBuffer>();
        #[cfg(feature = "state")]
        {
            shared::<crate::WaybillInstallation>();
            shared::<crate::WaybillRequest>();
            shared::<crate::WaybillOutcome>();
            shared::<crate::WaybillVerdict>();
        }
    }
}
