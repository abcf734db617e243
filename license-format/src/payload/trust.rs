//! What makes other documents believable: trust bundles, revocation lists, checkpoints of the log.

use serde::{Deserialize, Serialize};

use super::{Payload, all, counted, is_integer};
use crate::{
    bytes::{Digest, LicenseId, PublicKey, Thumbprint},
    kind::Kind,
    limits,
    text::Label,
    timestamp::Timestamp,
};

/// A key, what it may sign, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// From when, inclusive.
    pub from: Timestamp,
    /// The kinds that it may sign.
    pub signs: Vec<Kind>,
    /// Until when, exclusive. What it signed before stays genuine.
    pub until: Timestamp,
    /// The key.
    #[serde(rename = "public-key")]
    pub public_key: PublicKey,
    /// From when nothing it signed is believed, because the key leaked.
    #[serde(rename = "distrusted-since", skip_serializing_if = "Option::is_none")]
    pub distrusted_since: Option<Timestamp>,
}

/// Which keys may sign what. Signed by root keys; bundle n+1 names bundle n (design, section 6).
/// With a threshold above one, a bundle is several documents with the same payload and different root keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustBundle {
    /// Issuing, revocation and log keys.
    pub keys: Vec<KeyEntry>,
    /// The root keys of this bundle: they sign it, and the one after it.
    pub roots: Vec<PublicKey>,
    /// When it was made.
    pub issued: Timestamp,
    /// From 1, up by one.
    pub number: u64,
    /// Whose keys these are.
    pub vendor: Label,
    /// 1.
    pub version: u64,
    /// SHA-256 of the payload of the bundle before; absent in the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// How many of the root keys must sign.
    pub threshold: u64,
}

impl TrustBundle {
    /// The entry of a key, by its thumbprint.
    pub fn key(&self, kid: &Thumbprint) -> Option<&KeyEntry> {
        self.keys.iter().find(|entry| entry.public_key.thumbprint() == *kid)
    }
}

impl Payload for TrustBundle {
    const KIND: Kind = Kind::TrustBundle;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        let distinct_roots = self.roots.iter().enumerate().all(|(at, root)| !self.roots[..at].contains(root));
        let distinct_keys = self.keys.iter().enumerate().all(|(at, entry)| {
            self.keys[..at].iter().all(|other| other.public_key != entry.public_key)
                && !self.roots.contains(&entry.public_key)
        });
        let entry_fits = |entry: &KeyEntry| {
            let ascending = entry.signs.windows(2).all(|pair| pair[0] < pair[1]);
            // Root keys sign bundles and installations sign requests; no entry can hand either right on.
            let allowed = entry
                .signs
                .iter()
                .all(|kind| kind.is_answer() || (kind.is_trust() && *kind != Kind::TrustBundle));
            !entry.signs.is_empty() && ascending && allowed && entry.from < entry.until
        };
        all(&[
            (
                (1..=limits::ROOT_KEYS).contains(&self.roots.len()) && distinct_roots,
                "a bundle has 1 to 5 different root keys",
            ),
            (
                (1..=self.roots.len() as u64).contains(&self.threshold),
                "the threshold does not fit the root keys",
            ),
            (
                self.keys.len() <= limits::TRUSTED_KEYS && distinct_keys,
                "a bundle has at most 16 keys, all different",
            ),
            (self.keys.iter().all(entry_fits), "a key entry contradicts itself"),
            (self.number > 0 && is_integer(self.number), "bundles are numbered from 1"),
            (
                (self.number == 1) == self.previous.is_none(),
                "every bundle but the first names the one before",
            ),
        ])
    }

    fn readable(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "Trust bundle: {}, number {}, {} of {}",
            self.vendor,
            self.number,
            self.threshold,
            counted(self.roots.len() as u64, "root key")
        )];
        lines.extend(self.roots.iter().map(|root| format!("Root key: {}", root.thumbprint().short())));
        lines.extend(self.keys.iter().map(|entry| {
            let signs: Vec<&str> = entry.signs.iter().map(|kind| kind.name()).collect();
            let key = entry.public_key.thumbprint().short();
            let distrusted = entry
                .distrusted_since
                .map_or_else(String::new, |since| format!(", distrusted since {}", since.date()));
            format!(
                "Key: {key}, {} to {}{distrusted}, signs {}",
                entry.from.date(),
                entry.until.date(),
                signs.join(" ")
            )
        }));
        lines
    }
}

/// Licenses and keys that are no longer honoured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationList {
    /// Thumbprints of keys, ascending.
    pub keys: Vec<Thumbprint>,
    /// When a newer list should have arrived.
    pub until: Timestamp,
    /// When it was made.
    pub issued: Timestamp,
    /// From 1; the highest holds.
    pub number: u64,
    /// Whose list this is.
    pub vendor: Label,
    /// 1.
    pub version: u64,
    /// Licenses, ascending.
    pub licenses: Vec<LicenseId>,
}

impl Payload for RevocationList {
    const KIND: Kind = Kind::RevocationList;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        all(&[
            (self.keys.len() + self.licenses.len() <= limits::REVOKED, "too many entries"),
            (self.keys.windows(2).all(|pair| pair[0] < pair[1]), "the keys do not ascend"),
            (self.licenses.windows(2).all(|pair| pair[0] < pair[1]), "the licenses do not ascend"),
            (self.number > 0 && is_integer(self.number), "lists are numbered from 1"),
            (self.issued < self.until, "the list ends before it begins"),
        ])
    }

    fn readable(&self) -> Vec<String> {
        vec![
            format!("Revocation list: {}, number {}, {}", self.vendor, self.number, self.issued.date()),
            format!(
                "Revoked: {}, {}",
                counted(self.licenses.len() as u64, "license"),
                counted(self.keys.len() as u64, "key")
            ),
        ]
    }
}

/// Size and root of the log at a time (RFC 9162 §2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The root of the Merkle tree.
    pub root: Digest,
    /// How many leaves it has.
    pub size: u64,
    /// When it was signed.
    pub issued: Timestamp,
    /// The log's name.
    pub origin: Label,
    /// 1.
    pub version: u64,
}

impl Payload for Checkpoint {
    const KIND: Kind = Kind::Checkpoint;

    fn version(&self) -> u64 {
        self.version
    }

    fn rules(&self) -> Result<(), &'static str> {
        all(&[(is_integer(self.size), "the log is too large")])
    }

    fn readable(&self) -> Vec<String> {
        vec![
            format!("Checkpoint: {}, {}", self.origin, self.issued.minute()),
            format!("Log: size {}, root {}", self.size, self.root),
        ]
    }
}
