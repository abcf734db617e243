//! Files that nobody else may read and that are there whole or not at all.
//! This module does not know what is in them.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::entropy::{Entropy, draw};

/// What ends the name of a file that is still being written. A crash may leave one; it is never read.
pub(crate) const PARTIAL: &str = ".partial";

/// Makes a file with these bytes, readable by its owner alone, durable once this returns. Never overwrites: an existing file is
/// `AlreadyExists` and untouched. The bytes are complete under another name before the name appears.
pub(crate) fn create(path: &Path, bytes: &[u8], entropy: &mut dyn Entropy) -> io::Result<()> {
    let partial = partial_name(path, entropy)?;
    let written = write_new(&partial, bytes).and_then(|()| fs::hard_link(&partial, path));
    // The link has taken, or the file is of no use.
    let removed = fs::remove_file(&partial);
    written?;
    removed?;
    sync_parent(path)
}

/// The same in the place of whatever is there, which is there whole until this is.
pub(crate) fn replace(path: &Path, bytes: &[u8], entropy: &mut dyn Entropy) -> io::Result<()> {
    let partial = partial_name(path, entropy)?;
    let written = write_new(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // What was written so far is of no use, and may not even be there.
        let _ = fs::remove_file(&partial);
    }
    written?;
    sync_parent(path)
}

/// Makes an empty file for its owner alone unless there is one already.
pub(crate) fn create_empty(path: &Path) -> io::Result<()> {
    match private(OpenOptions::new().write(true).create_new(true)).open(path) {
        Ok(file) => file.sync_all().and_then(|()| sync_parent(path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a directory and those above it, for their owner alone; one that exists is left as it is.
pub(crate) fn create_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes what crashes left in a directory.
pub(crate) fn remove_partials(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if is_partial(&entry.file_name()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether a name is one that [`create`] writes under until the file is whole.
pub(crate) fn is_partial(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") && name.as_encoded_bytes().ends_with(PARTIAL.as_bytes())
}

/// The permission bits that let the group or others at a file, if any are set.
#[cfg(unix)]
pub(crate) fn loose_mode(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

/// Elsewhere the directory's access list decides.
#[cfg(not(unix))]
pub(crate) fn loose_mode(_: &File) -> io::Result<Option<u32>> {
    Ok(None)
}

/// Makes the names in a file's directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn partial_name(path: &Path, entropy: &mut dyn Entropy) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut partial = std::ffi::OsString::from(".");
    partial.push(name);
    partial.push(format!(".{:08x}{PARTIAL}", u32::from_be_bytes(draw(entropy))));
    Ok(path.with_file_name(partial))
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}
