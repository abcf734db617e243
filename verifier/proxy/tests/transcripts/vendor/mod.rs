//! A vendor that says yes or no to whatever a request file asks, with the test keys that everyone knows. Its rules are the signer's
//! room; here only its files matter.

use license_format::{
    Digest, LicenseId, UnverifiedFile,
    payload::{DeactivationReceipt, License, Refusal, Request},
};
use verifier::testing;

/// The vendor's trust file.
pub(crate) fn trust_file() -> Vec<u8> {
    testing::trust_file().encode()
}

/// A yes: a license, or the receipt of a deactivation.
pub(crate) fn yes(request: &[u8]) -> UnverifiedFile {
    grant(request, |_| {})
}

/// A yes with other terms than the usual ones.
pub(crate) fn grant(request: &[u8], change: impl FnOnce(&mut License)) -> UnverifiedFile {
    let (said, digest) = read(request);
    let (license_type, counter) = (said.license_type(), said.chain().counter);
    let installation = said.installation().named();
    if let Request::Deactivation(request) = said {
        let license = request.license;
        let receipt = testing::receipt(license_type);
        return testing::seal_answer(&DeactivationReceipt {
            answers: digest,
            counter,
            installation,
            license,
            ..receipt
        });
    }
    let id = LicenseId(Digest::of(digest.as_bytes()).0[..16].try_into().expect("16 bytes"));
    let mut license = testing::license(license_type);
    license = License { id, answers: digest, counter, installation, ..license };
    change(&mut license);
    testing::seal_answer(&license)
}

/// A no.
pub(crate) fn no(request: &[u8], change: impl FnOnce(&mut Refusal)) -> UnverifiedFile {
    let (said, digest) = read(request);
    let mut refusal = Refusal {
        answers: digest,
        counter: said.chain().counter,
        installation: said.installation().public_key.thumbprint(),
        ..testing::refusal(said.license_type())
    };
    change(&mut refusal);
    testing::seal_answer(&refusal)
}

/// What a request file says, and its identity; genuine, as the signer would see it.
fn read(request: &[u8]) -> (Request, Digest) {
    let file = UnverifiedFile::read(request).expect("a request file");
    let verified = verifier::verify_request(&file.document).expect("a genuine request");
    (verified.request().clone(), verified.digest())
}
