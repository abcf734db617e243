//! What a signature costs on a key from a file and on a token, and what an answer costs on each: beside the bare signature of the same
//! key, by the library that makes it.
//!
//! Two vendors with stores of their own, one with its keys in files and one with both on a token, answer refreshes in turn; each answer
//! takes two signatures, its own and the checkpoint's. `scripts/bench` prepares the token, which is SoftHSM's.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod support;

use std::{env, path::PathBuf, time::Instant};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{
        Mechanism,
        eddsa::{EddsaParams, EddsaSignatureScheme},
    },
    object::{Attribute, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    types::AuthPin,
};
use ed25519_dalek::{Signer as _, SigningKey};
use license_format::DAY;
use signer::{
    Asker, Signer,
    init::DataDir,
    keys::{FileKey, KeyRing, Pin, Secrets, SigningBackend, TokenAddress, TokenKey},
    trust::{History, Proposal, Role, Signing},
};
use support::{Site, dice, figure, median, passphrase, today};
use tempfile::TempDir;

const TOKEN: &str = "bench";
const PIN: &str = "1234";
const SITES: u8 = 4;
const ROUNDS: usize = 40;
/// Of each kind in a round.
const SIGNATURES: usize = 50;
const ANSWERS: usize = 12;
/// Bytes of what an answer signs, about.
const MESSAGE: [u8; 900] = [b'w'; 900];
/// A signature of ours on a token is the module's and a verification in this process.
const TOKEN_AIM: f64 = 2.0;

#[tokio::main]
async fn main() {
    let address = |key: &str| TokenAddress { module: module(), token: TOKEN.to_owned(), key: key.to_owned() };
    let token_keys = ["issuing", "log"].map(|key| TokenKey::create(address(key), pin()).expect("made"));
    let folder = tempfile::tempdir_in(".").expect("a folder on this disk");
    let file_key = FileKey::create(&folder.path().join("bench.key"), &passphrase(), &mut dice).expect("made");
    let raw_key = SigningKey::from_bytes(&[7; 32]);
    let raw_token = RawToken::open(&token_keys[0]);

    let (file_dir, file_folder) = support::data_dir().await;
    let (token_dir, token_folder) = support::data_dir().await;
    trust_tokens(&token_dir, &token_keys);
    let mut on_file = Desk::open(&file_dir, file_folder, Secrets::from(&passphrase())).await;
    let secrets = Secrets { passphrase: None, pin: Some(pin()) };
    let mut on_token = Desk::open(&token_dir, token_folder, secrets).await;

    let (mut raw_file, mut ours_file, mut raw_hsm, mut ours_hsm) = (vec![], vec![], vec![], vec![]);
    let (mut answers_file, mut answers_hsm) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        raw_file.push(each(|| {
            std::hint::black_box(raw_key.sign(&MESSAGE));
        }));
        ours_file.push(each(|| {
            file_key.sign(&MESSAGE).expect("signed");
        }));
        raw_hsm.push(each(|| raw_token.sign()));
        ours_hsm.push(each(|| {
            token_keys[0].sign(&MESSAGE).expect("signed");
        }));
        answers_file.push(on_file.answers().await);
        answers_hsm.push(on_token.answers().await);
    }
    let [raw_file, ours_file, raw_hsm, ours_hsm, answers_file, answers_hsm] =
        [raw_file, ours_file, raw_hsm, ours_hsm, answers_file, answers_hsm].map(median);
    figure("bare signature in this process", raw_file * 1e6, "us", None);
    figure("signature with a key from a file", ours_file * 1e6, "us", None);
    figure("bare signature by SoftHSM", raw_hsm * 1e6, "us", None);
    figure("signature with a key on a token, checked before it is used", ours_hsm * 1e6, "us", None);
    figure("key from a file, over the bare signature", ours_file / raw_file, "x", Some(1.1));
    figure("key on a token, over SoftHSM's bare signature", ours_hsm / raw_hsm, "x", Some(TOKEN_AIM));
    figure("answers to one client, keys from files", 1.0 / answers_file, "/s", None);
    figure("answers to one client, keys on a token", 1.0 / answers_hsm, "/s", None);
    figure("answers over bare signatures, keys from files", raw_file / answers_file, "x", None);
    figure("answers over bare signatures, keys on a token", raw_hsm / answers_hsm, "x", None);
    figure(
        "an answer with keys on a token, over one with keys from files",
        answers_hsm / answers_file,
        "x",
        None,
    );
}

/// Seconds for one, of those of a round.
fn each(mut sign: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..SIGNATURES).for_each(|_| sign());
    start.elapsed().as_secs_f64() / SIGNATURES as f64
}

fn module() -> PathBuf {
    env::var_os("WAYBILL_TEST_PKCS11").map(PathBuf::from).expect("run scripts/bench --only keys")
}

fn pin() -> Pin {
    Pin::new(PIN.to_owned()).expect("a fitting PIN")
}

/// The next bundle of a new vendor, which trusts two keys on a token before those in files.
fn trust_tokens(dir: &DataDir, keys: &[TokenKey; 2]) {
    let history = History::read(dir).expect("read");
    let mut proposal = Proposal::after(history.newest(), today());
    for (key, role) in keys.iter().zip([Role::Issuing, Role::Log]) {
        KeyRing::add_token(dir, key, &mut dice).expect("named");
        let time = (today(), today().plus(900 * DAY));
        proposal.trust_key(key.public_key(), role, time, true).expect("a new key");
    }
    let mut signing = Signing::begin(&proposal).expect("a bundle");
    let ring = KeyRing::read(dir).expect("read");
    for root in &history.newest().bundle().roots {
        let place = ring.place(root).expect("the root key of a new vendor is here");
        let key = signer::keys::open(place, &Secrets::from(&passphrase())).expect("opened");
        signing.sign(key.as_ref(), Some(history.newest())).expect("signed");
    }
    let next = signing.finish(Some(history.newest())).expect("signed by all");
    history.install(dir, &next, &mut dice).expect("installed");
}

/// The module as a program would use it that knows nothing of us.
struct RawToken {
    session: Session,
    key: ObjectHandle,
}

impl RawToken {
    fn open(key: &TokenKey) -> RawToken {
        let module = Pkcs11::new(module()).expect("loaded");
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => panic!("{error}"),
        }
        let is_ours = |slot: &cryptoki::slot::Slot| {
            module.get_token_info(*slot).is_ok_and(|token| token.label().trim() == TOKEN)
        };
        let slot =
            module.get_slots_with_token().expect("slots").into_iter().find(is_ours).expect("the token");
        let session = module.open_ro_session(slot).expect("a session");
        match session.login(UserType::User, Some(&AuthPin::new(PIN.into()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => panic!("{error}"),
        }
        let label = Attribute::Label(key.address().key.clone().into_bytes());
        let found = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY), label]);
        let key = found.expect("searched")[0];
        RawToken { session, key }
    }

    fn sign(&self) {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        self.session.sign(&mechanism, self.key, &MESSAGE).expect("signed");
    }
}

/// A signer with a few sites that refresh.
struct Desk {
    signer: Signer,
    sites: Vec<Site>,
    _folder: TempDir,
}

impl Desk {
    async fn open(dir: &DataDir, folder: TempDir, secrets: Secrets) -> Desk {
        let signer = Signer::open(dir, secrets, today()).await.expect("opened");
        let account = support::account(&signer, "Contoso").await;
        let (_, key) = support::sell(&signer, &account).await;
        let mut sites = Vec::new();
        for number in 1..=SITES {
            let mut site = Site::set_up(number, &signer.trust());
            let request = site.activation(&key);
            let answered = signer.answer(&request, &Asker::Staff, today()).await.expect("answered");
            site.import(&answered.file);
            sites.push(site);
        }
        Desk { signer, sites, _folder: folder }
    }

    /// Seconds for one, of those of a round.
    async fn answers(&mut self) -> f64 {
        let mut spent = 0.0;
        for at in 0..ANSWERS {
            let site = &mut self.sites[at % usize::from(SITES)];
            let request = site.refresh();
            let start = Instant::now();
            let answered = self.signer.answer(&request, &Asker::Staff, today()).await.expect("answered");
            spent += start.elapsed().as_secs_f64();
            site.import(&answered.file);
        }
        spent / ANSWERS as f64
    }
}
