//! How a scenario is told: each step says what is done and what comes of it.
//!
//! Only what happens in every exchange is done here: a new request is made of the state as it stands, and the clock rises. What an
//! import changes, each scenario says itself, so that no rule of an implementation is repeated where it would be tested.

use base64::{Engine as _, prelude::BASE64_STANDARD};

pub(crate) use super::request::{Ask, COMPUTERS_KEY, DESKTOP_KEY, FARM_KEY, MOBILE_KEY, OTHER_KEY, Request};
use super::{
    request::{Asked, key_of, license_id_of},
    state::{Link, State},
    told::{Expected, Fields, Member, Text, Told, base64, text},
};
use crate::{
    cases::{good::*, world::*},
    kit::{File, Item, Sign1, hex},
};

/// A scenario while it is told.
#[derive(Debug)]
pub(crate) struct Story {
    name: &'static str,
    comment: &'static str,
    /// The clock.
    pub(crate) now: u64,
    /// What the installation must be in.
    pub(crate) state: State,
    /// The signer's record number.
    pub(crate) record: u64,
    /// What the next request reports of use: the lines of its slot.
    pub(crate) usage: Vec<Item>,
    /// What the next request says of the installation.
    pub(crate) facts: Item,
    /// What travels along with the next request.
    pub(crate) travelling: Vec<Sign1>,
    nonces: u32,
    steps: Vec<Told>,
}

impl Story {
    /// An installation that was set up two days before the contract begins, with the usual trust file.
    pub(crate) fn begin(name: &'static str, comment: &'static str) -> Story {
        Story::begin_with(name, comment, &trust_file())
    }

    /// The same, with another trust file whose bundle has number 1.
    pub(crate) fn begin_with(name: &'static str, comment: &'static str, trust: &[u8]) -> Story {
        let mut story = Story {
            name,
            comment,
            now: ASKED,
            state: State::new(ASKED),
            record: 1,
            usage: Vec::new(),
            facts: facts(),
            travelling: Vec::new(),
            nonces: 0,
            steps: Vec::new(),
        };
        let ask = vec![
            ("trust", base64(trust)),
            ("secret", text(hex(&installation().seed()))),
            ("facts", told_facts(&facts())),
        ];
        story.tell("An installation is set up.", "setup", ask, "done", None);
        story
    }

    /// The same, with an active Desktop slot: its license answers request number 1.
    pub(crate) fn begin_active(name: &'static str, comment: &'static str) -> (Story, Request) {
        let mut story = Story::begin(name, comment);
        let request = story.activated("desktop", DESKTOP_KEY);
        (story, request)
    }

    /// A slot is activated, the ordinary way.
    pub(crate) fn activated(&mut self, slot: &'static str, key: &'static str) -> Request {
        let request = self.prepare("A license key is typed.", slot, Ask::Activation(key, key));
        self.now = self.now.max(NOW);
        let license = self.license(&request);
        self.install("Its license comes.", &request, &File::of(&license));
        request
    }

    // Steps.

    /// A request that is new. It says what the state says.
    pub(crate) fn prepare(&mut self, comment: &'static str, slot: &'static str, ask: Ask) -> Request {
        self.take_clock();
        let counter = self.state.counter + 1;
        match ask {
            Ask::Activation(..) => self.state.request(slot),
            Ask::Refresh => {}
            Ask::Deactivation => self.state.release(slot, counter),
        }
        let nonce = first_16(&format!("{} nonce {}", self.name, self.nonces));
        self.state.counter = counter;
        let Story { name, now, usage, facts, .. } = &*self;
        let asked = Asked { scenario: name, slot, ask, now: *now, nonce, usage, facts };
        let document = Sign1::sealed(&installation(), ask.kind(), &asked.payload(&self.state));
        let file =
            self.travelling.iter().fold(File::of(&document), |file, license| file.and(license)).encode();
        let link = Link { counter, digest: document.digest() };
        self.state.open.push(link);
        self.tell_prepare(comment, slot, ask, "new", Some(&file));
        let license = license_id_of(self.name, counter);
        let typed = match ask {
            Ask::Activation(_, meant) => meant,
            _ => key_of(slot),
        };
        Request { link, slot, license, file, typed }
    }

    /// A request that was made before is given again.
    pub(crate) fn prepare_again(
        &mut self,
        comment: &'static str,
        ask: Ask,
        request: &Request,
        outcome: &'static str,
    ) {
        self.take_clock();
        self.tell_prepare(comment, request.slot, ask, outcome, Some(&request.file));
    }

    /// A request that is refused, and changes nothing.
    pub(crate) fn prepare_refused(
        &mut self,
        comment: &'static str,
        slot: &'static str,
        ask: Ask,
        code: &'static str,
    ) {
        self.tell_prepare(comment, slot, ask, code, None);
    }

    /// A file that changes nothing, not even the clock.
    pub(crate) fn import(&mut self, comment: &'static str, file: impl Into<Vec<u8>>, outcome: &'static str) {
        self.tell(comment, "import", vec![("file", base64(&file.into()))], outcome, None);
    }

    /// A file that is taken, and what changes by it.
    pub(crate) fn take(
        &mut self,
        comment: &'static str,
        file: impl Into<Vec<u8>>,
        outcome: &'static str,
        change: impl FnOnce(&mut State),
    ) {
        self.take_clock();
        self.state.record = self.state.record.max(self.record);
        change(&mut self.state);
        self.tell(comment, "import", vec![("file", base64(&file.into()))], outcome, None);
    }

    /// A license that comes into force.
    pub(crate) fn install(&mut self, comment: &'static str, request: &Request, file: &File) {
        self.take(comment, file.encode(), "installed", |state| state.install(request));
    }

    /// Time has passed: what changes by that alone is said before.
    pub(crate) fn status(&mut self, comment: &'static str) {
        self.take_clock();
        self.tell(comment, "status", Vec::new(), "done", None);
    }

    /// Use is counted.
    pub(crate) fn set_usage(&mut self, comment: &'static str, slot: &'static str, used: u64) {
        self.take_clock();
        let ask = vec![("license-type", text(slot)), ("used", Member::Number(used))];
        self.tell(comment, "set-usage", ask, "done", None);
    }

    /// The machine or the program is called otherwise.
    pub(crate) fn set_facts(&mut self, comment: &'static str, facts: &Item) {
        self.take_clock();
        self.tell(comment, "set-facts", vec![("facts", told_facts(facts))], "done", None);
    }

    fn take_clock(&mut self) {
        self.state.high_water = self.state.high_water.max(self.now);
    }

    // The other side's files. Each is issued now, by the usual key.

    /// The license that answers a request.
    pub(crate) fn license(&self, request: &Request) -> Sign1 {
        self.license_with(request, |license| license)
    }

    /// The license that answers a request, with something changed.
    pub(crate) fn license_with(&self, request: &Request, change: impl FnOnce(Item) -> Item) -> Sign1 {
        Sign1::sealed(&issuing(), "license", &change(self.license_payload(request)))
    }

    /// What it says.
    pub(crate) fn license_payload(&self, request: &Request) -> Item {
        let license = license()
            .with(&["id"], request.license)
            .with(&["issued"], self.now)
            .with(&["license-key"], license_key_ref_of(request.typed));
        self.answer_to(request, license)
    }

    /// The receipt that answers a request.
    pub(crate) fn receipt(&self, request: &Request) -> Sign1 {
        let receipt = deactivation_receipt().with(&["issued"], self.now).without(&["license"]);
        Sign1::sealed(&issuing(), "deactivation-receipt", &self.answer_to(request, receipt))
    }

    /// A refusal that answers a request.
    pub(crate) fn refusal(&self, request: &Request, code: &str, is_final: bool) -> Sign1 {
        let refusal = refusal()
            .with(&["issued"], self.now)
            .with(&["code"], code)
            .with(&["says"], "The answer is no.")
            .with(&["next-step"], "Ask again.")
            .with(&["final"], is_final)
            .without(&["until"]);
        Sign1::sealed(&issuing(), "refusal", &self.answer_to(request, refusal))
    }

    fn answer_to(&self, request: &Request, answer: Item) -> Item {
        answer
            .with(&["answers"], request.link.digest)
            .with(&["counter"], request.link.counter)
            .with(&["license-type"], request.slot)
            .with(&["record"], self.record)
    }

    fn tell_prepare(
        &mut self,
        comment: &'static str,
        slot: &'static str,
        ask: Ask,
        outcome: &'static str,
        file: Option<&[u8]>,
    ) {
        let nonce = first_16(&format!("{} nonce {}", self.name, self.nonces));
        self.nonces += 1;
        let mut members = vec![("nonce", text(hex(&nonce))), ("license-type", text(slot))];
        if let Ask::Activation(typed, _) = ask {
            members.push(("license-key", text(typed)));
        }
        self.tell(comment, ask.step(), members, outcome, file);
    }

    fn tell(
        &mut self,
        comment: &'static str,
        step: &'static str,
        members: Vec<(&'static str, Member)>,
        outcome: &'static str,
        file: Option<&[u8]>,
    ) {
        let ask =
            [("step", text(step)), ("now", Member::Number(self.now))].into_iter().chain(members).collect();
        let expect = Expected {
            outcome,
            file: file.map(|file| BASE64_STANDARD.encode(file)),
            state: self.state.clone(),
        };
        self.steps.push(Told { comment, ask: Fields(ask), expect });
    }

    /// The scenario's name and text.
    pub(crate) fn end(self) -> (String, String) {
        let Story { name, comment, steps, .. } = self;
        let text = Text { schema: "../scenario.schema.json", comment, steps };
        let text = serde_json::to_string_pretty(&text).expect("texts and numbers have a JSON form");
        (name.to_owned(), text + "\n")
    }
}

/// What an installation says of itself, as JSON.
fn told_facts(facts: &Item) -> Member {
    let fields = ["name", "product", "version", "site-code", "site-description", "public-key", "fingerprint"];
    Member::Fields(Fields(fields.map(|name| (name, told_item(facts.clone().at(&[name])))).into()))
}

fn told_item(item: &Item) -> Member {
    match item {
        Item::Text(inner) => text(inner.as_str()),
        Item::Bytes(bytes) => text(hex(bytes)),
        _ => Member::Fields(Fields(vec![("machine-id", text(hex(&first_16("machine-id"))))])),
    }
}
