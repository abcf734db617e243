//! What the process tests share: the two programs as processes, a vendor with customers, and sites without a network.
//!
//! Nothing here knows how the programs work inside: files go in, files and exit codes come out.
#![allow(dead_code, reason = "each test program uses a part of it")]

#[cfg(unix)]
pub(crate) mod apart;

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// How long a condition may take to come true on a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The `waybill` program.
pub(crate) fn waybill() -> PathBuf {
    std::env::var_os("WAYBILL_BIN").map_or_else(|| env!("CARGO_BIN_EXE_waybill").into(), PathBuf::from)
}

/// The `waybill-proxy` program, built with the feature `test-clock`. cargo does not build another package's program for a test, so it
/// must be there: `scripts/test` builds it.
pub(crate) fn waybill_proxy() -> PathBuf {
    let beside = || waybill().with_file_name(format!("waybill-proxy{}", std::env::consts::EXE_SUFFIX));
    let path = std::env::var_os("WAYBILL_PROXY_BIN").map_or_else(beside, PathBuf::from);
    let path = std::path::absolute(path).expect("a path");
    assert!(
        path.is_file(),
        "{} is missing: run `cargo build -p waybill-proxy --features test-clock`, or scripts/test",
        path.display()
    );
    path
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    command: String,
}

impl Run {
    /// Runs a program to its end, with nothing on its standard input.
    pub(crate) fn of(program: &Path, arguments: &[impl AsRef<OsStr>]) -> Run {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        Run::command(command)
    }

    /// The same with a command that was made ready.
    pub(crate) fn command(mut command: Command) -> Run {
        let shown = format!("{command:?}");
        let output = command.output().unwrap_or_else(|error| panic!("{shown}: {error}"));
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            command: shown,
        }
    }

    /// Demands an exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}\n--- stdout\n{}\n--- stderr\n{}", self.command, self.out, self.err);
        self
    }

    /// The object on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| {
            panic!("{}: {error}\n--- stdout\n{}\n--- stderr\n{}", self.command, self.out, self.err)
        })
    }

    /// The code of the error in the object on standard output.
    #[track_caller]
    pub(crate) fn error_code(&self) -> String {
        let json = self.json();
        json["error"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{}: no error in {json}", self.command))
            .to_owned()
    }
}

/// A vendor's data directory, and a folder for everything that is carried around.
pub(crate) struct Vendor {
    pub(crate) folder: TempDir,
    pub(crate) data_dir: PathBuf,
    pub(crate) passphrase: PathBuf,
    pub(crate) trust: PathBuf,
    /// Where its store is, as arguments, if not in the data directory.
    pub(crate) database: Vec<String>,
}

/// A customer: an account with a token.
pub(crate) struct Customer {
    pub(crate) account: String,
    pub(crate) token_file: PathBuf,
    pub(crate) join_path: String,
}

impl Vendor {
    /// `waybill init` and `waybill trust export`.
    pub(crate) fn new() -> Vendor {
        Vendor::in_data_dir(None)
    }

    /// The same with the data directory elsewhere.
    pub(crate) fn in_data_dir(data_dir: Option<PathBuf>) -> Vendor {
        Vendor::with_store(data_dir, Vec::new())
    }

    /// The same with the store elsewhere, too.
    pub(crate) fn with_store(data_dir: Option<PathBuf>, database: Vec<String>) -> Vendor {
        let folder = tempfile::tempdir().expect("a folder");
        let passphrase = folder.path().join("passphrase");
        fs::write(&passphrase, "across the gap\n").expect("a passphrase");
        let data_dir = data_dir.unwrap_or_else(|| folder.path().join("vendor"));
        let trust = folder.path().join("trust.waybill");
        let vendor = Vendor { data_dir, passphrase, trust, folder, database };
        let passphrase = vendor.passphrase.to_str().expect("text");
        vendor.run(&["init", "--vendor", "Northwind Software", "--passphrase-file", passphrase]).exits(0);
        vendor.run(&["trust", "export", "--output", vendor.trust.to_str().expect("text")]).exits(0);
        vendor
    }

    /// `waybill --json --data-dir …`
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["--json", "--data-dir", self.data_dir.to_str().expect("text")];
        all.extend(self.database.iter().map(String::as_str));
        all.extend(arguments);
        Run::of(&waybill(), &all)
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `waybill account create` and `waybill token create`.
    pub(crate) fn customer(&self, name: &str) -> Customer {
        let created =
            self.run(&["account", "create", "--name", name, "--admin-email", &format!("ana@{name}.example")]);
        let created = created.exits(0).json();
        let account = created["account"]["id"].as_str().expect("an id").to_owned();
        let token_file = self.path(&format!("{name}.token"));
        self.run(&["token", "create", "--account", &account, "--output", token_file.to_str().expect("text")])
            .exits(0);
        let join_path = created["administrator"]["join_path"].as_str().expect("a link").to_owned();
        Customer { account, token_file, join_path }
    }

    /// `waybill subscription create --offline-use`, from yesterday on for a year. Gives its id and its license key.
    pub(crate) fn sells(&self, customer: &Customer, license_type: &str, seats: u64) -> (String, String) {
        let seats = seats.to_string();
        let created = self
            .run(&[
                "subscription",
                "create",
                "--account",
                &customer.account,
                "--license-type",
                license_type,
                "--seats",
                &seats,
                "--start",
                "2026-01-01",
                "--end",
                "2099-01-01",
                "--offline-use",
            ])
            .exits(0)
            .json();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        (text(&created["subscription"]["id"]), text(&created["license_key"]["key"]))
    }

    /// `waybill serve` on a free port, once it listens.
    pub(crate) fn serves(&self) -> Portal {
        let passphrase = self.passphrase.to_str().expect("text");
        self.starts(&["serve", "--listen", "127.0.0.1:0", "--passphrase-file", passphrase], "url")
    }

    /// A command that stays, once it has said under this name where it is reached.
    pub(crate) fn starts(&self, arguments: &[&str], at: &str) -> Portal {
        let mut child = Command::new(waybill())
            .args(["--json", "--data-dir"])
            .arg(&self.data_dir)
            .args(&self.database)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("waybill starts");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let told: Value = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("waybill {arguments:?} said {line:?}: {error}"));
        let url = told[at].as_str().expect("an address").to_owned();
        Portal { child, out, url }
    }

    /// `waybill-proxy setup` of a new site.
    pub(crate) fn site(&self, code: &str, name: &str) -> Site {
        let site = Site { state_dir: self.path(&format!("state-{code}-{name}")) };
        let trust = self.trust.to_str().expect("text");
        // As a person reads it to another by telephone.
        let told = self.run(&["trust", "show", trust]).exits(0).json();
        let words = told["root_fingerprint_words"].as_str().expect("words");
        let (trust, compared) = (["--trust", trust], ["--fingerprint", words]);
        let facts = ["--site-code", code, "--site-description", name, "--name", name];
        site.run(&[&["setup"][..], &trust, &compared, &facts].concat()).exits(0);
        site
    }

    /// `waybill connect`: the answer's path, and how it ended.
    pub(crate) fn connect(&self, portal: &Portal, customer: &Customer, request: &Path) -> (PathBuf, Run) {
        let output = request.with_extension("answer");
        (output.clone(), Run::command(connect_command(portal, customer, request, &output)))
    }

    /// The same where a license or a receipt is due.
    #[track_caller]
    pub(crate) fn answer(&self, portal: &Portal, customer: &Customer, request: &Path) -> PathBuf {
        let (path, run) = self.connect(portal, customer, request);
        run.exits(0);
        path
    }

    /// `waybill installation show` of a site.
    pub(crate) fn sees(&self, site: &Site) -> Value {
        let id = site.status()["installation"].as_str().expect("a thumbprint").to_owned();
        self.run(&["installation", "show", &id]).exits(0).json()["installation"].take()
    }
}

/// `waybill connect`, not started.
pub(crate) fn connect_command(
    portal: &Portal,
    customer: &Customer,
    request: &Path,
    output: &Path,
) -> Command {
    let mut command = Command::new(waybill());
    command.arg("--json").arg("connect").arg(request).args(["--server", &portal.url, "--token-file"]);
    command.arg(&customer.token_file).arg("--output").arg(output).stdin(Stdio::null());
    command
}

/// A portal at work, or a signer; killed when dropped.
pub(crate) struct Portal {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Portal {
    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop, as a service manager does, and gives what it said last and its exit code.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> (String, i32) {
        let asked =
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(asked.success());
        let mut said = String::new();
        self.out.read_to_string(&mut said).expect("text");
        (said, self.child.wait().expect("it ends").code().unwrap_or(-1))
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A site without a network: a state directory of `waybill-proxy`.
pub(crate) struct Site {
    pub(crate) state_dir: PathBuf,
}

impl Site {
    /// `waybill-proxy --json --state-dir …`
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut all = vec!["--json", "--state-dir", self.state_dir.to_str().expect("text")];
        all.extend(arguments);
        Run::of(&waybill_proxy(), &all)
    }

    /// `prepare activation` into a new file of that name beside the state directory.
    #[track_caller]
    pub(crate) fn activation(&self, license_type: &str, key: &str, name: &str) -> PathBuf {
        self.prepare(&["activation", "--license-type", license_type, "--license-key", key], name)
    }

    /// `prepare refresh`.
    #[track_caller]
    pub(crate) fn refresh(&self, license_type: &str, name: &str) -> PathBuf {
        self.prepare(&["refresh", "--license-type", license_type], name)
    }

    /// `prepare deactivation`.
    #[track_caller]
    pub(crate) fn deactivation(&self, license_type: &str, name: &str) -> PathBuf {
        self.prepare(&["deactivation", "--license-type", license_type], name)
    }

    #[track_caller]
    fn prepare(&self, what: &[&str], name: &str) -> PathBuf {
        let folder = self.beside("files");
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{name}.waybill"));
        let mut arguments = vec!["prepare"];
        arguments.extend(what);
        arguments.extend(["--output", path.to_str().expect("text")]);
        self.run(&arguments).exits(0);
        path
    }

    /// `import --yes`.
    pub(crate) fn import(&self, file: &Path) -> Run {
        self.run(&["import", "--yes", file.to_str().expect("text")])
    }

    /// What an import that exits with 0 says came of it.
    #[track_caller]
    pub(crate) fn imports(&self, file: &Path) -> String {
        self.import(file).exits(0).json()["outcome"].as_str().expect("an outcome").to_owned()
    }

    /// `usage set`.
    #[track_caller]
    pub(crate) fn uses(&self, license_type: &str, count: u64) {
        self.run(&["usage", "set", "--license-type", license_type, "--count", &count.to_string()]).exits(0);
    }

    /// `status`, all of it.
    #[track_caller]
    pub(crate) fn status(&self) -> Value {
        self.run(&["status"]).exits(0).json()
    }

    /// `status` of one slot.
    #[track_caller]
    pub(crate) fn slot(&self, license_type: &str) -> Value {
        self.run(&["status", "--license-type", license_type]).exits(0).json()["slots"][0].take()
    }

    /// A copy of the whole state directory, as a restored snapshot or a cloned machine has it.
    pub(crate) fn copied(&self, name: &str) -> Site {
        let to = self.beside(name);
        fs::create_dir_all(&to).expect("a folder");
        for entry in fs::read_dir(&self.state_dir).expect("a list") {
            let entry = entry.expect("an entry");
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
        Site { state_dir: to }
    }

    /// A path of this site's own beside its state directory.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        let own = self.state_dir.file_name().expect("a name").to_str().expect("text");
        self.state_dir.with_file_name(format!("{own}.{name}"))
    }

    /// The bytes of the state file.
    pub(crate) fn state(&self) -> Vec<u8> {
        fs::read(self.state_dir.join("state")).expect("a state")
    }
}

/// Waits until something is there, and fails when it does not come.
#[track_caller]
#[allow(
    clippy::disallowed_methods,
    reason = "a test that waits for another process has a deadline of its own"
)]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::yield_now();
    }
}
