//! Who changed what, in words.

use license_format::Timestamp;
use signer::{
    catalog::{Change, Difference},
    people::{Actor, Member},
};

use crate::{outlook::Changed, session::User, show::Day};

/// One line of a history.
#[derive(Debug, Clone)]
pub(crate) struct HistoryLine {
    pub(crate) at: Day,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl HistoryLine {
    /// Customers see that staff did something, and not who of them.
    pub(crate) fn of(change: &Change, user: &User, members: &[Member], now: Timestamp) -> HistoryLine {
        let who = match &change.who {
            who if *who == user.actor() => "You".to_owned(),
            Actor::User(id) => members
                .iter()
                .find(|member| member.user.id == *id)
                .map_or_else(|| "Vendor's staff".to_owned(), |member| member.user.email.to_string()),
            Actor::ApiToken(_) => "A program, with an API token".to_owned(),
            Actor::Operator => "Vendor's command line".to_owned(),
        };
        let difference = Difference {
            what: change.what.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        };
        let Changed { what, before, after } = Changed::of(&difference);
        HistoryLine { at: Day::new(change.at, now), who, what, before, after }
    }
}
