//! Scenarios before our own library: each step is answered by the state machine that the proxy runs, with the key that the
//! scenario names. This is the one place where the command signs for an installation, and every secret of it is public.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use verifier::conformance::scenario::{Player, Step};

/// An installation of our own, which is told steps.
#[derive(Debug)]
pub(crate) struct OurInstallation(Player<Sign>);

/// Signs a message with the key of a seed.
type Sign = fn(&[u8; 32], &[u8]) -> [u8; 64];

impl OurInstallation {
    /// Nothing is set up yet: a scenario's first step does that.
    pub(crate) fn new() -> OurInstallation {
        OurInstallation(Player::new(sign))
    }

    /// The answer to a step, to be compared with what the scenario expects as a whole. What is no step gets an outcome in
    /// parentheses, which no scenario expects.
    pub(crate) fn answer(&mut self, ask: &Value) -> Value {
        let answer = serde_json::from_value::<Step>(ask.clone())
            .and_then(|step| serde_json::to_value(self.0.answer(&step)));
        answer.unwrap_or_else(|error| json!({ "outcome": format!("(no step: {error})") }))
    }
}

fn sign(seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
    SigningKey::from_bytes(seed).sign(message).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_goes_as_it_is_told() {
        let mut steps = 0;
        for scenario in test_vectors::all_scenarios() {
            let mut ours = OurInstallation::new();
            for step in scenario.steps {
                assert_eq!(ours.answer(&step.ask), step.expect, "{}: {}", scenario.name, step.comment);
                steps += 1;
            }
        }
        assert!(steps >= 200, "only {steps} steps were taken");
    }

    #[test]
    fn what_is_no_step_is_no_answer_that_anybody_expects() {
        let mut ours = OurInstallation::new();
        let before_setup = ours.answer(&json!({ "step": "status", "now": 1_795_161_600 }));
        assert_eq!(before_setup, json!({ "outcome": "not-set-up" }));
        let unknown = ours.answer(&json!({ "step": "stand-still", "now": 1_795_161_600 }));
        assert!(unknown["outcome"].as_str().is_some_and(|outcome| outcome.starts_with('(')), "{unknown}");
    }
}
