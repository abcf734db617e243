//! Whom a new installation believes: a trust file whose root fingerprint a person or a script has compared, or the roots that the vendor built
//! into this program (`build.rs`).
//!
//! Nothing in a trust file proves that it is the right vendor's: whoever made it up signed it, too. So nobody comes past this module with a
//! fingerprint that was not compared.

use license_format::UnverifiedFile;
use verifier::{Fingerprint, TrustState};
use waybill_proxy::ProxyError;

use crate::console::{Failure, Page, ask_for, say};

/// The vendor's root bundle, where it was built in.
const BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/roots.waybill"));

/// How the fingerprint is compared.
pub(crate) enum Comparison {
    /// With this one, without asking.
    With(Fingerprint),
    /// By a person at the terminal.
    Ask,
    /// Nobody is there, and none was given.
    Nobody,
}

/// The trust to begin with. A file with the roots that are built in needs no comparison; nor do those themselves, if no file is given.
pub(crate) fn choose(file: Option<&UnverifiedFile>, comparison: &Comparison) -> Result<TrustState, Failure> {
    decide(built_in()?, file, comparison)
}

fn decide(
    built_in: Option<TrustState>,
    file: Option<&UnverifiedFile>,
    comparison: &Comparison,
) -> Result<TrustState, Failure> {
    let trust = match (file, &built_in) {
        (Some(file), _) => TrustState::pin(file).map_err(ProxyError::from)?,
        (None, Some(built_in)) => built_in.clone(),
        (None, None) => {
            return Err(Failure::misuse("trust-needed", "no trust file was given, and none is built in")
                .next("Give the vendor's trust file with --trust FILE."));
        }
    };
    let fingerprint = trust.root_fingerprint();
    let is_built_in = built_in.is_some_and(|built_in| built_in.root_fingerprint() == fingerprint);
    match comparison {
        Comparison::With(expected) if *expected == fingerprint => Ok(trust),
        Comparison::With(_) => Err(differs(&trust)),
        _ if is_built_in => Ok(trust),
        Comparison::Ask => ask_to_compare(&trust).map(|()| trust),
        Comparison::Nobody => {
            let says = "nobody is there to compare the root fingerprint with the vendor's";
            Err(Failure::misuse("fingerprint-needed", says)
                .next("Give the fingerprint that the vendor told you with --fingerprint TEXT."))
        }
    }
}

/// The root fingerprint in groups and in words, side by side.
pub(crate) fn show(page: &mut Page, fingerprint: &Fingerprint) {
    for (at, (groups, words)) in fingerprint.lines().into_iter().enumerate() {
        page.row(if at == 0 { "Root fingerprint" } else { "" }, &format!("{groups}   {words}"));
    }
}

fn built_in() -> Result<Option<TrustState>, Failure> {
    if BUILT_IN.is_empty() {
        return Ok(None);
    }
    let unusable = |says: String| {
        Failure::unknown(
            "roots-unusable",
            format!("the roots that are built into this program cannot be used: {says}"),
        )
        .next("Get the program from the vendor again.")
    };
    let file = UnverifiedFile::read(BUILT_IN).map_err(|error| unusable(error.to_string()))?;
    TrustState::pin(&file).map(Some).map_err(|error| unusable(error.to_string()))
}

fn ask_to_compare(trust: &TrustState) -> Result<(), Failure> {
    let fingerprint = trust.root_fingerprint();
    let mut page = Page::default();
    page.row("Vendor", trust.bundle().vendor.as_str());
    show(&mut page, &fingerprint);
    page.blank();
    page.line(
        "Whoever has the root keys with this fingerprint decides which licenses are genuine here. Compare all of it, words or groups, with \
         what the vendor tells you on paper or by telephone: not with what came along with the file.",
    );
    page.blank();
    // A terminal that cannot be written to gives no answer either.
    let _ = say(&page.into_text());
    let answer = ask_for("Are they the same? Type yes, or the first group that the vendor tells you: ");
    let answer = answer.trim();
    match fingerprint.begins_with(answer) {
        Some(true) => Ok(()),
        Some(false) => Err(differs(trust)),
        None if ["y", "yes"].iter().any(|yes| answer.eq_ignore_ascii_case(yes)) => Ok(()),
        None => Err(Failure::refused(
            "not-confirmed",
            "the fingerprint was not confirmed, and nothing was set up",
        )
        .next("Ask the vendor for the fingerprint, then run the command again and answer yes, or type what the vendor tells you.")),
    }
}

fn differs(trust: &TrustState) -> Failure {
    let says = format!(
        "the trust file's root fingerprint is {}, which is another one: nothing was set up",
        trust.root_fingerprint()
    );
    Failure::refused("fingerprint-differs", says).next(
        "Check what was typed. If the vendor tells you another fingerprint, do not use this trust file, and tell them.",
    )
}

#[cfg(test)]
mod tests {
    use verifier::testing;

    use super::*;

    fn code(decided: Result<TrustState, Failure>) -> Result<Fingerprint, String> {
        decided.map(|trust| trust.root_fingerprint()).map_err(|failure| failure.code().to_owned())
    }

    /// The vendor's, and somebody else's file that is as well signed.
    fn two() -> (TrustState, UnverifiedFile) {
        let mut bundle = testing::trust_bundle();
        let other = testing::TestKey::named("another root");
        bundle.roots = vec![other.public_key()];
        (testing::trust(), UnverifiedFile::of(other.seal(&bundle)))
    }

    #[test]
    fn built_in_roots_need_no_comparison() {
        let (ours, theirs) = two();
        let (same, told) = (ours.to_file(), ours.root_fingerprint());
        let built_in = || Some(ours.clone());
        for file in [None, Some(&same)] {
            for comparison in [Comparison::Nobody, Comparison::With(told)] {
                assert_eq!(code(decide(built_in(), file, &comparison)), Ok(told));
            }
        }
        // What is built in makes no other vendor's file credible, nor a wrong fingerprint right.
        let other = TrustState::pin(&theirs).expect("a bundle").root_fingerprint();
        assert_eq!(
            code(decide(built_in(), Some(&theirs), &Comparison::Nobody)),
            Err("fingerprint-needed".into())
        );
        assert_eq!(
            code(decide(built_in(), Some(&theirs), &Comparison::With(told))),
            Err("fingerprint-differs".into())
        );
        assert_eq!(
            code(decide(built_in(), Some(&same), &Comparison::With(other))),
            Err("fingerprint-differs".into())
        );
        assert_eq!(
            code(decide(built_in(), None, &Comparison::With(other))),
            Err("fingerprint-differs".into())
        );
        assert_eq!(code(decide(built_in(), Some(&theirs), &Comparison::With(other))), Ok(other));
    }

    #[test]
    fn without_built_in_roots_everything_is_compared() {
        let (ours, _) = two();
        let file = ours.to_file();
        assert_eq!(code(decide(None, Some(&file), &Comparison::Nobody)), Err("fingerprint-needed".into()));
        assert_eq!(code(decide(None, None, &Comparison::Nobody)), Err("trust-needed".into()));
    }
}
