//! What every signing key must do, wherever it lies, and what can go wrong with one on a token. The token is SoftHSM's; `scripts/suites/softhsm`
//! prepares it.

mod ceremony;
mod demands;
mod mishaps;

use std::{
    env,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use signer::keys::{Pin, TokenAddress};

/// The PIN of every token of this suite.
const PIN: &str = "1234";

/// A module has one state for the whole process, and some tests take tokens away: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned()).expect("a fitting PIN")
}

fn address(token: &str, key: &str) -> TokenAddress {
    TokenAddress { module: variable("WAYBILL_TEST_PKCS11"), token: token.to_owned(), key: key.to_owned() }
}

/// The folder in which SoftHSM keeps its tokens.
fn tokens() -> PathBuf {
    variable("WAYBILL_TEST_TOKENS")
}

fn variable(name: &str) -> PathBuf {
    env::var_os(name)
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("{name} is not set: run scripts/test --only softhsm"))
}
