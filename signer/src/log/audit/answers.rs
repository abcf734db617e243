//! Each final answer: genuine, its leaf's, and what the exchange has noted of it.

use std::collections::{BTreeMap, BTreeSet};

use license_format::{
    Digest, Kind, Thumbprint, Timestamp, UnverifiedFile,
    payload::{DeactivationReceipt, License, Refusal},
};
use sqlx::AnyConnection;
use verifier::{TrustState, VerifyError, verify_answer};

use super::{Audit, SOME};
use crate::{
    answer::{Answer, read_request},
    exchange::RefusalCode,
    log::Leaf,
    store::{
        StoreError,
        audit_read::{self, AnswerRow, LeaseRow},
        log_read,
    },
    trust::judged,
};

pub(super) async fn audit(
    audit: &mut Audit,
    connection: &mut AnyConnection,
    trust: &[TrustState],
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
        let sizes: Vec<u64> = rows.iter().filter_map(proved_size).collect();
        let checkpoints = audit.note(log_read::checkpoints(connection, &sizes).await)?.unwrap_or_default();
        for (leaf, request) in finals {
            match rows.iter().find(|row| row.request == *request) {
                Some(row) => {
                    let lease = leases.iter().find(|lease| lease.request == *request);
                    let forked = forked.contains(&row.installation);
                    audit.answers += 1;
                    Judged { audit, leaf, row, lease, forked, checkpoints: &checkpoints }.judge(trust);
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

/// The size of the checkpoint by which an answer was proved, if it reads.
fn proved_size(row: &AnswerRow) -> Option<u64> {
    Some(UnverifiedFile::decode(&row.file).ok()?.proof?.size)
}

/// Whether a leaf's answer is kept. What is no answer is judged elsewhere (`news`).
fn is_final(leaf: &Leaf) -> bool {
    let is_final = |code: &RefusalCode| code.is_final() && code.code() == leaf.code;
    match leaf.kind.as_str() {
        kind if kind == Kind::Refusal.name() => RefusalCode::ALL.iter().any(is_final),
        kind => !super::news::KINDS.contains(&kind),
    }
}

/// Whether an answer that was genuine when it left is honoured no more, by what was revoked or distrusted since. Both are said only where the
/// signature is good; any other fault is one of the answer.
fn is_withdrawn<T>(verified: Result<T, VerifyError>) -> Result<bool, VerifyError> {
    match verified {
        Ok(_) => Ok(false),
        Err(
            VerifyError::LicenseRevoked { .. }
            | VerifyError::KeyRevoked { .. }
            | VerifyError::KeyDistrusted { .. },
        ) => Ok(true),
        Err(error) => Err(error),
    }
}

/// What an answer says that its row repeats.
#[derive(PartialEq, Eq)]
struct Said<'a> {
    installation: Thumbprint,
    license_type: &'a str,
    counter: u64,
    answers: Digest,
    issued: Timestamp,
}

impl Said<'static> {
    fn of(answer: &Answer) -> Said<'static> {
        let (installation, license_type, counter, answers, issued) = match answer {
            Answer::License(License { installation, license_type, counter, answers, issued, .. }) => {
                (installation.thumbprint, license_type, counter, answers, issued)
            }
            Answer::Receipt(receipt) => {
                let DeactivationReceipt { installation, license_type, counter, answers, issued, .. } =
                    receipt;
                (installation.thumbprint, license_type, counter, answers, issued)
            }
            Answer::Refusal(Refusal { installation, license_type, counter, answers, issued, .. }) => {
                (*installation, license_type, counter, answers, issued)
            }
        };
        let (counter, answers, issued) = (*counter, *answers, *issued);
        Said { installation, license_type: license_type.name(), counter, answers, issued }
    }
}

/// An answer before its judge.
struct Judged<'a> {
    audit: &'a mut Audit,
    leaf: &'a Leaf,
    row: &'a AnswerRow,
    lease: Option<&'a LeaseRow>,
    /// Whether a copy of its installation was ever seen.
    forked: bool,
    /// Those of the store by which answers of this lot were proved.
    checkpoints: &'a BTreeMap<u64, Digest>,
}

impl Judged<'_> {
    fn add(&mut self, code: &'static str, place: &'static str, what: &str) {
        let says = format!("the {} at leaf {} {what}", self.row.kind, self.leaf.index);
        self.audit.add(code, place, says);
    }

    fn judge(mut self, trust: &[TrustState]) {
        let row = self.row;
        let read = UnverifiedFile::decode(&row.file).map_err(Into::into).and_then(|file| {
            let withdrawn = is_withdrawn(judged(trust, |trust| verify_answer(&file, trust)))?;
            Ok((Answer::decode(&row.file)?, file, withdrawn))
        });
        let (answer, file, withdrawn) = match read {
            Ok(read) => read,
            Err(error) => {
                let error: VerifyError = error;
                return self.add("answer-not-genuine", "answer", &format!("is not genuine: {error}"));
            }
        };
        self.audit.withdrawn += u64::from(withdrawn);
        let (kind, said) = (file.document.kind(), Said::of(&answer));
        if file.document.digest() != self.leaf.digest {
            return self.add("answer-differs", "answer", "is another than the leaf says");
        }
        if file.proof.as_ref().is_some_and(|proof| proof.index != self.leaf.index) {
            self.add("leaf-moved", "log_leaf", "was proved at another place in the log");
        }
        if file.proof.is_some_and(|proof| !self.checkpoints.contains_key(&proof.size)) {
            self.add("checkpoint-missing", "log_checkpoint", "was proved by a checkpoint that is not there");
        }
        let code = match &answer {
            Answer::Refusal(refusal) => refusal.code.to_string(),
            _ => String::new(),
        };
        if (kind.name(), code.as_str(), said.issued) != (&self.leaf.kind, &self.leaf.code, self.leaf.issued) {
            self.add("leaf-differs", "log_leaf", "has a leaf with another kind, code or time");
        }
        let noted = Said {
            installation: row.installation,
            license_type: row.license_type.as_str(),
            counter: row.counter,
            answers: row.request,
            issued: row.issued,
        };
        if said != noted || kind.name() != row.kind {
            self.add("answer-row-differs", "answer", "has a row that says something else than the file");
        }
        if read_request(&row.request_file).map(|(_, digest)| digest) != Some(row.request) {
            self.add("request-differs", "answer", "stands beside another request's file");
        }
        match &answer {
            Answer::License(license) => {
                self.judge_lease(license);
                self.judge_marks(|ended_and_answered| ended_and_answered.1);
            }
            Answer::Receipt(_) => self.judge_marks(|ended_and_answered| ended_and_answered.0),
            Answer::Refusal(_) => {}
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
