//! What the demo needs besides the commands: a vendor, a browser without a screen, and sites without a
//! network.

mod browser;
mod site;
mod vendor;

pub(crate) use browser::Browser;
pub(crate) use site::Site;
pub(crate) use vendor::{CUSTOMER, CUSTOMER_EMAIL, STAFF_EMAIL, VENDOR, Vendor, secret};
