//! `waybill revoke`: licenses and keys that are not honored any more, on a list that travels with every answer.

use license_format::{LicenseId, Thumbprint};
use serde_json::{Value, json};
use signer::{
    Reason,
    revocation::{Afterwards, Revocation, Revocations, Revoke as What, Revoked},
    second_person::Taken,
    trust::History,
};

use super::second_person::{Person, waits};
use crate::{
    Context, bundle, edge,
    outcome::{Failure, Report},
    secret::SecretSource,
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Revoke {
    /// Revoke licenses, and give their installations no new one of the same license key
    License(License),
    /// Revoke a signing key with everything that it ever signed, or an installation
    Key(Key),
    /// Show what was revoked, by whom and why
    List,
}

#[derive(Debug, clap::Args)]
pub(crate) struct License {
    /// The licenses, as `waybill installation show` and `waybill inspect` name them
    #[arg(required = true, value_name = "ID", value_parser = license_id)]
    ids: Vec<LicenseId>,
    /// Why, for whoever reads the history
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    /// Let the next refresh bring a new license: only what the old one says was wrong
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    secrets: SecretSource,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Key {
    /// A key of the trust bundle by the beginning of its name, or an installation's whole thumbprint
    #[arg(value_name = "THUMBPRINT")]
    key: String,
    /// Why, for whoever reads the history
    #[arg(long, value_name = "TEXT")]
    reason: Reason,
    #[command(flatten)]
    secrets: SecretSource,
    #[command(flatten)]
    person: Person,
}

impl Revoke {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        match self {
            Revoke::License(command) => command.run(context).await,
            Revoke::Key(command) => command.run(context).await,
            Revoke::List => list(context).await,
        }
    }
}

impl License {
    async fn run(self, context: &Context) -> Result<Report, Failure> {
        let then = if self.replace { Afterwards::Replaced } else { Afterwards::Blocked };
        let what = What::Licenses { ids: self.ids, then };
        let taken = ordered(context, &self.secrets, &self.person, what, self.reason).await?;
        let Revoked { number, licenses } = match taken {
            Taken::Done(revoked) => revoked,
            Taken::Waits(proposal) => return Ok(waits(&proposal)),
        };
        let mut text = format!("Revocation list {number} is made. Every answer brings it from now on.\n\n");
        for license in &licenses {
            text += &format!(
                "license {} ({}) of installation {}: counts until {}, or until its proxy proves sooner that it let go\n",
                license.id,
                license.license_type.title(),
                license.installation.short(),
                license.ends.date()
            );
        }
        text += match then {
            Afterwards::Blocked => {
                "\nThe installation hears of it with the answer to its next request, which is a refusal: its license key is blocked there. \
                 What is managed stays managed, and nothing new is added. `waybill installation allow` lifts the block.\n"
            }
            Afterwards::Replaced => {
                "\nThe installation hears of it with the answer to its next request, which brings a new license.\n"
            }
        };
        let licenses: Vec<Value> = licenses
            .iter()
            .map(|license| {
                json!({
                    "license": license.id, "installation": license.installation,
                    "license_type": license.license_type, "counts_until": license.ends.rfc3339(),
                })
            })
            .collect();
        Ok(Report::new(text, json!({ "list": number, "licenses": licenses, "blocked": !self.replace })))
    }
}

impl Key {
    async fn run(self, context: &Context) -> Result<Report, Failure> {
        let history = History::read(&context.data_dir.made()?)?;
        let typed: String = self.key.chars().filter(|c| *c != '-').collect();
        // Whoever names a whole thumbprint may mean an installation.
        let kid = match Thumbprint::from_hex(&typed) {
            Some(kid) => kid,
            None => bundle::find(history.newest().bundle(), &self.key)?.thumbprint(),
        };
        let taken = ordered(context, &self.secrets, &self.person, What::Key(kid), self.reason).await?;
        let number = match taken {
            Taken::Done(revoked) => revoked.number,
            Taken::Waits(proposal) => return Ok(waits(&proposal)),
        };
        let is_ours = history.newest().bundle().key(&kid).is_some();
        let says = match is_ours {
            true => {
                "Whoever has the list believes nothing that this key ever signed, whatever date it bears: licenses of it are dead, and \
                 the next refresh brings one of another key."
            }
            false => {
                "The installation gets no license any more, and whoever has the list believes none that names it."
            }
        };
        let text =
            format!("Revocation list {number} is made. Every answer brings it from now on.\n\n{says}\n");
        let what = if is_ours { "signing-key" } else { "installation" };
        Ok(Report::new(text, json!({ "list": number, "key": kid, "what": what })))
    }
}

/// The one way by which commands revoke.
async fn ordered(
    context: &Context,
    secrets: &SecretSource,
    person: &Person,
    what: What,
    reason: Reason,
) -> Result<Taken<Revoked>, Failure> {
    let now = edge::now();
    let by = person.actor(&context.data_dir.store().await?).await?;
    let signer = context.data_dir.signer(secrets, now).await?;
    let revoked = signer.revoke(what, reason, &by, now).await;
    signer.close().await;
    Ok(revoked?)
}

async fn list(context: &Context) -> Result<Report, Failure> {
    let all = Revocations::new(context.data_dir.store().await?).all().await?;
    let named = |revocation: &Revocation| match revocation.what {
        Ok(license) => ("license", license.to_string()),
        Err(key) => ("key", key.to_string()),
    };
    let rows = all.iter().map(|revocation| {
        let (kind, name) = named(revocation);
        vec![
            kind.to_owned(),
            name,
            revocation.list.to_string(),
            revocation.at.minute(),
            revocation.who.to_string(),
            revocation.reason.clone(),
        ]
    });
    let header = ["", "revoked", "list", "at", "by", "reason"];
    let text = show::table(&header, rows.collect(), "Nothing was ever revoked.");
    let json: Vec<Value> = all
        .iter()
        .map(|revocation| {
            let (kind, name) = named(revocation);
            json!({
                "what": kind, "name": name, "list": revocation.list, "reason": revocation.reason,
                "by": revocation.who.to_string(), "at": revocation.at.rfc3339(),
            })
        })
        .collect();
    Ok(Report::new(text, json!({ "revocations": json })))
}

fn license_id(text: &str) -> Result<LicenseId, String> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    LicenseId::from_hex(&digits).ok_or_else(|| "a license's id has 32 hexadecimal digits".to_owned())
}
