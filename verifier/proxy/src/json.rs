//! What programs are told, as JSON: the same object from every door of this room.

use license_format::{
    Timestamp,
    payload::{DeactivationReceipt, License, Refusal},
};
use serde_json::{Value, json};
use verifier::installation::{Installation, Outcome, SlotStatus};

/// An installation and its slots at an instant.
pub fn status(installation: &Installation, slots: &[SlotStatus]) -> Value {
    let facts = installation.facts();
    json!({
        "installation": installation.thumbprint(),
        "installation_short": installation.thumbprint().short(),
        "site_code": facts.site_code,
        "site_description": facts.site_description,
        "name": facts.name,
        "trust_bundle": installation.trust_number(),
        "slots": slots.iter().map(slot).collect::<Vec<_>>(),
    })
}

/// A slot at an instant.
pub fn slot(slot: &SlotStatus) -> Value {
    json!({
        "state": slot.state,
        "standing": slot.standing,
        "license_key": slot.license_key,
        "license_type": slot.license_type,
        "metric": slot.metric,
        "issued": rfc3339(slot.issued),
        "contract_start": rfc3339(slot.contract_start),
        "contract_end": rfc3339(slot.contract_end),
        "good_until": rfc3339(slot.good_until),
        "report_due": rfc3339(slot.report_due),
        "seats": slot.seats,
        "used": slot.used,
        "remaining": slot.remaining,
        "counter": slot.counter,
        "notices": slot.notices,
    })
}

/// What an answer does, or did.
pub fn outcome(outcome: &Outcome) -> Value {
    let license_type = outcome.license_type();
    match outcome {
        Outcome::Installed(installed) => json!({
            "outcome": "installed",
            "license_type": license_type,
            "license": license(&installed.license),
            "before": installed.before.as_ref().map(license),
            "time_reset": installed.resets_time,
        }),
        Outcome::Confirmed(DeactivationReceipt { counter, issued, .. }) => json!({
            "outcome": "deactivation-confirmed",
            "license_type": license_type,
            "counter": counter,
            "issued": issued.rfc3339(),
        }),
        Outcome::Refused(Refusal { code, says, next_step, is_final, until, counter, issued, .. }) => json!({
            "outcome": "refused",
            "license_type": license_type,
            "counter": counter,
            "issued": issued.rfc3339(),
            "final": is_final,
            "until": until.map(|until| until.rfc3339()),
            "error": { "code": code, "message": says, "next_step": next_step },
        }),
        Outcome::AlreadyInstalled { counter, .. } => {
            json!({ "outcome": "already-installed", "license_type": license_type, "counter": counter })
        }
        Outcome::Superseded { counter, in_force, .. } => json!({
            "outcome": "superseded", "license_type": license_type, "counter": counter, "in_force": in_force,
        }),
        Outcome::Ended { counter, ended, .. } => {
            json!({ "outcome": "ended", "license_type": license_type, "counter": counter, "ended": ended })
        }
        Outcome::AlreadyRead { counter, .. } => {
            json!({ "outcome": "already-read", "license_type": license_type, "counter": counter })
        }
    }
}

fn license(license: &License) -> Value {
    let grants: Vec<Value> = license
        .grants
        .iter()
        .map(|grant| {
            json!({
                "metric": grant.metric,
                "seats": grant.seats,
                "edition": grant.edition,
                "trial": grant.trial,
                "contract_start": grant.contract_start.rfc3339(),
                "contract_end": grant.contract_end.rfc3339(),
            })
        })
        .collect();
    json!({
        "id": license.id,
        "product": license.product,
        "vendor": license.vendor,
        "license_key": license.license_key.last_group.masked(),
        "counter": license.counter,
        "issued": license.issued.rfc3339(),
        "contract_start": license.contract_start().rfc3339(),
        "contract_end": license.contract_end().rfc3339(),
        "good_until": license.good_until.rfc3339(),
        "report_due": license.report_due.rfc3339(),
        "grants": grants,
    })
}

fn rfc3339(instant: Option<Timestamp>) -> Option<String> {
    instant.map(Timestamp::rfc3339)
}
