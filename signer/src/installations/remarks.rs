//! What people say of an installation: what they call it, and what they note. Nothing that is signed says either.

use license_format::{Label, Thumbprint, Timestamp};

use super::{Decider, Installations};
use crate::{
    catalog::{CatalogError, Difference, record},
    ids::SubscriptionId,
    people::Asker,
    problem::{Problem, Problems},
    store::{Columns, StoreError, Transaction, big},
};

/// What people say of an installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    /// What they call it.
    pub alias: Option<Label>,
    /// What they note; may be empty.
    pub note: String,
    /// How often that was changed: a change names the number that it was decided on.
    pub edits: u64,
}

/// What is to change of it; `None` stays as it is, and an empty alias takes it away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemarksChange {
    /// What they call it.
    pub alias: Option<String>,
    /// What they note.
    pub note: Option<String>,
}

impl Installations {
    /// Changes what people say of an installation, as it was shown at `edits`. It stands in the history of every subscription that the
    /// installation has a license of. Refuses with every problem, and when somebody else has changed it since: `Changed`. A change of
    /// nothing is none.
    pub async fn remark(
        &self,
        installation: &Thumbprint,
        edits: u64,
        change: &RemarksChange,
        by: &Decider,
        now: Timestamp,
    ) -> Result<Remarks, CatalogError> {
        let changed = || CatalogError::Changed { what: "installation" };
        let mut transaction = self.store.begin().await?;
        let (called, before) = find(&mut transaction, installation, &by.asker).await?;
        if before.edits != edits {
            return Err(changed());
        }
        let mut after = change.apply(&before).map_err(CatalogError::Invalid)?;
        let differences = differences(&called, &before, &after);
        if differences.is_empty() {
            return Ok(before);
        }
        after.edits = edits + 1;
        let sql =
            "UPDATE installation SET alias = $1, note = $2, edits = $3 WHERE thumbprint = $4 AND edits = $5";
        let done = sqlx::query(sql)
            .bind(after.alias().to_owned())
            .bind(after.note.clone())
            .bind(big(after.edits))
            .bind(installation.as_bytes().to_vec())
            .bind(big(edits))
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() != 1 {
            return Err(changed());
        }
        for subscription in subscriptions(&mut transaction, installation).await? {
            record(&mut transaction, &subscription, None, &differences, &by.actor, now).await?;
        }
        transaction.commit().await?;
        Ok(after)
    }
}

impl Remarks {
    /// Of a row of `installation`.
    pub(super) fn read(columns: &Columns<'_>) -> Result<Remarks, StoreError> {
        let alias = match columns.text("alias")?.as_str() {
            "" => None,
            _ => Some(columns.parsed("alias")?),
        };
        Ok(Remarks { alias, note: columns.text("note")?, edits: columns.count("edits")? })
    }

    fn alias(&self) -> &str {
        self.alias.as_ref().map_or("", Label::as_str)
    }
}

impl RemarksChange {
    /// What it will be, or everything that is wrong with that.
    fn apply(&self, to: &Remarks) -> Result<Remarks, Vec<Problem>> {
        let mut problems = Problems::default();
        let mut after = to.clone();
        match self.alias.as_deref().map(str::trim) {
            None => {}
            Some("") => after.alias = None,
            Some(alias) => after.alias = problems.label("alias", alias),
        }
        if let Some(note) = &self.note {
            after.note = problems.note("note", note);
        }
        problems.into_result().map(|()| after)
    }
}

/// What it is called in the history, and what people say of it.
async fn find(
    transaction: &mut Transaction,
    installation: &Thumbprint,
    asker: &Asker,
) -> Result<(String, Remarks), CatalogError> {
    let none = || CatalogError::NotFound { what: "installation" };
    let sql = "SELECT account, name, site_code, alias, note, edits FROM installation WHERE thumbprint = $1";
    let row =
        sqlx::query(sql).bind(installation.as_bytes().to_vec()).fetch_optional(&mut **transaction).await?;
    let row = row.ok_or_else(none)?;
    let columns = Columns::of("installation", &row);
    let account = match columns.optional_text("account")? {
        Some(_) => Some(columns.parsed("account")?),
        None => None,
    };
    if !asker.may_see(account.as_ref()) {
        return Err(none());
    }
    let called = format!("{} {}", columns.text("site_code")?, columns.text("name")?);
    Ok((called, Remarks::read(&columns)?))
}

fn differences(called: &str, before: &Remarks, after: &Remarks) -> Vec<Difference> {
    let differences = Difference::of(&[
        ("installation-alias", before.alias().to_owned(), after.alias().to_owned()),
        ("installation-note", before.note.clone(), after.note.clone()),
    ]);
    let named = |difference: Difference| Difference {
        after: difference.after.map(|after| format!("{called}: {after}")),
        ..difference
    };
    differences.into_iter().map(named).collect()
}

/// Those whose licenses are the newest of its slots.
async fn subscriptions(
    transaction: &mut Transaction,
    installation: &Thumbprint,
) -> Result<Vec<SubscriptionId>, StoreError> {
    let sql = "SELECT DISTINCT subscription FROM listed WHERE installation = $1 AND subscription IS NOT NULL ORDER BY subscription";
    let rows = sqlx::query(sql).bind(installation.as_bytes().to_vec()).fetch_all(&mut **transaction).await?;
    rows.iter().map(|row| Columns::of("listed", row).parsed("subscription")).collect()
}
