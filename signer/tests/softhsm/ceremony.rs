//! A ceremony's plan that names keys on tokens is compared with them before anything is made.

use cryptoki::{mechanism::Mechanism, object::KeyType};
use license_format::{PublicKey, Timestamp};
use signer::{
    ceremony::{CeremonyError, Plan},
    keys::{KeyError, SigningBackend as _, TokenAddress, TokenError, TokenKey, Tries},
};

use crate::{PIN, address, alone, mishaps::generate, pin};

/// A plan whose spare is on a token.
fn plan(public_key: PublicKey, at: &TokenAddress) -> Plan {
    let text = format!(
        r#"
vendor = "Northwind Software"
present = ["Ana Lima"]
threshold = 1
root = [{{ name = "ana", holder = "Ana Lima" }}]

[[key]]
name = "issuing-1"
signs = ["license", "deactivation-receipt", "refusal", "revocation-list"]
until = "2031-11-21"

[[key]]
name = "log-1"
signs = ["checkpoint"]
until = "2031-11-21"

[[key]]
name = "spare"
signs = ["license", "deactivation-receipt", "refusal"]
until = "2033-11-21"
public-key = "{public_key}"
token = {{ module = {:?}, token = {:?}, key = {:?} }}
"#,
        at.module, at.token, at.key
    );
    Plan::read(&text, Timestamp::parse("2026-11-22").expect("a day")).expect("a good plan")
}

fn refused(plan: &Plan, with: &str) -> CeremonyError {
    plan.compare_tokens(&pin(with)).expect_err("refused")
}

#[test]
fn a_plan_is_compared_with_its_tokens() {
    let _alone = alone();
    let at = address("keys", "planned");
    let key = TokenKey::create(at.clone(), pin(PIN)).expect("made").public_key();
    let good = plan(key, &at);
    assert!(good.has_tokens());
    good.compare_tokens(&pin(PIN)).expect("it is there");

    let another = TokenKey::create(address("keys", "unplanned"), pin(PIN)).expect("made").public_key();
    let differs = refused(&plan(another, &at), PIN);
    assert_eq!(differs.code(), "ceremony-token-key");
    let says = differs.to_string();
    for named in ["\"spare\"", &key.thumbprint().short(), &another.thumbprint().short()] {
        assert!(says.contains(named), "{says}");
    }
    assert!(differs.next_step().contains(&key.to_string()), "{}", differs.next_step());
    let nowhere = refused(&plan(key, &address("keys", "unmade")), PIN);
    assert_eq!(nowhere.code(), "token-key-not-found");
    assert!(nowhere.to_string().contains("\"unmade\""), "{nowhere}");
    let elsewhere = refused(&plan(key, &address("missing", "planned")), PIN);
    assert_eq!(elsewhere.code(), "token-not-found");
}

#[test]
fn a_planned_key_of_another_kind_is_refused() {
    let _alone = alone();
    let at = address("keys", "planned-p256");
    let p256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    generate(&at, &Mechanism::EccKeyPairGen, KeyType::EC, &p256);
    let key = TokenKey::create(address("keys", "planned-beside"), pin(PIN)).expect("made").public_key();
    assert_eq!(refused(&plan(key, &at), PIN).code(), "token-key-unsupported");
}

/// What the token says of its tries is passed on, and a locked one is not asked.
#[test]
fn a_wrong_pin_is_tried_once_and_told_with_what_the_token_says() {
    let _alone = alone();
    let at = address("pins", "planned");
    let key = TokenKey::create(at.clone(), pin(PIN)).expect("made").public_key();
    let wrong = refused(&plan(key, &at), "4321");
    assert_eq!(wrong.code(), "token-wrong-pin");
    let last = refused(&plan(key, &address("final-try", "planned")), "4321");
    let is_last =
        matches!(&last, CeremonyError::Key(KeyError::Token(TokenError::WrongPin { tries: Tries::One, .. })));
    assert!(is_last && last.next_step().contains("locks the token"), "{last}: {}", last.next_step());
    assert_eq!(refused(&plan(key, &address("locked", "planned")), PIN).code(), "token-locked");
}
