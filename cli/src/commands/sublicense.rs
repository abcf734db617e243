//! `waybill license-key create|update|delete`: parts of a subscription, each with its own key.

use clap::Args;
use license_format::Timestamp;
use serde_json::{Value, json};
use signer::{
    LicenseKeyId, SubscriptionId,
    catalog::{Catalog, Draw, KeyChange, KeyDraft, Preview},
    people::{Actor, Asker},
};

use super::{license_key, subscription::date};
use crate::{
    edge,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The subscription that it draws on
    #[arg(long, value_name = "ID")]
    subscription: SubscriptionId,
    /// A name, for people
    #[arg(long)]
    name: String,
    #[command(flatten)]
    share: Share,
    /// How many installations may use it at once
    #[arg(long, value_name = "N", default_value_t = 1)]
    installations: u64,
    /// The day on which it is over, if that is before its subscription is
    #[arg(long, value_name = "DATE", value_parser = date)]
    ends: Option<Timestamp>,
    /// Something to remember about it
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The key's id
    id: LicenseKeyId,
    /// A name, for people
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    share: Share,
    /// All seats of the subscription in place of a quota
    #[arg(long, conflicts_with = "quota")]
    no_quota: bool,
    /// How many installations may use it at once
    #[arg(long, value_name = "N")]
    installations: Option<u64>,
    /// The day on which it is over, or `never` before its subscription is
    #[arg(long, value_name = "DATE|never", value_parser = date_or_never)]
    ends: Option<Ends>,
    /// Give no new licenses, or give them again
    #[arg(long, value_name = "on|off", value_parser = super::subscription::on_off)]
    blocked: Option<bool>,
    /// Something to remember about it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Only say what that would do
    #[arg(long)]
    preview: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The key's id
    id: LicenseKeyId,
    /// Only say what that would do
    #[arg(long)]
    preview: bool,
}

/// How much of the subscription it may have.
#[derive(Debug, Args)]
pub(crate) struct Share {
    /// At most so many seats
    #[arg(long, value_name = "SEATS")]
    quota: Option<u64>,
    /// Keep the quota for this key, used or not
    #[arg(long, requires = "quota", conflicts_with_all = ["dynamic", "open"])]
    reserved: bool,
    /// As many seats as are in use, and so many more; the rest goes back with each refresh
    #[arg(long, value_name = "HEADROOM", conflicts_with = "open")]
    dynamic: Option<u64>,
    /// All seats that are free
    #[arg(long)]
    open: bool,
}

/// When a key ends.
#[derive(Debug, Clone, Copy)]
enum Ends {
    On(Timestamp),
    WithSubscription,
}

impl Share {
    fn draw(&self) -> Option<Draw> {
        match (self.reserved, self.dynamic, self.open) {
            (true, ..) => Some(Draw::Reserved),
            (_, Some(headroom), _) => Some(Draw::Dynamic { headroom }),
            (.., true) => Some(Draw::Open),
            _ => None,
        }
    }
}

impl Create {
    pub(crate) async fn run(self, catalog: &Catalog) -> Result<Report, Failure> {
        let draft = KeyDraft {
            quota: self.share.quota,
            draw: self.share.draw().unwrap_or(Draw::Open),
            ends: self.ends,
            note: self.note,
            installations: self.installations,
            ..KeyDraft::new(self.subscription, self.name)
        };
        let key =
            catalog.create_license_key(draft, &Actor::Operator, edge::now(), &mut edge::entropy).await?;
        Ok(Report::new(license_key::details(&key), json!({ "license_key": license_key::row(&key) })))
    }
}

impl Update {
    pub(crate) async fn run(self, catalog: &Catalog) -> Result<Report, Failure> {
        let draw = self.share.draw();
        let change = KeyChange {
            name: self.name,
            quota: self.share.quota.map(Some).or(self.no_quota.then_some(None)),
            draw,
            ends: self.ends.map(|ends| match ends {
                Ends::On(date) => Some(date),
                Ends::WithSubscription => None,
            }),
            note: self.note,
            installations: self.installations,
            blocked: self.blocked,
        };
        let before = catalog.license_key(&Asker::Staff, &self.id).await?;
        let now = edge::now();
        let preview = catalog.preview_license_key(&Asker::Staff, &self.id, Some(&change), now).await?;
        if self.preview {
            return Ok(told(&preview));
        }
        let after =
            catalog.update_license_key(&self.id, before.version, change, &Actor::Operator, now).await?;
        let text = license_key::details(&after) + &warning(&preview);
        Ok(Report::new(text, json!({ "license_key": license_key::row(&after), "effect": effect(&preview) })))
    }
}

impl Delete {
    pub(crate) async fn run(self, catalog: &Catalog) -> Result<Report, Failure> {
        let now = edge::now();
        let preview = catalog.preview_license_key(&Asker::Staff, &self.id, None, now).await?;
        if self.preview {
            return Ok(told(&preview));
        }
        let key = catalog.license_key(&Asker::Staff, &self.id).await?;
        catalog.delete_license_key(&self.id, key.version, &Actor::Operator, now).await?;
        let text = format!("{} is deleted; it gives no new licenses.\n", key.key.last_group().masked());
        let json = json!({ "deleted": license_key::masked_row(&key), "effect": effect(&preview) });
        Ok(Report::new(text + &warning(&preview), json))
    }
}

/// What a change would do, and nothing else.
pub(super) fn told(preview: &Preview) -> Report {
    let text = warning(preview);
    let text = if text.is_empty() { "No installation is affected.\n".to_owned() } else { text };
    Report::new(text, json!({ "effect": effect(preview) }))
}

/// What a change does to those in the field; empty if nothing.
pub(super) fn warning(preview: &Preview) -> String {
    if preview.affected.is_empty() {
        return String::new();
    }
    let mut text = match preview.over_until {
        Some(until) if preview.over > 0 => format!(
            "\n{} more in the field than may be given out, until {} or earlier refreshes.\n",
            preview.over,
            until.date()
        ),
        _ => "\nThese go on until their next refresh, or their file's end.\n".to_owned(),
    };
    let rows = preview.affected.iter().map(|one| {
        vec![
            one.site_code.to_string(),
            one.name.to_string(),
            one.installation.short(),
            one.seats.to_string(),
            one.ends.date(),
        ]
    });
    text += &show::table(&["site", "name", "installation", "seats", "until"], rows.collect(), "");
    let more = preview.installations - preview.affected.len() as u64;
    if more > 0 {
        text += &format!("and {more} more\n");
    }
    text
}

/// The same for programs.
pub(super) fn effect(preview: &Preview) -> Value {
    json!({
        "over": preview.over,
        "over_until": preview.over_until.map(Timestamp::rfc3339),
        "installations": preview.installations,
        "affected": preview.affected.iter().map(|one| json!({
            "installation": one.installation,
            "site_code": one.site_code,
            "name": one.name,
            "seats": one.seats,
            "ends": one.ends.rfc3339(),
        })).collect::<Vec<_>>(),
    })
}

fn date_or_never(text: &str) -> Result<Ends, String> {
    if text == "never" { Ok(Ends::WithSubscription) } else { date(text).map(Ends::On) }
}
