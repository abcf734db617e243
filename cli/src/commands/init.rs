//! `waybill init`: a data directory with keys, a trust bundle and an empty store.

use std::path::PathBuf;

use license_format::{Kind, PublicKey, Thumbprint};
use serde_json::{Value, json};
use signer::{
    init::{DataDir, InitOptions},
    keys::KeyRing,
    people::{Email, People},
    store::StoreAddress,
};
use verifier::TrustState;

use super::{keys, user};
use crate::{
    Context, edge,
    outcome::{Failure, Report},
    secret::PassphraseSource,
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// The vendor's name, which will stand in every license
    #[arg(long, value_name = "NAME", required_unless_present = "ceremony")]
    vendor: Option<String>,
    /// Begin with the keys and the trust bundle that a ceremony made: its folder `signer`. No root key is needed here
    #[arg(long, value_name = "DIR", conflicts_with_all = ["vendor", "passphrase_file"])]
    ceremony: Option<PathBuf>,
    /// Invite the first of the vendor's staff; later ones come by `waybill user invite --staff`
    #[arg(long, value_name = "EMAIL")]
    staff_email: Option<Email>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

impl Init {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let dir = context.data_dir.dir()?;
        let (now, entropy) = (edge::now(), &mut edge::entropy);
        let made = match self.ceremony {
            Some(folder) => signer::init::init_from(&dir, &folder, now, entropy).await?,
            None => {
                let vendor = self.vendor.unwrap_or_default();
                let options = InitOptions { vendor, passphrase: self.passphrase.read_new()? };
                signer::init::init(&dir, &options, now, entropy).await?
            }
        };
        let mut text = format!("{} can issue licenses now.\n\n", made.trust.bundle().vendor);
        text += &summary(&dir, &made.trust)?;

        let mut staff = Value::Null;
        if let Some(email) = self.staff_email {
            let people = People::new(context.data_dir.store().await?);
            let invited = people.create_staff(email.as_str(), edge::now(), &mut edge::entropy).await?;
            text += "\n";
            text += &user::invited_text(&invited);
            staff = user::invited_json(&invited);
        }
        text += "\nKeep a copy of the data directory, and the passphrase elsewhere: without either no license can be made.\n";
        if let StoreAddress::Postgres(_) = dir.store() {
            text += "Back the database up too, and name it to every command with --database-url or --database-url-file.\n";
        }
        let bundle = made.trust.bundle();
        let fingerprint = made.trust.root_fingerprint();
        let signing = |kind: Kind| {
            let entries = bundle.keys.iter().filter(move |entry| entry.signs.contains(&kind));
            entries.map(|entry| entry.public_key.thumbprint()).collect::<Vec<Thumbprint>>()
        };
        let json = json!({
            "vendor": bundle.vendor,
            "data_dir": dir.path(),
            "store": dir.store().to_string(),
            "root_keys": bundle.roots.iter().map(PublicKey::thumbprint).collect::<Vec<_>>(),
            "issuing_keys": signing(Kind::License),
            "log_keys": signing(Kind::Checkpoint),
            "root_fingerprint": fingerprint,
            "root_fingerprint_words": fingerprint.words(),
            "trust": dir.trust(),
            "staff": staff,
        });
        Ok(Report::new(text, json))
    }
}

/// What was made: where, and whose keys.
fn summary(dir: &DataDir, trust: &TrustState) -> Result<String, Failure> {
    let (bundle, ring) = (trust.bundle(), KeyRing::read(dir)?);
    let line = |key: &PublicKey| {
        let secret = ring.place(key).map_or_else(|| "not here".to_owned(), keys::place);
        format!("{}   {secret}", key.thumbprint().short())
    };
    let roots = bundle.roots.iter().map(|root| ("root key", line(root)));
    let others = bundle.keys.iter().map(|entry| {
        let is_issuing = entry.signs.contains(&Kind::License);
        (if is_issuing { "issuing key" } else { "log key" }, line(&entry.public_key))
    });
    let keys: Vec<(&str, String)> = roots.chain(others).collect();
    let (path, trust_file) = (dir.path().display(), dir.trust());
    let trust_file = trust_file.display();
    let mut fields: Vec<(&str, &dyn std::fmt::Display)> =
        vec![("data directory", &path), ("store", dir.store())];
    fields.extend(keys.iter().map(|(name, line)| (*name, line as &dyn std::fmt::Display)));
    fields.push(("trust bundle", &trust_file));
    Ok(show::fields_and_fingerprint(&fields, &trust.root_fingerprint()))
}
