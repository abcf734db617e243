//! Who answers: our own library, or a program that is kept running and asked in three lines at a time.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use license_format::Kind;
use serde_json::Value;
use test_vectors::{Scenario, Vector};
use verifier::conformance::judge;

use super::scenario::OurInstallation;

/// What a hand is given for an answer. The slowest that is known starts a shell and four programs for each.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a program that ended is started again, so that a crash costs one vector and not all that follow.
const STARTS: u32 = 20;

/// Something that judges vectors.
#[derive(Debug)]
pub(crate) enum Hand {
    /// The verifier of this program.
    Library,
    /// Another program.
    Program(Box<Program>),
}

impl Hand {
    /// Its verdict: `accept` or a code. What is no verdict, because a program ended or said nothing, stands in parentheses.
    pub(crate) fn verdict(&mut self, vector: &Vector) -> io::Result<String> {
        match self {
            Hand::Library => Ok(ours(vector)),
            Hand::Program(program) => program.ask(&[
                vector.kind.clone(),
                match trusted(vector) {
                    [] => "-".to_owned(),
                    bytes => BASE64_STANDARD.encode(bytes),
                },
                BASE64_STANDARD.encode(&vector.file),
            ]),
        }
    }

    /// How far it gets in a scenario: `played`, or at which step it answered otherwise, and what differs.
    pub(crate) fn play(&mut self, scenario: &Scenario) -> io::Result<String> {
        let mut installation = OurInstallation::new();
        for (number, step) in scenario.steps.iter().enumerate() {
            let found = match self {
                Hand::Library => installation.answer(&step.ask),
                Hand::Program(program) => {
                    let line = program.ask(&["scenario".to_owned(), step.line(), "-".to_owned()])?;
                    serde_json::from_str(&line).unwrap_or(Value::String(line))
                }
            };
            if let Some(difference) = difference("", &step.expect, &found) {
                return Ok(format!(
                    "step {} ({}): {difference}",
                    number + 1,
                    step.comment.trim_end_matches('.')
                ));
            }
        }
        Ok(PLAYED.to_owned())
    }
}

/// What [`Hand::play`] gives for a scenario that went as it is told.
pub(crate) const PLAYED: &str = "played";

/// The first place where two answers differ: `slots.desktop.standing should be "active" and is "ended"`.
fn difference(place: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::Object(these), Value::Object(those)) => {
            let names = these.keys().chain(those.keys().filter(|name| !these.contains_key(*name)));
            let inside = |name: &String| match place {
                "" => name.clone(),
                place => format!("{place}.{name}"),
            };
            let member =
                |of: &serde_json::Map<String, Value>, name| of.get(name).cloned().unwrap_or(Value::Null);
            names
                .filter_map(|name| difference(&inside(name), &member(these, name), &member(those, name)))
                .next()
        }
        _ if expected == found => None,
        _ => Some(format!(
            "{} should be {expected} and is {found}",
            if place.is_empty() { "the answer" } else { place }
        )),
    }
}

fn ours(vector: &Vector) -> String {
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.name() == vector.kind) else {
        return format!("(no kind {:?})", vector.kind);
    };
    match judge(kind, trusted(vector), &vector.file) {
        Ok(()) => "accept".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

/// What is trusted before the file is looked at.
fn trusted(vector: &Vector) -> &[u8] {
    vector.enrolled.as_ref().map_or(&vector.trust, |key| key.as_slice())
}

/// A program that speaks the protocol.
#[derive(Debug)]
pub(crate) struct Program {
    words: Vec<String>,
    running: Option<Running>,
    starts: u32,
}

#[derive(Debug)]
struct Running {
    child: Child,
    answers: Receiver<String>,
}

impl Program {
    /// Starts a program: its path and arguments, separated by white space.
    pub(crate) fn start(command: &str) -> io::Result<Program> {
        let words = command.split_whitespace().map(str::to_owned).collect();
        let mut program = Program { words, running: None, starts: 0 };
        program.running()?;
        Ok(program)
    }

    /// Writes the lines and gives the line that comes back.
    pub(crate) fn ask(&mut self, lines: &[String; 3]) -> io::Result<String> {
        let running = self.running()?;
        let question = format!("{}\n", lines.join("\n"));
        // A program that is gone is told by its silence, just below.
        let input = running.child.stdin.as_mut();
        let _ = input.map(|input| input.write_all(question.as_bytes()).and_then(|()| input.flush()));
        match running.answers.recv_timeout(PATIENCE) {
            Ok(answer) => Ok(answer.trim().to_owned()),
            Err(silence) => {
                self.end();
                Ok(match silence {
                    mpsc::RecvTimeoutError::Timeout => format!("(no answer in {} s)", PATIENCE.as_secs()),
                    mpsc::RecvTimeoutError::Disconnected => "(the program ended)".to_owned(),
                })
            }
        }
    }

    fn running(&mut self) -> io::Result<&mut Running> {
        let running = match self.running.take() {
            Some(running) => running,
            None if self.starts == STARTS => {
                return Err(io::Error::other(format!("it ended {STARTS} times before its input did")));
            }
            None => {
                self.starts += 1;
                launch(&self.words)?
            }
        };
        Ok(self.running.insert(running))
    }

    fn end(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may be gone already, and either way nobody waits for it.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

fn launch(words: &[String]) -> io::Result<Running> {
    let (path, arguments) = words.split_first().ok_or_else(|| io::Error::other("it has no name"))?;
    let mut child =
        Command::new(path).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().ok_or_else(|| io::Error::other("it has no output"))?;
    let (sender, answers) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok(Running { child, answers })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_told_by_its_place() {
        let expected =
            json!({ "outcome": "installed", "state": { "counter": 1, "slots": { "desktop": "active" } } });
        assert_eq!(difference("", &expected, &expected.clone()), None);
        let mut found = expected.clone();
        found["state"]["slots"]["desktop"] = json!("released");
        assert_eq!(
            difference("", &expected, &found).as_deref(),
            Some(r#"state.slots.desktop should be "active" and is "released""#)
        );
        found = json!({ "outcome": "installed", "state": expected["state"], "extra": 1 });
        assert_eq!(difference("", &expected, &found).as_deref(), Some("extra should be null and is 1"));
        assert_eq!(
            difference("", &expected, &json!("(the program ended)"))
                .map(|text| text.starts_with("the answer should be {")),
            Some(true)
        );
    }
}
