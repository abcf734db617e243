//! A bundle that nobody has signed yet, and its text.

use license_format::{
    Digest, FormatError, Kind, Label, Payload as _, PublicKey, Thumbprint, Timestamp, limits,
    payload::{KeyEntry, TrustBundle, VERSION},
};
use serde::{Deserialize, Serialize};
use verifier::TrustState;

use super::{Over, TrustError};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It signs answers, and what revokes them.
    Issuing,
    /// It signs checkpoints of the log. It is another key: whoever only keeps the log cannot issue, and a log key's notes, which other
    /// programs read as texts, can never be taken for an answer.
    Log,
}

impl Role {
    /// The kinds that it signs, in the order that a bundle demands.
    pub fn signs(self) -> &'static [Kind] {
        match self {
            Role::Issuing => &[Kind::License, Kind::DeactivationReceipt, Kind::Refusal, Kind::RevocationList],
            Role::Log => &[Kind::Checkpoint],
        }
    }
}

/// A bundle that is to be signed. Its text is what holders of root keys review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal(TrustBundle);

impl Proposal {
    /// A vendor's first bundle, without any keys yet but the root keys.
    pub fn first(vendor: Label, roots: Vec<PublicKey>, threshold: u64, now: Timestamp) -> Proposal {
        let (keys, previous) = (Vec::new(), None);
        Proposal(TrustBundle {
            keys,
            roots,
            issued: now,
            number: 1,
            vendor,
            version: VERSION,
            previous,
            threshold,
        })
    }

    /// The bundle after the one that is trusted, which says the same so far.
    pub fn after(trust: &TrustState, now: Timestamp) -> Proposal {
        let before = trust.bundle();
        let previous = trust.documents().first().map(|document| Digest::of(document.payload_bytes()));
        Proposal(TrustBundle { number: before.number + 1, issued: now, previous, ..before.clone() })
    }

    /// What it says.
    pub fn bundle(&self) -> &TrustBundle {
        &self.0
    }

    /// Leaves keys out that are over. Nothing else of the bundle changes.
    pub fn leave_out(&mut self, over: &Over) {
        self.0.keys.retain(|entry| !over.has(&entry.public_key.thumbprint()));
    }

    /// Refuses a bundle that has no place for a further key (`bundle-full`).
    pub fn demand_room(&self) -> Result<(), TrustError> {
        match self.0.keys.len() < limits::TRUSTED_KEYS {
            true => Ok(()),
            false => Err(TrustError::Full),
        }
    }

    /// Trusts a further key, from an instant inclusive until one exclusive. Of the keys for one kind the first that may sign is the one in
    /// use: `in_front` puts this one there, otherwise it is a spare. Refuses a key that is there (`proposal-key-known`), and one for which
    /// there is no place (`bundle-full`).
    pub fn trust_key(
        &mut self,
        public_key: PublicKey,
        role: Role,
        (from, until): (Timestamp, Timestamp),
        in_front: bool,
    ) -> Result<(), TrustError> {
        let entry =
            KeyEntry { from, signs: role.signs().to_vec(), until, public_key, distrusted_since: None };
        self.trust(entry, in_front)
    }

    /// The same where it is said kind by kind what the key signs.
    pub fn trust(&mut self, entry: KeyEntry, in_front: bool) -> Result<(), TrustError> {
        let kid = entry.public_key.thumbprint();
        if self.0.key(&kid).is_some() || self.0.roots.contains(&entry.public_key) {
            return Err(TrustError::KeyKnown(kid));
        }
        self.demand_room()?;
        let at = if in_front { 0 } else { self.0.keys.len() };
        self.0.keys.insert(at, entry);
        Ok(())
    }

    /// Believes nothing any more that a key has signed at this instant or later, because it leaked. What it signed before stays genuine.
    pub fn distrust(&mut self, kid: &Thumbprint, since: Timestamp) -> Result<(), TrustError> {
        let entry = self.0.keys.iter_mut().find(|entry| entry.public_key.thumbprint() == *kid);
        let entry = entry.ok_or(TrustError::KeyUnknown(*kid))?;
        // Never later than what was said before: somebody may have acted on it.
        entry.distrusted_since = Some(entry.distrusted_since.map_or(since, |said| said.min(since)));
        Ok(())
    }

    /// Puts another root key in the place of one that was lost or leaked.
    pub fn replace_root(&mut self, lost: &Thumbprint, by: PublicKey) -> Result<(), TrustError> {
        if self.0.roots.contains(&by) {
            return Err(TrustError::KeyKnown(by.thumbprint()));
        }
        let root = self.0.roots.iter_mut().find(|root| root.thumbprint() == *lost);
        *root.ok_or(TrustError::KeyUnknown(*lost))? = by;
        Ok(())
    }

    /// The bundle, if everybody would take it for well formed.
    pub fn checked(&self) -> Result<&TrustBundle, TrustError> {
        self.0.check().map_err(TrustError::Rules)?;
        Ok(&self.0)
    }

    /// The text that people review: TOML, with instants as RFC 3339 writes them and keys in hexadecimal.
    pub fn to_text(&self) -> String {
        let TrustBundle { keys, roots, issued, number, vendor, previous, threshold, .. } = &self.0;
        let text = Text {
            vendor: vendor.clone(),
            number: *number,
            previous: *previous,
            issued: issued.rfc3339(),
            threshold: *threshold,
            roots: roots.clone(),
            keys: keys.iter().map(KeyText::from).collect(),
        };
        let body = toml::to_string(&text).expect("names, numbers and texts have a TOML form");
        format!("{TITLE}{body}")
    }

    /// Reads that text. Refuses what it does not know (`proposal-text`) and what contradicts itself (`proposal-rules`).
    pub fn from_text(text: &str) -> Result<Proposal, TrustError> {
        let Text { vendor, number, previous, issued, threshold, roots, keys } =
            toml::from_str(text).map_err(|error| TrustError::Text(error.message().to_owned()))?;
        let keys = keys.into_iter().map(KeyEntry::try_from).collect::<Result<_, _>>()?;
        let issued = instant(&issued)?;
        let proposal = Proposal(TrustBundle {
            keys,
            roots,
            issued,
            number,
            vendor,
            version: VERSION,
            previous,
            threshold,
        });
        proposal.checked()?;
        Ok(proposal)
    }
}

const TITLE: &str = "# A trust bundle that is to be signed: which keys may sign what for this vendor, and when.\n\
                     # Of the keys that sign one kind, the first whose time it is is the one in use.\n\
                     # `waybill trust sign` shows this again before it signs.\n\n";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Text {
    vendor: Label,
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Digest>,
    issued: String,
    threshold: u64,
    roots: Vec<PublicKey>,
    #[serde(default)]
    keys: Vec<KeyText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct KeyText {
    public_key: PublicKey,
    signs: Vec<Kind>,
    from: String,
    until: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    distrusted_since: Option<String>,
}

impl From<&KeyEntry> for KeyText {
    fn from(entry: &KeyEntry) -> KeyText {
        KeyText {
            public_key: entry.public_key,
            signs: entry.signs.clone(),
            from: entry.from.rfc3339(),
            until: entry.until.rfc3339(),
            distrusted_since: entry.distrusted_since.map(Timestamp::rfc3339),
        }
    }
}

impl TryFrom<KeyText> for KeyEntry {
    type Error = TrustError;

    fn try_from(text: KeyText) -> Result<KeyEntry, TrustError> {
        let KeyText { public_key, signs, from, until, distrusted_since } = text;
        let distrusted_since = distrusted_since.as_deref().map(instant).transpose()?;
        Ok(KeyEntry { from: instant(&from)?, signs, until: instant(&until)?, public_key, distrusted_since })
    }
}

fn instant(text: &str) -> Result<Timestamp, TrustError> {
    Timestamp::parse(text)
        .ok_or_else(|| TrustError::Text(format!("{text:?} is not a day or an instant of RFC 3339")))
}

impl From<FormatError> for TrustError {
    fn from(error: FormatError) -> TrustError {
        TrustError::Verify(error.into())
    }
}
