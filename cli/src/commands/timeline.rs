//! `waybill subscription timeline`: seats over time, as a table and as a chart.

use std::collections::BTreeMap;

use clap::Args;
use license_format::Metric;
use serde_json::{Value, json};
use signer::{SubscriptionId, catalog::Catalog, exchange::Instant, people::Asker};

use crate::{
    edge,
    outcome::{Failure, Report},
    show,
};

/// Columns of the chart.
const WIDTH: u64 = 40;

#[derive(Debug, Args)]
pub(crate) struct Timeline {
    /// The subscription's id
    id: SubscriptionId,
}

impl Timeline {
    pub(crate) async fn run(self, catalog: &Catalog) -> Result<Report, Failure> {
        let timelines = catalog.timeline(&Asker::Staff, &self.id, edge::now()).await?;
        let text: Vec<String> = timelines.iter().map(|(metric, timeline)| drawn(*metric, timeline)).collect();
        let json: BTreeMap<&str, Vec<Value>> = timelines
            .iter()
            .map(|(metric, timeline)| (metric.name(), timeline.iter().map(row).collect()))
            .collect();
        Ok(Report::new(text.join("\n"), json!({ "timeline": json })))
    }
}

fn drawn(metric: Metric, timeline: &[Instant]) -> String {
    let most = timeline.iter().map(|instant| instant.limit().max(instant.leased + instant.reserved)).max();
    let cells = |instant: &Instant| {
        let over = if instant.over() > 0 { format!("{} over", instant.over()) } else { String::new() };
        vec![
            instant.at.date(),
            instant.sold.to_string(),
            instant.granted.to_string(),
            instant.reserved.to_string(),
            instant.leased.to_string(),
            instant.booked.to_string(),
            instant.free().to_string(),
            bar(instant, most.unwrap_or(0)),
            over,
        ]
    };
    let header = [
        "from",
        "sold",
        "granted",
        "reserved",
        "leased",
        "booked",
        "free",
        "# leased  + reserved  . free",
        "",
    ];
    let title = format!("Seats for each {}, if nothing else happens:\n\n", metric.noun());
    title + &show::table(&header, timeline.iter().map(cells).collect(), "")
}

/// Leased, reserved and free seats in proportion; what is there at all has a column.
fn bar(instant: &Instant, most: u64) -> String {
    let columns = |seats: u64| match seats {
        0 => 0,
        seats => (seats * WIDTH / most.max(1)).max(1) as usize,
    };
    "#".repeat(columns(instant.leased))
        + &"+".repeat(columns(instant.reserved))
        + &".".repeat(columns(instant.free()))
}

fn row(instant: &Instant) -> Value {
    json!({
        "from": instant.at.rfc3339(),
        "sold": instant.sold,
        "granted": instant.granted,
        "reserved": instant.reserved,
        "leased": instant.leased,
        "booked": instant.booked,
        "free": instant.free(),
        "over": instant.over(),
    })
}
