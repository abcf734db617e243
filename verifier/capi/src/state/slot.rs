//! The enumerations that name a slot and what is counted in it. As in `values`, C may pass any number for them.

use license_format::{LicenseType, Metric};

use crate::{result::Failure, values};

/// What is licensed; an installation has one slot for each.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaybillLicenseType {
    /// Mac computers managed through ConfigMgr.
    Desktop = 1,
    /// Mobile devices managed through ConfigMgr.
    Mobile = 2,
    /// A farm of session hosts with concurrent users.
    Farm = 3,
    /// Computers and named users.
    Computers = 4,
}

/// What a seat is.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaybillMetric {
    /// A device under management.
    ManagedDevice = 1,
    /// A user at work at the same time as others.
    ConcurrentUser = 2,
    /// A computer.
    Computer = 3,
    /// A named user.
    User = 4,
}

const LICENSE_TYPES: [(u32, LicenseType); 4] = [
    (WaybillLicenseType::Desktop as u32, LicenseType::Desktop),
    (WaybillLicenseType::Mobile as u32, LicenseType::Mobile),
    (WaybillLicenseType::Farm as u32, LicenseType::Farm),
    (WaybillLicenseType::Computers as u32, LicenseType::Computers),
];

const METRICS: [(u32, Metric); 4] = [
    (WaybillMetric::ManagedDevice as u32, Metric::ManagedDevice),
    (WaybillMetric::ConcurrentUser as u32, Metric::ConcurrentUser),
    (WaybillMetric::Computer as u32, Metric::Computer),
    (WaybillMetric::User as u32, Metric::User),
];

/// The license type with a number of C.
pub(crate) fn license_type(number: u32) -> Result<LicenseType, Failure> {
    values::from_number(&LICENSE_TYPES, number, "license type")
}

/// The number of a license type for C.
pub(crate) fn license_type_number(license_type: LicenseType) -> u32 {
    values::to_number(&LICENSE_TYPES, license_type)
}

/// The metric with a number of C.
pub(crate) fn metric(number: u32) -> Result<Metric, Failure> {
    values::from_number(&METRICS, number, "metric")
}

/// The number of a metric for C.
pub(crate) fn metric_number(metric: Metric) -> u32 {
    values::to_number(&METRICS, metric)
}
