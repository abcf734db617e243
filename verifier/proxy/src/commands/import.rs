//! `import`: shows what an answer grants, asks, and takes it.

use std::path::PathBuf;

use license_format::payload::License;
use serde_json::json;
use verifier::installation::{Installed, Outcome};
use waybill_proxy::{Proxy, json};

use super::{Context, read_file};
use crate::console::{Failure, Page, Report, ask, can_ask, counted, say};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file that the portal gave, or - to read it from standard input
    file: PathBuf,

    /// Takes it without asking
    #[arg(long)]
    yes: bool,

    /// Shows what it would do, and changes nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

pub(crate) fn run(args: Args, context: Context) -> Result<Report, Failure> {
    let file = read_file(&args.file)?;
    let mut proxy = Proxy::open(context.dir)?;
    let outcome = proxy.review(&file, context.now)?;
    let review = review(&outcome);
    let mut json = json::outcome(&outcome);
    if args.dry_run {
        json["imported"] = json!(false);
        let text = review + "\nNothing was changed: this was a dry run.\n";
        return Ok(Report { text, json, refused: refusal(&outcome) });
    }
    let mut shown = review;
    if let (Outcome::Installed(installed), false) = (&outcome, args.yes) {
        if context.json || !can_ask() {
            return Err(Failure::misuse("needs-yes", "nobody is there to confirm what this license grants")
                .next("Look at it with --dry-run, then import it with --yes."));
        }
        let question = match installed.before {
            None => "\nActivate this license?",
            Some(_) => "\nPut it in the place of the license in force?",
        };
        // Shown before the question, so not again after it.
        let _ = say(&std::mem::take(&mut shown));
        if !ask(question) {
            return Err(Failure::refused("not-confirmed", "it was not confirmed, and nothing was changed")
                .next("Import the file again when you want it."));
        }
    }
    let outcome = proxy.import(&file, context.now)?;
    json["imported"] = json!(outcome.changes());
    Ok(Report { text: shown + "\n" + &result(&outcome), json, refused: refusal(&outcome) })
}

/// What the file says, for a person who decides.
fn review(outcome: &Outcome) -> String {
    let mut page = Page::default();
    match outcome {
        Outcome::Installed(installed) => review_license(&mut page, installed),
        Outcome::Confirmed(receipt) => {
            page.line(&format!("Deactivation receipt for {}", receipt.license_type.title()));
            page.row("Signed", &format!("{} by {}", receipt.issued.date(), receipt.vendor));
            page.row("Answers", &format!("request number {}", receipt.counter));
        }
        Outcome::Refused(refusal) => {
            page.line(&format!("Refusal for {}", refusal.license_type.title()));
            page.row("Signed", &format!("{} by {}", refusal.issued.date(), refusal.vendor));
            page.row("Answers", &format!("request number {}", refusal.counter));
            if let Some(until) = refusal.until {
                page.row("Changes by itself", &until.date());
            }
            page.row(
                "For good",
                if refusal.is_final { "yes" } else { "no, the same file may be brought again" },
            );
        }
        late => page.line(&format!("An answer for {}", late.license_type().title())),
    }
    page.into_text()
}

/// The three dates are three lines. A value that changes is shown as it is now and as it will be.
fn review_license(page: &mut Page, installed: &Installed) {
    let Installed { license, before, resets_time } = installed;
    let mut row = |name: &str, value: fn(&License) -> String| {
        let new = value(license);
        match before.as_ref().map(value).filter(|old| *old != new) {
            Some(old) => page.row(name, &format!("{old} -> {new}")),
            None => page.row(name, &new),
        }
    };
    row("License", |license| format!("{}, {}", license.product, license.license_type.title()));
    row("Site", |license| {
        let name = &license.installation;
        match &name.site_description {
            Some(description) => format!("{} ({description}), server {}", name.site_code, name.name),
            None => format!("{}, server {}", name.site_code, name.name),
        }
    });
    row("License key", |license| license.license_key.last_group.masked());
    row("Seats", seats);
    row("Edition", |license| {
        let editions: Vec<&str> = license.grants.iter().map(|grant| grant.edition.as_str()).collect();
        let trial = if license.grants.iter().any(|grant| grant.trial) { ", trial" } else { "" };
        format!("{}{trial}", editions.join(" and "))
    });
    row("Contract", |license| {
        format!("{} to {}", license.contract_start().date(), license.contract_end().date())
    });
    row("File good until", |license| license.good_until.date());
    row("Report due by", |license| license.report_due.date());
    row("Issued", |license| format!("{} by {}", license.issued.date(), license.vendor));
    if *resets_time {
        page.row("Time", &format!("put back to {}, for a clock that ran ahead", license.issued.minute()));
    }
}

fn seats(license: &License) -> String {
    let seats: Vec<String> =
        license.grants.iter().map(|grant| counted(grant.seats, grant.metric.noun())).collect();
    seats.join(" and ")
}

/// What came of it.
fn result(outcome: &Outcome) -> String {
    let mut page = Page::default();
    let slot = outcome.license_type().title();
    page.line(&match outcome {
        Outcome::Installed(installed) => match installed.before {
            None => format!("{slot} is activated."),
            Some(_) => format!("{slot} has its new license."),
        },
        Outcome::Confirmed(_) => {
            format!("{slot} is deactivated, and the license key is free for another installation.")
        }
        Outcome::Refused(_) => format!("The portal said no to the request for {slot}. What is in force stays."),
        Outcome::AlreadyInstalled { .. } => format!("{slot} has this license already. Nothing was changed."),
        Outcome::Superseded { counter, in_force, .. } => format!(
            "This answers request number {counter}; {slot} has the license that answers number {in_force}, which is newer. \
             Nothing was changed."
        ),
        Outcome::Ended { counter, ended, .. } => format!(
            "This answers request number {counter}; {slot} was deactivated after that, by number {ended}. Nothing was changed."
        ),
        Outcome::AlreadyRead { counter, .. } => format!(
            "This speaks of request number {counter} for {slot}, which is settled. Nothing was changed."
        ),
    });
    page.into_text()
}

/// A signed no is a no.
fn refusal(outcome: &Outcome) -> Option<Failure> {
    let Outcome::Refused(refusal) = outcome else { return None };
    Some(Failure::refused(refusal.code.as_str(), refusal.says.as_str()).next(refusal.next_step.as_str()))
}
