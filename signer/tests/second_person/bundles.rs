//! Trust bundles that distrust a key: what a signer goes by before and after a second person has confirmed one.

use std::fs;

use license_format::{DAY, LicenseType, Thumbprint};
use signer::{
    Asker, Signer,
    doctor::{self, State},
    installations::Decider,
    keys::{FileKey, SigningBackend as _},
    link::Decision,
    people::Actor,
    second_person::{Proposal as Waiting, ProposalState, RiskyAction, Rule, SecondPersonError, Taken},
    store::Store,
    trust::{History, Proposal, Role, Signing},
};
use verifier::TrustState;

use super::{
    Staffed, code,
    common::{Site, dice, moment, passphrase},
};

const DESKTOP: LicenseType = LicenseType::Desktop;

/// A vendor with two issuing keys, of which the second signs, and a site that has a license. Two people are required.
struct Rotated {
    staffed: Staffed,
    site: Site,
    leaked: Thumbprint,
    turn: u64,
}

impl Rotated {
    async fn new() -> Rotated {
        let mut staffed = Staffed::new().await;
        let (mut site, key) = (staffed.vendor.site(1), staffed.vendor.primary.key.clone());
        staffed.vendor.activate(&mut site, &key).await.expect("a license");
        staffed.rule().require().await.unwrap();
        let dir = staffed.vendor.place.data();
        let leaked = FileKey::open(&dir.issuing_key(1), &passphrase()).unwrap().thumbprint();
        let mut rotated = Rotated { staffed, site, leaked, turn: 0 };
        // An ordinary rotation takes nobody else, and nobody in particular.
        let next = rotated.rotation(2);
        assert_eq!(rotated.installs(&next, &Actor::Operator).await.unwrap(), Taken::Done(true));
        assert_eq!(rotated.goes_by().await, 2);
        assert_eq!(rotated.staffed.vendor.signer.trouble(), None);
        rotated
    }

    fn history(&self) -> History {
        History::read(&self.staffed.vendor.place.data()).unwrap()
    }

    /// The next bundle, signed by the root key.
    fn next(&self, change: impl FnOnce(&mut Proposal)) -> TrustState {
        let history = self.history();
        let mut proposal = Proposal::after(history.newest(), self.staffed.vendor.now);
        change(&mut proposal);
        let mut signing = Signing::begin(&proposal).unwrap();
        let root = FileKey::open(&self.staffed.vendor.place.data().root_key(1), &passphrase()).unwrap();
        signing.sign(&root, Some(history.newest())).unwrap();
        signing.finish(Some(history.newest())).unwrap()
    }

    fn rotation(&self, number: u64) -> TrustState {
        let vendor = &self.staffed.vendor;
        let path = vendor.place.data().issuing_key(number);
        let key = FileKey::create(&path, &passphrase(), &mut dice(number)).unwrap();
        let window = (vendor.now, vendor.now.plus(900 * DAY));
        self.next(|proposal| proposal.trust_key(key.public_key(), Role::Issuing, window, true).unwrap())
    }

    fn distrust(&self) -> TrustState {
        self.next(|proposal| proposal.distrust(&self.leaked, self.staffed.vendor.now).unwrap())
    }

    async fn installs(&self, next: &TrustState, by: &Actor) -> Result<Taken<bool>, SecondPersonError> {
        let vendor = &self.staffed.vendor;
        self.staffed.rule().install(&vendor.place.data(), next, by, vendor.now, &mut dice(9)).await
    }

    async fn proposed(&self, next: &TrustState) -> Waiting {
        match self.installs(next, &self.staffed.sam).await.expect("proposed") {
            Taken::Waits(proposal) => *proposal,
            Taken::Done(_) => panic!("done by one person"),
        }
    }

    /// Somebody who can write the directory lays a bundle there, and asks nobody.
    fn lays(&self, next: &TrustState) {
        self.history().install(&self.staffed.vendor.place.data(), next, &mut dice(10)).unwrap();
    }

    /// The number of the bundle that the next answer brings.
    async fn goes_by(&mut self) -> u64 {
        self.turn += 1;
        let at = moment(self.staffed.vendor.now, self.turn);
        let request = self.site.proxy.refresh(DESKTOP, at).unwrap();
        let answered = self.staffed.vendor.given(&request).await;
        let file = license_format::UnverifiedFile::read(&answered.file).unwrap();
        self.site.proxy.import(&file, self.staffed.vendor.now);
        self.site.proxy.state.trust().unwrap().bundle().number
    }

    fn trouble(&self) -> &'static str {
        self.staffed.vendor.signer.trouble().map_or("none", |trouble| trouble.code)
    }

    async fn restarts(&mut self) {
        let vendor = &mut self.staffed.vendor;
        vendor.signer.clone().close().await;
        vendor.signer = Signer::open(&vendor.place.data(), &passphrase(), vendor.now).await.unwrap();
    }

    async fn told_by_the_doctor(&self) -> Vec<&'static str> {
        let vendor = &self.staffed.vendor;
        let store = Store::open(vendor.place.data().store()).await.unwrap();
        let found = doctor::record(&vendor.place.data(), &store, vendor.now).await.unwrap();
        store.close().await;
        found.iter().filter(|finding| finding.state == State::Due).map(|finding| finding.code).collect()
    }
}

#[tokio::test]
async fn a_bundle_that_distrusts_a_key_takes_two() {
    let mut rotated = Rotated::new().await;
    let next = rotated.distrust();
    assert_eq!(code(rotated.installs(&next, &Actor::Operator).await), "person-needed");
    assert_eq!(code(rotated.installs(&next, &rotated.staffed.ana).await), "staff-only");
    let proposal = rotated.proposed(&next).await;
    let says = &proposal.says;
    assert!(says.contains(&format!("key {} distrusted from ", rotated.leaked.short())), "{says}");
    assert_eq!(rotated.proposed(&next).await, proposal, "the same twice is one proposal");
    assert_eq!(rotated.history().newest().bundle().number, 2, "it lies nowhere yet");
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "none"));

    let (signer, now) = (rotated.staffed.vendor.signer.clone(), rotated.staffed.vendor.now);
    let by = |actor: &Actor| Decider { asker: Asker::Staff, actor: actor.clone() };
    let confirm = Decision::Confirm { number: proposal.number };
    let own = signer.decide(confirm.clone(), &by(&rotated.staffed.sam), now).await;
    assert_eq!(own.unwrap_err().code, "second-person-same");
    assert_eq!(rotated.goes_by().await, 2);
    signer.decide(confirm, &by(&rotated.staffed.tess), now).await.expect("put in place");
    assert_eq!(rotated.history().newest().bundle(), next.bundle());
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (3, "none"));
    assert_eq!(rotated.installs(&next, &rotated.staffed.sam).await.unwrap(), Taken::Done(false));
}

#[tokio::test]
async fn a_declined_bundle_leaves_nothing_behind() {
    let mut rotated = Rotated::new().await;
    let (next, now) = (rotated.distrust(), rotated.staffed.vendor.now);
    let first = rotated.proposed(&next).await.number;
    rotated.staffed.rule().decline(first, &rotated.staffed.tess, now).await.unwrap();
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "none"));
    // Another takes its number; what was signed before it does not follow it.
    let second = rotated.proposed(&next).await.number;
    let other = rotated.rotation(3);
    assert_eq!(rotated.installs(&other, &Actor::Operator).await.unwrap(), Taken::Done(true));
    assert_eq!(rotated.goes_by().await, 3);
    let late = rotated.staffed.vendor.signer.confirm(second, &rotated.staffed.tess, now).await;
    assert_eq!(code(late), "trust-fork");
    assert_eq!(rotated.staffed.rule().show(second).await.unwrap().state, ProposalState::Open);
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (3, "none"));
}

#[tokio::test]
async fn a_signer_does_not_go_by_a_bundle_that_was_laid_by_hand() {
    let mut rotated = Rotated::new().await;
    let next = rotated.distrust();
    rotated.lays(&next);
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "bundle-waits"));
    // Nor by a later one that builds on it, nor after a start.
    rotated.lays(&rotated.rotation(3));
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "bundle-waits"));
    rotated.restarts().await;
    assert_eq!(rotated.trouble(), "bundle-waits", "told before anybody asks");
    assert_eq!(rotated.told_by_the_doctor().await, ["bundle-waits"]);
    assert_eq!(rotated.goes_by().await, 2);
    let now = rotated.staffed.vendor.now;

    // Proposed, with all that waits, and declined: it goes on waiting, and can be proposed again.
    let newest = rotated.history().newest().clone();
    let first = rotated.proposed(&newest).await;
    assert!(
        first.says.starts_with("trust bundle 4: ") && first.says.contains(" distrusted "),
        "{}",
        first.says
    );
    let trouble = async |rotated: &mut Rotated| {
        assert_eq!(rotated.goes_by().await, 2);
        rotated.staffed.vendor.signer.trouble().expect("it waits").next_step
    };
    assert!(trouble(&mut rotated).await.contains(&format!("second-person confirm {}", first.number)));
    rotated.staffed.rule().decline(first.number, &rotated.staffed.tess, now).await.unwrap();
    assert!(trouble(&mut rotated).await.contains("trust install"));
    let second = rotated.proposed(&newest).await.number;
    rotated.staffed.vendor.signer.confirm(second, &rotated.staffed.tess, now).await.expect("done");
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (4, "none"));
    rotated.restarts().await;
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (4, "none"));
    assert_eq!(rotated.told_by_the_doctor().await, [""; 0]);
}

#[tokio::test]
async fn a_bundle_that_is_not_wanted_is_taken_away_again() {
    let mut rotated = Rotated::new().await;
    let dir = rotated.staffed.vendor.place.data();
    rotated.lays(&rotated.distrust());
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "bundle-waits"));
    // As the next step says.
    fs::copy(dir.trust_bundle(2), dir.trust()).unwrap();
    fs::remove_file(dir.trust_bundle(3)).unwrap();
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "none"));
    rotated.restarts().await;
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "none"));
}

/// The rule begins after the signer, and before anything was answered by the bundle.
#[tokio::test]
async fn the_rule_holds_for_a_bundle_that_nothing_has_gone_by_yet() {
    let mut rotated = Rotated::new().await;
    let (staffed, now) = (&rotated.staffed, rotated.staffed.vendor.now);
    let off = staffed.proposes(RiskyAction::RuleOff, &staffed.sam).await.number;
    staffed.rule().confirm(off, &staffed.tess, now).await.unwrap();
    let next = rotated.distrust();
    assert_eq!(rotated.installs(&next, &Actor::Operator).await.unwrap(), Taken::Done(true));
    rotated.restarts().await;
    rotated.staffed.rule().require().await.unwrap();
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "bundle-waits"));
}

/// Another bundle under the number that answers went by is not gone by, nor is what builds on it.
#[tokio::test]
async fn a_bundle_that_was_exchanged_for_another_is_not_gone_by() {
    let mut rotated = Rotated::new().await;
    let dir = rotated.staffed.vendor.place.data();
    let genuine = fs::read(dir.trust()).unwrap();
    let (first, second) = (fs::read(dir.trust_bundle(1)).unwrap(), dir.trust_bundle(2));
    fs::write(dir.trust(), &first).unwrap();
    fs::remove_file(&second).unwrap();
    rotated.lays(&rotated.distrust());
    assert_eq!(rotated.history().newest().bundle().number, 2);
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "bundle-stray"));
    assert!(
        !rotated.site.proxy.state.trust().unwrap().distrusts(&rotated.leaked, rotated.staffed.vendor.now)
    );
    rotated.lays(&rotated.next(|_| ()));
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "bundle-stray"));
    rotated.restarts().await;
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "bundle-stray"));
    fs::remove_file(dir.trust_bundle(3)).unwrap();
    fs::write(&second, &genuine).unwrap();
    fs::write(dir.trust(), &genuine).unwrap();
    assert_eq!((rotated.goes_by().await, rotated.trouble()), (2, "none"));
}

#[tokio::test]
async fn a_portal_does_not_confirm_where_that_is_done_at_the_signer() {
    let rotated = Rotated::new().await;
    let (staffed, now) = (&rotated.staffed, rotated.staffed.vendor.now);
    let (signer, rule) = (&staffed.vendor.signer, staffed.rule());
    rule.require_at_signer().await.unwrap();
    // To require it again does not loosen it.
    rule.require().await.unwrap();
    let bundle = rotated.proposed(&rotated.distrust()).await.number;
    let overdraft = staffed.proposes(staffed.grant(5), &staffed.sam).await.number;
    let loosen = staffed.proposes(RiskyAction::ConfirmAnywhere, &staffed.sam).await.number;
    let off = staffed.proposes(RiskyAction::RuleOff, &staffed.sam).await.number;
    let tess = Decider { asker: Asker::Staff, actor: staffed.tess.clone() };
    for number in [bundle, overdraft, loosen, off] {
        let refused = signer.decide(Decision::Confirm { number }, &tess, now).await.expect_err("refused");
        assert_eq!(refused.code, "confirm-at-signer");
        assert!(refused.next_step.contains(&format!("second-person confirm {number} --as")), "{refused:?}");
        assert_eq!(rule.show(number).await.unwrap().state, ProposalState::Open);
    }
    assert_eq!(staffed.granted().await, [0_u64; 0]);
    assert_eq!(rotated.history().newest().bundle().number, 2);
    let by_command = async |number| signer.confirm(number, &staffed.tess, now).await;
    by_command(overdraft).await.unwrap();
    by_command(bundle).await.unwrap();
    assert_eq!(staffed.granted().await, [5]);
    assert_eq!(rotated.history().newest().bundle().number, 3);
    assert_eq!(code(rule.confirm(loosen, &staffed.sam, now).await), "second-person-same");
    by_command(loosen).await.unwrap();
    assert_eq!(rule.rule().await.unwrap(), Rule::Anywhere);
    signer.decide(Decision::Confirm { number: off }, &tess, now).await.expect("through a portal again");
    assert!(!rule.is_required().await.unwrap());
}
