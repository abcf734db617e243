//! `waybill subscription overdraft`: seats beyond those bought, for a reason and until a date.

use clap::Args;
use license_format::{Metric, Timestamp};
use serde_json::{Value, json};
use signer::{
    SubscriptionId,
    catalog::{Catalog, OverdraftDraft, OverdraftEntry},
    people::Asker,
    second_person::{RiskyAction, SecondPerson, Taken},
    store::Store,
};

use super::{
    second_person::{Person, waits},
    subscription::{date, metric},
};
use crate::{
    edge,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, Args)]
pub(crate) struct Overdraft {
    /// The subscription's id
    id: SubscriptionId,
    /// Grant so many seats; without it, the entries are listed
    #[arg(long, value_name = "N", requires_all = ["until", "reason"])]
    seats: Option<u64>,
    /// Until this day: no license that uses them is honoured any longer
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<Timestamp>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Of which kind, where the subscription has several: managed-device, concurrent-user, computer or user
    #[arg(long, value_name = "METRIC", value_parser = metric)]
    metric: Option<Metric>,
    #[command(flatten)]
    person: Person,
}

impl Overdraft {
    pub(crate) async fn run(self, catalog: &Catalog, store: &Store) -> Result<Report, Failure> {
        let now = edge::now();
        if let (Some(seats), Some(ends), Some(reason)) = (self.seats, self.until, self.reason) {
            let draft =
                OverdraftDraft { subscription: self.id.clone(), metric: self.metric, seats, ends, reason };
            let by = self.person.actor(store).await?;
            let action = RiskyAction::Overdraft(draft);
            if let Taken::Waits(proposal) = SecondPerson::new(store.clone()).take(action, &by, now).await? {
                return Ok(waits(&proposal));
            }
        }
        let entries = catalog.overdraft(&Asker::Staff, &self.id, now).await?;
        let cells = |entry: &OverdraftEntry| {
            vec![
                show::seats([(entry.metric, entry.seats)]),
                entry.ends.date(),
                if entry.granted { "granted" } else { "booked" }.to_owned(),
                entry.who.to_string(),
                entry.reason.clone(),
            ]
        };
        let header = ["seats", "until", "", "who", "reason"];
        let empty = "Nothing is granted or booked beyond what was bought.";
        let text = show::table(&header, entries.iter().map(cells).collect(), empty);
        Ok(Report::new(text, json!({ "overdraft": entries.iter().map(row).collect::<Vec<Value>>() })))
    }
}

fn row(entry: &OverdraftEntry) -> Value {
    json!({
        "metric": entry.metric,
        "seats": entry.seats,
        "ends": entry.ends.rfc3339(),
        "granted": entry.granted,
        "reason": entry.reason,
        "who": entry.who.to_string(),
        "created": entry.created.rfc3339(),
    })
}
