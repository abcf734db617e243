//! The portal with an invented vendor, two customers and some proxies, to look at in a browser: `cargo run -p web-upload --example portal`.
//! Everything lives in a temporary folder and ends with the program. Passwords are hashed cheaply: nothing here is for use.

#[path = "../tests/common/mod.rs"]
mod common;

use std::net::SocketAddr;

use common::{ANA, Browser, HOST, PASSWORD, STAFF, World};
use license_format::{DAY, Metric};
use signer::{
    Asker,
    catalog::{Draw, GrantChange, KeyDraft, SubscriptionChange},
    installations::{self, Decider},
    people::{Actor, Role},
};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let world = World::new().await;
    furnish(&world).await;
    let listener = tokio::net::TcpListener::bind(HOST).await?;
    println!("http://{HOST}  staff {STAFF}, customer {ANA}, password {PASSWORD:?}");
    println!("request files: {}", world.folder.path().display());
    let service = world.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await
}

/// A life for the pages to show: an active site, a copied one, one that waits for offline use, and files to upload.
async fn furnish(world: &World) {
    world.join(&world.fabrikam.account, ANA, Role::Member).await;
    world.join(&world.contoso.account, "mia@contoso.example", Role::Member).await;
    let mut ana = world.signed_in(ANA).await;
    let contoso = world.contoso.account.as_str().to_owned();
    let mut first = world.proxy("PS1");
    let request = first.activate(&world.contoso.key, world.now());
    first.import(&bring(&mut ana, &contoso, &request).await, world.now());
    world.pass(30 * DAY);
    let mut ana = world.signed_in(ANA).await;
    let mut copy = first.copied();
    let refresh = first.refresh(262, world.now());
    first.import(&bring(&mut ana, &contoso, &refresh).await, world.now());
    let forked = copy.refresh(240, world.now());
    ana.upload(&[("account", None, contoso.as_bytes()), ("files", Some("copy"), &forked)]).await;
    sell_parts(world, &mut ana).await;
    let other = world.proxy("PS2").activate(&world.contoso.key, world.now());
    let elsewhere = world.proxy("FB1").activate(&world.fabrikam.key, world.now());
    let off = SubscriptionChange { offline_use: Some(false), ..SubscriptionChange::default() };
    let by = Actor::Operator;
    let catalog = world.signer.catalog();
    catalog.update_subscription(&world.fabrikam.subscription, 1, off, &by, world.now()).await.unwrap();
    for (name, bytes) in [
        ("ps1-refresh.waybill", refresh.as_slice()),
        ("ps1-copy.waybill", &forked),
        ("ps2-activation.waybill", &other),
        ("fb1-activation.waybill", &elsewhere),
        ("holiday.jpg", b"\xff\xd8\xff\xe0"),
    ] {
        std::fs::write(world.folder.path().join(name), bytes).unwrap();
    }
}

/// Sublicenses of each kind, of which one is in use with more than a lower quota would have, one blocked server, and codes.
async fn sell_parts(world: &World, ana: &mut Browser) {
    let (catalog, by, now) = (world.signer.catalog(), Actor::Operator, world.now());
    let contoso = world.contoso.account.as_str().to_owned();
    let draft = |name: &str| KeyDraft::new(world.contoso.subscription.clone(), name);
    let fewer = SubscriptionChange::of_grant(
        Metric::ManagedDevice,
        GrantChange { seats: Some(600), ..GrantChange::default() },
    );
    catalog.update_subscription(&world.contoso.subscription, 1, fewer, &by, now).await.unwrap();
    let berlin = KeyDraft { quota: Some(100), installations: 2, ..draft("Berlin") };
    let berlin = catalog.create_license_key(berlin, &by, now, &mut world.dice()).await.unwrap();
    let students = KeyDraft {
        quota: Some(40),
        draw: Draw::Reserved,
        ends: Some(now.plus(20 * DAY)),
        note: "Winter term".to_owned(),
        ..draft("Students")
    };
    let students = catalog.create_license_key(students, &by, now, &mut world.dice()).await.unwrap();
    catalog
        .create_license_key(
            KeyDraft { draw: Draw::Dynamic { headroom: 5 }, ..draft("Field service") },
            &by,
            now,
            &mut world.dice(),
        )
        .await
        .unwrap();
    let mut proxy = world.proxy("BE1");
    let request = proxy.activate(&berlin.key, now);
    proxy.import(&bring(ana, &contoso, &request).await, now);
    let refresh = proxy.refresh(90, now);
    bring(ana, &contoso, &refresh).await;
    let people = ["ada@contoso.example", "ben@contoso.example", "cy@contoso.example"].map(str::to_owned);
    let with = (&Asker::Staff, &by);
    catalog
        .create_codes(&students.id, &people, now.plus(30 * DAY), with, now, &mut world.dice())
        .await
        .unwrap();
    let mut blocked = world.proxy("ST1");
    let code = catalog.codes(&Asker::Staff, &students.id).await.unwrap().remove(0).code;
    let request = blocked.activate(&code, now);
    blocked.import(&bring(ana, &contoso, &request).await, now);
    let query = installations::Query { search: "st1".to_owned(), ..installations::Query::default() };
    let found = world.signer.installations().lines(&Asker::Staff, &query, now).await.unwrap();
    let at = found.rows[0].installation;
    let decider = Decider::operator();
    let because = "left the school".parse().unwrap();
    world.signer.installations().block(&at, &students.id, &because, &decider, now).await.unwrap();
}

async fn bring(browser: &mut Browser, account: &str, file: &[u8]) -> Vec<u8> {
    let page = browser.upload(&[("account", None, account.as_bytes()), ("files", Some("r"), file)]).await;
    browser.get(&page.link("/answers/")).await.body
}
