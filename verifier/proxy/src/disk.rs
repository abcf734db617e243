//! The few things that are done to a disk, behind a trait so that tests can let each of them fail or stop the program there.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
};

use atomic_write_file::AtomicWriteFile;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Its owner alone.
    Owner,
    /// Whoever may by the system's custom.
    Usual,
}

/// A disk: whole files in, whole files out.
pub(crate) trait Disk {
    /// The file's bytes, and `None` if it does not exist. At most `limit` and one more are read.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>>;

    /// Puts a file in place, whole or not at all. When this returns, the file and its name are on the disk.
    fn write(&self, path: &Path, bytes: &[u8], access: Access) -> io::Result<()>;

    /// Makes a directory for its owner alone, and those above it, as far as they are missing.
    fn make_dir(&self, path: &Path) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn read(&self, path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let file = match fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // One read call instead of one for each doubling.
        let expected = file.metadata().map_or(0, |metadata| metadata.len()).min(limit as u64) as usize;
        let mut bytes = Vec::with_capacity(expected + 1);
        file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn write(&self, path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
        let mut options = AtomicWriteFile::options();
        restrict(&mut options, access);
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.commit()
    }

    fn make_dir(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        sync_parent(path)
    }
}

#[cfg(unix)]
fn restrict(options: &mut atomic_write_file::OpenOptions, access: Access) {
    use atomic_write_file::unix::OpenOptionsExt as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if access == Access::Owner {
        options.mode(0o600).preserve_mode(false);
    }
}

/// On Windows the directory's access list, which its files inherit, says who may read them.
#[cfg(not(unix))]
fn restrict(_: &mut atomic_write_file::OpenOptions, _: Access) {}

/// The new directory's name is on the disk too.
#[cfg(unix)]
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs::File::open(parent)?.sync_all(),
        _ => fs::File::open(".")?.sync_all(),
    }
}

#[cfg(not(unix))]
fn sync_parent(_: &Path) -> io::Result<()> {
    Ok(())
}
