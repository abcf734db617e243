//! Each final answer: genuine, its leaf's, and what the exchange has noted of it.

use std::collections::BTreeSet;

use license_format::{Digest, Kind, Thumbprint, UnverifiedFile, payload::License};
use sqlx::AnyConnection;
use verifier::{TrustState, VerifiedAnswer, verify_answer};

use super::{Audit, SOME};
use crate::{
    answer::read_request,
    exchange::RefusalCode,
    log::Leaf,
    store::{
        StoreError,
        audit_read::{self, AnswerRow, LeaseRow},
    },
};

pub(super) async fn audit(
    audit: &mut Audit,
    connection: &mut AnyConnection,
    trust: &TrustState,
    record: u64,
) -> Result<(), StoreError> {
    let forked = audit_read::ever_forked(connection).await;
    let forked: BTreeSet<Thumbprint> = audit.note(forked)?.unwrap_or_default().into_iter().collect();
    let mut next = 0;
    loop {
        let Some(leaves) = audit.note(audit_read::leaves(connection, next, SOME).await)? else { break };
        let Some((last, _)) = leaves.last() else { break };
        next = last.index + 1;
        // A request that was refused for the time being may have a final answer later; both are leaves.
        let finals: Vec<&(Leaf, Digest)> = leaves.iter().filter(|(leaf, _)| is_final(leaf)).collect();
        let requests: Vec<Digest> = finals.iter().map(|(_, request)| *request).collect();
        let Some(rows) = audit.note(audit_read::answers(connection, &requests).await)? else { continue };
        let Some(leases) = audit.note(audit_read::leases(connection, &requests).await)? else { continue };
        for (leaf, request) in finals {
            match rows.iter().find(|row| row.request == *request) {
                Some(row) => {
                    let lease = leases.iter().find(|lease| lease.request == *request);
                    let forked = forked.contains(&row.installation);
                    audit.answers += 1;
                    Judged { audit, leaf, row, lease, forked }.judge(trust);
                }
                None => {
                    let says =
                        format!("the leaf {} stands for a {} that is not there", leaf.index, leaf.kind);
                    audit.add("answer-missing", "answer", says);
                }
            }
        }
    }
    let unlogged = audit_read::answers_without_leaf(connection).await;
    for request in audit.note(unlogged)?.unwrap_or_default() {
        let says = format!("the answer to the request {} is in no leaf", request.short());
        audit.add("answer-not-logged", "answer", says);
    }
    let orphans = audit_read::leases_without_answer(connection).await;
    let orphans = audit.note(orphans)?.unwrap_or_default();
    // A record that was restored has taken licenses back whose answers it lacks.
    if record > 1 {
        audit.taken_back = orphans.len() as u64;
    } else {
        for request in orphans {
            let says = format!("the lease for the request {} has no license", request.short());
            audit.add("lease-without-answer", "lease", says);
        }
    }
    let beyond = audit_read::slots_beyond_leases(connection).await;
    for (installation, license_type) in audit.note(beyond)?.unwrap_or_default() {
        let says = format!(
            "the slot {license_type} of {} says that it was given more than there are leases",
            installation.short()
        );
        audit.add("slot-differs", "slot", says);
    }
    Ok(())
}

/// Whether a leaf's answer is kept.
fn is_final(leaf: &Leaf) -> bool {
    leaf.kind != Kind::Refusal.name()
        || RefusalCode::ALL.iter().any(|code| code.is_final() && code.code() == leaf.code)
}

/// An answer before its judge.
struct Judged<'a> {
    audit: &'a mut Audit,
    leaf: &'a Leaf,
    row: &'a AnswerRow,
    lease: Option<&'a LeaseRow>,
    /// Whether a copy of its installation was ever seen.
    forked: bool,
}

impl Judged<'_> {
    fn add(&mut self, code: &'static str, place: &'static str, what: &str) {
        let says = format!("the {} at leaf {} {what}", self.row.kind, self.leaf.index);
        self.audit.add(code, place, says);
    }

    fn judge(mut self, trust: &TrustState) {
        let row = self.row;
        let read = UnverifiedFile::decode(&row.file).map_err(Into::into).and_then(|file| {
            let answer = verify_answer(&file, trust)?.0;
            Ok((file, answer))
        });
        let (file, answer) = match read {
            Ok(read) => read,
            Err(error) => {
                let error: verifier::VerifyError = error;
                return self.add("answer-not-genuine", "answer", &format!("is not genuine: {error}"));
            }
        };
        if answer.digest() != self.leaf.digest {
            return self.add("answer-differs", "answer", "is another than the leaf says");
        }
        if file.proof.as_ref().is_some_and(|proof| proof.index != self.leaf.index) {
            self.add("leaf-moved", "log_leaf", "was proved at another place in the log");
        }
        let code = match &answer {
            VerifiedAnswer::Refusal(refusal) => refusal.payload().code.to_string(),
            _ => String::new(),
        };
        if (answer.kind().name(), code.as_str(), answer.issued())
            != (&self.leaf.kind, &self.leaf.code, self.leaf.issued)
        {
            self.add("leaf-differs", "log_leaf", "has a leaf with another kind, code or time");
        }
        let said =
            (answer.installation(), answer.license_type().name(), answer.counter(), answer.kind().name());
        let noted = (row.installation, row.license_type.as_str(), row.counter, row.kind.as_str());
        if said != noted || (answer.answers(), answer.issued()) != (row.request, row.issued) {
            self.add("answer-row-differs", "answer", "has a row that says something else than the file");
        }
        if read_request(&row.request_file).map(|(_, digest)| digest) != Some(row.request) {
            self.add("request-differs", "answer", "stands beside another request's file");
        }
        match &answer {
            VerifiedAnswer::License(license) => {
                self.judge_lease(license.payload());
                self.judge_marks(|ended_and_answered| ended_and_answered.1);
            }
            VerifiedAnswer::Receipt(_) => self.judge_marks(|ended_and_answered| ended_and_answered.0),
            VerifiedAnswer::Refusal(_) => {}
        }
    }

    fn judge_lease(&mut self, license: &License) {
        let mut seats: Vec<u64> = license.grants.iter().map(|grant| grant.seats).collect();
        seats.sort_unstable();
        let expected = LeaseRow {
            license: license.id,
            installation: license.installation.thumbprint,
            license_type: license.license_type.name().to_owned(),
            counter: license.counter,
            request: license.answers,
            license_key: license.license_key.digest,
            issued: license.issued,
            ends: license.lease_end(),
            seats,
        };
        match self.lease {
            None => self.add("lease-missing", "lease", "has no lease: its seats are given again"),
            Some(lease) if lease.seats != expected.seats => {
                let what =
                    format!("granted {:?} seats, and its lease says {:?}", expected.seats, lease.seats);
                self.add("seats-differ", "lease_seats", &what);
            }
            Some(lease) if *lease != expected => {
                self.add("lease-differs", "lease", "has a lease that says something else than the license");
            }
            Some(_) => {}
        }
    }

    /// The chain has its request, and the slot's mark has come at least as far.
    fn judge_marks(&mut self, mark: impl Fn((u64, u64)) -> u64) {
        if self.forked {
            return;
        }
        if self.row.chained != Some(self.row.request) {
            self.add(
                "chain-differs",
                "chain",
                "answers a request that the installation's chain does not have there",
            );
        }
        if self.row.marks.map_or(0, mark) < self.row.counter {
            self.add("slot-differs", "slot", "is newer than its slot's mark");
        }
    }
}
