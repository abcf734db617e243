//! What requests say, and when the file saved before is saved again.

use license_format::{DAY, Digest, Kind, LicenseKey, UnverifiedFile, limits, payload::SlotReport};

use super::*;
use crate::{
    installation::{Saved, Slot},
    verify_request,
};

#[test]
fn a_first_activation_carries_the_chain_of_a_new_installation() {
    let mut site = Site::new();
    let request = site.activate(DESKTOP).unwrap();
    let said = read(&request);
    let chain = said.chain();
    assert_eq!((chain.counter, chain.record, chain.since), (1, 0, None));
    assert_eq!(chain.open, Vec::<Digest>::new());
    assert_eq!(chain.slots.slot(DESKTOP), Some(SlotReport::default()));
    assert_eq!(chain.slots.slot(MOBILE), None);
    assert_eq!(said.kind(), Kind::ActivationRequest);
    let file = UnverifiedFile::read(request.file()).unwrap();
    assert_eq!(verify_request(&file.document).unwrap().digest(), request.digest());
}

#[test]
fn every_request_lists_those_before_it_since_the_last_that_was_answered() {
    let mut site = Site::new();
    let first = site.activate(DESKTOP).unwrap();
    let second = site.activate(MOBILE).unwrap();
    assert_eq!(read(&second).chain().open, [first.digest()]);
    site.import(&grant(&second)).unwrap();
    let third = site.refresh(MOBILE).unwrap().request;
    let said = read(&third);
    assert_eq!(said.chain().since.unwrap().counter, 2);
    assert_eq!(said.chain().since.unwrap().digest, second.digest());
    assert_eq!(said.chain().open, Vec::<Digest>::new());
    assert_eq!(said.chain().slots.slot(MOBILE).unwrap().holding.unwrap().counter, 2);
    // The first still waits, and its answer is still taken; `since` does not go down.
    site.import(&grant(&first)).unwrap();
    assert_eq!(site.in_force(DESKTOP), Some(1));
    assert_eq!(site.state.since().unwrap().counter, 2);
}

#[test]
fn prepared_again_unchanged_it_is_the_same_file() {
    let mut site = Site::new();
    let first = site.activate_with(DESKTOP, &testing::license_key(DESKTOP)).unwrap();
    site.now = site.now.plus(3600);
    let again = site.activate_with(DESKTOP, &testing::license_key(DESKTOP)).unwrap();
    assert_eq!((first.saved, again.saved), (Saved::New, Saved::Again));
    assert_eq!(first.request.file(), again.request.file());
    assert_eq!(site.state.counter(), 1);
    // Another slot's request in between changes what a new one would say of the slots, so one is made.
    site.activate(MOBILE).unwrap();
    let other = site.activate_with(DESKTOP, &testing::license_key(DESKTOP)).unwrap();
    assert_eq!(other.saved, Saved::New);
    assert_eq!(other.request.counter(), 3);
}

#[test]
fn prepared_again_with_another_key_it_is_a_new_request() {
    let mut site = Site::new();
    site.activate(DESKTOP).unwrap();
    let other = LicenseKey::from_random(DESKTOP, b"another, not typed");
    let second = site.activate_with(DESKTOP, &other).unwrap();
    assert_eq!((second.saved, second.request.counter()), (Saved::New, 2));
    let Slot::Requested(requested) = site.state.slot(DESKTOP) else { panic!() };
    assert_eq!(requested.license_key.last_group, other.last_group());
}

#[test]
fn prepared_again_after_a_day_it_is_a_new_request() {
    let mut site = Site::activated();
    let first = site.refresh(DESKTOP).unwrap();
    site.now = site.now.plus(DAY - 1);
    assert_eq!(site.refresh(DESKTOP).unwrap().request, first.request);
    site.now = site.now.plus(1);
    assert_eq!(site.refresh(DESKTOP).unwrap().saved, Saved::New);
}

#[test]
fn two_requests_can_be_open_at_once() {
    let mut site = Site::activated();
    let first = site.refresh(DESKTOP).unwrap().request;
    site.state = site.state.set_usage(DESKTOP, 12, site.now);
    let second = site.refresh(DESKTOP).unwrap().request;
    assert_ne!(first, second);
    assert_eq!(site.state.open().map(OwnRequest::counter).collect::<Vec<_>>(), [2, 3]);
    // As it was before is not as it was: the newest request is the one compared.
    site.state = site.state.set_usage(DESKTOP, 13, site.now);
    assert_eq!(site.refresh(DESKTOP).unwrap().request.counter(), 4);
}

#[test]
fn a_final_answer_read_makes_the_next_request_a_new_one() {
    let mut site = Site::activated();
    site.activate(MOBILE).unwrap();
    let refresh = site.refresh(DESKTOP).unwrap().request;
    site.import(&refusal(&refresh, |refusal| refusal.is_final = true)).unwrap();
    assert_eq!(site.refresh(DESKTOP).unwrap().saved, Saved::New);
}

#[test]
fn a_mobile_key_for_the_desktop_slot_is_refused_at_once() {
    let mut site = Site::new();
    let before = site.state.clone();
    let refused = site.activate_with(DESKTOP, &testing::license_key(MOBILE)).unwrap_err();
    assert_eq!(refused.code(), "license-key-wrong-type");
    assert_eq!(refused.to_string(), "this is a Mobile license key, and the slot is Desktop");
    assert_eq!(site.state, before);
}

#[test]
fn each_request_is_refused_where_it_makes_no_sense() {
    let mut site = Site::new();
    assert_eq!(site.refresh(DESKTOP).unwrap_err().code(), "not-active");
    assert_eq!(site.deactivate(DESKTOP).unwrap_err().code(), "nothing-to-deactivate");
    let request = site.activate(DESKTOP).unwrap();
    assert_eq!(site.refresh(DESKTOP).unwrap_err().code(), "not-active");
    site.import(&grant(&request)).unwrap();
    assert_eq!(site.activate(DESKTOP).unwrap_err().code(), "already-active");
    let request = site.deactivate(DESKTOP).unwrap().request;
    assert_eq!(site.refresh(DESKTOP).unwrap_err().code(), "not-active");
    site.import(&receipt(&request)).unwrap();
    assert_eq!(site.deactivate(DESKTOP).unwrap_err().code(), "already-released");
}

#[test]
fn a_deactivation_ends_its_slot_in_the_same_step() {
    let mut site = Site::activated();
    let before = site.license(DESKTOP).unwrap().id;
    let request = site.deactivate(DESKTOP).unwrap().request;
    assert_eq!(site.license(DESKTOP), None);
    assert_eq!(site.state.slot(DESKTOP).ended(), 2);
    let Request::Deactivation(said) = read(&request) else { panic!() };
    assert_eq!(said.license, Some(before));
    assert_eq!(said.chain.slots.slot(DESKTOP), Some(SlotReport { ended: Some(2), holding: None }));
}

#[test]
fn a_deactivation_that_was_lost_is_saved_again_however_late() {
    let mut site = Site::activated();
    let first = site.deactivate(DESKTOP).unwrap();
    site.now = site.now.plus(30 * DAY);
    let again = site.deactivate(DESKTOP).unwrap();
    assert_eq!((again.saved, again.request.file()), (Saved::Again, first.request.file()));
    assert_eq!(site.state.slot(DESKTOP).ended(), 2);
}

#[test]
fn a_deactivation_may_be_made_while_requested_and_cancels_the_activation() {
    let mut site = Site::new();
    let activation = site.activate(DESKTOP).unwrap();
    site.deactivate(DESKTOP).unwrap();
    let outcome = site.import(&grant(&activation)).unwrap();
    assert_eq!(outcome, Outcome::Ended { license_type: DESKTOP, counter: 1, ended: 2 });
    assert_eq!(site.license(DESKTOP), None);
}

#[test]
fn a_slot_is_activated_again_at_once_and_says_what_it_ended() {
    let mut site = Site::activated();
    site.deactivate(DESKTOP).unwrap();
    let request = site.activate(DESKTOP).unwrap();
    let said = read(&request);
    assert_eq!(said.chain().slots.slot(DESKTOP), Some(SlotReport { ended: Some(2), holding: None }));
    site.import(&grant(&request)).unwrap();
    assert_eq!(site.in_force(DESKTOP), Some(3));
}

#[test]
fn a_record_number_read_makes_every_request_a_new_one() {
    let mut site = Site::activated();
    site.state = {
        let request = site.activate(MOBILE).unwrap();
        site.import(&grant(&request)).unwrap();
        site.state.clone()
    };
    let ended = site.deactivate(MOBILE).unwrap().request;
    let refresh = site.refresh(DESKTOP).unwrap().request;
    let restored = |refusal: &mut Refusal| {
        refusal.code = "record-restored".parse().unwrap();
        refusal.record = 2;
    };
    site.import(&refusal(&refresh, restored)).unwrap();
    assert_eq!(site.state.record(), 2);

    // The next requests carry the number, and the licenses in force travel along.
    let refresh = site.refresh(DESKTOP).unwrap();
    assert_eq!((refresh.saved, read(&refresh.request).chain().record), (Saved::New, 2));
    let file = UnverifiedFile::read(refresh.request.file()).unwrap();
    let attached: Vec<License> =
        file.trust.iter().map(|document| document.decode_unverified().unwrap()).collect();
    assert_eq!(attached, [site.license(DESKTOP).unwrap().clone()]);
    let again = site.deactivate(MOBILE).unwrap();
    assert_eq!(again.saved, Saved::New);
    assert!(again.request.counter() > ended.counter());
    assert_eq!(site.state.slot(MOBILE).ended(), again.request.counter());

    // Once a license was read nothing travels along any more.
    let answer = testing::seal_answer(&License { record: 2, ..license_for(&refresh.request) });
    site.import(&answer).unwrap();
    let refresh = site.refresh_anew(DESKTOP);
    assert!(UnverifiedFile::read(refresh.file()).unwrap().trust.is_empty());
}

#[test]
fn with_32_open_the_newest_is_saved_again_and_every_slot_can_still_be_deactivated() {
    let mut site = Site::new();
    for slot in LicenseType::ALL {
        let request = site.activate(slot).unwrap();
        site.import(&grant(&request)).unwrap();
    }
    let mut newest = site.refresh_anew(DESKTOP);
    while site.state.open().count() < limits::OPEN_REQUESTS {
        newest = site.refresh_anew(DESKTOP);
    }
    site.state = site.state.set_usage(DESKTOP, 1, site.now);
    let again = site.refresh(DESKTOP).unwrap();
    assert_eq!((again.saved, again.request.file()), (Saved::AgainSinceFull, newest.file()));
    let refused = site.refresh(MOBILE).unwrap_err();
    assert_eq!(refused, PrepareError::TooManyOpen { open: 32 });
    for slot in LicenseType::ALL {
        let request = site.deactivate(slot).unwrap();
        assert_eq!(request.saved, Saved::New);
        read(&request.request);
        assert_eq!(site.license(slot), None);
    }
    assert_eq!(site.state.open().count(), limits::OPEN_REQUESTS + 4);
    assert_eq!(site.activate(DESKTOP).unwrap_err().code(), "too-many-open");
    // The last receipt clears them all.
    let last = site.deactivate(LicenseType::Computers).unwrap().request;
    site.import(&receipt(&last)).unwrap();
    assert_eq!(site.state.open().count(), 0);
    site.activate(DESKTOP).unwrap();
}

#[test]
fn a_key_mistyped_too_often_is_no_dead_end() {
    let mut site = Site::new();
    for number in 0..40u8 {
        let key = LicenseKey::from_random(DESKTOP, &[number; 18]);
        let Ok(prepared) = site.activate_with(DESKTOP, &key) else { break };
        site.import(&refusal(&prepared.request, |_| {})).unwrap();
    }
    let refused = site.activate(DESKTOP).unwrap_err();
    assert_eq!(refused.code(), "too-many-open");
    assert!(refused.next_step().contains("prepare a deactivation"));
    let request = site.deactivate(DESKTOP).unwrap().request;
    site.import(&receipt(&request)).unwrap();
    site.activate(DESKTOP).unwrap();
}

#[test]
fn a_renamed_server_says_so_in_its_next_request() {
    let mut site = Site::activated();
    let before = site.refresh(DESKTOP).unwrap().request;
    let mut facts = site.state.facts().clone();
    facts.name = testing::label("CM02");
    facts.site_code = "XYZ".parse().unwrap();
    facts.public_key = TestKey::named("thief").public_key();
    site.state = site.state.with_facts(facts);
    let after = site.refresh(DESKTOP).unwrap().request;
    assert_ne!(before, after);
    let said = read(&after);
    assert_eq!(said.installation().name.as_str(), "CM02");
    assert_eq!(said.installation().site_code.as_str(), "PS1");
    assert_eq!(said.installation().public_key, site.key.public_key());
}
