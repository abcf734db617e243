//! `waybill trust`: the vendor's trust bundle, which a proxy is set up with.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
};

use license_format::UnverifiedFile;
use serde_json::json;
use signer::trust::History;

use super::trust_signing;
use crate::{
    Context, files,
    outcome::{Exit, Failure, Report},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Trust {
    /// Write what `waybill-proxy setup --trust` takes: to a file, or as text to standard output
    Export(Export),
    /// What the bundle in place says, or a proposal, or what holders have signed
    Show(trust_signing::Show),
    /// Propose another root key in the place of one that was lost or leaked, or a bundle without keys that are long over
    Propose(trust_signing::Propose),
    /// Sign a proposal with a root key, on the machine where that is
    Sign(trust_signing::Sign),
    /// Put what several holders have signed into one file
    Combine(trust_signing::Combine),
    /// Put a bundle in place that enough holders have signed
    Install(trust_signing::Install),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Trust {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let Export { output } = match self {
            Trust::Export(command) => command,
            Trust::Show(command) => return command.run(context),
            Trust::Propose(command) => return command.run(context).await,
            Trust::Sign(command) => return command.run(),
            Trust::Combine(command) => return command.run(),
            Trust::Install(command) => return command.run(context).await,
        };
        // Verified before it leaves: a proxy that is set up with something else is lost to the vendor. The bundles before go along, for
        // those who are behind.
        let history = History::read(&context.data_dir.made()?)?;
        let (trust, file) = (history.newest(), history.to_file());
        match output {
            Some(path) => {
                files::save(&path, &file.encode())?;
                let bundle = trust.bundle();
                let fingerprint = trust.root_fingerprint();
                let text = show::fields_and_fingerprint(
                    &[
                        ("trust bundle", &path.display()),
                        ("vendor", &bundle.vendor),
                        ("number", &bundle.number),
                    ],
                    &fingerprint,
                );
                let text = text
                    + "Give customers the fingerprint by another way than the file: `waybill-proxy setup` asks for it.\n";
                let json = json!({
                    "file": path,
                    "vendor": bundle.vendor,
                    "number": bundle.number,
                    "root_fingerprint": fingerprint,
                    "root_fingerprint_words": fingerprint.words(),
                });
                Ok(Report::new(text, json))
            }
            None => to_standard_output(&file, context.json),
        }
    }
}

/// Armour for eyes and for JSON, the file itself for a pipe.
fn to_standard_output(file: &UnverifiedFile, as_json: bool) -> Result<Report, Failure> {
    if as_json || io::stdout().is_terminal() {
        let armour = file.armour()?;
        return Ok(Report::new(armour.clone(), json!({ "armour": armour })));
    }
    let mut out = io::stdout().lock();
    out.write_all(&file.encode()).and_then(|()| out.flush()).map_err(|error| {
        let says = format!("standard output cannot be written: {error}");
        Failure::new(Exit::CouldNotTell, "output", says, "Name a file with --output.")
    })?;
    Ok(Report::new("", json!({})))
}
