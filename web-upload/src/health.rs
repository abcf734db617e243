//! How store and signer are, for whoever wants to know. That is anybody: so the signer is asked once a second however many want to, and never
//! twice at once.

use std::sync::Arc;

use license_format::Timestamp;
use signer::link::{CallError, Health};
use tokio::sync::Mutex;

use crate::{failure::Failure, portal::Portal};

/// What was found at last.
#[derive(Default)]
pub(crate) struct KeptHealth {
    kept: Arc<Mutex<Option<Found>>>,
}

struct Found {
    at: Timestamp,
    health: Result<Health, CallError>,
}

impl Portal {
    /// Whether store and signer can do their work, as it was found within this second.
    pub(crate) async fn health(&self) -> Result<Health, Failure> {
        let mut kept = Arc::clone(&self.kept_health().kept).lock_owned().await;
        if let Some(found) = kept.as_ref().filter(|found| found.at == self.now()) {
            return Ok(found.health.clone()?);
        }
        let portal = self.clone();
        // A task of its own: whoever asked may go away, and the call would be under way all the same.
        let asking = tokio::spawn(async move {
            let health = portal.signer().health(portal.now()).await;
            *kept = Some(Found { at: portal.now(), health: health.clone() });
            health
        });
        Ok(asking.await.map_err(|_| Failure::Panicked)??)
    }
}
