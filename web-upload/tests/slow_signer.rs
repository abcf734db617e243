//! A portal whose signer is another program, which does not answer in time.
#![cfg(unix)]

mod common;

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use common::{ANA, World};
use signer::link::{Door, SocketMode, serve};
use tokio::net::{UnixListener, UnixStream};

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
