//! `waybill license-key codes`: codes that stand for a license key, one for each person, until their date.

use license_format::{LicenseKey, Timestamp};
use serde_json::{Value, json};
use signer::{
    LicenseKeyId,
    catalog::{Catalog, CodeRecord},
    people::{Actor, Asker},
};

use super::subscription::date;
use crate::{
    edge,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Codes {
    /// Make a code for each of some people, typed in place of the license key
    Create {
        /// The key that they stand for
        #[arg(long, value_name = "ID")]
        key: LicenseKeyId,
        /// From this day on nobody can begin with them
        #[arg(long, value_name = "DATE", value_parser = date)]
        expires: Timestamp,
        /// Whom they are for
        #[arg(required = true, value_name = "EMAIL")]
        emails: Vec<String>,
    },
    /// List the codes of a key
    List {
        /// The key that they stand for
        #[arg(long, value_name = "ID")]
        key: LicenseKeyId,
    },
    /// Take a code back that nobody has begun with
    Withdraw {
        /// The key that it stands for
        #[arg(long, value_name = "ID")]
        key: LicenseKeyId,
        /// The code
        code: LicenseKey,
    },
}

impl Codes {
    pub(crate) async fn run(self, catalog: &Catalog) -> Result<Report, Failure> {
        let (staff, operator, now) = (Asker::Staff, Actor::Operator, edge::now());
        let codes = match self {
            Codes::Create { key, expires, emails } => {
                let by = (&staff, &operator);
                catalog.create_codes(&key, &emails, expires, by, now, &mut edge::entropy).await?
            }
            Codes::List { key } => catalog.codes(&staff, &key).await?,
            Codes::Withdraw { key, code } => {
                catalog.withdraw_code(&key, &code, (&staff, &operator), now).await?;
                let text = format!("{} is of no use any more.\n", code.last_group().masked());
                return Ok(Report::new(text, json!({ "withdrawn": code.last_group().masked() })));
            }
        };
        let cells = |code: &CodeRecord| {
            vec![
                code.code.to_string(),
                code.email.as_str().to_owned(),
                code.expires.date(),
                standing(code, now).to_owned(),
                code.used_by.map_or_else(String::new, |user| user.short()),
            ]
        };
        let header = ["code", "for", "until", "status", "installation"];
        let text = show::table(&header, codes.iter().map(cells).collect(), "This key has no codes.");
        let rows: Vec<Value> = codes.iter().map(|code| row(code, now)).collect();
        Ok(Report::new(text, json!({ "codes": rows })))
    }
}

fn standing(code: &CodeRecord, now: Timestamp) -> &'static str {
    match code.used_by {
        Some(_) => "used",
        None if code.expires <= now => "expired",
        None => "open",
    }
}

fn row(code: &CodeRecord, now: Timestamp) -> Value {
    json!({
        "code": code.code.to_string(),
        "email": code.email.as_str(),
        "created": code.created.rfc3339(),
        "expires": code.expires.rfc3339(),
        "status": standing(code, now),
        "used_by": code.used_by,
    })
}
