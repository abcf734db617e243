//! `usage`: says how much is in use.

use license_format::{LicenseType, limits};
use waybill_proxy::{Proxy, json};

use super::Context;
use crate::{
    args::license_type,
    console::{Failure, Page, Report, counted},
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Takes a count of what is in use now
    Set {
        /// What is licensed
        #[arg(long, value_name = "TYPE", value_parser = license_type())]
        license_type: LicenseType,

        /// How many are in use
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=limits::INTEGER))]
        count: u64,
    },
}

pub(crate) fn run(command: Command, context: Context) -> Result<Report, Failure> {
    let Command::Set { license_type, count } = command;
    let mut proxy = Proxy::open(context.dir)?;
    proxy.set_usage(license_type, count, context.now)?;
    let slot = proxy.installation().status(license_type, context.now);
    let mut page = Page::default();
    let in_use = counted(count, slot.metric.noun());
    page.line(&match slot.seats {
        Some(seats) => format!("{}: {in_use} in use, of {seats}", license_type.title()),
        None => format!("{}: {in_use} in use", license_type.title()),
    });
    slot.notices.iter().for_each(|note| page.note(note));
    Ok(Report::yes(page.into_text(), json::slot(&slot)))
}
