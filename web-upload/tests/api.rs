//! The REST API, as a program meets it.

mod common;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use common::{ANA, Page, World, send};
use license_format::{Kind, UnverifiedFile, limits};
use serde_json::{Value, json};
use signer::{init::DataDir, people::TokenRights};

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
    let method = send(&world.router, Request::put("/api/v1/answers").body(Body::empty()).unwrap()).await;
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
    // It was asked within this second.
    let health = send(&world.router, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!(health.status, StatusCode::OK);
    world.pass(1);
    let health = send(&world.router, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!((health.status, health.header("content-type")), (StatusCode::SERVICE_UNAVAILABLE, PROBLEM));
}

/// A signer that cannot sign says so; where its keys lie is for those who run it, and for nobody who uploads or asks for its health.
#[tokio::test]
async fn what_is_wrong_with_the_keys_is_told_by_its_code_alone() {
    let world = World::new().await;
    let data = DataDir::new(world.folder.path().join("data"));
    std::fs::write(data.key_settings(), "neither a key nor a value").unwrap();
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    let token = world.token(&world.contoso.account).await;
    let brought = bring(&world, Some(&token), "*/*", request).await;
    assert_eq!(brought.status, StatusCode::SERVICE_UNAVAILABLE);
    let code = brought.json()["code"].as_str().unwrap().to_owned();
    assert!(
        brought.json()["next_step"].as_str().unwrap().starts_with("Nothing was taken."),
        "{}",
        brought.text()
    );
    let health = send(&world.router, Request::get("/healthz").body(Body::empty()).unwrap()).await;
    let expected =
        json!({ "status": "warning", "vendor": "Northwind Software", "warning": { "code": code } });
    assert_eq!((health.status, health.json()), (StatusCode::OK, expected));
    for page in [brought, health] {
        page.does_not_say("keys.toml").does_not_say(world.folder.path().to_str().unwrap());
    }
}

/// One call with a token.
async fn call(world: &World, token: &str, method: &str, path: &str, body: Option<Value>) -> Page {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    send(&world.router, request.body(body).unwrap()).await
}

/// The same, and its status and document.
async fn ask(world: &World, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let page = call(world, token, method, path, body).await;
    let json = if page.body.is_empty() { Value::Null } else { page.json() };
    let failed = page.status.as_u16() >= 400;
    assert!(!failed || page.header("content-type") == PROBLEM && json["next_step"].is_string(), "{json}");
    (page.status.as_u16(), json)
}

#[tokio::test]
async fn a_token_that_manages_decides_about_keys_as_an_administrator_does() {
    let world = World::new().await;
    let token = world.token_to(&world.contoso.account, TokenRights::Manage).await;
    let of = format!("/subscriptions/{}", world.contoso.subscription);
    let (_, sold) = ask(&world, &token, "GET", "/subscriptions", None).await;
    assert_eq!(
        sold[0]["grants"],
        json!([{
            "metric": "managed-device",
            "seats": 250,
            "edition": "Standard",
            "over_limit": "notify",
            "over_limit_days": null,
            "after_end_days": 0,
            "features": {},
        }])
    );
    let keys = format!("{of}/license-keys");
    // All that is wrong is listed, and a preview makes nothing.
    let wrong = json!({ "name": "", "quota": 900, "draw": "reserved", "installations": 0 });
    let (status, problem) = ask(&world, &token, "POST", &keys, Some(wrong)).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid")));
    let fields: Vec<&str> =
        problem["problems"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "quota", "installations"]);
    let berlin = json!({ "name": "Berlin", "quota": 100, "draw": "reserved" });
    let (status, preview) =
        ask(&world, &token, "POST", &format!("{keys}?preview=true"), Some(berlin.clone())).await;
    assert_eq!((status, &preview["effect"]), (200, &json!("none")));
    assert_eq!(preview["timelines"][0]["instants"][0]["reserved"], 100);
    let (_, all) = ask(&world, &token, "GET", &keys, None).await;
    assert_eq!(all["rows"].as_array().unwrap().len(), 1);
    let (status, made) = ask(&world, &token, "POST", &keys, Some(berlin)).await;
    assert_eq!((status, &made["version"], &made["moves"]), (201, &json!(1), &json!(0)));
    let key = format!("/license-keys/{}", made["id"].as_str().unwrap());

    // A page at a time.
    let (_, first) = ask(&world, &token, "GET", &format!("{keys}?limit=1"), None).await;
    assert_eq!(first["rows"][0]["kind"], "primary");
    let next = first["next"].as_str().unwrap();
    let (_, second) = ask(&world, &token, "GET", &format!("{keys}?limit=1&after={next}"), None).await;
    assert_eq!((&second["rows"][0]["name"], &second["next"]), (&json!("Berlin"), &Value::Null));
    let (status, problem) = ask(&world, &token, "GET", &format!("{keys}?after=nonsense"), None).await;
    assert_eq!((status, &problem["code"]), (422, &json!("cursor")));

    // A lower quota with a site in the field: shown, then done, on the version that was seen.
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&made["key"].as_str().unwrap().parse().unwrap(), world.now());
    let license = bring(&world, Some(&token), "*/*", request).await;
    proxy.import(&license.body, world.now());
    let lower = json!({ "version": 1, "quota": 40 });
    let (_, preview) =
        ask(&world, &token, "PATCH", &format!("{key}?preview=true"), Some(lower.clone())).await;
    assert_eq!(preview["differences"], json!([{ "what": "quota", "before": "100", "after": "40" }]));
    assert_eq!(
        (&preview["effect"], &preview["at_most"], &preview["over"]),
        (&json!("fewer"), &json!(40), &json!(60))
    );
    assert_eq!(preview["affected"][0]["site_code"], "PS1");
    let (status, changed) = ask(&world, &token, "PATCH", &key, Some(lower.clone())).await;
    assert_eq!((status, &changed["quota"], &changed["version"]), (200, &json!(40), &json!(2)));
    let (status, problem) = ask(&world, &token, "PATCH", &key, Some(lower)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("changed-meanwhile")));
    let open = json!({ "version": 2, "quota": null, "draw": "dynamic", "headroom": 5, "ends": "2027-01-01" });
    let (_, changed) = ask(&world, &token, "PATCH", &key, Some(open)).await;
    assert_eq!((&changed["quota"], &changed["headroom"]), (&Value::Null, &json!(5)));
    assert_eq!((&changed["homes"], &changed["leased"][0]["seats"]), (&json!(1), &json!(100)));

    // Codes.
    let codes = format!("{key}/codes");
    let new = json!({ "emails": ["ana@contoso.example", "ben@contoso.example"], "expires": "2026-12-24" });
    let (status, made) = ask(&world, &token, "POST", &codes, Some(new)).await;
    assert_eq!((status, made.as_array().unwrap().len()), (201, 2));
    let code = made[0]["code"].as_str().unwrap();
    assert_eq!(
        call(&world, &token, "DELETE", &format!("{codes}/{code}"), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(ask(&world, &token, "DELETE", &format!("{codes}/{code}"), None).await.0, 404);
    let (_, open) = ask(&world, &token, "GET", &format!("{codes}?state=open"), None).await;
    assert_eq!(open["rows"][0]["email"], "ben@contoso.example");

    let (_, preview) = ask(&world, &token, "DELETE", &format!("{key}?preview=true"), None).await;
    assert_eq!((&preview["effect"], &preview["installations"]), (&json!("ends"), &json!(1)));
    assert_eq!(ask(&world, &token, "DELETE", &key, None).await.0, 422, "a version is needed");
    assert_eq!(
        call(&world, &token, "DELETE", &format!("{key}?version=3"), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(ask(&world, &token, "GET", &key, None).await.0, 404);
    // Who did it stands in the history.
    let page = world.signed_in(ANA).await.get(&format!("/accounts/{}{of}", world.contoso.account)).await;
    page.says("A program, with an API token").says("Deleted");
}

#[tokio::test]
async fn a_token_that_manages_decides_about_installations() {
    let world = World::new().await;
    let token = world.token_to(&world.contoso.account, TokenRights::Manage).await;
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    let license = bring(&world, Some(&token), "*/*", request).await;
    proxy.import(&license.body, world.now());
    let (_, page) = ask(&world, &token, "GET", "/installations?q=ps", None).await;
    let line = &page["rows"][0];
    assert_eq!((&line["state"], &line["seats"]), (&json!("used"), &json!(250)));
    assert_eq!(line["good_until"], "2027-02-20T10:00:00Z");
    let here = format!("/installations/{}", line["installation"].as_str().unwrap());
    let (_, shown) = ask(&world, &token, "GET", &here, None).await;
    let key = shown["homes"][0]["license_key"].as_str().unwrap();
    let about = |reason: &str| Some(json!({ "license_key": key, "reason": reason }));
    let (status, problem) = ask(&world, &token, "POST", &format!("{here}/move"), about(" ")).await;
    assert_eq!((status, &problem["code"]), (422, &json!("reason")));
    let done = async |deed: &str| ask(&world, &token, "POST", &format!("{here}/{deed}"), about("lost")).await;
    assert_eq!(done("block").await.0, 204);
    let (_, blocked) = ask(&world, &token, "GET", "/installations?show=blocked", None).await;
    assert_eq!(blocked["rows"].as_array().unwrap().len(), 1);
    assert_eq!(done("allow").await.0, 204);
    assert_eq!(done("move").await.0, 204);
    let (status, problem) = done("move").await;
    assert_eq!((status, &problem["code"]), (409, &json!("not-at-home")));
    let (_, shown) = ask(&world, &token, "GET", &here, None).await;
    assert_eq!((&shown["homes"], &shown["barred"][0]["why"]), (&json!([]), &json!("moved")));
    let (status, problem) =
        ask(&world, &token, "POST", &format!("{here}/fork"), Some(json!({ "lives": "second" }))).await;
    assert_eq!((status, &problem["code"]), (409, &json!("no-fork")));
    let (status, problem) =
        ask(&world, &token, "POST", &format!("{here}/fork"), Some(json!({ "lives": "both" }))).await;
    assert_eq!((status, &problem["code"]), (422, &json!("malformed-request")));
    let (_, overdraft) =
        ask(&world, &token, "GET", &format!("/subscriptions/{}/overdraft", world.contoso.subscription), None)
            .await;
    assert_eq!((&overdraft[0]["seats"], &overdraft[0]["granted"]), (&json!(250), &json!(false)));
    let timeline = format!("/subscriptions/{}/timeline", world.contoso.subscription);
    let (_, timelines) = ask(&world, &token, "GET", &timeline, None).await;
    assert_eq!(timelines[0]["instants"][0]["booked"], 250);
}

#[tokio::test]
async fn a_token_that_manages_calls_installations_as_it_likes_and_reads_what_was_answered() {
    let world = World::new().await;
    let token = world.token_to(&world.contoso.account, TokenRights::Manage).await;
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    let license = bring(&world, Some(&token), "*/*", request).await;
    proxy.import(&license.body, world.now());
    world.pass(60);
    let receipt = bring(&world, Some(&token), "*/*", proxy.deactivate(world.now())).await;

    // The answers, the newest first, a page at a time and by kind, and each file as it was given.
    let (_, first) = ask(&world, &token, "GET", "/answers?limit=1", None).await;
    assert_eq!(first["rows"][0]["kind"], "deactivation-receipt");
    let next = format!("/answers?limit=1&after={}", first["next"].as_str().unwrap());
    let (_, second) = ask(&world, &token, "GET", &next, None).await;
    assert_eq!(
        (&second["rows"][0]["kind"], &second["rows"][0]["site_code"]),
        (&json!("license"), &json!("PS1"))
    );
    assert_eq!(second.get("next"), None);
    for (line, given) in [(&first["rows"][0], &receipt), (&second["rows"][0], &license)] {
        let path = format!("/answers/{}", line["request"].as_str().unwrap());
        let file = call(&world, &token, "GET", &path, None).await;
        assert_eq!(file.body, given.body);
        assert_eq!(file.header("content-type"), "application/vnd.waybill+cbor");
    }
    let (_, licenses) = ask(&world, &token, "GET", "/answers?kind=license", None).await;
    assert_eq!(licenses["rows"], second["rows"]);
    let (status, problem) = ask(&world, &token, "GET", "/answers?kind=letters", None).await;
    assert_eq!((status, &problem["code"]), (422, &json!("kind")));
    let (status, problem) = ask(&world, &token, "GET", "/answers?after=here", None).await;
    assert_eq!((status, &problem["code"]), (422, &json!("cursor")));

    // What the account calls it, and notes.
    let here = format!("/installations/{}", first["rows"][0]["installation"].as_str().unwrap());
    let said = json!({ "edits": 0, "alias": "Cellar", "note": "Ask Ana." });
    let (status, shown) = ask(&world, &token, "PATCH", &here, Some(said.clone())).await;
    assert_eq!((status, &shown["alias"], &shown["note"]), (200, &json!("Cellar"), &json!("Ask Ana.")));
    let (status, problem) = ask(&world, &token, "PATCH", &here, Some(said)).await;
    assert_eq!((status, &problem["code"]), (409, &json!("changed-meanwhile")));
    let wrong = json!({ "edits": 1, "alias": "two\nlines" });
    let (status, problem) = ask(&world, &token, "PATCH", &here, Some(wrong)).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid")));
    let (_, page) = ask(&world, &token, "GET", "/installations?q=ps1&show=deactivated", None).await;
    assert_eq!(page["rows"][0]["alias"], "Cellar");
    let (_, page) = ask(&world, &token, "GET", "/installations?q=ps1&show=active", None).await;
    assert_eq!(page["rows"], json!([]), "a search and a state are looked for together");

    // What was agreed upon is read here.
    let (_, sold) =
        ask(&world, &token, "GET", &format!("/subscriptions/{}", world.contoso.subscription), None).await;
    let grant = &sold["grants"][0];
    assert_eq!(
        (&grant["over_limit"], &grant["over_limit_days"], &grant["after_end_days"], &grant["features"]),
        (&json!("notify"), &Value::Null, &json!(0), &json!({}))
    );
}

#[tokio::test]
async fn a_token_is_of_one_account_and_does_what_it_was_made_for() {
    let world = World::new().await;
    let manages = world.token_to(&world.contoso.account, TokenRights::Manage).await;
    let foreign = world.token_to(&world.fabrikam.account, TokenRights::Manage).await;
    let courier = world.token(&world.contoso.account).await;
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    bring(&world, Some(&courier), "*/*", request).await;
    let of = format!("/subscriptions/{}", world.contoso.subscription);
    let (_, keys) = ask(&world, &manages, "GET", &format!("{of}/license-keys"), None).await;
    let id = keys["rows"][0]["id"].as_str().unwrap();
    let (_, lines) = ask(&world, &manages, "GET", "/installations", None).await;
    let here = format!("/installations/{}", lines["rows"][0]["installation"].as_str().unwrap());
    let (_, answers) = ask(&world, &manages, "GET", "/answers", None).await;
    let about = json!({ "license_key": id, "reason": "mine" });
    let calls = [
        ("GET", of.clone(), None),
        ("GET", format!("{of}/timeline"), None),
        ("GET", format!("{of}/overdraft"), None),
        ("GET", format!("{of}/license-keys"), None),
        ("POST", format!("{of}/license-keys"), Some(json!({ "name": "x" }))),
        ("GET", format!("/license-keys/{id}"), None),
        ("PATCH", format!("/license-keys/{id}"), Some(json!({ "version": 1, "blocked": true }))),
        ("DELETE", format!("/license-keys/{id}?version=1"), None),
        ("GET", format!("/license-keys/{id}/codes"), None),
        (
            "POST",
            format!("/license-keys/{id}/codes"),
            Some(json!({ "emails": ["a@b.example"], "expires": "2026-12-24" })),
        ),
        ("GET", here.clone(), None),
        ("GET", format!("/answers/{}", answers["rows"][0]["request"].as_str().unwrap()), None),
        ("PATCH", here.clone(), Some(json!({ "edits": 0, "alias": "mine" }))),
        ("POST", format!("{here}/move"), Some(about.clone())),
        ("POST", format!("{here}/block"), Some(about.clone())),
        ("POST", format!("{here}/allow"), Some(about)),
        ("POST", format!("{here}/exchange"), Some(json!({ "license_key": id, "to": id, "reason": "mine" }))),
    ];
    let unknown = |path: &str| {
        let other = "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11";
        path.replace(id, other).replace(world.contoso.subscription.as_str(), other)
    };
    for (method, path, body) in calls {
        // What is another account's is not there, as if it had never been.
        let (status, problem) = ask(&world, &foreign, method, &path, body.clone()).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not-found")), "{method} {path}");
        assert_eq!(problem, ask(&world, &foreign, method, &unknown(&path), body.clone()).await.1, "{path}");
        // A token for a courier brings files and sees nothing.
        let (status, problem) = ask(&world, &courier, method, &path, body.clone()).await;
        assert_eq!((status, &problem["code"]), (403, &json!("token-brings-only")), "{method} {path}");
        let (status, problem) = ask(&world, "wba_nonsense", method, &path, body).await;
        assert_eq!((status, &problem["code"]), (401, &json!("token-needed")), "{method} {path}");
    }
    let (_, lines) = ask(&world, &foreign, "GET", "/installations", None).await;
    assert_eq!(lines["rows"], json!([]));
    assert_eq!(ask(&world, &foreign, "GET", "/subscriptions", None).await.1.as_array().unwrap().len(), 1);
    let (_, keys) = ask(&world, &manages, "GET", &format!("{of}/license-keys"), None).await;
    assert_eq!(
        (&keys["rows"][0]["version"], &keys["rows"][0]["moves"]),
        (&json!(1), &json!(0)),
        "nothing was done"
    );
}

#[tokio::test]
async fn every_call_stands_in_the_description() {
    let world = World::new().await;
    let page = send(&world.router, Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap()).await;
    let description = page.json();
    let paths = description["paths"].as_object().unwrap();
    let mut calls: Vec<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect();
    calls.sort();
    let installation = "/api/v1/installations/{installation}";
    let of = "/api/v1/subscriptions/{subscription}";
    let mut expected: Vec<String> = ["allow", "block", "exchange", "fork", "move"]
        .iter()
        .map(|deed| format!("post {installation}/{deed}"))
        .chain([
            "get /api/v1/installations".to_owned(),
            format!("get {installation}"),
            format!("patch {installation}"),
            "get /api/v1/answers".to_owned(),
            "get /api/v1/answers/{request}".to_owned(),
            "get /api/v1/license-keys/{key}".to_owned(),
            "patch /api/v1/license-keys/{key}".to_owned(),
            "delete /api/v1/license-keys/{key}".to_owned(),
            "get /api/v1/license-keys/{key}/codes".to_owned(),
            "post /api/v1/license-keys/{key}/codes".to_owned(),
            "delete /api/v1/license-keys/{key}/codes/{code}".to_owned(),
            "get /api/v1/subscriptions".to_owned(),
            format!("get {of}"),
            format!("get {of}/license-keys"),
            format!("post {of}/license-keys"),
            format!("get {of}/overdraft"),
            format!("get {of}/timeline"),
            "post /api/v1/answers".to_owned(),
            "get /healthz".to_owned(),
        ])
        .collect();
    expected.sort();
    assert_eq!(calls, expected);
    assert!(description["info"]["description"].as_str().unwrap().contains("vendor's staff"));
}

fn base64(text: &Value) -> Vec<u8> {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap()
}
