//! Which steps may be taken in a state.

use crate::{
    model::Model,
    proxies::Ask,
    sold,
    state::{State, Step},
};

impl Model {
    pub(crate) fn file_steps(&self, state: &State) -> Vec<Step> {
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

    pub(crate) fn other_steps(&self, state: &State) -> Vec<Step> {
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
        steps.extend(self.decisions(state));
        for (number, site) in state.sites.iter().enumerate() {
            let number = number as u8;
            if spent.uses < may.uses {
                steps.extend(
                    self.world.uses_seats.iter().map(|seats| Step::Use { site: number, seats: *seats }),
                );
            }
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

    /// What staff and administrators may say of keys and installations.
    fn decisions(&self, state: &State) -> Vec<Step> {
        let (may, spent) = (&self.world.may, &state.spent);
        let mut steps = Vec::new();
        if spent.draws < may.draws {
            steps.extend(self.world.draws.iter().map(|(key, draw)| Step::Draw { key: *key, draw: *draw }));
        }
        for (installation, keys) in self.world.sites.iter().enumerate() {
            let installation = installation as u8;
            for key in keys.iter().copied().filter(|key| !self.world.is_code(*key)) {
                if spent.moves < may.moves {
                    steps.push(Step::Move { installation, key });
                }
                if spent.bars < may.bars {
                    steps.extend([true, false].map(|on| Step::Bar { installation, key, on }));
                }
            }
        }
        steps
    }
}
