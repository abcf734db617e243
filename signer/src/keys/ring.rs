//! Which secret keys are at hand, and which of them signs.
//!
//! The trust bundle decides who may sign what and when, and in which order keys are used; a ring knows where the secrets lie: in files of the
//! data directory, or on tokens that `keys.toml` names. A spare takes over by being preferred there, which needs no root key.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use license_format::{
    Kind, PublicKey, Thumbprint, Timestamp,
    payload::{KeyEntry, TrustBundle},
};
use serde::{Deserialize, Serialize};

use super::{FileKey, KeyError, Passphrase, Pin, SigningBackend, TokenAddress, TokenError, TokenKey};
use crate::{data_dir::DataDir, entropy::Entropy, files};

/// Where a secret key lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In an encrypted file.
    File(PathBuf),
    /// On a token.
    Token(TokenAddress),
}

/// What opens keys. Each is asked for only where a key in use needs it.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// Of key files.
    pub passphrase: Option<Passphrase>,
    /// Of the token.
    pub pin: Option<Pin>,
}

impl From<&Passphrase> for Secrets {
    fn from(passphrase: &Passphrase) -> Secrets {
        Secrets { passphrase: Some(passphrase.clone()), pin: None }
    }
}

/// The secret keys that a data directory has or names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing {
    /// A file that does not say whose it is, as after a change of passphrase with OpenSSL, has no public key here.
    held: Vec<(Option<PublicKey>, KeyPlace)>,
    preferred: Vec<Thumbprint>,
    /// Keys that a revocation list names: they sign nothing any more, whatever the bundle says.
    revoked: Vec<Thumbprint>,
}

/// A key of the bundle, with where its secret lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usable<'a> {
    /// What the bundle says of it.
    pub entry: &'a KeyEntry,
    /// Where it lies.
    pub place: &'a KeyPlace,
}

impl KeyRing {
    /// Reads what lies in the directory. No secret is opened.
    pub fn read(dir: &DataDir) -> Result<KeyRing, KeyError> {
        let Settings { preferred, tokens } = Settings::read(&dir.key_settings())?;
        let mut held = Vec::new();
        for path in key_files(&dir.keys())? {
            held.push((FileKey::peek(&path)?, KeyPlace::File(path)));
        }
        held.extend(tokens.into_iter().map(|token| {
            let TokenText { module, token, key, public_key } = token;
            (Some(public_key), KeyPlace::Token(TokenAddress { module, token, key }))
        }));
        Ok(KeyRing { held, preferred, revoked: Vec::new() })
    }

    /// Never uses these keys, which a revocation list names.
    pub fn bar(&mut self, revoked: &[Thumbprint]) {
        self.revoked = revoked.to_vec();
    }

    /// Where the secret of a key lies, if it is here.
    pub fn place(&self, public_key: &PublicKey) -> Option<&KeyPlace> {
        let held = self.held.iter().find(|(held, _)| held.as_ref() == Some(public_key));
        held.map(|(_, place)| place)
    }

    /// All places, with whose keys they say to have.
    pub fn places(&self) -> impl Iterator<Item = (Option<&PublicKey>, &KeyPlace)> {
        self.held.iter().map(|(public_key, place)| (public_key.as_ref(), place))
    }

    /// The key that signs a kind now: of those that the bundle lets sign it at this instant and whose secret is here, the preferred one, or
    /// else the first in the bundle's order. Refuses with every key's reason where there is none (`key-none-usable`).
    pub fn in_use<'a>(
        &'a self,
        bundle: &'a TrustBundle,
        kind: Kind,
        now: Timestamp,
    ) -> Result<Usable<'a>, KeyError> {
        Ok(self.usable(bundle, kind, now)?.remove(0))
    }

    /// All that could, the one in use first: the others are its spares. Refuses where there is none, so the list is never empty.
    pub fn usable<'a>(
        &'a self,
        bundle: &'a TrustBundle,
        kind: Kind,
        now: Timestamp,
    ) -> Result<Vec<Usable<'a>>, KeyError> {
        let mut entries: Vec<&KeyEntry> =
            bundle.keys.iter().filter(|entry| entry.signs.contains(&kind)).collect();
        // Stable: among those that are preferred alike, the bundle's order stays.
        entries.sort_by_key(|entry| {
            let kid = entry.public_key.thumbprint();
            self.preferred.iter().position(|preferred| *preferred == kid).unwrap_or(usize::MAX)
        });
        let (mut usable, mut reasons) = (Vec::new(), Vec::new());
        for entry in entries {
            let kid = entry.public_key.thumbprint().short();
            match (self.unusable(entry, now), self.place(&entry.public_key)) {
                (None, Some(place)) => usable.push(Usable { entry, place }),
                (None, None) => reasons.push(format!("{kid} is not here")),
                (Some(why), _) => reasons.push(format!("{kid} {why}")),
            }
        }
        match usable.is_empty() {
            true => Err(KeyError::NoneUsable { kind, bundle: bundle.number, reasons }),
            false => Ok(usable),
        }
    }

    /// Whether a key may sign a kind now, wherever its secret is.
    pub(crate) fn may_sign(
        &self,
        kid: &Thumbprint,
        bundle: &TrustBundle,
        kind: Kind,
        now: Timestamp,
    ) -> bool {
        let entry = bundle.key(kid).filter(|entry| entry.signs.contains(&kind));
        entry.is_some_and(|entry| self.unusable(entry, now).is_none())
    }

    /// Opens the key that signs a kind now.
    pub fn open(
        &self,
        bundle: &TrustBundle,
        kind: Kind,
        now: Timestamp,
        secrets: &Secrets,
    ) -> Result<Box<dyn SigningBackend>, KeyError> {
        match self.in_use(bundle, kind, now) {
            Ok(usable) => open(usable.place, secrets),
            // One that does not say whose it is may be the one.
            Err(none) => match self.open_unnamed(bundle, kind, now, secrets)? {
                Some(key) => Ok(key),
                None => Err(none),
            },
        }
    }

    /// One that does not say whose it is, if it may sign a kind now.
    pub(crate) fn open_unnamed(
        &self,
        bundle: &TrustBundle,
        kind: Kind,
        now: Timestamp,
        secrets: &Secrets,
    ) -> Result<Option<Box<dyn SigningBackend>>, KeyError> {
        for (_, place) in self.held.iter().filter(|(public_key, _)| public_key.is_none()) {
            let key = open(place, secrets)?;
            if self.may_sign(&key.thumbprint(), bundle, kind, now) {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Why a key may not sign at an instant, if so.
    fn unusable(&self, entry: &KeyEntry, now: Timestamp) -> Option<String> {
        if self.revoked.contains(&entry.public_key.thumbprint()) {
            return Some("is revoked".to_owned());
        }
        if entry.distrusted_since.is_some_and(|since| since <= now) {
            return Some("is distrusted".to_owned());
        }
        if now < entry.from {
            return Some(format!("may sign from {}", entry.from.date()));
        }
        (entry.until <= now).then(|| format!("could sign until {}", entry.until.date()))
    }

    /// Prefers a key over the others, durably; a signer that is running uses it from its next answer on.
    pub fn prefer(dir: &DataDir, kid: Thumbprint, entropy: &mut dyn Entropy) -> Result<(), KeyError> {
        Settings::change(dir, entropy, |settings| {
            settings.preferred.retain(|preferred| *preferred != kid);
            settings.preferred.insert(0, kid);
        })
    }

    /// Names a key on a token, durably. It is not used before a bundle trusts it.
    pub fn add_token(dir: &DataDir, key: &TokenKey, entropy: &mut dyn Entropy) -> Result<(), KeyError> {
        KeyRing::name_token(dir, key.address(), key.public_key(), entropy)
    }

    /// The same with a key that was made elsewhere, whose token nobody looks at now.
    pub fn name_token(
        dir: &DataDir,
        address: &TokenAddress,
        public_key: PublicKey,
        entropy: &mut dyn Entropy,
    ) -> Result<(), KeyError> {
        let TokenAddress { module, token, key } = address.clone();
        Settings::change(dir, entropy, |settings| {
            settings.tokens.retain(|other| other.public_key != public_key);
            settings.tokens.push(TokenText { module, token, key, public_key });
        })
    }
}

/// Opens a key, with the secret that its place needs.
pub fn open(place: &KeyPlace, secrets: &Secrets) -> Result<Box<dyn SigningBackend>, KeyError> {
    match place {
        KeyPlace::File(path) => {
            let passphrase = secrets.passphrase.as_ref().ok_or(KeyError::PassphraseEmpty)?;
            Ok(Box::new(FileKey::open(path, passphrase)?))
        }
        KeyPlace::Token(address) => {
            let needed = || TokenError::PinNeeded { address: address.clone() };
            let pin = secrets.pin.clone().ok_or_else(needed)?;
            Ok(Box::new(TokenKey::open(address.clone(), pin)?))
        }
    }
}

/// Key files, in the order of their names.
fn key_files(folder: &Path) -> Result<Vec<PathBuf>, KeyError> {
    let failed = |source| KeyError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "key") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// What `keys.toml` says.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Keys that are used before others, the first before all.
    #[serde(default, rename = "use", skip_serializing_if = "Vec::is_empty")]
    preferred: Vec<Thumbprint>,
    #[serde(default, rename = "token", skip_serializing_if = "Vec::is_empty")]
    tokens: Vec<TokenText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TokenText {
    module: PathBuf,
    token: String,
    key: String,
    public_key: PublicKey,
}

const TITLE: &str = "# Keys on tokens, and which keys are used before others. `waybill keys` writes this; PINs never stand here.\n\n";

impl Settings {
    fn read(path: &Path) -> Result<Settings, KeyError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
            Err(source) => return Err(KeyError::Read { path: path.to_owned(), source }),
        };
        toml::from_str(&text)
            .map_err(|error| KeyError::Settings { path: path.to_owned(), detail: error.message().to_owned() })
    }

    fn change(
        dir: &DataDir,
        entropy: &mut dyn Entropy,
        change: impl FnOnce(&mut Settings),
    ) -> Result<(), KeyError> {
        let path = dir.key_settings();
        let mut settings = Settings::read(&path)?;
        change(&mut settings);
        let text = toml::to_string(&settings).expect("texts have a TOML form");
        files::replace(&path, format!("{TITLE}{text}").as_bytes(), entropy)
            .map_err(|source| KeyError::Write { path, source })
    }
}
