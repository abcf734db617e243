//! One life of a world, step by step, with every promise asked after every step: the traces that made the rules, and the places from
//! which a search is to begin.

use signer::Answer;
use verifier::installation::Slot;

use crate::{
    model::Model,
    promises,
    proxies::Ask,
    sold::SLOTS,
    state::{Clock, State, Step},
    stuck::nobody_stuck,
    world::World,
};

/// A life.
pub struct Play {
    /// The world.
    pub model: Model,
    /// How it stands.
    pub state: State,
}

impl Play {
    /// The beginning.
    pub fn of(world: World) -> Play {
        let model = Model::new(world);
        let state = model.first();
        Play { model, state }
    }

    /// A step. Panics where it breaks a promise.
    pub fn step(&mut self, step: Step) {
        let next = self.model.apply(&self.state, step);
        if let Err(broken) = promises::check(&mut self.model, Some((&self.state, step)), &next) {
            panic!("{}: {} ({})", broken.promise, broken.why, self.model.describe(&self.state, step));
        }
        self.state = next;
    }

    /// A proxy writes a request; gives the file.
    pub fn prepare(&mut self, site: u8, slot: u8, ask: Ask) -> u32 {
        let before = self.state.requests.clone();
        self.step(Step::Prepare { site, slot, ask });
        let new = self.state.requests.iter().find(|request| !before.contains(request));
        *new.expect("a new file")
    }

    /// Activates slot 0 with a key.
    pub fn activate(&mut self, site: u8, key: u8) -> u32 {
        let slot = self.model.world.slot(key);
        self.prepare(site, slot, Ask::Activate(key))
    }

    /// Refreshes slot 0.
    pub fn refresh(&mut self, site: u8) -> u32 {
        self.prepare(site, 0, Ask::Refresh)
    }

    /// Deactivates slot 0.
    pub fn deactivate(&mut self, site: u8) -> u32 {
        self.prepare(site, 0, Ask::Deactivate)
    }

    /// A request is brought to the signer; gives the answer.
    pub fn upload(&mut self, request: u32) -> u32 {
        let answer = self.model.answer_of(&self.state, request, 0).answer.expect("an answer");
        self.step(Step::Upload { request, process: 0 });
        answer
    }

    /// An answer is brought to a proxy.
    pub fn import(&mut self, site: u8, answer: u32) {
        self.step(Step::Import { site, answer });
    }

    /// There and back; gives what the answer is, as [`says`](Self::says).
    pub fn trip(&mut self, site: u8, request: u32) -> String {
        let answer = self.upload(request);
        self.import(site, answer);
        self.says(answer)
    }

    /// `license 2`, `receipt`, or a refusal's code.
    pub fn says(&self, answer: u32) -> String {
        match &self.model.papers.answer(answer).answer {
            Answer::License(license) => {
                let seats: Vec<String> = license.grants.iter().map(|grant| grant.seats.to_string()).collect();
                format!("license {}", seats.join("+"))
            }
            Answer::Receipt(_) => "receipt".to_owned(),
            Answer::Refusal(refusal) => refusal.code.to_string(),
        }
    }

    /// What an uploaded request is answered.
    pub fn asks(&mut self, request: u32) -> String {
        let answer = self.upload(request);
        self.says(answer)
    }

    /// Seats that a proxy honours now.
    pub fn honours(&mut self, site: u8) -> u64 {
        let clock = self.model.clock(&self.state, usize::from(site));
        let proxy = self.state.sites[usize::from(site)].proxy;
        let honoured = self.model.proxies.honoured(proxy, clock);
        honoured.iter().flat_map(|held| &held.seats).map(|(_, seats)| seats).sum()
    }

    /// The state of a proxy's slot.
    pub fn slot(&self, site: u8, slot: u8) -> &Slot {
        let proxy = self.state.sites[usize::from(site)].proxy;
        self.model.proxies.state(proxy).slot(SLOTS[usize::from(slot)])
    }

    /// Sets a proxy's clock.
    pub fn set_clock(&mut self, site: u8, clock: Clock) {
        self.step(Step::SetClock { site, clock });
    }

    /// Nobody is stuck here.
    pub fn goes_on(&mut self) {
        if let Err(broken) = nobody_stuck(&mut self.model, &self.state) {
            panic!("{}: {}", broken.promise, broken.why);
        }
    }
}
