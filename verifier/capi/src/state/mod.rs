//! All that needs a state directory, the clock or randomness: the life of an installation.

mod edge;
mod installation;
mod outcome;
mod request;
mod slot;
mod verdict;
mod verdict_fields;

pub use installation::*;
pub use outcome::*;
pub use request::*;
pub use slot::{WaybillLicenseType, WaybillMetric};
pub use verdict::*;
pub use verdict_fields::*;
