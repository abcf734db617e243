//! A change of the trust bundle, from the proposal to what is in place: signed by the root keys that are here, and handed to the other
//! holders where these are not enough.

use std::path::{Path, PathBuf};

use license_format::{
    PublicKey, Thumbprint, Timestamp,
    payload::{KeyEntry, TrustBundle},
};
use serde_json::{Value, json};
use signer::{
    keys::{FileKey, KeyPlace, KeyRing, Passphrase},
    second_person::{Proposal as SecondPersonProposal, SecondPerson, Taken},
    trust::{History, Over, Proposal, Signing, risk},
};
use verifier::TrustState;

use crate::{
    Context,
    commands::second_person::{self, Person},
    data_dir::DataDirArgs,
    edge, files,
    outcome::{Failure, Report},
    show,
};

/// The bundle after the one in place, without the keys of that which are over; and these. Where the record cannot be asked they stay: a key that
/// leaked is replaced also while the store is out of reach.
pub(crate) async fn propose(context: &Context, history: &History, now: Timestamp) -> (Proposal, Over) {
    let mut proposal = Proposal::after(history.newest(), now);
    let over = match context.data_dir.store().await {
        Ok(store) => Over::of(history, &store, now).await.unwrap_or_default(),
        Err(_) => Over::default(),
    };
    proposal.leave_out(&over);
    (proposal, over)
}

/// How far a change has come.
pub(crate) struct Settled {
    text: String,
    json: Value,
    /// The proposal, where a second person has to confirm it.
    waits: Option<Box<SecondPersonProposal>>,
}

impl Settled {
    /// What a command says that has nothing to add. Exit code 1 where a second person has to confirm it.
    pub(crate) fn report(self) -> Report {
        self.report_with(|text| text.to_owned(), json!({}))
    }

    /// The same with what the command has to say of its own, once it is done.
    pub(crate) fn report_with(self, text: impl FnOnce(&str) -> String, more: Value) -> Report {
        let Settled { text: settled, mut json, waits } = self;
        if let (Some(json), Value::Object(more)) = (json.as_object_mut(), more) {
            json.extend(more);
        }
        match waits {
            Some(proposal) => second_person::waits(&proposal),
            None => Report::new(text(&settled), json),
        }
    }
}

/// Signs with the root keys whose files lie in the data directory. Puts the bundle in place if that is enough; otherwise writes what there is
/// to `output`, for the other holders.
pub(crate) async fn settle(
    data_dir: &DataDirArgs,
    history: &History,
    (proposal, over): (&Proposal, &Over),
    passphrase: impl Fn() -> Result<Passphrase, Failure>,
    (output, person): (Option<PathBuf>, &Person),
) -> Result<Settled, Failure> {
    let before = history.newest();
    let mut signing = Signing::begin(proposal)?;
    let ring = KeyRing::read(&data_dir.made()?)?;
    let roots = before.bundle().roots.iter().chain(&proposal.bundle().roots);
    for place in roots.filter_map(|root| ring.place(root)) {
        if let KeyPlace::File(path) = place {
            signing.sign(&FileKey::open(path, &passphrase()?)?, Some(before))?;
        }
    }
    let number = proposal.bundle().number;
    let left_out: String = over.keys().iter().map(left_out).collect();
    let over: Vec<Thumbprint> = over.keys().iter().map(|entry| entry.public_key.thumbprint()).collect();
    let missing = signing.missing(Some(before));
    if missing.is_nothing() {
        let mut settled = install(data_dir, history, &signing.finish(Some(before))?, person).await?;
        settled.text.insert_str(0, &left_out);
        settled.json["left_out"] = json!(over);
        return Ok(settled);
    }
    let path = output.unwrap_or_else(|| PathBuf::from(format!("trust-{number}.toml")));
    match signing.to_file() {
        None => files::save(&path, proposal.to_text().as_bytes())?,
        Some(file) => files::save(&path, &file.encode())?,
    };
    let text = format!(
        "{left_out}Trust bundle {number} is proposed in {}. It still needs the signatures of other holders: each runs\n    \
         waybill trust sign {} --root-key FILE --output SIGNED\nand then `waybill trust install` takes their files together.\n",
        path.display(),
        path.display()
    );
    let json = json!({
        "bundle": number, "installed": false, "left_out": over, "proposal": path, "missing": { "own": missing.own, "before": missing.before },
    });
    Ok(Settled { text, json, waits: None })
}

/// Puts a bundle in place that enough holders have signed, or has it wait for a second person. An ordinary rotation asks no store.
pub(crate) async fn install(
    data_dir: &DataDirArgs,
    history: &History,
    next: &TrustState,
    person: &Person,
) -> Result<Settled, Failure> {
    let (before, number) = (history.newest().bundle(), next.bundle().number);
    let is_ordinary = before.number < number && risk(before, next.bundle()).is_none();
    let installed = if is_ordinary {
        history.install(&data_dir.made()?, next, &mut edge::entropy)?;
        true
    } else {
        let store = data_dir.store().await?;
        let (by, dir) = (person.actor(&store).await?, data_dir.made()?);
        let rule = SecondPerson::new(store);
        match rule.install(&dir, next, &by, edge::now(), &mut edge::entropy).await? {
            Taken::Done(installed) => installed,
            Taken::Waits(proposal) => {
                let json = json!({ "bundle": number, "installed": false });
                return Ok(Settled { text: String::new(), json, waits: Some(proposal) });
            }
        }
    };
    let text = match installed {
        true => format!(
            "Trust bundle {number} is in place. A signer that is running goes by it from its next answer on, with which proxies learn of it.\n"
        ),
        false => format!("Trust bundle {number} was in place before; nothing has changed.\n"),
    };
    let json =
        json!({ "bundle": number, "installed": installed, "root_fingerprint": next.root_fingerprint() });
    Ok(Settled { text, json, waits: None })
}

fn left_out(entry: &KeyEntry) -> String {
    let key = entry.public_key.thumbprint().short();
    format!(
        "Key {key}, which ended on {}, is left out: no license of its time is in force any more.\n",
        entry.until.date()
    )
}

/// Reads what holders hand on: a proposal's text, or a file with signatures.
pub(crate) fn read(path: &Path) -> Result<Signing, Failure> {
    let bytes = files::read(path)?;
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains("-----BEGIN WAYBILL") => Ok(Signing::begin(&Proposal::from_text(&text)?)?),
        _ => Ok(Signing::read(&files::read_unverified(path)?)?),
    }
}

/// The key that was meant by the beginning of its name, with or without hyphens, among those of the bundle.
pub(crate) fn find(bundle: &TrustBundle, text: &str) -> Result<PublicKey, Failure> {
    let meant: String = text.chars().filter(|c| *c != '-').collect::<String>().to_lowercase();
    let all = bundle.keys.iter().map(|entry| entry.public_key).chain(bundle.roots.iter().copied());
    let fits = |key: &PublicKey| meant.len() >= 4 && key.thumbprint().to_string().starts_with(&meant);
    match all.filter(fits).collect::<Vec<_>>()[..] {
        [one] => Ok(one),
        ref found => {
            let what = if found.is_empty() { "names no key" } else { "names more than one key" };
            let says = format!("{text:?} {what} of trust bundle {}", bundle.number);
            Err(Failure::misuse(
                "key-name",
                says,
                "Copy the name from `waybill keys list`: four digits of it at least.",
            ))
        }
    }
}

/// What a bundle says, for people who are to sign or compare it.
pub(crate) fn table(bundle: &TrustBundle, signers: &[Thumbprint]) -> String {
    let signed = |kid: &Thumbprint| if signers.contains(kid) { "signed" } else { "" };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for root in &bundle.roots {
        let kid = root.thumbprint();
        rows.push(vec![
            kid.short(),
            "root".to_owned(),
            String::new(),
            String::new(),
            signed(&kid).to_owned(),
        ]);
    }
    for entry in &bundle.keys {
        let signs: Vec<&str> = entry.signs.iter().map(|kind| kind.name()).collect();
        let distrusted = entry
            .distrusted_since
            .map_or_else(String::new, |since| format!("distrusted since {}", since.minute()));
        rows.push(vec![
            entry.public_key.thumbprint().short(),
            signs.join(" "),
            entry.from.minute(),
            entry.until.minute(),
            distrusted,
        ]);
    }
    show::table(&["KEY", "SIGNS", "FROM", "UNTIL", ""], rows, "no keys")
}
