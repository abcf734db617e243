//! `waybill keys ceremony`: the first keys and the first trust bundle, from one file that everybody present has read.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
};

use license_format::Timestamp;
use serde_json::{Value, json};
use signer::ceremony::{CeremonyError, Held, Passphrases, Plan, hold};

use crate::{
    edge, files,
    outcome::{Failure, Report},
    secret::{HolderSource, PassphraseSource, pin},
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Ceremony {
    /// What is to be made: who is present, root keys and their holders, threshold, and what other keys may sign until when
    plan: PathBuf,
    /// The folder to make
    #[arg(long, value_name = "DIR", default_value = "ceremony")]
    output: PathBuf,
    /// Only tell what would be made
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    holders: HolderSource,
    #[command(flatten)]
    signing: PassphraseSource,
    /// File whose first line is the PIN of the tokens that the plan names, or `-` for standard input: each key on them is opened, and compared
    /// with the plan
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

impl Ceremony {
    pub(super) fn run(self) -> Result<Report, Failure> {
        let now = edge::now();
        let plan = Plan::read(&files::read_text(&self.plan)?, now)?;
        // Told before anybody thinks of a passphrase.
        if self.output.symlink_metadata().is_ok() {
            return Err(CeremonyError::Exists { path: self.output }.into());
        }
        // A bundle that names a key which nobody has would be noticed when the signer starts, far from the holders.
        let compared = match pin(self.pin_file.as_deref())? {
            Some(pin) if plan.has_tokens() => {
                plan.compare_tokens(&pin)?;
                Some(true)
            }
            _ => plan.has_tokens().then_some(false),
        };
        let tokens = match compared {
            Some(true) => "\nThe tokens have the keys that the plan names.\n",
            Some(false) => {
                "\nThe keys on tokens were not looked at: --pin-file does it, where the tokens are.\n"
            }
            None => "",
        };
        let told = told(&plan, now) + tokens;
        if self.check {
            let text = format!("{told}\nNothing was made.\n");
            let (vendor, threshold) = (&plan.vendor, plan.threshold);
            let json = json!({ "held": false, "vendor": vendor, "threshold": threshold, "tokens_compared": compared });
            return Ok(Report::new(text, json));
        }
        if io::stdin().is_terminal() {
            // Where it cannot be shown, the questions that follow cannot be either.
            let _ = writeln!(io::stderr(), "{told}");
        }
        let roots = plan.roots.iter().map(|root| self.holders.read_new(&root.name, root.holder.as_str()));
        let roots = roots.collect::<Result<_, _>>()?;
        let signing = match plan.keys_to_make().next() {
            Some(_) => Some(self.signing.read_new()?),
            None => None,
        };
        let tool = concat!("waybill ", env!("CARGO_PKG_VERSION"));
        let held = hold(&plan, &self.output, &Passphrases { roots, signing }, tool, now, &mut edge::entropy)?;
        let mut json = object(&plan, &held);
        json["tokens_compared"] = json!(compared);
        Ok(Report::new(text(&plan, &held) + tokens, json))
    }
}

/// What will be made, for those who are present.
fn told(plan: &Plan, now: Timestamp) -> String {
    let present: Vec<&str> = plan.present.iter().map(|person| person.as_str()).collect();
    let place = plan.place.as_ref().map_or("-", |place| place.as_str());
    let threshold = format!("{} of {} root keys", plan.threshold, plan.roots.len());
    let heading = show::fields(&[
        ("vendor", &plan.vendor),
        ("place", &place),
        ("present", &present.join("; ")),
        ("a bundle needs", &threshold),
    ]);
    let roots = plan.roots.iter().map(|root| {
        vec![
            root.name.clone(),
            "trust-bundle".to_owned(),
            String::new(),
            String::new(),
            format!("held by {}", root.holder),
        ]
    });
    let keys = plan.keys.iter().map(|key| {
        let signs: Vec<&str> = key.signs.iter().map(|kind| kind.name()).collect();
        let secret = match (&key.public_key, &key.token) {
            (None, _) => "made here".to_owned(),
            (Some(_), Some(address)) => address.to_string(),
            (Some(_), None) => "made elsewhere".to_owned(),
        };
        vec![key.name.clone(), signs.join(" "), key.from.unwrap_or(now).date(), key.until.date(), secret]
    });
    let rows = roots.chain(keys).collect();
    format!("{heading}\n{}", show::table(&["KEY", "SIGNS", "FROM", "UNTIL", "SECRET"], rows, "no keys"))
}

fn text(plan: &Plan, held: &Held) -> String {
    let folder = held.folder.display();
    let made = show::fields_and_fingerprint(
        &[("folder", &folder), ("protocol", &held.folder.join("protocol.txt").display())],
        &held.trust.root_fingerprint(),
    );
    let mut text = format!("The ceremony of {} was held.\n\n{made}\nNow\n", plan.vendor);
    text += "  print the protocol, compare it with the screen, and let everybody sign it;\n";
    for root in &plan.roots {
        text += &format!("  {} takes {folder}/roots/{}.key away;\n", root.holder, root.name);
    }
    text += &format!(
        "  carry {folder}/signer to the signer's machine, and run there `waybill init --ceremony signer`;\n  \
         then delete {folder} here, with its root keys.\n"
    );
    text
}

fn object(plan: &Plan, held: &Held) -> Value {
    let fingerprint = held.trust.root_fingerprint();
    let roots = plan.roots.iter().zip(&held.roots);
    let keys = plan.keys.iter().zip(&held.keys);
    json!({
        "held": true,
        "folder": held.folder,
        "vendor": plan.vendor,
        "threshold": plan.threshold,
        "root_fingerprint": fingerprint,
        "root_fingerprint_words": fingerprint.words(),
        "roots": roots.map(|(root, kid)| json!({ "name": root.name, "holder": root.holder, "key": kid })).collect::<Vec<_>>(),
        "keys": keys.map(|(key, kid)| json!({ "name": key.name, "signs": key.signs, "key": kid })).collect::<Vec<_>>(),
        "files": held.files.iter().map(|(name, digest)| json!({ "name": name, "sha256": digest })).collect::<Vec<_>>(),
    })
}
