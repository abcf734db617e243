//! `waybill init`: a data directory with keys, a trust bundle and an empty store.

use serde_json::{Value, json};
use signer::{
    init::{InitOptions, Initialized},
    people::{Email, People},
    store::StoreAddress,
};

use super::user;
use crate::{
    Context, edge,
    outcome::{Failure, Report},
    secret::PassphraseSource,
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// The vendor's name, which will stand in every license
    #[arg(long, value_name = "NAME")]
    vendor: String,
    /// Invite the first of the vendor's staff; later ones come by `waybill user invite --staff`
    #[arg(long, value_name = "EMAIL")]
    staff_email: Option<Email>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

impl Init {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let dir = context.data_dir.dir()?;
        let options = InitOptions { vendor: self.vendor, passphrase: self.passphrase.read_new()? };
        let made = signer::init::init(&dir, &options, edge::now(), &mut edge::entropy).await?;
        let Initialized { vendor, root, issuing, log, root_fingerprint, .. } = &made;
        let mut text = format!("{vendor} can issue licenses now.\n\n");
        text += &show::fields(&[
            ("data directory", &dir.path().display()),
            ("store", dir.store()),
            ("root key", &format!("{}   {}", root.short(), dir.root_key(1).display())),
            ("issuing key", &format!("{}   {}", issuing.short(), dir.issuing_key(1).display())),
            ("log key", &format!("{}   {}", log.short(), dir.log_key(1).display())),
            ("trust bundle", &dir.trust().display()),
            ("root fingerprint", root_fingerprint),
        ]);

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
        let json = json!({
            "vendor": vendor,
            "data_dir": dir.path(),
            "store": dir.store().to_string(),
            "root_key": root,
            "issuing_key": issuing,
            "log_key": log,
            "root_fingerprint": root_fingerprint,
            "trust": dir.trust(),
            "staff": staff,
        });
        Ok(Report::new(text, json))
    }
}
