//! What this crate's tests share: a fixed time, dice that always fall alike, and a store of their own.

use license_format::{Digest, Timestamp};
use tempfile::TempDir;

use crate::store::{Store, sqlite_url};

/// 22 November 2026, 00:00 UTC.
pub(crate) const NOW: u64 = 1_795_305_600;

/// That instant, and so many seconds more.
pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(NOW + seconds).expect("before the year 9999")
}

/// Bytes that look random and depend on the seed alone.
pub(crate) fn dice(seed: u64) -> impl FnMut(&mut [u8]) + Send {
    let mut count = 0_u64;
    move |out: &mut [u8]| {
        for chunk in out.chunks_mut(32) {
            count += 1;
            let block = Digest::of(&[seed.to_be_bytes(), count.to_be_bytes()].concat());
            chunk.copy_from_slice(&block.0[..chunk.len()]);
        }
    }
}

/// An empty store in a file. The directory goes when it is dropped.
pub(crate) async fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().expect("a directory");
    let store = Store::open(&sqlite_url(&dir.path().join("waybill.db"))).await.expect("a store");
    (dir, store)
}
