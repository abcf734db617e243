//! `setup`: makes this server an installation.

use std::path::PathBuf;

use license_format::{Label, SiteCode, Thumbprint};
use serde_json::json;
use verifier::Fingerprint;
use waybill_proxy::{Machine, Proxy, ProxyError, SetUp};

use super::{Context, read_file};
use crate::{
    console::{Failure, Page, Report, can_ask},
    edge,
    roots::{self, Comparison},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The vendor's trust file, which says whose signatures count. Not needed where the vendor built it in
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// The root fingerprint that the vendor told you, in groups or words; asked for at the terminal when absent
    #[arg(long, value_name = "TEXT")]
    fingerprint: Option<String>,

    /// The ConfigMgr site code: three of A-Z and 0-9
    #[arg(long, value_name = "PS1", value_parser = site_code)]
    site_code: SiteCode,

    /// The ConfigMgr site's description
    #[arg(long, value_name = "TEXT")]
    site_description: Option<Label>,

    /// The server's name [default: what the machine is called]
    #[arg(long, value_name = "NAME")]
    name: Option<Label>,
}

pub(crate) fn run(args: Args, context: Context) -> Result<Report, Failure> {
    let Args { trust, fingerprint, site_code, site_description, name } = args;
    let file = trust.as_deref().map(read_file).transpose()?;
    let trust = roots::choose(file.as_ref(), &comparison(fingerprint.as_deref(), &context)?)?;
    let dir = context.dir.path().to_owned();
    let set_up = SetUp { trust, site_code, site_description, name };
    // Drawn whether it is needed or not, so that a system without randomness stops this before anything is written.
    let seed = edge::seed()?;
    let (proxy, is_new) = Proxy::set_up(context.dir, set_up, &Machine::here(), context.now, || seed)?;

    let installation = proxy.installation();
    let facts = installation.facts();
    let trust = installation.trust().map_err(ProxyError::from)?;
    let bundle = trust.bundle();
    let site = site_line(facts);
    let mut page = Page::default();
    page.line(match is_new {
        true => "This server is set up.",
        false => "This server was set up in the same way before; nothing has changed.",
    });
    page.blank();
    page.row("Site", &site);
    page.row("Server", facts.name.as_str());
    page.row("Installation", &installation.thumbprint().short());
    page.row("State", &dir.display().to_string());
    page.row("Vendor", bundle.vendor.as_str());
    roots::show(&mut page, &trust.root_fingerprint());
    page.next("waybill-proxy prepare activation --license-type TYPE --license-key KEY");
    let roots: Vec<Thumbprint> = bundle.roots.iter().map(|root| root.thumbprint()).collect();
    let json = json!({
        "new": is_new,
        "installation": installation.thumbprint(),
        "installation_short": installation.thumbprint().short(),
        "site_code": facts.site_code,
        "site_description": facts.site_description,
        "name": facts.name,
        "state_dir": dir,
        "vendor": bundle.vendor,
        "trust_bundle": bundle.number,
        "root_fingerprint": trust.root_fingerprint().to_string(),
        "root_fingerprint_words": trust.root_fingerprint().words(),
        "root_keys": roots,
    });
    Ok(Report::yes(page.into_text(), json))
}

/// A text that is no fingerprint is a slip of typing, and not another vendor's.
fn comparison(text: Option<&str>, context: &Context) -> Result<Comparison, Failure> {
    let Some(text) = text else {
        let is_there = !context.json && can_ask();
        return Ok(if is_there { Comparison::Ask } else { Comparison::Nobody });
    };
    Fingerprint::parse(text).map(Comparison::With).ok_or_else(|| {
        Failure::misuse("fingerprint-text", format!("{text:?} is no root fingerprint")).next(
            "Type eight groups of four digits such as 99C9, with or without hyphens, or the sixteen words.",
        )
    })
}

/// The site as people write it: its code, and its description if it has one.
pub(super) fn site_line(facts: &license_format::payload::InstallationFacts) -> String {
    match &facts.site_description {
        Some(description) => format!("{} ({description})", facts.site_code),
        None => facts.site_code.to_string(),
    }
}

/// Site codes are upper case; people also type them small.
fn site_code(text: &str) -> Result<SiteCode, license_format::TextError> {
    text.to_ascii_uppercase().parse()
}
