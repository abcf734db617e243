//! Nobody is stuck: from any state, honest people who go on get every slot that they are entitled to into force again.
//!
//! What they do is fixed: clocks are set right and suspensions ended, everybody else lets go and says so, and then the slot's file goes
//! there and back a few times. Where a state or a clock was put back, or a fork is open elsewhere, they may have to wait until all files
//! have ended; then it must work.

use signer::Answer;

use crate::{
    desks::Deed,
    model::Model,
    promises::Broken,
    proxies::{Act, Ask},
    sold::{self, SLOTS},
    state::{Clock, Place, Site, State},
};

/// Trips that an honest person makes before giving up. Two for a signer that was restored, one for an old answer that waits, one for a
/// slot that has to be deactivated first since too many requests are open, and one to spare.
const TRIPS: usize = 5;

/// Whether every honest proxy of a state can go on.
pub fn nobody_stuck(model: &mut Model, state: &State) -> Result<(), Broken> {
    for number in 0..state.sites.len() {
        if !lives(model, state, number) {
            continue;
        }
        for (slot, key) in model.world.uses(state.sites[number].installation) {
            goes_on(model, state.clone(), number, slot, key).map_err(|why| Broken {
                promise: "nobody-stuck",
                why: format!("slot {slot} of site {number}: {why}"),
            })?;
        }
    }
    Ok(())
}

/// Whether a proxy is on the branch that the signer goes on with, and nothing about it waits for an administrator.
fn lives(model: &Model, state: &State, number: usize) -> bool {
    let site = &state.sites[number];
    let installation = usize::from(site.installation);
    let Some(record) = sold::known(&model.desks.desk(state.desk).book, &model.names[installation]) else {
        return true;
    };
    let here = Place { copy: site.copy, counter: model.proxies.state(site.proxy).counter() };
    let is_on_it = |request: u32| {
        let paper = model.papers.request(request);
        state.is_before(Place { copy: paper.copy, counter: paper.request.chain().counter }, here)
    };
    record.fork.is_none()
        && record.chain.values().filter_map(|digest| model.papers.request_of(digest)).all(is_on_it)
        && refused_here(model, state, site).is_none()
}

/// A request in this proxy's past that was refused as a fork: its branch was given up.
fn refused_here(model: &Model, state: &State, site: &Site) -> Option<u32> {
    let own = model.proxies.state(site.proxy).counter();
    model.desks.desk(state.desk).finals.iter().find_map(|(request, answer)| {
        let paper = model.papers.request(*request);
        let is_fork = matches!(&model.papers.answer(*answer).answer,
            Answer::Refusal(refusal) if refusal.code.as_str() == "fork");
        let at = Place { copy: paper.copy, counter: paper.request.chain().counter };
        let here = Place { copy: site.copy, counter: own };
        let is_resolved =
            sold::known(&model.desks.desk(state.desk).book, &model.names[usize::from(site.installation)])
                .is_some_and(|record| record.chain.values().any(|digest| *digest == paper.digest));
        (is_fork
            && !is_resolved
            && paper.installation == usize::from(site.installation)
            && state.is_before(at, here))
        .then_some(*request)
    })
}

fn goes_on(model: &mut Model, mut state: State, number: usize, slot: u8, key: u8) -> Result<(), String> {
    let is_troubled =
        state.spent.restores + state.spent.clones + state.spent.clocks + state.spent.put_backs > 0;
    set_right(model, &mut state);
    let mut last =
        others_let_go(model, &mut state, number).and_then(|()| trips(model, &mut state, number, slot, key));
    if last.is_err() && is_troubled {
        state.instant = model.world.days.len() as u8;
        set_right(model, &mut state);
        last = others_let_go(model, &mut state, number)
            .and_then(|()| trips(model, &mut state, number, slot, key));
    }
    last
}

/// Clocks are right, and nothing is suspended.
fn set_right(model: &mut Model, state: &mut State) {
    state.sites.iter_mut().for_each(|site| site.clock = Clock::Right);
    model.look_at_clocks(state);
    for subscription in 0..model.world.subscriptions.len() {
        model.deed(state, Deed::Suspend(subscription as u8, false), 0);
    }
    for key in 0..model.world.keys.len() {
        model.deed(state, Deed::Quota(key as u8, model.world.keys[key].quota), 0);
    }
}

/// All other installations deactivate what they have, and bring the receipts home.
fn others_let_go(model: &mut Model, state: &mut State, number: usize) -> Result<(), String> {
    for other in 0..state.sites.len() {
        if state.sites[other].installation == state.sites[number].installation || !lives(model, state, other)
        {
            continue;
        }
        for (slot, _) in model.world.uses(state.sites[other].installation) {
            for _ in 0..TRIPS {
                if there_and_back(model, state, other, slot, Ask::Deactivate)?.is_none() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Asks until a license that answers the newest request is in force.
fn trips(model: &mut Model, state: &mut State, number: usize, slot: u8, key: u8) -> Result<(), String> {
    let mut said = String::from("nothing");
    for _ in 0..TRIPS {
        let proxy = model.proxies.state(state.sites[number].proxy);
        let asked = match proxy.slot(SLOTS[usize::from(slot)]).license() {
            Some(_) => Ask::Refresh,
            None => Ask::Activate(key),
        };
        let mut answered = there_and_back(model, state, number, slot, asked)?;
        // Too many are open; or the refusal says that a license key will help, and that takes a deactivation first.
        if answered.as_ref().is_none_or(|answered| answered.says == "license-unknown") {
            answered = there_and_back(model, state, number, slot, Ask::Deactivate)?;
        }
        let Some(answered) = answered else { continue };
        said = answered.says;
        let clock = model.clock(state, number);
        let honoured = model.proxies.honoured(state.sites[number].proxy, clock);
        let fresh = |counter: u64| answered.is_license && counter == answered.counter;
        if honoured.iter().any(|held| held.slot == usize::from(slot) && fresh(held.license.counter)) {
            return Ok(());
        }
    }
    Err(format!("after {TRIPS} trips the last answer was {said}"))
}

struct Answered {
    counter: u64,
    is_license: bool,
    says: String,
}

/// One file there, its answer back. Nothing if no file is to be prepared.
fn there_and_back(
    model: &mut Model,
    state: &mut State,
    number: usize,
    slot: u8,
    ask: Ask,
) -> Result<Option<Answered>, String> {
    let Some(request) = model.prepare(state, number, slot, ask, false).request else { return Ok(None) };
    let answer = model.upload(state, request, 0).ok_or("the signer's clock is behind")?;
    let says = match &model.papers.answer(answer).answer {
        Answer::License(_) => "a license".to_owned(),
        Answer::Receipt(_) => "a receipt".to_owned(),
        Answer::Refusal(refusal) => refusal.code.to_string(),
    };
    if says == "fork" {
        return Err("an honest file is called a fork".to_owned());
    }
    model.act(state, number, Act::Import { answer });
    let counter = model.papers.request(request).request.chain().counter;
    let is_license = matches!(model.papers.answer(answer).answer, Answer::License(_));
    Ok(Some(Answered { counter, is_license, says }))
}
