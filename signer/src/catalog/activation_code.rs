//! Temporary activation codes: each is typed in place of a license key, by one person, until its date. First come, first served: there may
//! be more codes than seats. Whoever has a code never learns the key, and a license that came of one names the code.

use license_format::{DAY, Digest, LicenseKey, Thumbprint, Timestamp, license_key::RANDOM};
use sqlx::any::AnyRow;

use super::{
    Catalog, CatalogError, LicenseKeyId, Result,
    history::{Difference, record},
};
use crate::{
    entropy::{Entropy, draw},
    paging::{Cursor, Paged, Part},
    people::{Actor, Asker, Email},
    problem::Problems,
    store::{Columns, StoreError, seconds, write_rows},
};

/// Most codes at once.
const MOST_CODES: usize = 1_000;
/// Longest life of a code, in days.
const MOST_DAYS: u64 = 365;

/// A code, as the account's administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRecord {
    /// The text that is typed.
    pub code: LicenseKey,
    /// Whom it is for.
    pub email: Email,
    /// When it was made.
    pub created: Timestamp,
    /// From when nobody can begin with it.
    pub expires: Timestamp,
    /// Who has begun with it.
    pub used_by: Option<Thumbprint>,
}

/// Where a code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeState {
    /// Somebody may begin with it.
    Open,
    /// Somebody has begun with it, and goes on.
    Used,
    /// Its date came before anybody did.
    Expired,
}

impl CodeState {
    /// All of them.
    pub const ALL: [CodeState; 3] = [CodeState::Open, CodeState::Used, CodeState::Expired];

    /// As it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            CodeState::Open => "open",
            CodeState::Used => "used",
            CodeState::Expired => "expired",
        }
    }
}

impl CodeRecord {
    /// Where it stands at an instant.
    pub fn state(&self, now: Timestamp) -> CodeState {
        match self.used_by {
            Some(_) => CodeState::Used,
            None if self.expires <= now => CodeState::Expired,
            None => CodeState::Open,
        }
    }
}

impl Catalog {
    /// Makes a code for each address. Refuses all of them with every problem.
    pub async fn create_codes(
        &self,
        key: &LicenseKeyId,
        emails: &[String],
        expires: Timestamp,
        by: (&Asker, &Actor),
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<CodeRecord>> {
        let mut problems = Problems::default();
        problems.demand(
            (1..=MOST_CODES).contains(&emails.len()),
            "emails",
            "codes-number",
            format!("codes are made for 1 to {MOST_CODES} people at once"),
            "Make the others afterwards.",
        );
        problems.demand(
            now < expires && expires <= now.plus(MOST_DAYS * DAY),
            "expires",
            "code-expires",
            format!("a code is of use for at most {MOST_DAYS} days from now"),
            "Choose a day within a year.",
        );
        let mut people: Vec<Email> = Vec::new();
        for email in emails {
            match email.parse::<Email>() {
                Ok(email) if people.contains(&email) => problems.add(
                    "emails",
                    "email-twice",
                    format!("{} is there twice", email.as_str()),
                    "Name each person once.",
                ),
                Ok(email) => people.push(email),
                Err(_) => problems.add(
                    "emails",
                    "email",
                    format!("{:?} is not an email address", email.chars().take(60).collect::<String>()),
                    "Type it as name@example.com.",
                ),
            }
        }
        problems.into_result().map_err(CatalogError::Invalid)?;
        let sold = self.license_key(by.0, key).await?;
        let mut transaction = self.store.begin().await?;
        let (mut made, mut rows) = (Vec::with_capacity(people.len()), Vec::with_capacity(people.len()));
        for email in people {
            let code = LicenseKey::from_random(sold.key.license_type(), &draw::<RANDOM>(entropy));
            rows.push(vec![
                code.digest().as_bytes().into(),
                code.to_string().as_str().into(),
                sold.key.digest().as_bytes().into(),
                email.as_str().into(),
                now.into(),
                expires.into(),
            ]);
            made.push(CodeRecord { code, email, created: now, expires, used_by: None });
        }
        let head =
            "INSERT INTO activation_code (digest, code_text, license_key, email, created, expires) VALUES";
        write_rows(&mut transaction, head, "", rows).await?;
        let created =
            Difference::created(format!("{} activation codes until {}", made.len(), expires.date()));
        record(&mut transaction, &sold.subscription, Some(&sold.id), &[created], by.1, now).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// The codes of a key, the newest first. Refuses a key that does not exist for who asks: `NotFound`.
    pub async fn codes(&self, asker: &Asker, key: &LicenseKeyId) -> Result<Vec<CodeRecord>> {
        let sold = self.license_key(asker, key).await?;
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(
            "SELECT code_text, email, created, expires, used_by FROM activation_code WHERE license_key = $1 \
             ORDER BY created DESC, email",
        )
        .bind(sold.key.digest().as_bytes().to_vec())
        .fetch_all(&mut *connection)
        .await?;
        let codes: std::result::Result<Vec<_>, StoreError> = rows.iter().map(read_code).collect();
        Ok(codes?)
    }

    /// A page of the codes of a key in a state, the newest first. Refuses a key that does not exist for who asks: `NotFound`.
    pub async fn codes_in(
        &self,
        asker: &Asker,
        key: &LicenseKeyId,
        state: Option<CodeState>,
        part: &Part,
        now: Timestamp,
    ) -> Result<Paged<CodeRecord>> {
        let sold = self.license_key(asker, key).await?;
        let [created, digest] = part.values().unwrap_or_else(|| [i64::MAX.to_string(), String::new()]);
        let digest = Digest::from_hex(&digest).map_or_else(Vec::new, |digest| digest.as_bytes().to_vec());
        /// The statement with a condition on the state.
        macro_rules! codes {
            ($state:literal) => {
                concat!(
                    "SELECT digest, code_text, email, created, expires, used_by FROM activation_code WHERE license_key = $1 ",
                    "AND (created, digest) < ($2, $3) AND ($4 = $4) ",
                    $state,
                    " ORDER BY created DESC, digest DESC LIMIT $5"
                )
            };
        }
        let sql = match state {
            None => codes!(""),
            Some(CodeState::Open) => codes!("AND used_by IS NULL AND expires > $4"),
            Some(CodeState::Used) => codes!("AND used_by IS NOT NULL"),
            Some(CodeState::Expired) => codes!("AND used_by IS NULL AND expires <= $4"),
        };
        let mut connection = self.store.read().await?;
        let rows = sqlx::query(sql)
            .bind(sold.key.digest().as_bytes().to_vec())
            .bind(created.parse::<i64>().unwrap_or(i64::MAX))
            .bind(digest)
            .bind(seconds(now))
            .bind(part.asked())
            .fetch_all(&mut *connection)
            .await?;
        let codes: std::result::Result<Vec<_>, StoreError> = rows.iter().map(read_code).collect();
        Ok(part.page(codes?, |code| {
            let created = code.created.seconds().to_string();
            Cursor::of(&[created.as_bytes(), code.code.digest().to_string().as_bytes()])
        }))
    }

    /// Takes a code back that nobody has begun with. Refuses one that was used, or is not there: `NotFound`.
    pub async fn withdraw_code(
        &self,
        key: &LicenseKeyId,
        code: &LicenseKey,
        (asker, actor): (&Asker, &Actor),
        now: Timestamp,
    ) -> Result<()> {
        let sold = self.license_key(asker, key).await?;
        let mut transaction = self.store.begin().await?;
        let done = sqlx::query(
            "DELETE FROM activation_code WHERE digest = $1 AND license_key = $2 AND used_by IS NULL",
        )
        .bind(code.digest().as_bytes().to_vec())
        .bind(sold.key.digest().as_bytes().to_vec())
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() != 1 {
            return Err(CatalogError::NotFound { what: "unused activation code" });
        }
        let withdrawn = Difference::gone("activation-code", code.last_group().masked());
        record(&mut transaction, &sold.subscription, Some(&sold.id), &[withdrawn], actor, now).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn read_code(row: &AnyRow) -> std::result::Result<CodeRecord, StoreError> {
    let columns = Columns::of("activation_code", row);
    Ok(CodeRecord {
        code: columns.parsed("code_text")?,
        email: columns.parsed("email")?,
        created: columns.time("created")?,
        expires: columns.time("expires")?,
        used_by: columns.optional_fixed("used_by", Thumbprint::from_slice)?,
    })
}
