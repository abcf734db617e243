//! The C library: what `verifier` and `waybill-proxy` know, for programs in other languages.
//!
//! It translates and decides nothing: pointers become slices and references at the door, each function does one thing of the room
//! behind it, and what comes of it goes out as an opaque handle. The rules of the door (who owns what, what is null-checked, when an
//! out-parameter is written, which threads may do what) are the first comment of the header, `include/waybill.h`, which a test
//! generates from this source. This is the only room with `unsafe`; all of it is about pointers that C gave, and most of it is in
//! `door`. Absent on purpose: any network, anything that is not in the two rooms behind, and any state of the process.

mod buffer;
mod door;
mod error;
mod file;
mod result;
#[cfg(feature = "state")]
mod state;
mod values;

// What is public is what the header declares; it is the list.
pub use buffer::*;
pub use error::*;
pub use file::*;
pub use result::{WaybillResult, waybill_result_code};
#[cfg(feature = "state")]
pub use state::*;
pub use values::WaybillKind;
