//! `waybill portal`: the portal in a process of its own. It has a store and the way to its signer, and never a key.

use std::{net::SocketAddr, path::PathBuf};

use serde_json::json;
use signer::link::{CallError, Link, PortalStore, TlsFiles};
use web_upload::PublicUrl;

use super::serve::{start_log, tell, until_told_to_stop};
use crate::{
    Context, edge,
    outcome::{Failure, Report},
    portal::Door,
};

/// What a signer says that this portal will never get an answer from.
const NEVER_FIT: [&str; 2] = ["signer-another-record", "link-version"];

#[derive(Debug, clap::Args)]
pub(crate) struct Portal {
    /// The signer: unix:PATH, or HOST:PORT with certificates
    #[arg(long, value_name = "ADDRESS")]
    signer: String,
    /// The portal's certificate, with those between it and the authority (PEM)
    #[arg(long, value_name = "FILE", requires_all = ["tls_key", "signer_ca"])]
    tls_cert: Option<PathBuf>,
    /// The certificate's key, which nobody else may read (PEM, PKCS #8)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The authority that signs the signer's certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    signer_ca: Option<PathBuf>,
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where people reach it, when a proxy with TLS stands in front
    #[arg(long, value_name = "URL")]
    public_url: Option<PublicUrl>,
}

impl Portal {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        start_log();
        let stop = until_told_to_stop()?;
        let tls = match (self.tls_cert, self.tls_key, self.signer_ca) {
            (Some(certificate), Some(key), Some(authority)) => Some(TlsFiles { certificate, key, authority }),
            _ => None,
        };
        let link = Link::new(&self.signer, tls.as_ref())?;
        let portal = PortalStore::open(&context.data_dir.store_alone()?).await?.with_signer(link);
        let door = Door::open(self.listen).await?;
        let url = door.url();
        let public_url = match self.public_url {
            Some(public_url) => public_url,
            None => url.parse()?,
        };
        // A signer that is away comes later; one of another record, or of another version, does not fit as long as both stay what they are.
        let away = portal.health(edge::now()).await.err();
        let never_fits = |error: &&CallError| NEVER_FIT.contains(&error.code.as_ref());
        if let Some(error) = away.as_ref().filter(never_fits) {
            return Err(Failure::refused(error.code.as_ref(), error.to_string(), error.next_step.as_str()));
        }
        let (vendor, code) = (portal.vendor().clone(), away.as_ref().map(|error| error.code.to_string()));
        let warning = away.map_or_else(String::new, |error| {
            format!("The signer does not answer yet ({}): requests wait for it.\n", error.code)
        });
        let text = format!("{vendor}'s portal is at {}/\n{warning}Ctrl-C stops it.\n", public_url.as_str());
        let told = json!({
            "url": url, "public_url": public_url.as_str(), "vendor": vendor, "signer": self.signer, "signer_error": code,
        });
        tell(context, &text, &told)?;
        door.serve(portal, public_url, stop).await?;
        Ok(Report::new("Stopped.", json!({ "stopped": true })))
    }
}
