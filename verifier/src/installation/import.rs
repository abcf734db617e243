//! Answers: what each would change, and the new state. `review` and `import` are one function, so that what was shown is what is done.

use license_format::{
    LicenseType, Timestamp, UnverifiedFile,
    payload::{ChainLink, DeactivationReceipt, License, Refusal},
};

use super::{
    ImportError, Installation, Revocation, Slot, blob::Blob, seen_log::demand_one_history, slot::InForce,
};
use crate::{
    trust::TrustState,
    verify::{VerifiedAnswer, checkpoints, verify_answer},
};

/// The refusals of a signer whose record may lack licenses that are in force (design, section 4, rows 2 and 3): the next requests
/// bring them along.
const WANTS_DOCUMENTS: [&str; 2] = ["record-restored", "record-behind"];

/// What an answer does, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A license comes into force.
    Installed(Box<Installed>),
    /// The portal has the deactivation: the license key is free.
    Confirmed(DeactivationReceipt),
    /// The signer said no. Its code, sentence and next step are in it.
    Refused(Refusal),
    /// This very license is in force. Nothing changes.
    AlreadyInstalled {
        /// The slot.
        license_type: LicenseType,
        /// The license's counter.
        counter: u64,
    },
    /// A license that answers a later request is in force. Nothing changes.
    Superseded {
        /// The slot.
        license_type: LicenseType,
        /// The counter of the license that came.
        counter: u64,
        /// The counter of the one in force.
        in_force: u64,
    },
    /// The slot was deactivated after the request that this answers. Nothing changes.
    Ended {
        /// The slot.
        license_type: LicenseType,
        /// The counter of the license that came.
        counter: u64,
        /// The counter of the deactivation.
        ended: u64,
    },
    /// A receipt or a refusal that was read before, or that speaks of what a later answer has settled. Nothing changes.
    AlreadyRead {
        /// The slot.
        license_type: LicenseType,
        /// The counter of the request.
        counter: u64,
    },
}

/// A license that comes into force, and what it replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The license.
    pub license: License,
    /// The one in force before.
    pub before: Option<License>,
    /// Whether it puts the high-water mark back to its time of issue.
    pub resets_time: bool,
}

impl Outcome {
    /// Whether the state changes.
    pub fn changes(&self) -> bool {
        matches!(self, Outcome::Installed(_) | Outcome::Confirmed(_) | Outcome::Refused(_))
    }

    /// The slot that the answer is for.
    pub fn license_type(&self) -> LicenseType {
        match self {
            Outcome::Installed(installed) => installed.license.license_type,
            Outcome::Confirmed(receipt) => receipt.license_type,
            Outcome::Refused(refusal) => refusal.license_type,
            Outcome::AlreadyInstalled { license_type, .. }
            | Outcome::Superseded { license_type, .. }
            | Outcome::Ended { license_type, .. }
            | Outcome::AlreadyRead { license_type, .. } => *license_type,
        }
    }
}

impl Installation {
    /// What importing the file would do. Nothing changes.
    pub fn review(&self, file: &UnverifiedFile, now: Timestamp) -> Result<Outcome, ImportError> {
        self.import(file, now).map(|(_, outcome)| outcome)
    }

    /// Takes an answer. A license comes into force if it is genuine, for this installation and slot, answers a remembered request of
    /// that slot with that counter, and the counter is above the slot's last deactivation and above the license in force. Refuses
    /// what is not genuine, not an answer, for another installation, and what this installation did not ask for. An answer that
    /// is merely late is no error, and the state that comes back is then the old one.
    pub fn import(
        &self,
        file: &UnverifiedFile,
        now: Timestamp,
    ) -> Result<(Installation, Outcome), ImportError> {
        let found = file.document.kind();
        if !found.is_answer() {
            return Err(ImportError::NotAnAnswer { found });
        }
        let (answer, trust) = verify_answer(file, &self.trust()?)?;
        if answer.installation() != self.thumbprint() {
            let (theirs, ours) = (answer.installation().short(), self.thumbprint().short());
            return Err(ImportError::OtherInstallation { theirs, ours });
        }
        let checkpoints = checkpoints(file, &trust)?;
        demand_one_history(self.requests.seen(), &checkpoints)?;
        if let Some(late) = self.late(&answer) {
            return Ok((self.clone(), late));
        }
        let license_type = answer.license_type();
        let request = ChainLink { digest: answer.answers(), counter: answer.counter() };
        let own = self
            .requests
            .answered_by(request, license_type)
            .ok_or(ImportError::NotAskedFor { counter: request.counter })?;
        let answers_deactivation = own.kind() == license_format::Kind::DeactivationRequest;

        let mut next = self.observe_clock(now);
        next.trust = Blob(trust.to_file().encode());
        // What was said before the signer was restored does not answer what it has asked for since.
        if answer.record() >= self.record() {
            next.requests.want_documents(false);
        }
        next.requests.read_record(answer.record(), &checkpoints);
        next.clock.read_answer(answer.issued());
        let slot = next.take_slot(license_type);
        let (slot, outcome) = match answer {
            // A license for a deactivation, or a receipt for anything else, is no answer to what was asked.
            VerifiedAnswer::License(_) if answers_deactivation => {
                return Err(ImportError::NotAskedFor { counter: request.counter });
            }
            VerifiedAnswer::Receipt(_) if !answers_deactivation => {
                return Err(ImportError::NotAskedFor { counter: request.counter });
            }
            VerifiedAnswer::License(license) => {
                let license = license.into_payload();
                next.requests.read_final_answer(request);
                let resets_time = next.clock.take_license(license.counter, license.time_reset);
                let before = slot.license().cloned();
                if let Some(usage) = next.usage.get_mut(&license_type) {
                    usage.acknowledge(request.counter);
                    usage.adopt(&license, next.clock.floor());
                }
                let slot = slot.install(InForce::new(license.clone(), file));
                (slot, Outcome::Installed(Box::new(Installed { license, before, resets_time })))
            }
            VerifiedAnswer::Receipt(receipt) => {
                let receipt = receipt.into_payload();
                next.requests.read_final_answer(request);
                if let Some(usage) = next.usage.get_mut(&license_type) {
                    usage.acknowledge(request.counter);
                }
                (slot.confirm(receipt.counter, receipt.issued), Outcome::Confirmed(receipt))
            }
            VerifiedAnswer::Refusal(refusal) => {
                let refusal = refusal.into_payload();
                if refusal.is_final {
                    next.requests.read_final_answer(request);
                }
                if WANTS_DOCUMENTS.contains(&refusal.code.as_str()) {
                    next.requests.want_documents(true);
                }
                (slot.refuse(refusal.clone()), Outcome::Refused(refusal))
            }
        };
        next.put_slot(license_type, slot);
        next.take_revocations(&trust);
        next.prune();
        Ok((next, outcome))
    }

    /// The news may take licenses back that are in force already, of any slot, or honor them again: the newest list and the newest bundle
    /// alone say so.
    fn take_revocations(&mut self, trust: &TrustState) {
        for slot in self.slots.values_mut() {
            if let Slot::Active(active) = slot {
                let (license, kid) = (active.license.license(), active.license.kid());
                let keys = [kid, license.installation.thumbprint];
                let revoked =
                    trust.revokes_license(&license.id) || keys.iter().any(|key| trust.revokes_key(key));
                active.revoked_by = match () {
                    () if revoked => Some(Revocation::List(trust.revocations_number())),
                    () if trust.distrusts(&kid, license.issued) => {
                        Some(Revocation::Bundle(trust.bundle().number))
                    }
                    () => None,
                };
            }
        }
    }

    /// Answers whose time is over. They are looked at before the remembered requests, since those that they answer are forgotten.
    fn late(&self, answer: &VerifiedAnswer) -> Option<Outcome> {
        let (license_type, counter) = (answer.license_type(), answer.counter());
        let slot = self.slot(license_type);
        let VerifiedAnswer::License(license) = answer else {
            let request = ChainLink { digest: answer.answers(), counter };
            let settled = counter <= self.since().map_or(0, |since| since.counter);
            let forgotten = self.requests.answered_by(request, license_type).is_none();
            return (settled && forgotten).then_some(Outcome::AlreadyRead { license_type, counter });
        };
        let ended = slot.ended();
        if counter <= ended {
            return Some(Outcome::Ended { license_type, counter, ended });
        }
        let held = slot.license()?;
        if held.id == license.payload().id {
            return Some(Outcome::AlreadyInstalled { license_type, counter });
        }
        let in_force = held.counter;
        (counter <= in_force).then_some(Outcome::Superseded { license_type, counter, in_force })
    }
}
