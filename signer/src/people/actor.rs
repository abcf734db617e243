//! Who did something, for histories.

use std::{fmt, str::FromStr};

use crate::ids::{TokenId, UserId};

/// Who changed something. Written into histories, and never decides what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// Somebody who was signed in.
    User(UserId),
    /// A program with an API token.
    ApiToken(TokenId),
    /// Whoever runs commands on the data directory.
    Operator,
}

/// A text that names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an actor is user:ID, token:ID or operator")]
pub struct ActorError;

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User(id) => write!(f, "user:{id}"),
            Actor::ApiToken(id) => write!(f, "token:{id}"),
            Actor::Operator => f.write_str("operator"),
        }
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    fn from_str(text: &str) -> Result<Actor, ActorError> {
        match text.split_once(':') {
            Some(("user", id)) => id.parse().map(Actor::User).map_err(|_| ActorError),
            Some(("token", id)) => id.parse().map(Actor::ApiToken).map_err(|_| ActorError),
            None if text == "operator" => Ok(Actor::Operator),
            _ => Err(ActorError),
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = ActorError;

    fn try_from(text: String) -> Result<Actor, ActorError> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> String {
        actor.to_string()
    }
}
