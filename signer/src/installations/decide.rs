//! What people decide about an installation: which branch of a fork lives on, that a key moves away from it without its proof, that it may
//! not use a key, or that it goes on with another. Each in one transaction, as a person of the account or the vendor's staff.

use license_format::{Digest, Thumbprint, Timestamp, payload::Floor};

use super::Installations;
use crate::{
    answer,
    catalog::{CatalogError, Difference, record},
    exchange::{Bar, Book, Change, Lives, MoveError, ResolveError},
    ids::LicenseKeyId,
    people::{Actor, Asker},
    reason::Reason,
    revocation,
    store::{
        Columns, StoreError, Transaction, custody,
        exchange_read::{self, Wanted},
        listed::list_again,
        news::{self, ForkDecision},
        tally::write_tallies,
    },
};

/// Why nothing was decided. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// There is no such installation, or not for who asks.
    #[error("there is no such installation")]
    NoInstallation,
    /// There is no such license key, or not for this installation's account.
    #[error("there is no such license key")]
    NoKey,
    /// The keys are of two license types, so one cannot go on for the other.
    #[error("the other license key is for another license type")]
    TypeMismatch,
    /// The installation has no license of that key.
    #[error("the installation has no license of this key")]
    NotUsed,
    /// The vendor's staff revoked what the installation had of that key, so they alone allow it again.
    #[error("the vendor revoked what the installation had of this key")]
    Revoked,
    /// The fork is not resolved.
    #[error(transparent)]
    Fork(#[from] ResolveError),
    /// The key does not move.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CustodyError {
    fn from(error: sqlx::Error) -> CustodyError {
        CustodyError::Store(error.into())
    }
}

impl CustodyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            CustodyError::NoInstallation => "installation-unknown",
            CustodyError::NoKey => "license-key-unknown",
            CustodyError::TypeMismatch => "license-type-mismatch",
            CustodyError::NotUsed => "not-at-home",
            CustodyError::Revoked => "revoked-here",
            CustodyError::Fork(error) => error.code(),
            CustodyError::Move(error) => error.code(),
            CustodyError::Store(error) => error.code(),
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> String {
        match self {
            CustodyError::NoInstallation => "Look at the list of installations.".to_owned(),
            CustodyError::NoKey => "Look at the list of license keys.".to_owned(),
            CustodyError::TypeMismatch => "Choose a license key of the same type.".to_owned(),
            CustodyError::NotUsed => "Choose the license key that the installation uses now.".to_owned(),
            CustodyError::Revoked => "Ask the vendor's staff, who know why.".to_owned(),
            CustodyError::Fork(error) => error.next_step().to_owned(),
            CustodyError::Move(error) => error.next_step().to_owned(),
            CustodyError::Store(error) => error.next_step().to_string(),
        }
    }
}

/// Who decides: what they may see, and who they are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Decider {
    /// What exists for them.
    pub asker: Asker,
    /// Who they are, for the history.
    pub actor: Actor,
}

impl Decider {
    /// Whoever runs commands on the data directory.
    pub fn operator() -> Decider {
        Decider { asker: Asker::Staff, actor: Actor::Operator }
    }
}

impl From<CatalogError> for CustodyError {
    fn from(error: CatalogError) -> CustodyError {
        match error {
            CatalogError::Store(error) => CustodyError::Store(error),
            _ => CustodyError::NoKey,
        }
    }
}

/// A transaction in which something is decided, the part of the record that it is about, and when.
struct Sitting {
    transaction: Transaction,
    book: Book,
    now: Timestamp,
}

impl Installations {
    /// Resolves the fork of an installation: an administrator of its account says which branch lives on. When the second does, its
    /// chain becomes the record, one counted move is spent, and what only the other branch can hold is booked until it ends.
    ///
    /// The vendor's staff do not decide this in the portal: only the customer knows which of two servers is meant to go on, it cannot be
    /// undone, and it spends what is the customer's. Where the account's administrator is gone, staff invite another on the account's
    /// page, who decides; the pages say so. Until then the first branch goes on, so nobody stands still meanwhile. Whoever runs commands
    /// on the data directory may decide for an account that has nobody who signs in, and the history names the command line.
    pub async fn resolve_fork(
        &self,
        installation: &Thumbprint,
        lives: Lives,
        by: &Decider,
        now: Timestamp,
    ) -> Result<(), CustodyError> {
        let sitting = self.sit(installation, Vec::new(), by, now).await;
        // Who may not see it is told what everybody is told of one that has no fork.
        let Sitting { mut transaction, mut book, now } = match sitting {
            Err(CustodyError::NoInstallation) => return Err(ResolveError::NoFork.into()),
            other => other?,
        };
        let read = |file: Vec<u8>| {
            answer::read_request(&file).ok_or_else(|| StoreError::Damaged {
                table: "answer",
                column: "request_file",
                detail: "does not read".to_owned(),
            })
        };
        let second = exchange_read::refused_branch(&mut transaction, installation).await?;
        let second = read(second.ok_or(ResolveError::NoFork)?)?;
        let strays = exchange_read::stray_requests(&mut transaction, installation).await?;
        let strays = strays.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let fork = book.installations[installation].fork.ok_or(ResolveError::NoFork)?;
        let chain = &book.installations[installation].chain;
        let first = chain.range(..=fork.counter).next_back().map(|(_, first)| *first);
        book.resolve(*installation, lives, &second, &strays, now)?;
        for change in &book.changes {
            if let Change::Resolved(resolved) = change {
                custody::write_resolution(&mut transaction, resolved, &by.actor, now).await?;
            }
        }
        let decision = ForkDecision {
            installation: *installation,
            counter: fork.counter,
            first: first.unwrap_or(fork.digest),
            second: fork.digest,
            lives,
            who: by.actor.clone(),
            decided: now,
        };
        news::write_decision(&mut transaction, &decision).await?;
        let of = book.installations[installation].leases.last().map(|lease| lease.key);
        if let Some(key) = of.filter(|key| book.keys.contains_key(key)) {
            let lives = match lives {
                Lives::First => "the first branch lives",
                Lives::Second => "the second branch lives",
            };
            note(&mut transaction, &book, &key, installation, ("fork-resolved", lives), by, now).await?;
        }
        write_tallies(&mut transaction, &book.changes, now).await?;
        list_again(&mut transaction, &[*installation]).await?;
        Ok(transaction.commit().await?)
    }

    /// A counted move: the installation is lost, stolen or was set up anew, and the key goes on elsewhere at once. What the old home may
    /// still honour is booked as overdraft until it ends or the old home proves that it let go; it gets `moved` for this key.
    pub async fn move_key(
        &self,
        installation: &Thumbprint,
        key: &LicenseKeyId,
        reason: &Reason,
        by: &Decider,
        now: Timestamp,
    ) -> Result<(), CustodyError> {
        let ([key], Sitting { mut transaction, mut book, now }) =
            self.sit_with(installation, [key], by, now).await?;
        book.move_away(key, *installation, now)?;
        for change in &book.changes {
            if let Change::Moved(moved) = change {
                custody::write_moved(&mut transaction, moved, reason.as_str(), &by.actor, now).await?;
            }
        }
        note(&mut transaction, &book, &key, installation, ("key-moved", reason.as_str()), by, now).await?;
        write_tallies(&mut transaction, &book.changes, now).await?;
        list_again(&mut transaction, &[*installation]).await?;
        Ok(transaction.commit().await?)
    }

    /// Says that an installation may not use a key from now on. What it has stays in force there until it ends, and counts.
    pub async fn block(
        &self,
        installation: &Thumbprint,
        key: &LicenseKeyId,
        reason: &Reason,
        by: &Decider,
        now: Timestamp,
    ) -> Result<(), CustodyError> {
        let ([key], Sitting { mut transaction, book, now }) =
            self.sit_with(installation, [key], by, now).await?;
        custody::write_bar(&mut transaction, installation, &key, Bar::Blocked, reason.as_str(), now).await?;
        note(&mut transaction, &book, &key, installation, ("installation-blocked", reason.as_str()), by, now)
            .await?;
        list_again(&mut transaction, &[*installation]).await?;
        Ok(transaction.commit().await?)
    }

    /// Says that an installation may use a key again that was blocked there, or had moved away. Where licenses of it were revoked there only
    /// the vendor's staff say so: `Revoked`. Else the next refresh would bring a new one, and the revocation would have done nothing.
    pub async fn allow(
        &self,
        installation: &Thumbprint,
        key: &LicenseKeyId,
        reason: &Reason,
        by: &Decider,
        now: Timestamp,
    ) -> Result<(), CustodyError> {
        let ([key], Sitting { mut transaction, book, now }) =
            self.sit_with(installation, [key], by, now).await?;
        if by.asker != Asker::Staff && revocation::was_revoked(&mut transaction, installation, &key).await? {
            return Err(CustodyError::Revoked);
        }
        let sql = "DELETE FROM bar WHERE installation = $1 AND license_key = $2";
        let gone = sqlx::query(sql)
            .bind(installation.as_bytes().to_vec())
            .bind(key.as_bytes().to_vec())
            .execute(&mut *transaction)
            .await?;
        // What was allowed already is no decision.
        if gone.rows_affected() == 0 {
            return Ok(());
        }
        note(&mut transaction, &book, &key, installation, ("installation-allowed", reason.as_str()), by, now)
            .await?;
        list_again(&mut transaction, &[*installation]).await?;
        Ok(transaction.commit().await?)
    }

    /// Says that an installation goes on with another key of its account from its next refresh: nobody types anything there.
    pub async fn exchange_key(
        &self,
        installation: &Thumbprint,
        from: &LicenseKeyId,
        to: &LicenseKeyId,
        reason: &Reason,
        by: &Decider,
        now: Timestamp,
    ) -> Result<(), CustodyError> {
        let ([from, to], Sitting { mut transaction, book, now }) =
            self.sit_with(installation, [from, to], by, now).await?;
        if book.keys[&from].license_type != book.keys[&to].license_type {
            return Err(CustodyError::TypeMismatch);
        }
        let record = &book.installations[installation];
        if !record.leases.iter().any(|lease| lease.key == from) {
            return Err(CustodyError::NotUsed);
        }
        sqlx::query(
            "INSERT INTO key_exchange (installation, from_key, to_key, created) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (installation, from_key) DO UPDATE SET to_key = excluded.to_key, created = excluded.created",
        )
        .bind(installation.as_bytes().to_vec())
        .bind(from.as_bytes().to_vec())
        .bind(to.as_bytes().to_vec())
        .bind(now.seconds() as i64)
        .execute(&mut *transaction)
        .await?;
        note(&mut transaction, &book, &to, installation, ("key-exchanged", reason.as_str()), by, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Begins a transaction about an installation that exists for who decides.
    async fn sit(
        &self,
        installation: &Thumbprint,
        keys: Vec<Digest>,
        by: &Decider,
        now: Timestamp,
    ) -> Result<Sitting, CustodyError> {
        let mut transaction = self.store.begin().await?;
        let state = exchange_read::record_state(&mut transaction).await?;
        // Never before the newest answer: seats that others have seen fall stay fallen.
        let now = now.max(state.newest);
        let keys = keys.into_iter().map(|key| (key, Asker::Staff)).collect();
        // All of its history: a decision may be about any of it.
        let wanted = Wanted { installations: vec![(*installation, by.asker.clone())], touched: None, keys };
        let floor = Floor { bundle: 0, revocations: 0 };
        let book = exchange_read::open_book(&mut transaction, &state.vendor, &wanted, floor, now).await?;
        let record = book.installations.get(installation).ok_or(CustodyError::NoInstallation)?;
        if !by.asker.may_see(record.account.as_ref()) {
            return Err(CustodyError::NoInstallation);
        }
        Ok(Sitting { transaction, book, now })
    }

    /// The same, about license keys of its account too.
    async fn sit_with<const N: usize>(
        &self,
        installation: &Thumbprint,
        keys: [&LicenseKeyId; N],
        by: &Decider,
        now: Timestamp,
    ) -> Result<([Digest; N], Sitting), CustodyError> {
        let mut digests = [Digest([0; 32]); N];
        for (digest, key) in digests.iter_mut().zip(keys) {
            *digest = digest_of(&mut *self.store.read().await?, key).await?;
        }
        let sitting = self.sit(installation, digests.to_vec(), by, now).await?;
        let owner = sitting.book.installations[installation].account.as_ref();
        for digest in &digests {
            let sold = sitting.book.keys.get(digest).ok_or(CustodyError::NoKey)?;
            if !by.asker.may_use(&sold.account) || owner.is_some_and(|owner| *owner != sold.account) {
                return Err(CustodyError::NoKey);
            }
        }
        Ok((digests, sitting))
    }
}

/// Says in the history of the key's subscription what was decided about an installation, and why.
async fn note(
    transaction: &mut Transaction,
    book: &Book,
    key: &Digest,
    installation: &Thumbprint,
    (what, reason): (&str, &str),
    by: &Decider,
    now: Timestamp,
) -> Result<(), CustodyError> {
    let sql = "SELECT name, site_code FROM installation WHERE thumbprint = $1";
    let row = sqlx::query(sql).bind(installation.as_bytes().to_vec()).fetch_one(&mut **transaction).await?;
    let columns = Columns::of("installation", &row);
    let after = format!("{} {}: {reason}", columns.text("site_code")?, columns.text("name")?);
    let key = &book.keys[key];
    let decided = Difference { what: what.to_owned(), before: None, after: Some(after) };
    Ok(record(transaction, &key.subscription, Some(&key.id), &[decided], &by.actor, now).await?)
}

async fn digest_of(connection: &mut sqlx::AnyConnection, key: &LicenseKeyId) -> Result<Digest, CustodyError> {
    let row = sqlx::query("SELECT digest FROM license_key WHERE id = $1 AND deleted IS NULL")
        .bind(key.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(Columns::of("license_key", &row.ok_or(CustodyError::NoKey)?).digest("digest")?)
}
