//! API tokens: how an account's own programs prove whose they are.

use license_format::{Label, Timestamp};
use sqlx::any::AnyRow;

use super::{
    People, PeopleError, Result, Token, accounts::find_account, secret::TokenUse, sessions::NOTE_EVERY,
};
use crate::{
    entropy::Entropy,
    ids::{AccountId, TokenId},
    problem::Problems,
    store::{Columns, StoreError, seconds},
};

/// An API token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its identity.
    pub id: TokenId,
    /// Whose it is.
    pub account: AccountId,
    /// What it is for, in its owner's words.
    pub label: Label,
    /// What it may do.
    pub rights: TokenRights,
    /// The beginning of the secret, by which its owner tells it from others.
    pub prefix: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last in use, to the minute.
    pub last_used: Option<Timestamp>,
    /// From when it is of no use.
    pub expires: Option<Timestamp>,
}

/// What an API token may do for its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRights {
    /// Bring request files and take their answers home: for a machine that many reach.
    Bring,
    /// That, and all that an administrator of the account does with its license keys, codes and installations.
    Manage,
}

impl People {
    /// Makes a token for an account. The secret is told here and never again. Refuses with every problem of what was filled in.
    pub async fn create_token(
        &self,
        account: &AccountId,
        label: &str,
        rights: TokenRights,
        expires: Option<Timestamp>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(Token, ApiToken)> {
        let mut problems = Problems::default();
        let label = problems.label("label", label);
        problems.demand(
            expires.is_none_or(|expires| now < expires),
            "expires",
            "expires-past",
            "the token would expire before it is made",
            "Choose a later date, or none.",
        );
        let label = match (label, problems.into_result()) {
            (Some(label), Ok(())) => label,
            (_, outcome) => return Err(PeopleError::Invalid(outcome.err().unwrap_or_default())),
        };
        let secret = Token::generate(TokenUse::Api, entropy);
        let token = ApiToken {
            id: TokenId::new(now, entropy),
            account: account.clone(),
            label,
            rights,
            prefix: secret.shown().to_owned(),
            created: now,
            last_used: None,
            expires,
        };
        let mut transaction = self.store.begin().await?;
        find_account(&mut transaction, account).await?;
        sqlx::query(
            "INSERT INTO api_token (id, digest, account, label, prefix, created, expires, manages) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(token.id.as_str())
        .bind(secret.digest().0.to_vec())
        .bind(account.as_str())
        .bind(token.label.as_str())
        .bind(token.prefix.as_str())
        .bind(seconds(now))
        .bind(expires.map(seconds))
        .bind(i64::from(rights == TokenRights::Manage))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok((secret, token))
    }

    /// An account's tokens, newest first.
    pub async fn tokens(&self, account: &AccountId) -> Result<Vec<ApiToken>> {
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(
            "SELECT id, account, label, manages, prefix, created, used, expires FROM api_token \
             WHERE account = $1 ORDER BY created DESC, id DESC",
        )
        .bind(account.as_str())
        .fetch_all(&mut *connection)
        .await?;
        Ok(rows.iter().map(read_token).collect::<std::result::Result<_, _>>()?)
    }

    /// The token of a secret; `None` if it is unknown, was revoked or has expired. Notes that it was in use.
    pub async fn token(&self, secret: &Token, now: Timestamp) -> Result<Option<ApiToken>> {
        let mut connection = self.store.read().await?;
        let row = sqlx::query(
            "SELECT id, account, label, manages, prefix, created, used, expires FROM api_token WHERE digest = $1",
        )
        .bind(secret.digest().0.to_vec())
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let token = read_token(&row)?;
        if token.expires.is_some_and(|expires| expires <= now) {
            return Ok(None);
        }
        if token.last_used.is_none_or(|used| now.since(used) >= NOTE_EVERY) {
            sqlx::query("UPDATE api_token SET used = $1 WHERE id = $2 AND (used IS NULL OR used < $1)")
                .bind(seconds(now))
                .bind(token.id.as_str())
                .execute(&mut *connection)
                .await?;
        }
        Ok(Some(token))
    }

    /// Makes a token of an account useless. Refuses one that the account does not have: `NotFound`.
    pub async fn revoke_token(&self, account: &AccountId, id: &TokenId) -> Result<()> {
        let mut connection = self.store.read().await?;
        let done = sqlx::query("DELETE FROM api_token WHERE id = $1 AND account = $2")
            .bind(id.as_str())
            .bind(account.as_str())
            .execute(&mut *connection)
            .await?;
        match done.rows_affected() {
            1 => Ok(()),
            _ => Err(PeopleError::NotFound { what: "token" }),
        }
    }
}

fn read_token(row: &AnyRow) -> std::result::Result<ApiToken, StoreError> {
    let columns = Columns::of("api_token", row);
    Ok(ApiToken {
        id: columns.parsed("id")?,
        account: columns.parsed("account")?,
        label: columns.parsed("label")?,
        rights: if columns.flag("manages")? { TokenRights::Manage } else { TokenRights::Bring },
        prefix: columns.text("prefix")?,
        created: columns.time("created")?,
        last_used: columns.optional_time("used")?,
        expires: columns.optional_time("expires")?,
    })
}
