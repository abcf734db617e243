//! Seats over time as a chart and a table: what is leased and what is kept for keys, under the line of what may be given out.

use std::fmt::Write as _;

use askama::{Template, filters::HtmlSafe};
use license_format::{Metric, Timestamp};
use signer::exchange::Instant;

use crate::show::{Day, count_of};

/// The chart's plane, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 160.0;
/// Rows that stand open; more are folded away.
const OPEN: usize = 6;

/// One metric's seats over time.
#[derive(Debug, Template)]
#[template(path = "timeline.html")]
pub(crate) struct Timeline {
    pub(crate) noun: &'static str,
    /// What the chart shows, in a sentence.
    says: String,
    leased: String,
    reserved: String,
    limit: String,
    most: u64,
    from: String,
    to: String,
    open: Vec<Row>,
    folded: Vec<Row>,
}

impl HtmlSafe for Timeline {}

#[derive(Debug)]
struct Row {
    at: Day,
    instant: Instant,
}

impl Timeline {
    /// From an instant at which something stands until nothing changes by itself any more.
    pub(crate) fn new(metric: Metric, timeline: &[Instant], now: Timestamp) -> Timeline {
        let taken = |instant: &Instant| instant.leased + instant.reserved;
        let most = timeline.iter().map(|instant| instant.limit().max(taken(instant))).max().unwrap_or(0);
        let (first, last) = (timeline.first(), timeline.last());
        let (from, to) = (first.map_or(now, |first| first.at), last.map_or(now, |last| last.at));
        // A little past the last change, so that what it changes to can be seen.
        let span = (to.since(from).max(1) as f64) * 1.04;
        let x = |at: Timestamp| at.since(from) as f64 / span * WIDTH;
        let y = |seats: u64| HEIGHT - seats as f64 / most.max(1) as f64 * HEIGHT;
        let steps = |height: &dyn Fn(&Instant) -> u64| {
            timeline.iter().fold(String::new(), |mut path, instant| {
                let (x, y) = (x(instant.at), y(height(instant)));
                // Writing to a string does not fail.
                let _ = if path.is_empty() {
                    write!(path, "M{x:.1} {y:.1}")
                } else {
                    write!(path, "H{x:.1}V{y:.1}")
                };
                path
            }) + &format!("H{WIDTH:.1}")
        };
        let area = |height: &dyn Fn(&Instant) -> u64| format!("{}V{HEIGHT:.1}H0Z", steps(height));
        let mut rows =
            timeline.iter().map(|instant| Row { at: Day::new(instant.at, now), instant: *instant });
        let says = first.map_or_else(String::new, |first| {
            let mut says = format!("{} may be given out now, ", count_of(first.limit(), metric.noun()));
            let _ = write!(says, "{} leased, {} kept, {} free", first.leased, first.reserved, first.free());
            if first.booked > 0 {
                let _ = write!(says, ", {} more booked for licenses that were given up", first.booked);
            }
            says
        });
        Timeline {
            noun: metric.noun(),
            says,
            leased: area(&|instant| instant.leased),
            reserved: area(&taken),
            limit: steps(&Instant::limit),
            most,
            from: from.date(),
            to: to.date(),
            open: rows.by_ref().take(OPEN).collect(),
            folded: rows.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_steps_down_where_leases_end() {
        let now = Timestamp::parse("2026-11-22").unwrap();
        let at = |days: u64, sold, leased| Instant {
            at: now.plus(days * 86_400),
            sold,
            granted: 0,
            reserved: 0,
            leased,
            booked: 0,
        };
        let timeline = Timeline::new(Metric::Computer, &[at(0, 10, 10), at(50, 10, 5), at(100, 0, 0)], now);
        assert_eq!(timeline.leased, "M0.0 0.0H346.2V80.0H692.3V160.0H720.0V160.0H0Z");
        assert_eq!(timeline.limit, "M0.0 0.0H346.2V0.0H692.3V160.0H720.0");
        assert_eq!(timeline.says, "10 computers may be given out now, 10 leased, 0 kept, 0 free");
        assert_eq!(Timeline::new(Metric::Computer, &[], now).open.len(), 0);
    }
}
