//! Accounts, which are customers, and who belongs to them.

use license_format::{Label, Timestamp};
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    Invited, People, PeopleError, Result, User,
    users::{check_email, find_or_add, invite_unless_set_up, parse_email, read_user},
};
use crate::{
    entropy::Entropy,
    ids::{AccountId, UserId},
    paging::{Cursor, Paged, Part},
    problem::Problems,
    store::{Columns, StoreError, seconds},
};

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its identity.
    pub id: AccountId,
    /// Its name.
    pub name: Label,
    /// What it is.
    pub kind: AccountKind,
    /// When it was made.
    pub created: Timestamp,
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// An organisation's.
    Business,
    /// One person's.
    Personal,
}

impl AccountKind {
    /// As stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            AccountKind::Business => "business",
            AccountKind::Personal => "personal",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<AccountKind> {
        [AccountKind::Business, AccountKind::Personal].into_iter().find(|kind| kind.name() == name)
    }
}

/// What somebody may do in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything that the account may.
    Administrator,
    /// Bring files and look.
    Member,
}

impl Role {
    /// As stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Member => "member",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Role> {
        [Role::Administrator, Role::Member].into_iter().find(|role| role.name() == name)
    }
}

/// An account that somebody belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The account.
    pub account: Account,
    /// The person's role in it.
    pub role: Role,
}

/// Somebody who belongs to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// Their role in it.
    pub role: Role,
}

/// What is filled in for a new account.
#[derive(Debug, Clone)]
pub struct AccountDraft {
    /// The customer's name.
    pub name: String,
    /// What it is.
    pub kind: AccountKind,
    /// Mail address of its first administrator.
    pub admin_email: String,
}

/// A new account and its first administrator.
#[derive(Debug)]
pub struct CreatedAccount {
    /// The account.
    pub account: Account,
    /// Its administrator, with the invitation to pass on unless they have a password already.
    pub administrator: Invited,
}

impl People {
    /// Makes an account with its first administrator. Somebody who is known already belongs to both accounts then.
    /// Refuses with every problem of the draft.
    pub async fn create_account(
        &self,
        draft: AccountDraft,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<CreatedAccount> {
        let mut problems = Problems::default();
        let name = problems.label("name", &draft.name);
        let email = check_email(&mut problems, "admin_email", &draft.admin_email);
        let (Some(name), Some(email)) = (name, email) else {
            return Err(PeopleError::Invalid(problems.into_list()));
        };
        let account = Account { id: AccountId::new(now, entropy), name, kind: draft.kind, created: now };
        let mut transaction = self.store.begin().await?;
        sqlx::query("INSERT INTO account (id, name, kind, created) VALUES ($1, $2, $3, $4)")
            .bind(account.id.as_str())
            .bind(account.name.as_str())
            .bind(account.kind.name())
            .bind(seconds(now))
            .execute(&mut *transaction)
            .await?;
        let user = find_or_add(&mut transaction, &email, now, entropy).await?;
        join(&mut transaction, &account.id, &user.id, Role::Administrator, now).await?;
        let administrator = invite_unless_set_up(&mut transaction, user, now, entropy).await?;
        transaction.commit().await?;
        Ok(CreatedAccount { account, administrator })
    }

    /// All accounts, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        let mut connection = self.store.read().await?;
        let rows = sqlx::query("SELECT id, name, kind, created FROM account ORDER BY name, id")
            .fetch_all(&mut *connection)
            .await?;
        Ok(rows.iter().map(read_account).collect::<std::result::Result<_, _>>()?)
    }

    /// A page of all accounts, by name: those only whose name has this in it, whatever the case of its letters.
    pub async fn accounts_named(&self, name: &str, part: &Part) -> Result<Paged<Account>> {
        let [after, id] = part.values().unwrap_or_default();
        let mut connection = self.store.read().await?;
        // Whoever looks for a part of a name has the names looked through, which are in the index.
        let rows = sqlx::query(
            "SELECT id, name, kind, created FROM account WHERE (name, id) > ($1, $2) \
             AND LOWER(name) LIKE '%' || LOWER($3) || '%' ESCAPE '\\' ORDER BY name, id LIMIT $4",
        )
        .bind(after)
        .bind(id)
        .bind(name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
        .bind(part.asked())
        .fetch_all(&mut *connection)
        .await?;
        let accounts: std::result::Result<Vec<Account>, StoreError> = rows.iter().map(read_account).collect();
        Ok(part.page(accounts?, |account| {
            Cursor::of(&[account.name.as_str().as_bytes(), account.id.as_str().as_bytes()])
        }))
    }

    /// One account. Refuses an unknown one: `NotFound`.
    pub async fn account(&self, id: &AccountId) -> Result<Account> {
        let mut connection = self.store.read().await?;
        find_account(&mut connection, id).await
    }

    /// Who belongs to an account, by address.
    pub async fn members(&self, id: &AccountId) -> Result<Vec<Member>> {
        let mut connection = self.store.read().await?;
        find_account(&mut connection, id).await?;
        let rows = sqlx::query(
            "SELECT users.id, users.email, users.staff, users.password_hash, users.created, membership.role \
             FROM membership JOIN users ON users.id = membership.user_id \
             WHERE membership.account = $1 ORDER BY users.email_key",
        )
        .bind(id.as_str())
        .fetch_all(&mut *connection)
        .await?;
        let member = |row: &AnyRow| {
            let role = Columns::of("membership", row).named("role", Role::from_name)?;
            Ok(Member { user: read_user(row)?, role })
        };
        Ok(rows.iter().map(member).collect::<std::result::Result<_, StoreError>>()?)
    }

    /// Adds somebody to an account, who may be new. Refuses one who is in it already: `AlreadyMember`.
    pub async fn add_member(
        &self,
        account: &AccountId,
        email: &str,
        role: Role,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Invited> {
        let email = parse_email("email", email)?;
        let mut transaction = self.store.begin().await?;
        find_account(&mut transaction, account).await?;
        let user = find_or_add(&mut transaction, &email, now, entropy).await?;
        if !join(&mut transaction, account, &user.id, role, now).await? {
            return Err(PeopleError::AlreadyMember { email: email.to_string() });
        }
        let invited = invite_unless_set_up(&mut transaction, user, now, entropy).await?;
        transaction.commit().await?;
        Ok(invited)
    }
}

/// The accounts that somebody belongs to, by name.
pub(super) async fn memberships(connection: &mut AnyConnection, user: &UserId) -> Result<Vec<Membership>> {
    let rows = sqlx::query(
        "SELECT account.id, account.name, account.kind, account.created, membership.role \
         FROM membership JOIN account ON account.id = membership.account \
         WHERE membership.user_id = $1 ORDER BY account.name, account.id",
    )
    .bind(user.as_str())
    .fetch_all(connection)
    .await?;
    let membership = |row: &AnyRow| {
        let role = Columns::of("membership", row).named("role", Role::from_name)?;
        Ok(Membership { account: read_account(row)?, role })
    };
    Ok(rows.iter().map(membership).collect::<std::result::Result<_, StoreError>>()?)
}

/// One account, or `NotFound`.
pub(super) async fn find_account(connection: &mut AnyConnection, id: &AccountId) -> Result<Account> {
    let row = sqlx::query("SELECT id, name, kind, created FROM account WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(read_account(&row.ok_or(PeopleError::NotFound { what: "account" })?)?)
}

/// Whether somebody newly belongs to an account.
async fn join(
    connection: &mut AnyConnection,
    account: &AccountId,
    user: &UserId,
    role: Role,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO membership (account, user_id, role, created) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account, user_id) DO NOTHING",
    )
    .bind(account.as_str())
    .bind(user.as_str())
    .bind(role.name())
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn read_account(row: &AnyRow) -> std::result::Result<Account, StoreError> {
    let columns = Columns::of("account", row);
    Ok(Account {
        id: columns.parsed("id")?,
        name: columns.parsed("name")?,
        kind: columns.named("kind", AccountKind::from_name)?,
        created: columns.time("created")?,
    })
}
