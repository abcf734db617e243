//! What a portal has of a record: its rows, and the signer, in this process or at the other end of a link.

use license_format::{Digest, Label, Timestamp, UnverifiedFile, payload::Request};
use verifier::VerifyError;

use super::{
    call::{Call, Decided, Decision, Health, Reply, Told},
    client::Link,
    error::{CallError, Fault, LinkError},
};
use crate::{
    answer::{Answer, AnswerError, Answered, file_name},
    catalog::Catalog,
    ids::RecordId,
    installations::{Decider, Installations},
    log::AnswerLog,
    people::{Asker, People},
    revocation::Revocations,
    second_person::SecondPerson,
    signer::Signer,
    store::{Store, StoreAddress, StoreError, Vendor, exchange_read},
};

/// A portal's side of a record. Pages read rows here, write people and what was sold, and ask the signer for everything else; they do
/// not know where the signer is. Cheap to clone.
#[derive(Clone)]
pub struct PortalSide {
    vendor: Label,
    people: People,
    catalog: Catalog,
    installations: Installations,
    second_person: SecondPerson,
    desk: SignersDesk,
}

#[derive(Clone)]
#[allow(clippy::large_enum_variant, reason = "there is one of it in a process")]
enum SignersDesk {
    Here(Signer),
    Apart { link: Link, record: RecordId, store: Store },
}

/// The store as a portal of its own opens it: without keys, and without making or changing any table.
pub struct PortalStore {
    store: Store,
    vendor: Vendor,
}

impl PortalStore {
    /// Opens the store of a record. Refuses one that this version's signer has not brought up to date: `StoreOlder`.
    pub async fn open(address: &StoreAddress) -> Result<PortalStore, LinkError> {
        let store = Store::join(address).await?.ok_or(LinkError::StoreOlder)?;
        let vendor = store.vendor().await?;
        let vendor = vendor.ok_or_else(|| StoreError::Empty { store: address.to_string() })?;
        Ok(PortalStore { store, vendor })
    }

    /// A portal over it that asks the signer at the other end of a link.
    pub fn with_signer(self, link: Link) -> PortalSide {
        let PortalStore { store, vendor } = self;
        PortalSide {
            vendor: vendor.name,
            people: People::new(store.clone()),
            catalog: Catalog::new(store.clone()),
            installations: Installations::new(store.clone()),
            second_person: SecondPerson::new(store.clone()),
            desk: SignersDesk::Apart { link, record: vendor.id, store },
        }
    }
}

/// A signer in this process.
impl From<Signer> for PortalSide {
    fn from(signer: Signer) -> PortalSide {
        PortalSide {
            vendor: signer.vendor().clone(),
            people: signer.people().clone(),
            catalog: signer.catalog().clone(),
            installations: signer.installations().clone(),
            second_person: signer.second_person().clone(),
            desk: SignersDesk::Here(signer),
        }
    }
}

impl PortalSide {
    /// Who signs.
    pub fn vendor(&self) -> &Label {
        &self.vendor
    }

    /// Accounts, users, sessions, tokens.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Subscriptions and license keys.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What is known of installations. To read: what is decided about them goes through [`PortalSide::decide`].
    pub fn installations(&self) -> &Installations {
        &self.installations
    }

    /// What was revoked, and why, to read.
    pub fn revocations(&self) -> Revocations {
        match &self.desk {
            SignersDesk::Here(signer) => signer.revocations(),
            SignersDesk::Apart { store, .. } => Revocations::new(store.clone()),
        }
    }

    /// The log of all answers, to read.
    pub fn log(&self) -> AnswerLog {
        match &self.desk {
            SignersDesk::Here(signer) => signer.log(),
            SignersDesk::Apart { store, .. } => AnswerLog::new(store.clone()),
        }
    }

    /// What takes two people. To read, as installations are.
    pub fn second_person(&self) -> &SecondPerson {
        &self.second_person
    }

    /// Answers a request: see [`Signer::answer`]. A signer elsewhere goes by its own clock.
    pub async fn answer(&self, file: &[u8], asker: &Asker, now: Timestamp) -> Result<Answered, CallError> {
        match &self.desk {
            SignersDesk::Here(signer) => Ok(signer.answer(file, asker, now).await?),
            SignersDesk::Apart { .. } => {
                // What is no file need not travel.
                let document = UnverifiedFile::read(file)
                    .map_err(VerifyError::from)
                    .map_err(AnswerError::from)?
                    .document;
                let call = Call::Answer { file: file.to_owned(), asker: asker.clone() };
                let Reply::Answer(Told { file, repeated, newest }) = self.call(call).await? else {
                    return Err(unfitting());
                };
                let request = Request::decode_unverified(&document).map_err(|_| unfitting())?;
                let answer = Answer::decode(&file).map_err(|_| unfitting())?;
                let file_name = file_name(&request, &answer);
                Ok(Answered { file, file_name, answer, request, digest: document.digest(), repeated, newest })
            }
        }
    }

    /// The final answer to a request by its digest, and what to call it, if the asker may see it.
    pub async fn answer_file(
        &self,
        request: &Digest,
        asker: &Asker,
    ) -> Result<Option<(Vec<u8>, String)>, CallError> {
        match &self.desk {
            SignersDesk::Here(signer) => Ok(signer.answer_file(request, asker).await?),
            SignersDesk::Apart { .. } => {
                let call = Call::Stored { request: *request, asker: asker.clone() };
                match self.call(call).await? {
                    Reply::Stored(stored) => Ok(stored.map(|stored| (stored.file, stored.file_name))),
                    _ => Err(unfitting()),
                }
            }
        }
    }

    /// Has the signer do what somebody decided.
    pub async fn decide(
        &self,
        decision: Decision,
        by: &Decider,
        now: Timestamp,
    ) -> Result<Decided, CallError> {
        match &self.desk {
            SignersDesk::Here(signer) => signer.decide(decision, by, now).await,
            SignersDesk::Apart { .. } => match self.call(Call::Decide { decision, by: by.clone() }).await? {
                Reply::Decided(decided) => Ok(decided),
                _ => Err(unfitting()),
            },
        }
    }

    /// Until when proxies bring back what a restored record lacks, as the record says. No signer has to be there.
    pub async fn recovering_until(&self, now: Timestamp) -> Result<Option<Timestamp>, CallError> {
        let recovery = match &self.desk {
            SignersDesk::Here(signer) => signer.recovery_at(now).await?,
            SignersDesk::Apart { store, .. } => {
                exchange_read::recovery(&mut *store.read().await?, now).await?
            }
        };
        Ok(recovery.map(|recovery| recovery.horizon))
    }

    /// Whether store and signer can do their work. A signer elsewhere goes by its own clock.
    pub async fn health(&self, now: Timestamp) -> Result<Health, CallError> {
        match &self.desk {
            SignersDesk::Here(signer) => Ok(Health {
                vendor: self.vendor.clone(),
                recovering_until: self.recovering_until(now).await?,
                warning: signer.trouble().map(Into::into),
            }),
            SignersDesk::Apart { store, .. } => {
                store.vendor().await?;
                match self.call(Call::Health).await? {
                    Reply::Health(health) => Ok(health),
                    _ => Err(unfitting()),
                }
            }
        }
    }

    /// Finishes what waits, and closes the store. Clones of this are of no more use.
    pub async fn close(self) {
        match self.desk {
            SignersDesk::Here(signer) => signer.close().await,
            SignersDesk::Apart { store, .. } => store.close().await,
        }
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        match &self.desk {
            SignersDesk::Apart { link, record, .. } => link.call(record, call).await,
            SignersDesk::Here(_) => Err(unfitting()),
        }
    }
}

/// The signer said something else than what it was asked.
fn unfitting() -> CallError {
    CallError::new(
        Fault::Ours,
        "link-garbled",
        "the signer's reply does not fit what it was asked",
        "Run a portal and a signer of the same version.",
    )
}
