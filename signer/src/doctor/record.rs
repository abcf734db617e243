//! The record: whether it is the one that its witness has seen, and whether the clock has passed its newest answer.

use license_format::Timestamp;

use super::Finding;
use crate::{
    data_dir::DataDir,
    log::{AnswerLog, LogError},
    second_person::gone_by,
    store::{Store, StoreError, exchange_read, news},
    trust::History,
    witness::Witness,
};

/// Clocks of machines that share a record may differ by so much.
const CLOCK_DIFFERENCE: u64 = 5;

/// Looks at the record. It is not read through: that is `waybill log verify`.
pub async fn record(dir: &DataDir, store: &Store, now: Timestamp) -> Result<Vec<Finding>, LogError> {
    let mut findings = vec![standing(dir, store).await?];
    let log = AnswerLog::new(store.clone());
    findings.push(clock(log.view().await?.issued, now));
    let strangers = log.strangers().await?.len();
    if strangers > 0 {
        let says = format!("{strangers} times an installation said that it has seen another log than this");
        findings.push(Finding::due(
            "log-stranger",
            "log",
            says,
            "`waybill log show` tells which, `waybill log verify` whether this one is whole.",
        ));
    }
    findings.extend(recovery(store, now).await?);
    findings.extend(waiting_bundle(dir, store, now).await?);
    Ok(findings)
}

/// A trust bundle in the data directory that a signer does not go by.
async fn waiting_bundle(dir: &DataDir, store: &Store, now: Timestamp) -> Result<Option<Finding>, StoreError> {
    // One that does not read is told of with the keys.
    let Ok(history) = History::read(dir) else { return Ok(None) };
    let mut connection = store.read().await?;
    let known = news::newest(&mut connection).await?.bundle;
    let waits = gone_by(&mut connection, &history, known, now).await?.waits;
    Ok(waits.map(|waits| Finding::due(waits.code, "trust bundle", waits.says, waits.next_step)))
}

/// How the store stands to its witness: as at a start, without changing either.
async fn standing(dir: &DataDir, store: &Store) -> Result<Finding, StoreError> {
    let witness = match Witness::read(&dir.witness()) {
        Ok(witness) => witness,
        Err(error) => return Ok(Finding::due(error.code(), "witness", error.to_string(), error.next_step())),
    };
    let state = exchange_read::record_state(&mut *store.read().await?).await?;
    let (head, record) = (&state.head, state.vendor.record);
    let entries = match head.size() {
        1 => "1 entry in its log".to_owned(),
        size => format!("{size} entries in its log"),
    };
    let is_put_back = (record, head.size()) < (witness.record, witness.log_size)
        || ((record, head.size()) == (witness.record, witness.log_size) && head.root() != witness.log_root);
    Ok(match is_put_back {
        true => Finding::due(
            "record-put-back",
            "record",
            format!(
                "it has {entries}, and its witness has seen {}: it was restored from an older backup",
                witness.log_size
            ),
            "If a newer backup exists, restore that. Otherwise start the signer: it begins the recovery.",
        ),
        false => Finding::well("record", "record", format!("{entries}; its witness has seen no more")),
    })
}

/// A clock that is behind the newest answer would sign files that begin in the past.
pub(super) fn clock(newest: Option<Timestamp>, now: Timestamp) -> Finding {
    match newest {
        Some(newest) if now.plus(CLOCK_DIFFERENCE) < newest => Finding::due(
            "clock-behind",
            "clock",
            format!("it says {}, and the newest answer was issued at {}", now.rfc3339(), newest.rfc3339()),
            "Set the clock, and keep it with a time server.",
        )
        .when(newest),
        _ => Finding::well("clock", "clock", format!("{}, after the newest answer", now.rfc3339())),
    }
}

async fn recovery(store: &Store, now: Timestamp) -> Result<Option<Finding>, StoreError> {
    let mut connection = store.read().await?;
    let vendor = exchange_read::record_state(&mut connection).await?.vendor;
    let book = exchange_read::whole_book(&mut connection, &vendor, now).await?;
    let recovery = book.recovery.filter(|recovery| now < recovery.horizon);
    Ok(recovery.map(|recovery| {
        Finding::advice(
            "recovering",
            "record",
            format!(
                "it was restored from a backup on {}, and proxies bring back what it lacks",
                recovery.began.date()
            ),
            format!("Nothing: it ends by itself on {}.", recovery.horizon.date()),
        )
        .when(recovery.horizon)
    }))
}
