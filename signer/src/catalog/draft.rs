//! What is filled in for a subscription, and what it becomes. A check lists every problem.

use std::collections::BTreeMap;

use license_format::{LicenseType, Metric, Timestamp, payload::OverLimit};

use super::{
    Subscription, SubscriptionGrant, SubscriptionId,
    rules::{Usual, check_dates, check_features, check_grant, check_periods},
};
use crate::{
    people::AccountId,
    problem::{Problem, Problems},
};

/// What is filled in for a new subscription.
#[derive(Debug, Clone)]
pub struct SubscriptionDraft {
    /// Whose it will be.
    pub account: AccountId,
    /// The vendor's product.
    pub product: String,
    /// What is licensed.
    pub license_type: LicenseType,
    /// Start of the contract, inclusive.
    pub start: Timestamp,
    /// End of the contract, exclusive.
    pub end: Timestamp,
    /// Whether it is a trial.
    pub trial: bool,
    /// Whether the vendor allows offline use.
    pub offline_use: bool,
    /// Days for which a file is good.
    pub file_days: u64,
    /// Days after which the next report is due.
    pub report_days: u64,
    /// Days for which a file is still honoured after it was good.
    pub grace_days: u64,
    /// Hours by which a clock may be set back without consequence.
    pub clock_tolerance_hours: u64,
    /// What was bought, one entry for each metric.
    pub grants: Vec<GrantDraft>,
}

/// What is filled in for one metric.
#[derive(Debug, Clone)]
pub struct GrantDraft {
    /// Of what.
    pub metric: Metric,
    /// How many.
    pub seats: u64,
    /// The product's edition.
    pub edition: String,
    /// What happens over the limit.
    pub over_limit: OverLimit,
    /// Days after the contract's end for which the grant still holds.
    pub after_end_days: u64,
    /// Extra facts, a line `NAME=VALUE` for each.
    pub features: String,
}

/// What is to change of a subscription; `None` and absent metrics stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionChange {
    /// The vendor's product.
    pub product: Option<String>,
    /// Start of the contract.
    pub start: Option<Timestamp>,
    /// End of the contract.
    pub end: Option<Timestamp>,
    /// Whether it is a trial.
    pub trial: Option<bool>,
    /// Whether the vendor allows offline use.
    pub offline_use: Option<bool>,
    /// Whether it gives no new licenses for now.
    pub suspended: Option<bool>,
    /// Days for which a file is good.
    pub file_days: Option<u64>,
    /// Days after which the next report is due.
    pub report_days: Option<u64>,
    /// Days for which a file is still honoured after it was good.
    pub grace_days: Option<u64>,
    /// Hours by which a clock may be set back.
    pub clock_tolerance_hours: Option<u64>,
    /// What is to change of its grants, by the metric that each is of now.
    pub grants: BTreeMap<Metric, GrantChange>,
}

/// What is to change of one grant; `None` stays as it is. Licenses in the field change with their next refresh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantChange {
    /// How many seats.
    pub seats: Option<u64>,
    /// The product's edition.
    pub edition: Option<String>,
    /// What the seats are sold as from now on: per computer to per user, say. Until their refresh, licenses in the field count as what
    /// they are sold as now.
    pub metric: Option<Metric>,
    /// What happens over the limit.
    pub over_limit: Option<OverLimit>,
    /// Days after the contract's end for which the grant still holds.
    pub after_end_days: Option<u64>,
    /// All of the extra facts, a line `NAME=VALUE` for each.
    pub features: Option<String>,
}

impl SubscriptionDraft {
    /// A draft with the product and terms that are usual for the license type. Offline use is off until staff allow it.
    pub fn new(
        account: AccountId,
        license_type: LicenseType,
        seats: u64,
        start: Timestamp,
        end: Timestamp,
    ) -> SubscriptionDraft {
        let usual = Usual::of(license_type);
        SubscriptionDraft {
            account,
            product: usual.product.to_owned(),
            license_type,
            start,
            end,
            trial: false,
            offline_use: false,
            file_days: 90,
            report_days: 60,
            grace_days: usual.grace_days,
            clock_tolerance_hours: 24,
            grants: vec![GrantDraft {
                metric: usual.metric,
                seats,
                edition: usual.edition.to_owned(),
                over_limit: usual.over_limit,
                after_end_days: usual.after_end_days,
                features: String::new(),
            }],
        }
    }

    /// The subscription, or everything that is wrong with the draft.
    pub(super) fn check(
        &self,
        id: impl FnOnce() -> SubscriptionId,
        now: Timestamp,
    ) -> Result<Subscription, Vec<Problem>> {
        let mut problems = Problems::default();
        let product = problems.label("product", &self.product);
        check_dates(&mut problems, self.start, self.end);
        problems.demand(
            now < self.end,
            "end",
            "end-past",
            "the contract has ended already",
            "Choose a later end.",
        );
        check_periods(
            &mut problems,
            self.file_days,
            self.report_days,
            self.grace_days,
            self.clock_tolerance_hours,
        );
        problems.demand(
            !self.grants.is_empty(),
            "grants",
            "grants-none",
            "nothing is granted",
            "Add a number of seats.",
        );
        let mut grants: Vec<SubscriptionGrant> = Vec::new();
        for draft in &self.grants {
            problems.demand(
                !grants.iter().any(|grant| grant.metric == draft.metric),
                "grants",
                "metric-twice",
                format!("seats for a {} are granted twice", draft.metric.noun()),
                "Put all seats of one kind together.",
            );
            let edition = problems.label("edition", &draft.edition);
            let GrantDraft { metric, seats, over_limit, after_end_days, .. } = *draft;
            check_grant(&mut problems, self.license_type, draft);
            let features = check_features(&mut problems, &draft.features);
            grants.extend(edition.zip(features).map(|(edition, features)| SubscriptionGrant {
                metric,
                seats,
                edition,
                counted_as: metric,
                over_limit,
                after_end_days,
                features,
            }));
        }
        let product = match (product, problems.into_result()) {
            (Some(product), Ok(())) => product,
            (_, outcome) => return Err(outcome.err().unwrap_or_default()),
        };
        Ok(Subscription {
            id: id(),
            account: self.account.clone(),
            product,
            license_type: self.license_type,
            created: now,
            start: self.start,
            end: self.end,
            trial: self.trial,
            offline_use: self.offline_use,
            suspended: false,
            file_days: self.file_days,
            report_days: self.report_days,
            grace_days: self.grace_days,
            clock_tolerance_hours: self.clock_tolerance_hours,
            grants,
            version: 1,
        })
    }
}

impl SubscriptionChange {
    /// A change of one grant alone.
    pub fn of_grant(metric: Metric, change: GrantChange) -> SubscriptionChange {
        SubscriptionChange { grants: [(metric, change)].into(), ..SubscriptionChange::default() }
    }

    /// The subscription as it will be, or everything that is wrong with that.
    pub(super) fn apply(&self, to: &Subscription) -> Result<Subscription, Vec<Problem>> {
        let mut problems = Problems::default();
        let mut after = to.clone();
        if let Some(product) = &self.product {
            after.product = problems.label("product", product).unwrap_or(after.product);
        }
        after.start = self.start.unwrap_or(to.start);
        after.end = self.end.unwrap_or(to.end);
        after.trial = self.trial.unwrap_or(to.trial);
        after.offline_use = self.offline_use.unwrap_or(to.offline_use);
        after.suspended = self.suspended.unwrap_or(to.suspended);
        after.file_days = self.file_days.unwrap_or(to.file_days);
        after.report_days = self.report_days.unwrap_or(to.report_days);
        after.grace_days = self.grace_days.unwrap_or(to.grace_days);
        after.clock_tolerance_hours = self.clock_tolerance_hours.unwrap_or(to.clock_tolerance_hours);
        check_dates(&mut problems, after.start, after.end);
        check_periods(
            &mut problems,
            after.file_days,
            after.report_days,
            after.grace_days,
            after.clock_tolerance_hours,
        );
        for (metric, change) in &self.grants {
            match to.grants.iter().position(|grant| grant.metric == *metric) {
                Some(at) => change.apply(at, &mut after, &mut problems),
                None => problems.add(
                    "seats",
                    "metric-absent",
                    format!("this subscription has no seats for a {}", metric.noun()),
                    "Choose one of the kinds that it has.",
                ),
            }
        }
        problems.into_result().map(|()| after)
    }
}

impl GrantChange {
    /// Changes the grant at a place of a subscription, or notes what is wrong with that.
    fn apply(&self, at: usize, to: &mut Subscription, problems: &mut Problems) {
        let mut after = to.grants[at].clone();
        after.seats = self.seats.unwrap_or(after.seats);
        after.over_limit = self.over_limit.unwrap_or(after.over_limit);
        after.after_end_days = self.after_end_days.unwrap_or(after.after_end_days);
        if let Some(edition) = &self.edition {
            after.edition = problems.label("edition", edition).unwrap_or(after.edition);
        }
        if let Some(features) = &self.features {
            after.features = check_features(problems, features).unwrap_or(after.features);
        }
        if let Some(new) = self.metric {
            let mut others = to.grants.iter().enumerate().filter(|(other, _)| *other != at);
            let taken = others.any(|(_, grant)| grant.metric == new || grant.counted_as == new);
            problems.demand(
                !taken,
                "metric",
                "metric-twice",
                format!("seats for a {} are sold already", new.noun()),
                "Put all seats of one kind together.",
            );
            after.metric = if taken { after.metric } else { new };
        }
        check_grant(problems, to.license_type, &after.draft());
        to.grants[at] = after;
    }
}
