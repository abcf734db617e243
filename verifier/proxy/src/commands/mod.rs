//! The commands, each in a file of its own.

pub(crate) mod check;
pub(crate) mod import;
pub(crate) mod prepare;
pub(crate) mod setup;
pub(crate) mod status;
pub(crate) mod usage;

use std::{
    io::{self, Read as _},
    path::Path,
};

use license_format::{Timestamp, UnverifiedFile, limits};
use waybill_proxy::{ProxyError, StateDir};

use crate::{
    args::{Cli, Command},
    console::{Failure, Report},
    edge,
};

/// What every command is given besides its own arguments.
pub(crate) struct Context {
    pub(crate) dir: StateDir,
    pub(crate) now: Timestamp,
    pub(crate) json: bool,
}

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli) -> Result<Report, Failure> {
    #[cfg(feature = "test-clock")]
    let now = cli.now.unwrap_or_else(edge::now);
    #[cfg(not(feature = "test-clock"))]
    let now = edge::now();
    let dir = StateDir::at(cli.state_dir);
    let context = Context { dir, now, json: cli.json };
    match cli.command {
        Command::Setup(args) => setup::run(args, context),
        Command::Prepare(command) => prepare::run(command, context),
        Command::Import(args) => import::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Usage(command) => usage::run(command, context),
        Command::Check(args) => check::run(args, context),
    }
}

/// Reads a Waybill file in either spelling, and no more of it than a Waybill file can have. `-` is standard input.
fn read_file(path: &Path) -> Result<UnverifiedFile, Failure> {
    let mut bytes = Vec::new();
    let limit = limits::ARMOUR_BYTES as u64 + 1;
    let read = if path.as_os_str() == "-" {
        io::stdin().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|source| ProxyError::FileUnreadable { file: path.to_owned(), source })?;
    Ok(UnverifiedFile::read(&bytes).map_err(ProxyError::from)?)
}
