//! What is agreed upon for a subscription's files and seats, as it is typed.

use license_format::payload::OverLimit;
use signer::catalog::{GrantChange, GrantDraft, SubscriptionChange, SubscriptionGrant};

/// What was agreed upon for its seats; what is not given is as usual at first, and later stays as it is. What changes reaches each
/// installation with its next refresh.
#[derive(Debug, clap::Args)]
pub(crate) struct GrantTerms {
    /// The edition
    #[arg(long, value_name = "NAME")]
    edition: Option<String>,
    /// Over the limit: notify only, suspend after so many DAYS, or refuse
    #[arg(long, value_name = "notify|DAYS|refuse", value_parser = over_limit)]
    over_limit: Option<OverLimit>,
    /// For how many days the seats hold after the contract's end
    #[arg(long, value_name = "DAYS")]
    after_end_days: Option<u64>,
    /// An extra fact for the product, true where no value is given; repeat it for each, those not given are taken away
    #[arg(long = "feature", value_name = "NAME[=VALUE]")]
    features: Vec<String>,
    /// Take all extra facts away
    #[arg(long, conflicts_with = "features")]
    no_features: bool,
}

/// The periods of its files; those that are not given stay as they are.
#[derive(Debug, clap::Args)]
pub(crate) struct Terms {
    /// For how many days a file is good
    #[arg(long, value_name = "DAYS")]
    file_days: Option<u64>,
    /// After how many days the next report is due
    #[arg(long, value_name = "DAYS")]
    report_days: Option<u64>,
    /// For how many days a file is honoured after it was good
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u64>,
    /// By how many hours a clock may be set back
    #[arg(long, value_name = "HOURS")]
    clock_tolerance_hours: Option<u64>,
}

impl Terms {
    pub(super) fn change(self) -> SubscriptionChange {
        SubscriptionChange {
            file_days: self.file_days,
            report_days: self.report_days,
            grace_days: self.grace_days,
            clock_tolerance_hours: self.clock_tolerance_hours,
            ..SubscriptionChange::default()
        }
    }
}

impl GrantTerms {
    pub(super) fn change(self) -> GrantChange {
        let features = self.no_features.then(String::new);
        let given = (!self.features.is_empty()).then(|| self.features.join("\n"));
        GrantChange {
            edition: self.edition,
            over_limit: self.over_limit,
            after_end_days: self.after_end_days,
            features: features.or(given),
            ..GrantChange::default()
        }
    }

    /// What is new begins with them.
    pub(super) fn fill(self, drafts: &mut [GrantDraft]) {
        let given = self.change();
        for draft in drafts {
            draft.edition = given.edition.clone().unwrap_or_else(|| draft.edition.clone());
            draft.over_limit = given.over_limit.unwrap_or(draft.over_limit);
            draft.after_end_days = given.after_end_days.unwrap_or(draft.after_end_days);
            draft.features = given.features.clone().unwrap_or_else(|| draft.features.clone());
        }
    }
}

/// What was agreed upon for a grant, in a line.
pub(super) fn agreed(grant: &SubscriptionGrant) -> String {
    let over = match grant.over_limit {
        OverLimit::Notify => "notify over the limit".to_owned(),
        OverLimit::SuspendAfterDays(days) => format!("suspend after {days} days over the limit"),
        OverLimit::Refuse => "refuse what goes over the limit".to_owned(),
    };
    let mut text = format!("{}, {over}, {} days after the end", grant.edition, grant.after_end_days);
    if !grant.features.is_empty() {
        text = format!("{text}, {}", grant.features.to_string().replace('\n', ", "));
    }
    text
}

/// As typed: `notify`, `refuse`, or days until suspension.
fn over_limit(text: &str) -> Result<OverLimit, String> {
    match text {
        "notify" => Ok(OverLimit::Notify),
        "refuse" => Ok(OverLimit::Refuse),
        _ => match text.parse() {
            Ok(days) => Ok(OverLimit::SuspendAfterDays(days)),
            Err(_) => Err("it is notify, refuse, or a number of days".to_owned()),
        },
    }
}
