//! A key that never leaves a module of hardware, or of software that behaves like one: PKCS #11 (OASIS, version 2.40 and newer).
//!
//! Single-shot `C_Sign` with `CKM_EDDSA` and no parameters is all that is asked of a module: modules differ in multi-part signing, and some take
//! a context and silently sign without it. What comes back is checked with the public key before anybody gets it: a handle that outlived its
//! session may have become another key's. This module does not know what is signed, nor who chose the token.

mod address;
mod error;
mod pin;
mod point;

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{
        Mechanism,
        eddsa::{EddsaParams, EddsaSignatureScheme},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::{Slot, TokenInfo},
};
use ed25519_dalek::{Signature, VerifyingKey};
use license_format::PublicKey;

pub use address::TokenAddress;
pub use error::{TokenError, Tries};
pub use pin::Pin;

use super::{KeyError, SigningBackend};

/// A key on a token. A session that was lost, as when a module was restarted or a token taken out and put back, is opened once more before
/// signing is given up; a PIN that was refused is never tried again by itself, since tokens count.
pub struct TokenKey {
    address: TokenAddress,
    pin: Pin,
    public_key: PublicKey,
    verifying_key: VerifyingKey,
    /// Nothing while there is no session.
    open: Mutex<Option<Open>>,
}

/// A session that is logged in, and the key in it.
struct Open {
    session: Session,
    private_key: ObjectHandle,
}

impl TokenKey {
    /// Opens a key that is on the token.
    ///
    /// Refuses a module that cannot be loaded, a token that is not there, a PIN that does not open it, a label that no key or more than one has,
    /// and a key that is not Ed25519: each with its own code.
    pub fn open(address: TokenAddress, pin: Pin) -> Result<TokenKey, TokenError> {
        let (open, public_key) = open(&address, &pin)?;
        let verifying_key = VerifyingKey::from_bytes(&public_key.0)
            .map_err(|_| TokenError::NotEd25519 { address: address.clone() })?;
        Ok(TokenKey { address, pin, public_key, verifying_key, open: Mutex::new(Some(open)) })
    }

    /// Makes a key pair on the token, whose private half the token will not give out. Refuses a label that is taken: a key is never replaced.
    pub fn create(address: TokenAddress, pin: Pin) -> Result<TokenKey, TokenError> {
        let session = log_in(&address, &pin)?;
        if !labeled(&session, &address, ObjectClass::PRIVATE_KEY)?.is_empty() {
            return Err(TokenError::KeyExists { address });
        }
        let label = Attribute::Label(address.key.clone().into_bytes());
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::KeyType(KeyType::EC_EDWARDS),
            Attribute::EcParams(point::ED25519_OID.to_vec()),
            label.clone(),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            label,
        ];
        session
            .generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)
            .map_err(|error| TokenError::failed(&address, error))?;
        drop(session);
        TokenKey::open(address, pin)
    }

    /// Where it is.
    pub fn address(&self) -> &TokenAddress {
        &self.address
    }

    fn sign_on_token(&self, message: &[u8]) -> Result<[u8; 64], TokenError> {
        // A panic elsewhere leaves a session as good as it was: at worst it is opened anew.
        let mut held = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signature) = held.as_ref().map(|open| self.sign_in(open, message)) {
            match signature {
                Err(Fault::Lost) => {}
                Err(Fault::Other(error)) => return Err(error),
                Ok(signature) => return Ok(signature),
            }
        }
        // The old session is let go first: modules use a number again as soon as it is free.
        *held = None;
        let (anew, public_key) = open(&self.address, &self.pin)?;
        if public_key != self.public_key {
            return Err(TokenError::AnotherKey { address: self.address.clone() });
        }
        let signed = self.sign_in(held.insert(anew), message);
        signed.map_err(|fault| match fault {
            Fault::Lost => TokenError::Gone { address: self.address.clone() },
            Fault::Other(error) => error,
        })
    }

    fn sign_in(&self, open: &Open, message: &[u8]) -> Result<[u8; 64], Fault> {
        let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let bytes =
            open.session.sign(&pure, open.private_key, message).map_err(|error| match is_lost(&error) {
                true => Fault::Lost,
                false => Fault::Other(TokenError::failed(&self.address, error)),
            })?;
        let found = bytes.len();
        let bytes: [u8; 64] = bytes
            .try_into()
            .map_err(|_| Fault::Other(TokenError::Signature { address: self.address.clone(), found }))?;
        // Another key's: the handle is not ours any more.
        match self.verifying_key.verify_strict(message, &Signature::from_bytes(&bytes)) {
            Ok(()) => Ok(bytes),
            Err(_) => Err(Fault::Lost),
        }
    }
}

/// Why a session did not sign.
enum Fault {
    /// It is no more, or its handles are not what they were. That says nothing against the key.
    Lost,
    Other(TokenError),
}

impl SigningBackend for TokenKey {
    fn public_key(&self) -> PublicKey {
        self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        Ok(self.sign_on_token(message)?)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({}, {})", self.address, self.public_key)
    }
}

/// Finds the token, logs in, and finds the key with both its halves.
fn open(address: &TokenAddress, pin: &Pin) -> Result<(Open, PublicKey), TokenError> {
    let session = log_in(address, pin)?;
    let private_key = only(&session, address, ObjectClass::PRIVATE_KEY)?;
    let public = only(&session, address, ObjectClass::PUBLIC_KEY)?;
    let attributes = session
        .get_attributes(public, &[AttributeType::KeyType, AttributeType::EcPoint])
        .map_err(|error| TokenError::failed(address, error))?;
    let is_edwards = attributes.contains(&Attribute::KeyType(KeyType::EC_EDWARDS));
    let point = attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => point::read(point),
        _ => None,
    });
    match point.filter(|_| is_edwards) {
        Some(public_key) => Ok((Open { session, private_key }, public_key)),
        None => Err(TokenError::NotEd25519 { address: address.clone() }),
    }
}

fn log_in(address: &TokenAddress, pin: &Pin) -> Result<Session, TokenError> {
    let module = load(address)?;
    let slot = find_token(&module, address)?;
    let failed = |error| TokenError::failed(address, error);
    let session = module.open_rw_session(slot).map_err(failed)?;
    match session.login(UserType::User, Some(&pin.to_auth())) {
        // Whoever has another key of the same token has logged this whole process in.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _)) => {
            // What it says of itself now is about the tries that are left after this one.
            let info = module.get_token_info(slot).map_err(failed)?;
            Err(match locked(&info) {
                true => TokenError::Locked { address: address.clone() },
                false => TokenError::WrongPin { address: address.clone(), tries: Tries::of(&info) },
            })
        }
        Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(TokenError::Locked { address: address.clone() }),
        Err(Error::Pkcs11(RvError::UserPinNotInitialized, _)) => {
            Err(TokenError::NoPin { address: address.clone() })
        }
        Err(error) => Err(failed(error)),
    }
}

/// The module, ready for use from any thread. Loading one again gives the one that is loaded.
fn load(address: &TokenAddress) -> Result<Pkcs11, TokenError> {
    let unusable =
        |error: Error| TokenError::Module { path: address.module.clone(), detail: error.to_string() };
    let module = Pkcs11::new(&address.module).map_err(unusable)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(error) => Err(unusable(error)),
    }
}

fn find_token(module: &Pkcs11, address: &TokenAddress) -> Result<Slot, TokenError> {
    let failed = |error| TokenError::failed(address, error);
    let mut found = Vec::new();
    for slot in module.get_slots_with_token().map_err(failed)? {
        let info = module.get_token_info(slot).map_err(failed)?;
        if info.label() == address.token {
            return match locked(&info) {
                true => Err(TokenError::Locked { address: address.clone() }),
                false => Ok(slot),
            };
        }
        if info.token_initialized() {
            found.push(info.label().to_owned());
        }
    }
    Err(TokenError::NoToken { address: address.clone(), found })
}

fn locked(info: &TokenInfo) -> bool {
    info.user_pin_locked()
}

/// The one object of this class with the key's label.
fn only(session: &Session, address: &TokenAddress, class: ObjectClass) -> Result<ObjectHandle, TokenError> {
    match labeled(session, address, class)?[..] {
        [only] => Ok(only),
        [] => Err(TokenError::NoKey { address: address.clone() }),
        _ => Err(TokenError::SeveralKeys { address: address.clone() }),
    }
}

fn labeled(
    session: &Session,
    address: &TokenAddress,
    class: ObjectClass,
) -> Result<Vec<ObjectHandle>, TokenError> {
    session
        .find_objects(&[Attribute::Class(class), Attribute::Label(address.key.clone().into_bytes())])
        .map_err(|error| TokenError::failed(address, error))
}

/// Whether the session is no more.
fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::UserNotLoggedIn
                | RvError::DeviceRemoved
                | RvError::DeviceError
                | RvError::TokenNotPresent
                | RvError::CryptokiNotInitialized
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid,
            _
        )
    )
}
