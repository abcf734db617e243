//! `waybill installation list` and `waybill installation edit`: installations as people look for them, and as they call them.

use license_format::Timestamp;
use serde_json::{Value, json};
use signer::{
    Asker,
    installations::{Decider, Filter, Installations, Line, Query, RemarksChange, Sort},
    paging::{Cursor, MOST_ROWS, Part},
};

use super::installation;
use crate::{
    edge,
    outcome::{Failure, Report},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Those only whose site code or server name begins so
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    search: String,
    /// In which state: all, active, expiring-soon, expired, deactivated or blocked
    #[arg(long, value_name = "STATE", default_value = "all", value_parser = filter)]
    show: Filter,
    /// By site or by the server's name
    #[arg(long, value_name = "site|name", default_value = "site", value_parser = sort)]
    sort: Sort,
    /// How many lines, up to 500
    #[arg(long, value_name = "N", default_value_t = MOST_ROWS)]
    rows: usize,
    /// Where the page before ended, as it said
    #[arg(long, value_name = "PLACE")]
    after: Option<Cursor>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Edit {
    /// Its thumbprint, or the beginning of it, with or without dashes
    id: String,
    /// What it is called; empty takes that away
    #[arg(long, value_name = "TEXT", required_unless_present = "note")]
    alias: Option<String>,
    /// What is noted of it; empty takes that away
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl List {
    pub(super) async fn run(self, installations: &Installations) -> Result<Report, Failure> {
        let now = edge::now();
        let List { search, show: filter, sort, rows, after } = self;
        let query = Query { filter, sort, search, part: Part { after, rows }, ..Query::default() };
        let page = installations.lines(&Asker::Staff, &query, now).await?;
        let header =
            ["site", "name", "alias", "installation", "slot", "seats", "good until", "last report", ""];
        let empty = match (filter, query.search.is_empty(), query.part.after) {
            (Filter::All, true, None) => {
                "There is no installation yet. The first request file of a proxy brings it."
            }
            _ => "There is none like that. `waybill installation list` shows all.",
        };
        let mut text = show::table(&header, page.rows.iter().map(|line| cells(line, now)).collect(), empty);
        if let Some(next) = &page.next {
            text += &format!("\nThere are more: add --after {next}\n");
        }
        let lines: Vec<Value> = page.rows.iter().map(row).collect();
        let next = page.next.map(|next| next.to_string());
        Ok(Report::new(text, json!({ "installations": lines, "next": next })))
    }
}

impl Edit {
    pub(super) async fn run(self, installations: &Installations) -> Result<Report, Failure> {
        let (id, now) = (installation::find(installations, &self.id).await?, edge::now());
        let show = async || {
            let view = installations.show(&Asker::Staff, &id, now).await?;
            view.ok_or_else(installation::none)
        };
        let change = RemarksChange { alias: self.alias, note: self.note };
        let edits = show().await?.remarks.edits;
        installations.remark(&id, edits, &change, &Decider::operator(), now).await?;
        let view = show().await?;
        Ok(Report::new(installation::details(&view), json!({ "installation": installation::row(&view) })))
    }
}

fn cells(line: &Line, now: Timestamp) -> Vec<String> {
    let license = line.license.as_ref();
    let granted = license.and_then(|license| license.grants.first()).map(|(_, seats)| *seats);
    let seats = match (granted, line.used) {
        (Some(granted), Some(used)) => format!("{used} of {granted}"),
        (Some(granted), None) => granted.to_string(),
        (None, _) => String::new(),
    };
    let warning = match (line.forked, line.clock_behind) {
        (true, _) => "COPIED OR PUT BACK",
        (false, true) => "clock behind",
        (false, false) => "",
    };
    let state = if license.is_some_and(|license| license.ends <= now) { "ended" } else { line.state.name() };
    vec![
        line.site_code.to_string(),
        line.name.to_string(),
        line.alias.as_ref().map_or_else(String::new, ToString::to_string),
        line.installation.short(),
        format!("{} {state}", line.license_type.title()),
        seats,
        license.map_or_else(String::new, |license| license.good_until.date()),
        line.last_report.date(),
        warning.to_owned(),
    ]
}

fn row(line: &Line) -> Value {
    json!({
        "thumbprint": line.installation,
        "account": line.account,
        "site_code": line.site_code,
        "site_description": line.site_description,
        "name": line.name,
        "alias": line.alias,
        "version": line.version,
        "license_type": line.license_type,
        "state": line.state.name(),
        "forked": line.forked,
        "clock_behind": line.clock_behind,
        "used": line.used,
        "last_report": line.last_report.rfc3339(),
        "license": line.license.as_ref().map(|license| json!({
            "license_key": license.key,
            "seats": license.grants.first().map(|(_, seats)| *seats),
            "contract_end": license.contract_end.rfc3339(),
            "good_until": license.good_until.rfc3339(),
            "report_due": license.report_due.rfc3339(),
            "ends": license.ends.rfc3339(),
        })),
    })
}

fn filter(text: &str) -> Result<Filter, String> {
    Filter::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Filter::ALL.iter().map(|filter| filter.name()).collect();
        format!("it is one of {}", names.join(", "))
    })
}

fn sort(text: &str) -> Result<Sort, String> {
    match text {
        "site" => Ok(Sort::Site),
        "name" => Ok(Sort::Name),
        _ => Err("it is site or name".to_owned()),
    }
}
