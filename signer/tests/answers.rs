//! The signer over a real store, SQLite or PostgreSQL: what the exchange decides is durable, comes back byte for byte, and survives bad
//! days.

mod common;

use common::{Place, Proxy, moment, passphrase};
use license_format::{DAY, Digest, LicenseKey, LicenseType, Timestamp, UnverifiedFile};
use signer::{
    AccountId, Answer, Answered, Asker, Signer,
    catalog::{GrantChange, Subscription, SubscriptionChange, SubscriptionDraft},
    exchange::{Draw, Lives},
    init::{InitOptions, init},
    installations::{Decider, Line, Query, SlotState},
    people::{AccountDraft, AccountKind, Actor},
};

const DESKTOP: LicenseType = LicenseType::Desktop;

struct Desk {
    place: Place,
    signer: Signer,
    account: AccountId,
    subscription: Subscription,
    key: LicenseKey,
    now: Timestamp,
    seed: u64,
}

/// A signer with one account that bought ten Desktop seats.
async fn desk() -> Desk {
    let place = Place::new().await;
    let now = Timestamp::parse("2026-11-22T10:00:00Z").unwrap();
    let mut seed = 7;
    let mut entropy = counting(&mut seed);
    let options = InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() };
    init(&place.data(), &options, now, &mut entropy).await.unwrap();
    let signer = Signer::open(&place.data(), &passphrase(), now).await.unwrap();
    let draft = AccountDraft {
        name: "Contoso".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@contoso.example".to_owned(),
    };
    let account = signer.people().create_account(draft, now, &mut entropy).await.unwrap().account.id;
    let mut draft = SubscriptionDraft::new(account.clone(), DESKTOP, 10, now, now.plus(365 * DAY));
    draft.offline_use = true;
    let (subscription, key) =
        signer.catalog().create_subscription(draft, &Actor::Operator, now, &mut entropy).await.unwrap();
    drop(entropy);
    Desk { place, signer, account, subscription, key: key.key, now, seed }
}

/// Bytes that differ from call to call.
fn counting(calls: &mut u64) -> impl FnMut(&mut [u8]) + Send {
    |out: &mut [u8]| {
        for part in out.chunks_mut(32) {
            *calls += 1;
            part.copy_from_slice(&Digest::of(&calls.to_be_bytes()).as_bytes()[..part.len()]);
        }
    }
}

/// The installations that exist for who asks.
async fn lines(signer: &Signer, asker: &Asker, now: Timestamp) -> Vec<Line> {
    signer.installations().lines(asker, &Query::default(), now).await.unwrap().rows
}

impl Desk {
    fn proxy(&self, number: u8) -> Proxy {
        Proxy::new(number, &self.signer.trust(), self.now)
    }

    async fn answer(&self, file: &[u8]) -> Answered {
        self.signer.answer(file, &Asker::Account(self.account.clone()), self.now).await.unwrap()
    }

    async fn reopen(mut self) -> Desk {
        self.signer.close().await;
        self.signer = Signer::open(&self.place.data(), &passphrase(), self.now).await.unwrap();
        self
    }

    async fn allow_offline_use(&self, allowed: bool) {
        let catalog = self.signer.catalog();
        let found = catalog.subscription(&Asker::Staff, &self.subscription.id).await.unwrap();
        let change = SubscriptionChange { offline_use: Some(allowed), ..Default::default() };
        catalog
            .update_subscription(&found.id, found.version, change, &Actor::Operator, self.now)
            .await
            .unwrap();
    }

    async fn sublicense(&mut self, quota: u64) -> LicenseKey {
        let draft = signer::catalog::KeyDraft {
            subscription: self.subscription.id.clone(),
            name: "Branch".to_owned(),
            quota: Some(quota),
            draw: Draw::Open,
            ends: None,
            note: String::new(),
            installations: 1,
        };
        let mut seed = self.seed;
        let key = self
            .signer
            .catalog()
            .create_license_key(draft, &Actor::Operator, self.now, &mut counting(&mut seed))
            .await
            .unwrap();
        self.seed = seed;
        key.key
    }
}

fn import(proxy: &mut Proxy, answered: &Answered, now: Timestamp) {
    proxy.import(&UnverifiedFile::read(&answered.file).unwrap(), now);
}

fn code(answered: &Answered) -> &str {
    match &answered.answer {
        Answer::Refusal(refusal) => refusal.code.as_str(),
        Answer::License(_) => "license",
        Answer::Receipt(_) => "receipt",
    }
}

#[tokio::test]
async fn a_license_lives_through_activation_refresh_and_deactivation() {
    let desk = desk().await;
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    let first = desk.answer(&request).await;
    import(&mut proxy, &first, desk.now);
    let license = proxy.license(DESKTOP).expect("activated").clone();
    assert_eq!(license.seats(license_format::Metric::ManagedDevice), 10);
    assert_eq!(license.good_until, desk.now.plus(90 * DAY));
    assert_eq!(license.report_due, desk.now.plus(60 * DAY));
    assert_eq!(license.contract_end(), desk.now.plus(365 * DAY));

    // More seats are bought; they come with the next refresh.
    let change = GrantChange { seats: Some(25), ..GrantChange::default() };
    let change = SubscriptionChange::of_grant(license_format::Metric::ManagedDevice, change);
    desk.signer
        .catalog()
        .update_subscription(
            &desk.subscription.id,
            desk.subscription.version,
            change,
            &Actor::Operator,
            desk.now,
        )
        .await
        .unwrap();
    proxy.use_seats(DESKTOP, 12, desk.now);
    let refresh = proxy.refresh(DESKTOP, moment(desk.now, 2)).unwrap();
    let answered = desk.answer(&refresh).await;
    import(&mut proxy, &answered, desk.now);
    assert_eq!(proxy.license(DESKTOP).unwrap().seats(license_format::Metric::ManagedDevice), 25);
    let view =
        desk.signer.installations().show(&Asker::Staff, &proxy.name(), desk.now).await.unwrap().unwrap();
    assert_eq!((view.slots[0].state, view.slots[0].used), (SlotState::Active, Some(12)));

    // The slot stops at once; the key is free when the file has arrived.
    let stop = proxy.deactivate(DESKTOP, moment(desk.now, 3)).unwrap();
    assert!(proxy.license(DESKTOP).is_none());
    let mut other = desk.proxy(2);
    let elsewhere = other.activate(DESKTOP, &desk.key, moment(desk.now, 4)).unwrap();
    assert_eq!(code(&desk.answer(&elsewhere).await), "key-in-use");
    assert_eq!(code(&desk.answer(&stop).await), "receipt");
    let released = desk.answer(&elsewhere).await;
    import(&mut other, &released, desk.now);
    assert!(other.license(DESKTOP).is_some());

    // What answers an earlier request of the first slot is dead, there and here.
    import(&mut proxy, &first, desk.now);
    assert!(proxy.license(DESKTOP).is_none(), "final");
    let view =
        desk.signer.installations().show(&Asker::Staff, &proxy.name(), desk.now).await.unwrap().unwrap();
    assert_eq!(view.slots[0].state, SlotState::Deactivated);
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes_also_after_a_restart() {
    let desk = desk().await;
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    let first = desk.answer(&request).await;
    assert!(!first.repeated);
    let armoured = UnverifiedFile::read(&request).unwrap().armour().unwrap();
    let again = desk.answer(armoured.as_bytes()).await;
    assert!(again.repeated);
    assert_eq!(again.file, first.file);
    let mut desk = desk.reopen().await;
    desk.now = desk.now.plus(40 * DAY);
    assert_eq!(desk.answer(&request).await.file, first.file);
}

#[tokio::test]
async fn requests_that_arrive_together_are_answered_once_and_seats_are_given_once() {
    let mut desk = desk().await;
    let mut requests = Vec::new();
    for number in 1..=12 {
        let key = desk.sublicense(3).await;
        let mut proxy = desk.proxy(number);
        requests.push(proxy.activate(DESKTOP, &key, moment(desk.now, u64::from(number))).unwrap());
    }
    let uploads: Vec<_> = requests
        .iter()
        .chain(&requests)
        .map(|file| {
            let (signer, file, asker, now) =
                (desk.signer.clone(), file.clone(), Asker::Account(desk.account.clone()), desk.now);
            tokio::spawn(async move { signer.answer(&file, &asker, now).await.unwrap() })
        })
        .collect();
    let mut answers = Vec::new();
    for upload in uploads {
        answers.push(upload.await.unwrap());
    }
    let (first, second) = answers.split_at(requests.len());
    let mut seats = 0;
    for (first, second) in first.iter().zip(second) {
        if let Answer::License(license) = &first.answer {
            assert_eq!(first.file, second.file, "same-answer");
            seats += license.seats(license_format::Metric::ManagedDevice);
        } else {
            assert_eq!(code(first), "no-seats");
        }
    }
    assert_eq!(seats, 10, "three times three, and the one that is left");
}

#[tokio::test]
async fn an_account_neither_sees_nor_uses_what_is_anothers() {
    let desk = desk().await;
    let mut seed = 99;
    let draft = AccountDraft {
        name: "Fabrikam".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@fabrikam.example".to_owned(),
    };
    let stranger = desk
        .signer
        .people()
        .create_account(draft, desk.now, &mut counting(&mut seed))
        .await
        .unwrap()
        .account
        .id;
    let stranger = Asker::Account(stranger);
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    let refused = desk.signer.answer(&request, &stranger, desk.now).await.unwrap();
    assert_eq!(code(&refused), "license-key-unknown");
    let answered = desk.answer(&request).await;
    assert_eq!(code(&answered), "license");
    // Not even the stored bytes.
    let refused = desk.signer.answer(&request, &stranger, desk.now).await.unwrap();
    assert_eq!(code(&refused), "license-key-unknown");
    assert_eq!(desk.signer.answer_file(&answered.digest, &stranger).await.unwrap(), None);
    assert!(desk.signer.installations().show(&stranger, &proxy.name(), desk.now).await.unwrap().is_none());
    assert!(lines(&desk.signer, &stranger, desk.now).await.is_empty());
    let own = Asker::Account(desk.account.clone());
    assert_eq!(
        desk.signer.answer_file(&answered.digest, &own).await.unwrap(),
        Some((answered.file, answered.file_name))
    );
    assert_eq!(lines(&desk.signer, &own, desk.now).await.len(), 1);
}

#[tokio::test]
async fn a_refusal_that_is_not_final_takes_nothing_and_the_same_file_may_come_again() {
    let desk = desk().await;
    let off = SubscriptionChange { offline_use: Some(false), ..Default::default() };
    let changed = desk
        .signer
        .catalog()
        .update_subscription(
            &desk.subscription.id,
            desk.subscription.version,
            off,
            &Actor::Operator,
            desk.now,
        )
        .await
        .unwrap();
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    assert_eq!(code(&desk.answer(&request).await), "offline-use-off");
    assert!(lines(&desk.signer, &Asker::Staff, desk.now).await.is_empty(), "nothing was kept");
    let on = SubscriptionChange { offline_use: Some(true), ..Default::default() };
    desk.signer
        .catalog()
        .update_subscription(&desk.subscription.id, changed.version, on, &Actor::Operator, desk.now)
        .await
        .unwrap();
    assert_eq!(code(&desk.answer(&request).await), "license");
}

#[tokio::test]
async fn a_copied_state_is_seen_and_shown() {
    let desk = desk().await;
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    import(&mut proxy, &desk.answer(&request).await, desk.now);
    let mut copy = proxy.clone();
    let first = proxy.refresh(DESKTOP, moment(desk.now, 2)).unwrap();
    assert_eq!(code(&desk.answer(&first).await), "license");
    let second = copy.refresh(DESKTOP, moment(desk.now, 3)).unwrap();
    let refused = desk.answer(&second).await;
    assert_eq!(code(&refused), "fork");
    assert_eq!(desk.answer(&second).await.file, refused.file, "a final refusal is the answer for ever");
    let view =
        desk.signer.installations().show(&Asker::Staff, &proxy.name(), desk.now).await.unwrap().unwrap();
    let fork = view.fork.expect("shown");
    assert_eq!(fork.counter, 2);
    assert_ne!(fork.first, fork.second);
}

#[tokio::test]
async fn a_store_put_back_to_a_backup_is_seen_and_takes_its_record_back() {
    let desk = desk().await;
    let mut proxy = desk.proxy(1);
    desk.signer.clone().close().await;
    let backup = desk.place.back_up().await;
    let mut desk = desk.reopen().await;
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    import(&mut proxy, &desk.answer(&request).await, desk.now);
    assert!(proxy.license(DESKTOP).is_some());
    desk.signer.clone().close().await;
    desk.place.put_back(&backup).await;
    desk = desk.reopen().await;
    assert!(desk.signer.recovery().is_some(), "the witness shows that the store is older");

    // Nobody else is given what the proxy may hold.
    let mut other = desk.proxy(2);
    let elsewhere = other.activate(DESKTOP, &desk.key, moment(desk.now, 9)).unwrap();
    assert_eq!(code(&desk.answer(&elsewhere).await), "record-restored");
    import(&mut other, &desk.answer(&elsewhere).await, desk.now);
    let elsewhere = other.activate(DESKTOP, &desk.key, moment(desk.now, 10)).unwrap();
    assert_eq!(code(&desk.answer(&elsewhere).await), "recovering");

    // The proxy learns of it, shows what it holds, and goes on: no fork, and nothing to type again.
    proxy.use_seats(DESKTOP, 3, desk.now);
    let refresh = proxy.refresh(DESKTOP, moment(desk.now, 11)).unwrap();
    let refused = desk.answer(&refresh).await;
    assert_eq!(code(&refused), "record-restored");
    import(&mut proxy, &refused, desk.now);
    let refresh = proxy.refresh(DESKTOP, moment(desk.now, 12)).unwrap();
    let answered = desk.answer(&refresh).await;
    assert_eq!(code(&answered), "license");
    import(&mut proxy, &answered, desk.now);
    assert_eq!(proxy.license(DESKTOP).unwrap().seats(license_format::Metric::ManagedDevice), 10);
    assert_eq!(code(&desk.answer(&elsewhere).await), "key-in-use");
}

#[tokio::test]
async fn a_clock_that_went_back_issues_nothing() {
    let desk = desk().await;
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    desk.answer(&request).await;
    let mut other = desk.proxy(2);
    let request = other.activate(DESKTOP, &desk.key, moment(desk.now, 2)).unwrap();
    let error = desk.signer.answer(&request, &Asker::Staff, desk.now.minus(3600)).await.unwrap_err();
    assert_eq!(error.code(), "signer-clock-behind");
}

fn decider(asker: &Asker) -> Decider {
    Decider { asker: asker.clone(), actor: Actor::Operator }
}

/// The usual restore from a backup: the server is put back to yesterday, and goes on without anything being typed again.
#[tokio::test]
async fn a_fork_resolved_for_the_second_branch_lets_it_go_on() {
    let desk = desk().await;
    let own = Asker::Account(desk.account.clone());
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    import(&mut proxy, &desk.answer(&request).await, desk.now);
    let mut restored = proxy.clone();
    let lost = proxy.refresh(DESKTOP, moment(desk.now, 2)).unwrap();
    import(&mut proxy, &desk.answer(&lost).await, desk.now);

    let refresh = restored.refresh(DESKTOP, moment(desk.now, 3)).unwrap();
    let refused = desk.answer(&refresh).await;
    assert_eq!(code(&refused), "fork");
    import(&mut restored, &refused, desk.now);
    desk.signer
        .installations()
        .resolve_fork(&proxy.name(), Lives::Second, &decider(&own), desk.now)
        .await
        .unwrap();
    let again = desk
        .signer
        .installations()
        .resolve_fork(&proxy.name(), Lives::First, &decider(&own), desk.now)
        .await
        .unwrap_err();
    assert_eq!(again.code(), "no-fork", "of two administrators one decides");
    let history = desk.signer.catalog().history(&own, &desk.subscription.id).await.unwrap();
    let said = (history[0].what.as_str(), history[0].after.as_deref());
    assert_eq!(said, ("fork-resolved", Some("P01 PROXY1: the second branch lives")));

    let refresh = restored.refresh(DESKTOP, moment(desk.now, 4)).unwrap();
    let answered = desk.answer(&refresh).await;
    assert_eq!(code(&answered), "license");
    import(&mut restored, &answered, desk.now);
    assert_eq!(restored.license(DESKTOP).unwrap().counter, 3);
    let left = proxy.refresh(DESKTOP, moment(desk.now, 5)).unwrap();
    assert_eq!(code(&desk.answer(&left).await), "fork", "the abandoned branch's further files are forks");
}

#[tokio::test]
async fn a_fork_resolved_for_the_first_branch_leaves_the_record_as_it_is() {
    let desk = desk().await;
    let own = Asker::Account(desk.account.clone());
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    import(&mut proxy, &desk.answer(&request).await, desk.now);
    let mut copy = proxy.clone();
    let first = proxy.refresh(DESKTOP, moment(desk.now, 2)).unwrap();
    import(&mut proxy, &desk.answer(&first).await, desk.now);
    let second = copy.refresh(DESKTOP, moment(desk.now, 3)).unwrap();
    import(&mut copy, &desk.answer(&second).await, desk.now);
    desk.signer
        .installations()
        .resolve_fork(&proxy.name(), Lives::First, &decider(&own), desk.now)
        .await
        .unwrap();
    proxy.use_seats(DESKTOP, 4, desk.now);
    let next = proxy.refresh(DESKTOP, moment(desk.now, 4)).unwrap();
    assert_eq!(code(&desk.answer(&next).await), "license");
    let next = copy.refresh(DESKTOP, moment(desk.now, 5)).unwrap();
    assert_eq!(code(&desk.answer(&next).await), "fork");
}

/// The receipt's file was lost, or never brought: the next request's own word frees what the slot held, in the same answer.
#[tokio::test]
async fn a_slot_is_activated_again_at_once_though_its_deactivation_was_lost() {
    let desk = desk().await;
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    import(&mut proxy, &desk.answer(&request).await, desk.now);
    proxy.deactivate(DESKTOP, moment(desk.now, 2)).unwrap();
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 3)).unwrap();
    let answered = desk.answer(&request).await;
    assert_eq!(code(&answered), "license");
    import(&mut proxy, &answered, desk.now);
    assert_eq!(proxy.license(DESKTOP).unwrap().seats(license_format::Metric::ManagedDevice), 10);
}

#[tokio::test]
async fn no_answer_leaves_before_the_witness_knows_of_it() {
    let desk = desk().await;
    let witness = desk.place.data().witness();
    let aside = desk.place.path().join("aside");
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    std::fs::rename(&witness, &aside).unwrap();
    std::fs::create_dir(&witness).unwrap();
    let digest = UnverifiedFile::read(&request).unwrap().document.digest();
    for _ in 0..2 {
        let error = desk.signer.answer(&request, &Asker::Staff, desk.now).await.unwrap_err();
        assert_eq!(error.code(), "witness-write");
        // It is durable, and leaves by no other door either.
        let error = desk.signer.answer_file(&digest, &Asker::Staff).await.unwrap_err();
        assert_eq!(error.code(), "witness-write");
    }
    std::fs::remove_dir(&witness).unwrap();
    std::fs::rename(&aside, &witness).unwrap();
    let before = std::fs::read(&witness).unwrap();
    // A start makes good what was not written, and so does the next answer.
    let desk = desk.reopen().await;
    assert_ne!(std::fs::read(&witness).unwrap(), before);
    assert!(desk.signer.recovery().is_none());
    assert_eq!(code(&desk.answer(&request).await), "license");
}

/// A deactivation says nothing of whose an installation is: whoever carried it, the first license key decides.
#[tokio::test]
async fn an_installation_belongs_to_the_account_of_its_first_key() {
    let desk = desk().await;
    let own = Asker::Account(desk.account.clone());
    let draft = AccountDraft {
        name: "Fabrikam".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@fabrikam.example".to_owned(),
    };
    let mut seed = 99;
    let created =
        desk.signer.people().create_account(draft, desk.now, &mut counting(&mut seed)).await.unwrap();
    let stranger = Asker::Account(created.account.id);
    for (number, carrier) in [(1, Asker::Staff), (2, stranger.clone())] {
        let key = desk.key.clone();
        let mut proxy = desk.proxy(number);
        let number = u64::from(number) * 10;
        proxy.activate(DESKTOP, &key, moment(desk.now, number)).unwrap();
        let stop = proxy.deactivate(DESKTOP, moment(desk.now, number + 1)).unwrap();
        let receipt = desk.signer.answer(&stop, &carrier, desk.now).await.unwrap();
        assert_eq!(code(&receipt), "receipt");
        assert!(desk.signer.answer_file(&receipt.digest, &carrier).await.unwrap().is_some());

        let request = proxy.activate(DESKTOP, &key, moment(desk.now, number + 2)).unwrap();
        let answered = desk.answer(&request).await;
        assert_eq!(code(&answered), "license");
        let stolen = desk.signer.answer(&request, &stranger, desk.now).await.unwrap();
        assert_eq!(code(&stolen), "license-key-unknown");
        assert_eq!(desk.signer.answer_file(&answered.digest, &stranger).await.unwrap(), None);
        assert!(desk.signer.answer_file(&answered.digest, &own).await.unwrap().is_some());
        assert!(desk.signer.installations().show(&own, &proxy.name(), desk.now).await.unwrap().is_some());
        assert!(lines(&desk.signer, &stranger, desk.now).await.is_empty());
        import(&mut proxy, &answered, desk.now);
        let stop = proxy.deactivate(DESKTOP, moment(desk.now, number + 3)).unwrap();
        assert_eq!(code(&desk.answer(&stop).await), "receipt");
    }
}

/// The branch that was given up runs on, further than the one that lives: its files stay forks, and its genuine licenses are no
/// sign that the record is old.
#[tokio::test]
async fn a_branch_that_was_given_up_stays_a_fork_however_far_it_runs() {
    let desk = desk().await;
    let own = Asker::Account(desk.account.clone());
    let mut proxy = desk.proxy(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(desk.now, 1)).unwrap();
    import(&mut proxy, &desk.answer(&request).await, desk.now);
    let mut restored = proxy.clone();
    for number in 2..=5 {
        proxy.use_seats(DESKTOP, number, desk.now);
        let refresh = proxy.refresh(DESKTOP, moment(desk.now, number)).unwrap();
        import(&mut proxy, &desk.answer(&refresh).await, desk.now);
    }
    // The newest refused request of the second branch names only the one before it.
    for number in 12..=14 {
        restored.use_seats(DESKTOP, number, desk.now);
        let refresh = restored.refresh(DESKTOP, moment(desk.now, number)).unwrap();
        let refused = desk.answer(&refresh).await;
        assert_eq!(code(&refused), "fork");
        import(&mut restored, &refused, desk.now);
    }
    desk.signer
        .installations()
        .resolve_fork(&proxy.name(), Lives::Second, &decider(&own), desk.now)
        .await
        .unwrap();
    for number in 6..=8 {
        proxy.use_seats(DESKTOP, number, desk.now);
        let left = proxy.refresh(DESKTOP, moment(desk.now, number)).unwrap();
        let refused = desk.answer(&left).await;
        assert_eq!(code(&refused), "fork", "request {number} of the abandoned branch");
        import(&mut proxy, &refused, desk.now);
    }
    let view = desk.signer.installations().show(&own, &proxy.name(), desk.now).await.unwrap().unwrap();
    assert!(view.fork.is_some(), "and it is shown");
    desk.signer
        .installations()
        .resolve_fork(&proxy.name(), Lives::First, &decider(&own), desk.now)
        .await
        .unwrap();
    restored.use_seats(DESKTOP, 15, desk.now);
    let refresh = restored.refresh(DESKTOP, moment(desk.now, 15)).unwrap();
    assert_eq!(code(&desk.answer(&refresh).await), "license");
}

/// A license that came back into a restored record is the answer of its request: there is no second one, however late it is asked for.
#[tokio::test]
async fn a_license_taken_back_is_never_given_twice() {
    let desk = desk().await;
    let mut proxy = desk.proxy(1);
    desk.signer.clone().close().await;
    let backup = desk.place.back_up().await;
    let mut desk = desk.reopen().await;
    // By its clock, which is a second ahead, the request was not made before the restoration.
    let ahead = desk.now.plus(1);
    let request = proxy.activate(DESKTOP, &desk.key, moment(ahead, 1)).unwrap();
    import(&mut proxy, &desk.answer(&request).await, ahead);
    desk.signer.clone().close().await;
    desk.place.put_back(&backup).await;
    desk = desk.reopen().await;
    let refresh = proxy.refresh(DESKTOP, moment(desk.now, 2)).unwrap();
    let refused = desk.answer(&refresh).await;
    assert_eq!(code(&refused), "record-restored");
    import(&mut proxy, &refused, desk.now);
    // The proxy comes back when the recovery is over. Its document is one of those that the restoration had lost: no new recovery.
    desk.now = desk.now.plus(150 * DAY);
    desk.allow_offline_use(false).await;
    let refresh = proxy.refresh(DESKTOP, moment(desk.now, 3)).unwrap();
    assert_eq!(code(&desk.answer(&refresh).await), "offline-use-off");
    desk.allow_offline_use(true).await;
    assert_eq!(code(&desk.answer(&request).await), "overtaken");
    let answered = desk.answer(&refresh).await;
    assert_eq!(code(&answered), "license");
    import(&mut proxy, &answered, desk.now);
    assert_eq!(proxy.license(DESKTOP).unwrap().counter, 3);
}
