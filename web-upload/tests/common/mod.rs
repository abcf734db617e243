//! A portal over a real signer in a folder of its own, browsers that keep their cookie, and proxies without a disk.
#![allow(dead_code, unreachable_pub)]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use license_format::{
    DAY, Digest, LicenseKey, LicenseType, Nonce, Timestamp, UnverifiedFile, payload::InstallationFacts,
};
use signer::{
    AccountId, Signer, SubscriptionId, UserId,
    catalog::SubscriptionDraft,
    init::{DataDir, InitOptions, init},
    keys::Passphrase,
    link::{Link, PortalSide, PortalStore},
    people::{AccountDraft, AccountKind, Actor, Role, TokenRights},
};
use tempfile::TempDir;
use tower::ServiceExt as _;
use verifier::{
    TrustState,
    installation::{Installation, Moment, Prepared},
    testing::TestKey,
};
use web_upload::{Passwords, Portal};

pub const PASSWORD: &str = "correct horse battery";
pub const STAFF: &str = "sam@northwind.example";
pub const ANA: &str = "ana@contoso.example";
pub const BEN: &str = "ben@fabrikam.example";
pub const HOST: &str = "127.0.0.1:8080";

/// A vendor with two customers, a member of both, and the portal in front of it.
pub struct World {
    pub folder: TempDir,
    pub signer: Signer,
    pub router: Router,
    pub contoso: Customer,
    pub fabrikam: Customer,
    clock: Arc<AtomicU64>,
    dice: Arc<AtomicU64>,
}

/// A customer with a Desktop subscription.
pub struct Customer {
    pub account: AccountId,
    pub administrator: UserId,
    pub subscription: SubscriptionId,
    pub key: LicenseKey,
}

impl World {
    pub async fn new() -> World {
        World::at(&format!("http://{HOST}"), Passwords::cheap_for_tests()).await
    }

    pub async fn at(public_url: &str, passwords: Passwords) -> World {
        let folder = tempfile::tempdir().unwrap();
        let start = Timestamp::parse("2026-11-22T10:00:00Z").unwrap();
        let clock = Arc::new(AtomicU64::new(start.seconds()));
        let dice = Arc::new(AtomicU64::new(0));
        let data = DataDir::new(folder.path().join("data"));
        let passphrase = || Passphrase::new("correct horse battery staple".to_owned()).unwrap();
        let options = InitOptions { vendor: "Northwind Software".to_owned(), passphrase: passphrase() };
        init(&data, &options, start, &mut throw(&dice)).await.unwrap();
        let signer = Signer::open(&data, &passphrase(), start).await.unwrap();
        let staff = signer.people().create_staff(STAFF, start, &mut throw(&dice)).await.unwrap().user;
        let contoso = customer(&signer, &dice, "Contoso", ANA, start).await;
        let fabrikam = customer(&signer, &dice, "Fabrikam", BEN, start).await;
        for user in [&staff.id, &contoso.administrator, &fabrikam.administrator] {
            let hash = passwords.hash(PASSWORD, &mut throw(&dice));
            signer.people().set_password(user, &hash).await.unwrap();
        }
        let router = web_upload::router(portal(signer.clone(), public_url, passwords, &clock, &dice));
        World { folder, signer, router, contoso, fabrikam, clock, dice }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.clock.load(Ordering::SeqCst)).unwrap()
    }

    pub fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn dice(&self) -> impl FnMut(&mut [u8]) + Send + use<> {
        throw(&self.dice)
    }

    /// The same world through a portal that asks its signer at this address, and waits for it as long.
    pub async fn through(&mut self, address: &str, patience: Duration) {
        let store = PortalStore::open(DataDir::new(self.folder.path().join("data")).store()).await.unwrap();
        let side = store.with_signer(Link::new(address, None).unwrap());
        let passwords = Passwords::cheap_for_tests();
        let portal = portal(side, &format!("http://{HOST}"), passwords, &self.clock, &self.dice);
        self.router = web_upload::router(portal.with_patience(patience));
    }

    /// A browser in which nobody is signed in.
    pub fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookie: None }
    }

    /// A browser in which somebody is signed in.
    pub async fn signed_in(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.post("/sign-in", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text());
        browser
    }

    /// An API token of an account, that brings files.
    pub async fn token(&self, account: &AccountId) -> String {
        self.token_to(account, TokenRights::Bring).await
    }

    /// An API token of an account.
    pub async fn token_to(&self, account: &AccountId, rights: TokenRights) -> String {
        let (people, now, mut dice) = (self.signer.people(), self.now(), self.dice());
        let made = people.create_token(account, "courier", rights, None, now, &mut dice).await;
        made.unwrap().0.expose().to_owned()
    }

    pub async fn join(&self, account: &AccountId, email: &str, role: Role) {
        self.signer.people().add_member(account, email, role, self.now(), &mut self.dice()).await.unwrap();
    }

    pub fn proxy(&self, site: &str) -> Proxy {
        Proxy::new(site, &self.signer.trust(), self.now())
    }
}

fn portal(
    signer: impl Into<PortalSide>,
    public_url: &str,
    passwords: Passwords,
    clock: &Arc<AtomicU64>,
    dice: &Arc<AtomicU64>,
) -> Portal {
    let (ticking, thrown) = (Arc::clone(clock), Arc::clone(dice));
    Portal::new(
        signer,
        public_url.parse().unwrap(),
        Arc::new(move || Timestamp::from_seconds(ticking.load(Ordering::SeqCst)).unwrap()),
        Arc::new(move |out: &mut [u8]| throw(&thrown)(out)),
        passwords,
    )
}

async fn customer(
    signer: &Signer,
    dice: &Arc<AtomicU64>,
    name: &str,
    email: &str,
    now: Timestamp,
) -> Customer {
    let draft =
        AccountDraft { name: name.to_owned(), kind: AccountKind::Business, admin_email: email.to_owned() };
    let made = signer.people().create_account(draft, now, &mut throw(dice)).await.unwrap();
    let account = made.account.id;
    let mut draft = SubscriptionDraft::new(
        account.clone(),
        LicenseType::Desktop,
        250,
        now.minus(DAY),
        now.plus(365 * DAY),
    );
    draft.offline_use = true;
    let (subscription, key) =
        signer.catalog().create_subscription(draft, &Actor::Operator, now, &mut throw(dice)).await.unwrap();
    Customer {
        account,
        administrator: made.administrator.user.id,
        subscription: subscription.id,
        key: key.key,
    }
}

/// Bytes that look random and never repeat.
fn throw(dice: &Arc<AtomicU64>) -> impl FnMut(&mut [u8]) + Send + use<> {
    let dice = Arc::clone(dice);
    move |out: &mut [u8]| {
        for part in out.chunks_mut(32) {
            let count = dice.fetch_add(1, Ordering::SeqCst);
            part.copy_from_slice(&Digest::of(&count.to_be_bytes()).as_bytes()[..part.len()]);
        }
    }
}

/// What a browser does: follows nothing by itself, and keeps one cookie.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub cookie: Option<String>,
}

impl Browser {
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path), Body::empty()).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, format!("http://{HOST}"));
        self.send(request, Body::from(body.join("&"))).await
    }

    /// Sends a form as [`Page::form`] gave it.
    pub async fn submit(&mut self, path: &str, form: &BTreeMap<String, String>) -> Page {
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(path, &form).await
    }

    /// Sends the upload form with these parts: name, file name if it is a file, content.
    pub async fn upload(&mut self, parts: &[(&str, Option<&str>, &[u8])]) -> Page {
        self.post_parts("/upload", parts).await
    }

    /// Sends a form of parts.
    pub async fn post_parts(&mut self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Page {
        let mut body = Vec::new();
        for (name, file, content) in parts {
            body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"").bytes());
            if let Some(file) = file {
                body.extend(
                    format!("; filename=\"{file}\"\r\nContent-Type: application/octet-stream").bytes(),
                );
            }
            body.extend(b"\r\n\r\n");
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX")
            .header(header::ORIGIN, format!("http://{HOST}"));
        self.send(request, Body::from(body)).await
    }

    pub async fn upload_file(&mut self, file: &[u8]) -> Page {
        self.upload(&[("files", Some("request.waybill"), file)]).await
    }

    pub async fn send(&mut self, mut request: axum::http::request::Builder, body: Body) -> Page {
        request = request.header(header::HOST, HOST);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let page = send(&self.router, request.body(body).unwrap()).await;
        for cookie in page.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        page
    }
}

pub async fn send(router: &Router, request: Request<Body>) -> Page {
    let described = format!("{} {}", request.method(), request.uri());
    let head = *request.method() == Method::HEAD;
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let page = Page { status: parts.status, headers: parts.headers, body };
    page.keeps_the_rules(&described, head);
    page
}

/// A response, whole.
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Page {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn file(&self) -> UnverifiedFile {
        UnverifiedFile::read(&self.body).unwrap()
    }

    /// The address that stands after `before` in an attribute.
    pub fn link(&self, before: &str) -> String {
        let html = self.text();
        let at = html.find(before).unwrap_or_else(|| panic!("no {before} in {html}"));
        let rest = &html[at..];
        rest[..rest.find('"').unwrap()].to_owned()
    }

    /// What the form that is sent to an address ending so would send, as it stands in the page. Ticked boxes and chosen options count,
    /// as in a browser; buttons do not.
    pub fn form(&self, action: &str) -> BTreeMap<String, String> {
        let html = self.text();
        let ends = format!("{action}\"");
        let begins = html.match_indices("<form ").map(|(at, _)| &html[at..]);
        let form = begins
            .map(|form| &form[..form.find("</form>").unwrap_or(form.len())])
            .find(|form| form[..form.find('>').unwrap()].contains(&ends) && form.contains("method=\"post\""))
            .unwrap_or_else(|| panic!("no form to {action} in {html}"));
        let attribute = |tag: &str, name: &str| {
            let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
            rest.split_once('"').map(|(value, _)| unescape(value))
        };
        let mut values = BTreeMap::new();
        for (at, _) in form.match_indices("<input ") {
            let tag = &form[at..at + form[at..].find('>').unwrap()];
            let box_of = tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\"");
            if let (Some(name), true) = (attribute(tag, "name"), !box_of || tag.contains(" checked")) {
                let value =
                    attribute(tag, "value").unwrap_or_else(|| if box_of { "on" } else { "" }.to_owned());
                values.insert(name, value);
            }
        }
        for (at, _) in form.match_indices("<textarea ") {
            let tag = &form[at..];
            let (head, rest) = tag.split_once('>').unwrap();
            values.insert(attribute(head, "name").unwrap(), unescape(rest.split_once('<').unwrap().0));
        }
        for (at, _) in form.match_indices("<select ") {
            let tag = &form[at..at + form[at..].find("</select>").unwrap()];
            let options: Vec<&str> = tag.split("<option ").skip(1).collect();
            let chosen = options.iter().find(|option| option.contains(" selected")).or(options.first());
            if let Some(option) = chosen {
                let value = attribute(&format!(" {option}"), "value").unwrap_or_default();
                values.insert(attribute(tag, "name").unwrap(), value);
            }
        }
        values
    }

    pub fn says(&self, words: &str) -> &Page {
        assert!(self.text().contains(words), "nothing says {words:?} in {}", self.text());
        self
    }

    pub fn does_not_say(&self, words: &str) -> &Page {
        assert!(!self.text().contains(words), "{words:?} is said in {}", self.text());
        self
    }

    /// What holds for every response of the portal.
    fn keeps_the_rules(&self, described: &str, head: bool) {
        let is_page = self.header("content-type").starts_with("text/html");
        // The pages that run the verifier say so, and no other may run a module.
        let runs_a_module = is_page && String::from_utf8_lossy(&self.body).contains("data-check-module=");
        let scripts = if runs_a_module { "'self' 'wasm-unsafe-eval'" } else { "'self'" };
        let policy = self.header("content-security-policy");
        let expected = format!(
            "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        assert_eq!(policy, expected, "{described}");
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{described}");
        assert_eq!(self.header("referrer-policy"), "no-referrer", "{described}");
        assert_eq!(self.header("cross-origin-opener-policy"), "same-origin", "{described}");
        assert_eq!(self.header("cross-origin-resource-policy"), "same-origin", "{described}");
        let failed = self.status.is_client_error() || self.status.is_server_error();
        assert!(head || !failed || !self.body.is_empty(), "{described}: nobody is left with an empty page");
        if is_page {
            assert_eq!(self.header("cache-control"), "no-store", "{described}");
        }
    }
}

fn unescape(text: &str) -> String {
    let pairs = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// A proxy: the verifier's own state machine and a key.
#[derive(Clone)]
pub struct Proxy {
    key: TestKey,
    pub state: Installation,
    made: u64,
}

impl Proxy {
    fn new(site: &str, trust: &TrustState, now: Timestamp) -> Proxy {
        let key = TestKey::named(site);
        let facts = InstallationFacts {
            name: format!("CM-{site}").parse().unwrap(),
            product: "waybill-proxy".parse().unwrap(),
            version: "0.1.0".parse().unwrap(),
            site_code: site.parse().unwrap(),
            public_key: key.public_key(),
            fingerprint: BTreeMap::new(),
            site_description: Some("Headquarters".parse().unwrap()),
        };
        Proxy { key, state: Installation::set_up(facts, trust, now), made: 0 }
    }

    pub fn activate(&mut self, key: &LicenseKey, now: Timestamp) -> Vec<u8> {
        let (signing, moment) = self.moment(now);
        let made = self
            .state
            .prepare_activation(key.license_type(), key, moment, |bytes| signing.sign(bytes))
            .unwrap();
        self.take(made)
    }

    pub fn refresh(&mut self, used: u64, now: Timestamp) -> Vec<u8> {
        self.state = self.state.set_usage(LicenseType::Desktop, used, now);
        let (signing, moment) = self.moment(now);
        let made =
            self.state.prepare_refresh(LicenseType::Desktop, moment, |bytes| signing.sign(bytes)).unwrap();
        self.take(made)
    }

    pub fn deactivate(&mut self, now: Timestamp) -> Vec<u8> {
        let (signing, moment) = self.moment(now);
        let made = self
            .state
            .prepare_deactivation(LicenseType::Desktop, moment, |bytes| signing.sign(bytes))
            .unwrap();
        self.take(made)
    }

    /// Imports what was downloaded; it must be taken.
    pub fn import(&mut self, file: &[u8], now: Timestamp) {
        let file = UnverifiedFile::read(file).unwrap();
        self.state = self.state.import(&file, now).unwrap().0;
    }

    /// A nonce of its own for each request.
    fn moment(&mut self, now: Timestamp) -> (TestKey, Moment) {
        self.made += 1;
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.made.to_be_bytes());
        (self.key.clone(), Moment { now, nonce: Nonce(nonce) })
    }

    /// A copy that goes its own way: its next request differs.
    pub fn copied(&self) -> Proxy {
        Proxy { made: self.made + 1000, ..self.clone() }
    }

    fn take(&mut self, (state, prepared): (Installation, Prepared)) -> Vec<u8> {
        self.state = state;
        prepared.request.file().to_vec()
    }
}
