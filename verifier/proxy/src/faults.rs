//! Every write of every command, stopped in every way: refused like a full disk, cut off before, in the middle, or right after. What
//! must hold: the state is the old one or the new one; nothing gets out that the state does not know; and the same command run
//! again ends where it would have ended, with one request and not two.

use std::{
    cell::Cell,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    rc::Rc,
};

use license_format::{LicenseType, Nonce, UnverifiedFile};
use verifier::{
    installation::{Installation, Moment, SlotState},
    testing,
};
use zeroize::Zeroizing;

use crate::{
    Ask, Machine, Output, Proxy, ProxyError, SetUp, StateDir,
    disk::{Access, Disk, RealDisk},
    state_file::State,
};

#[allow(dead_code, reason = "the transcripts use more of it")]
#[path = "../tests/transcripts/vendor/mod.rs"]
mod vendor;

/// How a write goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The disk is full: the write is refused, and the program goes on.
    Full,
    /// The process is killed before it.
    KilledBefore,
    /// The process is killed in it: the temporary file is there, the name is not.
    KilledWithin,
    /// The process is killed right after it.
    KilledAfter,
}

const FAULTS: [Fault; 4] = [Fault::Full, Fault::KilledBefore, Fault::KilledWithin, Fault::KilledAfter];

/// A killed process: it unwinds to the test, and its lock goes with it.
struct Killed;

/// A disk whose write with a certain number goes wrong.
struct FaultyDisk {
    fault: Fault,
    writes_before: Rc<Cell<Option<u32>>>,
}

impl Disk for FaultyDisk {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
        RealDisk.read(path, limit)
    }

    fn write(&self, path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
        match self.writes_before.get() {
            Some(0) => self.writes_before.set(None),
            Some(more) => {
                self.writes_before.set(Some(more - 1));
                return RealDisk.write(path, bytes, access);
            }
            None => return RealDisk.write(path, bytes, access),
        }
        match self.fault {
            Fault::Full => return Err(io::ErrorKind::StorageFull.into()),
            Fault::KilledBefore => {}
            Fault::KilledWithin => {
                let name = path.file_name().expect("a file").to_string_lossy();
                let temporary = path.with_file_name(format!(".{name}.Xa7b9Q"));
                std::fs::write(temporary, &bytes[..bytes.len() / 2])?;
            }
            Fault::KilledAfter => RealDisk.write(path, bytes, access)?,
        }
        std::panic::resume_unwind(Box::new(Killed))
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        RealDisk.make_dir(path)
    }
}

/// A command: the desk's folder, the state directory, and a number from which its nonce is made.
type Command = fn(&Path, StateDir, u8) -> Result<(), ProxyError>;

/// One life, a command at a time. Each is what a person does, so that doing it again is the same call.
const LIFE: [Command; 10] = [
    |_, dir, _| {
        let set_up = SetUp {
            trust: testing::trust(),
            site_code: "PS1".parse().expect("a site code"),
            site_description: None,
            name: None,
        };
        let seed = || Zeroizing::new([7; 32]);
        Proxy::set_up(dir, set_up, &Machine::default(), testing::now(), seed).map(drop)
    },
    |folder, dir, nonce| {
        let key = testing::license_key(LicenseType::Desktop);
        prepare(folder, dir, nonce, LicenseType::Desktop, &Ask::Activation(key), "1.waybill")
    },
    |folder, dir, _| import(folder, dir, "1.waybill"),
    |_, dir, _| Proxy::open(dir)?.set_usage(LicenseType::Desktop, 260, testing::now()),
    |folder, dir, nonce| prepare(folder, dir, nonce, LicenseType::Desktop, &Ask::Refresh, "2.waybill"),
    |folder, dir, _| import(folder, dir, "2.waybill"),
    |folder, dir, nonce| {
        let key = testing::license_key(LicenseType::Mobile);
        prepare(folder, dir, nonce, LicenseType::Mobile, &Ask::Activation(key), "3.waybill")
    },
    |folder, dir, nonce| prepare(folder, dir, nonce, LicenseType::Desktop, &Ask::Deactivation, "4.waybill"),
    |folder, dir, _| import(folder, dir, "4.waybill"),
    |folder, dir, _| import(folder, dir, "3.waybill"),
];

fn prepare(
    folder: &Path,
    dir: StateDir,
    nonce: u8,
    license_type: LicenseType,
    ask: &Ask,
    file: &str,
) -> Result<(), ProxyError> {
    let moment = Moment { now: testing::now(), nonce: Nonce([nonce; 16]) };
    let output = Output::File(folder.join(file));
    Proxy::open(dir)?.prepare(license_type, ask, &Machine::default(), moment, &output).map(drop)
}

fn import(folder: &Path, dir: StateDir, request: &str) -> Result<(), ProxyError> {
    let request = std::fs::read(folder.join(request)).expect("the request got out before its answer comes");
    let answer: UnverifiedFile = vendor::yes(&request);
    Proxy::open(dir)?.import(&answer, testing::now()).map(drop)
}

fn state(dir: &StateDir) -> Option<State> {
    dir.load().expect("the state is whole at every moment")
}

/// What the life comes to, without what differs from run to run: nonces, and so digests.
fn summary(installation: &Installation) -> Vec<(SlotState, Option<u64>, Option<u64>)> {
    let mut summary: Vec<_> = LicenseType::ALL
        .iter()
        .map(|license_type| {
            let status = installation.status(*license_type, testing::now());
            (status.state, status.counter, status.used)
        })
        .collect();
    summary.push((
        SlotState::Empty,
        Some(installation.counter()),
        installation.since().map(|link| link.counter),
    ));
    summary
}

#[test]
fn no_fault_at_any_write_loses_or_repeats_anything() {
    let mut stopped = 0;
    for fault in FAULTS {
        for command in 0..LIFE.len() {
            for write in 0..3 {
                stopped += u32::from(live(command, write, fault));
            }
        }
    }
    // Setup and the four requests write twice, the others once.
    let writes = 2 + 4 * 2 + 5;
    assert_eq!(stopped, writes * FAULTS.len() as u32, "every write was stopped in every way");
}

/// Lives the life with one fault, and gives whether that write exists.
fn live(faulty: usize, write: u32, fault: Fault) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("state");
    let at = || StateDir::at(&path);
    let mut stopped = false;
    for (command, run) in LIFE.iter().enumerate() {
        let nonce = 2 * command as u8;
        if command == faulty {
            let before = state(&at());
            let writes_before = Rc::new(Cell::new(Some(write)));
            let disk = FaultyDisk { fault, writes_before: writes_before.clone() };
            let dir = StateDir::on(&path, Box::new(disk));
            let done = catch_unwind(AssertUnwindSafe(|| run(folder.path(), dir, nonce)));
            stopped = writes_before.get().is_none();
            let case = format!("{fault:?} at write {write} of command {command}");
            if !stopped {
                return false;
            }
            match done {
                Ok(done) => {
                    let code = done.expect_err(&case).code();
                    assert!(fault == Fault::Full && code.ends_with("-not-saved"), "{case}: {code}");
                }
                Err(killed) => assert!(killed.is::<Killed>(), "{case}"),
            }
            let after = state(&at());
            if fault != Fault::KilledAfter && write == 0 {
                assert_eq!(before, after, "{case}: before the first write is done nothing has changed");
            }
            no_file_that_the_state_does_not_know(folder.path(), after.as_ref());
        }
        // As the person does who saw it fail: the same again.
        run(folder.path(), at(), nonce + 1).unwrap_or_else(|error| panic!("command {command}: {error}"));
    }
    let installation = state(&at()).expect("a state").installation;
    let expected = [
        (SlotState::Released, Some(4), Some(260)),
        (SlotState::Active, Some(3), None),
        (SlotState::Empty, None, None),
        (SlotState::Empty, None, None),
        (SlotState::Empty, Some(4), Some(4)),
    ];
    assert_eq!(summary(&installation), expected, "{fault:?} at write {write} of command {faulty}");
    let mut names: Vec<String> = std::fs::read_dir(&path)
        .expect("the state directory")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["installation.key", "lock", "state"], "nothing is left behind");
    stopped
}

/// Every request file on the desk is one that the state has made.
fn no_file_that_the_state_does_not_know(folder: &Path, state: Option<&State>) {
    let made = state.map_or(0, |state| state.installation.counter());
    for number in made + 1..10 {
        assert!(!folder.join(format!("{number}.waybill")).exists(), "request {number} got out too early");
    }
}
