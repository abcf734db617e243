//! Who sees what: staff everything, an account its own, a member no whole license key, and nobody anything else.

mod common;

use axum::http::StatusCode;
use common::{ANA, BEN, STAFF, World};
use signer::people::Role;

#[tokio::test]
async fn an_account_neither_sees_nor_gets_what_is_anothers() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let request = world.proxy("PS1").activate(&world.contoso.key, world.now());
    let answer = ana.upload_file(&request).await.link("/answers/");
    let contoso = &world.contoso.account;
    let list = ana.get(&format!("/accounts/{contoso}/installations")).await;
    let installation = list.link(&format!("/accounts/{contoso}/installations/"));

    let mut ben = world.signed_in(BEN).await;
    let fabrikam = &world.fabrikam.account;
    let moved_in = |path: &str| path.replace(contoso.as_str(), fabrikam.as_str());
    let subscription = format!("/accounts/{contoso}/subscriptions/{}", world.contoso.subscription);
    for path in [
        format!("/accounts/{contoso}"),
        format!("/accounts/{contoso}/installations"),
        installation.clone(),
        subscription.clone(),
        answer.clone(),
        // Through the own account's address.
        moved_in(&installation),
        moved_in(&subscription),
    ] {
        let page = ben.get(&path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.does_not_say("Contoso").does_not_say("PS1");
    }
    let page =
        ben.upload(&[("account", None, contoso.as_str().as_bytes()), ("files", Some("f"), &request)]).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    // The key exists, and for another account it does not.
    let foreign = world.proxy("PS2").activate(&world.contoso.key, world.now());
    let page = ben.upload_file(&foreign).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("license-key-unknown");
    // A request that was answered for one account is not answered with the same file for another.
    let page = ben.upload_file(&request).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.does_not_say("250 managed devices").does_not_say("Answered before");
    assert_eq!(ben.get(&answer).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ana.get(&answer).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_for_staff_is_for_staff() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let contoso = &world.contoso.account;
    let here = format!("/accounts/{contoso}/subscriptions/{}", world.contoso.subscription);
    for path in
        ["/accounts", "/accounts/new", "/installations", &format!("/accounts/{contoso}/subscriptions/new")]
    {
        let page = ana.get(path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        page.says("for the vendor").says("staff-only");
    }
    let end = [("version", "1"), ("end", "2030-01-01"), ("seats-managed-device", "9000"), ("allow", "on")];
    for path in [
        "/accounts/new".to_owned(),
        format!("/accounts/{contoso}/members"),
        format!("/accounts/{contoso}/subscriptions/new"),
        format!("{here}/edit"),
        format!("{here}/overdraft"),
        format!("{here}/offline-use"),
    ] {
        assert_eq!(ana.post(&path, &end).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    ana.get(&here).await.says("250 managed devices").does_not_say("Change the subscription");
}

#[tokio::test]
async fn staff_set_up_a_customer_from_nothing_to_a_license() {
    let world = World::new().await;
    let mut staff = world.signed_in(STAFF).await;
    staff.get("/accounts").await.says("Contoso").says("Fabrikam");
    staff.get("/accounts?q=fabri").await.says("Fabrikam").does_not_say("Contoso");
    staff.get("/accounts?q=zzz").await.says("No account's name contains");
    // A form with mistakes comes back with what was typed and everything that is wrong.
    let page =
        staff.post("/accounts/new", &[("name", " "), ("kind", "personal"), ("admin_email", "nobody")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("value=\"nobody\"").says("role=\"alert\"");
    assert_eq!(page.text().matches("aria-invalid").count(), 2);
    let made = staff
        .post(
            "/accounts/new",
            &[("name", "Tailspin"), ("kind", "business"), ("admin_email", "tia@tailspin.example")],
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let form = made.link("/accounts/0"); // The breadcrumb: the account's page.
    let new = format!("{form}/subscriptions/new");
    staff.get(&new).await.says("value=\"2026-11-22\"").says("value=\"2027-11-22\"");
    let page = staff
        .post(
            &new,
            &[("license_type", "desktop"), ("seats", "0"), ("start", "2026-11-22"), ("end", "2026-11-01")],
        )
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("Seats are 1 to").says("ended already");
    let fields = [
        ("license_type", "mobile"),
        ("seats", "1,000"),
        ("start", "2026-11-22"),
        ("end", "2027-11-22"),
        ("trial", "on"),
        ("offline_use", "on"),
        ("file_days", "30"),
        ("report_days", "20"),
    ];
    let done = staff.post(&new, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let page = staff.get(done.header("location")).await;
    page.says("The subscription and its license key are ready").says("1,000 managed devices").says("(trial)");
    page.says("<details open>").says("30 days, never past the contract");
    let (_, key) = page.text().split_once("license-key whole\">").unwrap();
    let key: license_format::LicenseKey = key.split_once('<').unwrap().0.parse().unwrap();
    assert_eq!(key.license_type(), license_format::LicenseType::Mobile);
    // Staff may upload for anybody.
    let request = world.proxy("TS1").activate(&key, world.now());
    staff
        .upload_file(&request)
        .await
        .says("Mobile license for TS1")
        .says("1,000 managed devices")
        .says(", trial");
    staff.get(&form).await.says("TS1").says("Invited");
    staff.get("/installations?q=ts1").await.says("TS1").says("Mobile");
}

#[tokio::test]
async fn seats_and_end_change_only_as_they_were_shown() {
    let world = World::new().await;
    let mut staff = world.signed_in(STAFF).await;
    let here = format!("/accounts/{}/subscriptions/{}", world.contoso.account, world.contoso.subscription);
    let edit = format!("{here}/edit");
    staff.get(&here).await.says("Change the subscription");
    let form = staff.get(&edit).await.form("edit");
    assert_eq!(form["seats-managed-device"], "250");
    let change = |version: &str, seats: &str, end: &str, step: &str| {
        let mut form = form.clone();
        for (name, value) in
            [("version", version), ("seats-managed-device", seats), ("end", end), ("step", step)]
        {
            form.insert(name.to_owned(), value.to_owned());
        }
        form
    };
    // First it is shown, and nothing is changed.
    let page = staff.submit(&edit, &change("1", "400", "2028-11-22", "")).await;
    page.does_not_say("Contract begins")
        .says("Seats (managed devices)")
        .says("<td>250</td><td>400</td>")
        .does_not_say("Saved.");
    staff.get(&here).await.says("250 managed devices");
    let mut confirmed = page.form("edit");
    confirmed.insert("step".to_owned(), "do".to_owned());
    let done = staff.submit(&edit, &confirmed).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let page = staff.get(done.header("location")).await;
    page.says("Saved.").says("400 managed devices").says("2028-11-22").says("You");
    // Whoever was overtaken is told, before and after the page to confirm.
    for step in ["", "do"] {
        let stale = staff.submit(&edit, &change("1", "10", "2028-11-22", step)).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        stale.says("Changed meanwhile").says("value=\"400\"");
    }
    for (seats, end) in [("many", "2028-11-22"), ("10", "soon"), ("0", "2028-11-22"), ("10", "2020-01-01")] {
        let page = staff.submit(&edit, &change("2", seats, end, "")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{seats} {end}");
        page.says("role=\"alert\"").says("aria-invalid").says(&format!("value=\"{seats}\""));
    }
    // The address must name both rightly.
    let crossed = edit.replace(world.contoso.account.as_str(), world.fabrikam.account.as_str());
    let page = staff.submit(&crossed, &change("2", "10", "2028-11-22", "do")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    // The customer reads the history, and not who of staff it was.
    let page = world.signed_in(ANA).await.get(&here).await;
    page.says("Vendor&#39;s staff").does_not_say(STAFF);
}

#[tokio::test]
async fn members_see_the_last_group_of_a_key_and_administrators_all_of_it() {
    let world = World::new().await;
    world.join(&world.fabrikam.account, ANA, Role::Member).await;
    let mut ana = world.signed_in(ANA).await;
    let page = |customer: &common::Customer| {
        format!("/accounts/{}/subscriptions/{}", customer.account, customer.subscription)
    };
    let own = world.contoso.key.to_string();
    ana.get(&page(&world.contoso)).await.says(&own).says(&world.contoso.key.last_group().masked());
    let other = world.fabrikam.key.to_string();
    ana.get(&page(&world.fabrikam))
        .await
        .does_not_say(&other)
        .says(&world.fabrikam.key.last_group().masked());
    // With two accounts there is a way from one to the other.
    ana.get(&format!("/accounts/{}", world.fabrikam.account))
        .await
        .says("<summary>Fabrikam</summary>")
        .says("Contoso");
}

#[tokio::test]
async fn an_administrator_decides_a_fork_and_nobody_else_does() {
    let world = World::new().await;
    world.join(&world.contoso.account, "mia@contoso.example", Role::Member).await;
    let mut ana = world.signed_in(ANA).await;
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    let answer = ana.upload_file(&request).await.link("/answers/");
    proxy.import(&ana.get(&answer).await.body, world.now());
    let mut copy = proxy.copied();
    ana.upload_file(&proxy.refresh(10, world.now())).await.says("Desktop license");
    let page = ana.upload_file(&copy.refresh(11, world.now())).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("fork").says("/refusals#fork").says("Look at both branches");

    let contoso = &world.contoso.account;
    let first = ana.get(&format!("/accounts/{contoso}")).await;
    first.says("A copy of the proxy of site PS1 was seen");
    let here = first.link(&format!("/accounts/{contoso}/installations/"));
    let page = ana.get(&here).await;
    page.says("A copy of this proxy was seen")
        .says("The first branch lives on")
        .says("The second branch lives on");
    page.says("Let the second live").says("It cannot be undone");
    // Staff see it, and leave it to the account.
    let mut staff = world.signed_in(STAFF).await;
    staff.get(&here).await.says("The second branch lives on").does_not_say("Let the second live");
    let fork = format!("{here}/fork");
    let refused = staff.post(&fork, &[("lives", "second")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.says("administrators-only");
    assert_eq!(
        world.signed_in(BEN).await.post(&fork, &[("lives", "second")]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(ana.post(&fork, &[("lives", "both")]).await.status, StatusCode::BAD_REQUEST);

    let done = ana.post(&fork, &[("lives", "second")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    ana.get(done.header("location"))
        .await
        .says("Decided: the second branch lives on")
        .does_not_say("Let the second live");
    let twice = ana.post(&fork, &[("lives", "first")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    twice.says("no fork to resolve");
}

#[tokio::test]
async fn where_nothing_is_the_page_says_so() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let nobody = "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11";
    for path in [
        "/nothing".to_owned(),
        "/accounts/".to_owned(),
        "/accounts/nonsense".to_owned(),
        format!("/accounts/{nobody}"),
        format!("/accounts/{}/subscriptions/nonsense", world.contoso.account),
        format!("/accounts/{}/subscriptions/{nobody}", world.contoso.account),
        format!("/accounts/{}/installations/abc", world.contoso.account),
        format!("/answers/{}", "ab".repeat(32)),
        "/answers/short".to_owned(),
    ] {
        let page = ana.get(&path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.says("Page not found").says("<strong>Next:</strong>").says(ANA);
    }
    let stranger = world.browser().get("/nothing").await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    let asset = world.browser().get("/assets/waybill.css").await;
    assert_eq!(asset.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_addresses_that_change() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    for name in ["/assets/pico.min.", "/assets/waybill.", "/assets/favicon."] {
        let asset = browser.get(&page.link(name)).await;
        assert_eq!(asset.status, StatusCode::OK);
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
    }
    world.browser().get("/refusals").await.says("id=\"no-seats\"").says("What refusals mean");
}

/// Staff see the log, and who has seen another; everybody may take the checkpoint and compare.
#[tokio::test]
async fn the_record_and_who_has_seen_another() {
    let world = World::new().await;
    let mut staff = world.signed_in(STAFF).await;
    let empty = staff.get("/record").await;
    assert!(empty.text().contains("One history") && empty.text().contains("no checkpoint"));
    assert_eq!(world.browser().get("/record/checkpoint").await.status, StatusCode::NOT_FOUND);

    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    let answer = world.signer.answer(&request, &signer::Asker::Staff, world.now()).await.unwrap();
    proxy.import(&answer.file, world.now());
    let note = world.browser().get("/record/checkpoint").await;
    assert_eq!(note.header("content-type"), "text/plain; charset=utf-8");
    let view = world.signer.log().view().await.unwrap();
    assert_eq!(note.text(), view.note.unwrap());
    let file = world.browser().get("/record/checkpoint.waybill").await;
    assert_eq!(file.body, view.checkpoint.unwrap());
    let page = staff.get("/record").await;
    assert!(page.text().contains(&view.root.to_string()), "{}", page.text());
    assert!(!page.text().contains("Another log was seen"));

    // Somebody with a copy of all that signs shows this proxy another log.
    let (data, twin) = (world.folder.path().join("data"), world.folder.path().join("twin"));
    copy(&data, &twin);
    let passphrase = signer::keys::Passphrase::new("correct horse battery staple".to_owned()).unwrap();
    let twin =
        signer::Signer::open(&signer::init::DataDir::new(twin), &passphrase, world.now()).await.unwrap();
    let request = proxy.refresh(3, world.now());
    let answer = twin.answer(&request, &signer::Asker::Staff, world.now()).await.unwrap();
    proxy.import(&answer.file, world.now());
    let mut other = world.proxy("PS2");
    for request in [other.activate(&world.fabrikam.key, world.now()), proxy.refresh(4, world.now())] {
        world.signer.answer(&request, &signer::Asker::Staff, world.now()).await.unwrap();
    }
    let page = staff.get("/record").await;
    assert!(page.text().contains("Another log was seen"), "{}", page.text());
    let name = proxy.state.thumbprint();
    assert!(page.text().contains(&format!("/installations/{name}")));

    assert_eq!(world.signed_in(ANA).await.get("/record").await.status, StatusCode::FORBIDDEN);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, path) = entry.map(|entry| (entry.file_type().unwrap(), entry.path())).unwrap();
        let to = to.join(path.file_name().unwrap());
        if entry.is_dir() { copy(&path, &to) } else { std::fs::copy(&path, &to).map(|_| ()).unwrap() }
    }
}
