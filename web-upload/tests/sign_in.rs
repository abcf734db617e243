//! Who gets in, how long they stay, and what an invitation opens.

mod common;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use common::{ANA, BEN, HOST, PASSWORD, STAFF, World};
use signer::people::{Role, SESSION_IDLE};
use web_upload::Passwords;

#[tokio::test]
async fn without_a_session_every_page_leads_to_sign_in() {
    let world = World::new().await;
    let account = &world.contoso.account;
    let pages = [
        "/".to_owned(),
        "/accounts".to_owned(),
        "/accounts/new".to_owned(),
        format!("/accounts/{account}"),
        format!("/accounts/{account}/installations"),
        format!("/accounts/{account}/subscriptions/{}", world.contoso.subscription),
        "/installations".to_owned(),
        format!("/answers/{}", "00".repeat(32)),
    ];
    for path in pages {
        let page = world.browser().get(&path).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{path}");
        let to = if path == "/" { "/sign-in".to_owned() } else { format!("/sign-in?next={path}") };
        assert_eq!(page.header("location"), to);
    }
    for path in ["/upload", "/answers", "/accounts/new"] {
        let page = world.browser().post(path, &[]).await;
        assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn signing_in_leads_back_to_where_one_wanted_to_go() {
    let world = World::new().await;
    let wanted = format!("/accounts/{}", world.contoso.account);
    let mut browser = world.browser();
    browser.get(&format!("/sign-in?next={wanted}")).await.says("You will come back").says(&wanted);
    let form = [("email", "ANA@contoso.example"), ("password", PASSWORD), ("next", wanted.as_str())];
    let page = browser.post("/sign-in", &form).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, wanted.as_str()));
    assert_eq!(browser.get(&wanted).await.status, StatusCode::OK);
    // Who is signed in has nothing to do there.
    assert_eq!(browser.get("/sign-in").await.header("location"), "/");
    // Another site's address is no place of ours.
    for elsewhere in ["//evil.example", "https://evil.example/", "/\\evil.example"] {
        let form = [("email", ANA), ("password", PASSWORD), ("next", elsewhere)];
        assert_eq!(world.browser().post("/sign-in", &form).await.header("location"), "/", "{elsewhere}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_look_alike() {
    let world = World::new().await;
    let wrong = world.browser().post("/sign-in", &[("email", ANA), ("password", "wrong")]).await;
    let unknown =
        world.browser().post("/sign-in", &[("email", "x@contoso.example"), ("password", "wrong")]).await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.text().replace(ANA, "?"), unknown.text().replace("x@contoso.example", "?"));
    assert_eq!(wrong.header("set-cookie"), "");
    wrong.does_not_say("wrong</").says("do not fit each other");
}

#[tokio::test]
async fn after_eight_wrong_passwords_the_right_one_has_to_wait_too() {
    let world = World::new().await;
    let mut browser = world.browser();
    for _ in 0..8 {
        let page = browser.post("/sign-in", &[("email", ANA), ("password", "wrong")]).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    }
    let page = browser.post("/sign-in", &[("email", ANA), ("password", PASSWORD)]).await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    page.says("2026-11-22 10:15 UTC");
    // Others are not held up.
    world.signed_in(BEN).await;
    world.pass(15 * 60);
    world.signed_in(ANA).await;
}

#[tokio::test]
async fn a_session_ends_by_signing_out_and_by_itself() {
    let world = World::new().await;
    let mut browser = world.signed_in(ANA).await;
    let token = browser.cookie.clone();
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let page = browser.post("/sign-out", &[]).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    assert_eq!(browser.cookie, None);
    // The token is dead, not only forgotten by the browser.
    browser.cookie = token;
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);

    let mut browser = world.signed_in(ANA).await;
    world.pass(SESSION_IDLE + 1);
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_never_goes_on_with_a_session_that_was_there() {
    let world = World::new().await;
    let mut browser = world.signed_in(ANA).await;
    let planted = browser.cookie.clone().unwrap();
    browser.post("/sign-in", &[("email", BEN), ("password", PASSWORD)]).await;
    assert_ne!(browser.cookie.as_deref(), Some(planted.as_str()));
    browser.cookie = Some(planted);
    assert_eq!(browser.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_cookie_is_held_to_this_host() {
    let world = World::new().await;
    let page = world.browser().post("/sign-in", &[("email", ANA), ("password", PASSWORD)]).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("waybill=") && cookie.contains("HttpOnly"), "{cookie}");
    assert!(cookie.contains("SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");

    let world = World::at("https://licenses.example.com", Passwords::cheap_for_tests()).await;
    let page = world.browser().post("/sign-in", &[("email", ANA), ("password", PASSWORD)]).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-waybill="), "{cookie}");
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let world = World::new().await;
    let browser = world.signed_in(STAFF).await;
    let form = |name: &'static str, value: &'static str| {
        Request::post("/accounts/new")
            .header(header::HOST, HOST)
            .header(header::COOKIE, browser.cookie.clone().unwrap())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value)
            .body(Body::from("name=Evil&kind=business&admin_email=e%40evil.example"))
            .unwrap()
    };
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:9999"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let page = common::send(&world.router, form(name, value)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{name}: {value}");
        page.says("cross-site").says("another site");
    }
    assert_eq!(world.signer.people().accounts().await.unwrap().len(), 2);
    let page = common::send(&world.router, form("sec-fetch-site", "same-origin")).await;
    assert_eq!(page.status, StatusCode::CREATED);
}

#[tokio::test]
async fn an_invitation_sets_a_password_once() {
    let world = World::new().await;
    let mut staff = world.signed_in(STAFF).await;
    let made = staff
        .post(
            "/accounts/new",
            &[("name", "Tailspin"), ("kind", "business"), ("admin_email", "tia@tailspin.example")],
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    made.says("tia@tailspin.example").says("shown only now");
    let link = made.link(&format!("http://{HOST}/join/"));
    let path = link.strip_prefix(&format!("http://{HOST}")).unwrap();

    let mut tia = world.browser();
    tia.get(path).await.says("tia@tailspin.example").says("Set a password");
    let short = tia.post(path, &[("password", "short"), ("again", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    short.says("fewer than 12 characters");
    let differs = tia.post(path, &[("password", "a long enough one"), ("again", "another one here")]).await;
    assert_eq!(differs.status, StatusCode::UNPROCESSABLE_ENTITY);
    let joined = tia.post(path, &[("password", "a long enough one"), ("again", "a long enough one")]).await;
    assert_eq!((joined.status, joined.header("location")), (StatusCode::SEE_OTHER, "/"));
    tia.get("/").await.says("Upload offline files");

    // The link has opened once.
    let again = world.browser().get(path).await;
    assert_eq!(again.status, StatusCode::GONE);
    again.says("no longer valid");
    let again = world
        .browser()
        .post(path, &[("password", "attacker's password"), ("again", "attacker's password")])
        .await;
    assert_eq!(again.status, StatusCode::GONE);
    assert_eq!(world.browser().get("/join/nonsense").await.status, StatusCode::GONE);
    let page = world
        .browser()
        .post("/sign-in", &[("email", "tia@tailspin.example"), ("password", "a long enough one")])
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_new_link_for_a_forgotten_password_is_made_by_staff_alone() {
    let world = World::new().await;
    let account = &world.contoso.account;
    world.join(account, "mia@contoso.example", Role::Member).await;
    let path = format!("/accounts/{account}/members/{}/invite", world.contoso.administrator);
    let refused = world.signed_in(ANA).await.post(&path, &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let mut staff = world.signed_in(STAFF).await;
    let made = staff.post(&path, &[]).await;
    assert_eq!(made.status, StatusCode::CREATED);
    made.says(ANA).says("/join/");
    // Not through an account to which the person does not belong.
    let other =
        format!("/accounts/{}/members/{}/invite", world.fabrikam.account, world.contoso.administrator);
    assert_eq!(staff.post(&other, &[]).await.status, StatusCode::NOT_FOUND);
    // Nor for a colleague, who could be somebody's second person.
    let (people, mut dice) = (world.signer.people(), world.dice());
    let tess = people.create_staff("tess@northwind.example", world.now(), &mut dice).await.unwrap().user.id;
    let members = format!("/accounts/{account}/members");
    let joined = staff.post(&members, &[("email", "tess@northwind.example"), ("role", "member")]).await;
    joined.says("is one of the vendor's staff").does_not_say("/join/");
    let colleague = staff.post(&format!("{members}/{tess}/invite"), &[]).await;
    colleague.says("staff-by-command").says("waybill user invite").does_not_say("/join/");
    let added = staff
        .post(
            &format!("/accounts/{account}/members"),
            &[("email", "new@contoso.example"), ("role", "administrator")],
        )
        .await;
    assert_eq!(added.status, StatusCode::CREATED);
    added.says("new@contoso.example").says("/join/");
    let twice =
        staff.post(&format!("/accounts/{account}/members"), &[("email", ANA), ("role", "member")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    twice.says("already");
}
