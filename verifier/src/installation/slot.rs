//! A slot: what one license type of the installation is, as an enum with data per state. Transitions consume the old state.
//!
//! ```text
//!            activation request          license
//!   Empty ─────────────────────▶ Requested ─────────▶ Active ◀─┐ newer license
//!                                 ▲      │              │  └───┘
//!              activation request │      └──────┐       │
//!                                 │  deactivation request
//!                                Released ◀─────┴───────┘
//! ```

use license_format::{
    FormatError, LicenseId, Thumbprint, Timestamp, UnverifiedDocument, UnverifiedFile,
    payload::{ChainLink, License, LicenseKeyRef, Refusal, SlotReport},
};
use serde::{Deserialize, Serialize};

use super::blob::Blob;

/// The state of one slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slot {
    /// Never used.
    #[default]
    Empty,
    /// A license key was typed; nothing is in force.
    Requested(Requested),
    /// A license is in force.
    Active(Box<Active>),
    /// Deactivated: nothing is in force, and no earlier request's answer will be.
    Released(Released),
}

/// What a requested slot knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// The key that the newest activation request names.
    pub license_key: LicenseKeyRef,
    /// That request's counter.
    pub counter: u64,
    /// Counter of the slot's last deactivation.
    pub ended: Option<u64>,
    /// What the signer said no to, if that was its last word.
    pub refused: Option<Refusal>,
}

/// What an active slot knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// The license in force.
    pub license: InForce,
    /// Counter of the slot's last deactivation.
    pub ended: Option<u64>,
    /// What the signer said no to since.
    pub refused: Option<Refusal>,
    /// What took it back, if anything did.
    pub revoked_by: Option<Revocation>,
}

/// What took a license back that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Revocation {
    /// The revocation list of this number: it names the license, the key that signed it, or the installation.
    List(u64),
    /// The trust bundle of this number: it distrusts the key that signed the license since before it did.
    Bundle(u64),
}

/// What a released slot knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// Counter of the deactivation.
    pub ended: u64,
    /// The license that was in force, if one was.
    pub license: Option<LicenseId>,
    /// The key that was released.
    pub license_key: LicenseKeyRef,
    /// When the signer confirmed it. Until its receipt was read nobody here knows whether the file has arrived.
    pub confirmed: Option<Timestamp>,
    /// What the signer said no to since.
    pub refused: Option<Refusal>,
}

/// A license in force, with its file as it came. It was verified when it was taken; the state that keeps it belongs to the
/// installation, and whoever can write it can also write the trust beside it, so a second check would prove nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Blob", into = "Blob")]
pub struct InForce {
    license: License,
    kid: Thumbprint,
    file: Blob,
}

impl InForce {
    pub(super) fn new(license: License, file: &UnverifiedFile) -> InForce {
        InForce { license, kid: file.document.kid(), file: Blob(file.encode()) }
    }

    /// The grant.
    pub fn license(&self) -> &License {
        &self.license
    }

    /// Its signed document, without what travelled along. `None` only if the state was made by other hands.
    pub(super) fn document(&self) -> Option<UnverifiedDocument> {
        UnverifiedFile::decode(&self.file.0).ok().map(|file| file.document)
    }

    /// The key that signed it.
    pub(super) fn kid(&self) -> Thumbprint {
        self.kid
    }

    /// The file as it came.
    pub fn file(&self) -> &[u8] {
        &self.file.0
    }
}

impl TryFrom<Blob> for InForce {
    type Error = FormatError;
    fn try_from(file: Blob) -> Result<Self, FormatError> {
        let document = UnverifiedFile::decode(&file.0)?.document;
        Ok(InForce { license: document.decode_unverified()?, kid: document.kid(), file })
    }
}

impl From<InForce> for Blob {
    fn from(in_force: InForce) -> Blob {
        in_force.file
    }
}

impl Slot {
    /// The license in force.
    pub fn license(&self) -> Option<&License> {
        match self {
            Slot::Active(active) => Some(active.license.license()),
            _ => None,
        }
    }

    /// Counter of the last deactivation, 0 if there was none.
    pub fn ended(&self) -> u64 {
        match self {
            Slot::Empty => 0,
            Slot::Requested(requested) => requested.ended.unwrap_or(0),
            Slot::Active(active) => active.ended.unwrap_or(0),
            Slot::Released(released) => released.ended,
        }
    }

    /// What the signer said no to, if that was its last word.
    pub fn refused(&self) -> Option<&Refusal> {
        match self {
            Slot::Empty => None,
            Slot::Requested(Requested { refused, .. }) | Slot::Released(Released { refused, .. }) => {
                refused.as_ref()
            }
            Slot::Active(active) => active.refused.as_ref(),
        }
    }

    /// What took the license in force back.
    pub fn revoked_by(&self) -> Option<Revocation> {
        match self {
            Slot::Active(active) => active.revoked_by,
            _ => None,
        }
    }

    /// What the slot proves to the signer; nothing if it was never used.
    pub(super) fn report(&self) -> Option<SlotReport> {
        let ended = Some(self.ended()).filter(|ended| *ended > 0);
        let holding =
            self.license().map(|license| ChainLink { digest: license.answers, counter: license.counter });
        (*self != Slot::Empty).then_some(SlotReport { ended, holding })
    }

    /// The lowest counter whose answer could still change the slot.
    pub(super) fn mark(&self) -> u64 {
        match self {
            Slot::Empty => 0,
            Slot::Requested(_) => self.ended() + 1,
            Slot::Active(active) => active.license.license().counter + 1,
            // The deactivation itself still waits for its receipt.
            Slot::Released(released) => released.ended,
        }
    }

    /// An activation is asked for. Not where a license is in force.
    pub(super) fn request(self, license_key: LicenseKeyRef, counter: u64) -> Option<Slot> {
        let ended = Some(self.ended()).filter(|ended| *ended > 0);
        match self {
            Slot::Active(_) => None,
            _ => Some(Slot::Requested(Requested { license_key, counter, ended, refused: None })),
        }
    }

    /// A license comes into force, in place of any other.
    pub(super) fn install(self, license: InForce) -> Slot {
        let ended = Some(self.ended()).filter(|ended| *ended > 0);
        Slot::Active(Box::new(Active { license, ended, refused: None, revoked_by: None }))
    }

    /// Nothing is in force from here on. Not where there is nothing to release; a released slot may be released again, which its
    /// new counter proves.
    pub(super) fn release(self, counter: u64) -> Option<Slot> {
        let (license, license_key) = match self {
            Slot::Empty => return None,
            Slot::Requested(requested) => (None, requested.license_key),
            Slot::Active(active) => {
                let License { id, license_key, .. } = active.license.license;
                (Some(id), license_key)
            }
            Slot::Released(released) => (released.license, released.license_key),
        };
        Some(Slot::Released(Released {
            ended: counter,
            license,
            license_key,
            confirmed: None,
            refused: None,
        }))
    }

    /// The receipt of the deactivation with this counter was read.
    pub(super) fn confirm(self, counter: u64, issued: Timestamp) -> Slot {
        match self {
            Slot::Released(released) if released.ended == counter => {
                Slot::Released(Released { confirmed: Some(issued), refused: None, ..released })
            }
            other => other,
        }
    }

    /// The signer said no. It is kept beside the state for people to see, unless something newer has settled the matter.
    pub(super) fn refuse(self, refusal: Refusal) -> Slot {
        let newer = |kept: &Option<Refusal>| kept.as_ref().is_none_or(|kept| kept.counter <= refusal.counter);
        match self {
            Slot::Requested(requested)
                if refusal.counter > requested.ended.unwrap_or(0) && newer(&requested.refused) =>
            {
                Slot::Requested(Requested { refused: Some(refusal), ..requested })
            }
            Slot::Active(active)
                if refusal.counter > active.license.license().counter && newer(&active.refused) =>
            {
                Slot::Active(Box::new(Active { refused: Some(refusal), ..*active }))
            }
            Slot::Released(released) if refusal.counter >= released.ended => {
                Slot::Released(Released { refused: Some(refusal), ..released })
            }
            other => other,
        }
    }

    /// A newer request was made, so what was said to an older one is no longer the last word.
    pub(super) fn ask_again(self) -> Slot {
        match self {
            Slot::Active(active) => Slot::Active(Box::new(Active { refused: None, ..*active })),
            other => other,
        }
    }
}
