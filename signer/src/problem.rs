//! What is wrong with something that a person filled in. A check gives all of them at once, so that nobody mends a form one
//! field at a time.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Most characters of a note.
const MOST_NOTE: usize = 2_000;

/// One thing that is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The field, as the draft's type spells it.
    pub field: Cow<'static, str>,
    /// Stable, for programs.
    pub code: Cow<'static, str>,
    /// In a sentence.
    pub says: String,
    /// What to do.
    pub next_step: Cow<'static, str>,
}

/// Collects problems while a draft is checked.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem.
    pub(crate) fn add(
        &mut self,
        field: &'static str,
        code: &'static str,
        says: impl Into<String>,
        next_step: &'static str,
    ) {
        self.0.push(Problem {
            field: field.into(),
            code: code.into(),
            says: says.into(),
            next_step: next_step.into(),
        });
    }

    /// Notes a problem unless the rule holds.
    pub(crate) fn demand(
        &mut self,
        holds: bool,
        field: &'static str,
        code: &'static str,
        says: impl Into<String>,
        next_step: &'static str,
    ) {
        if !holds {
            self.add(field, code, says, next_step);
        }
    }

    /// A text for people, or the problem with it.
    pub(crate) fn label(&mut self, field: &'static str, text: &str) -> Option<license_format::Label> {
        match text.trim().parse() {
            Ok(label) => Some(label),
            Err(error) => {
                let error: license_format::TextError = error;
                self.add(field, "text", format!("{error}"), "Type 1 to 200 ordinary characters.");
                None
            }
        }
    }

    /// Lines that somebody notes, as they are typed, or the problem with them.
    pub(crate) fn note(&mut self, field: &'static str, text: &str) -> String {
        self.demand(
            text.chars().count() <= MOST_NOTE && text.chars().all(|c| !c.is_control() || c == '\n'),
            field,
            "note",
            format!("a note has at most {MOST_NOTE} characters, and no control characters"),
            "Shorten it.",
        );
        text.to_owned()
    }

    /// All of them.
    pub(crate) fn into_list(self) -> Vec<Problem> {
        self.0
    }

    /// The problems, if there are any.
    pub(crate) fn into_result(self) -> Result<(), Vec<Problem>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// The problems as one line, for errors.
pub(crate) fn sentences(problems: &[Problem]) -> String {
    problems.iter().map(|problem| problem.says.as_str()).collect::<Vec<_>>().join("; ")
}
