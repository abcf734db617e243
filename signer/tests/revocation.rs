//! Revocation over a real store, SQLite or PostgreSQL: lists travel with answers, every one is a leaf, and nothing takes one back.

mod common;
#[path = "revocation/ends.rs"]
mod ends;

use common::{Site, Vendor, passphrase};
use license_format::{Kind, LicenseType, Thumbprint, UnverifiedFile, payload::License};
use signer::{
    Signer,
    installations::Decider,
    keys::{FileKey, KeyRing, SigningBackend as _},
    log::{AnswerLog, Audit, LogExport},
    people::Actor,
    revocation::{Afterwards, Revoke, RevokeError, Revoked},
    second_person::Taken,
    store::Store,
    trust::{History, Proposal, Role, Signing},
    witness::Witness,
};

const DESKTOP: LicenseType = LicenseType::Desktop;

/// A vendor with two sites that have a license each, by keys of their own.
async fn two_sites() -> (Vendor, [(Site, License); 2]) {
    let mut vendor = Vendor::sells(DESKTOP, 100, |_| ()).await;
    let mut sites = Vec::new();
    for number in 1..=2 {
        let key = vendor.sublicense(|draft| draft.quota = Some(10)).await.key;
        let mut site = vendor.site(number);
        let license = vendor.activate(&mut site, &key).await.expect("a license");
        sites.push((site, license));
    }
    (vendor, sites.try_into().ok().expect("two"))
}

async fn revoke(vendor: &Vendor, what: &Revoke) -> Result<Revoked, RevokeError> {
    let reason = "stolen <server>".parse().expect("a reason");
    match vendor.signer.revoke(what.clone(), reason, &Actor::Operator, vendor.now).await? {
        Taken::Done(revoked) => Ok(revoked),
        Taken::Waits(proposal) => panic!("{proposal:?}"),
    }
}

fn licenses(ids: &[&License], then: Afterwards) -> Revoke {
    Revoke::Licenses { ids: ids.iter().map(|license| license.id).collect(), then }
}

fn code(revoked: Result<Revoked, RevokeError>) -> Result<u64, &'static str> {
    revoked.map(|revoked| revoked.number).map_err(|error| error.code())
}

async fn audit(vendor: &Vendor) -> Audit {
    let dir = vendor.place.data();
    let store = Store::open(dir.store()).await.unwrap();
    let witness = Witness::read(&dir.witness()).unwrap();
    let log = AnswerLog::new(store.clone());
    let trust = History::read(&dir).unwrap().states();
    let audit = log.audit(&trust, Some(&witness), None, vendor.now).await.unwrap();
    store.close().await;
    audit
}

fn is_revoked(site: &Site) -> bool {
    site.proxy.state.slot(DESKTOP).revoked_by().is_some()
}

fn list_of(site: &Site) -> u64 {
    site.proxy.state.trust().unwrap().revocations_number()
}

async fn restarted(mut vendor: Vendor) -> Vendor {
    vendor.signer.clone().close().await;
    vendor.signer = Signer::open(&vendor.place.data(), &passphrase(), vendor.now).await.unwrap();
    vendor
}

#[tokio::test]
async fn a_revoked_license_dies_with_the_next_answer_and_no_other_does() {
    let (mut vendor, [(mut one, first), (mut other, second)]) = two_sites().await;
    // An answer that is still on its way when it is revoked.
    one.uses(3, &vendor);
    let request = one.proxy.refresh(DESKTOP, common::moment(vendor.now, 900)).unwrap();
    let on_its_way = vendor.given(&request).await;
    let signer::Answer::License(newest) = &on_its_way.answer else { panic!("a license") };

    // Only the older one was seen; with the license key the newer one is taken, too.
    let revoked = revoke(&vendor, &licenses(&[&first], Afterwards::Blocked)).await.expect("a list");
    let named: Vec<_> = revoked.licenses.iter().map(|license| license.id).collect();
    assert_eq!((revoked.number, named), (1, vec![first.id, newest.id]));
    assert!(!is_revoked(&one), "nobody there can know yet");

    // Its refresh is refused, and brings the list; seats are held as before.
    one.uses(4, &vendor);
    assert_eq!(vendor.refresh(&mut one).await.unwrap_err(), "blocked");
    assert!(is_revoked(&one));
    assert_eq!(list_of(&one), 1);
    let late = UnverifiedFile::read(&on_its_way.file).unwrap();
    let refused = one.proxy.state.import(&late, vendor.now).unwrap_err();
    assert_eq!(refused.code(), "license-revoked");
    let view = vendor.signer.installations().show(&vendor.by().asker, &one.proxy.name(), vendor.now).await;
    assert!(
        !view.unwrap().unwrap().slots[0].counted.is_empty(),
        "it counts until its proxy proves that it let go"
    );

    // The other goes on, knows the list, and its new license cannot be used without.
    let next = vendor.refresh(&mut other).await.expect("a license");
    assert_eq!((list_of(&other), next.floor.revocations), (1, 1));
    assert_eq!(second.floor.revocations, 0);
    assert!(!is_revoked(&other));

    // A proof that it let go is believed of a revoked license, too.
    assert_eq!(vendor.deactivate(&mut one).await.unwrap_err(), "receipt");
    let found = audit(&vendor).await;
    assert_eq!((found.findings.as_slice(), found.news), ([].as_slice(), 2), "a bundle and a list");
    assert_eq!(found.withdrawn, 2, "they were genuine when they left");

    // What was revoked stays so. Its customer does not take that back by allowing the key again; the vendor may.
    let installations = vendor.signer.installations();
    let view = installations.show(&vendor.by().asker, &one.proxy.name(), vendor.now).await.unwrap().unwrap();
    let (id, key, reason) = (one.proxy.name(), &view.barred[0].key.id, "found again".parse().unwrap());
    let refused = installations.allow(&id, key, &reason, &vendor.by(), vendor.now).await.unwrap_err();
    assert_eq!(refused.code(), "revoked-here");
    installations.allow(&id, key, &reason, &Decider::operator(), vendor.now).await.expect("allowed");
    let all = vendor.signer.revocations().all().await.unwrap();
    assert_eq!(
        all.iter().map(|entry| (entry.list, entry.reason.as_str())).collect::<Vec<_>>(),
        [(1, "stolen <server>"); 2]
    );
    assert_eq!(
        code(revoke(&vendor, &licenses(&[&first], Afterwards::Blocked)).await),
        Err("revocation-known")
    );
    assert_eq!(code(revoke(&vendor, &Revoke::Key(Thumbprint([7; 32]))).await), Err("revocation-unknown"));
}

/// A late request is told that a newer one overtook it. The newer one's license is not given out again if it was revoked.
#[tokio::test]
async fn a_revoked_license_is_not_offered_to_a_late_request() {
    for revokes in [false, true] {
        let (vendor, [(mut one, _), _]) = two_sites().await;
        let [late, newer] = [3, 4].map(|used| {
            one.uses(used, &vendor);
            one.proxy.refresh(DESKTOP, common::moment(vendor.now, 900 + used)).unwrap()
        });
        let given = vendor.given(&newer).await;
        let signer::Answer::License(license) = &given.answer else { panic!("a license") };
        if revokes {
            revoke(&vendor, &licenses(&[license], Afterwards::Replaced)).await.expect("a list");
        }
        let told = vendor.given(&late).await;
        let signer::Answer::Refusal(refusal) = &told.answer else { panic!("{:?}", told.answer) };
        assert_eq!((refusal.code.as_str(), told.newest.is_none()), ("overtaken", revokes));
    }
}

#[tokio::test]
async fn a_license_that_is_to_be_replaced_is() {
    let (mut vendor, [(mut one, first), _]) = two_sites().await;
    revoke(&vendor, &licenses(&[&first], Afterwards::Replaced)).await.expect("a list");
    let next = vendor.refresh(&mut one).await.expect("a license");
    assert_ne!(next.id, first.id);
    assert!(!is_revoked(&one));
    let mut vendor = restarted(vendor).await;
    assert_eq!(
        vendor.refresh(&mut one).await.expect("a license").floor.revocations,
        1,
        "the list is durable"
    );
}

#[tokio::test]
async fn a_revoked_installation_gets_no_license_and_may_let_go() {
    let (mut vendor, [(mut one, _), (mut other, _)]) = two_sites().await;
    assert_eq!(code(revoke(&vendor, &Revoke::Key(one.proxy.name())).await), Ok(1));
    one.uses(2, &vendor);
    assert_eq!(vendor.refresh(&mut one).await.unwrap_err(), "blocked");
    assert!(is_revoked(&one));
    assert_eq!(vendor.deactivate(&mut one).await.unwrap_err(), "receipt");
    vendor.refresh(&mut other).await.expect("a license");
    assert_eq!(audit(&vendor).await.findings, []);
}

/// Another issuing key, trusted by a bundle that is put in place under the running signer.
fn rotate(vendor: &Vendor, change: impl FnOnce(&mut Proposal, &FileKey), with: &str) -> FileKey {
    let dir = vendor.place.data();
    let history = History::read(&dir).unwrap();
    let secret = signer::keys::Passphrase::new(with.to_owned()).unwrap();
    let number = history.newest().bundle().number + 1;
    let key = FileKey::create(&dir.issuing_key(number), &secret, &mut common::dice(number)).unwrap();
    let mut proposal = Proposal::after(history.newest(), vendor.now);
    let window = (vendor.now, vendor.now.plus(900 * license_format::DAY));
    proposal.trust_key(key.public_key(), Role::Issuing, window, true).unwrap();
    change(&mut proposal, &key);
    let mut signing = Signing::begin(&proposal).unwrap();
    let root = FileKey::open(&dir.root_key(1), &passphrase()).unwrap();
    signing.sign(&root, Some(history.newest())).unwrap();
    let next = signing.finish(Some(history.newest())).unwrap();
    history.install(&dir, &next, &mut common::dice(number)).unwrap();
    key
}

const SAME: &str = "correct horse battery staple";

fn first_key(vendor: &Vendor) -> Thumbprint {
    FileKey::open(&vendor.place.data().issuing_key(1), &passphrase()).unwrap().thumbprint()
}

/// Which key signs the next answer, or why there is none.
async fn signs(vendor: &mut Vendor, site: &mut Site) -> Result<Thumbprint, &'static str> {
    let request = site.proxy.refresh(DESKTOP, common::moment(vendor.now, vendor.now.seconds())).unwrap();
    let asker = vendor.by().asker;
    let answered = vendor.signer.answer(&request, &asker, vendor.now).await.map_err(|error| error.code())?;
    let file = UnverifiedFile::read(&answered.file).unwrap();
    site.proxy.import(&file, vendor.now);
    assert_eq!(
        site.proxy.license(DESKTOP).map(|license| license.answers),
        Some(answered.digest),
        "a proxy takes it"
    );
    vendor.now = vendor.now.plus(2 * license_format::DAY);
    Ok(file.document.kid())
}

#[tokio::test]
async fn a_running_signer_takes_a_new_bundle_and_every_one_is_a_leaf() {
    let (mut vendor, [(mut one, _), (mut other, first)]) = two_sites().await;
    let (leaked, first_bundle) = (first_key(&vendor), std::fs::read(vendor.place.data().trust()).unwrap());
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(leaked));
    revoke(&vendor, &licenses(&[&first], Afterwards::Replaced)).await.expect("a list");

    // The list was signed by a key that is distrusted since before: the signer makes it anew, by the other.
    let since = vendor.now.minus(license_format::DAY);
    let key = rotate(&vendor, |proposal, _| proposal.distrust(&leaked, since).unwrap(), SAME);
    assert_eq!(signs(&mut vendor, &mut other).await, Ok(key.thumbprint()));
    assert_eq!(list_of(&other), 2);
    assert!(other.proxy.state.trust().unwrap().revokes_license(&first.id));
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(key.thumbprint()));
    assert_eq!(vendor.signer.trouble(), None);
    let found = audit(&vendor).await;
    assert_eq!((found.findings.as_slice(), found.news), ([].as_slice(), 4), "two bundles and two lists");

    // A data directory that was put back to the old bundle does not get the old key to sign.
    let dir = vendor.place.data();
    std::fs::remove_dir_all(dir.path().join("trust")).unwrap();
    std::fs::write(dir.trust(), first_bundle).unwrap();
    assert_eq!(signs(&mut vendor, &mut one).await, Err("trust-behind"));
    assert_eq!(vendor.signer.trouble().map(|trouble| trouble.code), Some("trust-behind"));
    vendor.signer.clone().close().await;
    vendor.signer = Signer::open(&dir, &passphrase(), vendor.now).await.unwrap();
    assert_eq!(signs(&mut vendor, &mut one).await, Err("trust-behind"), "after a start, too");
}

/// Whatever keeps answers from being signed is said where the signer is watched, until it is mended.
#[tokio::test]
async fn a_signer_that_cannot_sign_says_so_until_it_can() {
    let (mut vendor, [(mut one, _), _]) = two_sites().await;
    let key = first_key(&vendor);
    let settings = vendor.place.data().key_settings();
    let before = std::fs::read(&settings).ok();
    std::fs::write(&settings, "neither a key nor a value").unwrap();
    let code = signs(&mut vendor, &mut one).await.expect_err("it does not parse");
    assert_eq!(vendor.signer.trouble().map(|trouble| trouble.code), Some(code));
    match before {
        Some(before) => std::fs::write(&settings, before).unwrap(),
        None => std::fs::remove_file(&settings).unwrap(),
    }
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(key));
    assert_eq!(vendor.signer.trouble(), None);
}

/// What failed after the commit has not undone it, and that is what is said.
#[tokio::test]
async fn a_revocation_that_is_durable_is_not_called_undone() {
    let (vendor, [(_, first), _]) = two_sites().await;
    let witness = vendor.place.data().witness();
    let before = std::fs::read(&witness).unwrap();
    // No file takes the place of a folder.
    std::fs::remove_file(&witness).unwrap();
    std::fs::create_dir(&witness).unwrap();
    let failed = revoke(&vendor, &licenses(&[&first], Afterwards::Blocked)).await.expect_err("no witness");
    assert_eq!(failed.code(), "witness-write");
    assert!(failed.to_string().contains("list 1"), "{failed}");
    assert!(failed.next_step().starts_with("Do not revoke it again."), "{}", failed.next_step());
    assert!(!failed.is_refusal());
    std::fs::remove_dir(&witness).unwrap();
    std::fs::write(&witness, before).unwrap();
    assert_eq!(vendor.signer.revocations().all().await.unwrap().len(), 1);
    let again = revoke(&vendor, &licenses(&[&first], Afterwards::Blocked)).await;
    assert_eq!(code(again), Err("revocation-known"));
}

#[tokio::test]
async fn a_key_that_ends_hands_over_and_a_preferred_one_takes_over_at_once() {
    let (mut vendor, [(mut one, _), _]) = two_sites().await;
    let first = first_key(&vendor);
    let spare = rotate(&vendor, |_, _| (), SAME).thumbprint();
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(spare));
    KeyRing::prefer(&vendor.place.data(), first, &mut common::dice(7)).unwrap();
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(first));
    // The preferred one may sign for five years, the other for less: nobody starts anything anew.
    KeyRing::prefer(&vendor.place.data(), spare, &mut common::dice(8)).unwrap();
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(spare));
    vendor.now = vendor.now.plus(899 * license_format::DAY);
    vendor
        .change(signer::catalog::SubscriptionChange {
            end: Some(vendor.now.plus(9000 * license_format::DAY)),
            ..Default::default()
        })
        .await;
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(first));
    assert_eq!(audit(&vendor).await.findings, []);
}

#[tokio::test]
async fn a_key_under_another_passphrase_waits_and_a_distrusted_one_never_signs() {
    let (mut vendor, [(mut one, _), _]) = two_sites().await;
    let first = first_key(&vendor);
    let locked = rotate(&vendor, |_, _| (), "another passphrase").thumbprint();
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(first), "trusted still");
    let trouble = vendor.signer.trouble().expect("it is said");
    assert_eq!(trouble.code, "key-wrong-passphrase");
    assert!(trouble.says.contains(&locked.short()), "{}", trouble.says);

    let since = vendor.now;
    rotate(&vendor, |proposal, _| proposal.distrust(&first, since).unwrap(), "another passphrase");
    assert_eq!(signs(&mut vendor, &mut one).await, Err("key-wrong-passphrase"), "nothing is issued");
    let open = rotate(&vendor, |_, _| (), SAME).thumbprint();
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(open));
    assert_eq!(vendor.signer.trouble(), None);
}

/// The only issuing key cannot be revoked: nobody could say so. With a spare it is, and the spare signs.
#[tokio::test]
async fn a_signing_key_is_revoked_by_another() {
    let (mut vendor, [(mut one, _), _]) = two_sites().await;
    let first = first_key(&vendor);
    assert_eq!(code(revoke(&vendor, &Revoke::Key(first)).await), Err("key-none-usable"));
    let spare = rotate(&vendor, |_, _| (), SAME).thumbprint();
    KeyRing::prefer(&vendor.place.data(), first, &mut common::dice(7)).unwrap();
    assert_eq!(code(revoke(&vendor, &Revoke::Key(first)).await), Ok(1));
    assert_eq!(signs(&mut vendor, &mut one).await, Ok(spare));
    assert_eq!(list_of(&one), 1);
    assert_eq!(audit(&vendor).await.findings, []);
}

/// The store is put back to before the list. What lies in the data directory brings it back, and no number is used twice.
#[tokio::test]
async fn a_store_that_was_put_back_does_not_forget_a_list() {
    let (vendor, [(mut one, first), (mut other, second)]) = two_sites().await;
    vendor.signer.clone().close().await;
    let backup = vendor.place.back_up().await;
    let mut vendor = restarted(vendor).await;
    revoke(&vendor, &licenses(&[&first], Afterwards::Blocked)).await.expect("a list");
    one.uses(1, &vendor);
    vendor.refresh(&mut one).await.unwrap_err();
    vendor.signer.clone().close().await;
    vendor.place.put_back(&backup).await;
    let mut vendor = restarted(vendor).await;
    assert!(vendor.signer.recovery().is_some());
    vendor.refresh(&mut other).await.unwrap_err();
    assert!(other.proxy.state.trust().unwrap().revokes_license(&first.id), "a refusal brings it, too");
    assert_eq!(code(revoke(&vendor, &licenses(&[&second], Afterwards::Replaced)).await), Ok(1_000_001));
    let found = audit(&vendor).await;
    assert_eq!(found.findings, []);
    let view = vendor.signer.revocations().all().await.unwrap();
    assert_eq!(view.len(), 2);
}

/// Every kind of leaf is exported, and proved by its digest.
#[tokio::test]
async fn news_are_proved_like_answers() {
    let (vendor, [(_, first), _]) = two_sites().await;
    revoke(&vendor, &licenses(&[&first], Afterwards::Blocked)).await.expect("a list");
    let store = Store::open(vendor.place.data().store()).await.unwrap();
    let log = AnswerLog::new(store.clone());
    let mut exporting = log.export(&vendor.signer.trust()).await.unwrap();
    let mut text = String::new();
    while let Some(lines) = exporting.next().await.unwrap() {
        text.push_str(&lines);
    }
    drop(exporting);
    let export = || LogExport::read(text.as_bytes()).unwrap();
    for kind in ["trust-bundle", "license", "revocation-list"] {
        assert!(text.lines().any(|line| line.contains(kind)), "{kind} in {text}");
    }
    for document in vendor.signer.trust().documents() {
        assert!([Kind::TrustBundle, Kind::RevocationList].contains(&document.kind()));
        let proved = log.prove(&document.digest()).await.unwrap();
        assert!(verifier::log::includes(&proved.root, &document.digest(), &proved.proof));
        assert_eq!(proved, export().prove(&document.digest()).unwrap());
    }
    assert_eq!(export().verify(&vendor.signer.trust(), None).unwrap().size, 4);
    store.close().await;
}
