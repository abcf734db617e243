//! What was revoked, as people are shown it. No key is needed for that.

use license_format::{LicenseId, Thumbprint, Timestamp};

use crate::{
    people::Actor,
    store::{Columns, Store, StoreError},
};

/// Something that is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// A license, or else a key.
    pub what: Result<LicenseId, Thumbprint>,
    /// Number of the first list that named it.
    pub list: u64,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub who: Actor,
    /// When.
    pub at: Timestamp,
}

/// The revocations of a store.
#[derive(Clone)]
pub struct Revocations {
    store: Store,
}

impl Revocations {
    /// Those of this store.
    pub fn new(store: Store) -> Revocations {
        Revocations { store }
    }

    /// All of them, the newest first.
    pub async fn all(&self) -> Result<Vec<Revocation>, StoreError> {
        let mut connection = self.store.read().await?;
        let sql =
            "SELECT subject, kind, list, reason, who, created FROM revocation ORDER BY list DESC, subject";
        let revocation = |row| {
            let columns = Columns::of("revocation", row);
            let what = match columns.text("kind")?.as_str() {
                "license" => Ok(columns.fixed("subject", LicenseId::from_slice)?),
                _ => Err(columns.fixed("subject", Thumbprint::from_slice)?),
            };
            Ok(Revocation {
                what,
                list: columns.count("list")?,
                reason: columns.text("reason")?,
                who: columns.parsed("who")?,
                at: columns.time("created")?,
            })
        };
        sqlx::query(sql).fetch_all(&mut *connection).await?.iter().map(revocation).collect()
    }
}
