//! What believing a license costs beside the one thing that cannot be saved: the strict Ed25519 check of its bytes.
//!
//! From the bytes of a file to a verdict, in turns with the bare check of the same signed bytes with a key that is ready, so that what
//! else the machine does falls on both. Prints one JSON object for each figure.

use std::{hint::black_box, time::Instant};

use ed25519_dalek::{Signature, VerifyingKey};
use license_format::{LicenseId, LicenseType, UnverifiedDocument, UnverifiedFile, payload::License};
use verifier::{
    EffectiveTime, TrustState, Usage, Verdict, VerifiedAnswer, evaluate,
    testing::{self, issuing, license, now, root, seal_answer, trust_bundle},
    verify_answer,
};

const ROUNDS: usize = 301;
/// Different licenses in a round: a processor learns the course of a check that it repeats, and no program checks the same license over
/// and over.
const LICENSES: u8 = 40;
const AIM: f64 = 1.10;

fn main() {
    let trust = testing::trust();
    let bundle = root().seal(&trust_bundle());
    let cases: Vec<Case> = (0..LICENSES).map(|number| Case::new(number, &bundle)).collect();
    let key = VerifyingKey::from_bytes(&issuing().public_key().0).expect("a good key");
    let Case { alone, along, signed, .. } = &cases[0];
    let (alone, along, signed) = (alone.len(), along.len(), signed.len());
    eprintln!("a license file of {alone} bytes, {signed} of them signed; {along} with its trust bundle");

    let [raw, read, verified, judged, with_news] = undisturbed(
        &cases,
        [
            &|case| key.verify_strict(black_box(&case.signed), &case.signature).expect("a good one"),
            &|case| drop(black_box(UnverifiedFile::read(black_box(&case.alone)))),
            &|case| drop(black_box(believe(&case.alone, &trust))),
            &|case| drop(black_box(judge(&case.alone, &trust))),
            &|case| drop(black_box(judge(&case.along, &trust))),
        ],
    );
    figure("raw strict Ed25519 of a license's bytes", raw, "us", None);
    figure("read a license file without verifying it", read, "us", None);
    figure("verify and decode a license", verified, "us", None);
    figure("verify and decode a license, over raw strict Ed25519", verified / raw, "x", Some(AIM));
    figure("verify, decode and evaluate a license, over raw strict Ed25519", judged / raw, "x", Some(AIM));
    figure("the same with the known trust bundle traveling along", with_news / raw, "x", None);
}

/// A license as a file, alone and with its trust bundle, and what the bare check needs of it.
struct Case {
    alone: Vec<u8>,
    along: Vec<u8>,
    signed: Vec<u8>,
    signature: Signature,
}

impl Case {
    fn new(number: u8, bundle: &UnverifiedDocument) -> Case {
        let file = seal_answer(&License { id: LicenseId([number; 16]), ..license(LicenseType::Desktop) });
        Case {
            alone: file.encode(),
            signed: file.document.to_be_signed().to_vec(),
            signature: Signature::from_bytes(file.document.signature()),
            along: UnverifiedFile { trust: vec![bundle.clone()], ..file }.encode(),
        }
    }
}

fn believe(file: &[u8], trust: &TrustState) -> VerifiedAnswer {
    let file = UnverifiedFile::read(black_box(file)).expect("a good file");
    verify_answer(&file, trust).expect("a genuine license").0
}

fn judge(file: &[u8], trust: &TrustState) -> Verdict {
    let VerifiedAnswer::License(license) = believe(file, trust) else { unreachable!("it is a license") };
    evaluate(license.payload(), &Usage::none(), EffectiveTime { clock: now(), high_water: now() })
}

/// Microseconds of each kind of work, as they are while nothing else happens: what the machine does besides only ever adds time, on a
/// busy day to nine of ten, so the end of the lowest tenth is taken. The kinds take turns on each case, and in going first.
fn undisturbed<const N: usize>(cases: &[Case], works: [&dyn Fn(&Case); N]) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..ROUNDS {
        for case in cases {
            for turn in 0..N {
                let at = (round + turn) % N;
                times[at].push(microseconds(|| works[at](case)));
            }
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 10]
    })
}

#[allow(clippy::disallowed_methods, reason = "a benchmark is the edge where elapsed time is read")]
fn microseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

fn figure(figure: &str, value: f64, unit: &str, aim: Option<f64>) {
    let (aim, meets) = match aim {
        Some(aim) => (format!("\"<= {aim:.2}\""), (value <= aim).to_string()),
        None => ("null".to_owned(), "null".to_owned()),
    };
    println!(
        r#"{{"figure": "{figure}", "value": {value:.4}, "unit": "{unit}", "aim": {aim}, "meets": {meets}}}"#
    );
}
