//! Reading and writing the files that commands name. Nothing that holds something else is ever overwritten.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write as _},
    path::{Path, PathBuf},
};

use license_format::{UnverifiedFile, limits};

use crate::{
    edge,
    outcome::{Exit, Failure},
};

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

/// Opens a file of any length, or standard input for `-`, to read it as it comes.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| not_read(path, &error))?;
    Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
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

/// A file of any length that is written bit by bit, and appears under its name once it is whole: until then it has another, beside it.
/// Dropped before that, it goes away. A kill or a power cut may leave the other; it is never read.
pub(crate) struct Growing {
    path: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
}

impl Growing {
    /// Begins one. What is there under the name stays as it is.
    pub(crate) fn begin(path: &Path) -> Result<Growing, Failure> {
        let mut number = [0; 4];
        edge::entropy(&mut number);
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:08x}.partial", u32::from_be_bytes(number)));
        let partial = path.with_file_name(name);
        let file = File::create_new(&partial).map_err(|error| not_written(path, &error))?;
        Ok(Growing { path: path.to_owned(), partial, file: BufWriter::with_capacity(BUFFER, file) })
    }

    /// Writes what comes next.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| not_written(&self.path, &error))
    }

    /// Makes it durable and gives it its name. As with [`save`], one with the same bytes that has it already is no error, and any other is
    /// refused and untouched.
    pub(crate) fn finish(mut self) -> Result<Saved, Failure> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        match written.and_then(|()| self.appear()) {
            Ok(()) => Ok(Saved::New),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let same =
                    same_bytes(&self.path, &self.partial).map_err(|error| not_read(&self.path, &error))?;
                if same { Ok(Saved::AlreadyThere) } else { Err(exists(&self.path)) }
            }
            Err(error) => Err(not_written(&self.path, &error)),
        }
    }

    /// A link takes no place that is taken, which a renaming does; the file systems of sticks have none.
    fn appear(&self) -> io::Result<()> {
        match fs::hard_link(&self.partial, &self.path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !self.path.try_exists()? => {
                fs::rename(&self.partial, &self.path)
            }
            linked => linked,
        }
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        // It has its name by now, or is of no use.
        let _ = fs::remove_file(&self.partial);
    }
}

/// Whether two files hold the same.
fn same_bytes(one: &Path, other: &Path) -> io::Result<bool> {
    let mut files = [File::open(one)?, File::open(other)?];
    if files[0].metadata()?.len() != files[1].metadata()?.len() {
        return Ok(false);
    }
    let mut chunks = [const { Vec::new() }; 2];
    loop {
        for (file, chunk) in files.iter_mut().zip(&mut chunks) {
            chunk.clear();
            file.take(BUFFER as u64).read_to_end(chunk)?;
        }
        match &chunks {
            [one, other] if one != other => return Ok(false),
            [one, _] if one.is_empty() => return Ok(true),
            _ => {}
        }
    }
}

/// How much of a long file is read or written at once.
const BUFFER: usize = 128 * 1024;

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
    fn a_growing_file_appears_when_it_is_whole_and_overwrites_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log.txt");
        let names = || {
            let mut names: Vec<_> = fs::read_dir(dir.path())
                .expect("there")
                .map(|entry| entry.expect("named").file_name())
                .collect();
            names.sort();
            names
        };
        let grown = |parts: &[&[u8]]| {
            let mut file = Growing::begin(&path)?;
            for part in parts {
                file.write(part)?;
                assert_eq!(names().len(), 1 + usize::from(path.exists()), "it is written beside its name");
            }
            file.finish()
        };
        drop(Growing::begin(&path).expect("begun"));
        assert_eq!(names().len(), 0, "what was given up is gone");

        let long = vec![7; 3 * BUFFER];
        assert_eq!(code(grown(&[b"log", &long])), Ok(Saved::New));
        assert_eq!(fs::read(&path).expect("there"), [b"log".as_slice(), &long].concat());
        assert_eq!(code(grown(&[b"lo", b"g", &long])), Ok(Saved::AlreadyThere));
        for other in [b"log".as_slice(), b"lox"] {
            assert_eq!(
                code(grown(&[other, &long[..long.len() - usize::from(other == b"log")]])),
                Err("file-exists".to_owned())
            );
        }
        assert_eq!(fs::read(&path).expect("there"), [b"log".as_slice(), &long].concat());
        assert_eq!(names(), ["log.txt"]);
        assert_eq!(
            code(Growing::begin(&dir.path().join("none/log.txt")).map(|_| ())),
            Err("file-write".to_owned())
        );
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
