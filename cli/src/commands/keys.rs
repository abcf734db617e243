//! `waybill keys`: the signing keys, what each may do, and which is in use.

mod ceremony;
mod create;

use std::path::PathBuf;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use license_format::{DAY, Kind, Thumbprint, Timestamp};
use serde_json::json;
use signer::{
    keys::{FileKey, KeyPlace, KeyRing, SigningBackend as _, TokenAddress, TokenKey},
    trust::{History, Role},
};

use super::second_person::Person;
use crate::{
    Context, bundle, edge, files,
    outcome::{Failure, Report},
    secret::SecretSource,
    show,
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Keys {
    /// Every key: what it may sign and when, and where its secret lies
    List,
    /// Trust a new key, and use it from now on
    Rotate(Rotate),
    /// Believe nothing that a key signs from an instant on, because it leaked
    Revoke(Revoke),
    /// Use a key that is trusted already before the others: a spare takes over
    Use(Use),
    /// Write a key's public half as PEM, for OpenSSL and other programs
    Export(Export),
    /// Make the first keys and the first trust bundle from one file, with a protocol to sign; `waybill init --ceremony` takes them
    Ceremony(ceremony::Ceremony),
    /// Make a key in a file of its own, such as a root key in the place of a lost one
    Create(create::Create),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Rotate {
    /// What the new key is for
    #[arg(value_name = "ROLE", default_value = "issuing")]
    role: RoleName,
    /// Only trust it, as a spare: `waybill keys use` takes it into use
    #[arg(long)]
    spare: bool,
    /// How long it may sign
    #[arg(long, value_name = "DAYS", default_value_t = 5 * 365, value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,
    /// Make it on a token, with this PKCS #11 module
    #[arg(long, value_name = "LIBRARY", requires = "token")]
    pkcs11_module: Option<PathBuf>,
    /// The token's label
    #[arg(long, value_name = "LABEL", requires = "pkcs11_module")]
    token: Option<String>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// The key, by the beginning of its name
    key: String,
    /// From when it is distrusted: a day or an RFC 3339 instant. What it signed before stays genuine
    #[arg(long, value_name = "WHEN", value_parser = instant)]
    since: Timestamp,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Use {
    /// The key, by the beginning of its name
    key: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The key, by the beginning of its name
    key: String,
    /// The file to write; standard output otherwise
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A change of the trust bundle.
#[derive(Debug, clap::Args)]
struct Change {
    #[command(flatten)]
    secrets: SecretSource,
    /// Where to write the proposal, if other holders of root keys must sign it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    person: Person,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum RoleName {
    /// Signs answers
    Issuing,
    /// Signs checkpoints of the log
    Log,
}

impl Keys {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        match self {
            Keys::List => list(context),
            Keys::Rotate(command) => command.run(context).await,
            Keys::Revoke(command) => command.run(context).await,
            Keys::Use(command) => command.run(context),
            Keys::Export(command) => command.run(context),
            Keys::Ceremony(command) => command.run(),
            Keys::Create(command) => command.run(),
        }
    }
}

fn list(context: &Context) -> Result<Report, Failure> {
    let dir = context.data_dir.made()?;
    let (history, mut ring, now) = (History::read(&dir)?, KeyRing::read(&dir)?, edge::now());
    let trusted = history.newest().bundle();
    let revoked = history.newest().revocations().map_or(&[][..], |list| &list.keys);
    ring.bar(revoked);
    let used: Vec<Thumbprint> = [Kind::License, Kind::Checkpoint]
        .iter()
        .filter_map(|kind| ring.in_use(trusted, *kind, now).ok())
        .map(|used| used.entry.public_key.thumbprint())
        .collect();
    let place = |key| ring.place(key).map_or_else(|| "not here".to_owned(), place);
    let mut rows = Vec::new();
    let mut keys = Vec::new();
    for entry in &trusted.keys {
        let kid = entry.public_key.thumbprint();
        let role = if entry.signs.contains(&Kind::License) { "issuing" } else { "log" };
        let state = match entry.distrusted_since {
            _ if revoked.contains(&kid) => "revoked".to_owned(),
            Some(since) => format!("distrusted since {}", since.minute()),
            None if used.contains(&kid) => "in use".to_owned(),
            None if now < entry.from => "not yet".to_owned(),
            None if entry.until <= now => "ended".to_owned(),
            None => "spare".to_owned(),
        };
        let secret = place(&entry.public_key);
        keys.push(json!({
            "key": kid, "role": role, "from": entry.from.rfc3339(), "until": entry.until.rfc3339(), "state": state,
            "secret": secret, "distrusted_since": entry.distrusted_since.map(Timestamp::rfc3339),
        }));
        rows.push(vec![kid.short(), role.to_owned(), entry.from.date(), entry.until.date(), state, secret]);
    }
    for root in &trusted.roots {
        let (kid, secret) = (root.thumbprint(), place(root));
        keys.push(json!({ "key": kid, "role": "root", "secret": secret }));
        rows.push(vec![kid.short(), "root".to_owned(), String::new(), String::new(), String::new(), secret]);
    }
    for (key, at) in ring.places() {
        let Some(key) =
            key.filter(|key| trusted.key(&key.thumbprint()).is_none() && !trusted.roots.contains(key))
        else {
            continue;
        };
        let (kid, secret) = (key.thumbprint(), self::place(at));
        keys.push(json!({ "key": kid, "state": "not trusted", "secret": secret }));
        rows.push(vec![
            kid.short(),
            String::new(),
            String::new(),
            String::new(),
            "not trusted".to_owned(),
            secret,
        ]);
    }
    let text = format!(
        "Trust bundle {}, {} of {} root keys.\n\n{}",
        trusted.number,
        trusted.threshold,
        trusted.roots.len(),
        show::table(&["KEY", "ROLE", "FROM", "UNTIL", "STATE", "SECRET"], rows, "no keys")
    );
    Ok(Report::new(text, json!({ "bundle": trusted.number, "threshold": trusted.threshold, "keys": keys })))
}

impl Rotate {
    async fn run(self, context: &Context) -> Result<Report, Failure> {
        let dir = context.data_dir.made()?;
        let (history, now) = (History::read(&dir)?, edge::now());
        let (mut proposal, over) = bundle::propose(context, &history, now).await;
        proposal.demand_room()?;
        let (role, name) = match self.role {
            RoleName::Issuing => (Role::Issuing, "issuing"),
            RoleName::Log => (Role::Log, "log"),
        };
        let (number, path) = (1..)
            .map(|number| (number, dir.keys().join(format!("{name}-{number}.key"))))
            .find(|(_, path)| !path.exists())
            .expect("numbers do not end");
        let (public_key, at) = match (self.pkcs11_module, self.token) {
            (Some(module), Some(token)) => {
                let address = TokenAddress { module, token, key: format!("waybill-{name}-{number}") };
                let key = TokenKey::create(address, self.change.secrets.pin()?)
                    .map_err(signer::keys::KeyError::from)?;
                KeyRing::add_token(&dir, &key, &mut edge::entropy)?;
                (key.public_key(), key.address().to_string())
            }
            _ => {
                let passphrase = self.change.secrets.passphrase()?;
                // A mistyped passphrase would lock the new key up: it must open a file that is there.
                if let Some(KeyPlace::File(known)) = KeyRing::read(&dir)?
                    .places()
                    .map(|(_, place)| place)
                    .find(|place| matches!(place, KeyPlace::File(_)))
                {
                    FileKey::open(known, &passphrase)?;
                }
                let key = FileKey::create(&path, &passphrase, &mut edge::entropy)?;
                (key.public_key(), key.path().display().to_string())
            }
        };
        proposal.trust_key(public_key, role, (now, now.plus(self.days * DAY)), !self.spare)?;
        if !self.spare {
            KeyRing::prefer(&dir, public_key.thumbprint(), &mut edge::entropy)?;
        }
        let passphrase = || self.change.secrets.passphrase();
        let change = (self.change.output, &self.change.person);
        let settled =
            bundle::settle(&context.data_dir, &history, (&proposal, &over), passphrase, change).await?;
        let fields = show::fields(&[("new key", &public_key.thumbprint().short()), ("secret", &at)]);
        let text = |settled: &str| format!("{fields}\n{settled}");
        Ok(settled.report_with(text, json!({ "key": public_key.thumbprint() })))
    }
}

impl Revoke {
    async fn run(self, context: &Context) -> Result<Report, Failure> {
        let dir = context.data_dir.made()?;
        let history = History::read(&dir)?;
        let kid = bundle::find(history.newest().bundle(), &self.key)?.thumbprint();
        if history.newest().bundle().key(&kid).is_none() {
            let says = format!("key {} is a root key: those are replaced", kid.short());
            let next = "Run `waybill trust propose --replace-root` with its name.";
            return Err(Failure::refused("key-is-root", says, next));
        }
        let (mut proposal, over) = bundle::propose(context, &history, edge::now()).await;
        proposal.distrust(&kid, self.since)?;
        let passphrase = || self.change.secrets.passphrase();
        let change = (self.change.output, &self.change.person);
        let settled =
            bundle::settle(&context.data_dir, &history, (&proposal, &over), passphrase, change).await?;
        let ring = KeyRing::read(&dir)?;
        let kinds = [Kind::License, Kind::Checkpoint];
        let last_one = kinds.iter().find_map(|kind| ring.in_use(proposal.bundle(), *kind, edge::now()).err());
        let warning = last_one
            .map_or_else(String::new, |none| format!("\nThen {none}. Run `waybill keys rotate` too.\n"));
        let (key, since) = (kid.short(), self.since.minute());
        let text = |settled: &str| {
            format!(
                "What key {key} signed from {since} on is believed by nobody who has the new bundle; what it signed before stays \
                 genuine.\n{settled}{warning}"
            )
        };
        let json = json!({ "key": kid, "distrusted_since": self.since.rfc3339() });
        Ok(settled.report_with(text, json))
    }
}

impl Use {
    fn run(self, context: &Context) -> Result<Report, Failure> {
        let dir = context.data_dir.made()?;
        let history = History::read(&dir)?;
        let trusted = history.newest().bundle();
        let key = bundle::find(trusted, &self.key)?;
        let ring = KeyRing::read(&dir)?;
        let kid = key.thumbprint();
        let Some(entry) = trusted.key(&kid) else {
            let says = format!("key {} is a root key: it signs trust bundles alone", kid.short());
            return Err(Failure::refused("key-is-root", says, "Name an issuing or log key."));
        };
        if ring.place(&key).is_none() {
            let says = format!("the secret of key {} is not here", kid.short());
            return Err(Failure::refused("key-not-here", says, "Put its file into the folder `keys`."));
        }
        if history.newest().revocations().is_some_and(|list| list.keys.contains(&kid)) {
            let says = format!("key {} was revoked: nothing that it signs is believed", kid.short());
            return Err(Failure::refused(
                "key-revoked",
                says,
                "Name another; `waybill keys list` shows them.",
            ));
        }
        // Told now and not at the next start, when nobody looks.
        KeyRing::prefer(&dir, kid, &mut edge::entropy)?;
        let ring = KeyRing::read(&dir)?;
        let used = ring.in_use(trusted, entry.signs[0], edge::now())?;
        let in_use = used.entry.public_key == key;
        let text = match in_use {
            true => format!("Key {} signs from the next answer on.\n", kid.short()),
            false => format!(
                "Key {} is preferred, and may not sign now; `waybill keys list` says why.\n",
                kid.short()
            ),
        };
        Ok(Report::new(text, json!({ "key": kid, "in_use": in_use })))
    }
}

/// The DER of an Ed25519 SubjectPublicKeyInfo (RFC 8410 §4) up to the key.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl Export {
    fn run(self, context: &Context) -> Result<Report, Failure> {
        let dir = context.data_dir.made()?;
        let history = History::read(&dir)?;
        let key = bundle::find(history.newest().bundle(), &self.key)?;
        let body = BASE64_STANDARD.encode([&SPKI[..], key.as_bytes()].concat());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
        let json = json!({ "key": key.thumbprint(), "public_key": key, "pem": pem });
        match self.output {
            Some(path) => {
                files::save(&path, pem.as_bytes())?;
                Ok(Report::new(
                    format!("{} holds public key {}.\n", path.display(), key.thumbprint().short()),
                    json,
                ))
            }
            None => Ok(Report::new(pem, json)),
        }
    }
}

/// Where a secret lies, as people read it.
pub(super) fn place(place: &KeyPlace) -> String {
    match place {
        KeyPlace::File(path) => path.display().to_string(),
        KeyPlace::Token(address) => address.to_string(),
    }
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "a day such as 2026-11-22, or an RFC 3339 instant".to_owned())
}
