//! The log as a text file, with which anybody proves and verifies without the vendor's store: a few lines of head, then a leaf a line.
//!
//! ```text
//! Waybill log, version 1
//! trust: BASE64            the trust bundle that names the log's key, as a file of ours
//! checkpoint: BASE64       the checkpoint of all the leaves, likewise
//! note: BASE64             the same as a C2SP signed note
//! DIGEST SECONDS KIND CODE
//! …
//! ```
//!
//! It says what was answered when, and nothing of whom; an answer is found by its digest, which only those have who have the answer. The
//! checkpoint vouches for the digests and their order. Time, kind and code are the vendor's word beside them; the answer itself has the
//! signed ones.
//!
//! Both ways are a stream: a log of ten million leaves is written and read in the memory that a small one takes. A reader takes what
//! the writer would have written, byte for byte in form, and looks at no more lines than the checkpoint has leaves.

mod line;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::LogExport;
pub use write::Exporting;

use license_format::{Timestamp, limits, payload::Checkpoint};

/// The first line.
const TITLE: &str = "Waybill log, version 1";

/// The names of the lines after it.
const HEAD: [&str; 3] = ["trust", "checkpoint", "note"];

/// The longest line of the head: the largest file in base 64, after a name.
const HEAD_BYTES: usize = limits::FILE_BYTES.div_ceil(3) * 4 + 16;

/// What holds of leaves that follow each other, beside their tree: no time goes back, and none is after the checkpoint's.
struct Times {
    newest: Timestamp,
    last: Timestamp,
}

impl Times {
    fn until(checkpoint: &Checkpoint) -> Times {
        Times { newest: Timestamp::MIN, last: checkpoint.issued }
    }

    /// Takes the next leaf's time, or says what is wrong with it.
    fn follow(&mut self, issued: Timestamp) -> Result<(), &'static str> {
        if issued < self.newest {
            return Err("is of an earlier time than the line before it");
        }
        if issued > self.last {
            return Err("is of a later time than the checkpoint");
        }
        self.newest = issued;
        Ok(())
    }
}
