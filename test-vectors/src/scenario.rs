//! One scenario: what an installation is told, step by step, and what it must answer to each.

use serde_json::{Map, Value};

/// Steps that are taken one after the other, from a `setup` on.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What happens: `two-open-requests-newest-first`.
    pub name: String,
    /// What it shows, in a sentence.
    pub comment: String,
    /// The steps, in their order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What happens in it, in a sentence.
    pub comment: String,
    /// What the installation is told. One line of it is a question of the protocol: see [`Step::line`].
    pub ask: Value,
    /// What it must answer: the outcome, the request's file where there is one, and the whole state.
    pub expect: Value,
}

impl Scenario {
    /// Reads a scenario's text. Refuses members that it does not know.
    pub fn parse(name: &str, text: &str) -> Result<Scenario, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let [schema, comment, steps] = members(value, ["$schema", "comment", "steps"])?;
        if schema != "../scenario.schema.json" {
            return Err("it names another schema".to_owned());
        }
        let Value::Array(steps) = steps else { return Err("`steps` is no list".to_owned()) };
        let steps = steps
            .into_iter()
            .map(|step| {
                let [comment, ask, expect] = members(step, ["comment", "ask", "expect"])?;
                Ok(Step { comment: text_of(comment)?, ask, expect })
            })
            .collect::<Result<_, String>>()?;
        Ok(Scenario { name: name.to_owned(), comment: text_of(comment)?, steps })
    }
}

impl Step {
    /// The question as one line of JSON.
    pub fn line(&self) -> String {
        self.ask.to_string()
    }
}

/// These members of an object, which has no others.
fn members<const N: usize>(value: Value, names: [&str; N]) -> Result<[Value; N], String> {
    let Value::Object(mut object) = value else { return Err("an object was expected".to_owned()) };
    let found: Vec<Value> = names
        .iter()
        .map(|name| object.remove(*name).ok_or_else(|| format!("`{name}` is missing")))
        .collect::<Result<_, _>>()?;
    let unknown = |object: Map<String, Value>| object.into_iter().next().map(|(name, _)| name);
    match unknown(object) {
        Some(name) => Err(format!("`{name}` is not known")),
        None => Ok(found.try_into().expect("one value for each name")),
    }
}

fn text_of(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!("{other} is no text")),
    }
}
