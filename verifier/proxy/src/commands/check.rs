//! `check`: asks whether the license allows something now.

use license_format::{LicenseType, limits};
use serde_json::json;
use verifier::installation::{Permit, SlotState};
use waybill_proxy::{Proxy, json};

use super::Context;
use crate::{
    args::license_type,
    console::{Failure, Page, Report, counted},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What is licensed
    #[arg(long, value_name = "TYPE", value_parser = license_type())]
    license_type: LicenseType,

    /// How many are to be added; without it, whether what is in use may go on
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=limits::INTEGER))]
    add: u64,
}

pub(crate) fn run(args: Args, context: Context) -> Result<Report, Failure> {
    let installation = Proxy::look(&context.dir, context.now)?;
    let Args { license_type, add } = args;
    let Permit { allowed, status } = installation.check(license_type, add, context.now);
    let asked = match add {
        0 => "what is in use may go on".to_owned(),
        _ => format!("{} may be added", counted(add, status.metric.noun())),
    };
    let mut page = Page::default();
    let verdict = if allowed { "Yes" } else { "No" };
    page.line(&format!("{verdict}: {}, {asked}", license_type.title()));
    let mut json = json::slot(&status);
    json["allowed"] = json!(allowed);
    json["add"] = json!(add);
    if allowed {
        status.notices.iter().for_each(|note| page.note(note));
        return Ok(Report::yes(page.into_text(), json));
    }
    let reason = match (status.state, status.notices.first()) {
        (SlotState::Active, Some(note)) => Failure::of(note),
        _ => Failure::refused("not-active", format!("{} is not activated", license_type.title()))
            .next("Prepare an activation with the license key."),
    };
    Ok(Report { text: page.into_text(), json, refused: Some(reason) })
}
