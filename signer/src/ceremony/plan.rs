//! The file of a ceremony: what is to be made, in words that those who are present can check.

use license_format::{Kind, Label, PublicKey, Timestamp, limits};
use serde::Deserialize;

use super::CeremonyError;
use crate::{keys::TokenAddress, trust::Role};

/// What is to be made. It was read whole, and contradicts itself nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whose keys these are.
    pub vendor: Label,
    /// Where it is held, if the file says so.
    pub place: Option<Label>,
    /// Who is there.
    pub present: Vec<Label>,
    /// How many root keys must sign a bundle.
    pub threshold: u64,
    /// The root keys.
    pub roots: Vec<RootPlan>,
    /// The keys that sign daily. Of those that sign one kind the first is in use, and the others are spares.
    pub keys: Vec<KeyPlan>,
    /// The file, byte for byte.
    pub text: String,
}

/// A root key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootPlan {
    /// Names its file.
    pub name: String,
    /// Who takes it away.
    pub holder: Label,
}

/// A key that signs daily.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlan {
    /// Names its file.
    pub name: String,
    /// What it may sign, in the order that a bundle demands.
    pub signs: Vec<Kind>,
    /// From when; the instant of the ceremony otherwise.
    pub from: Option<Timestamp>,
    /// Until when.
    pub until: Timestamp,
    /// A key that was made elsewhere. None is made for it here.
    pub public_key: Option<PublicKey>,
    /// Where that lies, if it is on a token of the signer's machine.
    pub token: Option<TokenAddress>,
}

impl Plan {
    /// Reads the file. Refuses fields that it does not know and values that are none (`ceremony-text`), and tells of everything that
    /// cannot be at once (`ceremony-plan`).
    pub fn read(text: &str, now: Timestamp) -> Result<Plan, CeremonyError> {
        let Text { vendor, place, present, threshold, roots, keys } =
            toml::from_str(text).map_err(|error| CeremonyError::Text(first_lines(&error)))?;
        let roots = roots.into_iter().map(|RootText { name, holder }| RootPlan { name, holder }).collect();
        let keys = keys.into_iter().map(KeyPlan::try_from).collect::<Result<_, _>>()?;
        let plan = Plan { vendor, place, present, threshold, roots, keys, text: text.to_owned() };
        match plan.problems(now) {
            problems if problems.is_empty() => Ok(plan),
            problems => Err(CeremonyError::Plan(problems)),
        }
    }

    /// The keys whose secrets are made here.
    pub fn keys_to_make(&self) -> impl Iterator<Item = &KeyPlan> {
        self.keys.iter().filter(|key| key.public_key.is_none())
    }

    fn problems(&self, now: Timestamp) -> Vec<String> {
        let mut problems = Vec::new();
        let mut demand = |fits: bool, says: String| {
            if !fits {
                problems.push(says);
            }
        };
        let roots = self.roots.len();
        demand(!self.present.is_empty(), "nobody is present".to_owned());
        demand(
            (1..=limits::ROOT_KEYS).contains(&roots),
            format!("there are 1 to {} root keys", limits::ROOT_KEYS),
        );
        demand(
            (1..=roots as u64).contains(&self.threshold),
            format!("{} of {roots} root keys cannot sign", self.threshold),
        );
        demand(
            self.keys.len() <= limits::TRUSTED_KEYS,
            format!("there are at most {} keys", limits::TRUSTED_KEYS),
        );

        let names: Vec<&String> =
            self.roots.iter().map(|root| &root.name).chain(self.keys.iter().map(|key| &key.name)).collect();
        for (at, name) in names.iter().enumerate() {
            demand(
                is_name(name),
                format!("{name:?} names no file: a name has 1 to 40 of a-z, 0-9 and hyphens"),
            );
            demand(!names[..at].contains(name), format!("two keys are named {name:?}"));
        }
        for key in &self.keys {
            let KeyPlan { name, signs, until, .. } = key;
            let from = key.from.unwrap_or(now);
            let fits = |role: Role| !signs.is_empty() && signs.iter().all(|kind| role.signs().contains(kind));
            demand(
                fits(Role::Issuing) || fits(Role::Log),
                format!(
                    "key {name:?} signs either of {}, or {}",
                    kinds(Role::Issuing.signs()),
                    kinds(Role::Log.signs())
                ),
            );
            demand(
                from < *until && now < *until,
                format!("key {name:?} ends before it begins, or has ended"),
            );
            demand(
                key.token.is_none() || key.public_key.is_some(),
                format!("key {name:?} is on a token, and its public key is not told"),
            );
        }
        let needed = [Kind::License, Kind::DeactivationReceipt, Kind::Refusal, Kind::Checkpoint];
        for kind in needed {
            let signs = |key: &KeyPlan| key.signs.contains(&kind) && key.from.is_none_or(|from| from <= now);
            demand(self.keys.iter().any(signs), format!("no key may sign a {} today", kind.name()));
        }
        problems
    }
}

/// A name that is the same file on every system, and no option of a command.
fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

pub(super) fn kinds(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" ")
}

/// Where it is, and what: without the drawing of the line.
fn first_lines(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let place = text.lines().next().filter(|line| line.starts_with("TOML parse error "));
    let place = place
        .and_then(|line| line.strip_prefix("TOML parse error "))
        .map_or_else(String::new, |at| format!("{at}: "));
    format!("{place}{}", error.message())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Text {
    vendor: Label,
    place: Option<Label>,
    present: Vec<Label>,
    threshold: u64,
    #[serde(rename = "root")]
    roots: Vec<RootText>,
    #[serde(rename = "key")]
    keys: Vec<KeyText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RootText {
    name: String,
    holder: Label,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct KeyText {
    name: String,
    signs: Vec<Kind>,
    from: Option<String>,
    until: String,
    public_key: Option<PublicKey>,
    token: Option<TokenAddress>,
}

impl TryFrom<KeyText> for KeyPlan {
    type Error = CeremonyError;

    fn try_from(text: KeyText) -> Result<KeyPlan, CeremonyError> {
        let KeyText { name, mut signs, from, until, public_key, token } = text;
        signs.sort();
        signs.dedup();
        let from = from.as_deref().map(instant).transpose()?;
        Ok(KeyPlan { name, signs, from, until: instant(&until)?, public_key, token })
    }
}

fn instant(text: &str) -> Result<Timestamp, CeremonyError> {
    Timestamp::parse(text)
        .ok_or_else(|| CeremonyError::Text(format!("{text:?} is not a day or an instant of RFC 3339")))
}
