//! What is licensed.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What is licensed; an installation has one slot for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseType {
    /// Mac computers managed through ConfigMgr.
    Desktop,
    /// Mobile devices managed through ConfigMgr.
    Mobile,
    /// A farm of session hosts with concurrent users.
    Farm,
    /// Computers and named users.
    Computers,
}

impl LicenseType {
    /// All of them, in the order in which lists show them.
    pub const ALL: [LicenseType; 4] =
        [LicenseType::Desktop, LicenseType::Mobile, LicenseType::Farm, LicenseType::Computers];

    /// As written in payloads and typed in commands.
    pub fn name(self) -> &'static str {
        match self {
            LicenseType::Desktop => "desktop",
            LicenseType::Mobile => "mobile",
            LicenseType::Farm => "farm",
            LicenseType::Computers => "computers",
        }
    }

    /// As shown to people.
    pub fn title(self) -> &'static str {
        match self {
            LicenseType::Desktop => "Desktop",
            LicenseType::Mobile => "Mobile",
            LicenseType::Farm => "Farm",
            LicenseType::Computers => "Computers",
        }
    }
}

impl fmt::Display for LicenseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for LicenseType {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or("a license type is desktop, mobile, farm or computers")
    }
}
