//! What an administrator decides about seats, in a browser without scripts: nothing of it needs one.

use serde_json::json;

use crate::{chromium::Browser, support::Vendor};

/// A sublicense is made; a lower quota is shown with whom it is about, and confirmed; codes are made; a lost server's key moves.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_divides_the_seats() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    vendor.sells(&contoso, "desktop", 250);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let browser = Browser::start(false).await;
    browser.join(&portal, &contoso.join_path, "ana@contoso.example").await;

    // The sublicense: nothing is made before it is confirmed.
    browser.arrives_at("Upload offline files").await;
    browser.click("Subscriptions").await;
    browser.click("Mac Management").await;
    browser.click("Make a sublicense").await;
    browser.fill("name", "Berlin").await;
    browser.fill("quota", "100").await;
    browser.click("Show what it would do").await;
    browser.arrives_at("Make the sublicense Berlin?").await;
    assert!(browser.text().await.contains("It holds from now on"));
    browser.click("Make the sublicense").await;
    browser.arrives_at("Sublicense: Berlin").await;
    let whole = browser.find("//*[contains(@class, 'license-key') and contains(@class, 'whole')]").await;
    let key = whole.prop("textContent").await.unwrap().expect("a key");
    let page = browser.client.current_url().await.unwrap();

    // A site activates with it and says what it uses.
    browser.open(&portal, "/").await;
    browser.upload(&[&site.activation("desktop", &key, "activation")]).await;
    let license = browser.download("Download the license").await;
    assert_eq!(site.imports(&license), "installed");
    site.uses("desktop", 90);
    browser.click("Upload more files").await;
    browser.upload(&[&site.refresh("desktop", "refresh")]).await;
    let license = browser.download("Download the license").await;
    assert_eq!(site.imports(&license), "installed");

    // A lower quota: who would be over, by how much and until when; then it is changed.
    browser.client.goto(page.as_str()).await.unwrap();
    browser.click("Change").await;
    browser.fill("quota", "40").await;
    browser.click("Show what it would do").await;
    browser.arrives_at("Change the key Berlin?").await;
    let text = browser.text().await;
    for expected in ["PS1", "at most 40, 50 fewer than it uses", "60 seats more", "At the latest on"] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    browser.click("Change it").await;
    browser.arrives_at("Sublicense: Berlin").await;
    assert!(browser.text().await.contains("at most 40 seats"));

    // Codes for two people.
    browser.click("Activation codes").await;
    browser.fill("emails", "ada@contoso.example, ben@contoso.example").await;
    browser.click("Make a code for each").await;
    browser.find("//*[contains(., '2 codes made')]").await;
    browser.find("//tr[contains(., 'ada@contoso.example') and contains(., 'Open')]").await;
    assert!(!browser.text().await.contains(key.as_str()), "the key itself is never shown beside its codes");

    // The server is stolen: its key moves, and another site is served at once.
    browser.click("Installations").await;
    browser.click("PS1 (Headquarters)").await;
    browser.click("Server lost: move the key away").await;
    browser.arrives_at("Move the key Berlin away from PS1").await;
    assert!(browser.text().await.contains("3 are left"));
    browser.fill("reason", "stolen").await;
    browser.click("Move the key away").await;
    browser.arrives_at("Site PS1").await;
    let text = browser.text().await;
    assert!(text.contains("one counted move is spent") && text.contains("stolen"), "{text}");
    let laboratory = vendor.site("LAB", "Laboratory");
    browser.open(&portal, "/").await;
    browser.upload(&[&laboratory.activation("desktop", &key, "elsewhere")]).await;
    let license = browser.download("Download the license").await;
    assert_eq!(laboratory.imports(&license), "installed");
    assert_eq!(laboratory.slot("desktop")["seats"], json!(40));
    browser.close().await;
}
