//! Two processes over one record, at the same instant. Each race is forced: one transaction is stopped when it has read, decided and
//! written and has committed nothing, and the other one runs into it. The same tests on SQLite and on PostgreSQL.

use std::future::Future;

use license_format::{Digest, LicenseKey, LicenseType, Metric, UnverifiedFile};
use sqlx::Row as _;

use crate::{
    Answer, AnswerError, Answered, Asker, Signer,
    catalog::{
        Catalog, CatalogError, GrantChange, KeyChange, KeyDraft, Subscription, SubscriptionChange,
        SubscriptionDraft,
    },
    exchange::{Draw, Lives},
    init::{DataDir, InitOptions, init},
    installations::Decider,
    keys::Passphrase,
    log::{Growth, LogHead},
    people::{AccountDraft, AccountId, AccountKind, Actor, People},
    store::{Store, exchange_read, exchange_write, log_read, log_write::Logged},
    testing::{Place, Proxy, at, dice, knocks, moment, wait_in_the_row},
    witness::Witness,
};

const DESKTOP: LicenseType = LicenseType::Desktop;
const METRIC: Metric = Metric::ManagedDevice;

/// Two signers that know nothing of each other, as two processes have them, and one that waits for nobody.
struct Two {
    _place: Place,
    dir: DataDir,
    one: Signer,
    other: Signer,
    hasty: Signer,
    account: AccountId,
    subscription: Subscription,
    key: LicenseKey,
}

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse battery staple".to_owned()).expect("it fits")
}

fn options() -> InitOptions {
    InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() }
}

/// A record with one account that bought so many Desktop seats.
async fn two(seats: u64) -> Two {
    let place = Place::new().await;
    let dir = place.data();
    init(&dir, &options(), at(0), &mut dice(1)).await.expect("made");
    let open = async || Signer::open(&dir, &passphrase(), at(0)).await.expect("opened");
    let (one, other) = (open().await, open().await);
    let hasty = Signer::over(one.store().hasty(), &dir, &passphrase(), at(0)).await.expect("opened");
    let draft = AccountDraft {
        name: "Contoso".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@contoso.example".to_owned(),
    };
    let account = one.people().create_account(draft, at(0), &mut dice(2)).await.expect("made").account.id;
    let year = 365 * license_format::DAY;
    let mut draft = SubscriptionDraft::new(account.clone(), DESKTOP, seats, at(0), at(year));
    draft.offline_use = true;
    let sold = one.catalog().create_subscription(draft, &Actor::Operator, at(0), &mut dice(3)).await;
    let (subscription, key) = sold.expect("sold");
    Two { _place: place, dir, one, other, hasty, account, subscription, key: key.key }
}

impl Two {
    fn proxy(&self, number: u8) -> Proxy {
        Proxy::new(number, &self.one.trust(), at(0))
    }

    async fn sublicense(&self, quota: Option<u64>, seed: u64) -> LicenseKey {
        let draft = KeyDraft {
            subscription: self.subscription.id.clone(),
            name: "Branch".to_owned(),
            quota,
            draw: Draw::Open,
            ends: None,
            note: String::new(),
            installations: 1,
        };
        let made =
            self.one.catalog().create_license_key(draft, &Actor::Operator, at(0), &mut dice(seed)).await;
        made.expect("made").key
    }

    /// Leaves of the log that stand for answers, in order; the head that is stored must be that of all leaves.
    async fn log(&self) -> Vec<Digest> {
        let mut connection = self.one.store().read().await.expect("a connection");
        let state = exchange_read::record_state(&mut connection).await.expect("read");
        let forward = log_read::forward(&mut connection, LogHead::default(), state.head.size()).await;
        assert_eq!(forward.expect("every leaf is there"), state.head, "one chain");
        let rows = sqlx::query("SELECT digest, kind FROM log_leaf ORDER BY position")
            .fetch_all(&mut *connection)
            .await;
        let mut rows = rows.expect("read");
        assert_eq!(rows.len() as u64, state.head.size());
        rows.retain(|row| row.get::<String, _>(1) != "trust-bundle");
        let leaves: Vec<Digest> =
            rows.iter().map(|row| Digest::from_slice(row.get(0)).expect("a digest")).collect();
        leaves
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let mut connection = self.one.store().read().await.expect("a connection");
        sqlx::query(sql).fetch_one(&mut *connection).await.expect(sql).get(0)
    }
}

/// Runs `first` in `one` until it is about to commit; then `second` in `other`, which gets as far as it can; then lets both end.
async fn one_in_the_other<A: Send + 'static, B: Send + 'static>(
    (one, first): (&Store, impl Future<Output = A> + Send + 'static),
    (other, second): (&Store, impl Future<Output = B> + Send + 'static),
) -> (A, B) {
    let mut stopped = one.pause.before_next_commit();
    let first = tokio::spawn(first);
    stopped.reached().await;
    let knocks = knocks(other);
    let second = tokio::spawn(second);
    wait_in_the_row(&[(other, knocks)]).await;
    assert!(!second.is_finished(), "it waits for the one that is stopped");
    stopped.go_on();
    (first.await.expect("no panic"), second.await.expect("no panic"))
}

fn answer(
    signer: &Signer,
    file: &[u8],
) -> impl Future<Output = Result<Answered, AnswerError>> + Send + use<> {
    let (signer, file) = (signer.clone(), file.to_vec());
    async move { signer.answer(&file, &Asker::Staff, at(0)).await }
}

fn code(answered: &Answered) -> &str {
    match &answered.answer {
        Answer::Refusal(refusal) => refusal.code.as_str(),
        Answer::License(_) => "license",
        Answer::Receipt(_) => "receipt",
    }
}

fn seats_of(answered: &Answered) -> u64 {
    match &answered.answer {
        Answer::License(license) => license.seats(METRIC),
        _ => 0,
    }
}

/// same-answer: the very first answers of a record, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_request_at_two_processes_has_one_answer() {
    let two = two(10).await;
    let mut proxy = two.proxy(1);
    for number in 1..=3 {
        proxy.use_seats(DESKTOP, number, at(0));
        let request = match number {
            1 => proxy.activate(DESKTOP, &two.key, moment(at(0), number)),
            _ => proxy.refresh(DESKTOP, moment(at(0), number)),
        };
        let request = request.expect("prepared");
        let (first, second) = one_in_the_other(
            (two.one.store(), answer(&two.one, &request)),
            (two.other.store(), answer(&two.other, &request)),
        )
        .await;
        let (first, second) = (first.expect("answered"), second.expect("answered"));
        assert_eq!(code(&first), "license");
        assert_eq!(first.file, second.file, "same-answer");
        assert_eq!((first.repeated, second.repeated), (false, true));
        assert_eq!(two.log().await.len() as u64, number, "and counts once");
        proxy.import(&UnverifiedFile::read(&first.file).expect("a file"), at(0));
    }
    assert_eq!(two.count("SELECT COUNT(*) FROM lease").await, 3);
}

/// Nobody decides beside a transaction that has decided: who does not wait is told so, and took nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_does_not_wait_is_told_that_the_store_is_busy() {
    let two = two(10).await;
    let request = two.proxy(1).activate(DESKTOP, &two.key, moment(at(0), 1)).expect("prepared");
    let mut stopped = two.one.store().pause.before_next_commit();
    let first = tokio::spawn(answer(&two.one, &request));
    stopped.reached().await;
    // The place is taken before anything is read.
    let begun = two.hasty.store().begin().await.map(|_| ());
    assert_eq!(begun.map_err(|error| error.code()), Err("store-locked"));
    for _ in 0..3 {
        let refused = answer(&two.hasty, &request).await.expect_err("busy");
        assert_eq!(refused.code(), "store-locked");
    }
    stopped.go_on();
    let first = first.await.expect("no panic").expect("answered");
    let second = answer(&two.hasty, &request).await.expect("answered");
    assert_eq!((first.file, second.repeated), (second.file, true));
}

/// no-double-seat, and one-home, by two keys and by one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_seat_is_given_once() {
    let two = two(1).await;
    let second_key = two.sublicense(None, 7).await;
    let first = two.proxy(1).activate(DESKTOP, &two.key, moment(at(0), 1)).expect("prepared");
    let second = two.proxy(2).activate(DESKTOP, &second_key, moment(at(0), 2)).expect("prepared");
    let (first, second) = one_in_the_other(
        (two.one.store(), answer(&two.one, &first)),
        (two.other.store(), answer(&two.other, &second)),
    )
    .await;
    let (first, second) = (first.expect("answered"), second.expect("answered"));
    assert_eq!((code(&first), code(&second)), ("license", "no-seats"));
    assert_eq!(seats_of(&first), 1);
    assert_eq!(two.count("SELECT CAST(SUM(seats) AS BIGINT) FROM lease_seats").await, 1);
    assert_eq!(two.log().await.len(), 2, "refusals are logged too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_finds_one_home() {
    let two = two(10).await;
    let request = |number: u8| {
        two.proxy(number).activate(DESKTOP, &two.key, moment(at(0), number.into())).expect("prepared")
    };
    let (first, second) = one_in_the_other(
        (two.one.store(), answer(&two.one, &request(1))),
        (two.other.store(), answer(&two.other, &request(2))),
    )
    .await;
    assert_eq!(code(&first.expect("answered")), "license");
    assert_eq!(code(&second.expect("answered")), "key-in-use");
}

/// Should ever anybody write beside the row, the statement itself still says no: nothing of an answer is kept whose head has moved.
#[tokio::test]
async fn an_answer_on_a_head_that_has_moved_is_not_written() {
    let two = two(10).await;
    let request = two.proxy(1).activate(DESKTOP, &two.key, moment(at(0), 1)).expect("prepared");
    answer(&two.one, &request).await.expect("answered");
    let mut transaction = two.one.store().begin().await.expect("begun");
    let growth = Growth::after(LogHead::default());
    let checkpoint = two.one.issuer().checkpoint(growth.head(), 1, at(1)).expect("signed");
    let logged = Logged { growth, checkpoint, leaves: Vec::new() };
    let written = exchange_write::write_batch(&mut transaction, &[], &[], Some(&logged), at(1))
        .await
        .expect_err("moved");
    assert_eq!(written.code(), "store-damaged");
}

fn edit(
    catalog: &Catalog,
    subscription: &Subscription,
    seats: u64,
) -> impl Future<Output = Result<Subscription, CatalogError>> + Send + use<> {
    let (catalog, subscription) = (catalog.clone(), subscription.clone());
    let change = GrantChange { seats: Some(seats), ..GrantChange::default() };
    let change = SubscriptionChange::of_grant(METRIC, change);
    async move {
        catalog
            .update_subscription(&subscription.id, subscription.version, change, &Actor::Operator, at(0))
            .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_edits_one_wins_and_the_other_is_told() {
    let two = two(10).await;
    let (first, second) = one_in_the_other(
        (two.one.store(), edit(two.one.catalog(), &two.subscription, 20)),
        (two.other.store(), edit(two.other.catalog(), &two.subscription, 30)),
    )
    .await;
    assert_eq!(first.expect("changed").seats(METRIC), 20);
    assert_eq!(second.expect_err("too late").code(), "changed-meanwhile");
    let found = two.one.catalog().subscription(&Asker::Staff, &two.subscription.id).await.expect("found");
    assert_eq!((found.seats(METRIC), found.version), (20, 2));
    let history = two.one.catalog().history(&Asker::Staff, &two.subscription.id).await.expect("a history");
    assert_eq!(history.len(), 2, "created, and changed once");
}

/// What an answer was decided on holds until it is durable, whoever edits it: first the one, then the other, in both orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_edit_comes_before_an_answer_or_after_it() {
    let two = two(10).await;
    let mut proxy = two.proxy(1);
    let request = proxy.activate(DESKTOP, &two.key, moment(at(0), 1)).expect("prepared");
    let (given, edited) = one_in_the_other(
        (two.one.store(), answer(&two.one, &request)),
        (two.other.store(), edit(two.other.catalog(), &two.subscription, 4)),
    )
    .await;
    let (given, edited) = (given.expect("answered"), edited.expect("changed"));
    assert_eq!((seats_of(&given), edited.seats(METRIC)), (10, 4), "the answer was first");

    proxy.import(&UnverifiedFile::read(&given.file).expect("a file"), at(0));
    proxy.use_seats(DESKTOP, 1, at(0));
    let refresh = proxy.refresh(DESKTOP, moment(at(0), 2)).expect("prepared");
    let (edited, given) = one_in_the_other(
        (two.one.store(), edit(two.one.catalog(), &edited, 2)),
        (two.other.store(), answer(&two.other, &refresh)),
    )
    .await;
    assert_eq!(edited.expect("changed").seats(METRIC), 2);
    assert_eq!(seats_of(&given.expect("answered")), 2, "the edit was first");
}

/// The quota of a key is checked against its subscription, which somebody lowers at that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_an_edit_was_checked_against_holds() {
    let two = two(10).await;
    let key = two.sublicense(None, 7).await;
    let keys = two.one.catalog().license_keys_of(&Asker::Staff, &two.subscription.id).await.expect("a list");
    let key = keys.into_iter().find(|found| found.key == key).expect("there");
    let catalog = two.other.catalog().clone();
    let quota = async move {
        let change = KeyChange { quota: Some(Some(8)), ..KeyChange::default() };
        catalog.update_license_key(&key.id, key.version, change, &Actor::Operator, at(0)).await
    };
    let (lowered, quota) = one_in_the_other(
        (two.one.store(), edit(two.one.catalog(), &two.subscription, 5)),
        (two.other.store(), quota),
    )
    .await;
    assert_eq!(lowered.expect("changed").seats(METRIC), 5);
    assert_eq!(quota.expect_err("8 of 5").code(), "invalid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_administrators_one_resolves_a_fork() {
    let two = two(10).await;
    let mut proxy = two.proxy(1);
    let request = proxy.activate(DESKTOP, &two.key, moment(at(0), 1)).expect("prepared");
    let given = answer(&two.one, &request).await.expect("answered");
    proxy.import(&UnverifiedFile::read(&given.file).expect("a file"), at(0));
    let mut copy = proxy.clone();
    for (proxy, number) in [(&mut proxy, 2), (&mut copy, 3)] {
        let refresh = proxy.refresh(DESKTOP, moment(at(0), number)).expect("prepared");
        answer(&two.one, &refresh).await.expect("answered");
    }
    let resolve = |signer: &Signer, lives| {
        let (installations, account) = (signer.installations().clone(), two.account.clone());
        let name = proxy.name();
        async move {
            let by = Decider { asker: Asker::Account(account), actor: Actor::Operator };
            installations.resolve_fork(&name, lives, &by, at(0)).await
        }
    };
    let (first, second) = one_in_the_other(
        (two.one.store(), resolve(&two.one, Lives::Second)),
        (two.other.store(), resolve(&two.other, Lives::First)),
    )
    .await;
    first.expect("resolved");
    assert_eq!(second.expect_err("too late").code(), "no-fork");
    assert_eq!(two.count("SELECT COUNT(*) FROM counted_move").await, 1);
}

/// A person who is added twice at once is one; an invitation is redeemed once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn people_are_one_however_many_processes_add_them() {
    let two = two(1).await;
    let add = |people: &People, seed| {
        let people = people.clone();
        async move { people.create_staff("sam@example.com", at(0), &mut dice(seed)).await }
    };
    let (first, second) = one_in_the_other(
        (two.one.store(), add(two.one.people(), 4)),
        (two.other.store(), add(two.other.people(), 5)),
    )
    .await;
    let invitation = first.expect("added").invitation.expect("invited").token;
    assert_eq!(second.expect_err("too late").code(), "already-staff");
    let redeem = |people: &People, hash: &str| {
        let (people, token, hash) =
            (people.clone(), invitation.clone(), crate::people::PasswordHash::new(hash.to_owned()));
        async move { people.redeem_invitation(&token, &hash, at(1)).await }
    };
    let (first, second) = one_in_the_other(
        (two.one.store(), redeem(two.one.people(), "$argon2id$one")),
        (two.other.store(), redeem(two.other.people(), "$argon2id$two")),
    )
    .await;
    first.expect("redeemed");
    assert_eq!(second.expect_err("too late").code(), "invitation-used");
}

/// Of two that make a record in one database, from data directories of their own, one does.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_is_claimed_once() {
    let place = Place::new().await;
    let store = Store::create(&place.address()).await.expect("a store");
    let other = Store::open(&place.address()).await.expect("opened");
    let claim = |store: &Store, name: &str, seed| {
        let (store, name) = (store.clone(), name.parse().expect("a name"));
        let id = crate::ids::RecordId::new(at(0), &mut dice(seed));
        async move { store.claim(&id, &name, at(0)).await }
    };
    let (first, second) =
        one_in_the_other((&store, claim(&store, "One", 1)), (&other, claim(&other, "Two", 2))).await;
    first.expect("claimed");
    assert_eq!(second.expect_err("too late").code(), "store-conflict");
    assert_eq!(store.vendor().await.expect("read").expect("claimed").name.as_str(), "One");
}

/// Everything at once, from both: the log stays one chain, seats are given once, and the witness has heard of all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_requests_at_both_processes_make_one_log() {
    let two = two(20).await;
    let mut requests = Vec::new();
    for number in 1..=12_u8 {
        let key = two.sublicense(Some(3), 100 + u64::from(number)).await;
        let mut proxy = two.proxy(number);
        requests.push(proxy.activate(DESKTOP, &key, moment(at(0), number.into())).expect("prepared"));
    }
    // Both wait at the door with all of them when it opens.
    let door = two.hasty.store().begin().await.expect("begun");
    let (one, other) = (two.one.store(), two.other.store());
    let waiting = [(one, knocks(one)), (other, knocks(other))];
    let mut asked = Vec::new();
    for signer in [&two.one, &two.other] {
        asked.extend(requests.iter().map(|request| tokio::spawn(answer(signer, request))));
    }
    wait_in_the_row(&waiting).await;
    drop(door);
    let mut answers = Vec::new();
    for asked in asked {
        answers.push(asked.await.expect("no panic").expect("answered"));
    }
    let (one, other) = answers.split_at(requests.len());
    let mut seats = 0;
    for (one, other) in one.iter().zip(other) {
        match code(one) {
            "license" => {
                assert_eq!(one.file, other.file, "same-answer");
                assert_ne!(one.repeated, other.repeated, "and counts once");
                seats += seats_of(one);
            }
            other => assert_eq!(other, "no-seats"),
        }
    }
    assert_eq!(seats, 20);
    assert!(two.log().await.len() >= requests.len(), "what is not final is a leaf each time");
    let mut connection = two.one.store().read().await.expect("a connection");
    let head = exchange_read::record_state(&mut connection).await.expect("read").head;
    let witness = Witness::read(&two.dir.witness()).expect("a witness");
    assert_eq!((witness.log_size, witness.log_root), (head.size(), head.root()));
}
