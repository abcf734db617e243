//! The witness with several processes: what each has heard of when an answer leaves it, and how a store that was put back is seen, by
//! whom. Two machines are two data directories with the same keys and the same store, SQLite or PostgreSQL.

mod common;

use common::{Place, Proxy, dice, moment, passphrase};
use license_format::{DAY, LicenseKey, LicenseType, Timestamp, UnverifiedFile};
use signer::{
    Answer, Answered, Asker, Signer,
    catalog::SubscriptionDraft,
    init::{DataDir, InitOptions, init},
    link::PortalSide,
    people::{AccountDraft, AccountKind, Actor},
    witness::Witness,
};

const DESKTOP: LicenseType = LicenseType::Desktop;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T10:00:00Z").unwrap()
}

/// A record with a Desktop subscription, its key, and nobody at work.
async fn record() -> (Place, LicenseKey) {
    record_of(1).await
}

async fn record_of(seed: u64) -> (Place, LicenseKey) {
    let place = Place::new().await;
    let options = InitOptions { vendor: "Example Software".to_owned(), passphrase: passphrase() };
    init(&place.data(), &options, now(), &mut dice(seed)).await.unwrap();
    let signer = open(&place.data()).await;
    let draft = AccountDraft {
        name: "Contoso".to_owned(),
        kind: AccountKind::Business,
        admin_email: "admin@contoso.example".to_owned(),
    };
    let account = signer.people().create_account(draft, now(), &mut dice(2)).await.unwrap().account.id;
    let mut draft = SubscriptionDraft::new(account, DESKTOP, 10, now(), now().plus(365 * DAY));
    draft.offline_use = true;
    let sold =
        signer.catalog().create_subscription(draft, &Actor::Operator, now(), &mut dice(3)).await.unwrap();
    signer.close().await;
    (place, sold.1.key)
}

async fn open(dir: &DataDir) -> Signer {
    Signer::open(dir, &passphrase(), now()).await.unwrap()
}

async fn answer(signer: &Signer, file: &[u8]) -> Answered {
    signer.answer(file, &Asker::Staff, now()).await.unwrap()
}

fn code(answered: &Answered) -> &str {
    match &answered.answer {
        Answer::Refusal(refusal) => refusal.code.as_str(),
        Answer::License(_) => "license",
        Answer::Receipt(_) => "receipt",
    }
}

/// A request that is refused each time, and so adds to the log whenever it is answered.
fn refused_request(signer: &Signer, number: u8) -> Vec<u8> {
    let unknown = LicenseKey::from_random(DESKTOP, &[number; 18]);
    Proxy::new(number, &signer.trust(), now()).activate(DESKTOP, &unknown, moment(now(), 1)).unwrap()
}

/// The record number and how many leaves: the trust bundle's, which comes before the first answer's, and those of answers.
fn heard(dir: &DataDir) -> (u64, u64) {
    let witness = Witness::read(&dir.witness()).unwrap();
    (witness.record, witness.log_size)
}

#[tokio::test]
async fn no_answer_leaves_a_machine_whose_witness_has_not_heard_of_it() {
    let (place, key) = record().await;
    let (first, second) = (place.data(), place.second_machine());
    let (one, other) = (open(&first).await, open(&second).await);
    let mut proxy = Proxy::new(1, &one.trust(), now());
    let request = proxy.activate(DESKTOP, &key, moment(now(), 1)).unwrap();
    let given = answer(&one, &request).await;
    assert_eq!((heard(&first), heard(&second)), ((1, 2), (1, 0)));

    // It was given by the first; the second gives it out again.
    let again = answer(&other, &request).await;
    assert_eq!((again.repeated, again.file), (true, given.file.clone()));
    assert_eq!(heard(&second), (1, 2));

    // The same from a page, where it only was looked up.
    proxy.import(&UnverifiedFile::read(&given.file).unwrap(), now());
    let refresh = proxy.refresh(DESKTOP, moment(now(), 2)).unwrap();
    let given = answer(&one, &refresh).await;
    assert_eq!((heard(&first), heard(&second)), ((1, 3), (1, 2)));
    let (file, _) = other.answer_file(&given.digest, &Asker::Staff).await.unwrap().unwrap();
    assert_eq!(file, given.file);
    assert_eq!(heard(&second), (1, 3));

    // And with an answer that says which other one to take.
    let old = answer(&one, &refused_request(&one, 9)).await;
    assert_eq!((code(&old), heard(&second)), ("license-key-unknown", (1, 3)));
    assert_eq!(code(&answer(&other, &refused_request(&one, 8)).await), "license-key-unknown");
    assert_eq!(heard(&second), (1, 5));
}

/// The first machine has seen more than the backup has. The second has not, and goes on, further than the first ever was: sizes alone
/// would show nothing.
#[tokio::test]
async fn a_store_that_was_put_back_and_went_on_is_seen_by_whoever_had_seen_more() {
    let (place, key) = record().await;
    let (first, second) = (place.data(), place.second_machine());
    let backup = place.back_up().await;
    let one = open(&first).await;
    let mut proxy = Proxy::new(1, &one.trust(), now());
    let request = proxy.activate(DESKTOP, &key, moment(now(), 1)).unwrap();
    let given = answer(&one, &request).await;
    proxy.import(&UnverifiedFile::read(&given.file).unwrap(), now());
    one.close().await;

    place.put_back(&backup).await;
    let other = open(&second).await;
    assert!(other.recovery().is_none(), "its own witness has seen nothing more");
    for number in 20..23 {
        answer(&other, &refused_request(&other, number)).await;
    }
    assert_eq!((heard(&first), heard(&second)), ((1, 2), (1, 4)));

    let one = open(&first).await;
    assert!(one.recovery().is_some(), "the leaf at 1 is another one");
    assert_eq!(heard(&first), (2, 4));
    // A portal says what the record says, whatever its signer knew when it started.
    assert!(other.recovery().is_none());
    let portal = PortalSide::from(other.clone());
    let until = portal.recovering_until(now()).await.unwrap().expect("it is under way");
    assert_eq!(portal.health(now()).await.unwrap().recovering_until, Some(until));
    assert_eq!(portal.recovering_until(until).await, Ok(None), "it ends by itself");
    // The other one, which was never stopped, hears of it by the record number, and nobody is given what the proxy may hold.
    let mut stranger = Proxy::new(2, &one.trust(), now());
    let elsewhere = stranger.activate(DESKTOP, &key, moment(now(), 1)).unwrap();
    assert_eq!(code(&answer(&other, &elsewhere).await), "record-restored");
    assert_eq!(heard(&second), (2, 5));
    proxy.use_seats(DESKTOP, 3, now());
    let refresh = proxy.refresh(DESKTOP, moment(now(), 2)).unwrap();
    let refused = answer(&other, &refresh).await;
    assert_eq!(code(&refused), "record-restored");
    proxy.import(&UnverifiedFile::read(&refused.file).unwrap(), now());
    let refresh = proxy.refresh(DESKTOP, moment(now(), 3)).unwrap();
    assert_eq!(code(&answer(&other, &refresh).await), "license");
    one.close().await;
    other.close().await;

    // One restoration is one recovery, whoever starts again.
    for dir in [&first, &second] {
        let signer = open(dir).await;
        assert_eq!(signer.recovery().map(|_| heard(dir).0), Some(2));
        signer.close().await;
    }
}

/// Others have gone on while this machine stood still: its witness is behind, which is no alarm.
#[tokio::test]
async fn a_machine_that_stood_still_is_no_alarm() {
    let (place, key) = record().await;
    let (first, second) = (place.data(), place.second_machine());
    let one = open(&first).await;
    let mut proxy = Proxy::new(1, &one.trust(), now());
    let request = proxy.activate(DESKTOP, &key, moment(now(), 1)).unwrap();
    let given = answer(&one, &request).await;
    for number in 20..30 {
        answer(&one, &refused_request(&one, number)).await;
    }
    assert_eq!((heard(&first), heard(&second)), ((1, 12), (1, 0)));
    let other = open(&second).await;
    assert!(other.recovery().is_none());
    assert_eq!(heard(&second), (1, 12));
    // Both work, in turns.
    proxy.import(&UnverifiedFile::read(&given.file).unwrap(), now());
    for (number, signer) in (2..).zip([&one, &other, &other, &one]) {
        proxy.use_seats(DESKTOP, number, now());
        let refresh = proxy.refresh(DESKTOP, moment(now(), number)).unwrap();
        let given = answer(signer, &refresh).await;
        assert_eq!(code(&given), "license");
        proxy.import(&UnverifiedFile::read(&given.file).unwrap(), now());
    }
    assert_eq!((heard(&first), heard(&second)), ((1, 16), (1, 15)));
}

/// Keys and witness of one record are never used with another's store, though the vendor be the same.
#[tokio::test]
async fn the_store_of_another_record_is_refused() {
    let ((ours, _), (theirs, _)) = (record().await, record_of(11).await);
    let mixed = match theirs.database() {
        Some(database) => ours.data().with_database(database.url().parse().unwrap()),
        None => {
            ours.put_back(&theirs.back_up().await).await;
            ours.data()
        }
    };
    let before = std::fs::read(mixed.witness()).unwrap();
    let refused = Signer::open(&mixed, &passphrase(), now()).await.err().unwrap();
    assert_eq!(refused.code(), "store-another-record");
    assert!(refused.to_string().contains("Example Software"));
    assert_eq!(std::fs::read(mixed.witness()).unwrap(), before);
    assert!(Signer::open(&theirs.data(), &passphrase(), now()).await.unwrap().recovery().is_none());
}
