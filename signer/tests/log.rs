//! The log of answers over a real store, SQLite or PostgreSQL: each answer brings its proof, and every proxy checks it.

mod common;

use common::{Proxy, Vendor, moment, passphrase};
use license_format::{
    Digest, Kind, LicenseKey, LicenseType, UnverifiedDocument, UnverifiedFile, payload::Checkpoint,
};
use signer::{
    Asker, Signer,
    log::{AnswerLog, LogError, LogExport},
    store::Store,
    witness::Witness,
};
use verifier::{TrustState, verify::verify_checkpoint, verify_answer};

const DESKTOP: LicenseType = LicenseType::Desktop;

/// A signer that sold ten Desktop seats.
async fn vendor() -> Vendor {
    Vendor::sells(DESKTOP, 10, |_| ()).await
}

/// An activation by a new proxy with a key that nobody has: it is refused each time, and so adds to the log.
fn refused_request(vendor: &Vendor, number: u8) -> Vec<u8> {
    let unknown = LicenseKey::from_random(DESKTOP, &[number; 18]);
    Proxy::new(number, &vendor.signer.trust(), vendor.now)
        .activate(DESKTOP, &unknown, moment(vendor.now, 1))
        .unwrap()
}

async fn answer(vendor: &Vendor, request: &[u8]) -> Vec<u8> {
    vendor.given(request).await.file
}

fn read(file: &[u8]) -> UnverifiedFile {
    UnverifiedFile::read(file).unwrap()
}

/// The checkpoint that travels with an answer, and the answer's index.
fn place_in_log(file: &[u8], trust: &TrustState) -> (Checkpoint, u64) {
    let file = read(file);
    verify_answer(&file, trust).expect("a proof that holds");
    let found: Vec<_> = file.trust.iter().filter(|document| document.kind() == Kind::Checkpoint).collect();
    let [checkpoint] = found.as_slice() else { panic!("one checkpoint") };
    let checkpoint = verify_checkpoint(checkpoint, trust).unwrap().into_payload();
    let proof = file.proof.expect("a proof");
    assert_eq!(proof.size, checkpoint.size);
    (checkpoint, proof.index)
}

#[tokio::test]
async fn every_answer_brings_its_checkpoint_and_its_proof() {
    let vendor = vendor().await;
    let (now, trust) = (vendor.now, &vendor.signer.trust());
    let mut site = Proxy::new(1, trust, now);
    let activation = site.activate(DESKTOP, &vendor.primary.key, moment(now, 1)).unwrap();
    let license = answer(&vendor, &activation).await;
    site.import(&read(&license), now);
    assert!(site.license(DESKTOP).is_some(), "a proxy takes it");
    let refusal = answer(&vendor, &refused_request(&vendor, 2)).await;
    let receipt = answer(&vendor, &site.deactivate(DESKTOP, moment(now, 2)).unwrap()).await;

    let kinds = [(&license, Kind::License), (&refusal, Kind::Refusal), (&receipt, Kind::DeactivationReceipt)];
    let witness = Witness::read(&vendor.place.data().witness()).unwrap();
    // The first leaf is the trust bundle by which they were given.
    for (at, (file, kind)) in (1..).zip(kinds) {
        assert_eq!(read(file).document.kind(), kind);
        let (checkpoint, index) = place_in_log(file, trust);
        assert_eq!((index, checkpoint.size, checkpoint.issued), (at, at + 1, now));
        assert_eq!(checkpoint.origin.as_str(), format!("waybill/{}/1", witness.id));
        if at == 3 {
            assert_eq!((checkpoint.size, checkpoint.root), (witness.log_size, witness.log_root));
        }
    }
    assert_eq!(answer(&vendor, &activation).await, license, "byte for byte, with the proof of its time");
}

/// Requests that wait together share one durable commit, and one checkpoint.
#[tokio::test]
async fn answers_of_one_batch_share_a_checkpoint() {
    let vendor = vendor().await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 1..=40 {
        let (signer, now, request) = (vendor.signer.clone(), vendor.now, refused_request(&vendor, number));
        asking.spawn(async move { signer.answer(&request, &Asker::Staff, now).await.unwrap().file });
    }
    let place = |file: &Vec<u8>| {
        let (checkpoint, index) = place_in_log(file, &vendor.signer.trust());
        (index, checkpoint.size, checkpoint.root)
    };
    let mut places: Vec<(u64, u64, Digest)> = asking.join_all().await.iter().map(place).collect();
    places.sort_unstable();
    assert!(places.iter().map(|place| place.0).eq(1..41), "each its own leaf");
    let mut checkpoints: Vec<_> = places.iter().map(|place| (place.1, place.2)).collect();
    checkpoints.dedup();
    assert!(checkpoints.len() < 40, "some waited together");
    assert!(checkpoints.windows(2).all(|pair| pair[0].0 < pair[1].0), "one root for a size");
    assert_eq!(checkpoints.last().map(|last| last.0), Some(41));
}

#[tokio::test]
async fn a_proxy_refuses_an_answer_whose_proof_is_wrong() {
    let vendor = vendor().await;
    let now = vendor.now;
    let other = read(&answer(&vendor, &refused_request(&vendor, 2)).await);
    let mut site = Proxy::new(1, &vendor.signer.trust(), now);
    let request = site.activate(DESKTOP, &vendor.primary.key, moment(now, 1)).unwrap();
    let good = read(&answer(&vendor, &request).await);
    let wrong = |change: &dyn Fn(&mut UnverifiedFile)| {
        let mut file = good.clone();
        change(&mut file);
        site.state.import(&file, now).map(|_| ()).map_err(|error| error.code())
    };
    let is_checkpoint = |document: &UnverifiedDocument| document.kind() == Kind::Checkpoint;
    assert_eq!(wrong(&|file| file.proof.as_mut().unwrap().index = 0), Err("proof-mismatch"));
    assert_eq!(wrong(&|file| file.proof.as_mut().unwrap().path[0].0[0] ^= 1), Err("proof-mismatch"));
    assert_eq!(wrong(&|file| file.proof.as_mut().unwrap().path.clear()), Err("proof-mismatch"));
    assert_eq!(wrong(&|file| file.proof = other.proof.clone()), Err("proof-without-checkpoint"));
    let earlier = |file: &mut UnverifiedFile| {
        file.trust.retain(|document| !is_checkpoint(document));
        file.trust.extend(other.trust.iter().filter(|document| is_checkpoint(document)).cloned());
    };
    assert_eq!(wrong(&earlier), Err("proof-without-checkpoint"));
    assert_eq!(wrong(&|_| ()), Ok(()));
}

/// The record is put back together with everything that would show it, and a proxy that had seen more comes by. It gets its answer; the
/// log says who has seen what.
#[tokio::test]
async fn an_installation_that_has_seen_another_log_is_noted_and_not_punished() {
    let mut vendor = vendor().await;
    let key = vendor.primary.key.clone();
    let mut site = vendor.site(1);
    vendor.activate(&mut site, &key).await.unwrap();
    vendor.refresh(&mut site).await.unwrap();
    let dir = vendor.place.data();
    let strangers = async || {
        let store = Store::open(dir.store()).await.unwrap();
        let strangers = AnswerLog::new(store.clone()).strangers().await.unwrap();
        store.close().await;
        strangers
    };
    assert_eq!(strangers().await, [], "what it has seen is what there was");
    vendor.signer.clone().close().await;
    let (backup, witness) = (vendor.place.back_up().await, std::fs::read(dir.witness()).unwrap());

    vendor.signer = Signer::open(&dir, &passphrase(), vendor.now).await.unwrap();
    vendor.given(&refused_request(&vendor, 2)).await;
    vendor.refresh(&mut site).await.unwrap();
    let seen = Witness::read(&dir.witness()).unwrap();
    vendor.signer.clone().close().await;
    vendor.place.put_back(&backup).await;
    std::fs::write(dir.witness(), witness).unwrap();

    vendor.signer = Signer::open(&dir, &passphrase(), vendor.now).await.unwrap();
    assert!(vendor.signer.recovery().is_none(), "nothing beside the store knows better");
    assert_eq!(vendor.refresh(&mut site).await.unwrap_err(), "record-behind");
    let [stranger] = strangers().await.try_into().unwrap();
    assert_eq!((stranger.installation, stranger.seen), (site.proxy.name(), vendor.now));
    assert_eq!((stranger.size, stranger.root), (seen.log_size, seen.log_root));

    // It shows what it holds, the record recovers, and what it saw of the log before is expected.
    vendor.refresh(&mut site).await.unwrap_err();
    assert!(vendor.refresh(&mut site).await.is_ok());
    assert_eq!(strangers().await.len(), 1);
    let store = Store::open(dir.store()).await.unwrap();
    let audit = AnswerLog::new(store).audit(&[vendor.signer.trust()], None, None, vendor.now).await.unwrap();
    assert_eq!((audit.findings, audit.taken_back), (vec![], 1));
}

/// An export is of the instant at which it was begun, whatever is answered while it is written.
#[tokio::test]
async fn an_export_is_of_one_instant() {
    let vendor = vendor().await;
    let trust = vendor.signer.trust();
    answer(&vendor, &refused_request(&vendor, 1)).await;
    let store = Store::open(vendor.place.data().store()).await.unwrap();
    let log = AnswerLog::new(store.clone());
    let mut export = log.export(&trust).await.unwrap();
    let license = read(&answer(&vendor, &refused_request(&vendor, 2)).await);
    let mut text = String::new();
    while let Some(lines) = export.next().await.unwrap() {
        text += &lines;
    }
    let open = || LogExport::read(text.as_bytes()).unwrap();
    let verified = open().verify(&trust, None).unwrap();
    assert_eq!((verified.size, &verified), (2, export.checkpoint()));
    assert_eq!(log.view().await.unwrap().size, 3, "one was answered meanwhile");
    let later = open().prove(&license.document.digest()).unwrap_err();
    assert_eq!(later.code(), "not-in-log");
    assert_eq!(open().consistency(1, 2).unwrap(), log.consistency(1, 2).await.unwrap());
}

/// What others would refuse is not written for them.
#[tokio::test]
async fn a_log_that_was_changed_is_not_exported() {
    let vendor = vendor().await;
    let trust = vendor.signer.trust();
    for number in 1..=3 {
        answer(&vendor, &refused_request(&vendor, number)).await;
    }
    vendor.signer.clone().close().await;
    let backup = vendor.place.back_up().await;
    for sql in [
        "UPDATE log_leaf SET digest = (SELECT digest FROM log_leaf WHERE position = 1) WHERE position = 2",
        "DELETE FROM log_leaf WHERE position = 1",
        "DELETE FROM log_leaf WHERE position = 3",
        "UPDATE log_leaf SET kind = 'a license' WHERE position = 2",
        "UPDATE log_leaf SET issued = issued - 1 WHERE position = 2",
        "UPDATE log_leaf SET issued = issued + 1 WHERE position = 3",
        "UPDATE log_head SET note = 'waybill/other/1'",
    ] {
        vendor.place.put_back(&backup).await;
        let store = Store::open(vendor.place.data().store()).await.unwrap();
        let mut connection = store.read().await.unwrap();
        sqlx::query(sql).execute(&mut *connection).await.unwrap();
        let refused = async {
            let mut export = AnswerLog::new(store.clone()).export(&trust).await?;
            while export.next().await?.is_some() {}
            Ok::<_, LogError>(())
        };
        assert_eq!(refused.await.map_err(|error| error.code()), Err("log-damaged"), "{sql}");
        drop(connection);
        store.close().await;
    }
}
