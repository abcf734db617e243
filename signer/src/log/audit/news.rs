//! What is in the log beside answers: each leaf stands for what the store has beside it, and the other way round.

use license_format::{Kind, Timestamp, payload::RevocationList};
use sqlx::AnyConnection;

use super::Audit;
use crate::{
    log::Leaf,
    lookout::FORK_DECISION,
    revocation::list::Names,
    store::{
        StoreError,
        audit_read::{self, NewsRow},
        news::{self, ForkDecision},
    },
};

/// The kinds of leaves that are no answers.
pub(super) const KINDS: [&str; 3] = ["trust-bundle", "revocation-list", FORK_DECISION];

pub(super) async fn audit(audit: &mut Audit, connection: &mut AnyConnection) -> Result<(), StoreError> {
    let leaves = audit_read::leaves_of(connection, &KINDS).await;
    let Some(leaves) = audit.note(leaves)? else { return Ok(()) };
    let rows = audit_read::news(connection).await;
    let Some(mut rows) = audit.note(rows)? else { return Ok(()) };
    let decisions = audit_read::decisions(connection).await;
    let Some(mut decisions) = audit.note(decisions)? else { return Ok(()) };
    for leaf in &leaves {
        let found = match leaf.kind.as_str() {
            FORK_DECISION => decisions.remove(&leaf.digest).map(|row| judge_decision(audit, leaf, &row)),
            _ => rows.remove(&leaf.digest).map(|row| judge_news(audit, leaf, &row)),
        };
        if found.is_none() {
            let place = if leaf.kind == FORK_DECISION { "fork_decision" } else { "news" };
            let says = format!("the leaf {} stands for a {} that is not there", leaf.index, leaf.kind);
            audit.add("news-missing", place, says);
        }
    }
    for (digest, row) in &rows {
        let says = format!("the {} {} ({}) is in no leaf", row.kind, row.number, digest.short());
        audit.add("news-not-logged", "news", says);
    }
    // One that waits for its leaf says so.
    for (digest, (_, leaf)) in decisions.iter().filter(|(_, (_, leaf))| leaf.is_some()) {
        let says = format!("the decision {} is in no leaf, and says that it is at {leaf:?}", digest.short());
        audit.add("news-not-logged", "fork_decision", says);
    }
    judge_revocations(audit, connection).await
}

fn judge_news(audit: &mut Audit, leaf: &Leaf, row: &NewsRow) {
    audit.news += 1;
    let (kind, number) =
        row.document.as_ref().map_or((None, 0), |document| (Some(document.kind()), news::number(document)));
    if row.document.as_ref().map(|document| document.digest()) != Some(leaf.digest) {
        let says = format!("the {} at leaf {} is another than the leaf says", row.kind, leaf.index);
        return audit.add("news-differs", "news", says);
    }
    if kind.map(Kind::name) != Some(row.kind.as_str()) || number != row.number || leaf.kind != row.kind {
        let says = format!("the {} at leaf {} has a row that says something else", leaf.kind, leaf.index);
        audit.add("news-row-differs", "news", says);
    }
}

fn judge_decision(audit: &mut Audit, leaf: &Leaf, (decision, at): &(ForkDecision, Option<u64>)) {
    audit.news += 1;
    if decision.digest() != leaf.digest {
        let says = format!("the decision about a fork at leaf {} is another than the leaf says", leaf.index);
        audit.add("news-differs", "fork_decision", says);
    }
    if *at != Some(leaf.index) {
        let says = format!("the decision about a fork at leaf {} says that it is at {at:?}", leaf.index);
        audit.add("news-row-differs", "fork_decision", says);
    }
}

/// What was revoked is what the newest list names, but for licenses that had ended when it was made.
async fn judge_revocations(audit: &mut Audit, connection: &mut AnyConnection) -> Result<(), StoreError> {
    let revoked = news::revoked(connection).await;
    let Some(revoked) = audit.note(revoked)? else { return Ok(()) };
    let newest = audit_read::news(connection).await;
    let lists = audit.note(newest)?.unwrap_or_default();
    let list = lists
        .into_values()
        .filter_map(|row| row.document?.decode_unverified::<RevocationList>().ok())
        .max_by_key(|list| list.number);
    let made = list.as_ref().map_or(Timestamp::MIN, |list| list.issued);
    let ended = news::revoked_and_ended(connection, made).await;
    let Some(ended) = audit.note(ended)? else { return Ok(()) };
    let named = list.as_ref().map(Names::of).unwrap_or_default();
    let mut needed = revoked.clone();
    needed.leave_out(&ended);
    if !named.has_all(&needed) || !revoked.has_all(&named) {
        let says = format!(
            "the newest list names {} licenses and {} keys, and {} and {} were revoked, of which {} licenses had ended",
            named.licenses.len(),
            named.keys.len(),
            revoked.licenses.len(),
            revoked.keys.len(),
            ended.len()
        );
        audit.add("revocation-differs", "revocation", says);
    }
    Ok(())
}
