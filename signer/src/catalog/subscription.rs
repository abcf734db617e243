//! A subscription as a value, and how it is read.

use license_format::{DAY, Label, LicenseType, Metric, Timestamp, payload::OverLimit};
use sqlx::any::AnyRow;

use super::{GrantDraft, SubscriptionId};
use crate::{
    exchange::Features,
    people::AccountId,
    store::{Columns, StoreError, read_over_limit},
};

/// A subscription is said to expire soon so many seconds before its end.
pub const EXPIRING_SOON: u64 = 30 * DAY;

/// What a customer bought, and the terms of the files that it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its identity.
    pub id: SubscriptionId,
    /// Whose it is.
    pub account: AccountId,
    /// The vendor's product.
    pub product: Label,
    /// What is licensed. It never changes, since the first letter of the license keys tells it.
    pub license_type: LicenseType,
    /// When it was made.
    pub created: Timestamp,
    /// Start of the contract, inclusive.
    pub start: Timestamp,
    /// End of the contract, exclusive.
    pub end: Timestamp,
    /// Whether it is a trial.
    pub trial: bool,
    /// Whether the vendor allows offline use.
    pub offline_use: bool,
    /// Whether it gives no new licenses for now.
    pub suspended: bool,
    /// Days for which a file is good, never past the contract's end.
    pub file_days: u64,
    /// Days after which the next report is due.
    pub report_days: u64,
    /// Days for which a file is still honoured after it was good.
    pub grace_days: u64,
    /// Hours by which a clock may be set back without consequence.
    pub clock_tolerance_hours: u64,
    /// What was bought, one entry for each metric.
    pub grants: Vec<SubscriptionGrant>,
    /// Up by one with each change.
    pub version: u64,
}

/// So many seats of one metric, and their terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionGrant {
    /// Of what.
    pub metric: Metric,
    /// How many.
    pub seats: u64,
    /// The product's edition.
    pub edition: Label,
    /// The metric that these seats were sold as at first, under which the record counts them whatever they are sold as since.
    pub counted_as: Metric,
    /// What happens over the limit.
    pub over_limit: OverLimit,
    /// Days after the contract's end for which the grant still holds.
    pub after_end_days: u64,
    /// The vendor's extra facts.
    pub features: Features,
}

impl SubscriptionGrant {
    /// As it would be filled in.
    pub(super) fn draft(&self) -> GrantDraft {
        GrantDraft {
            metric: self.metric,
            seats: self.seats,
            edition: self.edition.to_string(),
            over_limit: self.over_limit,
            after_end_days: self.after_end_days,
            features: self.features.to_string(),
        }
    }
}

/// What lists show and filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// The contract has not begun.
    Upcoming,
    /// It gives licenses.
    Active,
    /// It gives licenses, and ends within 30 days.
    ExpiringSoon,
    /// The contract has ended.
    Expired,
    /// Staff have suspended it.
    Suspended,
}

impl SubscriptionStatus {
    /// As typed in filters.
    pub fn name(self) -> &'static str {
        match self {
            SubscriptionStatus::Upcoming => "upcoming",
            SubscriptionStatus::Active => "active",
            SubscriptionStatus::ExpiringSoon => "expiring-soon",
            SubscriptionStatus::Expired => "expired",
            SubscriptionStatus::Suspended => "suspended",
        }
    }

    /// As shown to people.
    pub fn title(self) -> &'static str {
        match self {
            SubscriptionStatus::Upcoming => "Upcoming",
            SubscriptionStatus::Active => "Active",
            SubscriptionStatus::ExpiringSoon => "Expiring soon",
            SubscriptionStatus::Expired => "Expired",
            SubscriptionStatus::Suspended => "Suspended",
        }
    }
}

impl Subscription {
    /// Its status at an instant. One that has ended is expired, suspended or not.
    pub fn status(&self, now: Timestamp) -> SubscriptionStatus {
        if self.end <= now {
            SubscriptionStatus::Expired
        } else if self.suspended {
            SubscriptionStatus::Suspended
        } else if now < self.start {
            SubscriptionStatus::Upcoming
        } else if self.end.since(now) <= EXPIRING_SOON {
            SubscriptionStatus::ExpiringSoon
        } else {
            SubscriptionStatus::Active
        }
    }

    /// Seats of a metric, 0 if none were bought.
    pub fn seats(&self, metric: Metric) -> u64 {
        self.grants.iter().find(|grant| grant.metric == metric).map_or(0, |grant| grant.seats)
    }
}

/// The subscription of a row, without its grants.
pub(super) fn read_subscription(row: &AnyRow) -> Result<Subscription, StoreError> {
    let columns = Columns::of("subscription", row);
    Ok(Subscription {
        id: columns.parsed("id")?,
        account: columns.parsed("account")?,
        product: columns.parsed("product")?,
        license_type: columns.parsed("license_type")?,
        created: columns.time("created")?,
        start: columns.time("starts")?,
        end: columns.time("ends")?,
        trial: columns.flag("trial")?,
        offline_use: columns.flag("offline_use")?,
        suspended: columns.flag("suspended")?,
        file_days: columns.count("file_days")?,
        report_days: columns.count("report_days")?,
        grace_days: columns.count("grace_days")?,
        clock_tolerance_hours: columns.count("clock_tolerance_hours")?,
        grants: Vec::new(),
        version: columns.count("version")?,
    })
}

/// A grant, and the subscription that it belongs to.
pub(super) fn read_grant(row: &AnyRow) -> Result<(SubscriptionId, SubscriptionGrant), StoreError> {
    let columns = Columns::of("subscription_grant", row);
    let grant = SubscriptionGrant {
        metric: columns.named("metric", Metric::from_name)?,
        seats: columns.count("seats")?,
        edition: columns.parsed("edition")?,
        counted_as: columns.named("counted_as", Metric::from_name)?,
        over_limit: read_over_limit(&columns)?,
        after_end_days: columns.count("after_end_days")?,
        features: columns.parsed("features")?,
    };
    Ok((columns.parsed("subscription")?, grant))
}
