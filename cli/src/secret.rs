//! Passphrases come from a prompt, a file or standard input; never from the command line, which others on the machine can read.

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

/// Where the passphrase of the signing keys comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct PassphraseSource {
    /// File whose first line is the passphrase of the signing keys; `-` for standard input. Asked for when absent
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseSource {
    /// The passphrase of keys that exist.
    pub(crate) fn read(&self) -> Result<Passphrase, Failure> {
        match &self.passphrase_file {
            Some(path) => from_file(path),
            None => Ok(Passphrase::new(
                prompt("Passphrase of the signing keys: ", "passphrase-needed", "--passphrase-file")?
                    .to_string(),
            )?),
        }
    }

    /// The passphrase of keys to be made; it is asked for twice, since a mistyped one would be lost.
    pub(crate) fn read_new(&self) -> Result<Passphrase, Failure> {
        let Some(path) = &self.passphrase_file else {
            let first =
                prompt("New passphrase for the signing keys: ", "passphrase-needed", "--passphrase-file")?;
            let passphrase = Passphrase::new(first.to_string())?;
            if *first != *prompt("The same again: ", "passphrase-needed", "--passphrase-file")? {
                return Err(Failure::misuse(
                    "passphrase-differs",
                    "the two passphrases differ",
                    "Try again.",
                ));
            }
            return Ok(passphrase);
        };
        from_file(path)
    }
}

/// Where come from what opens the keys that sign: a passphrase for files, a PIN for tokens, each asked for only where it is needed.
#[derive(Debug, clap::Args)]
pub(crate) struct SecretSource {
    #[command(flatten)]
    passphrase: PassphraseSource,
    /// File whose first line is the PIN of the token with a signing key; `-` for standard input. Asked for when absent
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
        let text = match &self.pin_file {
            Some(path) => Zeroizing::new(files::read_text(path)?),
            None => prompt("PIN of the token: ", "pin-needed", "--pin-file")?,
        };
        Ok(Pin::first_line(&text).map_err(KeyError::from)?)
    }
}

fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let contents = Zeroizing::new(files::read_text(path)?);
    Ok(Passphrase::first_line(&contents)?)
}

fn prompt(question: &str, code: &str, option: &str) -> Result<Zeroizing<String>, Failure> {
    if !io::stdin().is_terminal() {
        let what = if option == "--pin-file" {
            "the token needs its PIN"
        } else {
            "the signing keys need their passphrase"
        };
        return Err(Failure::misuse(
            code,
            format!("{what}, and there is no terminal to ask at"),
            format!("Give {option} FILE, or {option} - and the secret on standard input."),
        ));
    }
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(|error| {
        let says = format!("the secret cannot be read: {error}");
        Failure::new(Exit::CouldNotTell, "secret-read", says, format!("Give {option} FILE."))
    })
}
