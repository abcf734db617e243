//! `waybill signer`: the signer in a process of its own, which portals ask over a socket, or over TLS.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use serde_json::json;
use signer::link::{self, Door, SocketMode, TlsFiles};

use super::serve::{recovery_note, start_log, tell, until_told_to_stop};
use crate::{
    Context, edge,
    outcome::{Failure, Report},
    secret::SecretSource,
};

/// What makes the two roles of a record in PostgreSQL.
const ROLES: &str = include_str!("../../../signer/roles.sql");

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("door").required(true).args(["socket", "listen", "print_roles"]))]
pub(crate) struct Signer {
    /// Unix socket to listen on, for this user alone
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Let the socket's group connect too: that of its folder where the set-group-ID bit is set, or else this process's
    #[arg(long, requires = "socket")]
    socket_group: bool,
    /// Address to listen on for portals that show a certificate; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", requires_all = ["tls_cert", "tls_key", "client_ca"])]
    listen: Option<SocketAddr>,
    /// The signer's certificate, with those between it and the authority (PEM)
    #[arg(long, value_name = "FILE", requires = "listen")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key, which nobody else may read (PEM, PKCS #8)
    #[arg(long, value_name = "FILE", requires = "listen")]
    tls_key: Option<PathBuf>,
    /// The authority that signs portals' certificates, and nothing else (PEM)
    #[arg(long, value_name = "FILE", requires = "listen")]
    client_ca: Option<PathBuf>,
    /// Print the SQL that makes the roles waybill_signer and waybill_portal in PostgreSQL, and do nothing else
    #[arg(long)]
    print_roles: bool,
    #[command(flatten)]
    secrets: SecretSource,
}

impl Signer {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        if self.print_roles {
            return Ok(Report::new(ROLES, json!({ "sql": ROLES })));
        }
        start_log();
        let stop = until_told_to_stop()?;
        let signer = context.data_dir.signer(&self.secrets, edge::now()).await?;
        let door = self.door().await?;
        let (vendor, address) = (signer.vendor().clone(), door.address());
        let recovering = signer.recovery().map(|recovery| recovery.horizon.date());
        let recovery = recovery_note(recovering.as_deref());
        let text = format!("{vendor}'s signer answers portals at {address}\n{recovery}Ctrl-C stops it.\n");
        tell(
            context,
            &text,
            &json!({ "signer": address, "vendor": vendor, "recovering_until": recovering }),
        )?;
        link::serve(door, signer.clone(), Arc::new(edge::now), stop).await;
        signer.close().await;
        Ok(Report::new("Stopped.", json!({ "stopped": true })))
    }

    async fn door(&self) -> Result<Door, Failure> {
        let mode = if self.socket_group { SocketMode::Group } else { SocketMode::Owner };
        match (&self.socket, &self.listen, &self.tls_cert, &self.tls_key, &self.client_ca) {
            (Some(path), ..) => Ok(Door::socket(path, mode).await?),
            (None, Some(address), Some(certificate), Some(key), Some(authority)) => {
                let files = TlsFiles {
                    certificate: certificate.clone(),
                    key: key.clone(),
                    authority: authority.clone(),
                };
                Ok(Door::tls(*address, &files).await?)
            }
            _ => Err(Failure::misuse(
                "usage",
                "where to listen is missing",
                "Give --socket PATH, or --listen with --tls-cert, --tls-key and --client-ca.",
            )),
        }
    }
}
