//! Requests: what each says, and when the file saved before is saved again instead of a new one made.
//!
//! Whoever runs `prepare` twice lost the file, or wants it on another stick, and should get the same bytes: one request, one number,
//! one answer. A new request is made when it would say something else. That is the whole rule; there is no switch for it.

use std::convert::Infallible;

use license_format::{
    DAY, Kind, LicenseKey, LicenseType, Thumbprint, Timestamp, UnverifiedDocument, UnverifiedFile, limits,
    payload::{
        ActivationRequest, Chain, DeactivationRequest, LicenseKeyRef, RefreshRequest, Request, UsageLine,
    },
};

use super::{Installation, Moment, OwnRequest, PrepareError, Slot, seen_log::Seen};

/// After so long an unanswered request is made anew, since what it says of the clock and the use is stale.
const STALE: u64 = DAY;

/// What `prepare` gives: the request, and whether it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The request with its file's bytes.
    pub request: OwnRequest,
    /// Where it comes from.
    pub saved: Saved,
}

/// Where a prepared request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It was made now.
    New,
    /// It was made before and says what a new one would say.
    Again,
    /// It was made before, and no new one may be made while so many wait for their answers.
    AgainSinceFull,
}

impl Installation {
    /// Asks for a first license. Refuses a key of another type at once, so that nobody travels with it, and a slot in which
    /// a license is in force. A slot that waits for an answer may ask again, with the same key or another.
    pub fn prepare_activation(
        &self,
        license_type: LicenseType,
        license_key: &LicenseKey,
        moment: Moment,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<(Installation, Prepared), PrepareError> {
        if license_key.license_type() != license_type {
            return Err(PrepareError::WrongType { key: license_key.license_type(), slot: license_type });
        }
        let key = LicenseKeyRef { digest: license_key.digest(), last_group: license_key.last_group() };
        let mut next = self.observe_clock(moment.now);
        let counter = next.requests.next_counter();
        let slot = next
            .take_slot(license_type)
            .request(key.clone(), counter)
            .ok_or(PrepareError::AlreadyActive { slot: license_type })?;
        next.put_slot(license_type, slot);
        let request = ActivationRequest {
            chain: next.chain(moment),
            clock: next.clock.report(moment.now),
            version: 1,
            license_key: key,
            installation: self.facts.clone(),
            license_type,
        };
        self.save(next, Request::Activation(request), moment, sign)
    }

    /// Asks for the license that replaces the one in force, and reports use. Refuses a slot without one.
    pub fn prepare_refresh(
        &self,
        license_type: LicenseType,
        moment: Moment,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<(Installation, Prepared), PrepareError> {
        let license =
            self.slot(license_type).license().ok_or(PrepareError::NotActive { slot: license_type })?.id;
        let mut next = self.observe_clock(moment.now);
        let slot = next.take_slot(license_type).ask_again();
        next.put_slot(license_type, slot);
        let request = RefreshRequest {
            chain: next.chain(moment),
            clock: next.clock.report(moment.now),
            usage: next.usage_lines(license_type),
            license,
            version: 1,
            installation: self.facts.clone(),
            license_type,
        };
        self.save(next, Request::Refresh(request), moment, sign)
    }

    /// Stops the slot and says so: in the new state nothing is in force, and no answer to an earlier request ever will be. Always
    /// allowed where something is in force or was asked for, whatever is open. Run again before the receipt was read it gives
    /// the same file, which may have been lost on the way.
    pub fn prepare_deactivation(
        &self,
        license_type: LicenseType,
        moment: Moment,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<(Installation, Prepared), PrepareError> {
        let mut next = self.observe_clock(moment.now);
        if let Slot::Released(released) = self.slot(license_type) {
            if released.confirmed.is_some() {
                return Err(PrepareError::AlreadyReleased { slot: license_type });
            }
            let own = self.requests.at(released.ended);
            if let Some((request, saved)) = own.and_then(|own| Some((own.clone(), self.still_right(own)?))) {
                return Ok((next, Prepared { request, saved }));
            }
        }
        let counter = next.requests.next_counter();
        let slot = next
            .take_slot(license_type)
            .release(counter)
            .ok_or(PrepareError::NothingToDeactivate { slot: license_type })?;
        let license = match &slot {
            Slot::Released(released) => released.license,
            _ => None,
        };
        next.put_slot(license_type, slot);
        let request = DeactivationRequest {
            chain: next.chain(moment),
            clock: next.clock.report(moment.now),
            usage: next.usage_lines(license_type),
            license,
            version: 1,
            installation: self.facts.clone(),
            license_type,
        };
        self.save(next, Request::Deactivation(request), moment, sign)
    }

    /// A deactivation that waits for its receipt stays right until the signer asks for another record number or for documents.
    fn still_right(&self, own: &OwnRequest) -> Option<Saved> {
        match own.read() {
            Some((request, attached))
                if self.is_record_right(request.chain().record) && attached == self.attached() =>
            {
                Some(Saved::Again)
            }
            _ if self.open().count() >= limits::OPEN_REQUESTS => Some(Saved::AgainSinceFull),
            _ => None,
        }
    }

    /// The request as it was made before, or a new one in the state `next`, which was made ready for it.
    fn save(
        &self,
        mut next: Installation,
        request: Request,
        moment: Moment,
        sign: impl FnOnce(&[u8]) -> [u8; 64],
    ) -> Result<(Installation, Prepared), PrepareError> {
        let license_type = request.license_type();
        let newest = self.requests.newest(license_type);
        let attached = next.attached();
        if let Some(own) =
            newest.filter(|own| fresh(own, moment.now) && self.says_the_same(own, &request, &attached))
        {
            let prepared = Prepared { request: own.clone(), saved: Saved::Again };
            return Ok((self.observe_clock(moment.now), prepared));
        }
        let open = self.open().count();
        if open >= limits::OPEN_REQUESTS && request.kind() != Kind::DeactivationRequest {
            let own = newest
                .filter(|own| asks_the_same(own, &request))
                .ok_or(PrepareError::TooManyOpen { open })?;
            let prepared = Prepared { request: own.clone(), saved: Saved::AgainSinceFull };
            return Ok((self.observe_clock(moment.now), prepared));
        }
        let document = seal(&request, self.thumbprint(), sign);
        let own = OwnRequest::new(&request, UnverifiedFile { document, trust: attached, proof: None });
        next.prune();
        next.requests.remember(own.clone());
        let at = next.clock.floor();
        if let Some(usage) = next.usage.get_mut(&license_type).filter(|_| !request.usage().is_empty()) {
            usage.report(own.counter(), at);
        }
        Ok((next, Prepared { request: own, saved: Saved::New }))
    }

    /// Whether a request made before says what the new one would, apart from what differs between any two: number, nonce, the
    /// requests between them, the log, which grows by every answer to anybody, and the time.
    fn says_the_same(&self, own: &OwnRequest, new: &Request, attached: &[UnverifiedDocument]) -> bool {
        let Some((old, attached_before)) = own.read() else { return false };
        let (was, is) = (old.chain(), new.chain());
        let same_chain = was.since == is.since && was.slots == is.slots && self.is_record_right(was.record);
        let same_facts = old.installation() == new.installation();
        same_chain
            && same_facts
            && attached_before == attached
            && match (&old, new) {
                (Request::Activation(old), Request::Activation(new)) => old.license_key == new.license_key,
                (Request::Refresh(old), Request::Refresh(new)) => {
                    old.license == new.license && same_usage(&old.usage, &new.usage)
                }
                _ => false,
            }
    }

    /// Whether the signer takes a request with this record number. That none was read yet, 0, hurts only once it asks.
    fn is_record_right(&self, record: u64) -> bool {
        record == self.record() || (record == 0 && !self.requests.documents_wanted())
    }

    /// The chain fields of the request that is about to be made in this state.
    fn chain(&self, moment: Moment) -> Chain {
        Chain {
            log: self.requests.seen().map(Seen::report),
            open: self.open().map(OwnRequest::digest).collect(),
            nonce: moment.nonce,
            since: self.since(),
            slots: self.reports(),
            record: self.record(),
            counter: self.requests.next_counter(),
        }
    }

    /// The licenses in force, if the signer asked for them: they travel along.
    fn attached(&self) -> Vec<UnverifiedDocument> {
        let active = |slot: &Slot| match slot {
            Slot::Active(active) => active.license.document(),
            _ => None,
        };
        let wanted = self.requests.documents_wanted();
        self.slots.values().filter(|_| wanted).filter_map(active).collect()
    }

    fn usage_lines(&self, license_type: LicenseType) -> Vec<UsageLine> {
        self.usage.get(&license_type).map_or_else(Vec::new, |usage| usage.lines(self.clock.floor()))
    }
}

fn fresh(own: &OwnRequest, now: Timestamp) -> bool {
    now.since(own.made()) < STALE
}

/// Whether a request made before asks for the same thing: the same kind, for the same slot, with the same key.
fn asks_the_same(own: &OwnRequest, new: &Request) -> bool {
    match (own.read(), new) {
        (Some((Request::Activation(old), _)), Request::Activation(new)) => old.license_key == new.license_key,
        (Some((Request::Refresh(_), _)), Request::Refresh(_)) => true,
        _ => false,
    }
}

fn same_usage(old: &[UsageLine], new: &[UsageLine]) -> bool {
    let numbers = |line: &UsageLine| (line.metric, line.used, line.peak);
    old.iter().map(numbers).eq(new.iter().map(numbers))
}

fn seal(request: &Request, kid: Thumbprint, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> UnverifiedDocument {
    let sign = |bytes: &[u8]| Ok::<_, Infallible>(sign(bytes));
    let sealed = match request {
        Request::Activation(request) => UnverifiedDocument::seal(request, kid, sign),
        Request::Refresh(request) => UnverifiedDocument::seal(request, kid, sign),
        Request::Deactivation(request) => UnverifiedDocument::seal(request, kid, sign),
    };
    sealed.unwrap_or_else(|never| match never {})
}
