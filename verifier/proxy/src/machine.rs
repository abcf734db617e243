//! What this machine says of itself. All programs at one state ask here, so that they all say the same.

use std::{collections::BTreeMap, fs};

use license_format::{Label, Token};

/// What the machine says of itself.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// Its name.
    pub host_name: Option<Label>,
    /// Facts that tell it from another, by name. Only keyed digests of them leave the directory.
    pub facts: BTreeMap<Token, String>,
}

impl Machine {
    /// The machine that this runs on. What it does not say is left out.
    pub fn here() -> Machine {
        let host_name = host_name();
        let facts = [("host-name", host_name.clone()), ("machine-id", read_line("/etc/machine-id"))];
        let facts: BTreeMap<Token, String> =
            facts.into_iter().filter_map(|(name, fact)| Some((name.parse().ok()?, fact?))).collect();
        Machine { host_name: host_name.and_then(|name| name.parse::<Label>().ok()), facts }
    }
}

fn host_name() -> Option<String> {
    if cfg!(windows) {
        std::env::var("COMPUTERNAME").ok()
    } else {
        read_line("/proc/sys/kernel/hostname").or_else(|| read_line("/etc/hostname"))
    }
}

fn read_line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
