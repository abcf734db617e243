//! People who sign in, and the invitation by which they set their first password.

use license_format::{DAY, Timestamp};
use sqlx::{AnyConnection, any::AnyRow};

use super::{Email, PasswordHash, People, PeopleError, Result, Token, secret::TokenUse};
use crate::{
    entropy::Entropy,
    ids::{AccountId, UserId},
    problem::Problems,
    store::{Columns, StoreError, seconds},
};

/// How long an invitation can be redeemed, in seconds: it may wait in a mailbox over a holiday.
pub const INVITATION_LENGTH: u64 = 7 * DAY;

/// Somebody who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their identity.
    pub id: UserId,
    /// Their mail address.
    pub email: Email,
    /// Whether they belong to the vendor.
    pub staff: bool,
    /// Whether they have set a password.
    pub has_password: bool,
    /// When they were added.
    pub created: Timestamp,
}

/// The secret by which somebody sets a password, once. There is one for each person; a new one replaces it.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The secret. It is told here and never again.
    pub token: Token,
    /// Until when it can be redeemed, exclusive.
    pub expires: Timestamp,
}

/// Somebody who was added.
#[derive(Debug)]
pub struct Invited {
    /// Who.
    pub user: User,
    /// What to pass on to them; absent when they have a password and just sign in, and for staff whom an account adds.
    pub invitation: Option<Invitation>,
}

impl People {
    /// Makes somebody one of the vendor's people, who may be known already. Refuses one who is: `AlreadyStaff`. They begin anew: a password
    /// that they had as a customer may have been set by whoever made their link, and is of no use any more.
    pub async fn create_staff(
        &self,
        email: &str,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Invited> {
        let email = parse_email("email", email)?;
        let mut transaction = self.store.begin().await?;
        let mut user = find_or_add(&mut transaction, &email, now, entropy).await?;
        let done =
            sqlx::query("UPDATE users SET staff = 1, password_hash = NULL WHERE id = $1 AND staff = 0")
                .bind(user.id.as_str())
                .execute(&mut *transaction)
                .await?;
        if done.rows_affected() != 1 {
            return Err(PeopleError::AlreadyStaff { email: email.to_string() });
        }
        end_sessions(&mut transaction, &user.id).await?;
        (user.staff, user.has_password) = (true, false);
        let invitation = invite(&mut transaction, &user.id, now, entropy).await?;
        transaction.commit().await?;
        Ok(Invited { user, invitation: Some(invitation) })
    }

    /// The same as [`invite_again`](People::invite_again), for a member of an account who is none of the vendor's staff: `StaffByCommand`.
    /// Whoever could make a colleague's link on a page could sign in as them, and so be their own second person.
    pub async fn invite_member(
        &self,
        account: &AccountId,
        user: &UserId,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Invited> {
        let mut transaction = self.store.begin().await?;
        let user = find_member(&mut transaction, account, user).await?;
        if user.staff {
            return Err(PeopleError::StaffByCommand { email: user.email.to_string() });
        }
        let invitation = invite(&mut transaction, &user.id, now, entropy).await?;
        transaction.commit().await?;
        Ok(Invited { user, invitation: Some(invitation) })
    }

    /// A new invitation for somebody who lost the old one, or the password. The password holds until it is redeemed.
    pub async fn invite_again(
        &self,
        user: &UserId,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Invitation> {
        let mut transaction = self.store.begin().await?;
        let user = find_user(&mut transaction, user).await?;
        let invitation = invite(&mut transaction, &user.id, now, entropy).await?;
        transaction.commit().await?;
        Ok(invitation)
    }

    /// One person. Refuses an unknown one: `NotFound`.
    pub async fn user(&self, id: &UserId) -> Result<User> {
        let mut connection = self.store.read().await?;
        find_user(&mut connection, id).await
    }

    /// What a typed password is checked against. `None` for an address that is unknown or none at all: the caller then spends
    /// the time of a check all the same, so that nobody learns who has an account.
    pub async fn credentials(&self, email: &str) -> Result<Option<(User, Option<PasswordHash>)>> {
        let Ok(email) = email.parse::<Email>() else { return Ok(None) };
        let mut connection = self.store.read().await?;
        let row =
            sqlx::query("SELECT id, email, staff, password_hash, created FROM users WHERE email_key = $1")
                .bind(email.key())
                .fetch_optional(&mut *connection)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let hash = Columns::of("users", &row).optional_text("password_hash")?;
        Ok(Some((read_user(&row)?, hash.map(PasswordHash::new))))
    }

    /// Replaces a password. All sessions of that person end, and an open invitation with them.
    pub async fn set_password(&self, user: &UserId, hash: &PasswordHash) -> Result<()> {
        let mut transaction = self.store.begin().await?;
        set_password(&mut transaction, user, hash).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Whose invitation this is, without using it up. Refuses one that cannot be redeemed: `InvitationUsed`.
    pub async fn invited(&self, token: &Token, now: Timestamp) -> Result<User> {
        let mut connection = self.store.read().await?;
        let row = sqlx::query(
            "SELECT users.id, users.email, users.staff, users.password_hash, users.created \
             FROM invitation JOIN users ON users.id = invitation.user_id \
             WHERE invitation.digest = $1 AND invitation.expires > $2",
        )
        .bind(token.digest().0.to_vec())
        .bind(seconds(now))
        .fetch_optional(&mut *connection)
        .await?;
        Ok(read_user(&row.ok_or(PeopleError::InvitationUsed)?)?)
    }

    /// Sets a password by an invitation, which is used up. Of two who redeem it at once, one is refused: `InvitationUsed`.
    pub async fn redeem_invitation(
        &self,
        token: &Token,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<User> {
        let mut transaction = self.store.begin().await?;
        let row = sqlx::query("DELETE FROM invitation WHERE digest = $1 AND expires > $2 RETURNING user_id")
            .bind(token.digest().0.to_vec())
            .bind(seconds(now))
            .fetch_optional(&mut *transaction)
            .await?
            .ok_or(PeopleError::InvitationUsed)?;
        let id: UserId = Columns::of("invitation", &row).parsed("user_id")?;
        set_password(&mut transaction, &id, hash).await?;
        let user = find_user(&mut transaction, &id).await?;
        transaction.commit().await?;
        Ok(user)
    }
}

/// Somebody by address, added if unknown. Adding comes first: of two who add the same person at once, both find one.
pub(super) async fn find_or_add(
    connection: &mut AnyConnection,
    email: &Email,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<User> {
    sqlx::query(
        "INSERT INTO users (id, email, email_key, staff, created) VALUES ($1, $2, $3, 0, $4) \
         ON CONFLICT (email_key) DO NOTHING",
    )
    .bind(UserId::new(now, entropy).as_str())
    .bind(email.as_str())
    .bind(email.key())
    .bind(seconds(now))
    .execute(&mut *connection)
    .await?;
    let row = sqlx::query("SELECT id, email, staff, password_hash, created FROM users WHERE email_key = $1")
        .bind(email.key())
        .fetch_one(connection)
        .await?;
    Ok(read_user(&row)?)
}

/// An invitation for somebody of an account without a password. Staff who belong to it get theirs by command alone, as
/// [`People::invite_member`] says.
pub(super) async fn invite_unless_set_up(
    connection: &mut AnyConnection,
    user: User,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Invited> {
    let invitation = match user.has_password || user.staff {
        true => None,
        false => Some(invite(connection, &user.id, now, entropy).await?),
    };
    Ok(Invited { user, invitation })
}

/// The address, or nothing and a problem more.
pub(super) fn check_email(problems: &mut Problems, field: &'static str, text: &str) -> Option<Email> {
    match text.parse() {
        Ok(email) => Some(email),
        Err(error) => {
            let error: super::EmailError = error;
            problems.add(field, "email", error.to_string(), "Type the address as it stands in a mail.");
            None
        }
    }
}

/// The address, or `Invalid`.
pub(super) fn parse_email(field: &'static str, text: &str) -> Result<Email> {
    let mut problems = Problems::default();
    check_email(&mut problems, field, text).ok_or_else(|| PeopleError::Invalid(problems.into_list()))
}

pub(super) fn read_user(row: &AnyRow) -> std::result::Result<User, StoreError> {
    let columns = Columns::of("users", row);
    Ok(User {
        id: columns.parsed("id")?,
        email: columns.parsed("email")?,
        staff: columns.flag("staff")?,
        has_password: columns.optional_text("password_hash")?.is_some(),
        created: columns.time("created")?,
    })
}

async fn find_user(connection: &mut AnyConnection, id: &UserId) -> Result<User> {
    let row = sqlx::query("SELECT id, email, staff, password_hash, created FROM users WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(read_user(&row.ok_or(PeopleError::NotFound { what: "user" })?)?)
}

async fn find_member(connection: &mut AnyConnection, account: &AccountId, id: &UserId) -> Result<User> {
    let row = sqlx::query("SELECT 1 AS found FROM membership WHERE account = $1 AND user_id = $2")
        .bind(account.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    row.ok_or(PeopleError::NotFound { what: "user" })?;
    find_user(connection, id).await
}

async fn invite(
    connection: &mut AnyConnection,
    user: &UserId,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Result<Invitation> {
    let invitation = Invitation {
        token: Token::generate(TokenUse::Invitation, entropy),
        expires: now.plus(INVITATION_LENGTH),
    };
    sqlx::query(
        "INSERT INTO invitation (digest, user_id, created, expires) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id) DO UPDATE \
         SET digest = excluded.digest, created = excluded.created, expires = excluded.expires",
    )
    .bind(invitation.token.digest().0.to_vec())
    .bind(user.as_str())
    .bind(seconds(now))
    .bind(seconds(invitation.expires))
    .execute(connection)
    .await?;
    Ok(invitation)
}

async fn set_password(connection: &mut AnyConnection, user: &UserId, hash: &PasswordHash) -> Result<()> {
    let done = sqlx::query("UPDATE users SET password_hash = $1 WHERE id = $2")
        .bind(hash.as_str())
        .bind(user.as_str())
        .execute(&mut *connection)
        .await?;
    if done.rows_affected() != 1 {
        return Err(PeopleError::NotFound { what: "user" });
    }
    end_sessions(connection, user).await?;
    sqlx::query("DELETE FROM invitation WHERE user_id = $1").bind(user.as_str()).execute(connection).await?;
    Ok(())
}

async fn end_sessions(connection: &mut AnyConnection, user: &UserId) -> Result<()> {
    sqlx::query("DELETE FROM session WHERE user_id = $1").bind(user.as_str()).execute(connection).await?;
    Ok(())
}
