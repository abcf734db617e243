//! The witness: how far the record is, kept outside the store, so that a store that was put back to a backup shows it at the start.
//!
//! A file of two lines, each with its own check; the older is overwritten in place and synced. A crash while writing spoils at most
//! the line being written, and a witness that is a little behind its store is no alarm: only a store behind its witness is. Processes
//! that share a data directory share the file, one writing at a time, and it only ever goes forward. What is compared with it, and
//! when it is written, `watch` knows.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use license_format::Digest;

use crate::ids::RecordId;

/// Bytes of a line: `witness ID RECORD SIZE ROOT CHECK` with fixed widths and a line feed.
const LINE: usize = 8 + 36 + 1 + 16 + 1 + 16 + 1 + 64 + 1 + 8 + 1;

/// What the record was when the newest answers left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Which record.
    pub id: RecordId,
    /// The record number.
    pub record: u64,
    /// How many leaves the log had.
    pub log_size: u64,
    /// Its root.
    pub log_root: Digest,
}

/// Why the witness cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// There is none, though there is a store.
    #[error("the witness {0} is missing")]
    Missing(PathBuf),
    /// Neither of its lines is whole.
    #[error("the witness {0} is damaged")]
    Damaged(PathBuf),
    /// The disk says no.
    #[error("the witness {0} cannot be used: {1}")]
    Io(PathBuf, #[source] io::Error),
}

impl WitnessError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            WitnessError::Missing(_) => "witness-missing",
            WitnessError::Damaged(_) => "witness-damaged",
            WitnessError::Io(..) => "witness-io",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            WitnessError::Missing(_) | WitnessError::Damaged(_) => {
                "Put the witness back from where it was moved; without it nobody can tell whether the store is an old backup."
            }
            WitnessError::Io(..) => "Check the data directory's disk and permissions, then try again.",
        }
    }
}

impl Witness {
    /// Reads the newer of the lines that are whole.
    pub fn read(path: &Path) -> Result<Witness, WitnessError> {
        let mut bytes = Vec::new();
        match File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(WitnessError::Missing(path.to_owned()));
            }
            Err(error) => return Err(WitnessError::Io(path.to_owned(), error)),
        }
        lines(&bytes)
            .map(|(_, witness)| witness)
            .max_by_key(Witness::order)
            .ok_or(WitnessError::Damaged(path.to_owned()))
    }

    /// Writes it over the older line unless a newer one is there, durable once this returns. Makes the file if there is none.
    pub fn write(&self, path: &Path) -> Result<(), WitnessError> {
        self.overwrite(path).map_err(|error| WitnessError::Io(path.to_owned(), error))
    }

    fn overwrite(&self, path: &Path) -> io::Result<()> {
        crate::files::create_empty(path)?;
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        // Until the file is closed: another process would otherwise overwrite the line that this one means to keep.
        file.lock()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let newest = lines(&bytes).max_by_key(|(_, witness)| witness.order());
        if newest.as_ref().is_some_and(|(_, newest)| newest.id == self.id && newest.order() >= self.order()) {
            return Ok(());
        }
        let at = if newest.is_some_and(|(at, _)| at == 0) { LINE } else { 0 };
        file.seek(SeekFrom::Start(at as u64))?;
        file.write_all(self.line().as_bytes())?;
        file.sync_data()
    }

    fn order(&self) -> (u64, u64) {
        (self.record, self.log_size)
    }

    fn line(&self) -> String {
        let body =
            format!("witness {} {:016x} {:016x} {}", self.id, self.record, self.log_size, self.log_root);
        let check = Digest::of(body.as_bytes()).short();
        format!("{body} {check}\n")
    }

    fn parse(line: &str) -> Option<Witness> {
        let mut parts = line.trim_end().split(' ').skip(1);
        let id = parts.next()?.parse().ok()?;
        let record = u64::from_str_radix(parts.next()?, 16).ok()?;
        let log_size = u64::from_str_radix(parts.next()?, 16).ok()?;
        let witness = Witness { id, record, log_size, log_root: Digest::from_hex(parts.next()?)? };
        (witness.line() == line).then_some(witness)
    }
}

/// The lines that are whole, each with its offset.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, Witness)> + '_ {
    bytes
        .chunks(LINE)
        .enumerate()
        .filter_map(|(at, line)| Some((at * LINE, Witness::parse(std::str::from_utf8(line).ok()?)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn witness(log_size: u64) -> Witness {
        let id = "01a2008d-77e8-7000-8000-000000000000".parse().unwrap();
        Witness { id, record: 1, log_size, log_root: Digest::of(&log_size.to_be_bytes()) }
    }

    #[test]
    fn the_newest_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness");
        assert_eq!(Witness::read(&path).unwrap_err().code(), "witness-missing");
        for size in [0, 1, 2, 5, 64] {
            witness(size).write(&path).unwrap();
            assert_eq!(Witness::read(&path).unwrap(), witness(size));
        }
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 2 * LINE as u64);
    }

    #[test]
    fn a_torn_write_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness");
        witness(7).write(&path).unwrap();
        witness(8).write(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for at in LINE..2 * LINE {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            std::fs::write(&path, &torn).unwrap();
            assert_eq!(Witness::read(&path).unwrap(), witness(7), "byte {at}");
        }
        std::fs::write(&path, "nonsense").unwrap();
        assert_eq!(Witness::read(&path).unwrap_err().code(), "witness-damaged");
    }

    /// Two processes share the file, and the slower one has the older news.
    #[test]
    fn it_never_goes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness");
        for size in [7, 9, 8, 9, 3] {
            witness(size).write(&path).unwrap();
        }
        assert_eq!(Witness::read(&path).unwrap(), witness(9));
        let whole = std::fs::read_to_string(&path).unwrap();
        assert!(whole.contains(&witness(7).line()), "the line before it is kept too");
        let restored = Witness { record: 2, ..witness(4) };
        restored.write(&path).unwrap();
        assert_eq!(Witness::read(&path).unwrap(), restored, "a new record number is newer");
    }

    /// The line to keep is chosen under the lock, so that of two who write at once neither spoils what the other has just written.
    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_writes_waits_for_whoever_is_writing() {
        use std::os::unix::fs::MetadataExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness");
        witness(1).write(&path).unwrap();
        let mut held = OpenOptions::new().write(true).open(&path).unwrap();
        held.lock().unwrap();
        let inode = format!(":{} ", held.metadata().unwrap().ino());
        std::thread::scope(|threads| {
            let writing = threads.spawn(|| witness(2).write(&path));
            let waits = |line: &str| line.contains("->") && line.contains(&inode);
            while !std::fs::read_to_string("/proc/locks").unwrap().lines().any(waits) {
                assert!(!writing.is_finished(), "it has written past the lock");
                std::thread::yield_now();
            }
            held.write_all(witness(3).line().as_bytes()).unwrap();
            held.unlock().unwrap();
            writing.join().unwrap().unwrap();
        });
        assert_eq!(Witness::read(&path).unwrap(), witness(3));
    }
}
