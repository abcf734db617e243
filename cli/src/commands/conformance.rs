//! `waybill conformance`: whether a program reaches the verdicts of the test vectors. Ours is judged like any other.

use std::{fs, io, path::PathBuf};

use serde_json::{Map, json};
use test_vectors::{Scenario, Unreadable, Vector};

use crate::{
    conformance::{
        exceptions::Exceptions,
        hand::{Hand, PLAYED, Program},
        report::{self, Judged, Outcome},
    },
    outcome::{Exit, Failure, Report},
};

/// The area that the scenarios stand in.
const SCENARIO: &str = "scenario";

#[derive(Debug, clap::Args)]
pub(crate) struct Conformance {
    /// A program to judge, with its arguments, and a short name before an `=` if you like; may be repeated.
    /// Without any, this program's own library is judged
    #[arg(long = "command", value_name = "[NAME=]PROGRAM")]
    commands: Vec<String>,
    /// Judge this program's own library beside the others
    #[arg(long)]
    with_library: bool,
    /// What is known to differ, `name: reason` a line
    #[arg(long, value_name = "FILE")]
    exceptions: Option<PathBuf>,
    /// Leave the scenarios out, for programs that keep no state
    #[arg(long)]
    single_files: bool,
    /// The folder of vectors
    #[arg(long, value_name = "FOLDER", default_value = "test-vectors")]
    vectors: PathBuf,
}

impl Conformance {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        let vectors = test_vectors::all_in(&self.vectors.join("vectors")).map_err(unreadable)?;
        let scenarios = match self.single_files {
            true => Vec::new(),
            false => test_vectors::scenarios_in(&self.vectors.join("scenarios")).map_err(unreadable)?,
        };
        let exceptions = self.read_exceptions()?;
        let mut hands = Vec::new();
        if self.with_library || self.commands.is_empty() {
            hands.push(("library".to_owned(), Hand::Library));
        }
        for command in &self.commands {
            let (name, program) = named(command);
            let started = Program::start(program).map_err(|error| unable(name, &error))?;
            hands.push((name.to_owned(), Hand::Program(Box::new(started))));
        }

        let mut outcomes = Vec::new();
        for (name, mut hand) in hands {
            let judged = judge(&mut hand, &vectors, &scenarios).map_err(|error| unable(&name, &error))?;
            outcomes.push(Outcome::of(&name, &judged, &exceptions));
        }
        Ok(found(&vectors, &scenarios, &outcomes))
    }

    fn read_exceptions(&self) -> Result<Exceptions, Failure> {
        let Some(path) = &self.exceptions else { return Ok(Exceptions::default()) };
        let bad = |problem: &dyn std::fmt::Display| {
            let says = format!("{}: {problem}", path.display());
            Failure::misuse(
                "exceptions",
                says,
                "Write one exception a line: a vector's name, a colon, the reason.",
            )
        };
        let text = fs::read_to_string(path).map_err(|error| bad(&error))?;
        Exceptions::parse(&text).map_err(|error| bad(&error))
    }
}

/// Every vector and every scenario, one after the other.
fn judge<'a>(
    hand: &mut Hand,
    vectors: &'a [Vector],
    scenarios: &'a [Scenario],
) -> io::Result<Vec<Judged<'a>>> {
    let mut judged = Vec::with_capacity(vectors.len() + scenarios.len());
    for vector in vectors {
        let found = hand.verdict(vector)?;
        let (area, expected) = (report::area(vector), vector.expect.to_string());
        judged.push(Judged { area, name: &vector.name, comment: &vector.comment, expected, found });
    }
    for scenario in scenarios {
        let found = hand.play(scenario)?;
        let (area, expected) = (SCENARIO, PLAYED.to_owned());
        judged.push(Judged { area, name: &scenario.name, comment: &scenario.comment, expected, found });
    }
    Ok(judged)
}

fn unreadable(unreadable: Unreadable) -> Failure {
    let next = "Run this at the top of Waybill's repository, or name its folder test-vectors with --vectors.";
    Failure::misuse("vectors", format!("the vectors cannot be read: {unreadable}"), next)
}

/// The short name of a command, if it has one, and the command. A path with `=` in it is no name: names have no slash and no space.
fn named(command: &str) -> (&str, &str) {
    match command.split_once('=') {
        Some((name, program)) if !name.contains(['/', '\\', ' ', '.']) => (name, program),
        _ => (command, command),
    }
}

fn unable(name: &str, error: &io::Error) -> Failure {
    let next = "Run it by hand: it reads three lines for each vector and writes one, as test-vectors/README.md says.";
    Failure::new(Exit::CouldNotTell, "program", format!("{name}: {error}"), next)
}

fn found(vectors: &[Vector], scenarios: &[Scenario], outcomes: &[Outcome]) -> Report {
    let failed: usize = outcomes.iter().map(|outcome| outcome.failed).sum();
    let mut areas = Map::new();
    for area in vectors.iter().map(report::area).chain(scenarios.iter().map(|_| SCENARIO)) {
        let count = areas.entry(area).or_insert(json!(0));
        *count = json!(count.as_u64().unwrap_or_default() + 1);
    }
    let json = json!({ "vectors": vectors.len() + scenarios.len(), "failed": failed, "areas": areas, "hands": outcomes });
    let report = Report::new(report::text(outcomes), json);
    match failed {
        0 => report,
        _ => {
            let says = format!("{failed} verdicts differ from those of the vectors");
            let next = "Each vector's file says in a sentence what is wrong with it, and FORMAT.md names the rule by its code.";
            report.refused(Failure::refused("not-conformant", says, next))
        }
    }
}
