//! Whether a second person is required, and where that one confirms.

use sqlx::AnyConnection;

use super::{Result, SecondPerson, SecondPersonError};
use crate::store::{Columns, StoreError};

/// What risky actions take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nobody else.
    Off,
    /// A second person, who confirms at a portal or by a command.
    Anywhere,
    /// A second person, who confirms by a command where the signer's data directory is.
    AtSigner,
}

impl SecondPerson {
    /// Whether risky actions wait for a second person.
    pub async fn is_required(&self) -> Result<bool> {
        Ok(self.rule().await? != Rule::Off)
    }

    /// What risky actions take.
    pub async fn rule(&self) -> Result<Rule> {
        Ok(rule(&mut *self.store.read().await?).await?)
    }

    /// Requires a second person from now on, who may confirm anywhere unless more is required already. Refuses where fewer than two of
    /// staff can sign in: nobody could confirm anything, not even the end of the rule.
    pub async fn require(&self) -> Result<()> {
        self.tighten(Rule::Anywhere).await
    }

    /// The same, and the second person confirms where the signer's data directory is. Only two people take that back
    /// ([`RiskyAction::ConfirmAnywhere`](super::RiskyAction::ConfirmAnywhere)).
    pub async fn require_at_signer(&self) -> Result<()> {
        self.tighten(Rule::AtSigner).await
    }

    /// Refuses to confirm through a portal, where that is required: `AtSigner`. What waits goes on waiting.
    pub(crate) async fn demand_anywhere(&self, number: u64) -> Result<()> {
        match self.rule().await? {
            Rule::AtSigner => Err(SecondPersonError::AtSigner { number }),
            Rule::Off | Rule::Anywhere => Ok(()),
        }
    }

    async fn tighten(&self, to: Rule) -> Result<()> {
        let mut transaction = self.store.begin().await?;
        let sql = "SELECT COUNT(*) AS people FROM users WHERE staff = 1 AND password_hash IS NOT NULL";
        let row = sqlx::query(sql).fetch_one(&mut *transaction).await?;
        let found = Columns::of("users", &row).count("people")?;
        if found < 2 {
            return Err(SecondPersonError::TooFew { found });
        }
        if rule(&mut transaction).await? != Rule::AtSigner {
            set_rule(&mut transaction, to).await?;
        }
        Ok(transaction.commit().await?)
    }
}

pub(super) async fn is_required(connection: &mut AnyConnection) -> std::result::Result<bool, StoreError> {
    Ok(rule(connection).await? != Rule::Off)
}

async fn rule(connection: &mut AnyConnection) -> std::result::Result<Rule, StoreError> {
    let row = sqlx::query("SELECT required, at_signer FROM second_person").fetch_one(connection).await?;
    let columns = Columns::of("second_person", &row);
    Ok(match (columns.flag("required")?, columns.flag("at_signer")?) {
        (false, _) => Rule::Off,
        (true, false) => Rule::Anywhere,
        (true, true) => Rule::AtSigner,
    })
}

pub(super) async fn set_rule(connection: &mut AnyConnection, rule: Rule) -> Result<()> {
    let sql = "UPDATE second_person SET required = $1, at_signer = $2";
    let (required, at_signer) = (rule != Rule::Off, rule == Rule::AtSigner);
    sqlx::query(sql).bind(i64::from(required)).bind(i64::from(at_signer)).execute(connection).await?;
    Ok(())
}

pub(super) async fn loosen(connection: &mut AnyConnection) -> Result<()> {
    sqlx::query("UPDATE second_person SET at_signer = 0").execute(connection).await?;
    Ok(())
}
