//! The portal's pages in Chromium, as people use them: with the mouse and the keyboard, with JavaScript and without.
//!
//! `CHROMEDRIVER` and `CHROMIUM` name the programs where they are not in their usual places.

mod chromium;
mod seats;
#[path = "../support/mod.rs"]
mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use chromium::Browser;
use serde_json::json;
use support::Vendor;

/// Activate, refuse, refresh and deactivate on the upload page.
#[tokio::test(flavor = "multi_thread")]
async fn a_license_comes_home_through_the_upload_page() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let laboratory = vendor.site("LAB", "Laboratory");
    let browser = Browser::start(true).await;
    browser.join(&portal, &contoso.join_path, "ana@contoso.example").await;

    // Activate. The script lists what was chosen before it is sent.
    browser.arrives_at("Upload offline files").await;
    browser.find("//*[contains(@class, 'drop-zone') and contains(@class, 'is-ready')]").await;
    let request = site.activation("desktop", &key, "activation");
    browser.choose(&[&request]).await;
    browser.find("//ul[@class='chosen-files']/li[contains(., 'activation.waybill')]").await;
    browser.click("Remove").await;
    browser.upload(&[&request]).await;
    let text = browser.text().await;
    for expected in
        ["1 license", "250 managed devices", "PS1 (Headquarters)", "Contract", "2099-01-01", "Next:"]
    {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    let license = browser.download("Download the license").await;
    assert_eq!(site.imports(&license), "installed");
    assert_eq!(site.slot("desktop")["seats"], 250);

    // The same file again, and beside it what is no request; each gets its own card.
    browser.click("Upload more files").await;
    let garbage = vendor.path("holiday.jpg");
    fs::write(&garbage, b"\xff\xd8\xff\xe0 no request").unwrap();
    browser.upload(&[&request, &garbage]).await;
    let text = browser.text().await;
    for expected in ["Answered before", "not-waybill", "holiday.jpg"] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    let again = browser.download("Download the license").await;
    assert_eq!(fs::read(again).unwrap(), fs::read(&license).unwrap(), "the same bytes");

    // A refusal: its code, what it means, what to do; the signed file can be carried home.
    browser.click("Upload more files").await;
    let elsewhere = laboratory.activation("desktop", &key, "elsewhere");
    browser.upload(&[&elsewhere]).await;
    let text = browser.text().await;
    for expected in ["key-in-use", "Refused", "Next:", "may be uploaded again"] {
        assert!(text.contains(expected), "no {expected:?} in\n{text}");
    }
    let refusal = browser.download("Download the signed refusal").await;
    assert_eq!(laboratory.import(&refusal).exits(1).error_code(), "key-in-use");

    // Deactivate by dropping the file, and the other site's file from before gets its license; both in one upload.
    browser.click("Upload more files").await;
    browser.arrives_at("Upload offline files").await;
    let deactivation = site.deactivation("desktop", "deactivation");
    drop_file(&browser, &deactivation).await;
    browser.find("//ul[@class='chosen-files']/li[contains(., 'deactivation.waybill')]").await;
    browser.send().await;
    assert!(browser.text().await.contains("The license key is free again"));
    let receipt = browser.download("Download the receipt").await;
    assert_eq!(site.imports(&receipt), "deactivation-confirmed");

    browser.click("Upload more files").await;
    browser.upload(&[&elsewhere]).await;
    let license = browser.download("Download the license").await;
    assert_eq!(laboratory.imports(&license), "installed");
    browser.close().await;
}

/// The verifier in the page says what each file is, or what is wrong with it, before anything is sent; and it keeps nobody from sending.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_described_before_they_are_sent() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let browser = Browser::start(true).await;
    browser.join(&portal, &contoso.join_path, "ana@contoso.example").await;
    browser.arrives_at("Upload offline files").await;

    // A request that is as it was saved.
    let request = site.activation("desktop", &key, "activation");
    browser.choose(&[&request]).await;
    browser
        .says_of(
            "activation.waybill",
            &["Ready to upload", "Desktop, license key ending in", "PS1 (Headquarters)"],
        )
        .await;
    browser.find("//*[@role='status' and contains(., 'activation.waybill: Ready to upload.')]").await;
    browser.click("Remove").await;

    // Damaged on the way, in the ways that happen; and what is no request at all.
    let bytes = fs::read(&request).unwrap();
    let mut altered = bytes.clone();
    *altered.last_mut().unwrap() ^= 1;
    let armour = armoured(&request);
    let carried = |name: &str, content: &[u8]| {
        let path = vendor.path(name);
        fs::write(&path, content).unwrap();
        path
    };
    let unusable = [
        carried("altered.waybill", &altered),
        carried("damaged.txt", armour.replacen("2dn3", "2dn3*", 1).as_bytes()),
        carried("both.txt", [armour.as_str(), &armour].concat().as_bytes()),
        carried("holiday.jpg", b"\xff\xd8\xff\xe0 no request"),
        carried("image.iso", &vec![b'x'; 1 << 20]),
        vendor.trust.clone(),
    ];
    browser.choose(&unusable.iter().map(PathBuf::as_path).collect::<Vec<_>>()).await;
    for (name, words) in [
        ("altered.waybill", ["signature", "says of itself, not verified", "Carry it again"]),
        (
            "damaged.txt",
            ["armour-base64", "base 64 part of the block is damaged", "Copy the whole block again"],
        ),
        ("both.txt", ["armour-several-blocks", "more than one Waybill block", "a file of its own"]),
        ("holiday.jpg", ["not-waybill", "This is not a Waybill file.", "Choose the .waybill file"]),
        ("image.iso", ["too-large", "longer than any Waybill file", "Choose the .waybill file itself"]),
        ("trust.waybill", ["wrong-kind", "This is a trust bundle, not a request", "when it is set up"]),
    ] {
        browser.says_of(name, &words).await;
        browser.says_of(name, &["Cannot be answered", "Next:"]).await;
    }
    browser.find("//*[@role='status' and contains(., 'both.txt: Cannot be answered. The text holds')]").await;

    // Text that is pasted is looked at too.
    browser.click("Paste text instead").await;
    browser.fill("text", &armour).await;
    browser.find("//*[@class='pasted' and contains(., 'Ready to upload') and contains(., 'PS1')]").await;
    browser.fill("text", "").await;

    // All that was loaded for it are files of the portal's own; what was chosen went nowhere.
    let loaded =
        "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)";
    let loaded = browser.client.execute(loaded, vec![]).await.expect("a list");
    let loaded: Vec<&str> = loaded.as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert!(loaded.iter().any(|path| path.starts_with("/assets/waybill-verifier.")), "{loaded:?}");
    assert!(loaded.iter().all(|path| path.starts_with("/assets/")), "{loaded:?}");

    // The portal decides, and says the same.
    browser.send().await;
    let text = browser.text().await;
    for code in
        ["signature", "armour-base64", "armour-several-blocks", "not-waybill", "too-large", "wrong-kind"]
    {
        assert!(text.contains(code), "no {code:?} in\n{text}");
    }

    // An answer is told from a request.
    browser.click("Upload more files").await;
    browser.upload(&[&request]).await;
    let license = browser.download("Download the license").await;
    browser.click("Upload more files").await;
    browser.choose(&[&license]).await;
    let name = license.file_name().unwrap().to_str().unwrap();
    browser
        .says_of(
            name,
            &["Goes to the proxy", "This file is an answer; it goes to the proxy.", "250 managed devices"],
        )
        .await;
    browser.close().await;
}

/// Where the module does not load, and where there is no WebAssembly, the page is what it was without it.
#[tokio::test(flavor = "multi_thread")]
async fn the_upload_page_works_without_its_verifier() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let request = site.activation("desktop", &key, "activation");

    // The module's address leads nowhere.
    let browser = Browser::start(true).await;
    browser.join(&portal, &contoso.join_path, "ana@contoso.example").await;
    browser.arrives_at("Upload offline files").await;
    let moved = "document.querySelector('[data-check-module]').dataset.checkModule = '/assets/gone.wasm'";
    browser.client.execute(moved, vec![]).await.expect("it is changed");
    browser.choose(&[&request]).await;
    browser.asks_for("/assets/gone.wasm").await;
    browser.find("//ul[@class='chosen-files']/li[contains(., 'activation.waybill')]").await;
    assert!(!browser.has("//*[@class='finding' or @class='checked-here']").await, "nothing is made up");
    browser.send().await;
    let license = fs::read(browser.download("Download the license").await).unwrap();
    browser.close().await;

    // There is no WebAssembly: hardened workplaces run Chromium so.
    let browser = Browser::start_with(true, &["--js-flags=--jitless"]).await;
    browser.open(&portal, "/").await;
    browser.sign_in("ana@contoso.example").await;
    browser.arrives_at("Upload offline files").await;
    let kind = browser.client.execute("return typeof WebAssembly", vec![]).await.expect("a text");
    assert_eq!(kind, "undefined");
    browser.choose(&[&request]).await;
    browser.asks_for("/assets/verifier.").await;
    browser.find("//ul[@class='chosen-files']/li[contains(., 'activation.waybill')]").await;
    assert!(!browser.has("//*[@class='finding' or @class='checked-here']").await, "nothing is made up");
    browser.send().await;
    assert!(browser.text().await.contains("Answered before"));
    let again = browser.download("Download the license").await;
    assert_eq!(fs::read(again).unwrap(), license, "the same bytes");
    browser.close().await;
}

/// Everything works without JavaScript too.
#[tokio::test(flavor = "multi_thread")]
async fn the_upload_page_works_without_javascript() {
    let vendor = Vendor::new();
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "mobile", 100);
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let browser = Browser::start(false).await;
    browser.join(&portal, &contoso.join_path, "ana@contoso.example").await;

    browser.arrives_at("Upload offline files").await;
    let request = site.activation("mobile", &key, "activation");
    browser.choose(&[&request]).await;
    assert!(!browser.has("//*[contains(@class, 'is-ready')]").await, "no script runs");
    browser.send().await;
    let license = browser.download("Download the license").await;
    assert_eq!(site.imports(&license), "installed");

    // Text that was mailed is pasted instead of a file.
    site.uses("mobile", 7);
    let refresh = site.refresh("mobile", "refresh");
    let armour = armoured(&refresh);
    browser.click("Upload more files").await;
    browser.click("Paste text instead").await;
    browser.fill("text", &armour).await;
    browser.send().await;
    let newer = browser.download("Download the license").await;
    assert_eq!(site.imports(&newer), "installed");
    assert_eq!(site.slot("mobile")["counter"], 2);
    browser.close().await;
}

/// Staff sell a subscription, for which offline use is off until they allow it.
#[tokio::test(flavor = "multi_thread")]
async fn staff_sell_and_allow_offline_use() {
    let vendor = Vendor::new();
    let staff =
        vendor.run(&["user", "invite", "--staff", "--email", "sam@northwind.example"]).exits(0).json();
    let portal = vendor.serves();
    let site = vendor.site("PS1", "Headquarters");
    let browser = Browser::start(true).await;
    browser.join(&portal, staff["join_path"].as_str().unwrap(), "sam@northwind.example").await;

    browser.click("Accounts").await;
    browser.click("Create the first account").await;
    browser.fill("name", "Contoso").await;
    browser.fill("admin_email", "ana@contoso.example").await;
    browser.click("Create the account").await;
    browser.find("//*[contains(@value, '/join/wbi_') or contains(., '/join/wbi_')]").await;
    browser.click("Accounts").await;
    browser.click("Contoso").await;
    browser.click("Add the first subscription").await;
    browser.find("//input[@name='license_type' and @value='desktop']").await.click().await.unwrap();
    browser.fill("seats", "40").await;
    browser.fill_date("start", "2026-01-01").await;
    browser.fill_date("end", "2099-01-01").await;
    browser.click("Add the subscription and make its key").await;
    browser.find("//*[normalize-space()='Not allowed']").await;
    let key = browser.find("//*[contains(@class, 'license-key') and contains(@class, 'whole')]").await;
    let key = key.prop("textContent").await.unwrap().expect("a key");
    let page = browser.client.current_url().await.unwrap();

    let request = site.activation("desktop", &key, "activation");
    browser.open(&portal, "/").await;
    browser.upload(&[&request]).await;
    assert!(browser.text().await.contains("offline-use-off"));

    browser.client.goto(page.as_str()).await.unwrap();
    browser.click("Allow offline use").await;
    browser.find("//*[normalize-space()='Allowed']").await;
    browser.open(&portal, "/").await;
    browser.upload(&[&request]).await;
    let license = browser.download("Download the license").await;
    assert_eq!(site.imports(&license), "installed");

    // The page shows who holds what.
    browser.click("Installations").await;
    browser.find("//main//*[contains(., 'PS1')]").await;
    browser.close().await;
}

/// Drops a file on the upload form, as the mouse would.
async fn drop_file(browser: &Browser, file: &Path) {
    let name = file.file_name().expect("a name").to_str().expect("text");
    let bytes = fs::read(file).expect("a file");
    let script = "const carried = new DataTransfer();
        carried.items.add(new File([new Uint8Array(arguments[1])], arguments[0]));
        document.querySelector('[data-drop-zone]').dispatchEvent(
            new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }));";
    browser.client.execute(script, vec![json!(name), json!(bytes)]).await.expect("it is dropped");
}

/// The armoured spelling of a file.
fn armoured(file: &Path) -> String {
    let file =
        license_format::UnverifiedFile::read(&fs::read(file).expect("a file")).expect("a Waybill file");
    file.armour().expect("it can be armoured")
}
