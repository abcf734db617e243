//! The program beside the ConfigMgr proxy: an installation's state on disk, and what is done with it.
//!
//! This library keeps the state: one directory, one file written atomically, one lock, one key. What the state means, and how it may
//! change, is `verifier::installation`. Absent on purpose: any network (no such dependency), and the clock and randomness, which
//! the program reads once, at its edge, and passes down. The commands are in the program (`src/main.rs`), and only print.

mod disk;
mod error;
#[cfg(test)]
mod faults;
pub mod json;
mod key;
mod machine;
mod proxy;
mod state_dir;
mod state_file;

pub use error::ProxyError;
pub use machine::Machine;
pub use proxy::{Ask, Output, Proxy, SetUp, request_file_name};
pub use state_dir::{StateDir, default_state_dir};
