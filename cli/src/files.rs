//! Reading and writing the files that commands name. Nothing that holds something else is ever overwritten.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
};

use license_format::{UnverifiedFile, limits};

use crate::outcome::{Exit, Failure};

/// Reads a file, or standard input for `-`: at most what the largest Waybill file has and one byte more, so that
/// the reader of the format can say that it is too large.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let most = limits::ARMOUR_BYTES.max(limits::FILE_BYTES) as u64 + 1;
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().lock().take(most).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
    };
    read.map(|_| bytes).map_err(|error| not_read(path, &error))
}

/// Reads a Waybill file in either spelling. Nothing in it has been verified.
pub(crate) fn read_unverified(path: &Path) -> Result<UnverifiedFile, Failure> {
    Ok(UnverifiedFile::read(&read(path)?)?)
}

/// Reads a text, such as a file with a secret, or standard input for `-`.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|_| {
        let says = format!("{} is not text", path.display());
        Failure::misuse("not-text", says, "Give a file with the text on its first line.")
    })
}

/// Reads a text of any length, such as an exported log.
pub(crate) fn read_whole_text(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| not_read(path, &error))?;
    String::from_utf8(bytes).map_err(|_| {
        let says = format!("{} is not text", path.display());
        Failure::misuse("not-text", says, "Give the file that `waybill log export` has written.")
    })
}

/// What [`save`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saved {
    /// The file is new.
    New,
    /// It was there, with these bytes.
    AlreadyThere,
}

/// Writes a file that is not there yet, durably. One with the same bytes is left alone, so that asking twice is no error; one that
/// is cut short, as a full disk leaves it, is completed; any other is refused and untouched.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<Saved, Failure> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(file) => write(path, file, bytes).map(|()| Saved::New),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let present = fs::read(path).map_err(|error| not_read(path, &error))?;
            if present == bytes {
                Ok(Saved::AlreadyThere)
            } else if bytes.starts_with(&present) {
                let file =
                    OpenOptions::new().write(true).open(path).map_err(|error| not_written(path, &error))?;
                write(path, file, bytes).map(|()| Saved::New)
            } else {
                Err(exists(path))
            }
        }
        Err(error) => Err(not_written(path, &error)),
    }
}

/// A new empty file for a secret, readable by its owner alone. Made before the secret is, so that none is lost for want
/// of a place; see [`Reserved::fill`].
pub(crate) fn reserve(path: &Path) -> Result<Reserved, Failure> {
    match create_private(path) {
        Ok(file) => Ok(Reserved { path: path.to_owned(), file: Some(file) }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(not_written(path, &error)),
    }
}

/// A file that waits for its contents. Dropped without them, it goes away.
pub(crate) struct Reserved {
    path: PathBuf,
    file: Option<File>,
}

impl Reserved {
    /// Writes the contents, durably.
    pub(crate) fn fill(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let file = self.file.take().expect("taken only here");
        write(&self.path, file, bytes)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Nothing is in it; if it cannot be removed, it does no harm.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write(path: &Path, mut file: File, bytes: &[u8]) -> Result<(), Failure> {
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Half a file is of no use to anybody; if it cannot be removed either, `save` completes it another time.
        let _ = fs::remove_file(path);
        not_written(path, &error)
    })
}

fn exists(path: &Path) -> Failure {
    Failure::refused(
        "file-exists",
        format!("{} exists and holds something else", path.display()),
        "Choose another name with --output, or move that file away.",
    )
}

fn not_read(path: &Path, error: &io::Error) -> Failure {
    let says = format!("cannot read {}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::NotFound => Failure::misuse("file-not-found", says, "Check the file's name."),
        _ => Failure::new(Exit::CouldNotTell, "file-read", says, "Check that this user may read the file."),
    }
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    let says = format!("cannot write {}: {error}", path.display());
    let next = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "Make room on the disk, then run the command again; it carries on."
        }
        _ => "Check that the folder exists and that this user may write to it.",
    };
    Failure::new(Exit::CouldNotTell, "file-write", says, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code<T>(result: Result<T, Failure>) -> Result<T, String> {
        result.map_err(|failure| failure.problems[0].code.clone())
    }

    #[test]
    fn saves_once_completes_what_was_cut_short_and_overwrites_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("answer.waybill");
        assert_eq!(code(save(&path, b"answer")), Ok(Saved::New));
        assert_eq!(code(save(&path, b"answer")), Ok(Saved::AlreadyThere));

        fs::write(&path, b"ans").expect("cut short");
        assert_eq!(code(save(&path, b"answer")), Ok(Saved::New));
        assert_eq!(fs::read(&path).expect("there"), b"answer");

        assert_eq!(code(save(&path, b"another")), Err("file-exists".to_owned()));
        assert_eq!(code(save(&path, b"answ")), Err("file-exists".to_owned()));
        assert_eq!(fs::read(&path).expect("there"), b"answer");
    }

    #[test]
    fn a_reserved_file_is_private_and_goes_away_unless_it_is_filled() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("token");
        drop(reserve(&path).expect("reserved"));
        assert!(!path.exists());

        reserve(&path).expect("reserved").fill(b"secret\n").expect("filled");
        assert_eq!(fs::read(&path).expect("there"), b"secret\n");
        assert!(code(reserve(&path)).is_err_and(|code| code == "file-exists"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        }
    }
}
