//! Requests that name a log which is not this one. Every request says which checkpoint it has seen; one that this log never had means
//! that its record was put back without anybody's noticing, or that somebody showed two histories with its keys. The answer goes out all
//! the same, since whoever asks has done nothing wrong; what was seen is kept and shown, and `waybill log show` names it.

use std::collections::BTreeMap;

use license_format::{Digest, Thumbprint, Timestamp};
use verifier::VerifiedRequest;

/// An installation that has seen another log than this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Which.
    pub installation: Thumbprint,
    /// The request in which it said so.
    pub request: Digest,
    /// How many leaves that log had.
    pub size: u64,
    /// Its root.
    pub root: Digest,
    /// When the request came.
    pub seen: Timestamp,
}

/// Those of some requests that name a checkpoint which this log, under this record number, never had. Of what was seen under an earlier
/// number nothing is known: the record was restored since, and that its log differs is expected.
pub(crate) fn strangers<'a>(
    requests: impl IntoIterator<Item = &'a VerifiedRequest>,
    record: u64,
    checkpoints: &BTreeMap<u64, Digest>,
    now: Timestamp,
) -> Vec<Stranger> {
    let stranger = |request: &VerifiedRequest| {
        let chain = request.request().chain();
        let log = chain.log.filter(|_| chain.record == record)?;
        (checkpoints.get(&log.size) != Some(&log.root)).then(|| Stranger {
            installation: request.installation(),
            request: request.digest(),
            size: log.size,
            root: log.root,
            seen: now,
        })
    };
    requests.into_iter().filter_map(stranger).collect()
}
