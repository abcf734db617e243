//! A world at work: which steps may be taken in a state, and what each leads to.

use license_format::{DAY, Digest, Thumbprint, Timestamp, payload::License};
use signer::Answer;

use crate::{
    desks::{Deed, Desks, Done},
    papers::Papers,
    proxies::{Act, Ask, Moved, Proxies},
    sold,
    state::{Origin, Site, Snapshot, Spent, State, Step},
    world::World,
};

/// A world at work: all that ever was in it, by number.
pub struct Model {
    /// The world.
    pub world: World,
    /// All files.
    pub papers: Papers,
    /// All states of proxies.
    pub proxies: Proxies,
    /// All desks.
    pub desks: Desks,
    /// The digests of the keys.
    pub keys: Vec<Digest>,
    /// The names of the installations.
    pub names: Vec<Thumbprint>,
    first: State,
}

impl Model {
    /// The world at its start.
    pub fn new(world: World) -> Model {
        let papers = Papers::new();
        let texts: Vec<_> = (0..world.keys.len())
            .map(|key| sold::license_key(key, &world.subscriptions[world.keys[key].subscription]))
            .collect();
        let keys = texts.iter().map(license_format::LicenseKey::digest).collect();
        let mut proxies = Proxies::new(texts, world.variant);
        let mut desks = Desks::new(world.variant);
        let sites: Vec<Site> =
            (0..world.sites.len()).map(|number| Site::new(number as u8, proxies.set_up(&papers))).collect();
        let copies = (0..sites.len()).map(|copy| Origin { parent: copy as u8, split: 0 }).collect();
        let desk = desks.open(sold::book(&world.subscriptions, &world.keys));
        let names = (0..sites.len()).map(|number| proxies.name(number)).collect();
        let first = State {
            instant: 0,
            sites,
            copies,
            desk,
            backup: None,
            requests: Vec::new(),
            answers: Vec::new(),
            spent: Spent::default(),
        };
        Model { world, papers, proxies, desks, keys, names, first }
    }

    /// The state in which everything begins.
    pub fn first(&self) -> State {
        self.first.clone()
    }

    /// The true time. After the last instant of the world comes one at which every file has ended.
    pub fn now(&self, state: &State) -> Timestamp {
        let days = &self.world.days;
        let last = days.last().copied().unwrap_or(0);
        sold::start().plus(days.get(usize::from(state.instant)).copied().unwrap_or(last + 500) * DAY)
    }

    /// What a site's clock says.
    pub fn clock(&self, state: &State, site: usize) -> Timestamp {
        state.sites[site].clock.read(self.now(state))
    }

    /// Every step that may be taken, with what it leads to. Steps that change nothing are left out.
    pub fn steps(&mut self, state: &State) -> Vec<(Step, State)> {
        let mut steps = self.file_steps(state);
        steps.extend(self.other_steps(state));
        let mut next = Vec::with_capacity(steps.len());
        for step in steps {
            let after = self.apply(state, step);
            if after != *state {
                next.push((step, after));
            }
        }
        next
    }

    fn file_steps(&self, state: &State) -> Vec<Step> {
        let mut steps = Vec::new();
        for (number, site) in state.sites.iter().enumerate() {
            let proxy = self.proxies.state(site.proxy);
            let number = number as u8;
            for answer in &state.answers {
                if self.papers.answer(*answer).installation == usize::from(site.installation) {
                    steps.push(Step::Import { site: number, answer: *answer });
                }
            }
            if proxy.counter() >= self.world.may.requests {
                continue;
            }
            for key in &self.world.sites[usize::from(site.installation)] {
                let slot = self.world.slot(*key);
                if proxy.slot(sold::SLOTS[usize::from(slot)]).license().is_none() {
                    steps.push(Step::Prepare { site: number, slot, ask: Ask::Activate(*key) });
                }
            }
            for (slot, _) in self.world.uses(site.installation) {
                steps.push(Step::Prepare { site: number, slot, ask: Ask::Refresh });
                steps.push(Step::Prepare { site: number, slot, ask: Ask::Deactivate });
            }
        }
        for request in &state.requests {
            for process in 0..self.world.processes.len() {
                steps.push(Step::Upload { request: *request, process: process as u8 });
            }
        }
        steps
    }

    fn other_steps(&self, state: &State) -> Vec<Step> {
        let (may, spent) = (&self.world.may, &state.spent);
        let mut steps = Vec::new();
        if usize::from(state.instant) + 1 < self.world.days.len() {
            steps.push(Step::Pass);
        }
        if spent.edits < may.edits {
            steps.extend(
                self.world.quotas.iter().map(|(key, quota)| Step::Quota { key: *key, quota: *quota }),
            );
        }
        if spent.suspensions < may.suspensions {
            steps.push(Step::Suspend { subscription: 0, on: spent.suspensions % 2 == 0 });
        }
        for (number, site) in state.sites.iter().enumerate() {
            let number = number as u8;
            if spent.snapshots < may.snapshots && site.snapshot.is_none() {
                steps.push(Step::Snapshot { site: number });
            }
            if spent.restores < may.restores && site.snapshot.is_some() {
                steps.push(Step::Restore { site: number });
            }
            if spent.clones < may.clones {
                steps.push(Step::Clone { site: number });
            }
            if spent.clocks < may.clocks {
                let others = self.world.clocks.iter().filter(|clock| **clock != site.clock);
                steps.extend(others.map(|clock| Step::SetClock { site: number, clock: *clock }));
            }
        }
        if spent.resolutions < may.resolutions {
            let forked = |number: &usize| {
                let record = sold::known(&self.desks.desk(state.desk).book, &self.names[*number]);
                record.is_some_and(|record| record.fork.is_some())
            };
            for number in (0..self.names.len()).filter(forked) {
                let choices = self.world.chooses.iter();
                steps.extend(
                    choices.map(|second| Step::Resolve { installation: number as u8, second: *second }),
                );
            }
        }
        if spent.backups < may.backups {
            steps.push(Step::BackUp);
        }
        if spent.put_backs < may.put_backs && state.backup.is_some() {
            steps.push(Step::PutBack);
        }
        steps
    }

    /// Takes a step.
    pub fn apply(&mut self, state: &State, step: Step) -> State {
        let mut next = state.clone();
        match step {
            Step::Prepare { site, slot, ask } => {
                self.prepare(&mut next, usize::from(site), slot, ask, true);
            }
            Step::Upload { request, process } => {
                self.upload(&mut next, request, process);
            }
            Step::Import { site, answer } => {
                self.act(&mut next, usize::from(site), Act::Import { answer });
            }
            Step::Pass => {
                next.instant += 1;
                self.look_at_clocks(&mut next);
            }
            Step::Snapshot { site } => {
                next.spent.snapshots += 1;
                let site = &mut next.sites[usize::from(site)];
                site.snapshot = Some(Snapshot { proxy: site.proxy, copy: site.copy, ended: site.ended });
            }
            Step::Restore { site } => self.restore(&mut next, usize::from(site)),
            Step::Clone { site } => self.clone_site(&mut next, usize::from(site)),
            Step::SetClock { site, clock } => {
                next.spent.clocks += 1;
                let now = self.now(&next);
                next.sites[usize::from(site)].clock = clock.set(now);
                self.act(&mut next, usize::from(site), Act::Observe);
            }
            Step::Quota { key, quota } => {
                next.spent.edits += 1;
                self.deed(&mut next, Deed::Quota(key, quota), 0);
            }
            Step::Suspend { subscription, on } => {
                next.spent.suspensions += 1;
                self.deed(&mut next, Deed::Suspend(subscription, on), 0);
            }
            Step::Resolve { installation, second } => {
                next.spent.resolutions += 1;
                self.deed(&mut next, Deed::Resolve(installation, second), 0);
            }
            Step::BackUp => {
                next.spent.backups += 1;
                next.backup = Some(next.desk);
            }
            Step::PutBack => {
                next.spent.put_backs += 1;
                let backup = next.backup.take().expect("there is one");
                self.deed(&mut next, Deed::PutBack(backup, self.world.witness), 0);
            }
        }
        next
    }

    /// Prepares a file, and keeps it with the others.
    pub fn prepare(&mut self, state: &mut State, site: usize, slot: u8, ask: Ask, anew: bool) -> Moved {
        let copy = state.sites[site].copy;
        let moved = self.act(state, site, Act::Prepare { slot, ask, anew, copy });
        if let Some(request) = moved.request {
            insert(&mut state.requests, request);
            if ask == Ask::Deactivate {
                let counter = self.papers.request(request).request.chain().counter;
                let ended = &mut state.sites[site].ended[usize::from(slot)];
                *ended = counter.max(*ended);
            }
        }
        moved
    }

    /// Brings a file to one of the signer's processes, and keeps the answer.
    pub fn upload(&mut self, state: &mut State, request: u32, process: u8) -> Option<u32> {
        let answer = self.deed(state, Deed::Answer(request), self.world.processes[usize::from(process)])?;
        self.rely(state, request);
        let goes_home = match &self.papers.answer(answer).answer {
            Answer::Refusal(refusal) => {
                let asks_for_more = ["record-restored", "record-behind"].contains(&refusal.code.as_str());
                refusal.is_final || asks_for_more || self.world.refusals_go_home
            }
            _ => true,
        };
        if goes_home {
            insert(&mut state.answers, answer);
        }
        Some(answer)
    }

    /// Makes a proxy do something.
    pub fn act(&mut self, state: &mut State, site: usize, act: Act) -> Moved {
        let clock = self.clock(state, site);
        let site = &mut state.sites[site];
        let moved =
            self.proxies.act(site.proxy, act, clock, usize::from(site.installation), &mut self.papers);
        site.proxy = moved.proxy;
        moved
    }

    /// Everybody's programs run, and look at their clocks.
    pub fn look_at_clocks(&mut self, state: &mut State) {
        for site in 0..state.sites.len() {
            self.act(state, site, Act::Observe);
        }
    }

    /// Does something at the signer's.
    pub fn deed(&mut self, state: &mut State, deed: Deed, off: i64) -> Option<u32> {
        let done = self.done(state, deed, off);
        state.desk = done.desk;
        done.answer
    }

    /// What a process makes of a request in this state.
    pub fn answer_of(&mut self, state: &State, request: u32, process: u8) -> Done {
        self.done(state, Deed::Answer(request), self.world.processes[usize::from(process)])
    }

    fn done(&mut self, state: &State, deed: Deed, off: i64) -> Done {
        let now = self.now(state);
        let clock = if off < 0 { now.minus(off.unsigned_abs()) } else { now.plus(off.unsigned_abs()) };
        self.desks.act(state.desk, deed, clock, &self.keys, &self.names, &mut self.papers)
    }

    /// Whether the record has been told of a clock that is behind while the file that the proxy holds still counts: then its seats must
    /// not be given to anybody else.
    fn rely(&mut self, state: &mut State, request: u32) {
        let now = self.now(state);
        let paper = self.papers.request(request);
        let (clock, slots) = (paper.request.clock(), &paper.request.chain().slots);
        let shown = |license: &&License| {
            let mut held = slots.iter().filter_map(|(_, report)| report.holding);
            held.any(|held| held.digest == license.answers)
        };
        let licenses = state.answers.iter().filter_map(|answer| match &self.papers.answer(*answer).answer {
            Answer::License(license) => Some(license),
            _ => None,
        });
        let seen =
            licenses.filter(shown).map(|license| license.issued).fold(clock.high_water, Timestamp::max);
        let is_behind = clock.now.plus(sold::TERMS.tolerance) < seen;
        for site in state.sites.iter_mut().filter(|site| usize::from(site.installation) == paper.installation)
        {
            let proxy = self.proxies.state(site.proxy);
            // What an older file says was true once.
            if proxy.counter() != paper.request.chain().counter {
                continue;
            }
            let mut held = sold::SLOTS.iter().filter_map(|slot| proxy.slot(*slot).license());
            site.relied = is_behind && (site.relied || held.all(|license| now < license.lease_end()));
        }
    }

    fn restore(&mut self, state: &mut State, site: usize) {
        state.spent.restores += 1;
        let copy = state.copies.len() as u8;
        let site = &mut state.sites[site];
        let back = site.snapshot.take().expect("there is one");
        let split = self.proxies.state(back.proxy).counter();
        state.copies.push(Origin { parent: back.copy, split });
        *site = Site {
            proxy: back.proxy,
            copy,
            ended: back.ended,
            split: Some(split),
            relied: false,
            snapshot: None,
            ..site.clone()
        };
        self.look_at_clocks(state);
    }

    fn clone_site(&mut self, state: &mut State, site: usize) {
        state.spent.clones += 1;
        let copy = state.copies.len() as u8;
        let original = &mut state.sites[site];
        let split = self.proxies.state(original.proxy).counter();
        original.split = Some(split);
        let clone = Site { copy, snapshot: None, ..original.clone() };
        state.copies.push(Origin { parent: original.copy, split });
        state.sites.push(clone);
    }
}

/// Into a list in order, once.
fn insert(list: &mut Vec<u32>, number: u32) {
    if let Err(at) = list.binary_search(&number) {
        list.insert(at, number);
    }
}
