//! Chromium, driven as a person drives it.

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
use tempfile::TempDir;

use crate::support::{PATIENCE, Portal, wait_for};

/// A browser with a profile and a folder for downloads of its own.
pub(crate) struct Browser {
    pub(crate) client: Client,
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
    pub(crate) async fn start(javascript: bool) -> Browser {
        Browser::start_with(javascript, &[]).await
    }

    /// The same with more of Chromium's flags.
    pub(crate) async fn start_with(javascript: bool, more_flags: &[&str]) -> Browser {
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

    pub(crate) async fn open(&self, portal: &Portal, path: &str) {
        self.client.goto(&format!("{}{path}", portal.url)).await.expect("the page opens");
    }

    /// Waits for an element by its XPath.
    pub(crate) async fn find(&self, xpath: &str) -> Element {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(xpath)).await {
            Ok(element) => element,
            Err(error) => panic!("no {xpath}: {error}\n{}", self.text().await),
        }
    }

    pub(crate) async fn has(&self, xpath: &str) -> bool {
        !self.client.find_all(Locator::XPath(xpath)).await.expect("a list").is_empty()
    }

    /// Clicks a button or a link by its text.
    pub(crate) async fn click(&self, text: &str) {
        let xpath = format!("//*[(self::a or self::button or self::summary) and normalize-space()='{text}']");
        self.find(&xpath).await.click().await.unwrap_or_else(|error| panic!("cannot click {text}: {error}"));
    }

    pub(crate) async fn fill(&self, id: &str, text: &str) {
        let field = self.find(&format!("//*[@id='{id}']")).await;
        field.clear().await.expect("it can be emptied");
        field.send_keys(text).await.expect("it can be filled");
    }

    /// Fills in a date, in whatever order the browser's language writes one.
    pub(crate) async fn fill_date(&self, id: &str, date: &str) {
        let field = self.find(&format!("//*[@id='{id}']")).await;
        self.client
            .execute("arguments[0].value = arguments[1]", vec![json!(field), json!(date)])
            .await
            .expect("it can be filled");
    }

    /// Waits for a page by its heading.
    pub(crate) async fn arrives_at(&self, heading: &str) {
        self.find(&format!("//h1[contains(normalize-space(), '{heading}')]")).await;
    }

    /// All that is to be read on the page.
    pub(crate) async fn text(&self) -> String {
        let body = self.client.find(Locator::Css("body")).await.expect("a page");
        body.text().await.expect("text")
    }

    /// Chooses files with the file input.
    pub(crate) async fn choose(&self, files: &[&Path]) {
        let paths: Vec<&str> = files.iter().map(|file| file.to_str().expect("text")).collect();
        let input = self.find("//input[@id='files']").await;
        input.send_keys(&paths.join("\n")).await.expect("files are chosen");
    }

    /// Uploads files and waits for the answers.
    pub(crate) async fn upload(&self, files: &[&Path]) {
        self.choose(files).await;
        self.send().await;
    }

    /// Sends the upload form as it is, and waits for the answers. By the keyboard, since the button may still be moving: what is said
    /// of the files comes above it.
    pub(crate) async fn send(&self) {
        self.find("//main//form//button[@type='submit' and normalize-space()='Upload']")
            .await
            .send_keys("\n")
            .await
            .expect("it is sent");
        self.arrives_at("Answers").await;
    }

    /// Waits until the page has asked for an address that begins so, whatever came of it.
    pub(crate) async fn asks_for(&self, path: &str) {
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
    pub(crate) async fn says_of(&self, name: &str, words: &[&str]) {
        let row = format!("//ul[@class='chosen-files']/li[span[@class='name' and .='{name}']]");
        self.find(&format!("{row}//*[@class='finding']")).await;
        let said = self.find(&row).await.text().await.expect("text");
        for expected in words {
            assert!(said.contains(expected), "no {expected:?} in\n{said}");
        }
    }

    /// Clicks what downloads a file, and gives the file once it is there whole.
    pub(crate) async fn download(&self, text: &str) -> PathBuf {
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
    pub(crate) async fn join(&self, portal: &Portal, path: &str, email: &str) {
        self.open(portal, path).await;
        self.fill("password", PASSWORD).await;
        self.fill("again", PASSWORD).await;
        self.click("Set the password and sign in").await;
        self.click("Sign out").await;
        self.sign_in(email).await;
    }

    pub(crate) async fn sign_in(&self, email: &str) {
        self.arrives_at("Sign in").await;
        self.fill("email", email).await;
        self.fill("password", PASSWORD).await;
        self.find("//main//button[@type='submit']").await.click().await.expect("a click");
    }

    pub(crate) async fn close(self) {
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
