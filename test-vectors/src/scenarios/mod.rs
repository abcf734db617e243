//! What the scenarios are: an installation's life in steps, a file for each kind of trouble.
//!
//! A scenario is told by a `Story`, which makes requests of the state as it stands; what the rules make of a file that comes in, and
//! what changes by it, is written down here step by step.

mod answers;
mod changes;
mod clock;
mod endings;
mod foreign;
mod log;
mod prepare;
mod request;
mod state;
mod story;
mod terms;
mod told;
mod trust;

pub(crate) use request::Request;

use story::Story;

/// Every scenario: its name and its text.
pub fn all() -> Vec<(String, String)> {
    let stories: Vec<Story> = [
        answers::stories(),
        endings::stories(),
        prepare::stories(),
        clock::stories(),
        terms::stories(),
        trust::stories(),
        foreign::stories(),
        changes::stories(),
        log::stories(),
    ]
    .into_iter()
    .flatten()
    .collect();
    stories.into_iter().map(Story::end).collect()
}
