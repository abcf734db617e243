//! `waybill license-key`: the keys that are typed on proxies. Lists mask them; who asks for one by its id sees it whole.

use license_format::Timestamp;
use serde_json::{Value, json};
use signer::{
    LicenseKeyId,
    catalog::{Catalog, Draw, KeyKind, KeyRecord},
    people::Asker,
};

use super::{activation_code::Codes, sublicense};
use crate::{
    Context,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum LicenseKey {
    /// List all license keys, masked
    List,
    /// Make a sublicense: a key for a part of a subscription
    Create(sublicense::Create),
    /// Change a license key
    Update(sublicense::Update),
    /// Delete a sublicense
    Delete(sublicense::Delete),
    /// Codes that are typed in place of a key, once, by one person
    #[command(subcommand)]
    Codes(Codes),
    /// Show one license key in full
    Show {
        /// The key's id
        id: LicenseKeyId,
    },
}

impl LicenseKey {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let catalog = Catalog::new(context.data_dir.store().await?);
        match self {
            LicenseKey::Create(create) => create.run(&catalog).await,
            LicenseKey::Update(update) => update.run(&catalog).await,
            LicenseKey::Delete(delete) => delete.run(&catalog).await,
            LicenseKey::Codes(codes) => codes.run(&catalog).await,
            LicenseKey::List => {
                let keys = catalog.license_keys(&Asker::Staff).await?;
                let rows: Vec<Value> = keys.iter().map(masked_row).collect();
                Ok(Report::new(table(&keys), json!({ "license_keys": rows })))
            }
            LicenseKey::Show { id } => {
                let key = catalog.license_key(&Asker::Staff, &id).await?;
                Ok(Report::new(details(&key), json!({ "license_key": row(&key) })))
            }
        }
    }
}

pub(super) fn details(key: &KeyRecord) -> String {
    show::fields(&[
        ("license key", &key.key),
        ("name", &key.name),
        ("type", &key.key.license_type().title()),
        ("id", &key.id),
        ("subscription", &key.subscription),
        ("kind", &kind(key)),
        ("seats", &quota(key)),
        ("ends", &key.ends.map_or_else(|| "with the subscription".to_owned(), |ends| ends.date())),
        ("installations", &key.installations),
        ("blocked", &show::yes_no(key.blocked)),
        ("created", &key.created.date()),
        ("note", &if key.note.is_empty() { "-" } else { &key.note }),
    ])
}

/// All of them as a table, masked.
pub(super) fn table(keys: &[KeyRecord]) -> String {
    let cells = |key: &KeyRecord| {
        vec![
            key.id.to_string(),
            key.key.last_group().masked(),
            key.key.license_type().title().to_owned(),
            kind(key).to_owned(),
            quota(key),
            if key.blocked { "blocked" } else { "" }.to_owned(),
            key.name.to_string(),
        ]
    };
    let header = ["id", "license key", "type", "kind", "seats", "", "name"];
    show::table(
        &header,
        keys.iter().map(cells).collect(),
        "There is no license key yet; each subscription has one.",
    )
}

/// One with the key itself, for those who may see it.
pub(super) fn row(key: &KeyRecord) -> Value {
    let mut row = masked_row(key);
    row["key"] = json!(key.key.to_string());
    row
}

/// One without the key itself.
pub(super) fn masked_row(key: &KeyRecord) -> Value {
    json!({
        "id": key.id,
        "subscription": key.subscription,
        "name": key.name,
        "kind": kind(key),
        "masked": key.key.last_group().masked(),
        "license_type": key.key.license_type(),
        "quota": key.quota,
        "draw": match key.draw {
            Draw::Open => "open",
            Draw::Reserved => "reserved",
            Draw::Dynamic { .. } => "dynamic",
        },
        "headroom": if let Draw::Dynamic { headroom } = key.draw { Some(headroom) } else { None },
        "ends": key.ends.map(Timestamp::rfc3339),
        "note": key.note,
        "installations": key.installations,
        "blocked": key.blocked,
        "created": key.created.rfc3339(),
    })
}

fn kind(key: &KeyRecord) -> &'static str {
    match key.kind {
        KeyKind::Primary => "primary",
        KeyKind::Sublicense => "sublicense",
    }
}

fn quota(key: &KeyRecord) -> String {
    let most = key.quota.map(|quota| format!("at most {quota}"));
    match (key.draw, key.quota) {
        (Draw::Open, _) => most.unwrap_or_else(|| "all that are free".to_owned()),
        (Draw::Reserved, Some(quota)) => format!("{quota} reserved"),
        (Draw::Reserved, None) => "reserved".to_owned(),
        (Draw::Dynamic { headroom }, _) => {
            let most = most.map_or_else(String::new, |most| format!(", {most}"));
            format!("in use and {headroom} more{most}")
        }
    }
}
