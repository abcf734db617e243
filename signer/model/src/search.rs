//! The search: breadth first, so that what it finds is found by a shortest way.
//!
//! Why not stateright (0.31, MIT): it brings an HTTP server for its explorer that no feature leaves out, and it shares a model between
//! threads, unchanged; ours remembers what the real functions gave, so it changes as it is asked. What is left to write is this page.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, DefaultHasher, Hash as _, Hasher},
};

use crate::{
    model::Model,
    promises::{self, Broken},
    state::{State, Step},
    stuck::nobody_stuck,
    world::World,
};

/// Where to stop, and how much to try.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most states.
    pub states: usize,
    /// From one in so many states it is tried whether honest people can go on. 0: from none.
    pub go_on: usize,
}

/// What a search has seen.
#[derive(Debug, Clone)]
pub struct Report {
    /// The world's name.
    pub world: &'static str,
    /// Different states.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// Steps from the start to the farthest; where the search was cut, up to which every state was seen.
    pub depth: usize,
    /// Whether every state that can be reached was.
    pub is_complete: bool,
    /// States from which it was tried to go on.
    pub went_on: usize,
    /// Different proxies, desks, request files and answer files: what the real functions were asked for.
    pub parts: [usize; 4],
    /// A promise that did not hold, and the way there.
    pub broken: Option<(Broken, Vec<String>)>,
}

/// How every state came about: from which, by which step.
struct Way {
    from: u32,
    step: Option<Step>,
}

struct Search {
    model: Model,
    numbers: HashMap<u128, u32, BuildHasherDefault<Passed>>,
    ways: Vec<Way>,
    report: Report,
    bounds: Bounds,
}

/// Searches a world from a state of it.
pub fn search(mut model: Model, first: State, bounds: Bounds) -> Report {
    let report = Report {
        world: model.world.name,
        states: 1,
        steps: 0,
        depth: 0,
        is_complete: true,
        went_on: 0,
        parts: [0; 4],
        broken: None,
    };
    let broken = promises::check(&mut model, None, &first).err();
    let mut search = Search { model, numbers: HashMap::default(), ways: Vec::new(), report, bounds };
    search.ways.push(Way { from: 0, step: None });
    search.numbers.insert(fingerprint(&first), 0);
    search.report.broken = broken.map(|broken| (broken, Vec::new()));
    let mut level = vec![(0, first.clone())];
    while !level.is_empty() && search.report.broken.is_none() && search.report.is_complete {
        let mut next = Vec::new();
        for (number, state) in level {
            if let Err((broken, way)) = search.visit(number, &state, &mut next) {
                let way = search.tell(&first, number, way);
                search.report.broken = Some((broken, way));
                break;
            }
            if search.ways.len() >= bounds.states {
                search.report.is_complete = false;
                break;
            }
        }
        search.report.depth += usize::from(!next.is_empty() && search.report.is_complete);
        level = next;
    }
    let model = &search.model;
    let [requests, answers] = model.papers.count();
    search.report.parts = [model.proxies.len(), model.desks.len(), requests, answers];
    Report { states: search.ways.len(), ..search.report }
}

/// Searches a world from its start.
pub fn search_world(world: World, bounds: Bounds) -> Report {
    let model = Model::new(world);
    let first = model.first();
    search(model, first, bounds)
}

impl Search {
    fn visit(
        &mut self,
        number: u32,
        state: &State,
        next: &mut Vec<(u32, State)>,
    ) -> Result<(), (Broken, Option<Step>)> {
        let steps = self.model.steps(state);
        for (step, after) in steps {
            self.report.steps += 1;
            let known = self.ways.len() as u32;
            let found = *self.numbers.entry(fingerprint(&after)).or_insert(known);
            if found != known {
                promises::check_step(&mut self.model, state, step, &after)
                    .map_err(|broken| (broken, Some(step)))?;
                continue;
            }
            self.ways.push(Way { from: number, step: Some(step) });
            promises::check(&mut self.model, Some((state, step)), &after)
                .map_err(|broken| (broken, Some(step)))?;
            next.push((known, after));
        }
        if self.bounds.go_on > 0 && (number as usize).is_multiple_of(self.bounds.go_on) {
            self.report.went_on += 1;
            nobody_stuck(&mut self.model, state).map_err(|broken| (broken, None))?;
        }
        Ok(())
    }

    /// The way to a state in words, and one step more.
    fn tell(&mut self, first: &State, number: u32, last: Option<Step>) -> Vec<String> {
        let mut steps: Vec<Step> = last.into_iter().collect();
        let mut at = number;
        while let Way { from, step: Some(step) } = self.ways[at as usize] {
            steps.push(step);
            at = from;
        }
        let mut state = first.clone();
        let mut told = Vec::new();
        for step in steps.into_iter().rev() {
            told.push(self.model.describe(&state, step));
            state = self.model.apply(&state, step);
        }
        told
    }
}

/// 128 bits of a state, in place of the state: among ten million states two share theirs with a chance of 1 in 10^24.
fn fingerprint(state: &State) -> u128 {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        state.hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}

/// A hasher for what is a hash already.
#[derive(Default)]
struct Passed(u64);

impl Hasher for Passed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| sum.rotate_left(8) ^ u64::from(*byte));
    }
    fn write_u128(&mut self, number: u128) {
        self.0 = number as u64;
    }
}

/// Says in a row of a table what a search has seen.
pub fn row(report: &Report, seconds: f64) -> String {
    let result = match &report.broken {
        Some((broken, way)) => format!("{} BROKEN in {} steps: {}", broken.promise, way.len(), broken.why),
        None if report.is_complete => "holds".to_owned(),
        None => format!("holds to depth {}", report.depth),
    };
    let Report { world, states, steps, depth, went_on, .. } = report;
    format!(
        "| {world:<48} | {states:>8} | {steps:>9} | {depth:>5} | {went_on:>7} | {seconds:>7.1} | {result} |"
    )
}
