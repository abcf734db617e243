//! Rows 9 and 10: whether there is a license to give, and what it says.

use std::collections::BTreeMap;

use license_format::{
    DAY, Digest, LicenseId, Timestamp,
    payload::{Grant, License, LicenseKeyRef, Request, VERSION},
};

use super::{
    book::{Book, InstallationRecord, Seats, SoldKey, SubscriptionRecord, Terms},
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
) -> Result<License, No> {
    let request = incoming.request;
    let (digest, key) = find_key(book, request, record, asker)?;
    let subscription = &book.subscriptions[&key.subscription];
    if key.license_type != request.license_type() {
        return Err(RefusalCode::LicenseTypeMismatch.into());
    }
    if key.blocked {
        return Err(RefusalCode::Blocked.into());
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
    let installation = request.installation().named();
    let others =
        || key.homes.iter().filter(|(home, _)| **home != installation.thumbprint).map(|(_, ends)| *ends);
    if others().count() as u64 >= key.installations {
        return Err(No { code: RefusalCode::KeyInUse, until: others().min().filter(|ends| now < *ends) });
    }
    let seats = seats(subscription, key, request, record, recovering, now)?;
    let good_until = now.plus(subscription.terms.file).min(subscription.end);
    let clock = request.clock();
    // Its high-water mark ran ahead once, and the clock is right again: lead the mark back.
    let ran_ahead = clock.high_water > now.plus(subscription.terms.tolerance)
        && clock.now <= now.plus(subscription.terms.tolerance);
    Ok(License {
        id: license_id(incoming.digest),
        floor: book.floor,
        grace: subscription.terms.grace,
        grants: grants(subscription, &seats),
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
        license_key: LicenseKeyRef { digest, last_group: key.last_group.clone() },
        installation,
        license_type: request.license_type(),
        clock_tolerance: subscription.terms.tolerance,
    })
}

/// The key that an activation names, or that of the license that a refresh renews. A key of another account does not exist.
fn find_key<'a>(
    book: &'a Book,
    request: &Request,
    record: &InstallationRecord,
    asker: &Asker,
) -> Result<(Digest, &'a SoldKey), No> {
    let digest = match request {
        Request::Activation(request) => Some(request.license_key.digest),
        Request::Refresh(refresh) => {
            record.leases.iter().find(|lease| lease.license == refresh.license).map(|lease| lease.key)
        }
        Request::Deactivation(_) => None,
    };
    digest
        .and_then(|digest| Some((digest, book.keys.get(&digest)?)))
        .filter(|(_, key)| asker.may_use(&key.account))
        .ok_or_else(|| unknown(request).into())
}

/// Row 10: min(quota, bought + granted overdraft − what other slots count). While a fork is undecided or the record is being
/// recovered, no more than what this slot counts already.
fn seats(
    subscription: &SubscriptionRecord,
    key: &SoldKey,
    request: &Request,
    record: &InstallationRecord,
    recovering: bool,
    now: Timestamp,
) -> Result<Seats, No> {
    let own = record.seats(request.license_type(), now).remove(&key.subscription).unwrap_or_default();
    let mut seats: Seats = BTreeMap::new();
    for grant in &subscription.grants {
        let holds = own.get(&grant.metric).copied().unwrap_or(0);
        let counted = subscription.counted.get(&grant.metric).copied().unwrap_or(0);
        let others = counted.saturating_sub(holds);
        let free = subscription.limit(grant.metric, now).saturating_sub(others);
        let cap = if recovering || record.fork.is_some() { holds } else { u64::MAX };
        seats.insert(grant.metric, free.min(key.quota.unwrap_or(u64::MAX)).min(cap));
    }
    if seats.values().any(|seats| *seats > 0) {
        return Ok(seats);
    }
    Err(match () {
        () if record.fork.is_some() => RefusalCode::ForkUndecided.into(),
        () if recovering => No { code: RefusalCode::Recovering, until: None },
        () => No { code: RefusalCode::NoSeats, until: subscription.next_end.filter(|end| now < *end) },
    })
}

fn grants(subscription: &SubscriptionRecord, seats: &Seats) -> Vec<Grant> {
    let grant = |sold: &super::book::SoldGrant| Grant {
        seats: seats[&sold.metric],
        trial: subscription.trial,
        metric: sold.metric,
        edition: sold.edition.clone(),
        features: BTreeMap::new(),
        after_end_days: sold.after_end_days,
        over_limit: sold.over_limit,
        contract_end: subscription.end,
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
