//! Two people for what one alone could do harm with.
//!
//! Off at first. Once it is required, a risky action of staff is a *proposal*: stored with what it would do, of use for seven days, and
//! done when another of the vendor's people confirms it. Who confirms is asked of the store and not of the program that calls: they are
//! staff, and not the one who proposed. The rule is switched off as it asks: by two.
//!
//! A portal says who sits before it. One that was taken over could play both people, so the rule has a stricter form: the second person
//! confirms where the signer's data directory is, and what comes through a portal is refused. The loose form takes two again.
//!
//! To make another action risky: a variant of [`RiskyAction`], what it says and what it does (`action`), and its callers go through
//! [`SecondPerson::take`], which is the only door to it. What is signed (a revocation) the signer does itself, in a transaction that asks
//! `demand_alone` or `close`. Trust bundles (`bundle`) are signed by root keys elsewhere; here is asked whether the signer goes by them.

mod action;
mod bundle;
mod error;
mod rule;

pub use action::RiskyAction;
pub(crate) use bundle::{GoneBy, gone_by};
pub use error::SecondPersonError;
pub use rule::Rule;
use rule::is_required;

use license_format::{DAY, Timestamp};
use sqlx::{AnyConnection, any::AnyRow};

use crate::{
    people::Actor,
    store::{Columns, Store, StoreError, big, seconds},
};

/// How long a proposal waits.
const WAITS: u64 = 7 * DAY;

type Result<T> = std::result::Result<T, SecondPersonError>;

/// A risky action that somebody proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// From 1, in order.
    pub number: u64,
    /// What is to be done.
    pub action: RiskyAction,
    /// The same in a sentence, as both people read it.
    pub says: String,
    /// Who proposed it.
    pub proposed_by: Actor,
    /// When.
    pub proposed: Timestamp,
    /// From when on nobody can confirm it any more.
    pub expires: Timestamp,
    /// What became of it.
    pub state: ProposalState,
}

/// What became of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalState {
    /// It waits for a second person.
    Open,
    /// A second person confirmed it, and it was done.
    Done {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// Somebody declined it, or took it back.
    Declined {
        /// Who.
        by: Actor,
        /// When.
        at: Timestamp,
    },
}

/// What came of asking for a risky action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken<T = ()> {
    /// Nobody else is needed, and it is done.
    Done(T),
    /// It waits for a second person.
    Waits(Box<Proposal>),
}

/// The rule of the second person, and what waits under it. Cheap to clone.
#[derive(Clone)]
pub struct SecondPerson {
    store: Store,
}

impl SecondPerson {
    /// That of this store.
    pub fn new(store: Store) -> SecondPerson {
        SecondPerson { store }
    }

    /// Does a risky action, or has it wait for a second person where that is required. A person of staff proposes it then.
    pub async fn take(&self, action: RiskyAction, by: &Actor, now: Timestamp) -> Result<Taken> {
        let mut transaction = self.store.begin().await?;
        if !is_required(&mut transaction).await? {
            action.perform(&mut transaction, by, now).await?;
            transaction.commit().await?;
            return Ok(Taken::Done(()));
        }
        let proposal = propose(&mut transaction, action, by, now).await?;
        transaction.commit().await?;
        Ok(Taken::Waits(Box::new(proposal)))
    }

    /// Has an action wait that the signer does itself, because something is signed in it. Where no second person is required nothing
    /// happens here, and whoever does it says [`demand_alone`] in its transaction.
    pub(crate) async fn propose(
        &self,
        action: RiskyAction,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Option<Proposal>> {
        let mut transaction = self.store.begin().await?;
        if !is_required(&mut transaction).await? {
            return Ok(None);
        }
        let proposal = propose(&mut transaction, action, by, now).await?;
        transaction.commit().await?;
        Ok(Some(proposal))
    }

    /// Confirms a proposal, and so does it, as it was proposed. Refuses whoever proposed it, and whoever is not of staff; and what only a
    /// signer does (`SignerNeeded`): see [`Signer::confirm`](crate::Signer::confirm).
    pub async fn confirm(&self, number: u64, by: &Actor, now: Timestamp) -> Result<Proposal> {
        let mut transaction = self.store.begin().await?;
        let proposal = close(&mut transaction, number, by, now).await?;
        // What has become impossible since is refused here, and the proposal goes on waiting.
        proposal.action.perform(&mut transaction, by, now).await?;
        transaction.commit().await?;
        Ok(proposal)
    }

    /// Declines a proposal; whoever made it takes it back so.
    pub async fn decline(&self, number: u64, by: &Actor, now: Timestamp) -> Result<Proposal> {
        let mut transaction = self.store.begin().await?;
        demand_staff(&mut transaction, by).await?;
        let proposal = open(&mut transaction, number, now).await?;
        decide(&mut transaction, number, "declined", by, now).await?;
        proposal.action.note(&mut transaction, "declined", number, &proposal.says, by, now).await?;
        transaction.commit().await?;
        Ok(Proposal { state: ProposalState::Declined { by: by.clone(), at: now }, ..proposal })
    }

    /// The newest proposals, whatever became of them.
    pub async fn list(&self) -> Result<Vec<Proposal>> {
        let sql = "SELECT number, action, says, proposed_by, proposed, expires, state, decided_by, decided FROM proposal \
                   ORDER BY number DESC LIMIT 100";
        let rows = sqlx::query(sql).fetch_all(&mut *self.store.read().await?).await?;
        Ok(rows.iter().map(read).collect::<std::result::Result<_, StoreError>>()?)
    }

    /// One of them. Refuses a number that there is none of: `NotFound`.
    pub async fn show(&self, number: u64) -> Result<Proposal> {
        find(&mut *self.store.read().await?, number).await
    }
}

/// In the transaction of what takes two people: that nobody else is required.
pub(crate) async fn demand_alone(connection: &mut AnyConnection) -> Result<()> {
    match is_required(connection).await? {
        true => Err(SecondPersonError::Required),
        false => Ok(()),
    }
}

/// In the transaction in which it is done: that a second person confirms a proposal, which is closed with that.
pub(crate) async fn close(
    connection: &mut AnyConnection,
    number: u64,
    by: &Actor,
    now: Timestamp,
) -> Result<Proposal> {
    demand_staff(connection, by).await?;
    let proposal = open(connection, number, now).await?;
    if proposal.proposed_by == *by {
        return Err(SecondPersonError::SamePerson);
    }
    decide(connection, number, "done", by, now).await?;
    Ok(Proposal { state: ProposalState::Done { by: by.clone(), at: now }, ..proposal })
}

async fn propose(
    connection: &mut AnyConnection,
    action: RiskyAction,
    by: &Actor,
    now: Timestamp,
) -> Result<Proposal> {
    demand_staff(connection, by).await?;
    let says = action.describe(connection, now).await?;
    let sql = "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) + 1 AS number FROM proposal";
    let row = sqlx::query(sql).fetch_one(&mut *connection).await?;
    let number = Columns::of("proposal", &row).count("number")?;
    let proposal = Proposal {
        number,
        says,
        proposed_by: by.clone(),
        proposed: now,
        expires: now.plus(WAITS),
        state: ProposalState::Open,
        action,
    };
    insert(connection, &proposal).await?;
    proposal.action.note(connection, "proposed", number, &proposal.says, by, now).await?;
    Ok(proposal)
}

/// One of the vendor's people, as the store knows them: whoever runs commands without saying who they are is nobody in particular.
async fn demand_staff(connection: &mut AnyConnection, by: &Actor) -> Result<()> {
    let Actor::User(id) = by else { return Err(SecondPersonError::PersonNeeded) };
    let sql = "SELECT staff FROM users WHERE id = $1";
    let row = sqlx::query(sql).bind(id.as_str()).fetch_optional(connection).await?;
    match row {
        Some(row) if Columns::of("users", &row).flag("staff")? => Ok(()),
        _ => Err(SecondPersonError::NotStaff),
    }
}

async fn find(connection: &mut AnyConnection, number: u64) -> Result<Proposal> {
    let sql = "SELECT number, action, says, proposed_by, proposed, expires, state, decided_by, decided FROM proposal \
               WHERE number = $1";
    let row = sqlx::query(sql).bind(big(number)).fetch_optional(connection).await?;
    Ok(read(&row.ok_or(SecondPersonError::NotFound { number })?)?)
}

/// One that can still be decided.
async fn open(connection: &mut AnyConnection, number: u64, now: Timestamp) -> Result<Proposal> {
    let proposal = find(connection, number).await?;
    match proposal.state {
        ProposalState::Open if now < proposal.expires => Ok(proposal),
        ProposalState::Open => Err(SecondPersonError::Expired { expires: proposal.expires }),
        ProposalState::Done { .. } => Err(SecondPersonError::Decided { what: "done" }),
        ProposalState::Declined { .. } => Err(SecondPersonError::Decided { what: "declined" }),
    }
}

async fn insert(connection: &mut AnyConnection, proposal: &Proposal) -> Result<()> {
    let sql = "INSERT INTO proposal (number, action, says, proposed_by, proposed, expires, state, bundle) \
               VALUES ($1, $2, $3, $4, $5, $6, 'open', $7)";
    sqlx::query(sql)
        .bind(big(proposal.number))
        .bind(proposal.action.encode())
        .bind(proposal.says.as_str())
        .bind(proposal.proposed_by.to_string())
        .bind(seconds(proposal.proposed))
        .bind(seconds(proposal.expires))
        .bind(proposal.action.bundle()?.map(|bundle| bundle.as_bytes().to_vec()))
        .execute(connection)
        .await?;
    Ok(())
}

/// The statement repeats what was checked, so of two who decide at once the second decides nothing.
async fn decide(
    connection: &mut AnyConnection,
    number: u64,
    state: &'static str,
    by: &Actor,
    now: Timestamp,
) -> Result<()> {
    let sql = "UPDATE proposal SET state = $1, decided_by = $2, decided = $3 \
               WHERE number = $4 AND state = 'open' AND expires > $3 AND (proposed_by <> $2 OR $1 = 'declined')";
    let done = sqlx::query(sql)
        .bind(state)
        .bind(by.to_string())
        .bind(seconds(now))
        .bind(big(number))
        .execute(connection)
        .await?;
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(SecondPersonError::Decided { what: "decided" }),
    }
}

fn read(row: &AnyRow) -> std::result::Result<Proposal, StoreError> {
    let columns = Columns::of("proposal", row);
    let decided = || Ok::<_, StoreError>((columns.parsed("decided_by")?, columns.time("decided")?));
    let state = match columns.text("state")?.as_str() {
        "open" => ProposalState::Open,
        "done" => decided().map(|(by, at)| ProposalState::Done { by, at })?,
        "declined" => decided().map(|(by, at)| ProposalState::Declined { by, at })?,
        other => return Err(columns.damaged("state", format_args!("is {other:?}"))),
    };
    let action = columns.bytes("action")?;
    Ok(Proposal {
        number: columns.count("number")?,
        action: RiskyAction::decode(&action).ok_or_else(|| columns.damaged("action", "does not read"))?,
        says: columns.text("says")?,
        proposed_by: columns.parsed("proposed_by")?,
        proposed: columns.time("proposed")?,
        expires: columns.time("expires")?,
        state,
    })
}
