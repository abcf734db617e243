//! `waybill serve`: the portal, in one process with the signer.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use web_upload::PublicUrl;

use crate::{
    Context, edge,
    outcome::{self, Exit, Failure, Report},
    portal::Door,
    secret::SecretSource,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where people reach it, when a proxy with TLS stands in front
    #[arg(long, value_name = "URL")]
    public_url: Option<PublicUrl>,
    #[command(flatten)]
    secrets: SecretSource,
}

impl Serve {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        start_log();
        let stop = until_told_to_stop()?;
        let signer = context.data_dir.signer(&self.secrets, edge::now()).await?;
        let door = Door::open(self.listen).await?;
        let url = door.url();
        let public_url = match self.public_url {
            Some(public_url) => public_url,
            None => url.parse()?,
        };
        let vendor = signer.vendor().clone();
        let recovering = signer.recovery().map(|recovery| recovery.horizon.date());
        let recovery = recovery_note(recovering.as_deref());
        let text = format!("{vendor} answers at {}/\n{recovery}Ctrl-C stops it.\n", public_url.as_str());
        let told = json!({
            "url": url, "public_url": public_url.as_str(), "vendor": vendor, "recovering_until": recovering,
        });
        tell(context, &text, &told)?;
        door.serve(signer, public_url, stop).await?;
        Ok(Report::new("Stopped.", json!({ "stopped": true })))
    }
}

/// What there is to say where the store was restored.
pub(super) fn recovery_note(until: Option<&str>) -> String {
    until.map_or_else(String::new, |until| {
        format!("The store was restored from a backup. Until {until} each proxy's next request brings back what it holds.\n")
    })
}

/// Starts the log of a program that stays: on standard error, as much of it as WAYBILL_LOG asks for.
pub(super) fn start_log() {
    let log = EnvFilter::try_from_env("WAYBILL_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
}

/// Says that such a program is at work: text for people, or one line for programs.
pub(super) fn tell(context: &Context, text: &str, json: &Value) -> Result<(), Failure> {
    let told = if context.json { format!("{json}\n") } else { text.to_owned() };
    outcome::print(&told).map_err(|error| {
        Failure::new(
            Exit::CouldNotTell,
            "output",
            format!("standard output cannot be written: {error}"),
            "Send it elsewhere.",
        )
    })
}

/// Comes when the process is asked to stop: SIGINT, which is Ctrl-C, or SIGTERM, which service managers send.
pub(super) fn until_told_to_stop() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let failed = |error: std::io::Error| {
        let says = format!("signals cannot be received: {error}");
        Failure::new(Exit::CouldNotTell, "signals", says, "Try again.")
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c().map_err(failed)?;
        Ok(async move {
            interrupt.recv().await;
        })
    }
}
