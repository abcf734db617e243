use std::collections::HashMap;

use license_format::{
    DAY, Kind, PublicKey, Thumbprint, Timestamp, UnverifiedFile,
    payload::{KeyEntry, TrustBundle},
};
use proptest::prelude::*;
use verifier::{TrustState, testing};
use zeroize::Zeroizing;

use super::{History, Missing, Proposal, Role, Signing, TrustError, risk};
use crate::{
    init::DataDir,
    keys::{MemoryKey, SigningBackend as _},
};

fn key(number: u8) -> MemoryKey {
    MemoryKey::from_seed(&Zeroizing::new([number; 32]))
}

fn public(number: u8) -> PublicKey {
    key(number).public_key()
}

fn now() -> Timestamp {
    testing::now()
}

fn window() -> (Timestamp, Timestamp) {
    (now(), now().plus(365 * DAY))
}

/// A first bundle of these root keys with one issuing key, signed by as many as it needs.
fn first(roots: &[u8], threshold: u64) -> TrustState {
    let roots_public = roots.iter().map(|number| public(*number)).collect();
    let mut proposal = Proposal::first(testing::vendor(), roots_public, threshold, now());
    proposal.trust_key(public(101), Role::Issuing, window(), true).unwrap();
    signed(&proposal, &roots[..threshold as usize], None).finish(None).unwrap()
}

fn signed(proposal: &Proposal, by: &[u8], before: Option<&TrustState>) -> Signing {
    let mut signing = Signing::begin(proposal).unwrap();
    by.iter().for_each(|number| signing.sign(&key(*number), before).unwrap());
    signing
}

fn code<T>(result: Result<T, TrustError>) -> Result<(), &'static str> {
    result.map(|_| ()).map_err(|error| error.code())
}

/// Three holders sign one proposal, each on a machine of their own, and any two of their files make the bundle.
#[test]
fn holders_sign_apart_and_any_enough_of_them_make_the_bundle() {
    let before = first(&[1, 2, 3], 2);
    let mut proposal = Proposal::after(&before, now().plus(DAY));
    proposal.trust_key(public(102), Role::Issuing, window(), false).unwrap();
    let text = proposal.to_text();

    let parts: HashMap<u8, UnverifiedFile> = [1, 2, 3]
        .map(|holder| {
            let read = Proposal::from_text(&text).unwrap();
            let part = signed(&read, &[holder], None);
            assert_eq!(part.missing(Some(&before)), Missing { own: 1, before: 1 });
            assert_eq!(code(part.finish(Some(&before))), Err("trust-unsigned"));
            (holder, part.to_file().unwrap())
        })
        .into();
    for pair in [[1, 2], [2, 3], [3, 1]] {
        let whole = Signing::combine(pair.map(|holder| Signing::read(&parts[&holder]).unwrap())).unwrap();
        let after = whole.finish(Some(&before)).unwrap();
        assert_eq!(after.bundle(), proposal.bundle());
    }
    let twice = Signing::combine([1, 1].map(|holder| Signing::read(&parts[&holder]).unwrap())).unwrap();
    assert_eq!(code(twice.finish(Some(&before))), Err("trust-unsigned"), "a key counts once");
}

/// Who lost a root key replaces it with the others' help; the new holders alone cannot, nor the old ones alone.
#[test]
fn a_lost_root_key_is_replaced_by_enough_of_both() {
    let before = first(&[1, 2, 3], 2);
    let mut proposal = Proposal::after(&before, now());
    proposal.replace_root(&public(3).thumbprint(), public(4)).unwrap();

    let by_both = signed(&proposal, &[1, 2], Some(&before));
    assert_eq!(by_both.finish(Some(&before)).unwrap().bundle().roots, [public(1), public(2), public(4)]);
    let one_old = signed(&proposal, &[1, 4], Some(&before));
    assert_eq!(one_old.missing(Some(&before)), Missing { own: 0, before: 1 });
    assert_eq!(code(one_old.finish(Some(&before))), Err("trust-unsigned"));
    let with_the_lost = signed(&proposal, &[1, 3, 4], Some(&before));
    with_the_lost.finish(Some(&before)).unwrap();

    let mut strangers = Signing::begin(&proposal).unwrap();
    assert_eq!(code(strangers.sign(&key(9), Some(&before))), Err("not-a-root-key"));
    assert_eq!(code(proposal.replace_root(&public(8).thumbprint(), public(9))), Err("proposal-key-unknown"));
    assert_eq!(code(proposal.replace_root(&public(1).thumbprint(), public(2))), Err("proposal-key-known"));
}

#[test]
fn a_leaked_key_is_distrusted_from_the_earliest_instant_that_was_said() {
    let mut proposal = Proposal::after(&first(&[1], 1), now());
    let leaked = public(101).thumbprint();
    for since in [now().plus(9), now().plus(3), now().plus(5)] {
        proposal.distrust(&leaked, since).unwrap();
    }
    assert_eq!(proposal.bundle().key(&leaked).unwrap().distrusted_since, Some(now().plus(3)));
    assert_eq!(code(proposal.distrust(&Thumbprint([0; 32]), now())), Err("proposal-key-unknown"));
    assert_eq!(code(proposal.trust_key(public(101), Role::Log, window(), true)), Err("proposal-key-known"));
}

/// What takes from keys or changes who signs bundles is risky, and said; what only adds to them is an ordinary rotation.
#[test]
fn what_takes_something_away_is_risky_and_what_adds_is_not() {
    let before = Proposal::after(&first(&[1, 2], 1), now()).bundle().clone();
    let after = |change: &dyn Fn(&mut TrustBundle)| {
        let mut after = before.clone();
        after.number += 1;
        change(&mut after);
        risk(&before, &after)
    };
    let new = |seed: u8, distrusted_since| KeyEntry {
        from: now(),
        signs: vec![Kind::License],
        until: now().plus(DAY),
        public_key: public(seed),
        distrusted_since,
    };
    let longer = |bundle: &mut TrustBundle| {
        bundle.keys[0].from = now().minus(DAY);
        bundle.keys[0].until = now().plus(400 * DAY);
    };
    for ordinary in [
        &|_: &mut TrustBundle| (),
        &|bundle: &mut TrustBundle| bundle.keys.insert(0, new(102, None)),
        &longer,
        &|bundle: &mut TrustBundle| bundle.roots.reverse(),
    ] as [&dyn Fn(&mut TrustBundle); 4]
    {
        assert_eq!(after(ordinary), None);
    }

    let short = |seed: u8| public(seed).thumbprint().short();
    let leaked = |bundle: &mut TrustBundle, since| bundle.keys[0].distrusted_since = since;
    let said = after(&|bundle| {
        leaked(bundle, Some(now()));
        bundle.keys.push(new(102, None));
        bundle.keys.push(new(103, Some(now())));
    });
    let (key, at, day) = (short(101), now().rfc3339(), now().date());
    assert_eq!(
        said.unwrap(),
        format!(
            "trust bundle 3: key {key} distrusted from {at} on; new key {} signs license from {day} to {}; new key {} signs license \
             from {day} to {}, distrusted from {at} on",
            short(102),
            now().plus(DAY).date(),
            short(103),
            now().plus(DAY).date()
        )
    );
    let said = after(&|bundle| {
        bundle.roots = vec![public(1), public(3), public(4)];
        bundle.threshold = 2;
    });
    assert_eq!(
        said.unwrap(),
        format!(
            "trust bundle 3: root key {} out; root key {} in; root key {} in; 2 of the 3 root keys sign from then on, 1 before",
            short(2),
            short(3),
            short(4)
        )
    );
    for (change, word) in [
        (&|bundle: &mut TrustBundle| _ = bundle.keys.remove(0), "left out"),
        (&|bundle: &mut TrustBundle| _ = bundle.keys[0].signs.remove(0), "signs only"),
        (&|bundle: &mut TrustBundle| bundle.keys[0].until = now().plus(1), "signs only"),
        (&|bundle: &mut TrustBundle| bundle.keys[0].from = now().plus(1), "signs only"),
        (&|bundle: &mut TrustBundle| _ = bundle.roots.pop(), "root key"),
        (&|bundle: &mut TrustBundle| bundle.threshold = 2, "2 of the 2"),
    ] as [(&dyn Fn(&mut TrustBundle), &str); 6]
    {
        let said = after(change).expect(word);
        assert!(said.contains(word), "{said}");
    }
    // A date that comes forward, goes back, or goes away.
    let mut distrusted = before.clone();
    leaked(&mut distrusted, Some(now()));
    for (since, word) in [
        (Some(now().minus(9)), ", before from "),
        (Some(now().plus(9)), ", before from "),
        (None, "not distrusted any more"),
    ] {
        let mut after = distrusted.clone();
        leaked(&mut after, since);
        let said = risk(&distrusted, &after).expect(word);
        assert!(said.contains(word), "{said}");
    }
    assert_eq!(risk(&distrusted, &distrusted), None, "what was said before is not said again");
}

#[test]
fn files_about_different_bundles_are_not_mixed() {
    let before = first(&[1, 2], 2);
    let one = signed(&Proposal::after(&before, now()), &[1], None);
    let other = signed(&Proposal::after(&before, now().plus(1)), &[2], None);
    assert_eq!(code(Signing::combine([one, other])), Err("trust-parts-differ"));
    let license = testing::seal_answer(&testing::license(license_format::LicenseType::Desktop));
    assert_eq!(code(Signing::read(&license)), Err("wrong-kind"));
}

#[test]
fn a_text_that_was_changed_is_read_as_changed_or_refused() {
    let mut proposal = Proposal::after(&first(&[1, 2], 1), now());
    proposal.distrust(&public(101).thumbprint(), now()).unwrap();
    let text = proposal.to_text();
    assert_eq!(Proposal::from_text(&text).unwrap(), proposal);
    for (from, to, code) in [
        ("threshold = 1", "threshold = 3", "proposal-rules"),
        ("threshold = 1", "threshold = 1\nsurprise = 1", "proposal-text"),
        ("\"license\", ", "\"license\", \"trust-bundle\", ", "proposal-rules"),
        ("distrusted-since = \"20", "distrusted-since = \"next 20", "proposal-text"),
        ("number = 2", "", "proposal-text"),
    ] {
        assert!(text.contains(from), "{from}");
        let refused = Proposal::from_text(&text.replace(from, to)).unwrap_err();
        assert_eq!(refused.code(), code, "{to}: {refused}");
    }
}

/// A proxy that is behind catches up from one file, and whoever holds the newest loses nothing by it.
#[test]
fn one_file_leads_from_three_bundles_behind() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path());
    let start = first(&[1, 2], 1);
    std::fs::write(dir.trust(), start.to_file().encode()).unwrap();

    let mut states = vec![start];
    for number in 2..=9_u8 {
        let history = History::read(&dir).unwrap();
        let mut proposal = Proposal::after(history.newest(), now().plus(u64::from(number)));
        proposal.trust_key(public(100 + number), Role::Issuing, window(), true).unwrap();
        let next = signed(&proposal, &[1], Some(history.newest())).finish(Some(history.newest())).unwrap();
        history.install(&dir, &next, &mut |out: &mut [u8]| out.fill(number)).unwrap();
        states.push(next);
    }
    let history = History::read(&dir).unwrap();
    let newest = states.last().unwrap();
    assert_eq!(history.newest().bundle(), newest.bundle());
    let file = UnverifiedFile::read(&history.to_file().encode()).unwrap();
    let mut documents = vec![file.document.clone()];
    documents.extend(file.trust.clone());
    assert_eq!(documents.len(), 9, "one signed bundle each");
    for (behind, state) in states.iter().rev().enumerate() {
        match state.advance(&documents) {
            Ok(after) => assert_eq!(after.bundle(), newest.bundle(), "{behind} behind"),
            Err(error) => panic!("{behind} behind: {error}"),
        }
    }
    assert_eq!(TrustState::pin(&file).unwrap().bundle(), newest.bundle());
    for room in 1..8 {
        let travel = history.documents(room, 7);
        assert_eq!(travel.len(), room);
        assert_eq!(states[states.len() - room].advance(&travel).unwrap().bundle(), newest.bundle());
    }
}

/// An answer has room for three bundles before the newest, its list and its checkpoint, however many root keys sign.
#[test]
fn three_bundles_travel_along_whatever_the_threshold() {
    let roots = [1, 2, 3, 4, 5];
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path());
    let mut states = vec![first(&roots, 5)];
    std::fs::write(dir.trust(), states[0].to_file().encode()).unwrap();
    for number in 2..=5_u8 {
        let history = History::read(&dir).unwrap();
        let before = Some(history.newest());
        let mut proposal = Proposal::after(history.newest(), now().plus(u64::from(number)));
        proposal.trust_key(public(100 + number), Role::Issuing, window(), true).unwrap();
        let next = signed(&proposal, &roots, before).finish(before).unwrap();
        history.install(&dir, &next, &mut |out: &mut [u8]| out.fill(number)).unwrap();
        states.push(next);
    }
    let list_and_checkpoint = 2;
    let room = license_format::limits::TRUST_DOCUMENTS - list_and_checkpoint;
    let travel = History::read(&dir).unwrap().documents(room, 3);
    assert_eq!(travel.len(), 20);
    assert_eq!(states[1].advance(&travel).unwrap().bundle(), states[4].bundle());
}

/// The newest bundle's own file is complete before `trust.waybill` is replaced: killed in between, it is in place.
#[test]
fn an_installation_that_was_interrupted_is_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let dir = DataDir::new(folder.path());
    let start = first(&[1], 1);
    std::fs::write(dir.trust(), start.to_file().encode()).unwrap();
    let history = History::read(&dir).unwrap();
    let next = signed(&Proposal::after(&start, now()), &[1], Some(&start)).finish(Some(&start)).unwrap();
    history.install(&dir, &next, &mut |out: &mut [u8]| out.fill(1)).unwrap();
    std::fs::write(dir.trust(), start.to_file().encode()).unwrap();
    assert_eq!(History::read(&dir).unwrap().newest().bundle().number, 2);
    assert!(code(History::read(&DataDir::new(folder.path().join("none")))).is_err());
}

proptest! {
    /// Whatever is proposed reads back from its text.
    #[test]
    fn a_text_says_the_whole_proposal(
        roots in 1_u8..=5,
        keys in prop::collection::vec((any::<bool>(), 0_u64..1000, 1_u64..1000, any::<bool>(), any::<bool>()), 0..6),
    ) {
        let before = first(&(1..=roots).collect::<Vec<_>>(), 1);
        let mut proposal = Proposal::after(&before, now());
        for (at, (log, from, length, in_front, leaked)) in keys.into_iter().enumerate() {
            let public_key = public(200 + at as u8);
            let from = now().plus(from);
            let role = if log { Role::Log } else { Role::Issuing };
            proposal.trust_key(public_key, role, (from, from.plus(length)), in_front).unwrap();
            if leaked {
                proposal.distrust(&public_key.thumbprint(), from).unwrap();
            }
        }
        prop_assert_eq!(Proposal::from_text(&proposal.to_text()).unwrap(), proposal);
    }
}
