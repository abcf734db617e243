//! The JSON text of a scenario. Members stay in the order in which they are written here.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Serialize, Serializer};

use super::state::State;

/// A whole scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Text {
    #[serde(rename = "$schema")]
    pub(crate) schema: &'static str,
    pub(crate) comment: &'static str,
    pub(crate) steps: Vec<Told>,
}

/// A step, and what is expected of it.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    pub(crate) comment: &'static str,
    pub(crate) ask: Fields,
    pub(crate) expect: Expected,
}

/// What is expected.
#[derive(Debug, Serialize)]
pub(crate) struct Expected {
    pub(crate) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    pub(crate) state: State,
}

/// An object whose members stay in their order.
#[derive(Debug)]
pub(crate) struct Fields(pub(crate) Vec<(&'static str, Member)>);

/// A member's value.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Member {
    Text(String),
    Number(u64),
    Fields(Fields),
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, member)| (name, member)))
    }
}

pub(crate) fn text(text: impl Into<String>) -> Member {
    Member::Text(text.into())
}

pub(crate) fn base64(bytes: &[u8]) -> Member {
    text(BASE64_STANDARD.encode(bytes))
}
