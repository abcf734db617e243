//! A license key as a value: its draft, its changes, and how it is read.

use license_format::{Label, LicenseKey, Timestamp, license_key::RANDOM};
use sqlx::any::AnyRow;

use super::{LicenseKeyId, Subscription, SubscriptionId};
use crate::{
    entropy::{Entropy, draw},
    exchange::Draw,
    problem::{Problem, Problems},
    store::{Columns, StoreError, read_draw},
};

/// Most installations that may use one key at once.
const MOST_INSTALLATIONS: u64 = 1_000_000;

/// Most seats that a dynamic key may take beyond what is in use.
const MOST_HEADROOM: u64 = 1_000_000;

/// A license key that was sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its identity.
    pub id: LicenseKeyId,
    /// What it draws on.
    pub subscription: SubscriptionId,
    /// Which of the subscription's keys it is.
    pub kind: KeyKind,
    /// The key itself. Its owner may see it; others see `key.last_group().masked()`.
    pub key: LicenseKey,
    /// Its name, for people.
    pub name: Label,
    /// At most so many seats at all its installations together; the whole subscription if absent.
    pub quota: Option<u64>,
    /// How much of that a license takes.
    pub draw: Draw,
    /// When it ends, exclusive, if that is before its subscription does; it renews with the subscription if absent.
    pub ends: Option<Timestamp>,
    /// What people want to remember of it.
    pub note: String,
    /// How many installations may use it at once.
    pub installations: u64,
    /// Whether it gives no new licenses.
    pub blocked: bool,
    /// When it was made.
    pub created: Timestamp,
    /// Up by one with each change.
    pub version: u64,
}

/// Which of a subscription's keys it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// The one that came with the subscription.
    Primary,
    /// One that was made for a part of it.
    Sublicense,
}

impl KeyKind {
    /// As stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            KeyKind::Primary => "primary",
            KeyKind::Sublicense => "sublicense",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<KeyKind> {
        [KeyKind::Primary, KeyKind::Sublicense].into_iter().find(|kind| kind.name() == name)
    }
}

/// What is filled in for a sublicense.
#[derive(Debug, Clone)]
pub struct KeyDraft {
    /// What it will draw on.
    pub subscription: SubscriptionId,
    /// Its name, for people.
    pub name: String,
    /// At most so many seats; the whole subscription if absent.
    pub quota: Option<u64>,
    /// How much of that a license takes.
    pub draw: Draw,
    /// When it ends, if that is before its subscription does.
    pub ends: Option<Timestamp>,
    /// What people want to remember of it; usually nothing.
    pub note: String,
    /// How many installations may use it at once; usually 1.
    pub installations: u64,
}

impl KeyDraft {
    /// A draft that takes what is free of the whole subscription, as long as that goes on, at one installation.
    pub fn new(subscription: SubscriptionId, name: impl Into<String>) -> KeyDraft {
        KeyDraft {
            subscription,
            name: name.into(),
            quota: None,
            draw: Draw::Open,
            ends: None,
            note: String::new(),
            installations: 1,
        }
    }
}

/// What is to change of a key; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    /// Its name, for people.
    pub name: Option<String>,
    /// At most so many seats; `Some(None)` is the whole subscription.
    pub quota: Option<Option<u64>>,
    /// How much of that a license takes.
    pub draw: Option<Draw>,
    /// When it ends; `Some(None)` is with its subscription.
    pub ends: Option<Option<Timestamp>>,
    /// What people want to remember of it.
    pub note: Option<String>,
    /// How many installations may use it at once.
    pub installations: Option<u64>,
    /// Whether it gives no new licenses.
    pub blocked: Option<bool>,
}

impl KeyDraft {
    /// The key, or everything that is wrong with the draft.
    pub(super) fn check(
        &self,
        subscription: &Subscription,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<KeyRecord, Vec<Problem>> {
        let mut problems = Problems::default();
        let name = problems.label("name", &self.name);
        check_quota(&mut problems, subscription, self.quota);
        check_draw(&mut problems, self.draw, self.quota);
        check_ends(&mut problems, subscription, self.ends);
        problems.note("note", &self.note);
        check_installations(&mut problems, self.installations);
        match (name, problems.into_result()) {
            (Some(name), Ok(())) => Ok(KeyRecord {
                quota: self.quota,
                draw: self.draw,
                ends: self.ends,
                note: self.note.clone(),
                installations: self.installations,
                ..new_key(subscription, KeyKind::Sublicense, name, now, entropy)
            }),
            (_, outcome) => Err(outcome.err().unwrap_or_default()),
        }
    }
}

impl KeyChange {
    /// The key as it will be, or everything that is wrong with that.
    pub(super) fn apply(
        &self,
        to: &KeyRecord,
        subscription: &Subscription,
    ) -> Result<KeyRecord, Vec<Problem>> {
        let mut problems = Problems::default();
        let mut after = to.clone();
        if let Some(name) = &self.name {
            after.name = problems.label("name", name).unwrap_or(after.name);
        }
        if let Some(quota) = self.quota {
            problems.demand(
                to.kind == KeyKind::Sublicense || quota.is_none(),
                "quota",
                "quota-primary",
                "the primary key draws on the whole subscription",
                "Make a sublicense for a part of it.",
            );
            check_quota(&mut problems, subscription, quota);
            after.quota = quota;
        }
        after.draw = self.draw.unwrap_or(to.draw);
        check_draw(&mut problems, after.draw, after.quota);
        if let Some(ends) = self.ends {
            check_ends(&mut problems, subscription, ends);
            after.ends = ends;
        }
        if let Some(note) = &self.note {
            after.note = problems.note("note", note);
        }
        if let Some(installations) = self.installations {
            check_installations(&mut problems, installations);
            after.installations = installations;
        }
        after.blocked = self.blocked.unwrap_or(to.blocked);
        problems.into_result().map(|()| after)
    }
}

/// The key that comes with a subscription.
pub(super) fn primary(subscription: &Subscription, now: Timestamp, entropy: &mut dyn Entropy) -> KeyRecord {
    let name = "Primary key".parse().expect("an ordinary text");
    new_key(subscription, KeyKind::Primary, name, now, entropy)
}

fn new_key(
    subscription: &Subscription,
    kind: KeyKind,
    name: Label,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> KeyRecord {
    KeyRecord {
        id: LicenseKeyId::new(now, entropy),
        subscription: subscription.id.clone(),
        kind,
        key: LicenseKey::from_random(subscription.license_type, &draw::<RANDOM>(entropy)),
        name,
        quota: None,
        draw: Draw::Open,
        ends: None,
        note: String::new(),
        installations: 1,
        blocked: false,
        created: now,
        version: 1,
    }
}

fn check_quota(problems: &mut Problems, subscription: &Subscription, quota: Option<u64>) {
    let most = subscription.grants.iter().map(|grant| grant.seats).max().unwrap_or(0);
    problems.demand(
        quota.is_none_or(|quota| (1..=most).contains(&quota)),
        "quota",
        "quota",
        format!("a quota is 1 to {most}, which is what the subscription has"),
        "Choose a number in between, or none for the whole subscription.",
    );
}

fn check_draw(problems: &mut Problems, draw: Draw, quota: Option<u64>) {
    problems.demand(
        draw != Draw::Reserved || quota.is_some(),
        "quota",
        "quota-reserved",
        "a key that reserves seats needs to say how many",
        "Give it a quota, or let it draw on what is free.",
    );
    let headroom = if let Draw::Dynamic { headroom } = draw { headroom } else { 0 };
    problems.demand(
        headroom <= MOST_HEADROOM,
        "headroom",
        "headroom",
        format!("headroom is at most {MOST_HEADROOM} seats"),
        "Choose fewer seats; a tenth of what is usually in use is enough.",
    );
}

fn check_ends(problems: &mut Problems, subscription: &Subscription, ends: Option<Timestamp>) {
    problems.demand(
        ends.is_none_or(|ends| subscription.start < ends && ends <= subscription.end),
        "ends",
        "key-ends",
        format!("a key ends after {} and by {}", subscription.start.date(), subscription.end.date()),
        "Choose a day of the subscription's, or let the key renew with it.",
    );
}

fn check_installations(problems: &mut Problems, installations: u64) {
    problems.demand(
        (1..=MOST_INSTALLATIONS).contains(&installations),
        "installations",
        "installations",
        format!("a key is for 1 to {MOST_INSTALLATIONS} installations at once"),
        "Choose a number in between; 1 is usual.",
    );
}

pub(super) fn read_key(row: &AnyRow) -> Result<KeyRecord, StoreError> {
    let columns = Columns::of("license_key", row);
    let key: LicenseKey = columns.parsed("key_text")?;
    if columns.digest("digest")? != key.digest() {
        return Err(columns.damaged("digest", "is of another key"));
    }
    Ok(KeyRecord {
        id: columns.parsed("id")?,
        subscription: columns.parsed("subscription")?,
        kind: columns.named("kind", KeyKind::from_name)?,
        key,
        name: columns.parsed("name")?,
        quota: columns.optional_count("quota")?,
        draw: read_draw(&columns)?,
        ends: columns.optional_time("ends")?,
        note: columns.text("note")?,
        installations: columns.count("installations")?,
        blocked: columns.flag("blocked")?,
        created: columns.time("created")?,
        version: columns.count("version")?,
    })
}
