//! `waybill installation`: proxies as the record knows them, with what they hold and both branches of a fork.

use license_format::Thumbprint;
use serde_json::{Value, json};
use signer::{
    Asker,
    exchange::{Bar, Lives},
    installations::{BarView, Decider, InstallationView, Installations, SlotView},
};

use super::{
    custody,
    installation_list::{Edit, List},
};
use crate::{
    Context, edge,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Installation {
    /// List installations, a line for each slot, by site
    List(List),
    /// Show one installation
    Show {
        /// Its thumbprint, or the beginning of it, with or without dashes
        id: String,
    },
    /// Say what it is called, and note something of it
    Edit(Edit),
    /// Decide which of two branches of a copied or put-back installation lives on
    Resolve {
        /// Its thumbprint, or the beginning of it, with or without dashes
        id: String,
        /// `first`: the one whose request came first; the other is set up anew. `second`: the other, as after a restore from a
        /// backup; spends a counted move
        #[arg(long, value_name = "BRANCH")]
        lives: Branch,
    },
    /// Move a key away from a lost, stolen or reinstalled server; spends a counted move
    Move(custody::Because),
    /// Give an installation no new licenses of a key
    Block(custody::Because),
    /// Let an installation use a key again that was blocked there or had moved away
    Allow(custody::Because),
    /// Let an installation go on with another key from its next refresh
    Exchange(custody::Exchange),
}

/// A branch of a fork.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Branch {
    /// The one whose request came first.
    First,
    /// The other.
    Second,
}

impl Installation {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let installations = Installations::new(context.data_dir.store().await?);
        match self {
            Installation::List(list) => list.run(&installations).await,
            Installation::Edit(edit) => edit.run(&installations).await,
            Installation::Show { id } => {
                let id = find(&installations, &id).await?;
                let view = installations.show(&Asker::Staff, &id, edge::now()).await?.ok_or_else(none)?;
                Ok(Report::new(details(&view), json!({ "installation": row(&view) })))
            }
            Installation::Resolve { id, lives } => resolve(&installations, &id, lives).await,
            Installation::Move(order) => {
                let id = find(&installations, &order.pair.id).await?;
                order.move_away(&installations, id).await
            }
            Installation::Block(order) => {
                let id = find(&installations, &order.pair.id).await?;
                order.block(&installations, id).await
            }
            Installation::Allow(order) => {
                let id = find(&installations, &order.pair.id).await?;
                order.allow(&installations, id).await
            }
            Installation::Exchange(order) => {
                let id = find(&installations, &order.because.pair.id).await?;
                order.run(&installations, id).await
            }
        }
    }
}

async fn resolve(installations: &Installations, id: &str, branch: Branch) -> Result<Report, Failure> {
    let id = find(installations, id).await?;
    let (lives, name, text) = match branch {
        Branch::First => (
            Lives::First,
            "first",
            "The first branch goes on. Set the other server up anew (`waybill-proxy setup` in a new state directory).",
        ),
        Branch::Second => (
            Lives::Second,
            "second",
            "The second branch goes on with its next request; one counted move is spent. The first is refused from now on.",
        ),
    };
    installations.resolve_fork(&id, lives, &Decider::operator(), edge::now()).await?;
    Ok(Report::new(format!("{text}\n"), json!({ "installation": id, "lives": name })))
}

/// The one installation whose thumbprint begins so.
pub(super) async fn find(installations: &Installations, text: &str) -> Result<Thumbprint, Failure> {
    let typed: String = text.chars().filter(|c| *c != '-').collect::<String>().to_lowercase();
    let fitting = if typed.is_empty() { Vec::new() } else { installations.named(&typed).await? };
    match (fitting.first().copied(), fitting.get(1)) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(none()),
        (Some(_), Some(_)) => Err(Failure::misuse(
            "not-unique",
            format!("several installations begin with {text}"),
            "Type more of it.",
        )),
    }
}

pub(super) fn none() -> Failure {
    Failure::refused(
        "not-found",
        "there is no such installation",
        "Look it up with `waybill installation list`.",
    )
}

pub(super) fn details(view: &InstallationView) -> String {
    let site = match &view.site_description {
        Some(description) => format!("{} ({description})", view.site_code),
        None => view.site_code.to_string(),
    };
    let account = view.account.as_ref().map_or_else(|| "none yet".to_owned(), ToString::to_string);
    let mut text = show::fields(&[
        ("installation", &view.thumbprint),
        ("site", &site),
        ("server", &format!("{}, {} {}", view.name, view.product, view.version)),
        ("account", &account),
        ("first seen", &view.first_seen.minute()),
        (
            "last report",
            &format!(
                "{}{}",
                view.last_report.minute(),
                if view.clock_behind { ", its clock is behind" } else { "" }
            ),
        ),
    ]);
    if let Some(alias) = &view.remarks.alias {
        text += &show::fields(&[("alias", alias)]);
    }
    for line in view.remarks.note.lines() {
        text += &format!("  | {line}\n");
    }
    if let Some(fork) = &view.fork {
        text += &format!(
            "\nCOPIED OR PUT BACK: two different requests number {}, seen {}\n",
            fork.counter,
            fork.seen.minute()
        );
        text += &show::indented(&show::fields(&[
            ("first branch", &format!("{}   goes on, without more seats", fork.first)),
            ("second branch", &format!("{}   refused", fork.second)),
        ]));
    }
    for BarView { key, why, .. } in &view.barred {
        let why = match why {
            Bar::Blocked => "blocked here",
            Bar::Moved => "moved away from here",
        };
        text += &format!("license key {} is {why}\n", key.id);
    }
    for slot in &view.slots {
        text += &format!("\n{}: {}\n", slot.license_type.title(), slot.state.title());
        text += &show::indented(&slot_details(slot));
    }
    text
}

fn slot_details(slot: &SlotView) -> String {
    let mut text = String::new();
    if let Some(license) = &slot.license {
        let seats = license.grants.first().map_or(0, |grant| grant.seats);
        let used = slot.used.map_or_else(|| "not reported".to_owned(), |used| used.to_string());
        text += &show::fields(&[
            ("license", &license.id),
            ("license key", &license.license_key.last_group.masked()),
            ("seats", &format!("{seats}, used {used}")),
            (
                "contract",
                &format!("{} to {}", license.contract_start().date(), license.contract_end().date()),
            ),
            ("file good until", &license.good_until.date()),
            ("report due by", &license.report_due.date()),
        ]);
    }
    for counted in &slot.counted {
        let held = if counted.held { "in force there" } else { "given, not yet seen in force" };
        text += &format!(
            "counts {} of request {} until {}, {held}\n",
            show::seats(counted.seats.iter().map(|(metric, seats)| (*metric, *seats))),
            counted.counter,
            counted.ends.date()
        );
    }
    text
}

pub(super) fn row(view: &InstallationView) -> Value {
    json!({
        "thumbprint": view.thumbprint,
        "account": view.account,
        "name": view.name,
        "site_code": view.site_code,
        "site_description": view.site_description,
        "product": view.product,
        "version": view.version,
        "first_seen": view.first_seen.rfc3339(),
        "last_report": view.last_report.rfc3339(),
        "clock_behind": view.clock_behind,
        "alias": view.remarks.alias,
        "note": view.remarks.note,
        "fork": view.fork.as_ref().map(|fork| json!({
            "counter": fork.counter,
            "first": fork.first,
            "second": fork.second,
            "seen": fork.seen.rfc3339(),
        })),
        "barred": view.barred.iter().map(|bar| json!({
            "license_key": bar.key.id,
            "note": bar.note,
            "why": match bar.why {
                Bar::Blocked => "blocked",
                Bar::Moved => "moved",
            },
        })).collect::<Vec<_>>(),
        "slots": view.slots.iter().map(|slot| json!({
            "license_type": slot.license_type,
            "state": slot.state.title().to_lowercase(),
            "license": slot.license.as_ref().map(|license| json!({
                "id": license.id,
                "license_key": license.license_key.last_group.masked(),
                "counter": license.counter,
                "seats": license.grants.first().map(|grant| grant.seats),
                "contract_start": license.contract_start().rfc3339(),
                "contract_end": license.contract_end().rfc3339(),
                "good_until": license.good_until.rfc3339(),
                "report_due": license.report_due.rfc3339(),
            })),
            "used": slot.used,
            "peak": slot.peak,
            "counted": slot.counted.iter().map(|counted| json!({
                "counter": counted.counter,
                "seats": counted.seats,
                "ends": counted.ends.rfc3339(),
                "held": counted.held,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}
