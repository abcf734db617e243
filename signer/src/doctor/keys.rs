//! Keys and the trust bundle: which end within the horizon, which are lacking, and who else on the machine could read them.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use license_format::{
    Kind, Timestamp, limits,
    payload::{KeyEntry, TrustBundle},
};

use super::Finding;
use crate::{
    data_dir::DataDir,
    files,
    keys::{FileKey, KeyRing},
    store::StoreAddress,
    trust::History,
};

/// Looks at keys, bundle and files. What may sign until an instant before the horizon is due.
pub fn keys(dir: &DataDir, now: Timestamp, horizon: Timestamp) -> Vec<Finding> {
    let mut findings = permissions(dir);
    let history = match History::read(dir) {
        Ok(history) => history,
        Err(error) => {
            findings.push(Finding::due(error.code(), "trust bundle", error.to_string(), error.next_step()));
            return findings;
        }
    };
    let bundle = history.newest().bundle();
    findings.push(bundle_itself(bundle));
    if let Some(list) = history.newest().revocations() {
        findings.push(revocations(list.number, list.until, now));
    }
    // A key file that cannot be looked into was told of with the permissions.
    let Ok(mut ring) = KeyRing::read(dir) else { return findings };
    ring.bar(history.newest().revocations().map_or(&[], |list| &list.keys));
    for (kind, role) in [(Kind::License, "issuing"), (Kind::Checkpoint, "log")] {
        findings.extend(in_use(role, kind, bundle, &ring, now, horizon));
    }
    findings.extend(roots(bundle, &ring));
    findings.extend(strays(bundle, &ring));
    findings
}

fn bundle_itself(bundle: &TrustBundle) -> Finding {
    let (about, keys) = (format!("trust bundle {}", bundle.number), bundle.keys.len());
    match keys >= limits::TRUSTED_KEYS {
        true => Finding::due(
            "bundle-full",
            about,
            format!("it names {keys} keys, and has room for no other"),
            "Run `waybill trust propose`, which leaves out what is long over, before a key must be replaced in a hurry.",
        ),
        false => Finding::well(
            "bundle",
            about,
            format!(
                "of {}, {} of {} root keys; it does not end, and has room for {} more keys",
                bundle.issued.date(),
                bundle.threshold,
                bundle.roots.len(),
                limits::TRUSTED_KEYS - keys
            ),
        ),
    }
}

fn revocations(number: u64, until: Timestamp, now: Timestamp) -> Finding {
    let about = format!("revocation list {number}");
    let finding = match until <= now {
        true => Finding::due(
            "revocations-old",
            about,
            format!("a newer one should have been made by {}", until.date()),
            "Run the signer and let it answer a request: it makes the next list by itself.",
        ),
        false => {
            Finding::well("revocations", about, format!("a newer one is to be made by {}", until.date()))
        }
    };
    finding.when(until)
}

/// The key that signs a kind now, and the spares that would take its place.
fn in_use(
    role: &str,
    kind: Kind,
    bundle: &TrustBundle,
    ring: &KeyRing,
    now: Timestamp,
    horizon: Timestamp,
) -> Vec<Finding> {
    let used = match ring.in_use(bundle, kind, now) {
        Ok(used) => used.entry,
        // A key file without a note of its public key, as OpenSSL writes it, may be the one; only its passphrase tells.
        Err(_) if ring.places().any(|(key, _)| key.is_none()) => {
            let says = "a key file does not say whose it is, so it is not known which key signs";
            return vec![Finding::advice(
                "key-unnamed",
                format!("{role} key"),
                says,
                "Start the signer: it tells.",
            )];
        }
        Err(none) => {
            return vec![Finding::due(
                "key-none-usable",
                format!("{role} key"),
                none.to_string(),
                none.next_step(),
            )];
        }
    };
    let spares: Vec<&KeyEntry> = bundle
        .keys
        .iter()
        .filter(|entry| entry.signs.contains(&kind) && entry.public_key != used.public_key)
        .filter(|entry| ring.place(&entry.public_key).is_some())
        .filter(|entry| ring.may_sign(&entry.public_key.thumbprint(), bundle, kind, now))
        .collect();
    let lasting = spares.iter().find(|spare| spare.until > horizon);

    let about = about(role, used);
    let until = used.until.date();
    let mut findings = vec![
        match (used.until <= horizon, lasting) {
            (false, _) => Finding::well("key-in-use", about, format!("in use, may sign until {until}")),
            (true, Some(spare)) => Finding::due(
                "key-ends",
                about,
                format!("in use, may sign only until {until}"),
                format!(
                    "Take the spare into use, which may sign until {}: `waybill keys use {}`.",
                    spare.until.date(),
                    short(spare)
                ),
            ),
            (true, None) => Finding::due(
                "key-ends",
                about,
                format!("in use, may sign only until {until}"),
                format!("Run `waybill keys rotate {role}`: holders of root keys must sign, so begin early."),
            ),
        }
        .when(used.until),
    ];
    findings.extend(spares.iter().map(|spare| spare_finding(role, spare, horizon)));
    if spares.is_empty() && kind == Kind::License {
        findings.push(Finding::advice(
            "no-spare",
            "spare issuing key",
            "there is none: if the key in use is lost, nothing is issued before holders of root keys have signed",
            "Run `waybill keys rotate --spare`.",
        ));
    }
    findings
}

fn spare_finding(role: &str, spare: &KeyEntry, horizon: Timestamp) -> Finding {
    let (about, says) = (about(role, spare), format!("a spare, may sign until {}", spare.until.date()));
    let finding = match spare.until <= horizon {
        true => {
            Finding::advice("spare-ends", about, says, format!("Run `waybill keys rotate {role} --spare`."))
        }
        false => Finding::well("spare", about, says),
    };
    finding.when(spare.until)
}

/// With enough root keys beside the issuing key, one break-in is enough for everything.
fn roots(bundle: &TrustBundle, ring: &KeyRing) -> Option<Finding> {
    let here = bundle.roots.iter().filter(|root| ring.place(root).is_some()).count() as u64;
    (here >= bundle.threshold).then(|| {
        Finding::advice(
            "root-keys-here",
            "root keys",
            "enough of them to sign a bundle lie here, beside the keys that sign daily",
            "Keep them on another machine or in a safe; `waybill keys ceremony` makes them apart from the start.",
        )
    })
}

/// Keys here that no bundle names: proposed and not signed yet, or left over.
fn strays(bundle: &TrustBundle, ring: &KeyRing) -> Vec<Finding> {
    let is_known = |key: &license_format::PublicKey| {
        bundle.key(&key.thumbprint()).is_some() || bundle.roots.contains(key)
    };
    let strays = ring.places().filter_map(|(key, _)| key).filter(|key| !is_known(key));
    strays
        .map(|key| {
            Finding::advice(
                "key-not-trusted",
                format!("key {}", key.thumbprint().short()),
                "lies here, and the bundle does not name it",
                "If it was proposed, have the bundle signed and put in place: `waybill trust install`. Otherwise put it away.",
            )
        })
        .collect()
}

/// What others on this machine can read or change.
fn permissions(dir: &DataDir) -> Vec<Finding> {
    let mut findings = Vec::new();
    let key_files = fs::read_dir(dir.keys()).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in key_files.filter(|path| path.extension().is_some_and(|extension| extension == "key")) {
        if let Err(error) = FileKey::peek(&path) {
            findings.push(Finding::due(
                error.code(),
                path.display().to_string(),
                error.to_string(),
                error.next_step(),
            ));
        }
    }
    if let Err(error) = KeyRing::read(dir)
        && findings.is_empty()
    {
        findings.push(Finding::due(error.code(), "keys", error.to_string(), error.next_step()));
    }
    let mut private: Vec<PathBuf> = vec![dir.witness()];
    if let StoreAddress::Sqlite(path) = dir.store() {
        private.push(path.clone());
    }
    for path in private {
        if let Some(mode) = loose(&path) {
            let says = format!("{} is open to others on this machine (mode {mode:03o})", path.display());
            let next = format!("Run `chmod 600 {}`.", path.display());
            findings.push(Finding::due("file-permissions", path.display().to_string(), says, next));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::well(
            "permissions",
            "files",
            "nobody else on this machine can open keys, store or witness",
        ));
    }
    findings
}

fn loose(path: &Path) -> Option<u32> {
    // One that is missing or cannot be opened is told of where it is needed.
    File::open(path).ok().and_then(|file| files::loose_mode(&file).ok()).flatten()
}

fn about(role: &str, entry: &KeyEntry) -> String {
    format!("{role} key {}", short(entry))
}

fn short(entry: &KeyEntry) -> String {
    entry.public_key.thumbprint().short()
}
