//! What signs now, and by what news: looked at again before each batch of answers, so that nothing has to be started anew when a trust bundle
//! is put in place, a key is preferred or ends, or another process has made a revocation list.
//!
//! `bench` is what lies in the data directory. [`Lookout`] holds it against what the record has on the log already, and says what must become a
//! leaf before an answer goes by it. News only go forward: neither a data directory nor a store that was put back takes any back.

mod bench;
mod sight;

use std::sync::{Arc, PoisonError, RwLock};

use license_format::{Digest, Kind, Timestamp, UnverifiedDocument, UnverifiedFile, payload::RevocationList};
use sqlx::AnyConnection;
use tokio::sync::Mutex;
use verifier::{TrustState, VerifyError};

use self::bench::Bench;
pub use self::bench::Trouble;
pub(crate) use self::sight::{FORK_DECISION, NewLeaf, Sight};
use crate::{
    answer::AnswerError,
    data_dir::DataDir,
    files,
    ids::RecordId,
    issuer::Issuer,
    keys::Secrets,
    revocation::{self, list::Names},
    second_person::{GoneBy, gone_by},
    store::news,
};

/// Who looks what signs.
pub(crate) struct Lookout {
    log: RecordId,
    held: Mutex<Held>,
    shown: RwLock<Shown>,
}

/// What is known so far.
struct Held {
    bench: Bench,
    /// What of the bench's bundles is gone by.
    by: GoneBy,
    /// The number of the newest bundle by which something is durable.
    went_by: u64,
    /// The newest list that is durable, whether or not the newest bundle still lets its key sign, with what it says.
    list: Option<(RevocationList, UnverifiedDocument)>,
    /// The number of the list that lies in the data directory.
    filed: u64,
}

/// What was found at last, for those who do not wait.
struct Shown {
    issuer: Arc<Issuer>,
    trouble: Option<Trouble>,
}

impl Lookout {
    /// Opens the keys that sign now. Every one of them must open: whoever starts the signer is there to mend it.
    pub(crate) async fn open(
        dir: &DataDir,
        secrets: Secrets,
        log: RecordId,
        connection: &mut AnyConnection,
        now: Timestamp,
    ) -> Result<Lookout, AnswerError> {
        let bench = Bench::open(dir, secrets)?;
        let list = bench.history().list().cloned().map(read).transpose()?;
        let filed = list.as_ref().map_or(0, |(list, _)| list.number);
        let known = news::newest(connection).await?;
        let by = gone_by(connection, bench.history(), known.bundle, now).await?;
        let mut held = Held { bench, by, went_by: known.bundle, list, filed };
        held.take_stored(connection, known.list).await?;
        let (trust, _) = held.trust()?;
        held.bench.begin(&trust, now)?;
        let issuer = held.issuer(trust, &log, None, now)?;
        let shown = RwLock::new(Shown { issuer, trouble: held.by.waits.clone() });
        Ok(Lookout { log, held: Mutex::new(held), shown })
    }

    /// What signs, as it was found at last.
    pub(crate) fn issuer(&self) -> Arc<Issuer> {
        Arc::clone(&self.shown().issuer)
    }

    /// What is wrong with what signs, as it was found at last.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.shown().trouble.clone()
    }

    /// Looks again, in the transaction in which something is answered: what signs at this instant, and what must become a leaf before an
    /// answer goes by it.
    pub(crate) async fn look(
        &self,
        connection: &mut AnyConnection,
        record: u64,
        now: Timestamp,
    ) -> Result<Sight, AnswerError> {
        let mut held = self.held.lock().await;
        let sight = self.sight(&mut held, connection, record, now).await;
        let trouble = match &sight {
            Ok(_) => held.bench.trouble().or(held.by.waits.as_ref()).cloned(),
            // A store that fails says nothing of what signs.
            Err(AnswerError::Store(_)) => return sight,
            Err(error) => Some(error.into()),
        };
        self.shown.write().unwrap_or_else(PoisonError::into_inner).trouble = trouble;
        sight
    }

    async fn sight(
        &self,
        held: &mut Held,
        connection: &mut AnyConnection,
        record: u64,
        now: Timestamp,
    ) -> Result<Sight, AnswerError> {
        // 1. What lies in the data directory, which is never behind what answers went by.
        //    A risky bundle is not gone by before two people have agreed; the store is asked only while there is one.
        held.by.is_open |= held.bench.look()?;
        let known = news::newest(connection).await?;
        if held.by.is_open {
            held.by = gone_by(connection, held.bench.history(), known.bundle, now).await?;
        }
        // A store that was put back forgets what this process went by.
        let (went_by, found) = (known.bundle.max(held.went_by), held.by.history.newest().bundle().number);
        if found < went_by {
            return Err(AnswerError::TrustBehind { known: went_by, found });
        }
        // 2. What is not on the log yet: bundles, the list that a store forgot which was put back, decisions about forks.
        held.take_stored(connection, known.list).await?;
        let mut sight = Sight {
            issuer: self.issuer(),
            news: held.by.history.bundles_after(known.bundle),
            list: held.list.clone(),
            decisions: match known.undecided {
                true => news::waiting(connection).await?,
                false => Vec::new(),
            },
        };
        sight.news.extend(
            sight
                .list
                .iter()
                .filter(|(list, _)| list.number > known.list)
                .map(|(_, document)| document.clone()),
        );
        // 3. A list whose key may sign no more lists, or whose time is over, has a successor that says the same of all that has not ended.
        let (trust, is_good) = held.trust()?;
        let is_over = |(list, _): &(RevocationList, UnverifiedDocument)| list.until <= now;
        if !is_good || held.list.as_ref().is_some_and(is_over) {
            return self.named(held, sight, &Names::default(), connection, record, now).await;
        }
        // 4. The keys of this instant.
        sight.issuer = held.issuer(trust, &self.log, Some(&sight.issuer), now)?;
        Ok(sight)
    }

    /// The same with a further list, which names more. It is not signed by a key that it names, and whatever signs from then on does so by
    /// this list; refused where nothing would (`key-none-usable`).
    pub(crate) async fn naming(
        &self,
        sight: Sight,
        more: &Names,
        connection: &mut AnyConnection,
        record: u64,
        now: Timestamp,
    ) -> Result<Sight, AnswerError> {
        let mut held = self.held.lock().await;
        self.named(&mut held, sight, more, connection, record, now).await
    }

    async fn named(
        &self,
        held: &mut Held,
        mut sight: Sight,
        more: &Names,
        connection: &mut AnyConnection,
        record: u64,
        now: Timestamp,
    ) -> Result<Sight, AnswerError> {
        let mut names = news::revoked(connection).await?;
        // What a genuine list said stays said, also where a store that was put back lacks the reasons. Others have them.
        let (trust, is_good) = held.trust()?;
        trust.revocations().filter(|_| is_good).into_iter().for_each(|list| names.add(&Names::of(list)));
        names.leave_out(&news::revoked_and_ended(connection, now).await?);
        names.add(more);
        let newest = sight.list.as_ref().map_or(0, |(list, _)| list.number);
        let not: Vec<_> = names.keys.iter().copied().collect();
        let key = held.bench.key(Kind::RevocationList, &trust, &not, now)?;
        let number = revocation::list::number_after(newest, record);
        let document = revocation::list::sign(&names, number, &trust.bundle().vendor, &*key, now)?;
        // Our own verifier reads it, as every proxy will.
        let trust = trust.advance(std::slice::from_ref(&document)).map_err(AnswerError::SelfCheck)?;
        if trust.revocations_number() != number {
            return Err(AnswerError::SelfCheck(VerifyError::RevocationFork { number }));
        }
        sight.issuer = held.issuer(trust, &self.log, None, now)?;
        sight.news.push(document.clone());
        sight.list = Some(read(document)?);
        Ok(sight)
    }

    /// What was seen is durable, and on the log: from here on it is what everybody goes by. The list is written beside the bundles.
    pub(crate) async fn settle(&self, sight: &Sight) -> Result<(), AnswerError> {
        let mut held = self.held.lock().await;
        held.list.clone_from(&sight.list);
        held.went_by = held.went_by.max(sight.issuer.trust().bundle().number);
        self.shown.write().unwrap_or_else(PoisonError::into_inner).issuer = Arc::clone(&sight.issuer);
        let Some((list, document)) = held.list.as_ref().filter(|(list, _)| list.number > held.filed) else {
            return Ok(());
        };
        let (number, digest) = (list.number, document.digest());
        let bytes = UnverifiedFile::of(document.clone()).encode();
        // The name until it is whole: another process may be writing the same list.
        let mut name = |out: &mut [u8]| {
            let drawn = Digest::of(&[digest.as_bytes(), &std::process::id().to_be_bytes()].concat());
            out.iter_mut().zip(drawn.0).for_each(|(out, byte)| *out = byte);
        };
        files::replace(&held.bench.dir().revocations(), &bytes, &mut name)
            .map_err(|error| AnswerError::Witness(error.to_string()))?;
        held.filed = number;
        Ok(())
    }

    fn shown(&self) -> std::sync::RwLockReadGuard<'_, Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Takes the store's newest list, if another process has made one.
    async fn take_stored(&mut self, connection: &mut AnyConnection, number: u64) -> Result<(), AnswerError> {
        if number > self.list.as_ref().map_or(0, |(list, _)| list.number) {
            self.list = Some(read(news::list(connection, number).await?)?);
        }
        Ok(())
    }

    /// What is trusted with the list, and whether the list is good by the newest bundle.
    fn trust(&self) -> Result<(TrustState, bool), AnswerError> {
        let trust = self.by.history.newest();
        let Some((_, list)) = &self.list else { return Ok((trust.clone(), true)) };
        match trust.advance(std::slice::from_ref(list)) {
            Ok(trust) => Ok((trust, true)),
            Err(error @ VerifyError::RevocationFork { .. }) => Err(AnswerError::SelfCheck(error)),
            Err(_) => Ok((trust.clone(), false)),
        }
    }

    /// What signs at an instant; the one before where nothing has changed.
    fn issuer(
        &mut self,
        trust: TrustState,
        log: &RecordId,
        before: Option<&Arc<Issuer>>,
        now: Timestamp,
    ) -> Result<Arc<Issuer>, AnswerError> {
        let key = self.bench.key(Kind::License, &trust, &[], now)?;
        let log_key = self.bench.key(Kind::Checkpoint, &trust, &[], now)?;
        if let Some(before) = before.filter(|before| before.is_of(&key, &log_key, &trust)) {
            return Ok(Arc::clone(before));
        }
        let history = self.by.history.with_newest(trust);
        Ok(Arc::new(Issuer::new(key, log_key, log.clone(), history)))
    }
}

fn read(document: UnverifiedDocument) -> Result<(RevocationList, UnverifiedDocument), AnswerError> {
    let list = document.decode_unverified().map_err(|error| AnswerError::SelfCheck(error.into()))?;
    Ok((list, document))
}
