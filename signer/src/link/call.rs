//! What a portal may ask of its signer, and what it is told.
//!
//! The rule for changing these types: a field or variant that is added, renamed or dropped makes another [`super::VERSION`]. Both programs
//! come from one package, so neither speaks an older version than its own; each knows by the head of what the other sends which of the two to update.

use std::borrow::Cow;

use license_format::{Digest, Label, Thumbprint, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::CallError;
use crate::{
    catalog::OverdraftDraft,
    exchange::Lives,
    ids::{LicenseKeyId, RecordId},
    installations::Decider,
    lookout::Trouble,
    people::Asker,
    reason::Reason,
    revocation::Revoke,
};

/// A call, and the record that it is about: a portal over another store than its signer's is refused before anything is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Which record the portal has before it.
    pub record: RecordId,
    /// What it asks.
    pub call: Call,
}

/// What a portal asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Call {
    /// Whether the signer can do its work.
    Health,
    /// The one narrow call: a request goes in, a signed answer comes out.
    Answer {
        /// The file as it came.
        #[serde(with = "byte_string")]
        file: Vec<u8>,
        /// With whose eyes.
        asker: Asker,
    },
    /// The final answer to a request, once more.
    Stored {
        /// Which request.
        request: Digest,
        /// With whose eyes.
        asker: Asker,
    },
    /// Something that a person decides, and that touches what was issued.
    Decide {
        /// What.
        decision: Decision,
        /// Who.
        by: Decider,
    },
}

/// What a person decides at a portal and only a signer may write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Decision {
    /// Which branch of a copied installation lives on.
    ResolveFork {
        /// Whose fork.
        installation: Thumbprint,
        /// Which.
        lives: Lives,
    },
    /// A key moves away from an installation without its proof.
    MoveKey(AboutKey),
    /// An installation may not use a key from now on.
    Block(AboutKey),
    /// It may again.
    Allow(AboutKey),
    /// It goes on with another key.
    ExchangeKey {
        /// The one that it has.
        about: AboutKey,
        /// The one that it gets.
        to: LicenseKeyId,
    },
    /// Seats beyond those bought.
    GrantOverdraft(OverdraftDraft),
    /// Licenses or a key that are not honoured any more.
    Revoke {
        /// Which.
        what: Revoke,
        /// Why, for the history.
        reason: Reason,
    },
    /// The second person says yes to a proposal.
    Confirm {
        /// Which.
        number: u64,
    },
    /// Somebody of staff says no to it.
    Decline {
        /// Which.
        number: u64,
    },
}

impl Decision {
    /// Whether no customer decides it.
    pub(super) fn is_for_staff(&self) -> bool {
        match self {
            Decision::GrantOverdraft(_)
            | Decision::Revoke { .. }
            | Decision::Confirm { .. }
            | Decision::Decline { .. } => true,
            Decision::ResolveFork { .. }
            | Decision::MoveKey(_)
            | Decision::Block(_)
            | Decision::Allow(_)
            | Decision::ExchangeKey { .. } => false,
        }
    }
}

/// An installation, a license key, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboutKey {
    /// Which installation.
    pub installation: Thumbprint,
    /// Which key.
    pub key: LicenseKeyId,
    /// Why, for the history.
    pub reason: Reason,
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    /// It is done.
    Done,
    /// It waits for a second person.
    Waits {
        /// The proposal's number.
        proposal: u64,
    },
}

/// What a portal is told: one kind of reply for each kind of call, and one for all that fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// To [`Call::Health`].
    Health(Health),
    /// To [`Call::Answer`].
    Answer(Told),
    /// To [`Call::Stored`]; nothing where there is none, or none that the asker may see.
    Stored(Option<Stored>),
    /// To [`Call::Decide`].
    Decided(Decided),
    /// To any: nothing was done, unless it says otherwise.
    Failed(CallError),
}

/// The signer works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Who signs.
    pub vendor: Label,
    /// Until when proxies bring back what a restored record lacks.
    pub recovering_until: Option<Timestamp>,
    /// What keeps the key from signing that should, while another one does, or anything from being signed.
    pub warning: Option<Warning>,
}

/// Something that should be looked after, though the signer can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// Stable, for programs.
    pub code: Cow<'static, str>,
    /// In a sentence.
    pub says: String,
    /// What to do about it.
    pub next_step: String,
}

impl From<Trouble> for Warning {
    fn from(Trouble { code, says, next_step }: Trouble) -> Warning {
        Warning { code: code.into(), says, next_step }
    }
}

/// A durable answer. What it says is in its file, which the portal reads itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// To be given out byte for byte.
    #[serde(with = "byte_string")]
    pub file: Vec<u8>,
    /// Whether the same request was answered before.
    pub repeated: bool,
    /// With `overtaken`: the slot's newest license.
    #[serde(with = "byte_string::optional")]
    pub newest: Option<Vec<u8>>,
}

/// An answer from before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The file.
    #[serde(with = "byte_string")]
    pub file: Vec<u8>,
    /// What to call it.
    pub file_name: String,
}

/// Bytes as a CBOR byte string; serde alone would make them an array of numbers.
mod byte_string {
    use std::fmt;

    use serde::{Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte string")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }

    /// The same where there may be none.
    pub(super) mod optional {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        #[derive(Serialize, Deserialize)]
        struct Bytes(#[serde(with = "super")] Vec<u8>);

        pub(in super::super) fn serialize<S: Serializer>(
            bytes: &Option<Vec<u8>>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            bytes.clone().map(Bytes).serialize(serializer)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Vec<u8>>, D::Error> {
            Ok(Option::<Bytes>::deserialize(deserializer)?.map(|Bytes(bytes)| bytes))
        }
    }
}
