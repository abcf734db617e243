//! Tallies: the sums by which seats are given, made anew from the leases.

use std::collections::BTreeMap;

use license_format::{Thumbprint, Timestamp};
use sqlx::AnyConnection;

use super::{Audit, SOME};
use crate::{
    exchange::Lapses,
    store::{StoreError, audit_read},
};

pub(super) async fn audit(
    audit: &mut Audit,
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut made: BTreeMap<String, Lapses> = BTreeMap::new();
    let mut after: Option<Thumbprint> = None;
    loop {
        let some = audit_read::installations(connection, after, SOME).await;
        let Some(some) = audit.note(some)? else { return Ok(()) };
        let Some((last, _)) = some.last() else { break };
        after = Some(*last);
        for (tally, lapses) in some.iter().flat_map(|(_, record)| record.tallies(now)) {
            let sum = made.entry(audit_read::tally_name(&tally)).or_default();
            lapses.into_iter().for_each(|(ends, amount)| *sum.entry(ends).or_default() += amount);
        }
    }
    let Some(mut stored) = audit.note(audit_read::tallies(connection, now).await)? else { return Ok(()) };
    for what in made.keys() {
        stored.entry(what.clone()).or_default();
    }
    for (what, (amount, lapses)) in stored {
        let expected = made.remove(&what).unwrap_or_default();
        let sum: i64 = expected.values().sum();
        if amount != sum {
            let says = format!("the tally {what} says {amount}, and its leases make {sum}");
            audit.add("tally-differs", "tally", says);
        }
        if lapses != expected {
            let says = format!("the tally {what} falls at other times than its leases end");
            audit.add("tally-differs", "tally_lapse", says);
        }
    }
    Ok(())
}
