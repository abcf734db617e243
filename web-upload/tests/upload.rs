//! The upload page: every kind of request, several at once, what cannot be read, and the files that are handed out.

mod common;

use axum::http::StatusCode;
use common::{ANA, Page, STAFF, World};
use license_format::{DAY, UnverifiedFile, limits};
use signer::{
    catalog::SubscriptionChange,
    people::{Actor, Role},
};

#[tokio::test]
async fn a_license_lives_its_life_on_the_page() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let mut proxy = world.proxy("PS1");

    let request = proxy.activate(&world.contoso.key, world.now());
    let page = ana.upload(&[("files", Some("ps1 <b>.waybill"), &request), ("text", None, b"")]).await;
    assert_eq!(page.status, StatusCode::OK);
    // First what the file is.
    page.says("1 file: 1 license.").says("Activation request").says("ps1 &#60;b&#62;.waybill");
    page.says("PS1 (Headquarters), installation")
        .says("CM-PS1, waybill-proxy 0.1.0")
        .says("number 1, made 2026-11-22 10:00 UTC");
    // Then what was answered: the seats, and three dates as three things.
    page.says("Desktop license for PS1 (Headquarters)").says("250 managed devices");
    page.says("Contract ends").says(">2027-11-22</time>").says("File good until").says(">2027-02-20</time>");
    page.says("Report due by").says(">2027-01-21</time>");
    page.says("waybill-proxy import PS1-desktop-license-2026-11-22-").does_not_say("Answered before");

    let link = page.link("/answers/");
    let license = ana.get(&link).await;
    assert_eq!(license.header("content-type"), "application/vnd.waybill+cbor");
    let disposition = license.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"PS1-desktop-license-2026-11-22-"),
        "{disposition}"
    );
    let armoured = ana.get(&format!("{link}?armour=1")).await;
    assert_eq!(armoured.header("content-type"), "text/plain; charset=utf-8");
    armoured.says("-----BEGIN WAYBILL LICENSE-----").says("File good until: 2027-02-20");
    assert_eq!(armoured.file(), license.file());
    proxy.import(&license.body, world.now());

    // The same file again: the same bytes, and nothing is taken twice.
    let again = ana.upload_file(&request).await;
    again.says("Answered before:").says("these are the same bytes");
    assert_eq!(ana.get(&again.link("/answers/")).await.body, license.body);

    // A refresh, pasted as text with a letter around it.
    world.pass(30 * DAY);
    let mut ana = world.signed_in(ANA).await;
    let refresh = UnverifiedFile::read(&proxy.refresh(262, world.now())).unwrap().armour().unwrap();
    let letter = format!("Hello,\n\n> {}\n\nBest wishes", refresh.trim().replace('\n', "\n> "));
    let page = ana.upload(&[("files", Some(""), b""), ("text", None, letter.as_bytes())]).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Pasted text")
        .says("Refresh request")
        .says("262 managed devices, at most 262")
        .says("Desktop license for PS1");
    let license = ana.get(&page.link("/answers/")).await;
    proxy.import(&license.body, world.now());

    // What was reported stands on the installation's page.
    let list = ana.get(&format!("/accounts/{}/installations", world.contoso.account)).await;
    list.says("PS1 (Headquarters)").says("262").says("Over the limit");
    let details = ana.get(&list.link(&format!("/accounts/{}/installations/", world.contoso.account))).await;
    details.says("12 over the limit").says("download it again").says("Contract ends").says("Report due by");

    let stop = proxy.deactivate(world.now());
    let page = ana.upload_file(&stop).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("1 file: 1 receipt.").says("Desktop deactivated for PS1").says("The license key is free again");
    let receipt = ana.get(&page.link("/answers/")).await;
    assert_eq!(receipt.file().document.kind(), license_format::Kind::DeactivationReceipt);
    proxy.import(&receipt.body, world.now());
}

#[tokio::test]
async fn the_upload_page_brings_the_verifier_and_other_pages_do_not() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let page = ana.get("/").await;
    let module = ana.get(&page.link("/assets/waybill-verifier.")).await;
    assert_eq!(module.status, StatusCode::OK);
    assert_eq!(module.header("content-type"), "application/wasm");
    assert_eq!(module.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(module.body.starts_with(b"\0asm"));
    for script in ["/assets/check.", "/assets/verifier."] {
        let script = ana.get(&page.link(script)).await;
        assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    }
    // The form that comes back with a notice is the same page; the answers are another one.
    ana.upload(&[]).await.says("Nothing was uploaded").says("data-check-module=");
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    ana.upload_file(&request).await.says("Desktop license").does_not_say("data-check-module=");
}

#[tokio::test]
async fn a_refusal_says_why_what_to_do_and_can_be_carried_home() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let first = world.proxy("PS1").activate(&world.contoso.key, world.now());
    ana.upload_file(&first).await.says("Desktop license");

    // The key is at home elsewhere.
    let mut second = world.proxy("PS2");
    let request = second.activate(&world.contoso.key, world.now());
    let page = ana.upload_file(&request).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("Activation request refused for PS2").says("key-in-use").says("/refusals#key-in-use");
    page.says("in use at another installation").says("<strong>Next:</strong>");
    page.says("This changes by itself on")
        .says("Nothing was taken or changed, and the same file may be uploaded again");

    // It is not final, so the page carries the signed file and hands it back byte for byte.
    let (name, file) = (value_of(&page, "name"), value_of(&page, "file"));
    let saved = ana.post("/answers", &[("name", name), ("file", file)]).await;
    assert_eq!(
        (saved.status, saved.header("content-type")),
        (StatusCode::OK, "application/vnd.waybill+cbor")
    );
    assert!(saved.header("content-disposition").contains("PS2-desktop-refusal-2026-11-22-"));
    second.import(&saved.body, world.now());
    // Nothing but answers comes back that way.
    let other = base64(&request);
    for file in [other.as_str(), "", "bm90aGluZw=="] {
        assert_eq!(
            ana.post("/answers", &[("name", name), ("file", file)]).await.status,
            StatusCode::BAD_REQUEST
        );
    }
}

#[tokio::test]
async fn an_overtaken_request_is_offered_the_newest_license() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let mut proxy = world.proxy("PS1");
    let activation = proxy.activate(&world.contoso.key, world.now());
    let page = ana.upload_file(&activation).await;
    let license = ana.get(&page.link("/answers/")).await;
    proxy.import(&license.body, world.now());
    let late = proxy.refresh(10, world.now());
    world.pass(2 * DAY);
    let newer = proxy.refresh(20, world.now());
    let mut ana = world.signed_in(ANA).await;
    let page = ana.upload_file(&newer).await;
    let newest = ana.get(&page.link("/answers/")).await;

    let page = ana.upload_file(&late).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("overtaken").says("Download the newest license").says("answered for good");
    assert_eq!(ana.get(&page.link("/answers/")).await.body, newest.body);
    // The refusal is final, so it is kept too.
    page.says("Download the signed refusal").does_not_say("name=\"file\"");
    let again = ana.upload_file(&late).await;
    again.says("Answered before:");
}

#[tokio::test]
async fn several_files_get_several_answers_and_older_requests_go_first() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let mut proxy = world.proxy("PS1");
    let activation = proxy.activate(&world.contoso.key, world.now());
    let page = ana.upload_file(&activation).await;
    let license = ana.get(&page.link("/answers/")).await;
    proxy.import(&license.body, world.now());
    let older = proxy.refresh(10, world.now());
    world.pass(2 * DAY);
    let newer = proxy.refresh(20, world.now());
    let mut ana = world.signed_in(ANA).await;
    // The newer one comes first in the form; it would overtake the other.
    let page = ana
        .upload(&[
            ("files", Some("newer.waybill"), &newer),
            ("files", Some("holiday.jpg"), b"\xff\xd8\xff\xe0 a picture"),
            ("files", Some("older.waybill"), &older),
            ("files", Some("license.waybill"), &license.body),
            ("files", Some("empty.waybill"), b""),
        ])
        .await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("5 files: 2 licenses, 3 unreadable files.");
    let at = |words: &str| page.text().find(words).unwrap_or_else(|| panic!("{words}"));
    assert!(at("newer.waybill") < at("holiday.jpg") && at("holiday.jpg") < at("older.waybill"));
    page.says("not-waybill").says("This is not a Waybill file.");
    // What is a Waybill file, and no request, is shown for what it says it is.
    page.says("not verified").says("wrong-kind").says("requests go to the portal, answers to the proxy");
    page.says(">empty<").says("The file is empty.");
}

#[tokio::test]
async fn what_cannot_be_read_changes_nothing_and_says_so() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    let page = ana.upload_file(b"GIF89a garbage").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("not-waybill").says("Nothing was taken or changed.");
    let cut = ana.upload_file(&request[..request.len() - 1]).await;
    assert_eq!(cut.status, StatusCode::UNPROCESSABLE_ENTITY);
    cut.says("cbor-truncated");
    let mut altered = request.clone();
    *altered.last_mut().unwrap() ^= 1;
    let page = ana.upload_file(&altered).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("signature").says("not verified");
    ana.get(&format!("/accounts/{}/installations", world.contoso.account)).await.says("No installation yet");
}

#[tokio::test]
async fn nothing_too_many_and_too_large_are_refused_in_a_sentence() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let page = ana.upload(&[("files", Some(""), b""), ("text", None, b"  \r\n")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("Nothing was uploaded.").says("type=\"file\"");

    let parts: Vec<(&str, Option<&str>, &[u8])> = vec![("files", Some("f.waybill"), b"x"); 51];
    let page = ana.upload(&parts).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("too-many-files").says("at most 50 are taken").says("Nothing was done");

    // One file over the limit for a file.
    let large = vec![b'x'; limits::ARMOUR_BYTES + 1];
    let page = ana.upload_file(&large).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    page.says("too-large").says("longer than anything that belongs here");
    // And more than any upload.
    let huge = vec![b'x'; 17 * 1024 * 1024];
    let page = ana.upload_file(&huge).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    page.says("Too large").says("too-large");
}

#[tokio::test]
async fn a_form_that_is_none_is_not_understood() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let page = ana.post("/upload", &[("files", "x")]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.says("Not understood").says("Go back");
    assert_eq!(ana.get("/upload").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn who_belongs_to_two_accounts_says_whose_files_these_are() {
    let world = World::new().await;
    world.join(&world.fabrikam.account, ANA, Role::Member).await;
    let mut ana = world.signed_in(ANA).await;
    let form = ana.get("/").await;
    form.says("Choose the account whose files these are").says("Contoso").says("Fabrikam");
    let request = world.proxy("PS1").activate(&world.fabrikam.key, world.now());
    let page = ana.upload_file(&request).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("Choose the account");
    let in_account = |account: &str, request: &[u8]| (account.to_owned(), request.to_vec());
    let (account, file) = in_account(world.contoso.account.as_str(), &request);
    let page =
        ana.upload(&[("account", None, account.as_bytes()), ("files", Some("r.waybill"), &file)]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("license-key-unknown");
    let (account, file) = in_account(world.fabrikam.account.as_str(), &request);
    let page =
        ana.upload(&[("account", None, account.as_bytes()), ("files", Some("r.waybill"), &file)]).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("Desktop license for PS1");
    assert_eq!(ana.get(&page.link("/answers/")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn staff_allow_offline_use_and_the_same_file_gets_its_license() {
    let world = World::new().await;
    let off = SubscriptionChange { offline_use: Some(false), ..SubscriptionChange::default() };
    let id = &world.contoso.subscription;
    world.signer.catalog().update_subscription(id, 1, off, &Actor::Operator, world.now()).await.unwrap();
    let mut ana = world.signed_in(ANA).await;
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    let page = ana.upload_file(&request).await;
    page.says("offline-use-off").says("Offline use is not allowed").says("upload the same file again");
    let here = format!("/accounts/{}/subscriptions/{id}", world.contoso.account);
    ana.get(&here).await.says("Not allowed").does_not_say("Allow offline use</button>");

    let mut staff = world.signed_in(STAFF).await;
    staff.get(&here).await.says("Allow offline use</button>").says("name=\"version\" value=\"2\"");
    // Decided on a page that is no longer true.
    let stale = staff.post(&format!("{here}/offline-use"), &[("version", "1"), ("allow", "on")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    stale.says("Changed meanwhile").says("name=\"version\" value=\"2\"");
    let done = staff.post(&format!("{here}/offline-use"), &[("version", "2"), ("allow", "on")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    staff.get(done.header("location")).await.says("Offline use is allowed.").says("Stop offline use");
    ana.upload_file(&request).await.says("Desktop license for PS1");
}

/// The value of a hidden field.
fn value_of<'a>(page: &'a Page, name: &str) -> &'a str {
    let (_, rest) = page.text().split_once(&format!("type=\"hidden\" name=\"{name}\" value=\"")).expect(name);
    rest.split_once('"').unwrap().0
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}
