//! Genuine files: one of each kind, and those at the edge of a rule that an eager verifier might refuse.

use super::{good::*, world::*};
use crate::{
    Vector,
    kit::{File, Item, Key, Sign1, inclusion_proof, list, map, sha256},
};

pub(crate) fn vectors() -> Vec<Vector> {
    let case = |key: &Key, kind: &str, payload: Item| {
        let comment = format!("A good {}.", kind.replace('-', " "));
        document(kind, &format!("valid-{kind}"), "accept", &comment, &Sign1::sealed(key, kind, &payload))
    };
    let license_case = |name: &str, comment: &str, payload: Item| {
        license_with(&format!("valid-license-{name}"), "accept", comment, payload)
    };
    let request_case = |kind: &str, name: &str, comment: &str, payload: Item| {
        let request = Sign1::sealed(&installation(), kind, &payload);
        document(kind, &format!("valid-{kind}-{name}"), "accept", comment, &request)
    };

    vec![
        case(&installation(), "activation-request", activation_request()),
        case(&installation(), "refresh-request", refresh_request()),
        case(&installation(), "deactivation-request", deactivation_request()),
        case(&issuing(), "license", license()),
        case(&issuing(), "deactivation-receipt", deactivation_receipt()),
        case(&issuing(), "refusal", refusal()),
        case(&root(1), "trust-bundle", trust_bundle()),
        case(&record(), "revocation-list", revocation_list()),
        case(&record(), "checkpoint", checkpoint()),
        case(&installation(), "support-bundle", support_bundle()),
        // Requests
        request_case(
            "activation-request",
            "no-description",
            "The site has no description.",
            activation_request().without(&["installation", "site-description"]),
        ),
        request_case(
            "activation-request",
            "again",
            "The slot was ended before, and is activated again.",
            activation_request()
                .with(&["chain", "counter"], 4)
                .with(&["chain", "since"], link(3, sha256(b"waybill test only: request 3")))
                .with(&["chain", "slots"], map([("desktop", map([("ended", 3.into())]))])),
        ),
        request_case(
            "deactivation-request",
            "nothing-in-force",
            "The slot is ended although no license was in force.",
            deactivation_request().without(&["license"]),
        ),
        request_case(
            "refresh-request",
            "seen-log",
            "The newest checkpoint that was read is named.",
            refresh_request().with(&["chain", "log"], seen_log(1_042)),
        ),
        request_case(
            "refresh-request",
            "no-usage",
            "Nothing was counted since the report before.",
            refresh_request().with(&["usage"], list::<Item>([])),
        ),
        request_case(
            "refresh-request",
            "clock-set-back",
            "The clock was found set back, and the request says so.",
            refresh_request().with(&["clock", "now"], ASKED).with(&["clock", "steps-back"], 1),
        ),
        request_case(
            "deactivation-request",
            "most-open",
            "The request names 35 open ones, the most there can be: 32, and the deactivations of the other slots.",
            super::rules::deactivation_after(35),
        ),
        with_license(),
        // Licenses
        license_case("trial", "The grant is a trial.", license().with(&["grants", "0", "trial"], true)),
        license_case(
            "suspends",
            "Over the limit the product is suspended after seven days.",
            license().with(&["grants", "0", "over-limit"], map([("suspend-after-days", 7.into())])),
        ),
        license_case(
            "two-grants",
            "The license grants computers and users.",
            license()
                .with(&["license-type"], "computers")
                .with(&["grants", "0", "metric"], "computer")
                .with(&["grants", "0", "over-limit"], "refuse")
                .with(
                    &["grants"],
                    list([
                        grant().with(&["metric"], "computer").with(&["over-limit"], "refuse"),
                        grant().with(&["metric"], "user").with(&["seats"], 40),
                    ]),
                ),
        ),
        license_case(
            "features",
            "A vendor's features are a flag, a number and a text; shorter names come first.",
            license().with(
                &["grants", "0", "features"],
                map([("tier", "Gold".into()), ("zones", 3.into()), ("api.export", true.into())]),
            ),
        ),
        license_case(
            "no-seats",
            "The license grants no seat at all.",
            license().with(&["grants", "0", "seats"], 0),
        ),
        license_case(
            "time-reset",
            "The license puts a clock that ran ahead back to the time of issue.",
            license().with(&["time-reset"], NOW),
        ),
        license_case(
            "good-to-the-end",
            "The file is good until the contract ends, and the report is due then.",
            license().with(&["good-until"], CONTRACT_END).with(&["report-due"], CONTRACT_END),
        ),
        license_case(
            "other-letters",
            "The texts for people are in Japanese and have an emoji and a combining accent.",
            license()
                .with(&["product"], "端末管理 🚚")
                .with(&["vendor"], "Example Software")
                .with(&["installation", "site-description"], "Zentrale Mu\u{308}nchen"),
        ),
        Vector {
            now: CONTRACT_END + 400 * DAY,
            ..license_case(
                "ended-long-ago",
                "The license ended: it is genuine still, and grants nothing any more.",
                license(),
            )
        },
        license_with_news(),
        license_with_proof(),
        license_first_in_log(),
        // Answers
        document(
            "refusal",
            "valid-refusal-final",
            "accept",
            "The refusal is final and so has no date on which it changes.",
            &Sign1::sealed(&issuing(), "refusal", &refusal().with(&["final"], true).without(&["until"])),
        ),
        document(
            "refusal",
            "valid-refusal-other-key",
            "accept",
            "The refusal is signed by a key that may sign refusals and nothing else.",
            &Sign1::sealed(&refusing(), "refusal", &refusal()),
        ),
        document(
            "deactivation-receipt",
            "valid-deactivation-receipt-no-license",
            "accept",
            "The slot that ended had no license in force.",
            &Sign1::sealed(&issuing(), "deactivation-receipt", &deactivation_receipt().without(&["license"])),
        ),
    ]
}

/// A request brings the licenses in force along, where a restored signer asked for them.
fn with_license() -> Vector {
    let request = Sign1::sealed(&installation(), "refresh-request", &refresh_request());
    let file = File::of(&request).and(&license_document());
    let comment = "The license in force travels along, from which a restored signer takes its record back.";
    filed("refresh-request", "valid-refresh-request-with-license", "accept", comment, &file)
}

/// The license needs the revocation list that travels along.
fn license_with_news() -> Vector {
    let license = Sign1::sealed(&issuing(), "license", &license().with(&["floor", "revocations"], 1));
    let list = Sign1::sealed(&record(), "revocation-list", &revocation_list());
    let file = File::of(&license).and(&bundle_document(&trust_bundle())).and(&list);
    let comment = "The license needs revocation list number 1, which travels along with the bundle that is known already.";
    filed("license", "valid-license-with-news", "accept", comment, &file)
}

/// The license is leaf 2 of a log of five.
fn license_with_proof() -> Vector {
    let license = license_document();
    let log = Log::of_five(&license);
    let checkpoint = checkpoint().with(&["size"], 5).with(&["root"], log.root);
    let checkpoint = Sign1::sealed(&record(), "checkpoint", &checkpoint);
    let file = File { proof: Some(inclusion_proof(2, 5, &log.path)), ..File::of(&license).and(&checkpoint) };
    let comment =
        "The license is in the log, third of five; the proof leads to the checkpoint that travels along.";
    filed("license", "valid-license-with-proof", "accept", comment, &file)
}

/// The license is the only leaf, so that the path is empty.
fn license_first_in_log() -> Vector {
    let license = license_document();
    let checkpoint = checkpoint().with(&["size"], 1).with(&["root"], leaf(license.digest()));
    let checkpoint = Sign1::sealed(&record(), "checkpoint", &checkpoint);
    let file = File { proof: Some(inclusion_proof(0, 1, &[])), ..File::of(&license).and(&checkpoint) };
    let comment = "The license is the log's only entry, so that the proof's path is empty.";
    filed("license", "valid-license-first-in-log", "accept", comment, &file)
}
