//! `status`: what is activated, until when, and what to do next.

use license_format::{LicenseType, Timestamp};
use serde_json::Value;
use verifier::{
    evaluate::State,
    installation::{SlotState, SlotStatus},
};
use waybill_proxy::{Proxy, json};

use super::{Context, setup::site_line};
use crate::{
    args::license_type,
    console::{Failure, Page, Report, counted},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this one
    #[arg(long, value_name = "TYPE", value_parser = license_type())]
    license_type: Option<LicenseType>,
}

pub(crate) fn run(args: Args, context: Context) -> Result<Report, Failure> {
    let installation = Proxy::look(&context.dir, context.now)?;
    let types = args.license_type.map_or(LicenseType::ALL.to_vec(), |license_type| vec![license_type]);
    let slots: Vec<SlotStatus> =
        types.iter().map(|license_type| installation.status(*license_type, context.now)).collect();

    let facts = installation.facts();
    // This command is asked often, by scripts and by the agent: it makes only what is printed.
    if context.json {
        let json = json::status(&installation, &slots);
        return Ok(Report::yes(String::new(), json));
    }
    let mut page = Page::default();
    page.line(&format!("Site {}, server {}", site_line(facts), facts.name));
    page.line(&format!("Installation {}", installation.thumbprint().short()));
    let (unused, used): (Vec<_>, Vec<_>) = slots.iter().partition(|slot| slot.state == SlotState::Empty);
    for slot in &used {
        page.blank();
        show(&mut page, slot);
    }
    if !unused.is_empty() {
        page.blank();
        let titles: Vec<&str> = unused.iter().map(|slot| slot.license_type.title()).collect();
        page.line(&format!("Not activated: {}", titles.join(", ")));
    }
    if used.is_empty() {
        page.next("waybill-proxy prepare activation --license-type TYPE --license-key KEY");
    }
    Ok(Report::yes(page.into_text(), Value::Null))
}

fn show(page: &mut Page, slot: &SlotStatus) {
    page.line(&format!("{}: {}", slot.license_type.title(), state(slot)));
    if let Some(key) = &slot.license_key {
        page.row("License key", key);
    }
    let noun = slot.metric.noun();
    match (slot.seats, slot.used, slot.remaining) {
        (Some(seats), Some(used), Some(remaining)) => {
            page.row("Seats", &format!("{}, {used} used, {remaining} remaining", counted(seats, noun)));
        }
        (Some(seats), None, _) => {
            page.row("Seats", &format!("{}, use not counted yet", counted(seats, noun)))
        }
        (None, Some(used), _) => page.row("In use", &counted(used, noun)),
        _ => {}
    }
    let date = |instant: Option<Timestamp>| instant.map(Timestamp::date);
    if let (Some(start), Some(end)) = (date(slot.contract_start), date(slot.contract_end)) {
        page.row("Contract", &format!("{start} to {end}"));
    }
    for (name, date) in [
        ("File good until", date(slot.good_until)),
        ("Report due by", date(slot.report_due)),
        ("Issued", date(slot.issued)),
    ] {
        if let Some(date) = date {
            page.row(name, &date);
        }
    }
    slot.notices.iter().for_each(|note| page.note(note));
}

/// The state in the guides' words, and how the license is doing if that is not simply well.
fn state(slot: &SlotStatus) -> String {
    match (slot.state, slot.standing) {
        (SlotState::Empty, _) => "Not activated".to_owned(),
        (SlotState::Requested, _) => "Not activated, waiting for an answer".to_owned(),
        (SlotState::Released, _) => "Deactivated".to_owned(),
        (SlotState::Active, None | Some(State::Active)) => "Activated".to_owned(),
        (SlotState::Active, Some(standing)) => format!("Activated, {standing}"),
    }
}
