//! What came out: for each hand and area how many vectors got their verdict, and every one that did not.

use std::collections::BTreeMap;

use serde::Serialize;
use test_vectors::Vector;

use super::exceptions::Exceptions;
use crate::show;

/// The outcome for one hand.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    pub(crate) vectors: usize,
    pub(crate) failed: usize,
    pub(crate) excepted: usize,
    /// Why those are excepted: how many for each reason.
    pub(crate) reasons: BTreeMap<String, usize>,
    pub(crate) areas: BTreeMap<String, Area>,
    pub(crate) failures: Vec<Failed>,
    /// Exceptions that excuse nothing any more; each is a failure.
    pub(crate) stale_exceptions: Vec<String>,
}

/// The vectors of one area.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Area {
    pub(crate) vectors: usize,
    pub(crate) passed: usize,
    pub(crate) excepted: usize,
}

/// A vector that did not get its verdict.
#[derive(Debug, Serialize)]
pub(crate) struct Failed {
    pub(crate) name: String,
    pub(crate) expected: String,
    pub(crate) found: String,
    pub(crate) comment: String,
}

/// One thing that was judged, and what came of it.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub(crate) area: &'a str,
    pub(crate) name: &'a str,
    pub(crate) comment: &'a str,
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// A vector's area: its name up to the first hyphen.
pub(crate) fn area(vector: &Vector) -> &str {
    vector.name.split('-').next().unwrap_or_default()
}

impl Outcome {
    /// Counts.
    pub(crate) fn of(name: &str, judged: &[Judged<'_>], exceptions: &Exceptions) -> Outcome {
        let mut areas: BTreeMap<String, Area> = BTreeMap::new();
        let (mut failures, mut missed) = (Vec::new(), Vec::new());
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for one in judged {
            let area = areas.entry(one.area.to_owned()).or_default();
            area.vectors += 1;
            if one.expected == one.found {
                area.passed += 1;
                continue;
            }
            missed.push(one.name);
            match exceptions.of(one.name) {
                Some(exception) => {
                    area.excepted += 1;
                    *reasons.entry(exception.reason.clone()).or_default() += 1;
                }
                None => failures.push(Failed {
                    name: one.name.to_owned(),
                    expected: one.expected.clone(),
                    found: one.found.clone(),
                    comment: one.comment.to_owned(),
                }),
            }
        }
        let stale_exceptions: Vec<String> =
            exceptions.stale(&missed).into_iter().map(str::to_owned).collect();
        Outcome {
            name: name.to_owned(),
            vectors: judged.len(),
            failed: failures.len() + stale_exceptions.len(),
            excepted: reasons.values().sum(),
            reasons,
            areas,
            failures,
            stale_exceptions,
        }
    }
}

/// A line for each area and a column for each hand, and under it what failed.
pub(crate) fn text(outcomes: &[Outcome]) -> String {
    let mut areas: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, area) in outcomes.iter().flat_map(|outcome| &outcome.areas) {
        let most = areas.entry(name).or_default();
        *most = (*most).max(area.vectors);
    }
    let mut header = vec!["area", "vectors"];
    header.extend(outcomes.iter().map(|outcome| outcome.name.as_str()));
    let mut rows: Vec<Vec<String>> = areas
        .iter()
        .map(|(name, vectors)| {
            let cells =
                outcomes.iter().map(|outcome| outcome.areas.get(*name).map_or_else(String::new, cell));
            [(*name).to_owned(), vectors.to_string()].into_iter().chain(cells).collect()
        })
        .collect();
    let sums = outcomes.iter().map(|outcome| {
        let (passed, excepted) =
            (outcome.vectors - outcome.failures.len() - outcome.excepted, outcome.excepted);
        cell(&Area { vectors: outcome.vectors, passed, excepted })
    });
    let all = areas.values().sum::<usize>().to_string();
    rows.push(["all".to_owned(), all].into_iter().chain(sums).collect());

    let mut text = show::table(&header, rows, "There are no vectors.");
    for outcome in outcomes.iter().filter(|outcome| outcome.failed + outcome.excepted > 0) {
        text.push_str(&format!("\n{}:\n", outcome.name));
        for (reason, count) in &outcome.reasons {
            text.push_str(&format!("  {count} excepted: {reason}\n"));
        }
        for Failed { name, expected, found, comment } in &outcome.failures {
            text.push_str(&format!("  {name}: expected {expected}, found {found}. {comment}\n"));
        }
        for names in &outcome.stale_exceptions {
            text.push_str(&format!("  {names}: an exception, and nothing that it names fails\n"));
        }
    }
    text
}

/// `69`, or `60 of 69`, or `60, 9 excepted`.
fn cell(area: &Area) -> String {
    match area.vectors - area.passed - area.excepted {
        0 if area.excepted == 0 => area.passed.to_string(),
        0 => format!("{}, {} excepted", area.passed, area.excepted),
        _ => format!("{} of {}", area.passed, area.vectors),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged<'a>(name: &'a str, found: &str) -> Judged<'a> {
        let area = name.split('-').next().unwrap_or_default();
        let (expected, found) = ("accept".to_owned(), found.to_owned());
        Judged { area, name, comment: "A fault.", expected, found }
    }

    #[test]
    fn what_is_excepted_counts_by_itself_and_what_is_stale_fails() {
        let vectors = [judged("a-1", "accept"), judged("a-2", "signature"), judged("b-1", "empty")];
        let exceptions = Exceptions::parse("a-*: not yet\nc-1: gone\n").expect("exceptions");
        let outcome = Outcome::of("hand", &vectors, &exceptions);
        assert_eq!((outcome.vectors, outcome.failed, outcome.excepted), (3, 2, 1));
        assert_eq!(
            text(&[outcome]),
            "area  vectors  hand\na     2        1, 1 excepted\nb     1        0 of 1\nall   3        1 of 3\n\
             \nhand:\n  1 excepted: not yet\n  b-1: expected accept, found empty. A fault.\n  c-1: an exception, and nothing that it names fails\n"
        );
    }
}
