//! The scenarios judge the proxy's state machine: every step of each gives the outcome, the bytes and the state that they say.

use ed25519_dalek::{Signer as _, SigningKey};
use test_vectors::Scenario;
use verifier::conformance::scenario::{Player, Step};

fn sign(seed: &[u8; 32], message: &[u8]) -> [u8; 64] {
    SigningKey::from_bytes(seed).sign(message).to_bytes()
}

#[test]
fn every_scenario_goes_as_it_is_told() {
    let scenarios = test_vectors::all_scenarios();
    assert!(scenarios.len() >= 20, "only {} scenarios were found", scenarios.len());
    let wrong: Vec<String> = scenarios.iter().filter_map(difference).collect();
    assert!(wrong.is_empty(), "{} of {} scenarios:\n{}", wrong.len(), scenarios.len(), wrong.join("\n"));
}

/// The first step that goes otherwise, if one does.
fn difference(scenario: &Scenario) -> Option<String> {
    let mut player = Player::new(sign);
    scenario.steps.iter().enumerate().find_map(|(number, told)| {
        let step: Step = serde_json::from_value(told.ask.clone())
            .unwrap_or_else(|error| panic!("{}, step {}: {error}", scenario.name, number + 1));
        let found = serde_json::to_value(player.answer(&step)).expect("an answer has a JSON form");
        let number = number + 1;
        (found != told.expect).then(|| {
            format!(
                "{}, step {number}: {}\n  expected {}\n  found    {found}",
                scenario.name, told.comment, told.expect
            )
        })
    })
}
