//! `waybill trust show|propose|sign|install`: a trust bundle on its way from a proposal to its place.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use license_format::{PublicKey, Thumbprint};
use serde_json::json;
use signer::{
    keys::{FileKey, SigningBackend as _},
    trust::{History, Signing},
};
use verifier::{Fingerprint, TrustState};

use super::second_person::Person;
use crate::{
    Context, bundle, edge, files,
    outcome::{Exit, Failure, Report},
    secret::SecretSource,
    show,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// A proposal or a file with a trust bundle; the one in place otherwise
    file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Propose {
    /// A root key that was lost or leaked, by the beginning of its name
    #[arg(long, value_name = "KEY", requires = "by")]
    replace_root: Option<String>,
    /// The public half of the key in its place, in hexadecimal
    #[arg(long, value_name = "PUBLIC-KEY", value_parser = public_key, requires = "replace_root")]
    by: Option<PublicKey>,
    #[command(flatten)]
    secrets: SecretSource,
    /// Where to write the proposal
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Sign {
    /// The proposal, or what another holder has signed
    file: PathBuf,
    /// The file of the root key
    #[arg(long, value_name = "FILE")]
    root_key: PathBuf,
    /// The bundle before, which says whose keys its root keys were
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Do not ask: the proposal was read elsewhere
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    secrets: SecretSource,
    /// Where to write it with the signature
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Combine {
    /// What the holders have signed
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where to write all signatures together
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Install {
    /// What the holders have signed, together or apart
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    person: Person,
}

impl Show {
    pub(crate) fn run(self, context: &Context) -> Result<Report, Failure> {
        let signing = match self.file {
            Some(path) => bundle::read(&path)?,
            None => Signing::read(&History::read(&context.data_dir.made()?)?.newest().to_file())?,
        };
        let (trusted, signers) = (signing.bundle(), signing.signers().collect::<Vec<_>>());
        let mut text = heading(&signing);
        text += "\n";
        text += &bundle::table(trusted, &signers);
        let fingerprint = Fingerprint::of_roots(trusted);
        let json = json!({
            "vendor": trusted.vendor, "number": trusted.number, "previous": trusted.previous,
            "threshold": trusted.threshold, "issued": trusted.issued.rfc3339(), "signed_by": signers,
            "roots": trusted.roots.iter().map(PublicKey::thumbprint).collect::<Vec<Thumbprint>>(),
            "missing": signing.missing(None).own, "root_fingerprint": fingerprint,
            "root_fingerprint_words": fingerprint.words(), "keys": trusted.keys,
        });
        Ok(Report::new(text, json))
    }
}

impl Propose {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let dir = context.data_dir.made()?;
        let history = History::read(&dir)?;
        let (mut proposal, over) = bundle::propose(context, &history, edge::now()).await;
        match self.replace_root.as_deref().zip(self.by) {
            Some((lost, by)) => {
                let lost = bundle::find(history.newest().bundle(), lost)?;
                proposal.replace_root(&lost.thumbprint(), by)?;
            }
            None if over.keys().is_empty() => {
                return Err(Failure::refused(
                    "proposal-empty",
                    "such a bundle would say what the one in place says: none of its keys is long over",
                    "Give --replace-root and --by. A key is left out a year after its end, once no license of its time is in force.",
                ));
            }
            None => {}
        }
        let passphrase = || self.secrets.passphrase();
        let change = (self.output, &self.person);
        let settled =
            bundle::settle(&context.data_dir, &history, (&proposal, &over), passphrase, change).await?;
        Ok(settled.report())
    }
}

impl Sign {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        let mut signing = bundle::read(&self.file)?;
        let before = match self.before {
            Some(path) => Some(TrustState::pin(&files::read_unverified(&path)?)?),
            None => None,
        };
        if !self.yes {
            let signers: Vec<Thumbprint> = signing.signers().collect();
            let shown = format!("{}\n{}", heading(&signing), bundle::table(signing.bundle(), &signers));
            demand_consent(&shown)?;
        }
        let root = FileKey::open(&self.root_key, &self.secrets.passphrase()?)?;
        signing.sign(&root, before.as_ref())?;
        let missing = signing.missing(before.as_ref());
        let written = write(&signing, &self.output)?;
        let rest = match missing.is_nothing() {
            true => "It has the signatures that it needs.".to_owned(),
            false => format!("{} of its root keys must still sign.", missing.own),
        };
        let text = format!("{written}\n{rest}\n");
        Ok(Report::new(
            text,
            json!({ "bundle": signing.bundle().number, "signed_by": root.thumbprint(), "file": self.output, "missing": missing.own }),
        ))
    }
}

impl Combine {
    pub(crate) fn run(self) -> Result<Report, Failure> {
        let whole = together(&self.files)?;
        let text = write(&whole, &self.output)? + "\n";
        let signers: Vec<Thumbprint> = whole.signers().collect();
        Ok(Report::new(
            text,
            json!({ "bundle": whole.bundle().number, "signed_by": signers, "file": self.output }),
        ))
    }
}

impl Install {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let history = History::read(&context.data_dir.made()?)?;
        let next = together(&self.files)?.finish(Some(history.newest()))?;
        Ok(bundle::install(&context.data_dir, &history, &next, &self.person).await?.report())
    }
}

fn together(paths: &[PathBuf]) -> Result<Signing, Failure> {
    let parts = paths.iter().map(|path| bundle::read(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(Signing::combine(parts)?)
}

fn write(signing: &Signing, path: &Path) -> Result<String, Failure> {
    let Some(file) = signing.to_file() else {
        let says = "nobody has signed it yet";
        return Err(Failure::refused("trust-unsigned", says, "Sign it with `waybill trust sign`."));
    };
    files::save(path, &file.encode())?;
    let count = signing.signers().count();
    let signatures = if count == 1 { "1 signature".to_owned() } else { format!("{count} signatures") };
    Ok(format!("{} holds trust bundle {} with {signatures}.", path.display(), signing.bundle().number))
}

fn heading(signing: &Signing) -> String {
    let trusted = signing.bundle();
    let (roots, missing) = (trusted.roots.len(), signing.missing(None).own);
    let needs = match missing {
        0 => "signed".to_owned(),
        missing => format!("{missing} to sign"),
    };
    show::fields_and_fingerprint(
        &[
            ("trust bundle", &trusted.number),
            ("vendor", &trusted.vendor),
            ("made", &trusted.issued.minute()),
            ("root keys", &format!("{} of {roots} must sign, {needs}", trusted.threshold)),
        ],
        &Fingerprint::of_roots(trusted),
    )
}

/// Whoever signs has read what: on a terminal it is shown and asked; without one it must be said.
fn demand_consent(shown: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::misuse(
            "consent-needed",
            "a root key signs only what a person has read, and there is no terminal to show it at",
            "Read it with `waybill trust show FILE`, then give --yes.",
        ));
    }
    let failed = |error: io::Error| {
        Failure::new(
            Exit::CouldNotTell,
            "terminal",
            format!("the terminal cannot be used: {error}"),
            "Give --yes.",
        )
    };
    let mut error = io::stderr().lock();
    write!(error, "{shown}\nSign this? Type yes: ").and_then(|()| error.flush()).map_err(failed)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(failed)?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(Failure::refused("not-signed", "nothing was signed", "Type yes to sign.")),
    }
}

fn public_key(text: &str) -> Result<PublicKey, String> {
    PublicKey::from_hex(text).ok_or_else(|| "a public key has 64 hexadecimal digits".to_owned())
}
