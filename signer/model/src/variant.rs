//! Rules taken away, one at a time, by tampering between the real functions: the search must find each of them out.

use ciborium::Value;
use license_format::{Digest, LicenseType, UnverifiedFile, payload::Request};
use signer::exchange::Book;
use verifier::installation::{Installation, Slot};

use crate::{papers::Papers, sold};

/// A rule that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// Requests do not list the open ones before them.
    OpenStripped,
    /// The signer does not note what requests claim of earlier ones.
    ClaimsNotNoted,
    /// The signer forgets which branch it has refused.
    RefusedBranchForgotten,
    /// A file that comes after a newer one is called a fork.
    LateFilesAreForks,
    /// The signer forgets deactivations.
    EndedForgotten,
    /// The proxy forgets its deactivations.
    EndedForgottenByProxy,
    /// The proxy takes the answer of an earlier request in place of a later one's.
    OlderAnswerTaken,
    /// The same bytes are decided anew each time.
    SecondAnswer,
    /// Lowering a quota frees seats at once.
    LeasesFollowTheQuota,
    /// A deactivation ends everything that was issued before it arrives.
    EndedByArrival,
    /// A proxy that shows what it holds lets go of what it has not read yet.
    HeldForAnswered,
    /// What an abandoned branch may still honour is not booked.
    ResolvedWithoutOverdraft,
    /// The store is put back, and nobody notices.
    PutBackUnseen,
    /// Recovery begins, and the record number stays.
    RecordNumberKept,
    /// Seats are free when the file's grace is over, without the tolerance.
    NoTolerance,
    /// A clock that is behind its own past is not kept in mind.
    ClockBehindForgotten,
    /// Where a key is at home is forgotten.
    HomesForgotten,
    /// A refusal is the answer for ever, whatever staff change.
    RefusalsFrozen,
}

impl Variant {
    /// A request on its way to the book.
    pub(crate) fn of_request(variant: Option<Variant>, request: &Request) -> Request {
        let mut request = request.clone();
        if variant == Some(Variant::OpenStripped) {
            match &mut request {
                Request::Activation(request) => request.chain.open.clear(),
                Request::Refresh(request) => request.chain.open.clear(),
                Request::Deactivation(request) => request.chain.open.clear(),
            }
        }
        request
    }

    /// The book before it decides.
    pub(crate) fn before(variant: Option<Variant>, book: &mut Book, request: u32, papers: &Papers) {
        if variant == Some(Variant::HomesForgotten) {
            sold::forget_homes(book);
        }
        let paper = papers.request(request);
        let Some(record) = book.installations.get_mut(&paper.request.installation().public_key.thumbprint())
        else {
            return;
        };
        let counter = paper.request.chain().counter;
        match variant {
            Some(Variant::RefusedBranchForgotten) => record.strays.clear(),
            Some(Variant::LateFilesAreForks) if record.chain.keys().any(|known| counter < *known) => {
                record.chain.insert(counter, Digest::of(b"another"));
            }
            _ => {}
        }
    }

    /// The book when it has decided.
    pub(crate) fn after(variant: Option<Variant>, book: &mut Book, request: u32, papers: &Papers) {
        let paper = papers.request(request);
        let Some(record) = book.installations.get_mut(&paper.request.installation().public_key.thumbprint())
        else {
            return;
        };
        let counter = paper.request.chain().counter;
        match variant {
            Some(Variant::ClaimsNotNoted) => {
                let claimed: Vec<u64> = paper.request.chain().claims().map(|link| link.counter).collect();
                let received: Vec<u64> = record.leases.iter().map(|lease| lease.counter).collect();
                record.chain.retain(|at, _| !claimed.contains(at) || received.contains(at));
            }
            Some(Variant::EndedForgotten) => {
                record.slots.values_mut().for_each(|marks| marks.ended = 0);
            }
            Some(Variant::EndedByArrival) if matches!(paper.request, Request::Deactivation(_)) => {
                let answered = record.slot(paper.request.license_type()).answered;
                let marks = record.slots.entry(paper.request.license_type()).or_default();
                marks.ended = marks.ended.max(answered);
            }
            Some(Variant::HeldForAnswered) => {
                let license_type = paper.request.license_type();
                let before = record
                    .leases
                    .iter()
                    .filter(|lease| lease.license_type == license_type && lease.counter < counter);
                let answered = before.map(|lease| lease.counter).max().unwrap_or(0);
                let marks = record.slots.entry(license_type).or_default();
                marks.held = marks.held.max(answered);
            }
            Some(Variant::NoTolerance) => {
                for lease in record.leases.iter_mut().filter(|lease| lease.counter == counter) {
                    lease.ends = lease.ends.minus(sold::TERMS.tolerance);
                }
            }
            Some(Variant::ClockBehindForgotten) => record.clock_behind = false,
            _ => {}
        }
    }

    /// Cuts the leases of a key to its new quota.
    pub(crate) fn cut_leases(book: &mut Book, key: Digest, quota: Option<u64>) {
        let leases = book.installations.values_mut().flat_map(|record| &mut record.leases);
        for lease in leases.filter(|lease| lease.key == key) {
            lease.seats.values_mut().for_each(|seats| *seats = (*seats).min(quota.unwrap_or(u64::MAX)));
        }
    }

    /// A proxy's state after it prepared a file.
    pub(crate) fn of_proxy(variant: Option<Variant>, state: Installation) -> Installation {
        if variant != Some(Variant::EndedForgottenByProxy) {
            return state;
        }
        edit(&state, |slots| {
            slots.retain_mut(|(_, slot)| field(slot, "released").is_none());
            for (_, slot) in slots {
                for kind in ["requested", "active"] {
                    if let Some(Value::Map(fields)) = field(slot, kind) {
                        set(fields, "ended", Value::Null);
                    }
                }
            }
        })
    }

    /// A proxy's state with a license in force that it has not taken.
    pub(crate) fn with_license(state: &Installation, file: &UnverifiedFile) -> Installation {
        let license: license_format::payload::License = file.document.decode_unverified().expect("a license");
        let slot = license.license_type;
        let text = |text: &str| Value::Text(text.to_owned());
        let ended = match state.slot(slot) {
            Slot::Empty => 0,
            slot => slot.ended(),
        };
        let active = Value::Map(vec![
            (text("license"), Value::Bytes(file.encode())),
            (text("ended"), if ended == 0 { Value::Null } else { Value::from(ended) }),
            (text("refused"), Value::Null),
            (text("revoked_by"), Value::Null),
        ]);
        edit(state, |slots| {
            slots.retain(|(name, _)| *name != text(LicenseType::name(slot)));
            slots.push((text(slot.name()), Value::Map(vec![(text("active"), active)])));
        })
    }
}

/// Changes the slots of a state behind its back.
fn edit(state: &Installation, change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Installation {
    let mut whole = Value::serialized(state).expect("a state is plain data");
    let Some(Value::Map(slots)) = field(&mut whole, "slots") else { panic!("a state has slots") };
    change(slots);
    let mut bytes = Vec::new();
    ciborium::into_writer(&whole, &mut bytes).expect("plain data");
    ciborium::from_reader(bytes.as_slice()).expect("a state")
}

fn field<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let Value::Map(fields) = value else { return None };
    fields.iter_mut().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

fn set(fields: &mut [(Value, Value)], name: &str, to: Value) {
    fields
        .iter_mut()
        .filter(|(key, _)| key.as_text() == Some(name))
        .for_each(|(_, value)| *value = to.clone());
}
