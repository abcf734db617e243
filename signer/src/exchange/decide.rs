//! The table of design section 4: the first row that fits a request decides it.

use license_format::{
    Digest, Thumbprint, Timestamp,
    payload::{ChainLink, DeactivationReceipt, Grant, License, Refusal, Request, UsageLine, VERSION},
};

use super::{
    book::{
        ActivationCode, Book, Branch, InstallationRecord, Lease, Recovery, SlotRecord, SoldKey,
        SubscriptionRecord,
    },
    change::Change,
    refusal::RefusalCode,
    terms,
};
use crate::people::Asker;

/// A request that verified, and the genuine licenses that travelled with it.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// What it says.
    pub request: &'a Request,
    /// Its digest.
    pub digest: Digest,
    /// Licenses of ours for this very installation.
    pub attached: &'a [License],
}

/// What goes back, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A license.
    License(Box<License>),
    /// A receipt for a deactivation.
    Receipt(Box<DeactivationReceipt>),
    /// A no.
    Refusal(Box<Refusal>),
}

/// A no, before it is addressed to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct No {
    pub(super) code: RefusalCode,
    /// When the reason goes away by itself.
    pub(super) until: Option<Timestamp>,
}

impl From<RefusalCode> for No {
    fn from(code: RefusalCode) -> No {
        No { code, until: None }
    }
}

impl Book {
    /// Decides a request that has no final answer yet: rows 2 to 10 (row 1, the same bytes again, is the store's to find). What it
    /// changes is in the book afterwards, and in `changes`. Gives the same outcome for the same book, request and instant.
    pub fn answer(&mut self, incoming: Incoming<'_>, asker: &Asker, now: Timestamp) -> Outcome {
        match self.decide(incoming, asker, now) {
            Ok(outcome) => outcome,
            Err(no) => Outcome::Refusal(Box::new(self.refusal(incoming, no, now))),
        }
    }

    fn decide(&mut self, incoming: Incoming<'_>, asker: &Asker, now: Timestamp) -> Result<Outcome, No> {
        let request = incoming.request;
        let chain = request.chain();
        let installation = request.installation().public_key.thumbprint();
        if !self.is_visible(&installation, asker) {
            return Err(unknown(request).into());
        }
        self.adopt(installation, incoming.attached, asker, now);
        let recovering = self.recovery.is_some_and(|recovery| now < recovery.horizon);

        // Row 2: the signer was restored, and this proxy does not know it yet. A request from before may have been answered then, and
        // gets no second answer, however late it comes.
        let is_from_before =
            |recovery: Recovery| now < recovery.horizon || request.clock().now <= recovery.began;
        if chain.record < self.record && self.recovery.is_some_and(is_from_before) {
            return Err(RefusalCode::RecordRestored.into());
        }
        let before = self.installations.get(&installation).cloned();
        let mut record = before.clone().unwrap_or_default();
        let mut changes = Vec::new();
        // Row 3: it shows a license that nobody here gave, and did not bring it. Whoever has nothing in force that the record lacks has
        // nothing to show, and its claims are taken.
        if lacks_a_license(&record, incoming) {
            return Err(RefusalCode::RecordBehind.into());
        }
        // Row 4: it contradicts the chain, or goes on from what is not on it. Nothing else in it is believed.
        let own = ChainLink { digest: incoming.digest, counter: chain.counter };
        let differs = |link: &ChainLink| match record.chain.get(&link.counter) {
            Some(known) => *known != link.digest,
            None => record.strays.contains(&link.digest),
        };
        if let Some(link) = chain.claims().chain([own]).find(differs) {
            if record.fork.is_none() {
                let branch = Branch { counter: link.counter, digest: link.digest };
                record.fork = Some(branch);
                self.changes.push(Change::Fork { installation, branch });
            }
            record.strays.insert(own.digest);
            self.installations.insert(installation, record);
            return Err(RefusalCode::Fork.into());
        }
        // Row 5: note the claims; marks rise to what the proxy proves, never down. What it proves to have let go is free for its own
        // request already.
        let tolerance = self.tolerance(&record);
        note(&mut record, request, own, tolerance, &mut changes);
        let noted = record.clone();
        let is_known = before.is_some();
        if let Some(before) = before {
            self.settle(installation, &before, noted.clone(), now);
        }
        let verdict = match request {
            // Row 6: licenses with a lower counter are dead, by the mark that row 5 raised.
            Request::Deactivation(request) => Ok(Outcome::Receipt(Box::new(DeactivationReceipt {
                issued: now,
                record: self.record,
                vendor: self.vendor.clone(),
                answers: incoming.digest,
                counter: chain.counter,
                license: request.license,
                version: VERSION,
                installation: request.installation.named(),
                license_type: request.license_type,
            }))),
            _ => self.grant(incoming, &mut record, asker, recovering, now, &mut changes),
        };
        // A stranger who is refused leaves nothing behind: whoever may not have a license may not fill the record either.
        if is_known || verdict.is_ok() {
            self.own(installation, is_known.then_some(&noted), &record);
            self.changes.extend(changes);
            self.settle(installation, &noted, record, now);
        }
        verdict
    }

    /// Rows 7 to 10, for an activation or a refresh.
    fn grant(
        &mut self,
        incoming: Incoming<'_>,
        record: &mut InstallationRecord,
        asker: &Asker,
        recovering: bool,
        now: Timestamp,
        changes: &mut Vec<Change>,
    ) -> Result<Outcome, No> {
        let request = incoming.request;
        let license_type = request.license_type();
        let counter = request.chain().counter;
        let marks = record.slot(license_type);
        // Row 7.
        if counter <= marks.ended {
            return Err(RefusalCode::Ended.into());
        }
        // Row 8. The same counter is the same request: its license was taken back into a restored record, and there is no second one.
        if counter <= marks.answered {
            return Err(RefusalCode::Overtaken.into());
        }
        // Row 9, of the installation itself: it was revoked.
        if record.revoked {
            return Err(RefusalCode::Blocked.into());
        }
        // Rows 9 and 10.
        let (license, digest) = terms::license(self, incoming, record, asker, recovering, now)?;
        let installation = request.installation().public_key.thumbprint();
        let key = &self.keys[&digest];
        let lease = lease_of(&license, digest, key, &self.subscriptions[&key.subscription]);
        record.account.get_or_insert_with(|| key.account.clone());
        let code = license.license_key.digest;
        if let Some(ActivationCode { used_by: used_by @ None, .. }) = self.codes.get_mut(&code) {
            *used_by = Some(installation);
            changes.push(Change::Code { code, installation });
        }
        hold(record, installation, lease, &license, changes);
        Ok(Outcome::License(Box::new(license)))
    }

    /// Takes genuine licenses that the record lacks back into it. One that was given under the present record number shows that the
    /// record is older than it thinks, so recovery begins; one from before is what the restoration that is known of has lost.
    fn adopt(&mut self, installation: Thumbprint, attached: &[License], asker: &Asker, now: Timestamp) {
        for license in attached {
            let before = self.installations.get(&installation).cloned();
            let mut record = before.clone().unwrap_or_default();
            let missing = record.known().all(|lease| lease.license != license.id);
            let named = license.license_key.digest;
            let digest = self.codes.get(&named).map_or(named, |code| code.key);
            let Some(key) = self.keys.get(&digest).filter(|key| asker.may_use(&key.account)) else {
                continue;
            };
            let contradicts =
                record.chain.get(&license.counter).is_some_and(|known| *known != license.answers);
            if !missing
                || contradicts
                || !record.may_take(license.license_type, license.counter)
                || record.strays.contains(&license.answers)
            {
                continue;
            }
            let lease = lease_of(license, digest, key, &self.subscriptions[&key.subscription]);
            record.account.get_or_insert_with(|| key.account.clone());
            self.own(installation, before.as_ref(), &record);
            if license.record >= self.record {
                self.record = license.record;
                self.begin_recovery(now);
            }
            if record.chain.insert(license.counter, license.answers).is_none() {
                let Lease { counter, request: digest, .. } = lease;
                self.changes.push(Change::Chain { installation, counter, digest });
            }
            hold(&mut record, installation, lease, license, &mut self.changes);
            self.settle(installation, &before.unwrap_or_default(), record, now);
        }
    }

    /// The record turned out to be older than answers in the field. The record number goes up, and until every file that it may
    /// lack has ended nobody gets more than what they hold.
    pub fn begin_recovery(&mut self, now: Timestamp) {
        let longest =
            self.subscriptions.values().map(|subscription| subscription.terms.life()).max().unwrap_or(0);
        let horizon = now.plus(longest.max(terms::LONGEST_LIFE));
        self.record += 1;
        self.recovery = Some(Recovery { began: now, horizon });
        self.changes.push(Change::RecoveryBegins { record: self.record, horizon });
    }

    /// Says that an installation is new, or whose it is from now on.
    fn own(
        &mut self,
        installation: Thumbprint,
        before: Option<&InstallationRecord>,
        after: &InstallationRecord,
    ) {
        match (before, after.account.clone()) {
            (None, account) => self.changes.push(Change::Installation { installation, account }),
            (Some(before), Some(account)) if before.account.is_none() => {
                self.changes.push(Change::Owner { installation, account });
            }
            _ => {}
        }
    }

    /// By how much a clock may be behind its own past and still count as one that will reach a file's end, in seconds: the strictest
    /// tolerance of the licenses that it may hold, and a day where there is none.
    fn tolerance(&self, record: &InstallationRecord) -> u64 {
        let held = record.leases.iter().filter(|lease| record.may_hold(lease));
        let subscriptions = held.filter_map(|lease| self.subscriptions.get(&lease.subscription));
        subscriptions.map(|subscription| subscription.terms.tolerance).min().unwrap_or(license_format::DAY)
    }

    /// Whether an installation is nobody's yet or the asker's.
    pub(crate) fn is_visible(&self, installation: &Thumbprint, asker: &Asker) -> bool {
        let account = self.installations.get(installation).and_then(|record| record.account.as_ref());
        account.is_none_or(|account| asker.may_use(account))
    }

    fn refusal(&self, incoming: Incoming<'_>, No { code, until }: No, now: Timestamp) -> Refusal {
        let request = incoming.request;
        Refusal {
            code: code.token(),
            says: RefusalCode::label(code.says()),
            is_final: code.is_final(),
            until: until.filter(|_| !code.is_final()),
            issued: now,
            record: self.record,
            vendor: self.vendor.clone(),
            answers: incoming.digest,
            counter: request.chain().counter,
            version: VERSION,
            next_step: RefusalCode::label(code.next_step()),
            installation: request.installation().public_key.thumbprint(),
            license_type: request.license_type(),
        }
    }
}

/// Whether a request shows a license in force that the record does not have, and that did not travel along. One that did was taken back,
/// or cannot be; and what an abandoned branch holds is row 4's.
fn lacks_a_license(record: &InstallationRecord, Incoming { request, attached, .. }: Incoming<'_>) -> bool {
    request.chain().slots.iter().any(|(license_type, report)| {
        report.holding.is_some_and(|held| {
            record.may_take(license_type, held.counter)
                && !record.strays.contains(&held.digest)
                && record.known().all(|lease| lease.request != held.digest)
                && attached.iter().all(|license| license.answers != held.digest)
        })
    })
}

/// The refusal for somebody who has shown no right to know more.
pub(super) fn unknown(request: &Request) -> RefusalCode {
    match request {
        Request::Activation(_) => RefusalCode::LicenseKeyUnknown,
        _ => RefusalCode::LicenseUnknown,
    }
}

/// Row 5: a late file raises nothing that a newer one already raised, so the order of arrival does not matter.
fn note(
    record: &mut InstallationRecord,
    request: &Request,
    own: ChainLink,
    tolerance: u64,
    changes: &mut Vec<Change>,
) {
    let installation = request.installation().public_key.thumbprint();
    for ChainLink { counter, digest } in request.chain().claims().chain([own]) {
        if record.chain.insert(counter, digest).is_none() {
            changes.push(Change::Chain { installation, counter, digest });
        }
    }
    let before = record.clone();
    for (license_type, report) in request.chain().slots.iter() {
        let known = record.slot(license_type);
        let mut marks = known;
        marks.ended = marks.ended.max(report.ended.unwrap_or(0));
        marks.held = marks.held.max(report.holding.map_or(0, |link| link.counter));
        if marks != known {
            record.slots.insert(license_type, marks);
            changes.push(Change::Slot { installation, license_type, marks });
        }
    }
    let let_go = before.booked.iter().filter(|lease| before.may_hold(lease) && !record.may_hold(lease));
    changes.extend(let_go.map(|lease| Change::LetGo { license: lease.license }));
    if own.counter > record.newest {
        let clock = request.clock();
        // A clock that stands still is never behind itself; but it has seen the licenses that it shows.
        let shown = record.known().filter(|lease| is_shown(request, lease)).map(|lease| lease.issued);
        let seen = shown.fold(clock.high_water, Timestamp::max);
        record.newest = own.counter;
        record.clock_behind = clock.now.plus(tolerance) < seen;
        let clock_behind = record.clock_behind;
        changes.push(Change::Reported { installation, counter: own.counter, clock_behind });
    }
    let license_type = request.license_type();
    let counter = own.counter;
    let usage = |line: &UsageLine| Change::Usage { installation, license_type, counter, line: line.clone() };
    changes.extend(request.usage().iter().map(usage));
}

/// Whether a request shows a license in force.
fn is_shown(request: &Request, lease: &Lease) -> bool {
    let reports = request.chain().slots.iter();
    let mut held = reports.filter_map(|(_, report)| report.holding);
    held.any(|held| held.digest == lease.request)
}

/// A license goes into the record: its slot is answered up to it, and it counts.
fn hold(
    record: &mut InstallationRecord,
    installation: Thumbprint,
    lease: Lease,
    license: &License,
    changes: &mut Vec<Change>,
) {
    let license_type = lease.license_type;
    let before = record.slot(license_type);
    let marks = SlotRecord { answered: before.answered.max(lease.counter), ..before };
    record.slots.insert(license_type, marks);
    record.leases.push(lease.clone());
    changes.push(Change::Slot { installation, license_type, marks });
    changes.push(Change::Lease { installation, lease, license: Box::new(license.clone()) });
}

fn lease_of(license: &License, digest: Digest, key: &SoldKey, subscription: &SubscriptionRecord) -> Lease {
    let counted = |grant: &Grant| (subscription.counted_as(grant.metric), grant.seats);
    Lease {
        license_type: license.license_type,
        license: license.id,
        request: license.answers,
        counter: license.counter,
        key: digest,
        subscription: key.subscription.clone(),
        seats: license.grants.iter().map(counted).collect(),
        issued: license.issued,
        ends: license.lease_end(),
    }
}
