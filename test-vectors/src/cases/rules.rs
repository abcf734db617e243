//! Payloads of the right shape that contradict themselves or break a limit. Each is signed by a key that may.

use super::{good::*, payload::case, world::*};
use crate::{
    Vector,
    kit::{Item, Key, Sign1, list, map},
};

pub(crate) fn vectors() -> Vec<Vector> {
    [license_rules(), request_rules(), answer_rules(), trust_rules()].concat()
}

fn license_rules() -> Vec<Vector> {
    let rule = |name: &str, comment: &str, payload: Item| {
        case(&format!("license-{name}"), "payload-rule", comment, payload)
    };
    vec![
        rule("no-grants", "The license grants nothing.", license().with(&["grants"], list::<Item>([]))),
        rule(
            "too-many-grants",
            "The license has 65 grants.",
            license().with(&["grants"], list(vec![grant(); 65])),
        ),
        rule(
            "metric-twice",
            "Managed devices are granted twice, and it is open which number holds.",
            license().with(&["grants"], list([grant(), grant().with(&["seats"], 100)])),
        ),
        rule(
            "contract-empty",
            "The contract ends when it starts.",
            license().with(&["grants", "0", "contract-start"], CONTRACT_END),
        ),
        rule("too-many-features", "A grant has 65 features.", {
            let features = (0..65).map(|number| (Item::Text(format!("f{number:02}")), Item::from(true)));
            license().with(&["grants", "0", "features"], Item::Map(features.collect()))
        }),
        rule(
            "ends-before-issue",
            "The file is good until the second in which it was issued, that is never.",
            license().with(&["good-until"], NOW).with(&["report-due"], NOW),
        ),
        rule(
            "outlives-contract",
            "The file is good for one second longer than the contract.",
            license().with(&["good-until"], CONTRACT_END + 1),
        ),
        rule(
            "report-too-late",
            "The report is due one second after the file's end.",
            license().with(&["report-due"], GOOD_UNTIL + 1),
        ),
        rule(
            "grace-too-long",
            "The grace is longer than ten years.",
            license().with(&["grace"], 3_660 * DAY + 1),
        ),
        rule(
            "tolerance-too-long",
            "The clock's tolerance is longer than ten years.",
            license().with(&["clock-tolerance"], 3_660 * DAY + 1),
        ),
        rule(
            "time-reset-elsewhere",
            "The clock is put back to another time than that of issue.",
            license().with(&["time-reset"], NOW - 1),
        ),
        rule("counter-zero", "The license answers request number 0.", license().with(&["counter"], 0)),
    ]
}

fn request_rules() -> Vec<Vector> {
    let rule = |kind: &str, name: &str, comment: &str, payload: Item| {
        let request = Sign1::sealed(&installation(), kind, &payload);
        document(kind, &format!("payload-{kind}-{name}"), "payload-rule", comment, &request)
    };
    let shape = |name: &str, comment: &str, payload: Item| {
        let (kind, request) =
            ("refresh-request", Sign1::sealed(&installation(), "refresh-request", &payload));
        document(kind, &format!("payload-{kind}-{name}"), "payload-shape", comment, &request)
    };
    let activation = "activation-request";
    let refresh = "refresh-request";
    let deactivation = "deactivation-request";
    let held = map([("desktop", map([("holding", link(2, [1; 32]))]))]);
    vec![
        rule(
            activation,
            "counter-zero",
            "The request has number 0.",
            activation_request().with(&["chain", "counter"], 0),
        ),
        rule(
            activation,
            "gap",
            "The request has number 2, and nothing is said of number 1.",
            activation_request().with(&["chain", "counter"], 2),
        ),
        rule(
            activation,
            "open-too-long",
            "The request has number 1 and names an open one before it.",
            activation_request().with(&["chain", "open"], list([[1; 32]])),
        ),
        rule(
            activation,
            "since-zero",
            "The highest answered request has number 0.",
            activation_request().with(&["chain", "since"], link(0, [1; 32])),
        ),
        rule(
            activation,
            "slot-active",
            "The slot to be activated holds a license.",
            activation_request()
                .with(&["chain", "counter"], 3)
                .with(&["chain", "since"], link(2, [1; 32]))
                .with(&["chain", "slots"], held),
        ),
        rule(activation, "too-many-fingerprint-parts", "The fingerprint has nine parts.", {
            let parts = (0..9).map(|number| (Item::Text(format!("p{number}")), Item::from([number; 16])));
            activation_request().with(&["installation", "fingerprint"], Item::Map(parts.collect()))
        }),
        rule(
            refresh,
            "log-empty",
            "The log that was seen has no leaves, though an answer was read.",
            refresh_request().with(&["chain", "log"], seen_log(0)),
        ),
        shape(
            "log-without-root",
            "The log that was seen has no root.",
            refresh_request().with(&["chain", "log"], seen_log(1_042).without(&["root"])),
        ),
        shape(
            "log-root-short",
            "The root of the log that was seen has 31 bytes.",
            refresh_request().with(&["chain", "log"], seen_log(1_042).with(&["root"], vec![7; 31])),
        ),
        shape(
            "log-with-origin",
            "The log that was seen has a field that its version does not know.",
            refresh_request().with(&["chain", "log"], seen_log(1_042).with(&["origin"], "log.example.com")),
        ),
        shape(
            "log-is-a-root",
            "The log that was seen is a root alone.",
            refresh_request().with(&["chain", "log"], [7; 32]),
        ),
        rule(
            refresh,
            "nothing-held",
            "The slot to be refreshed holds no license.",
            refresh_request().with(&["chain", "slots"], map([])),
        ),
        rule(
            refresh,
            "holds-itself",
            "The slot holds the answer to this very request.",
            refresh_request().with(&["chain", "slots", "desktop", "holding", "counter"], 2),
        ),
        rule(
            refresh,
            "holds-ended",
            "The slot holds the answer to a request that it ended.",
            refresh_request().with(&["chain", "slots", "desktop", "ended"], 1),
        ),
        rule(
            refresh,
            "ended-later",
            "Another slot ended with a later request than this one.",
            refresh_request().with(&["chain", "slots", "mobile"], map([("ended", 3.into())])),
        ),
        rule(
            refresh,
            "usage-above-peak",
            "More is in use than the highest use of the period.",
            refresh_request().with(&["usage", "0", "used"], 263),
        ),
        rule(
            refresh,
            "usage-backwards",
            "The period of a usage line ends before it begins.",
            refresh_request().with(&["usage", "0", "until"], TODAY - 1),
        ),
        rule(refresh, "too-many-usage-lines", "The usage report has 65 lines.", {
            let line = refresh_request().at(&["usage", "0"]).clone();
            refresh_request().with(&["usage"], list(vec![line; 65]))
        }),
        rule(
            deactivation,
            "not-ended",
            "The slot to be deactivated is not said to have ended.",
            deactivation_request().with(&["chain", "slots"], map([])),
        ),
        rule(
            deactivation,
            "ended-earlier",
            "The slot is said to have ended with an earlier request.",
            deactivation_request().with(&["chain", "slots", "desktop", "ended"], 2),
        ),
        rule(
            deactivation,
            "still-held",
            "Another license is said to be in force in the slot that ends.",
            deactivation_request().with(&["chain", "slots", "desktop", "holding"], link(2, [1; 32])),
        ),
        rule(
            deactivation,
            "too-many-open",
            "The request names 36 open ones: 32, and the deactivations of the three other slots, are the most.",
            deactivation_after(36),
        ),
    ]
}

/// A deactivation with so many open requests before it.
pub(crate) fn deactivation_after(open: u8) -> Item {
    let counter = u64::from(open) + 1;
    deactivation_request()
        .with(&["chain", "open"], list((0..open).map(|number| [number; 32])))
        .with(&["chain", "counter"], counter)
        .with(&["chain", "slots"], map([("desktop", map([("ended", counter.into())]))]))
        .without(&["chain", "since"])
}

fn answer_rules() -> Vec<Vector> {
    let answer = |kind: &str, name: &str, comment: &str, payload: Item| {
        let answer = Sign1::sealed(&issuing(), kind, &payload);
        document(kind, &format!("payload-{kind}-{name}"), "payload-rule", comment, &answer)
    };
    vec![
        answer(
            "refusal",
            "final-and-until",
            "The refusal is final, and changes by itself on a date.",
            refusal().with(&["final"], true),
        ),
        answer(
            "refusal",
            "counter-zero",
            "The refusal answers request number 0.",
            refusal().with(&["counter"], 0),
        ),
        answer(
            "deactivation-receipt",
            "counter-zero",
            "The receipt answers request number 0.",
            deactivation_receipt().with(&["counter"], 0),
        ),
    ]
}

fn trust_rules() -> Vec<Vector> {
    let bundle = |name: &str, comment: &str, payload: Item| {
        let name = format!("payload-trust-bundle-{name}");
        document("trust-bundle", &name, "payload-rule", comment, &bundle_document(&payload))
    };
    let revocations = |name: &str, comment: &str, payload: Item| {
        let name = format!("payload-revocation-list-{name}");
        let list = Sign1::sealed(&record(), "revocation-list", &payload);
        document("revocation-list", &name, "payload-rule", comment, &list)
    };
    let good = trust_bundle;
    vec![
        bundle("no-roots", "The bundle has no root key.", good().with(&["roots"], list::<Item>([]))),
        bundle(
            "six-roots",
            "The bundle has six root keys.",
            good().with(&["roots"], list((1..=6).map(|number| root(number).public()))),
        ),
        bundle(
            "root-twice",
            "A root key stands there twice, so that one signature could count for two.",
            good().with(&["roots"], list([root(1).public(), root(1).public()])).with(&["threshold"], 2),
        ),
        bundle("threshold-zero", "No signature is needed at all.", good().with(&["threshold"], 0)),
        bundle(
            "threshold-above-roots",
            "More signatures are needed than there are root keys.",
            good().with(&["threshold"], 2),
        ),
        bundle(
            "root-as-issuing-key",
            "A root key is an issuing key as well.",
            good().with(&["keys", "0", "public-key"], root(1).public()),
        ),
        bundle(
            "key-twice",
            "A key has two entries, and it is open which one holds.",
            good().with(&["keys", "1", "public-key"], issuing().public()),
        ),
        bundle(
            "seventeen-keys",
            "The bundle has seventeen keys.",
            good().with(&["keys"], {
                let key = |number: u8| Key::test_only(&format!("many {number}"));
                list((0..17).map(|number| entry(&key(number), &["license"])))
            }),
        ),
        bundle(
            "key-for-nothing",
            "A key may sign no kind at all.",
            good().with(&["keys", "1", "signs"], list::<Item>([])),
        ),
        bundle(
            "key-for-bundles",
            "A key that is no root key may sign trust bundles.",
            good().with(&["keys", "1", "signs"], list(["trust-bundle"])),
        ),
        bundle(
            "key-for-requests",
            "A vendor's key may sign requests.",
            good().with(&["keys", "1", "signs"], list(["activation-request"])),
        ),
        bundle(
            "kinds-unsorted",
            "The kinds that a key may sign are not in the specification's order.",
            good().with(&["keys", "0", "signs"], list(["refusal", "license"])),
        ),
        bundle(
            "kind-twice",
            "A key may sign one kind twice.",
            good().with(&["keys", "0", "signs"], list(["license", "license"])),
        ),
        bundle(
            "key-never",
            "A key may sign until the second from which it may.",
            good().with(&["keys", "0", "until"], KEYS_FROM),
        ),
        bundle("number-zero", "The bundle has number 0.", good().with(&["number"], 0)),
        bundle(
            "second-without-previous",
            "The second bundle does not name the first.",
            good().with(&["number"], 2),
        ),
        bundle(
            "first-with-previous",
            "The first bundle names one before it.",
            good().with(&["previous"], [1; 32]),
        ),
        revocations(
            "unsorted",
            "The revoked licenses do not ascend.",
            revocation_list().with(&["licenses"], list([[2; 16], [1; 16]])),
        ),
        revocations(
            "license-twice",
            "A revoked license stands there twice.",
            revocation_list().with(&["licenses"], list([[1; 16], [1; 16]])),
        ),
        revocations(
            "keys-unsorted",
            "The revoked keys do not ascend.",
            revocation_list().with(&["keys"], list([[2; 32], [1; 32]])),
        ),
        revocations("number-zero", "The list has number 0.", revocation_list().with(&["number"], 0)),
        revocations(
            "ends-before-issue",
            "The list ends when it was made.",
            revocation_list().with(&["until"], TODAY),
        ),
    ]
}
