//! The `waybill` command: hands that read, call and print.
//!
//! One command is one file in `commands`. Absent on purpose: rules. What may be had, what is genuine and what a file is,
//! the other rooms say; this one only carries their words to a terminal, and its exit codes stand in [`outcome`].

mod bundle;
mod commands;
mod conformance;
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

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, error::ErrorKind};

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
    let mut lines = text.lines().map(str::trim);
    let says: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let says = says.join(" ");
    let tip = lines.find_map(|line| line.strip_prefix("tip: "));
    let says = match (says.strip_prefix("error: ").unwrap_or(&says), tip) {
        (says, Some(tip)) => format!("{says}; {tip}"),
        (says, None) => says.to_owned(),
    };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let next = format!("`{} --help` tells how.", command_name(&arguments));
    outcome::finish(Err(Failure::misuse("usage", says, next)), json)
}

/// The command that was meant, as far as its words were right.
fn command_name(arguments: &[String]) -> String {
    let mut command = &Arguments::command();
    let mut name = command.get_name().to_owned();
    for argument in arguments {
        if let Some(found) = command.find_subcommand(argument) {
            name = format!("{name} {argument}");
            command = found;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_is_offered_for_the_command_that_was_meant() {
        let name = |text: &str| command_name(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(name("--data-dir vendor account show Contoso"), "waybill account show");
        assert_eq!(name("sell"), "waybill");
    }
}
