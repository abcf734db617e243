//! What was agreed upon, what people call their servers, and how they find them.

use super::*;

/// What was agreed upon for the seats changes on the page of the subscription: first shown with whom it is about, and from when.
#[tokio::test]
async fn terms_change_on_the_page_and_reach_the_field_with_the_next_refresh() {
    let world = World::new().await;
    let mut staff = world.signed_in(STAFF).await;
    let new = format!("/accounts/{}/subscriptions/new", world.contoso.account);
    let farm = [
        ("license_type", "farm"),
        ("seats", "50"),
        ("start", "2026-11-22"),
        ("end", "2027-11-22"),
        ("offline_use", "on"),
    ];
    let made = staff.post(&new, &farm).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let here = made.header("location").split('?').next().unwrap().to_owned();
    staff.get(&here).await.says("suspended after 7 days over the limit").says("holds for 30 days more");

    let edit = format!("{here}/edit");
    let page = staff.get(&edit).await;
    page.says("takes effect at each installation's next refresh").says("Suspended after the days below");
    let form = page.form("edit");
    assert_eq!(form["over-limit-concurrent-user"], "suspend");
    assert_eq!(form["over-limit-days-concurrent-user"], "7");
    // What is wrong is said at once, with what was typed.
    let wrong = with(
        form.clone(),
        &[
            ("over-limit-days-concurrent-user", ""),
            ("after-end-days-concurrent-user", "9999"),
            ("features-concurrent-user", "Gold <b>"),
        ],
    );
    let page = staff.submit(&edit, &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("Suspension comes after 1 to 3650 days").says("at most 3650 days after the contract");
    page.says("Gold &#60;b&#62;").says("value=\"9999\"");
    let other = with(
        form,
        &[
            ("over-limit-concurrent-user", "refuse"),
            ("over-limit-days-concurrent-user", ""),
            ("after-end-days-concurrent-user", "60"),
            ("features-concurrent-user", "support=gold\r\ngateways=4\r\n"),
        ],
    );
    let page = staff.submit(&edit, &other).await;
    page.says("<td>suspend after 7 days</td><td>refuse</td>").says("Over the limit (concurrent users)");
    page.says("<td>30</td><td>60</td>").says("support=gold, gateways=4");
    let done = confirm(&mut staff, &page, "edit").await;
    done.says("Saved. Each proxy gets it with its next refresh.").says("what would go over is refused");
    done.says("holds for 60 days more").says("support=gold, gateways=4");

    // Managed devices never stop, whatever is sent.
    let edit = format!("{}/edit", subscription(&world));
    let page = staff.get(&edit).await;
    page.says("management of devices never does").does_not_say("Suspended after the days below");
    let forced = with(page.form("edit"), &[("over-limit-managed-device", "refuse")]);
    let page = staff.submit(&edit, &forced).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("Management of devices never stops over a limit");
}

/// What people call a server, and note of it, stands in lists and on its page; of two who change it, one is told.
#[tokio::test]
async fn an_installation_gets_an_alias_and_a_note() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let mut proxy = world.proxy("PS1");
    let request = proxy.activate(&world.contoso.key, world.now());
    bring(&mut ana, &mut proxy, &request, &world).await;
    let list = format!("/accounts/{}/installations", world.contoso.account);
    let here = ana.get(&list).await.link(&format!("{list}/"));
    let remarks = format!("{here}/remarks");
    let form = ana.get(&here).await.form("remarks");
    let said = with(form, &[("alias", "Berlin <cellar>"), ("note", "Ask <Ana>.\r\nTwo disks.")]);
    let done = ana.submit(&remarks, &said).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let page = ana.get(done.header("location")).await;
    page.says("Berlin &#60;cellar&#62;, site PS1").says("Ask &#60;Ana&#62;.\nTwo disks.");
    ana.get(&list).await.says("Berlin &#60;cellar&#62;");
    ana.get(&format!("{list}.csv")).await.says("Berlin <cellar>");
    ana.get(&subscription(&world)).await.says("Alias of an installation").says("PS1 CM-PS1: Berlin");
    // Decided on what stood there before; the newer stays.
    let stale = ana.submit(&remarks, &said).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    stale.says("Changed meanwhile").says("value=\"1\"");
    let wrong = with(stale.form("remarks"), &[("alias", "\u{202e}")]);
    let page = ana.submit(&remarks, &wrong).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.says("A text must be 1 to 200 bytes").says("<details open>");
    // Staff may, a member reads, for others it is not there.
    let mut staff = world.signed_in(STAFF).await;
    let form = with(staff.get(&here).await.form("remarks"), &[("alias", "")]);
    assert_eq!(staff.submit(&remarks, &form).await.status, StatusCode::SEE_OTHER);
    let mut mia = mia(&world).await;
    mia.get(&here).await.says("Two disks.").does_not_say("Change alias").does_not_say("cellar");
    assert_eq!(mia.submit(&remarks, &form).await.status, StatusCode::FORBIDDEN);
    let mut ben = world.signed_in(BEN).await;
    assert_eq!(ben.submit(&remarks, &form).await.status, StatusCode::NOT_FOUND);
}

/// A search goes on within the state that is shown, and the other way round, and the next page is of both.
#[tokio::test]
async fn a_list_is_searched_and_filtered_at_once() {
    let world = World::new().await;
    let mut ana = world.signed_in(ANA).await;
    let each_one = [("name", "Berlin"), ("draw", "dynamic"), ("headroom", "1"), ("installations", "60")];
    let (key_page, key) = sublicense(&mut ana, &world, &each_one).await;
    for number in 0..25 {
        let mut proxy = world.proxy(&format!("B{number:02}"));
        let request = proxy.activate(&key, world.now());
        bring(&mut ana, &mut proxy, &request, &world).await;
        if number == 7 {
            ana.upload_file(&proxy.deactivate(world.now())).await;
        }
    }
    let list = format!("/accounts/{}/installations", world.contoso.account);
    let page = ana.get(&format!("{list}?q=b0&show=deactivated")).await;
    page.says("CM-B07").does_not_say("CM-B00").says("name=\"show\" value=\"deactivated\"");
    page.says("?q=b0&#38;show=active");
    let page = ana.get(&format!("{list}?q=b0&show=active")).await;
    page.says("CM-B06").does_not_say("CM-B07").says("CM-B08").does_not_say("CM-B10");
    ana.get(&format!("{list}?q=b1&show=deactivated")).await.says("in this state begins with");
    // A key's own page has all of its installations, twenty at a time.
    let page = ana.get(&key_page).await;
    page.says("CM-B00").says("CM-B19").does_not_say("CM-B20");
    let next = page.link(&format!("{key_page}?after="));
    ana.get(next.split('#').next().unwrap()).await.does_not_say("CM-B19").says("CM-B20").says("CM-B24");
}
