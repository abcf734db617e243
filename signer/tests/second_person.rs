//! Two people for what one alone could do harm with: on both stores.

#[path = "second_person/bundles.rs"]
mod bundles;
mod common;

use common::{Vendor, dice};
use license_format::{DAY, LicenseType, Thumbprint};
use signer::{
    Asker,
    catalog::OverdraftDraft,
    installations::Decider,
    link::{Decided, Decision},
    people::{Actor, PasswordHash, Role},
    revocation::{Afterwards, Revoke},
    second_person::{Proposal, ProposalState, RiskyAction, SecondPerson, SecondPersonError, Taken},
};

/// A vendor with two of staff, and a customer's administrator.
struct Staffed {
    vendor: Vendor,
    sam: Actor,
    tess: Actor,
    ana: Actor,
}

impl Staffed {
    async fn new() -> Staffed {
        let vendor = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
        let (people, now) = (vendor.signer.people(), vendor.now);
        let hash = PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA".to_owned());
        let mut staff = Vec::new();
        for (seed, name) in [(70, "sam"), (71, "tess")] {
            let email = format!("{name}@example.com");
            let id = people.create_staff(&email, now, &mut dice(seed)).await.unwrap().user.id;
            people.set_password(&id, &hash).await.unwrap();
            staff.push(Actor::User(id));
        }
        let email = "ana@contoso.example";
        let ana = people.add_member(&vendor.account, email, Role::Administrator, now, &mut dice(72)).await;
        let [sam, tess] = staff.try_into().expect("two");
        Staffed { ana: Actor::User(ana.unwrap().user.id), sam, tess, vendor }
    }

    fn rule(&self) -> &SecondPerson {
        self.vendor.signer.second_person()
    }

    fn grant(&self, seats: u64) -> RiskyAction {
        RiskyAction::Overdraft(OverdraftDraft {
            subscription: self.vendor.subscription.id.clone(),
            metric: None,
            seats,
            ends: self.vendor.now.plus(200 * DAY),
            reason: "burnt down".to_owned(),
        })
    }

    async fn proposes(&self, action: RiskyAction, by: &Actor) -> Proposal {
        match self.rule().take(action, by, self.vendor.now).await.expect("proposed") {
            Taken::Waits(proposal) => *proposal,
            Taken::Done(()) => panic!("done by one person"),
        }
    }

    async fn granted(&self) -> Vec<u64> {
        let (catalog, id) = (self.vendor.signer.catalog(), &self.vendor.subscription.id);
        let entries = catalog.overdraft(&Asker::Staff, id, self.vendor.now).await.expect("listed");
        entries.iter().map(|entry| entry.seats).collect()
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T, SecondPersonError>) -> &'static str {
    outcome.expect_err("refused").code()
}

#[tokio::test]
async fn nothing_changes_until_it_is_required() {
    let staffed = Staffed::new().await;
    assert!(!staffed.rule().is_required().await.unwrap());
    let done = staffed.rule().take(staffed.grant(5), &Actor::Operator, staffed.vendor.now).await;
    assert_eq!(done.unwrap(), Taken::Done(()));
    assert_eq!(staffed.granted().await, [5]);
    assert_eq!(staffed.rule().list().await.unwrap(), []);
}

#[tokio::test]
async fn two_different_people_of_staff_do_it() {
    let staffed = Staffed::new().await;
    let (rule, now) = (staffed.rule(), staffed.vendor.now);
    rule.require().await.unwrap();
    // Nobody in particular, and nobody of a customer's, proposes anything.
    assert_eq!(code(rule.take(staffed.grant(5), &Actor::Operator, now).await), "person-needed");
    assert_eq!(code(rule.take(staffed.grant(5), &staffed.ana, now).await), "staff-only");
    // What could not be done is not proposed.
    assert_eq!(code(rule.take(staffed.grant(0), &staffed.sam, now).await), "invalid");
    assert_eq!(rule.list().await.unwrap(), []);

    let proposal = staffed.proposes(staffed.grant(5), &staffed.sam).await;
    assert_eq!((proposal.number, &proposal.state), (1, &ProposalState::Open));
    assert!(
        proposal.says.contains("overdraft of 5") && proposal.says.contains("burnt down"),
        "{}",
        proposal.says
    );
    assert_eq!(rule.show(1).await.unwrap(), proposal);
    assert_eq!(staffed.granted().await, [0_u64; 0]);
    // Not by the same, by no stranger, by nobody; and nothing that is not there.
    assert_eq!(code(rule.confirm(1, &staffed.sam, now).await), "second-person-same");
    assert_eq!(code(rule.confirm(1, &staffed.ana, now).await), "staff-only");
    assert_eq!(code(rule.confirm(1, &Actor::Operator, now).await), "person-needed");
    assert_eq!(code(rule.confirm(2, &staffed.tess, now).await), "proposal-unknown");
    assert_eq!(staffed.granted().await, [0_u64; 0]);

    let done = rule.confirm(1, &staffed.tess, now).await.unwrap();
    assert_eq!(done.state, ProposalState::Done { by: staffed.tess.clone(), at: now });
    assert_eq!(rule.list().await.unwrap(), [done]);
    assert_eq!(staffed.granted().await, [5]);
    // Once.
    assert_eq!(code(rule.confirm(1, &staffed.tess, now).await), "proposal-decided");
    assert_eq!(staffed.granted().await, [5]);
    // The subscription's history has both.
    let history =
        staffed.vendor.signer.catalog().history(&Asker::Staff, &staffed.vendor.subscription.id).await;
    let newest: Vec<_> =
        history.unwrap().into_iter().take(2).map(|change| (change.what, change.who)).collect();
    assert_eq!(
        newest,
        [("created".to_owned(), staffed.tess.clone()), ("proposed".to_owned(), staffed.sam.clone())]
    );
}

#[tokio::test]
async fn of_two_who_confirm_at_once_one_does_it() {
    let staffed = Staffed::new().await;
    let (rule, now) = (staffed.rule(), staffed.vendor.now);
    rule.require().await.unwrap();
    staffed.proposes(staffed.grant(5), &staffed.sam).await;
    let confirm = || rule.confirm(1, &staffed.tess, now);
    let (one, two) = tokio::join!(confirm(), confirm());
    assert_eq!([&one, &two].iter().filter(|outcome| outcome.is_ok()).count(), 1, "{one:?} {two:?}");
    assert_eq!(staffed.granted().await, [5]);
}

#[tokio::test]
async fn a_proposal_is_declined_taken_back_or_too_old() {
    let staffed = Staffed::new().await;
    let (rule, now) = (staffed.rule(), staffed.vendor.now);
    rule.require().await.unwrap();
    for (number, by) in [(1, &staffed.tess), (2, &staffed.sam)] {
        staffed.proposes(staffed.grant(number), &staffed.sam).await;
        let declined = rule.decline(number, by, now).await.unwrap();
        assert_eq!(declined.state, ProposalState::Declined { by: by.clone(), at: now });
        assert_eq!(code(rule.confirm(number, &staffed.tess, now).await), "proposal-decided");
    }
    let third = staffed.proposes(staffed.grant(3), &staffed.sam).await;
    assert_eq!(third.expires, now.plus(7 * DAY));
    assert_eq!(code(rule.confirm(3, &staffed.tess, third.expires).await), "proposal-expired");
    assert_eq!(staffed.granted().await, [0_u64; 0]);
    // What was still possible then may not be now; it goes on waiting, and nothing is half done.
    let short = RiskyAction::Overdraft(OverdraftDraft {
        ends: now.plus(17 * DAY),
        ..match staffed.grant(4) {
            RiskyAction::Overdraft(draft) => draft,
            other => panic!("{other:?}"),
        }
    });
    staffed.proposes(short, &staffed.sam).await;
    assert_eq!(code(rule.confirm(4, &staffed.tess, now.plus(6 * DAY)).await), "invalid");
    assert_eq!(rule.show(4).await.unwrap().state, ProposalState::Open);
    rule.confirm(4, &staffed.tess, now).await.unwrap();
    assert_eq!(staffed.granted().await, [4]);
}

/// What is signed waits like anything else, and is done by the signer, in the transaction that closes the proposal.
#[tokio::test]
async fn revoking_takes_two_and_the_signer() {
    let mut staffed = Staffed::new().await;
    let (mut site, key) = (staffed.vendor.site(1), staffed.vendor.primary.key.clone());
    let license = staffed.vendor.activate(&mut site, &key).await.expect("a license");
    staffed.rule().require().await.unwrap();
    let (signer, now) = (staffed.vendor.signer.clone(), staffed.vendor.now);
    let what = Revoke::Licenses { ids: vec![license.id], then: Afterwards::Replaced };
    let propose =
        async |by: &Actor| signer.revoke(what.clone(), "stolen".parse().expect("a reason"), by, now).await;
    assert_eq!(propose(&Actor::Operator).await.expect_err("nobody in particular").code(), "person-needed");
    let Ok(Taken::Waits(proposal)) = propose(&staffed.sam).await else { panic!("it waits") };
    assert!(proposal.says.contains("revoked") && proposal.says.ends_with("(stolen)"), "{}", proposal.says);
    let revoked = async || signer.revocations().all().await.unwrap().len();
    assert_eq!(revoked().await, 0);

    let number = proposal.number;
    assert_eq!(code(signer.confirm(number, &staffed.sam, now).await), "second-person-same");
    assert_eq!(code(signer.confirm(number, &staffed.ana, now).await), "staff-only");
    assert_eq!(code(staffed.rule().confirm(number, &staffed.tess, now).await), "signer-needed");
    assert_eq!(revoked().await, 0);
    signer.confirm(number, &staffed.tess, now).await.expect("done");
    assert_eq!(revoked().await, 1);
    let done = staffed.rule().show(number).await.unwrap().state;
    assert_eq!(done, ProposalState::Done { by: staffed.tess.clone(), at: now });
    assert_eq!(code(signer.confirm(number, &staffed.tess, now).await), "proposal-decided");
    let history = signer.catalog().history(&Asker::Staff, &staffed.vendor.subscription.id).await.unwrap();
    let by = |what: &str| -> Vec<&Actor> {
        history.iter().filter(|entry| entry.what == what).map(|entry| &entry.who).collect()
    };
    assert_eq!((by("proposed"), by("license-revoked")), (vec![&staffed.sam], vec![&staffed.tess]));
    // What could not be done is not proposed to anybody.
    assert_eq!(propose(&staffed.sam).await.expect_err("done already").code(), "revocation-known");
    let nothing =
        signer.revoke(Revoke::Key(Thumbprint([7; 32])), "x".parse().unwrap(), &staffed.sam, now).await;
    assert_eq!(nothing.expect_err("no such key").code(), "revocation-unknown");
    let next = staffed.vendor.refresh(&mut site).await.expect("a new license");
    assert_ne!(next.id, license.id);
}

/// Customers read their histories: each tells of its own servers alone, also where one proposal is about several customers.
#[tokio::test]
async fn a_proposal_tells_no_customer_of_another() {
    let mut staffed = Staffed::new().await;
    let mut ids = Vec::new();
    for number in 1..=2 {
        let key = staffed.vendor.sublicense(|draft| draft.quota = Some(10)).await.key;
        let mut site = staffed.vendor.site(number);
        ids.push(staffed.vendor.activate(&mut site, &key).await.expect("a license").id);
    }
    staffed.rule().require().await.unwrap();
    let (signer, now) = (&staffed.vendor.signer, staffed.vendor.now);
    let what = Revoke::Licenses { ids, then: Afterwards::Blocked };
    let proposed = signer.revoke(what, "stolen".parse().unwrap(), &staffed.sam, now).await;
    let Ok(Taken::Waits(proposal)) = proposed else { panic!("it waits") };
    staffed.rule().decline(proposal.number, &staffed.tess, now).await.expect("declined");
    let history = signer.catalog().history(&Asker::Staff, &staffed.vendor.subscription.id).await.unwrap();
    for what in ["proposed", "declined"] {
        let told =
            history.iter().filter(|entry| entry.what == what).filter_map(|entry| entry.after.as_deref());
        let told: Vec<Vec<usize>> =
            told.map(|says| (1..=2).filter(|site| says.contains(&format!("P{site:02}"))).collect()).collect();
        assert_eq!(told.len(), 2, "{what}: {told:?}");
        assert!(told.contains(&vec![1]) && told.contains(&vec![2]), "{what}: {told:?}");
    }
}

/// The rule ends as it asks: by two. And it does not begin where nobody could ever confirm anything.
#[tokio::test]
async fn the_rule_itself_takes_two() {
    let lonely = Vendor::sells(LicenseType::Desktop, 40, |_| ()).await;
    assert_eq!(code(lonely.signer.second_person().require().await), "second-person-too-few");
    let staffed = Staffed::new().await;
    let (rule, now) = (staffed.rule(), staffed.vendor.now);
    rule.require().await.unwrap();
    assert_eq!(code(rule.take(RiskyAction::RuleOff, &Actor::Operator, now).await), "person-needed");
    staffed.proposes(RiskyAction::RuleOff, &staffed.tess).await;
    assert!(rule.is_required().await.unwrap());
    assert_eq!(code(rule.confirm(1, &staffed.tess, now).await), "second-person-same");
    rule.confirm(1, &staffed.sam, now).await.unwrap();
    assert!(!rule.is_required().await.unwrap());
    assert_eq!(rule.take(RiskyAction::RuleOff, &Actor::Operator, now).await.unwrap(), Taken::Done(()));
}

/// A portal's decision waits, and its confirmation is a decision too.
#[tokio::test]
async fn a_portal_is_told_that_it_waits() {
    let staffed = Staffed::new().await;
    let (signer, now) = (&staffed.vendor.signer, staffed.vendor.now);
    staffed.rule().require().await.unwrap();
    let by = |actor: &Actor| Decider { asker: Asker::Staff, actor: actor.clone() };
    let RiskyAction::Overdraft(draft) = staffed.grant(5) else { panic!("an overdraft") };
    // No customer decides any of it, whatever page let them through.
    let account = Asker::Account(staffed.vendor.account.clone());
    let customer = Decider { asker: account, actor: staffed.ana.clone() };
    let what = Revoke::Key(staffed.vendor.site(9).proxy.name());
    for decision in [
        Decision::GrantOverdraft(draft.clone()),
        Decision::Revoke { what, reason: "stolen".parse().expect("a reason") },
        Decision::Confirm { number: 1 },
        Decision::Decline { number: 1 },
    ] {
        let refused = signer.decide(decision, &customer, now).await.expect_err("refused");
        assert_eq!(refused.code, "staff-only");
    }
    let waits = signer.decide(Decision::GrantOverdraft(draft), &by(&staffed.sam), now).await;
    assert_eq!(waits.unwrap(), Decided::Waits { proposal: 1 });
    let own = signer.decide(Decision::Confirm { number: 1 }, &by(&staffed.sam), now).await;
    assert_eq!(own.unwrap_err().code, "second-person-same");
    signer.decide(Decision::Decline { number: 1 }, &by(&staffed.tess), now).await.unwrap();
    let late = signer.decide(Decision::Confirm { number: 1 }, &by(&staffed.tess), now).await;
    assert_eq!(late.unwrap_err().code, "proposal-decided");
    assert_eq!(staffed.granted().await, [0_u64; 0]);
}
