//! Which key of which module.

use std::{fmt, path::PathBuf};

use serde::Deserialize;

/// Where a key on a token is: the module's library, the token's label and the key's (`CKA_LABEL` of both its halves).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenAddress {
    /// The module's shared library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The key's label.
    pub key: String,
}

/// As people speak of it; the module is named where it matters.
impl fmt::Display for TokenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {:?} on token {:?}", self.key, self.token)
    }
}
