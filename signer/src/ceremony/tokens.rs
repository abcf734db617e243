//! Whether the tokens that a plan names have the keys that it tells the public halves of.

use super::{CeremonyError, Plan};
use crate::keys::{KeyError, Pin, SigningBackend as _, TokenKey};

impl Plan {
    /// Whether it names keys on tokens.
    pub fn has_tokens(&self) -> bool {
        self.keys.iter().any(|key| key.token.is_some())
    }

    /// Opens each key that the plan has on a token, where the tokens are, and refuses another than the plan's (`ceremony-token-key`). The first
    /// refusal ends it, since a wrong PIN that is tried again locks a token.
    pub fn compare_tokens(&self, pin: &Pin) -> Result<(), CeremonyError> {
        for key in &self.keys {
            let (Some(address), Some(expected)) = (&key.token, key.public_key) else { continue };
            let found = TokenKey::open(address.clone(), pin.clone()).map_err(KeyError::from)?.public_key();
            if found != expected {
                let name = key.name.clone();
                return Err(CeremonyError::TokenKey { name, expected, found });
            }
        }
        Ok(())
    }
}
