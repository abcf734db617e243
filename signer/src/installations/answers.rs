//! The final answers that an account was given, a page at a time: the newest first.

use license_format::{Digest, Kind, LicenseType, SiteCode, Thumbprint, Timestamp};
use sqlx::{AnyConnection, any::AnyRow};

use super::Installations;
use crate::{
    answer::Answer,
    paging::{Cursor, Paged, Part},
    people::Asker,
    store::{
        Columns, StoreError,
        rows::{Value, read_bound},
    },
};

/// The kinds of answers.
const KINDS: [Kind; 3] = [Kind::License, Kind::DeactivationReceipt, Kind::Refusal];

/// A final answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerLine {
    /// The request that it answers: by this its file is found.
    pub request: Digest,
    /// Who asked.
    pub installation: Thumbprint,
    /// Its site, if it was ever granted something.
    pub site_code: Option<SiteCode>,
    /// For which slot.
    pub license_type: LicenseType,
    /// The request's number.
    pub counter: u64,
    /// A license, a receipt or a refusal.
    pub kind: Kind,
    /// The code of a refusal.
    pub code: Option<String>,
    /// When.
    pub issued: Timestamp,
}

impl Installations {
    /// A page of the final answers to requests that people of an account brought, or of all for staff: of one kind or of all. What
    /// belongs to an installation of another account is not there, whoever brought it.
    pub async fn answers(
        &self,
        asker: &Asker,
        kind: Option<Kind>,
        part: &Part,
    ) -> Result<Paged<AnswerLine>, StoreError> {
        let mut connection = self.store.read().await?;
        let kinds = KINDS.into_iter().filter(|one| kind.is_none_or(|kind| kind == *one));
        let mut lines = Vec::new();
        // Each kind lies in its own order, so that one is found as fast as all.
        for kind in kinds {
            lines.extend(of_kind(&mut connection, asker, kind, part).await?);
        }
        lines.sort_by_key(|line| std::cmp::Reverse((line.issued, line.request)));
        lines.truncate(part.asked() as usize);
        Ok(part.page(lines, |line| {
            Cursor::of(&[line.issued.seconds().to_string().as_bytes(), line.request.to_string().as_bytes()])
        }))
    }
}

async fn of_kind(
    connection: &mut AnyConnection,
    asker: &Asker,
    kind: Kind,
    part: &Part,
) -> Result<Vec<AnswerLine>, StoreError> {
    let (sql, values) = sql(asker, kind, part);
    let rows = read_bound(connection, sql, &values).await?;
    rows.iter().map(|row| read(row, kind)).collect()
}

/// The statement for one kind, and its values.
pub(super) fn sql(asker: &Asker, kind: Kind, part: &Part) -> (String, Vec<Value>) {
    let [issued, request] = part.values().unwrap_or_else(|| [i64::MAX.to_string(), String::new()]);
    let request = Digest::from_hex(&request).map_or_else(Vec::new, |digest| digest.as_bytes().to_vec());
    let mut values = vec![
        kind.name().into(),
        Value::Int(issued.parse().unwrap_or(i64::MAX)),
        Value::Bytes(request),
        Value::Int(part.asked()),
    ];
    let whose = match asker.account() {
        None => "",
        Some(account) => {
            values.push(account.as_str().into());
            "answer.account = $5 AND (installation.account IS NULL OR installation.account = $5) AND "
        }
    };
    let sql = format!(
        "SELECT answer.request, answer.installation, answer.license_type, answer.counter, answer.issued, answer.file, \
         installation.site_code FROM answer LEFT JOIN installation ON installation.thumbprint = answer.installation \
         WHERE {whose}answer.kind = $1 AND (answer.issued, answer.request) < ($2, $3) \
         ORDER BY answer.issued DESC, answer.request DESC LIMIT $4"
    );
    (sql, values)
}

fn read(row: &AnyRow, kind: Kind) -> Result<AnswerLine, StoreError> {
    let columns = Columns::of("answer", row);
    let code = match kind {
        Kind::Refusal => match Answer::decode(&columns.bytes("file")?) {
            Ok(Answer::Refusal(refusal)) => Some(refusal.code.to_string()),
            _ => return Err(columns.damaged("file", "is no refusal")),
        },
        _ => None,
    };
    Ok(AnswerLine {
        request: columns.digest("request")?,
        installation: columns.fixed("installation", Thumbprint::from_slice)?,
        site_code: match columns.optional_text("site_code")? {
            Some(_) => Some(columns.parsed("site_code")?),
            None => None,
        },
        license_type: columns.parsed("license_type")?,
        counter: columns.count("counter")?,
        kind,
        code,
        issued: columns.time("issued")?,
    })
}
