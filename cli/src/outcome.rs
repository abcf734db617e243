//! How every command ends: its exit code, and the one place that prints what it found or why it stopped.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    process::ExitCode,
};

use serde_json::{Value, json};

/// The exit codes, the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was done, or the answer is yes.
    Yes = 0,
    /// A correct no.
    Refused = 1,
    /// The command was not typed as it must be.
    Misuse = 2,
    /// It could not be told: a disk, a network, a store failed.
    CouldNotTell = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// What a command found: for people, and for programs.
#[derive(Debug)]
pub(crate) struct Report {
    exit: Exit,
    text: String,
    json: Value,
    refusal: Option<Failure>,
}

impl Report {
    /// A yes.
    pub(crate) fn new(text: impl Into<String>, json: Value) -> Report {
        Report { exit: Exit::Yes, text: text.into(), json, refusal: None }
    }

    /// What came of it is a no, yet there is something to show: a refusal that was saved, a file that is not genuine.
    pub(crate) fn refused(self, refusal: Failure) -> Report {
        Report { exit: refusal.exit, refusal: Some(refusal), ..self }
    }
}

/// Why a command stopped: code, sentence, next step.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Problem {
    /// Stable, for programs.
    pub(crate) code: String,
    /// In a sentence.
    #[serde(rename = "message")]
    pub(crate) says: String,
    /// What to do.
    pub(crate) next_step: String,
}

impl Failure {
    /// A failure of one cause.
    pub(crate) fn new(
        exit: Exit,
        code: impl Into<String>,
        says: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Failure {
        let problem = Problem { code: code.into(), says: says.into(), next_step: next_step.into() };
        Failure { exit, problems: vec![problem] }
    }

    /// A correct no.
    pub(crate) fn refused(
        code: impl Into<String>,
        says: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Failure {
        Failure::new(Exit::Refused, code, says, next_step)
    }

    /// The command cannot be meant as it was typed.
    pub(crate) fn misuse(
        code: impl Into<String>,
        says: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Failure {
        Failure::new(Exit::Misuse, code, says, next_step)
    }

    fn json(&self) -> Value {
        match self.problems.as_slice() {
            [one] => json!({ "error": one }),
            several => json!({ "error": { "code": "invalid", "problems": several } }),
        }
    }

    fn text(&self) -> String {
        self.problems.iter().fold(String::new(), |mut text, problem| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "waybill: [{}] {}", problem.code, problem.says);
            let _ = writeln!(text, "Next: {}", problem.next_step);
            text
        })
    }
}

/// Prints how a command ended and gives its exit code. Results go to standard output; reasons to standard error, or with `--json`
/// into the object on standard output.
pub(crate) fn finish(result: Result<Report, Failure>, as_json: bool) -> Exit {
    let (exit, out, error) = match result {
        Ok(Report { exit, mut json, refusal, .. }) if as_json => {
            if let (Some(failure), Value::Object(fields)) = (refusal, &mut json) {
                fields.insert("error".to_owned(), failure.json()["error"].take());
            }
            (exit, lines(&json), String::new())
        }
        Ok(Report { exit, text, refusal, .. }) => {
            (exit, text, refusal.map_or_else(String::new, |failure| failure.text()))
        }
        Err(failure) if as_json => (failure.exit, lines(&failure.json()), String::new()),
        Err(failure) => (failure.exit, String::new(), failure.text()),
    };
    match print(&out) {
        Ok(()) => {
            // Standard error is the last place to complain to.
            let _ = io::stderr().write_all(error.as_bytes());
            exit
        }
        Err(error) => {
            let next = "Make room, or send the output elsewhere; what was to be done has been done.";
            let failure = Failure::new(
                Exit::CouldNotTell,
                "output",
                format!("standard output cannot be written: {error}"),
                next,
            );
            let _ = io::stderr().write_all(failure.text().as_bytes());
            failure.exit
        }
    }
}

/// Prints to standard output at once. A reader that has gone away, as `head` does, is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written =
        out.write_all(text.as_bytes()).and_then(|()| match text.is_empty() || text.ends_with('\n') {
            true => out.flush(),
            false => out.write_all(b"\n").and_then(|()| out.flush()),
        });
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn lines(json: &Value) -> String {
    format!("{json:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_code_a_sentence_and_a_next_step() {
        let failure =
            Failure::refused("key-in-use", "the key is at home elsewhere", "Deactivate it there first.");
        assert_eq!(
            failure.text(),
            "waybill: [key-in-use] the key is at home elsewhere\nNext: Deactivate it there first.\n"
        );
        assert_eq!(failure.json()["error"]["code"], "key-in-use");
        assert_eq!(failure.json()["error"]["message"], "the key is at home elsewhere");
        assert_eq!(failure.exit as u8, 1);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let mut failure = Failure::misuse("date", "the end is no date", "Type it as 2027-11-22.");
        failure.problems.extend(Failure::misuse("seats", "no seats", "Give at least one.").problems);
        assert_eq!(failure.text().matches("waybill: [").count(), 2);
        assert_eq!(failure.json()["error"]["problems"][1]["code"], "seats");
    }
}
