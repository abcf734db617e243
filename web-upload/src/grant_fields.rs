//! The fields of one grant in the form that changes a subscription: what they are called, what stands in them, and what they say.

use license_format::{LicenseType, Metric, payload::OverLimit};
use signer::catalog::{GrantChange, SubscriptionGrant};

use crate::draft::Draft;

/// The names of the fields of one metric.
#[derive(Debug)]
pub(crate) struct GrantFields {
    pub(crate) noun: &'static str,
    pub(crate) seats: String,
    pub(crate) edition: String,
    pub(crate) metric: String,
    pub(crate) over_limit: String,
    pub(crate) over_limit_days: String,
    pub(crate) after_end_days: String,
    pub(crate) features: String,
    /// What a seat may be for, where there is a choice.
    pub(crate) metrics: Vec<Metric>,
    /// What may happen over the limit. Management of devices never stops, so there it is one thing.
    pub(crate) over_limits: Vec<(&'static str, &'static str)>,
}

/// Names and words for what may happen over the limit.
const OVER_LIMITS: [(&str, &str); 3] = [
    ("notify", "It is said, and nothing stops"),
    ("suspend", "Suspended after the days below"),
    ("refuse", "What would go over is refused"),
];

impl GrantFields {
    /// Those of a license type's metric.
    pub(crate) fn of(license_type: LicenseType, metric: Metric) -> GrantFields {
        let field = |what: &str| format!("{what}-{}", metric.name());
        GrantFields {
            noun: metric.noun(),
            seats: field("seats"),
            edition: field("edition"),
            metric: field("metric"),
            over_limit: field("over-limit"),
            over_limit_days: field("over-limit-days"),
            after_end_days: field("after-end-days"),
            features: field("features"),
            metrics: match license_type {
                LicenseType::Computers => vec![Metric::Computer, Metric::User],
                _ => Vec::new(),
            },
            over_limits: match metric {
                Metric::ManagedDevice => Vec::new(),
                _ => OVER_LIMITS.into(),
            },
        }
    }

    /// A grant as it stands, by field.
    pub(crate) fn values(&self, grant: &SubscriptionGrant) -> Vec<(String, String)> {
        let (over_limit, days) = match grant.over_limit {
            OverLimit::Notify => ("notify", String::new()),
            OverLimit::SuspendAfterDays(days) => ("suspend", days.to_string()),
            OverLimit::Refuse => ("refuse", String::new()),
        };
        let values = [
            (&self.seats, grant.seats.to_string()),
            (&self.edition, grant.edition.to_string()),
            (&self.metric, grant.metric.name().to_owned()),
            (&self.over_limit, over_limit.to_owned()),
            (&self.over_limit_days, days),
            (&self.after_end_days, grant.after_end_days.to_string()),
            (&self.features, grant.features.to_string()),
        ];
        values.map(|(field, value)| (field.clone(), value)).into()
    }

    /// What was filled in. What is no number is noted in the form; what is wrong otherwise the catalog says.
    pub(crate) fn change(&self, form: &mut Draft) -> GrantChange {
        let days = form.number_in(&self.over_limit_days, "over_limit", "the days over the limit");
        let over_limit = match form.value(&self.over_limit) {
            "notify" => Some(OverLimit::Notify),
            "suspend" => Some(OverLimit::SuspendAfterDays(days.unwrap_or(0))),
            "refuse" => Some(OverLimit::Refuse),
            _ => None,
        };
        GrantChange {
            seats: form.number_in(&self.seats, "seats", "the number of seats"),
            edition: Some(form.value(&self.edition).to_owned()),
            metric: Metric::from_name(form.value(&self.metric)),
            over_limit,
            after_end_days: form.number_in(
                &self.after_end_days,
                "after_end_days",
                "the days after the contract's end",
            ),
            features: Some(form.value(&self.features).to_owned()),
        }
    }
}
