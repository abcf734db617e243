//! The log of answers over a real store, SQLite or PostgreSQL: each answer brings its proof, and every proxy checks it.

mod common;

use common::{Proxy, Vendor, moment};
use license_format::{
    Digest, Kind, LicenseKey, LicenseType, UnverifiedDocument, UnverifiedFile, payload::Checkpoint,
};
use signer::{Asker, witness::Witness};
use verifier::{TrustState, verify::verify_checkpoint, verify_answer};

const DESKTOP: LicenseType = LicenseType::Desktop;

/// A signer that sold ten Desktop seats.
async fn vendor() -> Vendor {
    Vendor::sells(DESKTOP, 10, |_| ()).await
}

/// An activation by a new proxy with a key that nobody has: it is refused each time, and so adds to the log.
fn refused_request(vendor: &Vendor, number: u8) -> Vec<u8> {
    let unknown = LicenseKey::from_random(DESKTOP, &[number; 18]);
    Proxy::new(number, vendor.signer.trust(), vendor.now)
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
    let (now, trust) = (vendor.now, vendor.signer.trust());
    let mut site = Proxy::new(1, trust, now);
    let activation = site.activate(DESKTOP, &vendor.primary.key, moment(now, 1)).unwrap();
    let license = answer(&vendor, &activation).await;
    site.import(&read(&license), now);
    assert!(site.license(DESKTOP).is_some(), "a proxy takes it");
    let refusal = answer(&vendor, &refused_request(&vendor, 2)).await;
    let receipt = answer(&vendor, &site.deactivate(DESKTOP, moment(now, 2)).unwrap()).await;

    let kinds = [(&license, Kind::License), (&refusal, Kind::Refusal), (&receipt, Kind::DeactivationReceipt)];
    let witness = Witness::read(&vendor.place.data().witness()).unwrap();
    for (at, (file, kind)) in (0..).zip(kinds) {
        assert_eq!(read(file).document.kind(), kind);
        let (checkpoint, index) = place_in_log(file, trust);
        assert_eq!((index, checkpoint.size, checkpoint.issued), (at, at + 1, now));
        assert_eq!(checkpoint.origin.as_str(), format!("waybill/{}/1", witness.id));
        if at == 2 {
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
        let (checkpoint, index) = place_in_log(file, vendor.signer.trust());
        (index, checkpoint.size, checkpoint.root)
    };
    let mut places: Vec<(u64, u64, Digest)> = asking.join_all().await.iter().map(place).collect();
    places.sort_unstable();
    assert!(places.iter().map(|place| place.0).eq(0..40), "each its own leaf");
    let mut checkpoints: Vec<_> = places.iter().map(|place| (place.1, place.2)).collect();
    checkpoints.dedup();
    assert!(checkpoints.len() < 40, "some waited together");
    assert!(checkpoints.windows(2).all(|pair| pair[0].0 < pair[1].0), "one root for a size");
    assert_eq!(checkpoints.last().map(|last| last.0), Some(40));
}

#[tokio::test]
async fn a_proxy_refuses_an_answer_whose_proof_is_wrong() {
    let vendor = vendor().await;
    let now = vendor.now;
    let other = read(&answer(&vendor, &refused_request(&vendor, 2)).await);
    let mut site = Proxy::new(1, vendor.signer.trust(), now);
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
