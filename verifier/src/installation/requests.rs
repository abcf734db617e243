//! The installation's own requests: one counter for all slots, the chain that the signer compares, and the files' bytes.

use license_format::{
    Digest, Kind, LicenseType, Timestamp, UnverifiedDocument, UnverifiedFile,
    payload::{ChainLink, Checkpoint, Request},
};
use serde::{Deserialize, Serialize};

use super::{
    blob::Blob,
    seen_log::{Seen, remember},
};
use crate::verify::Verified;

/// A request of our own that waits for its final answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRequest {
    counter: u64,
    digest: Digest,
    kind: Kind,
    license_type: LicenseType,
    made: Timestamp,
    file: Blob,
}

impl OwnRequest {
    pub(super) fn new(request: &Request, file: UnverifiedFile) -> OwnRequest {
        OwnRequest {
            counter: request.chain().counter,
            digest: file.document.digest(),
            kind: request.kind(),
            license_type: request.license_type(),
            made: request.clock().now,
            file: Blob(file.encode()),
        }
    }

    /// Its number: up by one for each request of the installation.
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// Its identity, which an answer names.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Which of the three it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The slot.
    pub fn license_type(&self) -> LicenseType {
        self.license_type
    }

    /// The clock when it was made.
    pub fn made(&self) -> Timestamp {
        self.made
    }

    /// The file's bytes, the same each time it is saved.
    pub fn file(&self) -> &[u8] {
        &self.file.0
    }

    pub(super) fn link(&self) -> ChainLink {
        ChainLink { digest: self.digest, counter: self.counter }
    }

    /// What it says, and the documents that travel along. `None` only if the state was made by other hands, since we wrote these
    /// bytes.
    pub(super) fn read(&self) -> Option<(Request, Vec<UnverifiedDocument>)> {
        let file = UnverifiedFile::decode(&self.file.0).ok()?;
        Some((Request::decode_unverified(&file.document).ok()?, file.trust))
    }
}

/// Counter, `since`, record number and the requests that still matter. They only ever move forward.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Requests {
    counter: u64,
    since: Option<ChainLink>,
    record: u64,
    /// The newest checkpoint of the log that the signer keeps under that record number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log: Option<Seen>,
    /// Whether the signer asked to see the licenses in force, since its record may have lost them.
    documents_wanted: bool,
    /// Ascending by counter: all after `since`, and older ones whose answer may still be taken.
    remembered: Vec<OwnRequest>,
}

impl Requests {
    pub(super) fn counter(&self) -> u64 {
        self.counter
    }

    pub(super) fn next_counter(&self) -> u64 {
        self.counter + 1
    }

    pub(super) fn since(&self) -> Option<ChainLink> {
        self.since
    }

    pub(super) fn record(&self) -> u64 {
        self.record
    }

    /// Those after `since`, which every request lists.
    pub(super) fn open(&self) -> impl Iterator<Item = &OwnRequest> {
        let since = self.since.map_or(0, |since| since.counter);
        self.remembered.iter().filter(move |own| own.counter > since)
    }

    /// The newest of a slot that waits for its answer.
    pub(super) fn newest(&self, license_type: LicenseType) -> Option<&OwnRequest> {
        self.remembered.iter().rev().find(|own| own.license_type == license_type)
    }

    pub(super) fn at(&self, counter: u64) -> Option<&OwnRequest> {
        self.remembered.iter().find(|own| own.counter == counter)
    }

    /// The request that an answer names: digest, counter and slot must all be those of one that we remember.
    pub(super) fn answered_by(&self, answers: ChainLink, license_type: LicenseType) -> Option<&OwnRequest> {
        self.remembered.iter().find(|own| own.link() == answers && own.license_type == license_type)
    }

    pub(super) fn remember(&mut self, own: OwnRequest) {
        debug_assert_eq!(own.counter, self.next_counter());
        self.counter = own.counter;
        self.remembered.push(own);
    }

    /// The newest checkpoint that was read.
    pub(super) fn seen(&self) -> Option<&Seen> {
        self.log.as_ref()
    }

    /// An answer of a record number was read, with these checkpoints. A record that was restored goes on with another log.
    pub(super) fn read_record(&mut self, record: u64, checkpoints: &[Verified<Checkpoint>]) {
        if record < self.record {
            return;
        }
        let remembered = self.log.take().filter(|_| record == self.record);
        self.log = remember(remembered, checkpoints);
        self.record = record;
    }

    pub(super) fn documents_wanted(&self) -> bool {
        self.documents_wanted
    }

    /// The signer has asked for the licenses in force, or has not asked for them any more.
    pub(super) fn want_documents(&mut self, wanted: bool) {
        self.documents_wanted = wanted;
    }

    /// The final answer of a request was read: it waits no longer, and `since` moves up to it, never down.
    pub(super) fn read_final_answer(&mut self, request: ChainLink) {
        self.remembered.retain(|own| own.counter != request.counter);
        if self.since.is_none_or(|since| since.counter < request.counter) {
            self.since = Some(request);
        }
    }

    /// Forgets requests up to `since` whose answers could change nothing: those below the mark of their slot.
    pub(super) fn prune(&mut self, mark: impl Fn(LicenseType) -> u64) {
        let since = self.since.map_or(0, |since| since.counter);
        self.remembered.retain(|own| own.counter > since || own.counter >= mark(own.license_type));
    }
}
