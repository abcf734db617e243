//! Diagnostics for the vendor's support.

use serde::{Deserialize, Serialize};

use super::{ClockReport, InstallationName, Payload, SlotReports, all};
use crate::{kind::Kind, limits, text::Label};

/// What support asks for first, signed so that the portal can show whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupportBundle {
    /// The clock.
    pub clock: ClockReport,
    /// What the program has to say, line by line.
    pub lines: Vec<Label>,
    /// What every slot proves.
    pub slots: SlotReports,
    /// Name and version of the program.
    pub program: Label,
    /// 1.
    pub version: u64,
    /// From whom.
    pub installation: InstallationName,
}

impl Payload for SupportBundle {
    const KIND: Kind = Kind::SupportBundle;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        self.slots.rules()?;
        let bytes: usize = self.lines.iter().map(|line| line.as_str().len()).sum();
        all(&[
            (self.lines.len() <= limits::SUPPORT_LINES, "too many lines"),
            (bytes <= limits::SUPPORT_BYTES, "the lines are too long together"),
        ])
    }

    fn readable(&self) -> Vec<String> {
        vec![
            format!("Support bundle: {}, made {}", self.program, self.clock.now.minute()),
            self.installation.line(),
        ]
    }
}
