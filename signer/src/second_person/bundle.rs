//! Trust bundles that take two people: which of those in the data directory are gone by, and how one is put in place.
//!
//! A bundle is proposed with its documents, and lies nowhere until another person confirms it; then its file is written first and the
//! proposal is closed after, so that what is interrupted can be done again. A file that was laid there otherwise is not gone by: [`gone_by`]
//! asks for the proposal of that very bundle, whenever a look finds one that nothing on the log stands behind.

use license_format::{Digest, Kind, Timestamp, UnverifiedDocument, UnverifiedFile};
use sqlx::AnyConnection;
use verifier::{TrustState, VerifyError};

use super::{
    Proposal, Result, RiskyAction, SecondPerson, SecondPersonError, Taken, close, is_required, propose,
};
use crate::{
    data_dir::DataDir,
    entropy::Entropy,
    lookout::Trouble,
    people::Actor,
    store::{StoreError, news, seconds},
    trust::{History, TrustError, risk},
};

/// What answers go by, of what lies in a data directory.
pub(crate) struct GoneBy {
    pub(crate) history: History,
    /// The newest bundle there that is not gone by.
    pub(crate) waits: Option<Trouble>,
    /// Whether it can change without a change of files.
    pub(crate) is_open: bool,
}

/// What of a data directory is gone by. The bundle that is on the log is, and nobody is asked; `known` is its number, 0 for none, and then it
/// is the oldest here. Beyond it, none that takes two people before the second has said yes.
pub(crate) async fn gone_by(
    connection: &mut AnyConnection,
    found: &History,
    known: u64,
    now: Timestamp,
) -> std::result::Result<GoneBy, StoreError> {
    // A directory that is behind the log is for whoever goes by it to refuse.
    if found.newest().bundle().number < known {
        return Ok(GoneBy { history: found.clone(), waits: None, is_open: false });
    }
    let mut here = found.states_after(known.saturating_sub(1)).into_iter().peekable();
    let logged = news::bundle(connection, known).await?;
    let is_first = |state: &TrustState| logged.as_ref().is_none_or(|logged| name(logged) == name(state));
    let first = here.next_if(is_first);
    let mut by = first.or(logged).unwrap_or_else(|| found.newest().clone());
    let (mut waits, mut is_open, mut trail) = (None, false, Vec::new());
    for state in here {
        trail.extend(documents(&state));
        let next = match by.advance(&trail) {
            Ok(next) => next,
            Err(error) => {
                waits = Some(stray(&by, &state, &error));
                continue;
            }
        };
        let risk = risk(by.bundle(), next.bundle());
        is_open |= risk.is_some();
        match risk {
            Some(says)
                if is_required(connection).await? && !is_confirmed(connection, &name(&next)).await? =>
            {
                let open = proposal_of(connection, &name(&next), now).await?;
                waits = Some(trouble(&by, &next, &says, open));
            }
            _ => (by, waits, trail) = (next, None, Vec::new()),
        }
    }
    let history = match name(&by) == name(found.newest()) {
        true => found.clone(),
        false => found.back_at(by),
    };
    Ok(GoneBy { history, waits, is_open })
}

impl SecondPerson {
    /// Puts the next bundle in place, or has it wait for a second person where that is required and it is risky ([`risk`]); then nothing is
    /// written to the directory. Done with whether it was not there before.
    pub async fn install(
        &self,
        dir: &DataDir,
        next: &TrustState,
        by: &Actor,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Taken<bool>> {
        let found = History::read(dir)?;
        let mut transaction = self.store.begin().await?;
        let known = news::newest(&mut transaction).await?.bundle;
        let before = gone_by(&mut transaction, &found, known, now).await?.history;
        let before = before.newest();
        let is_next = before.bundle().number < next.bundle().number;
        if is_next
            && risk(before.bundle(), next.bundle()).is_some()
            && is_required(&mut transaction).await?
            && !is_confirmed(&mut transaction, &name(next)).await?
        {
            // The same twice is one proposal.
            if let Some(open) = proposal_of(&mut transaction, &name(next), now).await? {
                return Ok(Taken::Waits(Box::new(open)));
            }
            let action = RiskyAction::Bundle { before: file(before).encode(), after: file(next).encode() };
            let proposal = propose(&mut transaction, action, by, now).await?;
            transaction.commit().await?;
            return Ok(Taken::Waits(Box::new(proposal)));
        }
        drop(transaction);
        put_in_place(dir, next, entropy).map(Taken::Done)
    }

    /// Confirms the proposal of a bundle, and puts it in place in this directory, from where signers go by it. Refuses what
    /// [`confirm`](Self::confirm) does, and a bundle that does not follow the one that is in place now.
    pub async fn confirm_bundle(
        &self,
        number: u64,
        by: &Actor,
        dir: &DataDir,
        now: Timestamp,
    ) -> Result<Proposal> {
        let mut transaction = self.store.begin().await?;
        let proposal = close(&mut transaction, number, by, now).await?;
        let RiskyAction::Bundle { after, .. } = &proposal.action else {
            return Err(SecondPersonError::SignerNeeded);
        };
        // First, because it can be done again: nobody goes by it before the proposal is closed.
        let next = read(after)?;
        let drawn = Digest::of(&[name(&next).as_bytes(), &std::process::id().to_be_bytes()].concat());
        let mut partial_name = |out: &mut [u8]| {
            out.iter_mut().zip(drawn.0).for_each(|(out, byte)| *out = byte);
        };
        put_in_place(dir, &next, &mut partial_name)?;
        transaction.commit().await?;
        Ok(proposal)
    }
}

/// What both people read of a bundle.
pub(super) fn describe(before: &[u8], after: &[u8]) -> Result<String> {
    let (before, after) = (read(before)?, read(after)?);
    let says = risk(before.bundle(), after.bundle())
        .unwrap_or_else(|| format!("trust bundle {}", after.bundle().number));
    Ok(format!("{says} (SHA-256 {})", name(&after)))
}

/// The name of a bundle in a file, by which its proposal is found.
pub(super) fn digest(file: &[u8]) -> Result<Digest> {
    Ok(name(&read(file)?))
}

fn read(file: &[u8]) -> Result<TrustState> {
    let file = UnverifiedFile::read(file).map_err(TrustError::from)?;
    Ok(TrustState::pin(&file).map_err(TrustError::from)?)
}

/// A bundle's own documents, without the revocation list of its time.
fn documents(state: &TrustState) -> Vec<UnverifiedDocument> {
    let mut documents = state.documents();
    documents.retain(|document| document.kind() == Kind::TrustBundle);
    documents
}

fn file(state: &TrustState) -> UnverifiedFile {
    let mut trust = documents(state);
    UnverifiedFile { document: trust.remove(0), trust, proof: None }
}

/// What the bundle after it would name it by.
fn name(state: &TrustState) -> Digest {
    let documents = state.documents();
    Digest::of(documents.first().expect("a bundle is one document at least").payload_bytes())
}

/// Whether it was not there before.
fn put_in_place(dir: &DataDir, next: &TrustState, entropy: &mut dyn Entropy) -> Result<bool> {
    let found = History::read(dir)?;
    if found.states_after(0).iter().any(|state| name(state) == name(next)) {
        return Ok(false);
    }
    let next = found.newest().advance(&documents(next)).map_err(TrustError::from)?;
    found.install(dir, &next, entropy)?;
    Ok(true)
}

async fn is_confirmed(
    connection: &mut AnyConnection,
    bundle: &Digest,
) -> std::result::Result<bool, StoreError> {
    let sql = "SELECT number FROM proposal WHERE bundle = $1 AND state = 'done' LIMIT 1";
    let row = sqlx::query(sql).bind(bundle.as_bytes().to_vec()).fetch_optional(connection).await?;
    Ok(row.is_some())
}

/// The proposal of a bundle that can still be decided.
async fn proposal_of(
    connection: &mut AnyConnection,
    bundle: &Digest,
    now: Timestamp,
) -> std::result::Result<Option<Proposal>, StoreError> {
    let sql = "SELECT number, action, says, proposed_by, proposed, expires, state, decided_by, decided FROM proposal \
               WHERE bundle = $1 AND state = 'open' AND expires > $2 ORDER BY number LIMIT 1";
    let query = sqlx::query(sql).bind(bundle.as_bytes().to_vec()).bind(seconds(now));
    query.fetch_optional(connection).await?.as_ref().map(super::read).transpose()
}

fn trouble(by: &TrustState, waiting: &TrustState, says: &str, open: Option<Proposal>) -> Trouble {
    let (by, number) = (by.bundle().number, waiting.bundle().number);
    let next_step = match open {
        Some(proposal) => {
            format!(
                "Another of the staff says `waybill second-person confirm {} --as EMAIL`.",
                proposal.number
            )
        }
        None => format!(
            "`waybill trust install DATA-DIR/trust.waybill --as EMAIL` proposes it. If it is not wanted, copy \
             DATA-DIR/trust/{by}.waybill over DATA-DIR/trust.waybill and remove DATA-DIR/trust/{number}.waybill."
        ),
    };
    Trouble {
        code: "bundle-waits",
        says: format!(
            "answers go by trust bundle {by}: bundle {number} lies in the data directory, and a second person has not confirmed it: {says}."
        ),
        next_step,
    }
}

fn stray(by: &TrustState, state: &TrustState, error: &VerifyError) -> Trouble {
    let (by, number) = (by.bundle().number, state.bundle().number);
    Trouble {
        code: "bundle-stray",
        says: format!(
            "answers go by trust bundle {by}: bundle {number} in the data directory does not go with it: {error}."
        ),
        next_step: "Find out who put it there, and restore the file from a backup.".to_owned(),
    }
}
