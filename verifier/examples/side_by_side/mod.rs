//! Kinds of work that are measured beside each other, and those that believing a license is made of. What the machine does besides
//! falls on all of them alike. Knows nothing of how figures are shown; `signer/benches/speed.rs` uses it too.
#![allow(dead_code, reason = "each program uses a part of it")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use ed25519_dalek::{Signature, VerifyingKey};
use license_format::{LicenseId, LicenseType, UnverifiedFile, payload::License};
use verifier::{
    EffectiveTime, TrustState, Usage, Verdict, VerifiedAnswer, evaluate,
    testing::{self, issuing, license, now, root, seal_answer, trust_bundle},
    verify_answer,
};

/// A kind of work.
pub(crate) struct Work<'a> {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Does it once, and says how long it took. What it needs made before is not counted.
    pub(crate) once: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(name: &'static str, once: impl FnMut() -> Duration + 'a) -> Work<'a> {
        Work { name, once: Box::new(once) }
    }
}

/// How long it takes, with letting go of what it made.
#[allow(clippy::disallowed_methods, reason = "a benchmark is the edge where elapsed time is read")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    drop(black_box(work()));
    start.elapsed()
}

/// Microseconds of each, as they are while nothing else happens: what the machine does besides only ever adds time, on a busy day to
/// nine of ten, so the end of the lowest tenth is taken. They take turns, also in going first.
pub(crate) fn in_turns(turns: usize, works: &mut [Work]) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(turns); works.len()];
    for turn in 0..turns {
        for next in 0..works.len() {
            let at = (turn + next) % works.len();
            times[at].push((works[at].once)().as_secs_f64() * 1e6);
        }
    }
    let lowest_tenth = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 10]
    };
    times.into_iter().map(lowest_tenth).collect()
}

/// Different licenses: a processor learns the course of a check that it repeats, and no program checks the same license over and over.
const LICENSES: u8 = 40;

/// What it takes to believe licenses.
pub(crate) struct Believing {
    trust: TrustState,
    key: VerifyingKey,
    pub(crate) cases: Vec<Case>,
}

/// A license as a file, alone and with its trust bundle, and what the bare check needs of it.
pub(crate) struct Case {
    pub(crate) alone: Vec<u8>,
    pub(crate) along: Vec<u8>,
    pub(crate) signed: Vec<u8>,
    signature: Signature,
}

impl Believing {
    pub(crate) fn new() -> Believing {
        let bundle = root().seal(&trust_bundle());
        let case = |number| {
            let file = seal_answer(&License { id: LicenseId([number; 16]), ..license(LicenseType::Desktop) });
            Case {
                alone: file.encode(),
                signed: file.document.to_be_signed().to_vec(),
                signature: Signature::from_bytes(file.document.signature()),
                along: UnverifiedFile { trust: vec![bundle.clone()], ..file }.encode(),
            }
        };
        Believing {
            trust: testing::trust(),
            key: VerifyingKey::from_bytes(&issuing().public_key().0).expect("a good key"),
            cases: (0..LICENSES).map(case).collect(),
        }
    }

    /// First the one thing that cannot be saved, the strict Ed25519 check of a license's bytes with a key that is ready. The others
    /// begin with the bytes of a file.
    pub(crate) fn works(&self) -> Vec<Work<'_>> {
        vec![
            self.work("raw strict Ed25519", |case| {
                self.key.verify_strict(black_box(&case.signed), &case.signature).expect("a good one")
            }),
            self.work("parse", |case| UnverifiedFile::read(black_box(&case.alone)).expect("a good file")),
            self.work("verify", |case| self.believe(&case.alone)),
            self.work("evaluate", |case| self.judge(&case.alone)),
            self.work("evaluate, with news", |case| self.judge(&case.along)),
        ]
    }

    /// Work that is done on the next license each time.
    fn work<'a, T>(&'a self, name: &'static str, work: impl Fn(&Case) -> T + 'a) -> Work<'a> {
        let mut cases = self.cases.iter().cycle();
        Work::new(name, move || {
            let case = cases.next().expect("there is always another");
            timed(|| work(case))
        })
    }

    fn believe(&self, file: &[u8]) -> VerifiedAnswer {
        let file = UnverifiedFile::read(black_box(file)).expect("a good file");
        verify_answer(&file, &self.trust).expect("a genuine license").0
    }

    fn judge(&self, file: &[u8]) -> Verdict {
        let VerifiedAnswer::License(license) = self.believe(file) else { unreachable!("it is a license") };
        evaluate(license.payload(), &Usage::none(), EffectiveTime { clock: now(), high_water: now() })
    }
}
