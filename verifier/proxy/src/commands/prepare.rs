//! `prepare`: saves a request file to carry to the portal.

use std::{io::Read as _, path::PathBuf};

use license_format::{Kind, LicenseKey, LicenseType};
use serde_json::json;
use verifier::installation::{Moment, PrepareError, Prepared, Saved};
use waybill_proxy::{Ask, Machine, Output, Proxy, ProxyError};
use zeroize::Zeroizing;

use super::Context;
use crate::{
    args::license_type,
    console::{Failure, Page, Report, warn},
    edge,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Asks for a first license, by its key
    Activation {
        #[command(flatten)]
        what: What,

        /// The license key, or - to read it from standard input
        #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
        license_key: String,
    },
    /// Asks for the newest seats and dates, and reports what is in use
    Refresh {
        #[command(flatten)]
        what: What,
    },
    /// Stops using the license here, and says so
    Deactivation {
        #[command(flatten)]
        what: What,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct What {
    /// What is licensed
    #[arg(long, value_name = "TYPE", value_parser = license_type())]
    license_type: LicenseType,

    /// The file to save [default: a telling name in the current folder]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A key is 29 characters as printed; this leaves room for what a word processor makes of it.
const KEY_INPUT_BYTES: u64 = 1024;

pub(crate) fn run(command: Command, context: Context) -> Result<Report, Failure> {
    let (what, ask) = match command {
        Command::Activation { what, license_key } => (what, Ask::Activation(read_key(&license_key)?)),
        Command::Refresh { what } => (what, Ask::Refresh),
        Command::Deactivation { what } => (what, Ask::Deactivation),
    };
    let output = match what.output {
        Some(path) => Output::File(path),
        None => Output::Folder(PathBuf::new()),
    };
    let moment = Moment { now: context.now, nonce: edge::nonce()? };
    let mut proxy = Proxy::open(context.dir)?;
    let (prepared, path, warnings) =
        proxy.prepare(what.license_type, &ask, &Machine::here(), moment, &output)?;
    warnings.iter().for_each(|warning| warn(warning));

    let Prepared { request, saved } = &prepared;
    let file = path.display().to_string();
    let mut page = Page::default();
    page.line(&format!("Saved {file}"));
    page.line(&describe(&prepared, &ask));
    again(&prepared).iter().for_each(|line| page.line(line));
    if request.kind() == Kind::DeactivationRequest {
        page.line(&format!(
            "{} is deactivated here from now on. Its license key is free for another installation only once the portal has \
             this file.",
            request.license_type().title()
        ));
    }
    page.next(
        "carry this file to the vendor's portal, upload it there, and bring back the file that it gives:",
    );
    page.line("      waybill-proxy import FILE");
    let json = json!({
        "file": path,
        "kind": request.kind(),
        "license_type": request.license_type(),
        "counter": request.counter(),
        "digest": request.digest(),
        "made": request.made().rfc3339(),
        "saved_again": *saved != Saved::New,
    });
    Ok(Report::yes(page.into_text(), json))
}

fn describe(prepared: &Prepared, ask: &Ask) -> String {
    let request = &prepared.request;
    let kind = request.kind().to_string();
    let kind = kind[..1].to_uppercase() + &kind[1..];
    let key = match ask {
        Ask::Activation(key) => format!(", license key ending in {}", key.last_group()),
        _ => String::new(),
    };
    format!("{kind} number {} for {}{key}", request.counter(), request.license_type().title())
}

/// Why it is a file from before, if it is one.
fn again(prepared: &Prepared) -> Option<String> {
    let made = prepared.request.made().minute();
    match prepared.saved {
        Saved::New => None,
        Saved::Again => Some(format!("It was made {made} and is saved again: nothing has changed since.")),
        Saved::AgainSinceFull => Some(format!(
            "It was made {made} and is saved again: so many requests wait for an answer that no new one may be made."
        )),
    }
}

fn read_key(text: &str) -> Result<LicenseKey, Failure> {
    let mut typed = Zeroizing::new(String::new());
    let text = if text == "-" {
        std::io::stdin().take(KEY_INPUT_BYTES).read_to_string(&mut typed).map_err(|error| {
            Failure::unknown("standard-input", format!("standard input could not be read: {error}"))
                .next("Give the license key on the first line of standard input.")
        })?;
        typed.trim()
    } else {
        text
    };
    let key: Result<LicenseKey, _> = text.parse();
    Ok(key.map_err(|error| ProxyError::from(PrepareError::from(error)))?)
}
