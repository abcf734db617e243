//! `waybill demo`: one complete life of a license, with real files, a real portal and real state directories, on this machine.

use std::{
    fs,
    path::{Path, PathBuf},
};

use license_format::LicenseType::{Desktop, Mobile};
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::oneshot};
use verifier::installation::{Outcome, SlotState};
use waybill_proxy::Ask;

use super::serve::until_told_to_stop;
use crate::{
    Context,
    demo::{Browser, CUSTOMER, CUSTOMER_EMAIL, STAFF_EMAIL, Site, VENDOR, Vendor, secret},
    files,
    outcome::{self, Exit, Failure, Report},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// End after the life of the license; otherwise the portal stays up to be looked at
    #[arg(long)]
    once: bool,
    /// A new folder for everything that the demo makes; a temporary one when absent. It stays in either case
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

impl Demo {
    pub(crate) async fn run(self, context: &Context) -> Result<Report, Failure> {
        let told_to_stop = until_told_to_stop()?;
        let folder = new_folder(self.keep)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move {
            // Ends when the sender is dropped, too.
            let _ = stopped.await;
        };
        let vendor = Vendor::make(&folder.join("vendor"), &folder.join("passphrase"), stopped).await?;
        let mut story = Story { folder, silent: context.json, files: 0, steps: Vec::new() };
        story.open(&vendor);

        let runtime = Handle::current();
        let life = tokio::task::spawn_blocking(move || {
            let passwords = live(&mut story, &vendor, &runtime)?;
            Ok::<_, Failure>((story, vendor, passwords))
        });
        let (story, vendor, passwords) = life.await.expect("the life does not panic")?;
        let ending = story.close(&vendor, &passwords, self.once);
        if self.once {
            drop(stop);
            vendor.serving.await.expect("the portal does not panic")?;
            return Ok(ending);
        }
        outcome::finish(Ok(ending), context.json);
        told_to_stop.await;
        drop(stop);
        vendor.serving.await.expect("the portal does not panic")?;
        Ok(Report::new("", json!({ "stopped": true })))
    }
}

/// The passwords with which the two people sign in.
struct Passwords {
    customer: String,
    staff: String,
}

/// The life. Each step is checked: the first that did not do what it says ends the demo.
fn live(story: &mut Story, vendor: &Vendor, runtime: &Handle) -> Result<Passwords, Failure> {
    let passwords = Passwords { customer: secret().to_string(), staff: secret().to_string() };
    let [customer, staff] = &vendor.join_paths;
    let ana = Browser::join(&vendor.url, customer, CUSTOMER_EMAIL, &passwords.customer)?;
    Browser::join(&vendor.url, staff, STAFF_EMAIL, &passwords.staff)?;
    let (desktop_key, mobile_key) = (&vendor.desktop.1, &vendor.mobile.1);

    story.chapter("Set up");
    let trust = story.save("trust", &vendor.signer.trust().to_file().encode())?;
    story.file(&trust, "the vendor's public keys, for every proxy");
    let told = vendor.signer.trust().root_fingerprint();
    for (groups, words) in told.lines() {
        story.tell(format!("compared by telephone: {groups}   {words}"));
    }
    let ps1 = Site::set_up(story.folder.join("PS1"), ("PS1", "Headquarters", "cm-ps1"), &trust, &told)?;
    let lab = Site::set_up(story.folder.join("LAB"), ("LAB", "Laboratory", "cm-lab"), &trust, &told)?;

    story.chapter("Activate");
    for (license_type, key, seats) in [(Desktop, desktop_key, 250), (Mobile, mobile_key, 100)] {
        let title = license_type.title();
        let request = story.next(&format!("PS1-{license_type}-activation"));
        ps1.prepare(license_type, &Ask::Activation(key.clone()), &request)?;
        story.file(&request, format!("PS1 asks for {title} with its license key"));
        let license = story.upload(&ana, &request, &format!("PS1-{license_type}-license"))?;
        let granted = installed(&ps1.import(&license.bytes)?)?;
        expect(granted == seats, format!("{title} gets {seats} seats"))?;
        story.file(&license.path, format!("the portal grants {granted}; PS1 is activated"));
    }

    story.chapter("Over the limit");
    ps1.set_usage(Desktop, 262)?;
    let status = ps1.status(Desktop)?;
    let check = ps1.check(Desktop, 1)?;
    let told = status.notices.iter().any(|notice| notice.code == "over-limit");
    expect(told && check.allowed && status.remaining == Some(0), "over the limit is said and stops nothing")?;
    story.tell("262 Macs, 12 too many: it is said, none stops");

    story.chapter("Refresh with more seats");
    runtime.block_on(vendor.sell_seats(300))?;
    story.tell(format!("{CUSTOMER} buys 50 more"));
    let request = story.next("PS1-desktop-refresh");
    ps1.prepare(Desktop, &Ask::Refresh, &request)?;
    story.file(&request, "PS1 asks again, and reports what it uses");
    let license = story.upload(&ana, &request, "PS1-desktop-license")?;
    let granted = installed(&ps1.import(&license.bytes)?)?;
    expect(granted == 300 && ps1.status(Desktop)?.remaining == Some(38), "the refresh brings 300 seats")?;
    story.file(&license.path, "300 now, 38 of them free");

    story.chapter("A second site with the same license key");
    let lab_request = story.next("LAB-desktop-activation");
    lab.prepare(Desktop, &Ask::Activation(desktop_key.clone()), &lab_request)?;
    story.file(&lab_request, "LAB asks with the key that PS1 has");
    let refusal = story.upload(&ana, &lab_request, "LAB-desktop-refusal")?;
    let said = match lab.import(&refusal.bytes)? {
        Outcome::Refused(refusal) => refusal.code.to_string(),
        other => format!("{other:?}"),
    };
    expect(said == "key-in-use", format!("the second site is refused with key-in-use, not {said}"))?;
    story.file(&refusal.path, "a signed no: the key is in use");

    story.chapter("Deactivate the first");
    let request = story.next("PS1-desktop-deactivation");
    ps1.prepare(Desktop, &Ask::Deactivation, &request)?;
    expect(ps1.status(Desktop)?.state == SlotState::Released, "the proxy stops at once")?;
    story.file(&request, "PS1 stops using it at once, and says so");
    let late = ps1.import(&license.bytes)?;
    expect(matches!(late, Outcome::Ended { .. }), "the old license cannot come back")?;
    story.tell("its old license again? Not taken: that is over");
    let receipt = story.upload(&ana, &request, "PS1-desktop-receipt")?;
    let confirmed = matches!(ps1.import(&receipt.bytes)?, Outcome::Confirmed(_));
    expect(confirmed, "the receipt confirms the deactivation")?;
    story.file(&receipt.path, "the portal confirms it: the key is free");

    story.chapter("Activate the second");
    let license = story.upload(&ana, &lab_request, "LAB-desktop-license")?;
    let granted = installed(&lab.import(&license.bytes)?)?;
    expect(granted == 300, "the second site gets all 300 seats")?;
    story.file(&license.path, "number 08 once more, and LAB gets all 300");
    let again = ana.upload("again.waybill", &files::read(&lab_request)?)?;
    expect(again == license.bytes, "the same file gets the same answer")?;
    story.tell("and again: the same answer, byte for byte");
    Ok(passwords)
}

/// The seats of a license that came into force.
fn installed(outcome: &Outcome) -> Result<u64, Failure> {
    match outcome {
        Outcome::Installed(installed) => Ok(installed.license.grants[0].seats),
        other => Err(broken(format!("a license comes into force, not {other:?}"))),
    }
}

fn expect(holds: bool, what: impl Into<String>) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(broken(what)) }
}

fn broken(what: impl Into<String>) -> Failure {
    Failure::refused(
        "demo-step",
        format!("a step did not do what it says: {}", what.into()),
        "This is a defect of Waybill: please report it with the folder's files.",
    )
}

/// The folder for everything; it must not hold anything yet.
fn new_folder(keep: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let named = keep.is_some();
    let folder = keep.unwrap_or_else(|| {
        let name: String = secret().chars().take(8).collect();
        std::env::temp_dir().join(format!("waybill-demo-{name}"))
    });
    let made = fs::create_dir_all(&folder)
        .and_then(|()| fs::read_dir(&folder))
        .map(|mut found| found.next().is_none());
    match made {
        Ok(true) => Ok(folder),
        Ok(false) if named => Err(Failure::refused(
            "folder-not-empty",
            format!("{} holds something already", folder.display()),
            "Name a folder that does not exist yet.",
        )),
        Ok(false) => Err(broken("the temporary folder is new")),
        Err(error) => Err(Failure::new(
            Exit::CouldNotTell,
            "file-write",
            format!("cannot make {}: {error}", folder.display()),
            "Name another folder with --keep.",
        )),
    }
}

/// An answer as the portal gave it, saved.
struct Answer {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// What is told, and the files that it made, numbered so that the folder reads like the story.
struct Story {
    folder: PathBuf,
    silent: bool,
    files: usize,
    steps: Vec<Value>,
}

/// Room for the longest file name.
const NAMES: usize = 35;

impl Story {
    fn open(&self, vendor: &Vendor) {
        self.say(&format!(
            "{VENDOR} has sold {CUSTOMER} 250 Desktop and 100 Mobile seats.\n\
             {CUSTOMER}'s sites have no network: somebody carries files to the portal\n\
             at {} and back.",
            vendor.url.as_str()
        ));
    }

    /// What the next steps are about.
    fn chapter(&self, title: &str) {
        self.say(&format!("\n{title}"));
    }

    /// The path of the next file.
    fn next(&mut self, name: &str) -> PathBuf {
        self.files += 1;
        self.folder.join(format!("{:02}-{name}.waybill", self.files))
    }

    fn save(&mut self, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.next(name);
        files::save(&path, bytes)?;
        Ok(path)
    }

    /// Carries a request file to the upload page, and saves what comes back.
    fn upload(&mut self, browser: &Browser, request: &Path, name: &str) -> Result<Answer, Failure> {
        let bytes = browser.upload(&file_name(request), &files::read(request)?)?;
        Ok(Answer { path: self.save(name, &bytes)?, bytes })
    }

    /// A step that made a file.
    fn file(&mut self, path: &Path, says: impl Into<String>) {
        self.step(&file_name(path), says.into());
    }

    /// A step that made none.
    fn tell(&mut self, says: impl Into<String>) {
        self.step("", says.into());
    }

    fn step(&mut self, name: &str, says: String) {
        self.say(&format!("  {name:NAMES$}  {says}"));
        self.steps.push(json!({ "file": Some(name).filter(|name| !name.is_empty()), "says": says }));
    }

    /// A step that cannot be shown is no step that failed.
    fn say(&self, line: &str) {
        if !self.silent {
            let _ = outcome::print(line);
        }
    }

    fn close(&self, vendor: &Vendor, passwords: &Passwords, once: bool) -> Report {
        let folder = self.folder.display();
        let url = vendor.url.as_str();
        let mut text = format!(
            "\nEvery step did what it says. The {} files, and all state, are in\n  {folder}\n\
             Look into one: waybill inspect {folder}/03-PS1-desktop-license.waybill\n",
            self.files
        );
        let mut json = json!({ "folder": self.folder, "files": self.files, "steps": self.steps });
        if !once {
            text += &format!(
                "\nThe portal stays up: {url}/\n\
                 \x20 customer  {CUSTOMER_EMAIL:24}  {}\n\
                 \x20 staff     {STAFF_EMAIL:24}  {}\n\
                 Ctrl-C stops it.\n",
                passwords.customer, passwords.staff
            );
            json["url"] = json!(url);
            json["sign_in"] = json!([
                { "email": CUSTOMER_EMAIL, "password": passwords.customer },
                { "email": STAFF_EMAIL, "password": passwords.staff },
            ]);
        }
        Report::new(text, json)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
