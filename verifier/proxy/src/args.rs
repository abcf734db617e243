//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, builder::PossibleValuesParser, builder::TypedValueParser};
use license_format::LicenseType;

use crate::commands::{check, import, prepare, setup, status, usage};

/// Licenses by signed files that people carry: activate, refresh and deactivate without a network.
#[derive(Debug, Parser)]
#[command(name = "waybill-proxy", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 yes, 1 refused, 2 misuse, 3 could not tell. Every refusal has a stable code and a next step."
)]
pub(crate) struct Cli {
    /// Where the installation lives
    #[arg(long, global = true, value_name = "DIR", default_value_os_t = waybill_proxy::default_state_dir())]
    pub(crate) state_dir: PathBuf,

    /// Prints one JSON object, also for a refusal
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// The time, in place of the clock's
    #[cfg(feature = "test-clock")]
    #[arg(long, global = true, value_name = "RFC3339", value_parser = instant)]
    pub(crate) now: Option<license_format::Timestamp>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes this server an installation: its key, its site, and whom it believes
    Setup(setup::Args),
    /// Saves a request file to carry to the portal
    #[command(subcommand)]
    Prepare(prepare::Command),
    /// Takes the file that the portal gave for a request
    Import(import::Args),
    /// Shows what is activated, until when, and what to do next
    Status(status::Args),
    /// Says how much is in use
    #[command(subcommand)]
    Usage(usage::Command),
    /// Asks whether the license allows something now
    Check(check::Args),
}

/// A license type on the command line.
pub(crate) fn license_type() -> impl TypedValueParser<Value = LicenseType> {
    PossibleValuesParser::new(LicenseType::ALL.map(LicenseType::name))
        .map(|name| name.parse().expect("one of the names offered"))
}

#[cfg(feature = "test-clock")]
fn instant(text: &str) -> Result<license_format::Timestamp, &'static str> {
    license_format::Timestamp::parse(text).ok_or("a time is a date, or like 2026-11-22T10:30:00Z")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        super::Cli::command().debug_assert();
    }
}
