//! The `waybill` command: hands that read, call and print.
//!
//! One command is one file in `commands`. Absent on purpose: rules. What may be had, what is genuine and what a file is,
//! the other rooms say; this one only carries their words to a terminal, and its exit codes stand in [`outcome`].

mod commands;
mod data_dir;
mod demo;
mod diagnostic;
mod edge;
mod errors;
mod files;
mod http;
mod outcome;
mod portal;
mod secret;
mod show;

use std::{io::Write as _, process::ExitCode};

use clap::{Parser, error::ErrorKind};

use crate::{
    commands::Command,
    data_dir::DataDirArgs,
    outcome::{Exit, Failure, Report},
};

/// Offline activation: signed license files that people carry across an air gap.
#[derive(Debug, Parser)]
#[command(
    name = "waybill",
    version,
    max_term_width = 120,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(flatten)]
    data_dir: DataDirArgs,

    /// Print one JSON object in place of text
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

/// What every command is given.
pub(crate) struct Context {
    data_dir: DataDirArgs,
    json: bool,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return not_understood(&error).into(),
    };
    let context = Context { data_dir: arguments.data_dir, json: arguments.json };
    let result = run(arguments.command, &context);
    outcome::finish(result, context.json).into()
}

fn run(command: Command, context: &Context) -> Result<Report, Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        let says = format!("the operating system gives no threads: {error}");
        Failure::new(Exit::CouldNotTell, "no-threads", says, "Close other programs, then try again.")
    })?;
    runtime.block_on(command.run(context))
}

/// Help and version are answers; anything else that does not parse is a misuse, told in the form of every other error.
fn not_understood(error: &clap::Error) -> Exit {
    let shown = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if shown {
        // A terminal that cannot be written to is told nothing more.
        let _ = error.print();
        return if error.use_stderr() { Exit::Misuse } else { Exit::Yes };
    }
    let text = error.render().to_string();
    let says = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("tip:"));
    let says = says.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let says = says.strip_prefix("error: ").unwrap_or(&says).to_owned();
    let next = match text.lines().map(str::trim).find(|line| line.starts_with("Usage:")) {
        Some(usage) => usage.to_owned(),
        None => "Usage: waybill --help".to_owned(),
    };
    let json = std::env::args_os().any(|argument| argument == "--json");
    let _ = std::io::stdout().flush();
    outcome::finish(Err(Failure::misuse("usage", says, next)), json)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::Arguments::command().debug_assert();
    }
}
