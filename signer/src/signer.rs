//! The signer as a whole: the record and the issuing key behind one call.

use license_format::{Digest, Label, Timestamp};
use verifier::TrustState;

use crate::{
    answer::{self, AnswerError, Answered, Desk},
    catalog::Catalog,
    exchange::{Book, Change, Recovery},
    ids::RecordId,
    init::DataDir,
    installations::Installations,
    keys::{KeyError, Secrets},
    log::AnswerLog,
    lookout::{Lookout, Trouble},
    people::{Actor, Asker, People},
    reason::Reason,
    revocation::{self, Order, Revocations, Revoke, RevokeError, Revoked},
    second_person::{RiskyAction, SecondPerson, SecondPersonError, Taken},
    store::{Store, StoreError, Vendor, exchange_read, exchange_write},
    trust::TrustError,
    watch::{Standing, Watch},
    witness::{Witness, WitnessError},
};

/// Why a data directory cannot be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It was never made ready.
    #[error("{0} is not a Waybill data directory")]
    NotInitialized(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The issuing key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The witness beside the store.
    #[error(transparent)]
    Witness(#[from] WitnessError),
    /// The trust bundle.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// What is trusted and what signs do not fit each other.
    #[error(transparent)]
    Answer(AnswerError),
}

impl From<AnswerError> for OpenError {
    fn from(error: AnswerError) -> OpenError {
        match error {
            AnswerError::Store(error) => OpenError::Store(error),
            AnswerError::Key(error) => OpenError::Key(error),
            AnswerError::Trust(error) => OpenError::Trust(error),
            other => OpenError::Answer(other),
        }
    }
}

impl OpenError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            OpenError::NotInitialized(_) => "not-initialized",
            OpenError::Store(error) => error.code(),
            OpenError::Key(error) => error.code(),
            OpenError::Witness(error) => error.code(),
            OpenError::Trust(error) => error.code(),
            OpenError::Answer(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            OpenError::NotInitialized(_) => {
                "Make it with `waybill init`, or name another with --data-dir.".to_owned()
            }
            OpenError::Store(error) => error.next_step().to_string(),
            OpenError::Key(error) => error.next_step().to_string(),
            OpenError::Witness(error) => error.next_step().to_string(),
            OpenError::Trust(error) => error.next_step(),
            OpenError::Answer(error) => error.next_step(),
        }
    }
}

/// The signer. Cheap to clone; the clones share one writer.
#[derive(Clone)]
pub struct Signer {
    dir: DataDir,
    vendor: Vendor,
    recovery: Option<Recovery>,
    store: Store,
    people: People,
    catalog: Catalog,
    installations: Installations,
    second_person: SecondPerson,
    desk: Desk,
}

impl Signer {
    /// Opens a data directory with what opens the keys that sign now: [`KeyRing`](crate::keys::KeyRing) tells which these are. A record that is behind its witness was restored from a backup: its
    /// number goes up by one, and recovery begins (design, section 4, *signer restored*).
    pub async fn open(
        dir: &DataDir,
        secrets: impl Into<Secrets>,
        now: Timestamp,
    ) -> Result<Signer, OpenError> {
        if !dir.is_initialized() {
            return Err(OpenError::NotInitialized(dir.path().display().to_string()));
        }
        let store = Store::open(dir.store()).await?;
        Signer::over(store, dir, secrets, now).await
    }

    /// The same over a store that is open.
    pub(crate) async fn over(
        store: Store,
        dir: &DataDir,
        secrets: impl Into<Secrets>,
        now: Timestamp,
    ) -> Result<Signer, OpenError> {
        let unmade = || OpenError::NotInitialized(dir.path().display().to_string());
        let Vendor { id, .. } = store.vendor().await?.ok_or_else(unmade)?;
        let lookout = Lookout::open(dir, secrets.into(), id, &mut *store.read().await?, now).await?;
        let (watch, vendor, recovery) = watch_record(dir, &store, now).await?;
        let desk = Desk::open(lookout, store.clone(), watch);
        Ok(Signer {
            dir: dir.clone(),
            vendor,
            recovery,
            people: People::new(store.clone()),
            catalog: Catalog::new(store.clone()),
            installations: Installations::new(store.clone()),
            second_person: SecondPerson::new(store.clone()),
            store,
            desk,
        })
    }

    /// Who signs.
    pub fn vendor(&self) -> &Label {
        &self.vendor.name
    }

    /// Which record it keeps.
    pub(crate) fn record(&self) -> &RecordId {
        &self.vendor.id
    }

    /// Whether the record was restored from a backup, as seen when it was opened.
    pub fn recovery(&self) -> Option<Recovery> {
        self.recovery
    }

    /// Whether it is being recovered now, by whatever process began that.
    pub(crate) async fn recovery_at(&self, now: Timestamp) -> Result<Option<Recovery>, StoreError> {
        exchange_read::recovery(&mut *self.store.read().await?, now).await
    }

    /// What proxies are set up with and travels with every answer, as the newest answer knew it.
    pub fn trust(&self) -> TrustState {
        self.desk.lookout().issuer().trust().clone()
    }

    /// What keeps the key from signing that should, while another one does, or anything from being signed; as the newest answer found it.
    pub fn trouble(&self) -> Option<Trouble> {
        self.desk.lookout().trouble()
    }

    /// What was revoked, and why.
    pub fn revocations(&self) -> Revocations {
        Revocations::new(self.store.clone())
    }

    /// Revokes licenses or a key, with a list that travels with every answer from now on; or has that wait, where a second person is
    /// required. The list is durable, and on the log, before this returns. Who may order it is for whoever calls this to know.
    pub async fn revoke(
        &self,
        what: Revoke,
        reason: Reason,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Taken<Revoked>, RevokeError> {
        // What is done at once is judged in its own transaction, by the newest bundle.
        if self.second_person.is_required().await? {
            let bundle = self.trust();
            revocation::demand_possible(&mut *self.store.read().await?, &what, bundle.bundle()).await?;
        }
        let action = RiskyAction::Revoke { what: what.clone(), reason: reason.clone() };
        if let Some(proposal) = self.second_person.propose(action, by, now).await? {
            return Ok(Taken::Waits(Box::new(proposal)));
        }
        let order = Order { what, reason, by: by.clone(), confirms: None, now };
        Ok(Taken::Done(self.desk.revoke(order).await?))
    }

    /// Confirms what another person proposed, and does it: what needs a signature or the data directory too.
    pub async fn confirm(&self, number: u64, by: &Actor, now: Timestamp) -> Result<(), SecondPersonError> {
        match self.second_person.show(number).await?.action {
            RiskyAction::Revoke { what, reason } => {
                let order = Order { what, reason, by: by.clone(), confirms: Some(number), now };
                self.desk.revoke(order).await?;
            }
            RiskyAction::Bundle { .. } => {
                self.second_person.confirm_bundle(number, by, &self.dir, now).await?;
            }
            RiskyAction::Overdraft(_) | RiskyAction::RuleOff | RiskyAction::ConfirmAnywhere => {
                self.second_person.confirm(number, by, now).await?;
            }
        }
        Ok(())
    }

    /// Accounts, users, sessions, tokens.
    pub fn people(&self) -> &People {
        &self.people
    }

    /// Subscriptions and license keys.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What is known of installations.
    pub fn installations(&self) -> &Installations {
        &self.installations
    }

    /// The log of all answers.
    pub fn log(&self) -> AnswerLog {
        AnswerLog::new(self.store.clone())
    }

    /// What takes two people.
    pub fn second_person(&self) -> &SecondPerson {
        &self.second_person
    }

    /// Answers a request: the table of design section 4. The same request bytes get the same answer bytes; an answer is durable, with
    /// its seats and its log entry, before this returns. A refusal is an answer too. Errors took nothing: the same file may come
    /// again.
    pub async fn answer(&self, file: &[u8], asker: &Asker, now: Timestamp) -> Result<Answered, AnswerError> {
        self.desk.answer(file, asker, now).await
    }

    /// The final answer to a request by its digest, and what to call it, if the asker may see it.
    pub async fn answer_file(
        &self,
        request: &Digest,
        asker: &Asker,
    ) -> Result<Option<(Vec<u8>, String)>, AnswerError> {
        let Some((file, request_file)) = self.desk.stored(request, asker).await? else {
            return Ok(None);
        };
        let name = answer::stored_name(&request_file, &file).ok_or_else(|| StoreError::Damaged {
            table: "answer",
            column: "file",
            detail: "does not read".to_owned(),
        })?;
        Ok(Some((file, name)))
    }

    /// Its store, in which tests stop transactions.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What signs here, for tests that write beside the writer.
    #[cfg(test)]
    pub(crate) fn issuer(&self) -> std::sync::Arc<crate::issuer::Issuer> {
        self.desk.lookout().issuer()
    }

    /// Finishes what waits, and closes the store, so that its files can be copied. Clones of this signer are of no more use.
    pub async fn close(self) {
        self.desk.close().await;
        self.store.close().await;
    }

    /// Whether the store answers.
    pub async fn is_healthy(&self) -> Result<(), StoreError> {
        self.store.vendor().await.map(|_| ())
    }
}

/// Compares the record with its witness, which stands outside the store and so is not restored with it.
async fn watch_record(
    dir: &DataDir,
    store: &Store,
    now: Timestamp,
) -> Result<(Watch, Vendor, Option<Recovery>), OpenError> {
    let witness = Witness::read(&dir.witness())?;
    let mut transaction = store.begin().await?;
    let mut state = exchange_read::record_state(&mut transaction).await?;
    let (watch, standing) = Watch::open(dir.witness(), &witness, &mut transaction, &state).await?;
    let mut book = exchange_read::whole_book(&mut transaction, &state.vendor, now).await?;
    let Standing::PutBack { record } = standing else {
        // It may not have heard of the newest: after a stop between a commit and its witness, or when other processes went on.
        watch.write(&state)?;
        return Ok((watch, state.vendor, book.recovery.filter(|recovery| now < recovery.horizon)));
    };
    book.record = book.record.max(record);
    book.begin_recovery(now);
    let Book { record, recovery, changes, .. } = book;
    if let (Some(Recovery { horizon, .. }), [Change::RecoveryBegins { .. }]) = (recovery, changes.as_slice())
    {
        exchange_write::begin_recovery(&mut transaction, record, horizon, now).await?;
    }
    transaction.commit().await?;
    state.vendor.record = record;
    watch.tell(&state).await?;
    tracing::warn!(
        record,
        "the record is behind its witness: it was restored from a backup, and recovery has begun"
    );
    Ok((watch, state.vendor, recovery))
}
