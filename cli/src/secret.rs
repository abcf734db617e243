//! Passphrases come from a prompt, a file or standard input; never from the command line, which others on the machine can read.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use signer::keys::Passphrase;
use zeroize::Zeroizing;

use crate::{
    files,
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
            None => Ok(Passphrase::new(prompt("Passphrase of the signing keys: ")?.to_string())?),
        }
    }

    /// The passphrase of keys to be made; it is asked for twice, since a mistyped one would be lost.
    pub(crate) fn read_new(&self) -> Result<Passphrase, Failure> {
        let Some(path) = &self.passphrase_file else {
            let first = prompt("New passphrase for the signing keys: ")?;
            let passphrase = Passphrase::new(first.to_string())?;
            if *first != *prompt("The same again: ")? {
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

fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let contents = Zeroizing::new(files::read_text(path)?);
    Ok(Passphrase::first_line(&contents)?)
}

fn prompt(question: &str) -> Result<Zeroizing<String>, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::misuse(
            "passphrase-needed",
            "the signing keys need their passphrase, and there is no terminal to ask at",
            "Give --passphrase-file FILE, or --passphrase-file - and the passphrase on standard input.",
        ));
    }
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(|error| {
        let says = format!("the passphrase cannot be read: {error}");
        Failure::new(Exit::CouldNotTell, "passphrase-read", says, "Give --passphrase-file FILE.")
    })
}
