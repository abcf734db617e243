//! `waybill-proxy`: commands that read, call the library and print. What a file means and what follows from it is decided in
//! `verifier`; where the state lies and when it is written, in the library beside this.

mod args;
mod commands;
mod console;
mod edge;
mod roots;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let json = cli.json;
    let done = commands::run(cli);
    console::finish(done, json)
}
