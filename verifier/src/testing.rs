//! Keys whose seeds everyone knows, and documents signed with them: for tests of this room and of those that stand on it.
//!
//! A world of one vendor, one installation and one good document of each kind, which tests change as they need. Nothing here may be
//! used outside tests: whoever reads this file can sign with these keys.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    DAY, Digest, Kind, Label, LicenseId, LicenseKey, LicenseType, Metric, Nonce, Payload, PublicKey,
    Thumbprint, Timestamp, UnverifiedDocument, UnverifiedFile,
    payload::{
        ActivationRequest, Chain, ClockReport, DeactivationReceipt, Floor, Grant, InstallationFacts,
        KeyEntry, License, LicenseKeyRef, OverLimit, Refusal, RevocationList, SlotReports, TrustBundle,
    },
};

use crate::trust::TrustState;

/// When everything here was issued: 2026-11-22T10:30:00Z.
pub fn now() -> Timestamp {
    Timestamp::from_seconds(1_795_343_400).expect("before the year 9999")
}

/// A key pair with a public seed.
#[derive(Debug, Clone)]
pub struct TestKey(SigningKey);

impl TestKey {
    /// The key whose seed is the SHA-256 of the name. Different names give different keys.
    pub fn named(name: &str) -> TestKey {
        TestKey(SigningKey::from_bytes(&Digest::of(format!("waybill test only: {name}").as_bytes()).0))
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// The key's name in documents.
    pub fn kid(&self) -> Thumbprint {
        self.public_key().thumbprint()
    }

    /// The signature of some bytes.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }

    /// A document signed with this key, whether it may or not.
    pub fn seal<P: Payload>(&self, payload: &P) -> UnverifiedDocument {
        let sign = |bytes: &[u8]| Ok::<_, std::convert::Infallible>(self.sign(bytes));
        UnverifiedDocument::seal(payload, self.kid(), sign).expect("signing does not fail")
    }
}

/// The first root key.
pub fn root() -> TestKey {
    TestKey::named("root 1")
}

/// May sign licenses, receipts and refusals.
pub fn issuing() -> TestKey {
    TestKey::named("issuing 1")
}

/// May sign revocation lists and checkpoints.
pub fn record() -> TestKey {
    TestKey::named("record 1")
}

/// The installation that the samples are for.
pub fn installation() -> TestKey {
    TestKey::named("installation 1")
}

/// The vendor of the samples.
pub fn vendor() -> Label {
    label("Example Software")
}

/// A text for people.
pub fn label(text: &str) -> Label {
    text.parse().expect("a test's label is one")
}

/// The entry of a key that may sign these kinds from three weeks ago for two years.
pub fn key_entry(key: &TestKey, signs: &[Kind]) -> KeyEntry {
    KeyEntry {
        from: now().minus(21 * DAY),
        signs: signs.to_vec(),
        until: now().plus(2 * 365 * DAY),
        public_key: key.public_key(),
        distrusted_since: None,
    }
}

/// The first bundle: one root key, an issuing key and a key for the record.
pub fn trust_bundle() -> TrustBundle {
    TrustBundle {
        keys: vec![
            key_entry(&issuing(), &[Kind::License, Kind::DeactivationReceipt, Kind::Refusal]),
            key_entry(&record(), &[Kind::RevocationList, Kind::Checkpoint]),
        ],
        roots: vec![root().public_key()],
        issued: now().minus(21 * DAY),
        number: 1,
        vendor: vendor(),
        version: 1,
        previous: None,
        threshold: 1,
    }
}

/// The first bundle as a file that `TrustState::pin` takes.
pub fn trust_file() -> UnverifiedFile {
    UnverifiedFile::of(root().seal(&trust_bundle()))
}

/// The first bundle, pinned.
pub fn trust() -> TrustState {
    TrustState::pin(&trust_file()).expect("the sample bundle is good")
}

/// The bundle after `before`, with changes.
pub fn next_bundle(before: &TrustBundle, change: impl FnOnce(&mut TrustBundle)) -> TrustBundle {
    let payload = root().seal(before);
    let previous = Some(Digest::of(payload.payload_bytes()));
    let mut bundle = TrustBundle { number: before.number + 1, previous, ..before.clone() };
    change(&mut bundle);
    bundle
}

/// The first revocation list, empty.
pub fn revocation_list() -> RevocationList {
    RevocationList {
        keys: Vec::new(),
        until: now().plus(90 * DAY),
        issued: now(),
        number: 1,
        vendor: vendor(),
        version: 1,
        licenses: Vec::new(),
    }
}

/// An answer in a file, signed with the issuing key.
pub fn seal_answer<P: Payload>(answer: &P) -> UnverifiedFile {
    UnverifiedFile::of(issuing().seal(answer))
}

/// A license key as typed.
pub fn license_key(license_type: LicenseType) -> LicenseKey {
    LicenseKey::from_random(license_type, b"waybill test only!")
}

/// What requests and licenses say of it.
pub fn license_key_ref(license_type: LicenseType) -> LicenseKeyRef {
    let key = license_key(license_type);
    LicenseKeyRef { digest: key.digest(), last_group: key.last_group() }
}

/// What the installation says of itself.
pub fn facts(key: &TestKey) -> InstallationFacts {
    InstallationFacts {
        name: label("CM01"),
        product: label("Waybill Proxy"),
        version: label("0.1.0"),
        site_code: "PS1".parse().expect("a site code"),
        public_key: key.public_key(),
        fingerprint: BTreeMap::new(),
        site_description: Some(label("Headquarters")),
    }
}

/// The first request of the installation.
pub fn activation_request(license_type: LicenseType) -> ActivationRequest {
    ActivationRequest {
        chain: Chain {
            log: None,
            open: Vec::new(),
            nonce: Nonce([7; 16]),
            since: None,
            slots: SlotReports::default(),
            record: 0,
            counter: 1,
        },
        clock: ClockReport { now: now(), high_water: now(), steps_back: 0 },
        version: 1,
        license_key: license_key_ref(license_type),
        installation: facts(&installation()),
        license_type,
    }
}

/// The grant that a license type has by default: the three guides' terms.
pub fn grant(license_type: LicenseType) -> Grant {
    let (metric, over_limit, after_end_days) = match license_type {
        LicenseType::Desktop | LicenseType::Mobile => (Metric::ManagedDevice, OverLimit::Notify, 0),
        LicenseType::Farm => (Metric::ConcurrentUser, OverLimit::SuspendAfterDays(7), 30),
        LicenseType::Computers => (Metric::Computer, OverLimit::Refuse, 0),
    };
    Grant {
        seats: 250,
        trial: false,
        metric,
        edition: label("Standard"),
        features: BTreeMap::new(),
        after_end_days,
        over_limit,
        contract_end: now().plus(365 * DAY),
        contract_start: now(),
    }
}

/// A license for the sample request: 250 seats for a year, the file good for 90 days, the report due after 60.
pub fn license(license_type: LicenseType) -> License {
    let request = installation().seal(&activation_request(license_type));
    let grace_days = if license_type == LicenseType::Farm { 30 } else { 14 };
    License {
        id: LicenseId([1; 16]),
        floor: Floor { bundle: 1, revocations: 0 },
        grace: grace_days * DAY,
        grants: vec![grant(license_type)],
        issued: now(),
        record: 1,
        vendor: vendor(),
        answers: request.digest(),
        counter: 1,
        product: label("Mac Management"),
        version: 1,
        good_until: now().plus(90 * DAY),
        report_due: now().plus(60 * DAY),
        time_reset: None,
        license_key: license_key_ref(license_type),
        installation: facts(&installation()).named(),
        license_type,
        clock_tolerance: DAY,
    }
}

/// A receipt for a deactivation.
pub fn receipt(license_type: LicenseType) -> DeactivationReceipt {
    DeactivationReceipt {
        issued: now(),
        record: 1,
        vendor: vendor(),
        answers: Digest([3; 32]),
        counter: 2,
        license: Some(LicenseId([1; 16])),
        version: 1,
        installation: facts(&installation()).named(),
        license_type,
    }
}

/// A refusal of the sample request that is not final.
pub fn refusal(license_type: LicenseType) -> Refusal {
    Refusal {
        code: "no-seats".parse().expect("a token"),
        says: label("All 250 seats are in use elsewhere."),
        is_final: false,
        until: None,
        issued: now(),
        record: 1,
        vendor: vendor(),
        answers: installation().seal(&activation_request(license_type)).digest(),
        counter: 1,
        version: 1,
        next_step: label("Free seats at another site, then bring this file again."),
        installation: installation().kid(),
        license_type,
    }
}
