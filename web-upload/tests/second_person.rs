//! What takes two of the vendor's people, through the pages.

mod common;

use axum::http::StatusCode;
use common::{ANA, PASSWORD, STAFF, World};
use signer::{Asker, people::UserId};

const TESS: &str = "tess@northwind.example";

/// Another of staff, who can sign in.
async fn tess(world: &World) -> UserId {
    let (people, now) = (world.signer.people(), world.now());
    let hash = web_upload::Passwords::cheap_for_tests().hash(PASSWORD, &mut world.dice());
    let user = people.create_staff(TESS, now, &mut world.dice()).await.unwrap().user.id;
    people.set_password(&user, &hash).await.unwrap();
    user
}

async fn granted(world: &World) -> usize {
    let (catalog, id) = (world.signer.catalog(), &world.contoso.subscription);
    catalog.overdraft(&Asker::Staff, id, world.now()).await.unwrap().len()
}

#[tokio::test]
async fn an_overdraft_waits_for_a_second_of_staff() {
    let world = World::new().await;
    tess(&world).await;
    let mut sam = world.signed_in(STAFF).await;
    sam.get("/proposals").await.says("No second person is required").says("Nothing was proposed");
    world.signer.second_person().require().await.unwrap();

    let overdraft =
        format!("/accounts/{}/subscriptions/{}/overdraft", world.contoso.account, world.contoso.subscription);
    let grant = |seats| {
        [("seats", seats), ("until", "2027-06-30"), ("reason", "fair <week>"), ("metric", ""), ("step", "do")]
    };
    let page = sam.post(&overdraft, &grant("10")).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/proposals"));
    sam.get("/proposals").await.says("Overdraft of 10").says("fair &#60;week&#62;").says(STAFF).says("Waits");
    assert_eq!(granted(&world).await, 0);
    // The one who proposed it sees it, and does not confirm it.
    sam.get("/proposals/1").await.says("another of the vendor").says("260");
    let own = sam.post("/proposals/1", &[("deed", "confirm"), ("step", "do")]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    own.says("Whoever proposed something does not confirm it");
    assert_eq!(granted(&world).await, 0);

    let mut second = world.signed_in(TESS).await;
    second.get("/proposals/1").await.says("sam@northwind.example proposed").says("Confirm it");
    let done = second.post("/proposals/1", &[("deed", "confirm"), ("step", "do")]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/proposals"));
    assert_eq!(granted(&world).await, 1);
    second.get("/proposals").await.says("Confirmed").says(TESS);
    // It is decided: there is nothing more to ask.
    assert_eq!(second.get("/proposals/1").await.status, StatusCode::SEE_OTHER);
    let again = second.post("/proposals/1", &[("deed", "confirm"), ("step", "do")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(granted(&world).await, 1);

    sam.post(&overdraft, &grant("7")).await;
    sam.get("/proposals/2?deed=decline").await.says("Take your proposal back?");
    let back = sam.post("/proposals/2", &[("deed", "decline"), ("step", "do")]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    sam.get("/proposals").await.says("Declined");
    assert_eq!(granted(&world).await, 1);
}

#[tokio::test]
async fn where_the_signer_confirms_the_page_says_how() {
    let world = World::new().await;
    tess(&world).await;
    world.signer.second_person().require_at_signer().await.unwrap();
    let mut sam = world.signed_in(STAFF).await;
    let overdraft =
        format!("/accounts/{}/subscriptions/{}/overdraft", world.contoso.account, world.contoso.subscription);
    let grant =
        [("seats", "10"), ("until", "2027-06-30"), ("reason", "fair"), ("metric", ""), ("step", "do")];
    sam.post(&overdraft, &grant).await;
    let mut second = world.signed_in(TESS).await;
    second.get("/proposals").await.says("signer’s data directory");
    let page = second.get("/proposals/1").await;
    page.says("waybill second-person confirm 1 --as EMAIL").does_not_say("Confirm it");
    let refused = second.post("/proposals/1", &[("deed", "confirm"), ("step", "do")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.says("not through a portal").says("waybill second-person confirm 1 --as EMAIL");
    assert_eq!(granted(&world).await, 0);
    let declined = second.post("/proposals/1", &[("deed", "decline"), ("step", "do")]).await;
    assert_eq!(declined.status, StatusCode::SEE_OTHER);
    second.get("/proposals").await.says("Declined");
}

#[tokio::test]
async fn proposals_are_staffs_alone() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    for path in ["/proposals", "/proposals/1"] {
        assert_eq!(ana.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(ana.post("/proposals/1", &[("deed", "confirm")]).await.status, StatusCode::FORBIDDEN);
    let mut sam = world.signed_in(STAFF).await;
    assert_eq!(sam.get("/proposals/9").await.status, StatusCode::NOT_FOUND);
    assert_eq!(sam.post("/proposals/9", &[("deed", "confirm")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(sam.post("/proposals/1", &[("deed", "burn")]).await.status, StatusCode::BAD_REQUEST);
}
