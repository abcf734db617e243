//! A desk in a temporary folder: the program is run as people run it, and what it says is compared as text. What differs from run
//! to run is replaced by a name in angle brackets.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use license_format::{LicenseKey, LicenseType, Timestamp, UnverifiedFile};
use tempfile::TempDir;
use verifier::testing;

use crate::vendor;

/// The program. Cargo says where it is, unless a shell stands between it and the compiler, as in a build for Windows: shells drop
/// variables with a hyphen in their names. Then it is where cargo puts it, beside the folder of the tests.
fn program() -> PathBuf {
    let beside = || {
        let tests = std::env::current_exe().expect("a path of this test");
        let name = format!("waybill-proxy{}", std::env::consts::EXE_SUFFIX);
        tests.ancestors().nth(2).expect("a folder above").join(name)
    };
    option_env!("CARGO_BIN_EXE_waybill-proxy").map_or_else(beside, PathBuf::from)
}

/// When everything happens unless a transcript says otherwise: the test vendor's day.
pub(crate) fn today() -> Timestamp {
    testing::now()
}

pub(crate) struct Desk {
    folder: TempDir,
    pub(crate) now: Timestamp,
}

/// What a run of the program came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    /// A desk with the vendor's trust file on it, and nothing set up.
    pub(crate) fn empty() -> Desk {
        let folder = TempDir::new().expect("a temporary folder");
        let desk = Desk { folder, now: today() };
        desk.put("trust.waybill", &vendor::trust_file());
        desk
    }

    /// A desk whose site is set up.
    pub(crate) fn set_up() -> Desk {
        let desk = Desk::empty();
        desk.yes("setup --trust trust.waybill --fingerprint FINGERPRINT --site-code PS1 --site-description Headquarters --name CM01");
        desk
    }

    /// A desk whose Desktop slot is active. Its request is `request.waybill`, its license `license.waybill`.
    pub(crate) fn activated() -> Desk {
        let desk = Desk::set_up();
        desk.activate(LicenseType::Desktop, "request.waybill");
        desk.answer("request.waybill", "license.waybill");
        desk.yes("import license.waybill --yes");
        desk
    }

    pub(crate) fn activate(&self, license_type: LicenseType, file: &str) {
        let key = license_key(license_type);
        self.yes(&format!(
            "prepare activation --license-type {license_type} --license-key {key} --output {file}"
        ));
    }

    /// The vendor says yes to a request file.
    pub(crate) fn answer(&self, request: &str, answer: &str) {
        self.put(answer, &vendor::yes(&self.get(request)).encode());
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("a file in the temporary folder");
    }

    pub(crate) fn put_file(&self, name: &str, file: &UnverifiedFile) {
        self.put(name, &file.encode());
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file that was written")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.path("state")
    }

    /// The names in the folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The program with the desk's state directory, folder and time. The word FINGERPRINT stands for the test vendor's.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.folder.path()).args(["--now", &self.now.rfc3339(), "--state-dir", "state"]);
        let fingerprint = testing::trust().root_fingerprint().to_string();
        command.args(line.split_whitespace().map(|word| word.replace("FINGERPRINT", &fingerprint)));
        command
    }

    pub(crate) fn run(&self, line: &str) -> Run {
        self.run_with(line, b"")
    }

    /// Runs with this on standard input.
    pub(crate) fn run_with(&self, line: &str, input: &[u8]) -> Run {
        self.finish(self.command(line), input)
    }

    pub(crate) fn finish(&self, mut command: Command, input: &[u8]) -> Run {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // A program that does not read its input closes it; that is its right.
        let _ = child.stdin.take().expect("piped").write_all(input);
        let output = child.wait_with_output().expect("the program ends");
        Run {
            code: output.status.code(),
            out: self.plain(&String::from_utf8(output.stdout).expect("UTF-8")),
            err: self.plain(&String::from_utf8(output.stderr).expect("UTF-8")),
        }
    }

    /// Runs at a terminal, which `script` makes, where this line is typed: what stood on the screen, and the exit code.
    #[cfg(target_os = "linux")]
    pub(crate) fn at_a_terminal(&self, line: &str, typed: &str) -> (String, Option<i32>) {
        let command = self.command(line);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<String> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
        let mut terminal = Command::new("script");
        terminal.current_dir(self.folder.path()).args(["-qec", &words.join(" "), "/dev/null"]);
        let run = self.finish(terminal, format!("{typed}\n").as_bytes());
        (run.out.replace("\r\n", "\n"), run.code)
    }

    /// Runs what must succeed, and gives what it said.
    pub(crate) fn yes(&self, line: &str) -> String {
        let run = self.run(line);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{line}\n{}", run.out);
        run.out
    }

    /// Runs what must be refused with this code; gives what it said.
    pub(crate) fn no(&self, line: &str, code: &str) -> Run {
        let run = self.run(line);
        let begins = format!("waybill-proxy: [{code}] ");
        assert!(run.code == Some(1) && run.err.starts_with(&begins), "{line}\n{run:?}");
        assert!(run.err.contains("\nNext: "), "every refusal has a next step: {}", run.err);
        run
    }

    /// Runs with `--json`, and gives the object and the exit code.
    pub(crate) fn json(&self, line: &str) -> (serde_json::Value, i32) {
        let run = self.run(&format!("{line} --json"));
        let object = serde_json::from_str(&run.out)
            .unwrap_or_else(|error| panic!("{line}: {error}\n{}\n{}", run.out, run.err));
        (object, run.code.expect("an exit code"))
    }

    /// The state file's bytes.
    pub(crate) fn state(&self) -> Vec<u8> {
        fs::read(self.state_dir().join("state")).expect("a state")
    }

    /// What differs from run to run, by name.
    fn plain(&self, text: &str) -> String {
        let folder = self.folder.path().display().to_string();
        let text = text.replace(&folder, "<FOLDER>");
        let text = replace_runs(&text, 19, "<INSTALLATION>", is_short_thumbprint);
        replace_runs(&text, 16, "<DIGEST>.waybill", |part| {
            part.ends_with(".waybill") && part[..8].bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }
}

/// A license key that fits the test vendor's.
pub(crate) fn license_key(license_type: LicenseType) -> LicenseKey {
    testing::license_key(license_type)
}

/// Whether a path can be used by others than its owner.
#[cfg(unix)]
pub(crate) fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).expect("a path").permissions().mode() & 0o777
}

fn is_short_thumbprint(part: &str) -> bool {
    part.bytes().enumerate().all(|(at, byte)| {
        if at % 5 == 4 { byte == b'-' } else { byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte) }
    })
}

/// Replaces every part of this length that fits. A key's fingerprint is longer than a name's, so it stays.
fn replace_runs(text: &str, length: usize, name: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let part = rest.get(..length).filter(|part| fits(part));
        let goes_on = rest.as_bytes().get(length).is_some_and(|byte| *byte == b'-');
        let came_on = out.ends_with('-') && name == "<INSTALLATION>";
        if part.is_some() && !goes_on && !came_on {
            out.push_str(name);
            rest = &rest[length..];
            continue;
        }
        let next = rest.chars().next().expect("not empty");
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
    out
}
