//! Which answers are taken, which are merely late, and which are refused.

use license_format::{DAY, FormatError, Kind, UnverifiedDocument};

use super::*;
use crate::{
    VerifyError,
    installation::Slot,
    testing::{self, TestKey},
};

#[test]
fn a_license_comes_into_force() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    let Outcome::Installed(installed) = site.import(&grant(&request)).unwrap() else { panic!() };
    assert_eq!(installed.before, None);
    assert_eq!(site.license(DESKTOP), Some(&installed.license));
    assert_eq!(site.state.since().unwrap().digest, request.digest());
    assert_eq!(site.state.record(), 1);
    assert_eq!(site.state.waiting(DESKTOP), None);
}

#[test]
fn a_refresh_replaces_the_license_whole() {
    let mut site = Site::activated();
    let request = site.refresh(DESKTOP).unwrap().request;
    let mut license = license_for(&request);
    license.grants[0].seats = 300;
    let file = testing::seal_answer(&license);
    let Outcome::Installed(installed) = site.import(&file).unwrap() else { panic!() };
    let grants = |license: &License| license.grants[0].seats;
    assert_eq!((installed.before.as_ref().map(grants), grants(&installed.license)), (Some(250), 300));
    let Slot::Active(active) = site.state.slot(DESKTOP) else { panic!() };
    assert_eq!(active.license.file(), file.encode());
}

#[test]
fn the_same_file_twice_is_already_installed() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    site.import(&grant(&request)).unwrap();
    let again = site.import(&grant(&request)).unwrap();
    assert_eq!(again, Outcome::AlreadyInstalled { license_type: DESKTOP, counter: 1 });
}

#[test]
fn a_lower_counter_is_superseded() {
    let mut site = Site::activated();
    let (older, newer) = (site.refresh_anew(DESKTOP), site.refresh_anew(DESKTOP));
    site.import(&grant(&newer)).unwrap();
    let late = site.import(&grant(&older)).unwrap();
    assert_eq!(late, Outcome::Superseded { license_type: DESKTOP, counter: 2, in_force: 3 });
    assert_eq!(site.in_force(DESKTOP), Some(3));
}

#[test]
fn two_licenses_for_one_request_change_nothing_once_one_is_in_force() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    site.import(&grant(&request)).unwrap();
    let other = License { id: LicenseId([9; 16]), ..license_for(&request) };
    let late = site.import(&testing::seal_answer(&other)).unwrap();
    assert_eq!(late, Outcome::Superseded { license_type: DESKTOP, counter: 1, in_force: 1 });
}

#[test]
fn the_old_license_after_a_deactivation_is_ended() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    site.import(&grant(&request)).unwrap();
    let end = site.deactivate(DESKTOP).unwrap().request;
    let ended = Outcome::Ended { license_type: DESKTOP, counter: 1, ended: 2 };
    assert_eq!(site.import(&grant(&request)).unwrap(), ended);
    site.import(&receipt(&end)).unwrap();
    assert_eq!(site.import(&grant(&request)).unwrap(), ended);
    let anew = site.activate(DESKTOP).unwrap();
    assert_eq!(site.import(&grant(&request)).unwrap(), ended);
    site.import(&grant(&anew)).unwrap();
    assert_eq!(site.import(&grant(&request)).unwrap(), ended);
    assert_eq!(site.in_force(DESKTOP), Some(3));
}

#[test]
fn a_lost_answer_is_made_good_by_the_next_request() {
    let mut site = Site::activated();
    site.refresh_anew(DESKTOP);
    let next = site.refresh_anew(DESKTOP);
    site.import(&grant(&next)).unwrap();
    assert_eq!(site.in_force(DESKTOP), Some(3));
    assert_eq!(site.state.open().count(), 0);
}

#[test]
fn an_older_activation_with_another_key_may_still_be_answered() {
    let mut site = Site::new();
    let first = site.activate(DESKTOP).unwrap();
    let other = LicenseKey::from_random(DESKTOP, b"another, not typed");
    let second = site.activate_with(DESKTOP, &other).unwrap().request;
    site.import(&grant(&first)).unwrap();
    assert_eq!(site.in_force(DESKTOP), Some(1));
    site.import(&grant(&second)).unwrap();
    assert_eq!(site.in_force(DESKTOP), Some(2));
}

#[test]
fn a_receipt_confirms_the_deactivation_that_it_answers() {
    let mut site = Site::activated();
    let request = site.deactivate(DESKTOP).unwrap().request;
    let Outcome::Confirmed(_) = site.import(&receipt(&request)).unwrap() else { panic!() };
    let Slot::Released(released) = site.state.slot(DESKTOP) else { panic!() };
    assert_eq!(released.confirmed, Some(testing::now()));
    let again = site.import(&receipt(&request)).unwrap();
    assert_eq!(again, Outcome::AlreadyRead { license_type: DESKTOP, counter: 2 });
}

#[test]
fn a_receipt_that_comes_after_the_slot_is_used_again_leaves_it_alone() {
    let mut site = Site::activated();
    let end = site.deactivate(DESKTOP).unwrap().request;
    let anew = site.activate(DESKTOP).unwrap();
    let Outcome::Confirmed(_) = site.import(&receipt(&end)).unwrap() else { panic!() };
    assert!(matches!(site.state.slot(DESKTOP), Slot::Requested(_)));
    site.import(&grant(&anew)).unwrap();
    assert_eq!(site.in_force(DESKTOP), Some(3));

    let mut late = Site::activated();
    let end = late.deactivate(DESKTOP).unwrap().request;
    let anew = late.activate(DESKTOP).unwrap();
    late.import(&grant(&anew)).unwrap();
    let read = late.import(&receipt(&end)).unwrap();
    assert_eq!(read, Outcome::AlreadyRead { license_type: DESKTOP, counter: 2 });
}

#[test]
fn a_refusal_that_is_not_final_takes_nothing_and_the_answer_may_still_come() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    let Outcome::Refused(_) = site.import(&refusal(&request, |_| {})).unwrap() else { panic!() };
    assert_eq!(site.state.since(), None);
    assert_eq!(site.state.slot(DESKTOP).refused().unwrap().code.as_str(), "no-seats");
    assert_eq!(site.activate(DESKTOP).unwrap(), request);
    site.import(&grant(&request)).unwrap();
    assert_eq!(site.in_force(DESKTOP), Some(1));
    assert_eq!(site.state.slot(DESKTOP).refused(), None);
}

#[test]
fn a_final_refusal_moves_since_and_is_read_once() {
    let mut site = Site::activated();
    let request = site.refresh(DESKTOP).unwrap().request;
    let fork = refusal(&request, |refusal| {
        refusal.is_final = true;
        refusal.code = "fork".parse().unwrap();
    });
    let Outcome::Refused(_) = site.import(&fork).unwrap() else { panic!() };
    assert_eq!(site.state.since().unwrap().counter, 2);
    assert_eq!(site.in_force(DESKTOP), Some(1));
    let again = site.import(&fork).unwrap();
    assert_eq!(again, Outcome::AlreadyRead { license_type: DESKTOP, counter: 2 });
    let next = site.refresh(DESKTOP).unwrap().request;
    assert_eq!(read(&next).chain().since.unwrap().digest, request.digest());
}

#[test]
fn a_refusal_of_what_is_settled_changes_nothing() {
    let mut site = Site::activated();
    let end = site.deactivate(DESKTOP).unwrap().request;
    let mobile = site.activate(MOBILE).unwrap();
    site.import(&grant(&mobile)).unwrap();
    // Using the slot again says all that the deactivation said, which is forgotten then.
    site.activate(DESKTOP).unwrap();
    let restored = refusal(&end, |refusal| refusal.code = "record-restored".parse().unwrap());
    let read = site.import(&restored).unwrap();
    assert_eq!(read, Outcome::AlreadyRead { license_type: DESKTOP, counter: 2 });
}

#[test]
fn an_answer_for_another_installation_names_both() {
    let mut theirs = Site::named("installation 2");
    let request = theirs.activate(DESKTOP).unwrap();
    let mut site = Site::new();
    site.activate(DESKTOP).unwrap();
    let refused = site.import(&grant(&request)).unwrap_err();
    assert_eq!(refused.code(), "other-installation");
    assert!(refused.to_string().contains(&theirs.state.thumbprint().short()));
}

#[test]
fn an_answer_that_nobody_asked_for_is_refused_with_a_next_step() {
    let mut site = Site::new();
    let copy = site.clone();
    // The other copy's request, after this one's state was put back.
    let theirs = site.activate(DESKTOP).unwrap();
    let mut site = copy;
    assert_eq!(site.import(&grant(&theirs)).unwrap_err(), ImportError::NotAskedFor { counter: 1 });
    // Also with a request of its own at that counter.
    site.activate_with(DESKTOP, &LicenseKey::from_random(DESKTOP, b"another, not typed")).unwrap();
    let refused = site.import(&grant(&theirs)).unwrap_err();
    assert_eq!(refused, ImportError::NotAskedFor { counter: 1 });
    assert!(refused.next_step().starts_with("Prepare a new request"));
}

#[test]
fn a_license_must_fit_its_request_in_digest_counter_and_slot() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    for wrong in [
        License { counter: 2, ..license_for(&request) },
        License { answers: Digest([5; 32]), ..license_for(&request) },
        License { license_type: MOBILE, ..license_for(&request) },
    ] {
        let refused = site.import(&testing::seal_answer(&wrong)).unwrap_err();
        assert_eq!(refused.code(), "not-asked-for", "{wrong:?}");
    }
}

#[test]
fn a_license_never_answers_a_deactivation_nor_a_receipt_a_refresh() {
    let mut site = Site::activated();
    let refresh = site.refresh(DESKTOP).unwrap().request;
    assert_eq!(site.import(&receipt(&refresh)).unwrap_err().code(), "not-asked-for");
    let end = site.deactivate(DESKTOP).unwrap().request;
    let outcome = site.import(&grant(&end)).unwrap();
    assert_eq!(outcome, Outcome::Ended { license_type: DESKTOP, counter: 3, ended: 3 });
}

#[test]
fn a_request_is_not_an_answer() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    let refused = site.import(&UnverifiedFile::read(request.file()).unwrap()).unwrap_err();
    assert_eq!(refused, ImportError::NotAnAnswer { found: Kind::ActivationRequest });
    assert!(refused.next_step().starts_with("Upload this file"));
}

#[test]
fn a_license_of_another_vendors_key_is_refused() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    let forged = UnverifiedFile::of(TestKey::named("forger").seal(&license_for(&request)));
    assert_eq!(site.import(&forged).unwrap_err().code(), "key-unknown");
}

#[test]
fn no_altered_byte_of_a_license_is_imported() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    let good = grant(&request).encode();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let done = UnverifiedFile::decode(&bad).map_err(VerifyError::from).map_err(ImportError::from);
        let done = done.and_then(|file| site.state.import(&file, site.now));
        assert!(done.is_err(), "byte {at}");
    }
    site.import(&UnverifiedFile::decode(&good).unwrap()).unwrap();
}

#[test]
fn a_license_that_is_over_already_is_taken_and_evaluated_as_such() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    site.now = site.now.plus(400 * DAY);
    let Outcome::Installed(_) = site.import(&grant(&request)).unwrap() else { panic!() };
    assert!(!site.state.check(DESKTOP, 1, site.now).allowed);
}

#[test]
fn news_that_travels_along_is_kept_and_only_goes_forward() {
    let mut site = Site::activated();
    let first = testing::trust_bundle();
    let second = testing::next_bundle(&first, |_| {});
    let news: UnverifiedDocument = testing::root().seal(&second);
    let request = site.refresh_anew(DESKTOP);
    let with_news = UnverifiedFile { trust: vec![news], ..grant(&request) };
    site.import(&with_news).unwrap();
    assert_eq!(site.state.trust().unwrap().bundle().number, 2);
    // An answer that brings the older bundle does not take it back.
    let request = site.refresh_anew(DESKTOP);
    let old_news = UnverifiedFile { trust: vec![testing::root().seal(&first)], ..grant(&request) };
    site.import(&old_news).unwrap();
    assert_eq!(site.state.trust().unwrap().bundle().number, 2);
}

#[test]
fn a_list_that_comes_with_one_slots_answer_revokes_the_license_of_another() {
    let mut site = Site::activated();
    let request = site.activate(MOBILE).unwrap();
    let mut list = testing::revocation_list();
    list.licenses = vec![site.license(DESKTOP).unwrap().id];
    let news = testing::record().seal(&list);
    site.import(&UnverifiedFile { trust: vec![news], ..grant(&request) }).unwrap();
    let status = site.state.status(DESKTOP, site.now);
    assert_eq!(status.notices[0].code, "license-revoked");
    assert!(!site.state.check(DESKTOP, 1, site.now).allowed, "nothing new is added");
    assert!(site.state.check(DESKTOP, 0, site.now).allowed, "safe: what is managed goes on");
    assert!(site.state.check(MOBILE, 1, site.now).allowed);
}

#[test]
fn an_answer_that_is_only_late_is_verified_all_the_same() {
    let mut site = Site::activated();
    let request = site.deactivate(DESKTOP).unwrap().request;
    let forged = UnverifiedFile::of(TestKey::named("forger").seal(&license_for(&request)));
    assert!(matches!(site.import(&forged).unwrap_err(), ImportError::Verify(VerifyError::KeyUnknown { .. })));
    let damaged = ImportError::from(VerifyError::from(FormatError::NotWaybill));
    assert_eq!(damaged.code(), "not-waybill");
}

/// The signer was restored and asks for the documents; an answer that it gave before, and that comes late, does not take that back.
#[test]
fn an_answer_from_before_a_restoration_leaves_the_documents_wanted() {
    let mut site = Site::activated();
    let early = site.refresh_anew(DESKTOP);
    let asked = site.refresh_anew(DESKTOP);
    site.import(&refusal(&asked, |refusal| {
        refusal.code = "record-restored".parse().unwrap();
        refusal.record = 2;
    }))
    .unwrap();
    assert!(matches!(site.import(&refusal(&early, |_| {})).unwrap(), Outcome::Refused(_)));
    assert!(matches!(site.import(&grant(&early)).unwrap(), Outcome::Installed(_)));
    let next = UnverifiedFile::decode(site.refresh_anew(DESKTOP).file()).unwrap();
    assert_eq!(next.trust.len(), 1, "the license in force travels along");
}
