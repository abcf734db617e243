//! The portal's pages in Chromium, as people use them: with the mouse and the keyboard, with JavaScript and without.
//!
//! `CHROMEDRIVER` and `CHROMIUM` name the programs where they are not in their usual places.

mod support;

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use support::{PATIENCE, Portal, Vendor, wait_for};
use tempfile::TempDir;

/// A browser with a profile and a folder for downloads of its own.
struct Browser {
    client: Client,
    driver: Driver,
    profile: TempDir,
}

struct Driver {
    child: Child,
    /// 0 until it told.
    port: u16,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // After a test that failed, its Chromium still runs, and would outlive a driver that is killed. It may all have ended already.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ =
                stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            let _ = stream.read_to_end(&mut Vec::new());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Browser {
    async fn start(javascript: bool) -> Browser {
        Browser::start_with(javascript, &[]).await
    }

    /// The same with more of Chromium's flags.
    async fn start_with(javascript: bool, more_flags: &[&str]) -> Browser {
        let (driver, url) = start_driver();
        let profile = tempfile::tempdir().expect("a folder");
        let downloads = profile.path().join("downloads");
        fs::create_dir(&downloads).expect("a folder");
        let user_data = profile.path().join("profile");
        let mut flags = vec![
            "--headless=new".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-quic".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--window-size=1280,1600".to_owned(),
            format!("--user-data-dir={}", user_data.display()),
        ];
        // Chromium's own sandbox does not work for root, as which CI runs.
        flags.push("--no-sandbox".to_owned());
        flags.extend(more_flags.iter().map(|flag| (*flag).to_owned()));
        let mut options = json!({
            "args": flags,
            "prefs": {
                "download.default_directory": downloads,
                "download.prompt_for_download": false,
                // 1 allows, 2 blocks.
                "profile.managed_default_content_settings.javascript": if javascript { 1 } else { 2 },
            },
        });
        if let Some(chromium) = env::var_os("CHROMIUM") {
            options["binary"] = json!(PathBuf::from(chromium));
        }
        let capabilities = json!({ "goog:chromeOptions": options });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().expect("an object").clone())
            .connect(&url)
            .await
            .expect("Chromium starts");
        Browser { client, driver, profile }
    }

    async fn open(&self, portal: &Portal, path: &str) {
        self.client.goto(&format!("{}{path}", portal.url)).await.expect("the page opens");
    }

    /// Waits for an element by its XPath.
    async fn find(&self, xpath: &str) -> Element {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(xpath)).await {
            Ok(element) => element,
            Err(error) => panic!("no {xpath}: {error}\n{}", self.text().await),
        }
    }

    async fn has(&self, xpath: &str) -> bool {
        !self.client.find_all(Locator::XPath(xpath)).await.expect("a list").is_empty()
    }

    /// Clicks a button or a link by its text.
    async fn click(&self, text: &str) {
        let xpath = format!("//*[(self::a or self::button or self::summary) and normalize-space()='{text}']");
        self.find(&xpath).await.click().await.unwrap_or_else(|error| panic!("cannot click {text}: {error}"));
    }

    async fn fill(&self, id: &str, text: &str) {
        let field = self.find(&format!("//*[@id='{id}']")).await;
        field.clear().await.expect("it can be emptied");
        field.send_keys(text).await.expect("it can be filled");
    }

    /// Fills in a date, in whatever order the browser's language writes one.
    async fn fill_date(&self, id: &str, date: &str) {
        let field = self.find(&format!("//*[@id='{id}']")).await;
        self.client
            .execute("arguments[0].value = arguments[1]", vec![json!(field), json!(date)])
            .await
            .expect("it can be filled");
    }

    /// Waits for a page by its heading.
    async fn arrives_at(&self, heading: &str) {
        self.find(&format!("//h1[contains(normalize-space(), '{heading}')]")).await;
    }

    /// All that is to be read on the page.
    async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.expect("a page");
        body.text().await.expect("text")
    }

    /// Chooses files with the file input.
    async fn choose(&self, files: &[&Path]) {
        let paths: Vec<&str> = files.iter().map(|file| file.to_str().expect("text")).collect();
        let input = self.find("//input[@id='files']").await;
        input.send_keys(&paths.join("\n")).await.expect("files are chosen");
    }

    /// Uploads files and waits for the answers.
    async fn upload(&self, files: &[&Path]) {
        self.choose(files).await;
        self.send().await;
    }

    /// Sends the upload form as it is, and waits for the answers. By the keyboard, since the button may still be moving: what is said
    /// of the files comes above it.
    async fn send(&self) {
        self.find("//main//form//button[@type='submit' and normalize-space()='Upload']")
            .await
            .send_keys("\n")
            .await
            .expect("it is sent");
        self.arrives_at("Answers").await;
    }

    /// Waits until the page has asked for an address that begins so, whatever came of it.
    async fn asks_for(&self, path: &str) {
        let script = "const [path, done] = arguments;
            new PerformanceObserver((list) => {
                if (list.getEntries().some((entry) => new URL(entry.name).pathname.startsWith(path))) done();
            }).observe({ type: 'resource', buffered: true });";
        self.client
            .execute_async(script, vec![json!(path)])
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Demands that the page says all this of one chosen file, before anything is sent.
    async fn says_of(&self, name: &str, words: &[&str]) {
        let row = format!("//ul[@class='chosen-files']/li[span[@class='name' and .='{name}']]");
        self.find(&format!("{row}//*[@class='finding']")).await;
        let said = self.find(&row).await.text().await.expect("text");
        for expected in words {
            assert!(said.contains(expected), "no {expected:?} in\n{said}");
        }
    }

    /// Clicks what downloads a file, and gives the file once it is there whole.
    async fn download(&self, text: &str) -> PathBuf {
        let downloads = self.profile.path().join("downloads");
        let list = || -> Vec<PathBuf> {
            fs::read_dir(&downloads).expect("a list").map(|entry| entry.expect("an entry").path()).collect()
        };
        let before = list();
        self.click(text).await;
        // Chromium keeps the name free with an empty file, and puts the whole one in its place.
        let whole = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.len() > 0);
        let named = |path: &PathBuf| path.extension().is_some_and(|end| end == "waybill");
        wait_for(text, || {
            list().into_iter().find(|path| !before.contains(path) && named(path) && whole(path))
        })
    }

    /// Sets a password by an invitation, signs out, and signs in with it.
    async fn join(&self, portal: &Portal, path: &str, email: &str) {
        self.open(portal, path).await;
        self.fill("password", PASSWORD).await;
        self.fill("again", PASSWORD).await;
        self.click("Set the password and sign in").await;
        self.click("Sign out").await;
        self.sign_in(email).await;
    }

    async fn sign_in(&self, email: &str) {
        self.arrives_at("Sign in").await;
        self.fill("email", email).await;
        self.fill("password", PASSWORD).await;
        self.find("//main//button[@type='submit']").await.click().await.expect("a click");
    }

    async fn close(self) {
        self.client.close().await.expect("Chromium ends");
        drop(self.driver);
    }
}

const PASSWORD: &str = "correct horse battery";

/// Starts chromedriver on a free port, which it tells.
fn start_driver() -> (Driver, String) {
    let program = env::var_os("CHROMEDRIVER").unwrap_or_else(|| "/usr/bin/chromedriver".into());
    let started = Command::new(&program).arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = started.unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    let out = BufReader::new(child.stdout.take().expect("piped"));
    let mut driver = Driver { child, port: 0 };
    let port = out.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    driver.port = port.expect("chromedriver tells its port");
    let url = format!("http://127.0.0.1:{}", driver.port);
    (driver, url)
}

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
