//! What will be: the seats of a subscription over time, and what a change would do before it is made.

use std::collections::BTreeMap;

use license_format::{Metric, Timestamp};
use sqlx::AnyConnection;

use super::{
    Affected, Catalog, CatalogError, Difference, KeyChange, KeyDraft, KeyKind, KeyRecord, LicenseKeyId,
    OverdraftDraft, Result, Subscription, SubscriptionChange, SubscriptionId,
    affected::{Holds, affected},
    license_keys::{differences, values},
    subscriptions::find_subscription,
};
use crate::{
    exchange::{Draw, Instant, Leased, Overdraft, Reserve, SubscriptionRecord, Tally},
    people::Asker,
    store::{exchange_read, tally},
};

/// What a change would do, if nothing else happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What would be different.
    pub differences: Vec<Difference>,
    /// The seats over time, as they would be.
    pub timelines: BTreeMap<Metric, Vec<Instant>>,
    /// What it means for the installations that it is about.
    pub effect: Effect,
    /// From when no more is in the field than may be given out; absent if it is so at once.
    pub over_until: Option<Timestamp>,
    /// How many seats are over until then, at most.
    pub over: u64,
    /// Installations that it is about: each goes on until its own file ends, or its next refresh.
    pub affected: Vec<Affected>,
    /// How many there are, of which `affected` names the first.
    pub installations: u64,
}

/// What a change means for installations. None of it takes anything back that is in the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: each goes on as it is.
    None,
    /// The next refresh brings other terms, and takes no seats away.
    Terms,
    /// The next refresh may bring fewer seats: each has at most so many then, where one number can be told.
    Fewer(Option<u64>),
    /// No new license is given any more: each goes on until its file ends.
    Ends,
}

impl Catalog {
    /// The seats of a subscription from now on, by metric. Refuses one that does not exist for who asks: `NotFound`.
    pub async fn timeline(
        &self,
        asker: &Asker,
        id: &SubscriptionId,
        now: Timestamp,
    ) -> Result<BTreeMap<Metric, Vec<Instant>>> {
        let mut connection = self.store.read().await?;
        find_subscription(&mut connection, asker, id).await?;
        let record = exchange_read::subscription(&mut connection, id, now).await?;
        timelines(&mut connection, id, &record, now).await
    }

    /// What a change of a subscription would do. Refuses with every problem of what it would become.
    pub async fn preview_subscription(
        &self,
        asker: &Asker,
        id: &SubscriptionId,
        change: &SubscriptionChange,
        now: Timestamp,
    ) -> Result<Preview> {
        let mut connection = self.store.read().await?;
        let before = find_subscription(&mut connection, asker, id).await?;
        let after = change.apply(&before).map_err(CatalogError::Invalid)?;
        let mut record = exchange_read::subscription(&mut connection, id, now).await?;
        record.start = after.start;
        record.end = after.end;
        for grant in &mut record.grants {
            // What is sold as another metric from now on is counted as before.
            let sold = after.grants.iter().find(|sold| sold.counted_as == grant.counted_as);
            if let Some(sold) = sold {
                (grant.metric, grant.seats) = (sold.metric, sold.seats);
            }
        }
        let timelines = timelines(&mut connection, id, &record, now).await?;
        let (over, over_until) = excess(&timelines, record.end, Instant::over);
        let differences = Difference::of_subscription(&before, &after);
        let effect = effect_of(&before, &after, &differences, over, &record, now);
        let holds =
            if effect == Effect::None { Holds::Nothing } else { Holds::Subscription(id.clone(), None) };
        let (affected, installations) = affected(&mut connection, &holds, now).await?;
        Ok(Preview { differences, timelines, effect, over_until, over, affected, installations })
    }

    /// What a sublicense would do before it is made. Refuses with every problem of the draft.
    pub async fn preview_new_license_key(
        &self,
        asker: &Asker,
        draft: &KeyDraft,
        now: Timestamp,
    ) -> Result<Preview> {
        let mut connection = self.store.read().await?;
        let subscription = find_subscription(&mut connection, asker, &draft.subscription).await?;
        // No key is made: what would be random of it is not looked at.
        let mut nothing = |out: &mut [u8]| out.fill(0);
        let after = draft.check(&subscription, now, &mut nothing).map_err(CatalogError::Invalid)?;
        self.preview_key(None, Some(&after), now).await
    }

    /// What deleting a key, or changing it, would do. What is in the field goes on until it ends, and counts until then. Refuses as the
    /// deed itself would.
    pub async fn preview_license_key(
        &self,
        asker: &Asker,
        id: &LicenseKeyId,
        change: Option<&KeyChange>,
        now: Timestamp,
    ) -> Result<Preview> {
        let before = self.license_key(asker, id).await?;
        let after = match change {
            None if before.kind == KeyKind::Primary => return Err(CatalogError::Primary),
            None => None,
            Some(change) => {
                let subscription = self.subscription(asker, &before.subscription).await?;
                Some(change.apply(&before, &subscription).map_err(CatalogError::Invalid)?)
            }
        };
        self.preview_key(Some(&before), after.as_ref(), now).await
    }

    /// What overdraft would do before it is granted. Refuses with every problem of the draft.
    pub async fn preview_overdraft(&self, draft: &OverdraftDraft, now: Timestamp) -> Result<Preview> {
        let mut connection = self.store.read().await?;
        let subscription = find_subscription(&mut connection, &Asker::Staff, &draft.subscription).await?;
        let metric = draft.check(&subscription, now).map_err(CatalogError::Invalid)?;
        let mut record = exchange_read::subscription(&mut connection, &draft.subscription, now).await?;
        record.overdraft.push(Overdraft { metric, seats: draft.seats, ends: draft.ends, granted: true });
        let timelines = timelines(&mut connection, &draft.subscription, &record, now).await?;
        let (over, over_until) = excess(&timelines, record.end, Instant::over);
        let differences = vec![draft.difference(metric)];
        let (effect, affected, installations) = (Effect::None, Vec::new(), 0);
        Ok(Preview { differences, timelines, effect, over_until, over, affected, installations })
    }

    /// A key that is there before or after, or both.
    async fn preview_key(
        &self,
        before: Option<&KeyRecord>,
        after: Option<&KeyRecord>,
        now: Timestamp,
    ) -> Result<Preview> {
        let Some(either) = after.or(before) else {
            return Err(CatalogError::NotFound { what: "license key" });
        };
        let (id, digest) = (&either.subscription, either.key.digest());
        let mut connection = self.store.read().await?;
        let mut record = exchange_read::subscription(&mut connection, id, now).await?;
        let short_before = excess(&timelines(&mut connection, id, &record, now).await?, record.end, short).0;
        record.reserves.retain(|reserve| reserve.key != digest);
        record.reserves.extend(after.and_then(|key| reserve_of(key, now)));
        let timelines = timelines(&mut connection, id, &record, now).await?;
        let (short_after, short_until) = excess(&timelines, record.end, short);

        // What the key itself has out, beyond what it may have.
        let stops = after.is_none_or(|after| after.blocked && before.is_some_and(|before| !before.blocked));
        let quota = if stops { Some(0) } else { after.and_then(|after| after.quota) };
        let (mut over, mut over_until) = (0, None);
        for grant in &record.grants {
            let out =
                tally::descent(&mut connection, &Tally::KeySeats(digest, grant.counted_as), now).await?;
            let left =
                |at| out.iter().filter(|(ends, _)| at < **ends).map(|(_, amount)| *amount).sum::<i64>();
            let seats = |at| u64::try_from(left(at)).unwrap_or(0);
            let most = quota.unwrap_or(u64::MAX);
            over = over.max(seats(now).saturating_sub(most));
            let until = out.keys().copied().find(|ends| seats(*ends) <= most);
            over_until = over_until.max(until.filter(|_| seats(now) > most));
        }

        let sooner = match (before, after) {
            (Some(before), Some(after)) => {
                after.ends.is_some_and(|ends| before.ends.is_none_or(|was| ends < was))
            }
            _ => false,
        };
        let draws = before.zip(after).is_some_and(|(before, after)| {
            before.draw != after.draw && matches!(after.draw, Draw::Dynamic { .. })
        });
        let (effect, holds) = if stops && before.is_some() {
            (Effect::Ends, Holds::Key(digest))
        } else if over > 0 {
            (Effect::Fewer(quota), Holds::Key(digest))
        } else if short_after > short_before {
            // What is kept for this key is taken from the others.
            (over, over_until) = (short_after, short_until);
            let kept = |instant: &Instant| instant.limit().saturating_sub(instant.reserved);
            let most = timelines.values().filter_map(|timeline| timeline.first()).map(kept).min();
            (Effect::Fewer(most), Holds::Subscription(id.clone(), Some(digest)))
        } else if draws {
            (Effect::Fewer(None), Holds::Key(digest))
        } else if sooner {
            (Effect::Terms, Holds::Key(digest))
        } else {
            (Effect::None, Holds::Nothing)
        };
        let (affected, installations) = affected(&mut connection, &holds, now).await?;
        let differences = match (before, after) {
            (Some(before), Some(after)) => differences(before, after),
            (Some(before), None) => vec![Difference::gone("deleted", before.key.last_group().masked())],
            (None, _) => differences_from_nothing(either),
        };
        Ok(Preview { differences, timelines, effect, over_until, over, affected, installations })
    }
}

/// Seats leased and kept beyond what may be given out.
fn short(instant: &Instant) -> u64 {
    (instant.leased + instant.reserved).saturating_sub(instant.limit())
}

/// The most of something before an end, and from when there is none of it any more.
fn excess(
    timelines: &BTreeMap<Metric, Vec<Instant>>,
    end: Timestamp,
    of: fn(&Instant) -> u64,
) -> (u64, Option<Timestamp>) {
    let instants = || timelines.values().flatten().filter(|instant| instant.at < end);
    let most = instants().map(of).max().unwrap_or(0);
    let last = instants().filter(|instant| of(instant) > 0).map(|instant| instant.at).max();
    let until =
        last.map(|last| instants().map(|instant| instant.at).filter(|at| last < *at).min().unwrap_or(end));
    (most, until)
}

/// What is withheld for a key.
fn reserve_of(key: &KeyRecord, now: Timestamp) -> Option<Reserve> {
    let quota = key.quota.filter(|_| key.draw == Draw::Reserved)?;
    let lasts = key.ends.is_none_or(|ends| now < ends);
    lasts.then(|| Reserve { key: key.key.digest(), seats: quota, ends: key.ends })
}

/// What a changed subscription means for its installations.
fn effect_of(
    before: &Subscription,
    after: &Subscription,
    differences: &[Difference],
    over: u64,
    record: &SubscriptionRecord,
    now: Timestamp,
) -> Effect {
    let gives = |of: &Subscription| of.offline_use && !of.suspended && now < of.end;
    let only_more = |difference: &Difference| {
        difference.what.starts_with("seats.")
            || ["product", "offline-use", "suspended"].contains(&difference.what.as_str())
    };
    if gives(before) && !gives(after) {
        Effect::Ends
    } else if over > 0 {
        let limits = record.grants.iter().map(|grant| record.limit(grant.metric, now));
        Effect::Fewer(limits.max())
    } else if !differences.iter().all(only_more) {
        Effect::Terms
    } else {
        Effect::None
    }
}

/// What a key will be, where none was.
fn differences_from_nothing(key: &KeyRecord) -> Vec<Difference> {
    let values = values(key).into_iter().filter(|(_, value)| !value.is_empty());
    values
        .map(|(what, value)| Difference { what: what.to_owned(), before: None, after: Some(value) })
        .collect()
}

async fn timelines(
    connection: &mut AnyConnection,
    id: &SubscriptionId,
    record: &SubscriptionRecord,
    now: Timestamp,
) -> Result<BTreeMap<Metric, Vec<Instant>>> {
    let mut timelines = BTreeMap::new();
    for grant in &record.grants {
        let mut leased = Leased::default();
        let counted = Tally::Seats(id.clone(), grant.counted_as);
        leased.all = tally::descent(connection, &counted, now).await?;
        for reserve in &record.reserves {
            let descent =
                tally::descent(connection, &Tally::KeySeats(reserve.key, grant.counted_as), now).await?;
            leased.reserved.push(descent);
        }
        timelines.insert(grant.metric, record.timeline(grant.metric, &leased, now));
    }
    Ok(timelines)
}
