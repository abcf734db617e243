//! Overdraft that staff grant: seats beyond those bought, for a reason and until a date.

use license_format::{DAY, Metric, Timestamp};
use sqlx::AnyConnection;

use super::{
    Catalog, CatalogError, Result, Subscription, SubscriptionId,
    history::{Difference, record},
    rules::check_seats,
    subscriptions::find_subscription,
};
use crate::{
    exchange::SHORTEST_FILE,
    people::{Actor, Asker},
    problem::{Problem, Problems},
    reason::Reason,
    store::{Columns, StoreError, big, seconds},
};

/// What is filled in for an overdraft.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OverdraftDraft {
    /// Of which subscription.
    pub subscription: SubscriptionId,
    /// Of what; the subscription's first metric if absent.
    pub metric: Option<Metric>,
    /// How many seats beyond those bought.
    pub seats: u64,
    /// Until when, exclusive: no license that uses them is honoured any longer.
    pub ends: Timestamp,
    /// Why, for the history.
    pub reason: String,
}

/// An entry beyond what was bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdraftEntry {
    /// Of what.
    pub metric: Metric,
    /// How many.
    pub seats: u64,
    /// Until when.
    pub ends: Timestamp,
    /// Whether staff granted it, so that it may be given out; otherwise it is booked for a license that was given up.
    pub granted: bool,
    /// Why.
    pub reason: String,
    /// Who.
    pub who: Actor,
    /// When it was entered.
    pub created: Timestamp,
}

impl Catalog {
    /// The entries of a subscription that have not ended, the next to end first. Refuses one that does not exist for who asks:
    /// `NotFound`.
    pub async fn overdraft(
        &self,
        asker: &Asker,
        id: &SubscriptionId,
        now: Timestamp,
    ) -> Result<Vec<OverdraftEntry>> {
        let mut connection = self.store.read().await?;
        find_subscription(&mut connection, asker, id).await?;
        let rows = sqlx::query(
            "SELECT metric, seats, ends, granted, reason, who, created FROM overdraft \
             WHERE subscription = $1 AND ends > $2 ORDER BY ends, created",
        )
        .bind(id.as_str())
        .bind(seconds(now))
        .fetch_all(&mut *connection)
        .await?;
        let entry = |row| {
            let columns = Columns::of("overdraft", row);
            Ok(OverdraftEntry {
                metric: columns.named("metric", Metric::from_name)?,
                seats: columns.count("seats")?,
                ends: columns.time("ends")?,
                granted: columns.flag("granted")?,
                reason: columns.text("reason")?,
                who: columns.parsed("who")?,
                created: columns.time("created")?,
            })
        };
        let entries: std::result::Result<Vec<_>, StoreError> = rows.iter().map(entry).collect();
        Ok(entries?)
    }
}

/// Grants seats beyond those bought. Licenses that use them end with them: one that would be honoured longer gets a nearer end. So a grant
/// that ends sooner than the shortest file could is refused, since nobody could use it. Whether one person alone may do this is asked
/// before: `SecondPerson::take`.
pub(crate) async fn enter_overdraft(
    connection: &mut AnyConnection,
    draft: &OverdraftDraft,
    by: &Actor,
    now: Timestamp,
) -> Result<()> {
    let subscription = find_subscription(connection, &Asker::Staff, &draft.subscription).await?;
    let metric = draft.check(&subscription, now).map_err(CatalogError::Invalid)?;
    insert(connection, draft, metric, by, now).await?;
    record(connection, &subscription.id, None, &[draft.difference(metric)], by, now).await
}

/// What a grant would be, in a sentence. Refuses one that could not be made.
pub(crate) async fn describe_overdraft(
    connection: &mut AnyConnection,
    draft: &OverdraftDraft,
    now: Timestamp,
) -> Result<String> {
    let subscription = find_subscription(connection, &Asker::Staff, &draft.subscription).await?;
    let metric = draft.check(&subscription, now).map_err(CatalogError::Invalid)?;
    Ok(format!("{}, for {}", draft.sentence(metric), subscription.product))
}

impl OverdraftDraft {
    fn sentence(&self, metric: Metric) -> String {
        let (noun, until, reason) = (metric.noun(), self.ends.date(), self.reason.trim());
        format!("overdraft of {} for a {noun} until {until}: {reason}", self.seats)
    }

    /// As the history shows it.
    pub(super) fn difference(&self, metric: Metric) -> Difference {
        Difference::created(self.sentence(metric))
    }

    pub(super) fn check(
        &self,
        subscription: &Subscription,
        now: Timestamp,
    ) -> std::result::Result<Metric, Vec<Problem>> {
        let mut problems = Problems::default();
        check_seats(&mut problems, self.seats);
        let metrics: Vec<Metric> = subscription.grants.iter().map(|grant| grant.metric).collect();
        let metric = self.metric.or(metrics.first().copied()).filter(|metric| metrics.contains(metric));
        problems.demand(
            metric.is_some(),
            "metric",
            "metric-absent",
            "this subscription has no such seats".to_owned(),
            "Choose one of the kinds that it has.",
        );
        let tail = subscription.grace_days * DAY + subscription.clock_tolerance_hours * 3600;
        let first = now.plus(SHORTEST_FILE + tail);
        problems.demand(
            first <= self.ends,
            "until",
            "overdraft-short",
            format!(
                "a file is honoured for {} days of grace after it was good, so these seats could not be used before {}",
                subscription.grace_days,
                first.plus(DAY).date()
            ),
            "Choose a later end, or fewer days of grace for the subscription's files.",
        );
        if let Err(error) = self.reason.parse::<Reason>() {
            problems.add("reason", error.code(), error.to_string(), error.next_step());
        }
        match (metric, problems.into_result()) {
            (Some(metric), Ok(())) => Ok(metric),
            (_, outcome) => Err(outcome.err().unwrap_or_default()),
        }
    }
}

async fn insert(
    connection: &mut AnyConnection,
    draft: &OverdraftDraft,
    metric: Metric,
    by: &Actor,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO overdraft (subscription, metric, seats, ends, granted, reason, who, created) \
         VALUES ($1, $2, $3, $4, 1, $5, $6, $7)",
    )
    .bind(draft.subscription.as_str())
    .bind(metric.name())
    .bind(big(draft.seats))
    .bind(seconds(draft.ends))
    .bind(draft.reason.trim())
    .bind(by.to_string())
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(())
}
