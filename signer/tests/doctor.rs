//! What the doctor says of a record that was put back, of a revocation list whose time is over, and of a trust bundle without room; and that what
//! it advises helps.

mod common;

use common::{Site, Vendor, moment, passphrase};
use license_format::{DAY, LicenseType, Timestamp, payload::License};
use signer::{
    Signer, doctor,
    doctor::{Finding, State},
    people::Actor,
    revocation::{Afterwards, Revoke},
    second_person::Taken,
    store::Store,
};

const DESKTOP: LicenseType = LicenseType::Desktop;

async fn one_site() -> (Vendor, Site, License) {
    let mut vendor = Vendor::sells(DESKTOP, 100, |_| ()).await;
    let mut site = vendor.site(1);
    let key = vendor.primary.key.clone();
    let license = vendor.activate(&mut site, &key).await.expect("a license");
    (vendor, site, license)
}

/// What is to be done at an instant, or would be better otherwise. That the root keys lie here, and no spare, is usual for a test.
async fn told(vendor: &Vendor, now: Timestamp) -> Vec<Finding> {
    let dir = vendor.place.data();
    let store = Store::open(dir.store()).await.unwrap();
    let mut findings = doctor::keys(&dir, now, now);
    findings.extend(doctor::record(&dir, &store, now).await.unwrap());
    store.close().await;
    findings.retain(|finding| {
        finding.state != State::Well && !["no-spare", "root-keys-here"].contains(&finding.code)
    });
    findings
}

fn codes(findings: &[Finding]) -> Vec<(State, &str)> {
    findings.iter().map(|finding| (finding.state, finding.code)).collect()
}

async fn restarted(mut vendor: Vendor) -> Vendor {
    vendor.signer = Signer::open(&vendor.place.data(), &passphrase(), vendor.now).await.unwrap();
    vendor
}

#[tokio::test]
async fn a_list_is_old_from_its_end_on_and_the_next_answer_brings_a_newer_one() {
    let (mut vendor, mut site, license) = one_site().await;
    assert_eq!(told(&vendor, vendor.now).await, []);
    let what = Revoke::Licenses { ids: vec![license.id], then: Afterwards::Replaced };
    let reason = "wrong seats".parse().expect("a reason");
    let taken = vendor.signer.revoke(what, reason, &Actor::Operator, vendor.now).await.expect("a list");
    assert!(matches!(taken, Taken::Done(revoked) if revoked.number == 1));

    let end = vendor.now.plus(365 * DAY);
    assert_eq!(told(&vendor, end.minus(1)).await, []);
    let old = told(&vendor, end).await;
    assert_eq!(codes(&old), [(State::Due, "revocations-old")]);
    assert_eq!((old[0].about.as_str(), old[0].when), ("revocation list 1", Some(end)));
    assert!(old[0].next_step.starts_with("Run the signer and let it answer a request"), "{old:?}");

    vendor.now = end;
    site.uses(1, &vendor);
    _ = vendor.refresh(&mut site).await;
    assert_eq!(told(&vendor, end).await, []);
    assert_eq!(site.proxy.state.trust().unwrap().revocations_number(), 2);
}

#[tokio::test]
async fn a_recovery_is_told_of_until_its_end() {
    let (mut vendor, mut site, _) = one_site().await;
    vendor.signer.clone().close().await;
    let backup = vendor.place.back_up().await;
    vendor = restarted(vendor).await;
    site.uses(1, &vendor);
    vendor.refresh(&mut site).await.expect("a license");
    vendor.signer.clone().close().await;
    vendor.place.put_back(&backup).await;

    let put_back = told(&vendor, vendor.now).await;
    assert_eq!(codes(&put_back), [(State::Due, "record-put-back")]);
    assert!(put_back[0].next_step.contains("start the signer"), "{put_back:?}");
    let vendor = restarted(vendor).await;
    let recovering = told(&vendor, vendor.now).await;
    assert_eq!(codes(&recovering), [(State::Advice, "recovering")]);
    let end = recovering[0].when.expect("an end");
    assert_eq!(Some(end), vendor.signer.recovery().map(|recovery| recovery.horizon));
    assert!(recovering[0].next_step.contains(&end.date()), "{recovering:?}");
    assert_eq!(codes(&told(&vendor, end.minus(1)).await), [(State::Advice, "recovering")]);
    assert_eq!(told(&vendor, end).await, []);
}

/// Store and witness were put back together, so that nobody noticed; but a proxy has seen a checkpoint that the log now lacks.
#[tokio::test]
async fn an_installation_that_has_seen_another_log_is_told_of() {
    let (mut vendor, mut site, _) = one_site().await;
    vendor.signer.clone().close().await;
    let backup = vendor.place.back_up().await;
    let witness = std::fs::read(vendor.place.data().witness()).unwrap();
    vendor = restarted(vendor).await;
    site.uses(1, &vendor);
    vendor.refresh(&mut site).await.expect("a license");
    vendor.signer.clone().close().await;
    vendor.place.put_back(&backup).await;
    std::fs::write(vendor.place.data().witness(), witness).unwrap();
    let vendor = restarted(vendor).await;
    assert_eq!(told(&vendor, vendor.now).await, []);

    site.uses(2, &vendor);
    let request = site.proxy.refresh(DESKTOP, moment(vendor.now, 700)).unwrap();
    vendor.given(&request).await;
    let stranger = told(&vendor, vendor.now).await;
    assert_eq!(codes(&stranger), [(State::Due, "log-stranger")]);
    assert!(stranger[0].says.starts_with("1 times"), "{stranger:?}");
}
