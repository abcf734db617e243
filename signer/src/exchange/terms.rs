//! Rows 9 and 10: whether there is a license to give, and what it says.

use license_format::{
    DAY, Digest, LicenseId, Timestamp,
    payload::{Grant, License, LicenseKeyRef, Request, VERSION},
};

use super::{
    book::{ActivationCode, Bar, Book, InstallationRecord, Seats, SoldKey, SubscriptionRecord, Terms},
    capacity::{Claim, Share},
    decide::{Incoming, No, unknown},
    refusal::RefusalCode,
};
use crate::people::Asker;

/// Longest life of a file under the default terms, in seconds: 90 days good, 30 grace, one of tolerance.
pub(super) const LONGEST_LIFE: u64 = 121 * DAY;

impl Terms {
    /// The longest that a file of these terms can be honoured, in seconds.
    pub fn life(&self) -> u64 {
        self.file + self.grace + self.tolerance
    }
}

/// The license for a request whose counter is in order, or the row 9 refusal.
pub(super) fn license(
    book: &Book,
    incoming: Incoming<'_>,
    record: &InstallationRecord,
    asker: &Asker,
    recovering: bool,
    now: Timestamp,
) -> Result<(License, Digest), No> {
    let request = incoming.request;
    let Found { digest, key, shown } = find_key(book, request, record, asker, now)?;
    let claim = Claim::new(book, (digest, key), request, record, now);
    let subscription = claim.subscription;
    if key.license_type != request.license_type() {
        return Err(RefusalCode::LicenseTypeMismatch.into());
    }
    match record.barred.get(&digest) {
        Some(Bar::Moved) => return Err(RefusalCode::Moved.into()),
        Some(Bar::Blocked) => return Err(RefusalCode::Blocked.into()),
        None if key.blocked => return Err(RefusalCode::Blocked.into()),
        None => {}
    }
    if subscription.suspended {
        return Err(RefusalCode::SubscriptionSuspended.into());
    }
    if !subscription.offline_use {
        return Err(RefusalCode::OfflineUseOff.into());
    }
    if now < subscription.start {
        return Err(No { code: RefusalCode::NotStarted, until: Some(subscription.start) });
    }
    if subscription.end <= now {
        return Err(RefusalCode::SubscriptionEnded.into());
    }
    if claim.ends() <= now {
        return Err(RefusalCode::LicenseKeyEnded.into());
    }
    let (homes, until) = claim.homes();
    if homes >= key.installations {
        return Err(No { code: RefusalCode::KeyInUse, until });
    }
    // While a fork is undecided or the record is being recovered, nobody gets more than what the slot counts already.
    let Share { seats, good_until } = claim.share(recovering || record.fork.is_some());
    if seats.values().all(|seats| *seats == 0) {
        return Err(match () {
            () if record.fork.is_some() => RefusalCode::ForkUndecided.into(),
            () if recovering => RefusalCode::Recovering.into(),
            () => No { code: RefusalCode::NoSeats, until: claim.next_end() },
        });
    }
    let clock = request.clock();
    // Its high-water mark ran ahead once, and the clock is right again: lead the mark back.
    let ran_ahead = clock.high_water > now.plus(subscription.terms.tolerance)
        && clock.now <= now.plus(subscription.terms.tolerance);
    let license = License {
        id: license_id(incoming.digest),
        floor: book.floor,
        grace: subscription.terms.grace,
        grants: grants(subscription, &seats, claim.ends()),
        issued: now,
        record: book.record,
        vendor: book.vendor.clone(),
        answers: incoming.digest,
        counter: request.chain().counter,
        product: subscription.product.clone(),
        version: VERSION,
        good_until,
        report_due: now.plus(subscription.terms.report).min(good_until),
        time_reset: ran_ahead.then_some(now),
        license_key: shown,
        installation: request.installation().named(),
        license_type: request.license_type(),
        clock_tolerance: subscription.terms.tolerance,
    };
    Ok((license, digest))
}

/// The key that a request is about.
struct Found<'a> {
    digest: Digest,
    key: &'a SoldKey,
    /// What the proxy is shown of it: the key, or the code that stands for it.
    shown: LicenseKeyRef,
}

/// The key that an activation names, or that of the license that a refresh renews. A key of another account does not exist.
fn find_key<'a>(
    book: &'a Book,
    request: &Request,
    record: &InstallationRecord,
    asker: &Asker,
    now: Timestamp,
) -> Result<Found<'a>, No> {
    let installation = request.installation().public_key.thumbprint();
    let key = |digest: Digest| book.keys.get(&digest).filter(|key| asker.may_use(&key.account));
    let itself = |digest: Digest, key: &'a SoldKey| Found {
        digest,
        key,
        shown: LicenseKeyRef { digest, last_group: key.last_group.clone() },
    };
    let behind = |digest: Digest, code: &ActivationCode, key: &'a SoldKey| Found {
        digest: code.key,
        key,
        shown: LicenseKeyRef { digest, last_group: code.last_group.clone() },
    };
    match request {
        Request::Activation(request) => {
            let named = request.license_key.digest;
            if let Some(key) = key(named) {
                return Ok(itself(named, key));
            }
            if let Some((code, key)) = book.codes.get(&named).and_then(|code| Some((code, key(code.key)?))) {
                match code.used_by {
                    Some(user) if user != installation => return Err(RefusalCode::CodeUsed.into()),
                    None if code.expires <= now => return Err(RefusalCode::CodeExpired.into()),
                    _ => return Ok(behind(named, code, key)),
                }
            }
        }
        Request::Refresh(refresh) => {
            let mut leases = record.leases.iter().chain(&record.booked);
            let lease = leases.find(|lease| lease.license == refresh.license && record.may_hold(lease));
            if let Some(held) = lease.map(|lease| lease.key) {
                let now_on = record.exchanged.get(&held).copied().unwrap_or(held);
                let mut codes = book.codes.iter();
                let code = codes.find(|(_, code)| code.used_by == Some(installation) && code.key == now_on);
                match (code, key(now_on)) {
                    (Some((digest, code)), Some(key)) => return Ok(behind(*digest, code, key)),
                    (None, Some(key)) => return Ok(itself(now_on, key)),
                    (_, None) => {}
                }
            }
        }
        Request::Deactivation(_) => {}
    }
    Err(unknown(request).into())
}

fn grants(subscription: &SubscriptionRecord, seats: &Seats, ends: Timestamp) -> Vec<Grant> {
    let grant = |sold: &super::book::SoldGrant| Grant {
        seats: seats[&sold.metric],
        trial: subscription.trial,
        metric: sold.metric,
        edition: sold.edition.clone(),
        features: sold.features.facts().clone(),
        after_end_days: sold.after_end_days,
        over_limit: sold.over_limit,
        contract_end: ends,
        contract_start: subscription.start,
    };
    subscription.grants.iter().map(grant).collect()
}

/// A license is named after the request that it answers, so the same request cannot get two.
fn license_id(request: Digest) -> LicenseId {
    let mut bytes = b"waybill/license-id/v1\0".to_vec();
    bytes.extend(request.as_bytes());
    LicenseId::from_slice(&Digest::of(&bytes).as_bytes()[..16]).expect("16 bytes")
}
