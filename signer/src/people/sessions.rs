//! Sessions: who is signed in, for how long.

use license_format::Timestamp;

use super::{
    Membership, People, Result, Role, Token, User, accounts::memberships, secret::TokenUse, users::read_user,
};
use crate::{
    entropy::Entropy,
    ids::{AccountId, UserId},
    store::{Columns, seconds},
};

/// Seconds without a page after which a session ends: a lunch.
pub const SESSION_IDLE: u64 = 2 * 3600;
/// Seconds after which a session ends whatever happens: a working day.
pub const SESSION_LENGTH: u64 = 12 * 3600;
/// Seconds between two notes that a session or token is in use, so that not every page is a durable write.
pub(super) const NOTE_EVERY: u64 = 60;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The accounts that they belong to, by name.
    pub memberships: Vec<Membership>,
    /// When the session ends at the latest.
    pub ends: Timestamp,
}

impl SignedIn {
    /// The role in an account, if any.
    pub fn role_in(&self, account: &AccountId) -> Option<Role> {
        self.memberships.iter().find(|membership| membership.account.id == *account).map(|found| found.role)
    }
}

impl People {
    /// Signs somebody in, whose password was checked. Gives the secret for the cookie and when it ends at the latest.
    pub async fn start_session(
        &self,
        user: &UserId,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(Token, Timestamp)> {
        let token = Token::generate(TokenUse::Session, entropy);
        let ends = now.plus(SESSION_LENGTH);
        let mut transaction = self.store.begin().await?;
        sqlx::query("DELETE FROM session WHERE user_id = $1 AND (ends <= $2 OR seen <= $3)")
            .bind(user.as_str())
            .bind(seconds(now))
            .bind(seconds(now.minus(SESSION_IDLE)))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO session (digest, user_id, created, seen, ends) VALUES ($1, $2, $3, $4, $5)")
            .bind(token.digest().0.to_vec())
            .bind(user.as_str())
            .bind(seconds(now))
            .bind(seconds(now))
            .bind(seconds(ends))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok((token, ends))
    }

    /// Whose session this is; `None` if it is unknown or has ended. Notes that it was in use.
    pub async fn signed_in(&self, token: &Token, now: Timestamp) -> Result<Option<SignedIn>> {
        let mut connection = self.store.read().await?;
        let row = sqlx::query(
            "SELECT users.id, users.email, users.staff, users.password_hash, users.created, session.seen, session.ends \
             FROM session JOIN users ON users.id = session.user_id WHERE session.digest = $1",
        )
        .bind(token.digest().0.to_vec())
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let columns = Columns::of("session", &row);
        let (seen, ends) = (columns.time("seen")?, columns.time("ends")?);
        if ends <= now || now.since(seen) >= SESSION_IDLE {
            return Ok(None);
        }
        let user = read_user(&row)?;
        let memberships = memberships(&mut connection, &user.id).await?;
        if now.since(seen) >= NOTE_EVERY {
            sqlx::query("UPDATE session SET seen = $1 WHERE digest = $2 AND seen < $1")
                .bind(seconds(now))
                .bind(token.digest().0.to_vec())
                .execute(&mut *connection)
                .await?;
        }
        Ok(Some(SignedIn { user, memberships, ends }))
    }

    /// Signs out. A session that has ended already is no error.
    pub async fn end_session(&self, token: &Token) -> Result<()> {
        let mut connection = self.store.read().await?;
        sqlx::query("DELETE FROM session WHERE digest = $1")
            .bind(token.digest().0.to_vec())
            .execute(&mut *connection)
            .await?;
        Ok(())
    }
}
