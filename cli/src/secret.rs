//! Passphrases come from a prompt, a file, standard input or a systemd credential; never from the command line or the environment, which
//! others on the machine can read. The environment only names the folder in which systemd puts credentials.

use std::{
    cell::OnceCell,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use license_format::Kind;
use signer::{
    init::DataDir,
    keys::{KeyError, KeyPlace, KeyRing, Passphrase, Pin, Secrets},
    trust::History,
};
use zeroize::Zeroizing;

use crate::{
    edge, files,
    outcome::{Exit, Failure},
};

/// The names of systemd credentials (`LoadCredentialEncrypted=waybill-passphrase:…` in a unit).
const PASSPHRASE: &str = "waybill-passphrase";
const PIN: &str = "waybill-pin";

/// Where the passphrase of the signing keys comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct PassphraseSource {
    /// File whose first line is the passphrase of the signing keys; `-` for standard input. When absent: the systemd credential
    /// `waybill-passphrase`, or a prompt
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseSource {
    /// The passphrase of keys that exist.
    pub(crate) fn read(&self) -> Result<Passphrase, Failure> {
        match self.file() {
            Some(path) => from_file(&path),
            None => Ok(Passphrase::new(prompt("Passphrase of the signing keys: ", SIGNING)?.to_string())?),
        }
    }

    /// The passphrase of keys to be made; it is asked for twice, since a mistyped one would be lost.
    pub(crate) fn read_new(&self) -> Result<Passphrase, Failure> {
        match self.file() {
            Some(path) => from_file(&path),
            None => prompt_twice("New passphrase for the signing keys: ", SIGNING),
        }
    }

    fn file(&self) -> Option<PathBuf> {
        self.passphrase_file.clone().or_else(|| credential(PASSPHRASE))
    }
}

/// Where the passphrases of new root keys come from: each holder has one.
#[derive(Debug, clap::Args)]
pub(crate) struct HolderSource {
    /// Folder with a file for each root key, named as it is, whose first line is its passphrase; each holder is asked when absent
    #[arg(long, value_name = "DIR")]
    passphrase_dir: Option<PathBuf>,
}

impl HolderSource {
    /// The passphrase of the root key with this name. A secret that a holder types is asked for twice.
    pub(crate) fn read_new(&self, name: &str, holder: &str) -> Result<Passphrase, Failure> {
        match &self.passphrase_dir {
            Some(dir) => from_file(&dir.join(name)),
            None => prompt_twice(&format!("{holder}: new passphrase for the root key {name}: "), HOLDERS),
        }
    }
}

/// Where come from what opens the keys that sign: a passphrase for files, a PIN for tokens, each asked for only where it is needed.
#[derive(Debug, clap::Args)]
pub(crate) struct SecretSource {
    #[command(flatten)]
    passphrase: PassphraseSource,
    /// File whose first line is the PIN of the token with a signing key; `-` for standard input. When absent: the systemd credential
    /// `waybill-pin`, or a prompt
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// Nobody is asked twice, and standard input can be read once.
    #[arg(skip)]
    given: OnceCell<Passphrase>,
}

impl SecretSource {
    /// For the keys that sign answers and the log now.
    pub(crate) fn read(&self, dir: &DataDir) -> Result<Secrets, Failure> {
        let (trust, mut ring, now) = (History::read(dir)?, KeyRing::read(dir)?, edge::now());
        ring.bar(trust.newest().revocations().map_or(&[], |list| &list.keys));
        let bundle = trust.newest().bundle();
        let used = [Kind::License, Kind::Checkpoint].map(|kind| ring.in_use(bundle, kind, now));
        let is_on_token = |place: &KeyPlace| matches!(place, KeyPlace::Token(_));
        // Where it is not known yet which key it is, the file that does not say so may be the one.
        let files = used.iter().any(|used| !used.as_ref().is_ok_and(|used| is_on_token(used.place)));
        let tokens = used.iter().flatten().any(|used| is_on_token(used.place));
        Ok(Secrets {
            passphrase: if files { Some(self.passphrase()?) } else { None },
            pin: if tokens { Some(self.pin()?) } else { None },
        })
    }

    /// The passphrase of key files.
    pub(crate) fn passphrase(&self) -> Result<Passphrase, Failure> {
        if let Some(given) = self.given.get() {
            return Ok(given.clone());
        }
        let passphrase = self.passphrase.read()?;
        Ok(self.given.get_or_init(|| passphrase).clone())
    }

    /// The PIN of a token.
    pub(crate) fn pin(&self) -> Result<Pin, Failure> {
        match pin(self.pin_file.as_deref())? {
            Some(pin) => Ok(pin),
            None => Ok(Pin::first_line(&prompt("PIN of the token: ", TOKEN)?).map_err(KeyError::from)?),
        }
    }
}

/// The PIN of a token from its file, or the systemd credential. Nobody is asked.
pub(crate) fn pin(file: Option<&Path>) -> Result<Option<Pin>, Failure> {
    let Some(path) = file.map(Path::to_owned).or_else(|| credential(PIN)) else { return Ok(None) };
    let text = Zeroizing::new(files::read_text(&path)?);
    Ok(Some(Pin::first_line(&text).map_err(KeyError::from)?))
}

/// The password of one of the people who sign in on the portal.
pub(crate) fn password(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    match file {
        Some(path) => {
            let text = Zeroizing::new(files::read_text(path)?);
            Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
        }
        None => prompt("Your password on the portal: ", PERSON),
    }
}

fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let contents = Zeroizing::new(files::read_text(path)?);
    Ok(Passphrase::first_line(&contents)?)
}

/// The file of a systemd credential, if this is a service that was given it.
fn credential(name: &str) -> Option<PathBuf> {
    let path = edge::credentials()?.join(name);
    path.is_file().then_some(path)
}

/// What to say where there is no terminal to ask at.
#[derive(Clone, Copy)]
struct Unasked {
    code: &'static str,
    needs: &'static str,
    next: &'static str,
}

const SIGNING: Unasked = Unasked {
    code: "passphrase-needed",
    needs: "the signing keys need their passphrase",
    next: "Give --passphrase-file FILE, or --passphrase-file - and the secret on standard input.",
};
const HOLDERS: Unasked = Unasked {
    code: "passphrase-needed",
    needs: "each root key needs a passphrase of its own",
    next: "Give --passphrase-dir DIR, with a file for each root key.",
};
const TOKEN: Unasked = Unasked {
    code: "pin-needed",
    needs: "the token needs its PIN",
    next: "Give --pin-file FILE, or --pin-file - and the secret on standard input.",
};
const PERSON: Unasked = Unasked {
    code: "password-needed",
    needs: "a person proves who they are by their password",
    next: "Give --password-file FILE, or --password-file - and the secret on standard input.",
};

fn prompt(question: &str, unasked: Unasked) -> Result<Zeroizing<String>, Failure> {
    let Unasked { code, needs, next } = unasked;
    if !io::stdin().is_terminal() {
        return Err(Failure::misuse(code, format!("{needs}, and there is no terminal to ask at"), next));
    }
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(|error| {
        Failure::new(Exit::CouldNotTell, "secret-read", format!("the secret cannot be read: {error}"), next)
    })
}

fn prompt_twice(question: &str, unasked: Unasked) -> Result<Passphrase, Failure> {
    let first = prompt(question, unasked)?;
    let passphrase = Passphrase::new(first.to_string())?;
    if *first != *prompt("The same again: ", unasked)? {
        return Err(Failure::misuse("passphrase-differs", "the two passphrases differ", "Try again."));
    }
    Ok(passphrase)
}
