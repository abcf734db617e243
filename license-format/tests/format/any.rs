//! Any payload of every kind that keeps its rules: strategies for the laws.

use license_format::{
    Digest, FingerprintPart, InclusionProof, Kind, Label, LicenseId, LicenseKey, LicenseType, Metric, Nonce,
    Payload, PublicKey, SiteCode, Thumbprint, Timestamp, Token, UnverifiedDocument, UnverifiedFile, limits,
    payload::{
        ActivationRequest, Chain, ChainLink, Checkpoint, ClockReport, DeactivationReceipt,
        DeactivationRequest, FeatureValue, Floor, Grant, InstallationFacts, InstallationName, KeyEntry,
        License, LicenseKeyRef, OverLimit, RefreshRequest, Refusal, RevocationList, SeenLog, SlotReport,
        SlotReports, SupportBundle, TrustBundle, UsageLine,
    },
};
use proptest::{
    collection::{btree_map, btree_set, vec},
    option,
    prelude::*,
    sample::{select, subsequence},
};

/// A document of any kind, with a signature that nobody made.
pub(crate) fn document() -> impl Strategy<Value = UnverifiedDocument> {
    prop_oneof![
        activation_request().prop_flat_map(sealed),
        refresh_request().prop_flat_map(sealed),
        deactivation_request().prop_flat_map(sealed),
        license().prop_flat_map(sealed),
        deactivation_receipt().prop_flat_map(sealed),
        refusal().prop_flat_map(sealed),
        trust_bundle().prop_flat_map(sealed),
        revocation_list().prop_flat_map(sealed),
        checkpoint().prop_flat_map(sealed),
        support_bundle().prop_flat_map(sealed),
    ]
}

/// A file with a document of any kind, and with whatever may travel along with it.
pub(crate) fn file() -> impl Strategy<Value = UnverifiedFile> {
    let news = prop_oneof![
        trust_bundle().prop_flat_map(sealed),
        revocation_list().prop_flat_map(sealed),
        checkpoint().prop_flat_map(sealed),
    ];
    let news = vec(news, 0..=2);
    let licenses = vec(license().prop_flat_map(sealed), 0..=2);
    (document(), news, licenses, option::of(proof())).prop_map(|(document, news, licenses, proof)| {
        let trust = if document.kind().is_request() { licenses } else { news };
        UnverifiedFile { document, trust, proof }
    })
}

fn proof() -> impl Strategy<Value = InclusionProof> {
    (vec(digest(), 0..=limits::PROOF_PATH), 1..=limits::INTEGER)
        .prop_flat_map(|(path, size)| (Just(path), Just(size), 0..size))
        .prop_map(|(path, size, index)| InclusionProof { path, size, index })
}

/// The document of a payload.
pub(crate) fn sealed<P: Payload>(payload: P) -> impl Strategy<Value = UnverifiedDocument> {
    let signature = vec(any::<u8>(), 64).prop_map(|bytes| <[u8; 64]>::try_from(bytes).expect("64 bytes"));
    (thumbprint(), signature).prop_map(move |(kid, signature)| seal(&payload, kid, signature))
}

/// The document of a payload with this signature.
pub(crate) fn seal<P: Payload>(payload: &P, kid: Thumbprint, signature: [u8; 64]) -> UnverifiedDocument {
    UnverifiedDocument::seal(payload, kid, |_| Ok::<_, std::convert::Infallible>(signature))
        .expect("sealing does not fail")
}

// The requests

pub(crate) fn activation_request() -> impl Strategy<Value = ActivationRequest> {
    let clock_key_facts = (clock(), license_key_ref(), facts());
    (chain(), clock_key_facts, license_type()).prop_map(
        |(mut chain, (clock, license_key, installation), license_type)| {
            let ended = chain.slots.slot(license_type).and_then(|slot| slot.ended);
            chain.slots.set(license_type, SlotReport { ended, holding: None });
            ActivationRequest { chain, clock, version: 1, license_key, installation, license_type }
        },
    )
}

pub(crate) fn refresh_request() -> impl Strategy<Value = RefreshRequest> {
    let said = (clock(), usage(), license_id(), facts());
    (chain(), said, license_type(), digest()).prop_map(|(mut chain, said, license_type, digest)| {
        let (clock, usage, license, installation) = said;
        // One more request came before, so that there is one whose answer the slot can hold.
        chain.open.insert(0, digest);
        chain.counter += 1;
        let holding = Some(ChainLink { digest, counter: chain.counter - 1 });
        chain.slots.set(license_type, SlotReport { ended: None, holding });
        RefreshRequest { chain, clock, usage, license, version: 1, installation, license_type }
    })
}

pub(crate) fn deactivation_request() -> impl Strategy<Value = DeactivationRequest> {
    let said = (clock(), usage(), option::of(license_id()), facts());
    (chain(), said, license_type()).prop_map(|(mut chain, said, license_type)| {
        let (clock, usage, license, installation) = said;
        chain.slots.set(license_type, SlotReport { ended: Some(chain.counter), holding: None });
        DeactivationRequest { chain, clock, usage, license, version: 1, installation, license_type }
    })
}

fn chain() -> impl Strategy<Value = Chain> {
    let open = vec(digest(), 0..limits::OPEN_REQUESTS);
    let since = option::of((1..1_u64 << 50, digest()));
    let log = option::of((digest(), 1..1_u64 << 50));
    let read = (integer(), log);
    (open, since, nonce(), read, vec((any::<bool>(), any::<u64>(), any::<u64>(), digest()), 4)).prop_map(
        |(open, since, nonce, (record, log), slots)| {
            let log = log.map(|(root, size)| SeenLog { root, size });
            let since = since.map(|(counter, digest)| ChainLink { counter, digest });
            let counter = since.map_or(0, |since| since.counter) + open.len() as u64 + 1;
            let mut reports = SlotReports::default();
            for (license_type, (used, ended, held, digest)) in LicenseType::ALL.into_iter().zip(slots) {
                // `ended` is at most this request, `held` between the two.
                let ended = ended % (counter + 1);
                let held = ended + 1 + held % counter;
                let holding = (held < counter).then_some(ChainLink { counter: held, digest });
                if used {
                    reports.set(license_type, SlotReport { ended: (ended > 0).then_some(ended), holding });
                }
            }
            Chain { log, open, nonce, since, slots: reports, record, counter }
        },
    )
}

fn facts() -> impl Strategy<Value = InstallationFacts> {
    let texts = (label(), label(), label(), site_code(), option::of(label()));
    let fingerprint =
        btree_map(token(), any::<[u8; 16]>().prop_map(FingerprintPart), 0..=limits::FINGERPRINT_PARTS);
    (texts, public_key(), fingerprint).prop_map(|(texts, public_key, fingerprint)| {
        let (name, product, version, site_code, site_description) = texts;
        InstallationFacts { name, product, version, site_code, public_key, fingerprint, site_description }
    })
}

fn usage() -> impl Strategy<Value = Vec<UsageLine>> {
    let line =
        (instants(), integer(), any::<u64>(), metric()).prop_map(|([from, until], peak, used, metric)| {
            UsageLine { from, peak, used: used % (peak + 1), until, metric }
        });
    vec(line, 0..4)
}

// The answers

pub(crate) fn license() -> impl Strategy<Value = License> {
    let grants = subsequence(Metric::ALL.to_vec(), 1..=4)
        .prop_flat_map(|metrics| metrics.into_iter().map(grant).collect::<Vec<_>>());
    let identity = (license_id(), label(), label(), license_key_ref(), installation_name(), license_type());
    let numbers = (integer(), integer(), integer(), 1..=limits::INTEGER, digest());
    let periods = (0..=limits::PERIOD, 0..=limits::PERIOD, any::<[u64; 3]>(), any::<bool>());
    (grants, identity, numbers, periods).prop_map(|(grants, identity, numbers, periods)| {
        let (id, vendor, product, license_key, installation, license_type) = identity;
        let (bundle, revocations, record, counter, answers) = numbers;
        let (grace, clock_tolerance, [good_until, report_due, issued], reset) = periods;
        let contract_end = grants.iter().map(|grant| grant.contract_end.seconds()).max().expect("a grant");
        let good_until = 1 + good_until % contract_end;
        let issued = seconds(issued % good_until);
        License {
            id,
            floor: Floor { bundle, revocations },
            grace,
            grants,
            issued,
            record,
            vendor,
            answers,
            counter,
            product,
            version: 1,
            good_until: seconds(good_until),
            report_due: seconds(report_due % (good_until + 1)),
            time_reset: reset.then_some(issued),
            license_key,
            installation,
            license_type,
            clock_tolerance,
        }
    })
}

fn grant(metric: Metric) -> impl Strategy<Value = Grant> {
    let over_limit = prop_oneof![
        Just(OverLimit::Notify),
        Just(OverLimit::Refuse),
        integer().prop_map(OverLimit::SuspendAfterDays)
    ];
    let value = prop_oneof![
        any::<bool>().prop_map(FeatureValue::Flag),
        integer().prop_map(FeatureValue::Number),
        label().prop_map(FeatureValue::Text),
    ];
    let contract = (0..limits::TIMESTAMP)
        .prop_flat_map(|start| (Just(seconds(start)), (start + 1..=limits::TIMESTAMP).prop_map(seconds)));
    let numbers = (integer(), integer(), any::<bool>());
    (numbers, label(), btree_map(token(), value, 0..5), over_limit, contract).prop_map(
        move |(
            (seats, after_end_days, trial),
            edition,
            features,
            over_limit,
            (contract_start, contract_end),
        )| Grant {
            seats,
            trial,
            metric,
            edition,
            features,
            after_end_days,
            over_limit,
            contract_end,
            contract_start,
        },
    )
}

pub(crate) fn deactivation_receipt() -> impl Strategy<Value = DeactivationReceipt> {
    let numbers = (instant(), integer(), 1..=limits::INTEGER, digest());
    (numbers, label(), option::of(license_id()), installation_name(), license_type()).prop_map(
        |((issued, record, counter, answers), vendor, license, installation, license_type)| {
            DeactivationReceipt {
                issued,
                record,
                vendor,
                answers,
                counter,
                license,
                version: 1,
                installation,
                license_type,
            }
        },
    )
}

pub(crate) fn refusal() -> impl Strategy<Value = Refusal> {
    let numbers = (instant(), integer(), 1..=limits::INTEGER, digest(), option::of(instant()));
    let texts = (token(), label(), label(), label());
    (numbers, texts, any::<bool>(), thumbprint(), license_type()).prop_map(
        |((issued, record, counter, answers, until), texts, is_final, installation, license_type)| {
            let (code, says, vendor, next_step) = texts;
            Refusal {
                code,
                says,
                is_final,
                until: until.filter(|_| !is_final),
                issued,
                record,
                vendor,
                answers,
                counter,
                version: 1,
                next_step,
                installation,
                license_type,
            }
        },
    )
}

// Trust, and what support asks for

pub(crate) fn trust_bundle() -> impl Strategy<Value = TrustBundle> {
    let keys = btree_set(any::<[u8; 32]>(), 1..=limits::ROOT_KEYS + 6);
    (
        keys,
        1..=limits::ROOT_KEYS,
        vec(entry(), limits::TRUSTED_KEYS),
        instant(),
        1..=limits::INTEGER,
        label(),
        digest(),
    )
        .prop_flat_map(|(keys, roots, entries, issued, number, vendor, digest)| {
            let keys: Vec<PublicKey> = keys.into_iter().map(PublicKey).collect();
            let (roots, rest) = keys.split_at(roots.min(keys.len()));
            let (roots, rest) = (roots.to_vec(), rest.to_vec());
            let keys =
                rest.into_iter().zip(entries).map(|(public_key, entry)| KeyEntry { public_key, ..entry });
            let (keys, most) = (keys.collect::<Vec<_>>(), roots.len() as u64);
            (1..=most).prop_map(move |threshold| TrustBundle {
                keys: keys.clone(),
                roots: roots.clone(),
                issued,
                number,
                vendor: vendor.clone(),
                version: 1,
                previous: (number > 1).then_some(digest),
                threshold,
            })
        })
}

fn entry() -> impl Strategy<Value = KeyEntry> {
    let kinds: Vec<Kind> = Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_answer() || kind.is_trust())
        .filter(|kind| *kind != Kind::TrustBundle)
        .collect();
    let most = kinds.len();
    let window = (0..limits::TIMESTAMP).prop_flat_map(|from| (Just(from), from + 1..=limits::TIMESTAMP));
    (window, subsequence(kinds, 1..=most), public_key(), option::of(instant())).prop_map(
        |((from, until), signs, public_key, distrusted_since)| KeyEntry {
            from: seconds(from),
            signs,
            until: seconds(until),
            public_key,
            distrusted_since,
        },
    )
}

pub(crate) fn revocation_list() -> impl Strategy<Value = RevocationList> {
    let window = (0..limits::TIMESTAMP).prop_flat_map(|from| (Just(from), from + 1..=limits::TIMESTAMP));
    let revoked = (btree_set(any::<[u8; 32]>(), 0..5), btree_set(any::<[u8; 16]>(), 0..20));
    (window, revoked, 1..=limits::INTEGER, label()).prop_map(
        |((issued, until), (keys, licenses), number, vendor)| RevocationList {
            keys: keys.into_iter().map(Thumbprint).collect(),
            until: seconds(until),
            issued: seconds(issued),
            number,
            vendor,
            version: 1,
            licenses: licenses.into_iter().map(LicenseId).collect(),
        },
    )
}

pub(crate) fn checkpoint() -> impl Strategy<Value = Checkpoint> {
    (digest(), integer(), instant(), label()).prop_map(|(root, size, issued, origin)| Checkpoint {
        root,
        size,
        issued,
        origin,
        version: 1,
    })
}

pub(crate) fn support_bundle() -> impl Strategy<Value = SupportBundle> {
    (clock(), vec(label(), 0..10), chain(), label(), installation_name()).prop_map(
        |(clock, lines, chain, program, installation)| SupportBundle {
            clock,
            lines,
            slots: chain.slots,
            program,
            version: 1,
            installation,
        },
    )
}

// The small parts

/// Texts of many scripts, also with what looks like quoting.
pub(crate) fn label() -> impl Strategy<Value = Label> {
    "[!-~äöüЖ端🚚]([ -~äöüЖ端🚚>]{0,40}[!-~äöüЖ端🚚])?".prop_filter_map("a label", |text| text.parse().ok())
}

pub(crate) fn token() -> impl Strategy<Value = Token> {
    "[a-z0-9._-]{1,20}".prop_map(|text| text.parse().expect("a token"))
}

fn site_code() -> impl Strategy<Value = SiteCode> {
    "[A-Z0-9]{3}".prop_filter_map("a site code", |text| text.parse().ok())
}

pub(crate) fn license_type() -> impl Strategy<Value = LicenseType> {
    select(LicenseType::ALL.to_vec())
}

fn metric() -> impl Strategy<Value = Metric> {
    select(Metric::ALL.to_vec())
}

pub(crate) fn license_key() -> impl Strategy<Value = LicenseKey> {
    (license_type(), any::<[u8; 18]>())
        .prop_map(|(license_type, random)| LicenseKey::from_random(license_type, &random))
}

fn license_key_ref() -> impl Strategy<Value = LicenseKeyRef> {
    license_key().prop_map(|key| LicenseKeyRef { digest: key.digest(), last_group: key.last_group() })
}

fn installation_name() -> impl Strategy<Value = InstallationName> {
    (label(), site_code(), thumbprint(), option::of(label())).prop_map(
        |(name, site_code, thumbprint, site_description)| InstallationName {
            name,
            site_code,
            thumbprint,
            site_description,
        },
    )
}

fn clock() -> impl Strategy<Value = ClockReport> {
    (instants(), integer()).prop_map(|([now, high_water], steps_back)| ClockReport {
        now,
        high_water,
        steps_back,
    })
}

/// Two instants in their order.
fn instants() -> impl Strategy<Value = [Timestamp; 2]> {
    (instant(), instant()).prop_map(|(one, other)| [one.min(other), one.max(other)])
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0..=limits::TIMESTAMP).prop_map(seconds)
}

pub(crate) fn seconds(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds).expect("before the year 10000")
}

/// Integers of every length.
fn integer() -> impl Strategy<Value = u64> {
    (0..=53_u32, any::<u64>()).prop_map(|(bits, value)| value & ((1 << bits) - 1))
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest)
}

pub(crate) fn thumbprint() -> impl Strategy<Value = Thumbprint> {
    any::<[u8; 32]>().prop_map(Thumbprint)
}

fn public_key() -> impl Strategy<Value = PublicKey> {
    any::<[u8; 32]>().prop_map(PublicKey)
}

fn license_id() -> impl Strategy<Value = LicenseId> {
    any::<[u8; 16]>().prop_map(LicenseId)
}

fn nonce() -> impl Strategy<Value = Nonce> {
    any::<[u8; 16]>().prop_map(Nonce)
}
