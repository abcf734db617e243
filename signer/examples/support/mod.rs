//! What the benchmarks of the signer share: a vendor who sold something, sites that live on it, and figures.
#![allow(dead_code, reason = "each benchmark uses some of it")]

use ed25519_dalek::{Signer as _, SigningKey};
use license_format::{
    DAY, Digest, LicenseKey, LicenseType, Nonce, PublicKey, Timestamp, UnverifiedFile,
    payload::InstallationFacts,
};
use signer::{
    AccountId, Signer, SubscriptionId,
    catalog::{Draw, KeyDraft, SubscriptionDraft},
    init::{DataDir, InitOptions, init},
    keys::Passphrase,
    people::{AccountDraft, AccountKind, Actor},
};
use tempfile::TempDir;
use verifier::{
    TrustState,
    installation::{Installation, Moment},
};

/// What sites here have: a license for one of the vendor's programs on computers.
const COMPUTERS: LicenseType = LicenseType::Computers;

/// When everything here happens.
pub(crate) fn today() -> Timestamp {
    Timestamp::parse("2026-11-22").expect("a day")
}

/// Of the signing keys in files.
pub(crate) fn passphrase() -> Passphrase {
    Passphrase::new("only for a moment".to_owned()).expect("long enough")
}

/// A new data directory on this disk, which goes with the folder that it lies in.
pub(crate) async fn data_dir() -> (DataDir, TempDir) {
    let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
    let dir = DataDir::new(folder.path().join("vendor"));
    let options = InitOptions { vendor: "Northwind Software".to_owned(), passphrase: passphrase() };
    init(&dir, &options, today(), &mut dice).await.expect("made");
    (dir, folder)
}

/// A customer of the vendor's.
pub(crate) async fn account(signer: &Signer, name: &str) -> AccountId {
    let draft = AccountDraft {
        name: name.to_owned(),
        kind: AccountKind::Business,
        admin_email: format!("ana@{}.example", name.to_lowercase()),
    };
    signer.people().create_account(draft, today(), &mut dice).await.expect("made").account.id
}

/// Sells an account five million seats, on one key for a million installations.
pub(crate) async fn sell(signer: &Signer, account: &AccountId) -> (SubscriptionId, LicenseKey) {
    let now = today();
    let mut draft = SubscriptionDraft::new(account.clone(), COMPUTERS, 5_000_000, now, now.plus(900 * DAY));
    draft.offline_use = true;
    let sold = signer.catalog().create_subscription(draft, &Actor::Operator, now, &mut dice).await;
    let subscription = sold.expect("sold").0.id;
    let draft = KeyDraft {
        draw: Draw::Dynamic { headroom: 1 },
        installations: 1_000_000,
        ..KeyDraft::new(subscription.clone(), "Everybody")
    };
    let key = signer.catalog().create_license_key(draft, &Actor::Operator, now, &mut dice).await;
    (subscription, key.expect("made").key)
}

/// An installation, with the functions that the proxy itself uses.
pub(crate) struct Site {
    secret: SigningKey,
    state: Installation,
    turn: u64,
}

impl Site {
    /// A new one, of whose license nothing is known yet. The number is also its key's.
    pub(crate) fn set_up(number: u8, trust: &TrustState) -> Site {
        let secret = SigningKey::from_bytes(&[number; 32]);
        let facts = InstallationFacts {
            name: format!("PC{number}").parse().expect("a name"),
            product: "Desktop".parse().expect("a name"),
            version: "1.0".parse().expect("a version"),
            site_code: "PS1".parse().expect("a site code"),
            public_key: PublicKey(secret.verifying_key().to_bytes()),
            fingerprint: Default::default(),
            site_description: None,
        };
        Site { secret, state: Installation::set_up(facts, trust, today()), turn: 0 }
    }

    /// An activation request.
    pub(crate) fn activation(&mut self, key: &LicenseKey) -> Vec<u8> {
        let moment = self.moment();
        let sign = |bytes: &[u8]| self.secret.sign(bytes).to_bytes();
        let (state, made) = self.state.prepare_activation(COMPUTERS, key, moment, sign).expect("prepared");
        self.state = state;
        made.request.file().to_vec()
    }

    /// A refresh request, with a report that differs from the one before.
    pub(crate) fn refresh(&mut self) -> Vec<u8> {
        let moment = self.moment();
        let sign = |bytes: &[u8]| self.secret.sign(bytes).to_bytes();
        let state = self.state.set_usage(COMPUTERS, 1 + self.turn % 3, today());
        let (state, made) = state.prepare_refresh(COMPUTERS, moment, sign).expect("prepared");
        self.state = state;
        made.request.file().to_vec()
    }

    /// Takes an answer in.
    pub(crate) fn import(&mut self, answer: &[u8]) {
        let file = UnverifiedFile::read(answer).expect("a file");
        self.state = self.state.import(&file, today()).expect("a license").0;
    }

    fn moment(&mut self) -> Moment {
        self.turn += 1;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.turn.to_be_bytes());
        Moment { now: today(), nonce: Nonce(nonce) }
    }
}

/// The middle one.
pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Prints what was measured, for `scripts/bench`. An aim is the most that it may be.
pub(crate) fn figure(name: &str, value: f64, unit: &str, aim: Option<f64>) {
    let (aim, meets) = match aim {
        Some(aim) => (format!("\"<= {aim:.2}\""), (value <= aim).to_string()),
        None => ("null".to_owned(), "null".to_owned()),
    };
    println!(r#"{{"figure": "{name}", "value": {value}, "unit": "{unit}", "aim": {aim}, "meets": {meets}}}"#);
}

/// Bytes that are the same in each run.
pub(crate) fn dice(out: &mut [u8]) {
    use std::sync::atomic::{AtomicU64, Ordering};
    static CALLS: AtomicU64 = AtomicU64::new(0);
    for chunk in out.chunks_mut(32) {
        let block = Digest::of(&CALLS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        chunk.copy_from_slice(&block.0[..chunk.len()]);
    }
}
