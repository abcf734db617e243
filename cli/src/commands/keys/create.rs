//! `waybill keys create`: one key in a file of its own, away from any data directory: a root key in the place of a lost one, on its holder's
//! machine, or an issuing key that a ceremony is told of.

use std::path::PathBuf;

use serde_json::json;
use signer::keys::{FileKey, SigningBackend as _};
use verifier::Fingerprint;

use crate::{
    edge,
    outcome::{Failure, Report},
    secret::PassphraseSource,
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The file to make
    file: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

impl Create {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let key = FileKey::create(&self.file, &self.passphrase.read_new()?, &mut edge::entropy)?;
        let (public_key, kid) = (key.public_key(), key.thumbprint());
        let fingerprint = Fingerprint::of_key(&kid);
        let lines = fingerprint.lines().map(|(groups, words)| format!("{groups}   {words}"));
        let [one, two, three, four] = &lines;
        let text = show::fields(&[
            ("file", &self.file.display()),
            ("public key", &public_key),
            ("key", one),
            ("", two),
            ("", three),
            ("", four),
        ]);
        let text = text
            + "Nobody trusts it yet. Tell the public key to whoever proposes the next bundle, and compare the words.\n";
        let json = json!({
            "file": self.file, "public_key": public_key, "key": kid,
            "fingerprint": fingerprint, "fingerprint_words": fingerprint.words(),
        });
        Ok(Report::new(text, json))
    }
}
