//! `waybill doctor`: what in the vendor's own installation will need doing, and by when. It opens no secret and changes nothing.

use license_format::{DAY, Timestamp};
use serde_json::json;
use signer::doctor::{self, Finding, State};

use crate::{
    Context, edge,
    outcome::{Exit, Failure, Problem, Report},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// How far to look ahead
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u64).range(0..=36500))]
    within: u64,
}

impl Doctor {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let made = context.data_dir.made()?;
        let dir = context.data_dir.dir()?;
        let now = edge::now();
        let mut findings = doctor::keys(&dir, now, now.plus(self.within * DAY));
        let record = async {
            let store = context.data_dir.store().await?;
            Ok::<_, Failure>(doctor::record(&dir, &store, now).await?)
        };
        match record.await {
            Ok(found) => findings.extend(found),
            // A store that cannot be looked at is something to do, and no reason to keep the rest back.
            Err(failure) => findings.extend(failure.problems.into_iter().map(|problem| {
                Finding::due(
                    "record-unreadable",
                    "record",
                    format!("[{}] {}", problem.code, problem.says),
                    problem.next_step,
                )
            })),
        }
        findings.extend(edge::free_space(made.path()).map(doctor::disk));
        findings.sort_by_key(|finding| finding.state);
        Ok(report(&findings, self.within))
    }
}

fn report(findings: &[Finding], within: u64) -> Report {
    let rows = findings
        .iter()
        .map(|Finding { state, about, says, .. }| vec![state.name().to_owned(), about.clone(), says.clone()])
        .collect();
    let mut text = show::table(&["STATE", "WHAT", ""], rows, "nothing to look at");
    let advice = findings.iter().filter(|finding| finding.state == State::Advice);
    for Finding { about, next_step, .. } in advice {
        text += &format!("\nAdvice for the {about}: {next_step}");
    }
    let due: Vec<&Finding> = findings.iter().filter(|finding| finding.state == State::Due).collect();
    if due.is_empty() {
        text += &format!("\nNothing needs doing within {within} days.\n");
    } else {
        text += "\n";
    }
    let json = json!({
        "within_days": within,
        "due": due.len(),
        "findings": findings.iter().map(|finding| json!({
            "code": finding.code,
            "state": finding.state.name(),
            "about": finding.about,
            "message": finding.says,
            "next_step": finding.next_step,
            "when": finding.when.map(Timestamp::rfc3339),
        })).collect::<Vec<_>>(),
    });
    let report = Report::new(text, json);
    if due.is_empty() {
        return report;
    }
    let problems = due.iter().map(|finding| Problem {
        code: finding.code.to_owned(),
        says: format!("{}: {}", finding.about, finding.says),
        next_step: finding.next_step.clone(),
    });
    report.refused(Failure { exit: Exit::Refused, problems: problems.collect() })
}
