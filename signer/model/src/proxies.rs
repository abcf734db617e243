//! The proxies: every state that one was ever in, and what the real transitions make of it.
//!
//! A transition is a pure function of the state, the file and the clock, so each is taken once and remembered.

use std::{collections::HashMap, rc::Rc};

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    LicenseKey, Metric, Nonce, PublicKey, Thumbprint, Timestamp,
    payload::{InstallationFacts, License},
};
use signer::Answer;
use verifier::{
    evaluate::State as Standing,
    installation::{Installation, Moment, Outcome, OwnRequest, PrepareError, Prepared},
};

use crate::{
    interned::Interned,
    papers::Papers,
    sold::{self, SLOTS},
    variant::Variant,
};

/// What a proxy can be made to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Looks at its clock.
    Observe,
    /// `prepare` for a slot. `anew`: something has changed since the last time, so that the file is not the same again.
    Prepare {
        /// The slot.
        slot: u8,
        /// What for.
        ask: Ask,
        /// Whether a new file is wanted.
        anew: bool,
        /// Which copy asks: see `Origin`.
        copy: u8,
    },
    /// So many seats of slot 0 are in use.
    Use {
        /// How many.
        seats: u64,
    },
    /// `import` of an answer.
    Import {
        /// The file.
        answer: u32,
    },
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ask {
    /// A first license, with a key.
    Activate(u8),
    /// The next one.
    Refresh,
    /// An end.
    Deactivate,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The state.
    pub proxy: u32,
    /// The file that was prepared.
    pub request: Option<u32>,
    /// Whether the high-water mark was led back.
    pub resets_time: bool,
    /// Whether no file was prepared because too many are open.
    pub full: bool,
}

/// A license that a proxy honours now, by `evaluate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Honoured {
    /// The slot.
    pub slot: usize,
    /// The license.
    pub license: License,
    /// Its seats that may be used now.
    pub seats: Vec<(Metric, u64)>,
}

/// What of a proxy only ever rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Counter, `since`, record number, number of the trust bundle, and for each slot `ended`.
    pub rising: [u64; 6],
    /// The counters of the licenses in force.
    pub in_force: [Option<u64>; 2],
    /// The latest time ever seen.
    pub high_water: Timestamp,
}

/// All proxies.
pub struct Proxies {
    secrets: Vec<SigningKey>,
    names: Vec<Thumbprint>,
    keys: Vec<LicenseKey>,
    states: Interned<Installation>,
    moves: HashMap<(u32, Act, Timestamp), Moved>,
    honoured: HashMap<(u32, Timestamp), Rc<[Honoured]>>,
    marks: HashMap<u32, Marks>,
    variant: Option<Variant>,
}

impl Proxies {
    /// None yet.
    pub fn new(keys: Vec<LicenseKey>, variant: Option<Variant>) -> Proxies {
        Proxies {
            secrets: Vec::new(),
            names: Vec::new(),
            keys,
            states: Interned::default(),
            moves: HashMap::new(),
            honoured: HashMap::new(),
            marks: HashMap::new(),
            variant,
        }
    }

    /// One more installation: gives the number of its first state.
    pub fn set_up(&mut self, papers: &Papers) -> u32 {
        let number = self.secrets.len() + 1;
        let secret = SigningKey::from_bytes(&[number as u8; 32]);
        let facts = InstallationFacts {
            name: format!("PROXY{number}").parse().expect("a label"),
            product: "waybill-proxy".parse().expect("a label"),
            version: "0".parse().expect("a label"),
            site_code: format!("P{number:02}").parse().expect("a site code"),
            public_key: PublicKey(secret.verifying_key().to_bytes()),
            fingerprint: std::collections::BTreeMap::new(),
            site_description: None,
        };
        self.names.push(facts.public_key.thumbprint());
        self.secrets.push(secret);
        let state = Installation::set_up(facts, papers.trust(), sold::start());
        self.keep(state)
    }

    /// An installation's name.
    pub fn name(&self, installation: usize) -> Thumbprint {
        self.names[installation]
    }

    /// A state by number.
    pub fn state(&self, proxy: u32) -> &Installation {
        &self.states[proxy]
    }

    /// How many different states there were.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// What of a proxy only ever rises.
    pub fn marks(&mut self, proxy: u32) -> Marks {
        let state = &self.states[proxy];
        *self.marks.entry(proxy).or_insert_with(|| {
            let since = state.since().map_or(0, |since| since.counter);
            let bundle = state.trust().map_or(0, |trust| trust.bundle().number);
            let [first, second] = SLOTS.map(|slot| state.slot(slot).ended());
            Marks {
                rising: [state.counter(), since, state.record(), bundle, first, second],
                in_force: SLOTS.map(|slot| state.slot(slot).license().map(|license| license.counter)),
                high_water: state.high_water(),
            }
        })
    }

    /// What a proxy honours at a reading of its clock.
    pub fn honoured(&mut self, proxy: u32, clock: Timestamp) -> Rc<[Honoured]> {
        if let Some(known) = self.honoured.get(&(proxy, clock)) {
            return Rc::clone(known);
        }
        let state = &self.states[proxy];
        let honoured = SLOTS.iter().enumerate().filter_map(|(slot, license_type)| {
            let license = state.slot(*license_type).license()?.clone();
            let verdict = state.verdict(*license_type, clock)?;
            let file_is_over = verdict.now >= license.good_until.plus(license.grace);
            let goes_on = |standing: Standing| match standing {
                // Nothing new is added, and what is there goes on until the dates say otherwise.
                Standing::ClockBehind | Standing::Suspended => !file_is_over,
                standing => standing.is_in_force(),
            };
            let grants = verdict.grants.iter().filter(|grant| goes_on(grant.state));
            let seats: Vec<_> = grants.map(|grant| (grant.metric, grant.seats)).collect();
            (!seats.is_empty()).then_some(Honoured { slot, license, seats })
        });
        let honoured: Rc<[Honoured]> = honoured.collect();
        self.honoured.insert((proxy, clock), Rc::clone(&honoured));
        honoured
    }

    /// Takes a transition.
    pub fn act(
        &mut self,
        proxy: u32,
        act: Act,
        clock: Timestamp,
        installation: usize,
        papers: &mut Papers,
    ) -> Moved {
        if let Some(moved) = self.moves.get(&(proxy, act, clock)) {
            return *moved;
        }
        let mut moved = Moved { proxy, request: None, resets_time: false, full: false };
        match act {
            Act::Observe => moved.proxy = self.keep(self.states[proxy].observe_clock(clock)),
            Act::Use { seats } => {
                moved.proxy = self.keep(self.states[proxy].set_usage(SLOTS[0], seats, clock));
            }
            Act::Prepare { slot, ask, anew, copy } => {
                match self.prepare(proxy, slot, ask, anew, copy, clock, installation) {
                    Ok((state, prepared)) => {
                        let state = Variant::of_proxy(self.variant, state);
                        moved.proxy = self.keep(state);
                        let file = prepared.request.file();
                        moved.request = Some(papers.take_request(file, installation, copy));
                    }
                    Err(error) => moved.full = matches!(error, PrepareError::TooManyOpen { .. }),
                }
            }
            Act::Import { answer } => {
                let paper = papers.answer(answer);
                if let Ok((state, outcome)) = self.states[proxy].import(&paper.file, clock) {
                    moved.resets_time =
                        matches!(&outcome, Outcome::Installed(installed) if installed.resets_time);
                    let state = match (self.variant, &paper.answer, &outcome) {
                        (Some(Variant::OlderAnswerTaken), Answer::License(_), Outcome::Superseded { .. }) => {
                            Variant::with_license(&state, &paper.file)
                        }
                        _ => state,
                    };
                    moved.proxy = self.keep(state);
                }
            }
        }
        self.moves.insert((proxy, act, clock), moved);
        moved
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one act")]
    fn prepare(
        &self,
        proxy: u32,
        slot: u8,
        ask: Ask,
        anew: bool,
        copy: u8,
        clock: Timestamp,
        installation: usize,
    ) -> Result<(Installation, Prepared), PrepareError> {
        let state = &self.states[proxy];
        let secret = &self.secrets[installation];
        let sign = |bytes: &[u8]| secret.sign(bytes).to_bytes();
        let next = state.counter() + 1;
        // No two copies write the same, and the same copy at the same counter always does.
        let mut nonce = [0; 16];
        nonce[0] = copy;
        nonce[8..].copy_from_slice(&next.to_be_bytes());
        let moment = Moment { now: clock, nonce: Nonce(nonce) };
        let slot = SLOTS[usize::from(slot)];
        // Something to tell: the program was upgraded.
        let upgraded = || {
            let version = format!("1.{next}").parse().expect("a label");
            state.with_facts(InstallationFacts { version, ..state.facts().clone() })
        };
        match ask {
            Ask::Activate(key) => {
                let state = if anew { &upgraded() } else { state };
                state.prepare_activation(slot, &self.keys[usize::from(key)], moment, sign)
            }
            Ask::Refresh => {
                let state = if anew { &upgraded() } else { state };
                state.prepare_refresh(slot, moment, sign)
            }
            Ask::Deactivate => state.prepare_deactivation(slot, moment, sign),
        }
    }

    fn keep(&mut self, state: Installation) -> u32 {
        let slots = SLOTS
            .map(|slot| (state.slot(slot).license().map(|license| license.id), state.slot(slot).ended()));
        let newest = state.open().last().map(OwnRequest::digest);
        let look = (state.counter(), state.since().map(|since| since.digest), state.record(), slots, newest);
        self.states.number(look, state)
    }
}
