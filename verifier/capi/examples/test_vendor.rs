//! A vendor for the tests in C and Python: it answers request files with the test keys that everyone knows, at today's date.
//!
//! ```text
//! test_vendor trust FILE                        its trust file
//! test_vendor key TYPE                          a license key
//! test_vendor yes REQUEST ANSWER                a license for 250 seats and a year, or a receipt
//! test_vendor overdue REQUEST ANSWER            a license whose report was due ten days ago
//! test_vendor ended REQUEST ANSWER              a license whose contract ended ten days ago, without days after its end
//! test_vendor revoking REQUEST ANSWER LICENSE   a no, with the news that the license in that file is revoked
//! test_vendor no REQUEST ANSWER                 a no
//! test_vendor elsewhere REQUEST ANSWER          a license for another installation
//! test_vendor forged REQUEST ANSWER             a license with an altered signature
//! test_vendor unasked REQUEST ANSWER            a license for a request that was never made
//! ```

use std::{env, fs, time::SystemTime};

use license_format::{
    DAY, Digest, LicenseId, Timestamp, UnverifiedFile,
    payload::{DeactivationReceipt, KeyEntry, License, Refusal, Request, RevocationList, TrustBundle},
};
use verifier::testing;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["trust", file] => save(file, &UnverifiedFile::of(testing::root().seal(&trust_bundle())).encode()),
        ["key", license_type] => print!("{}", testing::license_key(license_type.parse().expect("a type"))),
        ["yes", request, answer] => save(answer, &yes(request, |_| {}).encode()),
        ["overdue", request, answer] => save(answer, &yes(request, overdue).encode()),
        ["ended", request, answer] => save(answer, &yes(request, ended).encode()),
        ["revoking", request, answer, license] => save(answer, &revoking(request, license).encode()),
        ["no", request, answer] => save(answer, &no(request).encode()),
        ["elsewhere", request, answer] => save(answer, &yes(request, elsewhere).encode()),
        ["forged", request, answer] => {
            let mut bytes = yes(request, |_| {}).encode();
            *bytes.last_mut().expect("a file has bytes") ^= 1;
            save(answer, &bytes);
        }
        ["unasked", request, answer] => {
            save(answer, &yes(request, |license| license.answers = Digest([9; 32])).encode());
        }
        _ => panic!("not among those that the head of this file lists: {args:?}"),
    }
}

/// The test keys may sign at any time, so that these tests do not end with the year.
fn trust_bundle() -> TrustBundle {
    let mut bundle = testing::trust_bundle();
    bundle.keys = bundle
        .keys
        .into_iter()
        .map(|key| KeyEntry { from: Timestamp::MIN, until: Timestamp::MAX, ..key })
        .collect();
    bundle
}

fn yes(request: &str, change: impl FnOnce(&mut License)) -> UnverifiedFile {
    let (said, digest) = read(request);
    let (license_type, counter) = (said.license_type(), said.chain().counter);
    let (installation, now) = (said.installation().named(), now());
    if let Request::Deactivation(said) = said {
        let receipt = testing::receipt(license_type);
        return testing::seal_answer(&DeactivationReceipt {
            answers: digest,
            counter,
            installation,
            issued: now,
            license: said.license,
            ..receipt
        });
    }
    let id = LicenseId(Digest::of(digest.as_bytes()).0[..16].try_into().expect("16 bytes"));
    let license = testing::license(license_type);
    let mut license = License { id, answers: digest, counter, installation, ..license };
    date(&mut license, now, now.plus(365 * DAY));
    change(&mut license);
    testing::seal_answer(&license)
}

/// Issued then, good for 90 days, with a report due after 60.
fn date(license: &mut License, issued: Timestamp, contract_end: Timestamp) {
    license.issued = issued;
    license.good_until = issued.plus(90 * DAY).min(contract_end);
    license.report_due = issued.plus(60 * DAY).min(license.good_until);
    for grant in &mut license.grants {
        grant.contract_start = issued;
        grant.contract_end = contract_end;
    }
}

fn overdue(license: &mut License) {
    date(license, now().minus(70 * DAY), now().plus(300 * DAY));
}

fn ended(license: &mut License) {
    date(license, now().minus(80 * DAY), now().minus(10 * DAY));
    license.grants.iter_mut().for_each(|grant| grant.after_end_days = 0);
}

fn elsewhere(license: &mut License) {
    license.installation = testing::facts(&testing::TestKey::named("another installation")).named();
}

fn no(request: &str) -> UnverifiedFile {
    let (said, digest) = read(request);
    testing::seal_answer(&Refusal {
        answers: digest,
        counter: said.chain().counter,
        issued: now(),
        installation: said.installation().public_key.thumbprint(),
        ..testing::refusal(said.license_type())
    })
}

fn revoking(request: &str, license: &str) -> UnverifiedFile {
    let license = UnverifiedFile::read(&fs::read(license).expect("a license file")).expect("a license file");
    let license: License = license.document.decode_unverified().expect("a license");
    let list = RevocationList {
        issued: now(),
        licenses: vec![license.id],
        until: now().plus(90 * DAY),
        ..testing::revocation_list()
    };
    UnverifiedFile { trust: vec![testing::record().seal(&list)], ..no(request) }
}

/// What a request file says, and its identity; genuine, as the signer would see it.
fn read(request: &str) -> (Request, Digest) {
    let file = UnverifiedFile::read(&fs::read(request).expect("a request file")).expect("a request file");
    let verified = verifier::verify_request(&file.document).expect("a genuine request");
    (verified.request().clone(), verified.digest())
}

#[allow(clippy::disallowed_methods, reason = "what it answers must fit the clock of the library")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_seconds(since.as_secs()).expect("before the year 9999")
}

fn save(path: &str, bytes: &[u8]) {
    fs::write(path, bytes).expect("the file can be written");
}
