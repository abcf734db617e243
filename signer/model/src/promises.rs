//! The promises of the design's section 3, by their names, as questions to a state and to the step that led to it.
//!
//! Where a proxy's state or clock was put back no offline rule can hold the first three; what is excused for that is said once, in
//! `Look::is_excused`.

use std::collections::BTreeMap;

use license_format::Digest;
use signer::{Answer, exchange::RefusalCode};

use crate::{
    desks::Desk,
    model::Model,
    proxies::Honoured,
    sold::{self, SLOTS},
    state::{Clock, Place, State, Step},
};

/// A promise that does not hold, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The promise's name.
    pub promise: &'static str,
    /// What is seen.
    pub why: String,
}

/// A question of a state alone.
pub type OfState = fn(&mut Look<'_>) -> Result<(), String>;
/// A question of a step too.
pub type OfStep = fn(&mut Look<'_>, &State, Step) -> Result<(), String>;

/// The promises that a state keeps or breaks.
pub const OF_STATES: [(&str, OfState); 4] = [
    ("no-double-seat", no_double_seat),
    ("one-home", one_home),
    ("final", final_),
    ("same-answer", same_answer),
];

/// The promises that a step keeps or breaks.
pub const OF_STEPS: [(&str, OfStep); 3] =
    [("forward-only", forward_only), ("seen", seen), ("no-false-alarm", no_false_alarm)];

/// A look at a state.
pub struct Look<'a> {
    /// The world.
    pub model: &'a mut Model,
    /// The state.
    pub state: &'a State,
}

/// For every subscription and metric, what all proxies honour now is at most what was bought, granted and booked.
fn no_double_seat(look: &mut Look<'_>) -> Result<(), String> {
    let (now, honoured) = (look.model.now(look.state), look.honoured());
    let book = &look.model.desks.desk(look.state.desk).book;
    for (number, subscription) in look.model.world.subscriptions.iter().enumerate() {
        let of_this = |held: &Honoured| {
            let key = look.model.keys.iter().position(|key| *key == held.license.license_key.digest);
            key.is_some_and(|key| look.model.world.keys[key].subscription == number)
        };
        for (metric, _) in &subscription.seats {
            let seats = honoured.iter().filter(|(_, held)| of_this(held)).flat_map(|(_, held)| &held.seats);
            let sum: u64 = seats.filter(|(of, _)| of == metric).map(|(_, seats)| *seats).sum();
            let limit = sold::limit(book, number, *metric, now);
            if sum > limit {
                return Err(format!("{sum} seats of {limit} are honoured ({})", metric.name()));
            }
        }
    }
    Ok(())
}

/// A key is honoured by at most as many installations as it was sold for.
fn one_home(look: &mut Look<'_>) -> Result<(), String> {
    let mut homes: BTreeMap<Digest, Vec<u8>> = BTreeMap::new();
    for (site, held) in look.honoured() {
        let homes = homes.entry(held.license.license_key.digest).or_default();
        let installation = look.state.sites[site].installation;
        if !homes.contains(&installation) {
            homes.push(installation);
        }
    }
    for (key, homes) in homes {
        let key = look.model.keys.iter().position(|known| *known == key).expect("a key of this world");
        let sold_for = look.model.world.keys[key].installations;
        if homes.len() as u64 > sold_for {
            return Err(format!("key {key} is honoured by {} installations", homes.len()));
        }
    }
    Ok(())
}

/// What is in force answers a request that was made after every deactivation of its slot.
fn final_(look: &mut Look<'_>) -> Result<(), String> {
    for site in &look.state.sites {
        let proxy = look.model.proxies.state(site.proxy);
        for (slot, ended) in SLOTS.into_iter().zip(site.ended) {
            match proxy.slot(slot).license() {
                Some(license) if license.counter <= ended => {
                    return Err(format!(
                        "the answer to request {} is in force after deactivation {ended}",
                        license.counter
                    ));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// No request has two different licenses or receipts, and none counts twice. A record that has lost answers cannot give them again; it
/// keeps the promise by its record number, which a record that was put back unseen does not have, and by the time at which a request says
/// that it was made.
fn same_answer(look: &mut Look<'_>) -> Result<(), String> {
    if look.has_lost_its_record() {
        return Ok(());
    }
    let mut given = BTreeMap::new();
    for number in &look.state.answers {
        let paper = &look.model.papers.answer(*number);
        if matches!(paper.answer, Answer::Refusal(_)) {
            continue;
        }
        if given.insert(paper.request, *number).is_some() {
            return Err(format!("request {} has two answers", look.counter(paper.request)));
        }
    }
    for record in look.desk().book.installations.values() {
        let mut requests: Vec<Digest> = record.leases.iter().map(|lease| lease.request).collect();
        requests.sort_unstable();
        if requests.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("a request counts twice".to_owned());
        }
    }
    Ok(())
}

/// A proxy never goes back: not to the answer of an earlier request, nor to older trust, nor in time but by a reset that an answer
/// brings. Whoever restores it does that, and not the proxy.
fn forward_only(look: &mut Look<'_>, before: &State, step: Step) -> Result<(), String> {
    if matches!(step, Step::Restore { .. }) {
        return Ok(());
    }
    for (number, (was, is)) in before.sites.iter().zip(&look.state.sites).enumerate() {
        if was.proxy == is.proxy {
            continue;
        }
        let (was, is) = (look.model.proxies.marks(was.proxy), look.model.proxies.marks(is.proxy));
        if was.rising.iter().zip(is.rising).any(|(was, is)| is < *was) {
            return Err(format!("marks went from {:?} to {:?}", was.rising, is.rising));
        }
        for (slot, (was, is)) in SLOTS.into_iter().zip(was.in_force.into_iter().zip(is.in_force)) {
            if let (Some(was), Some(is)) = (was, is)
                && is < was
            {
                return Err(format!("{slot} went from answer {was} to answer {is}"));
            }
        }
        if is.high_water < was.high_water && !look.is_time_reset(before, number, step) {
            return Err("time went back".to_owned());
        }
    }
    Ok(())
}

/// The first file of a second branch that arrives is refused as a fork, and gets no license.
fn seen(look: &mut Look<'_>, before: &State, step: Step) -> Result<(), String> {
    let Some((request, code)) = look.decided(before, step) else { return Ok(()) };
    if !look.contradicts_chain(before, request) {
        return Ok(());
    }
    let is = |refusal: RefusalCode| code.as_deref() == Some(refusal.code());
    // A signer that was restored asks everybody to come again before it looks at anything.
    let asks_again = is(RefusalCode::RecordRestored) || is(RefusalCode::RecordBehind);
    if is(RefusalCode::Fork) || asks_again && before.spent.put_backs > 0 {
        return Ok(());
    }
    Err(format!("request {} of a second branch was taken for the first's", look.counter(request)))
}

/// A fork is only called where two branches have met, and the record is only said to be behind where it was put back.
fn no_false_alarm(look: &mut Look<'_>, before: &State, step: Step) -> Result<(), String> {
    let Some((request, Some(code))) = look.decided(before, step) else { return Ok(()) };
    let false_fork = code == RefusalCode::Fork.code() && !look.contradicts_anything(before, request);
    let was_put_back = before.spent.put_backs > 0;
    let of_the_record = [RefusalCode::RecordBehind, RefusalCode::RecordRestored];
    let false_record = !was_put_back && of_the_record.iter().any(|refusal| refusal.code() == code);
    if false_fork || false_record {
        let asked = &look.model.papers.request(request).request;
        return Err(format!("{} {} is answered {code}", asked.kind(), asked.chain().counter));
    }
    Ok(())
}

impl Look<'_> {
    fn desk(&self) -> &Desk {
        self.model.desks.desk(self.state.desk)
    }

    fn has_lost_its_record(&self) -> bool {
        let (spent, book) = (&self.state.spent, &self.desk().book);
        let is_over = book.recovery.is_none_or(|recovery| recovery.horizon <= self.model.now(self.state));
        spent.put_backs > 0 && is_over && (!self.model.world.witness || spent.clocks > 0)
    }

    fn counter(&self, request: u32) -> u64 {
        self.model.papers.request(request).request.chain().counter
    }

    /// What is honoured now and not excused, with where. Of a signer whose record was lost with its witness nothing is asked.
    fn honoured(&mut self) -> Vec<(usize, Honoured)> {
        let mut all = Vec::new();
        if self.state.spent.put_backs > 0 && !self.model.world.witness {
            return all;
        }
        for site in 0..self.state.sites.len() {
            let clock = self.model.clock(self.state, site);
            let honoured = self.model.proxies.honoured(self.state.sites[site].proxy, clock);
            let unexcused = honoured.iter().filter(|held| !self.is_excused(site, held));
            all.extend(unexcused.map(|held| (site, held.clone())));
        }
        all
    }

    /// Whether a license may be honoured beyond what was bought:
    /// - in a state that was copied or put back, if it answers a request from before, until the end of the file;
    /// - while the proxy's clock is behind by more than the tolerance, or stands still, unless the record knew it in time.
    fn is_excused(&self, site: usize, held: &Honoured) -> bool {
        let now = self.model.now(self.state);
        let site = &self.state.sites[site];
        let is_copied = site.split.is_some_and(|split| held.license.counter <= split);
        let is_behind = match site.clock {
            Clock::Right | Clock::Ahead(_) => false,
            Clock::Behind(seconds) => seconds > sold::TERMS.tolerance,
            Clock::Stopped(at) => at.plus(sold::TERMS.tolerance) < now,
        };
        (is_copied && now < held.license.lease_end()) || (is_behind && !site.relied)
    }

    fn is_time_reset(&self, before: &State, site: usize, step: Step) -> bool {
        let Step::Import { site: at, answer } = step else { return false };
        let Answer::License(license) = &self.model.papers.answer(answer).answer else { return false };
        let was = self.model.proxies.state(before.sites[site].proxy);
        let in_force = SLOTS.iter().filter_map(|slot| was.slot(*slot).license());
        let settled = in_force.map(|license| license.counter).max().unwrap_or(0);
        usize::from(at) == site && license.time_reset.is_some() && license.counter > settled
    }

    /// The request that a step has brought and the code of its refusal, if it was decided just now.
    fn decided(&mut self, before: &State, step: Step) -> Option<(u32, Option<String>)> {
        let Step::Upload { request, process } = step else { return None };
        let done = self.model.answer_of(before, request, process);
        let answer = done.answer.filter(|_| !done.repeated)?;
        let code = match &self.model.papers.answer(answer).answer {
            Answer::Refusal(refusal) => Some(refusal.code.to_string()),
            _ => None,
        };
        Some((request, code))
    }

    fn contradicts_chain(&self, before: &State, request: u32) -> bool {
        let paper = self.model.papers.request(request);
        let book = &self.model.desks.desk(before.desk).book;
        let record = sold::known(book, &self.model.names[paper.installation]);
        let known = record.into_iter().flat_map(|record| record.chain.values());
        self.contradicts(request, known.filter_map(|digest| self.model.papers.request_of(digest)))
    }

    fn contradicts_anything(&self, before: &State, request: u32) -> bool {
        let desk = self.model.desks.desk(before.desk);
        self.contradicts_chain(before, request) || self.contradicts(request, desk.finals.keys().copied())
    }

    fn contradicts(&self, request: u32, mut known: impl Iterator<Item = u32>) -> bool {
        let place = |request: u32| {
            let paper = self.model.papers.request(request);
            (paper.installation, Place { copy: paper.copy, counter: paper.request.chain().counter })
        };
        let (installation, at) = place(request);
        known.any(|other| {
            let (of, other) = place(other);
            of == installation && self.state.contradict(at, other)
        })
    }
}

/// All promises, of a state and of the step that led to it.
pub fn check(model: &mut Model, step: Option<(&State, Step)>, state: &State) -> Result<(), Broken> {
    let mut look = Look { model, state };
    let broken = |promise: &'static str| move |why: String| Broken { promise, why };
    for (name, promise) in OF_STATES {
        promise(&mut look).map_err(broken(name))?;
    }
    match step {
        Some((before, step)) => check_step(look.model, before, step, state),
        None => Ok(()),
    }
}

/// The promises of a step alone.
pub fn check_step(model: &mut Model, before: &State, step: Step, state: &State) -> Result<(), Broken> {
    let mut look = Look { model, state };
    for (name, promise) in OF_STEPS {
        promise(&mut look, before, step).map_err(|why| Broken { promise: name, why })?;
    }
    Ok(())
}
