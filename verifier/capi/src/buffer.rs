//! Bytes that both sides use: what a call gives that outlives its handle, and memory for a host that cannot pass its own
//! (WebAssembly).

#![expect(unsafe_code, reason = "it exports functions")]

use std::ptr;

use crate::door;

/// Bytes. A call gives some that the caller frees; and a host of WebAssembly, which cannot pass its own memory, makes one to put
/// a file into, or to have out-parameters written to.
pub struct WaybillBuffer {
    /// In words, so that out-parameters of every type lie well in it. At least one zero byte follows the bytes.
    words: Box<[u64]>,
    length: usize,
}

const WORD: usize = size_of::<u64>();

impl WaybillBuffer {
    /// So many zero bytes; `None` if there is no memory for them.
    fn zeroed(length: usize) -> Option<WaybillBuffer> {
        let count = length / WORD + 1;
        let mut words = Vec::new();
        words.try_reserve_exact(count).ok()?;
        words.resize(count, 0);
        Some(WaybillBuffer { words: words.into_boxed_slice(), length })
    }

    /// A copy of some bytes.
    #[cfg(feature = "state")]
    pub(crate) fn of(bytes: &[u8]) -> WaybillBuffer {
        let mut words = vec![0; bytes.len() / WORD + 1].into_boxed_slice();
        for (word, bytes) in words.iter_mut().zip(bytes.chunks(WORD)) {
            let mut whole = [0; WORD];
            whole[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_ne_bytes(whole);
        }
        WaybillBuffer { words, length: bytes.len() }
    }
}

/// Makes a buffer of so many zero bytes, aligned for numbers of 8 bytes. Null if there is no memory for them. To be freed with
/// `waybill_buffer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn waybill_buffer_new(length: usize) -> *mut WaybillBuffer {
    WaybillBuffer::zeroed(length).map_or(ptr::null_mut(), door::give)
}

/// Where the bytes are; they may be read, and written too. For null, null. They stay there until the buffer is freed. A zero byte
/// follows them, so that a buffer of text can be printed.
///
/// # Safety
/// `buffer` is null or a live buffer that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_buffer_data(buffer: *mut WaybillBuffer) -> *mut u8 {
    // SAFETY: null or live, and ours alone, as the header asks.
    unsafe { buffer.as_mut() }.map_or(ptr::null_mut(), |buffer| buffer.words.as_mut_ptr().cast())
}

/// How many bytes a buffer has, the zero byte behind them not counted. For null, 0.
///
/// # Safety
/// `buffer` is null or a live buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_buffer_length(buffer: *const WaybillBuffer) -> usize {
    // SAFETY: as the header asks.
    unsafe { door::look(buffer, 0, |buffer| buffer.length) }
}

/// Frees a buffer and its bytes. Null is allowed.
///
/// # Safety
/// `buffer` is null, or came from this library and was not freed before; nobody uses it or its bytes any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn waybill_buffer_free(buffer: *mut WaybillBuffer) {
    // SAFETY: as the header asks.
    unsafe { door::take_back(buffer) }
}
