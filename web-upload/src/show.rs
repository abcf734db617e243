//! Small things that many pages show the same way: statuses, instants, seats, the three dates, facts.
//! Each is a template of its own, so a page writes `{{ status }}` and it looks right.

use askama::{Template, filters::HtmlSafe};
use license_format::{DAY, Metric, Timestamp, payload::License};

/// How a status feels. Its words are what tells it; color and icon only repeat them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Ok,
    Wait,
    Warn,
    Stop,
    Idle,
}

impl Tone {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tone::Ok => "ok",
            Tone::Wait => "wait",
            Tone::Warn => "warn",
            Tone::Stop => "stop",
            Tone::Idle => "idle",
        }
    }
}

/// A status in a word or two.
#[derive(Debug, Clone, Template)]
#[template(source = r#"<span class="status status--{{ tone.name() }}">{{ text }}</span>"#, ext = "html")]
pub(crate) struct Status {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

impl HtmlSafe for Status {}

impl Status {
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Status {
        Status { tone, text: text.into() }
    }
}

/// Something to notice, in a sentence or two.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<div class="notice notice--{{ tone.name() }}" role="{% if tone == Tone::Stop %}alert{% else %}status{% endif %}"><p>{{ text }}</p></div>"#,
    ext = "html"
)]
pub(crate) struct Notice {
    pub(crate) tone: Tone,
    pub(crate) text: String,
}

impl HtmlSafe for Notice {}

impl Notice {
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Notice {
        Notice { tone, text: text.into() }
    }
}

/// A day, with the exact instant for programs and as a title.
#[derive(Debug, Clone, Template)]
#[template(source = r#"<time datetime="{{ exact }}" title="{{ minute }}">{{ day }}</time>"#, ext = "html")]
pub(crate) struct Day {
    pub(crate) day: String,
    minute: String,
    exact: String,
    /// `in 23 days`, `today`, `3 days ago`.
    pub(crate) from_now: String,
}

impl HtmlSafe for Day {}

impl Day {
    pub(crate) fn new(instant: Timestamp, now: Timestamp) -> Day {
        let midnight = |at: Timestamp| at.seconds() / DAY;
        let from_now = match (midnight(instant), midnight(now)) {
            (then, today) if then == today => "today".to_owned(),
            (then, today) if then > today => format!("in {}", days(then - today)),
            (then, today) => format!("{} ago", days(today - then)),
        };
        Day { day: instant.date(), minute: instant.minute(), exact: instant.rfc3339(), from_now }
    }
}

/// `1 day`, `23 days`.
pub(crate) fn days(count: u64) -> String {
    count_of(count, "day")
}

/// `1 file`, `1,250 managed devices`.
pub(crate) fn count_of(count: u64, singular: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {singular}{ending}", grouped(count))
}

/// `1,250`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seats of each metric in words: `250 managed devices`, `40 computers and 10 users`.
pub(crate) fn seats(grants: impl IntoIterator<Item = (Metric, u64)>) -> String {
    let each: Vec<String> =
        grants.into_iter().map(|(metric, seats)| count_of(seats, metric.noun())).collect();
    each.join(" and ")
}

/// The promise *three dates*: contract end, file good until and report due by are three things, shown as three things everywhere.
#[derive(Debug, Clone, Template)]
#[template(path = "three_dates.html")]
pub(crate) struct ThreeDates {
    pub(crate) contract_end: Day,
    pub(crate) good_until: Day,
    pub(crate) report_due: Day,
    /// Days for which the file is still honoured after `good_until`.
    pub(crate) grace: String,
}

impl HtmlSafe for ThreeDates {}

impl ThreeDates {
    pub(crate) fn of(license: &License, now: Timestamp) -> ThreeDates {
        ThreeDates {
            contract_end: Day::new(license.contract_end(), now),
            good_until: Day::new(license.good_until, now),
            report_due: Day::new(license.report_due, now),
            grace: days(license.grace / DAY),
        }
    }
}

/// `Name: value` lines of a payload as a list.
#[derive(Debug, Clone, Template)]
#[template(
    source = r#"<dl class="facts">{% for (name, value) in lines %}<dt>{{ name }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>"#,
    ext = "html"
)]
pub(crate) struct Facts {
    pub(crate) lines: Vec<(String, String)>,
}

impl HtmlSafe for Facts {}

impl Facts {
    /// From the readable lines of a payload.
    pub(crate) fn of_readable(lines: &[String]) -> Facts {
        let split = |line: &String| match line.split_once(": ") {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (line.clone(), String::new()),
        };
        Facts { lines: lines.iter().map(split).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_from_today() {
        let now = Timestamp::parse("2026-11-22T18:00:00Z").unwrap();
        let from_now = |text: &str| Day::new(Timestamp::parse(text).unwrap(), now).from_now;
        assert_eq!(from_now("2026-11-22"), "today");
        assert_eq!(from_now("2026-11-23"), "in 1 day");
        assert_eq!(from_now("2026-12-15"), "in 23 days");
        assert_eq!(from_now("2026-11-21T23:59:59Z"), "1 day ago");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(count_of(1, "file"), "1 file");
        assert_eq!(count_of(1_250_000, "computer"), "1,250,000 computers");
        assert_eq!(seats([(Metric::Computer, 40), (Metric::User, 1)]), "40 computers and 1 user");
    }

    #[test]
    fn strangers_texts_are_escaped() {
        let facts = Facts::of_readable(&["Server: <script>alert(1)</script>".to_owned()]);
        assert!(!facts.to_string().contains("<script>"), "{facts}");
    }
}
