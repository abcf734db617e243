//! Keys whose time is long over: the next bundle leaves them out, and neither a proxy that is behind nor the log is the worse for it.

mod common;

use common::{Site, Vendor, moment, passphrase};
use license_format::{DAY, LicenseType, Thumbprint, Timestamp, UnverifiedFile, payload::License};
use signer::{
    keys::{FileKey, SigningBackend as _},
    log::AnswerLog,
    people::Actor,
    revocation::{Afterwards, Revoke},
    store::Store,
    trust::{History, Over, Proposal, Role, Signing},
};
use verifier::{TrustState, installation::Outcome};

const DESKTOP: LicenseType = LicenseType::Desktop;
const YEAR: u64 = 365 * DAY;

/// A vendor whose files are good for ten years, and a server that has one by the first issuing key, which ends in five.
async fn long_files() -> (Vendor, Site, License) {
    let mut vendor = Vendor::sells(DESKTOP, 100, |draft| {
        draft.end = draft.start.plus(30 * YEAR);
        (draft.file_days, draft.report_days) = (3650, 3650);
    })
    .await;
    let mut site = vendor.site(1);
    let key = vendor.sublicense(|draft| draft.quota = Some(10)).await.key;
    let license = vendor.activate(&mut site, &key).await.expect("a license");
    (vendor, site, license)
}

/// Puts the next bundle in place.
fn put(vendor: &Vendor, change: impl FnOnce(&mut Proposal)) {
    let dir = vendor.place.data();
    let history = History::read(&dir).unwrap();
    let mut proposal = Proposal::after(history.newest(), vendor.now);
    change(&mut proposal);
    let mut signing = Signing::begin(&proposal).unwrap();
    signing.sign(&FileKey::open(&dir.root_key(1), &passphrase()).unwrap(), Some(history.newest())).unwrap();
    let next = signing.finish(Some(history.newest())).unwrap();
    history.install(&dir, &next, &mut common::dice(next.bundle().number)).unwrap();
}

/// New keys for both roles, for so many years, before those that are there.
fn put_new_keys(vendor: &Vendor, years: u64) {
    let dir = vendor.place.data();
    let window = (vendor.now, vendor.now.plus(years * YEAR));
    let keys = [(dir.issuing_key(2), Role::Issuing), (dir.log_key(2), Role::Log)];
    put(vendor, |proposal| {
        for (seed, (path, role)) in (20..).zip(keys) {
            let key = FileKey::create(&path, &passphrase(), &mut common::dice(seed)).unwrap();
            proposal.trust_key(key.public_key(), role, window, true).unwrap();
        }
    });
}

async fn over(vendor: &Vendor, now: Timestamp) -> Over {
    let dir = vendor.place.data();
    let store = Store::open(dir.store()).await.unwrap();
    let over = Over::of(&History::read(&dir).unwrap(), &store, now).await.unwrap();
    store.close().await;
    over
}

async fn names(vendor: &Vendor, now: Timestamp) -> Vec<Thumbprint> {
    over(vendor, now).await.keys().iter().map(|entry| entry.public_key.thumbprint()).collect()
}

fn first_keys(vendor: &Vendor) -> [Thumbprint; 2] {
    let dir = vendor.place.data();
    [dir.issuing_key(1), dir.log_key(1)].map(|path| FileKey::open(&path, &passphrase()).unwrap().thumbprint())
}

async fn findings(vendor: &Vendor, trust: &[TrustState]) -> Vec<&'static str> {
    let store = Store::open(vendor.place.data().store()).await.unwrap();
    let audit = AnswerLog::new(store.clone()).audit(trust, None, None, vendor.now).await.unwrap();
    store.close().await;
    audit.findings.into_iter().map(|finding| finding.code).collect()
}

fn states(vendor: &Vendor) -> Vec<TrustState> {
    History::read(&vendor.place.data()).unwrap().states()
}

#[tokio::test]
async fn a_key_is_over_once_its_last_license_has_ended_and_a_year_has_passed() {
    let (vendor, _, license) = long_files().await;
    let [issuing, log] = first_keys(&vendor);
    put_new_keys(&vendor, 40);
    let last = license.lease_end();
    assert!(last > vendor.now.plus(6 * YEAR), "it outlives the key by years");
    assert_eq!(names(&vendor, last.minus(1)).await, []);
    assert_eq!(names(&vendor, last).await, [issuing, log]);

    // Without a license it is the year alone.
    let vendor = Vendor::sells(DESKTOP, 100, |_| ()).await;
    let [issuing, log] = first_keys(&vendor);
    let rested = vendor.now.plus(6 * YEAR);
    assert_eq!(names(&vendor, rested.minus(1)).await, []);
    assert_eq!(names(&vendor, rested).await, [issuing, log]);
    // What a thief has signed would be honored again.
    put(&vendor, |proposal| proposal.distrust(&issuing, vendor.now).unwrap());
    assert_eq!(names(&vendor, rested.plus(100 * YEAR)).await, [log]);
}

#[tokio::test]
async fn the_key_of_the_newest_list_is_not_over_before_its_successor() {
    let (mut vendor, mut site, license) = long_files().await;
    let [issuing, log] = first_keys(&vendor);
    let what = Revoke::Licenses { ids: vec![license.id], then: Afterwards::Replaced };
    vendor.signer.revoke(what, "wrong".parse().unwrap(), &Actor::Operator, vendor.now).await.expect("a list");
    put_new_keys(&vendor, 40);
    let last = license.lease_end();
    assert_eq!(names(&vendor, last).await, [log]);
    vendor.now = last;
    site.uses(1, &vendor);
    vendor.refresh(&mut site).await.expect("a license, and the next list");
    assert_eq!(names(&vendor, vendor.now).await, [issuing, log]);
}

#[tokio::test]
async fn proxies_that_are_behind_and_the_log_do_without_a_key_that_is_left_out() {
    let (mut vendor, mut one, license) = long_files().await;
    let [issuing, _] = first_keys(&vendor);
    let mut idle = vendor.site(2);
    let key = vendor.sublicense(|draft| draft.quota = Some(10)).await.key;
    vendor.activate(&mut idle, &key).await.expect("a license");
    // An answer by the old key that nobody carries home for years.
    idle.uses(1, &vendor);
    let request = idle.proxy.refresh(DESKTOP, moment(vendor.now, 900)).unwrap();
    let mailed = UnverifiedFile::read(&vendor.given(&request).await.file).unwrap();
    assert_eq!(mailed.document.kid(), issuing);

    put_new_keys(&vendor, 40);
    put(&vendor, |_| ());
    vendor.now = license.lease_end().plus(YEAR);
    let over = over(&vendor, vendor.now).await;
    put(&vendor, |proposal| proposal.leave_out(&over));
    assert_eq!(states(&vendor)[0].bundle().keys.len(), 2);
    let mut ahead = idle.proxy.state.clone();

    // Three bundles behind, and with a file of the key that is gone: it takes the newest, and what replaces its file.
    assert_eq!(one.proxy.state.trust().unwrap().bundle().number, 1);
    one.uses(2, &vendor);
    let next = vendor.refresh(&mut one).await.expect("a license");
    assert_eq!(one.proxy.license(DESKTOP).map(|license| license.id), Some(next.id));
    assert_eq!(one.proxy.state.trust().unwrap().bundle().number, 4);
    assert!(one.proxy.state.trust().unwrap().bundle().key(&issuing).is_none());

    // The old answer is late where nothing newer came, and a stranger's where it did; what is in force there stays so.
    let (_, taken) = ahead.import(&mailed, vendor.now).unwrap();
    assert!(matches!(taken, Outcome::Installed(_)), "{taken:?}");
    let held = idle.proxy.license(DESKTOP).map(|license| license.id);
    vendor.change(signer::catalog::SubscriptionChange { suspended: Some(true), ..Default::default() }).await;
    idle.uses(3, &vendor);
    vendor.refresh(&mut idle).await.expect_err("a refusal, which brings the news");
    assert_eq!(idle.proxy.state.trust().unwrap().bundle().number, 4);
    assert_eq!(idle.proxy.license(DESKTOP).map(|license| license.id), held);
    assert!(idle.proxy.state.slot(DESKTOP).revoked_by().is_none());
    ahead = idle.proxy.state.clone();
    assert_eq!(ahead.import(&mailed, vendor.now).unwrap_err().code(), "key-unknown");

    // The log is judged by what was trusted when.
    assert_eq!(findings(&vendor, &states(&vendor)).await, Vec::<&str>::new());
    let by_newest_alone = findings(&vendor, &states(&vendor)[..1]).await;
    assert_eq!(by_newest_alone, ["answer-not-genuine"; 3]);
}

#[tokio::test]
async fn a_full_bundle_says_so_and_has_room_again_once_a_key_is_over() {
    let vendor = Vendor::sells(DESKTOP, 100, |_| ()).await;
    let dir = vendor.place.data();
    let window = (vendor.now, vendor.now.plus(40 * YEAR));
    let fill = |proposal: &mut Proposal| {
        while proposal.demand_room().is_ok() {
            let seed = [proposal.bundle().keys.len() as u8; 32];
            let key = signer::keys::MemoryKey::from_seed(&seed.into());
            proposal.trust_key(key.public_key(), Role::Issuing, window, false).unwrap();
        }
    };
    put(&vendor, fill);
    let history = History::read(&dir).unwrap();
    assert_eq!(history.newest().bundle().keys.len(), 16);
    let mut proposal = Proposal::after(history.newest(), vendor.now);
    let more = signer::keys::MemoryKey::from_seed(&[99; 32].into()).public_key();
    let refused = proposal.trust_key(more, Role::Issuing, window, false).unwrap_err();
    assert_eq!(refused.code(), "bundle-full");
    let found = signer::doctor::keys(&dir, vendor.now, vendor.now);
    let full = found.iter().find(|finding| finding.code == "bundle-full").expect("told");
    assert_eq!(full.state, signer::doctor::State::Due);
    assert!(full.next_step.contains("`waybill trust propose`"), "{full:?}");

    proposal.leave_out(&over(&vendor, vendor.now.plus(6 * YEAR)).await);
    assert_eq!(proposal.bundle().keys.len(), 14);
    proposal.trust_key(more, Role::Issuing, window, false).unwrap();
}
