//! `waybill token`: secrets with which an account's programs use the REST API.

use std::path::PathBuf;

use license_format::Timestamp;
use serde_json::json;
use signer::{
    AccountId,
    people::{People, TokenRights},
};

use super::subscription::date;
use crate::{
    Context, edge, files,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Token {
    /// Create a token; its secret is told once
    Create(Create),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// Whose requests it may bring
    #[arg(long, value_name = "ID")]
    account: AccountId,
    /// Let it see and change the account's license keys, codes and installations too, as an administrator does
    #[arg(long)]
    manage: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "command line")]
    label: String,
    /// The day from which it is of no use; never when absent
    #[arg(long, value_name = "DATE", value_parser = date)]
    expires: Option<Timestamp>,
    /// Write the secret into this new file, for its owner alone, and do not show it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Token {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let Token::Create(Create { account, manage, label, expires, output }) = self;
        let people = People::new(context.data_dir.store().await?);
        let rights = if manage { TokenRights::Manage } else { TokenRights::Bring };
        let place = output.as_deref().map(files::reserve).transpose()?;
        let (secret, token) =
            people.create_token(&account, &label, rights, expires, edge::now(), &mut edge::entropy).await?;

        let mut json = json!({
            "id": token.id,
            "account": token.account,
            "label": token.label,
            "manages": manage,
            "prefix": token.prefix,
            "expires": token.expires.map(Timestamp::rfc3339),
        });
        let shown = match place {
            Some(place) => {
                place.fill(format!("{}\n", secret.expose()).as_bytes())?;
                json["output"] = json!(output);
                ("written to", output.unwrap_or_default().display().to_string())
            }
            None => {
                json["token"] = json!(secret.expose());
                ("secret", format!("{}   (told once)", secret.expose()))
            }
        };
        let text = show::fields(&[("token", &token.id), ("label", &token.label), (shown.0, &shown.1)]);
        Ok(Report::new(text, json))
    }
}
