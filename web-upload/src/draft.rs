//! A form on its way: what was typed, and what is wrong with it. A page that could not take a form shows it again with both.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use signer::problem::Problem;

use crate::failure::Failure;

/// What a browser sent, by field name. Unknown names do no harm and missing ones are empty: the rooms behind decide what is wrong.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Draft {
    values: BTreeMap<String, String>,
    #[serde(skip)]
    problems: Vec<Problem>,
}

/// What is to be done with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Show what it would do.
    Preview,
    /// Show it again, to be changed.
    Edit,
    /// Do it.
    Do,
}

impl Draft {
    /// A form with values to begin with.
    pub(crate) fn with(values: &[(&str, &str)]) -> Draft {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Draft { values, problems: Vec::new() }
    }

    /// All that was typed, for a page that carries it on.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// What the button said that sent it: what was filled in is first shown with what it would do, then done.
    pub(crate) fn step(&self) -> Step {
        match self.value("step") {
            "do" => Step::Do,
            "edit" => Step::Edit,
            _ => Step::Preview,
        }
    }

    /// The version that the form was filled in on.
    pub(crate) fn version(&self) -> Result<u64, Failure> {
        self.value("version").parse().map_err(|_| Failure::Malformed)
    }

    /// What was typed, without space around it.
    pub(crate) fn value(&self, field: &str) -> &str {
        self.typed(field).trim()
    }

    /// What was typed, exactly: for passwords.
    pub(crate) fn typed(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    /// Whether a box is ticked.
    pub(crate) fn ticked(&self, field: &str) -> bool {
        self.value(field) == "on"
    }

    /// A number, or `None` where nothing was typed. Notes a problem with anything else.
    pub(crate) fn number(&mut self, field: &'static str, what: &str) -> Option<u64> {
        self.number_in(field, field, what)
    }

    /// The same, of one of several fields whose problems are noted under one name.
    pub(crate) fn number_in(&mut self, field: &str, noted: &'static str, what: &str) -> Option<u64> {
        let text = self.value(field);
        if text.is_empty() {
            return None;
        }
        let number = text.replace([',', ' '], "").parse().ok();
        if number.is_none() {
            self.note(noted, "number", format!("{what} must be a whole number"), "Type digits only.");
        }
        number
    }

    /// A day. Notes a problem where there is none.
    pub(crate) fn day(&mut self, field: &'static str, what: &str) -> Option<license_format::Timestamp> {
        let day = license_format::Timestamp::parse(self.value(field));
        if day.is_none() {
            self.note(field, "date", format!("{what} must be a date"), "Choose a day, such as 2026-11-22.");
        }
        day
    }

    /// Notes a problem.
    pub(crate) fn note(
        &mut self,
        field: &'static str,
        code: &'static str,
        says: impl Into<String>,
        next_step: impl Into<Cow<'static, str>>,
    ) {
        self.problems.push(Problem {
            field: field.into(),
            code: code.into(),
            says: says.into(),
            next_step: next_step.into(),
        });
    }

    /// The form with what the room behind found wrong with it.
    pub(crate) fn refused(mut self, problems: Vec<Problem>) -> Draft {
        self.problems.extend(problems);
        self
    }

    /// All problems, in the order in which they were found.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The problem with one field.
    pub(crate) fn problem(&self, field: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.field == field)
    }
}
