//! The rules that a subscription is checked by, and what is usual for each license type.

use license_format::{LicenseType, Metric, Timestamp, payload::OverLimit};

use super::GrantDraft;
use crate::{
    exchange::{Features, FeaturesError},
    problem::Problems,
};

/// Most seats of one metric: far more than any customer, far fewer than would overflow a sum of them.
const MOST_SEATS: u64 = 100_000_000;
/// Most days of any period: ten years, as the format has it.
const MOST_DAYS: u64 = 3650;
/// Most hours by which a clock may be set back: a month.
const MOST_TOLERANCE: u64 = 31 * 24;

pub(super) fn check_dates(problems: &mut Problems, start: Timestamp, end: Timestamp) {
    problems.demand(
        start < end,
        "end",
        "dates-order",
        format!("the contract would end on {} and begin on {}", end.date(), start.date()),
        "Choose an end after the start.",
    );
}

pub(super) fn check_periods(problems: &mut Problems, file: u64, report: u64, grace: u64, tolerance: u64) {
    problems.demand(
        (1..=MOST_DAYS).contains(&file),
        "file_days",
        "file-days",
        format!("a file is good for 1 to {MOST_DAYS} days"),
        "Choose a number of days in between; 90 is usual.",
    );
    problems.demand(
        (1..=file.max(1)).contains(&report),
        "report_days",
        "report-days",
        format!("a report is due after 1 to {file} days, which is how long the file is good"),
        "Choose a number of days in between; 60 is usual.",
    );
    problems.demand(
        grace <= MOST_DAYS,
        "grace_days",
        "grace-days",
        format!("grace is at most {MOST_DAYS} days"),
        "Choose fewer days; 14 is usual.",
    );
    problems.demand(
        tolerance <= MOST_TOLERANCE,
        "clock_tolerance_hours",
        "clock-tolerance",
        format!("a clock may be set back by at most {MOST_TOLERANCE} hours"),
        "Choose fewer hours; 24 is usual.",
    );
}

pub(super) fn check_seats(problems: &mut Problems, seats: u64) {
    problems.demand(
        (1..=MOST_SEATS).contains(&seats),
        "seats",
        "seats",
        format!("seats are 1 to {MOST_SEATS}"),
        "Choose a number in between; to give none for a while, suspend the subscription.",
    );
}

pub(super) fn check_grant(problems: &mut Problems, license_type: LicenseType, grant: &GrantDraft) {
    check_seats(problems, grant.seats);
    problems.demand(
        metrics(license_type).contains(&grant.metric),
        "grants",
        "metric-type",
        format!("{} licenses do not count a {}", license_type.title(), grant.metric.noun()),
        "Choose the license type that counts it.",
    );
    // The promise *safe*: under managed-device terms nothing ever stops a device that is already managed.
    problems.demand(
        grant.metric != Metric::ManagedDevice || grant.over_limit == OverLimit::Notify,
        "over_limit",
        "managed-device-stops",
        "management of devices never stops over a limit",
        "Choose to notify only.",
    );
    let grace = match grant.over_limit {
        OverLimit::SuspendAfterDays(days) => days,
        OverLimit::Notify | OverLimit::Refuse => 1,
    };
    problems.demand(
        (1..=MOST_DAYS).contains(&grace),
        "over_limit",
        "over-limit-days",
        format!("suspension comes after 1 to {MOST_DAYS} days over the limit"),
        "Choose a number of days in between, or to refuse at once.",
    );
    problems.demand(
        grant.after_end_days <= MOST_DAYS,
        "after_end_days",
        "after-end-days",
        format!("a grant holds for at most {MOST_DAYS} days after the contract's end"),
        "Choose fewer days.",
    );
}

/// The extra facts of a grant, or the problem with them.
pub(super) fn check_features(problems: &mut Problems, text: &str) -> Option<Features> {
    let features: Result<Features, FeaturesError> = text.parse();
    if let Err(error) = &features {
        problems.add(
            "features",
            "features",
            error.to_string(),
            "Type a line such as support=gold for each, with a value of true, false, a number or a text.",
        );
    }
    features.ok()
}

/// What licenses of a type may count.
fn metrics(license_type: LicenseType) -> &'static [Metric] {
    match license_type {
        LicenseType::Desktop | LicenseType::Mobile => &[Metric::ManagedDevice],
        LicenseType::Farm => &[Metric::ConcurrentUser],
        LicenseType::Computers => &[Metric::Computer, Metric::User],
    }
}

/// What is usual for a license type: the three guides' behaviours as rows of data (design, section 5).
pub(super) struct Usual {
    pub(super) product: &'static str,
    pub(super) edition: &'static str,
    pub(super) metric: Metric,
    pub(super) over_limit: OverLimit,
    pub(super) after_end_days: u64,
    pub(super) grace_days: u64,
}

impl Usual {
    pub(super) fn of(license_type: LicenseType) -> Usual {
        let devices = Usual {
            product: "Mac Management",
            edition: "Standard",
            metric: Metric::ManagedDevice,
            over_limit: OverLimit::Notify,
            after_end_days: 0,
            grace_days: 14,
        };
        match license_type {
            LicenseType::Desktop => devices,
            LicenseType::Mobile => Usual { product: "Device Management", ..devices },
            LicenseType::Farm => Usual {
                product: "Remote Application Server",
                metric: Metric::ConcurrentUser,
                over_limit: OverLimit::SuspendAfterDays(7),
                after_end_days: 30,
                grace_days: 30,
                ..devices
            },
            LicenseType::Computers => Usual {
                product: "Desktop",
                edition: "Business",
                metric: Metric::Computer,
                over_limit: OverLimit::Refuse,
                ..devices
            },
        }
    }
}
