//! What the integration tests share: a proxy without a disk, and a place for a data directory and its store.
#![allow(dead_code, unused_imports, reason = "each test program uses a part of it")]

pub(crate) mod certificates;
pub(crate) mod database;
mod desk;
mod place;
mod proxy;

pub(crate) use database::Database;
pub(crate) use desk::{Site, Vendor};
pub(crate) use place::{Backup, Place};
pub(crate) use proxy::{Proxy, moment};

use license_format::Digest;
use signer::keys::Passphrase;

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

/// What the key files of tests are encrypted with.
pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery staple".to_owned()).unwrap()
}
