//! Whatever verifies was signed: no change of a genuine file passes for genuine.

use std::{collections::HashSet, sync::LazyLock};

use license_format::{Kind, UnverifiedDocument, UnverifiedFile};
use verifier::conformance::judge;

use crate::{Law, seeds};

pub(crate) const LAW: Law = Law {
    name: "genuine",
    says: "what verifies with the vectors' trust is one of the vectors' documents, to the last bit",
    check,
    seeds: || {
        let ends = GENUINE.iter().enumerate().map(|(which, file)| {
            let [.., high, low] = (file.len() - 1).to_be_bytes();
            vec![which as u8, high, low, 0]
        });
        seeds::distinct(seeds::files().into_iter().chain(ends))
    },
};

/// What somebody signed, and what somebody forged for the vectors, which is refused as it is.
static KNOWN: LazyLock<HashSet<Vec<u8>>> =
    LazyLock::new(|| seeds::documents().iter().map(what_is_believed).collect());

/// The trust file of nearly all vectors, and the installation's key of the support bundles.
static TRUST: LazyLock<Vec<u8>> = LazyLock::new(|| test_vectors::named("valid-license").trust);
static ENROLLED: LazyLock<[u8; 32]> =
    LazyLock::new(|| test_vectors::named("valid-support-bundle").enrolled.expect("a key"));

/// The vectors that are genuine, as binary files.
static GENUINE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let is_genuine =
        |file: &UnverifiedFile| judge(file.document.kind(), trusted(file), &file.encode()).is_ok();
    seeds::readable_files().iter().filter(|file| is_genuine(file)).map(UnverifiedFile::encode).collect()
});

/// A short input says how a genuine file is changed, so that no effort is lost on finding where its signatures are.
fn check(input: &[u8]) {
    holds(input);
    if let Some(changed) = changed(input) {
        holds(&changed);
    }
}

/// A genuine file with a few of its bits turned over. The input's first byte says which file, the next two where, and up to four more
/// what.
fn changed(input: &[u8]) -> Option<Vec<u8>> {
    let ([which, at @ ..], bits) = input.split_first_chunk::<3>()?;
    if bits.len() > 4 {
        return None;
    }
    let mut file = GENUINE[usize::from(*which) % GENUINE.len()].clone();
    let at = usize::from(u16::from_be_bytes(*at)) % file.len();
    file[at..].iter_mut().zip(bits).for_each(|(byte, bits)| *byte ^= bits);
    Some(file)
}

/// What its signatures are checked with.
fn trusted(file: &UnverifiedFile) -> &'static [u8] {
    if file.document.kind() == Kind::SupportBundle { &*ENROLLED } else { &TRUST }
}

fn holds(input: &[u8]) {
    let Ok(file) = UnverifiedFile::read(input) else { return };
    let kind = file.document.kind();
    if judge(kind, trusted(&file), input).is_ok() {
        // What travels along counts where it is used: licenses with a request, and checkpoints with news, are left alone.
        let is_used = |other: &&UnverifiedDocument| match other.kind() {
            Kind::License => false,
            Kind::Checkpoint => kind.is_answer(),
            _ => true,
        };
        assert_known(std::iter::once(&file.document).chain(file.trust.iter().filter(is_used)));
    }
    if kind == Kind::TrustBundle && judge(kind, &[], input).is_ok() {
        assert_known([&file.document]);
    }
}

fn assert_known<'a>(documents: impl IntoIterator<Item = &'a UnverifiedDocument>) {
    for document in documents {
        let is_known = KNOWN.contains(&what_is_believed(document));
        assert!(is_known, "nobody signed this {}, and it verifies", document.kind());
    }
}

/// A document to the last bit; of a trust bundle what it says, since its documents count together, and those that are signed by
/// another key than one of its roots are passed over.
fn what_is_believed(document: &UnverifiedDocument) -> Vec<u8> {
    match document.kind() {
        Kind::TrustBundle => document.payload_bytes().to_vec(),
        _ => document.encode(),
    }
}
