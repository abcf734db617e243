//! `waybill installation move|block|allow|exchange`: what people decide about an installation and a license key.

use clap::Args;
use license_format::Thumbprint;
use serde_json::json;
use signer::{
    LicenseKeyId, Reason,
    installations::{Decider, Installations},
};

use crate::{
    edge,
    outcome::{Failure, Report},
};

/// An installation, and one of its account's keys.
#[derive(Debug, Args)]
pub(crate) struct Pair {
    /// The installation's thumbprint, or the beginning of it, with or without dashes
    pub(super) id: String,
    /// The license key's id
    #[arg(long, value_name = "ID")]
    key: LicenseKeyId,
}

#[derive(Debug, Args)]
pub(crate) struct Because {
    #[command(flatten)]
    pub(super) pair: Pair,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
}

#[derive(Debug, Args)]
pub(crate) struct Exchange {
    #[command(flatten)]
    pub(super) because: Because,
    /// The license key that it goes on with
    #[arg(long, value_name = "ID")]
    to: LicenseKeyId,
}

impl Because {
    /// A counted move.
    pub(super) async fn move_away(self, rows: &Installations, id: Thumbprint) -> Result<Report, Failure> {
        rows.move_key(&id, &self.pair.key, &self.reason, &Decider::operator(), edge::now()).await?;
        let text = "One counted move is spent: the key can be activated elsewhere now. What the old home may still honour is booked \
                    until it ends; it gets `moved` for this key.\n";
        Ok(Report::new(text, json!({ "installation": id, "license_key": self.pair.key, "moved": true })))
    }

    pub(super) async fn block(self, rows: &Installations, id: Thumbprint) -> Result<Report, Failure> {
        rows.block(&id, &self.pair.key, &self.reason, &Decider::operator(), edge::now()).await?;
        let text =
            "It gets no new license of this key. The one that it has goes on until it ends, and counts.\n";
        Ok(Report::new(text, json!({ "installation": id, "license_key": self.pair.key, "blocked": true })))
    }

    pub(super) async fn allow(self, rows: &Installations, id: Thumbprint) -> Result<Report, Failure> {
        rows.allow(&id, &self.pair.key, &self.reason, &Decider::operator(), edge::now()).await?;
        let text = "It may use this key again.\n";
        Ok(Report::new(text, json!({ "installation": id, "license_key": self.pair.key, "allowed": true })))
    }
}

impl Exchange {
    pub(super) async fn run(self, rows: &Installations, id: Thumbprint) -> Result<Report, Failure> {
        let (from, to) = (&self.because.pair.key, &self.to);
        rows.exchange_key(&id, from, to, &self.because.reason, &Decider::operator(), edge::now()).await?;
        let text = "Its next refresh brings a license of the other key; nobody types anything there.\n";
        Ok(Report::new(text, json!({ "installation": id, "from": from, "to": to })))
    }
}
