//! `setup`: makes this server an installation.

use std::path::PathBuf;

use license_format::{Label, SiteCode, Thumbprint};
use serde_json::json;
use verifier::trust::TrustState;
use waybill_proxy::{Machine, Proxy, ProxyError, SetUp};

use super::{Context, read_file};
use crate::{
    console::{Failure, Page, Report},
    edge,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The vendor's trust file, which says whose signatures count
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,

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
    let file = read_file(&args.trust)?;
    let trust = TrustState::pin(&file).map_err(ProxyError::from)?;
    let dir = context.dir.path().to_owned();
    let Args { site_code, site_description, name, .. } = args;
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
    page.row("Root fingerprint", &trust.root_fingerprint());
    page.blank();
    page.line(
        "Compare the root fingerprint with the one that the vendor gives you on paper or by telephone: whoever has those root \
         keys decides which licenses are genuine here.",
    );
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
        "root_fingerprint": trust.root_fingerprint(),
        "root_keys": roots,
    });
    Ok(Report::yes(page.into_text(), json))
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
