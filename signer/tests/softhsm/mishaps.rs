//! What goes wrong with tokens, and that it is said in words that help.

use std::fs;

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::Mechanism,
    object::{Attribute, KeyType},
    session::UserType,
    types::AuthPin,
};
use signer::keys::{KeyError, SigningBackend as _, TokenAddress, TokenError, TokenKey, Tries};

use crate::{PIN, address, alone, pin, tokens};

fn refusal(address: TokenAddress, with: &str) -> TokenError {
    TokenKey::open(address, pin(with)).expect_err("refused")
}

/// Ends the module for this process, as when its service is restarted: every session is gone. Where nobody has one it has ended already.
fn restart_module() {
    match Pkcs11::new(address("", "").module).expect("loaded").finalize() {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiNotInitialized, _)) => {}
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_module_that_is_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("libnone.so");
    for contents in [None, Some("no library")] {
        if let Some(contents) = contents {
            fs::write(&path, contents).expect("written");
        }
        let error = refusal(TokenAddress { module: path.clone(), ..address("keys", "issuing-1") }, PIN);
        assert_eq!(error.code(), "token-module");
        assert!(error.to_string().contains("libnone.so"), "{error}");
    }
}

#[test]
fn a_token_that_is_not_there_and_those_that_are() {
    let _alone = alone();
    let error = refusal(address("missing", "issuing-1"), PIN);
    assert_eq!(error.code(), "token-not-found");
    assert!(error.to_string().contains("\"keys\""), "{error}");
}

/// PKCS #11 has no count of the tries that are left; what it does have is passed on.
#[test]
fn a_wrong_pin() {
    let _alone = alone();
    TokenKey::create(address("pins", "issuing-1"), pin(PIN)).expect("made");
    let wrong = refusal(address("pins", "issuing-1"), "4321");
    assert!(matches!(wrong, TokenError::WrongPin { tries: Tries::Counted, .. }), "{wrong}");
    assert_eq!(wrong.code(), "token-wrong-pin");
    assert!(!wrong.to_string().contains("4321"), "{wrong}");
    TokenKey::open(address("pins", "issuing-1"), pin(PIN)).expect("the right one still opens it");
}

#[test]
fn the_last_try_is_announced() {
    let _alone = alone();
    let error = refusal(address("final-try", "issuing-1"), "4321");
    assert!(matches!(error, TokenError::WrongPin { tries: Tries::One, .. }), "{error}");
    assert!(error.next_step().contains("locks the token"), "{}", error.next_step());
}

/// A locked token is not even asked: some wait longer after each try.
#[test]
fn a_locked_token() {
    let _alone = alone();
    let error = refusal(address("locked", "issuing-1"), PIN);
    assert_eq!(error.code(), "token-locked");
    assert!(error.next_step().contains("security officer"), "{}", error.next_step());
}

#[test]
fn a_label_without_a_key_and_one_with_two() {
    let _alone = alone();
    assert_eq!(refusal(address("keys", "nothing"), PIN).code(), "token-key-not-found");

    TokenKey::create(address("keys", "twins"), pin(PIN)).expect("made");
    generate(
        &address("keys", "twins"),
        &Mechanism::EccEdwardsKeyPairGen,
        KeyType::EC_EDWARDS,
        &[0x06, 3, 0x2b, 0x65, 0x70],
    );
    assert_eq!(refusal(address("keys", "twins"), PIN).code(), "token-key-ambiguous");
}

#[test]
fn a_key_of_another_kind() {
    let _alone = alone();
    let p256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    generate(&address("keys", "p256"), &Mechanism::EccKeyPairGen, KeyType::EC, &p256);
    let ed448 = [0x06, 0x03, 0x2b, 0x65, 0x71];
    generate(&address("keys", "ed448"), &Mechanism::EccEdwardsKeyPairGen, KeyType::EC_EDWARDS, &ed448);
    for key in ["p256", "ed448"] {
        assert_eq!(refusal(address("keys", key), PIN).code(), "token-key-unsupported", "{key}");
    }
}

/// A session that was lost is opened anew, and nobody has to restart the signer.
#[test]
fn a_lost_session_is_opened_anew() {
    let _alone = alone();
    let key = TokenKey::create(address("keys", "lost"), pin(PIN)).expect("made");
    let signature = key.sign(b"before").expect("signed");
    restart_module();
    assert_eq!(key.sign(b"before").expect("signed again"), signature);
}

/// After a restart a module gives the same numbers out again, to another key: the wrong signature never leaves.
#[test]
fn a_handle_that_became_another_keys_is_noticed() {
    let _alone = alone();
    let first = TokenKey::create(address("keys", "first"), pin(PIN)).expect("made");
    let second = TokenKey::create(address("keys", "second"), pin(PIN)).expect("made");
    let signatures = [first.sign(b"both").expect("signed"), second.sign(b"both").expect("signed")];
    for _ in 0..3 {
        restart_module();
        // In the other order, so that each finds the numbers that were the other's.
        assert_eq!(second.sign(b"both").expect("signed again"), signatures[1]);
        assert_eq!(first.sign(b"both").expect("signed again"), signatures[0]);
    }
}

/// A token that is taken out is named, and signs again once it is back.
#[test]
fn a_token_that_is_taken_out_and_put_back() {
    let _alone = alone();
    let key = TokenKey::create(address("keys", "traveler"), pin(PIN)).expect("made");
    let signature = key.sign(b"before").expect("signed");

    let aside = tokens().with_extension("aside");
    fs::rename(tokens(), &aside).expect("moved");
    fs::create_dir(tokens()).expect("made");
    restart_module();
    for _ in 0..2 {
        let error = key.sign(b"meanwhile").expect_err("there is no token");
        assert!(matches!(error, KeyError::Token(TokenError::NoToken { .. })), "{error}");
    }
    // The module may have written files of its own meanwhile.
    fs::remove_dir_all(tokens()).expect("removed");
    fs::rename(&aside, tokens()).expect("moved back");
    restart_module();
    assert_eq!(key.sign(b"before").expect("signed again"), signature);
}

/// Whoever exchanged the key meanwhile is not served: what it signs would be another's word.
#[test]
fn a_key_that_was_exchanged_is_noticed() {
    let _alone = alone();
    let key = TokenKey::create(address("keys", "exchanged"), pin(PIN)).expect("made");
    delete(&address("keys", "exchanged"));
    TokenKey::create(address("keys", "exchanged"), pin(PIN)).expect("made");
    restart_module();
    let error = key.sign(b"anything").expect_err("refused");
    assert!(matches!(error, KeyError::Token(TokenError::AnotherKey { .. })), "{error}");
}

/// The token never gives the private half out.
#[test]
fn the_secret_stays_on_the_token() {
    let _alone = alone();
    TokenKey::create(address("keys", "secret"), pin(PIN)).expect("made");
    let session = session("keys");
    let label = Attribute::Label(b"secret".to_vec());
    let class = Attribute::Class(cryptoki::object::ObjectClass::PRIVATE_KEY);
    let [key] = session.find_objects(&[class, label]).expect("found")[..] else { panic!("one key") };
    use cryptoki::object::AttributeType::{AlwaysSensitive, Extractable, NeverExtractable, Sensitive, Value};
    let attributes = session
        .get_attributes(key, &[Sensitive, AlwaysSensitive, Extractable, NeverExtractable])
        .expect("read");
    assert_eq!(
        attributes,
        [
            Attribute::Sensitive(true),
            Attribute::AlwaysSensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true)
        ]
    );
    assert_eq!(session.get_attributes(key, &[Value]).unwrap_or_default(), []);
}

fn session(token: &str) -> cryptoki::session::Session {
    let module = Pkcs11::new(address(token, "").module).expect("loaded");
    // In use already, where a key is open.
    let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slots = module.get_slots_with_token().expect("slots");
    let is_it =
        |slot: &cryptoki::slot::Slot| module.get_token_info(*slot).is_ok_and(|info| info.label() == token);
    let slot = slots.into_iter().find(is_it).expect("the token");
    let session = module.open_rw_session(slot).expect("a session");
    // Logged in already, where a key of this token is open.
    let _ = session.login(UserType::User, Some(&AuthPin::new(PIN.into())));
    session
}

/// A key pair as another program would make it.
pub(crate) fn generate(address: &TokenAddress, mechanism: &Mechanism, kind: KeyType, curve: &[u8]) {
    let label = Attribute::Label(address.key.clone().into_bytes());
    let public = [
        Attribute::Token(true),
        Attribute::Verify(true),
        Attribute::KeyType(kind),
        Attribute::EcParams(curve.to_vec()),
        label.clone(),
    ];
    let private = [Attribute::Token(true), Attribute::Private(true), Attribute::Sign(true), label];
    session(&address.token).generate_key_pair(mechanism, &public, &private).expect("made");
}

/// Deletes a key, as the token's own tool does it.
fn delete(address: &TokenAddress) {
    let session = session(&address.token);
    let label = Attribute::Label(address.key.clone().into_bytes());
    for object in session.find_objects(&[label]).expect("found") {
        session.destroy_object(object).expect("deleted");
    }
}
