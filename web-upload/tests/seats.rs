//! What an account's administrators and the vendor's staff decide about seats, through the pages: keys, codes, installations, overdraft.
//! Everything is shown before it is done; members see it and change nothing; for everybody else it is not there.

mod common;
#[path = "seats/terms.rs"]
mod terms;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use common::{ANA, BEN, Browser, Page, Proxy, STAFF, World};
use license_format::{DAY, LicenseKey};
use signer::people::Role;

const MIA: &str = "mia@contoso.example";

/// A member who may sign in.
async fn mia(world: &World) -> Browser {
    world.join(&world.contoso.account, MIA, Role::Member).await;
    let hash = web_upload::Passwords::cheap_for_tests().hash(common::PASSWORD, &mut world.dice());
    let member = world.signer.people().members(&world.contoso.account).await.unwrap();
    let member = member.iter().find(|member| member.user.email.to_string() == MIA).unwrap();
    world.signer.people().set_password(&member.user.id, &hash).await.unwrap();
    world.signed_in(MIA).await
}

fn subscription(world: &World) -> String {
    format!("/accounts/{}/subscriptions/{}", world.contoso.account, world.contoso.subscription)
}

/// One file there and back.
async fn bring(browser: &mut Browser, proxy: &mut Proxy, file: &[u8], world: &World) {
    let answer = browser.upload_file(file).await.link("/answers/");
    proxy.import(&browser.get(&answer).await.body, world.now());
}

/// Fills in a form of a page.
fn with(form: BTreeMap<String, String>, values: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut form = form;
    form.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    form
}

/// Presses the button of a page to confirm, and follows where it leads.
async fn confirm(browser: &mut Browser, page: &Page, action: &str) -> Page {
    let html = page.text();
    let at = html.find("class=\"confirm\"").unwrap_or_else(|| panic!("nothing to confirm in {html}"));
    let start = html[..at].rfind("action=\"").unwrap() + 8;
    let path = &html[start..start + html[start..].find('"').unwrap()];
    assert!(path.ends_with(action), "{path}");
    let done = browser.submit(path, &with(page.form(action), &[("step", "do")])).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    browser.get(done.header("location")).await
}

/// Makes a sublicense; gives the address of its page, and the key.
async fn sublicense(browser: &mut Browser, world: &World, values: &[(&str, &str)]) -> (String, LicenseKey) {
    let new = format!("{}/keys/new", subscription(world));
    let form = with(browser.get(&new).await.form("keys/new"), values);
    let page = browser.submit(&new, &form).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let made = confirm(browser, &page, "keys/new").await;
    let (_, key) = made.text().split_once("license-key whole\">").unwrap();
    let address = made.link(&format!("/accounts/{}/keys/", world.contoso.account));
    (address.trim_end_matches("/edit").to_owned(), key.split_once('<').unwrap().0.parse().unwrap())
}

#[tokio::test]
async fn a_sublicense_is_made_changed_and_deleted_and_each_is_shown_before() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let new = format!("{}/keys/new", subscription(&world));
    ana.get(&subscription(&world)).await.says("Make a sublicense").says("0 of 3 spent");
    // What is wrong is said, all of it, with what was typed.
    let form = with(
        ana.get(&new).await.form("keys/new"),
        &[("name", " "), ("quota", "900"), ("renews", "no"), ("ends", "2026-01-01"), ("installations", "0")],
    );
    let page = ana.submit(&new, &form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("A quota is 1 to 250").says("value=\"900\"").says("for 1 to 1000000 installations");

    // Nothing is made before it is confirmed; the form can be gone back to.
    let berlin = [("name", "Berlin <b>"), ("quota", "100"), ("draw", "open"), ("note", "branch")];
    let form = with(ana.get(&new).await.form("keys/new"), &berlin);
    let page = ana.submit(&new, &form).await;
    page.says("Make the sublicense Berlin").says("Quota of seats").says("It holds from now on");
    ana.get(&subscription(&world)).await.does_not_say("Berlin");
    let back = ana.submit(&new, &with(page.form("keys/new"), &[("step", "edit")])).await;
    back.says("value=\"100\"").says("Show what it would do");
    let (key_page, key) = sublicense(&mut ana, &world, &berlin).await;
    ana.get(&key_page).await.says("at most 100 seats").says("0 of 1 installation").says("branch");
    ana.get(&subscription(&world)).await.says("Berlin &#60;b&#62;");

    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&key, world.now());
    bring(&mut ana, &mut proxy, &request, &world).await;
    let refresh = proxy.refresh(90, world.now());
    bring(&mut ana, &mut proxy, &refresh, &world).await;

    // A lower quota: who is over by how much, and until when.
    let edit = format!("{key_page}/edit");
    let opened = ana.get(&edit).await.form("edit");
    assert_eq!((opened["quota"].as_str(), opened["note"].as_str()), ("100", "branch"));
    let lower = with(opened.clone(), &[("quota", "40")]);
    let page = ana.submit(&edit, &lower).await;
    page.says("<td>100</td><td>40</td>").says("CM-PS1").says("at most 40, 50 fewer than it uses");
    page.says("60 seats more are in the field").says("2027-03-07");
    ana.get(&key_page).await.says("at most 100 seats");
    // Somebody else is faster: of the two, one is told, and loses nothing that was not shown.
    let renamed = ana.submit(&edit, &with(opened, &[("name", "Hamburg"), ("step", "do")])).await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER);
    let stale = ana.submit(&edit, &with(page.form("edit"), &[("step", "do")])).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    stale.says("Changed meanwhile").says("Hamburg");
    let again = ana.submit(&edit, &with(stale.form("edit"), &[("quota", "40")])).await;
    confirm(&mut ana, &again, "edit")
        .await
        .says("Saved.")
        .says("at most 40 seats")
        .says("100 managed devices");

    // Blocked, unblocked, deleted.
    let page = ana.get(&format!("{key_page}/block")).await;
    page.says("No new license is given from now on").says("CM-PS1").says("no license");
    confirm(&mut ana, &page, "block").await.says("Blocked. It gives no new licenses");
    let page = ana.get(&format!("{key_page}/unblock")).await;
    confirm(&mut ana, &page, "unblock").await.says("It gives licenses again");
    let page = ana.get(&format!("{key_page}/delete")).await;
    page.says("It cannot be undone").says("CM-PS1").says("2027-03-07");
    confirm(&mut ana, &page, "delete").await.says("is deleted").says("Hamburg");
    assert_eq!(ana.get(&key_page).await.status, StatusCode::NOT_FOUND);
    let history = ana.get(&format!("{}/history", subscription(&world))).await;
    history.says("Quota of seats").says("Deleted").says("You");
}

#[tokio::test]
async fn seats_that_are_kept_for_one_key_are_missed_by_others_and_the_page_says_by_whom() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    bring(&mut ana, &mut proxy, &request, &world).await;
    let new = format!("{}/keys/new", subscription(&world));
    let form = with(
        ana.get(&new).await.form("keys/new"),
        &[("name", "Berlin"), ("quota", "40"), ("draw", "reserved")],
    );
    let page = ana.submit(&new, &form).await;
    page.says("CM-PS1").says("at most 210").says("40 seats more are in the field or kept for keys");
}

#[tokio::test]
async fn members_see_and_change_nothing_and_others_find_nothing() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let (key_page, key) = sublicense(&mut ana, &world, &[("name", "Berlin"), ("quota", "10")]).await;
    let id = key_page.rsplit('/').next().unwrap().to_owned();
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&key, world.now());
    bring(&mut ana, &mut proxy, &request, &world).await;
    let contoso = &world.contoso.account;
    let installation = ana
        .get(&format!("/accounts/{contoso}/installations"))
        .await
        .link(&format!("/accounts/{contoso}/installations/"));
    let of = subscription(&world);

    let mut mia = mia(&world).await;
    let read = [
        of.clone(),
        key_page.clone(),
        format!("{key_page}/codes"),
        installation.clone(),
        format!("{of}/keys"),
        format!("{of}/overdraft"),
        format!("{of}/history"),
    ];
    for path in &read {
        let page = mia.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.does_not_say(&key.to_string())
            .does_not_say(&format!("{key_page}/edit"))
            .does_not_say("/move?key=");
    }
    let decide = [
        format!("{of}/keys/new"),
        format!("{key_page}/edit"),
        format!("{key_page}/block"),
        format!("{key_page}/delete"),
        format!("{key_page}/codes.csv"),
        format!("{installation}/move?key={id}"),
        format!("{installation}/block?key={id}"),
        format!("{installation}/exchange?key={id}"),
    ];
    for path in &decide {
        let page = mia.get(path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        page.says("administrators-only");
    }
    let form = [
        ("version", "1"),
        ("name", "x"),
        ("quota", "1"),
        ("step", "do"),
        ("key", id.as_str()),
        ("reason", "because"),
        ("code", &world.contoso.key.to_string()),
        ("installations", "1"),
    ];
    let writes = [
        format!("{of}/keys/new"),
        format!("{key_page}/edit"),
        format!("{key_page}/block"),
        format!("{key_page}/delete"),
        format!("{key_page}/codes/withdraw"),
        format!("{installation}/move"),
        format!("{installation}/block"),
        format!("{installation}/allow"),
    ];
    for path in &writes {
        assert_eq!(mia.post(path, &form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let parts: [(&str, Option<&str>, &[u8]); 2] =
        [("emails", None, b"x@contoso.example"), ("expires", None, b"2026-12-24")];
    assert_eq!(mia.post_parts(&format!("{key_page}/codes"), &parts).await.status, StatusCode::FORBIDDEN);

    // Another account's: not there, through its own address and through one's own, and no different from what never was.
    let mut ben = world.signed_in(BEN).await;
    let unknown = |path: &str| path.replace(&id, "0193f2a0-5c00-7d3e-8f10-6f5b2f9c2a11");
    let moved_in = |path: &str| path.replace(contoso.as_str(), world.fabrikam.account.as_str());
    for path in read.iter().chain(&decide) {
        for path in [path.clone(), moved_in(path)] {
            let page = ben.get(&path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            page.does_not_say("Berlin").does_not_say("PS1");
            assert_eq!(page.body, ben.get(&unknown(&path)).await.body, "{path}");
        }
    }
    for path in &writes {
        for path in [path.clone(), moved_in(path)] {
            let page = ben.post(&path, &form).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}: {}", page.text());
        }
    }
    ana.get(&key_page).await.says("Berlin").says("1 of 1 installation");
}

#[tokio::test]
async fn codes_are_made_listed_carried_away_and_withdrawn() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let (key_page, key) = sublicense(&mut ana, &world, &[("name", "Berlin"), ("installations", "5")]).await;
    let codes = format!("{key_page}/codes");
    let wrong: [(&str, Option<&str>, &[u8]); 2] =
        [("emails", None, b"one@x.example, nobody"), ("expires", None, b"2026-11-01")];
    let page = ana.post_parts(&codes, &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("is not an email address").says("at most 365 days").says("one@x.example, nobody");
    let good: [(&str, Option<&str>, &[u8]); 3] = [
        ("emails", None, b"ada@contoso.example\nben@contoso.example"),
        ("file", Some("people.csv"), b"\xef\xbb\xbfcy@contoso.example\r\ndan@contoso.example\r\n"),
        ("expires", None, b"2026-12-24"),
    ];
    let made = ana.post_parts(&codes, &good).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let page = ana.get(made.header("location")).await;
    page.says("4 codes made").says("dan@contoso.example").says("2026-12-24").does_not_say(&key.to_string());

    // The file has them all, and never the key.
    let file = ana.get(&format!("{key_page}/codes.csv")).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
    file.says("email,code,state").does_not_say(&key.to_string());
    let line = |file: &Page, email: &str| -> LicenseKey {
        let line = file.text().lines().find(|line| line.starts_with(email)).unwrap().to_owned();
        line.split(',').nth(1).unwrap().parse().unwrap()
    };
    assert_eq!(file.text().lines().count(), 5);

    // One is used, one is withdrawn, the others pass.
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&line(&file, "ada@"), world.now());
    bring(&mut ana, &mut proxy, &request, &world).await;
    ana.get(&format!("{codes}?show=used")).await.says("ada@contoso").does_not_say("ben@contoso");
    let gone = line(&file, "ben@");
    let ask = ana.post(&format!("{codes}/withdraw"), &[("code", &gone.to_string())]).await;
    ask.says("nobody can begin with it").says(&gone.last_group().masked());
    confirm(&mut ana, &ask, "codes/withdraw").await.says("of no use any more").does_not_say("ben@contoso");
    let refused = ana.upload_file(&world.proxy("PS2").activate(&gone, world.now())).await;
    refused.says("license-key-unknown");
    let used = line(&file, "ada@").to_string();
    let too_late = ana.post(&format!("{codes}/withdraw"), &[("code", &used), ("step", "do")]).await;
    assert_eq!(too_late.status, StatusCode::NOT_FOUND);
    world.pass(40 * DAY);
    let mut ana = world.signed_in(ANA).await;
    ana.get(&format!("{codes}?show=expired"))
        .await
        .says("cy@contoso")
        .says("dan@contoso")
        .does_not_say("ada@contoso");
    ana.get(&format!("{codes}?show=open")).await.says("No code in this state");
    // A member sees whom they were for.
    let mut mia = mia(&world).await;
    mia.get(&codes).await.says("cy@contoso").does_not_say(&line(&file, "cy@").to_string());
}

#[tokio::test]
async fn a_lost_server_s_key_moves_and_a_server_is_blocked_and_allowed_again() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let mut lost = world.proxy("PS1");
    let request = lost.activate(&world.contoso.key, world.now());
    bring(&mut ana, &mut lost, &request, &world).await;
    let list = format!("/accounts/{}/installations", world.contoso.account);
    let here = ana.get(&list).await.link(&format!("{list}/"));
    let page = ana.get(&here).await;
    page.says("At home here").says("250 managed devices, until").says("0 of 3 spent");
    let away = page.link(&format!("{here}/move?key="));
    let page = ana.get(&away).await;
    page.says("3 are left")
        .says("250 managed devices until 2027-03-07")
        .says("can be activated elsewhere at once");
    // A reason is asked for.
    let nameless = ana.submit(&format!("{here}/move"), &page.form("move")).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    nameless.says("A reason has 1 to 200 characters");
    let moved = with(page.form("move"), &[("reason", "burnt <down>")]);
    let done = ana.submit(&format!("{here}/move"), &moved).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    ana.get(done.header("location"))
        .await
        .says("one counted move is spent")
        .says("Moved away")
        .says("burnt &#60;down&#62;");
    // Twice at once is once.
    let twice = ana.submit(&format!("{here}/move"), &moved).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    twice.says("not at home at this installation").says("nothing has to move");
    ana.get(&list).await.says("Key moved away");
    ana.get(&subscription(&world)).await.says("1 of 3 spent").says("burnt &#60;down&#62;");
    let mut new = world.proxy("PS2");
    let request = new.activate(&world.contoso.key, world.now());
    bring(&mut ana, &mut new, &request, &world).await;

    // Staff block the new one, with the account's own eyes; an administrator allows it again.
    let mut staff = world.signed_in(STAFF).await;
    let second = ana.get(&format!("{list}?q=ps2")).await.link(&format!("{list}/"));
    let block = staff.get(&second).await.link(&format!("{second}/block?key="));
    let page = staff.get(&block).await;
    page.says("cannot be called back").says("250 managed devices until");
    let done =
        staff.submit(&format!("{second}/block"), &with(page.form("block"), &[("reason", "left")])).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    ana.get(&format!("{list}?show=blocked")).await.says("CM-PS2").does_not_say("CM-PS1");
    ana.upload_file(&new.refresh(5, world.now())).await.says("blocked");
    let allow = ana.get(&second).await.link(&format!("{second}/allow?key="));
    let page = ana.get(&allow).await;
    page.says("It was blocked here on 2026-11-22: “left”");
    let done =
        ana.submit(&format!("{second}/allow"), &with(page.form("allow"), &[("reason", "came back")])).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    ana.upload_file(&new.refresh(6, world.now())).await.says("Desktop license");

    // To another key at its next refresh, without typing.
    let (_, berlin) = sublicense(&mut ana, &world, &[("name", "Berlin"), ("quota", "40")]).await;
    let exchange = ana.get(&second).await.link(&format!("{second}/exchange?key="));
    let page = ana.get(&exchange).await;
    page.says("Berlin (").says("at most 40 seats");
    let form = with(page.form("exchange"), &[("reason", "split")]);
    let done = ana.submit(&format!("{second}/exchange"), &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    ana.get(&second).await.says("goes on with Berlin");
    ana.upload_file(&new.refresh(7, world.now())).await.says("40 managed devices");
    ana.get(&second).await.says(&berlin.last_group().masked()).says("At home here");
}

#[tokio::test]
async fn staff_grant_overdraft_for_a_reason_and_until_a_date() {
    let world = World::new().await;
    let mut staff = world.signed_in(STAFF).await;
    let overdraft = format!("{}/overdraft", subscription(&world));
    let form = staff.get(&overdraft).await.form("overdraft");
    let page = staff
        .submit(&overdraft, &with(form.clone(), &[("seats", "10"), ("until", "2026-11-30"), ("reason", " ")]))
        .await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("could not be used before").says("A reason has 1 to 200");
    let page = staff
        .submit(
            &overdraft,
            &with(form, &[("seats", "10"), ("until", "2027-06-30"), ("reason", "fair <week>")]),
        )
        .await;
    page.says("overdraft of 10").says("It cannot be taken back").says("<td>10</td>");
    staff.get(&overdraft).await.says("Nothing is granted");
    confirm(&mut staff, &page, "overdraft").await.says("Granted.").says("260");
    // The customer sees it and why, and grants nothing.
    let mut ana = world.signed_in(ANA).await;
    ana.get(&overdraft)
        .await
        .says("10 managed devices")
        .says("fair &#60;week&#62;")
        .says("2027-06-30")
        .does_not_say("Grant seats");
    let form = [("seats", "10"), ("until", "2027-06-30"), ("reason", "me too"), ("step", "do")];
    assert_eq!(ana.post(&overdraft, &form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn staff_stop_offline_use_only_after_they_saw_what_it_does() {
    let world = World::new().await;
    let mut staff = world.signed_in(STAFF).await;
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    bring(&mut staff, &mut proxy, &request, &world).await;
    let here = subscription(&world);
    let page = staff.post(&format!("{here}/offline-use"), &[("version", "1"), ("allow", "off")]).await;
    page.says("Stop offline use?").says("CM-PS1").says("2027-03-07").says("no license");
    staff.get(&here).await.says("Allowed");
    confirm(&mut staff, &page, "offline-use")
        .await
        .says("Not allowed")
        .says("stay good until their own dates");
    // Switched on at once: nobody gets less.
    let done = staff.post(&format!("{here}/offline-use"), &[("version", "2"), ("allow", "on")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    // An edition, a metric of another kind and a suspension are shown with whom they are about.
    let edit = format!("{here}/edit");
    let form = with(
        staff.get(&edit).await.form("edit"),
        &[("edition-managed-device", "Enterprise"), ("suspended", "on")],
    );
    let page = staff.submit(&edit, &form).await;
    page.says("Edition (managed devices)")
        .says("<td>Standard</td><td>Enterprise</td>")
        .says("Suspended")
        .says("CM-PS1");
    confirm(&mut staff, &page, "edit").await.says("Suspended").says("Enterprise");
}

#[tokio::test]
async fn answers_are_listed_by_kind_and_only_to_those_whose_they_are() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    bring(&mut ana, &mut proxy, &request, &world).await;
    let mut copy = proxy.copied();
    let refresh = proxy.refresh(10, world.now());
    bring(&mut ana, &mut proxy, &refresh, &world).await;
    ana.upload_file(&copy.refresh(11, world.now())).await.says("fork");
    let deactivation = proxy.deactivate(world.now());
    ana.upload_file(&deactivation).await.says("Receipt");

    let list = format!("/accounts/{}/answers", world.contoso.account);
    let page = ana.get(&list).await;
    assert_eq!(page.text().matches("/answers/").count(), 4);
    page.says("Receipt").says("PS1").says("/refusals#fork");
    let refusals = ana.get(&format!("{list}?show=refusals")).await;
    assert_eq!(refusals.text().matches("/answers/").count(), 1);
    refusals.says("/refusals#fork").does_not_say("Receipt</span>");
    let file = ana.get(&format!("{list}.csv?show=licenses")).await;
    assert_eq!(file.text().lines().count(), 3);
    file.says("issued,answer,code").says(",license,,PS1,");
    let mut ben = world.signed_in(BEN).await;
    assert_eq!(ben.get(&list).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ben.get(&format!("{list}.csv")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ben.get("/answers").await.status, StatusCode::FORBIDDEN);
    ben.get(&format!("/accounts/{}/answers", world.fabrikam.account)).await.says("No answer yet");
    world.signed_in(STAFF).await.get("/answers").await.says("/refusals#fork");
}

#[tokio::test]
async fn a_long_list_comes_page_by_page_and_whole_as_a_file() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let (key_page, _) = sublicense(&mut ana, &world, &[("name", "Berlin")]).await;
    for batch in ["p", "q"] {
        let people: Vec<String> = (0..620).map(|number| format!("{batch}{number}@contoso.example")).collect();
        let parts: [(&str, Option<&str>, &[u8]); 2] =
            [("emails", None, &people.join("\n").into_bytes()), ("expires", None, b"2026-12-24")];
        let made = ana.post_parts(&format!("{key_page}/codes"), &parts).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    }
    let mut next = format!("{key_page}/codes");
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = ana.get(&next).await;
        assert!(page.body.len() < 64 * 1024, "{} bytes for one page", page.body.len());
        let rows = page.text().split("<th scope=\"row\"").skip(1);
        let emails: Vec<String> =
            rows.map(|row| row.split_once('>').unwrap().1.split_once('<').unwrap().0.to_owned()).collect();
        assert!(emails.len() <= 50, "{}", emails.len());
        seen.extend(emails);
        pages += 1;
        match page.text().contains("Next page") {
            true => next = page.link(&format!("{key_page}/codes?after=")),
            false => break,
        }
    }
    assert_eq!(pages, 25);
    let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (1_240, 1_240), "each once");
    let file = ana.get(&format!("{key_page}/codes.csv?show=open")).await;
    assert_eq!(file.text().lines().count(), 1_241, "more than two readings of the store");
    let lines: std::collections::BTreeSet<&str> = file.text().lines().collect();
    assert_eq!(lines.len(), 1_241);
    // Accounts, too, are searched and read in pages.
    let mut staff = world.signed_in(STAFF).await;
    staff.get("/accounts?q=FABRI").await.says("Fabrikam").does_not_say("Contoso");
    staff.get("/accounts?q=%25").await.says("No account");
}

/// Staff revoke what a site holds; its administrators may not, and see that it was done and why.
#[tokio::test]
async fn staff_revoke_the_licenses_of_an_installation() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let mut stolen = world.proxy("PS1");
    let request = stolen.activate(&world.contoso.key, world.now());
    bring(&mut ana, &mut stolen, &request, &world).await;
    let list = format!("/accounts/{}/installations", world.contoso.account);
    let here = ana.get(&list).await.link(&format!("{list}/"));
    ana.get(&here).await.does_not_say("Revoke its licenses");

    let mut staff = world.signed_in(STAFF).await;
    let revoke = staff.get(&here).await.link(&format!("{here}/revoke?key="));
    assert_eq!(ana.get(&revoke).await.status, StatusCode::FORBIDDEN);
    let page = staff.get(&revoke).await;
    page.says("1 license of this key in the field is revoked, for ever").says("250 managed devices until");
    let form = with(page.form("revoke"), &[("reason", "stolen <server>"), ("then", "blocked")]);
    assert_eq!(ana.submit(&format!("{here}/revoke"), &form).await.status, StatusCode::FORBIDDEN);
    let nameless = staff.submit(&format!("{here}/revoke"), &with(form.clone(), &[("reason", "")])).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = staff.submit(&format!("{here}/revoke"), &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    staff
        .get(done.header("location"))
        .await
        .says("every new answer brings the list from now on")
        .says("Blocked here")
        .says("1 license; each counts until the proxy proves that it let go")
        .does_not_say("Revoke its licenses");
    let twice = staff.submit(&format!("{here}/revoke"), &form).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    ana.get(&subscription(&world)).await.says("License revoked at").says("stolen &#60;server&#62;");
    staff.get("/record").await.says("What was revoked").says("stolen &#60;server&#62;").says("license ");

    // The answer to its next request is a no, and brings the list.
    ana.upload_file(&stolen.refresh(5, world.now())).await.says("blocked");
    assert_eq!(world.signer.trust().revocations_number(), 1);
}
