//! How much of each metric a slot uses, and what of it the signer has been told.
//!
//! A report covers the time since the last report that a license or a receipt acknowledged, so that a lost file loses no peak;
//! two reports may therefore overlap, and say the same about the time that they share.

use std::collections::BTreeMap;

use license_format::{
    Metric, Timestamp,
    payload::{License, UsageLine},
};
use serde::{Deserialize, Serialize};

use crate::evaluate::Usage;

/// Reported periods that are kept apart; a longer list is shortened by joining the two oldest.
const PERIODS: usize = 40;

/// A slot's use, by metric.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotUsage {
    /// As the terms judge it: under the license in force, or the last one that was. It also remembers a spent grace, which
    /// deactivating and activating again must not bring back.
    judged: Usage,
    metrics: BTreeMap<Metric, MetricUsage>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricUsage {
    used: u64,
    /// Where the report that is to come begins.
    from: Timestamp,
    /// The highest use since the newest reported period.
    peak: u64,
    /// Periods that a request reported and no license or receipt has acknowledged, oldest first.
    reported: Vec<Period>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Period {
    /// The request that reported it.
    counter: u64,
    until: Timestamp,
    peak: u64,
}

impl SlotUsage {
    /// As `evaluate` takes it.
    pub(super) fn judged(&self) -> &Usage {
        &self.judged
    }

    /// How many of a metric are in use, if it was ever counted.
    pub(super) fn used(&self, metric: Metric) -> Option<u64> {
        self.metrics.get(&metric).map(|usage| usage.used)
    }

    pub(super) fn set(&mut self, metric: Metric, used: u64, license: Option<&License>, now: Timestamp) {
        let fresh = MetricUsage { used, from: now, peak: used, reported: Vec::new() };
        let usage = self.metrics.entry(metric).or_insert(fresh);
        usage.used = used;
        usage.peak = usage.peak.max(used);
        if let Some(license) = license {
            self.judged.observe(license, metric, used, now);
        }
    }

    /// A license came into force.
    pub(super) fn adopt(&mut self, license: &License, now: Timestamp) {
        for (metric, usage) in &self.metrics {
            self.judged.observe(license, *metric, usage.used, now);
        }
    }

    /// What a request says now.
    pub(super) fn lines(&self, now: Timestamp) -> Vec<UsageLine> {
        let line = |(metric, usage): (&Metric, &MetricUsage)| UsageLine {
            from: usage.from,
            peak: usage.reported.iter().map(|period| period.peak).fold(usage.peak, u64::max),
            used: usage.used,
            // After a time reset the period may seem to begin in the future.
            until: now.max(usage.from),
            metric: *metric,
        };
        self.metrics.iter().map(line).collect()
    }

    /// A request said it.
    pub(super) fn report(&mut self, counter: u64, now: Timestamp) {
        for usage in self.metrics.values_mut() {
            let until = now.max(usage.from);
            usage.reported.push(Period { counter, until, peak: usage.peak });
            usage.peak = usage.used;
            if usage.reported.len() > PERIODS {
                let oldest = usage.reported.remove(0);
                usage.reported[0].peak = usage.reported[0].peak.max(oldest.peak);
            }
        }
    }

    /// The signer has it: a license or a receipt that answers this request was read.
    pub(super) fn acknowledge(&mut self, counter: u64) {
        for usage in self.metrics.values_mut() {
            if let Some(last) = usage.reported.iter().rev().find(|period| period.counter <= counter) {
                usage.from = last.until;
            }
            usage.reported.retain(|period| period.counter > counter);
        }
    }
}
