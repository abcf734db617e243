//! Known deviations: `name: reason`, one a line. A `*` in a name stands for anything; lines that begin with `#` are comments.

use std::fmt;

/// The vectors that a hand may miss.
#[derive(Debug, Default)]
pub(crate) struct Exceptions(Vec<Exception>);

/// One line.
#[derive(Debug)]
pub(crate) struct Exception {
    names: String,
    pub(crate) reason: String,
}

/// A line that is no exception.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoException {
    line: usize,
}

impl fmt::Display for NoException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is not `name: reason`", self.line)
    }
}

impl Exceptions {
    /// Reads them. Refuses a line without a reason: what nobody can explain is a fault.
    pub(crate) fn parse(text: &str) -> Result<Exceptions, NoException> {
        let mut exceptions = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.split_once(": ").map(|(names, reason)| (names.trim(), reason.trim())) {
                Some((names, reason)) if !names.is_empty() && !reason.is_empty() => {
                    exceptions.push(Exception { names: names.to_owned(), reason: reason.to_owned() });
                }
                _ => return Err(NoException { line: index + 1 }),
            }
        }
        Ok(Exceptions(exceptions))
    }

    /// The first that names this vector.
    pub(crate) fn of(&self, name: &str) -> Option<&Exception> {
        self.0.iter().find(|exception| matches(&exception.names, name))
    }

    /// The names of those that excuse nothing any more: none of these vectors was missed.
    pub(crate) fn stale<'a>(&'a self, missed: &[&str]) -> Vec<&'a str> {
        let excuses = |exception: &Exception| missed.iter().any(|name| matches(&exception.names, name));
        self.0
            .iter()
            .filter(|exception| !excuses(exception))
            .map(|exception| exception.names.as_str())
            .collect()
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            (0..=name.len()).any(|at| name.get(at..).is_some_and(|name| matches(rest, name)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fits) in [
            ("armour-crlf", "armour-crlf", true),
            ("armour-crlf", "armour-cr", false),
            ("armour-*", "armour-", true),
            ("armour-*", "scanner-x", false),
            ("*-deep-*", "scanner-deep-nesting", true),
            ("*-deep", "scanner-deep-nesting", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn an_exception_has_a_reason_and_excuses_something() {
        let text = "# what it cannot do\n\narmour-*: no armour\nvalid-license: broken today\n";
        let exceptions = Exceptions::parse(text).expect("two exceptions");
        assert_eq!(
            exceptions.of("armour-crlf").map(|exception| exception.reason.as_str()),
            Some("no armour")
        );
        assert!(exceptions.of("valid-refusal").is_none());
        assert_eq!(exceptions.stale(&["armour-cr"]), ["valid-license"]);
        assert_eq!(Exceptions::parse("a: b\nvalid-license:").err(), Some(NoException { line: 2 }));
    }
}
