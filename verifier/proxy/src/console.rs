//! What a person or a script gets to see: reports, failures, exit codes, and text that fits 80 columns.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use serde_json::{Value, json};
use verifier::installation::Note;
use waybill_proxy::ProxyError;

/// Columns of text.
const WIDTH: usize = 80;

/// What a command did: the same for people and for programs.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) text: String,
    pub(crate) json: Value,
    /// A no that belongs to a report: what was asked was answered, and the answer is this.
    pub(crate) refused: Option<Failure>,
}

impl Report {
    pub(crate) fn yes(text: String, json: Value) -> Report {
        Report { text, json, refused: None }
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: String,
    says: String,
    next_step: String,
    exit: u8,
}

impl Failure {
    /// A correct no: exit code 1.
    pub(crate) fn refused(code: &str, says: impl Into<String>) -> Failure {
        Failure { code: code.to_owned(), says: says.into(), next_step: String::new(), exit: 1 }
    }

    /// A command that makes no sense as it was given: exit code 2.
    pub(crate) fn misuse(code: &str, says: impl Into<String>) -> Failure {
        Failure { exit: 2, ..Failure::refused(code, says) }
    }

    /// The program could not tell: exit code 3.
    pub(crate) fn unknown(code: &str, says: impl Into<String>) -> Failure {
        Failure { exit: 3, ..Failure::refused(code, says) }
    }

    /// The no that a notice gives.
    pub(crate) fn of(note: &Note) -> Failure {
        Failure::refused(&note.code, note.says.clone()).next(note.next_step.clone())
    }

    /// Its stable code.
    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) fn next(self, next_step: impl Into<String>) -> Failure {
        Failure { next_step: next_step.into(), ..self }
    }
}

impl<E: Into<ProxyError>> From<E> for Failure {
    fn from(error: E) -> Failure {
        let error = error.into();
        let exit = match &error {
            ProxyError::FileUnreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => 2,
            error if error.is_refusal() => 1,
            _ => 3,
        };
        Failure { exit, ..Failure::refused(error.code(), error.to_string()).next(error.next_step()) }
    }
}

/// Prints what came of the command, and gives the exit code.
pub(crate) fn finish(done: Result<Report, Failure>, json: bool) -> ExitCode {
    let (text, object, failure) = match done {
        Ok(report) => (report.text, report.json, report.refused),
        Err(failure) => {
            let Failure { code, says, next_step, .. } = &failure;
            let error = json!({ "error": { "code": code, "message": says, "next_step": next_step } });
            (String::new(), error, Some(failure))
        }
    };
    let said = match json {
        true => say(&format!("{object:#}\n")),
        false => say(&text),
    };
    if let Some(failure) = failure {
        if !json {
            eprintln!("waybill-proxy: [{}] {}", failure.code, failure.says);
            if !failure.next_step.is_empty() {
                eprintln!("Next: {}", failure.next_step);
            }
        }
        return ExitCode::from(failure.exit);
    }
    match said {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads through a pipe and closes it has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(3),
    }
}

/// Prints to standard output.
pub(crate) fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a warning beside the report.
pub(crate) fn warn(text: &str) {
    eprintln!("waybill-proxy: warning: {text}");
}

/// Whether someone is there to be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks a question whose usual answer is no.
pub(crate) fn ask(question: &str) -> bool {
    matches!(ask_for(&format!("{question} [y/N] ")).trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Asks for a line. Where none comes it is empty.
pub(crate) fn ask_for(question: &str) -> String {
    let mut answer = String::new();
    match say(question).and_then(|()| io::stdin().read_line(&mut answer)) {
        Ok(_) => answer,
        Err(_) => String::new(),
    }
}

/// A text of lines, each within the width.
#[derive(Debug, Default)]
pub(crate) struct Page(String);

impl Page {
    pub(crate) fn line(&mut self, text: &str) {
        self.flow("", 0, text);
    }

    pub(crate) fn blank(&mut self) {
        self.0.push('\n');
    }

    /// A name and its value, in two columns.
    pub(crate) fn row(&mut self, name: &str, value: &str) {
        self.flow(&format!("  {name:<17} "), 20, value);
    }

    /// A notice and what to do about it.
    pub(crate) fn note(&mut self, note: &Note) {
        self.flow("  ! ", 4, &note.says);
        self.flow("    ", 4, &note.next_step);
    }

    pub(crate) fn next(&mut self, text: &str) {
        self.blank();
        self.flow("Next: ", 6, text);
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// Words after a beginning, broken into lines; those after the first are indented. A word that is longer than a line, such
    /// as a path, stays whole.
    fn flow(&mut self, beginning: &str, indent: usize, text: &str) {
        let mut column = beginning.chars().count();
        self.0.push_str(beginning);
        for (at, word) in text.split(' ').enumerate() {
            let length = word.chars().count();
            if at > 0 && column + 1 + length > WIDTH {
                self.0.push('\n');
                self.0.push_str(&" ".repeat(indent));
                column = indent;
            } else if at > 0 {
                self.0.push(' ');
                column += 1;
            }
            self.0.push_str(word);
            column += length;
        }
        self.0.push('\n');
    }
}

/// A number and its noun, as in `1 computer` and `250 managed devices`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
