//! A good payload of each kind, written out from the specification.

use super::world::*;
use crate::kit::{Item, Key, Sign1, license_key_digest, list, map, sha256};

/// The facts that every request carries.
pub(crate) fn facts() -> Item {
    map([
        ("name", "CM01".into()),
        ("product", "Waybill Proxy".into()),
        ("version", "0.1.0".into()),
        ("site-code", "PS1".into()),
        ("public-key", installation().public().into()),
        ("fingerprint", map([("machine-id", first_16("machine-id").into())])),
        ("site-description", "Headquarters".into()),
    ])
}

fn clock(now: u64) -> Item {
    map([("now", now.into()), ("high-water", now.into()), ("steps-back", 0.into())])
}

pub(crate) fn link(counter: u64, digest: [u8; 32]) -> Item {
    map([("digest", digest.into()), ("counter", counter.into())])
}

/// What a request says of the log that was seen.
pub(crate) fn seen_log(size: u64) -> Item {
    map([("root", sha256(b"waybill test only: log root").into()), ("size", size.into())])
}

/// What files say of a license key: enough to find it, not enough to type it.
pub(crate) fn license_key_ref() -> Item {
    license_key_ref_of(&desktop_key())
}

pub(crate) fn license_key_ref_of(key: &str) -> Item {
    map([("digest", license_key_digest(key).into()), ("last-group", key[24..].into())])
}

pub(crate) fn activation_request() -> Item {
    let chain = map([
        ("open", list::<Item>([])),
        ("nonce", first_16("nonce 1").into()),
        ("slots", map([])),
        ("record", 0.into()),
        ("counter", 1.into()),
    ]);
    map([
        ("chain", chain),
        ("clock", clock(ASKED)),
        ("version", 1.into()),
        ("license-key", license_key_ref()),
        ("installation", facts()),
        ("license-type", "desktop".into()),
    ])
}

/// The digest of the activation request, which the license answers.
pub(crate) fn first_request() -> [u8; 32] {
    Sign1::sealed(&installation(), "activation-request", &activation_request()).digest()
}

pub(crate) fn usage() -> Item {
    list([map([
        ("from", TODAY.into()),
        ("peak", 262.into()),
        ("used", 251.into()),
        ("until", (TODAY + 30 * DAY).into()),
        ("metric", "managed-device".into()),
    ])])
}

pub(crate) fn refresh_request() -> Item {
    let first = first_request();
    let chain = map([
        ("open", list::<Item>([])),
        ("nonce", first_16("nonce 2").into()),
        ("since", link(1, first)),
        ("slots", map([("desktop", map([("holding", link(1, first))]))])),
        ("record", 1.into()),
        ("counter", 2.into()),
    ]);
    map([
        ("chain", chain),
        ("clock", clock(TODAY + 30 * DAY)),
        ("usage", usage()),
        ("license", license_id().into()),
        ("version", 1.into()),
        ("installation", facts()),
        ("license-type", "desktop".into()),
    ])
}

pub(crate) fn deactivation_request() -> Item {
    let second = Sign1::sealed(&installation(), "refresh-request", &refresh_request()).digest();
    let chain = map([
        ("open", list([second])),
        ("nonce", first_16("nonce 3").into()),
        ("since", link(1, first_request())),
        ("slots", map([("desktop", map([("ended", 3.into())]))])),
        ("record", 1.into()),
        ("counter", 3.into()),
    ]);
    map([
        ("chain", chain),
        ("clock", clock(TODAY + 40 * DAY)),
        ("usage", usage()),
        ("license", license_id().into()),
        ("version", 1.into()),
        ("installation", facts()),
        ("license-type", "desktop".into()),
    ])
}

fn installation_name() -> Item {
    map([
        ("name", "CM01".into()),
        ("site-code", "PS1".into()),
        ("thumbprint", installation().thumbprint().into()),
        ("site-description", "Headquarters".into()),
    ])
}

pub(crate) fn grant() -> Item {
    map([
        ("seats", 250.into()),
        ("trial", false.into()),
        ("metric", "managed-device".into()),
        ("edition", "Standard".into()),
        ("features", map([])),
        ("after-end", 0.into()),
        ("over-limit", "notify".into()),
        ("contract-end", CONTRACT_END.into()),
        ("contract-start", TODAY.into()),
    ])
}

pub(crate) fn license() -> Item {
    map([
        ("id", license_id().into()),
        ("floor", map([("bundle", 1.into()), ("revocations", 0.into())])),
        ("grace", (14 * DAY).into()),
        ("grants", list([grant()])),
        ("issued", NOW.into()),
        ("record", 1.into()),
        ("vendor", "Example Software".into()),
        ("answers", first_request().into()),
        ("counter", 1.into()),
        ("product", "Mac Management".into()),
        ("version", 1.into()),
        ("good-until", GOOD_UNTIL.into()),
        ("report-due", REPORT_DUE.into()),
        ("license-key", license_key_ref()),
        ("installation", installation_name()),
        ("license-type", "desktop".into()),
        ("clock-tolerance", DAY.into()),
    ])
}

pub(crate) fn deactivation_receipt() -> Item {
    let request = Sign1::sealed(&installation(), "deactivation-request", &deactivation_request()).digest();
    map([
        ("issued", (TODAY + 41 * DAY).into()),
        ("record", 1.into()),
        ("vendor", "Example Software".into()),
        ("answers", request.into()),
        ("counter", 3.into()),
        ("license", license_id().into()),
        ("version", 1.into()),
        ("installation", installation_name()),
        ("license-type", "desktop".into()),
    ])
}

pub(crate) fn refusal() -> Item {
    map([
        ("code", "no-seats".into()),
        ("says", "All 250 seats are in use elsewhere.".into()),
        ("final", false.into()),
        ("until", GOOD_UNTIL.into()),
        ("issued", NOW.into()),
        ("record", 1.into()),
        ("vendor", "Example Software".into()),
        ("answers", first_request().into()),
        ("counter", 1.into()),
        ("version", 1.into()),
        ("next-step", "Free seats at another site, then bring this file again.".into()),
        ("installation", installation().thumbprint().into()),
        ("license-type", "desktop".into()),
    ])
}

pub(crate) fn entry(key: &Key, signs: &[&str]) -> Item {
    map([
        ("from", KEYS_FROM.into()),
        ("signs", list(signs.iter().copied())),
        ("until", KEYS_UNTIL.into()),
        ("public-key", key.public().into()),
    ])
}

/// The first bundle: one root key, and a key for each purpose.
pub(crate) fn trust_bundle() -> Item {
    map([
        (
            "keys",
            list([
                entry(&issuing(), &["license", "deactivation-receipt", "refusal"]),
                entry(&refusing(), &["refusal"]),
                entry(&record(), &["revocation-list", "checkpoint"]),
            ]),
        ),
        ("roots", list([root(1).public()])),
        ("issued", KEYS_FROM.into()),
        ("number", 1.into()),
        ("vendor", "Example Software".into()),
        ("version", 1.into()),
        ("threshold", 1.into()),
    ])
}

pub(crate) fn revocation_list() -> Item {
    map([
        ("keys", list::<Item>([])),
        ("until", (TODAY + 90 * DAY).into()),
        ("issued", TODAY.into()),
        ("number", 1.into()),
        ("vendor", "Example Software".into()),
        ("version", 1.into()),
        ("licenses", list([first_16("license 0")])),
    ])
}

pub(crate) fn checkpoint() -> Item {
    map([
        ("root", sha256(b"waybill test only: log root").into()),
        ("size", 1_042.into()),
        ("issued", NOW.into()),
        ("origin", "log.example.com/waybill".into()),
        ("version", 1.into()),
    ])
}

pub(crate) fn support_bundle() -> Item {
    map([
        ("clock", clock(NOW)),
        ("lines", list(["desktop: active, good until 2027-02-20", "usage: 251 of 250"])),
        ("slots", map([("desktop", map([("holding", link(1, first_request()))]))])),
        ("program", "waybill-proxy 0.1.0".into()),
        ("version", 1.into()),
        ("installation", installation_name()),
    ])
}
