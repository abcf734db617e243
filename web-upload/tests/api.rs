//! The REST API, as a program meets it.

mod common;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use common::{ANA, Page, World, send};
use license_format::{Kind, UnverifiedFile, limits};
use serde_json::{Value, json};

const PROBLEM: &str = "application/problem+json";
const FILE: &str = "application/vnd.waybill+cbor";

async fn bring(world: &World, token: Option<&str>, accept: &str, file: impl Into<Body>) -> Page {
    let mut request = Request::post("/api/v1/answers").header(header::ACCEPT, accept);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    send(&world.router, request.body(file.into()).unwrap()).await
}

#[tokio::test]
async fn a_request_in_either_spelling_gets_its_license() {
    let world = World::new().await;
    let token = world.token(&world.contoso.account).await;
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    let license = bring(&world, Some(&token), "*/*", request.clone()).await;
    assert_eq!((license.status, license.header("content-type")), (StatusCode::OK, FILE));
    assert!(license.header("content-disposition").contains("PS1-desktop-license-2026-11-22-"));
    let armoured = UnverifiedFile::read(&request).unwrap().armour().unwrap();
    assert_eq!(bring(&world, Some(&token), FILE, armoured).await.body, license.body);
    proxy.import(&license.body, world.now());
    let receipt = bring(&world, Some(&token), "*/*", proxy.deactivate(world.now())).await;
    assert_eq!(receipt.status, StatusCode::OK);
    assert_eq!(receipt.file().document.kind(), Kind::DeactivationReceipt);
}

#[tokio::test]
async fn a_refusal_is_a_problem_with_the_signed_file_in_it() {
    let world = World::new().await;
    let token = world.token(&world.contoso.account).await;
    let first = world.proxy("PS1").activate(&world.contoso.key, world.now());
    bring(&world, Some(&token), "*/*", first).await;
    let request = world.proxy("PS2").activate(&world.contoso.key, world.now());
    let page = bring(&world, Some(&token), "*/*", request.clone()).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::CONFLICT, PROBLEM));
    let problem = page.json();
    assert_eq!(problem["type"], "/refusals#key-in-use");
    assert_eq!(problem["code"], "key-in-use");
    assert_eq!(problem["status"], 409);
    assert_eq!(problem["final"], json!(false));
    assert!(problem["until"].as_str().unwrap().ends_with('Z'), "{problem}");
    for field in ["title", "detail", "next_step"] {
        assert!(!problem[field].as_str().unwrap().is_empty(), "{field}");
    }
    let carried = UnverifiedFile::read(&base64(&problem["answer"])).unwrap();
    assert_eq!(carried.document.kind(), Kind::Refusal);
    // A courier that only wants files gets the file.
    let page = bring(&world, Some(&token), FILE, request).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::CONFLICT, FILE));
    assert_eq!(page.file().document.kind(), Kind::Refusal);
    assert!(page.header("content-disposition").contains("PS2-desktop-refusal-"));
}

#[tokio::test]
async fn without_a_token_nothing_is_looked_at() {
    let world = World::new().await;
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    let known = world.token(&world.contoso.account).await;
    let mut mistyped = known.clone();
    mistyped.replace_range(known.len() - 1.., if known.ends_with('A') { "B" } else { "A" });
    for token in [None, Some(""), Some("nonsense"), Some(mistyped.as_str())] {
        let page = bring(&world, token, "*/*", request.clone()).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (StatusCode::UNAUTHORIZED, PROBLEM),
            "{token:?}"
        );
        assert_eq!(page.header("www-authenticate"), "Bearer");
        assert_eq!(page.json()["code"], "token-needed");
    }
    // A session is no token.
    let mut ana = world.signed_in(ANA).await;
    let page = ana.send(Request::post("/api/v1/answers"), Body::from(request.clone())).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    // A revoked one is worth nothing.
    let people = world.signer.people();
    let id = people.tokens(&world.contoso.account).await.unwrap()[0].id.clone();
    people.revoke_token(&world.contoso.account, &id).await.unwrap();
    assert_eq!(bring(&world, Some(&known), "*/*", request).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_brings_only_its_own_accounts_requests() {
    let world = World::new().await;
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    let theirs = world.token(&world.fabrikam.account).await;
    let page = bring(&world, Some(&theirs), "*/*", request.clone()).await;
    assert_eq!(
        (page.status, page.json()["code"].clone()),
        (StatusCode::CONFLICT, json!("license-key-unknown"))
    );
    let own = world.token(&world.contoso.account).await;
    assert_eq!(bring(&world, Some(&own), "*/*", request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_request_is_a_problem() {
    let world = World::new().await;
    let token = world.token(&world.contoso.account).await;
    let page = bring(&world, Some(&token), FILE, "garbage").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::UNPROCESSABLE_ENTITY, PROBLEM));
    let problem = page.json();
    assert_eq!((&problem["code"], &problem["type"]), (&json!("not-waybill"), &json!("about:blank")));
    assert_eq!(problem["final"], Value::Null);
    let empty = bring(&world, Some(&token), "*/*", "").await;
    assert_eq!(
        (empty.status, empty.json()["code"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("empty"))
    );
    let large = bring(&world, Some(&token), "*/*", vec![b'x'; limits::ARMOUR_BYTES + 1]).await;
    assert_eq!((large.status, large.header("content-type")), (StatusCode::PAYLOAD_TOO_LARGE, PROBLEM));
    assert_eq!(large.json()["code"], "too-large");
    let method = send(&world.router, Request::get("/api/v1/answers").body(Body::empty()).unwrap()).await;
    assert_eq!((method.status, method.header("content-type")), (StatusCode::METHOD_NOT_ALLOWED, PROBLEM));
}

#[tokio::test]
async fn the_same_request_twice_at_once_gets_one_answer() {
    let world = World::new().await;
    let token = world.token(&world.contoso.account).await;
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    let (one, two) = tokio::join!(
        bring(&world, Some(&token), "*/*", request.clone()),
        bring(&world, Some(&token), "*/*", request.clone())
    );
    assert_eq!((one.status, two.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(one.body, two.body);
}

#[tokio::test]
async fn the_api_describes_itself_and_says_how_it_is() {
    let world = World::new().await;
    let page = send(&world.router, Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap()).await;
    let description = page.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"), "{description}");
    let post = &description["paths"]["/api/v1/answers"]["post"];
    for status in ["200", "401", "409", "413", "422", "503"] {
        assert!(post["responses"][status].is_object(), "{status}: {post}");
    }
    assert_eq!(post["security"], json!([{ "token": [] }]));
    assert_eq!(description["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    assert!(description["components"]["schemas"]["Problem"]["properties"]["next_step"].is_object());
    assert!(description["paths"]["/healthz"]["get"].is_object());

    let health = send(&world.router, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!(health.status, StatusCode::OK);
    assert_eq!(health.json(), json!({ "status": "ok", "vendor": "Northwind Software" }));
    world.signer.clone().close().await;
    let health = send(&world.router, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!((health.status, health.header("content-type")), (StatusCode::SERVICE_UNAVAILABLE, PROBLEM));
}

fn base64(text: &Value) -> Vec<u8> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap()
}
