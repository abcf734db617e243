//! A portal whose signer is another program, which does not answer in time.
#![cfg(unix)]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use common::{ANA, STAFF, World, send};
use signer::link::{Door, SocketMode, serve};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::Semaphore,
};

/// A signer that answers one request and then says nothing any more: the page is there all the same, and says of each file what became of it.
#[tokio::test]
async fn a_signer_that_hangs_leaves_nobody_guessing() {
    let mut world = World::new().await;
    let folder = world.folder.path().to_owned();
    let [inside, outside] = ["inside", "outside"].map(|name| folder.join(name));
    let door = Door::socket(inside.clone(), SocketMode::Owner).await.unwrap();
    let now = world.now();
    tokio::spawn(serve(door, world.signer.clone(), Arc::new(move || now), std::future::pending()));
    // In front of it somebody who lets one call through, and takes the others without a word.
    let listener = UnixListener::bind(&outside).unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        let (mut portal, _) = listener.accept().await.unwrap();
        let mut signer = UnixStream::connect(inside).await.unwrap();
        tokio::io::copy_bidirectional(&mut portal, &mut signer).await.unwrap();
        loop {
            kept.push(listener.accept().await.unwrap());
        }
    });
    let mut later = world.signed_in(ANA).await;
    world.through(&format!("unix:{}", outside.display()), Duration::from_secs(4)).await;

    let mut proxy = world.proxy("PS1");
    let first = proxy.activate(&world.contoso.key, world.now());
    let mut others = [world.proxy("PS2"), world.proxy("PS3")];
    let [second, third] = others.each_mut().map(|proxy| proxy.activate(&world.contoso.key, world.now()));
    let mut ana = world.signed_in(ANA).await;
    let parts = [&first, &second, &third].map(|file| ("files", Some("r.waybill"), file.as_slice()));
    let page = ana.upload(&parts).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("3 files: 1 license, 2 unanswered files.").says("timed-out").says("not-asked");
    page.says("PS3 (Headquarters)").says("Upload it again in a minute");
    // When the signer is well again, the answer is there.
    let license = later.get(&page.link("/answers/")).await;
    proxy.import(&license.body, world.now());
}

/// Anybody may ask how the portal is. The signer is asked once for all who do so within a second, and also where the first of them leaves.
#[tokio::test]
async fn whoever_asks_for_health_does_not_work_the_signer() {
    let mut world = World::new().await;
    let [inside, outside] = ["inside", "outside"].map(|name| world.folder.path().join(name));
    let door = Door::socket(inside.clone(), SocketMode::Owner).await.unwrap();
    let now = world.now();
    tokio::spawn(serve(door, world.signer.clone(), Arc::new(move || now), std::future::pending()));
    let (calls, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let listener = UnixListener::bind(&outside).unwrap();
    let (counted, closed) = (Arc::clone(&calls), Arc::clone(&gate));
    tokio::spawn(async move {
        loop {
            let (mut portal, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let (inside, closed) = (inside.clone(), Arc::clone(&closed));
            tokio::spawn(async move {
                let _open = closed.acquire().await.unwrap();
                let mut signer = UnixStream::connect(inside).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut portal, &mut signer).await;
            });
        }
    });
    world.through(&format!("unix:{}", outside.display()), Duration::from_secs(4)).await;

    let ask = || {
        let router = world.router.clone();
        tokio::spawn(async move {
            send(&router, Request::get("/healthz").body(Body::empty()).unwrap()).await.status
        })
    };
    let first = ask();
    let others: Vec<_> = (0..20).map(|_| ask()).collect();
    while calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.add_permits(50);
    for other in others {
        assert_eq!(other.await.unwrap(), StatusCode::OK);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    world.pass(1);
    assert_eq!(ask().await.unwrap(), StatusCode::OK);
    assert_eq!(calls.load(Ordering::SeqCst), 2, "it is asked again in the next second");
}

/// The page about the record reads the record: a signer that is away keeps nobody from it.
#[tokio::test]
async fn the_record_is_shown_without_a_signer() {
    let mut world = World::new().await;
    let nowhere = format!("unix:{}", world.folder.path().join("nowhere").display());
    world.through(&nowhere, Duration::from_secs(4)).await;
    let mut sam = world.signed_in(STAFF).await;
    let page = sam.get("/record").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    page.says("One history");
    let health = send(&world.router, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!(
        (health.status, health.json()["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("signer-unreachable"))
    );
}
